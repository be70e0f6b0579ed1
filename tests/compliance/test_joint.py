"""Joint provision of small towns equals enumeration, is what the check then passes, and tells its reasons."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

import planner as pl
from planner.compliance import check, joint_groups
from planner.compliance.assumptions import joint_assumption
from planner.errors import InputError
from planner.i18n import language
from tests.coverage.towns import at, care, home, write_town

BLOCK, LINES = 200.0, 6
# Streets that cross have a point in common there.
STREETS = [[(BLOCK * i, BLOCK * j) for j in range(LINES)] for i in range(LINES)]
STREETS += [[(BLOCK * i, BLOCK * j) for i in range(LINES)] for j in range(LINES)]
RATIO = {"new": Fraction(3, 100), "existing": Fraction(15, 1000)}
MINIMUM = 350


@pytest.fixture(scope="module")
def gridded(tmp_path_factory) -> pl.Study:
    """Streets every 200 m; who lives there is put in later."""
    folder = tmp_path_factory.mktemp("grid")
    rooms = "room_id,compound_ids,floor_area_m2,source,status\nR0,C00,10,配建,in_use\n"
    one = home("C00", at(0, 0), in_urban_area=True, status="new", residential_floor_area_m2=100.5)
    path = write_town(
        folder / "town", [one], [care("F", at(0, 0))], streets=STREETS, more='[layers.rooms]\nfile = "rooms.csv"'
    )
    (path / "rooms.csv").write_text(rooms, encoding="utf-8")
    return pl.open_study(path)


def settle(study: pl.Study, compounds: list[dict], rooms: list[tuple[str, str, float]] = ()) -> pl.Study:
    """Put compounds (id, x, y, area, ...) and rooms (id, compounds, area) into the streets."""
    old = study.layers["compounds"]
    corner = shapely.get_coordinates(old.geometry.iloc[0])[0]
    table = old.iloc[[0] * len(compounds)].copy()
    table.index = pd.Index([one["id"] for one in compounds], name="compound_id", dtype="str")
    table["geometry"] = shapely.points([corner + (one["x"], one["y"]) for one in compounds])  # noqa: RUF005
    table["residential_floor_area_m2"] = [float(one["area"]) for one in compounds]
    table["status"] = pd.array([one.get("status", "new") for one in compounds], dtype="str")
    table["in_urban_area"] = pd.array([one.get("urban", True) for one in compounds], dtype="boolean")
    table["elders_60"] = pd.array([one.get("elders", 10) for one in compounds], dtype="Int64")
    bare = study.layers["rooms"].iloc[[0] * len(rooms)].copy()
    bare.index = pd.Index([one[0] for one in rooms], name="room_id", dtype="str")
    bare["compound_ids"] = pd.array([one[1] for one in rooms], dtype="str")
    bare["floor_area_m2"] = [float(one[2]) for one in rooms]
    bare["status"] = pd.array(["in_use"] * len(rooms), dtype="str")
    return replace(study, layers={**study.layers, "compounds": table, "rooms": bare})


def apart_m(one: dict, other: dict) -> float:
    """Walk along the streets between two homes on streets that run east."""
    if one["y"] == other["y"]:
        return abs(one["x"] - other["x"])
    crossings = [BLOCK * i for i in range(LINES)]
    return abs(one["y"] - other["y"]) + min(abs(one["x"] - x) + abs(x - other["x"]) for x in crossings)


def random_town(seed: int) -> tuple[list[dict], list[tuple[str, str, float]]]:
    rng = np.random.default_rng(seed)
    compounds, rooms = [], []
    for number in range(int(rng.integers(2, 9))):
        status = str(rng.choice(["new", "existing"]))
        large = rng.random() < 0.2
        crossover = MINIMUM / float(RATIO[status])
        area = rng.uniform(1.05, 2.0) * crossover if large else rng.uniform(0.05, 0.99) * crossover
        x, y = float(rng.integers(0, 60)) * 10, BLOCK * int(rng.integers(0, 4))
        one = {"id": f"C{number:02d}", "x": x, "y": y, "area": round(area, 2), "status": status}
        one["urban"] = bool(rng.random() < 0.95)
        compounds.append(one)
        if rng.random() < 0.25:
            rooms.append((f"R{number}", one["id"], round(float(rng.uniform(330, 700)), 2)))
    return compounds, rooms


def by_hand(compounds: list[dict], rooms: list[tuple[str, str, float]], walk_m: float, aim: str) -> Fraction:
    """Try every way to share, in fractions, from the floor areas on."""
    part = {one["id"]: Fraction(Decimal(str(one["area"]))) * RATIO[one["status"]] for one in compounds}
    have = dict.fromkeys(part, Fraction(0))
    for _room, owner, area in rooms:
        if area >= MINIMUM and owner in have:
            have[owner] += Fraction(Decimal(str(area)))
    bound = [one for one in compounds if one["urban"]]
    short = [one for one in bound if have[one["id"]] < max(part[one["id"]], MINIMUM)]
    spare = {one["id"]: have[one["id"]] - part[one["id"]] for one in bound if have[one["id"]] > part[one["id"]]}
    options = []
    for one in short:
        here = [("new", one["id"])]
        if part[one["id"]] < MINIMUM:
            near = [other for other in bound if other is not one and apart_m(one, other) <= walk_m]
            here += [
                ("new", other["id"])
                for other in near
                if other in short and (part[other["id"]] < MINIMUM or not have[other["id"]])
            ]
            here += [("old", other["id"]) for other in near if other["id"] in spare]
        options.append(here)
    need = {one["id"]: part[one["id"]] - (have[one["id"]] if part[one["id"]] >= MINIMUM else 0) for one in short}
    best = None
    for chosen in itertools.product(*options):
        drawn, rooms_at = dict.fromkeys(spare, Fraction(0)), {}
        for one, (kind, where) in zip(short, chosen, strict=True):
            if kind == "old":
                drawn[where] += need[one["id"]]
            else:
                rooms_at[where] = rooms_at.get(where, Fraction(0)) + need[one["id"]]
        own = {one["id"]: where for one, (kind, where) in zip(short, chosen, strict=True) if kind == "new"}
        if any(drawn[one] > spare[one] for one in drawn) or any(own.get(where) != where for where in rooms_at):
            continue
        area = sum((max(size, Fraction(MINIMUM)) for size in rooms_at.values()), Fraction(0))
        value = Fraction(len(rooms_at)) if aim == "fewest" else area
        best = value if best is None else min(best, value)
    return best


def build(study: pl.Study, found: pl.compliance.JointGroups) -> pl.Study:
    """Build what is proposed: new rooms, and new members for existing ones."""
    layer = study.layers["rooms"]
    rooms = [(str(id_), row["compound_ids"], row["floor_area_m2"]) for id_, row in layer.iterrows()]
    for name, row in found.groups.iterrows():
        if row["kind"] == "existing":
            owners = set(row["host"].split(";"))
            rooms = [
                (room, f"{who};{row['members']}" if set(who.split(";")) == owners else who, area)
                for room, who, area in rooms
            ]
        else:
            rooms.append((f"N{name}", row["members"], row["room_m2"]))
    bare = layer.iloc[[0] * len(rooms)].copy() if len(layer) else None
    if bare is None:
        raise AssertionError("a layer of rooms with a row is needed")
    bare.index = pd.Index([one[0] for one in rooms], name="room_id", dtype="str")
    bare["compound_ids"] = pd.array([one[1] for one in rooms], dtype="str")
    bare["floor_area_m2"] = [float(one[2]) for one in rooms]
    bare["status"] = pd.array(["in_use"] * len(rooms), dtype="str")
    return replace(study, layers={**study.layers, "rooms": bare})


@pytest.mark.parametrize("seed", range(200))
def test_small_towns_equal_enumeration(gridded, seed):
    compounds, rooms = random_town(seed)
    rooms = rooms or [("R0", "elsewhere", 400.0)]
    study = settle(gridded, compounds, rooms)
    aim = "fewest" if seed % 2 else "area"
    walk_m = (200, 300, 420)[seed % 3]
    found = joint_groups(study, walk_m=walk_m, aim=aim)
    expected = by_hand(compounds, rooms, walk_m, aim) if len(found.members) else 0
    value = found.rooms if aim == "fewest" else found.area_m2
    # Areas are in whole square millimetres, each rounded up.
    assert value == pytest.approx(float(expected or 0), abs=1e-5)
    assert (found.status, found.gap) == ("optimal", 0)
    assert found.area_m2 == pytest.approx(found.groups["room_m2"].sum())

    short = check(study, explain=False).of()
    short = short[short["verdict"] == "short"]
    assert found.members.index.tolist() == sorted(short.index)
    if len(found.members):
        after = check(build(study, found), profiles=["cz-14-2023"], explain=False).of()
        assert set(after.loc[found.members.index, "verdict"]) == {"compliant"}
        assert after["verdict"].isin(["compliant", "not_applicable"]).all()


@pytest.fixture(scope="module")
def three(gridded) -> pl.Study:
    """C1 and C2 300 m apart along a street, C3 310 m from C2."""
    compounds = [
        {"id": "C1", "x": 0, "y": 0, "area": 5_000, "elders": 40},
        {"id": "C2", "x": 300, "y": 0, "area": 4_000, "elders": 30},
        {"id": "C3", "x": 610, "y": 0, "area": 3_000, "elders": 20},
    ]
    return settle(gridded, compounds, [("R", "elsewhere", 400.0)])


def test_a_walk_of_exactly_the_limit_is_near_enough(three):
    found = joint_groups(three, walk_m=300)
    assert found.members["group_id"].tolist() == ["J001", "J001", "J002"]
    assert found.members["host"].tolist() == ["C1", "C1", "C3"]
    assert found.members["walk_m"].tolist() == pytest.approx([0, 300, 0])
    assert found.members["walk_min"].tolist() == pytest.approx([0, 6.25, 0])  # 0.8 m/s
    assert found.members["reason"].tolist() == ["", "", "no_neighbour"]
    assert (found.rooms, found.area_m2, found.alone_m2) == (2, 700.0, 1050.0)
    assert joint_groups(three, walk_m=299.9).rooms == 3
    assert joint_groups(three, walk_m=310).rooms == 1


def test_minutes_are_those_of_the_studys_walker(three):
    assert joint_groups(three, walk_min=6.25).rooms == 2
    assert joint_groups(three, walk_min=6.24).rooms == 3


def test_the_arithmetic_and_the_passage(three):
    found = joint_groups(three)
    group = found.groups.loc["J001"]
    assert group["arithmetic"] == (
        "C1: 5,000.00 m2 × 3 % = 150.00 m2; C2: 4,000.00 m2 × 3 % = 120.00 m2; together: 270.00 m2; "
        "at least 350.00 m2 for every single room; one new room at C1: 350.00 m2; "
        "one by one: 700.00 m2; saved: 350.00 m2"
    )
    assert (group["kind"], group["members"], group["number"]) == ("shared", "C1;C2", 2)
    assert (group["room_m2"], group["saved_m2"], group["elders_60"]) == (350.0, 350.0, 70)
    assert group.geometry.geom_type == "MultiLineString"
    assert group.geometry.length == pytest.approx(300)
    assert found.groups.loc["J002"].geometry.geom_type == "Point"
    assert found.clause == "三"
    assert found.quote == "城区住宅总建筑面积较小的住宅区可以与周边住宅区统筹配建居家养老服务用房"
    assert set(found.groups["quote"]) == {found.quote}
    # The room is divided by what the ratio asks of each: 350 × 150 / 270 and the rest.
    assert found.members["share_m2"].tolist()[:2] == pytest.approx([350 * 150 / 270, 350 * 120 / 270], abs=1e-6)
    assert found.members["share_m2"].tolist()[0] + found.members["share_m2"].tolist()[1] == pytest.approx(350)


def test_the_default_distance_says_that_it_is_assumed(three):
    found = joint_groups(three)
    assert found.walk_m == joint_assumption().walk_m == 300
    assert any("this program's assumption" in note for note in found.notes)
    assert not any("this program's assumption" in note for note in joint_groups(three, walk_m=300).notes)
    with language("zh"):
        assert "本程序的假定" in str(joint_assumption().source)


def test_spare_rooms_of_neighbours_are_used_first(gridded):
    compounds = [
        {"id": "C1", "x": 0, "y": 0, "area": 5_000},
        {"id": "C2", "x": 100, "y": 0, "area": 5_000},
        {"id": "C3", "x": 200, "y": 0, "area": 5_000},
    ]
    found = joint_groups(settle(gridded, compounds, [("R", "C2", 449.99)]))
    # C2 needs 150 of its 449.99; the 299.99 left hold one of the other two, not both.
    assert found.members["served_from"].tolist() == ["existing_room", "new_room"]
    assert found.rooms == 1
    found = joint_groups(settle(gridded, compounds, [("R", "C2", 450.0)]))
    assert found.members["served_from"].tolist() == ["existing_room"] * 2
    assert found.members["host"].tolist() == ["C2", "C2"]
    assert (found.rooms, found.area_m2, found.bound, found.alone_m2) == (0, 0.0, 0.0, 700.0)
    assert found.groups["arithmetic"].item() == (
        "rooms of C2: 450.00 m2 − 150.00 m2 that the ratio asks for there = 300.00 m2 to spare; "
        "C1: 5,000.00 m2 × 3 % = 150.00 m2; C3: 5,000.00 m2 × 3 % = 150.00 m2; together: 300.00 m2; "
        "nothing new is needed"
    )


def test_a_room_that_several_share_has_its_rest_to_spare(gridded):
    compounds = [
        {"id": "C1", "x": 0, "y": 0, "area": 3_000},
        {"id": "C2", "x": 400, "y": 0, "area": 3_000},
        {"id": "C3", "x": 600, "y": 0, "area": 5_000},
    ]
    study = settle(gridded, compounds, [("R", "C1;C2", 350.0)])
    found = joint_groups(study)
    assert found.members["served_from"].tolist() == ["existing_room"]
    assert found.members["host"].tolist() == ["C2"]
    assert found.groups["host"].tolist() == ["C1;C2"]
    assert "room R of C1, C2" in found.groups["arithmetic"].iloc[0]
    after = check(build(study, found), profiles=["cz-14-2023"], explain=False).of()
    assert set(after["verdict"]) == {"compliant"}


def test_a_large_compound_without_a_room_may_take_in_small_ones(gridded):
    compounds = [{"id": "C1", "x": 0, "y": 0, "area": 20_000}, {"id": "C2", "x": 100, "y": 0, "area": 5_000}]
    found = joint_groups(settle(gridded, compounds, [("R", "elsewhere", 400.0)]))
    assert found.members["host"].tolist() == ["C1", "C1"]
    assert found.members["small"].tolist() == [False, True]
    assert (found.area_m2, found.alone_m2) == (750.0, 950.0)
    # With a room of its own that counts it builds what is missing, and nobody joins it.
    found = joint_groups(settle(gridded, compounds, [("R", "C1", 400.0)]))
    assert found.members["host"].tolist() == ["C1", "C2"]
    assert found.members["reason"].tolist() == ["has_rooms", "no_neighbour"]
    assert found.area_m2 == 700.0


def test_twice_the_homes_change_the_answer(gridded):
    compounds = [{"id": f"C{n}", "x": 100 * n, "y": 0, "area": 3_000} for n in range(5)]
    study = settle(gridded, compounds, [("R", "elsewhere", 400.0)])
    twice = settle(gridded, [{**one, "area": 6_000} for one in compounds], [("R", "elsewhere", 400.0)])
    # Five times 90 m² make 450; five times 180 make 900, in three rooms at most 100 m wide 350, 350 and 200 or better.
    assert joint_groups(study, walk_m=400).area_m2 == 450.0
    assert joint_groups(twice, walk_m=400).area_m2 == 900.0
    assert joint_groups(study, walk_m=100).area_m2 == 700.0


@pytest.mark.parametrize("aim", ["area", "fewest"])
def test_a_longer_walk_never_needs_more(gridded, aim):
    for seed in range(8):
        compounds, rooms = random_town(seed)
        study = settle(gridded, compounds, rooms or [("R0", "elsewhere", 400.0)])
        found = [joint_groups(study, walk_m=metres, aim=aim) for metres in (50, 200, 400, 900)]
        values = [one.rooms if aim == "fewest" else one.area_m2 for one in found]
        assert values == sorted(values, reverse=True)
        assert len({len(one.members) for one in found}) == 1


def test_the_order_of_rows_does_not_matter(gridded):
    compounds, rooms = random_town(11)
    rooms = [*rooms, ("R99", "C00;C01", 400.0)]
    first = joint_groups(settle(gridded, compounds, rooms))
    second = joint_groups(settle(gridded, compounds[::-1], rooms[::-1]))
    pd.testing.assert_frame_equal(first.members, second.members)
    pd.testing.assert_frame_equal(first.groups.drop(columns="geometry"), second.groups.drop(columns="geometry"))
    assert first.groups.geometry.geom_equals(second.groups.geometry).all()


def test_who_is_off_the_streets_stays_alone(gridded):
    compounds = [{"id": "C1", "x": 0, "y": -250, "area": 5_000}, {"id": "C2", "x": 0, "y": 0, "area": 5_000}]
    found = joint_groups(settle(gridded, compounds, [("R", "elsewhere", 400.0)]), walk_m=900)
    assert found.members["reason"].tolist() == ["off_network", "no_neighbour"]
    assert found.rooms == 2


def test_a_town_without_shortfall(gridded):
    found = joint_groups(settle(gridded, [{"id": "C1", "x": 0, "y": 0, "area": 5_000}], [("R", "C1", 350.0)]))
    assert (len(found.members), len(found.groups), found.rooms, found.area_m2, found.gap) == (0, 0, 0, 0, 0)
    assert found.status == "optimal"


def test_a_profile_without_a_passage_is_refused(three):
    with pytest.raises(InputError, match="cz-8-2023 has no passage on joint provision"):
        joint_groups(three, profile="cz-8-2023")
    with pytest.raises(InputError, match="cz-99"):
        joint_groups(three, profile="cz-99")


@pytest.mark.parametrize("options", [{"walk_m": 0}, {"walk_m": float("nan")}, {"walk_min": -1}, {"aim": "best"}])
def test_nonsense_is_refused(three, options):
    with pytest.raises(InputError):
        joint_groups(three, **options)
    with pytest.raises(InputError, match="in metres and in minutes"):
        joint_groups(three, walk_m=300, walk_min=5)


def test_the_sample():
    study = pl.open_study(Path(__file__).parents[2] / "data" / "sample", lang="en")
    found = joint_groups(study, profile="cz-14-2023-permille")
    assert found.area_m2 < found.alone_m2
    assert found.members.index.is_unique
    assert set(found.groups.index) == set(found.members["group_id"])
    assert (found.members["walk_m"] <= 300 + 1e-6).all()
    assert found.groups["number"].sum() == len(found.members)

"""What must hold between two answers, whatever the town: random towns, each answered twice.

Homes stand 25 m beside the middle of a street's block, and no other street is within ``max_snap_m``; so the street by
which a home is left does not change when a street is added elsewhere or a wall built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

import planner as pl
from tests.coverage.towns import Row, at, care, home, square, town

BLOCK = 150.0
SIDE = 7

Line = list[tuple[float, float]]


@dataclass(frozen=True)
class City:
    """Input of a study, before it is written."""

    streets: list[Line]
    compounds: list[Row]
    facilities: list[Row]
    gates: list[Row]
    barriers: list[Row]
    walking: str = "max_snap_m = 40"
    more: str = ""

    def answers(self, folder: Path) -> pd.DataFrame:
        """The table of ``care-15min``."""
        layers = {"gates": self.gates} | ({"barriers": self.barriers} if self.barriers else {})
        settings = {"streets": self.streets, "walking": self.walking, "more": self.more}
        study = town(folder, self.compounds, self.facilities, **settings, **layers)
        return pl.coverage.test(study, "care-15min").table


@pytest.fixture(params=range(4))
def city(request: pytest.FixtureRequest) -> City:
    """A raster of blocks from which streets are missing, with 30 homes, some of them with gates, and 5 facilities."""
    rng = np.random.default_rng(request.param)
    corners = [(BLOCK * i, BLOCK * j) for i in range(SIDE) for j in range(SIDE)]
    blocks = [[a, (a[0] + BLOCK, a[1])] for a in corners if a[0] < BLOCK * (SIDE - 1)]
    blocks += [[a, (a[0], a[1] + BLOCK)] for a in corners if a[1] < BLOCK * (SIDE - 1)]
    streets = [blocks[row] for row in sorted(rng.permutation(len(blocks))[: int(0.75 * len(blocks))])]
    fronts = rng.permutation(len(streets))
    compounds, gates = [], []
    for number, row in enumerate(fronts[:30]):
        (x, y), (to_x, to_y) = streets[row]
        across = (25.0, 0.0) if x == to_x else (0.0, 25.0)
        middle = ((x + to_x) / 2 + across[0], (y + to_y) / 2 + across[1])
        name = f"C{number:02}"
        compounds.append(home(name, at(*middle) if number % 2 else square(*middle, 5), int(rng.integers(0, 300))))
        if number % 3 == 0:
            along = rng.uniform(-40, 40)
            gate = np.add(middle, (-12.5, along) if x == to_x else (along, -12.5))
            gates.append({"gate_id": f"G{number}", "compound_id": name, "geometry": at(*gate)})
    facilities = []
    for number, row in enumerate(fronts[30:35]):
        point = shapely.LineString(streets[row]).interpolate(rng.uniform(0.1, 0.9), normalized=True)
        facilities.append(care(f"F{number}", point))
    return City(streets, compounds, facilities, gates, [])


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    order = np.random.default_rng(seed).permutation(len(rows))
    return [rows[row] for row in order]


def longer_or_lost(before: pd.Series, after: pd.Series) -> pd.Series:
    """Whether each walk takes as long as before or longer, or is no more possible."""
    return after.fillna(np.inf) >= before.fillna(np.inf) * (1 - 1e-12)


def test_towns_are_worth_testing(city: City, tmp_path: Path) -> None:
    table = city.answers(tmp_path)
    assert len(set(table["verdict"])) >= 3
    assert table["facility_id"].nunique() >= 3
    assert {"gate", "point"} <= set(table["start"])


def test_a_faster_walker_covers_no_fewer(city: City, tmp_path: Path) -> None:
    covered: set[str] = set()
    minutes = None
    for number, speed in enumerate((0.3, 0.6, 0.8, 1.0, 1.7)):
        own = f"[walkers.own]\nspeed_mps = {speed}"
        table = replace(city, walking=city.walking + '\nwalker = "own"', more=own).answers(tmp_path / str(number))
        now = set(table.index[table["verdict"].isin(["pass", "fragile"])])
        assert covered <= now
        if minutes is not None:
            assert longer_or_lost(table["minutes"], minutes).all()
        covered, minutes = now, table["minutes"]
    assert covered


def test_the_three_walkers_of_the_band_stand_in_order(city: City, tmp_path: Path) -> None:
    table = city.answers(tmp_path).dropna(subset="minutes")
    assert table["minutes_standard"].to_numpy() == pytest.approx(table["minutes"] * 0.8 / 1.0)
    assert table["minutes_frail"].to_numpy() == pytest.approx(table["minutes"] * 0.8 / 0.6)


def test_an_added_street_lengthens_no_walk(city: City, tmp_path: Path) -> None:
    before = city.answers(tmp_path / "before")
    shortcuts: list[Line] = [[(0, 0), (BLOCK, BLOCK)], [(BLOCK * 3, BLOCK * 2), (BLOCK * 4, BLOCK * 3)]]
    missing = [
        [a, b]
        for i in range(SIDE - 1)
        for j in range(SIDE)
        if [(a := (BLOCK * i, BLOCK * j)), (b := (BLOCK * (i + 1), BLOCK * j))] not in city.streets
    ]
    # A diagonal passes the homes at more than 40 m, and a missing street lies beside no home.
    after = replace(city, streets=[*city.streets, *shortcuts, *missing]).answers(tmp_path / "after")
    assert longer_or_lost(after["minutes"], before["minutes"]).all()
    assert (after["minutes"] < before["minutes"] - 1e-6).any()


def test_a_barrier_shortens_no_walk(city: City, tmp_path: Path) -> None:
    before = city.answers(tmp_path / "before")
    rng = np.random.default_rng(7)
    ends = rng.uniform(0, BLOCK * (SIDE - 1), (200, 2))
    walls = [
        {"barrier_id": str(number), "geometry": shapely.LineString([end, end + rng.uniform(-90, 90, 2)])}
        for number, end in enumerate(ends)
    ]
    after = replace(city, barriers=walls).answers(tmp_path / "after")
    assert longer_or_lost(before["minutes"], after["minutes"]).all()
    assert not longer_or_lost(after["minutes"], before["minutes"]).all()  # some wall stands in some way


def gated_corners(city: City, *, gated: bool) -> City:
    """Compounds of 50 m around corners and middles of the raster, away from every home's front and every facility."""
    rng = np.random.default_rng(11)
    places = [(BLOCK * i, BLOCK * j) for i in range(1, SIDE - 1) for j in range(1, SIDE - 1)]
    places = [places[row] for row in rng.permutation(len(places))[:10]]
    shapes = [square(x, y, 25) for x, y in places]
    free = [one for one in shapes if all(one.distance(row["geometry"]) > 5 for row in city.facilities)]
    estates = [home(f"E{number}", shape, 50, gated=gated) for number, shape in enumerate(free)]
    return replace(city, compounds=[*city.compounds, *estates])


def test_a_gated_compound_shortens_no_walk(city: City, tmp_path: Path) -> None:
    """Nor does it change its own residents' walks, which begin at the same doors: where streets meet its outline."""
    open_, shut = (gated_corners(city, gated=one).answers(tmp_path / str(one)) for one in (False, True))
    assert longer_or_lost(open_["minutes"], shut["minutes"]).all()
    others = shut.index.str.startswith("C")
    assert not longer_or_lost(shut["minutes"], open_["minutes"])[others].all()
    bare = city.answers(tmp_path / "bare")  # open compounds are in nobody's way
    pd.testing.assert_frame_equal(open_.loc[bare.index], bare, rtol=1e-12)


def test_residents_with_gates_in_every_street_walk_as_before(city: City, tmp_path: Path) -> None:
    """Whatever leads through their compound they walk straight, which is no longer than its streets."""
    city = gated_corners(city, gated=False)
    streets = shapely.union_all([shapely.LineString(line) for line in city.streets])
    estates = [row for row in city.compounds if row["compound_id"].startswith("E")]
    gates = [
        {"gate_id": f"{row['compound_id']}-{number}", "compound_id": row["compound_id"], "geometry": point}
        for row in estates
        for number, point in enumerate(shapely.get_parts(row["geometry"].boundary.intersection(streets)))
    ]
    city = replace(city, gates=[*city.gates, *gates])
    shut = replace(city, compounds=[{**row, "gated": row["compound_id"].startswith("E")} for row in city.compounds])
    before, after = city.answers(tmp_path / "before"), shut.answers(tmp_path / "after")
    owners = sorted({row["compound_id"] for row in gates})
    others = [one for one in owners if pd.notna(after.loc[one, "minutes"])]
    assert len(others) >= 3
    longer = after.loc[others, "minutes"] / before.loc[others, "minutes"]
    # Longer only where the way leads through another gated compound: alone in being gated, each walks as before.
    one = others[0]
    alone = replace(city, compounds=[{**row, "gated": row["compound_id"] == one} for row in city.compounds])
    assert alone.answers(tmp_path / "alone").loc[one, "minutes"] == pytest.approx(before.loc[one, "minutes"])
    assert (longer >= 1 - 1e-12).all()


def test_twice_the_lengths_take_twice_the_minutes(city: City, tmp_path: Path) -> None:
    def doubled(rows: list[Row]) -> list[Row]:
        return [{**row, "geometry": shapely.transform(row["geometry"], lambda xy: 2 * xy)} for row in rows]

    twice = City(
        [[(2 * x, 2 * y) for x, y in line] for line in city.streets],
        doubled(city.compounds),
        doubled(city.facilities),
        doubled(city.gates),
        [],
        walking="max_snap_m = 80",
    )
    once, two = city.answers(tmp_path / "once"), twice.answers(tmp_path / "twice")
    for column in ("minutes", "distance_m", "inside_m", "connector_m", "minutes_frail"):
        np.testing.assert_allclose(two[column], 2 * once[column], rtol=1e-9, atol=1e-8)
    assert two["facility_id"].equals(once["facility_id"])
    assert two["start"].equals(once["start"])


def test_rows_in_another_order_give_the_same_answers(city: City, tmp_path: Path) -> None:
    twins = [{**row, "facility_id": f"A{row['facility_id']}"} for row in city.facilities]  # equally near, each of them
    walls: list[Row] = [{"barrier_id": "w", "geometry": shapely.LineString([(300, 210), (600, 230)])}]
    city = replace(city, facilities=[*city.facilities, *twins], barriers=walls)
    other = replace(
        city,
        streets=[line[::-1] if number % 2 else line for number, line in enumerate(shuffled(city.streets, 1))],
        compounds=shuffled(city.compounds, 2),
        facilities=shuffled(city.facilities, 3),
        gates=shuffled(city.gates, 4),
    )
    one, two = city.answers(tmp_path / "one"), other.answers(tmp_path / "two")
    pd.testing.assert_frame_equal(two.reindex(one.index), one, rtol=1e-12)


def test_the_parts_add_up_and_streets_are_never_less_than_nothing(city: City, tmp_path: Path) -> None:
    table = city.answers(tmp_path).dropna(subset="minutes")
    assert (table["distance_m"] >= table["inside_m"] + table["connector_m"] - 1e-9).all()
    assert table["minutes"].to_numpy() == pytest.approx(table["distance_m"] / 0.8 / 60)
    assert table["margin_s"].to_numpy() == pytest.approx(900 - 60 * table["minutes"])

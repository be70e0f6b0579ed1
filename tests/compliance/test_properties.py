"""What must hold of any table: nothing is lost, and verdicts move the way the law does."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as some

import planner.standards as st
from planner.compliance import Compliance, check_compounds, check_permits

PROFILES = [st.profile(one) for one in ("cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025")]
AS_OF = date(2026, 6, 30)

AREAS = some.one_of(some.none(), some.sampled_from([0.0, 11_666.0, 11_667.0, 5_000.0]), some.floats(0, 6e5))
ROOM = some.one_of(some.sampled_from([349.995, 350.0, 300.0, 60.0]), some.floats(0, 4_000))
DAYS = some.one_of(some.none(), some.dates(date(2022, 6, 1), date(2028, 12, 31)))
FLAGS = some.sampled_from([True, False, None])

PERMIT = some.fixed_dictionaries(
    {
        "residential_floor_area_m2": AREAS,
        "households": some.one_of(some.none(), some.integers(0, 5_000)),
        "issued_on": DAYS,
        "in_urban_area": FLAGS,
        "rooms": some.lists(ROOM, max_size=4),
        "project": some.sampled_from([None, "甲", "甲", "乙"]),
        "phase": some.sampled_from([None, "一期", "二期", "一期（变更）"]),
        "number": some.integers(0, 6),
    }
)
COMPOUND = some.fixed_dictionaries(
    {
        "residential_floor_area_m2": AREAS,
        "households": some.one_of(some.none(), some.integers(0, 5_000)),
        "status": some.sampled_from(["new", "existing", None]),
        "in_urban_area": FLAGS,
    }
)
SHARED_ROOM = some.fixed_dictionaries(
    {
        "compound_ids": some.lists(some.integers(0, 5), min_size=1, max_size=4, unique=True),
        "floor_area_m2": ROOM,
        "status": some.sampled_from(["in_use", "in_use", "in_use", "planned", None]),
    }
)


def permit_table(rows: list[dict], *, apart: bool = False) -> pd.DataFrame:
    """A table of permits; apart, every row has a number of its own."""
    table = pd.DataFrame(rows)
    numbers = [f"P{at}" if apart else f"P{row['number']}" for at, row in enumerate(rows)]
    return pd.DataFrame(
        {
            "residential_floor_area_m2": table["residential_floor_area_m2"].astype(float).to_numpy(),
            "households": table["households"].astype("Int64").to_numpy(),
            "issued_on": pd.to_datetime(table["issued_on"]).to_numpy(),
            "in_urban_area": pd.array(table["in_urban_area"], dtype="boolean"),
            "project": pd.array(table["project"], dtype="str"),
            "phase": pd.array(table["phase"], dtype="str"),
            "room_areas_m2": pd.array([";".join(map(repr, row["rooms"])) or None for row in rows], dtype="str"),
        },
        index=pd.Index(numbers, name="permit_no"),
    )


def compound_tables(homes: list[dict], rooms: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of compounds C0, C1, … and of rooms that serve those there are."""
    table = pd.DataFrame(homes, index=pd.Index([f"C{at}" for at in range(len(homes))], name="compound_id"))
    table = table.astype({"residential_floor_area_m2": float, "households": "Int64", "in_urban_area": "boolean"})
    table["status"] = pd.array(table["status"], dtype="str")
    columns = {
        "compound_ids": pd.array([";".join(f"C{one}" for one in room["compound_ids"]) for room in rooms], dtype="str"),
        "floor_area_m2": [room["floor_area_m2"] for room in rooms],
        "status": pd.array([room["status"] for room in rooms], dtype="str"),
    }
    return table, pd.DataFrame(columns, index=pd.Index([f"R{at}" for at in range(len(rooms))], name="room_id"))


def verdicts(result: Compliance) -> np.ndarray:
    return result.table["verdict"].to_numpy(dtype=object).reshape(len(PROFILES), -1)


def never_worse(before: np.ndarray, after: np.ndarray) -> None:
    """What was compliant stays so, and nobody is bound or freed."""
    assert (after[before == "compliant"] == "compliant").all()
    assert ((before == "not_applicable") == (after == "not_applicable")).all()


@settings(max_examples=40, deadline=None)
@given(rows=some.lists(PERMIT, min_size=1, max_size=12), lenient=some.booleans())
def test_every_permit_comes_out_once_for_each_profile(rows, lenient):
    table = permit_table(rows)
    result = check_permits(table, profiles=PROFILES, lenient=lenient)
    assert result.table["id"].tolist() == table.index.tolist() * len(PROFILES)
    assert set(result.table["verdict"]) <= {"compliant", "short", "not_applicable", "unknown"}
    assert len(result.steps) == len(rows)
    told = result.table
    assert ((told["verdict"] == "unknown") == (told["reason"].ne("") & told["verdict"].ne("not_applicable"))).all()
    bound = told[told["verdict"].isin(["compliant", "short"])]
    assert ((bound["shortfall_m2"] == 0) == (bound["verdict"] == "compliant")).all()


@settings(max_examples=30, deadline=None)
@given(rows=some.lists(PERMIT, min_size=1, max_size=12), lenient=some.booleans(), data=some.data())
def test_the_order_of_permits_decides_nothing(rows, lenient, data):
    table = permit_table(rows, apart=True)
    order = data.draw(some.permutations(range(len(rows))))
    columns = ["required_m2", "counted_m2", "shortfall_m2", "rooms_below_minimum", "verdict", "note", "arithmetic"]
    straight = check_permits(table, profiles=PROFILES, lenient=lenient)
    mixed = check_permits(table.iloc[order], profiles=PROFILES, lenient=lenient)
    for profile in PROFILES:
        pd.testing.assert_frame_equal(
            straight.of(profile.id)[columns], mixed.of(profile.id)[columns].loc[table.index], check_like=True
        )


@settings(max_examples=40, deadline=None)
@given(
    rows=some.lists(PERMIT, min_size=1, max_size=10),
    lenient=some.booleans(),
    at=some.integers(0, 9),
    more=ROOM,
)
def test_one_more_room_on_a_permit_never_makes_anything_short(rows, lenient, at, more):
    at %= len(rows)
    # An amendment replaces rooms on purpose: here every permit stands for itself.
    rows = [{**row, "phase": None} for row in rows]
    richer = [{**row, "rooms": [*row["rooms"], more]} if place == at else row for place, row in enumerate(rows)]
    before, after = (
        verdicts(check_permits(permit_table(one, apart=True), profiles=PROFILES, lenient=lenient))
        for one in (rows, richer)
    )
    never_worse(before, after)


@settings(max_examples=40, deadline=None)
@given(rows=some.lists(PERMIT, min_size=1, max_size=10), factor=some.floats(1, 10))
def test_more_homes_never_need_less(rows, factor):
    rows = [{**row, "phase": None} for row in rows]
    larger = [
        {
            **row,
            "residential_floor_area_m2": row["residential_floor_area_m2"] and row["residential_floor_area_m2"] * factor,
            "households": row["households"] and int(row["households"] * factor),
        }
        for row in rows
    ]
    before, after = (
        check_permits(permit_table(one, apart=True), profiles=PROFILES).table["required_m2"] for one in (rows, larger)
    )
    both = before.notna() & after.notna()
    assert (after[both] >= before[both]).all()


@settings(max_examples=40, deadline=None)
@given(
    homes=some.lists(COMPOUND, min_size=1, max_size=6),
    rooms=some.lists(SHARED_ROOM, max_size=6),
    more=SHARED_ROOM,
    lenient=some.booleans(),
    joint=some.booleans(),
)
def test_one_more_room_never_makes_a_compound_short(homes, rooms, more, lenient, joint):
    options = {"profiles": PROFILES, "as_of": AS_OF, "lenient": lenient, "joint": joint}
    before, after = (
        verdicts(check_compounds(table, rooms=served, **options))
        for table, served in (compound_tables(homes, rooms), compound_tables(homes, [*rooms, more]))
    )
    never_worse(before, after)


@settings(max_examples=40, deadline=None)
@given(
    homes=some.lists(COMPOUND, min_size=1, max_size=6),
    rooms=some.lists(SHARED_ROOM, max_size=6),
    lenient=some.booleans(),
    joint=some.booleans(),
)
def test_no_square_metre_is_counted_twice(homes, rooms, lenient, joint):
    table, served = compound_tables(homes, rooms)
    result = check_compounds(table, rooms=served, profiles=PROFILES, as_of=AS_OF, lenient=lenient, joint=joint)
    there = [any(one < len(homes) for one in room["compound_ids"]) for room in rooms]
    used = [
        round(room["floor_area_m2"], 6)
        for room, here in zip(rooms, there, strict=True)
        if here and room["status"] == "in_use"
    ]
    for profile in PROFILES:
        assert np.nansum(result.of(profile.id)["counted_m2"]) <= sum(used) + 1e-6 * len(homes)


@settings(max_examples=30, deadline=None)
@given(
    homes=some.lists(COMPOUND, min_size=2, max_size=6),
    rooms=some.lists(SHARED_ROOM, max_size=6),
    data=some.data(),
)
def test_the_order_of_compounds_and_rooms_decides_nothing(homes, rooms, data):
    table, served = compound_tables(homes, rooms)
    rows = data.draw(some.permutations(range(len(homes))))
    places = data.draw(some.permutations(range(len(rooms))))
    columns = ["required_m2", "counted_m2", "shortfall_m2", "rooms_below_minimum", "verdict", "note", "arithmetic"]
    straight = check_compounds(table, rooms=served, profiles=PROFILES, as_of=AS_OF)
    mixed = check_compounds(table.iloc[rows], rooms=served.iloc[places], profiles=PROFILES, as_of=AS_OF)
    for profile in PROFILES:
        found = mixed.of(profile.id)[columns].loc[table.index]
        pd.testing.assert_frame_equal(straight.of(profile.id)[columns], found)

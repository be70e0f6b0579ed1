"""Test each kind of cell, as text and as a GIS format types it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.layers.columns import LAYERS
from planner.layers.values import as_text, complaint, parse, parse_numbers

ELDERS = LAYERS["compounds"].column("elders_60")
AREA = LAYERS["compounds"].column("residential_floor_area_m2")
GATED = LAYERS["compounds"].column("gated")
OPENED = LAYERS["facilities"].column("opened_on")
KIND = LAYERS["facilities"].column("kind")
STATUS = LAYERS["facilities"].column("status")
SERVICES = LAYERS["facilities"].column("services")
ROOMS = LAYERS["permits"].column("room_areas_m2")
FLOOR = LAYERS["candidates"].column("floor")
COMPOUND_IDS = LAYERS["rooms"].column("compound_ids")
NA = "NA"


def one(column, cell, dtype="str", **options):
    """Return the value of one cell (``"NA"`` for none) and whether it is bad."""
    parsed = parse(column, pd.Series([cell], dtype=dtype), **options)
    assert str(parsed.values.dtype) == column.dtype
    value = parsed.values.iloc[0]
    return (NA if pd.isna(value) else value), bool(parsed.bad[0])


@pytest.mark.parametrize(
    ("column", "cell", "value", "bad"),
    [
        (ELDERS, "85", 85, False),
        (ELDERS, " ８５ ", 85, False),
        (ELDERS, "85.0", 85, False),
        (ELDERS, "0", 0, False),
        (ELDERS, "", NA, False),
        (ELDERS, None, NA, False),
        (ELDERS, "　", NA, False),
        (ELDERS, "85.5", NA, True),
        (ELDERS, "-1", NA, True),
        (ELDERS, "<5", NA, True),
        (ELDERS, "约1200", NA, True),
        (ELDERS, "—", NA, True),
        (ELDERS, "1e300", NA, True),
        (ELDERS, "nan", NA, True),
        (ELDERS, "0x10", NA, True),
        (AREA, "15620.55", 15620.55, False),
        (AREA, "1.5e4", 15000.0, False),
        (AREA, ".5", 0.5, False),
        (AREA, "-0.1", NA, True),
        (AREA, "inf", NA, True),
        (AREA, "350m2", NA, True),
        (FLOOR, "-1", -1.0, False),
        (FLOOR, "一楼", NA, True),
        *[(GATED, word, True, False) for word in ("true", "TRUE", "1", "是", "Yes")],
        *[(GATED, word, False, False) for word in ("false", "0", "否", "no")],
        (GATED, "也许", NA, True),
        (OPENED, "2023-04-19", pd.Timestamp("2023-04-19"), False),
        (OPENED, "2023-04-19T08:30:00+08:00", pd.Timestamp("2023-04-19"), False),
        (OPENED, "2023-02-30", NA, True),
        (OPENED, "2023.4.19", NA, True),
        (OPENED, "2023", NA, True),
        (KIND, "day_care", "day_care", False),
        (KIND, "Day_Care ", "day_care", False),
        (KIND, "长者餐厅", "canteen", False),
        (KIND, "school", NA, True),
        (STATUS, "在用", "in_use", False),
        (STATUS, "在建", "under_construction", False),
        (SERVICES, "助餐；日托", "day;meals", False),
        (SERVICES, "nursing、meals,全托", "full_day;meals;nursing", False),
        (SERVICES, "meals;meals", "meals", False),
        (SERVICES, "day;massage", "day", True),
        (SERVICES, "massage", NA, True),
        (ROOMS, "400;120", "400;120", False),
        (ROOMS, "400.5、120", "400.5;120", False),
        (ROOMS, "400;x", NA, True),
        (ROOMS, "400;-1", NA, True),
        (COMPOUND_IDS, "001、002；001", "001;002", False),
        (COMPOUND_IDS, ";", NA, True),
    ],
)
def test_text_cells(column, cell, value, bad):
    assert one(column, cell) == (value, bad)


@pytest.mark.parametrize(
    ("column", "cell", "dtype", "value", "bad"),
    [
        (ELDERS, 85, "Int64", 85, False),
        (ELDERS, 85.0, "float64", 85, False),
        (ELDERS, 85.5, "float64", NA, True),
        (ELDERS, np.inf, "float64", NA, True),
        (ELDERS, True, "bool", NA, True),
        (GATED, True, "boolean", True, False),
        (GATED, None, "boolean", NA, False),
        (GATED, 1, "Int64", True, False),
        (GATED, 0.0, "float64", False, False),
        (GATED, 2, "Int64", NA, True),
        (OPENED, pd.Timestamp("2023-04-19 10:00"), "datetime64[ms]", pd.Timestamp("2023-04-19"), False),
        (OPENED, None, "object", NA, False),
    ],
)
def test_typed_cells(column, cell, dtype, value, bad):
    assert one(column, cell, dtype) == (value, bad)


def test_units():
    assert one(AREA, "15.62", factor=1e4) == (156_200.0, False)
    assert one(AREA, "0.035", factor=1e4) == (350.0, False)
    assert one(ELDERS, "1.2345", factor=1e4) == (12_345, False)
    assert one(ROOMS, "0.04;0.012", factor=1e4) == ("400;120", False)


def test_text_of_any_dtype():
    assert as_text(pd.Series([7.0, 431002202300012.0])).tolist() == ["7", "431002202300012"]
    assert as_text(pd.Series([7, 8])).tolist() == ["7", "8"]
    assert as_text(pd.Series(["a", 1, 2.0, 2.5], dtype=object)).tolist() == ["a", "1", "2", "2.5"]
    assert as_text(pd.Series([None, np.nan], dtype=object)).isna().all()


def test_values_keep_the_index():
    parsed = parse(ELDERS, pd.Series(["1", "2"], index=[4, 9]))
    assert parsed.values.index.tolist() == [4, 9]


def test_no_rows_have_the_right_dtype():
    for column in (ELDERS, AREA, GATED, OPENED, KIND, SERVICES, ROOMS):
        assert str(parse(column, pd.Series([], dtype="str")).values.dtype) == column.dtype


def test_coordinates():
    assert parse_numbers(pd.Series(["１１３.０１", "-1", "E113"])).tolist()[:2] == [113.01, -1.0]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (ELDERS, "“x” is not a whole number of 0 or more"),
        (AREA, "“x” is not a number of 0 or more"),
        (FLOOR, "“x” is not a number"),
        (GATED, "“x” is neither yes nor no (true, false, 1, 0, 是, 否)"),
        (OPENED, "“x” is not a date like 2026-06-30"),
        (STATUS, "“x” is not one of in_use, planned, under_construction, closed, misused"),
        (SERVICES, "“x” holds something else than full_day, day, meals, cleaning, bathing, nursing"),
        (ROOMS, "“x” is not a list of numbers like 400;120"),
        (COMPOUND_IDS, "“x” is not a list of identifiers like A1;A2"),
    ],
)
def test_complaints_read_aloud(column, said):
    assert complaint(column, "x") == said

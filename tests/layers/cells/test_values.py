"""Test each kind of cell, as text and as a GIS format types it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.i18n import language
from planner.layers.cells.values import as_text, complaint, parse, parse_numbers
from planner.layers.columns import LAYERS

ELDERS = LAYERS["compounds"].column("elders_60")
AREA = LAYERS["compounds"].column("residential_floor_area_m2")
GATED = LAYERS["compounds"].column("gated")
OPENED = LAYERS["facilities"].column("opened_on")
KIND = LAYERS["facilities"].column("kind")
STATUS = LAYERS["facilities"].column("status")
SERVICES = LAYERS["facilities"].column("services")
ROOMS = LAYERS["permits"].column("room_areas_m2")
FLOOR = LAYERS["candidates"].column("floor")
PERMIT = LAYERS["permits"].column("permit_no")
OPEN = LAYERS["gates"].column("open")
SOURCE = LAYERS["rooms"].column("source")
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
        (ELDERS, "约1,200", 1200, False),
        (ELDERS, "1200余人", 1200, False),
        (ELDERS, "１２００", 1200, False),
        (ELDERS, "1,200", 1200, False),
        (ELDERS, "12,00", NA, True),
        (ELDERS, "85人", 85, False),
        (ELDERS, "0.12万人", 1200, False),
        (ELDERS, "85户", 85, False),
        (ELDERS, "85m2", NA, True),
        (ELDERS, "200-300", NA, True),
        (ELDERS, "不足5人", NA, True),
        (ELDERS, "100以上", NA, True),
        (ELDERS, "85%", NA, True),
        *[(ELDERS, word, NA, False) for word in ("—", "无", "/", "-", "——", "N/A", "暂无")],
        (ELDERS, "1e300", NA, True),
        (ELDERS, "nan", NA, True),
        (ELDERS, "0x10", NA, True),
        (AREA, "15620.55", 15620.55, False),
        (AREA, "1.5e4", 15000.0, False),
        (AREA, ".5", 0.5, False),
        (AREA, "-0.1", NA, True),
        (AREA, "inf", NA, True),
        (AREA, "185,320.55", 185_320.55, False),
        (AREA, "８.９", 8.9, False),
        (AREA, "350m2", 350.0, False),
        (AREA, "350 ㎡", 350.0, False),
        (AREA, "1.2万㎡", 12_000.0, False),
        (AREA, "1.13万平方米", 11_300.0, False),
        (AREA, "1.2万", 12_000.0, False),
        (AREA, "3亩", 2000.0, False),
        (AREA, "350元", NA, True),
        (AREA, "一千", NA, True),
        (AREA, "1e308", NA, True),
        (AREA, "1000000000000", NA, True),
        (AREA, "12%", NA, True),
        (ELDERS, "1e12", NA, True),
        (ELDERS, "12％", NA, True),
        (FLOOR, "-1", -1.0, False),
        (FLOOR, "一楼", NA, True),
        *[(GATED, word, True, False) for word in ("true", "TRUE", "1", "是", "Yes")],
        *[(GATED, word, False, False) for word in ("false", "0", "否", "no")],
        *[(GATED, word, True, False) for word in ("有", "√", "✔", "Y", "全封闭", "有门禁")],
        *[(GATED, word, False, False) for word in ("没有", "×", "✘", "N", "X", "无门禁", "半开放")],
        (GATED, "无", False, False),
        *[(OPEN, word, True, False) for word in ("开", "通行", "常开")],
        *[(OPEN, word, False, False) for word in ("关", "不通行", "常闭", "停用")],
        (GATED, "封闭", True, False),
        (GATED, "开放", False, False),
        (OPEN, "开放", True, False),
        (OPEN, "封闭", False, False),
        (GATED, "/", NA, False),
        (GATED, "也许", NA, True),
        (OPENED, "2023-04-19", pd.Timestamp("2023-04-19"), False),
        (OPENED, "2023-04-19T08:30:00+08:00", pd.Timestamp("2023-04-19"), False),
        (OPENED, "2023-02-30", NA, True),
        *[
            (OPENED, cell, pd.Timestamp("2023-04-19"), False)
            for cell in (
                "2023.4.19",
                "2023/4/19",
                "2023/04/19 08:30",
                "2023-4-19",
                "2023年4月19日",
                "２０２３年４月１９日",
                "2023年04月19",
                "20230419",
                "二〇二三年四月十九日",
                "二零二三年四月十九日",
                "45035",
            )
        ],
        (OPENED, "二〇二三年十二月三十一日", pd.Timestamp("2023-12-31"), False),
        (OPENED, "二〇二三年十月二十日", pd.Timestamp("2023-10-20"), False),
        *[(OPENED, cell, NA, True) for cell in ("2023", "2023年4月", "2023.13.1", "4/19/2023", "123456", "去年")],
        (KIND, "day_care", "day_care", False),
        (KIND, "Day_Care ", "day_care", False),
        (KIND, "长者餐厅", "canteen", False),
        (KIND, "school", NA, True),
        (STATUS, "在用", "in_use", False),
        *[(STATUS, cell, "in_use", False) for cell in ("运营中", "在营", "正常运营", "试运营", "已投入使用")],
        *[(STATUS, cell, "closed", False) for cell in ("关停", "空置", "已拆除")],
        *[(STATUS, cell, "planned", False) for cell in ("待运营", "未启用", "未开工")],
        *[(STATUS, cell, "planned", False) for cell in ("拟建", "规划", "待建")],
        (STATUS, "在建", "under_construction", False),
        *[(STATUS, cell, "closed", False) for cell in ("停业", "已停业", "关闭", "停用", "暂停营业")],
        *[(STATUS, cell, "misused", False) for cell in ("挪用", "挪作他用", "改作他用")],
        *[(STATUS, cell, "planned", False) for cell in ("拟建2025", "拟建（2025年）", "拟建 2025年6月")],
        (STATUS, "已停业（2024）", "closed", False),
        (STATUS, "拟建或在用", NA, True),
        (STATUS, "无", NA, False),
        (SERVICES, "助餐；日托", "day;meals", False),
        (SERVICES, "nursing、meals,全托", "full_day;meals;nursing", False),
        (SERVICES, "meals;meals", "meals", False),
        (SERVICES, "day;massage", "day", True),
        (SERVICES, "massage", NA, True),
        (ROOMS, "400;120", "400;120", False),
        (ROOMS, "400.5、120", "400.5;120", False),
        (ROOMS, "400㎡、120㎡", "400;120", False),
        (ROOMS, "400,120", NA, True),
        (ROOMS, "约400", NA, True),
        (ROOMS, "400;x", NA, True),
        (ROOMS, "400;-1", NA, True),
        (ROOMS, "400;1e300", NA, True),
        (COMPOUND_IDS, "001、002；001", "001;002", False),
        (COMPOUND_IDS, ";", NA, True),
        (COMPOUND_IDS, "A1;4.31E+17", NA, True),
        (PERMIT, "431002202300012345", "431002202300012345", False),
        (PERMIT, "4.31002E+17", NA, True),
        (PERMIT, "4.31002e17", NA, True),
        (PERMIT, "431002202300012000", "431002202300012000", False),
        (PERMIT, "建字第4310022024GG0012345号", "建字第4310022024GG0012345号", False),
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
    assert one(AREA, "1.2万㎡", factor=1e4) == (12_000.0, False)
    assert one(AREA, "350m2", factor=1e4) == (350.0, False)
    assert one(AREA, "1.2万", factor=1e4) == (NA, True)
    assert one(ROOMS, "0.04;0.012", factor=1e4) == ("400;120", False)


@pytest.mark.parametrize(
    ("column", "cell", "notes"),
    [
        (ELDERS, "约1,200", [("“约1,200” is no exact number; taken as 1200", "doubted")]),
        (AREA, "1.2万㎡左右", [("“1.2万㎡左右” is no exact number; taken as 12000", "doubted")]),
        (OPENED, "45035", [("“45035” is taken as a day number of Excel: 2023-04-19", "mended")]),
        (
            PERMIT,
            "431002202300012000",
            [("“431002202300012000” ends in noughts from its 16th digit on: a spreadsheet may have cut it", "doubted")],
        ),
        (AREA, "350m2", []),
        (OPENED, "2023.4.19", []),
        (PERMIT, "431002202300012", []),
    ],
)
def test_what_is_told_of_cells_that_are_used(column, cell, notes):
    parsed = parse(column, pd.Series(["", cell], dtype="str"))
    assert [(note.what, note.action) for note in parsed.notes] == notes
    assert {note.position for note in parsed.notes} <= {1}


def test_identifiers_that_were_numbers():
    kept = parse(PERMIT, pd.Series([431002202300012345], dtype="Int64"))
    assert kept.values.tolist() == ["431002202300012345"]
    assert not kept.bad[0]
    assert parse(PERMIT, pd.Series([431002202300012345.0, 4310022.0])).bad.tolist() == [True, False]
    assert complaint(PERMIT, "4.31002E+17") == (
        "a spreadsheet made the number “4.31002E+17” of this identifier, and its digits are lost"
    )


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (ELDERS, "<5", "“<5” bounds a number and does not give it"),
        (ELDERS, "12%", "“12%” is a share, not a number"),
        (ELDERS, "３．５‰", "“３．５‰” is a share, not a number"),
        (ELDERS, "1e12", "“1e12” is larger than anything in a city"),
        (AREA, "1e308", "“1e308” is larger than anything in a city"),
        (AREA, "-3", "“-3” is not a number of 0 or more"),
    ],
)
def test_a_complaint_says_what_is_wrong(column, cell, said):
    assert complaint(column, cell) == said


def test_a_complaint_knows_the_unit_of_the_file():
    assert one(AREA, "200000", factor=1e4) == (NA, True)
    assert complaint(AREA, "200000", factor=1e4) == "“200000” is larger than anything in a city"


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


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (STATUS, "“x”不在可用值之内：在用、规划、在建、停业、挪用"),
        (SERVICES, "“x”中有不能识别的内容，可用值：全托、日托、助餐、助洁、助浴、助护"),
        (SOURCE, "“x”不在可用值之内：配建、补建、购置、置换、租赁、改造"),
    ],
)
def test_a_chinese_complaint_offers_words_that_a_planner_can_write(column, said):
    with language("zh"):
        assert complaint(column, "x") == said


@pytest.mark.parametrize("cell", ["C1;C2", "C1；C2", "C1、C2", "C1,C2", "C1，C2", "C1\nC2", " C1 、C2，C1"])
def test_identifiers_in_one_cell_are_parted_as_people_part_them(cell):
    column = LAYERS["rooms"].column("compound_ids")
    assert parse(column, pd.Series([cell])).values.tolist() == ["C1;C2"]

"""Test that the header is found under titles and in two rows, and that totals and notes are no data."""

from __future__ import annotations

import pytest

from planner.layers.files.records import filled_rows, find_header, find_records

HEADER = ["小区编号", "小区名称", "住宅建筑面积（万㎡）", "总户数"]
DATA = [["001", "云岭山庄", "15.62", "1200"], ["002", "丰源星光府", "8", "700"]]


def header(rows, fields=()):
    return find_header(filled_rows(rows), layer="compounds", fields=fields)


@pytest.mark.parametrize(
    "above",
    [
        [],
        [["郴州市城区住宅小区一览表"]],
        [["郴州市城区住宅小区一览表", "", "", ""], [], ["填报单位：住建局", "", "2026年6月", "单位：万㎡"]],
    ],
)
def test_a_header_under_titles(above):
    found = find_records([*above, HEADER, *DATA], file="a.xlsx", layer="compounds", fields=())
    assert found.names == tuple(HEADER)
    assert found.rows.tolist() == [len(above) + 2, len(above) + 3]
    assert found.left_out == ()


def test_two_rows_of_names_are_joined():
    upper = ["小区编号", "小区名称", "建筑面积（万㎡）", "", "户数", "老年人口", ""]
    lower = ["", "", "总", "住宅", "", "60岁以上", "80岁以上"]
    found = header([["一览表"], upper, lower, ["001", "云岭山庄", "18", "15.62", "1200", "85", "9"]])
    assert found.depth == 2
    assert found.names == (
        "小区编号",
        "小区名称",
        "建筑面积（万㎡） / 总",
        "建筑面积（万㎡） / 住宅",
        "户数",
        "老年人口 / 60岁以上",
        "老年人口 / 80岁以上",
    )
    assert found.known == {
        "compound_id",
        "name",
        "residential_floor_area_m2",
        "households",
        "elders_60",
        "elders_80",
    }


def test_data_are_no_second_row_of_names():
    assert header([HEADER, *DATA]).depth == 1
    assert header([["compound_id", "name", "x"], ["1", "户数", "2"]]).depth == 1


def test_a_row_full_of_cells_is_not_taken_for_a_title():
    """What stands in it is not lost: it is the upper half of the header."""
    found = header([["a", "b", "c", "d"], HEADER, *DATA])
    assert found.depth == 2
    assert found.names[0] == f"a / {HEADER[0]}"


def test_groups_over_a_header_that_is_complete_alone():
    """Four groups over seven columns, under a title and a line of units: the sheet of a bureau of civil affairs."""
    rows = [
        ["示例区一览表"],
        ["填报单位：民政局　单位：平方米、张、人"],
        ["基本情况", "", "规模", "", "性质", "位置", ""],
        ["设施编号", "设施名称", "建筑面积", "床位数", "", "经度", "纬度"],
        ["F1", "甲", "350", "2", "公办", "113", "25"],
    ]
    found = find_header(list(enumerate(rows, start=1)), layer="facilities", fields=())
    assert (found.start, found.depth) == (2, 2)
    assert found.names[0] == "基本情况 / 设施编号"
    assert found.names[4:] == ("性质", "位置 / 经度", "位置 / 纬度")


def test_names_of_study_toml_tell_a_header_too():
    found = header([["一览表"], ["甲", "乙", "丙"], ["1", "2", "3"]], fields={"甲", "丙"})
    assert found.names == ("甲", "乙", "丙")


def test_the_first_row_where_no_name_is_known():
    assert header([["what"], ["is", "this"]]).names == ("what",)


@pytest.mark.parametrize(
    ("row", "kind", "label"),
    [
        (["合计", "", "23.62", "1900"], "total", "合计"),
        (["合 计：", "", "23.62", "1900"], "total", "合 计："),
        (["", "总计", "23.62", "1900"], "total", "总计"),
        (["北湖街道小计", "", "23.62", "1900"], "total", "北湖街道小计"),
        (["3", "合计", "23.62", "1900"], "total", "合计"),
        (["注：数据截至2026年6月底。", "", "", ""], "note", "注：数据截至2026年6月底。"),
        (["", "备注: 含在建", "", ""], "note", "备注: 含在建"),
        (["填表人：某某", "", "", "审核人："], "note", "填表人：某某"),
    ],
)
def test_totals_and_notes(row, kind, label):
    found = find_records([HEADER, *DATA, row], file="a.xlsx", layer="compounds", fields=())
    assert [(left.row, left.kind, left.label) for left in found.left_out] == [(4, kind, label)]
    assert len(found.cells) == 2


@pytest.mark.parametrize(
    "row", [["003", "合计苑", "1", "2"], ["注塑厂宿舍", "", "1", "2"], ["004", "统计局小区", "1", "2"]]
)
def test_compounds_that_sound_like_totals_or_notes(row):
    assert find_records([HEADER, row], file="a.xlsx", layer="compounds", fields=()).left_out == ()


@pytest.mark.parametrize(
    ("title", "units"),
    [
        ("单位：㎡", {"m2": "m2"}),
        ("计量单位：万平方米、人", {"m2": "万平方米", "persons": "人"}),
        ("填报单位：住建局", {}),
        ("单位：住建局", {}),
        ("一览表（单位: 万㎡／万元）", {"m2": "万m2", "yuan": "万元"}),
    ],
)
def test_units_above_the_header(title, units):
    found = find_records([[title], HEADER, *DATA], file="a.xlsx", layer="compounds", fields=())
    assert found.units == units

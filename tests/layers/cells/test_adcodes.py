"""Test county names in place of codes; the codes by hand from GB/T 2260."""

from __future__ import annotations

import pytest

from planner.layers.cells.adcodes import read_county
from tests.layers.conftest import EAST, NORTH


@pytest.mark.parametrize(
    ("cell", "value", "action"),
    [
        ("431002", "北湖区", "mended"),
        ("４３１００３", "苏仙区", "mended"),
        ("431081.0", "资兴市", "mended"),
        ("431022000000", "宜章县", "mended"),
        ("431023001002", "永兴县", "mended"),
        ("431002001", "北湖区", "mended"),
        ("4.31002E+11", "北湖区", "mended"),
        ("432823", "永兴县", "mended"),  # 432823 and 432824 stood in the other order than their codes of today
        ("432824", "宜章县", "mended"),
        ("432801", None, "doubted"),
        ("432821", None, "doubted"),
        ("4310", None, "doubted"),
        ("431000", None, "doubted"),
        ("43", None, "doubted"),
        ("430000000000", None, "doubted"),
        ("440305", "440305", "mended"),
        ("440305007000", "440305", "mended"),
        ("441900", "441900", "doubted"),
    ],
)
def test_codes(cell, value, action):
    county = read_county(cell)
    assert (county.value, county.action) == (value, action)


@pytest.mark.parametrize("cell", ["北湖区", "高新区", "郴州经开区", "431", "12345", "991002", "0", "431002A"])
def test_names_and_other_words_stay(cell):
    assert read_county(cell) is None


def rows(*counties):
    return [f"{place},{county},{EAST},{NORTH}" for place, county in enumerate(counties)]


def test_one_county_has_one_word(read, table):
    file = table("小区编号,行政区划代码,x,y", *rows("431002", "431002000000", "北湖区", "高新区", "", "431002", "4310"))
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["county"].fillna("-").tolist() == ["北湖区", "北湖区", "北湖区", "高新区", "-", "北湖区", "-"]
    told = [(entry.row, entry.what, entry.action) for entry in layer.ledger.entries]
    assert told == [
        (2, "“431002” is the code of 北湖区 (2 rows)", "mended"),
        (3, "“431002000000” is the code of 北湖区 (1 rows)", "mended"),
        (8, "“4310” is the code of 郴州市, which is no county of today; taken as not given", "doubted"),
    ]


def test_a_name_goes_before_a_code(read, table):
    file = table("小区编号,区县名称,行政区划代码,x,y", f"1,北湖区,431003,{EAST},{NORTH}")
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["county"].tolist() == ["北湖区"]
    assert layer.ledger.entries == ()

"""Test with made-up dirt that the ledger closes and every row is either used or listed."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from planner.errors import InputError
from planner.i18n import language
from planner.layers import LayerSettings, read_layer

IDS = st.sampled_from(["", " ", "A", "B", "c", "007", "7.0", "小区", "A "])
COUNTS = st.sampled_from(
    ["", "0", "12", "12.0", "１２", "-3", "<5", "1.5", "1e400", "nan", "—", "99999999999999999999"]
)
PLACES = st.sampled_from(
    [
        "POINT (400000 2853000)",
        "POINT (0 0)",
        "POINT EMPTY",
        "POINT (nan 1)",
        "LINESTRING (0 0, 1 1)",
        "POLYGON ((400000 2853000, 400100 2853100, 400100 2853000, 400000 2853100, 400000 2853000))",
        "POLYGON ((400000 2853000, 400100 2853000, 400100 2853100, 400000 2853000))",
        "POLYGON ((1 1, 2 2, 1 1, 1 1))",
        "MULTIPOINT (400000 2853000)",
        "GEOMETRYCOLLECTION EMPTY",
        "POLYGON ((1 1, 2 2",
        "there",
        "",
    ]
)
ROWS = st.lists(st.tuples(IDS, COUNTS, COUNTS, COUNTS, PLACES), max_size=25)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_nothing_is_lost(rows):
    with tempfile.TemporaryDirectory() as folder, language("en"):
        with Path(folder, "dirt.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["compound_id", "population", "elders_60", "elders_80", "wkt"])
            writer.writerows(rows)
        layer_settings = LayerSettings(file="dirt.csv", datum="EPSG:4547")
        layer = read_layer("compounds", layer_settings, folder=Path(folder), crs=CRS(4547))
    filled = {number for number, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)}
    aside = {entry.row for entry in layer.ledger.entries if entry.action == "set_aside"}
    assert layer.ledger.closes()
    assert set(layer.rows) | aside == filled
    assert set(layer.rows).isdisjoint(aside)
    assert layer.table.index.is_unique
    assert layer.table.is_valid.all()
    good = {"0": 0, "12": 12, "12.0": 12, "１２": 12}
    assert layer.ledger.count("compounds").elders_in == sum(good.get(row[2], 0) for row in rows)
    assert layer.table["elders_60"].sum() == sum(good.get(rows[number - 2][2], 0) for number in layer.rows)


CELLS = st.sampled_from(
    [
        *("", "1", "约1,200", "<5", "—", "350m2", "1.2万㎡", "８.９", "45035", "2023.4.19", "0000年1月1日", "1e400"),
        *("4.31E+17", "合计", "注：无", "北湖小计", "小区编号", "60岁以上人口", "在用", "0001-01-01", "{x}", "无"),
        *("九九九九年十十月十日", "\t"),
    ]
)
HEADERS = st.sampled_from(
    [
        *("小区编号", "小区名称", "住宅建筑面积（万㎡）", "住宅总建筑", "住宅总建_1", "60岁以", "户数", "东坐标"),
        *("北坐标", "", "建成年份", "一览表", "许可证号", "发证日期", "养老用房面积", "是否封闭", "所属社区"),
        *("设施类型", "运营状态"),
    ]
)
IDS_OF = {
    "compounds": "小区编号",
    "permits": "许可证号",
    "facilities": "设施编号",
    "population": "社区代码",
    "rooms": "用房编号",
}
SHEETS = st.tuples(
    st.lists(st.lists(CELLS, max_size=2), max_size=2),
    st.lists(HEADERS, min_size=1, max_size=8),
    st.lists(st.lists(CELLS, max_size=8), max_size=12),
)


@settings(max_examples=300, deadline=None)
@given(SHEETS, st.sampled_from(sorted(IDS_OF)))
def test_sheets_of_any_make_are_read_or_refused(sheet, name):
    titles, header, rows = sheet
    records = [*titles, [IDS_OF[name], *header], *rows]
    chosen = LayerSettings(file="表.csv", datum="EPSG:4547")
    with tempfile.TemporaryDirectory() as folder, language("zh"):
        with Path(folder, chosen.file).open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(records)
        try:
            layer = read_layer(name, chosen, folder=Path(folder), crs=CRS(4547))
        except InputError as error:
            named = [chosen.file in fault.where or "[layers." in fault.where for fault in error.faults]
        else:
            aside = {entry.row for entry in layer.ledger.entries if entry.action == "set_aside"}
            named = []
            assert layer.ledger.closes()
            assert set(layer.rows).isdisjoint(aside)
            assert len(layer.rows) + len(aside) == layer.ledger.count(name).rows_in
    assert all(named)

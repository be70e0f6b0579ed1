"""Test with made-up dirt that the ledger closes and every row is either used or listed."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

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

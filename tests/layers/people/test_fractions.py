"""Grids of population models count parts of persons: they are rounded so that the sum stays, and it is said."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import box

from tests.layers.conftest import EAST, NORTH, ZONE


def _grid(tmp_path, people):
    cells = [box(EAST + 100 * number, NORTH, EAST + 100 * (number + 1), NORTH + 100) for number in range(len(people))]
    names = [f"G{number}" for number in range(len(people))]
    frame = gpd.GeoDataFrame({"网格编号": names, "60岁及以上人口": people}, geometry=cells, crs=ZONE)
    frame.to_file(tmp_path / "grid.gpkg")


def test_fractions_of_a_grid_are_whole_persons_with_the_same_sum(tmp_path, read):
    _grid(tmp_path, [10.4, 10.4, 0.0, 0.2, 3.0, 8.0])  # 32 in all: 10, 10, 0, 0, 3, 8 and one more for a rest of 0.4
    layer = read("population", file="grid.gpkg")
    assert layer.table["elders_60"].tolist() == [11, 10, 0, 0, 3, 8]
    assert layer.ledger.closes()
    count = layer.ledger.count("population")
    assert (count.rows_in, count.rows_used, count.elders_in) == (6, 6, 32)
    (entry,) = layer.ledger.entries
    assert (entry.row, entry.field, entry.action) == (0, "elders_60", "mended")
    assert entry.what.endswith("whole persons whose sum is 32")


def test_whole_persons_stay_and_nothing_is_said(tmp_path, read):
    _grid(tmp_path, [10.0, 3.0])
    layer = read("population", file="grid.gpkg")
    assert layer.table["elders_60"].tolist() == [10, 3]
    assert not layer.ledger.entries


@pytest.mark.parametrize("wrong", [-3.5, 1e300, float("nan")])
def test_what_is_no_count_is_set_aside_as_before(tmp_path, read, wrong):
    _grid(tmp_path, [10.4, wrong, 0.6])
    layer = read("population", file="grid.gpkg")
    assert layer.table["elders_60"].to_dict() == {"G0": 10, "G2": 1}
    assert layer.ledger.count("population").rows_set_aside == 1
    assert layer.ledger.closes()


def test_totals_of_areas_are_counted_and_no_fractions(table, read):
    layer = read("population", file=table("area_id,elders_60", "Q1,10.4", "Q2,7"))
    assert layer.table["elders_60"].to_dict() == {"Q2": 7}

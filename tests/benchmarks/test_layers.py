"""Reading a large layer against geopandas alone: what the checks of 200,000 rows may cost."""

from __future__ import annotations

from time import perf_counter

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from planner.layers import LayerSettings, read_layer

ROWS = 200_000
TIMES_AS_LONG = 3.0
ZONE = CRS.from_epsg(4547)


@pytest.fixture
def city(tmp_path):
    """Eight-cornered compounds with Chinese headers, as a GeoPackage."""
    chance = np.random.default_rng(0)
    middle = np.array([400_000.0, 2_853_000.0]) + chance.random((ROWS, 1, 2)) * 50_000
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    radius = 30 + 10 * chance.random((ROWS, 8, 1))
    homes = chance.integers(30, 900, ROWS)
    frame = gpd.GeoDataFrame(
        {
            "小区编号": [f"431002{row:06d}" for row in range(ROWS)],
            "小区名称": [f"云岭山庄{row}" for row in range(ROWS)],
            "住宅建筑面积": homes * chance.uniform(60, 140, ROWS),
            "总户数": homes,
            "60岁以上人口": chance.integers(0, 300, ROWS),
            "所属社区": [f"社区{row % 300}" for row in range(ROWS)],
            "建成年份": chance.integers(1980, 2025, ROWS),
        },
        geometry=shapely.polygons(middle + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)),
        crs=ZONE,
    )
    frame.to_file(tmp_path / "city.gpkg")
    return tmp_path / "city.gpkg"


def test_reading_a_large_layer(city):
    """At most three times as long as geopandas takes to read the file and check nothing; medians, interleaved."""
    alone, checked = [], []
    for _round in range(4):
        start = perf_counter()
        rows = len(gpd.read_file(city))
        alone.append(perf_counter() - start)
        start = perf_counter()
        layer = read_layer("compounds", LayerSettings(file=city.name), folder=city.parent, crs=ZONE)
        checked.append(perf_counter() - start)
        assert len(layer.table) == rows == ROWS
    ratio = float(np.median(checked[1:]) / np.median(alone[1:]))
    print(f"geopandas {np.median(alone[1:]):.2f} s, read_layer {np.median(checked[1:]):.2f} s: {ratio:.2f} times")  # noqa: T201
    assert ratio < TIMES_AS_LONG, f"{ratio:.2f} times"

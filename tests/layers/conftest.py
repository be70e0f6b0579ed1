"""A few compounds, gates and facilities of a town near Chenzhou, and short ways to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from pyproj import CRS
from shapely import MultiPolygon, Point, Polygon, box

from planner.errors import Fault, InputError
from planner.i18n import language
from planner.layers import Layer, LayerSettings, read_layer

ZONE = CRS.from_epsg(4547)
EAST, NORTH = 400_000.0, 2_853_000.0


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language("en"):
        yield


@pytest.fixture
def compounds() -> gpd.GeoDataFrame:
    """Three compounds in EPSG:4547: a square, two squares, a point."""
    square = box(EAST, NORTH, EAST + 100, NORTH + 200)
    two = MultiPolygon([box(EAST + 300, NORTH, EAST + 350, NORTH + 50), box(EAST + 400, NORTH, EAST + 450, NORTH + 50)])
    return gpd.GeoDataFrame(
        {
            "compound_id": ["001", "002", "003"],
            "name": ["云岭山庄", "丰源星光府", "䶮塘小区"],
            "status": ["existing", "new", "existing"],
            "residential_floor_area_m2": [15_620.5, 80_000.0, 3_000.0],
            "households": [120, 700, 30],
            "elders_60": [85, 300, 12],
            "gated": [True, False, True],
        },
        geometry=[square, two, Point(EAST + 600, NORTH + 20)],
        crs=ZONE,
    )


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Layer]:
    """Return a reader of files in ``tmp_path``: ``read("gates", file="gates.csv", datum="wgs84")``."""

    def reader(name: str, *, crs: CRS | None = ZONE, **settings: Any) -> Layer:
        return read_layer(name, LayerSettings(**settings), folder=tmp_path, crs=crs)

    return reader


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., str]:
    """Return a writer of csv files in ``tmp_path`` that gives back the file's name."""

    def writer(*lines: str, name: str = "table.csv", encoding: str = "utf-8") -> str:
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding=encoding)
        return name

    return writer


@pytest.fixture
def refused() -> Callable[..., list[Fault]]:
    """Return a caller that expects a refusal and gives back its faults."""

    def caller(call: Callable[..., Any], *args: Any, **options: Any) -> list[Fault]:
        with pytest.raises(InputError) as caught:
            call(*args, **options)
        return list(caught.value.faults)

    return caller


@pytest.fixture
def bow_tie() -> Polygon:
    """A self-crossing outline of two triangles of 2,500 m² each."""
    return Polygon([(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)])

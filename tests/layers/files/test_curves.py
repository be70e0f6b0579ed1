"""Test arcs against what geometry says of circles, alone and as features of a GeoPackage and a geodatabase."""

from __future__ import annotations

import math
import struct

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from shapely import Point, box

from planner.layers.files.curves import NoCurveError, straight
from tests.layers.conftest import EAST, NORTH
from tests.layers.drawn import arcs, circle, curve_polygon


@pytest.mark.parametrize("radius", [0.5, 20.0, 800.0])
@pytest.mark.parametrize("within", [0.1, 0.01])
def test_a_circle(radius, within):
    drawn = straight(circle(EAST, NORTH, radius), within=within)
    away = shapely.distance(Point(EAST, NORTH), shapely.points(shapely.segmentize(drawn, radius / 50).exterior.coords))
    assert away.max() == pytest.approx(radius, abs=1e-6)
    assert away.min() >= radius - within - 1e-6
    assert drawn.area <= math.pi * radius**2


@pytest.mark.parametrize("turned", [False, True])
def test_an_arc_runs_through_its_three_points(turned):
    points = [(EAST, NORTH), (EAST + 5, NORTH + 5), (EAST + 10, NORTH)]
    line = straight(arcs(points[::-1] if turned else points), within=1e-4)
    assert line.length == pytest.approx(5 * math.pi, rel=1e-4)
    assert all(line.distance(Point(point)) < 1e-9 for point in points)


def test_more_than_half_a_circle():
    away = 10 / math.sqrt(2)
    line = straight(arcs([(away, -away), (-10, 0), (away, away)]), within=1e-4)
    assert line.length == pytest.approx(0.75 * 2 * math.pi * 10, rel=1e-4)


def test_a_full_circle_of_three_points():
    assert straight(arcs([(0, 0), (20, 0), (0, 0)]), within=1e-4).length == pytest.approx(20 * math.pi, rel=1e-4)


def test_points_on_a_line_stay_a_line():
    assert straight(arcs([(0, 0), (5, 5), (10, 10)]), within=0.01).wkt == "LINESTRING (0 0, 5 5, 10 10)"


def test_a_line_and_an_arc_in_one_ring():
    """A square with half a circle on its right side."""
    line = shapely.to_wkb(shapely.LineString([(0, 10), (0, 0), (10, 0)]))
    compound = struct.pack("<BII", 1, 9, 3) + line + arcs([(10, 0), (15, 5), (10, 10)])
    compound += shapely.to_wkb(shapely.LineString([(10, 10), (0, 10)]))
    drawn = straight(curve_polygon(compound), within=1e-4)
    assert drawn.area == pytest.approx(100 + math.pi * 25 / 2, rel=1e-4)
    assert drawn.is_valid


def test_many_parts_heights_and_the_other_byte_order():
    hole = shapely.to_wkb(box(-1, -1, 1, 1).exterior)
    ring = struct.pack("<BII", 1, 8, 5) + b"".join(
        struct.pack("<dd", *point) for point in [(-9, 0), (0, 9), (9, 0), (0, -9), (-9, 0)]
    )
    surface = struct.pack("<BII", 1, 12, 1) + curve_polygon(ring, hole)
    assert straight(surface, within=1e-4).area == pytest.approx(81 * math.pi - 4, rel=1e-4)
    high = struct.pack(">BII9d", 0, 1008, 3, 0, 0, 7, 5, 5, 7, 10, 0, 7)
    assert straight(high, within=1e-4).length == pytest.approx(5 * math.pi, rel=1e-4)
    assert not straight(high, within=1e-4).has_z


@pytest.mark.parametrize(
    "wkb", [b"", b"\x01", circle(0, 0, 5)[:-1], struct.pack("<BII", 1, 15, 0), b"\x01" + b"\xff" * 20]
)
def test_damage(wkb):
    with pytest.raises(NoCurveError):
        straight(wkb, within=0.01)


def write(path, driver, geometry_type):
    table = pa.table(
        {"compound_id": ["A", "B"], "geometry": [circle(EAST, NORTH, 50), shapely.to_wkb(box(0, 0, 9, 9))]}
    )
    table = table.set_column(
        1,
        "geometry",
        pa.array([table["geometry"][0].as_py(), shapely.to_wkb(box(EAST + 200, NORTH, EAST + 300, NORTH + 100))]),
    )
    pyogrio.write_arrow(
        table, path, layer="a", driver=driver, geometry_name="geometry", geometry_type=geometry_type, crs="EPSG:4547"
    )


@pytest.mark.parametrize(
    ("name", "driver", "kind"), [("a.gpkg", "GPKG", "Unknown"), ("a.gdb", "OpenFileGDB", "MultiPolygon")]
)
def test_curves_of_a_file_are_mended_and_told(tmp_path, read, name, driver, kind):
    write(tmp_path / name, driver, kind)
    layer = read("compounds", file=name)
    assert layer.table.area.to_numpy() == pytest.approx([math.pi * 2500, 10_000], rel=3e-4)
    (entry,) = layer.ledger.entries
    assert (entry.row, entry.id, entry.action) == (1, "A", "mended")
    assert entry.what.startswith("its arcs were drawn as straight pieces: area before 7854.0 m², after 785")
    corners = shapely.get_coordinates(layer.table.geometry["A"])
    away = np.hypot(*(corners - (EAST, NORTH)).T)
    assert away == pytest.approx(np.full(len(away), 50.0), abs=1e-6)

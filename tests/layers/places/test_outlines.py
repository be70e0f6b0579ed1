"""Test outlines drawn as lines: closed where the gap is small, set aside with the gap where it is not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, box

from planner.layers.places.outlines import joined
from tests.layers.conftest import EAST, NORTH, ZONE


@pytest.fixture
def compounds_of(tmp_path, read):
    """Return a reader of compounds with the given shapes, whose origin is a place near Chenzhou."""

    def reader(*shapes, **columns):
        frame = gpd.GeoDataFrame(
            {"compound_id": [f"{number}" for number in range(1, len(shapes) + 1)], **columns},
            geometry=[shapely.transform(shape, lambda xy: np.add(xy, (EAST, NORTH))) for shape in shapes],
            crs=ZONE,
        )
        frame.to_file(tmp_path / "c.gpkg")
        return read("compounds", file="c.gpkg")

    return reader


def said(layer):
    return [(entry.id, entry.what, entry.action) for entry in layer.ledger.entries]


SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]


@pytest.mark.parametrize(
    ("end", "what"),
    [
        ((0, 0), "the outline was a closed line; what it encloses was taken: area 10000.0 m²"),
        ((0, 0.4), "the outline was an open line; its ends, 0.40 m apart, were joined: area 10000.0 m²"),
        ((0, 3.5), "the outline was an open line; its ends, 3.50 m apart, were joined: area 10000.0 m²"),
    ],
)
def test_a_line_that_nearly_closes(compounds_of, end, what):
    layer = compounds_of(LineString([*SQUARE, end]))
    assert layer.table.area.tolist() == [pytest.approx(10_000)]
    assert said(layer) == [("1", what, "mended")]


def test_a_line_that_does_not_close(compounds_of):
    layer = compounds_of(LineString(SQUARE), LineString([(0, 0), (0, 0.5)]), box(200, 0, 300, 100))
    assert layer.table.index.tolist() == ["3"]
    what = "the line does not close, and an outline is needed: its ends lie {gap} m apart"
    assert said(layer) == [("1", what.format(gap="100.00"), "set_aside"), ("2", what.format(gap="0.50"), "set_aside")]
    assert layer.ledger.closes()


def test_an_outline_in_pieces(compounds_of):
    layer = compounds_of(MultiLineString([SQUARE[:3], [(100, 100.5), (0, 100), (0, 0.2)]]))
    assert layer.table.area.tolist() == [pytest.approx(10_000, rel=0.01)]
    assert said(layer)[0][1].startswith("the outline was drawn in 2 pieces; they were joined: area ")


def test_a_ring_in_a_ring_is_a_hole(compounds_of):
    layer = compounds_of(MultiLineString([[*SQUARE, SQUARE[0]], box(40, 40, 60, 60).exterior.coords]))
    assert layer.table.area.tolist() == [pytest.approx(9_600)]


def test_a_closed_line_that_crosses_itself_is_mended_too(compounds_of):
    layer = compounds_of(LineString([(0, 0), (100, 100), (100, 0), (0, 100), (0, 0)]))
    assert layer.table.area.tolist() == [pytest.approx(5_000)]
    assert [action for _id, _what, action in said(layer)] == ["mended", "mended"]


def test_lines_stay_lines_where_lines_are_taken(tmp_path, read):
    line = LineString([(EAST + x, NORTH + y) for x, y in [*SQUARE, (0, 0)]])
    gpd.GeoDataFrame({"barrier_id": ["1"]}, geometry=[line], crs=ZONE).to_file(tmp_path / "b.gpkg")
    assert read("barriers", file="b.gpkg").table.geom_type.tolist() == ["LineString"]


def test_a_point_where_only_an_outline_serves(tmp_path, read):
    frame = gpd.GeoDataFrame(
        {"area_id": ["1", "2"], "name": ["北湖", "苏仙"], "level": "社区"},
        geometry=[Point(EAST, NORTH), box(EAST, NORTH, EAST + 9, NORTH + 9)],
        crs=ZONE,
    )
    frame.to_file(tmp_path / "a.gpkg")
    layer = read("areas", file="a.gpkg")
    assert said(layer)[0] == (
        "1",
        (
            "a Point cannot be used here, only Polygon, MultiPolygon; "
            "a point says where it is and not how far it reaches: give its outline"
        ),
        "set_aside",
    )


def test_two_compounds_of_one_outline(compounds_of):
    turned = shapely.Polygon([SQUARE[2], SQUARE[1], SQUARE[0], SQUARE[3]])
    layer = compounds_of(shapely.Polygon(SQUARE), turned, box(0, 0, 100, 99))
    assert len(layer.table) == 3
    assert said(layer) == [
        ("1", "1 has exactly the same outline as 2", "doubted"),
        ("2", "2 has exactly the same outline as 1", "doubted"),
    ]


def test_a_community_that_is_all_of_its_street(tmp_path, read):
    square = box(EAST, NORTH, EAST + 9, NORTH + 9)
    frame = gpd.GeoDataFrame(
        {"area_id": ["1", "2"], "name": ["北湖社区", "北湖街道"], "level": ["社区", "街道"], "parent_id": ["2", ""]},
        geometry=[square, square],
        crs=ZONE,
    )
    frame.to_file(tmp_path / "a.gpkg")
    assert not [what for _id, what, _action in said(read("areas", file="a.gpkg")) if "outline" in what]


def test_two_outlines_that_share_a_side_are_joined_apart():
    pieces = shapely.from_wkt(
        ["LINESTRING (10 0, 0 0, 0 10, 10 10)", "LINESTRING (10 0, 10 10)", "LINESTRING (10 10, 20 10, 20 0, 10.4 0)"]
    )
    found = sorted((round(area.area), parts) for area, parts in joined(pieces))
    assert found == [(100, (0, 1)), (100, (1, 2))]

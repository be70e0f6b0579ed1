"""Test that what lies far from everything else is refused with the reading that would bring it there."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from planner.layers.places.datums import WGS84, Datum
from planner.layers.places.placing import Placed, far_layers, off_streets, other_readings
from tests.layers.conftest import EAST, NORTH, ZONE

TOWN = (EAST, NORTH, EAST + 5_000, NORTH + 5_000)


def misread(code, declared, lon=113.01, lat=25.79):
    """Return where a place written in one zone lies in EPSG:4547 when it is read as another."""
    numbers = Transformer.from_crs(4490, code, always_xy=True).transform(lon, lat)
    return Transformer.from_crs(declared, 4547, always_xy=True).transform(*numbers)


@pytest.mark.parametrize("declared", [4545, 4546, 4548])
def test_another_central_meridian(declared):
    place = misread(4547, declared)
    assert other_readings(place, Datum(CRS(declared)), ZONE, TOWN, within_m=5_000) == ("EPSG:4547",)


def test_another_central_meridian_of_gcj_02_metres():
    """Metres that were made of GCJ-02 degrees stay near enough to be told."""
    numbers = Transformer.from_crs(4490, 4547, always_xy=True).transform(113.0154, 25.787)
    place = Transformer.from_crs(4546, 4547, always_xy=True).transform(*numbers)
    assert other_readings(place, Datum(CRS(4546)), ZONE, TOWN, within_m=5_000) == ("EPSG:4547",)


def test_longitude_and_latitude_exchanged_where_both_are_possible():
    """Helsinki, 24.94 E 60.17 N, with latitude first is a place in the Gulf of Oman: only other layers tell."""
    crs = CRS.from_epsg(32635)
    to_metres = Transformer.from_crs(4326, crs, always_xy=True)
    x, y = to_metres.transform(24.94, 60.17)
    place = to_metres.transform(60.17, 24.94)
    assert other_readings(place, Datum(WGS84), crs, (x, y, x, y), within_m=1_000) == ("exchanged",)


def points(x, y, count=10):
    return shapely.points(np.column_stack([x + np.arange(count) * 10.0, np.full(count, y)]))


class TestFarLayers:
    def test_a_layer_in_the_wrong_zone(self):
        layers = [
            Placed("compounds", "c.csv", points(EAST, NORTH), Datum(ZONE)),
            Placed("facilities", "f.csv", points(*misread(4547, 4546)), Datum(CRS(4546))),
        ]
        (fault,) = far_layers(layers, ZONE)
        assert fault.what == "the layer lies 300 km away from the other layers, at longitude 110.010, latitude 25.790"
        assert fault.cure.line == 'datum = "EPSG:4547"'
        assert fault.where == "f.csv"

    def test_the_compounds_are_the_wrong_ones(self):
        layers = [
            Placed("compounds", "c.csv", points(*misread(4547, 4546)), Datum(CRS(4546))),
            Placed("facilities", "f.csv", points(EAST, NORTH), Datum(ZONE)),
            Placed("gates", "g.csv", points(EAST, NORTH), Datum(ZONE)),
        ]
        assert [fault.where for fault in far_layers(layers, ZONE)] == ["c.csv"]

    def test_outside_of_china_without_another_reading(self):
        hanoi = Transformer.from_crs(4326, 4547, always_xy=True).transform(105.85, 10.0)
        layers = [
            Placed("compounds", "c.csv", points(EAST, NORTH), Datum(WGS84)),
            Placed("facilities", "f.csv", points(*hanoi), Datum(WGS84)),
        ]
        (fault,) = far_layers(layers, ZONE)
        assert fault.todo == "check datum under [layers.facilities], now EPSG:4326 (WGS 84)"
        assert fault.cure is None

    def test_another_city_of_china_is_left_to_the_rows(self):
        layers = [
            Placed("compounds", "c.csv", points(EAST, NORTH), Datum(WGS84)),
            Placed("facilities", "f.csv", points(EAST + 90_000, NORTH), Datum(WGS84)),
        ]
        assert far_layers(layers, ZONE) == []

    def test_one_row_that_is_near_keeps_the_layer(self):
        far = points(*misread(4547, 4546))
        far[0] = shapely.Point(EAST, NORTH)
        layers = [
            Placed("compounds", "c.csv", points(EAST, NORTH), Datum(ZONE)),
            Placed("facilities", "f.csv", far, Datum(CRS(4546))),
        ]
        assert far_layers(layers, ZONE) == []


class TestOffStreets:
    STREETS = shapely.linestrings([[[EAST, NORTH], [EAST + 5_000, NORTH + 5_000]]])

    def judge(self, shapes, datum):
        ids = [f"C{number}" for number in range(len(shapes))]
        placed = Placed("compounds", "c.csv", np.array(shapes, dtype=object), datum)
        return off_streets(placed, ids, {one: place + 2 for place, one in enumerate(ids)}, self.STREETS, ZONE)

    def test_all_in_the_wrong_zone(self):
        faults, entries = self.judge(list(points(*misread(4547, 4546))), Datum(CRS(4546)))
        assert entries == []
        (fault,) = faults
        assert fault.what.startswith("all compounds lie outside of the walking network, the nearest 300 km off")
        assert fault.cure.line == 'datum = "EPSG:4547"'

    def test_all_in_another_city(self):
        faults, _entries = self.judge(list(points(EAST, NORTH + 30_000)), Datum(ZONE))
        assert [fault.cure for fault in faults] == [None]
        assert "the streets lie at longitude" in faults[0].why

    def test_some(self):
        near, edge = shapely.Point(EAST, NORTH - 4_999), shapely.box(EAST, NORTH - 9_000, EAST + 10, NORTH - 4_000)
        faults, entries = self.judge([near, edge, shapely.Point(EAST, NORTH - 5_001)], Datum(ZONE))
        assert faults == []
        assert [(entry.id, entry.row, entry.what) for entry in entries] == [
            ("C2", 4, "it lies 5.0 km outside of the walking network; its coordinates may be wrong")
        ]

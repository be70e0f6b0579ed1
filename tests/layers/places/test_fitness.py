"""A compute CRS that is declared must fit the place: the datum of CGCS2000 or a known shift, and true lengths."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pyproj import CRS, Geod, Transformer
from shapely import Point

from planner.layers.places.fitness import unfit_crs

CHENZHOU, BISHAN = (113.01, 25.79), (103.84, 1.35)


def _at(place: tuple[float, float], code: int) -> tuple[np.ndarray, CRS]:
    crs = CRS.from_epsg(code)
    return np.array([Point(Transformer.from_crs(4326, crs, always_xy=True).transform(*place))]), crs


@pytest.mark.parametrize(
    ("place", "code"), [(CHENZHOU, 4547), (CHENZHOU, 4526), (CHENZHOU, 4546), (CHENZHOU, 32649), (BISHAN, 32648)]
)
def test_zones_of_the_place_fit(place, code):
    assert unfit_crs(*_at(place, code)) is None


@pytest.mark.parametrize(("code", "datum"), [(2383, "Xian 1980"), (2435, "Beijing 1954")])
def test_a_datum_without_parameters_is_refused(code, datum):
    fault = unfit_crs(*_at(CHENZHOU, code))
    assert f"EPSG:{code} ({datum}" in fault.what
    assert "parameters" in fault.what
    assert fault.cure.line == 'crs = "EPSG:4547"'


@pytest.mark.parametrize("code", [3857, 4541])
def test_metres_that_are_none_are_refused(code):
    """By as much as the geodesic says: 200 m to the east and to the north, measured in the CRS."""
    shapes, crs = _at(CHENZHOU, code)
    move = Transformer.from_crs(4326, crs, always_xy=True)
    ends = [Point(move.transform(*Geod(ellps="GRS80").fwd(*CHENZHOU, to, 200)[:2])) for to in (0, 90)]
    wrong = max(abs(shapes[0].distance(end) / 200 - 1) for end in ends)
    fault = unfit_crs(shapes, crs)
    told = float(re.search(r"are ([\d.]+)% wrong", fault.what)[1]) / 100
    assert told == pytest.approx(wrong, abs=0.006)  # PROJ takes Web Mercator's sphere for the Earth
    assert fault.cure.line == 'crs = "EPSG:4547"'


def test_no_place_is_no_fault():
    assert unfit_crs(np.array([Point()]), CRS.from_epsg(3857)) is None

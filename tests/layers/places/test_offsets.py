"""Test GCJ-02 and BD-09 against values of geocoordinates-rs 0.14.2 and facts measured at Chenzhou."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from planner.layers.places.offsets import from_offset, to_offset

# From geocoordinates-rs 0.14.2: WGS 84, the same place in GCJ-02 and in BD-09, and the WGS 84 of the first
# pair read as GCJ-02.
FIXTURES = np.array(
    [
        (
            113.01,
            25.79,
            113.015492300,
            25.787015856,
            113.021958099,
            25.793109223,
            113.004527277,
            25.793002479,
        ),
        (
            116.404,
            39.915,
            116.410244499,
            39.916404282,
            116.416627244,
            39.922699552,
            116.397755755,
            39.913596236,
        ),
        (
            121.4737,
            31.2304,
            121.478223059,
            31.228457738,
            121.484781469,
            31.234310594,
            121.469162263,
            31.232329239,
        ),
        (
            87.6168,
            43.8256,
            87.619649949,
            43.826805393,
            87.626099771,
            43.832949795,
            87.613952819,
            43.824396039,
        ),
        (
            110.3312,
            20.0311,
            110.335570844,
            20.029053665,
            110.342118651,
            20.034729582,
            110.326838775,
            20.033156356,
        ),
    ]
)
DEGREE = 1e-9


@pytest.mark.parametrize(("offset", "column"), [("gcj02", 2), ("bd09", 4)])
def test_forward_and_back_as_another_library(offset, column):
    lon, lat = FIXTURES[:, 0], FIXTURES[:, 1]
    there = to_offset(lon, lat, offset=offset)
    np.testing.assert_allclose(there, FIXTURES[:, column : column + 2].T, rtol=0, atol=DEGREE)
    back = from_offset(FIXTURES[:, column], FIXTURES[:, column + 1], offset=offset)
    np.testing.assert_allclose(back, (lon, lat), rtol=0, atol=2 * DEGREE)


def test_inverse_of_plain_numbers_as_another_library():
    back = from_offset(FIXTURES[:, 0], FIXTURES[:, 1], offset="gcj02")
    np.testing.assert_allclose(back, FIXTURES[:, 6:8].T, rtol=0, atol=DEGREE)


def test_the_offset_at_chenzhou():
    lon, lat = np.array([113.0]), np.array([25.8])
    east, north = to_offset(lon, lat, offset="gcj02")
    assert east[0] - 113.0 == pytest.approx(0.0054, abs=2e-4)
    assert north[0] - 25.8 == pytest.approx(-0.0031, abs=2e-4)
    metres = Geod(ellps="WGS84").inv(113.0, 25.8, east[0], north[0])[2]
    assert 592 <= metres <= 679
    east, north = to_offset(lon, lat, offset="bd09")
    assert 1187 <= Geod(ellps="WGS84").inv(113.0, 25.8, east[0], north[0])[2] <= 1287


@given(st.floats(73.6, 134.7), st.floats(3.9, 53.5), st.sampled_from(["gcj02", "bd09"]))
def test_the_inverse_undoes_the_offset(lon, lat, offset):
    there = to_offset(np.array([lon]), np.array([lat]), offset=offset)
    back = from_offset(*there, offset=offset)
    assert abs(back[0][0] - lon) < DEGREE
    assert abs(back[1][0] - lat) < DEGREE


@given(st.floats(-180, 70), st.floats(-85, 85), st.sampled_from(["gcj02", "bd09"]))
def test_outside_china_nothing_moves(lon, lat, offset):
    for turn in (to_offset, from_offset):
        there = turn(np.array([lon]), np.array([lat]), offset=offset)
        assert (there[0][0], there[1][0]) == (lon, lat)


def test_nan_stays_nan_and_harms_no_neighbour():
    lon, _lat = to_offset(np.array([np.nan, 113.01]), np.array([25.79, 25.79]), offset="gcj02")
    assert np.isnan(lon[0])
    assert lon[1] == pytest.approx(113.0154923, abs=1e-7)

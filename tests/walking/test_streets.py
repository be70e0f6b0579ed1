"""Streets as sources yield them, before anything is contracted."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS, Geod

from planner.walking.streets import Streets, pieces


def test_chains_are_cut_into_pieces_that_know_their_chain():
    a, b, chain = pieces(np.array([5, 6, 7, 6, 1, 1]), np.array([0, 3, 6]))
    assert list(zip(a.tolist(), b.tolist(), chain.tolist(), strict=True)) == [
        (5, 6, 0),
        (6, 7, 0),
        (6, 1, 1),
        (1, 1, 1),
    ]


def test_no_chains_give_no_pieces():
    for indptr in ([0], [0, 0]):
        assert [part.size for part in pieces(np.zeros(0, np.int64), np.array(indptr))] == [0, 0, 0]


def streets(xy, crs):
    none = np.zeros(0, np.int64)
    return Streets(np.array(xy), none, none, none.astype(np.uint8), none > 0, none > 0, CRS.from_epsg(crs), ("street",))


def test_points_are_projected_east_before_north():
    """On the central meridian (114 E) CGCS2000 has x = 500 km; a kilometre is a kilometre of the ellipsoid."""
    lon, lat, _ = Geod(ellps="GRS80").fwd(114.0, 25.8, 0.0, 1000.0)
    xy = streets([[114.0, 25.8], [lon, lat]], 4490).projected(CRS.from_epsg(4547))
    assert xy[:, 0] == pytest.approx([500_000, 500_000], abs=1e-3)
    assert xy[1, 1] - xy[0, 1] == pytest.approx(1000, abs=1e-3)


def test_points_in_the_crs_asked_for_are_handed_on():
    plan = streets([[1.0, 2.0]], 4547)
    assert plan.projected(CRS.from_epsg(4547)) is plan.xy

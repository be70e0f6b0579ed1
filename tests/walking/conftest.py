"""Streets that several tests of the walking room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pyproj import CRS, Transformer

from planner.i18n import language
from tests.walking.raw import RawNetwork

ZONE = CRS.from_epsg(4547)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language("en"):
        yield


@pytest.fixture(scope="session")
def hongkong(shared_data: Path) -> RawNetwork:
    """Hong Kong Island: 43,620 points, metres stated edge by edge."""
    folder = shared_data / "hongkong"
    lat, lon = np.loadtxt(folder / "Hongkong.co", skiprows=6).T
    u, v, length = np.loadtxt(folder / "Hongkong.road-d").T
    assert (lat.size, u.size) == (43_620, 91_542)
    to_metres = Transformer.from_crs(4326, 2326, always_xy=True)
    once = u <= v  # every edge is listed from both of its ends
    ends = np.column_stack([u[once], v[once], length[once]])
    ends = np.unique(ends, axis=0)
    return RawNetwork(
        np.column_stack(to_metres.transform(lon, lat)),
        ends[:, 0].astype(np.int64),
        ends[:, 1].astype(np.int64),
        ends[:, 2],
        CRS.from_epsg(2326),
    )


@pytest.fixture(scope="session")
def bishan(shared_data: Path) -> RawNetwork:
    """Bishan's walking network as straight edges between its points, with the metres of its table."""
    import geopandas as gpd

    table = gpd.read_file(shared_data / "bishan" / "bishan_network.gpkg").to_crs(3414)
    names, number = np.unique(np.concatenate([table["u"], table["v"]]), return_inverse=True)
    u, v = np.split(number, 2)
    xy = np.empty((names.size, 2))
    lines = table.geometry.to_numpy()
    for row, line in enumerate(lines):
        xy[u[row]], xy[v[row]] = line.coords[0], line.coords[-1]
    ends = np.column_stack([np.minimum(u, v), np.maximum(u, v), table["length"].to_numpy()])
    ends = np.unique(ends, axis=0)
    return RawNetwork(xy, ends[:, 0].astype(np.int64), ends[:, 1].astype(np.int64), ends[:, 2], CRS.from_epsg(3414))

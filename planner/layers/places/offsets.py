"""Turn longitudes and latitudes into GCJ-02 and BD-09 and back, on arrays.

GCJ-02 is the offset that Chinese law puts on public maps, BD-09 Baidu's second offset on top of it. Both are
public formulas; their inverses are iterated to less than 1e-9 degrees.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Krasovsky's ellipsoid, on which the GCJ-02 offset is turned from metres into degrees.
_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
# The box inside which maps are offset: west, east, south, north.
_BOX = (72.004, 137.8347, 0.8293, 55.8271)
_BAIDU = np.pi * 3000.0 / 180.0
# Steps of an inverse: each leaves at most 2 % of the error, so six leave 1e-12 degrees (0.1 micrometres).
_STEPS = 6


def _inside(lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    west, east, south, north = _BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _shifted(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Offset WGS 84 by the GCJ-02 formula wherever it is."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    root = np.sqrt(np.abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    phi = np.radians(lat)
    bend = 1 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / bend**1.5
    parallel_m = _AXIS_M / np.sqrt(bend) * np.cos(phi)
    return lon + np.degrees(east / parallel_m), lat + np.degrees(north / meridian_m)


def _baidu(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Offset GCJ-02 by the BD-09 formula wherever it is."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _offset(lon: Floats, lat: Floats, offset: str) -> tuple[Floats, Floats]:
    shifted = _shifted(lon, lat)
    return _baidu(*shifted) if offset == "bd09" else shifted


def to_offset(lon: Floats, lat: Floats, *, offset: str) -> tuple[Floats, Floats]:
    """Turn WGS 84 into GCJ-02 or BD-09.

    Parameters
    ----------
    lon, lat
        Degrees, any shape; NaN stays NaN, places outside China's box stay as they are.
    offset
        ``gcj02`` or ``bd09``.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes in degrees.

    Examples
    --------
    >>> lon, lat = to_offset(np.array([113.01, 2.35]), np.array([25.79, 48.86]), offset="gcj02")
    >>> lon.round(4).tolist(), lat.round(4).tolist()
    ([113.0155, 2.35], [25.787, 48.86])
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    there = _offset(lon, lat, offset)
    inside = _inside(lon, lat)
    return np.where(inside, there[0], lon), np.where(inside, there[1], lat)


def from_offset(lon: Floats, lat: Floats, *, offset: str) -> tuple[Floats, Floats]:
    """Turn GCJ-02 or BD-09 into WGS 84; the inverse of :func:`to_offset` to less than 1e-9 degrees.

    Parameters
    ----------
    lon, lat
        Degrees, any shape; NaN stays NaN, places outside China's box stay as they are.
    offset
        ``gcj02`` or ``bd09``.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes in degrees.

    Examples
    --------
    >>> baidu = to_offset(np.array([113.01]), np.array([25.79]), offset="bd09")
    >>> lon, lat = from_offset(*baidu, offset="bd09")
    >>> bool(abs(lon[0] - 113.01) < 1e-9 and abs(lat[0] - 25.79) < 1e-9)
    True
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    guess = (lon, lat)
    for _step in range(_STEPS):
        there = _offset(*guess, offset)
        guess = (guess[0] - (there[0] - lon), guess[1] - (there[1] - lat))
    inside = _inside(*guess)
    return np.where(inside, guess[0], lon), np.where(inside, guess[1], lat)

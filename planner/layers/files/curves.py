"""Draw the arcs of curved geometries as straight pieces, since everything after reading knows straight lines only."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

# Numbers of ISO 19125's types of geometry, without those that shapely reads by itself.
_CIRCULAR, _COMPOUND, _CURVE_POLYGON, _MULTI_CURVE, _MULTI_SURFACE = 8, 9, 10, 11, 12
_OF_PARTS = {
    4: shapely.multipoints,
    5: shapely.multilinestrings,
    6: shapely.multipolygons,
    7: shapely.geometrycollections,
    _MULTI_CURVE: shapely.multilinestrings,
    _MULTI_SURFACE: shapely.multipolygons,
}
_Z, _M = 0x80000000, 0x40000000


class NoCurveError(ValueError):
    """The bytes are no geometry that can be drawn with straight pieces."""


def straight(wkb: bytes, *, within: float) -> Any:
    """Read a curved geometry and draw its arcs as straight pieces.

    Parameters
    ----------
    wkb
        Well-known binary of any type, curved ones among them; heights and measures are dropped.
    within
        How far a piece may lie from its arc, in the unit of the coordinates.

    Returns
    -------
    shapely.Geometry
        The same geometry of straight pieces.

    Raises
    ------
    NoCurveError
        The bytes are damaged, or of a type that is no curve.

    Examples
    --------
    >>> quarter = struct.pack("<BII6d", 1, 8, 3, 10, 0, 50**0.5 * 2**0.5, 50**0.5 * 2**0.5, 0, 10)
    >>> bool(straight(quarter, within=20).length < straight(quarter, within=0.01).length)
    True
    """
    try:
        return _Cursor(wkb, within).geometry()
    except (struct.error, IndexError, ValueError, shapely.GEOSException) as error:
        raise NoCurveError(str(error)) from error


@dataclass
class _Cursor:
    """Where reading stands in the bytes."""

    data: bytes
    within: float
    place: int = 0

    def _head(self) -> tuple[str, int, int]:
        """Return byte order, type and numbers per point of what begins here."""
        order = "<" if self.data[self.place] else ">"
        (code,) = struct.unpack_from(f"{order}I", self.data, self.place + 1)
        self.place += 5
        kind, beyond = code & 0x0FFFFFFF, 2 + bool(code & _Z) + bool(code & _M)
        return order, kind % 1000, beyond + (0, 1, 1, 2)[kind // 1000]

    def _count(self, order: str) -> int:
        (count,) = struct.unpack_from(f"{order}I", self.data, self.place)
        self.place += 4
        return int(count)

    def _points(self, order: str, width: int, count: int) -> Floats:
        size = 8 * width * count
        if self.place + size > len(self.data):
            raise NoCurveError("cut short")
        xy = np.frombuffer(self.data, dtype=f"{order}f8", count=width * count, offset=self.place)
        self.place += size
        return xy.reshape(count, width)[:, :2].astype(np.float64)

    def _line(self) -> Floats:
        """Read a line, an arc, or a line of both."""
        order, kind, width = self._head()
        if kind == _COMPOUND:
            parts = [self._line() for _part in range(self._count(order))]
            return np.vstack([parts[0], *(part[1:] for part in parts[1:])])
        if kind not in (2, _CIRCULAR):
            raise NoCurveError(f"type {kind}")
        points = self._points(order, width, self._count(order))
        return points if kind == 2 else _stroked(points, self.within)

    def geometry(self) -> Any:
        start = self.place
        order, kind, width = self._head()
        if kind == 1:
            return shapely.points(self._points(order, width, 1)[0])
        if kind in (2, _CIRCULAR, _COMPOUND):
            self.place = start
            return shapely.linestrings(self._line())
        if kind == 3:
            rings = [self._points(order, width, self._count(order)) for _ring in range(self._count(order))]
            return shapely.Polygon(rings[0], rings[1:])
        if kind == _CURVE_POLYGON:
            rings = [self._line() for _ring in range(self._count(order))]
            return shapely.Polygon(rings[0], rings[1:])
        if kind not in _OF_PARTS:
            raise NoCurveError(f"type {kind}")
        return _OF_PARTS[kind]([self.geometry() for _part in range(self._count(order))])


def _stroked(points: Floats, within: float) -> Floats:
    """Draw arcs of three points each, the last of one being the first of the next."""
    pieces = [points[:1]]
    pieces += [_arc(points[place : place + 3], within) for place in range(0, len(points) - 2, 2)]
    return np.vstack(pieces)


def _arc(points: Floats, within: float) -> Floats:
    """Return the points of an arc after its first; the three it is given by are among them."""
    start, middle, end = points
    centre = _centre(start, middle, end)
    if centre is None:
        return np.array([middle, end])
    radius = math.dist(centre, start)
    angles = [math.atan2(point[1] - centre[1], point[0] - centre[0]) for point in (start, middle, end)]
    one, other = middle - start, end - middle
    turn = 1.0 if one[0] * other[1] >= one[1] * other[0] else -1.0
    # Half the angle whose chord stays that near the arc.
    half = math.acos(max(1 - within / radius, 0.0))
    pieces = []
    for first, last, goal in ((angles[0], angles[1], middle), (angles[1], angles[2], end)):
        sweep = (turn * (last - first)) % (2 * math.pi)
        steps = max(math.ceil(sweep / (2 * half)), 1)
        along = first + turn * sweep * np.arange(1, steps) / steps
        pieces += [centre + radius * np.column_stack([np.cos(along), np.sin(along)]), goal[None, :]]
    return np.vstack(pieces)


def _centre(start: Floats, middle: Floats, end: Floats) -> Floats | None:
    """Return the centre of the circle through three points; None where they lie on a straight line."""
    if (start == end).all():
        return (start + middle) / 2
    one, other = middle - start, end - start
    cross = 2 * (one[0] * other[1] - one[1] * other[0])
    # Less bent than a millimetre on a kilometre: as straight as its numbers can tell.
    if abs(cross) < 1e-9 * (other @ other):
        return None
    squares = np.array([one @ one, other @ other])
    offset = np.array([other[1] * squares[0] - one[1] * squares[1], one[0] * squares[1] - other[0] * squares[0]])
    centre: Floats = start + offset / cross
    return centre

"""Read geometries from WKB and WKT one by one, so that a bad one harms no other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from planner.layers.files.curves import NoCurveError, straight

Shapes = npt.NDArray[np.object_]

# How far a straight piece may lie from the arc that it stands for, and how much finer the arc is measured.
_WITHIN_M, _FINER = 0.01, 1e-3
_METRES_A_DEGREE = 111_000.0


@dataclass(frozen=True, eq=False)
class Geometries:
    """Geometries read from WKB or WKT.

    Parameters
    ----------
    shapes
        Geometries, None where a row has none or it could not be read, shape (n,).
    closed
        Rows whose ring had to be closed to be read at all, shape (n,).
    unread
        Rows that hold something which is no geometry, shape (n,).
    curved
        What the area of a curved row (or the length of a curved line) was before its arcs were drawn as straight
        pieces, for each of what it is now; by position.
    """

    shapes: Shapes
    closed: npt.NDArray[np.bool_]
    unread: npt.NDArray[np.bool_]
    curved: dict[int, float] = field(default_factory=dict)

    @classmethod
    def plain(cls, shapes: Shapes) -> Geometries:
        """Return shapes that were read without trouble.

        Examples
        --------
        >>> Geometries.plain(np.array([shapely.Point(1, 2)])).unread.tolist()
        [False]
        """
        none = np.zeros(len(shapes), dtype=bool)
        return cls(shapes, none, none)


def read_wkb(values: npt.NDArray[np.object_], crs: CRS | None) -> Geometries:
    """Read WKB, its arcs as straight pieces within a centimetre.

    Parameters
    ----------
    values
        WKB, None where a row has none, shape (n,).
    crs
        What the coordinates are in, which tells what a centimetre is.

    Returns
    -------
    Geometries
        The geometries and how they were got.

    Examples
    --------
    >>> wkb = np.array([shapely.to_wkb(shapely.Point(1, 2)), b"no shape", None], dtype=object)
    >>> read_wkb(wkb, None).unread.tolist()
    [False, True, False]
    """
    reading = read_shapes(values, shapely.from_wkb)
    within = _WITHIN_M / _METRES_A_DEGREE if crs is not None and crs.is_geographic else _WITHIN_M
    shapes, unread, curved = reading.shapes, reading.unread.copy(), {}
    for place in np.flatnonzero(reading.unread):
        with suppress(NoCurveError):
            shapes[place] = straight(values[place], within=within)
            curved[int(place)] = _ratio(shapes[place], straight(values[place], within=within * _FINER))
            unread[place] = False
    return Geometries(shapes, reading.closed, unread, curved)


def _ratio(drawn: Any, exact: Any) -> float:
    """Return the area, or else the length, of one geometry as a share of another's."""
    size = shapely.area if drawn.area > 0 else shapely.length
    return float(size(exact) / size(drawn)) if size(drawn) > 0 else 1.0


def read_shapes(values: npt.NDArray[np.object_], parse: Callable[..., Any]) -> Geometries:
    """Read geometries one by one, so that a bad one harms no other.

    Parameters
    ----------
    values
        WKB or WKT, None where a row has none, shape (n,).
    parse
        ``shapely.from_wkb`` or ``shapely.from_wkt``.

    Returns
    -------
    Geometries
        The geometries and how they were got.

    Examples
    --------
    >>> wkt = np.array(["POINT (1 2)", None, "here", "POLYGON ((0 0, 1 0, 1 1))"], dtype=object)
    >>> reading = read_shapes(wkt, shapely.from_wkt)
    >>> reading.unread.tolist(), reading.closed.tolist()
    ([False, False, True, False], [False, False, False, True])
    """
    given = np.array([value is not None for value in values], dtype=bool)
    shapes = _lenient(values, parse, "ignore")
    missed = shapely.is_missing(shapes) & given
    if missed.any():
        shapes[missed] = _lenient(values[missed], parse, "fix")
    unread = shapely.is_missing(shapes) & given
    return Geometries(shapes, missed & ~unread, unread)


def _lenient(values: npt.NDArray[np.object_], parse: Callable[..., Any], on_invalid: str) -> Shapes:
    shapes: Shapes = np.full(len(values), None, dtype=object)
    try:
        shapes[:] = parse(values, on_invalid=on_invalid)
    except (NotImplementedError, shapely.GEOSException):
        # Curves and some damage are thrown whatever on_invalid says.
        for place, value in enumerate(values):
            with suppress(NotImplementedError, shapely.GEOSException):
                shapes[place] = parse(value, on_invalid=on_invalid)
    return shapes

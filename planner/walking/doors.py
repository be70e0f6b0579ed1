"""Find the doors by which a place meets the streets: its gates, the streets at its outline, or the nearest street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.search import Places
from planner.walking.snapping import Snapper

OFF_NETWORK = "off_network"


@dataclass(frozen=True)
class Doors:
    """How places meet the streets.

    Parameters
    ----------
    places : Places
        Positions on the network; their access is inside and connector together.
    inside_m, connector_m : float64 arrays (p,)
        Of each position: home to gate, straight; gate to street, straight; metres.
    start : array (number,) of str
        Of each place: ``gate`` (a gate that was given), ``edge`` (a street meets the outline), ``point`` (the nearest
        street); empty where there is none.
    reason : array (number,) of str
        ``off_network`` where no street is within reach, else empty.
    home : array (number,) of Point
        Where walks begin: the point given, or the middle of the outline.
    """

    places: Places
    inside_m: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    start: NDArray[np.object_]
    reason: NDArray[np.object_]
    home: NDArray[np.object_]


def home_points(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Choose the point of each place where walks begin: its centroid, or a point on its surface when that lies outside.

    Examples
    --------
    >>> home_points(np.array([shapely.box(0, 0, 10, 4)])).tolist()
    [<POINT (5 2)>]
    """
    middle = shapely.centroid(geometry)
    outside = ~shapely.intersects(geometry, middle)
    middle[outside] = shapely.point_on_surface(geometry[outside])
    homes: NDArray[np.object_] = middle
    return homes


def find_doors(
    geometry: NDArray[np.object_],
    snapper: Snapper,
    *,
    gates: tuple[NDArray[np.intp], NDArray[np.object_]] | None = None,
    inside: bool = True,
) -> Doors:
    """Find the doors of places.

    Parameters
    ----------
    geometry : array (number,) of geometries
        Outlines or points in the network's CRS; several points are several entrances.
    snapper
        Ties points to the streets.
    gates : tuple of (integer array (g,), array (g,) of Point), optional
        Place and point of each gate. A place that has any uses no other door.
    inside
        Whether the straight way between the middle of an outline and its door is walked too.

    Returns
    -------
    Doors

    Examples
    --------
    A compound 40 m wide whose middle is 20 m from its outline; a street runs 10 m beyond:

    >>> from planner.walking import WalkNetwork
    >>> network = WalkNetwork.from_edges([[-100, -10], [100, -10]], u=[0], v=[1], crs="EPSG:4547")
    >>> doors = find_doors(np.array([shapely.box(0, 0, 40, 40)]), Snapper(network))
    >>> doors.start.tolist(), doors.inside_m.tolist(), doors.connector_m.tolist()
    (['point'], [20.0], [10.0])
    """
    number = geometry.size
    home = home_points(geometry)
    start = np.full(number, "", object)
    given = np.zeros(number, bool)
    found: list[tuple[NDArray[Any], ...]] = []  # owner, edge, offset, inside, connector of each batch of doors

    if gates is not None and gates[0].size:
        owner, points = gates
        given[owner] = True
        snapped = snapper.snap(points)
        on = snapped.edge >= 0
        owner, points = owner[on], points[on]
        found.append(
            (
                owner,
                snapped.edge[on],
                snapped.offset_m[on],
                shapely.distance(home[owner], points),
                snapped.connector_m[on],
            )
        )
        start[owner] = "gate"

    outline = shapely.get_dimensions(geometry) == 2
    rows = np.flatnonzero(~given & outline)
    row, point, edge = snapper.crossings(geometry[rows])
    owner = rows[row]
    found.append(
        (
            owner,
            edge,
            snapper.offset_m(point, edge),
            shapely.distance(home[owner], point),
            np.zeros(owner.size),
        )
    )
    start[owner] = "edge"

    for rows in (np.flatnonzero(~given & (start == "") & outline), np.flatnonzero(~given & ~outline)):
        if outline[rows].all():
            points, owner, outlines = home[rows], rows, geometry[rows]
        else:
            points, part = shapely.get_parts(geometry[rows], return_index=True)
            owner, outlines = rows[part], None
        snapped = snapper.snap(points, outlines=outlines)
        on = snapped.edge >= 0
        found.append((owner[on], snapped.edge[on], snapped.offset_m[on], snapped.inside_m[on], snapped.connector_m[on]))
        start[owner[on]] = "point"

    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    owner, edge, offset, indoors, connector = columns
    order = np.lexsort((offset, edge, owner))
    owner, edge, offset, indoors, connector = (column[order] for column in columns)
    if not inside:
        indoors = np.zeros_like(indoors)
    places = Places(number, owner.astype(np.int32), edge.astype(np.int32), offset, indoors + connector)
    reason = np.where(start == "", OFF_NETWORK, "").astype(object)
    return Doors(places, indoors, connector, start, reason, home)

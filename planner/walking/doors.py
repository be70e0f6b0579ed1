"""Find the doors by which a place meets the streets: its gates, the streets at its outline, or the nearest street.

Who is inside somebody's gated compound, and no door of his own leads out of it, leaves it through that one's doors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.enclosures import cores
from planner.walking.search import Places
from planner.walking.snapping import Snapper

OFF_NETWORK = "off_network"
BLOCKED = "blocked"

Gates = tuple[NDArray[np.intp], NDArray[np.object_]]
"""Place and point of each gate."""


@dataclass(frozen=True)
class Doors:
    """How places meet the streets.

    Parameters
    ----------
    places : Places
        Positions on the network; their access is inside and connector together.
    inside_m, connector_m : float64 arrays (p,)
        Of each position: home to gate, straight; gate to street, straight; metres.
    door : array (p,) of Point
        Of each position: the gate, or where the street meets the outline; None where neither is.
    start : array (number,) of str
        Of each place: ``gate`` (a gate that was given), ``edge`` (a street meets the outline), ``point`` (the nearest
        street); empty where there is none.
    reason : array (number,) of str
        ``off_network`` where no street is within reach, ``blocked`` where each is behind a barrier or through another's
        gated compound, else empty.
    home : array (number,) of Point
        Where walks begin: the point given, or the middle of the outline.
    """

    places: Places
    inside_m: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    door: NDArray[np.object_]
    start: NDArray[np.object_]
    reason: NDArray[np.object_]
    home: NDArray[np.object_]


@dataclass(frozen=True)
class Walled:
    """Gated compounds, and the doors that lead into them.

    Parameters
    ----------
    outlines : array (w,) of polygons
        In the network's CRS.
    inside : array (w,) of polygons
        What is inside each, as `planner.walking.enclosures.cores` gives it.
    doors : Doors, optional
        Theirs; None while these are looked for.
    """

    outlines: NDArray[np.object_]
    inside: NDArray[np.object_]
    doors: Doors | None = None

    @classmethod
    def of(cls, outlines: NDArray[np.object_], snapper: Snapper, *, gates: Gates | None = None) -> Walled:
        """Find the doors of gated compounds.

        Parameters
        ----------
        outlines : array (w,) of polygons
            Gated compounds.
        snapper
            Ties points to the streets outside.
        gates
            As for `find_doors`, the places being rows of the outlines.
        """
        bare = cls(outlines, cores(outlines))
        own = np.arange(outlines.size)
        return replace(bare, doors=find_doors(outlines, snapper, gates=gates, walled=bare, own=own))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.inside)

    @cached_property
    def _area_m2(self) -> NDArray[np.float64]:
        area: NDArray[np.float64] = shapely.area(self.inside)
        return area

    def holding(self, points: NDArray[np.object_], *, own: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
        """Find the largest gated compound, other than its own, that holds each point.

        Of compounds within each other that is the outermost, whose doors lead to a street.

        Parameters
        ----------
        points : array (p,) of Point
            In the network's CRS.
        own : integer array (p,), optional
            The gated compound that is each point's own, by row; -1 for none.

        Returns
        -------
        integer array (p,)
            Rows; -1 where none holds the point.
        """
        held = np.full(points.size, -1, np.intp)
        point, at = self._tree.query(points, predicate="intersects")
        if own is not None:
            point, at = point[own[point] != at], at[own[point] != at]
        order = np.lexsort((-at, self._area_m2[at], point))  # of those assigned to one point the last one stays
        held[point[order]] = at[order]
        return held


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


class _Ways(NamedTuple):
    """Ways from places to streets, one row per door."""

    owner: NDArray[np.intp]
    edge: NDArray[np.intp]
    offset_m: NDArray[np.float64]
    inside_m: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    door: NDArray[np.object_]
    start: NDArray[np.object_]


@dataclass(frozen=True)
class _Leaver:
    """Ties points to the streets: straight, or through the doors of the gated compound that holds them.

    ``points`` below are where each way begins, ``owner`` their places, ``own`` their own gated compounds.
    """

    snapper: Snapper
    walled: Walled | None
    reason: NDArray[np.object_]  # of each place, why a point of it found no street; `leave` fills it in

    def leave(
        self,
        owner: NDArray[np.intp],
        points: NDArray[np.object_],
        own: NDArray[np.intp],
        *,
        outlines: NDArray[np.object_] | None = None,
        shapes: NDArray[np.object_] | None = None,
        held: NDArray[np.intp] | None = None,
    ) -> list[_Ways]:
        """Find the ways out; to a compound's doors from ``shapes``, if given, and not from the points.

        ``held`` is the compound, by row, whose doors each point must take; -1 for none.
        """
        if held is None:
            held = self._held(points, own)
        free, bound = np.flatnonzero(held < 0), np.flatnonzero(held >= 0)
        around = None if outlines is None else outlines[free]
        straight, lost = self._straight(owner[free], points[free], own[free], around)
        lost = free[lost]
        # Where the nearest street was cut, it leads to the doors of the compound in which it lies.
        held = held.copy()
        held[lost] = self._beside(points[lost], None if outlines is None else outlines[lost])
        at = np.concatenate([bound, lost])
        shapes = points if shapes is None else shapes
        return [straight, *self._through(owner[at], points[at], own[at], held[at], shapes[at])]

    def _held(self, points: NDArray[np.object_], own: NDArray[np.intp]) -> NDArray[np.intp]:
        if self.walled is None or self.walled.doors is None:
            return np.full(points.size, -1)
        return self.walled.holding(points, own=own)

    def _beside(self, points: NDArray[np.object_], outlines: NDArray[np.object_] | None) -> NDArray[np.intp]:
        """Find the compound, own or not, in which the nearest street of the whole network lies."""
        whole = self.snapper.whole
        beside = np.full(points.size, -1)
        if self.walled is None or whole is None or not points.size:
            return beside
        snapped = whole.snap(points, outlines=outlines)
        found = np.flatnonzero(snapped.edge >= 0)
        lines, edge = whole.network.edge_lines, snapped.edge[found]
        share = snapped.offset_m[found] / np.maximum(whole.network.edge_length_m[edge], 1e-9)
        street = shapely.line_interpolate_point(lines[edge], share, normalized=True)
        beside[found] = self.walled.holding(street)
        return beside

    def _through(
        self,
        owner: NDArray[np.intp],
        points: NDArray[np.object_],
        own: NDArray[np.intp],
        held: NDArray[np.intp],
        shapes: NDArray[np.object_],
    ) -> list[_Ways]:
        """Leave the compound ``held`` by its doors; one without any, or one's own, straight to the nearest street."""
        if self.walled is None or not owner.size:
            return []
        walled, doors = self.walled, self.walled.doors
        if doors is None:
            straight = held >= 0
            by_door: list[_Ways] = []
        else:
            straight = (held >= 0) & ((held == own) | (doors.start[held] == "point"))
            by_door = [_by_doors(doors, owner[~straight], shapes[~straight], held[~straight])]
            shut = (held >= 0) & (doors.reason[held] != "")
            self.reason[owner[shut]] = doors.reason[held[shut]]
        at = held[straight]
        way, _lost = self._straight(owner[straight], points[straight], at, walled.outlines[at])
        return [*by_door, way]

    def _straight(
        self,
        owner: NDArray[np.intp],
        points: NDArray[np.object_],
        own: NDArray[np.intp],
        outlines: NDArray[np.object_] | None,
    ) -> tuple[_Ways, NDArray[np.intp]]:
        """Tie points to the nearest street; also the rows of those which none is within reach of."""
        snapped = self.snapper.snap(points, outlines=outlines, own=own)
        on = np.flatnonzero(snapped.edge >= 0)
        self.reason[owner[snapped.blocked]] = BLOCKED
        ways = _Ways(
            owner[on],
            snapped.edge[on].astype(np.intp),
            snapped.offset_m[on],
            snapped.inside_m[on],
            snapped.connector_m[on],
            np.full(on.size, None, object),
            np.full(on.size, "point", object),
        )
        return ways, np.flatnonzero(snapped.edge < 0)


def _by_doors(doors: Doors, owner: NDArray[np.intp], shapes: NDArray[np.object_], held: NDArray[np.intp]) -> _Ways:
    """Walk straight from shapes to every door of the compounds that hold them."""
    counts = np.bincount(doors.places.place, minlength=doors.places.number)
    begin = np.cumsum(counts) - counts
    number = np.where(held >= 0, counts[held], 0)
    row = np.repeat(np.arange(owner.size), number)
    at = np.arange(row.size) - np.repeat(np.cumsum(number) - number, number) + begin[held[row]]
    return _Ways(
        owner[row],
        doors.places.edge[at].astype(np.intp),
        doors.places.offset_m[at],
        shapely.distance(shapes[row], doors.door[at]),
        doors.connector_m[at],
        doors.door[at],
        doors.start[held[row]],
    )


def find_doors(
    geometry: NDArray[np.object_],
    snapper: Snapper,
    *,
    gates: Gates | None = None,
    inside: bool = True,
    walled: Walled | None = None,
    own: NDArray[np.intp] | None = None,
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
    walled : Walled, optional
        Gated compounds: what lies in one meets the streets at its doors only, and so does what lies beside one when no
        street but one inside it is within reach. A gate in another's gated compound that holds its home too leads into
        that compound; any other gate leads to the nearest street outside.
    own : integer array (number,), optional
        The gated compound that each place is, by its row in ``walled``; -1 for none.

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
    own = np.full(number, -1) if own is None else own
    leaver = _Leaver(snapper, walled, np.full(number, "", object))
    given = np.zeros(number, bool)
    outline = shapely.get_dimensions(geometry) == 2
    found: list[_Ways] = []
    if gates is not None and gates[0].size:
        given[gates[0]] = True
        found += _by_gates(leaver, home, own, gates)

    rows = np.flatnonzero(~given & outline)
    row, point, edge = snapper.crossings(geometry[rows])
    owner, nothing = rows[row], np.zeros(row.size)
    way = shapely.distance(home[owner], point) if inside else nothing
    offset = snapper.offset_m(point, edge)
    found.append(_Ways(owner, edge, offset, way, nothing, point, np.full(row.size, "edge", object)))

    rows = np.setdiff1d(rows, owner)
    shapes = home[rows] if inside else geometry[rows]
    ways = leaver.leave(rows, home[rows], own[rows], outlines=geometry[rows], shapes=shapes)
    if not inside:
        ways[0] = ways[0]._replace(inside_m=np.zeros_like(ways[0].inside_m))
    rows = np.flatnonzero(~given & ~outline)
    points, part = shapely.get_parts(geometry[rows], return_index=True)
    found += [*ways, *leaver.leave(rows[part], points, own[rows[part]])]

    all_ways = _Ways(*(np.concatenate(column) for column in zip(*found, strict=True)))
    order = np.lexsort((all_ways.offset_m, all_ways.edge, all_ways.owner))
    owner, indoors, connector = all_ways.owner[order], all_ways.inside_m[order], all_ways.connector_m[order]
    start = np.full(number, "", object)
    start[owner] = all_ways.start[order]
    if not inside:  # what is walked inside another's compound is walked all the same
        indoors, connector = np.zeros_like(indoors), indoors + connector
    places = Places(
        number,
        owner.astype(np.int32),
        all_ways.edge[order].astype(np.int32),
        all_ways.offset_m[order],
        indoors + connector,
    )
    reason = np.where(start != "", "", np.where(leaver.reason == "", OFF_NETWORK, leaver.reason)).astype(object)
    return Doors(places, indoors, connector, all_ways.door[order], start, reason, home)


def _by_gates(leaver: _Leaver, home: NDArray[np.object_], own: NDArray[np.intp], gates: Gates) -> list[_Ways]:
    """Leave places by the gates that were given; whatever lies beyond a gate is connector."""
    owner, points = gates
    walled, held = leaver.walled, np.full(owner.size, -1)
    if walled is not None and walled.doors is not None:
        outer = walled.holding(points, own=own[owner])
        held = np.where(outer == walled.holding(home[owner], own=own[owner]), outer, -1)
    each = replace(leaver, reason=np.full(owner.size, "", object))  # a gate finds its way by itself
    ways = each.leave(np.arange(owner.size), points, own[owner], held=held)
    leaver.reason[owner[each.reason != ""]] = each.reason[each.reason != ""]
    return [
        _Ways(
            owner[way.owner],
            way.edge,
            way.offset_m,
            shapely.distance(home[owner[way.owner]], points[way.owner]),
            way.inside_m + way.connector_m,
            points[way.owner],
            np.full(way.owner.size, "gate", object),
        )
        for way in ways
    ]

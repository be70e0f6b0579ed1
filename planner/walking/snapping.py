"""Tie places to the nearest position on a street, not over walls, through compounds or onto cut-off fragments."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.network import JOIN_M, WalkNetwork

log = logging.getLogger(__name__)

_END_M = 1e-6  # a position this close to an edge's end is the end
_DOOR_M = 0.5  # a gate stands in its wall, give or take the drawing: a barrier this close to the point does not block


@dataclass(frozen=True)
class Snapped:
    """Where points met the network, one row per point.

    Parameters
    ----------
    edge : int32 array (p,)
        Edge; -1 where no street was within reach.
    offset_m : float64 array (p,)
        Along the edge from its end u, metres.
    connector_m : float64 array (p,)
        Straight way from the point (or from where it leaves the outline) to the position, metres; NaN for none.
    inside_m : float64 array (p,)
        The part of the straight way inside the outline, metres; 0 without one.
    minor : bool array (p,)
        Whether the position lies on a small part of the network, cut off from the rest.
    blocked : bool array (p,)
        Whether streets are within reach, but each behind a barrier or another's gated compound.

    Examples
    --------
    >>> network = WalkNetwork.from_edges([[0, 0], [100, 0]], u=[0], v=[1], crs="EPSG:4547")
    >>> Snapper(network).snap(shapely.points([[30.0, 40.0]])).connector_m.tolist()
    [40.0]
    """

    edge: NDArray[np.int32]
    offset_m: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    inside_m: NDArray[np.float64]
    minor: NDArray[np.bool_]
    blocked: NDArray[np.bool_]


@dataclass(frozen=True)
class Snapper:
    """Ties points to the nearest position on a street.

    Parameters
    ----------
    network
        The streets.
    max_snap_m
        No street farther than this is taken, metres.
    barriers : array of geometries, optional
        Walls, water, railways: the straight way to the street may not cross them.
    minor_share
        A connected part with less street than this share of the largest part is minor: it is taken only where no
        street of a larger part is within reach.
    enclosures : array of polygons, optional
        What is inside gated compounds, as `planner.walking.enclosures.cores` gives it: a straight way leads through one
        only for those who are inside already.
    whole : Snapper, optional
        Ties points to the network from which the streets inside the enclosures have not been cut.

    Examples
    --------
    >>> network = WalkNetwork.from_edges([[0, 0], [100, 0]], u=[0], v=[1], crs="EPSG:4547")
    >>> snapped = Snapper(network).snap(shapely.points([[30.0, 40.0], [30.0, 140.0]]))
    >>> snapped.edge.tolist(), snapped.offset_m.tolist(), snapped.connector_m.tolist()
    ([0, -1], [30.0, 0.0], [40.0, nan])
    """

    network: WalkNetwork
    max_snap_m: float = 100.0
    barriers: NDArray[np.object_] | None = None
    minor_share: float = 0.01
    enclosures: NDArray[np.object_] | None = None
    whole: Snapper | None = None

    @cached_property
    def _minor(self) -> NDArray[np.bool_]:
        length = self.network.component_length_m
        minor: NDArray[np.bool_] = length < self.minor_share * length.max()
        return minor

    @cached_property
    def _parts(self) -> tuple[tuple[NDArray[np.intp], shapely.STRtree], ...]:
        """Edges of the main part(s), then of the minor ones, each with its index."""
        chosen = (np.flatnonzero(~self._minor), np.flatnonzero(self._minor))
        return tuple((edges, shapely.STRtree(self.network.edge_lines[edges])) for edges in chosen)

    @cached_property
    def _walls(self) -> shapely.STRtree | None:
        return None if self.barriers is None or not len(self.barriers) else shapely.STRtree(self.barriers)

    @cached_property
    def _insides(self) -> shapely.STRtree | None:
        return None if self.enclosures is None or not len(self.enclosures) else shapely.STRtree(self.enclosures)

    @cached_property
    def _unhindered(self) -> Snapper:
        return replace(self, barriers=None, enclosures=None)

    def snap(
        self,
        points: NDArray[np.object_],
        *,
        outlines: NDArray[np.object_] | None = None,
        own: NDArray[np.intp] | None = None,
    ) -> Snapped:
        """Tie points to the network.

        Parameters
        ----------
        points : array (p,) of Point
            In the network's CRS; empty or missing ones stay untied.
        outlines : array (p,) of polygons, optional
            The outline around each point: the straight way is a connector, bound by the greatest distance and by
            barriers, only where it lies outside.
        own : integer array (p,), optional
            The enclosure that is each point's own, by row, and may be crossed; -1 for none.

        Returns
        -------
        Snapped
        """
        points = np.asarray(points, dtype=object)
        edge = np.full(points.size, -1, np.int32)
        offset, connector, inside = np.zeros(points.size), np.full(points.size, np.nan), np.zeros(points.size)
        usable = ~(shapely.is_missing(points) | shapely.is_empty(points))
        for edges, tree in self._parts:
            rows = np.flatnonzero((edge < 0) & usable)
            if not (edges.size and rows.size):
                continue
            if self._walls is None and self._insides is None and outlines is None:
                row, found, distance = self._nearest(points[rows], edges, tree)
                ends, outside = points[rows[row]], distance
            else:
                around = None if outlines is None else outlines[rows]
                whose = np.full(rows.size, -1) if own is None else own[rows]
                row, found, ends, distance, outside = self._nearest_permitted(points[rows], around, whose, edges, tree)
            at = rows[row]
            edge[at], connector[at], inside[at] = found, outside, distance - outside
            offset[at] = self.offset_m(ends, found)
        minor = (edge >= 0) & self._minor[edge]
        if minor.any():
            log.warning("%d of %d points reach only a cut-off fragment of street", minor.sum(), minor.size)
        self._log_passed_over(points, np.flatnonzero((edge >= 0) & ~minor), connector + inside)
        blocked, lost = np.zeros(points.size, bool), np.flatnonzero((edge < 0) & usable)
        if lost.size and not (self._walls is None and self._insides is None):
            around = None if outlines is None else outlines[lost]
            blocked[lost] = self._unhindered.snap(points[lost], outlines=around).edge >= 0
        return Snapped(edge, offset, connector, inside, minor, blocked)

    def _nearest(
        self, points: NDArray[np.object_], edges: NDArray[np.intp], tree: shapely.STRtree
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Find the nearest edge of each point: rows of the points that have one, edges, distances."""
        (row, at), distance = tree.query_nearest(points, max_distance=self.max_snap_m, return_distance=True)
        first = _first_of_each(row, distance, edges[at])
        return row[first], edges[at[first]], distance[first]

    def _nearest_permitted(
        self,
        points: NDArray[np.object_],
        outlines: NDArray[np.object_] | None,
        own: NDArray[np.intp],
        edges: NDArray[np.intp],
        tree: shapely.STRtree,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.object_], NDArray[np.float64], NDArray[np.float64]]:
        """Find the nearest edge to which the way is short enough outside and free; also its end and metres outside."""
        # The nearest edge of all will do for nearly every point; only the others are worth a search among many.
        (row, at), distance = tree.query_nearest(points, return_distance=True)
        first = _first_of_each(row, distance, edges[at])
        row, edge = row[first], edges[at[first]]
        ways = shapely.shortest_line(points[row], self.network.edge_lines[edge])
        outside, taken = self._permitted(ways, None if outlines is None else outlines[row], own[row])
        rest = np.flatnonzero(~np.isin(np.arange(points.size), row[taken]))
        further = self._search(points[rest], None if outlines is None else outlines[rest], own[rest], edges, tree)
        return (
            np.concatenate([row[taken], rest[further[0]]]),
            np.concatenate([edge[taken], further[1]]),
            shapely.get_point(np.concatenate([ways[taken], further[2]]), -1),
            np.concatenate([distance[first][taken], shapely.length(further[2])]),
            np.concatenate([outside[taken], further[3]]),
        )

    def _permitted(
        self, ways: NDArray[np.object_], outlines: NDArray[np.object_] | None, own: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Measure straight ways outside their outlines; tell which are short enough there and cross no barrier."""
        enters = self._enters(ways, own)
        if outlines is not None:
            ways = shapely.difference(ways, outlines)
        outside: NDArray[np.float64] = shapely.length(ways)
        return outside, (outside <= self.max_snap_m) & ~enters & ~self._blocked(ways)

    def _search(
        self,
        points: NDArray[np.object_],
        outlines: NDArray[np.object_] | None,
        own: NDArray[np.intp],
        edges: NDArray[np.intp],
        tree: shapely.STRtree,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.object_], NDArray[np.float64]]:
        """Try all edges within reach, nearest first: rows, edges, ways and metres outside of those that will do."""
        reach = np.full(points.size, self.max_snap_m)
        if outlines is not None:
            reach += shapely.hausdorff_distance(points, outlines)
        row, at = tree.query(points, predicate="dwithin", distance=reach)
        edge = edges[at]
        lines = self.network.edge_lines[edge]
        if not (
            self._walls is None and self._insides is None
        ):  # a wall may hide the nearest piece of a street and leave another in the open
            row, edge, lines = self._pieces(row, edge)
            near = shapely.dwithin(points[row], lines, reach[row])
            row, edge, lines = row[near], edge[near], lines[near]
        ways = shapely.shortest_line(points[row], lines)
        order = np.lexsort((edge, shapely.length(ways), row))
        row, edge, ways = row[order], edge[order], ways[order]
        outside, taken = np.zeros(row.size), np.zeros(row.size, bool)
        looked = np.flatnonzero(np.diff(row, prepend=-1))
        while looked.size:
            around = None if outlines is None else outlines[row[looked]]
            outside[looked], taken[looked] = self._permitted(ways[looked], around, own[row[looked]])
            looked = looked[~taken[looked]] + 1
            looked = looked[looked < row.size]
            looked = looked[row[looked] == row[looked - 1]]
        return row[taken], edge[taken], ways[taken], outside[taken]

    def _pieces(
        self, row: NDArray[np.intp], edge: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.object_]]:
        """Take the edges of pairs apart into their straight pieces."""
        pair, first = self.network.pieces(edge)
        xy = np.asarray(self.network.shape_xy)
        lines: NDArray[np.object_] = shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1))
        return row[pair], edge[pair], lines

    def _enters(self, ways: NDArray[np.object_], own: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell whether straight ways run through an enclosure that is not their own and in which they do not begin."""
        enters = np.zeros(ways.size, bool)
        if self._insides is None:
            return enters
        way, at = self._insides.query(ways, predicate="intersects")
        inside = self._insides.geometries[at]
        others = (own[way] != at) & ~shapely.intersects(inside, shapely.get_point(ways[way], 0))
        way, inside = way[others], inside[others]
        # A street ends where it meets an enclosure: to touch one is not to enter.
        enters[way[shapely.length(shapely.intersection(ways[way], inside)) > JOIN_M]] = True
        return enters

    def _blocked(self, ways: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Tell whether straight ways cross a barrier after leaving their door."""
        blocked = np.zeros(ways.size, bool)
        if self._walls is None:
            return blocked
        parts, owner = shapely.get_parts(ways, return_index=True)
        length = shapely.length(parts)
        long = length > _DOOR_M
        parts, owner, length = parts[long], owner[long], length[long]
        ends = shapely.get_coordinates(parts).reshape(-1, 2, 2)
        ends[:, 0] += (_DOOR_M / length)[:, None] * (ends[:, 1] - ends[:, 0])
        parts = shapely.linestrings(ends) if len(ends) else parts
        way, wall = self._walls.query(parts, predicate="intersects")
        # A street may run along a wall: touching it with the far end is not crossing.
        crossing = ~shapely.touches(parts[way], self._walls.geometries[wall])
        blocked[owner[way[crossing]]] = True
        return blocked

    def offset_m(self, points: NDArray[np.object_], edges: NDArray[np.intp]) -> NDArray[np.float64]:
        """Measure where along its edge the position nearest to each point lies, from the edge's end u.

        Parameters
        ----------
        points : array (p,) of Point
            On the edges or beside them.
        edges : integer array (p,)
            Their edges.

        Returns
        -------
        float64 array (p,)
            In the edge's own, perhaps stated, metres.
        """
        share = shapely.line_locate_point(self.network.edge_lines[edges], points, normalized=True)
        length = self.network.edge_length_m[edges]
        offset: NDArray[np.float64] = np.nan_to_num(share) * length  # an edge without extent has no share
        offset[offset < _END_M] = 0.0
        at_end = length - offset < _END_M
        offset[at_end] = length[at_end]
        return offset

    def crossings(
        self, outlines: NDArray[np.object_]
    ) -> tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.intp]]:
        """Find where streets of the main network meet outlines; streets that were cut from it meet none.

        Parameters
        ----------
        outlines : array (p,) of polygons
            In the network's CRS.

        Returns
        -------
        row : integer array (c,)
            Outline of each crossing, ascending.
        point : array (c,) of Point
            Where the street meets it; for a street along the outline, the middle of that stretch.
        edge : integer array (c,)
            The street's edge.
        """
        edges, tree = self._parts[0]
        if self.whole is not None:
            # A street may have been cut where it meets an outline: what the whole one met is looked for on the rest.
            row, met, _whole = self.whole.crossings(outlines)
            pair, at = tree.query(met, predicate="dwithin", distance=JOIN_M)
            first = _first_of_each(pair, shapely.distance(met[pair], self.network.edge_lines[edges[at]]), edges[at])
            return row[pair[first]], met[pair[first]], edges[at[first]]
        rings = shapely.boundary(outlines)
        row, at = tree.query(rings, predicate="intersects")
        edge = edges[at]
        met, pair = shapely.get_parts(
            shapely.intersection(rings[row], self.network.edge_lines[edge]), return_index=True
        )
        along = shapely.get_dimensions(met) == 1
        met[along] = shapely.line_interpolate_point(met[along], 0.5, normalized=True)
        order = np.lexsort((edge[pair], row[pair]))
        return row[pair][order], met[order], edge[pair][order]

    def _log_passed_over(
        self, points: NDArray[np.object_], rows: NDArray[np.intp], connector: NDArray[np.float64]
    ) -> None:
        edges, tree = self._parts[1]
        if not (edges.size and rows.size):
            return
        (row, _at), distance = tree.query_nearest(
            points[rows],
            max_distance=float(connector[rows].max()) + _END_M,
            all_matches=False,
            return_distance=True,
        )
        passed = int((distance < connector[rows[row]]).sum())
        if passed:
            log.info(
                "%d points lie nearer to a cut-off fragment of street than to the main network they take",
                passed,
            )


def _first_of_each(row: NDArray[np.intp], distance: NDArray[np.float64], edge: NDArray[np.intp]) -> NDArray[np.intp]:
    """Choose the nearest candidate of each row; of equally near ones the lowest edge, whatever order they come in."""
    order = np.lexsort((edge, distance, row))
    chosen: NDArray[np.intp] = order[np.unique(row[order], return_index=True)[1]]
    return chosen

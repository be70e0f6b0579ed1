"""Tie places to the nearest position on a street, without stepping over walls or onto cut-off fragments."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.network import WalkNetwork

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
        Straight way from the point to the position, metres; NaN where there is none.
    minor : bool array (p,)
        Whether the position lies on a small part of the network, cut off from the rest.
    """

    edge: NDArray[np.int32]
    offset_m: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    minor: NDArray[np.bool_]


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

    def snap(self, points: NDArray[np.object_]) -> Snapped:
        """Tie points to the network.

        Parameters
        ----------
        points : array (p,) of Point
            In the network's CRS; empty or missing ones stay untied.

        Returns
        -------
        Snapped
        """
        points = np.asarray(points, dtype=object)
        edge = np.full(points.size, -1, np.int32)
        offset, connector = np.zeros(points.size), np.full(points.size, np.nan)
        usable = ~(shapely.is_missing(points) | shapely.is_empty(points))
        for edges, tree in self._parts:
            rows = np.flatnonzero((edge < 0) & usable)
            if not (edges.size and rows.size):
                continue
            row, found, distance = self._nearest(points[rows], edges, tree)
            at = rows[row]
            edge[at], connector[at] = found, distance
            offset[at] = self._offset(points[at], found)
        minor = (edge >= 0) & self._minor[edge]
        if minor.any():
            log.warning("%d of %d points reach only a cut-off fragment of street", minor.sum(), minor.size)
        self._log_passed_over(points, np.flatnonzero((edge >= 0) & ~minor), connector)
        return Snapped(edge, offset, connector, minor)

    def _nearest(
        self, points: NDArray[np.object_], edges: NDArray[np.intp], tree: shapely.STRtree
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Find the nearest permitted edge of each point: rows of the points that have one, edges, distances."""
        if self._walls is None:
            (row, at), distance = tree.query_nearest(points, max_distance=self.max_snap_m, return_distance=True)
            edge = edges[at]
        else:
            row, at = tree.query(points, predicate="dwithin", distance=self.max_snap_m)
            edge = edges[at]
            free = ~self._blocked(points[row], edge)
            row, edge = row[free], edge[free]
            distance = shapely.distance(points[row], self.network.edge_lines[edge])
        order = np.lexsort((edge, distance, row))
        row, edge, distance = row[order], edge[order], distance[order]
        first = np.unique(row, return_index=True)[1]
        return row[first], edge[first], distance[first]

    def _blocked(self, points: NDArray[np.object_], edges: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell whether the straight way from each point to its edge crosses a barrier."""
        ends = shapely.get_coordinates(shapely.shortest_line(points, self.network.edge_lines[edges])).reshape(-1, 2, 2)
        length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
        share = np.divide(_DOOR_M, length, out=np.ones_like(length), where=length > _DOOR_M)
        ends[:, 0] += share[:, None] * (ends[:, 1] - ends[:, 0])
        ways = shapely.linestrings(ends)
        way, wall = self._walls.query(ways, predicate="intersects")
        # A street may run along a wall: touching it with the far end is not crossing.
        crossing = ~shapely.touches(ways[way], self._walls.geometries[wall]) & (length[way] > _DOOR_M)
        blocked = np.zeros(points.size, bool)
        blocked[way[crossing]] = True
        return blocked

    def _offset(self, points: NDArray[np.object_], edges: NDArray[np.intp]) -> NDArray[np.float64]:
        """Measure where along its edge each point's nearest position lies, in the edge's own (perhaps stated) metres."""
        share = shapely.line_locate_point(self.network.edge_lines[edges], points, normalized=True)
        length = self.network.edge_length_m[edges]
        offset: NDArray[np.float64] = np.nan_to_num(share) * length  # an edge without extent has no share
        offset[offset < _END_M] = 0.0
        at_end = length - offset < _END_M
        offset[at_end] = length[at_end]
        return offset

    def _log_passed_over(
        self, points: NDArray[np.object_], rows: NDArray[np.intp], connector: NDArray[np.float64]
    ) -> None:
        edges, tree = self._parts[1]
        if not (edges.size and rows.size):
            return
        (row, _at), distance = tree.query_nearest(
            points[rows], max_distance=float(connector[rows].max()) + _END_M, all_matches=False, return_distance=True
        )
        passed = int((distance < connector[rows[row]]).sum())
        if passed:
            log.info("%d points lie nearer to a cut-off fragment of street than to the main network they take", passed)

"""Hold the walking network: nodes where ways meet, edges with their shape, arcs in the order of a walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.walking.contraction import components, contract
from planner.walking.streets import Streets

JOIN_M = 0.001
"""Points closer than this are the same place when edges are put in order, metres."""


@dataclass(frozen=True)
class WalkNetwork:
    """A network that people walk, ready for search. Frozen: a changed network is another one.

    Nodes are in the order of a space-filling curve (neighbours in space are neighbours in memory). Arcs of node ``i``
    are ``indptr[i]:indptr[i + 1]``; each edge gives two, one at either end, whether or not it may be walked both ways.

    Parameters
    ----------
    crs
        Projected, metres.
    node_xy : float64 array (n, 2)
        Nodes.
    indptr : int32 array (n + 1,)
        Where the arcs of each node begin.
    neighbour, arc_edge : int32 arrays (2 m,)
        Node at the far end of each arc, and its edge.
    arc_from_u : bool array (2 m,)
        Whether the arc leads from the edge's end u to v.
    edge_u, edge_v : int32 arrays (m,)
        Nodes at the ends of each edge.
    edge_length_m : float64 array (m,)
        Length.
    edge_class : uint8 array (m,)
        Kind of way, a position in ``classes``.
    edge_forward, edge_backward : bool arrays (m,)
        Whether the edge may be walked from u to v, and from v to u.
    edge_thoroughfare : bool array (m,)
        Whether the edge stays open to everybody inside a gated compound: main roads, bridges, tunnels.
    shape_indptr : int64 array (m + 1,)
        Where the points of each edge's shape begin.
    shape_xy : float64 array (p, 2)
        Points of the shapes, from u to v.
    classes
        Names of the kinds of way.
    notes
        What was met while the network was read: counts, and lists of places worth a look.
    key
        Hash of what the network was made from; empty when it was made from arrays.

    Examples
    --------
    >>> network = WalkNetwork.from_edges([[0, 0], [100, 0], [200, 0]], u=[0, 1], v=[1, 2], crs="EPSG:4547")
    >>> network
    <WalkNetwork: 2 nodes, 1 edge, 200 m, EPSG:4547>
    """

    crs: CRS
    node_xy: NDArray[np.float64]
    indptr: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    arc_edge: NDArray[np.int32]
    arc_from_u: NDArray[np.bool_]
    edge_u: NDArray[np.int32]
    edge_v: NDArray[np.int32]
    edge_length_m: NDArray[np.float64]
    edge_class: NDArray[np.uint8]
    edge_forward: NDArray[np.bool_]
    edge_backward: NDArray[np.bool_]
    edge_thoroughfare: NDArray[np.bool_]
    shape_indptr: NDArray[np.int64]
    shape_xy: NDArray[np.float64]
    classes: tuple[str, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""

    @classmethod
    def from_edges(
        cls,
        xy: ArrayLike,
        u: ArrayLike,
        v: ArrayLike,
        *,
        crs: CRS | str | int,
        length_m: ArrayLike | None = None,
        forward: ArrayLike | None = None,
        backward: ArrayLike | None = None,
        code: ArrayLike | None = None,
        classes: tuple[str, ...] = ("street",),
        thoroughfare: ArrayLike | None = None,
    ) -> WalkNetwork:
        """Make a network from points and the straight edges between them.

        Parameters
        ----------
        xy : array (n, 2)
            Points in ``crs``, metres.
        u, v : integer arrays (m,)
            Points at the ends of each edge.
        crs
            Projected, metres.
        length_m : array (m,), optional
            Lengths; left out, they are measured.
        forward, backward : bool arrays (m,), optional
            Whether the edge may be walked from u to v and from v to u; left out, it may.
        code : integer array (m,), optional
            Kind of way, a position in ``classes``.
        classes
            Names of the kinds of way.
        thoroughfare : bool array (m,), optional
            Whether each edge stays open to everybody inside a gated compound; left out, none does.

        Returns
        -------
        WalkNetwork

        Raises
        ------
        InputError
            An edge names a point that does not exist, a length is negative or not finite, or nothing is left to walk.
        """
        u_array, v_array = np.asarray(u, np.int64), np.asarray(v, np.int64)
        yes = np.ones(u_array.size, bool)
        streets = Streets(
            xy=np.asarray(xy, np.float64).reshape(-1, 2),
            a=u_array,
            b=v_array,
            code=np.zeros(u_array.size, np.uint8) if code is None else np.asarray(code, np.uint8),
            forward=yes if forward is None else np.asarray(forward, bool),
            backward=yes if backward is None else np.asarray(backward, bool),
            crs=CRS.from_user_input(crs),
            classes=classes,
            length_m=None if length_m is None else np.asarray(length_m, np.float64),
            thoroughfare=None if thoroughfare is None else np.asarray(thoroughfare, bool),
        )
        return assemble(streets, crs=streets.crs)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return int(self.edge_u.size)

    @cached_property
    def one_way(self) -> bool:
        """Whether any edge may be walked in one direction only."""
        return not bool(np.all(self.edge_forward & self.edge_backward))

    @cached_property
    def edge_lines(self) -> NDArray[np.object_]:
        """Shapes of the edges from u to v, LineStrings, shape (m,)."""
        owner = np.repeat(np.arange(self.edges), np.diff(self.shape_indptr))
        lines: NDArray[np.object_] = shapely.linestrings(np.asarray(self.shape_xy), indices=owner)
        return lines

    @cached_property
    def shape_along_m(self) -> NDArray[np.float64]:
        """Metres from an edge's end u to each point of its drawn shape, shape (p,)."""
        step = np.hypot(*np.diff(self.shape_xy, axis=0, prepend=self.shape_xy[:1]).T)
        step[self.shape_indptr[:-1]] = 0.0
        metres = np.cumsum(step)
        along: NDArray[np.float64] = metres - np.repeat(metres[self.shape_indptr[:-1]], np.diff(self.shape_indptr))
        return along

    def pieces(self, edges: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Take edges apart into their straight pieces.

        Parameters
        ----------
        edges : integer array (k,)
            Edges, in any order and any number of times.

        Returns
        -------
        row, first : integer arrays
            Of each piece: its row in ``edges``, and the point in ``shape_xy`` where it begins; it ends at the next.
        """
        starts = np.asarray(self.shape_indptr)
        counts = np.diff(starts)[edges] - 1
        first = np.repeat(starts[edges] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        return np.repeat(np.arange(edges.size), counts), first

    @cached_property
    def component_length_m(self) -> NDArray[np.float64]:
        """Street length of the connected part each edge belongs to, metres, shape (m,)."""
        part = components(self.nodes, self.edge_u, self.edge_v)[self.edge_u]
        total: NDArray[np.float64] = np.bincount(part, weights=self.edge_length_m)[part]
        return total

    def arc_costs(
        self, forward: NDArray[np.float64], backward: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lay costs of edges out by arc.

        Parameters
        ----------
        forward, backward : float64 arrays (m,)
            Cost of walking each edge from u to v, and from v to u.

        Returns
        -------
        away, towards : float64 arrays (2 m,)
            Cost of walking each arc from the node that stores it, and to it. The same array when all costs are.
        """
        away = np.where(self.arc_from_u, forward[self.arc_edge], backward[self.arc_edge])
        if np.array_equal(forward, backward):
            return away, away
        return away, np.where(self.arc_from_u, backward[self.arc_edge], forward[self.arc_edge])

    def __repr__(self) -> str:
        epsg = self.crs.to_authority()
        crs = ":".join(epsg) if epsg else self.crs.name
        edges = f"{self.edges:,} edge{'' if self.edges == 1 else 's'}"
        return f"<WalkNetwork: {self.nodes:,} nodes, {edges}, {self.edge_length_m.sum():,.0f} m, {crs}>"


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between the lower 32 bits of each number."""
    halves = ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F))
    for shift, mask in (*halves, (2, 0x3333333333333333), (1, 0x5555555555555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits


def curve_order(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order points along a Z-order curve (Morton 1966), the same whatever order they come in.

    Parameters
    ----------
    xy : float64 array (n, 2)
        Points in metres.

    Returns
    -------
    int64 array (n,)
        Positions of the points in order.

    Examples
    --------
    >>> curve_order(np.array([[9.0, 9.0], [0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])).tolist()
    [1, 2, 3, 0]
    """
    if not len(xy):
        return np.zeros(0, np.int64)
    cells = np.clip((xy - xy.min(axis=0)) / JOIN_M, 0, 2**32 - 1).astype(np.uint64)
    code = _spread(cells[:, 0]) | (_spread(cells[:, 1]) << np.uint64(1))
    return np.lexsort((xy[:, 1], xy[:, 0], code))


def _checked(streets: Streets, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Measure the pieces and choose those that may be walked; gather every fault."""
    n, faults = len(xy), []
    if streets.a.size and (min(streets.a.min(), streets.b.min()) < 0 or max(streets.a.max(), streets.b.max()) >= n):
        raise InputError(Fault(_("an edge names a point that is not among the {count} points").format(count=n)))
    length = np.hypot(*(xy[streets.b] - xy[streets.a]).T) if streets.length_m is None else streets.length_m
    if not np.isfinite(xy[np.concatenate([streets.a, streets.b])]).all():
        faults.append(
            Fault(
                _("some street points have no finite coordinates in the compute CRS"),
                todo=_("check the coordinate system of the streets"),
            )
        )
    elif not (np.isfinite(length) & (length >= 0)).all():
        wrong = np.flatnonzero(~(np.isfinite(length) & (length >= 0)))
        faults.append(
            Fault(
                _("{count} edges have a length that is negative or not finite").format(count=wrong.size),
                where=_("first at edge {row}").format(row=int(wrong[0])),
                todo=_("correct the lengths, or leave them out to have them measured"),
            )
        )
    keep = streets.forward | streets.backward
    if not keep.any():
        faults.append(
            Fault(_("there is not one street that may be walked"), todo=_("check the extent and the way tags"))
        )
    if faults:
        raise InputError(faults)
    return length, keep


def _ragged(starts: NDArray[np.int64], counts: NDArray[np.int64], flip: NDArray[np.bool_]) -> NDArray[np.int64]:
    """List the rows ``starts[i] ... starts[i] + counts[i] - 1`` of every chain, those of flipped ones backwards."""
    total = int(counts.sum())
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    back = np.repeat(flip, counts)
    return np.repeat(starts, counts) + np.where(back, np.repeat(counts, counts) - 1 - within, within)


def assemble(streets: Streets, *, crs: CRS, key: str = "") -> WalkNetwork:
    """Make a network from streets: measure, drop what nobody may walk, contract, and put in order.

    The result is the same whatever order the pieces come in and whichever way they were drawn.

    Parameters
    ----------
    streets
        The pieces.
    crs
        Compute CRS: projected, metres.
    key
        Hash of what the streets were read from.

    Returns
    -------
    WalkNetwork

    Raises
    ------
    InputError
        There is nothing to walk, or lengths or coordinates are not usable.
    """
    xy = streets.projected(crs)
    length, keep = _checked(streets, xy)
    a, b, length = streets.a[keep], streets.b[keep], length[keep]
    code, forward, backward = streets.code[keep], streets.forward[keep], streets.backward[keep]
    through = np.zeros(a.size, bool) if streets.thoroughfare is None else streets.thoroughfare[keep]
    order = curve_order(xy)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    points, walked, against, starts = contract(len(xy), a, b, 2 * code + through, forward, backward, order)

    # Chains run from the end that comes first on the curve; a ring, towards the side whose first point comes first, and
    # where that is one point (out and back over it, or a loop without points) the way that may be walked.
    pieces_of = np.diff(starts)
    point_start = starts[:-1] + np.arange(pieces_of.size)
    head, tail = points[point_start], points[point_start + pieces_of]
    second, last_but_one = points[point_start + 1], points[point_start + pieces_of - 1]
    first = walked[starts[:-1]]
    no_way = ~np.where(against[starts[:-1]], backward[first], forward[first])
    closed, side = head == tail, rank[second] - rank[last_but_one]
    flip = (rank[head] > rank[tail]) | (closed & ((side > 0) | ((side == 0) & no_way)))
    u, v = np.where(flip, tail, head), np.where(flip, head, tail)
    final = against[starts[:-1]] ^ flip
    ahead, back = (
        np.where(final, backward[first], forward[first]),
        np.where(final, forward[first], backward[first]),
    )
    piece_rows = _ragged(starts[:-1], pieces_of, flip)
    point_rows = _ragged(point_start, pieces_of + 1, flip)
    edge_length = np.add.reduceat(length[walked[piece_rows]], np.cumsum(pieces_of) - pieces_of)

    # Edges in the order of their nodes; among parallel ones the shorter first, then by shape.
    second = np.where(flip, last_but_one, second)
    sequence = np.lexsort((back, ahead, through[first], code[first], rank[second], edge_length, rank[v], rank[u]))
    used, node_of = np.unique(np.concatenate([rank[u], rank[v]]), return_inverse=True)
    shape_counts = (pieces_of + 1)[sequence]
    shape_first = (np.cumsum(pieces_of + 1) - (pieces_of + 1))[sequence]
    shape_points = points[point_rows][_ragged(shape_first, shape_counts, np.zeros(sequence.size, bool))]
    edge_u, edge_v = (side[sequence].astype(np.int32) for side in np.split(node_of, 2))
    indptr, neighbour, arc_edge, arc_from_u = arcs(used.size, edge_u, edge_v)
    return WalkNetwork(
        crs=crs,
        node_xy=xy[order[used]],
        indptr=indptr,
        neighbour=neighbour,
        arc_edge=arc_edge,
        arc_from_u=arc_from_u,
        edge_u=edge_u,
        edge_v=edge_v,
        edge_length_m=edge_length[sequence],
        edge_class=code[first][sequence],
        edge_forward=ahead[sequence],
        edge_backward=back[sequence],
        edge_thoroughfare=through[first][sequence],
        shape_indptr=np.concatenate([[0], np.cumsum(shape_counts)]),
        shape_xy=xy[shape_points],
        classes=streets.classes,
        notes=streets.notes,
        key=key,
    )


def arcs(
    n: int, u: NDArray[np.int32], v: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Lay both arcs of every edge out by the node that stores them (CSR).

    Parameters
    ----------
    n
        Number of nodes.
    u, v : int32 arrays (m,)
        Nodes at the ends of each edge.

    Returns
    -------
    indptr, neighbour, arc_edge, arc_from_u
        As in `WalkNetwork`.

    Examples
    --------
    >>> indptr, neighbour, arc_edge, arc_from_u = arcs(3, np.array([0, 1], "i4"), np.array([1, 2], "i4"))
    >>> indptr.tolist(), neighbour.tolist(), arc_edge.tolist(), arc_from_u.tolist()
    ([0, 1, 3, 4], [1, 0, 2, 1], [0, 0, 1, 1], [True, False, True, False])
    """
    owner, far = np.concatenate([u, v]), np.concatenate([v, u])
    edge = np.tile(np.arange(u.size, dtype=np.int32), 2)
    from_u = np.arange(owner.size) < u.size
    order = np.lexsort((~from_u, edge, owner))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]).astype(np.int32)
    return indptr, far[order], edge[order], from_u[order]

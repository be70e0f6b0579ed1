"""Find the nearest of some places for everybody, finish the walks at their doors, and measure the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from planner.walking.kernels.queue import LABEL, advance, bucket_ring, clear, new_queue, twice, widest

POSITION = np.dtype(
    (
        np.record,
        np.dtype(
            [
                ("place", np.int32),  # row of the place it belongs to
                ("edge", np.int32),
                ("offset", np.float64),  # along the edge, from its end u
                ("access", np.float64),  # paid between the place and the position
                ("from_u", np.float64),  # from the edge's end u forward to it; inf against a one-way, as below
                ("to_v", np.float64),
                ("from_v", np.float64),  # from the edge's end v backward to it
                ("to_u", np.float64),
            ],
            align=True,
        ),
    )
)
"""Where a place meets the network; offsets in the unit of length, the rest in the unit of cost."""


@njit(cache=True, nogil=True)
def sweep(indptr: Any, neighbour: Any, cost: Any, seed_node: Any, seed_cost: Any, limit: float) -> Any:
    """Find for every node the seed that is nearest, its cost and the arc by which it is reached.

    Parameters
    ----------
    indptr, neighbour, cost
        The network (see the module).
    seed_node : int32 array (s,)
        Nodes where the search starts; a node may stand there several times.
    seed_cost : float64 array (s,)
        What is paid before the node, ascending.
    limit : float
        Nodes that cost more are left unreached; ``inf`` for all.

    Returns
    -------
    `LABEL` array (n,)
        Cost (``inf`` where unreached), seed (-1 where unreached) and via: the arc, as stored at the node nearer to the
        seed (-1 at a seed and where unreached).

    Examples
    --------
    Three nodes in a row, 5 and 7 apart, searched from the first:

    >>> indptr, neighbour = np.array([0, 1, 3, 4], "i4"), np.array([1, 0, 2, 1], "i4")
    >>> label = sweep(indptr, neighbour, np.array([5.0, 5, 7, 7]), np.array([0], "i4"), np.array([0.0]), np.inf)
    >>> label["cost"].tolist(), label["seed"].tolist(), label["via"].tolist()
    ([0.0, 5.0, 12.0], [0, 0, 0], [-1, 0, 2])
    """
    n = indptr.size - 1
    label = np.empty(n, LABEL)
    clear(label, np.arange(n, dtype=np.int32))
    touched = np.empty(n, np.int32)
    width, buckets = bucket_ring(cost)
    top, position, below, entry_cost, entry_node = new_queue(buckets, 64 + widest(indptr))
    state = np.array([0, 0, 0, -1, buckets, 0])
    while not advance(indptr, neighbour, cost, seed_node, seed_cost, limit, label, touched, 1.0 / width,
                       top, position, below, entry_cost, entry_node, state):  # fmt: skip
        below, entry_cost, entry_node = twice(below), twice(entry_cost), twice(entry_node)
    return label


@njit(cache=True, nogil=True)
def along(a: Any, b: Any) -> Any:
    """Cost of walking straight along the edge on which two positions lie."""
    if a.offset <= b.offset and a.from_u < np.inf:
        return b.from_u - a.from_u
    if a.offset >= b.offset and a.from_v < np.inf:
        return b.from_v - a.from_v
    return np.inf


@njit(cache=True, nogil=True)
def arrive(
    starts: Any, ends: Any, end_order: Any, end_indptr: Any, edge_u: Any, edge_v: Any, label: Any, seed_end: Any
) -> Any:
    """Finish the walks from many positions to their nearest end, once a sweep from the ends has labelled the nodes.

    Parameters
    ----------
    starts, ends : `POSITION` arrays (p,), (q,)
        Where the walks begin and may end.
    end_order : int32 array (q,)
        Rows of ``ends`` ordered by edge ...
    end_indptr : int32 array (m + 1,)
        ... and where those of each edge begin and end.
    edge_u, edge_v : int32 arrays (m,)
        The nodes at an edge's ends.
    label : `LABEL` array (n,)
        Of a sweep on backward costs.
    seed_end : int32 array (s,)
        Row of ``ends`` to which each seed belongs.

    Returns
    -------
    cost : float64 array (p,)
        Of the whole walk, both accesses included; ``inf`` when there is none.
    end : int32 array (p,)
        Row of ``ends`` where it ends; -1 when there is none.
    node : int32 array (p,)
        First node on the way; -1 when the walk stays on its edge.
    """
    number = starts.size
    cost, end, first = np.full(number, np.inf), np.full(number, np.int32(-1)), np.full(number, np.int32(-1))
    for row in range(number):
        start = starts[row]
        edge = start.edge
        u, v = edge_u[edge], edge_v[edge]
        for side in range(2):
            node, leave = (u, start.to_u) if side == 0 else (v, start.to_v)
            if label[node].seed < 0:
                continue
            candidate = seed_end[label[node].seed]
            total = start.access + leave + label[node].cost
            if total < cost[row] or (total == cost[row] and candidate < end[row]):
                cost[row], end[row], first[row] = total, candidate, node
        for at in range(end_indptr[edge], end_indptr[edge + 1]):
            candidate = end_order[at]
            total = start.access + along(start, ends[candidate]) + ends[candidate].access
            if total < cost[row] or (total == cost[row] and candidate < end[row]):
                cost[row], end[row], first[row] = total, candidate, -1
    return cost, end, first


@njit(cache=True, nogil=True)
def choose(place: Any, cost: Any, end: Any, number: int, limit: float) -> Any:
    """Choose the best walk of each place among those of its positions.

    Parameters
    ----------
    place : int32 array (p,)
        Place of each position.
    cost, end : float64, int32 arrays (p,)
        Of `arrive`.
    number : int
        How many places there are.
    limit : float
        Walks that cost more are passed over.

    Returns
    -------
    int32 array (number,)
        Row of the position; -1 where there is no walk. Of equally good walks the one with the lower end.

    Examples
    --------
    >>> choose(np.array([0, 0, 2], "i4"), np.array([7.0, 5, 9]), np.array([3, 4, 4], "i4"), 3, 8.0).tolist()
    [1, -1, -1]
    """
    best = np.full(number, np.int32(-1))
    for row in range(place.size):
        if end[row] < 0 or cost[row] > limit:
            continue
        held = best[place[row]]
        if held < 0 or cost[row] < cost[held] or (cost[row] == cost[held] and end[row] < end[held]):
            best[place[row]] = row
    return best


@njit(cache=True, nogil=True)
def trace(first: Any, label: Any, arc_edge: Any, edge_u: Any, edge_v: Any, edge_length: Any) -> Any:
    """Follow the way from each node back to its seed, along the arcs by which a sweep reached it.

    Parameters
    ----------
    first : int32 array (p,)
        Nodes to start from; -1 for none.
    label : `LABEL` array (n,)
        Of a sweep.
    arc_edge : int32 array (a,)
        The edge of each arc.
    edge_u, edge_v : int32 arrays (m,)
        The nodes at an edge's ends.
    edge_length : float64 array (m,)
        Length of each edge.

    Returns
    -------
    last : int32 array (p,)
        Node of the seed; -1 for none.
    length : float64 array (p,)
        Length of the way; 0 for none.
    """
    last, length = first.copy(), np.zeros(first.size)
    for row in range(first.size):
        node = first[row]
        while node >= 0 and label[node].via >= 0:
            edge = arc_edge[label[node].via]
            length[row] += edge_length[edge]
            node = edge_u[edge] + edge_v[edge] - node
        last[row] = node
    return last, length

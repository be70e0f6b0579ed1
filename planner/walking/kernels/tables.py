"""List all pairs of origins and destinations within a limit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from planner.walking.kernels.nearest import along
from planner.walking.kernels.queue import LABEL, advance, bucket_ring, clear, new_queue, twice, widest


@njit(cache=True, nogil=True)
def table(indptr: Any, neighbour: Any, cost: Any, edge_u: Any, edge_v: Any, origins: Any, destinations: Any,
          destination_order: Any, destination_indptr: Any, node_indptr: Any, node_position: Any, node_extra: Any,
          first_origin: int, last_origin: int, destinations_number: int, limit: float) -> Any:  # fmt: skip
    """Search from each of some origins as far as a limit and list every destination within it.

    Parameters
    ----------
    indptr, neighbour, cost, edge_u, edge_v
        The network (see the module), costs forward.
    origins, destinations : `POSITION` arrays
        Ordered by place.
    destination_order, destination_indptr
        Rows of ``destinations`` by edge, as ``end_order`` and ``end_indptr`` of `arrive`.
    node_indptr : int32 array (n + 1,)
        Where each node's ways to destinations begin and end in the next two.
    node_position, node_extra : int32, float64 arrays
        Row of ``destinations`` and what the way from the node to that place costs.
    first_origin, last_origin : int
        The origins (places) to search from: ``first_origin <= place < last_origin``.
    destinations_number : int
        How many places the destinations belong to.
    limit : float
        Pairs that cost more are left out.

    Returns
    -------
    count : int32 array (last_origin - first_origin,)
        Pairs found for each origin.
    place : int32 array
        Destination of each pair, ascending within an origin.
    cost : float64 array
        Cost of each pair.
    """
    n = indptr.size - 1
    label = np.empty(n, LABEL)
    clear(label, np.arange(n, dtype=np.int32))
    touched = np.empty(n, np.int32)
    width, buckets = bucket_ring(cost)
    top, position, below, entry_cost, entry_node = new_queue(buckets, 64 + widest(indptr))
    state = np.array([0, 0, 0, -1, buckets, 0])
    best = np.full(destinations_number, np.inf)
    seen = np.empty(destinations_number, np.int32)
    count = np.zeros(last_origin - first_origin, np.int32)
    out_place, out_cost, filled = np.empty(1024, np.int32), np.empty(1024, np.float64), 0
    row = np.searchsorted(origins["place"], first_origin)
    for origin in range(first_origin, last_origin):
        until = row
        while until < origins.size and origins[until].place == origin:
            until += 1
        number, seeds = 0, 0
        seed_node, seed_cost = np.empty(2 * (until - row), np.int32), np.empty(2 * (until - row), np.float64)
        for at in range(row, until):
            start = origins[at]
            for side in range(2):
                paid = start.access + (start.to_u if side == 0 else start.to_v)
                if paid <= limit:
                    seed_node[seeds] = edge_u[start.edge] if side == 0 else edge_v[start.edge]
                    seed_cost[seeds] = paid
                    seeds += 1
            for near in range(destination_indptr[start.edge], destination_indptr[start.edge + 1]):
                end = destinations[destination_order[near]]
                total = start.access + along(start, end) + end.access
                if total < best[end.place] and total <= limit:
                    if best[end.place] == np.inf:
                        seen[number] = end.place
                        number += 1
                    best[end.place] = total
        row = until
        ascending = np.argsort(seed_cost[:seeds])
        seed_node, seed_cost = seed_node[ascending], seed_cost[ascending]
        state[0], state[1], state[5] = 0, 0, 0
        while not advance(indptr, neighbour, cost, seed_node, seed_cost, limit, label, touched, 1.0 / width,
                           top, position, below, entry_cost, entry_node, state):  # fmt: skip
            below, entry_cost, entry_node = twice(below), twice(entry_cost), twice(entry_node)
        for node in touched[: state[5]]:
            for at in range(node_indptr[node], node_indptr[node + 1]):
                place = destinations[node_position[at]].place
                total = label[node].cost + node_extra[at]
                if total < best[place] and total <= limit:
                    if best[place] == np.inf:
                        seen[number] = place
                        number += 1
                    best[place] = total
        clear(label, touched[: state[5]])
        while filled + number > out_place.size:
            out_place, out_cost = twice(out_place), twice(out_cost)
        for place in np.sort(seen[:number]):
            out_place[filled], out_cost[filled] = place, best[place]
            best[place] = np.inf
            filled += 1
        count[origin - first_origin] = number
    return count, out_place[:filled].copy(), out_cost[:filled].copy()

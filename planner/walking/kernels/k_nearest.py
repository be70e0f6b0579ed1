"""Find the k nearest of some places for everybody."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

from planner.walking.kernels.nearest import along


@njit(cache=True, nogil=True)
def insert(costs: Any, places: Any, cost: Any, place: Any) -> Any:
    """Put a place among the k nearest (ascending, each place once); say whether it got in or moved up."""
    k = costs.size
    stands = k
    for rank in range(k):
        if places[rank] == place:
            stands = rank
            break
    if stands < k:
        if cost >= costs[stands]:
            return False
    else:
        stands = k - 1
        if cost > costs[stands] or (cost == costs[stands] and 0 <= places[stands] < place) or cost == np.inf:
            return False
    while stands > 0 and (
        cost < costs[stands - 1] or (cost == costs[stands - 1] and place < places[stands - 1]) or places[stands - 1] < 0
    ):
        costs[stands], places[stands] = costs[stands - 1], places[stands - 1]
        stands -= 1
    costs[stands], places[stands] = cost, place
    return True


@njit(cache=True, nogil=True)
def sweep_k(
    indptr: Any, neighbour: Any, cost: Any, seed_node: Any, seed_cost: Any, seed_place: Any, k: int, limit: float
) -> Any:
    """Find for every node the ``k`` nearest places (not seeds: a place with many doors counts once).

    Parameters
    ----------
    indptr, neighbour, cost, seed_node, seed_cost, limit
        As for `sweep`; the seeds may come in any order.
    seed_place : int32 array (s,)
        The place of each seed.
    k : int
        How many.

    Returns
    -------
    costs : float64 array (n, k)
        Ascending; ``inf`` where there are fewer.
    places : int32 array (n, k)
        The places; -1 where there are fewer.

    Examples
    --------
    >>> indptr, neighbour = np.array([0, 1, 3, 4], "i4"), np.array([1, 0, 2, 1], "i4")
    >>> seeds = np.array([0, 2], "i4"), np.array([0.0, 0.0]), np.array([0, 1], "i4")
    >>> costs, places = sweep_k(indptr, neighbour, np.array([5.0, 5, 7, 7]), *seeds, 2, np.inf)
    >>> costs.tolist(), places.tolist()
    ([[0.0, 12.0], [5.0, 7.0], [0.0, 12.0]], [[0, 1], [0, 1], [1, 0]])
    """
    n = indptr.size - 1
    costs, places = np.full((n, k), np.inf), np.full((n, k), np.int32(-1))
    queue = [(0.0, np.int32(0), np.int32(0)) for _ in range(0)]
    for seed in range(seed_node.size):
        if seed_cost[seed] <= limit and insert(
            costs[seed_node[seed]], places[seed_node[seed]], seed_cost[seed], seed_place[seed]
        ):
            heapq.heappush(queue, (seed_cost[seed], seed_place[seed], seed_node[seed]))
    while len(queue) > 0:
        paid, place, node = heapq.heappop(queue)
        stands = False
        for rank in range(k):
            stands = stands or (places[node, rank] == place and costs[node, rank] == paid)
        if not stands:
            continue
        for arc in range(indptr[node], indptr[node + 1]):
            reached = paid + cost[arc]
            head = neighbour[arc]
            if reached <= limit and insert(costs[head], places[head], reached, place):
                heapq.heappush(queue, (reached, place, head))
    return costs, places


@njit(cache=True, nogil=True)
def arrive_k(starts: Any, places_number: int, ends: Any, end_order: Any, end_indptr: Any, edge_u: Any, edge_v: Any,
             costs: Any, places: Any) -> Any:  # fmt: skip
    """Finish the walks from many places to their ``k`` nearest ends, after `sweep_k`.

    Parameters
    ----------
    starts, ends, end_order, end_indptr, edge_u, edge_v
        As for `arrive`.
    places_number : int
        How many places the starts belong to.
    costs, places : arrays (n, k)
        Of `sweep_k` on backward costs.

    Returns
    -------
    costs : float64 array (places_number, k)
        Of the whole walk, ascending; ``inf`` where there are fewer.
    places : int32 array (places_number, k)
        Places at the end; -1 where there are fewer.
    """
    k = costs.shape[1]
    best, which = np.full((places_number, k), np.inf), np.full((places_number, k), np.int32(-1))
    for row in range(starts.size):
        start = starts[row]
        edge = start.edge
        for side in range(2):
            node, leave = (edge_u[edge], start.to_u) if side == 0 else (edge_v[edge], start.to_v)
            for rank in range(k):
                if places[node, rank] >= 0:
                    total = start.access + leave + costs[node, rank]
                    insert(best[start.place], which[start.place], total, places[node, rank])
        for at in range(end_indptr[edge], end_indptr[edge + 1]):
            end = ends[end_order[at]]
            total = start.access + along(start, end) + end.access
            insert(best[start.place], which[start.place], total, end.place)
    return best, which

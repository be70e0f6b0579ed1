"""Find shortest walks on plain arrays: the compiled core that knows no tables, no geometry and no units.

Axes and shapes, written once for every function here:

- ``n`` nodes, ``a`` arcs. The arcs of node ``i`` are ``indptr[i]:indptr[i + 1]`` (int32), ``neighbour[a]`` (int32) is
  the node at the arc's other end, ``cost[a]`` (float64, >= 0, ``inf`` where nobody may walk) the cost of walking it.
  A search *towards* its seeds (which facility is nearest?) takes the cost of walking each arc backwards.
- A **seed** is a node where a search starts and what was paid before it: ``seed_node[s]`` (int32), ``seed_cost[s]``
  (float64, ascending).
- A **position** (`POSITION`) is where a place meets the network: somewhere along an edge. Rows are ordered by place;
  a place may have several.
- Costs are float64 and are never rounded. Two walks of exactly the same cost are told apart by the lower seed or place,
  so that an answer does not hang on the order of the work.

The queue is a ring of buckets, each some mean arcs wide and kept as a chain of small blocks that are used again, so
memory follows the frontier and not the number of arcs. Inside a bucket labels are corrected, between buckets they are
settled (Dial 1969, doi:10.1145/363269.363610; Meyer and Sanders 2003, "Delta-stepping",
doi:10.1016/S0196-6774(03)00076-2).

Every function releases the interpreter lock and is compiled once per machine; the compiled code is cached and hence
not parallel: threads run over origins, outside (`planner.walking.search`).
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

# Records, so that the same code runs uncompiled too (NUMBA_DISABLE_JIT=1): numba sees no difference.
LABEL = np.dtype((np.record, np.dtype([("cost", np.float64), ("seed", np.int32), ("via", np.int32)], align=True)))
"""What a search says of a node: least cost, number of the seed (-1: unreached), arc that leads here (-1: none)."""

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

_BLOCK = 32  # entries in a block of the queue
_BUCKET_ARCS = 3.0  # width of a bucket in mean arcs; on 2 million nodes a width of 1 takes a third longer, 8 a tenth


@njit(cache=True, nogil=True)
def bucket_ring(cost: Any) -> Any:
    """Choose how wide a bucket is and how many make a ring (a power of two that no arc can overrun).

    Parameters
    ----------
    cost : float64 array (a,)
        Cost of each arc; infinite ones are passed over.

    Returns
    -------
    tuple of (float, int)
        Width in units of cost, number of buckets.

    Examples
    --------
    >>> bucket_ring(np.array([10.0, 30.0, np.inf]))
    (60.0, 4)
    """
    total, largest, number = 0.0, 0.0, 0
    for value in cost:
        if value < np.inf:
            total += value
            largest = max(largest, value)
            number += 1
    width = _BUCKET_ARCS * total / number if total > 0.0 else 1.0
    width = max(width, largest / 65000.0)
    buckets = 4
    while buckets < largest / width + 2.0:
        buckets *= 2
    return width, buckets


# The queue. Bucket b holds the entries of block top[b] up to position[b], then those of the blocks below it. A block is
# _BLOCK entries of entry_cost and entry_node. Blocks that ran empty are chained through `below`, from `free` on.
# `state` keeps the search between two calls: current bucket, next seed, entries queued, free, blocks used, nodes touched.


@njit(cache=True, nogil=True)
def _new_queue(buckets: Any, spare: Any) -> Any:
    top = np.arange(buckets)
    below = np.full(buckets + spare, np.int64(-1))
    entry_cost, entry_node = np.empty(below.size * _BLOCK, np.float64), np.empty(below.size * _BLOCK, np.int32)
    return top, top * _BLOCK, below, entry_cost, entry_node


@njit(cache=True, nogil=True)
def _twice(array: Any) -> Any:
    grown = np.empty(2 * array.size, array.dtype)
    grown[: array.size] = array
    return grown


@njit(cache=True, nogil=True)
def _advance(indptr: Any, neighbour: Any, cost: Any, seed_node: Any, seed_cost: Any, limit: Any, label: Any,
             touched: Any, inverse: Any, top: Any, position: Any, below: Any, entry_cost: Any, entry_node: Any,
             state: Any) -> Any:  # fmt: skip
    """Go on with a search until it is done (True) or its queue needs more blocks (False).

    No array is made or passed on in here, and taking out and putting in are written out where they happen: each
    would count references of every array, which costs as much as the search itself (measured: 0.28 s against 0.42 s).
    Where the time goes indices are unsigned: a signed one is asked each time whether it counts from the end (a sixth).
    """
    mask, blocks = top.size - 1, below.size
    current, coming, pending, free, used, known = state[0], state[1], state[2], state[3], state[4], state[5]
    roomy, done = True, False
    while roomy:
        if pending == 0:
            if coming == seed_node.size or seed_cost[coming] > limit:
                done = True
                break
            current = np.int64(seed_cost[coming] * inverse)
        bucket = current & mask
        # Seeds enter when their bucket's turn comes. They go through the same gate as any other label.
        while coming < seed_node.size and np.int64(seed_cost[coming] * inverse) <= current:
            node, paid = seed_node[coming], seed_cost[coming]
            if paid <= limit and paid < label[node].cost:  # of seeds that cost the same the first stays
                to = position[bucket]
                if to == (top[bucket] + 1) * _BLOCK:
                    if free < 0 and used == blocks:
                        roomy = False
                        break
                    block = free if free >= 0 else used
                    if free >= 0:
                        free = below[block]
                    else:
                        used += 1
                    below[block] = top[bucket]
                    top[bucket] = block
                    to = block * _BLOCK
                if label[node].seed < 0:
                    touched[known] = node
                    known += 1
                label[node].cost = paid
                label[node].seed = coming
                label[node].via = -1
                entry_cost[to] = paid
                entry_node[to] = node
                position[bucket] = to + 1
                pending += 1
            coming += 1
        while roomy:
            at = position[bucket]
            if at == top[bucket] * _BLOCK:
                block = top[bucket]
                if below[block] < 0:
                    break
                top[bucket] = below[block]
                below[block] = free
                free = block
                at = (top[bucket] + 1) * _BLOCK
            at -= 1
            node, paid = np.uint64(entry_node[np.uint64(at)]), entry_cost[np.uint64(at)]
            first, last = np.uint64(indptr[node]), np.uint64(indptr[node + np.uint64(1)])
            if used + np.int64(last - first) > blocks:
                position[bucket] = at + 1  # it stays; come back with more blocks
                roomy = False
                break
            position[bucket] = at
            pending -= 1
            if paid != label[node].cost:
                continue  # improved since it was queued
            origin = label[node].seed
            for arc in range(first, last):
                reached = paid + cost[arc]
                head = np.uint32(neighbour[arc])
                if reached <= label[head].cost and reached <= limit:
                    if reached == label[head].cost and origin >= label[head].seed:
                        continue
                    if label[head].seed < 0:
                        touched[known] = head
                        known += 1
                    label[head].cost = reached
                    label[head].seed = origin
                    label[head].via = arc
                    into = np.uint64(np.int64(reached * inverse) & mask)
                    to = position[into]
                    if to == (top[into] + 1) * _BLOCK:
                        block = free if free >= 0 else used
                        if free >= 0:
                            free = below[block]
                        else:
                            used += 1
                        below[block] = top[into]
                        top[into] = block
                        to = block * _BLOCK
                    entry_cost[np.uint64(to)] = reached
                    entry_node[np.uint64(to)] = np.int32(head)
                    position[into] = to + 1
                    pending += 1
        if roomy:
            current += 1
    state[0], state[1], state[2], state[3], state[4], state[5] = current, coming, pending, free, used, known
    return done


@njit(cache=True, nogil=True)
def _clear(label: Any, nodes: Any) -> None:
    for node in nodes:
        label[node].cost = np.inf
        label[node].seed = -1
        label[node].via = -1


@njit(cache=True, nogil=True)
def _widest(indptr: Any) -> Any:
    most = 1
    for node in range(indptr.size - 1):
        most = max(most, indptr[node + 1] - indptr[node])
    return most


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
    _clear(label, np.arange(n, dtype=np.int32))
    touched = np.empty(n, np.int32)
    width, buckets = bucket_ring(cost)
    top, position, below, entry_cost, entry_node = _new_queue(buckets, 64 + _widest(indptr))
    state = np.array([0, 0, 0, -1, buckets, 0])
    while not _advance(indptr, neighbour, cost, seed_node, seed_cost, limit, label, touched, 1.0 / width,
                       top, position, below, entry_cost, entry_node, state):  # fmt: skip
        below, entry_cost, entry_node = _twice(below), _twice(entry_cost), _twice(entry_node)
    return label


@njit(cache=True, nogil=True)
def _along(a: Any, b: Any) -> Any:
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
            total = start.access + _along(start, ends[candidate]) + ends[candidate].access
            if total < cost[row] or (total == cost[row] and candidate < end[row]):
                cost[row], end[row], first[row] = total, candidate, -1
    return cost, end, first


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


@njit(cache=True, nogil=True)
def _insert(costs: Any, places: Any, cost: Any, place: Any) -> Any:
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
        if seed_cost[seed] <= limit and _insert(
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
            if reached <= limit and _insert(costs[head], places[head], reached, place):
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
                    _insert(best[start.place], which[start.place], total, places[node, rank])
        for at in range(end_indptr[edge], end_indptr[edge + 1]):
            end = ends[end_order[at]]
            total = start.access + _along(start, end) + end.access
            _insert(best[start.place], which[start.place], total, end.place)
    return best, which


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
    _clear(label, np.arange(n, dtype=np.int32))
    touched = np.empty(n, np.int32)
    width, buckets = bucket_ring(cost)
    top, position, below, entry_cost, entry_node = _new_queue(buckets, 64 + _widest(indptr))
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
                total = start.access + _along(start, end) + end.access
                if total < best[end.place] and total <= limit:
                    if best[end.place] == np.inf:
                        seen[number] = end.place
                        number += 1
                    best[end.place] = total
        row = until
        ascending = np.argsort(seed_cost[:seeds])
        seed_node, seed_cost = seed_node[ascending], seed_cost[ascending]
        state[0], state[1], state[5] = 0, 0, 0
        while not _advance(indptr, neighbour, cost, seed_node, seed_cost, limit, label, touched, 1.0 / width,
                           top, position, below, entry_cost, entry_node, state):  # fmt: skip
            below, entry_cost, entry_node = _twice(below), _twice(entry_cost), _twice(entry_node)
        for node in touched[: state[5]]:
            for at in range(node_indptr[node], node_indptr[node + 1]):
                place = destinations[node_position[at]].place
                total = label[node].cost + node_extra[at]
                if total < best[place] and total <= limit:
                    if best[place] == np.inf:
                        seen[number] = place
                        number += 1
                    best[place] = total
        _clear(label, touched[: state[5]])
        while filled + number > out_place.size:
            out_place, out_cost = _twice(out_place), _twice(out_cost)
        for place in np.sort(seen[:number]):
            out_place[filled], out_cost[filled] = place, best[place]
            best[place] = np.inf
            filled += 1
        count[origin - first_origin] = number
    return count, out_place[:filled].copy(), out_cost[:filled].copy()

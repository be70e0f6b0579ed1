"""Search on from seeds with a queue of buckets: the loop that every other kernel stands on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

LABEL = np.dtype((np.record, np.dtype([("cost", np.float64), ("seed", np.int32), ("via", np.int32)], align=True)))
"""What a search says of a node: least cost, number of the seed (-1: unreached), arc that leads here (-1: none)."""

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
# `state` keeps a search between two calls: current bucket, next seed, entries queued, free, blocks used, nodes touched.


@njit(cache=True, nogil=True)
def new_queue(buckets: Any, spare: Any) -> Any:
    """Make an empty queue of some buckets and some spare blocks: top, position, below, entry_cost, entry_node."""
    top = np.arange(buckets)
    below = np.full(buckets + spare, np.int64(-1))
    entry_cost, entry_node = np.empty(below.size * _BLOCK, np.float64), np.empty(below.size * _BLOCK, np.int32)
    return top, top * _BLOCK, below, entry_cost, entry_node


@njit(cache=True, nogil=True)
def twice(array: Any) -> Any:
    """Give an array twice the room, its content at the front."""
    grown = np.empty(2 * array.size, array.dtype)
    grown[: array.size] = array
    return grown


@njit(cache=True, nogil=True)
def advance(indptr: Any, neighbour: Any, cost: Any, seed_node: Any, seed_cost: Any, limit: Any, label: Any,
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
def clear(label: Any, nodes: Any) -> None:
    """Forget what a search said of some nodes."""
    for node in nodes:
        label[node].cost = np.inf
        label[node].seed = -1
        label[node].via = -1


@njit(cache=True, nogil=True)
def widest(indptr: Any) -> Any:
    """Count the arcs of the node that has most."""
    most = 1
    for node in range(indptr.size - 1):
        most = max(most, indptr[node + 1] - indptr[node])
    return most

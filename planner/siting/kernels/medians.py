"""Serve everybody from the nearest of a few sites: the Lagrangian bound, and exchanges that walk less.

Here the lists of a site hold everybody whom it may serve and ``cost`` what that costs, one number per pair; ``spare``
(n,) is what it costs to serve one without any of the sites.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def median_ascend(
    site_indptr: Any, demand: Any, cost: Any, spare: Any, sites: int, best_known: float, start: Any, rounds: int,
    patience: int, halt: Any) -> Any:  # fmt: skip
    """Raise the bound of the p-median by a subgradient from ``start`` (n,): the best multipliers and their bound.

    ``halt`` (1,) ends the work from outside, here and below.
    """
    m, n = site_indptr.size - 1, spare.size
    now, best, bound = start.copy(), start.copy(), -np.inf
    saving, slope, served = np.zeros(m), np.zeros(n), np.zeros(n)
    pace, idle = 1.5, 0
    for _round in range(rounds):
        total = 0.0
        for i in range(n):
            total += min(now[i], spare[i])
            served[i] = 1.0 if spare[i] < now[i] else 0.0
        for j in range(m):
            saving[j] = 0.0
            for at in range(site_indptr[j], site_indptr[j + 1]):
                saving[j] += min(0.0, cost[at] - now[demand[at]])
        order = np.argsort(saving, kind="mergesort")
        for j in order[:sites]:
            if saving[j] >= 0.0:
                break
            total += saving[j]
            for at in range(site_indptr[j], site_indptr[j + 1]):
                if cost[at] < now[demand[at]]:
                    served[demand[at]] += 1.0
        idle += 1
        if total > bound:
            if total > bound + 1e-4 * (best_known - bound):
                idle = 0
            bound = total
            best[:] = now
        if halt[0] or best_known - bound < 1e-9 * max(1.0, abs(bound)):
            break
        if idle >= patience:
            pace, idle = pace / 2.0, 0
            now[:] = best
            if pace < 1e-4:
                break
        norm = 0.0
        for i in range(n):
            slope[i] = (1.0 - served[i]) + 0.3 * slope[i]
            norm += slope[i] * slope[i]
        if norm <= 1e-18:
            break
        step = pace * (1.02 * best_known - total) / norm
        for i in range(n):
            now[i] += step * slope[i]
    return best, bound


@njit(cache=True, nogil=True)
def _nearest_two(
    group_indptr: Any, site: Any, price: Any, spare: Any, slot_of: Any, first: Any, one: Any, two: Any
) -> float:
    """Find for everybody the cheapest slot (-1: spared), its cost and the next: ``price`` by demand; their sum."""
    total = 0.0
    for i in range(spare.size):
        first[i], one[i], two[i] = -1, spare[i], np.inf
        for at in range(group_indptr[i], group_indptr[i + 1]):
            slot = slot_of[site[at]]
            if slot < 0:
                continue
            if price[at] < one[i]:
                first[i], one[i], two[i] = slot, price[at], one[i]
            elif price[at] < two[i]:
                two[i] = price[at]
        two[i] = min(two[i], spare[i]) if first[i] >= 0 else spare[i]
        total += one[i]
    return total


@njit(cache=True, nogil=True)
def _best_swap(
    site_indptr: Any, demand: Any, cost: Any, slot_of: Any, held: Any, allowed: Any, first: Any, one: Any,
    two: Any) -> Any:  # fmt: skip
    """Find the site that saves most when it comes in for the slot that then costs least (Whitaker 1983)."""
    slots = held.size
    loss, less = np.zeros(slots), np.zeros(slots)
    for i in range(first.size):
        if first[i] >= 0:
            loss[first[i]] += two[i] - one[i]
    best_in, best_slot, best = -1, -1, 0.0
    for j in range(slot_of.size):
        if slot_of[j] >= 0 or not allowed[j]:
            continue
        gain = 0.0
        less[:] = 0.0
        for at in range(site_indptr[j], site_indptr[j + 1]):
            i = demand[at]
            if cost[at] < one[i]:
                gain += one[i] - cost[at]
                if first[i] >= 0:
                    less[first[i]] += two[i] - one[i]
            elif first[i] >= 0 and cost[at] < two[i]:
                less[first[i]] += two[i] - cost[at]
        for slot in range(slots):
            more = gain if held[slot] < 0 else gain - loss[slot] + less[slot]
            if more > best:
                best_in, best_slot, best = j, slot, more
    return best_in, best_slot, best


@njit(cache=True, nogil=True)
def median_climb(
    site_indptr: Any, demand: Any, cost: Any, group_indptr: Any, site: Any, price: Any, spare: Any, slots: int,
    allowed: Any, noise: Any, halt: Any) -> Any:  # fmt: skip
    """Fill the slots, exchange sites until nothing saves, shake, and again: the best set met and its cost.

    ``price`` are the costs by demand, ``allowed`` (m,) the sites to choose from, ``noise`` (trials, 8) in [0, 1).
    """
    m, n = site_indptr.size - 1, spare.size
    slot_of, held = np.full(m, -1, np.int32), np.full(slots, -1, np.int32)
    first, one, two = np.empty(n, np.int32), np.empty(n), np.empty(n)
    choice = np.flatnonzero(allowed)
    kept, kept_total = held.copy(), np.inf
    for trial in range(noise.shape[0] + 1):
        if trial > 0 and choice.size:
            for turn in range(1 + int(noise[trial - 1, 0] * 3)):
                slot = int(noise[trial - 1, 1 + turn] * slots)
                j = choice[int(noise[trial - 1, 4 + turn] * choice.size)]
                if slot_of[j] < 0:
                    if held[slot] >= 0:
                        slot_of[held[slot]] = -1
                    slot_of[j] = slot
                    held[slot] = j
        total = _nearest_two(group_indptr, site, price, spare, slot_of, first, one, two)
        while True:
            j, slot, more = _best_swap(site_indptr, demand, cost, slot_of, held, allowed, first, one, two)
            if halt[0] or j < 0 or more <= 1e-9 * total:
                break
            if held[slot] >= 0:
                slot_of[held[slot]] = -1
            slot_of[j] = slot
            held[slot] = j
            total = _nearest_two(group_indptr, site, price, spare, slot_of, first, one, two)
        if total <= kept_total:
            kept, kept_total = held.copy(), total
        if halt[0]:
            break
        if total > kept_total:
            slot_of[:] = -1
            held[:] = kept
            for slot in range(slots):
                if held[slot] >= 0:
                    slot_of[held[slot]] = slot
    return np.sort(kept[kept >= 0]), kept_total

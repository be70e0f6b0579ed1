"""Fill a purse with sites greedily, and exchange sites as long as that covers more (Resende and Werneck 2007)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# Prices are sums of money or counts: what differs by less than this of the purse is the same.
_ROOM = 1e-9
# Share of all weight below which a move adds nothing but rounding, which would go round in circles among equal sites.
_MORE = 1e-10


@njit(cache=True, nogil=True)
def fill(
    site_indptr: Any, group: Any, group_indptr: Any, site: Any, weight: Any, price: Any, purse: float, by_price: bool
) -> Any:
    """Choose the site that adds most (or most per price) until none that can be paid adds anything: sites in order."""
    m = price.size
    gain, open_group = np.zeros(m), np.ones(weight.size, np.bool_)
    for j in range(m):
        for at in range(site_indptr[j], site_indptr[j + 1]):
            gain[j] += weight[group[at]]
    taken, chosen, count, left = np.zeros(m, np.bool_), np.empty(m, np.int32), 0, purse
    slack = _ROOM * max(1.0, purse)
    while True:
        best, best_gain = -1, 0.0
        for j in range(m):
            if taken[j] or gain[j] <= 0.0 or price[j] > left + slack:
                continue
            worth = gain[j] / max(price[j], 1e-12) if by_price else gain[j]
            if worth > best_gain:
                best, best_gain = j, worth
        if best < 0:
            return chosen[:count].copy()
        taken[best] = True
        chosen[count] = best
        count += 1
        left -= price[best]
        for at in range(site_indptr[best], site_indptr[best + 1]):
            i = group[at]
            if open_group[i]:
                open_group[i] = False
                for other in range(group_indptr[i], group_indptr[i + 1]):
                    gain[site[other]] -= weight[i]


@njit(cache=True, nogil=True)
def _holder(group_indptr: Any, site: Any, slot_of: Any, i: int) -> Any:
    """Find the first slot whose site covers a group."""
    for at in range(group_indptr[i], group_indptr[i + 1]):
        if slot_of[site[at]] >= 0:
            return slot_of[site[at]]
    return -1


@njit(cache=True, nogil=True)
def _enter(
    j: int, slot: int, site_indptr: Any, group: Any, group_indptr: Any, site: Any, weight: Any,
    count: Any, gain: Any, loss: Any, shared: Any, slot_of: Any, held: Any) -> None:  # fmt: skip
    loss[slot] = 0.0
    shared[slot, :] = 0.0
    for at in range(site_indptr[j], site_indptr[j + 1]):
        i = group[at]
        count[i] += 1
        if count[i] == 1:
            loss[slot] += weight[i]
            for other in range(group_indptr[i], group_indptr[i + 1]):
                gain[site[other]] -= weight[i]
                shared[slot, site[other]] += weight[i]
        elif count[i] == 2:
            sole = _holder(group_indptr, site, slot_of, i)
            loss[sole] -= weight[i]
            for other in range(group_indptr[i], group_indptr[i + 1]):
                shared[sole, site[other]] -= weight[i]
    slot_of[j] = slot
    held[slot] = j


@njit(cache=True, nogil=True)
def _leave(
    j: int, site_indptr: Any, group: Any, group_indptr: Any, site: Any, weight: Any,
    count: Any, gain: Any, loss: Any, shared: Any, slot_of: Any, held: Any) -> None:  # fmt: skip
    held[slot_of[j]] = -1
    slot_of[j] = -1
    for at in range(site_indptr[j], site_indptr[j + 1]):
        i = group[at]
        count[i] -= 1
        if count[i] == 0:
            for other in range(group_indptr[i], group_indptr[i + 1]):
                gain[site[other]] += weight[i]
        elif count[i] == 1:
            sole = _holder(group_indptr, site, slot_of, i)
            loss[sole] += weight[i]
            for other in range(group_indptr[i], group_indptr[i + 1]):
                shared[sole, site[other]] += weight[i]


@njit(cache=True, nogil=True)
def _free(held: Any) -> int:
    for slot in range(held.size):
        if held[slot] < 0:
            return slot
    return -1


@njit(cache=True, nogil=True)
def _best_move(
    price: Any, left: float, slack: float, least: float, gain: Any, loss: Any, shared: Any, slot_of: Any, held: Any
) -> Any:
    """Find the move that adds most, and more than the least: a site in (slot -1), or one in for another."""
    best_in, best_slot, best = -1, -1, least
    if _free(held) >= 0:
        for j in range(gain.size):
            if slot_of[j] < 0 and price[j] <= left + slack and gain[j] > best:
                best_in, best = j, gain[j]
    for slot in range(held.size):
        if held[slot] < 0:
            continue
        room = left + price[held[slot]] + slack
        for j in range(gain.size):
            more = gain[j] + shared[slot, j] - loss[slot]
            if more > best and slot_of[j] < 0 and price[j] <= room:
                best_in, best_slot, best = j, slot, more
    return best_in, best_slot, best


@njit(cache=True, nogil=True)
def climb(
    site_indptr: Any, group: Any, group_indptr: Any, site: Any, weight: Any, price: Any, purse: float, slots: int,
    start: Any, guide: Any, noise: Any, goal: float, loose: float, halt: Any) -> Any:  # fmt: skip
    """Exchange sites until nothing adds, shake, and again: the best set met and its worth.

    ``start`` are the sites to begin with, ``guide`` (m,) an ascending sum of how likely a shake brings each site in,
    ``noise`` (trials, 8) numbers in [0, 1); a set worth ``goal`` ends the work. The walk goes on from sets that are
    worth less than the best by a share that shrinks from ``loose`` to nothing (Dueck 1993, "record-to-record travel").
    ``halt`` (1,) ends the work from outside.
    """
    m = price.size
    count, gain, slack = np.zeros(weight.size, np.int32), np.zeros(m), _ROOM * max(1.0, purse)
    for j in range(m):
        for at in range(site_indptr[j], site_indptr[j + 1]):
            gain[j] += weight[group[at]]
    loss, shared, least = np.zeros(slots), np.zeros((slots, m)), _MORE * weight.sum()
    slot_of, held = np.full(m, -1, np.int32), np.full(slots, -1, np.int32)
    left, value = purse, 0.0
    for j in start:
        value += gain[j]
        left -= price[j]
        _enter(j, _free(held), site_indptr, group, group_indptr, site, weight,
               count, gain, loss, shared, slot_of, held)  # fmt: skip
    kept, kept_value, kept_left = held.copy(), -1.0, left
    best, best_value, trials = held.copy(), -1.0, max(1, noise.shape[0])
    for trial in range(noise.shape[0] + 1):
        if trial > 0:
            # Take one to three sites out, and bring in others that the guide deems likely.
            for turn in range(1 + int(noise[trial - 1, 0] * 3)):
                slot = int(noise[trial - 1, 1 + turn] * slots)
                if held[slot] >= 0:
                    j = held[slot]
                    left += price[j]
                    value -= loss[slot]
                    _leave(j, site_indptr, group, group_indptr, site, weight,
                           count, gain, loss, shared, slot_of, held)  # fmt: skip
                j = np.searchsorted(guide, noise[trial - 1, 4 + turn] * guide[-1], side="right")
                free = _free(held)
                if j < m and slot_of[j] < 0 and price[j] <= left + slack and free >= 0:
                    left -= price[j]
                    value += gain[j]
                    _enter(j, free, site_indptr, group, group_indptr, site, weight,
                           count, gain, loss, shared, slot_of, held)  # fmt: skip
        while True:
            j, slot, more = _best_move(price, left, slack, least, gain, loss, shared, slot_of, held)
            if j < 0:
                break
            if slot >= 0:
                left += price[held[slot]]
                _leave(held[slot], site_indptr, group, group_indptr, site, weight,
                       count, gain, loss, shared, slot_of, held)  # fmt: skip
            else:
                slot = _free(held)
            left -= price[j]
            _enter(j, slot, site_indptr, group, group_indptr, site, weight,
                   count, gain, loss, shared, slot_of, held)  # fmt: skip
            value += more
            if halt[0]:
                break
        if value > best_value:
            best[:], best_value = held, value
            if value >= goal:
                break
        if halt[0]:
            break
        if value >= kept_value or value >= best_value * (1.0 - loose * (1.0 - trial / trials)):
            kept[:], kept_value, kept_left = held, value, left
            continue
        for slot in range(slots):  # back: first out, then in, so that slots are free
            if held[slot] >= 0 and held[slot] != kept[slot]:
                _leave(held[slot], site_indptr, group, group_indptr, site, weight,
                       count, gain, loss, shared, slot_of, held)  # fmt: skip
        for slot in range(slots):
            if kept[slot] >= 0 and held[slot] != kept[slot]:
                _enter(kept[slot], slot, site_indptr, group, group_indptr, site, weight,
                       count, gain, loss, shared, slot_of, held)  # fmt: skip
        left, value = kept_left, kept_value
    return np.sort(best[best >= 0]), best_value

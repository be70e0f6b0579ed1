"""Bound what any choice of sites can cover: the subgradient of the Lagrangian, and the rows of Benders' master."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _knapsack(worth: Any, price: Any, purse: float, part: Any) -> float:
    """Fill the purse with parts of sites, dearest per price first; ``part`` (m,) says how much of each."""
    part[:] = 0.0
    ratio = np.empty(worth.size)
    for j in range(worth.size):
        ratio[j] = -worth[j] / max(price[j], 1e-12)
    total, left = 0.0, purse
    for j in np.argsort(ratio, kind="mergesort"):
        if worth[j] <= 0.0 or left <= 0.0:
            break
        part[j] = 1.0 if price[j] <= left else left / price[j]
        left -= part[j] * price[j]
        total += part[j] * worth[j]
    return total


@njit(cache=True, nogil=True)
def ascend(
    site_indptr: Any, group: Any, weight: Any, price: Any, purse: float, best_known: float, multiplier: Any,
    rounds: int, patience: int, halt: Any) -> Any:  # fmt: skip
    """Lower the bound by a deflected subgradient from ``multiplier`` (g,): the best one, its bound, mean parts (m,).

    ``halt`` (1,) ends the work from outside.
    """
    m, g = price.size, weight.size
    now, best, bound = multiplier.copy(), multiplier.copy(), np.inf
    part, mean, worth = np.zeros(m), np.zeros(m), np.zeros(m)
    slope, cover = np.zeros(g), np.zeros(g)
    pace, idle = 1.0, 0
    for _round in range(rounds):
        free = 0.0
        for i in range(g):
            free += weight[i] - now[i]
        for j in range(m):
            worth[j] = 0.0
            for at in range(site_indptr[j], site_indptr[j + 1]):
                worth[j] += now[group[at]]
        total = free + _knapsack(worth, price, purse, part)
        idle += 1
        if total < bound:
            if total < bound - 1e-4 * (bound - best_known):
                idle = 0
            bound = total
            best[:] = now
        if halt[0] or bound - best_known < 1e-9 * max(1.0, abs(bound)):
            break
        if idle >= patience:
            pace, idle = pace / 2.0, 0
            now[:] = best
            if pace < 1e-4:
                break
        cover[:] = 0.0
        for j in range(m):
            mean[j] += 0.05 * (part[j] - mean[j])
            if part[j] > 0.0:
                for at in range(site_indptr[j], site_indptr[j + 1]):
                    cover[group[at]] += part[j]
        norm = 0.0
        for i in range(g):
            slope[i] = (cover[i] - 1.0) + 0.4 * slope[i]
            held = (slope[i] > 0.0 and now[i] <= 0.0) or (slope[i] < 0.0 and now[i] >= weight[i])
            if not held:
                norm += slope[i] * slope[i]
        if norm <= 1e-18:
            break
        step = pace * (total - best_known) / norm
        for i in range(g):
            now[i] = min(max(now[i] - step * slope[i], 0.0), weight[i])
    return best, bound, mean


@njit(cache=True, nogil=True)
def cut_rows(block_indptr: Any, member: Any, group_indptr: Any, site: Any, weight: Any, cover: Any, m: int) -> Any:
    """Write for each block the cut at a point whose groups are covered ``cover`` (g,) times.

    A block is worth at most what its fully covered groups weigh, and of the others what the open sites cover of them:
    constants (blocks,), and sites and coefficients by block.
    """
    blocks = block_indptr.size - 1
    constant, indptr = np.zeros(blocks), np.zeros(blocks + 1, np.int64)
    total = np.zeros(m)
    touched = np.empty(m, np.int32)
    column, coefficient = np.empty(1024, np.int32), np.empty(1024)
    used = 0
    for block in range(blocks):
        seen = 0
        for at in range(block_indptr[block], block_indptr[block + 1]):
            i = member[at]
            if cover[i] >= 1.0:
                constant[block] += weight[i]
                continue
            for k in range(group_indptr[i], group_indptr[i + 1]):
                j = site[k]
                if total[j] == 0.0:
                    touched[seen] = j
                    seen += 1
                total[j] += weight[i]
        while used + seen > column.size:
            column = np.concatenate((column, np.empty_like(column)))
            coefficient = np.concatenate((coefficient, np.empty_like(coefficient)))
        for place in range(seen):
            j = touched[place]
            column[used], coefficient[used] = j, total[j]
            total[j] = 0.0
            used += 1
        indptr[block + 1] = used
    return constant, indptr, column[:used].copy(), coefficient[:used].copy()

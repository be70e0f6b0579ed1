"""Turn a sparse pattern over, and find lists of it that are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def transpose(indptr: Any, index: Any, columns: int) -> Any:
    """Give the pattern by columns: pointers (columns + 1,), rows ascending in a column, where each entry came from."""
    out = np.zeros(columns + 1, np.int64)
    for at in range(index.size):
        out[index[at] + 1] += 1
    for column in range(columns):
        out[column + 1] += out[column]
    fill = out[:-1].copy()
    row_of, entry = np.empty(index.size, np.int32), np.empty(index.size, np.int64)
    for row in range(indptr.size - 1):
        for at in range(indptr[row], indptr[row + 1]):
            place = fill[index[at]]
            fill[index[at]] += 1
            row_of[place] = row
            entry[place] = at
    return out, row_of, entry


@njit(cache=True, nogil=True)
def overlap(group_indptr: Any, site: Any, weight: Any, sites: int) -> Any:
    """Weigh what every two sites cover both: a dense matrix (sites, sites)."""
    both = np.zeros((sites, sites))
    for i in range(weight.size):
        for one in range(group_indptr[i], group_indptr[i + 1]):
            for other in range(group_indptr[i], group_indptr[i + 1]):
                both[site[one], site[other]] += weight[i]
    return both


@njit(cache=True, nogil=True)
def _mixed(number: Any) -> Any:
    """Spread a number over 64 bits (Steele, Lea and Flood 2014, "SplitMix", doi:10.1145/2660193.2660195)."""
    z = np.uint64(number) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def _same(indptr: Any, index: Any, one: int, other: int) -> bool:
    length = indptr[one + 1] - indptr[one]
    if length != indptr[other + 1] - indptr[other]:
        return False
    for at in range(length):  # noqa: SIM110 (a generator is not compiled)
        if index[indptr[one] + at] != index[indptr[other] + at]:
            return False
    return True


@njit(cache=True, nogil=True)
def alike(indptr: Any, index: Any) -> Any:
    """Name for each list the first list (n,) that holds the same members; a hash sorts them, the members decide."""
    n = indptr.size - 1
    code = np.empty(n, np.uint64)
    for row in range(n):
        total = np.uint64(0)
        for at in range(indptr[row], indptr[row + 1]):
            total += _mixed(index[at])
        code[row] = total
    order = np.argsort(code, kind="mergesort")
    first = np.full(n, -1, np.int64)
    begin = 0
    for place in range(n):
        row = order[place]
        if code[order[begin]] != code[row]:
            begin = place
        for earlier in range(begin, place):
            other = order[earlier]
            if first[other] == other and _same(indptr, index, other, row):
                first[row] = other
                break
        if first[row] < 0:
            first[row] = row
    return first

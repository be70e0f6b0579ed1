"""Search covers with fewer hosts: drop one, then swap hosts, what stays uncovered weighing more and more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_LOOKS = 50  # open hosts looked at before one of them is dropped


@njit(cache=True)
def better_cover(indptr: Any, host: Any, host_indptr: Any, member: Any, opened: Any, steps: int, seed: int) -> Any:
    """Look for covers with fewer hosts.

    Every member without a host gains weight with each step that it waits. A step drops an open host whose members it
    would cost little to lose and opens, near one that waits, the host whose gain is greatest; of equals the one that
    was moved longest ago.

    Parameters
    ----------
    indptr, host : int64 arrays
        Hosts of each member; a member without any needs none.
    host_indptr, member : int64 arrays
        Members of each host.
    opened : bool array (n,)
        A cover.
    steps
        How many.
    seed
        Of the random choices; the same seed gives the same cover.

    Returns
    -------
    bool array (n,)
        The cover with the fewest hosts that was met.

    Examples
    --------
    Three in a row, each near its neighbours; two hosts are open where the one in the middle will do:

    >>> indptr, host = np.array([0, 2, 5, 7]), np.array([0, 1, 0, 1, 2, 1, 2])
    >>> better_cover(indptr, host, indptr, host, np.array([True, False, True]), 100, 0).tolist()
    [False, True, False]
    """
    np.random.seed(seed)  # noqa: NPY002 (compiled code knows no generators that are seeded once per call)
    number = indptr.size - 1
    weight, score = np.ones(number), np.zeros(number)
    times, moved = np.zeros(number, np.int64), np.zeros(number, np.int64)
    # Open hosts and waiting members: a list of each, the place of each in it, and how many there are.
    hosts, waiting = np.empty((2, number), np.int64), np.empty((2, number), np.int64)
    size = np.zeros(2, np.int64)
    best = opened.copy()
    now = np.zeros(number, np.bool_)
    for one in range(number):
        score[one] = host_indptr[one + 1] - host_indptr[one]
        if indptr[one] < indptr[one + 1]:
            _put(waiting, size, 1, one)
    for first in np.flatnonzero(opened):
        _open(first, indptr, host, host_indptr, member, now, weight, score, times, hosts, waiting, size)
    fewest, last = size[0], -1
    for step in range(1, steps):
        if size[1] == 0:
            best[:] = now
            fewest = size[0]
            if fewest <= 1:
                break
            looked = hosts[0, : size[0]]
        else:
            looked = hosts[0, np.random.randint(0, size[0], _LOOKS)]  # noqa: NPY002
        dropped = _best(looked, score, moved, last, 1.0)
        _shut(dropped, indptr, host, host_indptr, member, now, weight, score, times, hosts, waiting, size)
        moved[dropped] = step
        if size[1] == 0 or size[0] >= fewest - 1:
            continue
        needy = waiting[0, np.random.randint(0, size[1])]  # noqa: NPY002
        near = host[indptr[needy] : indptr[needy + 1]]
        last = _best(near, score, moved, dropped, -1.0)
        _open(last, indptr, host, host_indptr, member, now, weight, score, times, hosts, waiting, size)
        moved[last] = step
        for one in waiting[0, : size[1]]:
            weight[one] += 1
            for at in range(indptr[one], indptr[one + 1]):
                score[host[at]] += 1
    if size[1] == 0 and size[0] < fewest:
        best[:] = now
    return best


@njit(cache=True)
def _best(looked: Any, score: Any, moved: Any, but: int, sign: float) -> int:
    """Choose the host of least score (greatest where the sign is -1), another than `but` if there is one."""
    best = looked[0]
    for one in looked:
        better = sign * (score[best] - score[one])
        if best == but or (one != but and (better > 0 or (better == 0 and moved[one] < moved[best]))):
            best = one
    return int(best)


@njit(cache=True)
def _open(one: int, indptr: Any, host: Any, host_indptr: Any, member: Any, now: Any, weight: Any, score: Any,
          times: Any, hosts: Any, waiting: Any, size: Any) -> None:  # fmt: skip
    now[one] = True
    _put(hosts, size, 0, one)
    score[one] = 0.0
    for entry in range(host_indptr[one], host_indptr[one + 1]):
        row = member[entry]
        times[row] += 1
        if times[row] == 1:  # it waits no more: nobody else gains it, and this one would lose it
            _take(waiting, size, 1, row)
            score[one] += weight[row]
            for at in range(indptr[row], indptr[row + 1]):
                if host[at] != one:
                    score[host[at]] -= weight[row]
        elif times[row] == 2:  # the other host would not lose it any more
            for at in range(indptr[row], indptr[row + 1]):
                if now[host[at]] and host[at] != one:
                    score[host[at]] -= weight[row]


@njit(cache=True)
def _shut(one: int, indptr: Any, host: Any, host_indptr: Any, member: Any, now: Any, weight: Any, score: Any,
          times: Any, hosts: Any, waiting: Any, size: Any) -> None:  # fmt: skip
    now[one] = False
    _take(hosts, size, 0, one)
    score[one] = 0.0
    for entry in range(host_indptr[one], host_indptr[one + 1]):
        row = member[entry]
        times[row] -= 1
        if times[row] == 0:
            _put(waiting, size, 1, row)
            score[one] += weight[row]
            for at in range(indptr[row], indptr[row + 1]):
                if host[at] != one:
                    score[host[at]] += weight[row]
        elif times[row] == 1:
            for at in range(indptr[row], indptr[row + 1]):
                if now[host[at]]:
                    score[host[at]] += weight[row]


@njit(cache=True)
def _put(listed: Any, size: Any, which: int, one: int) -> None:
    listed[0, size[which]] = one
    listed[1, one] = size[which]
    size[which] += 1


@njit(cache=True)
def _take(listed: Any, size: Any, which: int, one: int) -> None:
    size[which] -= 1
    last = listed[0, size[which]]
    listed[0, listed[1, one]] = last
    listed[1, last] = listed[1, one]

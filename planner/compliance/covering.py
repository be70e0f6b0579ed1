"""Cover members by few hosts: a greedy choice, and where it is worth it a search for better ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.compliance.pairing import Ints, Pairs

_STEPS_EACH, _MOST_STEPS = 400, 2_000_000


def nearest(pairs: Pairs, opened: NDArray[np.bool_]) -> Ints:
    """Give each member the nearest of the opened hosts; -1 where none is near.

    Examples
    --------
    >>> pairs = Pairs.of(2, member=[0, 0, 1], host=[0, 1, 1], walk=[0.0, 200.0, 0.0])
    >>> nearest(pairs, np.array([False, True])).tolist(), nearest(pairs, np.array([True, False])).tolist()
    ([1, 1], [0, -1])
    """
    walk = np.where(opened[pairs.host], pairs.walk, np.inf)
    order = np.lexsort((pairs.host, walk, pairs.member))
    first = order[pairs.indptr[:-1]]
    return np.where(np.isfinite(walk[first]), pairs.host[first], -1)


def cover(pairs: Pairs, *, needy: NDArray[np.bool_], search: bool = False) -> Ints:
    """Choose few hosts such that each needy member has one, and give each the nearest.

    Parameters
    ----------
    pairs
        Where each member's room may stand.
    needy
        Who needs a host, shape (n,); only these host.
    search
        Whether better covers are searched for: many steps for each member, the same ones every time.

    Returns
    -------
    ndarray
        Host of each member, -1 for those that need none.
    """
    near = pairs.only(needy[pairs.member] & needy[pairs.host])
    best = _greedy(near, needy)
    if search:
        from planner.compliance.coversearch import better_cover

        order = np.argsort(near.host, kind="stable")
        begins = np.concatenate([[0], np.cumsum(np.bincount(near.host, minlength=near.number))])
        steps = min(_STEPS_EACH * near.number, _MOST_STEPS)
        best = better_cover(near.indptr, near.host, begins, near.member[order], best, steps, 1)
    host = np.full(pairs.number, -1, np.int64)
    if needy.any():
        host[needy] = nearest(_filled(near), best)[needy]
    return host


def _filled(pairs: Pairs) -> Pairs:
    """Let members without any pair have one that is infinitely far, so that each has a first."""
    bare = np.flatnonzero(np.diff(pairs.indptr) == 0)
    return Pairs.of(
        pairs.number,
        member=np.concatenate([pairs.member, bare]),
        host=np.concatenate([pairs.host, bare]),
        walk=np.concatenate([pairs.walk, np.full(bare.size, np.inf)]),
    )


def _greedy(pairs: Pairs, needy: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Open the host with the most members that have none yet, again and again; then drop the needless."""
    member, order = pairs.member, np.argsort(pairs.host, kind="stable")
    near = np.split(member[order], np.cumsum(np.bincount(pairs.host, minlength=pairs.number))[:-1])
    waiting = needy.copy()
    gain = np.array([rows.size for rows in near])
    hosts = []
    while waiting.any():
        host = int(gain.argmax())
        hosts.append(host)
        for row in near[host][waiting[near[host]]]:
            gain[pairs.host[pairs.indptr[row] : pairs.indptr[row + 1]]] -= 1
        waiting[near[host]] = False
    times = np.zeros(pairs.number, np.int64)
    for host in hosts:
        times[near[host]] += 1
    opened = np.zeros(pairs.number, bool)
    for host in hosts:
        needless = bool((times[near[host]] > 1).all())
        opened[host] = not needless
        if needless:
            times[near[host]] -= 1
    return opened

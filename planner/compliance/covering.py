"""Cover members by hosts, quickly and well: a greedy choice, and a search that swaps hosts until none can be spared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.compliance.pairing import Ints, Pairs
from planner.solving import Floats

_TRIALS = 12


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


def cover(pairs: Pairs, *, needy: NDArray[np.bool_], worth: Floats | None = None) -> Ints:
    """Choose few hosts such that each needy member has one, and give each the nearest.

    Parameters
    ----------
    pairs
        Where each member's room may stand.
    needy
        Who needs a host, shape (n,); only these host.
    worth
        How good each host looked to a program without whole numbers; with it several covers are tried.

    Returns
    -------
    ndarray
        Host of each member, -1 for those that need none.
    """
    near = pairs.only(needy[pairs.member] & needy[pairs.host])
    if worth is None:
        best = _greedy(near, needy, np.ones(pairs.number))
    else:
        tried = []
        for trial in range(_TRIALS):
            rng = np.random.default_rng(trial)
            tried.append(_greedy(near, needy, worth * rng.uniform(0.3, 1.0, pairs.number) + 1e-6))
        best = min(tried, key=lambda opened: int(opened.sum()))
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


def _greedy(pairs: Pairs, needy: NDArray[np.bool_], worth: Floats) -> NDArray[np.bool_]:
    """Open the host that is worth most to members without one, again and again; then drop the needless."""
    member, order = pairs.member, np.argsort(pairs.host, kind="stable")
    near = np.split(member[order], np.cumsum(np.bincount(pairs.host, minlength=pairs.number))[:-1])
    waiting = needy.copy()
    gain = np.array([rows.size for rows in near])
    hosts = []
    while waiting.any():
        host = int((gain * worth).argmax())
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

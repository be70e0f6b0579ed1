"""Better a plan by exchanging sites, guided by what the bound deems likely, for a fixed number of trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.siting import kernels
from planner.siting.effort import Clock
from planner.siting.questions import Question
from planner.siting.search.cores import Core
from planner.siting.tables import Bools, Floats, Rows


def exchange(
    core: Core,
    start: NDArray[np.integer],
    *,
    trials: int,
    seed: int,
    guide: Floats | None = None,
    goal: float = np.inf,
    loose: float = 0.0,
    clock: Clock | None = None,
) -> Rows:
    """Exchange sites until nothing adds, then shake and try again.

    Parameters
    ----------
    core
        The open part of a question.
    start
        Sites of the core to begin with.
    trials
        How often the plan is shaken.
    seed
        Of the shaking.
    guide : float64 array (k,), optional
        How much each site is used in the bound.
    goal
        A plan worth this much, with what stands, is good enough.
    loose
        Share by which the exchanges may go back at first before they go on.
    clock
        That ends the work.

    Returns
    -------
    int32 array
        Sites of the core, ascending.
    """
    cover, k = core.cover, core.price.size
    slots = core.slots
    if not k or not slots:
        return np.zeros(0, np.int32)
    # Even the least likely site comes up now and then.
    likely = np.full(k, 1.0) if guide is None else guide.clip(0.0, 1.0) + 0.02 * max(float(guide.sum()), 1.0) / k
    noise = np.random.default_rng(seed).random((trials, 8))
    best, _worth = (clock or Clock()).run(
        kernels.climb, cover.site_indptr, cover.group, cover.group_indptr, cover.site, cover.weight, core.price,
        core.purse, slots, np.asarray(start, np.int32), np.cumsum(likely), noise, goal - core.base, loose)  # fmt: skip
    return np.asarray(best, np.int32)


def paid(core: Core, sites: NDArray[np.integer]) -> NDArray[np.integer]:
    """Keep of some sites, in their order, those that the purse pays."""
    left, kept = core.purse * (1 + 1e-9) + 1e-12, []
    for j in sites.tolist():
        if core.price[j] <= left:
            kept.append(j)
            left -= core.price[j]
    return np.array(kept[: core.slots], np.int64)


def settled(question: Question, chosen: Bools) -> Bools:
    """Better a plan by the declared order (value, cost, walking, ids): drop what adds nothing, exchange equals.

    Sites are exchanged one by one, so that another plan of the same value may still cost less or be walked to sooner.

    Parameters
    ----------
    question
        A coverage question.
    chosen : bool array (m,)
        The new sites.

    Returns
    -------
    bool array (m,)
    """
    best = _without_idle(question, chosen)
    key = question.key(best)
    for _turn in range(2 * int(best.sum()) + 1):
        found = None
        for one in _exchanges(question, best):
            if not question.faults(one) and (other := question.key(one)) < key:
                found, key = one, other
        if found is None:
            break
        best = found
    return best


def _without_idle(question: Question, chosen: Bools) -> Bools:
    """Drop new sites that alone cover nothing, the dearest first; those that must be chosen stay."""
    reach, best = question.reach, chosen.copy()
    count = np.bincount(reach.demand[(chosen | question.existing)[reach.site]], minlength=question.weight.size)
    for j in sorted(np.flatnonzero(chosen & ~question.required), key=lambda j: (-question.cost[j], -j)):
        mine = reach.demand[reach.indptr[j] : reach.indptr[j + 1]]
        if not ((count[mine] == 1) & (question.weight[mine] > 0)).any():
            best[j] = False
            count[mine] -= 1
    return best


def _exchanges(question: Question, chosen: Bools) -> list[Bools]:
    """List the plans of the same value that differ by one site: the other covers all that the one alone covers."""
    reach = question.reach
    stands = chosen | question.existing
    count = np.bincount(reach.demand[stands[reach.site]], minlength=question.weight.size)
    plans = []
    for j in np.flatnonzero(chosen & ~question.required):
        mine = reach.demand[reach.indptr[j] : reach.indptr[j + 1]]
        sole = mine[(count[mine] == 1) & (question.weight[mine] > 0)]
        needs = np.zeros(question.weight.size, bool)
        needs[sole] = True
        held = np.bincount(reach.site[needs[reach.demand]], minlength=chosen.size)
        for other in np.flatnonzero((held == sole.size) & question.free & ~chosen):
            one = chosen.copy()
            one[j], one[other] = False, True
            plans.append(one)
    return plans

"""Find the fewest or cheapest sites that bring a share of the elders within reach, up to all of them, and prove it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.siting import kernels
from planner.siting.asking import short_of
from planner.siting.certificate import Certificate, certify
from planner.siting.effort import Clock, Effort
from planner.siting.questions import Question
from planner.siting.search.bounds import worth_of
from planner.siting.search.cores import Core, core_of
from planner.siting.search.localsearch import exchange, settled
from planner.siting.siteplans import SitePlan, conclude, hopeless
from planner.siting.tables import Bools, Floats, Ints
from planner.solving import Program, SolverError, solve

_INTERIOR = 100_000  # pairs from which the interior point is quicker than the simplex
_SAME = 1e-9


def solve_cover(
    question: Question, effort: Effort, *, enough: float | None = None, clock: Clock | None = None
) -> SitePlan:
    """Solve a covering question.

    Parameters
    ----------
    question, effort
        What is asked, and limits of the work.
    enough
        A price: the work ends as soon as a plan takes no more, or none can.
    clock
        That runs already.
    """
    with clock or effort.clock() as clock:
        if reasons := short_of(question):
            return hopeless(question, reasons, seconds=clock.spent_s, seed=effort.seed)
        work = _Work(question, core_of(question), effort, clock)
        if not work.ends(enough):
            work.bound()
        if not work.ends(enough):
            work.search()
        chosen = work.chosen if enough is not None or clock.over else settled(question, work.chosen)
        plan = conclude(
            question, chosen, work.certificate, found=work.found, stopped=work.stopped or clock.why,
            seconds=clock.spent_s, seed=effort.seed)  # fmt: skip
        clock.tell("end", plan.value, plan.bound, last=True)
        return plan


class _Work:
    """The cheapest choice so far and the best bound so far."""

    def __init__(self, question: Question, core: Core, effort: Effort, clock: Clock) -> None:
        self.question, self.core, self.effort, self.clock = question, core, effort, clock
        self.found: float | None = None
        self.stopped = ""
        self.need = question.need - core.base
        self.certificate: Certificate = certify(question, np.zeros(question.weight.size))
        self.multipliers, self.low = np.zeros(core.cover.weight.size), 0.0
        # No site brings more for its price than the best one does alone.
        alone = worth_of(core, core.cover.weight)
        rate = float((core.price / np.maximum(alone, 1e-12)).min(initial=1.0))
        self._certify(rate * core.cover.weight, rate)
        self.chosen = self._choice(np.zeros(0, np.int64))
        self._begin()
        clock.tell("start", self.value, self.certificate.bound)

    def _certify(self, multipliers: Floats, rate: float) -> bool:
        """Take over multipliers that bound as well or better."""
        one = certify(self.question, self.core.spread(multipliers, self.question, rate=rate), rate=rate)
        better = one.bound >= self.certificate.bound
        if better:
            self.certificate, self.multipliers = one, multipliers
        return better

    def _choice(self, sites: Ints) -> Bools:
        chosen = self.question.required & ~self.question.existing
        chosen[self.core.sites[sites]] = True
        return chosen

    @property
    def value(self) -> float:
        return self.question.value(self.chosen)

    def ends(self, enough: float | None) -> bool:
        """Whether nothing is left to do."""
        bound = self.certificate.bound if self.found is None else self.found
        if enough is not None and (self.value <= enough + _SAME or bound > enough + _SAME):
            return True
        return self.clock.over or self.question.proven(self.value, bound)

    def _reaches(self, sites: Ints) -> bool:
        return self.core.cover.value(sites) >= self.need - _SAME * max(1.0, self.question.need)

    def _begin(self) -> None:
        """Take sites greedily until enough is covered, drop what is not needed, then try with less."""
        core = self.core
        if self._reaches(np.zeros(0, np.int64)):
            return
        cover = core.cover
        order = kernels.fill(
            cover.site_indptr, cover.group, cover.group_indptr, cover.site, cover.weight, core.price, np.inf, True
        )
        low, high = 1, order.size
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._reaches(order[:middle]) else (middle + 1, high)
        sites = order[:low].astype(np.int64)
        for j in sorted(sites.tolist(), key=lambda j: (-core.price[j], j)):
            rest = sites[sites != j]
            if self._reaches(rest):
                sites = rest
        self.chosen = self._choice(sites)
        least = float(core.price.min()) if core.price.size else 1.0
        step = 1.0 if self.question.whole else 1e-6 * max(least, 1e-6)
        goal = core.base + self.need
        for turn in range(sites.size):
            if self.clock.over:
                return
            purse = float(core.price[sites].sum()) - step
            tight = replace(core, purse=purse)
            begin = _within(core.price, sites, purse)
            seed = self.effort.seed + turn
            found = exchange(tight, begin, trials=200, seed=seed, goal=goal, clock=self.clock)
            fewer = found.astype(np.int64)
            if not self._reaches(fewer):
                return
            sites = fewer
            self.chosen = self._choice(sites)
            self.clock.tell("start", self.value, self.certificate.bound)

    def bound(self) -> None:
        """Bound by the linear relaxation."""
        core = self.core
        program = _program(core, self.need, whole=False)
        try:
            answer = solve(program, interior=core.cover.site.size > _INTERIOR, time_limit_s=self.clock.limit_left_s,
                           watch=self.clock.watch)  # fmt: skip
        except SolverError:
            self.stopped = "solver"
            return
        if answer.status != "optimal":
            return
        groups, weight = core.cover.weight.size, core.cover.weight
        multipliers = np.abs(answer.row_dual[:groups])
        rate = float(abs(answer.row_dual[groups])) / max(self.need, 1.0)  # the row is in shares of the need
        if self.need >= weight.sum() * (1 - 1e-12):
            rate = max(rate, float((multipliers / weight).max(initial=0.0)) * (1 + 1e-12))
        multipliers = np.minimum(multipliers, rate * weight)
        if self._certify(multipliers, rate):
            self.low = -answer.bound if not np.isfinite(answer.value) else answer.value
        self.clock.tell("bound", self.value, self.certificate.bound)

    def search(self) -> None:
        """Search what reduced costs leave open, from the best plan so far."""
        question, core = self.question, self.core
        short = core.price - worth_of(core, self.multipliers)
        base = float(question.price[question.required & ~question.existing].sum())
        # In units of what the open sites take. The relaxation's own value is used only when the certificate agrees.
        low = min(self.low, self.certificate.bound - base) if question.whole else self.certificate.bound - base
        low = min(low, self._plain_bound(short))
        room = self.value - base - low + 1e-6 * max(1.0, abs(low))
        keep, take = short <= room, short < -room
        program = _program(core, self.need, whole=True)
        k = core.price.size
        program.upper[:k][~keep] = 0.0
        program.lower[:k][take] = 1.0
        known = self.chosen[core.sites]
        start = np.zeros(program.cost.size)
        start[:k] = known
        start[k:] = core.cover.counts(np.flatnonzero(known)) > 0
        whole, value, sure = question.whole, self.value, self.certificate.bound
        try:
            answer = solve(
                program, start=start, max_nodes=self.effort.max_nodes, gap=0.0 if whole else 1e-10,
                margin=0.999 if whole else 1e-6, time_limit_s=self.clock.limit_left_s,
                watch=lambda found, least: self.clock.tell(
                    "search", min(value, found + base), max(sure, min(least + base, value))))  # fmt: skip
        except SolverError:
            self.stopped = "solver"
            return
        if answer.x.size:
            one = self._choice(np.flatnonzero(answer.x[:k] > 0.5))
            if not question.faults(one) and question.better(question.value(one), self.value):
                self.chosen = one
        if answer.status == "optimal":
            self.found = self.value
        elif answer.status == "infeasible":  # not possible: the plan at hand keeps all rows
            self.stopped = "solver"
        elif np.isfinite(answer.bound):
            bound = answer.bound + base
            self.found = min(self.value, float(np.ceil(bound - 1e-6)) if whole else bound)

    def _plain_bound(self, short: Floats) -> float:
        """Give the Lagrangian bound on what the open sites take, before it is rounded."""
        weight, u = self.core.cover.weight, self.multipliers
        rate = self.certificate.rate
        return float(u.sum() - rate * max(weight.sum() - self.need, 0.0) + np.minimum(0.0, short).sum())


def _within(price: Floats, sites: Ints, purse: float) -> Ints:
    """Drop the dearest sites until the purse pays the rest."""
    order = sites[np.argsort(price[sites], kind="stable")]
    return order[np.cumsum(price[order]) <= purse]


def _program(core: Core, need: float, *, whole: bool) -> Program:
    """Write the covering program: columns are the sites, then the groups; rows the groups, then the need."""
    cover, k, g = core.cover, core.price.size, core.cover.weight.size
    size = np.diff(cover.group_indptr) + 1
    indptr = np.concatenate([[0], np.cumsum(size), [size.sum() + g]]).astype(np.int64)
    column, coefficient = np.empty(indptr[-1], np.int64), np.full(indptr[-1], -1.0)
    column[indptr[:g]], coefficient[indptr[:g]] = k + np.arange(g), 1.0
    others = np.ones(indptr[g], bool)
    others[indptr[:g]] = False
    column[: indptr[g]][others] = cover.site
    # Shares of the need, so that the row is of the size of the others.
    scale = max(need, 1.0)
    column[indptr[g] :], coefficient[indptr[g] :] = k + np.arange(g), cover.weight / scale
    everybody = need >= cover.weight.sum() * (1 - 1e-12)
    return Program(
        cost=np.concatenate([core.price, np.zeros(g)]),
        lower=np.concatenate([np.zeros(k), np.full(g, 1.0 if everybody else 0.0)]),
        upper=np.ones(k + g),
        integer=np.concatenate([np.full(k, whole), np.zeros(g, bool)]),
        row_lower=np.concatenate([np.full(g, -np.inf), [-np.inf if everybody else need / scale]]),
        row_upper=np.concatenate([np.zeros(g), [np.inf]]),
        indptr=indptr,
        column=column,
        coefficient=coefficient,
    )

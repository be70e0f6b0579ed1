"""Choose the sites that bring the most elders within reach, under a number of sites or a budget, and prove it."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.siting.asking import short_of
from planner.siting.certificate import Certificate, certify
from planner.siting.effort import Clock, Effort
from planner.siting.questions import Question
from planner.siting.search import bounds
from planner.siting.search.branching import Branching
from planner.siting.search.cores import Core, core_of
from planner.siting.search.greedy import greedy
from planner.siting.search.localsearch import exchange, paid, settled
from planner.siting.siteplans import SitePlan, conclude, hopeless
from planner.siting.tables import Bools
from planner.siting.trees import Tree, settled_sites
from planner.solving import SolverError

_ASCENT_ROUNDS = 300
_NEAR_FULL, _FEW = 0.9, 60  # share covered beyond which cuts stall, and rounds of them all the same
_CUTS_S = 30.0  # cuts that take longer than this give way
_CUTS_PART, _INNER_PART = 0.6, 0.8  # shares of the time left that cuts near full coverage and the interior point take
_PARTS = (0.1, 0.3, 0.6)  # of the trials, before each time that sites are dropped
_LIKELY, _SOME = 5, 0.05  # sites per slot, and how much of a site the bound opens, for exchanges to look at it
_LOOSE = 0.002  # share by which exchanges may go back before they go on


def solve_question(question: Question, effort: Effort, *, clock: Clock | None = None) -> SitePlan:
    """Solve a maximum coverage question: greedy, bound, exchanges guided by it, and a search of what is left.

    Parameters
    ----------
    question, effort
        What is asked, and limits of the work.
    clock
        That runs already.
    """
    with clock or effort.clock() as clock:
        if reasons := short_of(question):
            return hopeless(question, reasons, seconds=clock.spent_s, seed=effort.seed)
        work = _Work(question, core_of(question), effort, clock)
        work.bound()
        work.narrow()
        if not work.proven and not clock.over:
            work.search()
        chosen = settled(question, work.chosen) if not clock.over else work.chosen
        plan = conclude(
            question, chosen, work.certificate, tree=work.tree, stopped=work.stopped or clock.why,
            seconds=clock.spent_s, seed=effort.seed)  # fmt: skip
        clock.tell("end", plan.value, plan.bound, last=True)
        return plan


class _Work:
    """The best choice so far and the best bound so far; each step betters one of them."""

    def __init__(self, question: Question, core: Core, effort: Effort, clock: Clock) -> None:
        self.question, self.core, self.effort, self.clock = question, core, effort, clock
        self.tree: Tree | None = None
        self.stopped = ""
        begin = exchange(core, greedy(core), trials=0, seed=effort.seed, clock=clock)
        self.value = core.weight_up_to(begin)
        self.chosen = self._choice(core, begin)
        self.relaxed = bounds.Relaxed(core.cover.weight, np.zeros(core.price.size), float(core.cover.weight.sum()))
        self.certificate: Certificate = certify(question, core.spread(core.cover.weight, question))
        clock.tell("start", self.value, self.certificate.bound)

    def _choice(self, core: Core, sites: Any) -> Bools:
        chosen = self.question.required & ~self.question.existing
        chosen[core.taken] = True
        chosen[core.sites[sites]] = True
        return chosen

    @property
    def proven(self) -> bool:
        return self.question.proven(self.value, self.certificate.bound)

    def _tell(self, stage: str) -> bool:
        return self.clock.tell(stage, self.value, self.certificate.bound)

    def _offer(self, core: Core, sites: Any) -> None:
        value = core.weight_up_to(sites)
        if self.question.better(value, self.value):
            self.value, self.chosen = value, self._choice(core, sites)

    def _certify(self, relaxed: bounds.Relaxed) -> None:
        one = certify(self.question, self.core.spread(relaxed.multipliers, self.question))
        if one.bound < self.certificate.bound:
            self.certificate, self.relaxed = one, relaxed

    def bound(self) -> None:
        """Bound by the subgradient, then by the relaxation itself."""
        core, known = self.core, self.value - self.core.base
        if self.proven or not core.price.size:
            return
        first = bounds.by_ascent(core, known, rounds=_ASCENT_ROUNDS, clock=self.clock)
        self._certify(first)
        if self._tell("bound") or self.proven:
            return
        self._exchange(core, first, trials=int(_PARTS[0] * self.effort.trials), turn=len(_PARTS))
        if self._tell("bound") or self.proven:
            return
        known = self.value - core.base
        try:
            full = known > _NEAR_FULL * core.cover.weight.sum()
            # Near full coverage cuts stall. A few tell the exchanges where to look before the interior point is tried;
            # under a limit on time, in which that may not end, as many as there is time for.
            limited = self.clock.limit_left_s is not None
            step = self.clock.within(min(_CUTS_S, self.clock.left_s * (_CUTS_PART if full else 1.0)))
            many = {"rounds": _FEW} if full and not limited else {}
            relaxed, done = bounds.by_cuts(core, known, first.parts, clock=step, **many)
            self._certify(relaxed)
            if full:
                self._exchange(core, relaxed, trials=self.effort.trials, turn=len(_PARTS) + 1)
            if not self._tell("bound") and not done:
                inner = bounds.by_interior(core, clock=self.clock.within(self.clock.left_s * _INNER_PART))
                if inner is not None:
                    self._certify(inner)
        except SolverError:
            self.stopped = "solver"

    def narrow(self) -> None:
        """Exchange sites, guided by the bound, and drop those that no better plan contains, until nothing changes."""
        core, relaxed = self.core, self.relaxed
        for turn, part in enumerate(_PARTS):
            if self._tell("exchange") or self.proven or not core.price.size:
                break
            self._exchange(core, relaxed, trials=int(part * self.effort.trials), turn=turn)
            kept, taken = settled_sites(self.question, self.certificate.multipliers, self.value)
            keep, take = kept[core.sites], taken[core.sites]
            if keep.all() and not take.any():
                continue
            left = keep & ~take
            core, group = core.narrowed(keep, take)
            live = group >= 0
            multipliers = np.bincount(group[live], relaxed.multipliers[live], core.cover.weight.size).astype(np.float64)
            relaxed = bounds.Relaxed(multipliers, relaxed.parts[left], relaxed.bound)

    def _exchange(self, core: Core, relaxed: bounds.Relaxed, *, trials: int, turn: int) -> None:
        """Exchange among the sites that the bound makes much of, which are few, then once among all."""
        seed, goal = self.effort.seed + turn, self.certificate.bound
        likely = np.argsort(-bounds.worth_of(core, relaxed.multipliers), kind="stable")[: _LIKELY * core.slots]
        begin = [np.argsort(-relaxed.parts, kind="stable")[: core.slots], np.flatnonzero(self.chosen[core.sites])]
        for start in begin:
            first = exchange(core, paid(core, start), trials=0, seed=seed, clock=self.clock)
            self._offer(core, first)
            keep = relaxed.parts > _SOME
            keep[likely] = True
            keep[first] = True
            few, _group = core.narrowed(keep, np.zeros(keep.size, bool))
            second = exchange(
                few, (np.cumsum(keep) - 1)[first], trials=trials // len(begin), seed=seed, guide=relaxed.parts[keep],
                goal=goal, loose=_LOOSE, clock=self.clock)  # fmt: skip
            self._offer(core, exchange(core, np.flatnonzero(keep)[second], trials=0, seed=seed, clock=self.clock))
            if self._tell("exchange"):
                return

    def search(self) -> None:
        """Split what reduced costs leave into cases until each is bounded by the plan."""
        question = self.question
        keep, take = settled_sites(question, self.certificate.multipliers, self.value)
        inside = self.core.sites
        core, group = self.core.narrowed(keep[inside], take[inside])
        if not Branching.fits(core):
            return
        live = group >= 0
        multipliers = np.bincount(group[live], self.relaxed.multipliers[live], core.cover.weight.size)
        left = (keep & ~take)[inside]
        known = self.relaxed
        try:
            master = None if known.master is None else known.master.narrowed(core, left, group)
            relaxed = bounds.Relaxed(multipliers.astype(np.float64), known.parts[left], known.bound, master)
            work = Branching(question, core, relaxed, keep=keep, take=take, value=self.value)
            self.tree, _why = work.run(most=self.effort.parts, known=self.certificate.bound, clock=self.clock)
        except SolverError:
            self.stopped = "solver"
            return
        if question.better(work.value, self.value):
            self._offer(core, work.sites)

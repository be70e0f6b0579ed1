"""Find the best plans under the switches that have other sites: each leaves out some of every one before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.siting.alternatives import Alternative
from planner.siting.effort import Clock, Effort
from planner.siting.plans import Search
from planner.siting.schemes.neighbours import Beside, Neighbours
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.scheme import Goal, Scheme
from planner.siting.schemes.searching import Row, concluded, searched, with_rows
from planner.siting.schemes.starts import trimmed
from planner.siting.schemes.ties import Choice, cheaper
from planner.siting.tables import Bools, Floats
from planner.siting.trades import losses
from planner.solving import Answer, Program, SolverError, solve, solver_name

_TIED = 50_000  # entries up to which a search decides between equals
_TIE_NODES = 20


class Following:
    """The plans so far, and what the next must leave out.

    Parameters
    ----------
    plan
        A plan that holds.
    different
        In how many sites.
    effort
        Limits of the work for each.
    """

    def __init__(self, plan: SchemePlan, different: int, effort: Effort) -> None:
        self.plan, self.scheme, self.different, self.effort = plan, plan.scheme, different, effort
        self.written = plan.written
        self.clock = Clock()  # hears Ctrl-C; the limit on time is for each
        if plan.certificate is None:  # standing() has seen to it
            raise AssertionError
        self.multipliers = plan.certificate.multipliers
        first = self._needed((plan.opened, plan.flows))
        self.before = [self._sites(first)]
        self.bound, self.search = plan.bound, plan.search
        self.beside = [] if self.scheme.limited else self._beside(first[0])

    def _sites(self, choice: Choice) -> tuple[int, ...]:
        options = self.scheme.options
        return tuple(np.unique(options.site[choice[0][-1] & options.new]).tolist())

    def _needed(self, choice: Choice) -> Choice:
        """Leave out sites that add nothing: they are no difference. Under the goal of fairness they may serve."""
        scheme, (opened, flows) = self.scheme, choice
        if scheme.goal == "fairest":
            return choice
        if flows is None:
            return trimmed(scheme, opened), None
        one, options = opened.copy(), scheme.options
        idle = options.new & (np.bincount(flows.option, flows.amount, options.size) <= 0)
        for k in sorted(np.flatnonzero(opened[-1] & idle), key=lambda k: (-options.total_cost[k], -k)):
            less = one.copy()
            less[:, k] = False
            better = scheme.better(scheme.value(one, flows), scheme.value(less, flows))
            one = one if better or scheme.faults(less, flows) else less
        return one, flows

    def _beside(self, opened: Bools) -> list[Beside]:
        """Value what lies one exchange away: the next plan is no worse than the best of it that differs enough."""
        neighbours, new = Neighbours(self.written), opened[-1] & self.scheme.options.new
        return [neighbours.beside(opened, k) for k in np.flatnonzero(new).tolist()]

    def allowed(self, choice: Choice | None) -> bool:
        """Whether a choice stands and leaves out enough of every plan before."""
        if choice is None or self.scheme.faults(*choice):
            return False
        sites = set(self._sites(choice))
        return all(len(set(one) - sites) >= self.different for one in self.before)

    def _rows(self) -> list[Row]:
        options = self.scheme.options
        return [
            Row(np.flatnonzero(options.new & np.isin(options.site, one)), upper=float(len(one) - self.different))
            for one in self.before
        ]

    def following(self, limit_s: float | None) -> Alternative | None:
        """Find the next plan; None where there is none, or none was found.

        Parameters
        ----------
        limit_s
            Seconds.
        """
        scheme, clock = self.scheme, Clock(limit_s, outer=self.clock)
        must = scheme.required
        if any(sum(not must[j] for j in one) < self.different for one in self.before):
            return None
        best = self._start()
        if best is None or not scheme.proven(scheme.value(*best), self.bound):
            beyond = searched(self.written, self.multipliers, self._rows(), best, effort=self.effort, clock=clock)
            best = beyond.choice if self.allowed(beyond.choice) else best
            if best is not None and beyond.bound is not None:
                # Plans that leave out more are no better than those that leave out less.
                tight = min if scheme.most else max
                self.bound = tight(self.bound, beyond.bound)
                self.search = Search(solver_name(), (), self.bound)
        if best is None:
            return None
        best = self._settled(best, clock)
        plan = concluded(self.plan, best, seconds=clock.spent_s)
        bound = plan.value if scheme.proven(plan.value, self.bound) else self.bound
        proven = scheme.proven(plan.value, bound)
        search = None if self.search is None else replace(self.search, sites=plan.rows)
        one = Alternative(
            plan,
            plan.value,
            bound,
            "optimal" if proven else "gap",
            float(losses(scheme, self.plan.value, plan.value, same=1e-9 if scheme.whole else 1e-7)),
            tuple(one for one in plan.sites if one not in self.plan.sites),
            tuple(one for one in self.plan.sites if one not in plan.sites),
            tuple(self.before),
            self.different,
            search,
        )
        self.before.append(plan.rows)
        return one

    def _start(self) -> Choice | None:
        """Take the best exchange of one option, or the plan without one, that differs enough."""
        scheme, best = self.scheme, None
        sign = 1.0 if scheme.most else -1.0
        for beside in self.beside:
            tries = [opened for opened, first in beside.bases if not first]
            order = np.argsort(-sign * np.where(np.isnan(beside.values), -sign * np.inf, beside.values), kind="stable")
            for k in order.tolist():
                if np.isnan(beside.values[k]):
                    break
                if self.allowed(one := (beside.opened(k), None)):
                    tries.append(one[0])
                    break
            for opened in tries:
                choice: Choice = (opened, None)
                if not self.allowed(choice):
                    continue
                if best is None or scheme.better(scheme.value(*choice), scheme.value(*best)):
                    best = choice
        return best

    def _settled(self, choice: Choice, clock: Clock) -> Choice:
        """Better a choice by the declared order, its value unchanged; where fairness is the goal, first by elders."""
        scheme, written, multipliers = self.scheme, self.written, self.multipliers
        if scheme.goal == "fairest":
            second = _second(scheme, scheme.value(*choice))
            written = SchemeProgram(second)
            multipliers = np.zeros(written.program.row_lower.size)
            found = searched(written, multipliers, self._rows(), choice, effort=self.effort, clock=clock).choice
            choice = self._kept(choice, found, second)
        if not clock.over and written.program.column.size <= _TIED:
            try:
                found = cheaper(written, choice, multipliers, lambda program, start: self._tied(program, start, clock))
                choice = self._kept(choice, found, written.scheme)
            except SolverError:
                pass  # a tie less well decided is still a plan
        return self._kept(choice, self._needed(choice), written.scheme)

    def _tied(self, program: Program, start: Floats, clock: Clock) -> Answer:
        parted = with_rows(self.written, program, self._rows())
        return solve(
            parted, start=start, max_nodes=min(_TIE_NODES, self.effort.max_nodes), gap=1e-9, margin=1e-7,
            time_limit_s=clock.limit_left_s, watch=clock.watch)  # fmt: skip

    def _kept(self, choice: Choice, other: Choice | None, second: Scheme) -> Choice:
        """Take another choice where it differs enough and loses nothing, neither here nor by a second goal."""
        if other is None or not self.allowed(other):
            return choice
        lost = any(one.better(one.value(*choice), one.value(*other)) for one in (self.scheme, second))
        return choice if lost else other


def _second(scheme: Scheme, value: float) -> Scheme:
    """Ask for the most elders at the same least share."""
    floors = np.maximum(scheme.floors, np.where(scheme.district_weight > 0, value * (1 - 1e-9), 0.0))
    goal: Goal = "most" if len(scheme.scenarios) == 1 else "worst"
    return replace(scheme, goal=goal, floors=floors)

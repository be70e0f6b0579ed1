"""Solve a scheme: a greedy start, a bound by its linear relaxation, a search by HiGHS, and the declared tie-break."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.i18n import _
from planner.siting.effort import Clock, Effort, Hear
from planner.siting.plans import Search
from planner.siting.schemes.duals import RowCertificate, certify_rows, narrowed, reduced_costs, whole_bound
from planner.siting.schemes.exchanges import Exchanges
from planner.siting.schemes.plain import opened_of, question_of
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.reasons import reasons_after, reasons_before
from planner.siting.schemes.scheme import Goal, Scheme
from planner.siting.schemes.starts import greedy_starts, trimmed
from planner.siting.schemes.ties import Choice, better_twins, cheaper
from planner.siting.search.maxcover import solve_question
from planner.siting.siteplans import best_bound
from planner.siting.tables import Bools, Floats
from planner.solving import Answer, Program, SolverError, solve, solver_name

_INTERIOR = 100_000  # entries from which the interior point is quicker than the simplex
_CORE_NODES, _TIE_NODES = 200, 20  # how far the search among likely options, and the one for ties, may branch
_TIED = 50_000  # entries up to which a search decides between equals; beyond them twins are exchanged
_LIKELY = 0.02  # part of an option in the relaxation from which it is likely
_MORE = 0.5  # and so many more by reduced cost, for each likely one


def solve_scheme(
    scheme: Scheme, effort: Effort, *, progress: Hear | None = None, phase_names: tuple[str, ...] = ()
) -> SchemePlan:
    """Solve a scheme.

    Parameters
    ----------
    scheme, effort
        What is asked, and limits of the work.
    progress
        Told whenever plan or bound got better.
    phase_names
        Names of the phases.

    Returns
    -------
    SchemePlan
    """
    with effort.clock(progress) as clock:
        reasons, work = reasons_before(scheme), None
        if not reasons:
            work = _Work(scheme, effort, clock)
            if scheme.goal == "regret":
                work.aim_at_best()
            work.run()
            if work.impossible:
                reasons = reasons_after(scheme, effort, clock)
        if work is None or reasons or work.choice is None:
            nothing = np.repeat(~scheme.options.new[None, :], scheme.phases, axis=0)
            return SchemePlan(
                scheme=scheme, opened=nothing, status="infeasible" if reasons else "no_bound",
                reasons=reasons or (_("no plan was found within the limits"),),
                stopped=work.why if work and not reasons else "proven", seconds=clock.spent_s, seed=effort.seed,
                phase_names=phase_names)  # fmt: skip
        if not clock.over:
            work.settle()
        plan = work.plan(work.choice)
        clock.tell("end", plan.value, plan.bound, last=True)
        return replace(plan, seconds=clock.spent_s, seed=effort.seed, phase_names=phase_names)


def _best_alone(alone: Scheme, effort: Effort, clock: Clock) -> tuple[Bools | None, float, float]:
    """Find the best choice for one walker: what is open, what it is worth, and what none exceeds."""
    question = question_of(alone)
    if question is not None:
        plan = solve_question(question, effort, clock=clock)
        return opened_of(alone, plan.chosen), plan.value, plan.bound
    work = _Work(alone, effort, clock)
    work.run()
    value = 0.0 if work.choice is None else work.value
    top = work.certificate.bound if work.found is None else min(work.found, work.certificate.bound)
    return None if work.choice is None else work.choice[0], value, max(value, top)


class _Work:
    """The best choice so far and the best bound so far."""

    def __init__(self, scheme: Scheme, effort: Effort, clock: Clock) -> None:
        self.effort, self.clock = effort, clock
        self.choice: Choice | None = None
        self.found: float | None = None  # bound that a search ended with
        self.parts: Floats | None = None  # of the options in the relaxation
        self.impossible = False
        self.failed = False
        self._ask(scheme)

    def _ask(self, scheme: Scheme) -> None:
        self.scheme, self.written = scheme, SchemeProgram(scheme)
        self.certificate: RowCertificate = certify_rows(self.written, np.zeros(self.written.program.row_lower.size))

    @property
    def why(self) -> str:
        """What ended the work."""
        return "solver" if self.failed else self.clock.why

    @property
    def value(self) -> float:
        """Of the best choice; NaN before there is one."""
        return float("nan") if self.choice is None else self.scheme.value(*self.choice)

    @property
    def proven(self) -> bool:
        """Whether nothing is better than the best choice."""
        return self.choice is not None and self.scheme.proven(self.value, self.certificate.bound)

    def aim_at_best(self) -> None:
        """Find what each walker alone could have; it takes half of the time at most."""
        scheme, number = self.scheme, len(self.scheme.scenarios)
        limit_s = None if self.clock.limit_left_s is None else self.clock.left_s / (2 * number)
        known, ceiling, choices = np.zeros(number), np.zeros(number), []
        for q in range(number):
            reaches = tuple((row[q],) for row in scheme.reaches)
            alone = replace(scheme, goal="most", scenarios=(scheme.scenarios[q],), reaches=reaches)
            opened, known[q], ceiling[q] = _best_alone(alone, self.effort, self.clock.within(limit_s))
            choices += [] if opened is None else [opened]
        self._ask(replace(scheme, best=known, ceiling=ceiling))
        for opened in choices:
            self._offer_opened(opened)

    def run(self) -> None:
        """Start, bound and search."""
        self._begin(None)
        self.clock.tell("start", self.value, self.certificate.bound)
        try:
            if not self.clock.over:
                self._bound()
            if self.parts is not None and not self._ended:
                self._begin(self.parts.reshape(self.scheme.phases, -1))
                self.clock.tell("exchange", self.value, self.certificate.bound)
            for likely in (True, False):
                if not self._ended:
                    self._search(likely=likely)
        except SolverError:
            self.failed = True

    @property
    def _ended(self) -> bool:
        return self.impossible or self.proven or self.clock.over

    def _begin(self, guide: Floats | None) -> None:
        """Choose greedily, then exchange."""
        scheme, work = self.scheme, Exchanges(self.written, self.clock)
        for opened in greedy_starts(scheme, guide):
            if not scheme.limited and not scheme.faults(opened, None):
                opened = trimmed(scheme, opened)
                if work.of_use and not self.clock.over:
                    opened = work.better(opened, seed=self.effort.seed)
            self._offer_opened(opened)

    def _offer(self, choice: Choice) -> bool:
        """Take over a choice if it stands and is better; whether it stands."""
        if self.scheme.faults(*choice):
            return False
        if self.choice is None or self.scheme.better(self.scheme.value(*choice), self.value):
            self.choice = choice
        return True

    def _offer_opened(self, opened: Bools) -> None:
        """Offer what is open; with capacity, who is served where is found by one linear program."""
        self._offer((opened, self.written.filled(opened)))
        if not self.scheme.limited or self.clock.over:
            return
        program, size = self.written.program, opened.size
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[:size] = upper[:size] = opened.ravel()
        fixed = replace(program, lower=lower, upper=upper, integer=np.zeros(upper.size, bool))
        try:
            answer = solve(fixed, time_limit_s=self.clock.limit_left_s, watch=self.clock.watch)
        except SolverError:
            self.failed = True
            return
        if answer.x.size:
            self._offer((opened, self.written.flows(answer.x)))

    def _bound(self) -> None:
        """Bound by the linear relaxation."""
        program = self.written.program
        relaxed = replace(program, integer=np.zeros(program.cost.size, bool))
        answer = solve(
            relaxed, interior=program.column.size > _INTERIOR, time_limit_s=self.clock.limit_left_s,
            watch=self.clock.watch)  # fmt: skip
        self.impossible = answer.status == "infeasible" and self.choice is None
        if answer.status == "optimal":
            one = certify_rows(self.written, answer.row_dual)
            if not self.scheme.better(one.bound, self.certificate.bound):
                self.certificate, self.parts = one, answer.x[: self.written.k * self.scheme.phases]
        self.clock.tell("bound", self.value, self.certificate.bound)

    def _search(self, *, likely: bool) -> None:
        """Search by HiGHS from the best choice so far: among likely options, or all with which a plan may be better."""
        scheme, program = self.scheme, self.written.program
        start = None if self.choice is None else self.written.start(*self.choice)
        few = program
        if start is not None:
            few = narrowed(program, self.certificate.multipliers, most=float(program.cost @ start))
        if likely:
            kept = self._likely(few, start)
            if kept is None:
                return
            few = kept
        answer = self._solved(few, start, likely=likely)
        if answer.status == "infeasible" and not likely:
            self.impossible = self.choice is None
            self.failed = self.choice is not None  # not possible: the choice at hand keeps all rows
        if answer.x.size and not self._offer((self.written.opened(answer.x), self.written.flows(answer.x))):
            self.failed = True
        if not likely and np.isfinite(answer.bound):
            found = self.written.value_of(answer.bound)
            found = whole_bound(found, most=scheme.most) if scheme.whole else found
            if self.choice is not None:  # what was left out is in no better plan
                found = max(found, self.value) if scheme.most else min(found, self.value)
            self.found = found

    def _likely(self, program: Program, start: Floats | None) -> Program | None:
        """Keep options that are part of the relaxation or of the best choice, and some more; None where that is all."""
        if self.parts is None:
            return None
        options, size = self.scheme.options, self.parts.size
        likely = (self.parts > _LIKELY) | np.tile(~options.new, self.scheme.phases)
        if start is not None:
            likely |= start[:size] > 0.5
        live = program.upper[:size] > program.lower[:size]
        beside = np.where(live & ~likely, reduced_costs(program, self.certificate.multipliers)[:size], np.inf)
        order = np.argsort(beside, kind="stable")[: int(_MORE * likely.sum())]
        likely[order] = True
        if not (live & ~likely).any():
            return None
        upper = program.upper.copy()
        upper[:size][~likely] = program.lower[:size][~likely]
        return replace(program, upper=upper)

    def _watch(self, value: float, bound: float) -> bool:
        turn, known = self.written.value_of, self.certificate.bound
        return self.clock.tell("search", self.value if self.choice is not None else turn(value),
                               known if self.scheme.better(turn(bound), known) else turn(bound))  # fmt: skip

    def _solved(self, program: Program, start: Floats | None, *, likely: bool) -> Answer:
        whole, nodes, left_s = self.scheme.whole, self.effort.max_nodes, self.clock.limit_left_s
        if likely:
            nodes, left_s = min(_CORE_NODES, nodes), None if left_s is None else left_s / 2
        return solve(
            program, start=start, max_nodes=nodes, gap=0.0 if whole else 1e-9, margin=0.999 if whole else 5e-8,
            time_limit_s=left_s, watch=self._watch)  # fmt: skip

    def settle(self) -> None:
        """Better the choice by the declared order, its value unchanged: cost, then walking, then ids.

        Where fairness is the goal, first the most elders at the same least share.
        """
        if self.choice is None:
            return
        scheme, work = self.scheme, self
        try:
            if scheme.goal == "fairest":
                floors = np.maximum(scheme.floors, np.where(scheme.district_weight > 0, self.value * (1 - 1e-9), 0.0))
                goal: Goal = "most" if len(scheme.scenarios) == 1 else "worst"
                work = _Work(replace(scheme, goal=goal, floors=floors), self.effort, self.clock.within())
                work.choice = self.choice
                work.run()
                self._keep(work.choice, work.scheme)
            if not self.clock.over and work.written.program.column.size <= _TIED:
                found = cheaper(work.written, self.choice, work.certificate.multipliers, self._tied)
                self._keep(found, work.scheme)
        except SolverError:
            pass  # a tie less well decided is still a plan
        if not scheme.limited:
            self._keep((better_twins(work.scheme, trimmed(work.scheme, self.choice[0])), None), work.scheme)

    def _tied(self, program: Program, start: Floats) -> Answer:
        return solve(
            program, start=start, max_nodes=min(_TIE_NODES, self.effort.max_nodes), gap=1e-9, margin=1e-7,
            time_limit_s=self.clock.limit_left_s, watch=self.clock.watch)  # fmt: skip

    def _keep(self, other: Choice | None, second: Scheme) -> None:
        """Take another choice where it stands and loses nothing, neither here nor by a second goal."""
        if self.choice is None or other is None or self.scheme.faults(*other):
            return
        if any(one.better(one.value(*self.choice), one.value(*other)) for one in (self.scheme, second)):
            return
        self.choice = other

    def plan(self, choice: Choice) -> SchemePlan:
        """Make the plan."""
        scheme, certificate, found = self.scheme, self.certificate, self.found
        if scheme.goal == "regret":
            # The plan itself may do better for a walker than the best that was known for it alone.
            best = np.maximum(scheme.known_best, scheme.sums(*choice))
            ceiling = best if scheme.ceiling is None else np.maximum(scheme.ceiling, best)
            scheme = replace(scheme, best=best, ceiling=ceiling)
            certificate = certify_rows(SchemeProgram(scheme), certificate.multipliers)
        value = scheme.value(*choice)
        rows = tuple(np.unique(scheme.options.site[choice[0][-1] & scheme.options.new]).tolist())
        search = None
        if found is not None and not scheme.proven(value, certificate.bound):
            search = Search(solver_name(), rows, found)
        bound = best_bound(scheme, value, certificate, search=search)
        proven = scheme.proven(value, bound)
        return SchemePlan(
            scheme=scheme, opened=choice[0], flows=choice[1], status="optimal" if proven else "gap", value=value,
            bound=bound, certificate=certificate, search=search, stopped="proven" if proven else self.why)  # fmt: skip

"""Find the best plans that are different: each leaves out some sites of every one before it, and says what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.certificate import Certificate
from planner.siting.effort import Clock, Effort
from planner.siting.explaining import standing
from planner.siting.plans import Plan, Search, Status
from planner.siting.questions import Question
from planner.siting.schemes.plan import SchemePlan
from planner.siting.sideprograms import Written, coverage_program, median_program
from planner.siting.siteplans import SitePlan, conclude
from planner.siting.tables import Bools
from planner.siting.trades import bounds_with, losses, trimmed, values_with, without
from planner.solvers.programs import Program
from planner.solving import SolverError, solve, solver_name

if TYPE_CHECKING:
    from planner.siting.schemes.alternatives import Following
    from planner.siting.schemes.scheme import Scheme

_SAME = 1e-9  # share of a sum by which float64 may miss it
_SEARCHED = 400_000  # pairs beyond which a search finds nothing in a time anybody waits


@dataclass(frozen=True, eq=False)
class Alternative:
    """A plan that differs from a better one.

    Parameters
    ----------
    plan : SitePlan or SchemePlan
        The sites and what they are worth. Its own bound, status and certificate are those of the question as it was
        asked, so that ``plan.verify()`` needs no solver; ``bound`` and ``status`` here are of the narrower one.
    value
        What it is worth, in the plan's unit.
    bound
        No plan that differs from all before it is better: by the bound of the question, or by a search.
    status
        ``optimal``: none of those is better, and that is proven; ``gap``: none is better than ``bound``.
    loss
        Of value against the plan it is an alternative to; 0 for one that is as good.
    sites_in, sites_out : tuple
        New sites that the first plan does not have, and those of it that this one leaves out; ids, ascending.
    before : tuple of tuple of int
        Rows of the new sites of the plans that it differs from.
    different
        In how many sites.
    search : Search or None
        What a solver says; None where the bound of the question is enough.
    """

    plan: SitePlan | SchemePlan
    value: float
    bound: float
    status: Status
    loss: float
    sites_in: tuple[Any, ...]
    sites_out: tuple[Any, ...]
    before: tuple[tuple[int, ...], ...]
    different: int
    search: Search | None

    def doubts(self) -> tuple[str, ...]:
        """List what does not hold when it is computed anew from the table, without any solver."""
        plan, found = self.plan, list(self.plan.doubts())
        question: Question | Scheme = plan.question if isinstance(plan, SitePlan) else plan.scheme
        if any(len(set(one) - set(self.plan.rows)) < self.different for one in self.before):
            found.append(_("it does not differ enough from a plan before it"))
        if self.value != self.plan.value:
            found.append(_("its value is not that of its plan"))
        beyond = self.bound - self.value if question.most else self.value - self.bound
        if beyond < 0 or self.status != ("optimal" if question.proven(self.value, self.bound) else "gap"):
            found.append(_("the status does not follow from value and bound"))
        given = self.plan.bound if self.search is None else self.search.bound
        if not question.proven(self.value, self.bound) and self.bound != given:
            found.append(_("the bound is neither the plan's nor the search's"))
        return tuple(found)

    def verify(self) -> bool:
        """Tell whether all of it holds but what a solver says in ``search``."""
        return not self.doubts()


def alternatives(
    plan: Plan,
    number: int = 3,
    different: int = 1,
    *,
    effort: Effort | None = None,
    within_s: float | None = None,
) -> tuple[Alternative, ...]:
    """Find the best plans that differ from a plan and from each other.

    A plan differs from one before it if it leaves out at least so many of the new sites that that one needs; hence a
    plan and more sites that add nothing does not count as another one, and one with a twin in the place of a site does.
    Sites that must be chosen are in all of them.

    Parameters
    ----------
    plan
        Of maximum coverage, of covering, with any switches, or a p-median. Under the switches plans differ by their
        sites at the end of the last phase: one with the same sites in other ways, or for other uses, is not another.
    number
        How many at most; fewer come back where there are no more.
    different
        In how many sites.
    effort
        Limits of the search for each; left out, as usual with the plan's seed.
    within_s
        Seconds for all of them together, shared evenly between those that are yet to be found; None for no limit.

    Returns
    -------
    tuple of Alternative
        The best first; those that differ in one site and are equal by cost, walking time and ids, as far as exchanges
        of one site lead to them.

    Raises
    ------
    InputError
        There is no plan, it does not hold, or it is a p-center: very many plans share one longest walk.

    Examples
    --------
    B and C serve the same homes:

    >>> from planner.siting import MaxCover, Reach
    >>> far = np.nan
    >>> reach = Reach.of_matrix([[300, far, far, far], [far, 500, 90, far], [far, 200, 80, 400]],
    ...     list("xyz"), list("ABCD"))
    >>> plan = MaxCover(sites=2).solve_table(reach, [50, 30, 40])
    >>> plan.sites
    ('A', 'C')
    >>> [(one.plan.sites, one.value, one.status, one.loss, one.sites_out) for one in alternatives(plan, 2)]
    [(('A', 'B'), 120.0, 'optimal', 0.0, ('C',)), (('A', 'D'), 90.0, 'optimal', 30.0, ('C',))]
    """
    plan = standing(plan)
    if plan.model == "p_center":
        text = _("a p-center has no alternatives worth naming: very many plans share one longest walk")
        raise InputError(Fault(text, todo=_("ask for those of a p-median or of a covering plan")))
    wrong = [
        Fault(_("{name} is {value}").format(name=name, value=value), todo=_("give a whole number of 1 or more"))
        for name, value in (("number", number), ("different", different))
        if value < 1 or value != int(value)
    ]
    if wrong:
        raise InputError(wrong)
    effort = Effort(seed=plan.seed) if effort is None else effort
    if isinstance(plan, SchemePlan):
        from planner.siting.schemes.alternatives import Following

        return tuple(_each(Following(plan, different, effort), number, within_s))
    work, question = _Work(plan, different, effort), plan.question
    found = _each(work, number, within_s)
    # Equal ones may change places where all is proven and one site makes the difference, as it then does both ways.
    if different == 1 and all(one.status == "optimal" for one in found):
        found.sort(key=lambda one: question.key(np.isin(np.arange(question.price.size), one.plan.rows)))
        rows = [work.before[0], *(one.plan.rows for one in found)]
        found = [replace(one, before=tuple(rows[: place + 1])) for place, one in enumerate(found)]
    return tuple(found)


def _each(work: _Work | Following, number: int, within_s: float | None) -> list[Alternative]:
    """Find one plan after the other, each within its share of the time."""
    found: list[Alternative] = []
    shared = Clock(within_s)
    with work.clock:
        while len(found) < number and not work.clock.interrupted:
            one = work.following(shared.share(number - len(found), work.effort.time_limit_s))
            if one is None:
                break
            found.append(one)
    return found


class _Work:
    """The plans so far, and what the next must leave out."""

    def __init__(self, plan: SitePlan, different: int, effort: Effort) -> None:
        self.plan, self.question, self.different, self.effort = plan, plan.question, different, effort
        self.clock = Clock()  # hears Ctrl-C; the limit on time is for each
        # Sites that the plan does not need are no difference.
        self.before = [tuple(np.flatnonzero(trimmed(plan.question, plan.chosen)).tolist())]
        self.bound = plan.bound
        if plan.certificate is None:  # standing() has seen to it
            raise AssertionError
        self.certificate: Certificate = plan.certificate
        self.ceiling = bounds_with(self.question, self.certificate)

    def allowed(self, chosen: Bools) -> bool:
        """Whether a choice stands and leaves out enough of every plan before."""
        enough = all(int((~chosen[list(one)]).sum()) >= self.different for one in self.before)
        return enough and not self.question.faults(chosen)

    def following(self, limit_s: float | None) -> Alternative | None:
        """Find the next plan; None where there is none, or none was found."""
        clock, question = Clock(limit_s, outer=self.clock), self.question
        if any(int((~question.required[list(one)]).sum()) < self.different for one in self.before):
            return None
        best, search = self._start(), None
        if best is None or not question.proven(question.value(best), self.bound):
            best, search = self._searched(best, clock)
        if best is None:
            return None
        best = self._settled(trimmed(question, best))
        value = question.value(best)
        if search is not None:
            rows = tuple(np.flatnonzero(best).tolist())
            search = replace(search, sites=rows)
            self.bound = search.bound
        bound = value if question.proven(value, self.bound) else self.bound
        plan = self._plan(best, clock)
        one = Alternative(
            plan,
            value,
            bound,
            "optimal" if question.proven(value, bound) else "gap",
            float(losses(question, self.plan.value, value)),
            tuple(one for one in plan.sites if one not in self.plan.sites),
            tuple(one for one in self.plan.sites if one not in plan.sites),
            tuple(self.before),
            self.different,
            search,
        )
        self.before.append(plan.rows)
        return one

    def _plan(self, chosen: Bools, clock: Clock) -> SitePlan:
        """Make the plan, with the proofs of the question as it was asked, as far as they hold for this value."""
        same = self.question.value(chosen) == self.plan.value
        found = None if self.plan.search is None else self.plan.search.bound
        plan = conclude(
            self.question, chosen, self.certificate, tree=self.plan.tree if same else None, found=found,
            seconds=clock.spent_s, seed=self.effort.seed)  # fmt: skip
        return replace(plan, circles=self.plan.circles)

    def _start(self) -> Bools | None:
        """Leave out sites of the plans before, each in turn the first, and fill up with what does best."""
        question, best = self.question, None
        key: tuple[Any, ...] = ()
        for rows in {self.before[0], self.before[-1]}:
            for first in rows:
                if question.required[first]:
                    continue
                one = self._filled(self._out(first))
                if one is not None and (best is None or question.key(one) < key):
                    best, key = one, question.key(one)
        return best

    def _out(self, first: int) -> Bools:
        """Mark sites that are left out: one, and of every plan before those that reach fewest, until it is enough."""
        question, out = self.question, np.zeros(self.question.price.size, bool)
        out[first] = True
        size = np.diff(question.reach.indptr)
        for rows in self.before:
            droppable = [j for j in rows if not question.required[j]]
            for j in sorted(droppable, key=lambda j: (not out[j], size[j], j))[: self.different]:
                out[j] = True
        return out

    def _filled(self, out: Bools) -> Bools | None:
        """Fill up the first plan without some sites by what does best, as long as anything betters it."""
        question = self.question
        chosen = self.plan.chosen & ~out
        inside = replace(question, forbidden=question.forbidden | out)
        stands = not question.faults(chosen)
        while True:
            values = values_with(inside if question.model != "cover" else replace(inside, model="max_cover"), chosen)
            if question.model == "cover" and stands:
                break
            value = self._worth(chosen)
            gain = np.nan_to_num(values - value if question.model in {"max_cover", "cover"} else value - values)
            if question.model == "cover":  # the most elders per price
                gain /= np.maximum(question.price, 1e-12)
            if not np.isfinite(values).any() or gain.max(initial=0.0) <= _SAME * max(1.0, abs(value)):
                break
            chosen[int(np.argmax(gain))] = True
            stands = not question.faults(chosen)
        return trimmed(question, chosen) if stands and self.allowed(chosen) else None

    def _worth(self, chosen: Bools) -> float:
        """Value a choice that need not stand: of covering what is within reach."""
        question = self.question
        value = (replace(question, model="max_cover") if question.model == "cover" else question).value(chosen)
        return value if np.isfinite(value) else 1e300

    def _settled(self, chosen: Bools) -> Bools:
        """Exchange equals by the declared order (value, cost, walking, ids)."""
        question, best, key = self.question, chosen, self.question.key(chosen)
        for _turn in range(int(chosen.sum()) + 1):
            begin = best
            for j in np.flatnonzero(begin & ~question.required).tolist():
                rest = without(begin, j)
                values = values_with(question, rest)
                values[j] = np.nan
                lost = losses(question, question.value(best), np.where(np.isnan(values), np.inf, values))
                for other in np.flatnonzero(np.isfinite(values) & (lost <= 0)).tolist():
                    one = rest.copy()
                    one[other] = True
                    if self.allowed(one) and (better := question.key(one)) < key:
                        best, key = one, better
            if best is begin:
                break
        return best

    def _searched(self, start: Bools | None, clock: Clock) -> tuple[Bools | None, Search | None]:
        """Search by HiGHS, among the sites with which a plan could be better than the one known."""
        question = self.question
        keep = np.isfinite(self.ceiling)
        if start is not None:
            known = question.value(start)
            keep &= [question.better(float(one), known) for one in self.ceiling]
            keep |= start & question.free
        written = (
            median_program(question, keep, start)
            if question.model == "p_median"
            else coverage_program(question, keep, start)
        )
        if written.pairs > _SEARCHED:
            return start, None
        whole = question.whole
        gap, margin = (0.0, 0.999) if whole else (1e-10, _SAME)
        try:
            answer = solve(
                self._parted(written), start=written.begin, max_nodes=self.effort.max_nodes, gap=gap, margin=margin,
                time_limit_s=clock.limit_left_s, watch=lambda _value, _bound: clock.over)  # fmt: skip
        except SolverError:
            return start, None
        best = start
        if answer.x.size:
            one = question.required & ~question.existing
            one[written.sites[answer.x[: written.sites.size] > 0.5]] = True
            if self.allowed(one) and (best is None or question.better(question.value(one), question.value(best))):
                best = one
        if best is None:
            return None, None
        best = trimmed(question, best)
        value = question.value(best)
        bound = self.bound if not np.isfinite(answer.bound) else written.value(answer.bound, most=question.most)
        if whole:
            bound = float(np.floor(bound + 1e-6) if question.most else np.ceil(bound - 1e-6))
        stated = written.value(answer.value, most=question.most) if answer.x.size else np.nan
        if answer.status == "infeasible" or (
            answer.status == "optimal" and abs(stated - value) <= 1e-6 * max(1.0, abs(value))
        ):
            bound = value
        # Plans with other sites are no better than the one known at first, hence than this one.
        tight, loose = (min, max) if question.most else (max, min)
        return best, Search(solver_name(), (), tight(self.bound, loose(value, bound)))

    def _parted(self, written: Written) -> Program:
        """Add to a program that enough of every plan before is left out."""
        place = np.full(self.question.price.size, -1)
        place[written.sites] = np.arange(written.sites.size)
        entries = list(written.entries)
        most: list[float] = []
        for rows in self.before:
            inside = [int(place[j]) for j in rows if place[j] >= 0]
            droppable = sum(not self.question.required[j] for j in rows)
            entries.append((np.full(len(inside), len(written.row_upper) + len(most)), np.array(inside, np.int64), 1.0))
            most.append(float(droppable - self.different))
        program = Program.of(
            cost=written.cost,
            upper=np.ones(written.cost.size),
            integer=np.arange(written.cost.size) < written.sites.size,
            row_lower=np.concatenate([written.row_lower, np.full(len(most), -np.inf)]),
            row_upper=np.concatenate([written.row_upper, most]),
            entries=entries,
        )
        return replace(program, lower=written.lower)

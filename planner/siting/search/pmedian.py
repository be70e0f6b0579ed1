"""Choose sites so that all elders together walk least to the nearest of them, and prove it.

References
----------
Beasley 1985, "A note on solving large p-median problems", doi:10.1016/0377-2217(85)90040-2 (the Lagrangian).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.i18n import _
from planner.siting import kernels
from planner.siting.asking import short_of, too_few
from planner.siting.certificate import Certificate, certify
from planner.siting.effort import Clock, Effort
from planner.siting.plans import Status
from planner.siting.questions import Question
from planner.siting.siteplans import SitePlan, conclude, hopeless
from planner.siting.tables import Bools, Floats, Ints, Rows
from planner.solving import Program, SolverError, solve

_ROUNDS, _PATIENCE = 6_000, 40  # of the subgradient
_TRIALS = 300
_SEARCHED = 400_000  # pairs left beyond which a search finds nothing in a time anybody waits


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Who may serve whom at what cost: by site and by demand, and what serving costs without any of these sites."""

    site_indptr: Ints
    demand: Rows
    cost: Floats
    demand_indptr: Ints
    site: Rows
    price: Floats
    spare: Floats
    sites: Ints

    @classmethod
    def of(cls, demand: Rows, site: Rows, cost: Floats, spare: Floats, sites: Ints) -> _Pairs:
        """Sort pairs, given by site, both ways."""
        indptr = np.concatenate([[0], np.cumsum(np.bincount(site, minlength=sites.size), dtype=np.int64)])
        by_demand, of_site, entry = kernels.transpose(indptr, demand, spare.size)
        return cls(indptr, demand, cost, by_demand, of_site, cost[entry], spare, sites)

    @property
    def site_of(self) -> Rows:
        """Row of the site of each pair by site."""
        return np.repeat(np.arange(self.sites.size, dtype=np.int32), np.diff(self.site_indptr))


def _pairs(question: Question) -> tuple[_Pairs, Ints]:
    """Strip a question: demand that counts, free sites, pairs that are better than what stands."""
    reach = question.reach
    rows = np.flatnonzero(question.weight > 0)
    position = np.full(question.weight.size, -1, np.int64)
    position[rows] = np.arange(rows.size)
    spare = (question.weight[rows] * question.shortest(question.fixed)[rows]).astype(np.float64)
    sites = np.flatnonzero(question.free)
    column = np.full(question.price.size, -1, np.int64)
    column[sites] = np.arange(sites.size)
    demand, site = position[reach.demand], column[reach.site]
    cost = question.weight[reach.demand] * reach.seconds
    keep = (demand >= 0) & (site >= 0)
    keep[keep] = cost[keep] < spare[demand[keep]]
    pairs = _Pairs.of(demand[keep].astype(np.int32), site[keep].astype(np.int32), cost[keep], spare, sites)
    return pairs, rows


def solve_median(question: Question, effort: Effort, *, clock: Clock | None = None) -> SitePlan:
    """Solve a p-median question: exchanges, the Lagrangian bound, and a search of what its reduced costs leave open.

    Parameters
    ----------
    question, effort
        What is asked, and limits of the work.
    clock
        That runs already.
    """
    with clock or effort.clock() as clock:
        plan = _solved(question, effort, clock)
        clock.tell("end", plan.value, plan.bound, last=True)
        return plan


def _solved(question: Question, effort: Effort, clock: Clock) -> SitePlan:
    if reasons := short_of(question):
        return hopeless(question, reasons, seconds=clock.spent_s, seed=effort.seed)
    work = _Work(question, effort, clock)
    if work.stands:
        work.bound()
    if not work.proven and not clock.over:
        work.search()
    if not work.stands:
        reason = too_few(question) if work.impossible else _("no plan was found within the limits")
        status: Status = "infeasible" if work.impossible else "no_bound"
        stopped = "proven" if work.impossible else clock.why
        return hopeless(question, (reason,), seconds=clock.spent_s, seed=effort.seed, status=status, stopped=stopped)
    return conclude(
        question, work.chosen, work.certificate, found=work.found, stopped=work.stopped or clock.why,
        seconds=clock.spent_s, seed=effort.seed)  # fmt: skip


class _Work:
    """The best choice so far and the best bound so far."""

    def __init__(self, question: Question, effort: Effort, clock: Clock) -> None:
        self.question, self.effort, self.clock = question, effort, clock
        self.pairs, self.rows = _pairs(question)
        self.slots = min(int(question.left), self.pairs.sites.size)
        self.found: float | None = None
        self.stopped, self.impossible, self.paid = "", False, 0.0
        self.chosen = question.required & ~question.existing
        self.value = question.value(self.chosen)
        self.multipliers = np.zeros(self.rows.size)
        self.certificate: Certificate = certify(question, np.zeros(question.weight.size))
        # Serving somebody without a site costs more than any plan that serves everybody.
        finite = np.isfinite(self.pairs.spare)
        self.far = 2.0 * (float(self.pairs.cost.max(initial=0.0)) + 1.0) * max(1, self.rows.size)
        self.spare = np.where(finite, self.pairs.spare, self.far)
        self._exchange(np.ones(self.pairs.sites.size, bool), effort.seed)
        self._tell("start")

    def _tell(self, stage: str) -> bool:
        return self.clock.tell(stage, self.value if self.stands else np.nan, self.certificate.bound)

    @property
    def stands(self) -> bool:
        return bool(np.isfinite(self.value))

    @property
    def proven(self) -> bool:
        return self.stands and self.question.proven(self.value, self.certificate.bound)

    def _offer(self, sites: Ints) -> None:
        chosen = self.question.required & ~self.question.existing
        chosen[self.pairs.sites[sites]] = True
        value = self.question.value(chosen)
        if np.isfinite(value) and (not self.stands or self.question.better(value, self.value)):
            self.chosen, self.value = chosen, value

    def _exchange(self, allowed: Bools, seed: int) -> None:
        if not self.slots:
            return
        one = self.pairs
        noise = np.random.default_rng(seed).random((min(_TRIALS, self.effort.trials), 8))
        best, _total = self.clock.run(
            kernels.median_climb, one.site_indptr, one.demand, one.cost, one.demand_indptr, one.site, one.price,
            self.spare, self.slots, allowed, noise)  # fmt: skip
        self._offer(best)

    def bound(self) -> None:
        """Raise the Lagrangian bound; exchange once more among the sites it leaves open."""
        one = self.pairs
        start = np.minimum(self.spare, self._nearest())
        for _turn in range(2):
            multipliers, _bound = self.clock.run(
                kernels.median_ascend, one.site_indptr, one.demand, one.cost, self.spare, self.slots, self.value, start,
                _ROUNDS, _PATIENCE)  # fmt: skip
            spread = np.zeros(self.question.weight.size)
            spread[self.rows] = multipliers
            certificate = certify(self.question, spread)
            if certificate.bound >= self.certificate.bound:
                self.certificate, self.multipliers = certificate, multipliers
            if self._tell("bound") or self.proven:
                return
            value = self.value
            keep, _take, _saving = self._open()
            self._exchange(keep, self.effort.seed + 1)
            if self.value == value:
                return
            start = self.multipliers

    def _nearest(self) -> Floats:
        walk = self.question.shortest(self.chosen | self.question.existing)[self.rows]
        return np.asarray(walk * self.question.weight[self.rows])

    def _open(self) -> tuple[Bools, Bools, tuple[float, Floats]]:
        """Tell by reduced costs which sites a better plan may contain and which it must."""
        one, u = self.pairs, self.multipliers
        less = np.minimum(0.0, one.cost - u[one.demand])
        saving = np.bincount(one.site_of, less, one.sites.size)
        order = np.argsort(saving, kind="stable")
        inside = np.zeros(saving.size, bool)
        inside[order[: self.slots]] = True
        low = float(np.minimum(u, self.spare).sum() + saving[inside].sum())
        last = float(saving[inside].max()) if self.slots else 0.0
        following = float(saving[~inside].min(initial=0.0)) if (~inside).any() else 0.0
        room = self.value - low + 1e-7 * max(1.0, abs(self.value)) * 1e-3
        extra = np.where(inside, 0.0, saving - last)
        take = inside & (following - saving > room)
        return extra <= room, take, (low, extra)

    def search(self) -> None:
        """Search what reduced costs leave open by HiGHS: sites, and who may be served by which."""
        one, question = self.pairs, self.question
        keep, take, (low, extra) = self._open() if self.stands else self._everything()
        room = self.value - low + 1e-7 * max(1.0, abs(low)) * 1e-3
        u = self.multipliers
        needed = np.maximum(0.0, one.cost - u[one.demand]) + extra[one.site_of]
        entry = keep[one.site_of] & (needed <= room)
        without = np.isfinite(one.spare) & (np.maximum(0.0, one.spare - u) <= room)
        if entry.sum() > _SEARCHED:
            return
        program, start = self._program(entry, without, keep, take)
        whole, value, sure = question.whole, self.value, self.certificate.bound
        try:
            answer = solve(
                program,
                start=start if self.stands and start.size else None,
                max_nodes=self.effort.max_nodes,
                gap=0.0 if whole else 1e-10,
                margin=0.999 if whole else 1e-9 * max(1.0, abs(low)),
                presolve=False,
                time_limit_s=self.clock.limit_left_s,
                watch=lambda found, least: self.clock.tell(
                    "search", min(value, found + self.paid), max(sure, min(least + self.paid, value))
                ),
            )
        except SolverError:
            self.stopped = "solver"
            return
        if answer.x.size:
            self._offer(np.flatnonzero(answer.x[: one.sites.size] > 0.5))
        if answer.status == "infeasible":
            self.impossible = not self.stands
            self.found = self.value if self.stands else None
        elif answer.status == "optimal":
            self.found = self.value
        elif np.isfinite(answer.bound):
            bound = answer.bound + self.paid
            self.found = min(self.value, float(np.ceil(bound - 1e-6)) if whole else bound)

    def _everything(self) -> tuple[Bools, Bools, tuple[float, Floats]]:
        m = self.pairs.sites.size
        return np.ones(m, bool), np.zeros(m, bool), (-np.inf, np.zeros(m))

    def _program(self, entry: Bools, without: Bools, keep: Bools, take: Bools) -> tuple[Program, Floats]:
        """Write how far each has to go: columns are the sites, then for each demand and cost whether it goes further.

        Who finds no open site at one cost goes on to the next (Garcia, Labbe and Marin 2011,
        doi:10.1287/ijoc.1100.0418): further(k) + open sites at cost k >= further(k - 1). Beyond the last cost nobody
        goes, unless served without.

        Returns
        -------
        Program, float64 array
            The best plan as a solution; empty where reduced costs exclude it already.
        """
        one = self.pairs
        m, n = one.sites.size, self.rows.size
        demand, site, cost = one.demand[entry], one.site_of[entry], one.cost[entry]
        order = np.lexsort((cost, demand))
        demand, site, cost = demand[order], site[order], cost[order]
        new = np.ones(demand.size, bool)
        new[1:] = (demand[1:] != demand[:-1]) | (cost[1:] > cost[:-1])
        level = np.cumsum(new) - 1
        owner, at = demand[new], cost[new]
        first = np.ones(owner.size, bool)
        first[1:] = owner[1:] != owner[:-1]
        last = np.roll(first, -1) if owner.size else first
        # What going further costs: the step to the next cost, or to being served without any of the sites.
        beyond = np.append(at[1:], 0.0)
        beyond[last] = np.where(without, one.spare, np.inf)[owner[last]]
        stuck = ~np.isfinite(beyond)
        beyond[stuck] = at[stuck]
        levels, rest = owner.size, np.flatnonzero(~first)
        row = np.concatenate([np.arange(levels), rest, level, np.full(m, levels)])
        column = np.concatenate([m + np.arange(levels), m + rest - 1, site, np.arange(m)])
        number = np.concatenate([np.ones(levels), -np.ones(rest.size), np.ones(demand.size), np.ones(m)])
        by_row = np.argsort(row, kind="stable")
        upper = np.concatenate([keep.astype(np.float64), np.where(stuck, 0.0, 1.0)])
        # The first cost is paid by everybody, the spare by those who have no pair left: neither is part of the choice.
        program = Program(
            cost=np.concatenate([np.zeros(m), beyond - at]),
            lower=np.concatenate([take.astype(np.float64), np.zeros(levels)]),
            upper=upper,
            integer=np.arange(upper.size) < m,
            row_lower=np.concatenate([first.astype(np.float64), [-np.inf]]),
            row_upper=np.concatenate([np.full(levels, np.inf), [float(self.slots)]]),
            indptr=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=levels + 1))]),
            column=column[by_row],
            coefficient=number[by_row],
        )
        paired = np.zeros(n, bool)
        paired[owner] = True
        self.paid = float(at[first].sum() + self.spare[~paired].sum())
        nearest = np.full(n, np.inf)
        chosen = self.chosen[one.sites]
        np.minimum.at(nearest, demand[chosen[site]], cost[chosen[site]])
        start = np.concatenate([chosen.astype(np.float64), nearest[owner] > at])
        return program, start if (start <= upper).all() else np.zeros(0)

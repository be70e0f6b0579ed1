"""Hold a plan for one service: the new sites, what they are worth, the bound, and the proof of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.i18n import _
from planner.siting.certificate import Certificate, certified
from planner.siting.plans import Aim, Plan, Search, Status, Unit
from planner.siting.questions import Model, Question
from planner.siting.search.cores import twins_of
from planner.siting.tables import Bools, Reach
from planner.siting.trees import Tree, tree_bound
from planner.solving import solver_name

if TYPE_CHECKING:
    import pandas as pd

    from planner.siting.effort import Effort
    from planner.siting.explaining import Explanation
    from planner.siting.schemes.duals import RowCertificate
    from planner.siting.schemes.scheme import Scheme


@dataclass(frozen=True, eq=False, kw_only=True)
class SitePlan(Plan):
    """A choice of sites for one service, under a number of sites or a budget.

    Parameters
    ----------
    question : Question
        What was asked, with the table it was asked of.
    rows : tuple of int
        The new sites, rows in the table.
    certificate : Certificate or None
        Multipliers that prove a bound.
    tree : Tree or None
        A proof by cases beyond it.
    search : Search or None
        What a solver says beyond it.

    The others as in `planner.siting.Plan`.

    Examples
    --------
    >>> from planner.siting import MaxCover, Reach
    >>> reach = Reach.of_matrix([[300.0, np.nan], [500.0, 200.0]], ["home 1", "home 2"], ["A", "B"])
    >>> plan = MaxCover(sites=1).solve_table(reach, [30, 40])
    >>> plan.status, plan.sites, plan.value, plan.bound, plan.gap, plan.verify()
    ('optimal', ('A',), 70.0, 70.0, 0.0, True)
    """

    question: Question
    rows: tuple[int, ...] = ()
    certificate: Certificate | None = None
    tree: Tree | None = None
    search: Search | None = None

    @property
    def model(self) -> Model:
        """The kind of question."""
        return self.question.model

    @property
    def most(self) -> bool:
        """Whether more is better."""
        return self.question.most

    @property
    def aim(self) -> Aim:
        """What is made as large or as small as can be."""
        aims: dict[Model, Aim] = {
            "max_cover": "covers", "cover": "takes", "p_median": "walking", "p_center": "longest"}  # fmt: skip
        return aims[self.model]

    @property
    def unit(self) -> Unit:
        """What ``value`` and ``bound`` count."""
        if self.model == "cover":
            return "money" if self.question.by_cost else "sites"
        units: dict[Model, Unit] = {"max_cover": "elders", "p_median": "person_seconds", "p_center": "seconds"}
        return units[self.model]

    @property
    def sites(self) -> tuple[Any, ...]:
        """Ids of the new sites, ascending."""
        return tuple(self.question.reach.site_ids[list(self.rows)].tolist())

    @property
    def chosen(self) -> Bools:
        """The new sites, shape (m,)."""
        chosen = np.zeros(self.question.price.size, bool)
        chosen[list(self.rows)] = True
        return chosen

    @property
    def cost(self) -> float:
        """Money that the new sites cost; NaN where that of one of them is not known."""
        return float(self.question.money[list(self.rows)].sum())

    @property
    def elders(self) -> float:
        """Weight of all demand."""
        return float(self.question.weight.sum()) + self.question.apart

    @cached_property
    def counted(self) -> Question:
        """The question with the walks by which elders are counted: for a mean or longest walk those of the circle."""
        if self.question.model in {"max_cover", "cover"} or not self.circles:
            return self.question
        return replace(self.question, reach=self.question.reach.within(self.circles[0].limit_s))

    @cached_property
    def elders_before(self) -> float:
        """Weight that existing sites reach."""
        return float(self.question.weight[self.counted.covered(self.question.existing)].sum())

    @cached_property
    def elders_added(self) -> float:
        """Weight that only the new sites reach."""
        stands = self.chosen | self.question.existing
        return float(self.question.weight[self.counted.covered(stands)].sum()) - self.elders_before

    @cached_property
    def elders_uncoverable(self) -> float:
        """Weight that neither an existing site nor any that may be chosen reaches."""
        could = self.question.fixed | self.question.free
        return float(self.question.weight[~self.counted.covered(could)].sum()) + self.question.apart

    @cached_property
    def twins(self) -> dict[Any, tuple[Any, ...]]:
        """For each new site, by id, the others that reach the same demand: they would do as well."""
        ids, twins = self.question.reach.site_ids, twins_of(self.question)
        return {ids[j].item(): tuple(ids[twins[j]].tolist()) for j in self.rows if j in twins}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per new site, in the order in which they add most: order, elders_added, elders_total, cost_cny."""
        import pandas as pd

        question, reach = self.counted, self.counted.reach
        covered, left = question.covered(question.existing), list(self.rows)
        rows: list[tuple[Any, int, float, float, float]] = []
        while left:
            adds = {j: reach.demand[reach.indptr[j] : reach.indptr[j + 1]] for j in left}
            worth = {j: float(question.weight[mine[~covered[mine]]].sum()) for j, mine in adds.items()}
            best = max(left, key=lambda j: (worth[j], -j))
            total = float(question.weight[adds[best]].sum())
            rows.append((reach.site_ids[best], len(rows) + 1, worth[best], total, float(question.money[best])))
            covered[adds[best]] = True
            left.remove(best)
        columns = ["candidate_id", "order", "elders_added", "elders_total", "cost_cny"]
        return pd.DataFrame(rows, columns=columns).set_index("candidate_id")

    def doubts(self) -> tuple[str, ...]:
        """List what of the plan does not hold when it is computed anew from the table, without any solver.

        Examples
        --------
        >>> from planner.siting import MaxCover, Reach
        >>> plan = MaxCover(sites=1).solve_table(Reach.of_matrix([[300.0, np.nan], [500.0, 200.0]]), [30, 40])
        >>> from planner.i18n import language
        >>> with language("en"):
        ...     replace(plan, value=80.0).doubts()[0]
        'the sites are worth 70 and not 80'
        """
        question = self.question
        if self.status == "infeasible":
            return () if not self.rows and self.reasons and np.isnan(self.value) else (_("no reasons are given"),)
        found = question.faults(self.chosen)
        value = question.value(self.chosen)
        if not np.isclose(value, self.value, rtol=1e-12, atol=0):
            found.append(_("the sites are worth {value:g} and not {stated:g}").format(value=value, stated=self.value))
        if self.certificate is None:
            found += [_("there is no certificate")] if self.status != "no_bound" else []
            return tuple(found)
        one = self.certificate
        again = certified(question, one.multipliers, rate=one.rate, radius=one.radius)
        if not np.isclose(again, one.bound, rtol=1e-12, atol=0):
            text = _("the certificate proves {again:g} and not {stated:g}")
            found.append(text.format(again=again, stated=one.bound))
        if one.digest() != one.seal:
            found.append(_("the certificate was changed after it was made"))
        if self.search is not None and self.search.sites != self.rows:
            found.append(_("the search proved another plan"))
        if self.tree is not None and (
            self.tree.digest() != self.tree.seal
            or tree_bound(question, one.multipliers, self.tree, self.value) > self.tree.bound
        ):
            found.append(_("the proof by cases does not hold"))
        if self.bound != best_bound(question, self.value, one, tree=self.tree, search=self.search):
            found.append(_("the bound is neither the certificate's nor the search's"))
        if self.status != ("optimal" if question.proven(self.value, self.bound) else "gap"):
            found.append(_("the status does not follow from value and bound"))
        if question.better(self.value, one.bound):
            found.append(_("the value is better than the bound"))
        return tuple(found)

    def explain(self, *, exact: bool = False, effort: Effort | None = None, table: Reach | None = None) -> Explanation:
        """Tell what each site adds and what could replace it, what each other one would cost, and who is left out.

        See `planner.siting.explaining.explain`.
        """
        from planner.siting.explaining import explain

        return explain(self, exact=exact, effort=effort, table=table)

    def as_record(self) -> dict[str, Any]:
        """Give what plan.json holds, as plain numbers and text."""
        return {
            "model": self.model,
            "status": self.status,
            "sites": list(self.sites),
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "cost": None if np.isnan(self.cost) else self.cost,
            "elders_before": self.elders_before,
            "elders_added": self.elders_added,
            "elders_uncovered": self.elders_uncovered,
            "elders_uncoverable": self.elders_uncoverable,
            "cases": len(self.tree.leaves) if self.tree else 1,
            "stopped": self.stopped,
            "seconds": self.seconds,
            "seed": self.seed,
            "tie_break": list(self.tie_break),
            "solver": self.search.solver if self.search else solver_name(),
            "reasons": list(self.reasons),
            "python": platform.python_version(),
            "certificate": None
            if self.certificate is None
            else {
                "bound": self.certificate.bound,
                "seal": self.certificate.seal,
                "rate": self.certificate.rate,
                "radius": self.certificate.radius,
                "demand": self.question.reach.demand_ids.tolist(),
                "multipliers": self.certificate.multipliers.tolist(),
            },
        }


def best_bound(
    question: Question | Scheme,
    value: float,
    certificate: Certificate | RowCertificate,
    *,
    tree: Tree | None = None,
    search: Search | None = None,
) -> float:
    """Give the best of what is certified, proven by cases and searched; what leaves no better plan is the value."""
    bound = certificate.bound
    if tree is not None:
        bound = min(bound, tree.bound)
    if search is not None:
        bound = min(bound, search.bound) if question.most else max(bound, search.bound)
    # Whole values prove up to the next whole number; others to a billionth. What is proven is stated as the value.
    return value if question.proven(value, bound) else bound


def conclude(
    question: Question,
    chosen: Bools,
    certificate: Certificate,
    *,
    tree: Tree | None = None,
    found: float | None = None,
    stopped: str = "effort",
    seconds: float = 0.0,
    seed: int = 0,
) -> SitePlan:
    """Make the plan of a choice of sites, its bound the certificate's or the one that a search found.

    Parameters
    ----------
    question
        What was asked.
    chosen : bool array (m,)
        The new sites; they have no faults.
    certificate
        Of a bound.
    tree
        Its proof by cases, if there is one.
    found
        Bound that a search by HiGHS ended with, if there was one.
    stopped, seconds, seed
        As in `Plan`.
    """
    rows = tuple(np.flatnonzero(chosen).tolist())
    value = question.value(chosen)
    search = None if found is None else Search(solver_name(), rows, found)
    if question.proven(value, certificate.bound):
        tree, search = None, None
    bound = best_bound(question, value, certificate, tree=tree, search=search)
    proven = question.proven(value, bound)
    return SitePlan(
        question=question,
        status="optimal" if proven else "gap",
        rows=rows,
        value=value,
        bound=bound,
        certificate=certificate,
        tree=tree,
        search=search,
        stopped="proven" if proven else stopped,
        seconds=seconds,
        seed=seed,
    )


def hopeless(
    question: Question, reasons: tuple[str, ...], *, seconds: float, seed: int, status: Status = "infeasible",
    stopped: str = "proven",
) -> SitePlan:  # fmt: skip
    """Make the plan that there is not, or that was not found, with the reasons."""
    return SitePlan(question=question, status=status, reasons=reasons, seconds=seconds, seed=seed, stopped=stopped)


__all__ = ["SitePlan", "best_bound", "conclude", "hopeless", "replace"]

"""Count the elders of a plan, and say which of the counts may be shown beside everything else that is.

What a plan says of elders are sums over compounds, and other pages show other sums over the same ones. A sum of a plan
is shown where no move of `planner.present.suppression` changes it: then the proof that no small count can be had from
what is shown holds as before. Of any other sum its shown compounds are told: that is at least so many, and everybody
could add them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.present.plans.reach import uses_of
from planner.present.suppression import SHOWN

if TYPE_CHECKING:
    from planner.present.disclosure import Disclosure
    from planner.present.plans.reach import Reached
    from planner.siting import Plan
    from planner.siting.tables import Bools, Floats, Ints
    from planner.study import Study

STATES = ("before", "added", "uncovered", "uncoverable")
"""What becomes of the elders: within reach already, by the plan, by some site that it has not, by none."""


@dataclass(frozen=True)
class Count:
    """A count of elders and how it may be shown.

    Parameters
    ----------
    value
        The count.
    shown
        Whether it may be shown.
    least
        Otherwise: how many of it everybody can add up.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     Count(1264.0, True, 0).text, Count(1264.0, False, 1200).text, Count(7.0, False, 0).text
    ('1,264', '≥ 1,200', 'not shown')
    """

    value: float
    shown: bool
    least: int

    @property
    def text(self) -> str:
        """The count as it may be shown."""
        if self.shown:
            return f"{round(self.value):,}"
        return _("≥ {count}").format(count=f"{self.least:,}") if self.least else _("not shown")

    @property
    def people(self) -> str:
        """The count in words."""
        return _("{count} people").format(count=self.text) if self.shown or self.least else self.text

    @property
    def told(self) -> float:
        """The number that may be told: the count, or what of it everybody can add up."""
        return self.value if self.shown else float(self.least)


class PlanCounts:
    """The counts of a plan.

    Parameters
    ----------
    plan
        The plan.
    study
        That it was made of.
    reached
        Whom it reaches, by circle.
    shown
        Which counts of the study may be shown.

    Examples
    --------
    >>> import planner as pl
    >>> from planner.present.disclosure import disclose
    >>> from planner.present.plans.reach import reached_by
    >>> study = pl.open_study("data/sample", lang="en")
    >>> plan = pl.siting.MaxCover(sites=2).solve(study, circle="meal-10min")
    >>> meals = pl.coverage.test(study, "meal-10min")
    >>> counts = PlanCounts(plan, study, reached_by(plan, study), disclose(study, [meals]))
    >>> counts.state("before").value == plan.elders_before, counts.state("added").value == plan.elders_added
    (True, True)
    """

    def __init__(self, plan: Plan, study: Study, reached: Sequence[Reached], shown: Disclosure) -> None:
        self.plan, self.reached, self.shown = plan, tuple(reached), shown
        elders = pd.to_numeric(study.layers["compounds"]["elders_60"], errors="coerce").astype("float64")
        self._ids = [str(one) for one in elders.index]
        self._elders: Floats = elders.fillna(0.0).to_numpy()
        self._open: Bools = np.array([shown.compounds.get(one, SHOWN) == SHOWN for one in self._ids], bool)

    def state(self, state: str) -> Count:
        """Count the elders of one of `STATES`, once for each circle."""
        stated = {
            "before": self.plan.elders_before,
            "added": self.plan.elders_added,
            "uncovered": self.plan.elders_uncovered,
            "uncoverable": self.plan.elders_uncoverable,
        }[state]
        return self.count(self._of_state(state), stated)

    @property
    def by_reach(self) -> bool:
        """Whether the plan's own figures count all who are within reach; with capacity they need not."""
        stated = (self.plan.elders_before, self.plan.elders_added)
        sums = (float(self._of_state(state) @ self._elders) for state in ("before", "added"))
        return all(abs(one - other) <= 0.5 for one, other in zip(stated, sums, strict=True))

    @property
    def all(self) -> Count:
        """Count all elders, once for each circle."""
        return self.count(np.full(len(self._ids), len(self.reached)), self.plan.elders)

    def added(self, site: str) -> Count:
        """Count the elders whom a site adds to those before it in the plan's order."""
        stated = float(self.plan.table.loc[site, "elders_added"])  # type: ignore[arg-type]
        return self.count(self._sum(one.adds[site] for one in self.reached), stated)

    def total(self, site: str) -> Count:
        """Count the elders whom a site reaches, others or not."""
        stated = float(self.plan.table.loc[site, "elders_total"])  # type: ignore[arg-type]
        return self.count(self._sum(one.sites[site] for one in self.reached), stated)

    def only(self, site: str) -> Count:
        """Count the elders whom a site alone reaches."""
        return self.count(self._sum(one.only[site] for one in self.reached))

    @property
    def value(self) -> Count:
        """Count the elders within reach once the plan stands."""
        stated = self.plan.elders_before + self.plan.elders_added
        return self.count(self._of_state("before") + self._of_state("added"), stated)

    def with_plan(self, plan: Plan) -> Count:
        """Count the elders within reach where the sites of another plan for the same circles stand."""
        uses, stated = uses_of(plan), plan.elders_before + plan.elders_added
        return self.count(self._sum(one.with_uses(uses) for one in self.reached), stated)

    def loss(self, site: str, replacement: str | None, use: str = "") -> Count:
        """Count how many elders fewer are within reach where another site, or none, stands in place of one.

        Parameters
        ----------
        site, replacement
            Ids; of the same site where only its use or way changes.
        use
            What the replacement is for; empty where that is not told.
        """
        uses = {one: what for one, what in uses_of(self.plan).items() if one != site}
        uses |= {} if replacement is None else {replacement: use}
        now = self._of_state("before") + self._of_state("added")
        return self.count(now - self._sum(one.with_uses(uses) for one in self.reached))

    def count(self, times: Ints, stated: float | None = None) -> Count:
        """Count the elders of some compounds.

        Parameters
        ----------
        times : integer array (n,)
            How often each compound counts.
        stated
            The count as the plan has it. Where it is no sum over whole compounds, as with capacity, it cannot be shown
            to be safe: it is then kept from the public, and elsewhere shown unless it is small.
        """
        value = float(times @ self._elders)
        if stated is not None and abs(stated - value) > 0.5:
            kept = self.shown.below and (self.shown.publish or 0 < stated < self.shown.below)
            return Count(stated, not kept, 0)
        return Count(value, self._may(times), int(times[self._open] @ np.floor(self._elders[self._open])))

    def _may(self, times: Ints) -> bool:
        value = float(times @ self._elders)
        if not self.shown.below or not value:
            return True
        return value >= self.shown.below and not self._tells and self._keeps(times)

    def _keeps(self, times: Ints) -> bool:
        return self.shown.keeps(dict(zip(self._ids, times.tolist(), strict=True)))

    @cached_property
    def _tells(self) -> bool:
        """Whether a small count among the plan's own could be had from the others, since no move changes it."""
        below = self.shown.below
        return any(0 < float(times @ self._elders) < below and self._keeps(times) for times in self._all())

    def _all(self) -> Iterable[Ints]:
        """List what is shown of the plan, and what a reader has by subtraction."""
        for state in STATES:
            yield self._of_state(state)
        for site in self.plan.table.index:
            adds, total, only = (
                self._sum(getattr(one, part)[site] for one in self.reached) for part in ("adds", "sites", "only")
            )
            yield from (adds, total, only, total - adds, total - only, adds - only)

    def _of_state(self, state: str) -> Ints:
        return self._sum(np.array(one.states) == state for one in self.reached)

    def _sum(self, marks: Iterable[Bools]) -> Ints:
        return np.asarray(np.sum([mark.astype(np.int64) for mark in marks], axis=0))

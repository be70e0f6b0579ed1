"""Say whom the sites of a plan reach, circle by circle: before it, by each new site, and by any that there could be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.siteplans import SitePlan
from planner.siting.studies import table_of

if TYPE_CHECKING:
    from planner.siting import Plan
    from planner.siting.tables import Bools, Floats, Ints, Reach
    from planner.standards import Circle
    from planner.study import Study

# What a site becomes under a plan, and the services that it offers then.
_OFFERS = {"canteen": {"meals"}, "day_care": {"day"}, "both": {"meals", "day"}, "meals": {"meals"}, "day": {"day"}}


@dataclass(frozen=True)
class Reached:
    """Whom the sites of a plan reach within one circle; compounds stand in the order of the study's table.

    Parameters
    ----------
    circle : Circle
        Whose limit counts.
    before : bool array (n,)
        Compounds that existing facilities reach.
    sites : mapping of bool arrays (n,)
        Compounds that each new site reaches, by its id, in the plan's order.
    could : bool array (n,)
        Compounds that any candidate or facility reaches.
    seconds : float64 array (n,)
        The walk to the nearest new site; infinite beyond the limit.
    nearest : tuple of str (n,)
        That site; empty where none is within the limit.
    existing : tuple of str
        Ids of the facilities that count.
    reach : Reach
        Who reaches which site.
    place : integer array (n,)
        Where each of its demand stands in the study's table.
    """

    circle: Circle
    before: Bools
    sites: Mapping[str, Bools]
    could: Bools
    seconds: Floats
    nearest: tuple[str, ...]
    existing: tuple[str, ...]
    reach: Reach
    place: Ints

    def members(self, site: str) -> Bools:
        """Mark the compounds that a site reaches, chosen or not; none for a site that does not serve the circle."""
        marks = np.zeros(self.before.size, bool)
        row = self._rows.get(site)
        if row is not None:
            marks[self.place[self.reach.demand[self.reach.indptr[row] : self.reach.indptr[row + 1]]]] = True
        return marks

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(site): row for row, site in enumerate(self.reach.site_ids.tolist())}

    def with_sites(self, sites: Iterable[str]) -> Bools:
        """Mark the compounds within reach where these new sites stand in place of the plan's."""
        return np.asarray(np.logical_or.reduce([self.before, *map(self.members, sites)]))

    def with_uses(self, uses: Mapping[str, str]) -> Bools:
        """Mark the compounds within reach where new sites stand, by id what each is for, in place of the plan's."""
        return self.with_sites(site for site, use in uses.items() if _serves(use, self.circle))

    @cached_property
    def after(self) -> Bools:
        """Compounds that are within reach once the plan stands."""
        return np.asarray(np.logical_or.reduce([self.before, *self.sites.values()]))

    @cached_property
    def adds(self) -> dict[str, Bools]:
        """Compounds that each site adds to those before it in the plan's order."""
        adds, reached = {}, self.before.copy()
        for site, mine in self.sites.items():
            adds[site] = mine & ~reached
            reached |= mine
        return adds

    @cached_property
    def only(self) -> dict[str, Bools]:
        """Compounds that each site alone reaches, with the plan as it is."""
        times = np.sum([self.before, *self.sites.values()], axis=0)
        return {site: mine & (times == 1) for site, mine in self.sites.items()}

    @cached_property
    def states(self) -> tuple[str, ...]:
        """For each compound ``before``, ``added``, ``uncovered`` or ``uncoverable``."""
        choices = [self.before, self.after, self.could]
        return tuple(np.select(choices, ["before", "added", "uncovered"], "uncoverable").tolist())


def reached_by(plan: Plan, study: Study, *, forbidden: tuple[str, ...] = ()) -> tuple[Reached, ...]:
    """Tell whom a plan reaches, for each of its circles.

    Parameters
    ----------
    plan
        Of this study.
    study
        Its compounds are those that are reached.
    forbidden
        Candidates that nobody might choose.

    Returns
    -------
    tuple of Reached

    Raises
    ------
    InputError
        The plan was not made of this study.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> plan = pl.siting.MaxCover(sites=2).solve(study, circle="meal-10min")
    >>> (reached,) = reached_by(plan, study)
    >>> list(reached.sites) == list(plan.table.index), reached.states.count("added") > 0
    (True, True)
    """
    candidates = study.layers["candidates"].index if "candidates" in study.layers else []
    known = plan.circles and set(plan.table.index) <= set(candidates)
    if isinstance(plan, SitePlan):
        known = known and set(plan.question.reach.demand_ids.tolist()) == set(study.layers["compounds"].index)
    if not known:
        raise InputError(
            Fault(
                _("the plan was not made of this study"),
                todo=_("solve the study, as in MaxCover(sites=5).solve(study, circle=...)"),
            )
        )
    return tuple(_reached(plan, study, circle, frozenset(forbidden)) for circle in plan.circles)


def _reached(plan: Plan, study: Study, circle: Circle, forbidden: frozenset[str]) -> Reached:
    reach = _table(plan, study, circle)
    table, ids = plan.table, [str(one) for one in reach.site_ids.tolist()]
    rows = {site: row for row, site in enumerate(ids)}
    candidates = set(study.layers["candidates"].index)
    place = study.layers["compounds"].index.get_indexer(reach.demand_ids)
    size = len(study.layers["compounds"])
    use = table["use"] if "use" in table.columns else pd.Series("", index=table.index)
    serving = [site for site in table.index if site in rows and _serves(use[site], circle)]

    def members(row: int) -> Bools:
        marks = np.zeros(size, bool)
        marks[place[reach.demand[reach.indptr[row] : reach.indptr[row + 1]]]] = True
        return marks

    existing = tuple(site for site in ids if site not in candidates)
    before, could = np.zeros(size, bool), np.zeros(size, bool)
    for site, row in rows.items():
        if site in forbidden and site not in serving:
            continue
        marks = members(row)
        could |= marks
        if site not in candidates:
            before |= marks
    seconds, nearest = np.full(size, np.inf), np.full(size, "", dtype=object)
    for site in serving:
        begin, end = reach.indptr[rows[site]], reach.indptr[rows[site] + 1]
        homes, walks = place[reach.demand[begin:end]], reach.seconds[begin:end]
        closer = walks < seconds[homes]
        seconds[homes[closer]], nearest[homes[closer]] = walks[closer], site
    sites = {site: members(rows[site]) if site in serving else np.zeros(size, bool) for site in table.index}
    return Reached(circle, before, sites, could, seconds, tuple(nearest.tolist()), existing, reach, place)


def uses_of(plan: Plan) -> dict[str, str]:
    """Name the new sites of a plan and what each is for; nothing where the plan does not say."""
    table = plan.table
    uses = table["use"] if "use" in table.columns else pd.Series("", index=table.index)
    return {str(site): str(use) for site, use in uses.items()}


def _serves(use: object, circle: Circle) -> bool:
    """Tell whether a site counts for a circle by what the plan makes of it; where it does not say, it does."""
    if not isinstance(use, str) or not use:
        return True
    words = set(use.split(";"))
    offers = set().union(*(_OFFERS.get(word, set()) for word in words))
    return circle.id in words or not offers or set(circle.nearest) <= offers


def _table(plan: Plan, study: Study, circle: Circle) -> Reach:
    """Take the walks from the plan where it holds them; else walk again."""
    if isinstance(plan, SitePlan):
        return plan.question.reach.within(circle.limit_s)
    return table_of(study, circle).reach

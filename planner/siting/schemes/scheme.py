"""Hold what is asked under the switches, in arrays, and judge any choice by the table alone: its value, its faults."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from planner.i18n import _
from planner.siting.schemes.options import Options
from planner.siting.tables import Bools, Floats, Ints, Reach, named

Goal = Literal["most", "worst", "regret", "fairest", "least"]

_SAME = 1e-9  # share of a sum by which float64 may miss it
_PROVEN = 1e-7  # share of a value that is not whole within which nothing better counts
_PARTED = 1e-6  # the same where a linear program says who is served where


@dataclass(frozen=True, eq=False)
class Served:
    """Who is served where, when sites have a capacity: one entry per service, phase, walker, demand and option.

    Parameters
    ----------
    service, phase, scenario, demand, option : int64 arrays
        Rows.
    amount : float64 array
        Elders.
    """

    service: Ints
    phase: Ints
    scenario: Ints
    demand: Ints
    option: Ints
    amount: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Scheme:
    """What is asked: a goal, and the limits that a choice must keep.

    Parameters
    ----------
    goal
        ``most``: the most elders, summed over services and phases; ``worst``: the same at the walker for whom it is
        least; ``regret``: the least that any walker's elders fall short of the best for that walker alone; ``fairest``:
        the largest least share of any district; ``least``: the fewest or cheapest new sites that reach a share.
    services, scenarios : tuples of str
        Names of the services (s) and of the walkers (q).
    reaches : tuple of tuples of Reach, (s, q)
        Pairs within the limit of each service for each walker, all with the same ids.
    weight : float64 array (n,)
        Elders of the demand.
    options : Options
        What can be done, k lines.
    required : bool array (m,)
        Sites at which something must be done by the end.
    forbidden : bool array (m,)
        Sites at which nothing new may be done; there are no options there.
    sites, budgets : tuples of float (t,)
        Most new sites, and most money, by the end of each phase; infinite for no limit.
    purses : tuple of float (s,)
        Most money for the new sites of each service; infinite for no limit.
    district : int64 array (n,)
        The district of each demand; -1 for none.
    districts : array (d,)
        Ids of the districts.
    floors : float64 array (d,)
        Least share of each district's elders, for each service and walker, at the end of the last phase.
    need
        For ``least``: the share of all elders, for each service and walker.
    by_cost
        For ``least``: whether sites are paid, less what closing gives back, or counted.
    limited
        Whether capacity counts.
    uptake
        The share of the elders served who are there on one day: capacity is held against it.
    best : float64 array (q,)
        For ``regret``: the best that is known for each walker alone; left out, nothing.
    ceiling : float64 array (q,)
        For ``regret``: what no plan exceeds for each walker alone. Where it is more than ``best``, a plan may fall
        short of the best by so much more.
    """

    goal: Goal
    services: tuple[str, ...]
    scenarios: tuple[str, ...]
    reaches: tuple[tuple[Reach, ...], ...]
    weight: Floats
    options: Options
    required: Bools
    forbidden: Bools
    sites: tuple[float, ...]
    budgets: tuple[float, ...]
    purses: tuple[float, ...]
    district: Ints
    districts: NDArray[Any]
    floors: Floats
    need: float = 0.0
    by_cost: bool = False
    limited: bool = False
    uptake: float = 1.0
    best: Floats | None = None
    ceiling: Floats | None = None

    @property
    def phases(self) -> int:
        """How many phases there are."""
        return len(self.sites)

    @property
    def ids(self) -> NDArray[Any]:
        """Of the sites."""
        return self.reaches[0][0].site_ids

    @property
    def most(self) -> bool:
        """Whether more is better."""
        return self.goal in {"most", "worst", "fairest"}

    @cached_property
    def whole(self) -> bool:
        """Whether every value is a whole number, so that a bound less than 1 away proves."""
        if self.goal == "fairest" or (self.limited and self.goal != "least"):
            return False
        numbers = self.price if self.goal == "least" else self.weight
        if self.goal == "regret" and self.best is not None:
            numbers = np.append(numbers, self.best)
        return bool((numbers == np.floor(numbers)).all())

    @property
    def settled_best(self) -> bool:
        """Whether the best for each walker alone is known for sure; so it is where it plays no part."""
        return self.best is None or self.ceiling is None or all(
            self.proven(best, top, most=True) for best, top in zip(self.best, self.ceiling, strict=True)
        )  # fmt: skip

    @cached_property
    def district_weight(self) -> Floats:
        """Elders of each district, shape (d,)."""
        inside = self.district >= 0
        return np.bincount(self.district[inside], self.weight[inside], self.districts.size).astype(np.float64)

    @property
    def total(self) -> float:
        """Elders, once per service and phase."""
        return float(self.weight.sum()) * len(self.services) * self.phases

    @property
    def price(self) -> Floats:
        """What ``least`` counts of each option, shape (k,): of an existing one, what closing gives back."""
        return self.options.total_cost if self.by_cost else np.where(self.options.new, 1.0, 0.0)

    @property
    def spared(self) -> float:
        """Money that closing everything that may close would give back."""
        return float(self.options.total_cost[~self.options.new].sum())

    def offering(self, opened: Bools, service: int, phase: int = -1) -> Bools:
        """Mark the sites that offer a service in a phase, shape (m,)."""
        marks = np.zeros(self.ids.size, bool)
        marks[self.options.site[opened[phase] & self.options.serves[:, service]]] = True
        return marks

    def covered(self, opened: Bools, service: int, *, phase: int = -1, scenario: int = 0) -> Bools:
        """Mark the demand within reach of a service in a phase, shape (n,)."""
        reach, there = self.reaches[service][scenario], self.offering(opened, service, phase)
        marks = np.zeros(self.weight.size, bool)
        marks[reach.demand[there[reach.site]]] = True
        return marks

    def served(
        self, opened: Bools, flows: Served | None, service: int, *, phase: int = -1, scenario: int = 0
    ) -> Floats:
        """Count the elders of each demand who are served in a phase, shape (n,)."""
        if flows is None:
            return np.where(self.covered(opened, service, phase=phase, scenario=scenario), self.weight, 0.0)
        mine = (flows.service == service) & (flows.phase == phase % self.phases) & (flows.scenario == scenario)
        return np.bincount(flows.demand[mine], flows.amount[mine], self.weight.size).astype(np.float64)

    def sums(self, opened: Bools, flows: Served | None) -> Floats:
        """Sum the elders served over services and phases, for each walker, shape (q,)."""
        return np.array(
            [
                sum(
                    float(self.served(opened, flows, s, phase=t, scenario=q).sum())
                    for s in range(len(self.services))
                    for t in range(self.phases)
                )
                for q in range(len(self.scenarios))
            ]
        )

    def shares(self, opened: Bools, flows: Served | None) -> NDArray[np.float64]:
        """Give the share of each district that is served at the end, shape (s, q, d); NaN where nobody lives."""
        sums, lived = self.by_district(opened, flows), self.district_weight > 0
        shares = np.full(sums.shape, np.nan)
        np.divide(sums, self.district_weight, out=shares, where=lived)
        return shares

    def by_district(self, opened: Bools, flows: Served | None) -> NDArray[np.float64]:
        """Sum the elders of each district who are served at the end, shape (s, q, d)."""
        inside, size = self.district >= 0, self.districts.size
        shape = (len(self.services), len(self.scenarios), size)
        out = np.empty(shape)
        for s, q in np.ndindex(shape[:2]):
            amount = self.served(opened, flows, s, scenario=q)
            out[s, q] = np.bincount(self.district[inside], amount[inside], size)
        return out

    def spent(self, opened: Bools, phase: int = -1) -> float:
        """Sum the money of a phase: what is new, less what closing gives back."""
        cost, new = self.options.total_cost, self.options.new
        return float(cost[opened[phase] & new].sum() - cost[~opened[phase] & ~new].sum())

    def value(self, opened: Bools, flows: Served | None) -> float:
        """Value a choice by nothing but the tables."""
        if self.goal == "least":
            return float(self.price[opened[-1]].sum()) - (self.spared if self.by_cost else 0.0)
        if self.goal == "fairest":
            shares = self.shares(opened, flows)
            counted = shares[~np.isnan(shares)]
            return float(counted.min(initial=1.0))
        sums = self.sums(opened, flows)
        if self.goal == "regret":
            # Who does better than the best known falls short by nothing.
            return max(0.0, float((self.known_best - sums).max()))
        return float(sums.min())

    @property
    def known_best(self) -> Floats:
        """The best that is known for each walker alone, shape (q,)."""
        return np.zeros(len(self.scenarios)) if self.best is None else self.best

    def walking(self, opened: Bools) -> float:
        """Sum elders times walk to the nearest open site at the end, for the first walker, over services."""
        total = 0.0
        for s in range(len(self.services)):
            reach = self.reaches[s][0]
            entry = self.offering(opened, s)[reach.site]
            walk = np.full(self.weight.size, np.inf)
            np.minimum.at(walk, reach.demand[entry], reach.seconds[entry])
            near = np.isfinite(walk)
            total += float((self.weight[near] * walk[near]).sum())
        return total

    def faults(self, opened: Bools, flows: Served | None) -> list[str]:
        """List why a choice may not stand; nothing where it may."""
        if (flows is not None) != self.limited:
            return [_("who is served where is not told, or told where nothing is limited")]
        if flows is not None and not self._inside(flows):
            return [_("who is served where names what there is not")]
        found = [*self._broken(opened), *self._dear(opened)]
        same = _SAME if flows is None else _PARTED
        if self.floors.any():
            short = self.shares(opened, flows) < self.floors - same
            if short.any():
                ids = named(self.districts[short.any((0, 1))])
                found.append(_("the share of {ids} is below its floor").format(ids=ids))
        if self.goal == "least" and self.need > 0:
            least = min(
                float(self.served(opened, flows, s, scenario=q).sum())
                for s, q in np.ndindex(len(self.services), len(self.scenarios))
            )
            asked = self.need * float(self.weight.sum())
            if least < asked * (1 - same) - same:
                text = _("{reached:,.0f} are within reach where {need:,.0f} must be")
                found.append(text.format(reached=least, need=asked))
        return found + (self._misled(opened, flows) if flows is not None else [])

    def _broken(self, opened: Bools) -> list[str]:
        """Check what is open: what stays, one way at a site, phases that follow each other, what must be."""
        options, found = self.options, []
        new = opened & options.new
        if not opened[:, options.fixed].all():
            found.append(_("an existing site that stays is closed"))
        if any((np.bincount(options.site[row]) > 1).any() for row in new):
            found.append(_("a site is taken in two ways at once"))
        if (new[:-1] & ~new[1:]).any() or (~opened[:-1] & opened[1:] & ~options.new).any():
            found.append(_("a later phase takes back what an earlier one did"))
        swaps = np.flatnonzero(options.closes >= 0)
        if (opened[:, swaps] & opened[:, options.closes[swaps]]).any():
            found.append(_("a site is exchanged for one that stays open"))
        if any((np.bincount(options.closes[swaps[row]]) > 1).any() for row in opened[:, swaps]):
            found.append(_("one site is exchanged for two"))
        done = np.zeros(self.ids.size, bool)
        done[options.site[new[-1]]] = True
        if (self.required & ~done).any():
            found.append(_("a site that must be chosen is not"))
        return found

    def _dear(self, opened: Bools) -> list[str]:
        """Check sites and money by the end of each phase, and what is spent on each service."""
        found, new = [], opened & self.options.new
        for t, (sites, budget) in enumerate(zip(self.sites, self.budgets, strict=True)):
            found += self._over(float(new[t].sum()), sites)
            found += self._over(self.spent(opened, t), budget)
        for s, purse in enumerate(self.purses):
            found += self._over(float(self.options.cost[new[-1], s].sum()), purse)
        return found

    def _over(self, taken: float, most: float) -> list[str]:
        if taken <= most + _SAME * max(1.0, abs(most)):
            return []
        return [_("the sites take {taken:g} of {purse:g}").format(taken=taken, purse=most)]

    def _inside(self, flows: Served) -> bool:
        """Tell whether every row that flows name exists."""
        limits = (
            (flows.service, len(self.services)), (flows.phase, self.phases), (flows.scenario, len(self.scenarios)),
            (flows.demand, self.weight.size), (flows.option, self.options.size))  # fmt: skip
        return all(bool(((row >= 0) & (row < most)).all()) and row.size == flows.amount.size for row, most in limits)

    def _misled(self, opened: Bools, flows: Served) -> list[str]:
        """Check who is served where: within reach, at an open site, no more than live there and than it holds."""
        options, found = self.options, []
        k, n = options.size, self.weight.size
        if not (opened[flows.phase, flows.option] & options.serves[flows.option, flows.service]).all():
            found.append(_("elders are served where nothing is open"))
        if not (flows.amount >= 0).all():
            found.append(_("fewer than no elders are served"))
        for s, q in np.ndindex(len(self.services), len(self.scenarios)):
            reach = self.reaches[s][q]
            mine = (flows.service == s) & (flows.scenario == q)
            pairs = reach.site.astype(np.int64) * n + reach.demand
            if not np.isin(options.site[flows.option[mine]] * n + flows.demand[mine], pairs).all():
                found.append(_("elders are served beyond the limit"))
            for t in range(self.phases):
                now = mine & (flows.phase == t)
                many = np.bincount(flows.demand[now], flows.amount[now], n)
                if (many > self.weight * (1 + _PARTED) + _PARTED).any():
                    found.append(_("more elders are served than there are"))
                load = np.bincount(flows.option[now], flows.amount[now], k) * self.uptake
                if (load > options.capacity[:, s] * (1 + _PARTED) + _PARTED).any():
                    found.append(_("a site serves more than it holds"))
        return found

    def better(self, one: float, other: float) -> bool:
        """Tell whether one value beats another."""
        step = 0.5 if self.whole else self._near(other)
        return one > other + step if self.most else one < other - step

    def proven(self, value: float, bound: float, *, most: bool | None = None) -> bool:
        """Tell whether a bound leaves no better plan than one of some value; ``most``, if not the scheme's own goal."""
        gap = bound - value if (self.most if most is None else most) else value - bound
        return gap < 1.0 - 1e-6 if self.whole else gap <= self._near(value)

    def _near(self, value: float) -> float:
        """Give the step within which values that are not whole are the same: a millionth of an elder, or more."""
        return _PROVEN * max(1.0 if self.goal == "fairest" else 10.0, abs(value))

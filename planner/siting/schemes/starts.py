"""Open options greedily, phase by phase: the first plan under the switches, which the search only betters."""

from __future__ import annotations

import numpy as np

from planner.siting.schemes.scheme import Scheme
from planner.siting.tables import Bools, Floats

_SLACK = 1e-9


def greedy_starts(scheme: Scheme, guide: Floats | None = None) -> list[Bools]:
    """Give first choices: by what an option adds, and by what it adds per price; they may miss what is asked.

    Parameters
    ----------
    scheme
        What is asked.
    guide : float64 array (t, k), optional
        What each option is made of in a phase: what it adds counts so many times, as long as there are such.

    Returns
    -------
    list of bool arrays (t, k)
    """
    priced = scheme.by_cost or any(np.isfinite((*scheme.budgets, *scheme.purses)))
    return [_Start(scheme, guide, per_price=one).opened for one in ((False, True) if priced else (False,))]


def trimmed(scheme: Scheme, opened: Bools) -> Bools:
    """Leave out new options without which a choice is worth as much and still stands, the dearest first."""
    options, best = scheme.options, opened
    value = scheme.value(best, None)
    for k in sorted(np.flatnonzero(opened[-1] & options.new), key=lambda k: (-options.total_cost[k], -k)):
        one = best.copy()
        one[:, k] = False
        worth = scheme.value(one, None)
        if not scheme.better(value, worth) and not scheme.faults(one, None):
            best, value = one, worth
    return best


class _Start:
    """What is open so far, and who is reached by it."""

    def __init__(self, scheme: Scheme, guide: Floats | None, *, per_price: bool) -> None:
        self.scheme, self.options = scheme, scheme.options
        self.price = np.maximum(self.options.total_cost, 1e-9) if per_price else np.ones(self.options.size)
        self.opened = np.zeros((scheme.phases, self.options.size), bool)
        self.open = ~self.options.new
        self.must = scheme.required.copy()
        self.reached = [
            [scheme.covered(self.open[None, :], s, scenario=q) for q in range(len(scheme.scenarios))]
            for s in range(len(scheme.services))
        ]
        for t in range(scheme.phases):
            if guide is not None:
                self._phase(t, guide[t])
            self._phase(t, np.ones(self.options.size))
            self.opened[t] = self.open

    def _phase(self, t: int, guide: Floats) -> None:
        """Take what must be, then what adds most of what is lacking, then what adds most."""
        while True:
            fits = self._fits(t)
            pressing = fits & self.must[self.options.site]
            if pressing.any():
                lines = np.flatnonzero(pressing)
                self._take(int(lines[np.argmin(self.options.total_cost[lines])]))
                continue
            lacking = self._lacking()
            if self.scheme.goal == "least" and not any(one.any() for row in lacking for one in row):
                return
            worth = np.where(fits, guide * self._gains(lacking), 0.0)
            if not worth.any():
                worth = np.where(fits & (self.scheme.goal != "least"), guide * self._gains(None), 0.0)
            if not worth.any():
                return
            self._take(int(np.argmax(worth / self.price)))

    def _lacking(self) -> list[list[Bools]]:
        """Mark for each service and walker the demand in districts below their floors, or all below the share."""
        scheme, inside = self.scheme, self.scheme.district >= 0
        found: list[list[Bools]] = []
        for row in self.reached:
            found.append([])
            for done in row:
                amount = np.where(done, scheme.weight, 0.0)
                sums = np.bincount(scheme.district[inside], amount[inside], scheme.districts.size)
                short = sums < scheme.floors * scheme.district_weight * (1 - _SLACK)
                marks = inside & np.append(short, False)[scheme.district]
                if amount.sum() < scheme.need * scheme.weight.sum() * (1 - _SLACK):
                    marks = np.ones(amount.size, bool)
                found[-1].append(marks)
        return found

    def _fits(self, t: int) -> Bools:
        """Mark the options that sites, money and what is taken allow, with room left for what must be by the end."""
        scheme, options = self.scheme, self.options
        new = self.open & options.new
        used = np.zeros(scheme.ids.size, bool)
        used[options.site[new]] = True
        fits = options.new & ~used[options.site] & (options.closes < 0)
        count, spent = float(new.sum()), float(options.total_cost[new].sum())
        kept = self.must[options.site] & fits  # what must be and is not yet
        least = np.full(scheme.ids.size, np.inf)
        np.minimum.at(least, options.site[kept], options.total_cost[kept])
        waits = np.isfinite(least)
        count_after = count + 1 + waits.sum() - waits[options.site]
        spent_after = spent + options.total_cost + least[waits].sum() - np.where(waits, least, 0.0)[options.site]
        fits &= (count + 1 <= scheme.sites[t] + _SLACK) & (count_after <= scheme.sites[-1] + _SLACK)
        fits &= _paid(spent + options.total_cost, scheme.budgets[t]) & _paid(spent_after, scheme.budgets[-1])
        for s, purse in enumerate(scheme.purses):
            fits &= _paid(options.cost[new, s].sum() + options.cost[:, s], purse)
        return np.asarray(fits)

    def _gains(self, lacking: list[list[Bools]] | None) -> Floats:
        """Elders whom each option would reach anew, over services and walkers; only of what is lacking."""
        scheme, gains = self.scheme, np.zeros(self.options.size)
        for s, row in enumerate(self.reached):
            for q, done in enumerate(row):
                reach = scheme.reaches[s][q]
                counts = ~done if lacking is None else ~done & lacking[s][q]
                by_site = np.bincount(reach.site, np.where(counts, scheme.weight, 0.0)[reach.demand], scheme.ids.size)
                gains += np.where(self.options.serves[:, s], by_site[self.options.site], 0.0)
        return gains

    def _take(self, option: int) -> None:
        self.open[option] = True
        j = self.options.site[option]
        self.must[j] = False
        for s in np.flatnonzero(self.options.serves[option]).tolist():
            for q, done in enumerate(self.reached[s]):
                reach = self.scheme.reaches[s][q]
                done[reach.demand[reach.indptr[j] : reach.indptr[j + 1]]] = True


def _paid(cost: Floats, purse: float) -> Bools:
    return np.asarray(cost <= purse * (1 + _SLACK) + _SLACK)

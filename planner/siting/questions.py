"""Hold what is asked of a choice of sites, in arrays, and judge any choice: its value, and whether it may stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planner.i18n import _
from planner.siting.tables import Bools, Floats, Reach
from planner.walking.walkers import TOLERANCE_S, within

Model = Literal["max_cover", "cover", "p_median", "p_center"]

_SAME = 1e-9  # share of a sum by which float64 may miss it


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a choice of sites. New sites are paid for; sites that exist are open and cost nothing.

    Parameters
    ----------
    model
        ``max_cover``: the most weight within reach; ``cover``: the least price that brings `need` within reach;
        ``p_median``: the least sum of weight times walk; ``p_center``: the shortest longest walk.
    reach : Reach
        For the first two models the pairs within the limit, for the others every pair that may serve.
    weight : float64 array (n,)
        Of the demand: elders.
    cost : float64 array (m,)
        Of the sites: money, for ties; 0 where it is not known.
    price : float64 array (m,)
        What a new site takes of the purse: 1 where sites are counted, its cost where a budget is given.
    purse
        How much may be taken; infinite for ``cover``.
    existing, required, forbidden : bool arrays (m,)
        Sites that are there, that must be chosen, that must not.
    need
        For ``cover``: how much weight must be within reach.
    by_cost
        Whether the price is money.
    unknown : bool array (m,), optional
        Sites whose cost is not known.
    apart
        Weight of demand that no site at all reaches and that was left out: told, and not asked about.

    Examples
    --------
    >>> nobody = np.zeros(2, bool)
    >>> question = Question("max_cover", Reach.of_matrix([[5.0, np.nan], [5.0, 5.0]]), np.array([30.0, 40.0]),
    ...     np.ones(2), np.ones(2), 1.0, nobody, nobody, nobody)
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     question.value(np.array([True, False])), question.faults(np.array([True, True]))
    (70.0, ['the sites take 2 of 1'])
    """

    model: Model
    reach: Reach
    weight: Floats
    cost: Floats
    price: Floats
    purse: float
    existing: Bools
    required: Bools
    forbidden: Bools
    need: float = 0.0
    by_cost: bool = False
    unknown: Bools | None = None
    apart: float = 0.0

    @property
    def money(self) -> Floats:
        """What the sites cost, shape (m,); NaN where it is not known."""
        return self.cost if self.unknown is None else np.where(self.unknown, np.nan, self.cost)

    @property
    def most(self) -> bool:
        """Whether more is better."""
        return self.model == "max_cover"

    @property
    def fixed(self) -> Bools:
        """Sites that are open in every plan."""
        return self.existing | self.required

    @cached_property
    def free(self) -> Bools:
        """Sites about which there is a choice."""
        return ~self.fixed & ~self.forbidden

    @cached_property
    def distinct(self) -> Bools:
        """Free sites that the purse pays and that reach anybody new; of alike ones only one, as no plan gains by two.

        Of those the one that takes least, then costs least, then is walked to in the shortest time, then is first.
        """
        reach = self.reach
        new = (self.weight > 0) & ~self.covered(self.fixed)
        entry = new[reach.demand]
        indptr, demand = np.concatenate([[0], np.cumsum(entry)])[reach.indptr], reach.demand[entry]
        walking = np.bincount(reach.site, reach.seconds * self.weight[reach.demand], self.price.size)
        affordable = self.free & (self.price <= self.left * (1 + _SAME) + 1e-12)
        best: dict[bytes, int] = {}
        for j in np.lexsort((walking, self.cost, self.price)).tolist():
            members = demand[indptr[j] : indptr[j + 1]].tobytes()
            if affordable[j] and members:
                best.setdefault(members, j)
        distinct = np.zeros(self.price.size, bool)
        distinct[list(best.values())] = True
        return distinct

    @property
    def left(self) -> float:
        """What the required sites leave of the purse."""
        return self.purse - float(self.price[self.required & ~self.existing].sum())

    @cached_property
    def whole(self) -> bool:
        """Whether every value is a whole number, so that a bound less than 1 away proves."""
        numbers = {
            "max_cover": (self.weight,),
            "cover": (self.price,),
            "p_median": (self.weight, self.reach.seconds),
            "p_center": (np.array([0.5]),),
        }[self.model]
        return all(bool((one == np.floor(one)).all()) for one in numbers)

    @property
    def step(self) -> float:
        """How much better a plan must be to count as better: 1 among whole values, else a billionth of the sum."""
        return 1.0 if self.whole else _SAME

    def covered(self, chosen: Bools) -> Bools:
        """Mark the demand that some sites reach."""
        reached = np.zeros(self.weight.size, bool)
        reached[self.reach.demand[chosen[self.reach.site]]] = True
        return reached

    def shortest(self, chosen: Bools) -> Floats:
        """Give for each demand the walk to the nearest of some sites; infinite where there is no way."""
        entry = chosen[self.reach.site]
        walk = np.full(self.weight.size, np.inf)
        np.minimum.at(walk, self.reach.demand[entry], self.reach.seconds[entry])
        return walk

    def value(self, chosen: Bools) -> float:
        """Value a choice of new sites, with the existing ones, by nothing but the table."""
        if self.model == "cover":
            return float(self.price[chosen & ~self.existing].sum())
        stands = chosen | self.existing
        if self.model == "max_cover":
            return float(self.weight[self.covered(stands)].sum())
        counts = self.weight > 0
        walk = self.shortest(stands)[counts]
        if self.model == "p_median":
            return float((self.weight[counts] * walk).sum())
        return float(walk.max(initial=0.0))

    def walking(self, chosen: Bools) -> float:
        """Sum weight times walk over the demand that is reached: what decides between plans of the same value."""
        walk = self.shortest(chosen | self.existing)
        reached = np.isfinite(walk)
        return float((self.weight[reached] * walk[reached]).sum())

    def faults(self, chosen: Bools) -> list[str]:
        """List why a choice of new sites may not stand; nothing where it may."""
        faults = []
        if (chosen & (self.forbidden | self.existing)).any():
            faults.append(_("a site is chosen that must not be, or that is there already"))
        if (self.required & ~self.existing & ~chosen).any():
            faults.append(_("a site that must be chosen is not"))
        taken = float(self.price[chosen].sum())
        if taken > self.purse + _SAME * max(1.0, self.purse):
            faults.append(_("the sites take {taken:g} of {purse:g}").format(taken=taken, purse=self.purse))
        stands = chosen | self.existing
        if self.model == "cover":
            reached = float(self.weight[self.covered(stands)].sum())
            if reached < self.need - _SAME * max(1.0, self.need):
                text = _("{reached:,.0f} are within reach where {need:,.0f} must be")
                faults.append(text.format(reached=reached, need=self.need))
        elif self.model != "max_cover" and not np.isfinite(self.value(chosen)):
            faults.append(_("somebody has no way to any site"))
        return faults

    def better(self, one: float, other: float) -> bool:
        """Tell whether one value beats another."""
        step = 0.5 if self.whole else _SAME * max(1.0, abs(other))
        return one > other + step if self.most else one < other - step

    def proven(self, value: float, bound: float) -> bool:
        """Tell whether a bound leaves no better plan than one of some value."""
        gap = bound - value if self.most else value - bound
        if self.whole:
            return gap < 1.0 - 1e-6
        slack = TOLERANCE_S if self.model == "p_center" else _SAME * max(1.0, abs(value))
        return gap <= slack

    def key(self, chosen: Bools) -> tuple[float, float, float, tuple[int, ...]]:
        """Order plans, the best first: value, cost, walking, ids."""
        value = self.value(chosen)
        rounded = float(np.format_float_positional(value, precision=10, fractional=False)) if value else 0.0
        cost = float(self.cost[chosen].sum())
        return (-rounded if self.most else rounded, cost, self.walking(chosen), tuple(np.flatnonzero(chosen).tolist()))


def reached_within(question: Question, radius: float) -> NDArray[np.bool_]:
    """Mark the pairs of a question within a radius; exactly the radius counts."""
    return within(question.reach.seconds, radius)

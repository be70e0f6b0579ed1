"""Value what lies one option away from a choice under the switches, from the tables alone and without a solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting.schemes.programs import Layer, SchemeProgram
from planner.siting.schemes.scheme import Served
from planner.siting.tables import Bools, Floats, Ints

_SAME = 1e-9  # share of a sum by which float64 may miss it
_SWAPS = 2_000  # choices with a site given up for another that are looked at, one by one


@dataclass(frozen=True, eq=False)
class Beside:
    """What a choice is worth with one option dropped, or none, and each other one added in its place.

    Parameters
    ----------
    values : float64 array (k,)
        NaN where the option may not be added. With capacity those whom nobody serves go to it as far as it holds them,
        and all others stay where they are: then there may be better ones, and floors may be met that seem not to be.
    promise : float64 array (k,)
        Elders served; minus infinity where sites, money or what must be chosen forbid the option.
    how : int64 array (k,)
        Which of ``bases`` an option is added to.
    bases : list of (bool array (t, k), int)
        What else is open, and the phase from which on an option is added.
    closes : int64 array (k,)
        The option of an existing site that is given up for each; -1 for none.
    """

    values: Floats
    promise: Floats
    how: Ints
    bases: list[tuple[Bools, int]]
    closes: Ints

    def opened(self, option: int) -> Bools:
        """Give what is open with an option added."""
        base, first = self.bases[int(self.how[option])]
        return _added(base, option, first, int(self.closes[option]))


def _added(base: Bools, option: int, first: int, closes: int) -> Bools:
    one = base.copy()
    one[first:, option] = True
    if closes >= 0:
        one[first:, closes] = False
    return one


class Neighbours:
    """Values choices that differ from one by an option.

    Parameters
    ----------
    written
        The program of the scheme.
    flows
        With capacity, who is served where in the choice that others differ from.
    """

    def __init__(self, written: SchemeProgram, flows: Served | None = None) -> None:
        self.written, self.scheme, self.flows = written, written.scheme, flows
        options = self.scheme.options
        self.looked = 0
        self.swaps = np.flatnonzero(options.new & (options.closes >= 0)).tolist()

    def without(self, opened: Bools, option: int) -> list[Bools]:
        """Drop an option; the site that was given up for it stays closed, or opens again."""
        one = opened.copy()
        one[:, option] = False
        closed = int(self.scheme.options.closes[option])
        if closed < 0:
            return [one]
        back = one.copy()
        back[:, closed] = True
        return [one, back]

    def beside(self, opened: Bools, option: int | None) -> Beside:
        """Value the exchange of an option for each other one, or with None the addition of each, in any phase."""
        scheme = self.scheme
        kept = [opened] if option is None else self.without(opened, option)
        bases = [(base, first) for base in kept for first in range(scheme.phases)]
        sign = 1.0 if scheme.most else -1.0
        values, promise = np.full(scheme.options.size, np.nan), np.full(scheme.options.size, -np.inf)
        how = np.zeros(scheme.options.size, np.int64)
        for place, (base, first) in enumerate(bases):
            worth, served = self.values(base, first)
            if option is not None:  # the same again is no exchange
                worth[option], served[option] = np.nan, -np.inf
            known = np.where(np.isnan(values), -np.inf, sign * values)
            more = np.where(np.isnan(worth), -np.inf, sign * worth)
            better = (more > known) | (np.isneginf(more) & np.isneginf(known) & (served > promise))
            values[better], how[better] = worth[better], place
            promise = np.maximum(promise, served)
        return Beside(values, promise, how, bases, scheme.options.closes)

    def values(self, opened: Bools, first: int) -> tuple[Floats, Floats]:
        """Value a choice with each one option added from a phase on, and count the elders served then; shape (k,)."""
        scheme, k = self.scheme, self.scheme.options.size
        sums, least = np.zeros((k, len(scheme.scenarios))), np.ones(k)
        stands = np.ones(k, bool)
        for layer in self.written.layers:
            served, gain, shares = self._layer(layer, opened, first)
            sums[:, layer.scenario] += served + gain
            if layer.phase < scheme.phases - 1:
                continue
            stands &= served + gain >= scheme.need * scheme.weight.sum() * (1 - _SAME) - _SAME
            if shares is not None:
                lived = scheme.district_weight > 0
                least = np.minimum(least, shares[:, lived].min(axis=1, initial=1.0))
                stands &= (shares[:, lived] >= scheme.floors[lived] - _SAME).all(axis=1)
        fits = self.affordable(opened, first) & self._leaves_none(opened) & (scheme.options.closes < 0)
        values = np.where(fits & stands, self._worth(opened, sums, least), np.nan)
        promise = np.where(fits, sums.min(axis=1), -np.inf)
        for option in self.swaps if self.flows is None else ():
            self.looked += 1
            one = _added(opened, option, first, int(scheme.options.closes[option]))
            if self.looked <= _SWAPS and not opened[:, option].any() and not scheme.faults(one, None):
                values[option] = scheme.value(one, None)
                promise[option] = float(scheme.sums(one, None).min())
        return values, promise

    def _layer(self, layer: Layer, opened: Bools, first: int) -> tuple[float, Floats, Floats | None]:
        """Count elders served in a layer, those whom each option would add, and the shares of districts with it."""
        scheme, groups, k = self.scheme, layer.groups, self.scheme.options.size
        if self.flows is None:
            there = opened[layer.phase, groups.option]
            reached = np.bincount(groups.row[there], minlength=groups.weight.size) > 0
            fresh = np.where(reached, 0.0, groups.weight)
        else:
            fresh = groups.weight - self._served(layer, opened)
        gain = np.bincount(groups.option, fresh[groups.row], k).astype(np.float64)
        if self.flows is not None:
            gain = np.minimum(gain, scheme.options.capacity[:, layer.service] / scheme.uptake)
        gain *= layer.phase >= first
        served = layer.base + float((groups.weight - fresh).sum())
        if not scheme.districts.size or layer.phase < scheme.phases - 1:
            return served, gain, None
        size, settled = scheme.districts.size, groups.settled & (scheme.district >= 0)
        inside = groups.district >= 0
        base = np.bincount(scheme.district[settled], scheme.weight[settled], size)
        base = base + np.bincount(groups.district[inside], (groups.weight - fresh)[inside], size)
        amount = np.broadcast_to(base, (k, size))
        if self.flows is None:  # with capacity it is not settled whom an option serves
            pair = np.flatnonzero(inside[groups.row])
            key = groups.option[pair] * size + groups.district[groups.row[pair]]
            amount = amount + np.bincount(key, fresh[groups.row[pair]], k * size).reshape(k, size)
        return served, gain, amount / np.where(scheme.district_weight > 0, scheme.district_weight, 1.0)

    def _served(self, layer: Layer, opened: Bools) -> Floats:
        """Count the elders of each group who are served at options that stay."""
        flows = self.flows
        if flows is None:
            raise AssertionError
        mine = (flows.service == layer.service) & (flows.phase == layer.phase) & (flows.scenario == layer.scenario)
        mine &= opened[layer.phase, flows.option]
        group = layer.groups.of[flows.demand[mine]]
        return np.bincount(group, flows.amount[mine], layer.groups.weight.size).astype(np.float64)

    def _worth(self, opened: Bools, sums: Floats, least: Floats) -> Floats:
        """Turn elders and shares into the value of the scheme."""
        scheme = self.scheme
        if scheme.goal == "least":
            base = float(scheme.price[opened[-1]].sum()) - (scheme.spared if scheme.by_cost else 0.0)
            return np.asarray(base + scheme.price)
        if scheme.goal == "fairest":
            return least
        if scheme.goal == "regret":
            return np.asarray((scheme.known_best - sums).max(axis=1).clip(min=0.0))
        return np.asarray(sums.min(axis=1))

    def affordable(self, opened: Bools, first: int) -> Bools:
        """Mark the options that sites and money leave room for from a phase on, shape (k,)."""
        scheme, options = self.scheme, self.scheme.options
        new = opened & options.new
        fits = options.new & ~np.isin(options.site, options.site[new[-1]])
        total = options.total_cost
        for t in range(first, scheme.phases):
            fits &= float(new[t].sum()) + 1 <= scheme.sites[t] + _SAME
            budget = scheme.budgets[t]
            fits &= scheme.spent(opened, t) + total <= budget + _SAME * max(1.0, abs(budget))
        for s, purse in enumerate(scheme.purses):
            taken = float(options.cost[new[-1], s].sum())
            fits &= taken + options.cost[:, s] <= purse + _SAME * max(1.0, abs(purse))
        return np.asarray(fits)

    def _leaves_none(self, opened: Bools) -> Bools:
        """Mark the options with which nothing that must be chosen is missing."""
        scheme, options = self.scheme, self.scheme.options
        missing = scheme.required.copy()
        missing[options.site[opened[-1] & options.new]] = False
        return np.asarray(missing[options.site] if missing.sum() == 1 else np.full(options.size, not missing.any()))

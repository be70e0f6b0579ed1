"""Write a scheme as a mixed-integer program, and read the choice back from its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.siting.schemes.scheme import Scheme, Served
from planner.siting.tables import Bools, Floats, Ints, merged
from planner.solving import Program

Rows = NDArray[np.integer]

_SHARE = 1e4  # by how much a share is written larger: HiGHS leaves a millionth of what it minimises open
_NOBODY = 1e-9  # elders that are none


@dataclass(frozen=True, eq=False)
class Groups:
    """Demand that the same sites reach, within one district, for one service and walker.

    Parameters
    ----------
    weight, district : arrays (g,)
        Of each group; the district is -1 for none.
    of : int64 array (n,)
        The group of each demand; -1 for what is settled, weighs nothing or is reached by nobody.
    row, option : int64 arrays
        Pairs of a group and an option that serves it, ascending.
    settled : bool array (n,)
        Demand that existing sites serve in any case.
    """

    weight: Floats
    district: Ints
    of: Ints
    row: Ints
    option: Ints
    settled: Bools

    @classmethod
    def of_scheme(cls, scheme: Scheme, service: int, scenario: int) -> Groups:
        """Merge the demand of a service and walker."""
        reach, options = scheme.reaches[service][scenario], scheme.options
        serves = options.serves[:, service]
        stays = np.zeros(scheme.ids.size, bool)
        settled = np.zeros(scheme.weight.size, bool)
        if not scheme.limited:
            stays[options.site[serves & options.fixed]] = True
            settled[reach.demand[stays[reach.site]]] = True
            serves = serves & ~options.fixed
        open_sites = np.zeros(scheme.ids.size, bool)
        open_sites[options.site[serves]] = True
        rows = np.flatnonzero(open_sites)
        cover, parent = merged(reach, scheme.weight, sites=open_sites, done=settled)
        inside = parent >= 0
        size = scheme.districts.size + 1
        key, group = np.unique(parent[inside] * size + scheme.district[inside] + 1, return_inverse=True)
        of = np.full(scheme.weight.size, -1, np.int64)
        of[inside] = group
        # Of each group the sites, then of each site the options that serve.
        many = np.diff(cover.group_indptr)[key // size]
        at = np.repeat(cover.group_indptr[key // size] - np.cumsum(many) + many, many) + np.arange(many.sum())
        row, site = np.repeat(np.arange(key.size), many), rows[cover.site[at]]
        line = np.flatnonzero(serves)
        begin = np.searchsorted(options.site[line], site, side="left")
        each = np.searchsorted(options.site[line], site, side="right") - begin
        at = np.repeat(begin - np.cumsum(each) + each, each) + np.arange(each.sum())
        weight = np.bincount(group, scheme.weight[inside], key.size).astype(np.float64)
        return cls(weight, (key % size) - 1, of, np.repeat(row, each), line[at], settled)


@dataclass(frozen=True, eq=False)
class Layer:
    """The columns of one service, walker and phase: whether each group is served, or which share by which option."""

    service: int
    scenario: int
    phase: int
    first: int
    groups: Groups
    group: Ints  # of each column
    worth: Floats  # of each column, in elders
    base: float  # elders served in any case


@dataclass
class _Writer:
    """Rows as they are written."""

    entries: list[tuple[Rows, Rows, Floats | float]] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    rows: int = 0

    def add(
        self, row: Rows, column: Rows, number: Floats | float, *, count: int, lower: object = -np.inf,
        upper: object = np.inf,
    ) -> None:  # fmt: skip
        """Add the entries of ``count`` new rows; ``row`` counts from the first of them."""
        self.entries.append((np.asarray(row) + self.rows, np.asarray(column), number))
        self.lower.append(np.broadcast_to(np.asarray(lower, np.float64), count))
        self.upper.append(np.broadcast_to(np.asarray(upper, np.float64), count))
        self.rows += count

    def more(self, row: Rows, column: Rows, number: Floats | float, *, count: int) -> None:
        """Add entries to the rows that were written last."""
        self.entries.append((np.asarray(row) + self.rows - count, np.asarray(column), number))

    def line(self, column: Rows, number: Floats | float, *, lower: float = -np.inf, upper: float = np.inf) -> None:
        """Add one row."""
        self.add(np.zeros(column.size, np.int64), column, number, count=1, lower=lower, upper=upper)


class SchemeProgram:
    """A scheme as a program: columns are the options by phase, then each layer's, then a mark to be moved.

    Parameters
    ----------
    scheme
        What is asked.
    soft
        Whether floors and the share may be missed: then the elders missing are what is minimised.
    """

    def __init__(self, scheme: Scheme, *, soft: bool = False) -> None:
        self.scheme, self.soft = scheme, soft
        self.k, self.phases = scheme.options.size, scheme.phases
        shape = (len(scheme.services), len(scheme.scenarios))
        groups = {(s, q): Groups.of_scheme(scheme, s, q) for s, q in np.ndindex(shape)}
        self.layers: list[Layer] = []
        first = self.k * self.phases
        for (s, q), one in groups.items():
            group = one.row if scheme.limited else np.arange(one.weight.size)
            base = float(scheme.weight[one.settled].sum())
            for t in range(self.phases):
                self.layers.append(Layer(s, q, t, first, one, group, one.weight[group], base))
                first += group.size
        self.mark = first
        self.slack = first + 1
        self.lacking = self.slack + scheme.districts.size * len(groups)
        self.columns = self.lacking + len(groups) if soft else first + 1

    def option(self, phase: int) -> Ints:
        """Columns of the options in a phase."""
        return phase * self.k + np.arange(self.k)

    @cached_property
    def program(self) -> Program:
        """The program; what is minimised is negative where more is better."""
        scheme, writer = self.scheme, _Writer()
        cost, upper = np.zeros(self.columns), np.ones(self.columns)
        lower = np.zeros(self.columns)
        lower[: self.k * self.phases] = np.tile(scheme.options.fixed, self.phases)
        for layer in self.layers:
            (self._assign if scheme.limited else self._cover)(writer, layer)
        self._limits(writer)
        self._floors(writer)
        self._goal(writer, cost, upper)
        if self.soft:
            cost[:] = 0.0
            cost[self.slack :] = 1.0
            upper[self.slack :] = np.inf
        integer = np.zeros(self.columns, bool)
        integer[: self.k * self.phases] = True
        made = Program.of(
            cost=cost, upper=upper, integer=integer, row_lower=np.concatenate(writer.lower),
            row_upper=np.concatenate(writer.upper), entries=writer.entries)  # fmt: skip
        return Program(
            made.cost, lower, made.upper, made.integer, made.row_lower, made.row_upper, made.indptr, made.column,
            made.coefficient)  # fmt: skip

    def _cover(self, writer: _Writer, layer: Layer) -> None:
        """Write that a group is served if an option is open that serves it."""
        groups, size = layer.groups, layer.groups.weight.size
        own = layer.first + np.arange(size)
        writer.add(np.arange(size), own, 1.0, count=size, upper=0.0)
        writer.more(groups.row, layer.phase * self.k + groups.option, -1.0, count=size)

    def _assign(self, writer: _Writer, layer: Layer) -> None:
        """Write which share of a group each open option serves, and that none serves more than it holds."""
        groups, scheme = layer.groups, self.scheme
        opened = layer.phase * self.k + groups.option
        pair = np.arange(groups.row.size)
        own = layer.first + pair
        room = scheme.options.capacity[:, layer.service] / scheme.uptake
        most = np.minimum(1.0, room[groups.option] / groups.weight[groups.row])
        writer.add(groups.row, own, 1.0, count=groups.weight.size, upper=1.0)
        writer.add(pair, own, 1.0, count=pair.size, upper=0.0)
        writer.more(pair, opened, -most, count=pair.size)
        tight = np.flatnonzero(np.isfinite(room) & scheme.options.serves[:, layer.service])
        place = np.full(self.k, -1)
        place[tight] = np.arange(tight.size)
        held = place[groups.option] >= 0
        writer.add(place[groups.option[held]], own[held], layer.worth[held], count=tight.size, upper=0.0)
        writer.more(np.arange(tight.size), layer.phase * self.k + tight, -room[tight], count=tight.size)

    def _limits(self, writer: _Writer) -> None:
        """Sites, money, one way at a site, what must be chosen, and phases that follow each other."""
        scheme, options = self.scheme, self.scheme.options
        new, total = options.new, options.total_cost
        sites, place = np.unique(options.site, return_inverse=True)
        twice = np.bincount(place[new], minlength=sites.size) > 1
        several = new & twice[place]
        swaps = np.flatnonzero(options.closes >= 0)
        closed, which = np.unique(options.closes[swaps], return_inverse=True)
        for t in range(self.phases):
            own = self.option(t)
            if several.any():
                row = (np.cumsum(twice) - 1)[place[several]]
                writer.add(row, own[several], 1.0, count=int(twice.sum()), upper=1.0)
            # An existing site stays, or at most one new one takes its place.
            writer.add(np.arange(closed.size), own[closed], 1.0, count=closed.size, upper=1.0)
            writer.more(which, own[swaps], 1.0, count=closed.size)
            if np.isfinite(scheme.sites[t]):
                writer.line(own[new], 1.0, upper=scheme.sites[t])
            if np.isfinite(scheme.budgets[t]):
                writer.line(own, total, upper=scheme.budgets[t] + scheme.spared)
            if t:
                before = self.option(t - 1)
                sign = np.where(new, 1.0, -1.0)  # what is new comes and stays, what exists may go and stays away
                writer.add(np.arange(self.k), before, sign, count=self.k, upper=0.0)
                writer.more(np.arange(self.k), own, -sign, count=self.k)
        last = self.option(self.phases - 1)
        for s, purse in enumerate(scheme.purses):
            if np.isfinite(purse):
                writer.line(last[new], options.cost[new, s], upper=purse)
        must, row = np.unique(options.site[new & scheme.required[options.site]], return_inverse=True)
        writer.add(row, last[new & scheme.required[options.site]], 1.0, count=must.size, lower=1.0)

    def _of_last(self) -> list[Layer]:
        return [layer for layer in self.layers if layer.phase == self.phases - 1]

    def _district_rows(self, layer: Layer) -> tuple[Ints, Ints, Floats, Floats]:
        """Give rows, columns and numbers that sum a layer by district, and what is settled there."""
        scheme, size = self.scheme, self.scheme.districts.size
        district = layer.groups.district[layer.group]
        inside = district >= 0
        settled = layer.groups.settled & (scheme.district >= 0)
        base = np.bincount(scheme.district[settled], scheme.weight[settled], size).astype(np.float64)
        return district[inside], layer.first + np.flatnonzero(inside), layer.worth[inside], base

    def _floors(self, writer: _Writer) -> None:
        scheme, size = self.scheme, self.scheme.districts.size
        if scheme.floors.any():
            for number, layer in enumerate(self._of_last()):
                row, column, worth, base = self._district_rows(layer)
                asked = scheme.floors * scheme.district_weight
                slack = 1e-9 * np.maximum(asked, 1.0)
                writer.add(row, column, worth, count=size, lower=asked - base - slack)
                if self.soft:
                    writer.more(np.arange(size), self.slack + number * size + np.arange(size), 1.0, count=size)
        if scheme.goal == "least" and scheme.need > 0:
            for number, layer in enumerate(self._of_last()):
                column = layer.first + np.arange(layer.group.size)
                writer.line(column, layer.worth, lower=scheme.need * float(scheme.weight.sum()) - layer.base - 1e-9)
                if self.soft:
                    writer.more(np.zeros(1, np.int64), np.array([self.lacking + number]), 1.0, count=1)

    def _goal(self, writer: _Writer, cost: Floats, upper: Floats) -> None:
        scheme = self.scheme
        upper[self.mark] = 0.0
        if scheme.goal == "least":
            cost[self.option(self.phases - 1)] = scheme.price
            return
        if scheme.goal == "most":
            for layer in self.layers:
                cost[layer.first : layer.first + layer.group.size] = -layer.worth
            return
        if scheme.goal == "fairest":
            cost[self.mark], upper[self.mark] = -_SHARE, 1.0
            size, lived = scheme.districts.size, scheme.district_weight > 0
            for layer in self._of_last():
                row, column, worth, base = self._district_rows(layer)
                writer.add(row, column, worth, count=size, lower=np.where(lived, -base, -np.inf))
                writer.more(np.arange(size), np.full(size, self.mark), -scheme.district_weight, count=size)
            return
        # The walker for whom the sum is least, or who falls shortest of the best, moves the mark.
        worst = scheme.goal == "worst"
        cost[self.mark] = -1.0 if worst else 1.0
        upper[self.mark] = scheme.total
        for q in range(len(scheme.scenarios)):
            mine = [layer for layer in self.layers if layer.scenario == q]
            settled = float(sum(layer.base for layer in mine))
            column = np.concatenate([layer.first + np.arange(layer.group.size) for layer in mine])
            worth = np.concatenate([layer.worth for layer in mine])
            if worst:
                writer.line(np.append(column, self.mark), np.append(-worth, 1.0), upper=settled)
            else:
                least = float(scheme.known_best[q]) - settled
                writer.line(np.append(column, self.mark), np.append(worth, 1.0), lower=least)

    @property
    def offset(self) -> float:
        """What counts in any case and stands in no column: value = ± (cost @ x) + offset."""
        if self.scheme.goal == "most":
            return sum(layer.base for layer in self.layers)
        return -self.scheme.spared if self.scheme.goal == "least" and self.scheme.by_cost else 0.0

    def value_of(self, minimum: float) -> float:
        """Turn what is minimised into the value of the scheme."""
        if self.scheme.goal == "fairest":
            return -minimum / _SHARE
        return self.offset - minimum if self.scheme.most else self.offset + minimum

    def opened(self, x: Floats) -> Bools:
        """Read what is open in each phase, shape (t, k)."""
        return np.asarray(x[: self.k * self.phases].reshape(self.phases, self.k) > 0.5)

    def flows(self, x: Floats) -> Served | None:
        """Read who is served where: what a group gets is handed out to its demand in order.

        What rounding puts beyond a group or a capacity is taken off.
        """
        scheme = self.scheme
        if not scheme.limited:
            return None
        parts: list[Ints] = []
        amounts: list[Floats] = []
        opened = self.opened(x)
        for layer in self.layers:
            amount = self._amounts(layer, x, opened)
            order = np.argsort(layer.groups.of, kind="stable")
            ends = np.searchsorted(layer.groups.of[order], np.arange(layer.groups.weight.size + 1))
            pairs = np.flatnonzero(amount > _NOBODY)
            for g in np.unique(layer.group[pairs]):
                demand = order[ends[g] : ends[g + 1]]
                pair = pairs[layer.group[pairs] == g]
                who, where, much = _handed_out(scheme.weight[demand], amount[pair])
                own = (np.full(who.size, one) for one in (layer.service, layer.phase, layer.scenario))
                parts.append(np.stack([*own, demand[who], layer.groups.option[pair[where]]]))
                amounts.append(much)
        rows = np.concatenate([np.zeros((5, 0), np.int64), *parts], axis=1)
        service, phase, scenario, demands, option = rows
        return Served(service, phase, scenario, demands, option, np.concatenate([np.zeros(0), *amounts]))

    def _amounts(self, layer: Layer, x: Floats, opened: Bools) -> Floats:
        """Give the elders of each pair, no more than there are and than the option holds, shape (pairs,)."""
        groups, scheme = layer.groups, self.scheme
        share = np.where(
            opened[layer.phase, groups.option], x[layer.first : layer.first + layer.group.size].clip(0.0, 1.0), 0.0
        )
        sums = np.bincount(groups.row, share, groups.weight.size)
        amount = share / np.maximum(sums, 1.0)[groups.row] * layer.worth
        load = np.bincount(groups.option, amount, self.k) * scheme.uptake
        room = scheme.options.capacity[:, layer.service]
        part = np.minimum(1.0, np.divide(room, load, out=np.ones(self.k), where=load > room))
        return np.asarray(amount * part[groups.option])

    def start(self, opened: Bools, flows: Served | None = None) -> Floats:
        """Fill the columns for a choice, as a known answer; without capacity, or with who is served where."""
        scheme, x = self.scheme, np.zeros(self.columns)
        x[: self.k * self.phases] = opened.ravel()
        for layer in self.layers:
            groups, own = layer.groups, slice(layer.first, layer.first + layer.group.size)
            if flows is None:
                there = opened[layer.phase, groups.option]
                x[own] = np.bincount(groups.row[there], minlength=groups.weight.size) > 0
                continue
            mine = (flows.service == layer.service) & (flows.phase == layer.phase) & (flows.scenario == layer.scenario)
            pair = groups.row * self.k + groups.option
            place = np.searchsorted(pair, groups.of[flows.demand[mine]] * self.k + flows.option[mine])
            x[own] = np.bincount(place, flows.amount[mine], pair.size) / layer.worth
        if scheme.goal in {"worst", "regret", "fairest"}:
            x[self.mark] = max(0.0, scheme.value(opened, flows))
        return x

    def filled(self, opened: Bools) -> Served | None:
        """Send everybody to open options that have room, as they come, without any solver."""
        scheme = self.scheme
        if not scheme.limited:
            return None
        x = np.zeros(self.columns)
        x[: self.k * self.phases] = opened.ravel()
        for layer in self.layers:
            groups = layer.groups
            left = groups.weight.copy()
            room = scheme.options.capacity[:, layer.service] / scheme.uptake
            for pair in np.flatnonzero(opened[layer.phase, groups.option]):
                g, k = groups.row[pair], groups.option[pair]
                much = min(left[g], room[k])
                left[g] -= much
                room[k] -= much
                x[layer.first + pair] = much / groups.weight[g]
        return self.flows(x)


def _handed_out(weight: Floats, amount: Floats) -> tuple[Ints, Ints, Floats]:
    """Hand amounts out to demand, one after the other: who, from which, how many."""
    ends, gives = np.cumsum(weight), np.cumsum(amount)
    cuts = np.unique(np.concatenate([[0.0], ends[ends < gives[-1]], gives]))
    middle, much = (cuts[:-1] + cuts[1:]) / 2, np.diff(cuts)
    who = np.minimum(np.searchsorted(ends, middle, side="right"), weight.size - 1)
    where = np.minimum(np.searchsorted(gives, middle, side="right"), amount.size - 1)
    return who.astype(np.int64), where.astype(np.int64), much

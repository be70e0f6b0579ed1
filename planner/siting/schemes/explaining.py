"""Explain a plan under the switches: what each site adds and what could replace it, what each other one would cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.effort import Clock, Effort
from planner.siting.explaining import REASONS, Explanation
from planner.siting.schemes.duals import RowCertificate, least, reduced_costs, whole_bound
from planner.siting.schemes.neighbours import Beside, Neighbours
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.searching import Row, searched, sent
from planner.siting.tables import Bools, Floats, Reach
from planner.siting.trades import losses

_SAME, _ROUNDED = 1e-9, 1e-7  # share of a value by which two that are the same differ: whole ones, and all others
_ENTRIES = 5_000_000  # of the linear programs that say who is served where, altogether
_FEW = 3  # exchanges of a site that are looked at so
_EQUAL = 20  # equal exchanges between which walks decide


def explained(
    plan: SchemePlan, *, exact: bool, effort: Effort, table: Reach | Mapping[str, Reach] | None
) -> Explanation:
    """Explain a plan under the switches that holds; see `planner.siting.explaining.explain`."""
    work = _Explained(plan)
    chosen = work.chosen()
    return Explanation(plan, chosen, work.rejected(effort if exact else None), work.uncovered(_wide(plan, table)))


def options_bounds(written: SchemeProgram, certificate: RowCertificate) -> Floats:
    """Bound what any plan is worth that has an option open at its end, by weak duality; shape (k,).

    A column that must stand at its other end costs its reduced cost more.

    Parameters
    ----------
    written
        The program.
    certificate
        Any multipliers at all.
    """
    program, y = written.program, certificate.multipliers
    column = written.option(written.phases - 1)
    cost = least(program, y) + np.maximum(reduced_costs(program, y)[column], 0.0)
    bounds = [written.value_of(float(one)) for one in cost]
    most, whole = written.scheme.most, written.scheme.whole
    return np.array([whole_bound(one, most=most) if whole else one for one in bounds])


def _wide(plan: SchemePlan, table: Reach | Mapping[str, Reach] | None) -> list[Reach]:
    """Give for each service the walks by which the nearest site is named."""
    scheme = plan.scheme
    if table is None:
        return [row[0] for row in scheme.reaches]
    given = {scheme.services[0]: table} if isinstance(table, Reach) else {str(key): one for key, one in table.items()}
    ids = scheme.reaches[0][0]
    fits = set(given) == set(scheme.services) and all(
        np.array_equal(one.demand_ids, ids.demand_ids) and np.array_equal(one.site_ids, ids.site_ids)
        for one in given.values()
    )
    if not fits:
        raise InputError(Fault(_("the table has other ids than the plan"), todo=_("give the table of the plan")))
    return [given[name] for name in scheme.services]


class _Explained:
    """A plan, and what lies one option away from it."""

    def __init__(self, plan: SchemePlan) -> None:
        self.plan, self.scheme, self.written = plan, plan.scheme, plan.written
        options, ids = self.scheme.options, self.scheme.ids
        self.neighbours = Neighbours(self.written, plan.flows)
        row = {one: number for number, one in enumerate(ids.tolist())}
        line = {int(options.site[k]): k for k in np.flatnonzero(plan.last).tolist()}
        self.lines = [line[row[one]] for one in plan.table.index]  # the new options, in the order of the table
        self.beside: dict[int | None, Beside] = {None: self.neighbours.beside(plan.opened, None)}
        for k in self.lines:
            self.beside[k] = self.neighbours.beside(plan.opened, k)
        self.programs = max(8, _ENTRIES // max(1, self.written.program.column.size))

    def lost(self, others: Floats | float, value: float | None = None) -> Floats:
        """Tell by how much others are worth less than the plan."""
        same = _SAME if self.scheme.whole else _ROUNDED
        return losses(self.scheme, self.plan.value if value is None else value, others, same=same)

    # What is chosen.

    @cached_property
    def _open_sites(self) -> list[Bools]:
        return [self.scheme.offering(self.plan.opened, s) for s in range(len(self.scheme.services))]

    def chosen(self) -> pd.DataFrame:
        """Make the table of the new sites."""
        scheme, options, table = self.scheme, self.scheme.options, self.plan.table
        only, nearest = np.zeros(scheme.ids.size), np.zeros(scheme.ids.size)
        for s, there in enumerate(self._open_sites):
            reach = scheme.reaches[s][0]
            mine = self._new_at(s)
            entry = there[reach.site]
            count = np.bincount(reach.demand[entry], minlength=scheme.weight.size)
            alone = np.where(count == 1, scheme.weight, 0.0)[reach.demand]
            only += np.bincount(reach.site, alone, scheme.ids.size) * mine
            walk = np.full(scheme.weight.size, np.inf)
            np.minimum.at(walk, reach.demand[entry], reach.seconds[entry])
            near = entry & (reach.seconds <= walk[reach.demand])
            nearest += np.bincount(reach.site[near], scheme.weight[reach.demand[near]], scheme.ids.size) * mine
        rows = [self._exchanged(k) for k in self.lines]
        sites, total = options.site[self.lines], table["elders_total"].to_numpy(dtype=np.float64)
        others = [one for one, _loss, _without in rows]
        return pd.DataFrame(
            {
                "order": table["order"],
                "elders_added": table["elders_added"],
                "elders_total": total,
                "elders_only": only[sites],
                "elders_shared": total - only[sites],
                "elders_nearest": nearest[sites],
                "required": scheme.required[sites],
                "replacement": _objects([None if k is None else scheme.ids[options.site[k]].item() for k in others]),
                "replacement_use": _objects(["" if k is None else self.plan.use_of(k) for k in others]),
                "replacement_way": _objects(["" if k is None else str(options.way[k]) for k in others]),
                "loss": np.array([one[1] for one in rows], np.float64),
                "loss_without": np.array([one[2] for one in rows], np.float64),
                "twins": _objects([";".join(str(scheme.ids[j]) for j in self._twins(k)) for k in self.lines]),
                "cost_cny": table["cost_cny"],
            },
            index=table.index,
        )

    def _new_at(self, service: int) -> Bools:
        """Mark the sites where a service is new."""
        options, marks = self.scheme.options, np.zeros(self.scheme.ids.size, bool)
        marks[options.site[self.plan.last & options.serves[:, service]]] = True
        return marks

    def _exchanged(self, option: int) -> tuple[int | None, float, float]:
        """Find what does best in the place of an option, what is lost by it, and what with nothing in its place."""
        scheme = self.scheme
        bare = self._bare(option)
        alone = float(self.lost(bare)) if np.isfinite(bare) else np.inf
        if scheme.required[scheme.options.site[option]]:
            return None, float("nan"), alone
        beside = self.beside[option]
        values = beside.values.copy()
        if scheme.limited:
            order = np.argsort(-beside.promise, kind="stable")[:_FEW]
            for k in order[np.isfinite(beside.promise[order])].tolist():
                values[k] = self._sent(beside.opened(k), values[k])
        helps = np.isfinite(values)
        if np.isfinite(bare):  # whom it does not better is no replacement
            helps &= self.lost(np.where(helps, values, bare), bare) < 0
        if not helps.any():
            return None, alone if np.isfinite(bare) else float("nan"), alone
        lost = self.lost(values)
        slack = _SAME * max(1.0, abs(self.plan.value))
        equal = np.flatnonzero(helps & (lost <= float(lost[helps].min()) + slack))
        cost = scheme.options.total_cost
        some = sorted(equal.tolist(), key=lambda k: (cost[k], k))[:_EQUAL]
        best = min(some, key=lambda k: (cost[k], scheme.walking(beside.opened(k)), k)) if len(some) > 1 else some[0]
        return best, float(lost[best]), alone

    def _bare(self, option: int) -> float:
        """Value the plan without an option; NaN where it does not stand, though its site need not be chosen."""
        scheme, found = self.scheme, [float("nan")]
        may = scheme.required.copy()
        may[scheme.options.site[option]] = False
        for one in self.neighbours.without(self.plan.opened, option):
            if scheme.limited:
                found.append(self._sent(one, float("nan"), any_site=option))
            elif not replace(scheme, required=may).faults(one, None):
                found.append(scheme.value(one, None))
        pick = np.fmax.reduce if scheme.most else np.fmin.reduce
        return float(pick(found))

    def _sent(self, opened: Bools, known: float, *, any_site: int | None = None) -> float:
        """Value what is open with the best serving, as long as there are programs left to find it; else what is known.

        With ``any_site`` the site of that option need not be chosen.
        """
        if self.programs <= 0:
            return known
        self.programs -= 1
        written = self.written
        if any_site is not None and self.scheme.required[self.scheme.options.site[any_site]]:
            may = self.scheme.required.copy()
            may[self.scheme.options.site[any_site]] = False
            written = SchemeProgram(replace(self.scheme, required=may))
        flows = sent(written, opened)
        if flows is None:
            return known
        value = written.scheme.value(opened, flows)
        return value if np.isnan(known) or written.scheme.better(value, known) else known

    def _twins(self, option: int) -> list[int]:
        """List other sites with an option that serves the same demand as one, of the same services."""
        options = self.scheme.options
        same = [k for k in self._alike.get(self._served_by(option), []) if options.site[k] != options.site[option]]
        return sorted({int(options.site[k]) for k in same})

    @cached_property
    def _alike(self) -> dict[tuple[bytes, ...], list[int]]:
        found: dict[tuple[bytes, ...], list[int]] = {}
        for k in np.flatnonzero(self.scheme.options.new).tolist():
            found.setdefault(self._served_by(k), []).append(k)
        return found

    def _served_by(self, option: int) -> tuple[bytes, ...]:
        """Give what makes options alike: services, room, and the demand that counts, for every walker."""
        scheme, options = self.scheme, self.scheme.options
        j, serves = options.site[option], options.serves[option]
        key = [serves.tobytes(), options.capacity[option].tobytes() if scheme.limited else b""]
        for s in np.flatnonzero(serves).tolist():
            for reach in scheme.reaches[s]:
                demand = reach.demand[reach.indptr[j] : reach.indptr[j + 1]]
                key.append(demand[scheme.weight[demand] > 0].tobytes())
        return tuple(key)

    # What is not.

    def rejected(self, effort: Effort | None) -> pd.DataFrame:
        """Make the table of the candidates that are not chosen."""
        plan, scheme, options = self.plan, self.scheme, self.scheme.options
        there, offered, chosen = (np.zeros(scheme.ids.size, bool) for _each in range(3))
        there[options.site[~options.new]] = True
        offered[options.site[options.new]] = True
        chosen[list(plan.rows)] = True
        rows = np.flatnonzero(~chosen & (offered | ~there))
        if plan.certificate is None:  # standing() has seen to it
            raise AssertionError
        sign, nothing = (1.0, -np.inf) if scheme.most else (-1.0, np.inf)
        may_take = options.new & self._paid
        of_option = np.where(may_take, sign * options_bounds(self.written, plan.certificate), -np.inf)
        bound = np.full(scheme.ids.size, -np.inf)
        np.maximum.at(bound, options.site, of_option)
        may, bound = bound > -np.inf, sign * bound
        found = self._found(rows[may[rows]])
        for j in rows[may[rows]].tolist() if effort is not None else []:
            self._closed(j, bound, found, may, effort or Effort())
        at_least = self.lost(bound).clip(min=0.0)
        if not scheme.whole:  # floating point may have rounded the bound to the wrong side
            slack = _ROUNDED * max(1.0, abs(plan.value))
            at_least = np.where(at_least > 0, (at_least - slack).clip(min=0.0), 0.0)
        at_most = self.lost(np.where(np.isnan(found), nothing, found), plan.bound).clip(min=0.0)
        reasons = self._reasons(rows)
        return pd.DataFrame(
            {
                "elders_total": self._elders(np.ones(scheme.weight.size, bool))[rows],
                "elders_new": self._elders(None)[rows],
                "bound_with": np.where(may, bound, np.nan)[rows],
                "loss_at_least": np.where(may, np.minimum(at_least, at_most), np.nan)[rows],
                "loss_at_most": np.where(may, at_most, np.nan)[rows],
                "reason": _objects([code for code, _words in reasons]),
                "why": _objects([words for _code, words in reasons]),
                "cost_cny": self._cheapest()[rows],
            },
            index=pd.Index(scheme.ids[rows], name="candidate_id"),
        )

    def _found(self, rows: Any) -> Floats:
        """Value for each site the best plan with it that one exchange or addition leads to; NaN where there is none."""
        scheme, options = self.scheme, self.scheme.options
        some = list(self.beside.values())
        sign = 1.0 if scheme.most else -1.0
        values = np.stack([np.where(np.isnan(one.values), -np.inf, sign * one.values) for one in some])
        promise = np.stack([one.promise for one in some])
        found = np.full(scheme.ids.size, -np.inf)
        np.maximum.at(found, options.site, values.max(axis=0))
        found = np.where(found > -np.inf, sign * found, np.nan)
        for j in np.asarray(rows).tolist():
            mine = np.flatnonzero((options.site == j) & options.new)
            if scheme.limited:
                which, at = np.unravel_index(int(np.argmax(promise[:, mine])), (len(some), mine.size))
                if promise[which, mine[at]] > -np.inf:
                    found[j] = self._sent(some[which].opened(int(mine[at])), found[j])
            elif np.isnan(found[j]):
                found[j] = self._rebuilt(mine.tolist())
        return found

    def _rebuilt(self, mine: list[int]) -> float:
        """Value a plan with one of some options that takes the place of several: those that add most stay."""
        scheme, plan, options = self.scheme, self.plan, self.scheme.options
        kept = plan.opened & (~options.new | scheme.required[options.site] | (options.closes >= 0))
        best = float("nan")
        for k in mine:
            first = next((t for t in range(scheme.phases) if self.neighbours.affordable(kept, t)[k]), None)
            if first is None or options.closes[k] >= 0:
                continue
            one = kept.copy()
            one[first:, k] = True
            for other in self.lines:
                begin = int(plan.opened[:, other].argmax())
                if not one[-1, other] and self.neighbours.affordable(one, begin)[other]:
                    one[begin:, other] = True
            if not scheme.faults(one, None):
                value = scheme.value(one, None)
                best = value if np.isnan(best) or scheme.better(value, best) else best
        return best

    def _closed(self, site: int, bound: Floats, found: Floats, may: Bools, effort: Effort) -> None:
        """Solve again with a site that must be taken."""
        scheme, options = self.scheme, self.scheme.options
        certificate = self.plan.certificate
        if certificate is None:
            raise AssertionError
        row = Row(np.flatnonzero((options.site == site) & options.new), lower=1.0)
        clock = Clock(effort.time_limit_s)
        beyond = searched(self.written, certificate.multipliers, [row], None, effort=effort, clock=clock)
        may[site] &= not beyond.impossible
        if beyond.choice is not None:
            value = scheme.value(*beyond.choice)
            found[site] = value if np.isnan(found[site]) or scheme.better(value, found[site]) else found[site]
        if beyond.bound is not None:
            bound[site] = (min if scheme.most else max)(bound[site], beyond.bound)

    @cached_property
    def _left(self) -> tuple[float, float]:
        """Money and number of sites that what must be chosen leaves at the most."""
        scheme, options = self.scheme, self.scheme.options
        cheapest = self._cheapest()
        offered = np.zeros(scheme.ids.size, bool)
        offered[options.site[options.new]] = True
        must = scheme.required & offered
        return (
            scheme.budgets[-1] + scheme.spared - float(cheapest[must].sum()),
            scheme.sites[-1] - float(must.sum()),
        )

    def _cheapest(self) -> Floats:
        """Give the money that each site takes at the least, shape (m,); NaN where that is not known."""
        options = self.scheme.options
        cost = np.full(self.scheme.ids.size, np.inf)
        priced = options.new & ~options.unpriced
        np.minimum.at(cost, options.site[priced], options.total_cost[priced])
        return np.where(np.isfinite(cost), cost, np.nan)

    @cached_property
    def _paid(self) -> Bools:
        """Mark the options that money and number of sites could pay, if nothing else were chosen that need not be."""
        scheme, options = self.scheme, self.scheme.options
        money, number = self._left
        slack = _SAME * max(1.0, abs(money)) if np.isfinite(money) else 0.0
        paid = (options.total_cost <= money + slack) | np.isnan(money)
        for s, purse in enumerate(scheme.purses):
            paid &= options.cost[:, s] <= purse + _SAME * max(1.0, abs(purse))
        return np.asarray((paid & (number >= 1)) | scheme.required[options.site])

    def _elders(self, whom: Bools | None) -> Floats:
        """Sum for each site the elders whom its options serve, over services; None: of those whom the plan does not."""
        scheme, total = self.scheme, np.zeros(self.scheme.ids.size)
        for s in range(len(scheme.services)):
            reach = scheme.reaches[s][0]
            elders = scheme.weight * whom if whom is not None else self._unserved(s)
            total += np.bincount(reach.site, elders[reach.demand], scheme.ids.size) * self._offers(s)
        return total

    def _offers(self, service: int) -> Bools:
        """Mark the sites that may come to offer a service."""
        options, marks = self.scheme.options, np.zeros(self.scheme.ids.size, bool)
        marks[options.site[options.new & options.serves[:, service]]] = True
        return marks

    def _unserved(self, service: int) -> Floats:
        """Count the elders of each demand whom the plan does not serve at its end, for the first walker."""
        left = self.scheme.weight - self.scheme.served(self.plan.opened, self.plan.flows, service)
        return np.where(left > _ROUNDED * np.maximum(1.0, self.scheme.weight), left, 0.0)

    def _reasons(self, rows: Any) -> list[tuple[str, str]]:
        """Say of each candidate that is not chosen why."""
        scheme, options = self.scheme, self.scheme.options
        twin = {j: int(options.site[k]) for k in reversed(self.lines) for j in self._twins(k)}
        must = self.plan.last & scheme.required[options.site]
        stays = np.repeat((~options.new | must)[None, :], scheme.phases, axis=0)
        beyond, new = np.zeros(scheme.ids.size), self._elders(None)
        for s in range(len(scheme.services)):
            reach = scheme.reaches[s][0]
            left = np.where(scheme.covered(stays, s), 0.0, scheme.weight)
            beyond += np.bincount(reach.site, left[reach.demand], scheme.ids.size) * self._offers(s)
        paid = np.zeros(scheme.ids.size, bool)
        paid[options.site[options.new & self._paid]] = True
        offered = np.zeros(scheme.ids.size, bool)
        offered[options.site[options.new]] = True
        money, number = self._left
        found = []
        for j in np.asarray(rows).tolist():
            if scheme.forbidden[j]:
                code = "forbidden"
            elif not offered[j]:
                code = "no_way"
            elif not paid[j]:
                code = "too_dear"
            elif j in twin:
                code = "twin"
            elif not beyond[j] and not scheme.limited:
                code = "nobody_new"
            else:
                code = "less" if new[j] else "covered"
            price, left_ = (self._cheapest()[j], money) if number >= 1 else (1.0, number)
            words = _(REASONS[code]).format(price=price, left=max(left_, 0.0), site=scheme.ids[twin.get(j, j)])
            found.append((code, words))
        return found

    # Who is left out.

    def uncovered(self, wide: list[Reach]) -> pd.DataFrame:
        """Make the table of the demand that is not served, a row per service and demand."""
        scheme, everything = self.scheme, np.ones_like(self.plan.opened)
        parts = []
        for s, name in enumerate(scheme.services):
            left = self._unserved(s)
            rows = np.flatnonzero(left)
            reach = wide[s]
            entry = np.flatnonzero(self._offers(s)[reach.site] & (left > 0)[reach.demand])
            site, demand, seconds = reach.site[entry], reach.demand[entry], reach.seconds[entry]
            order = np.lexsort((site, seconds, demand))
            who, first = np.unique(demand[order], return_index=True)
            nearest, walk = np.full(left.size, -1), np.full(left.size, np.nan)
            nearest[who], walk[who] = site[order][first], seconds[order][first]
            parts.append(
                pd.DataFrame(
                    {
                        "service": name,
                        "elders": left[rows],
                        "coverable": scheme.covered(everything, s)[rows],
                        "nearest": _objects([None if j < 0 else scheme.ids[j].item() for j in nearest[rows]]),
                        "walk_s": walk[rows],
                    },
                    index=pd.Index(scheme.reaches[s][0].demand_ids[rows], name="demand_id"),
                )
            )
        return pd.concat(parts)


def _objects(values: list[Any]) -> Any:
    return np.array([*values, None], object)[:-1]

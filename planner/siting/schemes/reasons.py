"""Tell why no plan can stand under the switches, and how much would have to give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from planner.i18n import _
from planner.siting.effort import Clock, Effort
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.scheme import Scheme
from planner.siting.tables import named
from planner.solving import Answer, SolverError, solve


def reasons_before(scheme: Scheme) -> tuple[str, ...]:
    """List what can be seen without solving; empty where nothing speaks against a plan."""
    options, ids, found = scheme.options, scheme.ids, []
    offered = np.zeros(ids.size, bool)
    offered[options.site[options.new]] = True
    both = scheme.required & scheme.forbidden
    if both.any():
        found.append(_("required and forbidden at once: {ids}").format(ids=named(ids[both])))
    lost = scheme.required & ~offered & ~both
    if lost.any():
        found.append(_("required, but there is no way to come by it: {ids}").format(ids=named(ids[lost])))
    cheapest = np.full(ids.size, np.inf)
    np.minimum.at(cheapest, options.site[options.new], options.total_cost[options.new])
    must = scheme.required & offered
    taken, budget = float(cheapest[must].sum()) - scheme.spared, scheme.budgets[-1]
    if taken > budget * (1 + 1e-9) + 1e-9:
        text = _("the required sites cost at least {taken:,.0f} of {budget:,.0f}: {short:,.0f} too much")
        found.append(text.format(taken=taken, budget=budget, short=taken - budget))
    if must.sum() > scheme.sites[-1]:
        text = _("{number} sites are required of {sites:g}: {short:g} too many")
        found.append(text.format(number=int(must.sum()), sites=scheme.sites[-1], short=must.sum() - scheme.sites[-1]))
    return (*found, *_out_of_reach(scheme), *_too_small(scheme))


def _everything(scheme: Scheme, service: int, scenario: int) -> np.ndarray:
    """Mark the demand that any option at all would reach."""
    reach, options = scheme.reaches[service][scenario], scheme.options
    there = np.zeros(scheme.ids.size, bool)
    there[options.site[options.serves[:, service]]] = True
    marks = np.zeros(scheme.weight.size, bool)
    marks[reach.demand[there[reach.site]]] = True
    return marks


def _out_of_reach(scheme: Scheme) -> list[str]:
    """List the districts and shares that not even all sites together reach."""
    found = []
    for s, q in np.ndindex(len(scheme.services), len(scheme.scenarios)):
        marks = _everything(scheme, s, q)
        if scheme.floors.any():
            inside = (scheme.district >= 0) & marks
            could = np.bincount(scheme.district[inside], scheme.weight[inside], scheme.districts.size)
            asked = scheme.floors * scheme.district_weight
            for d in np.flatnonzero(could < asked * (1 - 1e-9) - 1e-9):
                text = _(
                    "{district}: all sites together bring {share:.1%} within reach ({could:,.0f} elders) "
                    "where {floor:.1%} ({asked:,.0f}) must be: {short:,.0f} elders short{of}"
                )
                total = scheme.district_weight[d]
                found.append(
                    text.format(
                        district=scheme.districts[d], share=could[d] / total, could=could[d], floor=scheme.floors[d],
                        asked=asked[d], short=asked[d] - could[d], of=_which(scheme, s, q))
                )  # fmt: skip
        total = float(scheme.weight.sum())
        could_all = float(scheme.weight[marks].sum())
        if scheme.goal == "least" and could_all < scheme.need * total * (1 - 1e-9) - 1e-9:
            text = _(
                "all sites together bring {could:,.0f} of {total:,.0f} within reach, {share:.2%}; no site reaches {ids}"
            )
            where = named(scheme.reaches[s][q].demand_ids[~marks & (scheme.weight > 0)])
            found.append(text.format(could=could_all, total=total, share=could_all / total, ids=where))
    return found


def _which(scheme: Scheme, service: int, scenario: int) -> str:
    """Name the service and the walker where there are several."""
    words = [scheme.services[service]] if len(scheme.services) > 1 else []
    words += [scheme.scenarios[scenario]] if len(scheme.scenarios) > 1 else []
    return _(" ({words})").format(words=_(", ").join(words)) if words else ""


def _too_small(scheme: Scheme) -> list[str]:
    """Tell where all sites together hold fewer than must be served."""
    if not scheme.limited or scheme.goal != "least":
        return []
    found = []
    for s, name in enumerate(scheme.services):
        options = scheme.options
        most = np.zeros(scheme.ids.size)
        mine = options.serves[:, s]
        np.maximum.at(most, options.site[mine], options.capacity[mine, s])
        asked = scheme.need * float(scheme.weight.sum()) * scheme.uptake
        if most.sum() < asked * (1 - 1e-9):
            text = _("{service}: all sites together hold {room:,.0f} where {asked:,.0f} come: {short:,.0f} short")
            service = name or _("the sites")
            found.append(text.format(service=service, room=most.sum(), asked=asked, short=asked - most.sum()))
    return found


def reasons_after(scheme: Scheme, effort: Effort, clock: Clock) -> tuple[str, ...]:
    """Find how much would have to give where no plan was found to exist, by programs that may be broken at a price."""

    def solved(written: SchemeProgram) -> Answer:
        limit = None if clock.limit_s is None else max(clock.left_s, 1.0)
        return solve(written.program, max_nodes=effort.max_nodes, time_limit_s=limit,
                     watch=lambda _value, _bound: clock.interrupted)  # fmt: skip

    found = []
    try:
        if scheme.floors.any() or scheme.goal == "least":
            written = SchemeProgram(scheme, soft=True)
            found += _lacking(written, solved(written))
        if any(np.isfinite((*scheme.budgets, *scheme.purses, *scheme.sites))):
            found += _enough(scheme, solved)
    except SolverError as error:
        found.append(str(error))
    return tuple(found) or (_("the demands contradict each other"),)


def _lacking(written: SchemeProgram, answer: Answer) -> list[str]:
    """Tell how many elders floors and share miss together at the least, and where in such a case."""
    if not answer.x.size or answer.bound <= 1e-6:
        return []
    scheme = written.scheme
    layers = [_which(scheme, s, q) for s, q in np.ndindex(len(scheme.services), len(scheme.scenarios))]
    missing = answer.x[written.slack : written.lacking].reshape(len(layers), scheme.districts.size)
    where = [
        _("{district}{of} ({short:,.1f})").format(district=scheme.districts[d], of=layers[one], short=missing[one, d])
        for one, d in zip(*np.nonzero(missing > 1e-6), strict=True)
    ]
    where += [
        _("the share of all{of} ({short:,.1f})").format(of=layers[one], short=short)
        for one, short in enumerate(answer.x[written.lacking :])
        if short > 1e-6
    ]
    text = _("under these limits at least {short:,.1f} elders are lacking, as in {where}")
    return [text.format(short=answer.bound, where=_(", ").join(where))]


def _enough(scheme: Scheme, solved: Callable[[SchemeProgram], Answer]) -> list[str]:
    """Tell with how much the same demands can be met."""
    endless = (np.inf,)
    by_cost = bool(np.isfinite((*scheme.budgets, *scheme.purses)).any())
    free = replace(
        scheme, goal="least", sites=endless, budgets=endless, by_cost=by_cost, purses=endless * len(scheme.services),
        need=scheme.need if scheme.goal == "least" else 0.0)  # fmt: skip
    written = SchemeProgram(free)
    answer = solved(written)
    if not answer.x.size:
        return []
    text = (
        _("the same demands can be met with {number:,.0f} CNY in all")
        if by_cost
        else _("the same demands can be met with {number:,.0f} sites")
    )
    return [text.format(number=written.value_of(answer.value))]

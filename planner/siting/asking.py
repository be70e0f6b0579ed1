"""Make a question of what a user hands in, with every fault at once, and tell beforehand what can have no plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.questions import Model, Question
from planner.siting.tables import Bools, Reach, named


def asked(
    model: Model,
    table: Reach,
    weights: Mapping[Any, float] | ArrayLike | None,
    *,
    limit_s: float | None = None,
    costs: Mapping[Any, float] | ArrayLike | None = None,
    existing: Collection[Any] = (),
    required: Collection[Any] = (),
    forbidden: Collection[Any] = (),
    sites: int | None = None,
    budget: float | None = None,
    share: float = 0.0,
    by_cost: bool = False,
    leave_unreachable: bool = False,
) -> Question:
    """Bring what was handed in into the order of the ids.

    Parameters
    ----------
    model, table, weights, limit_s, costs, existing, required, forbidden
        As in the models.
    sites, budget
        What the purse holds: a number of sites, or money; neither for none.
    share
        For ``cover``: the share of the weight that must be within reach.
    by_cost
        Whether sites are paid or counted; where they are counted, costs may be missing (NaN).
    leave_unreachable
        Whether demand that no site at all reaches is left out, and told as such.

    Raises
    ------
    InputError
        With every fault.
    """
    faults: list[Fault] = []

    def read(part: Any, *given: Any) -> Any:
        try:
            return part(*given)
        except InputError as error:
            faults.extend(error.faults)
            return None

    weight = read(table.demand_values, weights, _("weights"))
    cost = read(partial(table.site_values, missing=not by_cost), costs, _("costs"))
    there = read(table.sites_named, existing, _("existing sites"))
    must = read(table.sites_named, required, _("required sites"))
    never = read(table.sites_named, forbidden, _("forbidden sites"))
    if faults:
        raise InputError(faults)
    lost = np.zeros(weight.size, bool)
    if leave_unreachable:
        lost = ~(np.bincount(table.demand, minlength=weight.size) > 0)
    unknown = np.isnan(cost) & ~there
    cost = np.nan_to_num(cost)
    price = np.where(there, 0.0, cost if by_cost else 1.0)
    purse = float(sites) if sites is not None else np.inf if budget is None else float(budget)
    return Question(
        model,
        table if limit_s is None else table.within(limit_s),
        np.where(lost, 0.0, weight),
        np.where(there, 0.0, cost),
        price,
        purse,
        there,
        must & ~there,
        never & ~there,
        share * float(weight.sum()),
        by_cost,
        unknown if unknown.any() else None,
        float(weight[lost].sum()),
    )


def short_of(question: Question) -> tuple[str, ...]:
    """List why no plan can stand, each with how much would have to give; empty where nothing speaks against one."""
    reasons = []
    ids = question.reach.site_ids
    both = question.required & question.forbidden
    if both.any():
        reasons.append(_("required and forbidden at once: {ids}").format(ids=named(ids[both])))
    if question.left < -1e-9 * max(1.0, question.purse):
        taken = float(question.price[question.required].sum())
        text = _("the required sites take {taken:g} of {purse:g}: {short:g} too much")
        reasons.append(text.format(taken=taken, purse=question.purse, short=taken - question.purse))
    if question.model == "max_cover":
        return tuple(reasons)
    lost = (question.weight > 0) & ~question.covered(question.fixed | question.free)
    if question.model == "cover":
        could = float(question.weight[~lost].sum())
        if could < question.need - 1e-9 * max(1.0, question.need):
            total = float(question.weight.sum())
            text = _(
                "all sites together bring {could:,.0f} of {total:,.0f} within reach, {share:.2%}; no site reaches {ids}"
            )
            where = named(question.reach.demand_ids[lost])
            share = float(np.floor(could / total * 1e4)) / 1e4  # a share that can be asked for
            reasons.append(text.format(could=could, total=total, share=share, ids=where) + _barred(question, lost))
    elif lost.any():
        text = _("{ids} have no way to any site that may be chosen")
        reasons.append(text.format(ids=named(question.reach.demand_ids[lost])) + _barred(question, lost))
    return tuple(reasons)


def _barred(question: Question, lost: Bools) -> str:
    """Name the forbidden sites that would serve demand that no other site serves."""
    reach = question.reach
    serves = np.bincount(reach.site[lost[reach.demand]], minlength=question.price.size) > 0
    bars = serves & question.forbidden & ~question.existing
    if not bars.any():
        return ""
    gained = float(question.weight[lost & question.covered(bars)].sum())
    text = _("; {sites}, which must not be chosen, would serve {gained:,.0f} of those elders")
    return text.format(sites=named(reach.site_ids[bars]), gained=gained)


def too_few(question: Question) -> str:
    """Tell how many sites it takes until everybody has a way to one, where the purse pays too few.

    Parameters
    ----------
    question
        Of walks: a p-median or p-center that the purse makes impossible.
    """
    from planner.siting.effort import Effort
    from planner.siting.search.covering import solve_cover

    homes = (question.weight > 0).astype(np.float64)
    everybody = replace(question, model="cover", weight=homes, purse=np.inf, need=float(homes.sum()))
    plan = solve_cover(everybody, Effort(trials=100, max_nodes=2_000, time_limit_s=5.0))
    text = (
        _("{sites:g} sites do not reach everybody, whatever the walk: it takes {least:g}")
        if plan.status == "optimal"
        else _("{sites:g} sites do not reach everybody, whatever the walk: it takes {least:g} at least")
    )
    return text.format(sites=question.purse, least=plan.bound)


def below(name: str, value: float) -> Fault:
    """Say that a number must not be below 0."""
    return Fault(_("{name} is {value}").format(name=name, value=value), todo=_("give a number of 0 or more"))


def idle(name: str, needs: str) -> Fault:
    """Say that something is set that would change nothing without something else."""
    return Fault(_("{name} is set without {needs}").format(name=name, needs=needs), why=_("it would change nothing"))


def limit_faults(name: str, limits: tuple[float, ...]) -> list[Fault]:
    """List what is wrong with the limits by the end of each phase."""
    if not limits:
        return [Fault(_("{name} has no phases").format(name=name), todo=_("give one limit, or one for each phase"))]
    found = [below(name, one) for one in limits if not one >= 0][:1]
    if list(limits) != sorted(limits):
        what = _("{name} falls from one phase to the next").format(name=name)
        found.append(Fault(what, todo=_("give what there may be by the end of each phase, first to last")))
    return found

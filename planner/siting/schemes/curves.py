"""Solve a question under the switches with one limit after another, for its curve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.effort import Clock, Effort
from planner.siting.schemes.duals import certified_rows
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.scheme import Goal, Scheme
from planner.siting.schemes.searching import concluded, sent
from planner.siting.schemes.work import solve_scheme

_AMOUNTS = 12  # amounts of money


def curve_fault(plan: SchemePlan) -> Fault | None:
    """Tell why a plan has no curve; None where it has one."""
    scheme, one_limit = plan.scheme, _("ask for a number of sites or a budget alone")
    if scheme.phases > 1:
        return Fault(_("a plan of several phases has no curve"), why=_("each phase has a limit of its own"),
                     todo=_("ask for the curve of one phase"))  # fmt: skip
    if scheme.goal == "regret":
        why = _("under each limit a regret is measured against other plans")
        return Fault(_("a plan of least regret has no curve"), why=why, todo=_("ask for the walker judged worst"))
    if scheme.goal != "least" and not np.isfinite((scheme.sites[0], scheme.budgets[0])).any():
        return Fault(_("a plan with a budget for each service has no curve"), todo=one_limit)
    return None


def asked_for(plan: SchemePlan) -> tuple[Scheme, bool]:
    """Give the scheme whose limit moves, and whether that is money; for the least that reaches a share, most elders."""
    scheme = plan.scheme
    if scheme.goal != "least":
        return scheme, bool(np.isfinite(scheme.budgets[0]))
    goal: Goal = "most" if len(scheme.scenarios) == 1 else "worst"
    return replace(scheme, goal=goal, need=0.0, by_cost=False), scheme.by_cost


def limits_of(plan: SchemePlan, spread: Callable[[float, float, float], list[float]]) -> list[float]:
    """Choose the limits: up to twice what was asked for, or of the least up to what it takes.

    Parameters
    ----------
    plan
        That has a curve.
    spread
        Chooses among numbers of sites, from the least to the most, so that what was asked for is among them.
    """
    scheme, by_cost = asked_for(plan)
    options, least = scheme.options, plan.scheme.goal == "least"
    offered = float(np.unique(options.site[options.new]).size)
    everything = float(options.total_cost[options.new].sum()) if by_cost else offered
    asked = plan.value if least else (scheme.budgets if by_cost else scheme.sites)[0]
    asked = asked if np.isfinite(asked) else everything  # a share that nothing reaches
    if by_cost:
        most = asked if least else 2.0 * asked
        most = most if most > 0 else 1.0
        return [most * (number + 1) / _AMOUNTS for number in range(_AMOUNTS)]
    first = max(1.0, float(scheme.required.sum()))
    most = max(first, min(asked if least else 2.0 * asked, offered))
    return spread(first, most, min(asked, most))


def drawn(plan: SchemePlan, steps: Iterable[float], effort: Effort, within_s: float | None) -> list[SchemePlan]:
    """Solve under one limit after another; each plan is no worse than the one before.

    Parameters
    ----------
    plan
        That has a curve.
    steps
        The limits, ascending; the work ends early where everything is reached, or with Ctrl-C.
    effort
        Limits of the work for each.
    within_s
        Seconds for all.
    """
    (scheme, by_cost), steps = asked_for(plan), list(steps)
    everything = np.ones((1, scheme.options.size), bool)
    ceiling = np.nan if scheme.limited else scheme.value(everything, None)
    plans: list[SchemePlan] = []
    clock = Clock(within_s)
    for place, limit in enumerate(steps):
        narrow = replace(scheme, budgets=(limit,)) if by_cost else replace(scheme, sites=(limit,))
        same = scheme is plan.scheme and limit == (scheme.budgets if by_cost else scheme.sites)[0] and plan.verify()
        if same:
            one = plan
        else:
            each = replace(effort, time_limit_s=clock.share(len(steps) - place, effort.time_limit_s))
            one = replace(solve_scheme(narrow, each), circles=plan.circles)
        plans.append(_no_worse(one, plans))
        if not same and one.stopped == "interrupted":  # somebody pressed Ctrl-C: what there is by now
            break
        if plans[-1].value >= ceiling:
            break
    return plans


def _no_worse(plan: SchemePlan, before: list[SchemePlan]) -> SchemePlan:
    """Take the plan under the limit before, where the search under this one found less."""
    last = next((one for one in reversed(before) if one.certificate is not None), None)
    if last is None or plan.certificate is None or not plan.scheme.better(last.value, plan.value):
        return plan
    return replace(concluded(plan, (last.opened, last.flows), seconds=plan.seconds), stopped=plan.stopped)


def again(plan: SchemePlan, other: SchemePlan) -> float:
    """Bound a plan by the multipliers of another limit."""
    one = other.certificate
    if one is None or one.multipliers.shape != plan.written.program.row_lower.shape:
        return float("nan")
    return certified_rows(plan.written, one.multipliers)


def before_any(plan: SchemePlan) -> float:
    """Value what stands already."""
    scheme = asked_for(plan)[0]
    today = ~scheme.options.new[None, :]
    if not scheme.limited:
        return scheme.value(today, None)
    free = replace(plan, scheme=replace(scheme, required=scheme.required & False))
    flows = sent(free.written, today)
    return scheme.value(today, flows) if flows is not None else float("nan")


def refuse(plan: SchemePlan) -> None:
    """Refuse a plan that has no curve.

    Raises
    ------
    InputError
        It has none.
    """
    if fault := curve_fault(plan):
        raise InputError(fault)

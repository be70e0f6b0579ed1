"""Draw up what more sites or more money would bring: value and bound of the best plan under one limit after another.

References
----------
Satopaa, Albrecht, Irwin and Raghavan 2011, "Finding a 'Kneedle' in a haystack: detecting knee points in system
behavior", doi:10.1109/ICDCSW.2011.20: the elbow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.certificate import certified
from planner.siting.effort import Clock, Effort
from planner.siting.explaining import solved
from planner.siting.models import LeastSites, MaxCover
from planner.siting.plans import Plan, Status
from planner.siting.questions import Question
from planner.siting.schemes import curves as switched
from planner.siting.schemes.plan import SchemePlan
from planner.siting.search.covering import solve_cover
from planner.siting.siteplans import SitePlan, conclude
from planner.siting.tables import Floats, Reach
from planner.siting.walkmodels import PCenter, PMedian

if TYPE_CHECKING:
    import pandas as pd

    from planner.study import Study

Model = MaxCover | LeastSites | PMedian | PCenter

_MOST_SITES = 24  # numbers of sites that a curve looks at unless told
_AMOUNTS = 12  # amounts of money
_EFFORT = Effort(trials=2_000, parts=20, max_nodes=2_000)
_SWITCHED_NODES = 200  # how far a search may branch under the switches
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Curve:
    """What each limit brings.

    Parameters
    ----------
    table : DataFrame
        One row per ``limit`` (new sites, or CNY), ascending: ``value`` of the best plan found and ``bound``, than which
        none is better, both in the plans' unit; ``status`` as in `planner.siting.Plan`; ``sites``, how many new ones
        the plan has; ``cost_cny``; ``seconds`` of the solve. Of coverage also ``elders_added`` to the row before (to
        what stands, in the first), ``share`` of all elders and ``share_bound``. Of walks ``saved`` to the row before.
        Under the switches elders count once per service, and with several walkers for the one for whom they are fewest;
        where fairness is the goal, value and bound are shares and there is no more.
    elbow
        The limit after which more brings less than on the average of the whole curve: the point furthest from the
        chord between the ends of the curve, both axes scaled to 0..1 (Kneedle, without smoothing), the smallest of
        equals. None where the curve is straight or has fewer than three points.
    plans : tuple of SitePlan or of SchemePlan
        One per row, whose own bound may be weaker: the row knows those of all.
    """

    table: pd.DataFrame
    elbow: float | None
    plans: tuple[SitePlan, ...] | tuple[SchemePlan, ...]


def curve(
    asked: Model | Plan,
    where: Reach | Mapping[str, Reach] | Study | None = None,
    *given: Any,
    limits: Iterable[float] | None = None,
    effort: Effort | None = None,
    within_s: float | None = None,
    **more: Any,
) -> Curve:
    """Solve a question under one limit after another.

    Parameters
    ----------
    asked
        A plan of one phase, or a model. Of `planner.siting.LeastSites` the curve tells how many elders each number
        of sites, or each amount, would reach.
    where, given, more
        For a model: a table, or one for each service, or a study, and what else ``solve_table`` or ``solve`` takes.
    limits
        Numbers of new sites, or amounts of money where the model has a budget. Left out: every number from 1 up to
        twice what was asked for, or to what reaches everybody whom any site reaches, at equal steps so that they are 24
        at most; or 12 amounts up to what it costs to reach them. Under the switches 12 amounts up to twice the budget.
    effort
        Limits of the work for each; left out, less than usual, as every row tells its bound, with the plan's seed.
    within_s
        Seconds for all of them together, shared evenly between those that are yet to be solved; None for no limit.

    Returns
    -------
    Curve
        Its values never fall (never rise, where less is better): a plan under one limit stands under every higher one.
        Bounds hold for lower limits too, and the multipliers of one limit for all. Ctrl-C ends it with the limit at
        hand.

    Raises
    ------
    InputError
        The plan has several phases, is one of least regret or has a budget for each service alone; or a limit is
        negative or no whole number of sites.

    Examples
    --------
    >>> from planner.siting import MaxCover
    >>> far = np.nan
    >>> reach = Reach.of_matrix([[5, far, far], [far, 5, far], [far, far, 5]], list("xyz"), list("ABC"))
    >>> found = curve(MaxCover(sites=2), reach, [50, 30, 4])
    >>> found.table[["value", "bound", "elders_added", "status"]].reset_index()
       limit  value  bound  elders_added   status
    0      1   50.0   50.0          50.0  optimal
    1      2   80.0   80.0          30.0  optimal
    2      3   84.0   84.0           4.0  optimal
    >>> found.elbow
    2.0
    """
    plan = asked if isinstance(asked, Plan) else _solved(asked, where, given, more)
    if isinstance(plan, SchemePlan):
        return _switched(plan, limits, effort or Effort(seed=plan.seed, max_nodes=_SWITCHED_NODES), within_s)
    if not isinstance(plan, SitePlan):
        raise InputError(Fault(_("there is no plan"), why=type(plan).__name__))
    effort = replace(_EFFORT, seed=plan.seed) if effort is None else effort
    question = plan.question
    if question.model == "cover":
        question = replace(question, model="max_cover", need=0.0)
    steps = _limits(plan, question, effort) if limits is None else _checked(limits, by_cost=question.by_cost)
    plans: list[SitePlan] = []
    clock = Clock(within_s)
    for limit in steps:
        same = plan.question is question and question.purse == limit and plan.verify()
        each = replace(effort, time_limit_s=clock.share(len(steps) - len(plans), effort.time_limit_s))
        one = plan if same else solved(replace(question, purse=limit), each)
        plans.append(_no_worse(replace(one, circles=plan.circles), plans))
        if not same and plans[-1].stopped == "interrupted":  # somebody pressed Ctrl-C: what there is by now
            break
    nobody, total = question.value(question.required & False), float(question.weight.sum()) + question.apart
    table, elbow = _table(
        steps, plans, [_again(one, plans) for one in plans], nobody=nobody, total=total, by_cost=question.by_cost
    )
    return Curve(table, elbow, tuple(plans))


def _switched(plan: SchemePlan, limits: Iterable[float] | None, effort: Effort, within_s: float | None) -> Curve:
    """Draw up the curve of a plan under the switches."""
    switched.refuse(plan)
    scheme, by_cost = switched.asked_for(plan)
    steps = switched.limits_of(plan, _spread) if limits is None else _checked(limits, by_cost=by_cost)
    plans = switched.drawn(plan, steps, effort, within_s)
    again = [[switched.again(one, other) for other in plans] if one.status == "gap" else [] for one in plans]
    total = None if scheme.goal == "fairest" else scheme.total
    table, elbow = _table(steps, plans, again, nobody=switched.before_any(plan), total=total, by_cost=by_cost)
    return Curve(table, elbow, tuple(plans))


def _solved(
    model: Model, where: Reach | Mapping[str, Reach] | Study | None, given: tuple[Any, ...], more: dict[str, Any]
) -> Plan:
    """Solve what was asked of a table or a study."""
    if where is None:
        raise InputError(Fault(_("a model has no curve without a table or a study"), todo=_("name one")))
    if isinstance(where, Mapping) and isinstance(model, MaxCover | LeastSites):
        return model.solve_table(where, *given, **more)
    if isinstance(where, Mapping):
        raise InputError(Fault(_("walks are added up for one service alone"), todo=_("give one table")))
    if isinstance(where, Reach):
        return model.solve_table(where, *given, **more)
    place: Any = where
    if hasattr(place, "to_numpy") or isinstance(place, np.ndarray):
        return model.solve_table(place, *given, **more)
    return model.solve(place, *given, **more)


def _checked(limits: Iterable[float], *, by_cost: bool) -> list[float]:
    """Sort the limits, each once."""
    steps = sorted({float(one) for one in limits})
    wrong = [one for one in steps if not (np.isfinite(one) and one >= 0 and (by_cost or one == int(one)))]
    if wrong or not steps:
        text = _("these are no limits: {limits}").format(limits=_(", ").join(f"{one:g}" for one in wrong) or _("none"))
        raise InputError(Fault(text, todo=_("give amounts, or whole numbers of sites, of 0 or more")))
    return steps


def _limits(plan: SitePlan, question: Question, effort: Effort) -> list[float]:
    """Choose the limits: up to what reaches everybody whom any site reaches."""
    free = int(question.free.sum())
    new = question.required & ~question.existing
    least = max(1.0, float(new.sum()))
    if question.model != "max_cover":
        most = min(2.0 * question.purse, float(free + new.sum()))
        return _spread(least, max(least, most), question.purse)
    coverable = float(question.weight[question.covered(question.fixed | question.free)].sum())
    everybody = replace(question, model="cover", purse=np.inf, need=coverable)
    price = solve_cover(everybody, replace(effort, trials=min(effort.trials, 50), max_nodes=0)).value
    if question.by_cost:
        most = price if price > 0 else plan.question.purse if np.isfinite(plan.question.purse) else 1.0
        return [most * (number + 1) / _AMOUNTS for number in range(_AMOUNTS)]
    asked, most = (plan.value, plan.value) if plan.model == "cover" else (question.purse, 2.0 * question.purse)
    most = min(price, most) if np.isfinite(most) else price
    return _spread(least, max(least, most), asked if np.isfinite(asked) else most)


def _spread(least: float, most: float, asked: float) -> list[float]:
    """Choose numbers of sites at equal steps, with the number that was asked for among them."""
    step = int(np.ceil((most - least + 1) / _MOST_SITES))
    return [float(one) for one in range(int(least), int(most) + 1) if (one - int(min(asked, most))) % step == 0]


def _no_worse(plan: SitePlan, before: list[SitePlan]) -> SitePlan:
    """Take the plan under the limit before, where the search under this one found less."""
    last = next((one for one in reversed(before) if one.rows or one.certificate is not None), None)
    question = plan.question
    if last is None or plan.certificate is None or not question.better(last.value, plan.value):
        return plan
    better = conclude(
        question, last.chosen, plan.certificate, stopped=plan.stopped, seconds=plan.seconds, seed=plan.seed
    )
    return replace(better, circles=plan.circles)


def _again(plan: SitePlan, others: list[SitePlan]) -> list[float]:
    """Bound a plan by the multipliers of every limit."""
    if plan.status in {"optimal", "infeasible"} or plan.model == "p_center":
        return []
    given = [one.certificate for one in others if one.certificate is not None]
    return [certified(plan.question, one.multipliers, rate=one.rate, radius=one.radius) for one in given]


def _bounds(plans: Sequence[SitePlan | SchemePlan], again: list[list[float]]) -> Floats:
    """Bound each plan by its own bound, by that of every higher limit, and by the multipliers of every limit."""
    tight = np.fmin if plans[0].most else np.fmax
    bounds = np.array([tight.reduce([one.bound, *more]) for one, more in zip(plans, again, strict=True)])
    # The best under a higher limit is no worse: its bound holds here too.
    return np.asarray(tight.accumulate(bounds[::-1])[::-1])


def _table(
    steps: list[float],
    plans: Sequence[SitePlan | SchemePlan],
    again: list[list[float]],
    *,
    nobody: float,
    total: float | None,
    by_cost: bool,
) -> tuple[pd.DataFrame, float | None]:
    """Make the table, and find the elbow.

    Parameters
    ----------
    steps, plans, again
        The limits, the plan under each, and further bounds on what it can be worth.
    nobody
        The value of what stands already.
    total
        Elders in all; None where values are no elders.
    by_cost
        Whether limits are money.
    """
    import pandas as pd

    bounds = _bounds(plans, again)
    bounds[[one.status == "infeasible" for one in plans]] = np.nan
    values = np.array([one.value for one in plans])
    states: list[Status] = []
    for place, plan in enumerate(plans):
        asked = plan.question if isinstance(plan, SitePlan) else plan.scheme
        proven = plan.status == "gap" and asked.proven(plan.value, float(bounds[place]))
        states.append("optimal" if proven else plan.status)
        bounds[place] = plan.value if states[-1] == "optimal" else bounds[place]
    columns: dict[str, Any] = {"value": values, "bound": bounds, "status": states}
    start = nobody if np.isfinite(nobody) else np.nan
    stands = np.isfinite(values)
    before = pd.Series([start, *values[:-1].tolist()]).ffill().to_numpy(dtype=np.float64)
    if plans[0].most and total is not None:
        columns["elders_added"] = values - before
        columns["share"] = values / total if total else np.nan
        columns["share_bound"] = bounds / total if total else np.nan
    elif not plans[0].most:
        columns["saved"] = before - values
    columns["sites"] = [len(one.rows) for one in plans]
    columns["cost_cny"] = [one.cost if one.rows else 0.0 for one in plans]
    columns["seconds"] = [one.seconds for one in plans]
    limits = np.array(steps[: len(plans)])
    at, gained = limits[stands], values[stands]
    if np.isfinite(start) and (not at.size or at[0] > 0):
        at, gained = np.concatenate([[0.0], at]), np.concatenate([[start], gained])
    index = pd.Index(limits if by_cost else limits.astype(np.int64), name="limit")
    return pd.DataFrame(columns, index=index), elbow_of(at, gained)


def elbow_of(limits: Floats, values: Floats) -> float | None:
    """Find the limit after which more brings less than on the average, by the furthest point from the chord.

    Parameters
    ----------
    limits : array (n,)
        Ascending.
    values : array (n,)
        Of which each is no worse than the one before: never falling, or never rising.

    Returns
    -------
    float or None
        None where the curve is straight, or bends the other way, or has fewer than three points.

    Examples
    --------
    >>> elbow_of(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0.0, 50.0, 80.0, 84.0, 86.0]))
    2.0
    >>> elbow_of(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0])) is None
    True
    """
    if limits.size < 3 or values[0] == values[-1]:
        return None
    across = (limits - limits[0]) / (limits[-1] - limits[0])
    up = (values - values[0]) / (values[-1] - values[0])  # from 0 to 1 also where values fall
    above = np.round(up - across, 12)
    return float(limits[int(np.argmax(above))]) if above.max() > _SAME else None

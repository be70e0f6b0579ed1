"""Draw up what more sites or more money would bring: value and bound of the best plan under one limit after another.

References
----------
Satopaa, Albrecht, Irwin and Raghavan 2011, "Finding a 'Kneedle' in a haystack: detecting knee points in system
behavior", doi:10.1109/ICDCSW.2011.20: the elbow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.certificate import certified
from planner.siting.covering import solve_cover
from planner.siting.effort import Effort
from planner.siting.explaining import solved
from planner.siting.models import LeastSites, MaxCover
from planner.siting.pcenter import PCenter
from planner.siting.plans import Plan, Status
from planner.siting.pmedian import PMedian
from planner.siting.questions import Question
from planner.siting.siteplans import SitePlan, conclude
from planner.siting.tables import Floats, Reach

if TYPE_CHECKING:
    import pandas as pd

    from planner.study import Study

Model = MaxCover | LeastSites | PMedian | PCenter

_MOST_SITES = 24  # numbers of sites that a curve looks at unless told
_AMOUNTS = 12  # amounts of money
_EFFORT = Effort(trials=2_000, parts=20, max_nodes=2_000)
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
    elbow
        The limit after which more brings less than on the average of the whole curve: the point furthest from the
        chord between the ends of the curve, both axes scaled to 0..1 (Kneedle, without smoothing), the smallest of
        equals. None where the curve is straight or has fewer than three points.
    plans : tuple of SitePlan
        One per row, whose own bound may be weaker: the row knows those of all.
    """

    table: pd.DataFrame
    elbow: float | None
    plans: tuple[SitePlan, ...]


def curve(
    asked: Model | Plan,
    where: Reach | Study | None = None,
    *given: Any,
    limits: Iterable[float] | None = None,
    effort: Effort | None = None,
    **more: Any,
) -> Curve:
    """Solve a question under one limit after another.

    Parameters
    ----------
    asked
        A plan for one service, or a model. Of `planner.siting.LeastSites` the curve tells how many elders each number
        of sites, or each amount, would reach.
    where, given, more
        For a model: a table or a study, and what else ``solve_table`` or ``solve`` takes.
    limits
        Numbers of new sites, or amounts of money where the model has a budget. Left out: every number from 1 up to
        twice what was asked for, or to what reaches everybody whom any site reaches, at equal steps so that they are 24
        at most; or 12 amounts up to what it costs to reach them.
    effort
        Limits of the work for each; left out, less than usual, as every row tells its bound, with the plan's seed.

    Returns
    -------
    Curve
        Its values never fall (never rise, where less is better): a plan under one limit stands under every higher one.
        Bounds hold for lower limits too, and the multipliers of one limit for all. Ctrl-C ends it with the limit at
        hand.

    Raises
    ------
    InputError
        The plan is for several services, or a limit is negative or no whole number of sites.

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
    if not isinstance(plan, SitePlan):
        text = _("only a plan for one service has a curve")
        raise InputError(Fault(text, todo=_("ask for one service at a time")))
    effort = replace(_EFFORT, seed=plan.seed) if effort is None else effort
    question = plan.question
    if question.model == "cover":
        question = replace(question, model="max_cover", need=0.0)
    steps = _limits(plan, question, effort) if limits is None else _checked(question, limits)
    plans: list[SitePlan] = []
    for limit in steps:
        same = plan.question is question and question.purse == limit and plan.verify()
        one = plan if same else solved(replace(question, purse=limit), effort)
        plans.append(_no_worse(replace(one, circles=plan.circles), plans))
        if not same and plans[-1].stopped == "interrupted":  # somebody pressed Ctrl-C: what there is by now
            break
    return _curve(question, steps[: len(plans)], plans)


def _solved(model: Model, where: Reach | Study | None, given: tuple[Any, ...], more: dict[str, Any]) -> Plan:
    """Solve what was asked of a table or a study."""
    if where is None:
        raise InputError(Fault(_("a model has no curve without a table or a study"), todo=_("name one")))
    if isinstance(where, Reach):
        return model.solve_table(where, *given, **more)
    return model.solve(where, *given, **more)


def _checked(question: Question, limits: Iterable[float]) -> list[float]:
    """Sort the limits, each once."""
    steps = sorted({float(one) for one in limits})
    wrong = [one for one in steps if not (np.isfinite(one) and one >= 0 and (question.by_cost or one == int(one)))]
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


def _bounds(plans: list[SitePlan]) -> Floats:
    """Bound each plan by its own bound, by that of every higher limit, and by the multipliers of every limit."""
    bounds = np.array([one.bound for one in plans])
    given = [one.certificate for one in plans if one.certificate is not None and one.question.model != "p_center"]
    tight = np.fmin if plans[0].most else np.fmax
    for place, plan in enumerate(plans):
        if plan.status in {"optimal", "infeasible"}:
            continue
        for one in given:
            again = certified(plan.question, one.multipliers, rate=one.rate, radius=one.radius)
            bounds[place] = tight(bounds[place], again)
    # The best under a higher limit is no worse: its bound holds here too.
    return np.asarray(tight.accumulate(bounds[::-1])[::-1])


def _curve(question: Question, steps: list[float], plans: list[SitePlan]) -> Curve:
    """Make the table."""
    import pandas as pd

    bounds = _bounds(plans)
    bounds[[one.status == "infeasible" for one in plans]] = np.nan
    values = np.array([one.value for one in plans])
    states: list[Status] = []
    for place, plan in enumerate(plans):
        proven = plan.status == "gap" and question.proven(plan.value, float(bounds[place]))
        states.append("optimal" if proven else plan.status)
        bounds[place] = plan.value if states[-1] == "optimal" else bounds[place]
    columns: dict[str, Any] = {"value": values, "bound": bounds, "status": states}
    nobody = question.value(question.required & False)
    start = nobody if np.isfinite(nobody) else np.nan
    stands = np.isfinite(values)
    before = pd.Series([start, *values[:-1].tolist()]).ffill().to_numpy(dtype=np.float64)
    if question.most:
        total = float(question.weight.sum()) + question.apart
        columns["elders_added"] = values - before
        columns["share"] = values / total if total else np.nan
        columns["share_bound"] = bounds / total if total else np.nan
    else:
        columns["saved"] = before - values
    columns["sites"] = [len(one.rows) for one in plans]
    columns["cost_cny"] = [one.cost if one.rows else 0.0 for one in plans]
    columns["seconds"] = [one.seconds for one in plans]
    limits = np.array(steps)
    at, gained = limits[stands], values[stands]
    if np.isfinite(start) and (not at.size or at[0] > 0):
        at, gained = np.concatenate([[0.0], at]), np.concatenate([[start], gained])
    index = pd.Index(limits if question.by_cost else limits.astype(np.int64), name="limit")
    return Curve(pd.DataFrame(columns, index=index), elbow_of(at, gained), tuple(plans))


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

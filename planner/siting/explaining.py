"""Explain a plan: what each site adds and what could replace it, what each other one would cost, who is left out.

Everything is computed from the table, and bounds from multipliers in numpy; only ``exact`` solves anything again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import Fault, InputError
from planner.i18n import N_, _
from planner.siting.certificate import gathered
from planner.siting.effort import Effort
from planner.siting.plans import Plan
from planner.siting.questions import Model, Question
from planner.siting.schemes.plan import SchemePlan
from planner.siting.search.cores import Core, twins_of
from planner.siting.search.covering import solve_cover
from planner.siting.search.localsearch import exchange
from planner.siting.search.localsearch import paid as paid_of
from planner.siting.search.maxcover import solve_question
from planner.siting.search.pcenter import solve_center
from planner.siting.search.pmedian import solve_median
from planner.siting.siteplans import SitePlan
from planner.siting.tables import Floats, Reach, merged
from planner.siting.trades import Exchanges, bounds_with, exchanges, losses, trimmed, without

if TYPE_CHECKING:
    import pandas as pd

_SAME = 1e-9  # share of a sum by which float64 may miss it
_CLIMBED = 100_000_000  # pairs that exchanges beside the rejected sites may look at
_SHAKEN = 20  # how often those are shaken

_SOLVERS: dict[Model, Callable[[Question, Effort], SitePlan]] = {
    "max_cover": solve_question,
    "cover": solve_cover,
    "p_median": solve_median,
    "p_center": solve_center,
}

REASONS = {
    "forbidden": N_("it must not be chosen"),
    "too_dear": N_("it takes {price:g} where {left:g} is left"),
    "twin": N_("it serves the same homes as {site}"),
    "nobody_new": N_("what stands or must be chosen serves all of its elders"),
    "covered": N_("the chosen sites serve all of its elders"),
    "less": N_("no plan with it was found that is worth more"),
    "no_way": N_("it could offer nothing that is asked for"),
}
"""Why a site was not chosen: the code in the column ``reason`` and the words in ``why``."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a plan is made of. Values, losses and bounds are in the plan's unit, elders in persons.

    Parameters
    ----------
    plan : SitePlan or SchemePlan
        What is explained.
    chosen : DataFrame
        One row per new site, by candidate_id, in the order of ``plan.table``. ``order``; ``elders_added`` beyond those
        of the rows above; ``elders_total`` whom it reaches; ``elders_only`` whom no other open site reaches;
        ``elders_shared`` the others; ``elders_nearest`` to whom no open site is nearer; ``required``; ``replacement``,
        the one site that does best in its place under the same limits (missing where none helps, or it must be chosen);
        ``loss`` of value by that, or by nothing in its place where nothing helps (NaN where then no plan stands, or it
        must be chosen); ``loss_without`` of value with nothing in its place (infinite where then no plan stands);
        ``twins``, ids of sites that serve the same, divided by semicolons; ``cost_cny``. Under the switches elders
        count once per service, for the first walker, and what does best in the place of a site may be that site for
        another use or in another way: ``replacement_use``, ``replacement_way``.
    rejected : DataFrame
        One row per candidate that is not chosen, by candidate_id, ascending. ``elders_total``; ``elders_new`` whom it
        would add to the plan (whose walk it would shorten, for p-median and p-center); ``bound_with``: no plan that
        contains it is better, by multipliers; ``loss_at_least`` and ``loss_at_most``: between what and what forcing it
        in costs against the best plan there is (infinite where no plan with it was found; NaN where it may not be
        chosen at all); ``reason`` and ``why``; ``cost_cny``.
    uncovered : DataFrame
        One row per demand that counts and that no open site reaches, by demand_id, ascending. ``elders``;
        ``coverable``: a site that may be chosen reaches it; ``nearest``: id of the nearest such site; ``walk_s`` to
        it, in the unit of the table. Under the switches a row per ``service`` and demand; with capacity ``elders`` are
        those whom no site serves.
    """

    plan: SitePlan | SchemePlan
    chosen: pd.DataFrame
    rejected: pd.DataFrame
    uncovered: pd.DataFrame


def explain(
    plan: Plan,
    *,
    exact: bool = False,
    effort: Effort | None = None,
    table: Reach | Mapping[str, Reach] | None = None,
) -> Explanation:
    """Explain a plan.

    With capacity a linear program says who is served where after an exchange, so that only those that promise most are
    looked at, and one that was not looked at may be as good; ``bound_with`` holds in any case.

    Parameters
    ----------
    plan : Plan
        A plan with sites in any model. For p-center ``bound_with`` is the plan's own bound.
    exact
        Solve again with each rejected site required, which closes the interval of its loss: for few candidates.
        ``bound_with`` is then the bound of that plan, which a solver's search may have given.
    effort
        Of ``exact``; left out, as usual with the plan's seed.
    table : Reach
        Walks beyond the limit, to name the nearest site of those whom none reaches; of several services by their names.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        There is no plan, it does not hold when computed anew, or the table has other ids.

    Examples
    --------
    Two canteens among three places; B and C serve the same homes:

    >>> from planner.i18n import language
    >>> from planner.siting import MaxCover
    >>> far = np.nan
    >>> reach = Reach.of_matrix([[300, far, far, far], [far, 500, 90, far], [far, 200, 80, 400], [far] * 4],
    ...     list("wxyz"), list("ABCD"))
    >>> plan = MaxCover(sites=2).solve_table(reach, [50, 30, 40, 5])
    >>> with language("en"):
    ...     why = explain(plan)
    >>> why.chosen[["elders_added", "elders_only", "replacement", "loss", "loss_without"]].reset_index()
      candidate_id  elders_added  elders_only replacement  loss  loss_without
    0            C          70.0         70.0           B   0.0          70.0
    1            A          50.0         50.0         NaN  50.0          50.0
    >>> why.rejected[["elders_new", "bound_with", "loss_at_least", "loss_at_most"]].reset_index()
      candidate_id  elders_new  bound_with  loss_at_least  loss_at_most
    0            B         0.0       120.0            0.0           0.0
    1            D         0.0        90.0           30.0          30.0
    >>> why.rejected["why"].tolist()
    ['it serves the same homes as C', 'the chosen sites serve all of its elders']
    >>> why.uncovered.reset_index().to_dict("records")
    [{'demand_id': 'z', 'elders': 5.0, 'coverable': False, 'nearest': None, 'walk_s': nan}]
    """
    plan = standing(plan)
    again = Effort(seed=plan.seed) if effort is None else effort
    if isinstance(plan, SchemePlan):
        from planner.siting.schemes.explaining import explained

        return explained(plan, exact=exact, effort=again, table=table)
    reach = plan.question.reach
    if isinstance(table, Mapping):
        raise InputError(Fault(_("the table has other ids than the plan"), todo=_("give the table of the plan")))
    if table is not None and not (
        np.array_equal(table.demand_ids, reach.demand_ids) and np.array_equal(table.site_ids, reach.site_ids)
    ):
        raise InputError(Fault(_("the table has other ids than the plan"), todo=_("give the table of the plan")))
    trade = exchanges(plan.question, plan.chosen)
    return Explanation(
        plan, _chosen(plan, trade), _rejected(plan, trade, again if exact else None), _uncovered(plan, table)
    )


def standing(plan: Plan) -> SitePlan | SchemePlan:
    """Hand back a plan that holds when it is computed anew.

    Raises
    ------
    InputError
        There is no plan, or it does not hold.
    """
    if not isinstance(plan, SitePlan | SchemePlan):
        raise InputError(Fault(_("there is no plan"), why=type(plan).__name__))
    if plan.certificate is None:
        raise InputError(Fault(_("there is no plan"), why=_("; ").join(plan.reasons) or plan.status))
    if doubts := plan.doubts():
        raise InputError(Fault(_("the plan does not hold when it is computed anew"), why=_("; ").join(doubts)))
    return plan


def solved(question: Question, effort: Effort) -> SitePlan:
    """Solve a question of any model."""
    return _SOLVERS[question.model](question, effort)


def _chosen(plan: SitePlan, trade: Exchanges) -> pd.DataFrame:
    """Make the table of the new sites."""
    import pandas as pd

    question, reach = plan.question, plan.question.reach
    stands = plan.chosen | question.existing
    entry = stands[reach.site]
    count = np.bincount(reach.demand[entry], minlength=question.weight.size)
    only = np.bincount(reach.site, np.where(count == 1, question.weight, 0.0)[reach.demand], stands.size)
    near = entry & (reach.seconds <= question.shortest(stands)[reach.demand])
    nearest = np.bincount(reach.site[near], question.weight[reach.demand[near]], stands.size)
    twins = _twins(question)
    bare = np.where(np.isnan(trade.bare), np.inf if not question.most else -np.inf, trade.bare)
    alone = losses(question, plan.value, bare)
    place = {int(row): number for number, row in enumerate(trade.rows.tolist())}
    table = plan.table
    order = _rows_of(reach, table.index)
    rows: list[tuple[Any, ...]] = []
    for row in order:
        other, loss = _replacement(plan, trade, place[row])
        rows.append((
            bool(question.required[row]),
            None if other is None else reach.site_ids[other].item(),
            loss,
            float(alone[place[row]]),
            ";".join(str(reach.site_ids[one]) for one in twins.get(row, [])),
        ))  # fmt: skip
    total = table["elders_total"].to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "order": table["order"],
            "elders_added": table["elders_added"],
            "elders_total": total,
            "elders_only": only[order],
            "elders_shared": total - only[order],
            "elders_nearest": nearest[order],
            "required": np.array([one[0] for one in rows], bool),
            "replacement": np.array([one[1] for one in rows] + [None], object)[:-1],
            "loss": np.array([one[2] for one in rows], np.float64),
            "loss_without": np.array([one[3] for one in rows], np.float64),
            "twins": np.array([one[4] for one in rows], object),
            "cost_cny": table["cost_cny"],
        },
        index=table.index,
    )


def _rows_of(reach: Reach, ids: Iterable[Any]) -> list[int]:
    row = {one: number for number, one in enumerate(reach.site_ids.tolist())}
    return [row[one] for one in ids]


def _replacement(plan: SitePlan, trade: Exchanges, number: int) -> tuple[int | None, float]:
    """Find what does best in the place of a site, and what is lost by it."""
    question, row = plan.question, int(trade.rows[number])
    if question.required[row]:
        return None, float("nan")
    values, bare = trade.values[number], float(trade.bare[number])
    helps = np.isfinite(values)
    if np.isfinite(bare):  # whom it does not better is no replacement
        helps &= losses(question, bare, np.where(helps, values, bare)) < 0
    if not helps.any():
        return None, float(losses(question, plan.value, bare)) if np.isfinite(bare) else float("nan")
    lost = losses(question, plan.value, values)
    least = float(lost[helps].min())
    equal = np.flatnonzero(helps & (lost <= least + _SAME * max(1.0, abs(plan.value))))

    def key(j: int) -> tuple[Any, ...]:
        one = without(plan.chosen, row)
        one[j] = True
        return question.key(one)

    return (int(equal[0]) if equal.size == 1 else min(equal.tolist(), key=key)), least


def _twins(question: Question) -> dict[int, list[int]]:
    """Name for each free site the others that serve the same: the same homes, by the same walks where walks count."""
    if question.model in {"max_cover", "cover"}:
        return twins_of(question)
    reach, alike = question.reach, dict[bytes, list[int]]()
    counts = question.weight > 0
    for j in np.flatnonzero(question.free & (np.diff(reach.indptr) > 0)).tolist():
        mine = slice(reach.indptr[j], reach.indptr[j + 1])
        some = counts[reach.demand[mine]]
        key = reach.demand[mine][some].tobytes() + reach.seconds[mine][some].tobytes()
        alike.setdefault(key, []).append(j)
    return {j: [one for one in some if one != j] for some in alike.values() if len(some) > 1 for j in some}


def forced(plan: SitePlan, trade: Exchanges) -> Floats:
    """Value for each rejected site a good plan that contains it; NaN where none was found.

    The best exchange against it; of coverage, what is not needed any more dropped, and further exchanges beside it.
    """
    question = plan.question
    pick = np.fmax.reduce if question.most else np.fmin.reduce
    values = np.asarray(pick(trade.values, axis=0), np.float64)
    may = np.flatnonzero(question.free & ~plan.chosen)
    if question.model == "cover":
        for j in may.tolist():
            one = plan.chosen.copy()
            one[j] = True
            values[j] = np.fmin(values[j], question.value(trimmed(question, one, keep=j)))
        return values
    ranks = _rows_of(question.reach, plan.table.index)
    paid = question.price <= question.left + _SAME * max(1.0, question.purse)
    for j in may[np.isnan(values[may]) & paid[may]].tolist():
        # It takes the place of several: those that add most stay.
        one = question.required & ~question.existing
        one[j] = True
        for row in ranks:
            if float(question.price[one].sum() + question.price[row]) <= question.purse:
                one[row] = True
        if not question.faults(one):
            values[j] = question.value(one)
    small = may.size * question.reach.site.size <= _CLIMBED
    return np.fmax(values, _climbed(plan, trade)) if question.most and small else values


def _climbed(plan: SitePlan, trade: Exchanges) -> Floats:
    """Value for each rejected site of maximum coverage the plan that exchanges lead to while it stays."""
    question = plan.question
    done, paid = question.covered(question.fixed), question.price <= question.left + _SAME * max(1.0, question.purse)
    cover, group = merged(question.reach, question.weight, sites=question.free & paid, done=done)
    rows = np.flatnonzero(question.free & paid)
    base, nothing = float(question.weight[done].sum()), np.zeros(0, np.int64)
    core = Core(cover, group, rows, question.price[rows], question.left, base, done, nothing)
    everything = np.ones(rows.size, bool)
    values = np.full(question.price.size, np.nan)
    for j in rows.tolist():
        if plan.chosen[j]:
            continue
        beside, _group = core.narrowed(everything, rows == j)
        start = plan.chosen.copy()
        column = trade.values[:-1, j]
        if not np.isnan(column).all():
            start[trade.rows[int(np.nanargmax(column))]] = False
        kept = paid_of(beside, np.flatnonzero(start[beside.sites]))
        values[j] = beside.weight_up_to(exchange(beside, kept, trials=_SHAKEN, seed=plan.seed))
    return values


def _rejected(plan: SitePlan, trade: Exchanges, effort: Effort | None) -> pd.DataFrame:
    """Make the table of the candidates that are not chosen."""
    import pandas as pd

    question, reach = plan.question, plan.question.reach
    certificate = plan.certificate
    if certificate is None:  # standing() has seen to it
        raise AssertionError
    rows = np.flatnonzero(~plan.chosen & ~question.existing)
    bound, found = bounds_with(question, certificate), forced(plan, trade)
    if plan.search is None:  # certificate and proof by cases hold for every plan
        bound = np.fmin(bound, plan.bound) if plan.most else np.fmax(bound, plan.bound)
        bound[~question.free] = np.nan
    may = question.free & np.isfinite(bound)
    for j in rows[may[rows]].tolist() if effort is not None else []:
        must = question.required.copy()
        must[j] = True
        again = solved(replace(question, required=must), effort or Effort())
        bound[j], found[j] = again.bound, again.value
        may[j] = again.status != "infeasible"
        if again.stopped == "interrupted":  # somebody pressed Ctrl-C: the others keep their wider intervals
            break
    nothing = -np.inf if plan.most else np.inf
    at_least = losses(question, plan.value, bound).clip(min=0.0)
    if not question.whole:  # floating point may have rounded the bound to the wrong side
        at_least = np.where(at_least > 0, (at_least - 1e-12 * max(1.0, abs(plan.value))).clip(min=0.0), 0.0)
    at_most = losses(question, plan.bound, np.where(may & np.isnan(found), nothing, found)).clip(min=0.0)
    new = _elders_new(plan)
    reasons = _reasons(plan, new)
    return pd.DataFrame(
        {
            "elders_total": gathered(question, question.weight)[rows],
            "elders_new": new[rows],
            "bound_with": np.where(may, bound, np.nan)[rows],
            "loss_at_least": np.where(may, np.minimum(at_least, at_most), np.nan)[rows],
            "loss_at_most": np.where(may, at_most, np.nan)[rows],
            "reason": np.array([reasons[j][0] for j in rows.tolist()], object),
            "why": np.array([reasons[j][1] for j in rows.tolist()], object),
            "cost_cny": question.money[rows],
        },
        index=pd.Index(reach.site_ids[rows], name="candidate_id"),
    )


def _elders_new(plan: SitePlan) -> Floats:
    """Sum for each site the elders whom the plan does not serve and it would, or whose walk it would shorten."""
    question, reach = plan.question, plan.question.reach
    walk = question.shortest(plan.chosen | question.existing)[reach.demand]
    better = np.isinf(walk) if question.model in {"max_cover", "cover"} else reach.seconds < walk
    return np.bincount(reach.site, better * question.weight[reach.demand], question.price.size).astype(np.float64)


def _reasons(plan: SitePlan, new: Floats) -> dict[int, tuple[str, str]]:
    """Say of each candidate that is not chosen why."""
    question, ids = plan.question, plan.question.reach.site_ids
    twin = {other: row for row in reversed(plan.rows) for other in _twins(question).get(row, [])}
    stands = replace(plan, rows=tuple(np.flatnonzero(question.required & ~question.existing).tolist()))
    beyond = _elders_new(stands)
    found = {}
    for j in np.flatnonzero(~plan.chosen & ~question.existing).tolist():
        price = float(question.price[j])
        if question.forbidden[j]:
            code = "forbidden"
        elif price > question.left + _SAME * max(1.0, question.purse):
            code = "too_dear"
        elif j in twin:
            code = "twin"
        elif not beyond[j]:
            code = "nobody_new"
        else:
            code = "less" if new[j] else "covered"
        words = _(REASONS[code]).format(price=price, left=max(question.left, 0.0), site=ids[twin.get(j, j)])
        found[j] = (code, words)
    return found


def _uncovered(plan: SitePlan, table: Reach | None) -> pd.DataFrame:
    """Make the table of the demand that no open site reaches."""
    import pandas as pd

    question = plan.question
    rows = np.flatnonzero((question.weight > 0) & ~question.covered(plan.chosen | question.existing))
    wide = question.reach if table is None else table
    lost = np.zeros(question.weight.size, bool)
    lost[rows] = True
    entry = question.free[wide.site] & lost[wide.demand]
    site, demand, seconds = wide.site[entry], wide.demand[entry], wide.seconds[entry]
    order = np.lexsort((site, seconds, demand))
    _demand, first = np.unique(demand[order], return_index=True)
    nearest, walk = np.full(question.weight.size, -1), np.full(question.weight.size, np.nan)
    nearest[_demand], walk[_demand] = site[order][first], seconds[order][first]
    ids = [None if one < 0 else question.reach.site_ids[one].item() for one in nearest[rows].tolist()]
    return pd.DataFrame(
        {
            "elders": question.weight[rows],
            "coverable": question.covered(question.fixed | question.free)[rows],
            "nearest": np.array([*ids, None], object)[:-1],
            "walk_s": walk[rows],
        },
        index=pd.Index(question.reach.demand_ids[rows], name="demand_id"),
    )

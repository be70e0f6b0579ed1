"""Value what lies one site away from a plan: each exchange, each site forced in, each site left out.

Values come from the table, bounds from multipliers in numpy; nothing is solved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.siting import kernels
from planner.siting.certificate import Certificate, fractional, gathered
from planner.siting.questions import Question
from planner.siting.tables import Bools, Floats, Ints, Rows, merged

if TYPE_CHECKING:
    from planner.siting.schemes.scheme import Scheme

_SAME = 1e-9  # share of a sum by which float64 may miss it


def values_with(question: Question, chosen: Bools) -> Floats:
    """Value a choice with each one site added, shape (m,); NaN where the site is not free or the limits are broken.

    Parameters
    ----------
    question
        What is asked.
    chosen : bool array (m,)
        New sites; they need not stand by themselves.

    Examples
    --------
    >>> from planner.siting import Reach
    >>> nobody = np.zeros(3, bool)
    >>> question = Question("max_cover", Reach.of_matrix([[5.0, np.nan, 5.0], [5.0, 5.0, np.nan]]),
    ...     np.array([30.0, 40.0]), np.ones(3), np.array([1.0, 1.0, 2.0]), 2.0, nobody, nobody, nobody)
    >>> values_with(question, np.array([False, True, False])).tolist()
    [70.0, nan, nan]
    """
    reach, weight, stands = question.reach, question.weight, chosen | question.existing
    taken = float(question.price[chosen].sum()) + question.price
    may = question.free & ~chosen & (taken <= question.purse + _SAME * max(1.0, question.purse))
    if question.model in {"max_cover", "cover"}:
        covered = question.covered(stands)
        new = np.where(covered, 0.0, weight)
        reached = float(weight[covered].sum()) + np.bincount(reach.site, new[reach.demand], may.size)
        if question.model == "max_cover":
            return np.where(may, reached, np.nan)
        return np.where(may & (reached >= question.need - _SAME * max(1.0, question.need)), taken, np.nan)
    walk = np.where(weight > 0, question.shortest(stands), 0.0)
    values = _least_with(question, walk) if question.model == "p_median" else _longest_with(question, walk)
    return np.where(may & np.isfinite(values), values, np.nan)


def _least_with(question: Question, walk: Floats) -> Floats:
    """Sum weight times walk with each one site added; infinite where somebody has no way."""
    reach, m = question.reach, question.price.size
    weight, before = question.weight[reach.demand], walk[reach.demand]
    lost = np.isinf(before)
    change = np.where(lost, reach.seconds, np.minimum(reach.seconds - np.where(lost, 0.0, before), 0.0))
    change = np.bincount(reach.site, weight * change, m)
    stranded = int(np.isinf(walk).sum()) - np.bincount(reach.site[lost], minlength=m)
    known = np.isfinite(walk)
    return np.where(stranded > 0, np.inf, float((question.weight[known] * walk[known]).sum()) + change)


def _longest_with(question: Question, walk: Floats) -> Floats:
    """Give the longest walk with each one site added; infinite where somebody has no way."""
    reach = question.reach
    values = np.empty(question.price.size)
    for j in range(values.size):
        mine, now = slice(reach.indptr[j], reach.indptr[j + 1]), walk.copy()
        now[reach.demand[mine]] = np.minimum(now[reach.demand[mine]], reach.seconds[mine])
        values[j] = now.max(initial=0.0)
    return values


def without(chosen: Bools, row: int) -> Bools:
    """Drop one site of a choice."""
    one = chosen.copy()
    one[row] = False
    return one


@dataclass(frozen=True, eq=False)
class Exchanges:
    """What a choice is worth after an exchange of one site.

    Parameters
    ----------
    rows : int64 array (p,)
        The new sites of the choice.
    values : float64 array (p + 1, m)
        With the site of each row dropped and each other site added, in the last row with none dropped; NaN where that
        may not stand.
    bare : float64 array (p,)
        With the site dropped and none added; NaN where that may not stand.
    """

    rows: Ints
    values: Floats
    bare: Floats


def exchanges(question: Question, chosen: Bools) -> Exchanges:
    """Value every exchange of one site of a choice; sites that must be chosen stay."""
    rows = np.flatnonzero(chosen)
    m = chosen.size
    values, bare = np.full((rows.size + 1, m), np.nan), np.full(rows.size, np.nan)
    for number, row in enumerate(rows.tolist()):
        rest = without(chosen, row)
        if not question.required[row]:
            values[number] = values_with(question, rest)
            values[number, row] = np.nan
        # Whether it stands without a site is told also of one that must be chosen.
        if not replace(question, required=question.required & rest).faults(rest):
            bare[number] = question.value(rest)
    values[-1] = values_with(question, chosen)
    return Exchanges(rows, values, bare)


def losses(question: Question | Scheme, value: float, others: Floats | float, *, same: float = _SAME) -> Floats:
    """Tell by how much others are worth less; what floating point alone divides is no loss."""
    lost = np.asarray(value - others if question.most else others - value, np.float64)
    return np.where(np.abs(lost) <= same * max(1.0, abs(value)), 0.0, lost)


def bounds_with(question: Question, certificate: Certificate) -> Floats:
    """Bound, for each free site, what any plan that contains it is worth, by the multipliers of a certificate.

    The rest is bounded as in `planner.siting.certificate`, by multipliers cut to what the site leaves: whom it serves
    nobody else gains by (for p-median: nobody gains by more than its walk).

    Parameters
    ----------
    question
        What is asked.
    certificate
        Any multipliers at all; its own bound is not looked at but for p-center.

    Returns
    -------
    float64 array (m,)
        NaN for sites that are not free or that the purse does not pay.

    Examples
    --------
    >>> from planner.siting import MaxCover, Reach
    >>> plan = MaxCover(sites=1).solve_table(Reach.of_matrix([[5.0, np.nan], [np.nan, 5.0]]), [30, 40])
    >>> bounds_with(plan.question, plan.certificate).tolist()
    [30.0, 40.0]
    """
    bounds = np.full(question.price.size, np.nan)
    paid = question.price <= question.left + _SAME * max(1.0, question.purse)
    rows = np.flatnonzero(question.free & paid).tolist()
    if question.model == "p_center":
        bounds[rows] = certificate.bound
        return bounds
    if question.model == "p_median":
        found = _least_walking_with(question, certificate.multipliers, rows)
    else:
        found = _covering_with(question, certificate, rows)
    if question.whole:
        found = np.floor(found + 1e-6) if question.most else np.ceil(found - 1e-6)
    bounds[rows] = found
    return bounds


def _covering_with(question: Question, certificate: Certificate, rows: list[int]) -> Floats:
    """Bound the plans of a coverage question with each of some sites."""
    weight, price, free = question.weight, question.price, question.free
    done, rate = question.covered(question.fixed), 1.0 if question.most else certificate.rate
    u = np.where(done | (weight <= 0), 0.0, np.clip(certificate.multipliers, 0.0, rate * weight))
    cover, group = merged(question.reach, weight, done=done)
    inside = group >= 0
    multipliers = np.bincount(group[inside], u[inside], cover.weight.size).astype(np.float64)
    worth, alike = gathered(question, u), cover.twins()
    if question.most:
        rest = float((weight - u).sum())
    else:
        new = question.required & ~question.existing
        rest = float(u.sum() + price[new].sum()) - rate * max(float(weight.sum()) - question.need, 0.0)
    bounds = np.empty(len(rows))
    for place, j in enumerate(rows):
        mine = cover.group[cover.site_indptr[j] : cover.site_indptr[j + 1]]
        left = worth - _overlap(cover.group_indptr, cover.site, mine, multipliers[mine], price.size)
        if question.most:  # no plan gains by a second site that serves the same new homes
            some = question.distinct & (alike != alike[j])
            bounds[place] = rest + worth[j] + fractional(left[some], price[some], question.left - float(price[j]))
        else:
            some = free & (np.arange(price.size) != j)
            bounds[place] = rest + price[j] - worth[j] + np.minimum(0.0, price - left)[some].sum()
    return bounds


def _overlap(indptr: Ints, column: Rows, rows: Rows, numbers: Floats, size: int) -> Floats:
    """Sum the numbers of some rows of a sparse pattern by column."""
    counts = np.diff(indptr)[rows]
    start = np.repeat(indptr[:-1][rows] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    entries = start + np.arange(start.size)
    return np.bincount(column[entries], np.repeat(numbers, counts), size).astype(np.float64)


def _least_walking_with(question: Question, multipliers: Floats, rows: list[int]) -> Floats:
    """Bound the plans of a p-median question with each of some sites."""
    reach, counts, m = question.reach, question.weight > 0, question.price.size
    u = np.where(counts, multipliers, 0.0)
    cost = question.weight[reach.demand] * reach.seconds
    gains = counts[reach.demand] & (cost < u[reach.demand])  # the few pairs that the multipliers make anything of
    demand, site, cost = reach.demand[gains], reach.site[gains], cost[gains]
    by_site = np.concatenate([[0], np.cumsum(np.bincount(site, minlength=m), dtype=np.int64)])
    by_demand, of_site, entry = kernels.transpose(by_site, demand, u.size)
    at, saving = cost[entry], np.bincount(site, cost - u[demand], m).astype(np.float64)
    fixed, free, total = question.fixed, question.free, float(u.sum())
    bounds = np.empty(len(rows))
    for place, j in enumerate(rows):
        mine = demand[by_site[j] : by_site[j + 1]]
        size = np.diff(by_demand)[mine]
        start = np.repeat(by_demand[:-1][mine] - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
        pairs = start + np.arange(start.size)
        before, after = np.repeat(u[mine], size), np.repeat(cost[by_site[j] : by_site[j + 1]], size)
        less = np.minimum(0.0, at[pairs] - after) - (at[pairs] - before)
        left = saving + np.bincount(of_site[pairs], less, m)
        some = free & (np.arange(m) != j)
        rest = fractional(-left[some], question.price[some], question.left - float(question.price[j]))
        bounds[place] = total + saving[j] + float(left[fixed].sum()) - rest
    return bounds


def trimmed(question: Question, chosen: Bools, *, keep: int | None = None) -> Bools:
    """Drop new sites without which a choice stands and is worth as much, the dearest first.

    Parameters
    ----------
    question
        Of coverage: then what is dropped leaves the need within reach; or of walks.
    chosen : bool array (m,)
        New sites that stand.
    keep
        A site that stays, besides those that must be chosen.
    """
    best, value = chosen.copy(), question.value(chosen)
    droppable = np.flatnonzero(chosen & ~question.required)
    order = [j for j in sorted(droppable.tolist(), key=lambda j: (-question.cost[j], -j)) if j != keep]
    if question.model not in {"max_cover", "cover"}:
        for j in order:
            one = without(best, j)
            if not question.faults(one) and not question.better(value, question.value(one)):
                best = one
        return best
    reach, weight = question.reach, question.weight
    count = np.bincount(reach.demand[(chosen | question.existing)[reach.site]], minlength=weight.size)
    spare = _SAME * max(1.0, question.need)
    if question.model == "cover":
        spare += float(weight[count > 0].sum()) - question.need
    for j in order:
        mine = reach.demand[reach.indptr[j] : reach.indptr[j + 1]]
        sole = float(weight[mine[count[mine] == 1]].sum())
        if sole == 0.0 or (question.model == "cover" and sole <= spare):
            best[j] = False
            count[mine] -= 1
            spare -= sole
    return best

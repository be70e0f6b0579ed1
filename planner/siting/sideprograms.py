"""Write a question as a program among some of its sites, for a search beside its plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting.questions import Question
from planner.siting.tables import Bools, Floats, Ints, merged

_SAME = 1e-9  # share of a sum by which float64 may miss it


@dataclass(frozen=True, eq=False)
class Written:
    """A question as a program: columns are the sites that take part, then what they serve."""

    sites: Ints
    cost: Floats
    lower: Floats
    row_lower: Floats
    row_upper: Floats
    entries: list[tuple[Ints, Ints, Floats | float]]
    paid: float  # of the value, in any case
    begin: Floats | None
    pairs: int

    def value(self, cost: float, *, most: bool) -> float:
        """Turn the cost of the program into the value of the question."""
        return self.paid - cost if most else self.paid + cost


def coverage_program(question: Question, keep: Bools, start: Bools | None) -> Written:
    """Write a coverage question: rows are the groups, which need an open site, then the purse or the need."""
    done = question.covered(question.fixed)
    cover, _group = merged(question.reach, question.weight, sites=keep, done=done)
    sites, price, weight = np.flatnonzero(keep), question.price[keep], cover.weight
    k, g = sites.size, weight.size
    base = float(question.weight[done].sum())
    group = np.repeat(np.arange(g), np.diff(cover.group_indptr))
    entries: list[tuple[Ints, Ints, Floats | float]] = [
        (np.arange(g), k + np.arange(g), 1.0),
        (group, cover.site.astype(np.int64), -1.0),
    ]
    row_lower, row_upper, lower = np.full(g + 1, -np.inf), np.zeros(g + 1), np.zeros(k + g)
    if question.most:
        cost, paid = np.concatenate([np.zeros(k), -weight]), base
        entries.append((np.full(k, g), np.arange(k), price))
        row_upper[g] = question.left
    else:
        cost = np.concatenate([price, np.zeros(g)])
        paid = float(question.price[question.required & ~question.existing].sum())
        need = question.need - base
        scale = max(need, 1.0)  # shares of the need, so that the row is of the size of the others
        entries.append((np.full(g, g), k + np.arange(g), weight / scale))
        row_lower[g], row_upper[g] = need / scale * (1.0 - _SAME), np.inf
        lower[k:] = float(need >= weight.sum() * (1 - 1e-12))
    begin = None
    if start is not None:
        inside = start[sites]
        begin = np.concatenate([inside, cover.counts(np.flatnonzero(inside)) > 0]).astype(np.float64)
    return Written(sites, cost, lower, row_lower, row_upper, entries, paid, begin, group.size)


def median_program(question: Question, keep: Bools, start: Bools | None) -> Written:
    """Write a p-median: rows are who is served, at most once or once; what serves whom, only from an open site; purse.

    Columns are the sites, then the pairs that are nearer than what stands.
    """
    reach, counts = question.reach, question.weight > 0
    sites = np.flatnonzero(keep)
    place = np.cumsum(keep) - 1
    spare = np.where(counts, question.shortest(question.fixed) * np.maximum(question.weight, 1e-300), 0.0)
    cost = question.weight[reach.demand] * reach.seconds
    pair = keep[reach.site] & counts[reach.demand] & (cost < spare[reach.demand])
    demand, site, cost = reach.demand[pair], place[reach.site[pair]], cost[pair]
    lost = np.isinf(spare)
    k, n, pairs = sites.size, counts.size, int(pair.sum())
    column = k + np.arange(pairs)
    entries: list[tuple[Ints, Ints, Floats | float]] = [
        (demand.astype(np.int64), column, 1.0),
        (n + np.arange(pairs), column, 1.0),
        (n + np.arange(pairs), site, -1.0),
        (np.full(k, n + pairs), np.arange(k), question.price[keep]),
    ]
    begin = None
    if start is not None:
        order = np.lexsort((site, cost, demand))
        order = order[start[sites][site[order]]]
        _demand, first = np.unique(demand[order], return_index=True)
        begin = np.zeros(k + pairs)
        begin[:k] = start[sites]
        begin[k + order[first]] = 1.0
    return Written(
        sites,
        np.concatenate([np.zeros(k), cost - np.where(lost, 0.0, spare)[demand]]),
        np.zeros(k + pairs),
        np.concatenate([lost.astype(np.float64), np.full(pairs + 1, -np.inf)]),
        np.concatenate([np.ones(n), np.zeros(pairs), [question.left]]),
        entries,
        float(spare[~lost].sum()),
        begin,
        pairs,
    )

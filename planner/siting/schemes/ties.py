"""Decide between choices of the same value: cheaper ones first, then fewer sites, shorter walks, smaller ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from planner.siting.schemes.duals import narrowed
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.scheme import Scheme, Served
from planner.siting.tables import Bools, Floats
from planner.solving import Answer, Program

Choice = tuple[Bools, Served | None]

_SERVICE = 0.01  # of a site: what a service more weighs there
_SITE = 1e-4  # of the least cost: what a site more, or one closed for nothing, weighs where costs are the same


def cheaper(
    written: SchemeProgram, choice: Choice, multipliers: Floats, solved: Callable[[Program, Floats], Answer]
) -> Choice | None:
    """Search the cheapest choice that is worth as much, and of these one with the fewest sites.

    Parameters
    ----------
    written
        The program of the scheme.
    choice
        That is known.
    multipliers
        Of the rows: they leave few options with which a choice can be worth as much.
    solved
        Solves a program from a known answer.

    Returns
    -------
    tuple or None
        None where nothing cheaper was found.
    """
    scheme, program, options = written.scheme, written.program, written.scheme.options
    start = written.start(*choice)
    total = options.total_cost
    some = total[total > 0]
    sites = np.where(options.new, 1.0 + _SERVICE * options.serves.sum(axis=1), -1.0)
    each = total + sites * _SITE * (float(some.min()) if some.size else 1.0)
    cost = np.zeros(program.cost.size)
    cost[written.option(written.phases - 1)] = np.where(options.fixed, 0.0, each)
    now = float(program.cost @ start)
    kept = now + (0.5 if scheme.whole else 1e-9 * max(1.0, abs(now)))
    column = np.flatnonzero(program.cost)
    tied = replace(
        narrowed(program, multipliers, most=kept),
        cost=cost,
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, kept),
        indptr=np.append(program.indptr, program.column.size + column.size),
        column=np.append(program.column, column),
        coefficient=np.append(program.coefficient, program.cost[column]),
    )
    answer = solved(tied, start)
    known = float(cost @ start)
    if not answer.x.size or float(cost @ answer.x) >= known - 1e-9 * max(1e-9, abs(known)):
        return None
    return written.opened(answer.x), written.flows(answer.x)


def better_twins(scheme: Scheme, opened: Bools) -> Bools:
    """Exchange options for ones that serve the same demand and cost less, or are walked to sooner, or come first.

    Parameters
    ----------
    scheme, opened
        A choice, without capacity: else who is served where would have to move as well.
    """
    options, best = scheme.options, opened
    total, walking = options.total_cost, scheme.walking(best)
    for twins in _twins(scheme):
        for k in twins:
            if not best[-1, k]:
                continue
            taken = best[-1] & options.new & (np.arange(options.size) != k)
            for other in twins:
                if other == k or total[other] > total[k] or np.isin(options.site[other], options.site[taken]):
                    continue
                one = best.copy()
                one[:, other], one[:, k] = best[:, k], False
                walk = scheme.walking(one)
                nearer, same = walk < walking * (1 - 1e-12), walk <= walking * (1 + 1e-12)
                if total[other] < total[k] or nearer or (same and other < k):
                    best, walking, k = one, walk, other
    return best


def _twins(scheme: Scheme) -> list[list[int]]:
    """List sets of new options that may be exchanged for each other: same demand and services."""
    options = scheme.options
    sets: dict[tuple[object, ...], list[int]] = {}
    for k in np.flatnonzero(options.new & (options.closes < 0) & ~scheme.required[options.site]).tolist():
        j, key = options.site[k], [options.serves[k].tobytes()]
        for s in np.flatnonzero(options.serves[k]).tolist():
            for reach in scheme.reaches[s]:
                demand = reach.demand[reach.indptr[j] : reach.indptr[j + 1]]
                key.append(demand[scheme.weight[demand] > 0].tobytes())
        sets.setdefault(tuple(key), []).append(k)
    return [one for one in sets.values() if len(one) > 1]

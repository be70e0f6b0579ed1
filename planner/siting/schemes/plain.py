"""See in a scheme the question for one service, where it is no more than that: its solver proves more."""

from __future__ import annotations

import numpy as np

from planner.siting.questions import Question
from planner.siting.schemes.scheme import Scheme
from planner.siting.tables import Bools


def question_of(scheme: Scheme) -> Question | None:
    """Give the question of maximum coverage that a scheme is, None where it is more.

    Parameters
    ----------
    scheme
        One whose goal is the most elders.
    """
    options = scheme.options
    several = len(scheme.services) * len(scheme.scenarios) * scheme.phases > 1
    twice = (np.bincount(options.site) > 1).any()
    limits = np.isfinite([scheme.sites[0], scheme.budgets[0], scheme.purses[0]])
    closable = not bool(options.fixed[~options.new].all())
    if several or twice or closable or scheme.limited or scheme.floors.any() or limits.sum() > 1:
        return None
    cost, price, existing, offered = (np.zeros(scheme.ids.size) for _each in range(4))
    existing[options.site[~options.new]] = 1.0
    offered[options.site[options.new]] = 1.0
    cost[options.site] = options.total_cost
    by_cost = not limits[0]
    price = cost if by_cost else offered
    return Question(
        "max_cover", scheme.reaches[0][0], scheme.weight, cost, price,
        min(scheme.sites[0], scheme.budgets[0], scheme.purses[0]), existing > 0, scheme.required,
        (offered == 0) & (existing == 0), by_cost=by_cost)  # fmt: skip


def opened_of(scheme: Scheme, chosen: Bools) -> Bools:
    """Open the options at some sites, and all that exist, shape (1, k)."""
    return np.asarray(~scheme.options.new | chosen[scheme.options.site])[None, :]

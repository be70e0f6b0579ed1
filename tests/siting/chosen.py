"""Switched questions by the options of their scheme: every choice of options, judged by the dense matrices alone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.siting import Effort
from planner.siting.schemes.asking import scheme_of
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.work import solve_scheme
from tests.siting.switched import State, Switched, random_switched
from tests.siting.test_switches import best_alone, handed


@dataclass
class Chosen:
    """A case, its plan, and the value of every choice by what is done where and from which phase on."""

    case: Switched
    plan: SchemePlan
    by_cost: bool

    def __post_init__(self) -> None:
        self.values: dict[Any, float] = {}
        for states in self.case.choices():
            value = self.case.worth(states, by_cost=self.by_cost)
            if value is not None:
                key = tuple(self.key(one) for one in states)
                best = self.values.get(key)
                pick = max if self.plan.most else min
                self.values[key] = value if best is None else pick(best, value)

    @staticmethod
    def key(state: State) -> Any:
        """What is new and what is closed."""
        return tuple(sorted(state.new.items())), tuple(sorted(state.closed)), round(state.cost, 6)

    @property
    def pick(self) -> Any:
        return max if self.plan.most else min

    def best(self, keeps: Any) -> float | None:
        """The best value among choices whose new sites at the end are as asked."""
        found = [value for key, value in self.values.items() if keeps({j for j, _serves in key[-1][0]})]
        return self.pick(found, default=None)

    def lost(self, value: float | None) -> float:
        if value is None:
            return np.inf
        return self.plan.value - value if self.plan.most else value - self.plan.value


def chosen(seed: int, kind: str) -> Chosen | None:
    """Solve a case; None where there is no plan."""
    case, by_cost = random_switched(seed, kind)
    if case.goal == "regret":
        case.best = best_alone(case)
    data, switches, limits = handed(case)
    plan = solve_scheme(scheme_of(data, switches, by_cost=by_cost, **limits), Effort())
    return None if plan.status == "infeasible" else Chosen(case, plan, by_cost)


def exchanged(one: Chosen, j: int) -> list[float]:
    """Values of all that differs from the plan in what stands at one of its sites: another option, in any phase."""
    scheme, plan, options = one.plan.scheme, one.plan, one.plan.scheme.options
    mine = np.flatnonzero(plan.last & (options.site == j))
    found = []
    for k, first in itertools.product(np.flatnonzero(options.new), range(scheme.phases)):
        if k in mine or ((options.site[plan.last] == options.site[k]).any() and options.site[k] != j):
            continue
        for back in (False, True):
            opened = plan.opened.copy()
            opened[:, mine] = False
            closed = options.closes[mine]
            if back:
                opened[:, closed[closed >= 0]] = True
            opened[first:, k] = True
            if options.closes[k] >= 0:
                opened[first:, options.closes[k]] = False
            if not scheme.faults(opened, None):
                found.append(scheme.value(opened, None))
    return found

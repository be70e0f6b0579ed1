"""Small random questions, and their answers by trying every choice of sites."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A question as a dense matrix, before any code under test has seen it."""

    seconds: np.ndarray
    weights: np.ndarray
    costs: np.ndarray
    existing: tuple[int, ...]
    required: tuple[int, ...]
    forbidden: tuple[int, ...]
    sites: int
    budget: float
    share: float
    limit_s: float

    @property
    def roles(self) -> dict[str, Any]:
        """Of the sites, as solve_table takes them."""
        return {"existing": self.existing, "required": self.required, "forbidden": self.forbidden}

    def choices(self) -> list[tuple[int, ...]]:
        """Every choice of new sites that keeps required and forbidden ones."""
        new = [j for j in range(self.costs.size) if j not in {*self.existing, *self.required, *self.forbidden}]
        sets = itertools.chain.from_iterable(itertools.combinations(new, k) for k in range(len(new) + 1))
        return [(*self.required, *one) for one in sets]

    def walks(self, chosen: tuple[int, ...]) -> np.ndarray:
        """The nearest open site of each demand."""
        stands = [*self.existing, *chosen]
        return self.seconds[:, stands].min(axis=1) if stands else np.full(self.weights.size, np.inf)

    def covered(self, chosen: tuple[int, ...]) -> float:
        """Weight within the limit."""
        return float(self.weights[self.walks(chosen) <= self.limit_s].sum())

    def most_covered(self, *, by_cost: bool) -> float | None:
        """Maximum coverage by enumeration; None where nothing may stand."""
        return max((self.covered(one) for one in self.choices() if self._paid(one, by_cost=by_cost)), default=None)

    def _paid(self, one: tuple[int, ...], *, by_cost: bool) -> bool:
        return self.costs[list(one)].sum() <= self.budget if by_cost else len(one) <= self.sites

    def least(self, *, by_cost: bool) -> float | None:
        """The least sites or cost that reach the share, by enumeration."""
        need = self.share * self.weights.sum()
        return min(
            (
                float(self.costs[list(one)].sum()) if by_cost else float(len(one))
                for one in self.choices()
                if self.covered(one) >= need - 1e-9 * max(1.0, need)
            ),
            default=None,
        )

    def median(self) -> float | None:
        """The p-median by enumeration."""
        return self._least_walk(lambda walk, weight: float((walk * weight).sum()))

    def center(self) -> float | None:
        """The p-center by enumeration."""
        return self._least_walk(lambda walk, _weight: float(walk.max(initial=0.0)))

    def _least_walk(self, measure: Any) -> float | None:
        counts = self.weights > 0
        values = (
            measure(self.walks(one)[counts], self.weights[counts]) for one in self.choices() if len(one) <= self.sites
        )
        return min((value for value in values if np.isfinite(value)), default=None)


def random_case(seed: int) -> Case:
    """Make a question of up to 12 sites: ties, twins, unreachable demand, idle and impossible roles all occur."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 13)), int(rng.integers(1, 30))
    whole = rng.random() < 0.7
    homes, sites = rng.random((n, 2)) * 1_000, rng.random((m, 2)) * 1_000
    seconds = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    if whole:
        seconds = np.round(seconds / 50) * 50
    seconds[seconds > rng.uniform(300, 1_500)] = np.inf
    if m > 2 and rng.random() < 0.4:
        seconds[:, 1] = seconds[:, 0]
    weights = rng.integers(0, 20, n).astype(float) if whole else rng.random(n) * 20
    costs = rng.integers(1, 12, m).astype(float) if whole else rng.random(m) * 12
    role = rng.choice(4, m, p=[0.76, 0.08, 0.08, 0.08])
    roles = [tuple(np.flatnonzero(role == one).tolist()) for one in (1, 2, 3)]
    return Case(
        seconds,
        weights,
        costs,
        *roles,
        sites=int(rng.integers(0, m + 1)),
        budget=float(rng.integers(0, 40)),
        share=float(rng.choice([0.0, 0.3, 0.6, 0.8, 0.95, 1.0])),
        limit_s=float(rng.choice([150, 250, 400, 600])),
    )

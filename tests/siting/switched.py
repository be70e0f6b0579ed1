"""Small random questions under every switch, as dense matrices, and their answers by trying every choice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

LIMIT = 600.0
KINDS = [
    "floors", "joint", "split", "phases", "capacity", "scenarios", "regret", "fairest", "ways", "least", "mixed",
    "closing", "capacity least", "capacity floors", "capacity phases", "capacity mixed"]  # fmt: skip

_MOST = {
    "joint": 6, "split": 6, "phases": 7, "capacity": 9, "mixed": 4, "ways": 6, "least": 7, "closing": 5,
    "capacity least": 6, "capacity floors": 6, "capacity phases": 4, "capacity mixed": 3}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What may be done at a site: services, cost, and the existing site that is given up for it."""

    serves: tuple[int, ...]
    cost: float
    closes: int = -1


@dataclass
class State:
    """What stands in one phase: new sites with their services, existing sites that are closed, money."""

    new: dict[int, tuple[int, ...]]
    closed: frozenset[int]
    cost: float


@dataclass
class Switched:
    """A question, before any code under test has seen it: s services, q walkers, n homes, m sites, t phases."""

    seconds: np.ndarray  # (s, q, n, m)
    weights: np.ndarray
    costs: np.ndarray  # (s, m)
    existing: tuple[tuple[int, ...], ...]
    required: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    sites: tuple[float, ...] = (np.inf,)
    budgets: tuple[float, ...] = (np.inf,)
    split: tuple[float, ...] | None = None
    saving: float = 0.0
    district: np.ndarray | None = None
    floors: dict[int, float] = field(default_factory=dict)
    rooms: np.ndarray | None = None  # (s, m), whole
    ways: dict[int, list[tuple[str, float, int]]] = field(default_factory=dict)  # name, cost, site given up or -1
    closing: dict[int, float] = field(default_factory=dict)  # what closing gives back
    goal: str = "most"
    need: float = 0.0
    best: np.ndarray | None = None

    def __post_init__(self) -> None:
        self._kept: dict[Any, np.ndarray | None] = {}

    @property
    def near(self) -> np.ndarray:
        return self.seconds <= LIMIT

    def lines(self, j: int) -> list[Line]:
        """What may be done at a site."""
        if j in self.forbidden:
            return []
        services = range(self.seconds.shape[0])
        free = [s for s in services if j not in self.existing[s] and np.isfinite(self.seconds[s, :, :, j]).any()]
        if j in self.required and not np.isfinite(self.seconds[:, :, :, j]).any():
            free = [s for s in services if j not in self.existing[s]]
        sets = [(one,) for one in free] + ([tuple(free)] if len(free) > 1 else [])
        if j in self.ways:
            return [
                Line(one, max(0.0, len(one) * cost - (self.saving if len(one) > 1 else 0.0)), closes)
                for one in sets
                for _name, cost, closes in self.ways[j]
            ]
        return [
            Line(one, max(0.0, self.costs[list(one), j].sum() - (self.saving if len(one) > 1 else 0.0))) for one in sets
        ]

    def choices(self) -> Iterator[list[State]]:
        """Every choice: by phase what stands."""
        phases, m = len(self.sites), self.seconds.shape[3]
        options: list[list[tuple[int, Any, int]]] = []  # site, what is done there (None: nothing), from which phase
        for j in range(m):
            there = any(j in one for one in self.existing)
            mine: list[tuple[int, Any, int]] = [] if j in self.required and not there else [(j, None, phases)]
            options.append(mine + [(j, line, t) for line in self.lines(j) for t in range(phases)])
        options += [[(j, None, phases), *((j, "close", t) for t in range(phases))] for j in self.closing]
        for one in itertools.product(*options):
            states = [self._state(one, t) for t in range(phases)]
            if all(state is not None for state in states) and self._paid(states):
                yield states

    def _state(self, choice: tuple[tuple[int, Any, int], ...], phase: int) -> State | None:
        """What stands by a phase; None where two things do not go together."""
        done = [(j, what) for j, what, at in choice if what is not None and at <= phase]
        closed = frozenset(j for j, what in done if what == "close")
        new = {j: what for j, what in done if what != "close"}
        given_up = [line.closes for line in new.values() if line.closes >= 0]
        if len(set(given_up)) < len(given_up) or not set(given_up) <= closed:
            return None
        cost = sum(line.cost for line in new.values()) - sum(self.closing[j] for j in closed)
        return State({j: line.serves for j, line in new.items()}, closed, cost)

    def _paid(self, states: list[State]) -> bool:
        limits = zip(states, self.sites, self.budgets, strict=True)
        if not all(len(one.new) <= sites and one.cost <= budget + 1e-9 for one, sites, budget in limits):
            return False
        if self.split is None:
            return True
        last = states[-1].new.items()
        spent = [sum(self.costs[s, j] for j, serves in last if s in serves) for s in range(len(self.split))]
        return all(one <= most + 1e-9 for one, most in zip(spent, self.split, strict=True))

    def served(self, state: State, s: int, q: int, *, last: bool) -> np.ndarray | None:
        """Elders served by district (one entry without districts); None where no serving of them keeps the floors."""
        there = tuple(
            sorted({
                *(j for j in self.existing[s] if j not in state.closed),
                *(j for j, serves in state.new.items() if s in serves),
            })
        )  # fmt: skip
        key = (s, q, there, last)
        if key not in self._kept:
            self._kept[key] = self._served(list(there), s, q, last=last)
        return self._kept[key]

    def _served(self, there: list[int], s: int, q: int, *, last: bool) -> np.ndarray | None:
        near = self.near[s, q][:, there]
        district = np.zeros(self.weights.size, int) if self.district is None else self.district
        size = int(district.max(initial=0)) + 1
        if self.rooms is None:
            return np.bincount(district, np.where(near.any(axis=1), self.weights, 0.0), size)
        rooms = self.rooms[s, there]
        if not (last and any(self.floors.values())):
            return np.array([_flow(near, self.weights, rooms)])
        asked = np.array([self.floors.get(d, 0.0) for d in range(size)]) * np.bincount(district, self.weights, size)
        home, site = np.nonzero(near)
        if not home.size:
            return np.zeros(1) if (asked <= 1e-9).all() else None
        pair = np.arange(home.size)
        rows = [
            csr_matrix((np.ones(pair.size), (home, pair)), (self.weights.size, pair.size)),
            csr_matrix((np.ones(pair.size), (site, pair)), (len(there), pair.size)),
            csr_matrix((-np.ones(pair.size), (district[home], pair)), (size, pair.size)),
        ]
        found = linprog(
            -np.ones(pair.size), A_ub=np.vstack([one.toarray() for one in rows]),
            b_ub=np.concatenate([self.weights, rooms, -asked + 1e-9]))  # fmt: skip
        return np.array([-found.fun]) if found.status == 0 else None

    def worth(self, states: list[State], *, by_cost: bool = False) -> float | None:
        """The value of a choice; None where it breaks a floor or a need."""
        services, walkers = self.seconds.shape[:2]
        total = float(self.weights.sum())
        at_end = [[self.served(states[-1], s, q, last=True) for q in range(walkers)] for s in range(services)]
        if any(one is None for row in at_end for one in row):
            return None
        shares = []
        if self.district is not None and self.rooms is None:
            lived = np.bincount(self.district, self.weights)
            for s, q in np.ndindex(services, walkers):
                shares += [(d, at_end[s][q][d] / lived[d]) for d in np.flatnonzero(lived)]
        if any(share < self.floors.get(int(d), 0.0) - 1e-9 for d, share in shares):
            return None
        if self.goal == "fairest":
            return min((share for _d, share in shares), default=1.0)
        if self.goal == "least":
            if min(one.sum() for row in at_end for one in row) < self.need * total - 1e-6:
                return None
            return states[-1].cost if by_cost else float(len(states[-1].new))
        sums = [
            sum(
                float(self.served(state, s, q, last=state is states[-1]).sum())
                for state in states
                for s in range(services)
            )
            for q in range(walkers)
        ]
        if self.goal == "regret":
            return max(best - one for best, one in zip(self.best, sums, strict=True))
        return float(min(sums))

    def answer(self, *, by_cost: bool = False) -> float | None:
        """The best value by enumeration."""
        values = [self.worth(states, by_cost=by_cost) for states in self.choices()]
        values = [one for one in values if one is not None]
        if not values:
            return None
        return max(values) if self.goal in {"most", "worst", "fairest"} else min(values)


def _flow(near: np.ndarray, weights: np.ndarray, rooms: np.ndarray) -> float:
    """The most elders who find room within reach, by maximum flow."""
    n, k = near.shape
    graph = np.zeros((n + k + 2, n + k + 2), np.int32)
    graph[0, 1 : n + 1] = weights
    graph[1 : n + 1, n + 1 : n + k + 1] = np.where(near, 10_000, 0)
    graph[n + 1 : n + k + 1, -1] = rooms
    return float(maximum_flow(csr_matrix(graph), 0, n + k + 1).flow_value)


def random_switched(seed: int, kind: str) -> tuple[Switched, bool]:
    """Make a question of one of the kinds; and whether, of the least, money is counted."""
    rng = np.random.default_rng([seed, sum(map(ord, kind))])
    joint = kind in {"joint", "split", "mixed", "capacity mixed"} or (
        kind in {"least", "closing", "capacity least"} and rng.random() < 0.3
    )
    walkers = 3 if kind in {"scenarios", "regret"} else 2 if "mixed" in kind else 1
    phases = int(rng.integers(2, 4)) if "phases" in kind else 2 if "mixed" in kind else 1
    phases = 2 if kind == "closing" and rng.random() < 0.3 else phases
    m, n = int(rng.integers(1, _MOST.get(kind, 11) + 1)), int(rng.integers(1, 16))
    services = 2 if joint else 1
    homes, places = rng.random((n, 2)) * 1_000, rng.random((m, 2)) * 1_000
    metres = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    speeds = np.array([1.0, 0.7, 1.3])[:walkers]
    radius = rng.choice([250, 400, 600], services)
    seconds = (
        np.round(metres[None, None] / speeds[None, :, None, None] / 50) * 50 * (LIMIT / radius)[:, None, None, None]
    )
    seconds[seconds > 3 * LIMIT] = np.inf
    whole = rng.random() < 0.7
    weights = rng.integers(0, 20, n).astype(float)
    costs = rng.integers(1, 12, (services, m)).astype(float) if whole else rng.random((services, m)) * 12
    role = rng.choice(4, m, p=[0.6, 0.3, 0.05, 0.05] if kind == "closing" else [0.8, 0.1, 0.05, 0.05])
    existing = tuple(tuple(np.flatnonzero((role == 1) & (rng.random(m) < 0.7)).tolist()) for _s in range(services))
    required, forbidden = (tuple(np.flatnonzero(role == one).tolist()) for one in (2, 3))
    case = Switched(seconds, weights, costs, existing, required=required, forbidden=forbidden)
    by_budget, by_cost = rng.random() < 0.5 and kind != "phases", bool(rng.random() < 0.5)
    limit, money = sorted(rng.integers(0, m + 1, phases).tolist()), sorted(rng.integers(0, 30, phases).tolist())
    if by_budget or kind in {"joint", "ways"}:
        case.budgets, case.sites = tuple(map(float, money)), (np.inf,) * phases
    else:
        case.sites, case.budgets = tuple(map(float, limit)), (np.inf,) * phases
    if kind in {"joint", "mixed", "capacity mixed"}:
        case.saving = float(rng.integers(0, 5))
    if kind == "split":
        case.split, case.sites, case.budgets = tuple(map(float, rng.integers(0, 20, 2))), (np.inf,), (np.inf,)
    if kind in {"floors", "fairest", "mixed", "capacity floors"} or ("least" in kind and rng.random() < 0.5):
        case.district = rng.integers(0, 3, n)
        if kind != "fairest":
            case.floors = {d: float(rng.choice([0.0, 0.2, 0.4, 0.6])) for d in np.unique(case.district).tolist()}
    if kind.startswith("capacity"):
        case.rooms = rng.integers(0, 40, (services, m))
    if kind in {"ways", "closing"}:
        _give_ways(rng, case, kind)
    goals = {"scenarios": "worst", "mixed": "worst", "capacity mixed": "worst", "capacity least": "least"}
    case.goal = goals.get(kind, kind if kind in {"regret", "fairest", "least"} else "most")
    if kind == "closing" and phases == 1 and rng.random() < 0.3:
        case.goal = "least"
    if case.goal == "least":
        case.sites, case.budgets, case.need = (np.inf,), (np.inf,), float(rng.choice([0.3, 0.6, 0.8, 1.0]))
    return case, by_cost and case.goal == "least"


def _give_ways(rng: np.random.Generator, case: Switched, kind: str) -> None:
    """Give ways to come by sites, and let existing ones close."""
    m = case.costs.shape[1]
    there = sorted({j for one in case.existing for j in one})
    if kind == "closing":
        case.closing = {j: float(rng.integers(0, 8)) for j in there if rng.random() < 0.7}
    for j in range(m):
        names = ("购置", "租赁", "改造")[: int(rng.integers(1, 4))]
        some = [(name, float(rng.integers(1, 12)), -1) for name in names]
        if case.closing and rng.random() < 0.6:
            some.append(("置换", float(rng.integers(0, 4)), int(rng.choice(list(case.closing)))))
        if kind == "ways" or rng.random() < 0.5:
            case.ways[j] = some

"""Exchange options of a choice for others as long as that betters it: quick, and close to the best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting.effort import Clock
from planner.siting.schemes.programs import Layer, SchemeProgram
from planner.siting.tables import Bools, Floats, Ints

_KICKS = 20  # how often a choice is shaken and bettered again
_SHAKEN = 10  # one in so many options is exchanged at random when it is
_PASSES = 50  # through all options, at most, for each descent
_ENTRIES = 2_000_000_000  # pairs that may be looked at altogether: some ten seconds


@dataclass
class _Count:
    """How many open options serve each group of a layer."""

    layer: Layer
    count: Ints
    entry: Ints  # pairs, by option
    indptr: Ints

    @classmethod
    def of(cls, layer: Layer, opened: Bools) -> _Count:
        groups, k = layer.groups, opened.shape[1]
        there = opened[layer.phase, groups.option]
        count = np.bincount(groups.row[there], minlength=groups.weight.size)
        entry = np.argsort(groups.option, kind="stable")
        return cls(layer, count, entry, np.searchsorted(groups.option[entry], np.arange(k + 1)))

    def add(self, option: int, by: int) -> None:
        """Open an option, or close it."""
        entry = self.entry[self.indptr[option] : self.indptr[option + 1]]
        self.count[self.layer.groups.row[entry]] += by

    @property
    def served(self) -> float:
        """Elders served in the layer."""
        return float(self.layer.groups.weight[self.count > 0].sum()) + self.layer.base

    def gains(self, options: int) -> Floats:
        """Elders whom each option would add."""
        groups = self.layer.groups
        fresh = np.where(self.count == 0, groups.weight, 0.0)
        return np.bincount(groups.option, fresh[groups.row], options).astype(np.float64)


class Exchanges:
    """Betters choices of a scheme without capacity whose value is made of the elders of each walker.

    Parameters
    ----------
    written
        The program of the scheme.
    clock
        Ends the work.
    """

    def __init__(self, written: SchemeProgram, clock: Clock) -> None:
        self.written, self.scheme, self.clock = written, written.scheme, clock
        options = self.scheme.options
        self.free = options.new & (options.closes < 0)
        self.looked = 0

    @property
    def of_use(self) -> bool:
        """Whether the scheme is one of those."""
        return not self.scheme.limited and self.scheme.goal in {"most", "worst", "regret"} and bool(self.free.any())

    def better(self, opened: Bools, *, seed: int) -> Bools:
        """Descend from a choice, shake what comes out and descend again; it still stands, and is worth no less."""
        best = self._descended(opened)
        value, rng = self._worth(best), np.random.default_rng(seed)
        for _kick in range(_KICKS):
            if self.clock.over or self.looked > _ENTRIES:
                break
            one = self._descended(self._shaken(best, rng))
            worth = self._worth(one)
            if worth > value + 1e-9 * max(1.0, abs(value)) and not self.scheme.faults(one, None):
                best, value = one, worth
        return best

    def _worth(self, opened: Bools) -> float:
        return float(self._score(self.scheme.sums(opened, None)))

    def _score(self, sums: Floats) -> Floats:
        """Turn the elders of each walker, the last axis, into what is made as large as can be."""
        less = self.scheme.known_best if self.scheme.goal == "regret" else 0.0
        return np.asarray((sums - less).min(axis=-1))

    def _shaken(self, opened: Bools, rng: np.random.Generator) -> Bools:
        """Exchange some options at random for others of the same cost or less."""
        options, one = self.scheme.options, opened.copy()
        mine = np.flatnonzero(one[-1] & self.free & ~self.scheme.required[options.site])
        for k in rng.permutation(mine)[: 1 + mine.size // _SHAKEN].tolist():
            taken = options.site[one[-1] & options.new]
            fits = self.free & ~np.isin(options.site, taken) & (options.cost <= options.cost[k]).all(axis=1)
            if fits.any():
                other = int(rng.choice(np.flatnonzero(fits)))
                one[:, other], one[:, k] = one[:, k], False
        return one

    def _descended(self, opened: Bools) -> Bools:
        """Exchange one option after the other for the one that betters the choice most, until none does."""
        opened = opened.copy()
        counts = [_Count.of(layer, opened) for layer in self.written.layers]
        for _pass in range(_PASSES):
            changed = self._filled(opened, counts)
            for k in np.flatnonzero(opened[-1] & self.free).tolist():
                if self.clock.over or self.looked > _ENTRIES:
                    return opened
                first = int(opened[:, k].argmax())
                for until in range(self.scheme.phases, first, -1):
                    if opened[first, k]:
                        changed |= self._moved(opened, counts, k, first, until)
            if not changed:
                break
        return opened

    def _filled(self, opened: Bools, counts: list[_Count]) -> bool:
        """Open what sites and money are left for."""
        changed = False
        for first in range(self.scheme.phases):
            while self._placed(opened, counts, first, self.scheme.phases, goal=float(self._score(self._sums(counts)))):
                changed = True
        return changed

    def _moved(self, opened: Bools, counts: list[_Count], option: int, first: int, until: int) -> bool:
        """Put another option in the place of one from a phase on until another phase, if that is better.

        Until the end it is one that is not open; else one that opens then, and the two change places.
        """
        goal = float(self._score(self._sums(counts)))
        self._turn(opened, counts, option, first, until, on=False)
        if self._placed(opened, counts, first, until, goal=goal):
            return True
        self._turn(opened, counts, option, first, until, on=True)
        return False

    def _placed(self, opened: Bools, counts: list[_Count], first: int, until: int, *, goal: float) -> bool:
        """Open the best option from a phase on until another, if the choice is then better than a goal."""
        size = self.scheme.options.size
        gains = np.zeros((size, len(self.scheme.scenarios)))
        for one in counts:
            if first <= one.layer.phase < until:
                gains[:, one.layer.scenario] += one.gains(size)
                self.looked += one.layer.groups.row.size
        score = np.where(self._fits(opened, first, until), self._score(self._sums(counts) + gains), -np.inf)
        best = int(np.argmax(score))
        if not score[best] > goal + 1e-9 * max(1.0, abs(goal)):
            return False
        self._turn(opened, counts, best, first, until, on=True)
        if self.scheme.faults(opened, None):  # floors, or what must be
            self._turn(opened, counts, best, first, until, on=False)
            return False
        return True

    def _fits(self, opened: Bools, first: int, until: int) -> Bools:
        """Mark the options that may open from a phase on until another, by sites and money."""
        scheme, options = self.scheme, self.scheme.options
        fits = self.free & ~opened[:until].any(axis=0)
        if until < scheme.phases:
            fits &= opened[until]
        else:
            fits &= ~np.isin(options.site, options.site[opened[-1] & options.new])
        total = options.total_cost
        for t in range(first, until):
            many = float((opened[t] & options.new).sum())
            fits &= (many + 1 <= scheme.sites[t]) & (
                scheme.spent(opened, t) + total <= scheme.budgets[t] * (1 + 1e-9) + 1e-9
            )
        for s, purse in enumerate(scheme.purses if until == scheme.phases else ()):
            taken = float(options.cost[opened[-1] & options.new, s].sum())
            fits &= taken + options.cost[:, s] <= purse * (1 + 1e-9) + 1e-9
        return np.asarray(fits)

    def _sums(self, counts: list[_Count]) -> Floats:
        sums = np.zeros(len(self.scheme.scenarios))
        for one in counts:
            sums[one.layer.scenario] += one.served
        return sums

    @staticmethod
    def _turn(opened: Bools, counts: list[_Count], option: int, first: int, until: int, *, on: bool) -> None:
        """Open an option in some phases, or close it."""
        opened[first:until, option] = on
        for one in counts:
            if first <= one.layer.phase < until:
                one.add(option, 1 if on else -1)

"""Close the gap between plan and bound by cases, and keep of every case the multipliers that prove it.

Branch and cut on Benders' master: a split is on how many sites of a neighbourhood are open, which divides better than
one site of many that could replace each other.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.siting import kernels
from planner.siting.certificate import on_grid
from planner.siting.effort import Clock, Stop
from planner.siting.questions import Question
from planner.siting.search.bounds import Master, Relaxed, close
from planner.siting.search.cores import Core
from planner.siting.search.localsearch import exchange, paid
from planner.siting.tables import Bools, Floats, Ints
from planner.siting.trees import Leaf, Split, Tree, leaf_bound, sealed

_NEIGHBOURS = 0.35  # share of the smaller site's demand that two neighbours have in common
_ROUNDS = 6  # of cuts per part
_INSIDE = 0.3  # how fast the point follows that lies behind the cuts
_EXCHANGED = 10  # every so many parts a plan is made of the master's point
_LARGEST = 2_000  # sites beyond which neighbourhoods take too much room
_NUMBERS = 20_000_000  # multipliers that a proof may hold
_PAIRS = 15_000_000  # pairs of all parts together: large cores are left sooner, as each of their parts takes longer


@dataclass(frozen=True, eq=False)
class _Part:
    """A part of the choices that is still open, with the multipliers of the part it is of."""

    bound: float
    path: tuple[tuple[int, bool], ...]
    multipliers: Floats
    rates: Floats


class Branching:
    """Parts of the choices, the best bounded first.

    Parameters
    ----------
    question
        Of maximum coverage.
    core
        What reduced costs leave of it.
    relaxed
        Its relaxation.
    keep, take : bool arrays (m,)
        Sites in question, and those that every better plan contains.
    value
        What the best plan so far covers.
    """

    def __init__(
        self, question: Question, core: Core, relaxed: Relaxed, *, keep: Bools, take: Bools, value: float
    ) -> None:
        self.question, self.core, self.keep, self.take = question, core, keep, take
        self.value, self.sites = value, np.zeros(0, np.int64)
        self.master = Master(core) if relaxed.master is None else relaxed.master
        self.splits: list[Split] = []
        self.row_of: list[int] = []
        self.leaves: list[Leaf] = []
        both = kernels.overlap(core.cover.group_indptr, core.cover.site, core.cover.weight, core.price.size)
        size = both.diagonal()
        self.near = both > _NEIGHBOURS * np.minimum(size[:, None], size[None])
        np.fill_diagonal(self.near, True)
        self.master.cut(relaxed.parts, np.zeros(core.price.size), np.full(self.master.blocks, np.inf))
        self.relaxed, self.inside = relaxed, relaxed.parts.copy()

    @classmethod
    def fits(cls, core: Core) -> bool:
        """Tell whether a core is small enough."""
        return core.price.size <= _LARGEST

    def run(self, *, most: int, known: float, clock: Clock) -> tuple[Tree, Stop]:
        """Split until every part is bounded by the plan, or limits are met.

        Parameters
        ----------
        most
            Parts to look at.
        known
            A bound.
        clock
            That ends the work.

        Returns
        -------
        Tree, str
            What is proven, and what ended the work.
        """
        n, none = self.question.weight.size, np.zeros(0)
        root = self.core.spread(self.relaxed.multipliers, self.question)
        heap: list[tuple[float, int, _Part]] = [(-np.inf, 0, _Part(np.inf, (), root, none))]
        made, looked = 1, 0
        stopped: Stop = "effort"
        most = min(most, 1 + _PAIRS // max(1, self.core.cover.site.size))
        if self.core.price.size:
            close(self.master, self.value - self.core.base, self.relaxed.parts, clock=clock)
        while heap and not self._closed(heap[0][2].bound):
            looked += 1
            if looked > most or (len(heap) + len(self.leaves)) * n > _NUMBERS:
                break
            if clock.tell("cases", self.value, min(known, heap[0][2].bound)):
                stopped = clock.why
                break
            part = heapq.heappop(heap)[2]
            bounded, parts = self._bounded(part, clock)
            if parts is None:
                heapq.heappush(heap, (-part.bound, made, part))
                stopped = clock.why
                break
            if looked % _EXCHANGED == 1:
                self._offer(paid(self.core, np.argsort(-parts, kind="stable")[: self.core.slots]))
            chosen = None if self._closed(bounded.bound) else self._split(parts)
            if chosen is None:
                if not self._closed(bounded.bound):  # whole already: it is a plan
                    self._offer(np.flatnonzero(parts > 0.5))
                self.leaves.append(Leaf(bounded.path, bounded.multipliers, bounded.rates))
                continue
            for more in (False, True):
                one = _Part(
                    bounded.bound, (*bounded.path, (chosen, more)), bounded.multipliers, np.append(bounded.rates, 0.0)
                )
                heapq.heappush(heap, (-one.bound, made, one))
                made += 1
        self.leaves += [Leaf(part.path, part.multipliers, part.rates) for _bound, _made, part in heap]
        return self._tree(), stopped

    def _tree(self) -> Tree:
        question = self.question
        bounds = [leaf_bound(question, self.splits, leaf, self.keep, self.take) for leaf in self.leaves]
        bound = max(bounds, default=self.value)
        bound = float(np.floor(bound + 1e-6)) if question.whole else bound
        return sealed(Tree(tuple(self.splits), tuple(self.leaves), max(bound, self.value)))

    def _closed(self, bound: float) -> bool:
        return self.question.proven(self.value, bound)

    def _offer(self, start: NDArray[np.integer]) -> None:
        found = exchange(self.core, paid(self.core, start), trials=0, seed=0)
        value = self.core.weight_up_to(found)
        if self.question.better(value, self.value):
            self.value, self.sites = value, np.asarray(found, np.int64)

    def _bounded(self, part: _Part, clock: Clock) -> tuple[_Part, Floats | None]:
        """Bound a part by the master under its splits; no point where time is over."""
        self._enter(part.path)
        k, base = self.core.price.size, self.core.base
        weight, program = self.core.cover.weight, self.master.program
        best = part
        parts = np.zeros(k)
        for _round in range(_ROUNDS):
            if not program.solve(time_limit_s=clock.limit_left_s, watch=clock.watch):
                return part, None
            parts, estimate = program.x[:k].clip(0.0, 1.0), program.x[k : k + self.master.blocks]
            made = self._made(part.path)
            if made.bound < best.bound:
                best = made
            if self._closed(best.bound):
                break
            reached = base + float((weight * np.minimum(1.0, self.master.covered(parts))).sum())
            if best.bound - reached < 0.05 * (best.bound - self.value):
                break
            self.inside += _INSIDE * (parts - self.inside)
            between = 0.5 * (self.inside + parts)
            if not self.master.cut(between, parts, estimate) and not self.master.cut(parts, parts, estimate):
                break
        return best, parts

    def _made(self, path: tuple[tuple[int, bool], ...]) -> _Part:
        """Read the multipliers of the master as last solved, and bound the part by them alone."""
        question, dual = self.question, self.master.program.row_dual
        total = float(question.weight.sum())
        multipliers = on_grid(self.core.spread(self.master.multipliers(), question), total)
        rates = np.array([-dual[self.row_of[number]] for number, _more in path])
        leaf = Leaf(path, multipliers, on_grid(rates, total))
        bound = leaf_bound(question, self.splits, leaf, self.keep, self.take)
        return _Part(bound, path, multipliers, leaf.rates)

    def _enter(self, path: tuple[tuple[int, bool], ...]) -> None:
        """Put the splits of a path, and no others, into the master."""
        for row in self.row_of:
            self.master.program.limit(row)
        for number, more in path:
            most = self.splits[number].most
            limits = {"lower": most + 1.0} if more else {"upper": float(most)}
            self.master.program.limit(self.row_of[number], **limits)

    def _split(self, parts: Floats) -> int | None:
        """Choose what to split on: the neighbourhood whose open sites are furthest from a whole number; its number."""
        if not parts.size:
            return None
        inside = self.near @ parts
        away = inside - np.floor(inside + 1e-9)
        away = np.where(parts > 1e-6, np.minimum(away, 1.0 - away), -1.0)
        j = int(np.argmax(away))
        if away[j] > 0.1:
            return self._add(np.flatnonzero(self.near[j]), int(np.floor(inside[j] + 1e-9)))
        away = np.minimum(parts, 1.0 - parts)
        j = int(np.argmax(away))
        return self._add(np.array([j]), 0) if away[j] > 1e-6 else None

    def _add(self, sites: Ints, most: int) -> int:
        """Add a split and its row, which may be broken at a price, so that no part is without a bound."""
        program, place = self.master.program, self.master.program.columns
        price = 10.0 * float(self.core.cover.weight.sum()) + 1.0
        program.widen(cost=np.array([price, price]))
        column = np.concatenate([sites, [place, place + 1]])
        number = np.concatenate([np.ones(sites.size), [-1.0, 1.0]])
        row = program.rows
        program.add(np.array([0, column.size]), column, number, upper=np.array([np.inf]))
        self.row_of.append(row)
        self.splits.append(Split(self.core.sites[sites], most))
        return len(self.splits) - 1

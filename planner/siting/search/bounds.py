"""Find multipliers whose certificate bounds every plan: by cuts, by an interior point, or by a subgradient.

The linear relaxation of maximum coverage, which none of the three needs to solve exactly: what they hand back is cut to
size and valued anew by `planner.siting.certificate`.

References
----------
Cordeau, Furini and Ljubic 2019, "Benders decomposition for very large scale partial set covering and maximal covering
location problems", doi:10.1016/j.ejor.2018.12.021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.siting import kernels
from planner.siting.effort import Clock
from planner.siting.search.cores import Core
from planner.siting.tables import Bools, Floats, Ints
from planner.solving import Growing, Program, SolverError, solve

_BLOCKS = 1_000  # into which the demand of the master is divided at most: fewer make more and dearer rounds
_NEARER, _INSIDE = 0.1, 0.05  # how far towards the master's point cuts are taken, and how fast the one inside follows
_TURNS, _SLOW = 10, 0.002  # rounds that must better the bound by a share of the gap for the cuts to go on
_ROUNDS = 400  # of cuts
_ENOUGH = 1e-7  # share of the bound within which a relaxation counts as solved


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A bound on the open part of a question.

    Parameters
    ----------
    multipliers : float64 array (g,)
        One per group.
    parts : float64 array (k,)
        How much of each site the relaxation opens.
    bound
        On the weight that the core's sites cover, in floating point; the certificate decides.
    master : Master or None
        Whose cuts found it.
    """

    multipliers: Floats
    parts: Floats
    bound: float
    master: Master | None = None


def worth_of(core: Core, multipliers: Floats) -> Floats:
    """Sum multipliers over the groups of each site, shape (k,)."""
    cover = core.cover
    site = np.repeat(np.arange(cover.sites), np.diff(cover.site_indptr))
    return np.bincount(site, multipliers[cover.group], cover.sites).astype(np.float64)


def by_ascent(core: Core, best_known: float, *, rounds: int, clock: Clock, start: Floats | None = None) -> Relaxed:
    """Bound by the subgradient alone: quick, needs no solver, and stays some tenths of a percent above the optimum.

    Parameters
    ----------
    core
        The open part of a question.
    best_known
        Weight that some choice of the core's sites covers.
    rounds
        At most so many.
    clock
        That ends the work.
    start : float64 array (g,), optional
        Multipliers to begin with.
    """
    cover = core.cover
    begin = cover.weight / np.maximum(np.diff(cover.group_indptr), 1) if start is None else start
    multipliers, bound, parts = clock.run(
        kernels.ascend,
        cover.site_indptr,
        cover.group,
        cover.weight,
        core.price,
        core.purse,
        best_known,
        begin,
        rounds,
        20,
    )
    return Relaxed(multipliers, parts, float(bound))


def by_interior(core: Core, *, clock: Clock) -> Relaxed | None:
    """Bound by HiGHS' interior point on the whole relaxation; None where it does not end in time.

    Raises
    ------
    SolverError
        HiGHS ended with an error.
    """
    program = coverage_program(core)
    answer = solve(program, interior=True, time_limit_s=clock.limit_left_s, watch=clock.watch)
    if answer.status != "optimal":
        return None
    groups, k = core.cover.weight.size, core.price.size
    multipliers = np.abs(answer.row_dual[:groups]).clip(0.0, core.cover.weight)
    return Relaxed(multipliers, answer.x[:k].clip(0.0, 1.0), -answer.value)


def coverage_program(core: Core) -> Program:
    """Write the relaxation as a program: columns are the sites, then the groups; rows the groups, then the purse."""
    cover, k, g = core.cover, core.price.size, core.cover.weight.size
    size = np.diff(cover.group_indptr) + 1
    indptr = np.concatenate([[0], np.cumsum(size), [size.sum() + k]]).astype(np.int64)
    column, coefficient = np.empty(indptr[-1], np.int64), np.full(indptr[-1], -1.0)
    own = indptr[:g]  # each row begins with the group itself, its sites follow
    column[own], coefficient[own] = k + np.arange(g), 1.0
    others = np.ones(indptr[g], bool)
    others[own] = False
    column[: indptr[g]][others] = cover.site
    column[indptr[g] :], coefficient[indptr[g] :] = np.arange(k), core.price
    return Program(
        cost=np.concatenate([np.zeros(k), -cover.weight]),
        lower=np.zeros(k + g),
        upper=np.ones(k + g),
        integer=np.zeros(k + g, bool),
        row_lower=np.full(g + 1, -np.inf),
        row_upper=np.concatenate([np.zeros(g), [core.purse]]),
        indptr=indptr,
        column=column,
        coefficient=coefficient,
    )


def _blocks(core: Core) -> Ints:
    """Divide the groups into blocks that lie together: each goes to the first of many greedy sites that covers it."""
    cover = core.cover
    ones = np.ones(core.price.size)
    seats = kernels.fill(
        cover.site_indptr, cover.group, cover.group_indptr, cover.site, cover.weight, ones, float(_BLOCKS), False
    )
    block = np.full(cover.weight.size, seats.size, np.int64)
    for number, j in reversed(list(enumerate(seats))):
        block[cover.group[cover.site_indptr[j] : cover.site_indptr[j + 1]]] = number
    return block


class Master:
    """Benders' master: sites and one estimate per block, under the cuts found so far."""

    def __init__(self, core: Core, block: Ints | None = None) -> None:
        self.core, cover, k = core, core.cover, core.price.size
        block = _blocks(core) if block is None else block
        self.blocks = int(block.max(initial=-1)) + 1
        self.block = block
        self.member = np.argsort(block, kind="stable").astype(np.int32)
        self.block_indptr = np.concatenate([[0], np.cumsum(np.bincount(block, minlength=self.blocks))]).astype(np.int64)
        most = np.bincount(block, cover.weight, self.blocks)
        self.program = Growing(
            cost=np.concatenate([np.zeros(k), -np.ones(self.blocks)]),
            lower=np.zeros(k + self.blocks),
            upper=np.concatenate([np.ones(k), most]),
        )
        self.program.add(np.array([0, k]), np.arange(k), core.price, upper=np.array([core.purse]))
        self.cut_block: list[Ints] = []
        self.cut_row: list[Ints] = []
        self.open_groups: list[Bools] = []
        self.points: list[Floats] = []
        self.site_of = np.repeat(np.arange(cover.sites), np.diff(cover.site_indptr))

    def covered(self, parts: Floats) -> Floats:
        """How often each group is covered by parts of sites."""
        cover = self.core.cover
        return np.bincount(cover.group, parts[self.site_of], cover.weight.size).astype(np.float64)

    def narrowed(self, core: Core, left: Bools, group: Ints) -> Master:
        """Make the master of a smaller core, with the cuts that hold this one where it stands.

        Parameters
        ----------
        core
            Of the sites that are left.
        left : bool array (k,)
            The sites.
        group : int64 array (g,)
            The new group of each group; -1 for the settled.
        """
        block = np.zeros(core.cover.weight.size, np.int64)
        live = group >= 0
        block[group[live]] = self.block[live]
        master, dual = Master(core, block), np.abs(self.program.row_dual)
        for cuts, rows, point in zip(self.cut_block, self.cut_row, self.points, strict=True):
            known = rows < dual.size  # later cuts were not there
            holds = cuts[known][dual[rows[known]] > 0]
            estimate = np.full(master.blocks, -np.inf)
            estimate[holds[holds < master.blocks]] = np.inf
            master.cut(point[left], np.zeros(core.price.size), estimate)
        return master

    def cut(self, at: Floats, against: Floats, estimate: Floats) -> int:
        """Add the cuts of a point where they cut off another with its estimates; how many."""
        cover, k = self.core.cover, self.core.price.size
        times = self.covered(at)
        constant, indptr, column, coefficient = kernels.cut_rows(
            self.block_indptr, self.member, cover.group_indptr, cover.site, cover.weight, times, k
        )
        row = np.repeat(np.arange(self.blocks), np.diff(indptr))
        allowed = constant + np.bincount(row, coefficient * against[column], self.blocks)
        cuts = np.flatnonzero(estimate > allowed + 1e-7 * np.maximum(1.0, np.abs(allowed)))
        if not cuts.size:
            return 0
        chosen = np.zeros(self.blocks, bool)
        chosen[cuts] = True
        entry = chosen[row]
        rows = np.concatenate([row[entry], cuts])
        columns, numbers = (
            np.concatenate([column[entry], k + cuts]),
            np.concatenate([-coefficient[entry], np.ones(cuts.size)]),
        )
        order = np.argsort(rows, kind="stable")
        size = np.bincount(rows, minlength=self.blocks)[cuts]
        self.program.add(np.concatenate([[0], np.cumsum(size)]), columns[order], numbers[order], upper=constant[cuts])
        self.cut_block.append(cuts)
        self.cut_row.append(self.program.rows - cuts.size + np.arange(cuts.size))
        self.open_groups.append(times < 1.0)
        self.points.append(at)
        return int(cuts.size)

    def multipliers(self) -> Floats:
        """Read the multipliers off the duals of the cuts, as they stood when the master was last solved."""
        total = np.zeros(self.core.cover.weight.size)
        dual = np.abs(self.program.row_dual)
        for cuts, rows, open_groups in zip(self.cut_block, self.cut_row, self.open_groups, strict=True):
            known = rows < dual.size  # later cuts were not there
            part = np.zeros(self.blocks)
            part[cuts[known]] = dual[rows[known]]
            if part.any():
                total += np.where(open_groups, part[self.block], 0.0)
        return total.clip(0.0, 1.0) * self.core.cover.weight


def close(
    master: Master, best_known: float, guess: Floats, *, clock: Clock, rounds: int = _ROUNDS
) -> tuple[Relaxed, bool]:
    """Cut until the master is the relaxation, its cuts taken between the master's point and one inside.

    Parameters
    ----------
    master
        Of Benders' decomposition.
    best_known
        Weight that some choice of the core's sites covers; a bound that meets it ends the work.
    guess : float64 array (k,)
        Parts of sites to begin with.
    clock
        That ends the work.
    rounds
        At most so many.

    Returns
    -------
    Relaxed, bool
        Whether the relaxation was solved to the end.
    """
    inside, weight, k = guess.copy(), master.core.cover.weight, guess.size
    best, bounds = Relaxed(weight.copy(), guess, float("inf")), [float("inf")]
    master.cut(inside, np.zeros(k), np.full(master.blocks, np.inf))
    for _round in range(rounds):
        if not master.program.solve(time_limit_s=clock.limit_left_s, watch=clock.watch):
            return best, False
        parts, estimate = master.program.x[:k].clip(0.0, 1.0), master.program.x[k : k + master.blocks]
        bound = float(estimate.sum())
        if bound < best.bound:
            best = Relaxed(master.multipliers(), parts, bound, master)
        reached = float((weight * np.minimum(1.0, master.covered(parts))).sum())
        if bound - reached <= _ENOUGH * max(1.0, bound) or bound < best_known + 0.5 * _ENOUGH * bound:
            return best, True
        bounds.append(best.bound)
        if len(bounds) > _TURNS and bounds[-1 - _TURNS] - best.bound <= _SLOW * (best.bound - best_known):
            return best, True
        inside += _INSIDE * (parts - inside)
        between = inside + _NEARER * (parts - inside)
        if not master.cut(between, parts, estimate) and not master.cut(parts, parts, estimate):
            return best, True
    return best, False


def by_cuts(
    core: Core, best_known: float, guess: Floats, *, clock: Clock, rounds: int = _ROUNDS
) -> tuple[Relaxed, bool]:
    """Bound by Benders' cuts on blocks of demand; parameters and answer as for `close`."""
    return close(Master(core), best_known, guess, clock=clock, rounds=rounds)


__all__ = [
    "Master",
    "Relaxed",
    "SolverError",
    "by_ascent",
    "by_cuts",
    "by_interior",
    "close",
    "coverage_program",
    "worth_of",
]

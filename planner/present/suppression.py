"""Choose which counts of people to hide, so that no small one can be read, nor had by subtraction.

Counts above 0 and below the threshold are hidden (below). That alone protects nobody: a hidden count is the total less
what is shown beside it. So further counts are hidden with them (held back), chosen in this way: for every small count a
*move* is found, a change of a few compounds' numbers of people that leaves every shown count as it is and every hidden
one within what its mark says. Whatever a reader works out from the page holds for the moved numbers as well, so the
page does not tell which are true. The move is the proof.

In a study of a handful of compounds it happens that the marks themselves leave no move: the mark of a small count tells
that it is less than the threshold, and together they may leave one answer. Then no count but 0 is shown at all, and all
are marked as held back, whatever they are.

A count of 0 is shown: nobody is in it, and what is said of nobody harms nobody. The compounds of a total of 0 are 0 too
and are shown as well, so that a 0 never helps to find another count.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHOWN, BELOW, HELD = 0, 1, 2
"""Marks of a count: shown, hidden because it is small, held back because a small one could be had from it."""

Marks = NDArray[np.int8]
Labels = Sequence[Hashable]


@dataclass(frozen=True)
class Marked:
    """Which counts are shown.

    Parameters
    ----------
    units
        Mark of each unit, shape (n,).
    sums
        Mark of each sum, shape (m,).
    moves
        The proof: units that gain one person each, and units that lose one, without changing anything that is shown.
    tell
        Whether marks alone would tell, so that no count but 0 is shown.
    """

    units: Marks
    sums: Marks
    moves: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()
    tell: bool = False

    def keeps(self, times: NDArray[np.int64]) -> bool:
        """Tell whether a further sum may be shown, since no move changes it: what is hidden stays as hidden as it was.

        Parameters
        ----------
        times
            How often the sum counts each unit, shape (n,).

        Examples
        --------
        The 7 are hidden with the 40. A sum of both may be shown, one of either with the 60 not:

        >>> marked = suppress(np.array([7, 40, 60]), [np.arange(3)], below=10)
        >>> marked.keeps(np.array([1, 1, 0])), marked.keeps(np.array([0, 1, 1]))
        (True, False)
        """
        return not self.tell and all(times[list(up)].sum() == times[list(down)].sum() for up, down in self.moves)


@dataclass(frozen=True)
class _Move:
    """Units that gain and units that lose one person each, with the sums that gain or lose one by it."""

    up: tuple[int, ...]
    down: tuple[int, ...]
    more: int
    fewer: int

    @property
    def units(self) -> list[int]:
        return [*self.up, *self.down]

    def changes(self, units: frozenset[int], sums: int) -> bool:
        """Whether it changes one of the sums or, where none is given, one of the units."""
        return bool((self.more | self.fewer) & sums) if sums else not units.isdisjoint(self.units)


def suppress(
    counts: NDArray[np.int64],
    members: Sequence[NDArray[np.intp]],
    *,
    below: int,
    weights: Sequence[int] | None = None,
    crosses: Sequence[tuple[Labels, Labels]] = (),
) -> Marked:
    """Choose the counts to hide.

    Parameters
    ----------
    counts
        People of each unit (a compound), shape (n,); a unit whose count is not known is left out by the caller.
    members
        For each sum that is shown somewhere, the units that it adds up; m of them. What a reader can subtract from each
        other counts as shown: with a total and its covered part, the part that is not covered.
    below
        Counts from 1 to one less are hidden; 0 hides none.
    weights
        What hiding a sum costs, the higher the worse; left out, 1 each.
    crosses
        Pairs of labels, n of each: units of two first labels and two second ones form a square around which a move can
        go without changing any sum over either. Areas and verdicts are such a pair.

    Returns
    -------
    Marked

    Examples
    --------
    Of 7 + 40 + 60 people the 7 would be the total less the others, so the 40 are held back; the total stays.

    >>> total = np.arange(3)
    >>> suppress(np.array([7, 40, 60]), [total], below=10).units.tolist()
    [1, 2, 0]

    A part of 4 beside one of 96 is held in both of two areas, and neither total has to go.

    >>> counts = np.array([4, 96, 50, 70])
    >>> parts = [[0, 1], [2, 3], [0], [1], [2], [3], [0, 2], [1, 3]]
    >>> area, part = ["A", "A", "B", "B"], ["in", "out", "in", "out"]
    >>> members = [np.array(part) for part in parts]
    >>> suppress(counts, members, below=10, crosses=[(area, part)]).sums.tolist()
    [0, 0, 1, 2, 2, 2, 0, 0]
    """
    search = _Search(np.asarray(counts, np.int64), members, below, weights or [1] * len(members), crosses)
    if below:
        search.protect_all()
    return search.marked()


class _Search:
    """Finds a move for every small count, and hides what the moves change.

    Sums are bits of one integer: units of the same bits are alike, and a few operations tell what a move changes.
    """

    def __init__(
        self,
        counts: NDArray[np.int64],
        members: Sequence[NDArray[np.intp]],
        below: int,
        weights: Sequence[int],
        crosses: Sequence[tuple[Labels, Labels]],
    ) -> None:
        self.counts: list[int] = counts.tolist()
        self.members, self.below = members, below
        self.totals = [int(counts[units].sum()) for units in members]
        self.bits = [0] * len(self.counts)
        for place, units in enumerate(members):
            for unit in units:
                self.bits[unit] |= 1 << place
        self.alike: dict[int, list[int]] = {}
        for unit in np.flatnonzero(counts > 0).tolist():
            self.alike.setdefault(self.bits[unit], []).append(unit)
        self.tables = [(pair, self._table(pair)) for pair in crosses]
        self.levels = [(weight, _bits(np.equal(weights, weight))) for weight in sorted(set(weights))]
        self.small_units = (counts > 0) & (counts < below)
        self.small_sums = _bits(0 < total < below for total in self.totals)
        self.hidden_units, self.hidden_sums = self.small_units.copy(), self.small_sums
        self.marks_tell = False
        self.moves: list[_Move] = []
        self.moves_of: dict[int, list[_Move]] = {}
        # From here on a partner can lose as much as any small count can gain, and is no small one then.
        self.ample = 2 * below - 2
        # A small count should be left open to half of what its mark allows, or more.
        self.wide = max(2, below // 2)

    def _table(self, pair: tuple[Labels, Labels]) -> dict[Hashable, dict[Hashable, int]]:
        rows: dict[Hashable, dict[Hashable, int]] = {}
        for bits, units in self.alike.items():
            rows.setdefault(pair[0][units[0]], {})[pair[1][units[0]]] = bits
        return rows

    def marked(self) -> Marked:
        if self.marks_tell:
            return Marked(
                np.where(np.array(self.counts) > 0, HELD, SHOWN).astype(np.int8),
                np.where(np.array(self.totals) > 0, HELD, SHOWN).astype(np.int8),
                tell=True,
            )
        units = np.where(self.small_units, BELOW, np.where(self.hidden_units, HELD, SHOWN)).astype(np.int8)
        sums = np.full(len(self.members), SHOWN, np.int8)
        sums[list(_places(self.hidden_sums))] = HELD
        sums[list(_places(self.small_sums))] = BELOW
        return Marked(units, sums, tuple((move.up, move.down) for move in self.moves))

    def protect_all(self) -> None:
        """Find a move for every small count, sums first: what they hide protects many units as well."""
        for place in _places(self.small_sums):
            self._protect([unit for unit in self.members[place].tolist() if self.counts[unit] > 0], 1 << place)
        for unit in np.flatnonzero(self.small_units).tolist():
            self._protect([unit], 0)

    def _protect(self, units: list[int], sums: int) -> None:
        """Find the move that hides least among those that leave a small count widely open."""
        own = frozenset(units)
        made = self.moves if sums else self.moves_of.get(units[0], [])
        if any(move.changes(own, sums) and self._open(move) >= self.wide for move in made):
            return
        tried: list[_Move] = []
        for moves in self._candidates(units):
            fit = [move for move in moves if move.changes(own, sums)]
            best = self._best(fit, self.wide)
            if best is not None:
                self._hide(best)
                return
            tried += fit
        best = self._best(tried, 2)
        if best is None:
            self.marks_tell = True
        else:
            self._hide(best)

    def _best(self, moves: list[_Move], least_open: int) -> _Move | None:
        """Choose the move that hides the least sums, then leaves most open, then hides the fewest units."""
        best, lowest = None, (0, 0, 0)
        for cost, move in sorted(((self._cost(move), move) for move in moves), key=lambda one: one[0]):
            if best is not None and cost > lowest[0]:
                break
            left_open = self._open(move)
            score = (cost, -left_open, sum(not self.hidden_units[unit] for unit in move.units))
            if left_open >= least_open and (best is None or score < lowest):
                best, lowest = move, score
        return best

    def _hide(self, move: _Move) -> None:
        self.hidden_units[move.units] = True
        self.hidden_sums |= move.more | move.fewer
        self.moves.append(move)
        for unit in move.units:
            self.moves_of.setdefault(unit, []).append(move)

    def _cost(self, move: _Move) -> int:
        new = (move.more | move.fewer) & ~self.hidden_sums
        return sum(weight * (new & mask).bit_count() for weight, mask in self.levels) if new else 0

    def _open(self, move: _Move) -> int:
        """How many times a move can be made, forth and back and not at all, with every mark still true."""
        changed = [(self.counts[unit], 1) for unit in move.up] + [(self.counts[unit], -1) for unit in move.down]
        changed += [(self.totals[place], 1) for place in _places(move.more)]
        changed += [(self.totals[place], -1) for place in _places(move.fewer)]
        back, forth = -self.ample, self.ample
        for value, sign in changed:
            # A small count stays small, and one held back never becomes small.
            small = value < self.below
            down, up = (1, self.below - 1) if small else (self.below, value + self.ample)
            down, up = (down - value, up - value) if sign > 0 else (value - up, value - down)
            back, forth = max(back, down), min(forth, up)
        return forth - back + 1

    def _candidates(self, units: list[int]) -> Iterator[list[_Move]]:
        """Yield moves in groups, those that are likely to hide least first."""
        yield [move for unit in units for move in self._swaps(unit, [self.bits[unit]])]
        yield [move for unit in units for move in self._squares(unit, near=True)]
        yield [move for unit in units for move in self._squares(unit, near=False)]
        alone = [self._move((unit,), ()) for unit in units]
        yield [move for unit in units for move in self._swaps(unit, self.alike)] + alone

    def _swaps(self, unit: int, among: Iterable[int]) -> list[_Move]:
        return [self._move((unit,), (other,)) for bits in among for other in self._partners(bits, unit)]

    def _squares(self, unit: int, *, near: bool) -> Iterator[_Move]:
        """Yield moves around squares that begin at a unit; near ones have rows that differ in one label only."""
        like = self.alike[self.bits[unit]][0]  # stands in the tables for all that are alike
        for pair, table in self.tables:
            row, column = pair[0][like], pair[1][like]
            for other_row, cells in table.items():
                if other_row == row or column not in cells or near != _near(row, other_row):
                    continue
                for other_column in (cells.keys() & table[row].keys()) - {column}:
                    corners = (table[row][other_column], cells[column], cells[other_column])
                    if _uneven(self.bits[unit], corners[2], corners[0], corners[1]):
                        continue
                    first, second, opposite = (self._partners(bits, unit)[0] for bits in corners)
                    yield self._move((unit, opposite), (first, second))

    def _partners(self, bits: int, unit: int) -> list[int]:
        """Choose among the units that are alike: the first ample one that is hidden already, and the first at all.

        The first, not the least: of the least one a reader would know that no ample count that is shown is less.
        """
        others = [other for other in self.alike[bits] if other != unit]
        ample = [other for other in others if self.counts[other] >= self.ample]
        if not ample:
            return [max(others, key=self.counts.__getitem__)] if others else []
        hidden = (other for other in ample if self.hidden_units[other])
        return list(dict.fromkeys([next(hidden, ample[0]), ample[0]]))

    def _move(self, up: tuple[int, ...], down: tuple[int, ...]) -> _Move:
        gained, gained_twice = _tally([self.bits[unit] for unit in up])
        lost, lost_twice = _tally([self.bits[unit] for unit in down])
        more = (gained & ~lost) | (gained_twice & ~lost_twice)
        fewer = (lost & ~gained) | (lost_twice & ~gained_twice)
        return _Move(up, down, more, fewer)


def _tally(bits: Sequence[int]) -> tuple[int, int]:
    """Return the bits that are set once or more, and those that are set twice."""
    once = twice = 0
    for one in bits:
        twice |= once & one
        once |= one
    return once, twice


def _uneven(up: int, also_up: int, down: int, also_down: int) -> bool:
    """Whether a sum would change by two."""
    return bool((up & also_up & ~(down | also_down)) | (down & also_down & ~(up | also_up)))


def _near(row: Hashable, other: Hashable) -> bool:
    if isinstance(row, tuple) and isinstance(other, tuple):
        return sum(bool(one != another) for one, another in zip(row, other, strict=True)) == 1
    return True


def _bits(flags: Iterable[Any]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest

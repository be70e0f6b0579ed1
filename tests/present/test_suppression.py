"""No small count can be read, nor worked out: an attacker with a solver tries."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from planner.present.disclosure import _crosses, _sums
from planner.present.suppression import BELOW, HELD, SHOWN, suppress

CIRCLES = ("care", "meal")
VERDICTS = ("pass", "fragile", "fail", "unknown")


def a_town(seed):
    """Streets of communities of compounds; many are small or empty, and some communities are lonely."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 40))
    counts = np.where(rng.random(size) < rng.uniform(0.1, 0.6), rng.integers(0, 12, size), rng.integers(0, 300, size))
    community = rng.integers(0, rng.integers(1, 8), size)
    areas = {
        "community": [f"Q{one}" for one in community],
        "street": [f"S{one // 3}" for one in community],
        "urban": ["U" if inside else "" for inside in rng.random(size) < 0.8],
        "study": ["study"] * size,
    }
    share = rng.dirichlet((4, 2, 4, 0.5))
    verdicts = [rng.choice(VERDICTS, size, p=share).tolist() for _ in CIRCLES[: rng.integers(1, 3)]]
    sources = rng.choice(["given", "estimated"], size, p=[0.9, 0.1]).tolist() if seed % 3 == 0 else ["given"] * size
    return counts.astype(np.int64), areas, sources, verdicts


def a_publication(seed, below=10):
    """What planner shows of a town: the numbers and marks of compounds and sums."""
    counts, areas, sources, verdicts = a_town(seed)
    circles = [SimpleNamespace(circle=SimpleNamespace(id=name)) for name in CIRCLES[: len(verdicts)]]
    names, members, weights = _sums(areas, sources, circles, verdicts)
    marked = suppress(counts, members, below=below, weights=weights, crosses=_crosses(areas, sources, verdicts))
    return counts, areas, sources, verdicts, dict(zip(names, marked.sums, strict=True)), marked.units


class Attacker:
    """Knows where every compound lies, its verdicts, all that is shown, and what the marks mean."""

    def __init__(self, seed, below=10):
        self.below = below
        self.counts, self.areas, sources, verdicts, self.sums, self.units = a_publication(seed, below)
        size = len(self.counts)
        self.rows = {("unit", unit): np.eye(size)[unit] for unit in range(size)}
        self.marks = {("unit", unit): mark for unit, mark in enumerate(self.units)}
        for level, of_units in self.areas.items():
            for area in set(of_units):
                inside = np.array([one == area for one in of_units], float)
                self._see((level, area, "", "elders"), inside)
                for part in ("given", "estimated") if "estimated" in sources else ():
                    self._see((level, area, "", part), inside * [one == part for one in sources])
                for circle, said in zip(CIRCLES, verdicts, strict=False):
                    has = {verdict: inside * [one == verdict for one in said] for verdict in VERDICTS}
                    self._see((level, area, circle, "covered"), has["pass"] + has["fragile"])
                    self._see((level, area, circle, "unknown"), has["unknown"])
                    self._see((level, area, circle, "fail"), has["fail"])
                    self._see((level, area, circle, "uncovered"), has["fail"] + has["unknown"])
                    if level == "study":
                        self._see((level, area, circle, "pass"), has["pass"])
                        self._see((level, area, circle, "fragile"), has["fragile"])
        low, high = zip(*(self._said(name) for name in self.rows), strict=True)
        self.constraints = LinearConstraint(np.array(list(self.rows.values())), low, high)

    def _see(self, name, row):
        self.rows[name], self.marks[name] = row, self.sums[name]

    def value(self, name):
        return round(float(self.rows[name] @ self.counts))

    def _said(self, name):
        mark = self.marks[name]
        if mark == SHOWN:
            return self.value(name), self.value(name)
        if mark == BELOW:
            return 1, self.below - 1
        # Where small counts are marked, one that is held back cannot be small.
        return (self.below if BELOW in self.marks.values() else 1), np.inf

    def small(self):
        return [name for name in self.rows if 0 < self.value(name) < self.below]

    def range(self, name):
        """Least and most that a count can be, for all that is known; in whole people."""
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * self.rows[name],
                constraints=self.constraints,
                integrality=np.ones(len(self.counts)),
                bounds=Bounds(0, 10_000),
            )
            assert found.success, found.message
            ends.append(round(sign * found.fun))
        return tuple(ends)


@pytest.mark.parametrize("seed", [*range(60), 1788])  # the last is one where marks alone would tell
def test_nothing_small_can_be_worked_out(seed):
    attacker = Attacker(seed)
    for name in attacker.small():
        least, most = attacker.range(name)
        assert most > least, name
        assert least <= attacker.value(name) <= most


def test_small_counts_stay_wide_open():
    """Half of 1..9 at least, nearly always; and what can be said of the hidden lies where their marks say."""
    widths = []
    for seed in range(100, 130):
        attacker = Attacker(seed)
        widths += [most - least + 1 for least, most in map(attacker.range, attacker.small())]
    assert len(widths) > 200
    assert np.mean(np.array(widths) >= 5) > 0.99
    assert np.mean(np.array(widths) >= 8) > 0.8


def test_the_attacker_succeeds_where_only_small_counts_are_hidden():
    """The attack is worth something: without the counts held back, it finds most of them."""
    found = total = 0
    for seed in range(100, 110):
        attacker = Attacker(seed)
        naive = {name: BELOW if 0 < attacker.value(name) < 10 else SHOWN for name in attacker.rows}
        attacker.marks = naive
        low, high = zip(*(attacker._said(name) for name in attacker.rows), strict=True)
        attacker.constraints = LinearConstraint(np.array(list(attacker.rows.values())), low, high)
        ranges = [attacker.range(name) for name in attacker.small()]
        found, total = found + sum(least == most for least, most in ranges), total + len(ranges)
    assert found > total / 2


@pytest.mark.parametrize("seed", range(20))
def test_what_is_hidden_is_not_small_or_nothing(seed):
    attacker = Attacker(seed)
    for name, mark in attacker.marks.items():
        value = attacker.value(name)
        assert (mark == BELOW) == (0 < value < 10)
        assert mark != HELD or value >= 10  # a 0 is shown


def test_other_thresholds():
    for below in (3, 5, 20):
        for seed in range(8):
            attacker = Attacker(seed, below)
            assert all(most > least for least, most in map(attacker.range, attacker.small()))


def test_a_threshold_of_nothing_hides_nothing():
    *_town, sums, units = a_publication(3, below=0)
    assert not any(units)
    assert not any(sums.values())


def test_where_marks_alone_would_tell_all_counts_are_held_back():
    attacker = Attacker(1788)
    assert all(mark == (HELD if attacker.value(name) else SHOWN) for name, mark in attacker.marks.items())


def test_a_lonely_small_compound_takes_its_total_with_it():
    marked = suppress(np.array([5]), [np.array([0])], below=10)
    assert marked.units.tolist() == marked.sums.tolist() == [BELOW]


def test_two_small_ones_cannot_guard_each_other_when_their_sum_tells():
    """1 + 1 = 2 leaves no choice: a third is held back."""
    marked = suppress(np.array([1, 1, 80, 90]), [np.arange(4)], below=10)
    assert marked.units.tolist() == [BELOW, BELOW, HELD, SHOWN]
    assert marked.sums.tolist() == [SHOWN]


def test_the_larger_the_figure_the_later_it_goes():
    """A small community is hidden with another one; the street's figure stays."""
    counts = np.array([5, 60, 70])
    members = [np.array(part) for part in ([0], [1], [2], [0, 1, 2])]
    marked = suppress(counts, members, below=10, weights=[1, 1, 1, 1000])
    assert marked.sums.tolist() == [BELOW, HELD, SHOWN, SHOWN]

"""Spread the people of areas, or of the cells of a grid, over compounds: whole persons, not one more or fewer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.layers.people.allocation import apportion
from planner.layers.people.membership import Members

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

WEIGHTS = ("households", "residential_floor_area_m2", "building_volume")
"""What people are spread by; where nobody says, the first that every compound concerned has."""

COUNTS = ("elders_60", "elders_65", "elders_80", "population")
"""What is spread, each of the first three within the one before it."""

ONLY, EQUAL = "only", "equal"
"""In place of a weight: one compound takes all; nothing is known of any, so all get the same."""

# Below this, two sums of parts of compounds differ by the rounding of their outlines alone.
_HALF_PERSON = 0.5


@dataclass(frozen=True, eq=False)
class Spread:
    """People spread over compounds.

    Parameters
    ----------
    homes
        By compound: the four counts, whole numbers in floats, NaN where not known; ``elders_source`` (given,
        estimated or unknown); ``filled``, the weight that was missing and taken as the mean of its area.
    rows
        By row of the population layer, for people of 60 and more: total, given (by compounds themselves), spread,
        set_aside, compounds, compounds_given, compounds_estimated and weight (empty where nothing was spread). In a
        grid ``given`` and ``spread`` are parts of persons.
    conflicts
        Where compounds and totals disagree: row (its position), field, total, given, difference (given less total),
        percent (of the total) and compounds (that state a number).
    placed
        Persons of 60 and more that were spread.
    unplaced
        Position of the row (of a grid its first), field and persons for which the next younger group has no room; those
        of 60 and more are placed all the same.
    """

    homes: pd.DataFrame
    rows: pd.DataFrame
    conflicts: pd.DataFrame
    placed: int
    unplaced: tuple[tuple[int, str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class _Group:
    """Rows whose people are rounded together, with the compounds that may take them."""

    members: Members
    rows: Ints


def spread(
    people: pd.DataFrame,
    homes: pd.DataFrame,
    members: Members,
    *,
    weights: pd.DataFrame,
    spread_by: str | None = None,
) -> Spread:
    """Spread people over the compounds that do not state their own.

    What the compounds of an area state is taken off its total, and the rest divided in proportion to a weight by the
    largest remainder; of equal rests the first by id is served. Older groups are divided in proportion to the next
    younger one and never exceed it. Where compounds state more than the total, their numbers stay and nothing is
    spread. A grid's cells are divided among the compounds that overlap them by weight times the part of the compound
    that lies in the cell, and rounded once for the whole grid.

    Parameters
    ----------
    people
        Totals by area or cell with columns of :data:`COUNTS`, NaN where not known.
    homes
        Compounds by id with the same columns, NaN where they state nothing.
    members
        Which compounds belong to which rows.
    weights
        By compound, columns of :data:`WEIGHTS`; NaN where not known. A compound without the chosen one gets the mean of
        its area's (of its grid's) compounds.
    spread_by
        The weight to use; left out, the first that every compound concerned has, else the one that most have. Where no
        compound concerned has it the next is used, and where none has any, all get the same.

    Returns
    -------
    Spread

    Examples
    --------
    >>> people = pd.DataFrame({"elders_60": [10.0]}, index=["E"]).reindex(columns=list(COUNTS))
    >>> homes = pd.DataFrame({"elders_60": [np.nan, np.nan, 3.0]}, index=["A", "B", "C"]).reindex(columns=list(COUNTS))
    >>> weights = pd.DataFrame({"households": [100.0, 40.0, 70.0]}, index=homes.index).reindex(columns=list(WEIGHTS))
    >>> members = Members(np.array([0, 0, 0]), np.array([0, 1, 2]), np.ones(3))
    >>> done = spread(people, homes, members, weights=weights)
    >>> done.homes["elders_60"].tolist(), done.homes["elders_source"].tolist()
    ([5.0, 2.0, 3.0], ['estimated', 'estimated', 'given'])
    >>> done.rows.loc["E", ["given", "spread", "weight"]].to_dict()
    {'given': 3.0, 'spread': 7.0, 'weight': 'households'}
    """
    # All is done in the order of ids, so that the order of rows changes nothing.
    areas, compounds = (np.argsort(table.index.to_numpy(dtype=object)) for table in (people, homes))
    sorted_members = replace(
        members, row=np.argsort(areas)[members.row], compound=np.argsort(compounds)[members.compound]
    )
    work = _Work(people.iloc[areas], homes.iloc[compounds], weights.iloc[compounds], spread_by)
    for group in _groups(sorted_members):
        for name in COUNTS:
            work.divide(group, name)
    done = work.done(sorted_members)
    return replace(
        done,
        homes=done.homes.loc[homes.index],
        rows=done.rows.loc[people.index],
        conflicts=done.conflicts.assign(row=areas[done.conflicts["row"].to_numpy(dtype=np.intp)]),
        unplaced=tuple((int(areas[row]), name, number) for row, name, number in done.unplaced),
    )


def _groups(members: Members) -> Iterator[_Group]:
    """Yield what is rounded together."""
    order = np.lexsort((members.row, members.compound))
    row, compound, part = members.row[order], members.compound[order], members.part[order]
    if members.grid:
        yield _Group(replace(members, row=row, compound=compound, part=part), np.unique(row))
        return
    by_row = np.argsort(row, kind="stable")
    for pairs in np.split(by_row, np.flatnonzero(np.diff(row[by_row])) + 1):
        if pairs.size:
            yield _Group(replace(members, row=row[pairs], compound=compound[pairs], part=part[pairs]), row[pairs[:1]])


class _Work:
    """Counts of compounds while they are filled, and the accounts of what was."""

    def __init__(self, people: pd.DataFrame, homes: pd.DataFrame, weights: pd.DataFrame, spread_by: str | None) -> None:
        self.people, self.index = people, homes.index
        self.totals = {name: people[name].to_numpy(dtype=float, na_value=np.nan) for name in COUNTS}
        self.given = {name: homes[name].to_numpy(dtype=float, na_value=np.nan) for name in COUNTS}
        self.counts = {name: values.copy() for name, values in self.given.items()}
        self.weights = {name: weights[name].to_numpy(dtype=float, na_value=np.nan) for name in WEIGHTS}
        self.spread_by = spread_by
        self.filled = np.full(len(homes), "", dtype=object)
        self.weight_of = np.full(len(people), "", dtype=object)
        self.spread = np.zeros(len(people))
        self.placed = 0
        self.conflicts: list[tuple[int, str, float, float, int]] = []
        self.unplaced: list[tuple[int, str, int]] = []

    def divide(self, group: _Group, name: str) -> None:
        """Divide one count of a group of rows among the compounds that do not state it."""
        pairs, totals = group.members, self.totals[name]
        own = self.given[name][pairs.compound]
        stated, asked = ~np.isnan(own), ~np.isnan(totals[pairs.row])
        given: Floats = np.bincount(pairs.row[stated], (own * pairs.part)[stated], minlength=len(totals)).astype(float)
        rest = np.where(np.isnan(totals), 0.0, totals - given)
        takers = ~stated & asked
        self._compare(group, name, given, takers)
        if not pairs.grid:
            takers &= rest[pairs.row] >= 0  # more is stated than there are: nothing can be said of the others
        rest = np.maximum(rest, 0.0)
        if not takers.any():
            return
        weight, label = self._weight(name, pairs, takers)
        share = weight[pairs.compound] * pairs.part * takers
        whole = np.bincount(pairs.row, share, minlength=len(totals))
        part_of_row = np.divide(share, whole[pairs.row], out=np.zeros(len(share)), where=whole[pairs.row] > 0)
        reached = np.zeros(len(totals), dtype=bool)
        reached[pairs.row] = whole[pairs.row] > 0
        total = round(math.fsum(rest[reached]))
        takes, at = np.unique(pairs.compound[takers], return_inverse=True)
        # One row is divided by the weights as they are, so that its division is exact.
        pieces = (rest[pairs.row] * part_of_row if pairs.grid else share)[takers]
        amounts: Floats = np.bincount(at, pieces, minlength=len(takes)).astype(float)
        got = self._within_bounds(group, name, takes, total, amounts)
        self.counts[name][takes] = got
        if name == "elders_60":
            self.placed += int(got.sum())
            self.spread[reached] = rest[reached]
            self.weight_of[group.rows[reached[group.rows]]] = label

    def _compare(self, group: _Group, name: str, given: Floats, takers: Bools) -> None:
        """Take down rows whose compounds state more than the total, or all of them not the total."""
        pairs, totals, number = group.members, self.totals[name], len(self.people)
        stated = ~np.isnan(self.given[name][pairs.compound])
        compounds = np.bincount(pairs.row[stated], minlength=number)
        open_rows = np.bincount(pairs.row[takers], minlength=number) > 0
        apart = given - totals
        differs = (compounds > 0) & ((apart > _HALF_PERSON) | (~open_rows & (np.abs(apart) > _HALF_PERSON)))
        self.conflicts += [
            (int(row), name, float(totals[row]), float(given[row]), int(compounds[row]))
            for row in group.rows[differs[group.rows]]
        ]

    def _younger(self, name: str, takes: Ints) -> Floats | None:
        """Return what each may have at most: the next younger group that is known of it, NaN where none is."""
        wider = {"elders_60": ("population",), "elders_65": COUNTS[:1], "elders_80": COUNTS[:2], "population": ()}[name]
        if not wider:
            return None
        known: Floats = np.fmin.reduce([self.counts[one][takes] for one in wider])
        return None if np.isnan(known).all() else known

    def _weight(self, name: str, pairs: Members, takers: Bools) -> tuple[Floats, str]:
        """Weight by compound for one count, and what it is called."""
        takes = np.unique(pairs.compound[takers])
        weight = np.zeros(len(self.index))
        if name in {"elders_65", "elders_80"} and (younger := self._younger(name, takes)) is not None:
            weight[takes] = np.nan_to_num(younger)
            return weight, "younger"
        lacking = {one: int(np.isnan(values[takes]).sum()) for one, values in self.weights.items()}
        # The study's own choice before all, as long as one compound has it; else what the fewest are without.
        order = sorted(WEIGHTS, key=lambda one: (one != self.spread_by, lacking[one]))
        label = next((one for one in order if lacking[one] < len(takes)), None)
        if label is None:
            weight[takes] = 1.0
            return weight, ONLY if len(takes) == 1 else EQUAL
        weight[takes] = self.weights[label][takes]
        blank = takes[np.isnan(weight[takes])]
        if blank.size:
            weight[blank] = np.nanmean(self.weights[label][np.unique(pairs.compound)])
            if name == "elders_60":
                self.filled[blank] = label
        return weight, label

    def _within_bounds(
        self, group: _Group, name: str, takes: Ints, total: int, amounts: Floats
    ) -> npt.NDArray[np.int64]:
        """Divide `total` so that no older group exceeds a younger one, as far as the totals allow."""
        older = COUNTS[COUNTS.index(name) + 1 : 3] if name != "population" else COUNTS[:3]
        most, younger = None, self._younger(name, takes)
        if younger is not None:
            most = np.nan_to_num(younger, nan=float(total)).astype(np.int64)
            if (over := total - int(most.sum())) > 0:
                self.unplaced.append((int(group.rows[0]), name, over))
                if name == "elders_60":
                    most = None
                else:
                    total -= over
        known = np.fmax.reduce([np.zeros(len(takes)), *(self.counts[one][takes] for one in older)])
        least = known.astype(np.int64) if most is None else np.minimum(known.astype(np.int64), most)
        return apportion(total, amounts, least=least if least.sum() <= total else None, most=most)

    def done(self, members: Members) -> Spread:
        """Return what came of it."""
        own, now = self.given["elders_60"], self.counts["elders_60"]
        source = np.where(~np.isnan(own), "given", np.where(~np.isnan(now), "estimated", "unknown"))
        homes = pd.DataFrame({**self.counts, "elders_source": source, "filled": self.filled}, index=self.index)
        number = len(self.people)
        stated = ~np.isnan(own[members.compound])
        estimated = ~stated & ~np.isnan(now[members.compound])
        total = np.nan_to_num(self.totals["elders_60"])
        rows = pd.DataFrame(
            {
                "total": total,
                "given": np.bincount(
                    members.row[stated], (np.nan_to_num(own[members.compound]) * members.part)[stated], minlength=number
                ),
                "spread": self.spread,
                "set_aside": total - self.spread,
                "compounds": np.bincount(members.row, minlength=number),
                "compounds_given": np.bincount(members.row[stated], minlength=number),
                "compounds_estimated": np.bincount(members.row[estimated], minlength=number),
                "weight": self.weight_of,
            },
            index=self.people.index,
        )
        conflicts = pd.DataFrame(self.conflicts, columns=["row", "field", "total", "given", "compounds"])
        conflicts.insert(4, "difference", conflicts["given"] - conflicts["total"])
        whole = conflicts["total"].where(conflicts["total"] > 0)
        conflicts.insert(5, "percent", conflicts["difference"] / whole * 100)
        return Spread(homes, rows, conflicts, self.placed, tuple(self.unplaced))

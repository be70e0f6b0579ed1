"""Find which permits belong together: amendments of one permit, and the phases of one project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.compliance.amounts import Amounts
from planner.compliance.rules import Days
from planner.layers.cells.permitnumbers import read_permit_number, without_mark

Ints = NDArray[np.int64]

# What an amendment is marked by, somewhere in the text: only such texts are taken apart.
_MAY_BE_MARKED = "变更|调整|修改|换证|换发|补证|补发|延期"


@dataclass(frozen=True, eq=False)
class Series:
    """How n permits belong together.

    Parameters
    ----------
    later : int64 array (n,)
        Position of the amendment that takes the place of each, -1 where none does.
    company : bool array (n,)
        Who shares its project with other permits.
    order : int64 array (dated,)
        Dated permits sorted by project and day.
    begin, end : int64 array (dated,)
        For each place in `order`: the first of its project, and the last of its project and day.
    previous : int64 array (n,)
        Position of the permit that each amends, -1 where none.
    project : int64 array (n,)
        Number of the project.
    """

    later: Ints
    company: NDArray[np.bool_]
    order: Ints
    begin: Ints
    end: Ints
    previous: Ints
    project: Ints

    @property
    def joined(self) -> bool:
        """Whether any permit belongs with another."""
        return bool(self.company.any())

    def so_far(self, values: Ints) -> Ints:
        """Add up values over each permit's project, up to and with its day; an amendment replaces what it amends.

        Examples
        --------
        >>> table = pd.DataFrame({"project": ["A", "A", "B"]}, index=["P1", "P2", "P3"])
        >>> days = np.array(["2024-05-01", "2025-01-01", "2025-01-01"], "datetime64[D]")
        >>> find_series(table, days).so_far(np.array([10, 5, 1])).tolist()
        [10, 15, 1]
        """
        change = values - np.where(self.previous >= 0, values[self.previous], 0)
        running = np.zeros(self.order.size + 1, np.int64)
        np.cumsum(change[self.order], out=running[1:])
        total = np.zeros(values.size, np.int64)
        total[self.order] = running[self.end + 1] - running[self.begin]
        return total

    def in_project(self, values: Ints) -> Ints:
        """Add up values over each permit's whole project, dated or not."""
        sums = np.zeros(int(self.project.max(initial=-1)) + 1, np.int64)
        np.add.at(sums, self.project, values)
        return sums[self.project]


def find_series(permits: pd.DataFrame, day: Days, size: Amounts | None = None) -> Series:
    """Find amendments and phases.

    Parameters
    ----------
    permits
        Indexed by permit number, with project and phase where known.
    day : datetime64 array (n,)
        When each was issued.
    size : int64 array (n,)
        Decides between two amendments of one day: the larger is taken for the later.

    Returns
    -------
    Series
        Rows with the same number (a mark such as 变更 aside) amend each other in the order of their days. A row marked
        as an amendment amends the only unmarked row of the same project and phase. Rows of one project name are its
        phases; names are never matched by likeness.
    """
    number = len(permits)
    texts = permits.index.to_series().astype("str").str.strip().reset_index(drop=True)
    change = np.zeros(number, np.int64)
    numbers = _plain_numbers(texts, change)
    chain = np.arange(number) if numbers.is_unique else pd.factorize(numbers)[0].astype(np.int64)
    project, named = _projects(permits, change, chain)
    dated = ~np.isnat(day)
    previous, later = _amended(chain, day, change, dated, size)
    # An amendment may carry another project name than what it amends: the latest name holds for the whole chain.
    last = np.arange(number)
    for _ in range(number):
        further = later[last] >= 0
        if not further.any():
            break
        last = np.where(further, later[last], last)
    project = project[last]
    members = np.bincount(project, minlength=int(project.max(initial=-1)) + 1)[project] if number else project
    company = (members > 1) & (named[last] | (previous >= 0) | (later >= 0))
    rows = np.flatnonzero(dated)
    order = rows[np.lexsort((day[rows], project[rows]))]
    begin, end = _bounds(project[order], day[order])
    return Series(later, company, order, begin, end, previous, project)


def _plain_numbers(texts: pd.Series[Any], change: Ints) -> pd.Series[Any]:
    """Take marks of amendments off permit numbers and note their order."""
    marked = texts.str.contains(_MAY_BE_MARKED).fillna(False).to_numpy(dtype=bool)
    if not marked.any():
        return texts
    read = [read_permit_number(text) for text in texts]
    change[:] = [one.change for one in read]
    return pd.Series([one.number for one in read], dtype="str")


def _projects(permits: pd.DataFrame, change: Ints, chain: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Give every project a number, and a permit without one its own; join marked amendments to what they amend."""
    number = len(permits)
    if "project" not in permits:
        return np.arange(number), np.zeros(number, bool)
    name, said = _unmarked(permits["project"], number)
    phase, told = _unmarked(permits["phase"], number) if "phase" in permits else (None, np.zeros(number, np.int64))
    np.maximum(change, np.maximum(said, told), out=change)
    codes = pd.factorize(name)[0].astype(np.int64)
    named = codes >= 0
    codes[~named] = codes.max(initial=-1) + 1 + np.arange(int((~named).sum()))
    if phase is not None and (change > 0).any():
        table = pd.DataFrame({"project": codes, "phase": phase.to_numpy(dtype=object), "row": np.arange(number)})
        table = table[named & phase.notna().to_numpy(dtype=bool)]
        table = table[table["project"].isin(codes[change > 0])]
        for _key, group in table.groupby(["project", "phase"], sort=False):
            rows = group["row"].to_numpy()
            plain = rows[change[rows] == 0]
            if rows.size > 1 and np.unique(chain[plain]).size == 1:
                chain[rows] = chain[plain[0]]
    return codes, named


def _unmarked(cells: pd.Series[Any], number: int) -> tuple[pd.Series[Any], Ints]:
    """Take marks off texts: the plain text, NA where nothing stands, and the order of each mark."""
    text = cells.astype("str").str.strip().reset_index(drop=True)
    text = text.mask(text == "")
    order = np.zeros(number, np.int64)
    rows = np.flatnonzero(text.str.contains(_MAY_BE_MARKED).fillna(False).to_numpy(dtype=bool))
    if rows.size:
        text = text.copy()
        for row in rows.tolist():
            text.iloc[row], order[row] = without_mark(str(text.iloc[row]))
    return text, order


def _amended(chain: Ints, day: Days, change: Ints, dated: NDArray[np.bool_], size: Amounts | None) -> tuple[Ints, Ints]:
    """Order the rows of each chain: which row each one amends, and which one amends it."""
    previous, later = np.full(chain.size, -1, np.int64), np.full(chain.size, -1, np.int64)
    times = np.bincount(chain, minlength=int(chain.max(initial=-1)) + 1) if chain.size else chain
    rows = np.flatnonzero((times[chain] > 1) & dated) if chain.size else chain
    if not rows.size:
        return previous, later
    largest = np.zeros(chain.size, np.int64) if size is None else size
    rows = rows[np.lexsort((largest[rows], change[rows], day[rows], chain[rows]))]
    linked = chain[rows[1:]] == chain[rows[:-1]]
    previous[rows[1:][linked]] = rows[:-1][linked]
    later[rows[:-1][linked]] = rows[1:][linked]
    return previous, later


def _bounds(project: Ints, day: Days) -> tuple[Ints, Ints]:
    """Of rows sorted by project and day: where each one's project begins, and where its project's day ends."""
    size = project.size
    first = np.ones(size, bool)
    first[1:] = project[1:] != project[:-1]
    begin = np.maximum.accumulate(np.where(first, np.arange(size), 0))
    last = np.ones(size, bool)
    last[:-1] = (project[1:] != project[:-1]) | (day[1:] != day[:-1])
    ends = np.where(last, np.arange(size), size)
    end = np.minimum.accumulate(ends[::-1])[::-1] if size else ends
    return begin, end

"""Make whole persons of the fractions in a population grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.layers.files.rawtables import RawTable
from planner.layers.ledger import Entry, Journal
from planner.layers.people.allocation import apportion
from planner.layers.people.basis import PEOPLE

if TYPE_CHECKING:
    from planner.layers.headers.matching import Found

# More people than live on Earth are no count; the cell is told as such when it is read.
_MOST = 1e10


def whole_people(raw: RawTable, columns: Mapping[str, Found], journal: Journal) -> RawTable:
    """Round the counts of a grid, which a model gives in fractions of persons, so that their sum stays.

    Parameters
    ----------
    raw
        The file.
    columns
        Where each column stands; those of people in their own unit are rounded.
    journal
        Where it is told.

    Returns
    -------
    RawTable
        The file with whole numbers of people; cells that hold no number are as they were.
    """
    cells = raw.cells
    for name in PEOPLE:
        if name not in columns or columns[name].factor != 1:
            continue
        place = columns[name].place
        people = pd.to_numeric(cells[place], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        counts = np.flatnonzero((people >= 0) & (people < _MOST))
        given = people[counts]
        if not (given % 1).any():
            continue
        total = round(float(given.sum()))
        mended = cells[place].astype("object")
        mended.iloc[counts] = apportion(total, given).astype(str) if given.any() else "0"
        cells = cells.copy(deep=False)
        cells[place] = mended
        what = _("the grid has fractions of persons; they are rounded to whole persons whose sum is {total}")
        entry = Entry(journal.layer, journal.file, 0, "", name, what.format(total=f"{total:,}"), "mended")
        journal.entries.append(entry)
    return replace(raw, cells=cells)

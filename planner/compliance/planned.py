"""Read the rooms that permits plan: a cell such as ``400;120`` into areas by permit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from planner.compliance.amounts import UNKNOWN, exact
from planner.compliance.rules import Sites
from planner.errors import Fault, InputError
from planner.i18n import _

_COLUMN = "room_areas_m2"
_MOST_TOLD = 20


def planned_rooms(permits: pd.DataFrame, *, blank_known: bool = True) -> Sites:
    """Read the rooms of every permit; a room of no area is none.

    Parameters
    ----------
    permits
        With room_areas_m2, as text (areas parted by ``;``) or numbers (one room each).
    blank_known
        Whether an empty cell says that there is no room; otherwise it says nothing.

    Returns
    -------
    Sites

    Raises
    ------
    InputError
        A cell holds something else.

    Examples
    --------
    >>> sites = planned_rooms(pd.DataFrame({"room_areas_m2": ["400;120", None, "0"]}))
    >>> sites.offsets.tolist(), sites.size.tolist(), sites.known.tolist()
    ([0, 2, 2, 2], [400000000, 120000000], [True, True, True])
    """
    number = len(permits)
    if _COLUMN not in permits:
        return Sites.of(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(number, bool))
    cells = permits[_COLUMN]
    known = np.ones(number, bool) if blank_known else cells.notna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        areas = cells.to_numpy(dtype=float, na_value=np.nan)
        owner = np.flatnonzero(~np.isnan(areas))
        areas = areas[owner]
    else:
        owner, areas = _parted(cells)
    sizes = exact(areas, "m2")
    if (sizes == UNKNOWN).any():
        raise InputError(_faults(cells, np.unique(owner[sizes == UNKNOWN])))
    some = sizes > 0
    return Sites.of(owner[some], sizes[some], known)


def _parted(cells: pd.Series[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Part every cell at its separators: the row of each item, and its number."""
    text = pa.array(cells.astype("str"), from_pandas=True).cast(pa.large_string())
    text = pc.replace_substring_regex(text, "[；、]", ";")
    lists = pc.split_pattern(text, ";")
    items = pc.utf8_trim_whitespace(pc.list_flatten(lists))
    owner = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    given = pc.not_equal(items, "")
    owner, items = owner[given.to_numpy(zero_copy_only=False)], items.filter(given)
    try:
        return owner, items.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return owner, pd.to_numeric(pd.Series(items.to_pylist()), errors="coerce").to_numpy(dtype=float)


def _faults(cells: pd.Series[Any], rows: np.ndarray) -> list[Fault]:
    what = _("“{value}” is not a list of numbers like 400;120")
    faults = [
        Fault(what.format(value=cells.iloc[row]), where=f"{cells.index[row]}, {_COLUMN}") for row in rows[:_MOST_TOLD]
    ]
    if rows.size > _MOST_TOLD:
        faults.append(Fault(_("{number} more permits with such cells").format(number=rows.size - _MOST_TOLD)))
    return faults

"""Hold the total rows of a sheet against the sums of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.i18n import _
from planner.layers.cells.values import parse
from planner.layers.columns import LayerSpec
from planner.layers.files.records import LeftOut
from planner.layers.headers.matching import Found
from planner.layers.ledger import Entry

Floats = npt.NDArray[np.float64]

# Half a unit in the second decimal, which is what sheets are rounded to.
_ROUNDING = 0.005


def told_of(left_out: Sequence[LeftOut], layer: str, file: str) -> list[Entry]:
    """Return an entry for every row that is no data.

    Parameters
    ----------
    left_out
        Totals, notes and examples.
    layer, file
        Names that every entry carries.

    Returns
    -------
    list of Entry
        Each row set aside, with what tells it.
    """
    what = {
        "total": _("“{label}” is a total, no row of its own"),
        "note": _("“{label}” is a note, no row of its own"),
        "example": _("“{label}” is an example of how to fill in, no row of its own"),
    }
    return [
        Entry(layer, file, left.row, "", "", what[left.kind].format(label=left.label[:40]), "set_aside")
        for left in left_out
    ]


def check_totals(
    left_out: Sequence[LeftOut],
    spec: LayerSpec,
    found: Mapping[str, Found],
    values: Mapping[str, pd.Series[Any]],
    rows: npt.NDArray[np.int64],
    file: str,
) -> list[Entry]:
    """Doubt totals that are the sum neither of their group nor of the whole sheet.

    Parameters
    ----------
    left_out
        Totals and notes.
    spec
        The layer.
    found
        Where its columns stand.
    values
        Its read columns.
    rows
        Row number of each row, shape (n,).
    file
        Name that every entry carries.

    Returns
    -------
    list of Entry
        One entry for each total that does not agree.
    """
    totals = [left for left in left_out if left.kind == "total"]
    if not totals:
        return []
    entries = []
    for column in spec.columns:
        if column.kind not in {"count", "number"} or not column.adds or column.name not in found:
            continue
        source = found[column.name]
        cells = pd.Series([total.cells[source.place] for total in totals], dtype="str")
        said = parse(column, cells, factor=source.factor).values.to_numpy(dtype=float, na_value=np.nan)
        numbers = values[column.name].to_numpy(dtype=float, na_value=0.0)
        numbers = np.nan_to_num(numbers)
        slack = 0.5 if column.kind == "count" else _ROUNDING * source.factor * (len(rows) + 1)
        for place, total in enumerate(totals):
            sums = _sums(total.row, [other.row for other in totals], rows, numbers)
            if np.isnan(said[place]) or min(abs(one - said[place]) for one in sums) <= slack:
                continue
            what = _("“{label}” says {said:,.10g}, but the rows add up to {sum:,.10g}").format(
                label=total.label, said=said[place], sum=min(sums, key=lambda one: abs(one - said[place]))
            )
            entries.append(Entry(spec.name, file, total.row, "", column.name, what, "doubted"))
    return entries


def _sums(at: int, totals: Sequence[int], rows: npt.NDArray[np.int64], numbers: Floats) -> list[float]:
    """Return what a total may be the sum of: its group above or below, all above, all."""
    above = max((row for row in totals if row < at), default=0)
    below = min((row for row in totals if row > at), default=int(rows.max(initial=0)) + 1)
    groups = [(rows > above) & (rows < at), (rows > at) & (rows < below), rows < at]
    parts = [float(numbers[group].sum()) for group in groups if group.any()]
    return [float(numbers.sum()), *parts]

"""Hold a sheet of a workbook as it looks: its cells as text, what is hidden and what is merged."""

from __future__ import annotations

from dataclasses import dataclass

from planner.i18n import _
from planner.layers.files.rawtables import Remark


@dataclass(frozen=True)
class Grid:
    """One sheet of a workbook.

    Parameters
    ----------
    name
        Its name.
    cells
        Its rows from the first, cells as text; a merged one at its first row only.
    visible
        Whether people see the sheet.
    hidden
        Numbers of rows that people do not see, from 1.
    filtered
        Numbers of the rows that a filter looks at.
    merged
        First row, last row and column of merged areas, from 1.
    """

    name: str
    cells: tuple[tuple[str, ...], ...]
    visible: bool = True
    hidden: frozenset[int] = frozenset()
    filtered: range = range(0)
    merged: tuple[tuple[int, int, int], ...] = ()

    def holds_anything(self) -> bool:
        """Tell whether any cell holds something.

        Examples
        --------
        >>> Grid("空", (("", " "),)).holds_anything()
        False
        """
        return any(cell.strip() for row in self.cells for cell in row)

    def filled(self) -> list[list[str]]:
        """Return the rows, a text merged over several standing in each of them.

        A number is not repeated: what is merged over rows may be the sum of them.

        Examples
        --------
        >>> Grid("小区", (("北湖", "1"), ("", "")), merged=((1, 2, 1), (1, 2, 2))).filled()
        [['北湖', '1'], ['北湖', '']]
        """
        rows = [list(row) for row in self.cells]
        for top, bottom, column in self._merged_down():
            cell = rows[top - 1][column - 1]
            for row in rows[top:bottom] if not _is_number(cell) else ():
                row[column - 1] = cell
        return rows

    def remarks(self) -> list[Remark]:
        """Return what is to be told: hidden rows, and numbers merged over several rows.

        Examples
        --------
        >>> [remark.row for remark in Grid("小区", (("a",), ("b",)), hidden=frozenset({2})).remarks()]
        [2]
        """
        by_hand = _("the row is hidden in the sheet; it is used")
        by_filter = _("a filter hides the row in the sheet; it is used")
        told = [
            Remark(row, by_filter if row in self.filtered else by_hand)
            for row in sorted(self.hidden)
            if row <= len(self.cells)
        ]
        what = _("“{value}” stands in a cell merged over rows {first} to {last}; it is taken for the first alone")
        for top, bottom, column in self._merged_down():
            cell = self.cells[top - 1][column - 1]
            if _is_number(cell):
                told.append(Remark(top, what.format(value=cell, first=top, last=bottom)))
        return told

    def _merged_down(self) -> list[tuple[int, int, int]]:
        """Return the merged areas of several rows that lie among the cells."""
        width = max(map(len, self.cells), default=0)
        return [
            (top, bottom, column)
            for top, bottom, column in self.merged
            if top < bottom <= len(self.cells) and column <= width
        ]


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True

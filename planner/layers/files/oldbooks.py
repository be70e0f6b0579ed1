"""Open an Excel workbook of the old kind (.xls)."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import xlrd
from xlrd.xldate import XLDateError, xldate_as_datetime

from planner.layers.cells.values import number_text
from planner.layers.files.grids import Grid

log = logging.getLogger(__name__)


def old_grids(path: Path) -> list[Grid]:
    """Read every sheet of a workbook.

    Parameters
    ----------
    path
        An .xls.

    Returns
    -------
    list of Grid
        Its sheets; which rows a filter hides is not told apart from those hidden by hand.
    """
    said = io.StringIO()
    # Hidden rows and merged cells are only read together with the formats.
    with xlrd.open_workbook(str(path), formatting_info=True, logfile=said) as book:
        grids = [_grid(sheet, book.datemode) for sheet in book.sheets()]
    for line in said.getvalue().splitlines():
        log.warning("%s: %s", path.name, line)
    return grids


def _grid(sheet: Any, datemode: int) -> Grid:
    # Formats alone make a sheet 65,536 rows long: what holds nothing at its end is left out.
    empty = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
    cells = [
        tuple("" if cell.ctype in empty else _text(cell, datemode) for cell in sheet.row(row))
        for row in range(sheet.nrows)
    ]
    while cells and not any(cells[-1]):
        cells.pop()
    hidden = frozenset(row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden)
    merged = tuple((top + 1, bottom, left + 1) for top, bottom, left, _right in sheet.merged_cells)
    return Grid(sheet.name, tuple(cells), sheet.visibility == 0, hidden, merged=merged)


def _text(cell: Any, datemode: int) -> str:
    """Return what stands in a cell as text: numbers without ``.0``, dates as ISO, errors as Excel shows them."""
    match cell.ctype:
        case xlrd.XL_CELL_NUMBER:
            return number_text(cell.value)
        case xlrd.XL_CELL_DATE:
            try:
                return str(xldate_as_datetime(cell.value, datemode).isoformat())
            except XLDateError:
                return number_text(cell.value)
        case xlrd.XL_CELL_BOOLEAN:
            return str(bool(cell.value))
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
        case _:
            return str(cell.value)

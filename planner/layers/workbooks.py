"""Open an Excel workbook: the sheet that is meant, its cells as text, what is hidden or merged in it."""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.records import HeaderPlace, filled_rows, find_header
from planner.layers.settings import LayerSettings
from planner.layers.values import number_text

# A cell with a formula and no value behind it.
_WITHOUT_RESULT = re.compile(rb"<c ([^>]*)><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Parameters
    ----------
    name
        Its name.
    records
        Its rows from the first, cells as text.
    remarks
        What is to be told of a row, by its number.
    """

    name: str
    records: tuple[tuple[str, ...], ...]
    remarks: tuple[tuple[int, str], ...]


def read_sheet(path: Path, settings: LayerSettings, *, layer: str, fields: Collection[str]) -> Sheet:
    """Read the sheet that study.toml names, else the only visible one that the layer fits.

    Parameters
    ----------
    path
        The workbook.
    settings
        What study.toml says of the layer.
    layer
        Name of the layer.
    fields
        Names that study.toml gives, in the form of ``key``.

    Returns
    -------
    Sheet
        Rows hidden by hand or a filter are there, and told.

    Raises
    ------
    InputError
        There is no such sheet, or several could be meant.
    """
    book = openpyxl.load_workbook(path, data_only=True)
    if _uncalculated(path):
        raise InputError(
            Fault(
                _("the workbook holds formulas without results"),
                where=settings.file,
                why=_("the program that wrote it did not calculate them, so their cells would be read as empty"),
                todo=_("open it in Excel or WPS, save it, and try again"),
            )
        )
    names = [sheet.title for sheet in book.worksheets]
    if settings.sheet is not None and settings.sheet not in names:
        what = _("the workbook has no sheet {sheet}").format(sheet=settings.sheet)
        raise InputError(_which_sheet(what, names, settings.file))
    if settings.sheet is not None:
        return _sheet(book[settings.sheet])
    visible = [_sheet(sheet) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    filled = [sheet for sheet in visible if any(any(row) for row in sheet.records)]
    chosen = _meant(filled, layer, fields, settings.file) if len(filled) > 1 else (filled or visible)[0]
    log.info("%s: sheet %s read", settings.file, chosen.name)
    return chosen


def _uncalculated(path: Path) -> bool:
    """Tell whether a formula of the workbook has no result; an empty text is one."""
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(b't="str"' not in cell[1] for name in sheets for cell in _WITHOUT_RESULT.finditer(parts.read(name)))


def _which_sheet(what: str, names: Collection[str], file: str) -> Fault:
    return Fault(what, where=file, todo=_("give sheet = one of: {sheets}").format(sheets=", ".join(names)))


def _meant(sheets: list[Sheet], layer: str, fields: Collection[str], file: str) -> Sheet:
    """Choose the only sheet that has what a row needs, or else the only one that tells most."""

    def header(sheet: Sheet) -> HeaderPlace:
        return find_header(filled_rows(sheet.records), layer=layer, fields=fields)

    headers = [header(sheet) for sheet in sheets]
    most = max(len(found.known) for found in headers)
    serving = [sheet for sheet, found in zip(sheets, headers, strict=True) if found.serves(layer)]
    telling = [sheet for sheet, found in zip(sheets, headers, strict=True) if len(found.known) == most]
    if len(serving) == 1:
        return serving[0]
    if not serving and len(telling) == 1:
        return telling[0]
    names = [sheet.name for sheet in serving or telling]
    raise InputError(_which_sheet(_("{count} sheets could be meant").format(count=len(names)), names, file))


def _sheet(sheet: Any) -> Sheet:
    # Formats of whole columns make a sheet a million rows long: only what holds something is read.
    filled = [place for place, cell in sheet._cells.items() if cell.value is not None]
    height, width = (
        max((row for row, _column in filled), default=1),
        max((column for _row, column in filled), default=1),
    )
    rows = sheet.iter_rows(max_row=height, max_col=width, values_only=True)
    records = [[cell_text(cell) for cell in row] for row in rows]
    hidden = [row for row, dimension in sheet.row_dimensions.items() if dimension.hidden and row <= len(records)]
    remarks = [(row, _("the row is hidden in the sheet; it is used")) for row in sorted(hidden)]
    for area in sheet.merged_cells.ranges:
        top, bottom, column = area.min_row, area.max_row, area.min_col - 1
        if top == bottom or bottom > len(records):
            continue
        cell = records[top - 1][column]
        if _is_number(cell):
            what = _("“{value}” stands in a cell merged over rows {first} to {last}; it is taken for the first alone")
            remarks.append((top, what.format(value=cell, first=top, last=bottom)))
        else:
            for row in range(top, bottom):
                records[row][column] = cell
    return Sheet(sheet.title, tuple(tuple(row) for row in records), tuple(remarks))


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def cell_text(cell: object) -> str:
    """Return what stands in an Excel cell as text: numbers without ``.0``, dates as ISO.

    Examples
    --------
    >>> cell_text(350.0), cell_text(None), cell_text(4.3100220230001e17)
    ('350', '', '4.31002202300010E+17')
    """
    if cell is None:
        return ""
    if isinstance(cell, float):
        return number_text(cell)
    isoformat: Callable[[], str] | None = getattr(cell, "isoformat", None)
    return isoformat() if isoformat is not None else str(cell)

"""Open an Excel workbook: the sheet that is meant, its cells as text, what is hidden or merged in it."""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.cells.values import number_text
from planner.layers.columns import EXPLANATIONS, key
from planner.layers.files.grids import Grid
from planner.layers.files.oldbooks import old_grids
from planner.layers.files.rawtables import RawTable, Remark
from planner.layers.files.records import HeaderPlace, filled_rows, find_header
from planner.layers.files.textfiles import named_sources, table_of
from planner.layers.settings import LayerSettings

# A cell with a formula and no value behind it.
_WITHOUT_RESULT = re.compile(rb"<c ([^>]*)><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>")

log = logging.getLogger(__name__)


def read_workbook(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    """Read the sheet that study.toml names, else the only visible one that the layer fits.

    Parameters
    ----------
    path
        An .xlsx, .xlsm or .xls.
    settings
        What study.toml says of the layer; ``sheet`` is a name, or a number from 1.
    layer
        Name of the layer.

    Returns
    -------
    RawTable
        Its rows; those hidden by hand or a filter are there, and told, as are hidden sheets that were passed over.

    Raises
    ------
    InputError
        There is no such sheet, several could be meant, or formulas have no results.
    """
    grids = old_grids(path) if path.suffix.lower() == ".xls" else _grids(path, settings.file)
    grid, remarks = _chosen(grids, settings, layer)
    log.info("%s: sheet %s read", settings.file, grid.name)
    return table_of(grid.filled(), settings, layer, sheet=grid.name, remarks=(*grid.remarks(), *remarks))


def _grids(path: Path, file: str) -> list[Grid]:
    book = openpyxl.load_workbook(path, data_only=True)
    if _uncalculated(path):
        raise InputError(
            Fault(
                _("the workbook holds formulas without results"),
                where=file,
                why=_("the program that wrote it did not calculate them, so their cells would be read as empty"),
                todo=_("open it in Excel or WPS, save it, and try again"),
            )
        )
    return [_grid(sheet) for sheet in book.worksheets]


def _chosen(grids: Sequence[Grid], settings: LayerSettings, layer: str) -> tuple[Grid, list[Remark]]:
    """Choose the sheet, and tell which hidden ones hold something that nobody asked for."""
    names = [grid.name for grid in grids]
    if isinstance(settings.sheet, int) and settings.sheet > len(grids):
        what = _("the workbook has {count} sheets").format(count=len(grids))
        raise InputError(_which_sheet(what, names, settings.file, layer))
    if isinstance(settings.sheet, int):
        return grids[settings.sheet - 1], []
    if settings.sheet is not None and settings.sheet not in names:
        what = _("the workbook has no sheet {sheet}").format(sheet=settings.sheet)
        raise InputError(_which_sheet(what, names, settings.file, layer))
    if settings.sheet is not None:
        return grids[names.index(settings.sheet)], []
    visible = [grid for grid in grids if grid.visible]
    filled = [grid for grid in visible if grid.holds_anything()]
    # A sheet that explains the columns names them all, and is none that is meant where there is another.
    filled = [grid for grid in filled if key(grid.name) not in EXPLANATIONS] or filled
    fields = named_sources(settings)
    grid = _meant(filled, layer, fields, settings.file) if len(filled) > 1 else (filled or visible or list(grids))[0]
    what = _("the sheet {sheet} is hidden and was not read")
    hidden = [Remark(0, what.format(sheet=one.name)) for one in grids if not one.visible and one.holds_anything()]
    return grid, hidden


def _uncalculated(path: Path) -> bool:
    """Tell whether a formula of the workbook has no result; an empty text is one."""
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(b't="str"' not in cell[1] for name in sheets for cell in _WITHOUT_RESULT.finditer(parts.read(name)))


def _which_sheet(what: str, names: Sequence[str], file: str, layer: str) -> Fault:
    todo = _("give sheet = one of: {sheets}").format(sheets=_(", ").join(names))
    return Fault(what, where=file, todo=todo, cure=Cure.setting(f"layers.{layer}", "sheet", names[0], others=names[1:]))


def _meant(grids: Sequence[Grid], layer: str, fields: Collection[str], file: str) -> Grid:
    """Choose the only sheet that has what a row needs, or else the only one that tells most."""

    def header(grid: Grid) -> HeaderPlace:
        return find_header(filled_rows(grid.cells), layer=layer, fields=fields)

    headers = [header(grid) for grid in grids]
    most = max(len(found.known) for found in headers)
    serving = [grid for grid, found in zip(grids, headers, strict=True) if found.serves(layer)]
    telling = [grid for grid, found in zip(grids, headers, strict=True) if len(found.known) == most]
    if len(serving) == 1:
        return serving[0]
    if not serving and len(telling) == 1:
        return telling[0]
    names = [grid.name for grid in serving or telling]
    raise InputError(_which_sheet(_("{count} sheets could be meant").format(count=len(names)), names, file, layer))


def _grid(sheet: Any) -> Grid:
    # Formats of whole columns make a sheet a million rows long: only what holds something is read.
    filled = [place for place, cell in sheet._cells.items() if cell.value is not None]
    height, width = (
        max((row for row, _column in filled), default=1),
        max((column for _row, column in filled), default=1),
    )
    rows = sheet.iter_rows(max_row=height, max_col=width, values_only=True)
    cells = tuple(tuple(cell_text(cell) for cell in row) for row in rows)
    hidden = frozenset(row for row, dimension in sheet.row_dimensions.items() if dimension.hidden)
    merged = tuple((area.min_row, area.max_row, area.min_col) for area in sheet.merged_cells.ranges)
    filtered = range(0)
    if sheet.auto_filter.ref:
        _left, top, _right, bottom = range_boundaries(sheet.auto_filter.ref)
        filtered = range(top, bottom + 1)
    return Grid(sheet.title, cells, sheet.sheet_state == "visible", hidden, filtered, merged)


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

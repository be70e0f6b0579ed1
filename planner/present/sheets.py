"""Lay out the sheets of a workbook: columns with units, verdict colours, frozen heads, sums, and paper to print on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_range

from planner.i18n import N_, _
from planner.present.cells import is_risky, printable

Kind = Literal["text", "wrapped", "id", "area", "count", "day", "flag", "verdict", "step", "number"]
Tick = Callable[[int], None]
"""Told how many rows have been written."""

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "compliant": N_("compliant"),
        "short": N_("short"),
        "not_applicable": N_("not applicable"),
        "unknown": N_("unknown"),
    }
)
"""Words for the verdicts of a provision rule, to be translated."""

STEPS: Mapping[str, str] = MappingProxyType(
    {"pass": N_("in step"), "fail": N_("out of step"), "missing": N_("date missing")}
)
"""Words for what each of the four steps (四同步) comes to, to be translated."""

_FONT = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
_LINES: dict[str, Any] = {"border": 1, "border_color": "#BFC7D1"}
# Lightness (CIE L*): compliant 77, short 35, not applicable 100, unknown 92: apart in grey print, and blue, crimson and
# yellow stay apart for eyes that confuse red and green. The word stands in every cell.
_COLOURS: dict[str, dict[str, Any]] = {
    "compliant": {"bg_color": "#8CCAD7", "font_color": "#062E37"},
    "short": {"bg_color": "#A3163C", "font_color": "#FFFFFF", "bold": True},
    "not_applicable": {"font_color": "#5B6570"},
    "unknown": {"bg_color": "#FBE7A3", "font_color": "#4A3600", "italic": True},
}
_AREA, _COUNT, _DAY = "#,##0.00####_ ", "#,##0_ ", "yyyy-mm-dd"
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"font_size": 16, "bold": True, "font_color": "#12355B"},
    "heading": {"font_size": 12, "bold": True, "font_color": "#12355B", "valign": "bottom"},
    "line": {},
    "note": {"font_color": "#5B6570"},
    "mark": {"bold": True, "font_color": "#A3163C"},
    "link": {"font_color": "#12355B", "underline": 1},
    "head": {**_LINES, "bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "align": "center"},
    "sum": {**_LINES, "bold": True, "bg_color": "#F2F2F2"},
    "sum_area": {**_LINES, "bold": True, "bg_color": "#F2F2F2", "num_format": _AREA},
    "sum_count": {**_LINES, "bold": True, "bg_color": "#F2F2F2", "num_format": _COUNT},
    "text": {**_LINES, "num_format": "@"},
    "wrapped": {**_LINES, "num_format": "@", "text_wrap": True},
    "centred": {**_LINES, "num_format": "@", "align": "center"},
    "area": {**_LINES, "num_format": _AREA},
    "count": {**_LINES, "num_format": _COUNT},
    "number": {**_LINES, "num_format": "0", "align": "center", "font_color": "#5B6570"},
    "day": {**_LINES, "num_format": _DAY, "align": "center"},
    **{name: {**_LINES, "align": "center", **colour} for name, colour in _COLOURS.items()},
    "pass": {**_LINES, "align": "center", **_COLOURS["compliant"]},
    "fail": {**_LINES, "align": "center", **_COLOURS["short"]},
    "missing": {**_LINES, "align": "center", **_COLOURS["not_applicable"]},
}
_STYLE_OF = {"id": "text", "flag": "centred"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONGEST_NAME = 31
_PAPER = {"A3": 8, "A4": 9}
_TELL_EVERY = 500
_LINE_PT, _MOST_LINES = 13.5, 20
_FIRST_YEAR = 1900  # a spreadsheet knows no day before


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name
        Column of the table that it shows.
    header
        What stands at its head, with unit.
    kind
        How its cells are written.
    width
        In characters.
    summed
        ``shown``: the sum of the rows that a filter leaves; ``flagged``: that of the rows whose flag column says yes.
    """

    name: str
    header: str
    kind: Kind
    width: float
    summed: Literal["", "shown", "flagged"] = ""


class Book:
    """A workbook that is written row by row, so that its size does not matter.

    Parameters
    ----------
    path
        The .xlsx file.
    title
        Title of the document.
    mark
        For whom it is meant; it stands on every printed page.
    day
        The day that it says it was made on: that of the report, so that the same report gives the same file.
    """

    def __init__(self, path: Path, *, title: str, mark: str, day: date) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._book.set_properties(
            {
                "title": printable(title),
                "author": "planner",
                "comments": mark,
                "created": datetime.combine(day, time.min),
            }
        )
        self._mark = mark
        self._formats = {name: self._book.add_format({**_FONT, **style}) for name, style in _STYLES.items()}
        # Excel keeps such a text when somebody edits the cell: what it begins with stays text.
        self._quoted = {
            name: self._book.add_format({**_FONT, **_STYLES[name], "quote_prefix": True})
            for name in ("text", "wrapped", "centred", "line")
        }
        self._names: set[str] = set()

    def page(self, name: str, widths: Sequence[float], *, paper: Literal["A3", "A4"] = "A4") -> Page:
        """Add a sheet.

        Parameters
        ----------
        name
            Its name; what Excel forbids in one is left out.
        widths
            Of its columns, in characters.
        paper
            Landscape, as wide as the sheet.
        """
        name = self._free(name)
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_PAPER[paper])
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        mark = self._mark.replace("&", "&&")
        sheet.set_header(f"&L&9{mark}&R&9{name.replace('&', '&&')}")
        sheet.set_footer("&C&9&P / &N")
        sheet.hide_gridlines(2)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        return Page(sheet, name, self._formats, self._quoted)

    def close(self) -> None:
        """Write everything into the file."""
        self._book.close()

    def _free(self, name: str) -> str:
        plain = _FORBIDDEN.sub(" ", printable(name)).strip("' ")[:_LONGEST_NAME] or "-"
        chosen, number = plain, 1
        while chosen.casefold() in self._names:
            number += 1
            chosen = f"{plain[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
        self._names.add(chosen.casefold())
        return chosen


class Page:
    """A sheet, written from top to bottom."""

    def __init__(self, sheet: Any, name: str, formats: Mapping[str, Any], quoted: Mapping[str, Any]) -> None:
        self.name = name
        self.row = 0
        self._sheet, self._formats, self._quoted = sheet, formats, quoted

    def line(self, text: str = "", style: str = "line", *, height: float | None = None) -> None:
        """Write a text that runs over the cells beside it."""
        self.cells([(text, style)] if text else [], height=height)

    def cells(self, cells: Sequence[tuple[Any, str]], *, height: float | None = None) -> None:
        """Write a row of values with their styles."""
        if height is not None:
            self._sheet.set_row(self.row, height)
        for place, (value, style) in enumerate(cells):
            if isinstance(value, str):
                self._text(place, value, style)
            elif value is None or pd.isna(value):
                self._sheet.write_blank(self.row, place, None, self._formats[style])
            else:
                self._sheet.write_number(self.row, place, value, self._formats[style])
        self.row += 1

    def link(self, text: str, page: str) -> None:
        """Write a link to another sheet."""
        target = page.replace("'", "''")
        self._sheet.write_url(self.row, 0, f"internal:'{target}'!A1", self._formats["link"], printable(text))
        self.row += 1

    def table(
        self,
        rows: pd.DataFrame,
        columns: Sequence[Column],
        *,
        frozen: int = 2,
        flag: str | None = None,
        tick: Tick | None = None,
    ) -> None:
        """Write a table with its sums, its head, filters, and everything above it frozen.

        Parameters
        ----------
        rows
            The rows.
        columns
            What is shown of them.
        frozen
            How many columns stay in view.
        flag
            Column of true and false by which sums choose their rows.
        tick
            Told of every few hundred rows.
        """
        if any(column.summed for column in columns):
            self._sums(rows, columns, flag)
        self.cells([(column.header, "head") for column in columns], height=44)
        head, first = self.row - 1, self.row
        self._sheet.freeze_panes(first, frozen)
        self._sheet.repeat_rows(head)
        writers = [self._writer(column.kind) for column in columns]
        values = [rows[column.name].tolist() for column in columns]
        heights = _heights(rows, columns)
        for number, cells in enumerate(zip(*values, strict=True), start=1):
            if heights[number - 1] > 1:
                self._sheet.set_row(self.row, _LINE_PT * heights[number - 1] + 3)
            for place, (write, cell) in enumerate(zip(writers, cells, strict=True)):
                write(place, cell)
            self.row += 1
            if tick and number % _TELL_EVERY == 0:
                tick(_TELL_EVERY)
        if tick:
            tick(len(rows) % _TELL_EVERY)
        last = max(self.row - 1, first)
        self._sheet.autofilter(head, 0, last, len(columns) - 1)
        texts = [xl_range(first, place, last, place) for place, column in enumerate(columns) if column.kind == "id"]
        if texts:  # no green corner in every cell
            self._sheet.ignore_errors({"number_stored_as_text": " ".join(texts)})

    def _sums(self, rows: pd.DataFrame, columns: Sequence[Column], flag: str | None) -> None:
        first, last = self.row + 2, self.row + 1 + max(len(rows), 1)
        flags = next((place for place, column in enumerate(columns) if column.name == flag), None)
        for place, column in enumerate(columns):
            style = f"sum_{column.kind}" if column.kind in {"area", "count"} else "sum"
            if place == 0:
                self._text(0, _("Sum"), "sum")
            elif not column.summed:
                self._sheet.write_blank(self.row, place, None, self._formats[style])
            else:
                cells = xl_range(first, place, last, place)
                flagged = column.summed == "flagged" and flags is not None
                taken = rows.loc[rows[flag].astype(bool), column.name] if flagged else rows[column.name]
                formula = f"=SUBTOTAL(109,{cells})"
                if flagged:
                    yes = _("yes")
                    formula = f'=SUMIFS({cells},{xl_range(first, flags or 0, last, flags or 0)},"{yes}")'
                self._sheet.write_formula(self.row, place, formula, self._formats[style], float(taken.sum()))
        self.row += 1

    def _writer(self, kind: Kind) -> Callable[[int, Any], None]:
        sheet, formats = self._sheet, self._formats
        style = _STYLE_OF.get(kind, kind)
        if kind in {"verdict", "step"}:
            words = {code: _(word) for code, word in (VERDICTS if kind == "verdict" else STEPS).items()}
            return lambda place, code: sheet.write_string(self.row, place, words[code], formats[code])
        if kind == "flag":
            answers = {True: _("yes"), False: _("no")}
            return lambda place, cell: self._text(place, "" if pd.isna(cell) else answers[bool(cell)], style)
        look = formats[style]

        def write(place: int, cell: Any) -> None:
            if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
                sheet.write_blank(self.row, place, None, look)
            elif kind == "day" and cell.year < _FIRST_YEAR:
                self._text(place, f"{cell:%Y-%m-%d}", style)
            elif kind == "day":
                sheet.write_datetime(self.row, place, cell, look)
            elif isinstance(cell, str):
                self._text(place, cell, style)
            else:
                sheet.write_number(self.row, place, cell, look)

        return write

    def _text(self, place: int, text: str, style: str) -> None:
        formats = self._quoted if style in self._quoted and is_risky(text) else self._formats
        self._sheet.write_string(self.row, place, printable(text), formats[style])


def _heights(rows: pd.DataFrame, columns: Sequence[Column]) -> list[int]:
    """Count the lines that each row needs: not every program works that out when it opens a file."""
    most = [1] * len(rows)
    for column in columns:
        if column.kind == "wrapped":
            most = [max(line, lines(text, column.width)) for line, text in zip(most, rows[column.name], strict=True)]
    return most


def lines(text: str, width: float) -> int:
    """Count the lines that a text takes in a column; a Chinese character is as wide as two others.

    Examples
    --------
    >>> lines("应配建面积", 6), lines("a b", 6)
    (2, 1)
    """
    wide = len(text) + sum(not character.isascii() for character in text)
    return min(max(-(-wide // max(int(width) - 1, 1)), 1), _MOST_LINES)

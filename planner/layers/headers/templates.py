"""Make a blank workbook for a layer from the columns of the contract, so that it reads back without a question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from planner.i18n import _, current
from planner.layers.cells.values import choice_words
from planner.layers.columns import LAYERS, Column, LayerSpec
from planner.layers.headers.aliases import names_of

SUFFIX = ".xlsx"
_HAN = re.compile(r"[\u3400-\u9fff]")
_PLACE_WAYS = (("lon", "lat"), ("geometry",))
_LAST_ROW = 1_048_576
# Limits of Excel: a list written into the rule itself (255 with its marks), the title of an input message, its text.
_LONGEST_LIST, _LONGEST_TITLE, _LONGEST_PROMPT = 253, 32, 255
_NARROWEST, _WIDEST = 12, 40
_EXPLAINING, _LINE_HEIGHT = (26, 34, 8, 52, 10, 28), 15
_FORMATS = {"count": "0", "number": "#,##0.00####", "date": "yyyy-mm-dd", "lon": "0.0000000", "lat": "0.0000000"}
_TEXT_FORMAT = "@"
_REQUIRED, _OPTIONAL, _EXAMPLE = "F8CBAD", "E7E6E6", "FFF9E5"
_LINE = Side(style="thin", color="BFBFBF")


@dataclass(frozen=True)
class Heading:
    """One column of a template.

    Parameters
    ----------
    name
        The contract's name.
    header
        What stands at its head, with unit and the mark of a required column.
    kind
        What its cells hold: a kind of :class:`~planner.layers.columns.Column`, ``lon``, ``lat`` or ``geometry``.
    meaning, unit, allowed
        What its reader has to know of it, in the reader's language.
    required
        Whether a row without it cannot be used.
    words
        Words of its list, empty where anything may stand.
    example
        What stands in the example row.
    minimum
        Least value of a number, None where there is none.
    """

    name: str
    header: str
    kind: str
    meaning: str
    unit: str
    allowed: str
    required: bool
    words: tuple[str, ...]
    example: Any
    minimum: float | None = None


@cache
def _told() -> Mapping[str, Any]:
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("templates.yaml").read_text(encoding="utf-8"))
    return table


def template_name(layer: str) -> str:
    """Return the name of a layer's template in the language in use.

    Examples
    --------
    >>> template_name("compounds")
    '小区.xlsx'
    """
    return str(_told()["files"][current()].get(layer, layer)) + SUFFIX


def headings(layer: str) -> tuple[Heading, ...]:
    """Return the columns of a layer's template in the language in use.

    Parameters
    ----------
    layer
        Name of the layer.

    Returns
    -------
    tuple of Heading
        Every column of the contract in its order, then those of the place: Chinese names that the reader knows, or
        the contract's own in English.

    Examples
    --------
    >>> [heading.header for heading in headings("gates")]
    ['出入口编号*', '小区编号*', '是否开放', '经度*', '纬度*']
    """
    spec = LAYERS[layer]
    found = [_heading(spec, column) for column in spec.columns]
    if spec.has_geometry:
        names = next(way for way in _PLACE_WAYS if "Point" in spec.shapes or way == ("geometry",))
        found += [_place(spec, name) for name in names]
    first = found[0]
    marked = f"{_words()['example']}{first.example}"
    return (Heading(**{**vars(first), "example": marked}), *found[1:])


def _words() -> Mapping[str, Any]:
    words: dict[str, Any] = _told()["words"][current()]
    return words


def _heading(spec: LayerSpec, column: Column) -> Heading:
    told, lang = _told(), current()
    unit = told["units"][lang].get(column.unit, column.unit)
    words = _listed_words(column)
    kind = "reference" if column.kind == "id" and column.name != spec.id else column.kind
    return Heading(
        name=column.name,
        header=_header(spec.name, column.name, unit, required=column.required),
        kind=column.kind,
        meaning=_(column.description),
        unit=unit,
        allowed=told["kinds"][lang][kind].format(words=_words()["every"].join(words)),
        required=column.required,
        words=words,
        example=_example(spec.name, column.name, column.kind, words),
        minimum=column.minimum,
    )


def _place(spec: LayerSpec, name: str) -> Heading:
    told, lang = _told(), current()
    example = _example(spec.name, name, name, ())
    return Heading(
        name=name,
        header=_header(spec.name, name, "", required=True),
        kind=name,
        meaning=told["places"][lang][name],
        unit="",
        allowed=told["kinds"][lang][name].format(example=example),
        required=True,
        words=(),
        example=example,
    )


def _header(layer: str, name: str, unit: str, *, required: bool) -> str:
    title = name
    if current() == "zh":
        chosen = _told()["headers"].get(name)
        names = (known for known, (column, _how) in names_of(layer).whole.items() if column == name)
        title = chosen or next((known for known in names if _HAN.search(known)), name)
    brackets = ("（", "）") if _HAN.search(title) else (" (", ")")
    return title + (f"{brackets[0]}{unit}{brackets[1]}" if unit else "") + ("*" if required else "")


def _listed_words(column: Column) -> tuple[str, ...]:
    """Return one word for each thing that a list offers."""
    return tuple(_words()["flags"]) if column.kind == "flag" else choice_words(column)


def _example(layer: str, name: str, kind: str, words: Sequence[str]) -> Any:
    examples = _told()["examples"]
    own = examples["layers"].get(layer, {}).get(name)
    if kind == "services":
        return str(_words()["every"]).join(words)
    if kind == "choice":
        codes = list(LAYERS[layer].column(name).choices)
        return words[codes.index(own) if own in codes else 0]
    if kind == "flag":
        return words[0]
    value = examples["kinds"][kind] if own is None else own
    return value[current()] if isinstance(value, dict) else value


def write_template(layer: str, path: Path) -> None:
    """Write a layer's blank workbook in the language in use.

    Parameters
    ----------
    layer
        Name of the layer.
    path
        The .xlsx file.

    Examples
    --------
    >>> import tempfile
    >>> from planner.layers import LayerSettings, read_layer
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template("rooms", Path(folder, "用房.xlsx"))
    ...     rooms = read_layer("rooms", LayerSettings(file="用房.xlsx"), folder=Path(folder), crs=None)
    >>> rooms.sheet, len(rooms.table), [entry.action for entry in rooms.ledger.entries]
    ('用房', 0, ['set_aside'])
    """
    book = Workbook()
    columns = headings(layer)
    sheet = book.active
    sheet.title = template_name(layer).removesuffix(SUFFIX)
    _fill_data(sheet, columns)
    _fill_explanation(book.create_sheet(str(_words()["explanation"])), layer, columns)
    for page in book.worksheets:
        page.page_setup.orientation = "landscape"
        page.page_setup.fitToHeight = 0
        page.sheet_properties.pageSetUpPr.fitToPage = True
    book.save(path)


def _fill_data(sheet: Any, columns: Sequence[Heading]) -> None:
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        head, example = sheet.cell(1, place, column.header), sheet.cell(2, place, column.example)
        _style_head(head, column)
        head.comment = Comment(_note(column), "planner", width=320, height=150)
        example.font = Font(italic=True, color="7F7F7F")
        example.fill = _filled(_EXAMPLE)
        number_format = _FORMATS.get(column.kind, _TEXT_FORMAT)
        example.number_format = number_format
        dimension = sheet.column_dimensions[letter]
        dimension.number_format = number_format
        dimension.width = min(max(_width(column.header) + 4, _width(str(column.example)) + 2, _NARROWEST), _WIDEST)
        rule = _rule(column)
        rule.add(f"{letter}2:{letter}{_LAST_ROW}")
        sheet.add_data_validation(rule)
    sheet.row_dimensions[1].height = 30
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"


def _style_head(cell: Any, column: Heading) -> None:
    cell.font = Font(bold=True)
    cell.fill = _filled(_REQUIRED if column.required else _OPTIONAL)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.border = Border(bottom=_LINE, right=_LINE)
    cell.number_format = _TEXT_FORMAT


def _filled(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


def _width(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text)


def _note(column: Heading) -> str:
    need = _words()["required" if column.required else "optional"]
    return "\n".join([f"{column.meaning} [{need}]", column.allowed, column.name])


def _rule(column: Heading) -> DataValidation:
    """Make what Excel offers and says at the cells of a column: a list, or a check that warns."""
    rule = DataValidation(allow_blank=True, showInputMessage=True, showErrorMessage=True, errorStyle="warning")
    rule.promptTitle = column.header[:_LONGEST_TITLE]
    rule.prompt = f"{column.meaning}\n{column.allowed}"[:_LONGEST_PROMPT]
    rule.error = _words()["not_fitting"].format(allowed=column.allowed)[:_LONGEST_PROMPT]
    match column.kind:
        case "choice" | "flag":
            rule.type, rule.formula1, rule.errorStyle = "list", _inline(column.words), "stop"
            rule.error = _words()["not_listed"]
        case "services":
            # Several in one cell are no item of the list: it offers all and each, and refuses nothing.
            everything = str(_words()["every"]).join(column.words)
            rule.type, rule.formula1, rule.showErrorMessage = "list", _inline((everything, *column.words)), False
        case "count":
            rule.type, rule.operator, rule.formula1 = "whole", "greaterThanOrEqual", "0"
        case "number":
            rule.type, rule.operator, rule.formula1 = "decimal", "greaterThanOrEqual", f"{column.minimum or 0:g}"
            if column.minimum is None:
                rule.operator, rule.formula1, rule.formula2 = "between", "-1000000000", "1000000000"
        case "lon" | "lat":
            most = 180 if column.kind == "lon" else 90
            rule.type, rule.operator, rule.formula1, rule.formula2 = "decimal", "between", f"-{most}", f"{most}"
        case "date":
            rule.type, rule.operator, rule.formula1 = "date", "greaterThan", "1"
    return rule


def _inline(words: Sequence[str]) -> str:
    text = ",".join(words)
    if len(text) > _LONGEST_LIST or any("," in word or '"' in word for word in words):
        raise ValueError(f"no list of Excel holds these words: {text}")
    return f'"{text}"'


def _fill_explanation(sheet: Any, layer: str, columns: Sequence[Heading]) -> None:
    words = _words()
    sheet.append([words["title"].format(layer=template_name(layer).removesuffix(SUFFIX))])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append([_(LAYERS[layer].description)])
    for colour, text in zip((_REQUIRED, _OPTIONAL, _EXAMPLE), words["legend"], strict=True):
        sheet.append(["", text])
        sheet.cell(sheet.max_row, 1).fill = _filled(colour)
    sheet.append([])
    sheet.append(words["headings"])
    top = sheet.max_row
    for column in columns:
        need = words["required" if column.required else "optional"]
        told = [column.header, column.meaning, column.unit, column.allowed, need, column.name]
        sheet.append(told)
        lines = max(-(-_width(text) // width) for text, width in zip(told, _EXPLAINING, strict=True))
        sheet.row_dimensions[sheet.max_row].height = _LINE_HEIGHT * lines
        sheet.cell(sheet.max_row, 1).fill = _filled(_REQUIRED if column.required else _OPTIONAL)
    for row in sheet.iter_rows(min_row=top, max_row=sheet.max_row):
        for cell in row:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.border = Border(top=_LINE, bottom=_LINE)
            cell.font = Font(bold=cell.row == top or cell.column == 1)
    sheet.append([])
    for number, rule in enumerate(_rules(layer, columns), start=1):
        sheet.append([f"{number}. {rule}"])
        row = sheet.max_row
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(words["headings"]))
        sheet.cell(row, 1).alignment = Alignment(vertical="top", wrap_text=True)
        sheet.row_dimensions[row].height = _LINE_HEIGHT * -(-_width(rule) // (sum(_EXPLAINING) - 8))
    for place, width in enumerate(_EXPLAINING, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width


def _rules(layer: str, columns: Sequence[Heading]) -> list[str]:
    rules = _told()["rules"][current()]
    if not LAYERS[layer].has_geometry:
        return list(rules["all"])
    shaped = any(column.kind == "geometry" for column in columns)
    return [*rules["all"], *rules["places"], *rules["shapes" if shaped else "points"]]

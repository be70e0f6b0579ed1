"""Find the header among the rows of a sheet, and tell the rows of data from titles, totals and notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.columns import LAYERS, UNITS, key
from planner.layers.headers.aliases import JOINT, recognise

# Titles, the bureau's name and the unit stand above a header; deeper down there is only data.
_DEEPEST_HEADER = 12
_MOST_TITLE_CELLS = 3
_TOLD_ROWS = 10
_TOTAL = re.compile(r".{0,12}?(?:合计|小计|总计|共计|累计|total):?", re.IGNORECASE)
_BARE_TOTAL = re.compile(r"(?:合计|小计|总计|共计|累计|total):?", re.IGNORECASE)
_NOTE = re.compile(
    r"(?:注|备注|附注|说明|填表说明|数据来源|资料来源|note)\d*[:.、].*"
    r"|(?:制表|填表|填报|审核|编制|统计|负责)(?:人|单位|日期|时间):.*",
    re.IGNORECASE | re.DOTALL,
)


# How the example row of a template begins (see planner.layers.headers.templates).
_EXAMPLE = re.compile(r"(?:示例|样例|填写示例|例|example)\d*:.*", re.IGNORECASE | re.DOTALL)
# 单位：万平方米、人 above a header; 填报单位 is an office.
_UNIT_LINE = re.compile(r"(?:^|[\s(,;、])(?:计量|面积|数据)?单位[:：]\s*([^()\n]+)")


@dataclass(frozen=True)
class LeftOut:
    """A row that is no data.

    Parameters
    ----------
    row
        Its number in the file.
    kind
        ``total``, ``note`` or ``example``.
    label
        What tells it.
    cells
        Its cells, one per column.
    """

    row: int
    kind: Literal["total", "note", "example"]
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Records:
    """Rows of a sheet told apart.

    Parameters
    ----------
    names
        The header, k names.
    cells
        The rows of data, k cells each.
    rows
        Their numbers in the file, shape (n,).
    left_out
        Totals and notes among and under them.
    units
        Unit that the lines above the header state, by what it measures.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    rows: npt.NDArray[np.int64]
    left_out: tuple[LeftOut, ...]
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HeaderPlace:
    """A header found: the position of its first row among the filled ones, its depth, its names, what it tells."""

    start: int
    depth: int
    names: tuple[str, ...]
    known: frozenset[str]

    def serves(self, layer: str) -> bool:
        """Tell whether it names every column that a row of the layer needs, its place left aside."""
        return self.known.issuperset(column.name for column in LAYERS[layer].columns if column.required)


Filled = Sequence[tuple[int, Sequence[str]]]


def filled_rows(records: Sequence[Sequence[str]]) -> list[tuple[int, Sequence[str]]]:
    """Return the rows that hold anything with their numbers from 1.

    Examples
    --------
    >>> filled_rows([["a"], ["", " "], ["b"]])
    [(1, ['a']), (3, ['b'])]
    """
    return [(row, cells) for row, cells in enumerate(records, start=1) if any(cell.strip() for cell in cells)]


def find_header(filled: Filled, *, layer: str, fields: Collection[str]) -> HeaderPlace:
    """Find the row, or the two rows, that name most columns of the contract; the first one where none does.

    Parameters
    ----------
    filled
        Rows that hold anything.
    layer
        Name of the layer.
    fields
        Names that study.toml gives, in the form of ``key``.

    Returns
    -------
    HeaderPlace
        The header; a row with more than a title's few cells above it would be lost, so there is none such.

    Examples
    --------
    >>> sheet = [(1, ["小区统计表"]), (2, ["编号", "人口", ""]), (3, ["", "总人口", "60岁以上"]), (4, ["1", "9", "2"])]
    >>> find_header(sheet, layer="compounds", fields=()).names
    ('编号', '人口 / 总人口', '人口 / 60岁以上')
    """
    first = _header(filled, 0, 1, layer, fields)
    best = first
    for start in range(min(len(filled), _DEEPEST_HEADER)):
        single = _header(filled, start, 1, layer, fields)
        many = sum(bool(cell.strip()) for cell in filled[start][1]) > _MOST_TITLE_CELLS
        least = max(len(best.known), 1)
        if len(single.known) > least:
            best, least = single, len(single.known)
        if start + 1 < len(filled):
            joint = _header(filled, start, 2, layer, fields)
            # A title over the header tells nothing that the header alone does not.
            alone = _header(filled, start + 1, 1, layer, fields)
            if len(joint.known) > least and (many or len(joint.known) > len(alone.known)):
                best = joint
        if many:
            break
    return best


def _header(filled: Filled, start: int, depth: int, layer: str, fields: Collection[str]) -> HeaderPlace:
    upper = [cell.strip() for cell in filled[start][1]]
    names = upper if depth == 1 else _joined(upper, [cell.strip() for cell in filled[start + 1][1]])
    while names and not names[-1]:
        names.pop()
    known = {column for name in names for column in recognise(layer, name)}
    known |= {f"fields.{name}" for name in names if key(name) in fields}
    return HeaderPlace(start, depth, tuple(names), frozenset(known))


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Join two rows of names; one that stands over several columns is written at the first of them only."""
    width = max(len(upper), len(lower))
    names, group = [], ""
    for above, below in zip(
        [*upper, *[""] * (width - len(upper))], [*lower, *[""] * (width - len(lower))], strict=True
    ):
        if not below or above == below:
            names.append(above)
            group = ""
            continue
        group = above or group
        names.append(f"{group}{JOINT}{below}" if group else below)
    return names


def find_records(records: Sequence[Sequence[str]], *, file: str, layer: str, fields: Collection[str]) -> Records:
    """Take the rows of a sheet apart; wholly empty ones are no rows.

    Parameters
    ----------
    records
        Every row of the sheet.
    file
        Name for messages.
    layer
        Name of the layer.
    fields
        Names that study.toml gives, in the form of ``key``.

    Returns
    -------
    Records
        Header, data, totals and notes.

    Raises
    ------
    InputError
        Nothing stands in the file, or cells stand beyond the header.

    Examples
    --------
    >>> rows = [["用房编号", "面积"], ["R1", "350"], ["合计", "350"], ["注：截至6月底"]]
    >>> found = find_records(rows, file="a.csv", layer="rooms", fields=())
    >>> found.cells, [left.kind for left in found.left_out]
    ((('R1', '350'),), ['total', 'note'])
    """
    filled = filled_rows(records)
    if not filled:
        raise InputError(Fault(_("the file is empty"), where=file, todo=_("give a file with a header row")))
    header = find_header(filled, layer=layer, fields=fields)
    width = len(header.names)
    left_out, data = [], []
    for row, cells in filled[header.start + header.depth :]:
        padded = (*cells[:width], *[""] * (width - len(cells)))
        kind, label = _no_data(cells)
        if kind:
            left_out.append(LeftOut(row, kind, label, padded))
        else:
            data.append((row, cells, padded))
    beyond = [
        (row, place + 1, cell)
        for row, cells, _padded in data
        for place, cell in enumerate(cells[width:], start=width)
        if cell.strip()
    ]
    if beyond:
        row, place, cell = beyond[0]
        named = list(dict.fromkeys(str(row) for row, _place, _cell in beyond))
        raise InputError(
            Fault(
                _("{count} rows have more cells than the header has columns: {rows}").format(
                    count=len(named), rows=_(", ").join(named[:_TOLD_ROWS]) + (" …" if len(named) > _TOLD_ROWS else "")
                ),
                where=file,
                why=_("in row {row} cell {column} holds “{value}”").format(row=row, column=place, value=cell),
                todo=_("put quotes around a text that holds the separator, or name the column"),
            )
        )
    rows = np.array([row for row, _cells, _padded in data], dtype=np.int64)
    units = _title_units([cell for _row, cells in filled[: header.start] for cell in cells], file)
    return Records(header.names, tuple(padded for _row, _cells, padded in data), rows, tuple(left_out), units)


def _title_units(titles: Sequence[str], file: str) -> dict[str, str]:
    """Return the units that titles state for the whole sheet; two for one measure are a question."""
    found: dict[str, dict[str, None]] = {}
    for title in titles:
        for line in _UNIT_LINE.finditer(key(title)):
            for word in re.split(r"[,;/、\s和]+", line[1].strip()):
                if word in UNITS:
                    found.setdefault(UNITS[word][0], {})[word] = None
    doubtful = {measure: units for measure, units in found.items() if len({UNITS[unit][1] for unit in units}) > 1}
    if doubtful:
        raise InputError(
            [
                Fault(
                    _("the lines above the header state several units: {units}").format(units=_(", ").join(units)),
                    where=file,
                    todo=_("leave the one that counts, or write each unit into the header of its column"),
                )
                for units in doubtful.values()
            ]
        )
    return {measure: next(iter(units)) for measure, units in found.items()}


def _no_data(cells: Sequence[str]) -> tuple[Literal["total", "note", "example", ""], str]:
    """Tell totals, notes and examples by the first cells that hold anything."""
    said = [cell for cell in cells if cell.strip()][:2]
    plain = [re.sub(r"\s+", "", key(cell)) for cell in said]
    if _TOTAL.fullmatch(plain[0]):
        return "total", said[0].strip()
    if _NOTE.fullmatch(plain[0]):
        return "note", said[0].strip()
    if _EXAMPLE.fullmatch(plain[0]):
        return "example", said[0].strip()
    if len(plain) > 1 and _BARE_TOTAL.fullmatch(plain[1]):
        return "total", said[1].strip()
    return "", ""

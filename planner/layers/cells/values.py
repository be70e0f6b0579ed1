"""Turn the cells of a column into values of the contract's kinds, and mark those that cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.i18n import _, current
from planner.layers.cells.amounts import read_amount
from planner.layers.cells.days import is_serial, read_day
from planner.layers.columns import WORDS, Column, key
from planner.layers.ledger import Action

Bools = npt.NDArray[np.bool_]

# From here on an amount is a slip of the keyboard or an identifier, not a number of anything in a city, by its unit.
_TOO_LARGE = {"m2": 1e9, "yuan": 1e13, "m": 1e4}
_TOO_LARGE_COUNT = 1e9
_SHARE = re.compile(r".*\d\s*[%‰]")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"
_LIST = re.compile(r"[;；、]")
_SERVICES = re.compile(r"[;；、,，]")
_IDS = re.compile(r"[;；、,，\n\r]")
_BLANK = frozenset(key(word) for word in WORDS["blank"])
_LONGEST_BLANK = max(map(len, _BLANK))
# From here on a spreadsheet's number may have lost digits: it keeps fifteen.
_LARGEST_EXACT = 1e15
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d+")
_AFTERTHOUGHT = re.compile(r"\s*(?:\(?(?:19|20)\d{2}(?:[-./年]\d{0,2})?月?\)?)$")
_ROUNDED = re.compile(r"[1-9]\d{14}0+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class CellNote:
    """Something to be told of a cell whose value is used.

    Parameters
    ----------
    position
        Row of the cell, from 0.
    what
        What is told, in the reader's language.
    action
        ``mended`` or ``doubted``.
    """

    position: int
    what: str
    action: Action = "doubted"


@dataclass(frozen=True)
class Parsed:
    """A column read: its values, and where its cells did not hold what they should.

    Parameters
    ----------
    values
        Values of the column's dtype, NA where a cell is empty or bad.
    given
        Whether a cell held anything, shape (n,).
    bad
        Whether a cell held something else than the column takes, shape (n,).
    notes
        What is to be told of cells that are used.
    """

    values: pd.Series[Any]
    given: Bools
    bad: Bools
    notes: tuple[CellNote, ...] = ()


def as_text(cells: pd.Series[Any]) -> pd.Series[str]:
    """Return cells as stripped text, NA where nothing stands; whole numbers lose their ``.0``.

    Examples
    --------
    >>> as_text(pd.Series([7.0, 8.5])).tolist()
    ['7', '8.5']
    >>> as_text(pd.Series([" A1 ", "　", None])).isna().tolist()
    [False, True, True]
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        text = cells.dt.strftime("%Y-%m-%d").astype("str")
    elif pd.api.types.is_float_dtype(cells.dtype):
        text = cells.map(number_text, na_action="ignore").astype("str")
    elif pd.api.types.is_object_dtype(cells.dtype):
        text = cells.map(_object_text, na_action="ignore").astype("str")
    else:
        text = cells.astype("str")
    text = text.str.strip()
    stripped: pd.Series[str] = text.mask(text == "")
    return stripped


def number_text(value: float) -> str:
    """Return a number as text: whole ones without ``.0``, those that may have lost digits with an exponent.

    Examples
    --------
    >>> number_text(350.0), number_text(0.5), number_text(431002202300012345.0)
    ('350', '0.5', '4.31002202300012E+17')
    """
    if abs(value) >= _LARGEST_EXACT:
        return f"{value:.14E}"
    return str(int(value)) if float(value).is_integer() else str(value)


def _object_text(value: object) -> str:
    return number_text(value) if isinstance(value, float) else str(value)


def given_text(column: Column, cells: pd.Series[Any]) -> pd.Series[str]:
    """Return cells as text, NA also where a word such as 无 or a dash says that there is nothing.

    Examples
    --------
    >>> from planner.layers.columns import LAYERS
    >>> given_text(LAYERS["compounds"].column("name"), pd.Series(["云岭山庄", "—", "无"])).isna().tolist()
    [False, True, True]
    """
    text = as_text(cells)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return text
    short = text[(text.str.len() <= _LONGEST_BLANK).fillna(value=False).astype(bool)]
    known = _flags(column.name) if column.kind == "flag" else column.words
    empty = [word for word in short.unique() if key(word) in _BLANK and key(word) not in known]
    return text.mask(text.isin(empty)) if empty else text


@cache
def _flags(column: str) -> Mapping[str, bool]:
    groups = [WORDS["flags"]["any"], WORDS["flags"].get(column, {})]
    return {key(word): says == "true" for group in groups for says, words in group.items() for word in words}


def _numbers(cells: pd.Series[Any], text: pd.Series[str]) -> npt.NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        return cells.to_numpy(dtype=float, na_value=np.nan)
    plain = text.str.normalize("NFKC")
    plain = plain.where(plain.str.fullmatch(_NUMBER).fillna(value=False).astype(bool))
    return pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def parse_numbers(cells: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Return cells as numbers, NaN where they hold none.

    Examples
    --------
    >>> parse_numbers(pd.Series(["113.01", "１２", "east", None])).tolist()
    [113.01, 12.0, nan, nan]
    """
    return _numbers(cells, as_text(cells))


def parse(column: Column, cells: pd.Series[Any], *, factor: float = 1.0) -> Parsed:
    """Read the cells of one column.

    Parameters
    ----------
    column
        What the cells should hold.
    cells
        The cells as the file has them: text, or numbers, dates and flags where the format knows them.
    factor
        What one unit of the file is in the contract's unit.

    Returns
    -------
    Parsed
        Values with the index of `cells`.

    Examples
    --------
    >>> from planner.layers.columns import LAYERS
    >>> area = LAYERS["compounds"].column("residential_floor_area_m2")
    >>> parse(area, pd.Series(["15.62", "东"]), factor=1e4).values.tolist()
    [156200.0, nan]
    >>> services = LAYERS["facilities"].column("services")
    >>> parse(services, pd.Series(["助餐、日托"])).values.tolist()
    ['day;meals']
    """
    text = given_text(column, cells)
    given = text.notna().to_numpy(dtype=bool)
    notes: list[CellNote] = []
    match column.kind:
        case "text":
            values, bad = text, np.zeros(len(text), dtype=bool)
        case "id":
            values, bad = _parse_ids(text, notes)
        case "count" | "number":
            values, bad = _parse_amounts(column, cells, text, factor, notes)
        case "flag":
            flags = _flags(column.name)
            values, bad = _looked_up(text, lambda word: flags.get(key(word)), "boolean")
        case "date":
            values, bad = _parse_dates(text, notes)
        case "choice":
            words = column.words
            values, bad = _looked_up(text, lambda word: _chosen(word, words), "str")
        case "services":
            values, bad = _parse_services(column, text)
        case "ids":
            values, bad = _looked_up(text, _joined_ids, "str")
        case _:
            values, bad = _looked_up(text, lambda cell: _joined_numbers(column, cell, factor), "str")
    return Parsed(values, given, given & bad, tuple(notes))


def _parse_ids(text: pd.Series[str], notes: list[CellNote]) -> tuple[pd.Series[Any], Bools]:
    """Keep identifiers as text; refuse those a spreadsheet has made numbers of."""
    lower = text.str.lower()
    bad = lower.str.fullmatch(_SCIENTIFIC).fillna(value=False).to_numpy(dtype=bool)
    rounded = lower.str.fullmatch(_ROUNDED).fillna(value=False).to_numpy(dtype=bool)
    what = _("“{value}” ends in noughts from its 16th digit on: a spreadsheet may have cut it")
    notes.extend(CellNote(int(place), what.format(value=text.iloc[place])) for place in np.flatnonzero(rounded))
    return text.mask(pd.Series(bad, index=text.index)), bad


def _parse_amounts(
    column: Column, cells: pd.Series[Any], text: pd.Series[str], factor: float, notes: list[CellNote]
) -> tuple[pd.Series[Any], Bools]:
    given = text.notna().to_numpy(dtype=bool)
    numbers = _numbers(cells, text)
    plain = ~np.isnan(numbers)
    if factor != 1.0:
        # 0.035 万m² is 350 m² and nothing more: what the multiplication adds must not decide a verdict.
        numbers = np.round(numbers * factor, 6)
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = _with_amounts(column, numbers, text.mask(plain), factor, notes)
    bad = given & ~np.isfinite(numbers)
    bad |= numbers >= _too_large(column)
    if column.minimum is not None:
        bad |= numbers < column.minimum
    if column.kind == "number":
        return pd.Series(np.where(bad, np.nan, numbers), index=text.index), bad
    bad |= (numbers != np.floor(numbers)) & given
    values = pd.Series(np.where(bad, np.nan, numbers), index=text.index).astype("Int64")
    return values, bad


def _too_large(column: Column) -> float:
    return _TOO_LARGE.get(column.unit, _TOO_LARGE_COUNT)


def _with_amounts(
    column: Column, numbers: npt.NDArray[np.float64], text: pd.Series[str], factor: float, notes: list[CellNote]
) -> npt.NDArray[np.float64]:
    """Fill in what can be read of the cells that are no plain numbers."""
    amounts = {cell: read_amount(cell, column, factor=factor) for cell in text.dropna().unique()}
    usable = {cell: amount for cell, amount in amounts.items() if amount is not None and not amount.bound}
    if not usable:
        return numbers
    read = text.map({cell: amount.value for cell, amount in usable.items()}).to_numpy(dtype=float)
    about = text.isin([cell for cell, amount in usable.items() if amount.about]).to_numpy(dtype=bool)
    what = _("“{value}” is no exact number; taken as {number}")
    notes.extend(
        CellNote(int(place), what.format(value=text.iloc[place], number=number_text(float(read[place]))))
        for place in np.flatnonzero(about)
    )
    return np.where(np.isnan(read), numbers, read)


def _parse_dates(text: pd.Series[str], notes: list[CellNote]) -> tuple[pd.Series[Any], Bools]:
    shaped = text.str.fullmatch(_DATE).fillna(value=False).astype(bool)
    days = pd.to_datetime(text.where(shaped).str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    values = days.astype("datetime64[s]")
    others = text.mask(shaped)
    read = {cell: day for cell in others.dropna().unique() if (day := read_day(cell)) is not None}
    if read:
        iso = others.map({cell: day.isoformat() for cell, day in read.items()})
        found = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
        values = values.fillna(found.astype("datetime64[s]"))
        serial = text.isin([cell for cell in read if is_serial(cell)]).to_numpy(dtype=bool)
        what = _("“{value}” is taken as a day number of Excel: {date}")
        notes.extend(
            CellNote(int(place), what.format(value=text.iloc[place], date=f"{values.iloc[place]:%Y-%m-%d}"), "mended")
            for place in np.flatnonzero(serial)
        )
    return values, values.isna().to_numpy(dtype=bool)


def _looked_up(
    text: pd.Series[str], read: Callable[[str], Hashable | None], dtype: str
) -> tuple[pd.Series[Any], Bools]:
    """Read each different cell once."""
    table = {word: read(word) for word in text.dropna().unique()}
    found: pd.Series[Any] = text.map(table) if table else pd.Series(index=text.index, dtype=object)
    values: pd.Series[Any] = found.astype(cast("Any", dtype))
    return values, values.isna().to_numpy(dtype=bool)


def _chosen(cell: str, words: Mapping[str, str]) -> str | None:
    """Look a word up, also where a year or month stands behind it."""
    word = key(cell)
    return words.get(word) or words.get(_AFTERTHOUGHT.sub("", word))


def _items(cell: str, separator: re.Pattern[str]) -> list[str]:
    return [item.strip() for item in separator.split(cell) if item.strip()]


def _joined_ids(cell: str) -> str | None:
    items = _items(cell, _IDS)
    if any(_SCIENTIFIC.fullmatch(item.casefold()) for item in items):
        return None
    return ";".join(dict.fromkeys(items)) or None


def _joined_numbers(column: Column, cell: str, factor: float) -> str | None:
    items = [key(item) for item in _items(cell, _LIST)]
    # In a list a comma may part two numbers as well as the thousands of one.
    amounts = [None if "," in item else read_amount(item, column, factor=factor) for item in items]
    numbers = [amount.value for amount in amounts if amount is not None and not amount.about and not amount.bound]
    fit = numbers and len(numbers) == len(amounts) and all(0 <= number < _too_large(column) for number in numbers)
    return ";".join(number_text(number) for number in numbers) if fit else None


def _parse_services(column: Column, text: pd.Series[str]) -> tuple[pd.Series[Any], Bools]:
    """Read lists of services: what is known stays, what is not makes the cell a bad one."""
    words, order = column.words, list(column.choices)

    def read(cell: str) -> str | None:
        known = {words.get(key(item)) for item in _items(cell, _SERVICES)}
        return ";".join(code for code in order if code in known) or None

    values, bad = _looked_up(text, read, "str")
    unknown = {
        cell for cell in text.dropna().unique() if any(key(item) not in words for item in _items(cell, _SERVICES))
    }
    return values, bad | text.isin(unknown).to_numpy(dtype=bool)


def choice_words(column: Column) -> tuple[str, ...]:
    """Return one word for each choice of a column that a planner can write: a Chinese one, in English the code.

    Parameters
    ----------
    column
        A column with choices.

    Returns
    -------
    tuple of str
        In the order of the choices; the code where there is no Chinese word for it.

    Examples
    --------
    >>> from planner.layers.columns import LAYERS
    >>> choice_words(LAYERS["compounds"].column("status"))
    ('新建', '已建成')
    """
    if current() == "en":
        return tuple(column.choices)
    return tuple(
        next((word for word in (code, *words) if _HAN.search(word)), code) for code, words in column.choices.items()
    )


def complaint(column: Column, value: str, *, factor: float = 1.0) -> str:
    """Say in the reader's language why a cell cannot be read.

    Parameters
    ----------
    column
        What the cell should hold.
    value
        Its text.
    factor
        What one unit of the file is in the contract's unit.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.layers.columns import LAYERS
    >>> with language("en"):
    ...     complaint(LAYERS["compounds"].column("elders_60"), "<5")
    '“<5” bounds a number and does not give it'
    """
    if column.kind in {"count", "number"}:
        if _SHARE.fullmatch(key(value)):
            return _("“{value}” is a share, not a number").format(value=value)
        amount = read_amount(value, column, factor=factor)
        if amount is not None and amount.bound:
            return _("“{value}” bounds a number and does not give it").format(value=value)
        if amount is not None and amount.value >= _too_large(column):
            return _("“{value}” is larger than anything in a city").format(value=value)
    reasons: Mapping[str, str] = {
        "id": _("a spreadsheet made the number “{value}” of this identifier, and its digits are lost"),
        "count": _("“{value}” is not a whole number of 0 or more"),
        "number": _("“{value}” is not a number of 0 or more"),
        "numbers": _("“{value}” is not a list of numbers like 400;120"),
        "flag": _("“{value}” is neither yes nor no (true, false, 1, 0, 是, 否)"),
        "date": _("“{value}” is not a date like 2026-06-30"),
        "choice": _("“{value}” is not one of {choices}"),
        "services": _("“{value}” holds something else than {choices}"),
        "ids": _("“{value}” is not a list of identifiers like A1;A2"),
    }
    text = reasons[column.kind]
    if column.kind == "number" and column.minimum is None:
        text = _("“{value}” is not a number")
    return text.format(value=value, choices=_(", ").join(choice_words(column)))

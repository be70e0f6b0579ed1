"""Turn the cells of a column into values of the contract's kinds, and mark those that cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.i18n import _
from planner.layers.columns import Column, key

Bools = npt.NDArray[np.bool_]

# Above this a count is a slip of the keyboard or an identifier, not a number of anything in a city.
_LARGEST_COUNT = 1_000_000_000
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"
_LIST = re.compile(r"[;；、]")
_SERVICES = re.compile(r"[;；、,，]")
_FLAGS = {
    **dict.fromkeys(("true", "1", "1.0", "是", "yes"), True),
    **dict.fromkeys(("false", "0", "0.0", "否", "no"), False),
}


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
    """

    values: pd.Series[Any]
    given: Bools
    bad: Bools


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
        text = cells.map(_number_text, na_action="ignore").astype("str")
    elif pd.api.types.is_object_dtype(cells.dtype):
        text = cells.map(_object_text, na_action="ignore").astype("str")
    else:
        text = cells.astype("str")
    text = text.str.strip()
    stripped: pd.Series[str] = text.mask(text == "")
    return stripped


def _number_text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _object_text(value: object) -> str:
    return _number_text(value) if isinstance(value, float) else str(value)


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
    >>> parse(area, pd.Series(["15.62", "约3"]), factor=1e4).values.tolist()
    [156200.0, nan]
    >>> services = LAYERS["facilities"].column("services")
    >>> parse(services, pd.Series(["助餐、日托"])).values.tolist()
    ['day;meals']
    """
    text = as_text(cells)
    given = text.notna().to_numpy(dtype=bool)
    match column.kind:
        case "id" | "text":
            values, bad = text, np.zeros(len(text), dtype=bool)
        case "count" | "number":
            values, bad = _parse_amounts(column, _numbers(cells, text), given, factor, text.index)
        case "flag":
            values, bad = _looked_up(text, lambda word: _FLAGS.get(key(word)), "boolean")
        case "date":
            values, bad = _parse_dates(text)
        case "choice":
            words = column.words
            values, bad = _looked_up(text, lambda word: words.get(key(word)), "str")
        case "services":
            values, bad = _parse_services(column, text)
        case "ids":
            values, bad = _looked_up(text, _joined_ids, "str")
        case _:
            values, bad = _looked_up(text, lambda cell: _joined_numbers(cell, factor), "str")
    return Parsed(values, given, given & bad)


def _parse_amounts(
    column: Column, numbers: npt.NDArray[np.float64], given: Bools, factor: float, index: pd.Index[Any]
) -> tuple[pd.Series[Any], Bools]:
    if factor != 1.0:
        # 0.035 万m² is 350 m² and nothing more: what the multiplication adds must not decide a verdict.
        numbers = np.round(numbers * factor, 6)
    bad = given & ~np.isfinite(numbers)
    if column.minimum is not None:
        bad |= numbers < column.minimum
    if column.kind == "number":
        return pd.Series(np.where(bad, np.nan, numbers), index=index), bad
    bad |= (numbers > _LARGEST_COUNT) | (numbers != np.floor(numbers)) & given
    values = pd.Series(np.where(bad, np.nan, numbers), index=index).astype("Int64")
    return values, bad


def _parse_dates(text: pd.Series[str]) -> tuple[pd.Series[Any], Bools]:
    shaped = text.str.fullmatch(_DATE).fillna(value=False).astype(bool)
    days = pd.to_datetime(text.where(shaped).str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    values = days.astype("datetime64[s]")
    return values, values.isna().to_numpy(dtype=bool)


def _looked_up(
    text: pd.Series[str], read: Callable[[str], Hashable | None], dtype: str
) -> tuple[pd.Series[Any], Bools]:
    """Read each different cell once."""
    table = {word: read(word) for word in text.dropna().unique()}
    found: pd.Series[Any] = text.map(table) if table else pd.Series(index=text.index, dtype=object)
    values: pd.Series[Any] = found.astype(cast("Any", dtype))
    return values, values.isna().to_numpy(dtype=bool)


def _items(cell: str, separator: re.Pattern[str]) -> list[str]:
    return [item.strip() for item in separator.split(cell) if item.strip()]


def _joined_ids(cell: str) -> str | None:
    return ";".join(dict.fromkeys(_items(cell, _LIST))) or None


def _joined_numbers(cell: str, factor: float) -> str | None:
    items = [key(item) for item in _items(cell, _LIST)]
    if not items or not all(re.fullmatch(_NUMBER, item) for item in items):
        return None
    numbers = [round(float(item) * factor, 6) if factor != 1.0 else float(item) for item in items]
    fit = all(np.isfinite(number) and number >= 0 for number in numbers)
    return ";".join(_number_text(number) for number in numbers) if fit else None


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


def complaint(column: Column, value: str) -> str:
    """Say in the reader's language why a cell cannot be read.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.layers.columns import LAYERS
    >>> with language("en"):
    ...     complaint(LAYERS["compounds"].column("elders_60"), "<5")
    '“<5” is not a whole number of 0 or more'
    """
    reasons: Mapping[str, str] = {
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
    return text.format(value=value, choices=", ".join(column.choices))

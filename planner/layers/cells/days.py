"""Read days as people write them: 2023年4月19日, 2023.4.19, 二〇二三年四月十九日, or the day number of Excel."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

_TIME = r"(?:[t ]?\s*\d{1,2}[:时].*)?"
_WRITTEN = re.compile(rf"(\d{{4}})\s*[-./年]\s*(\d{{1,2}})\s*[-./月]\s*(\d{{1,2}})\s*日?{_TIME}")
_CLOSE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.\d*)?")
_CHINESE = re.compile(r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日")
_DIGITS = {"〇": 0, "零": 0, "○": 0, **{digit: number for number, digit in enumerate("一二三四五六七八九", start=1)}}
# The day before Excel's first, and one more for its 29 February 1900.
_EXCEL_BEGIN = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119: other numbers of five digits are no days of a plan


def read_day(cell: str) -> date | None:
    """Read one cell.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    datetime.date or None
        None where it names no single day, as ``2023`` and ``2023年4月`` do not.

    Examples
    --------
    >>> read_day("2023.4.19") == read_day("２０２３年４月１９日") == read_day("二〇二三年四月十九日")
    True
    >>> read_day("45035")
    datetime.date(2023, 4, 19)
    >>> read_day("2023年4月") is None
    True
    """
    plain = unicodedata.normalize("NFKC", cell).strip().casefold()
    if match := _WRITTEN.fullmatch(plain) or _CLOSE.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups())
    elif match := _CHINESE.fullmatch(plain):
        year = int("".join(str(_DIGITS[digit]) for digit in match[1]))
        month, day = (_below_hundred(part) for part in match.groups()[1:])
    elif is_serial(plain):
        return _EXCEL_BEGIN + timedelta(days=int(float(plain)))
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_serial(cell: str) -> bool:
    """Tell whether a cell may be the day number of Excel.

    Examples
    --------
    >>> is_serial("45035"), is_serial("2023"), is_serial("90000")
    (True, False, False)
    """
    return bool(_SERIAL.fullmatch(cell)) and int(float(cell)) in _EXCEL_DAYS


def _below_hundred(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)

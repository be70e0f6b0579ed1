"""Know numbers that identify a person, and mask them wherever a text quotes what stood in a file.

An identity number of GB 11643 is the division of first registration (6 digits), the day of birth (8), an order (3) and
a check digit. Permits and credit codes have 18 places too; they are told apart by province, day and check digit.
"""

from __future__ import annotations

import re
from datetime import date

MASK = "***"

# GB/T 2260: the first two digits of a division; 91 and above are credit codes and foreigners' permits.
_PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
# Permits of today's form begin with this year: a day before it is one of birth, whatever the check digit says.
_FIRST_PERMITS = 2008
_FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)}

ID_SHAPE = re.compile(r"(?<![0-9A-Za-z])[1-8]\d{16}[0-9Xx](?![0-9A-Za-z])")
"""Eighteen places on their own; whether they are an identity number, :func:`is_id_number` tells."""

MOBILE = re.compile(r"(?<![0-9.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9]|\.[0-9])")
"""A mobile number, in one piece or in three."""

LANDLINE = re.compile(r"(?<![0-9.\-])(?:\(0(?:10|2\d|[3-9]\d{2})\)[- ]?|0(?:10|2\d|[3-9]\d{2})[- ])\d{7,8}(?![0-9])")
"""A telephone number with its area code set off; without a sign between them it could be any number."""


def plain_digits(text: str) -> str:
    """Return text with full-width digits made plain, and as long as before.

    Examples
    --------
    >>> plain_digits("电话１３９")
    '电话139'
    """
    return text.translate(_FULL_WIDTH)


def born_on(number: str) -> date | None:
    """Return the day of birth in an identity number of 18 or, in the form of before 1999, of 15 places.

    Parameters
    ----------
    number
        Places on their own.

    Returns
    -------
    datetime.date or None
        None where the number names no province or no day up to today.

    Examples
    --------
    >>> born_on("431002195003071234"), born_on("431002500307123")
    (datetime.date(1950, 3, 7), datetime.date(1950, 3, 7))
    >>> born_on("431002202300012345") is None  # a permit: there is no month 00
    True
    """
    if int(number[:2]) not in _PROVINCES:
        return None
    digits = number[6:14] if len(number) == 18 else f"19{number[6:12]}"
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return day if day.year >= 1900 and day <= date.today() else None


def is_id_number(number: str) -> bool:
    """Tell whether 18 places are an identity number: province, day of birth and check digit fit.

    Examples
    --------
    >>> is_id_number("11010519491231002X")  # the example of GB 11643
    True
    >>> is_id_number("110105194912310021"), is_id_number("431002202300012345")
    (False, False)
    """
    if born_on(number) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[-1].upper() == _CHECK_DIGITS[total % 11]


def masked(text: str) -> str:
    """Return text with identity and telephone numbers masked.

    Parameters
    ----------
    text
        Anything that quotes what stood in a file.

    Examples
    --------
    >>> masked("“11010519491231002X” is not a whole number; call 13907350000 or 0735-2888888")
    '“***” is not a whole number; call *** or ***'
    >>> masked("permit 431002202300012345, 350.00 m², x=400000.00")
    'permit 431002202300012345, 350.00 m², x=400000.00'
    """
    plain = plain_digits(text)
    spans = [match.span() for match in ID_SHAPE.finditer(plain) if _identifies(match[0])]
    spans += [match.span() for pattern in (MOBILE, LANDLINE) for match in pattern.finditer(plain)]
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin] + MASK + text[end:]
    return text


def _identifies(number: str) -> bool:
    born = born_on(number)
    return born is not None and (born.year < _FIRST_PERMITS or is_id_number(number))

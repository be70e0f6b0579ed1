"""Read amounts as people write them: with separators, units, 约 before them or 左右 behind."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from planner.layers.columns import COUNTERS, UNITS, WORDS, Column, key

_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d+)?|[+-]?\.\d+"
_TEN_THOUSAND = "万"


@dataclass(frozen=True)
class Amount:
    """What a cell says of an amount.

    Parameters
    ----------
    value
        In the contract's unit.
    about
        Whether the cell calls it no exact number.
    bound
        Whether it only bounds the amount, as ``<5`` does.
    """

    value: float
    about: bool = False
    bound: bool = False


def read_amount(cell: str, column: Column, *, factor: float = 1.0) -> Amount | None:
    """Read one cell.

    Parameters
    ----------
    cell
        Text of the cell.
    column
        What it should hold.
    factor
        What one unit of the file is in the contract's unit; a unit in the cell itself counts before it.

    Returns
    -------
    Amount or None
        None where the cell is no amount of what the column holds.

    Examples
    --------
    >>> from planner.layers.columns import LAYERS
    >>> area = LAYERS["compounds"].column("residential_floor_area_m2")
    >>> read_amount("185,320.55", area).value, read_amount("1.2万㎡", area).value
    (185320.55, 12000.0)
    >>> read_amount("约1,200", area)
    Amount(value=1200.0, about=True, bound=False)
    >>> read_amount("15万元", area) is None
    True
    """
    plain = unicodedata.normalize("NFKC", cell).strip().casefold()
    match = _amount().fullmatch(plain)
    if match is None:
        return None
    before, number, rest = match.groups()
    about, bound = before in _words("about", "before"), before in _words("bounds", "before")
    value, unit_factor, scaled = float(number.replace(",", "")), 0.0, False
    while rest := rest.strip():
        word = next((word for word in _behind() if rest.startswith(word)), "")
        if not word:
            return None
        rest = rest.removeprefix(word)
        if word in _words("about", "after"):
            about = True
        elif word in _words("bounds", "after"):
            bound = True
        elif word == _TEN_THOUSAND:
            value, scaled = value * 1e4, True
        elif word in UNITS:
            unit_factor = column.factor(word) or 0.0
            if not unit_factor:
                return None
    # 1.2万 under a header that says 万㎡ already may be meant either way.
    if scaled and not unit_factor and factor != 1.0:
        return None
    # 0.035 万m² is 350 m² and nothing more: what the multiplication adds must not decide a verdict.
    return Amount(round(value * (unit_factor or factor), 6), about, bound)


@cache
def _words(group: str, place: str) -> frozenset[str]:
    return frozenset(key(word) for word in WORDS[group][place])


@cache
def _behind() -> tuple[str, ...]:
    """Everything that may stand behind a number, the longest first."""
    words = {*_words("about", "after"), *_words("bounds", "after"), *UNITS, *COUNTERS, _TEN_THOUSAND}
    return tuple(sorted(words, key=len, reverse=True))


@cache
def _amount() -> re.Pattern[str]:
    words = sorted(_words("about", "before") | _words("bounds", "before"), key=len, reverse=True)
    return re.compile(rf"({'|'.join(map(re.escape, words))})?\s*({_NUMBER})(.*)")

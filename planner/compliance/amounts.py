"""Count areas in whole square millimetres, so that thresholds are compared exactly and nothing is rounded first."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Amounts = NDArray[np.int64]

SCALE: Mapping[str, int] = MappingProxyType(
    {
        "m2": 1_000_000,
        "residential_floor_area_m2": 1_000_000,
        "places": 1,
        "households": 1,
        "population": 1,
        "elders_60": 1,
    }
)
"""How many of the whole units counted here are one of a unit or measure; a square metre has a million mm²."""

UNKNOWN = -1
"""Stands for an amount that is not known."""

# A thousand square kilometres of homes: below it, a float still tells square millimetres apart.
LARGEST = 1e9
_INT64 = 2**63


def exact(values: Any, unit: str) -> Amounts:
    """Return numbers as whole amounts; `UNKNOWN` where there is none, or none that could be an amount.

    Parameters
    ----------
    values
        Numbers in `unit`, shape (n,).
    unit
        One of `SCALE`.

    Returns
    -------
    int64 array (n,)
        Areas in mm², to the nearest one.

    Examples
    --------
    >>> exact([350.0, 349.995, float("nan"), -1.0], "m2").tolist()
    [350000000, 349995000, -1, -1]
    """
    numbers = np.asarray(values, dtype=np.float64)
    usable = (numbers >= 0) & (numbers <= LARGEST)  # NaN is neither
    return np.where(usable, np.rint(np.where(usable, numbers, 0.0) * SCALE[unit]), UNKNOWN).astype(np.int64)


def times(amounts: Amounts, fraction: Fraction) -> Amounts:
    """Multiply amounts by a fraction, rounding up to the next whole unit; `UNKNOWN` stays.

    A whole amount is at least the result when it is at least the product itself, so nothing is lost by rounding up.

    Examples
    --------
    >>> times(np.array([10, 11, UNKNOWN]), Fraction(3, 10)).tolist()
    [3, 4, -1]
    """
    if int(amounts.max(initial=0)) * fraction.numerator < _INT64:
        product = -((-amounts * fraction.numerator) // fraction.denominator)
    else:
        big = amounts.astype(object)  # beyond 64 bits, one by one
        product = (-((-big * fraction.numerator) // fraction.denominator)).astype(np.int64)
    return np.where(amounts == UNKNOWN, UNKNOWN, product)


def whole(value: Any, unit: str) -> int:
    """Return a number of a document as a whole amount, rounded up to the next unit.

    Examples
    --------
    >>> from decimal import Decimal
    >>> whole(Decimal("350"), "m2")
    350000000
    """
    scaled = Fraction(value) * SCALE[unit]
    return -(-scaled.numerator // scaled.denominator)


def number_text(amount: int, unit: str) -> str:
    """Write an amount with all the digits that were compared, areas with at least two behind the point.

    Examples
    --------
    >>> number_text(185320550000, "m2"), number_text(349995000, "m2"), number_text(1200, "households")
    ('185,320.55', '349.995', '1,200')
    """
    scale = SCALE[unit]
    if scale == 1:
        return f"{amount:,}"
    units, rest = divmod(amount, scale)
    digits = f"{rest:0{len(str(scale)) - 1}d}"
    return f"{units:,}.{digits[:2]}{digits[2:].rstrip('0')}"


def as_numbers(amounts: Amounts, unit: str) -> NDArray[np.float64]:
    """Return amounts as numbers in their unit, NaN where unknown.

    Examples
    --------
    >>> as_numbers(np.array([349995000, UNKNOWN]), "m2").tolist()
    [349.995, nan]
    """
    return np.where(amounts == UNKNOWN, np.nan, amounts / SCALE[unit])

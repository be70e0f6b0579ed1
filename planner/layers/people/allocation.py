"""Divide whole persons in proportion to weights, exactly, by the method of the largest remainder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def apportion(
    total: int, weights: Sequence[float] | Floats, *, least: Ints | None = None, most: Ints | None = None
) -> Ints:
    """Divide a number of persons in proportion to weights.

    Everyone gets the whole part of the exact share, and those with the largest rest one more until all are given
    out. Whole numbers are divided, not fractions rounded, so neither the order nor the scale of weights matters.

    Parameters
    ----------
    total
        Persons to divide.
    weights
        What they are divided by, none negative, shape (n,). Of equal rests the earlier one is served first.
    least, most
        What each must and may get, shape (n,); the rest is divided among those that are not at a bound. Where only
        such are left whose weight is zero, it is divided by what each may get.

    Returns
    -------
    integer array (n,)
        Persons of each; their sum is `total`.

    Raises
    ------
    ValueError
        A weight is negative or not finite, or the bounds, or weights of zero, leave no way to give out `total`.

    Examples
    --------
    >>> apportion(10, [1, 1, 1]).tolist()
    [4, 3, 3]
    >>> apportion(100, [50, 30, 20], most=np.array([40, 100, 100])).tolist()
    [40, 36, 24]
    """
    exact = _whole(weights)
    low = np.zeros(len(exact), dtype=np.int64) if least is None else least
    high = np.full(len(exact), total, dtype=np.int64) if most is None else most
    if not low.sum() <= total <= high.sum():
        raise ValueError(f"{total} cannot be divided within bounds of {low.sum()} and {high.sum()}")
    given = np.zeros(len(exact), dtype=np.int64)
    free = np.ones(len(exact), dtype=bool)
    while free.any():
        places = np.flatnonzero(free)
        rest, shares = total - int(given[~free].sum()), [exact[place] for place in places]
        if most is not None and not any(shares):
            shares = high[places].tolist()
        given[places] = _divided(rest, shares)
        over = free & (given > high)
        under = free & (given < low)
        # Of the two the side that is farther off is settled first; settling the other might have to be undone.
        too_many = (given - high)[over].sum() >= (low - given)[under].sum()
        settled = over if too_many else under
        if not settled.any():
            break
        given[settled] = (high if too_many else low)[settled]
        free &= ~settled
    return given


def _whole(weights: Sequence[float] | Floats) -> list[int]:
    """Return whole numbers in the proportion of the weights: every float is a fraction of a power of two."""
    values = np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    scale = max((below for _above, below in ratios), default=1)
    return [above * (scale // below) for above, below in ratios]


def _divided(total: int, weights: list[int]) -> Ints:
    whole = sum(weights)
    if whole == 0:
        if total == 0:
            return np.zeros(len(weights), dtype=np.int64)
        raise ValueError(f"there is nothing to divide {total} by: every weight is zero")
    parts = [divmod(total * weight, whole) for weight in weights]
    given = np.array([part for part, _rest in parts], dtype=np.int64)
    first = sorted(range(len(parts)), key=lambda place: -parts[place][1])
    given[first[: total - int(given.sum())]] += 1
    return given

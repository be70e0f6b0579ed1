"""Test the division of whole persons against hand calculation and for what must always hold."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.layers.people.allocation import apportion

WEIGHTS = st.lists(
    st.one_of(
        st.integers(0, 5_000).map(float),
        st.floats(0, 1e7, allow_nan=False).filter(lambda one: one == 0 or one > 1e-9),
    ),
    min_size=1,
    max_size=40,
).filter(any)
TOTALS = st.integers(0, 20_000)


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (0, [1, 2], [0, 0]),
        (7, [100, 40], [5, 2]),
        (10, [1, 1, 1], [4, 3, 3]),  # of equal rests the first
        (100, [53.1, 26.8, 20.1], [53, 27, 20]),
        (5, [0, 3, 0], [0, 5, 0]),
        # The seats of 21,878 voters, 10 to give: the classic example of Hamilton's method.
        (10, [1451, 3380, 5912, 10_879 + 256], [1, 1, 3, 5]),
    ],
)
def test_by_hand(total, weights, expected):
    assert apportion(total, weights).tolist() == expected


@given(TOTALS, WEIGHTS)
def test_nothing_is_lost_and_nobody_is_off_by_one(total, weights):
    given_ = apportion(total, weights)
    assert given_.sum() == total
    assert (given_ >= 0).all()
    exact = [Fraction(weight) * total / sum(map(Fraction, weights)) for weight in weights]
    assert all(abs(got - share) < 1 for got, share in zip(given_.tolist(), exact, strict=True))


@given(TOTALS, WEIGHTS, st.randoms(use_true_random=False))
def test_who_weighs_more_never_gets_less(total, weights, random):
    random.shuffle(weights)
    given_ = apportion(total, weights)
    order = np.argsort(weights)
    assert (np.diff(given_[order])[np.diff(np.array(weights)[order]) > 0] >= 0).all()


@given(TOTALS, WEIGHTS)
def test_the_scale_of_weights_does_not_matter(total, weights):
    assert apportion(total, [2 * weight for weight in weights]).tolist() == apportion(total, weights).tolist()


@settings(max_examples=300)
@given(WEIGHTS, st.data())
def test_bounds_hold_and_nothing_is_lost(weights, data):
    number = len(weights)
    low = np.array(data.draw(st.lists(st.integers(0, 50), min_size=number, max_size=number)))
    more = np.array(data.draw(st.lists(st.integers(0, 50), min_size=number, max_size=number)))
    total = data.draw(st.integers(int(low.sum()), int((low + more).sum())))
    got = apportion(total, weights, least=low, most=low + more)
    assert got.sum() == total
    assert (got >= low).all()
    assert (got <= low + more).all()


def test_what_cannot_be_divided_is_refused():
    with pytest.raises(ValueError, match="every weight is zero"):
        apportion(3, [0, 0])
    with pytest.raises(ValueError, match="not negative"):
        apportion(3, [1, -1])
    with pytest.raises(ValueError, match="not negative"):
        apportion(3, [1, np.nan])
    with pytest.raises(ValueError, match="within bounds"):
        apportion(3, [1, 1], most=np.array([1, 1]))
    with pytest.raises(ValueError, match="within bounds"):
        apportion(3, [])
    assert apportion(0, []).tolist() == []

"""Who walks, and what a limit means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.walking import TOLERANCE_S, WALKERS, Walker, WalkNetwork, within


def test_the_three_walkers_that_stand_beside_every_verdict():
    """480 m in 10 minutes and 720 m in 15 for an elder; 600 and 900 m, 360 and 540 m for the others."""
    reach = {name: (walker.reach_m(600), walker.reach_m(900)) for name, walker in WALKERS.items()}
    assert reach == {"standard": (600.0, 900.0), "elder": (480.0, 720.0), "frail": (360.0, 540.0)}
    assert [walker.name for walker in WALKERS.values()] == list(WALKERS)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_walker_must_move(speed):
    with pytest.raises(InputError, match=r"walker tortoise: the walking speed is .* m/s → give a speed above 0"):
        Walker("tortoise", speed)


def test_seconds_of_metres_and_of_edges():
    elder = WALKERS["elder"]
    np.testing.assert_array_equal(elder.seconds(np.array([0.0, 0.8, 720.0])), [0.0, 1.0, 900.0])
    network = WalkNetwork.from_edges([[0, 0], [80, 0]], [0], [1], backward=[False], crs="EPSG:4547")
    ahead, back = elder.edge_seconds(network)
    ways = sorted([float(ahead[0]), float(back[0])])
    assert ways == [100.0, np.inf]
    both = WalkNetwork.from_edges([[0, 0], [80, 0]], [0], [1], crs="EPSG:4547")
    ahead, back = elder.edge_seconds(both)
    assert ahead is back
    assert ahead.tolist() == [100.0]


def test_exactly_the_limit_passes_and_a_millisecond_more_does_not():
    seconds = np.array([899.999, 900.0, np.nextafter(900.0, 1e9), 900.001, np.nan, np.inf])
    assert within(seconds, 900.0).tolist() == [True, True, True, False, False, False]
    assert within(np.array([0.1] * 3).sum() * np.ones(1), 0.3).all()  # 0.30000000000000004


@given(st.floats(1e-3, 1e4), st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=300))
def test_rounding_of_sums_stays_far_below_the_tolerance(limit, weights):
    """However a limit is cut up, what the pieces add up to passes, and a millisecond more does not."""
    pieces = np.array(weights) / sum(weights) * limit
    total = 0.0
    for piece in pieces:
        total += piece
    assert abs(total - limit) < TOLERANCE_S / 100
    assert within(np.array([total, total + 1e-3]), limit).tolist() == [True, False]

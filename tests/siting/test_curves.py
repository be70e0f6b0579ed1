"""Curves equal the optimum under each limit by enumeration; they never fall, and the elbow is where it is by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from planner.errors import InputError
from planner.siting import Effort, LeastSites, MaxCover, PCenter, PMedian, Reach
from planner.siting.curves import curve, elbow_of
from tests.siting.asked import QUICK, asked
from tests.siting.towns import town


@pytest.mark.parametrize("seed", range(60))
def test_every_limit_has_its_optimum(seed):
    for kind in ("sites", "budget", "median", "center"):
        one = asked(seed, kind)
        limits = [3.0, 7.5, 20.0] if kind == "budget" else [0, 1, 2, 4]
        found = curve(one.plan, limits=limits, effort=QUICK)
        assert found.table.index.tolist() == limits
        for limit, row in found.table.iterrows():
            case = dataclasses.replace(one.case, **{"budget" if kind == "budget" else "sites": limit})
            best = {"median": case.median, "center": case.center}.get(
                kind, lambda case=case, kind=kind: case.most_covered(by_cost=kind == "budget")
            )()
            if best is None:
                assert row["status"] == "infeasible"
                assert math.isnan(row["value"])
                assert math.isnan(row["bound"])
            else:
                assert row["status"] == "optimal"
                assert row["value"] == pytest.approx(best, abs=1e-9)
                assert row["bound"] == row["value"]
        assert all(plan.verify() for plan in found.plans)


def test_limits_that_nobody_named():
    one = town(300, 60, side_m=5_000, seed=2)
    reach, costs = one.reach(), np.arange(60) % 7 + 1.0
    plan = MaxCover(sites=5).solve_table(reach, one.elders)
    found = curve(plan)
    table = found.table
    assert table.index.tolist() == list(range(1, 11))
    assert table["elders_added"].sum() == pytest.approx(table["value"].iloc[-1])
    assert (table["elders_added"].diff().dropna() <= 0).all()
    assert table.loc[5, "value"] == plan.value
    assert table["share"].to_numpy() == pytest.approx(table["value"] / one.elders.sum())
    money = curve(MaxCover(budget=30), reach, one.elders, costs=costs).table
    assert len(money) == 12
    assert (money["value"].diff().dropna() >= 0).all()
    assert (money["bound"] >= money["value"]).all()
    assert money["cost_cny"].le(money.index.to_numpy() + 1e-9).all()
    reachable = one.elders[np.unique(reach.demand)].sum()
    assert money["value"].iloc[-1] == pytest.approx(reachable)
    least = LeastSites(share=0.5).solve_table(reach, one.elders)
    grown = curve(least).table
    assert grown.index.tolist() == list(range(1, int(least.value) + 1))
    # One site less does not reach the share: the two models agree.
    assert grown["share"].iloc[-1] >= 0.5 > grown["share_bound"].iloc[-2]
    wide = town(400, 120, side_m=9_000, seed=2)
    many = curve(MaxCover(sites=14), wide.reach(), wide.elders, effort=Effort(trials=10, parts=0)).table
    assert many.index.tolist() == list(range(2, 29, 2))


def test_walks_save_less_and_less():
    xy = np.random.default_rng(4).random((40, 2)) * 3_000
    reach = Reach.of_matrix(np.hypot(*(xy[:, None] - xy[None, :15]).transpose(2, 0, 1)))
    for model in (PMedian(4), PCenter(4)):
        found = curve(model, reach)
        table = found.table
        assert table.index.tolist() == list(range(1, 9))
        assert (table["value"].diff().dropna() <= 0).all()
        assert table["saved"].isna().tolist() == [True, *[False] * 7]
        assert found.elbow in table.index


def test_bounds_hold_where_nothing_is_proven():
    """With hardly any work rows have gaps: bounds stay above the true optimum and never fall."""
    one = town(300, 60, side_m=5_000, seed=3)
    true = curve(MaxCover(sites=6), one.reach(), one.elders, effort=Effort()).table
    rough = curve(MaxCover(sites=6), one.reach(), one.elders, effort=Effort(trials=0, parts=0, time_limit_s=0.0)).table
    assert (true["status"] == "optimal").all()
    assert (rough["bound"] >= true["value"]).all()
    assert (rough["value"] <= true["value"]).all()
    assert (rough["value"].diff().dropna() >= 0).all()
    assert (rough["bound"].diff().dropna() >= 0).all()


def test_the_elbow_by_hand():
    # Of x/4 and y/86 the third point is furthest above the diagonal: 80/86 - 2/4 = 0.430; the second 0.331.
    assert elbow_of(np.arange(5.0), np.array([0.0, 50.0, 80.0, 84.0, 86.0])) == 2.0
    # The same, falling.
    assert elbow_of(np.arange(5.0), np.array([86.0, 36.0, 6.0, 2.0, 0.0])) == 2.0
    assert elbow_of(np.arange(3.0), np.array([1.0, 1.0, 1.0])) is None
    assert elbow_of(np.arange(2.0), np.array([0.0, 1.0])) is None
    assert elbow_of(np.arange(4.0), np.array([0.0, 1.0, 3.0, 9.0])) is None


def test_limits_that_are_none():
    plan = MaxCover(sites=1).solve_table(Reach.of_matrix([[1.0, 2.0]]))
    for limits in ([1.5], [-1], [], [np.inf]):
        with pytest.raises(InputError):
            curve(plan, limits=limits)
    with pytest.raises(InputError):
        curve(MaxCover(sites=1))

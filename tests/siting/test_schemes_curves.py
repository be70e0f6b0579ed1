"""Curves under the switches equal the optimum under each limit by enumeration, and what has none is refused."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import InputError
from planner.i18n import language
from planner.siting import Effort, LeastSites, MaxCover, Reach
from planner.siting.curves import curve
from tests.siting.chosen import chosen
from tests.siting.switched import KINDS, Switched
from tests.siting.towns import town

HAVE = [kind for kind in KINDS if kind not in {"phases", "regret", "split", "mixed", "capacity phases",
                                              "capacity mixed"}]  # fmt: skip


@pytest.mark.parametrize("kind", HAVE)
@pytest.mark.parametrize("seed", range(6))
def test_every_limit_has_its_optimum(seed, kind):
    one = chosen(seed, kind)
    if one is None or one.plan.scheme.phases > 1:
        return
    least = one.case.goal == "least"
    money = one.by_cost if least else bool(np.isfinite(one.case.budgets[0]))
    limits = [0.0, 4.0, 9.5] if money else [0, 1, 2, 4]
    found = curve(one.plan, limits=limits)
    told = found.table
    assert told.index.tolist() == limits[: len(told)]
    for limit, row in told.iterrows():
        given = {name: value for name, value in vars(one.case).items() if not name.startswith("_")}
        goal = "most" if least else one.case.goal
        case = Switched(**(given | {"budgets" if money else "sites": (float(limit),), "goal": goal, "need": 0.0}))
        best = case.answer()
        if best is None:
            assert row["status"] == "infeasible"
        else:
            assert row["status"] == "optimal"
            assert row["value"] == pytest.approx(best, abs=1e-5)
            assert row["bound"] == row["value"]
    values = told["value"].dropna()
    assert (values.diff().dropna() >= -1e-9).all()
    assert all(plan.verify() for plan in found.plans)


@pytest.fixture(scope="module")
def reach():
    return town(300, 60, side_m=5_000, seed=2)


def test_limits_that_nobody_named(reach):
    table, elders = reach.reach(), reach.elders
    both = {"meal": table, "care": table.within(300.0)}
    costs = np.arange(60) % 7 + 1.0
    found = curve(MaxCover(sites=4), both, elders, costs=costs)
    assert found.table.index.tolist() == list(range(1, 9))
    assert found.elbow in found.table.index
    assert found.table["elders_added"].sum() == pytest.approx(found.table["value"].iloc[-1])
    assert found.table["share"].iloc[-1] == pytest.approx(found.table["value"].iloc[-1] / elders.sum() / 2)
    money = curve(MaxCover(budget=12, saving=1.0).solve_table(both, elders, costs=costs)).table
    assert len(money) == 12
    assert money.index[5] == 12.0
    assert money["cost_cny"].le(money.index.to_numpy() + 1e-9).all()
    least = LeastSites(share=0.3).solve_table(both, elders, costs=costs)
    grown = curve(least).table
    assert grown.index.tolist() == list(range(1, int(least.value) + 1))


def test_bounds_hold_where_nothing_is_proven(reach):
    table = {"meal": reach.reach(), "care": reach.reach().within(300.0)}
    plan = MaxCover(sites=5).solve_table(table, reach.elders)
    true = curve(plan).table
    assert (true["status"] == "optimal").all()
    for rough in (curve(plan, effort=Effort(time_limit_s=0.0)), curve(plan, within_s=0.0)):
        rows = rough.table
        assert (rows["bound"] >= true["value"].reindex(rows.index)).all()
        assert (rows["value"] <= true["value"].reindex(rows.index)).all()
        assert (rows["value"].diff().dropna() >= 0).all()
        assert all(one.verify() for one in rough.plans)


def test_what_has_no_curve():
    reach = Reach.of_matrix(np.where(np.eye(3), 60.0, np.nan), site_ids=["A", "B", "C"])
    slow = {"elder": {"": reach}, "frail": {"": reach}}
    split = MaxCover(split={"": 2.0}).solve_table({"": reach}, costs=[1, 1, 1])
    plans = {
        "several phases": MaxCover(sites=[1, 2]).solve_table(reach),
        "least regret": MaxCover(sites=1, robust="regret").solve_table({"": reach}, scenarios=slow),
        "budget for each service": split,
    }
    with language("en"):
        for words, plan in plans.items():
            with pytest.raises(InputError, match=words):
                curve(plan)

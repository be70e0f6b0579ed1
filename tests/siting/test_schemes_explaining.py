"""What an explanation says of a plan under the switches equals what trying every choice says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from planner.errors import InputError
from planner.i18n import language
from planner.siting import MaxCover, Reach, Way
from planner.siting.explaining import explain
from tests.siting.chosen import chosen, exchanged
from tests.siting.switched import KINDS

OPEN = [kind for kind in KINDS if not kind.startswith("capacity")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(10))
def test_losses_lie_within_their_interval(seed, kind):
    one = chosen(seed, kind)
    if one is None:
        return
    for exact in (False, True):
        rejected = explain(one.plan, exact=exact).rejected
        for j, row in rejected.iterrows():
            assert j not in one.plan.sites
            forced = one.best(lambda sites, j=j: j in sites)
            loss = one.lost(forced)
            if math.isnan(row["loss_at_least"]):
                assert forced is None
                assert row["reason"] in {"forbidden", "too_dear", "no_way"} or exact
                continue
            slack = 1e-6 * max(1.0, abs(one.plan.value))
            assert 0 <= row["loss_at_least"] <= loss + slack, (kind, j)
            assert loss <= row["loss_at_most"] + slack, (kind, j)
            if forced is not None:
                beyond = row["bound_with"] - forced if one.plan.most else forced - row["bound_with"]
                assert beyond >= -1e-6 * max(1.0, abs(forced))
                if exact:
                    assert row["loss_at_most"] == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("seed", range(16))
def test_replacements_are_the_best_there_are(seed, kind):
    one = chosen(seed, kind)
    if one is None:
        return
    plan, scheme = one.plan, one.plan.scheme
    table = explain(plan).chosen
    assert table.index.tolist() == plan.table.index.tolist()
    for j, row in table.iterrows():
        if row["required"]:
            assert math.isnan(row["loss"])
            continue
        values = exchanged(one, scheme.ids.tolist().index(j))
        losses = [plan.value - value if plan.most else value - plan.value for value in values]
        least = min(losses, default=math.inf)
        if row["replacement"] is not None and row["replacement"] == row["replacement"]:
            assert row["loss"] == pytest.approx(least, abs=1e-6)
            assert row["loss"] < row["loss_without"]
        elif math.isinf(row["loss_without"]):
            assert not values
            assert math.isnan(row["loss"])
        else:
            assert row["loss"] == row["loss_without"] <= least + 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(10))
def test_elders_are_counted_by_hand(seed, kind):
    one = chosen(seed, kind)
    if one is None:
        return
    case, plan = one.case, one.plan
    why, scheme = explain(plan), plan.scheme
    for j, row in why.chosen.iterrows():
        total, alone = 0.0, 0.0
        for s in range(case.seconds.shape[0]):
            there = np.flatnonzero(scheme.offering(plan.opened, s))
            mine = plan.last & (scheme.options.site == j) & scheme.options.serves[:, s]
            if not mine.any():
                continue
            near = case.near[s, 0]
            total += case.weights[near[:, j]].sum()
            alone += case.weights[near[:, j] & ~near[:, there[there != j]].any(axis=1)].sum()
        assert row["elders_total"] == pytest.approx(total)
        assert row["elders_only"] == pytest.approx(alone)
        assert row["elders_shared"] == pytest.approx(total - alone)
    left = why.uncovered["elders"].sum()
    served = plan.elders_before + plan.elders_added
    assert left == pytest.approx(plan.elders - served, abs=1e-4)
    assert set(why.uncovered["service"]) <= set(scheme.services)


@pytest.fixture
def homes():
    far = np.nan
    return Reach.of_matrix([[300, far, 10], [far, 500, 9], [far, 400, far]], list("xyz"), list("ABC"))


def test_another_way_to_the_same_site(homes):
    ways = [Way("A", "rent", capital_cny=3), Way("A", "buy", capital_cny=5), Way("B", "rent", capital_cny=4)]
    plan = MaxCover(budget=8).solve_table(homes, [50, 30, 40], ways=ways, costs={"C": 20})
    assert plan.sites == ("A", "B")
    with language("en"):
        why = explain(plan)
    assert why.chosen["replacement"].isna().all()  # buying A instead takes 9 of 8, and C takes 20
    assert why.rejected.loc["C", "reason"] == "too_dear"
    assert why.rejected.loc["C", "why"] == "it takes 20 where 8 is left"
    wide = MaxCover(budget=9).solve_table(homes, [50, 30, 40], ways=ways, costs={"C": 20})
    assert explain(wide).chosen.loc["A", ["replacement", "replacement_way", "loss"]].tolist() == ["A", "buy", 0.0]
    with pytest.raises(InputError):
        explain(wide, table=Reach.of_matrix([[1.0]]))

"""What an explanation says of each site equals what trying every choice says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from planner.errors import InputError
from planner.i18n import language
from planner.siting import Effort, MaxCover, PMedian, Reach
from planner.siting.explaining import explain
from tests.siting.asked import QUICK, all_values, asked, cases_of, value_of


@pytest.mark.parametrize("seed", range(160))
def test_losses_lie_within_their_interval(seed):
    for one in cases_of(seed):
        if not one.plan.rows and not one.question.free.any():
            continue
        rejected = explain(one.plan).rejected
        values, most = all_values(one), one.question.most
        best = (max if most else min)(values.values())
        pick = max if most else min
        new = set(range(one.case.costs.size)) - set(one.case.existing) - set(one.plan.sites)
        assert rejected.index.tolist() == sorted(new)
        for j, row in rejected.iterrows():
            forced = pick((value for chosen, value in values.items() if j in chosen), default=None)
            if math.isnan(row["loss_at_least"]):
                assert forced is None
                assert row["reason"] in {"forbidden", "too_dear"}
                continue
            loss = math.inf if forced is None else best - forced if most else forced - best
            slack = 1e-9 * max(1.0, abs(best))
            assert 0 <= row["loss_at_least"] <= loss + slack, (one.kind, j)
            assert loss <= row["loss_at_most"] + slack, (one.kind, j)
            if forced is not None:
                beyond = row["bound_with"] - forced if most else forced - row["bound_with"]
                assert beyond >= -1e-7 * max(1.0, abs(forced))


@pytest.mark.parametrize("seed", range(160))
def test_replacements_are_the_best_there_are(seed):
    for one in cases_of(seed):
        case, plan, most = one.case, one.plan, one.question.most
        chosen = explain(plan).chosen
        assert chosen.index.tolist() == plan.table.index.tolist()
        for j, row in chosen.iterrows():
            rest = tuple(k for k in plan.sites if k != j)
            bare = value_of(one, rest)
            if one.kind in {"sites", "budget"} or bare is not None:
                lost = plan.value - bare if most else bare - plan.value
                assert row["loss_without"] == pytest.approx(lost, abs=1e-9)
            else:
                assert row["loss_without"] == math.inf
            if j in case.required:
                assert row["required"]
                assert math.isnan(row["loss"])
                continue
            others = set(range(case.costs.size)) - {*case.existing, *case.forbidden, *plan.sites}
            values = {k: value_of(one, (*rest, k)) for k in others}
            values = {k: value for k, value in values.items() if value is not None}
            better = {k: v for k, v in values.items() if bare is None or (v > bare + 1e-9 if most else v < bare - 1e-9)}
            if not better:
                assert row["replacement"] is None or math.isnan(row["replacement"])
                assert math.isnan(row["loss"]) if bare is None else row["loss"] == pytest.approx(row["loss_without"])
                continue
            best = (max if most else min)(better.values())
            assert row["loss"] == pytest.approx(plan.value - best if most else best - plan.value, abs=1e-9)
            assert row["loss"] >= 0
            assert better[int(row["replacement"])] == pytest.approx(best)


@pytest.mark.parametrize("seed", range(0, 160, 4))
def test_elders_are_counted_by_hand(seed):
    for one in cases_of(seed):
        case, plan = one.case, one.plan
        near = case.seconds <= (case.limit_s if one.kind not in {"median", "center"} else 1e9)
        weights, stands = case.weights, [*case.existing, *plan.sites]
        why = explain(plan)
        for j, row in why.chosen.iterrows():
            others = [k for k in stands if k != j]
            alone = near[:, j] & ~near[:, others].any(axis=1)
            assert row["elders_total"] == pytest.approx(weights[near[:, j]].sum())
            assert row["elders_only"] == pytest.approx(weights[alone].sum())
            assert row["elders_shared"] == pytest.approx(weights[near[:, j] & near[:, others].any(axis=1)].sum())
            nearest = near[:, j] & (case.seconds[:, [j]] <= case.seconds[:, stands]).all(axis=1)
            assert row["elders_nearest"] == pytest.approx(weights[nearest].sum())
        reached = near[:, stands].any(axis=1)
        for j, row in why.rejected.iterrows():
            if one.kind in {"median", "center"}:
                new = near[:, j] & (case.seconds[:, j] < case.walks(plan.sites))
            else:
                new = near[:, j] & ~reached
            assert row["elders_new"] == pytest.approx(weights[new].sum())
        lost = np.flatnonzero(~reached & (weights > 0))
        assert why.uncovered.index.tolist() == lost.tolist()
        could = [k for k in range(case.costs.size) if k not in case.forbidden]
        for i, row in why.uncovered.iterrows():
            assert row["coverable"] == near[i, could].any()
            walks = {k: case.seconds[i, k] for k in could if k not in case.existing and near[i, k]}
            if not walks:
                assert math.isnan(row["walk_s"])
            else:
                assert row["nearest"] == min(walks, key=lambda k: (walks[k], k))
                assert row["walk_s"] == min(walks.values())


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_exact_closes_the_interval(seed):
    for one in cases_of(seed):
        values, most = all_values(one), one.question.most
        for j, row in explain(one.plan, exact=True, effort=QUICK).rejected.iterrows():
            forced = (max if most else min)((value for chosen, value in values.items() if j in chosen), default=None)
            if forced is None:
                assert math.isnan(row["loss_at_most"])
                continue
            loss = one.plan.value - forced if most else forced - one.plan.value
            assert row["loss_at_least"] == pytest.approx(loss, abs=1e-6)
            assert row["loss_at_most"] == pytest.approx(loss, abs=1e-6)


@pytest.fixture
def homes():
    far = np.nan
    return Reach.of_matrix(
        [[300, far, far, far, far, far], [far, 500, 90, far, far, 10], [far, 200, 80, 400, far, far], [far] * 6],
        list("wxyz"),
        list("ABCDEF"),
    )


def test_reasons_have_words(homes):
    plan = MaxCover(budget=10).solve_table(
        homes, [50, 30, 40, 5], costs=[4, 6, 5, 1, 1, 20], forbidden=["A"], existing=[]
    )
    with language("en"):
        why = explain(plan)
    assert plan.sites == ("C",)
    assert why.rejected["why"].to_dict() == {
        "A": "it must not be chosen",
        "B": "it serves the same homes as C",
        "D": "the chosen sites serve all of its elders",
        "E": "what stands or must be chosen serves all of its elders",
        "F": "it takes 20 where 10 is left",
    }
    assert why.chosen.loc["C", "twins"] == "B"
    assert why.chosen.loc["C", "replacement"] == "B"
    wide = Reach.of_matrix(np.full((4, 6), 900.0) + np.arange(6), list("wxyz"), list("ABCDEF"))
    uncovered = explain(plan, table=wide).uncovered
    assert uncovered["nearest"].tolist() == ["B", "B"]
    assert uncovered["walk_s"].tolist() == [901.0, 901.0]
    assert plan.explain().chosen.equals(why.chosen)


def test_what_has_no_explanation(homes):
    nothing = PMedian(1).solve_table(homes)
    with language("en"), pytest.raises(InputError, match="there is no plan"):
        explain(nothing)
    plan = MaxCover(sites=1).solve_table(homes)
    with language("en"), pytest.raises(InputError, match="does not hold"):
        explain(dataclasses.replace(plan, value=9.0))
    with pytest.raises(InputError):
        explain(plan, table=Reach.of_matrix([[1.0]]))
    with pytest.raises(InputError):
        explain("a plan")


def test_a_plan_with_a_gap_bounds_losses_against_the_best_plan():
    one = next(one for seed in range(20) for one in cases_of(seed) if one.kind == "sites" and len(one.plan.rows) > 1)
    values = all_values(one)
    worse = dict(sorted(values.items(), key=lambda item: -item[1])).popitem()[0]
    chosen = np.zeros(one.question.price.size, bool)
    chosen[list(worse)] = True
    from planner.siting.certificate import certify
    from planner.siting.siteplans import conclude

    loose = certify(one.question, np.zeros(one.question.weight.size))
    plan = conclude(one.question, chosen, loose)
    best = max(values.values())
    for j, row in explain(plan).rejected.dropna(subset=["loss_at_least"]).iterrows():
        forced = max(value for sites, value in values.items() if j in sites)
        assert row["loss_at_least"] <= best - forced + 1e-9
        assert row["loss_at_most"] >= best - forced - 1e-9


def test_intervals_are_narrow():
    """Of all rejected sites of all cases most are settled without solving anything again."""
    closed = total = 0
    for seed in range(60):
        one = asked(seed, "sites")
        if one.plan.status == "infeasible":
            continue
        rejected = explain(one.plan).rejected.dropna(subset=["loss_at_least"])
        closed += int((rejected["loss_at_least"] == rejected["loss_at_most"]).sum())
        total += len(rejected)
    assert closed > 0.5 * total, (closed, total)
    assert Effort().seed == 0

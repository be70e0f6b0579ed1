"""Plans equal what trying every choice finds: never a wrong optimum, never a bound that a choice beats."""

from __future__ import annotations

import math

import numpy as np
import pytest

from planner.siting import Effort, LeastSites, MaxCover, PCenter, Plan, PMedian, Reach
from tests.siting.cases import Case, random_case

SEEDS = range(300)
QUICK = Effort(trials=50)


def held(plan: Plan, best: float | None) -> None:
    """A plan is the best there is, and says so truly."""
    assert plan.verify(), plan.doubts()
    if best is None:
        assert plan.status == "infeasible", (plan.status, plan.value)
        assert plan.reasons
        return
    assert plan.status == "optimal", (plan.status, plan.value, plan.bound, best, plan.reasons)
    assert math.isclose(plan.value, best, rel_tol=1e-9, abs_tol=1e-9)
    beyond = plan.certificate.bound - best if plan.question.most else best - plan.certificate.bound
    assert beyond >= -1e-7 * max(1.0, abs(best)), "the certificate proves what is not true"


def reach_of(case: Case) -> Reach:
    return Reach.of_matrix(case.seconds)


@pytest.mark.parametrize("seed", SEEDS)
def test_most_elders(seed):
    case = random_case(seed)
    table = reach_of(case)
    plan = MaxCover(sites=case.sites, effort=QUICK).solve_table(table, case.weights, limit_s=case.limit_s, **case.roles)
    held(plan, case.most_covered(by_cost=False))
    paid = MaxCover(budget=case.budget, effort=QUICK).solve_table(
        table, case.weights, limit_s=case.limit_s, costs=case.costs, **case.roles
    )
    held(paid, case.most_covered(by_cost=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_least_sites_and_cost(seed):
    case = random_case(seed)
    for by_cost in (False, True):
        plan = LeastSites(share=case.share, by_cost=by_cost, effort=QUICK).solve_table(
            reach_of(case), case.weights, limit_s=case.limit_s, costs=case.costs, **case.roles
        )
        held(plan, case.least(by_cost=by_cost))


@pytest.mark.parametrize("seed", SEEDS)
def test_least_walking(seed):
    case = random_case(seed)
    held(PMedian(case.sites, effort=QUICK).solve_table(reach_of(case), case.weights, **case.roles), case.median())


@pytest.mark.parametrize("seed", SEEDS)
def test_shortest_longest_walk(seed):
    case = random_case(seed)
    held(PCenter(case.sites, effort=QUICK).solve_table(reach_of(case), case.weights, **case.roles), case.center())


@pytest.mark.parametrize("seed", range(0, 300, 10))
def test_four_figures_add_up(seed):
    case = random_case(seed)
    plan = MaxCover(sites=case.sites, effort=QUICK).solve_table(
        reach_of(case), case.weights, limit_s=case.limit_s, **case.roles
    )
    if plan.status == "infeasible":
        return
    before = case.covered(())
    everywhere = tuple(j for j in range(case.costs.size) if j not in case.forbidden)
    assert plan.elders_before == pytest.approx(before)
    assert plan.elders_added == pytest.approx(plan.value - before)
    assert plan.elders_uncoverable == pytest.approx(case.weights.sum() - case.covered(everywhere))
    total = plan.elders_before + plan.elders_added + plan.elders_uncovered + plan.elders_uncoverable
    assert total == pytest.approx(case.weights.sum())
    assert plan.table["elders_added"].sum() == pytest.approx(plan.elders_added)


def test_any_multipliers_bound_what_they_say():
    rng = np.random.default_rng(5)
    from planner.siting.certificate import certified

    for seed in range(60):
        case = random_case(seed)
        models = [
            (MaxCover(sites=case.sites, effort=QUICK), {"limit_s": case.limit_s}),
            (MaxCover(budget=case.budget, effort=QUICK), {"limit_s": case.limit_s, "costs": case.costs}),
            (LeastSites(share=case.share, effort=QUICK), {"limit_s": case.limit_s}),
            (PMedian(case.sites, effort=QUICK), {}),
            (PCenter(case.sites, effort=QUICK), {}),
        ]
        for model, more in models:
            plan = model.solve_table(reach_of(case), case.weights, **more, **case.roles)
            if plan.status == "infeasible":
                continue
            for scale in (0.1, 1.0, 30.0, 5_000.0):
                wild = rng.normal(0, scale, case.weights.size)
                bound = certified(plan.question, wild, rate=abs(rng.normal()), radius=rng.uniform(0, 700))
                assert (bound >= plan.value - 1e-6) if plan.question.most else (bound <= plan.value + 1e-6)

"""What must follow when a question changes: more never covers fewer, demands never more, splitting changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from planner.siting import Effort, LeastSites, MaxCover, PCenter, PMedian, Reach
from tests.siting.cases import random_case

QUICK = Effort(trials=50)
SEEDS = range(0, 300, 6)


def most(case, *, sites=None, seconds=None, weights=None, **more):
    """The most elders, as a plan."""
    return MaxCover(sites=case.sites if sites is None else sites, effort=QUICK).solve_table(
        Reach.of_matrix(case.seconds if seconds is None else seconds),
        case.weights if weights is None else weights,
        **{"limit_s": case.limit_s, **more},
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_more_never_covers_fewer(seed):
    case = random_case(seed)
    base = most(case).value
    assert most(case, sites=case.sites + 1).value >= base
    assert most(case, limit_s=case.limit_s + 100).value >= base
    assert most(case, seconds=case.seconds[:, :-1]).value <= base if case.costs.size > 1 else True
    budget = [
        MaxCover(budget=one, effort=QUICK).solve_table(
            Reach.of_matrix(case.seconds), case.weights, costs=case.costs, limit_s=case.limit_s
        )
        for one in (case.budget, case.budget + 3)
    ]
    assert budget[1].value >= budget[0].value - 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_demands_never_cover_more(seed):
    case = random_case(seed)
    if not case.sites:
        return
    base = most(case).value
    assert most(case, required=[case.costs.size - 1]).value <= base + 1e-9
    assert most(case, forbidden=[0]).value <= base + 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_a_compound_split_in_two_changes_nothing(seed):
    case = random_case(seed)
    seconds = np.vstack([case.seconds, case.seconds[:1]])
    part = np.floor(case.weights[0] / 3)
    weights = np.append(case.weights, part)
    weights[0] -= part
    whole, split = most(case), most(case, seconds=seconds, weights=weights)
    assert split.value == pytest.approx(whole.value)
    assert split.sites == whole.sites


@pytest.mark.parametrize("model", [PMedian, PCenter])
@pytest.mark.parametrize("seed", range(0, 300, 15))
def test_more_sites_never_make_walks_longer(model, seed):
    case = random_case(seed)
    table = Reach.of_matrix(case.seconds)
    few, many = (model(case.sites + more, effort=QUICK).solve_table(table, case.weights) for more in (0, 1))
    if few.status == "optimal":
        assert many.value <= few.value + 1e-9


def test_exactly_the_limit_counts():
    table = Reach.of_matrix([[600.0, 700.0], [600.001, 1.0]])
    assert MaxCover(sites=2).solve_table(table, [5, 7], limit_s=600).elders_added == 12
    assert MaxCover(sites=2).solve_table(table, [5, 7], limit_s=600, forbidden=[1]).elders_added == 5
    assert LeastSites().solve_table(table, [5, 7], limit_s=600).value == 2


def test_ties_go_to_the_cheaper_then_the_nearer_then_the_first():
    seconds = np.array([[500.0, 400.0, 400.0, 400.0]])
    table = Reach.of_matrix(seconds, site_ids=list("ABCD"))
    assert MaxCover(sites=1).solve_table(table, limit_s=600, costs=[1, 2, 2, 2]).sites == ("A",)
    assert MaxCover(sites=1).solve_table(table, limit_s=600, costs=[2, 2, 2, 2]).sites == ("B",)
    plan = MaxCover(sites=3).solve_table(table, limit_s=600)
    assert plan.sites == ("B",)  # a second site would add nobody
    assert plan.twins == {"B": ("A", "C", "D")}


def test_existing_sites_take_nothing_of_the_purse():
    table = Reach.of_matrix([[1.0, np.inf, np.inf], [np.inf, 1.0, np.inf], [np.inf, np.inf, 1.0]], site_ids=list("ABC"))
    plan = MaxCover(sites=1).solve_table(table, [10, 20, 30], existing=["A"])
    assert (plan.sites, plan.value, plan.elders_before, plan.elders_added) == (("C",), 60 - 20, 10, 30)

"""Alternatives are the next best plans by enumeration, in order, and never claim more than is proven."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pytest

from planner import solving
from planner.errors import InputError
from planner.siting import Effort, MaxCover, PCenter, PMedian, Reach
from planner.siting.alternatives import alternatives
from planner.siting.trades import trimmed
from planner.solving import SolverError
from tests.siting.asked import all_values, asked
from tests.siting.towns import town

KINDS = ("sites", "budget", "cover", "cost", "median")


def needed(values, one, chosen):
    """Whether no site of a choice can go without loss: those that must be chosen aside."""
    value = values[chosen]
    for j in chosen:
        if j in one.case.required:
            continue
        less = values.get(tuple(k for k in chosen if k != j))
        if less is not None and (less >= value - 1e-9 if one.question.most else less <= value + 1e-9):
            return False
    return True


def same(value, plan):
    return value == pytest.approx(plan.value, abs=1e-9)


@pytest.mark.parametrize("seed", range(160))
@pytest.mark.parametrize("kind", KINDS)
def test_the_next_best_by_enumeration(seed, kind):
    one = asked(seed, kind)
    if one.plan.status == "infeasible":
        return
    values, most = all_values(one), one.question.most
    plans = {chosen: value for chosen, value in values.items() if needed(values, one, chosen)}
    # Of the sites that the plan needs, an alternative leaves out one: no plan of more sites is another one.
    first = next(chosen for chosen in plans if set(chosen) <= set(one.plan.sites) and same(values[chosen], one.plan))
    others = sorted((value for chosen, value in plans.items() if chosen != first), reverse=most)
    found = alternatives(one.plan, 4)
    assert [each.value for each in found] == pytest.approx(others[:4], abs=1e-6)
    assert len({each.plan.sites for each in found} | {one.plan.sites}) == len(found) + 1
    keys = [one.question.key(each.plan.chosen) for each in found]
    assert keys == sorted(keys)
    for each in found:
        assert each.status == "optimal"
        assert each.verify(), each.doubts()
        assert each.plan.verify()
        assert values[each.plan.sites] == pytest.approx(each.value)
        assert each.loss == pytest.approx(abs(each.value - one.plan.value), abs=1e-9)
        assert set(each.plan.sites) == (set(one.plan.sites) | set(each.sites_in)) - set(each.sites_out)


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("kind", KINDS)
def test_different_in_two_sites(seed, kind):
    one = asked(seed, kind)
    if one.plan.status == "infeasible":
        return
    values, most = all_values(one), one.question.most
    before = [tuple(np.flatnonzero(trimmed(one.question, one.plan.chosen)).tolist())]
    found = alternatives(one.plan, 3, different=2)
    for each in (*found, None):
        left = [
            value for chosen, value in values.items() if all(len(set(other) - set(chosen)) >= 2 for other in before)
        ]
        if each is None:
            assert len(found) == 3 or not left
            continue
        assert each.value == pytest.approx((max if most else min)(left), abs=1e-6)
        assert each.status == "optimal"
        assert each.verify(), each.doubts()
        assert all(len(set(other) - set(each.plan.sites)) >= 2 for other in before)
        before.append(each.plan.sites)


@pytest.fixture(scope="module")
def plan():
    one = town(600, 150, side_m=8_000)
    return MaxCover(sites=8, effort=Effort(trials=200)).solve_table(one.reach(), one.elders)


def test_a_corrupted_alternative_fails(plan):
    first, second = alternatives(plan, 2)
    assert first.value >= second.value
    for change in (
        {"value": second.value + 1},
        {"bound": second.bound + 1},
        {"bound": second.value - 1},
        {"status": "gap"},
        {"plan": plan},
        {"plan": first.plan},
        {"different": 5},
    ):
        assert not dataclasses.replace(second, **change).verify(), change


def test_what_is_not_proven_is_not_called_so(plan, monkeypatch):
    proven = alternatives(plan, 3)

    def fails(*_given, **_more):
        raise SolverError("HiGHS: Not Set")

    module = importlib.import_module("planner.siting.alternatives")  # the package has a function of that name
    monkeypatch.setattr(module, "solve", fails)
    for one, true in zip(alternatives(plan, 3), proven, strict=True):
        assert one.value <= true.value <= one.bound
        assert one.status == ("optimal" if one.value == one.bound else "gap")
        assert one.verify(), one.doubts()
    monkeypatch.setattr(module, "solve", solving.solve)
    for one, true in zip(alternatives(plan, 3, effort=Effort(time_limit_s=0.0)), proven, strict=True):
        assert one.value <= true.value <= one.bound
        assert one.verify(), one.doubts()


def test_order_of_sites_plays_no_part():
    rng = np.random.default_rng(3)
    seconds = rng.integers(1, 9, (40, 12)) * 100.0
    weights = rng.integers(1, 9, 40)
    names = np.array([f"site {j:02}" for j in range(12)])
    told = []
    for mix in (np.arange(12), rng.permutation(12)):
        reach = Reach.of_matrix(seconds[:, mix], site_ids=names[mix])
        found = alternatives(MaxCover(sites=3).solve_table(reach, weights, limit_s=200), 5)
        told.append([(one.plan.sites, one.value, one.bound) for one in found])
    assert told[0] == told[1]


def test_what_has_no_alternatives(plan):
    reach = Reach.of_matrix([[1.0, 2.0]], ["x"], ["A", "B"])
    assert alternatives(MaxCover(sites=1).solve_table(reach, required=["A"])) == ()
    assert alternatives(MaxCover(sites=0).solve_table(reach)) == ()
    assert [one.plan.sites for one in alternatives(PMedian(1).solve_table(reach), 5)] == [("B",)]
    with pytest.raises(InputError):
        alternatives(PCenter(1).solve_table(reach))
    with pytest.raises(InputError) as caught:
        alternatives(plan, 0, different=0)
    assert len(caught.value.faults) == 2

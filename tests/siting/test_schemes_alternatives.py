"""Alternatives under the switches are the next best by enumeration, in order, and never claim more than is proven."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pytest

from planner.siting import Effort, MaxCover, Reach
from planner.siting.alternatives import alternatives
from planner.siting.schemes.alternatives import Following
from planner.solving import SolverError
from tests.siting.chosen import chosen
from tests.siting.switched import KINDS
from tests.siting.towns import town


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(16))
@pytest.mark.parametrize("different", [1, 2])
def test_the_next_best_by_enumeration(seed, kind, different):
    one = chosen(seed, kind)
    if one is None:
        return
    plan = one.plan
    found = alternatives(plan, 3, different)
    before = [set(Following(plan, different, Effort()).before[0])]
    assert before[0] <= set(plan.rows)
    for each in found:
        best = one.best(lambda sites, before=before: all(len(other - sites) >= different for other in before))
        assert best is not None
        assert each.value == pytest.approx(best, abs=1e-5)
        assert each.status == "optimal"
        assert each.verify(), each.doubts()
        assert each.plan.verify()
        sites = set(each.plan.rows)
        assert all(len(other - sites) >= different for other in before)
        assert each.loss == pytest.approx(abs(each.value - plan.value), abs=1e-6)
        assert set(each.plan.sites) == (set(plan.sites) | set(each.sites_in)) - set(each.sites_out)
        before.append(sites)
    if len(found) < 3:
        assert one.best(lambda sites: all(len(other - sites) >= different for other in before)) is None


@pytest.fixture(scope="module")
def plan():
    one = town(300, 60, side_m=5_000)
    reach = one.reach()
    districts = np.array(list("nesw"))[np.arange(300) % 4]
    return MaxCover(sites=6, floors=0.2).solve_table(reach, one.elders, districts=districts)


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
        {"different": 7},
    ):
        assert not dataclasses.replace(second, **change).verify(), change


def test_what_is_not_proven_is_not_called_so(plan, monkeypatch):
    proven = alternatives(plan, 3)

    def fails(*_given, **_more):
        raise SolverError("HiGHS: Not Set")

    for name in ("searching", "alternatives"):
        monkeypatch.setattr(importlib.import_module(f"planner.siting.schemes.{name}"), "solve", fails)
    found = alternatives(plan, 3)
    assert found
    for one, true in zip(found, proven, strict=False):
        assert one.value <= true.value <= one.bound
        assert one.verify(), one.doubts()
    monkeypatch.undo()
    for limited in (alternatives(plan, 3, effort=Effort(time_limit_s=0.0)), alternatives(plan, 3, within_s=0.0)):
        assert limited
        for one, true in zip(limited, proven, strict=False):
            assert one.value <= true.value <= one.bound
            assert one.verify(), one.doubts()


def test_order_of_sites_plays_no_part():
    rng = np.random.default_rng(3)
    seconds = rng.integers(1, 9, (40, 12)) * 100.0
    weights, names = rng.integers(1, 9, 40), np.array([f"site {j:02}" for j in range(12)])
    told = []
    for mix in (np.arange(12), rng.permutation(12)):
        reach = Reach.of_matrix(seconds[:, mix], site_ids=names[mix])
        found = alternatives(MaxCover(sites=[2, 3]).solve_table(reach, weights, limit_s=200), 5)
        told.append([(one.plan.sites, one.value, one.bound) for one in found])
    assert told[0] == told[1]

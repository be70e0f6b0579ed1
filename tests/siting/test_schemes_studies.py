"""Switches on a study: figures follow from the walks alone, and names that are wrong are all told."""

from __future__ import annotations

import json

import numpy as np
import pytest

import planner as pl
from planner.errors import InputError
from planner.i18n import language
from planner.siting import LeastSites, MaxCover
from planner.siting.schemes.options import Way
from planner.siting.studies import table_of
from planner.walking.walkers import WALKERS
from tests.coverage.towns import area, at, care, home, square, town

MEAL, CARE = "meal-10min", "care-15min"


@pytest.fixture(scope="module")
def sample():
    return pl.open_study("data/sample", lang="en")


class Walks:
    """Who reaches which site on time, by id, and nothing of what the models make of it."""

    def __init__(self, study, circle: str, walker: str | None = None) -> None:
        there = table_of(study, circle, walker=None if walker is None else WALKERS[walker])
        reach = there.reach
        self.existing = set(there.existing)
        pairs = zip(reach.site_ids[reach.site], reach.demand_ids[reach.demand], reach.seconds, strict=True)
        self.walk: dict[tuple[str, str], float] = {(str(site), str(one)): float(s) for site, one, s in pairs}
        self.elders = study.layers["compounds"]["elders_60"].fillna(0).to_dict()

    def reached(self, sites) -> set[str]:
        return {one for site, one in self.walk if site in set(sites)}

    def count(self, sites) -> float:
        return sum(self.elders[one] for one in self.reached(sites))

    def nearest(self, sites) -> dict[str, str]:
        """The nearest of some sites for everybody who reaches one, of equals the first by id."""
        ways: dict[str, tuple[float, str]] = {}
        for (site, one), seconds in self.walk.items():
            if site in set(sites):
                ways[one] = min(ways.get(one, (np.inf, "")), (seconds, site))
        return {one: site for one, (_seconds, site) in ways.items()}


def held(plan):
    assert plan.status == "optimal"
    assert plan.verify(), plan.doubts()
    total = plan.elders_before + plan.elders_added + plan.elders_uncovered + plan.elders_uncoverable
    assert total == pytest.approx(plan.elders)
    json.dumps(plan.as_record(), allow_nan=False)
    return plan


def test_two_circles_at_once(sample):
    plan = held(MaxCover(budget=6e6, saving=300_000).solve(sample, circle=[MEAL, CARE]))
    assert [one.id for one in plan.circles] == [MEAL, CARE]
    candidates, value = sample.layers["candidates"], 0.0
    for circle, uses in ((MEAL, ("canteen", "both")), (CARE, ("day_care", "both"))):
        walks, row = Walks(sample, circle), plan.by_service.loc[circle]
        new = plan.table.index[plan.table["use"].isin(uses)]
        assert set(candidates.loc[new, "use"]) <= set(uses)
        assert row["elders_before"] == walks.count(walks.existing)
        assert row["elders_before"] + row["elders_added"] == walks.count(walks.existing | set(new))
        value += walks.count(walks.existing | set(new))
    assert plan.value == value
    both = plan.table["use"] == "both"
    cost = candidates.loc[plan.table.index, "cost_cny"] * np.where(both, 2, 1) - np.where(both, 300_000, 0)
    assert plan.table["cost_cny"].tolist() == cost.tolist()
    assert plan.cost == cost.sum() <= 6e6
    alone = held(MaxCover(budget=6e6).solve(sample, circle=[MEAL, CARE]))
    assert plan.value >= alone.value


def test_phases(sample):
    plan = held(MaxCover(sites=[2, 4, 6], years=[2027, 2028, 2029], circle=MEAL).solve(sample))
    walks, covered = Walks(sample, MEAL), []
    for phase, year in enumerate(("2027", "2028", "2029"), 1):
        new = plan.table.index[plan.table["phase"] <= phase]
        assert len(new) <= 2 * phase
        assert set(plan.table.loc[plan.table["phase"] == phase, "year"]) == {year}
        covered.append(walks.count(walks.existing | set(new)))
    assert plan.by_phase["elders_covered"].tolist() == covered
    assert plan.value == sum(covered)
    single = held(MaxCover(sites=6, circle=MEAL).solve(sample))
    assert covered[-1] <= single.value
    candidates = sample.layers["candidates"]
    required = candidates["required"].fillna(False).astype(bool) & (candidates["use"] != "day_care")
    assert set(candidates.index[required]) <= set(plan.sites)


def test_capacity_and_the_nearest_choice(sample):
    plan = held(MaxCover(sites=5, capacity=True, uptake=0.3, circle=MEAL).solve(sample))
    walks, loads = Walks(sample, MEAL), plan.loads.set_index("site_id")
    opened = {*plan.sites, *walks.existing}
    assert set(loads.index) == opened
    nearest = walks.nearest(opened)
    rooms = {**sample.layers["facilities"]["meals_per_day"], **sample.layers["candidates"]["meals_per_day"]}
    for site in opened:
        coming = 0.3 * sum(walks.elders[one] for one, where in nearest.items() if where == site)
        room = float("inf") if rooms[site] != rooms[site] or rooms[site] is None else float(rooms[site])
        row = loads.loc[site]
        assert row["capacity"] == room
        assert row["nearest"] == pytest.approx(coming)
        assert row["over"] == pytest.approx(max(0.0, coming - room))
        assert row["assigned"] <= room + 1e-6
    assert loads["assigned"].sum() == pytest.approx(0.3 * plan.value)
    assert (loads["over"] > 0).any()  # people do not go where a plan sends them
    free = MaxCover(sites=5, circle=MEAL).solve(sample)
    assert plan.value <= free.value
    flows = plan.flows
    for one, option, amount in zip(flows.demand, flows.option, flows.amount, strict=True):
        site = str(plan.scheme.ids[plan.scheme.options.site[option]])
        demand = str(plan.scheme.reaches[0][0].demand_ids[one])
        assert (site, demand) in walks.walk
        assert amount <= walks.elders[demand] + 1e-6


def test_the_fairest_plan(sample):
    plan = held(MaxCover(sites=5, fairest=True, circle=MEAL).solve(sample))
    walks, streets = Walks(sample, MEAL), plan.by_district.set_index("district")
    reached = walks.reached({*plan.sites, *walks.existing})
    row = pl.coverage.areas.assign(sample, "street")
    areas = sample.layers["areas"]
    names = areas.loc[areas["level"] == "street", "name"].tolist()
    ids = sample.layers["compounds"].index
    for number, name in enumerate(names):
        mine = [one for one, at_row in zip(ids, row, strict=True) if at_row == number]
        elders = sum(walks.elders[one] for one in mine)
        assert streets.loc[name, "elders"] == elders
        assert streets.loc[name, "elders_covered"] == sum(walks.elders[one] for one in mine if one in reached)
    assert plan.value == streets["share"].min()
    most = MaxCover(sites=5, circle=MEAL, floors=0.0).solve(sample)
    assert most.by_district["share"].min() <= plan.value
    assert most.value >= plan.elders_before + plan.elders_added


@pytest.mark.parametrize("robust", ["worst", "regret"])
def test_walkers(sample, robust):
    names = ["standard", "elder", "frail"]
    plan = held(MaxCover(sites=5, walkers=names, robust=robust, circle=MEAL).solve(sample))
    covered, best = {}, {}
    for name in names:
        walks = Walks(sample, MEAL, name)
        covered[name] = walks.count({*plan.sites, *walks.existing})
        there = table_of(sample, MEAL, walker=WALKERS[name])
        best[name] = MaxCover(sites=5).solve_table(there.reach, there.elders, **there.given()).value
    table = plan.by_walker
    assert table.index[0] == sample.walker.name == "elder"  # of whom the sites are told what they add
    assert table["elders_covered"].to_dict() == covered
    if robust == "worst":
        assert plan.value == min(covered.values())
    else:
        assert table["best"].to_dict() == best
        assert table["ceiling"].to_dict() == best
        assert plan.value == max(best[name] - covered[name] for name in names)
    own = Walks(sample, MEAL)
    assert plan.elders_before + plan.elders_added == covered["elder"] == own.count({*plan.sites, *own.existing})


def test_floors_and_costs_of_a_covering_plan(sample):
    plan = held(LeastSites(share=0.45, by_cost=True, floors=0.2, circle=MEAL).solve(sample))
    assert plan.value == plan.cost == sample.layers["candidates"].loc[list(plan.sites), "cost_cny"].sum()
    assert (plan.by_district["share"] >= 0.2 - 1e-9).all()
    assert plan.elders_before + plan.elders_added >= 0.45 * plan.elders
    loose = held(LeastSites(share=0.45, by_cost=True, circle=MEAL).solve(sample))
    assert loose.value <= plan.value


def test_a_facility_is_given_up(sample):
    ways = [Way("K11", "置换", 500_000, closes="F04"), Way("K01", "购置", 1.0)]  # K01 is for day care only
    plan = held(MaxCover(budget=2e6, circle=MEAL).solve(sample, may_close={"F04": 1e6}, ways=ways))
    walks = Walks(sample, MEAL)
    stands = {*plan.sites, *walks.existing} - set(plan.closed)
    assert plan.value == walks.count(stands)
    assert plan.elders_before == walks.count(walks.existing)
    stays = held(MaxCover(budget=2e6, circle=MEAL).solve(sample, ways=[Way("K11", "补建", 500_000)]))
    assert (stays.closed, stays.value <= plan.value) == ((), True) if "F04" in plan.closed else True


def test_wrong_names_are_told_all_at_once(sample):
    def faults(model, **more):
        with language("en"), pytest.raises(InputError) as caught:
            model.solve(sample, **more)
        return [fault.what for fault in caught.value.faults]

    first = faults(MaxCover(sites=3, walkers=["runner", "elder", "elder"]), circle=["tea-5min", MEAL, MEAL])
    assert len(first) == 4, first
    assert any("tea-5min" in one for one in first)
    assert any("runner" in one for one in first)
    second = faults(
        MaxCover(sites=[1, 2], floors=0.1, level="county"), circle=MEAL, may_close=["F99", "K01"], required=["K98"],
        forbidden=["K97"], ways=[Way("K96", "补建")])  # fmt: skip
    assert len([one for one in second if "K9" in one]) == 3
    assert "no facility in use that counts here bears the id F99, K01" in second
    assert "K01 could serve none of the circles" in faults(MaxCover(sites=[1, 2]), circle=MEAL, required=["K01"])
    assert faults(MaxCover(sites=[1, 2])) == ["no circle is named"]
    assert MaxCover(sites=[1, 2]).solve(sample, circle=MEAL, forbidden=["K01"]).status == "optimal"


def small(tmp_path, **more):
    homes = [home("x", square(300, 30), 70), home("y", square(1_500, 30), 30)]
    candidates = [
        {"candidate_id": "A", "use": "canteen", "cost_cny": 100.0, "geometry": at(310, 5)},
        {"candidate_id": "B", "use": "both", "cost_cny": None, "geometry": at(1_490, 5)},
        {"candidate_id": "F", "use": "day_care", "cost_cny": 5.0, "geometry": at(1_480, 5)},
    ]
    there = [care(key, at(x, 5), kind="canteen", services="meals") for key, x in (("F", 1_990), ("G", 1_995))]
    return town(tmp_path, homes, there, streets=[[(0, 0), (2_000, 0)]], candidates=candidates, **more)


def test_costs_that_are_not_known(tmp_path):
    study = small(tmp_path)
    for model in (MaxCover(budget=[50, 100]), LeastSites(share=0.5, by_cost=True, walkers=["standard"])):
        with language("en"), pytest.raises(InputError, match="the cost of B is not known"):
            model.solve(study, circle=MEAL)
        assert model.solve(study, circle=MEAL, forbidden=["B"]).sites == ("A",)
    counted = MaxCover(sites=[1, 2]).solve(study, circle=MEAL)
    assert counted.sites == ("A", "B")
    assert np.isnan(counted.cost)
    assert counted.table["cost_cny"].isna().to_dict() == {"A": False, "B": True}
    paid = MaxCover(budget=100).solve(study, circle=MEAL, ways=[Way("A", "租赁", 60.0), Way("B", "补建", 40.0)])
    assert (paid.sites, paid.cost) == (("A", "B"), 100.0)


def test_a_facility_with_the_id_of_a_candidate_for_another_use(tmp_path):
    """F is a canteen in use, and a candidate for day care elsewhere: two places, in both tables."""
    study = small(tmp_path)
    plan = held(MaxCover(sites=3).solve(study, circle=[MEAL, CARE]))
    assert plan.table["use"].to_dict() == {"A": "canteen", "B": "both"}
    assert plan.by_service["elders_added"].to_dict() == {MEAL: 100.0, CARE: 30.0}
    closing = MaxCover(sites=3).solve(study, circle=[MEAL, CARE], may_close=["F"])
    assert closing.value == plan.value
    with language("en"), pytest.raises(InputError, match="no capacity is known"):
        MaxCover(sites=1, capacity=True).solve(study, circle=MEAL)


def test_districts_by_their_names(tmp_path):
    halves = [
        area("w", "street", square(400, 0, 500), name="West"),
        area("e", "street", square(1_500, 0, 500), name="East"),
    ]
    study = small(tmp_path, areas=halves)
    plan = MaxCover(sites=1, floors={"East": 1.0}).solve(study, circle=MEAL)
    assert plan.sites == ("B",)
    assert plan.by_district.set_index("district")["share"].to_dict() == {"East": 1.0, "West": 0.0}
    with language("en"), pytest.raises(InputError, match="there are no districts North"):
        MaxCover(sites=1, floors={"North": 1.0}).solve(study, circle=MEAL)
    with language("en"), pytest.raises(InputError, match="no areas of level county"):
        MaxCover(sites=1, floors=0.5, level="county").solve(study, circle=MEAL)

"""Sites of a study: who reaches which is what the circle test says; a plan's figures follow from the walks."""

from __future__ import annotations

import numpy as np
import pytest

import planner as pl
from planner.errors import InputError
from planner.i18n import language
from planner.siting.studies import table_of
from tests.coverage.towns import at, care, home, square, town


@pytest.fixture(scope="module")
def sample():
    return pl.open_study("data/sample", lang="en")


@pytest.mark.parametrize("circle", ["meal-10min", "care-15min"])
def test_existing_facilities_reach_whom_the_circle_test_says(sample, circle):
    there = table_of(sample, circle)
    tested = pl.coverage.test(sample, circle).table
    stands = there.reach.sites_named(there.existing, "")
    reached = set(there.reach.demand_ids[np.unique(there.reach.demand[stands[there.reach.site]])])
    assert reached == set(tested.index[tested["verdict"].isin(["pass", "fragile"])])


def test_a_plan_for_the_sample_follows_from_the_walks(sample):
    plan = pl.siting.MaxCover(circle="meal-10min", sites=5).solve(sample)
    assert plan.status == "optimal"
    assert plan.verify(), plan.doubts()
    candidates, elders = sample.layers["candidates"], sample.layers["compounds"]["elders_60"].fillna(0)
    assert set(plan.sites) <= set(candidates.index[candidates["use"].isin(["canteen", "both"])])
    assert set(candidates.index[candidates["required"].fillna(False) & (candidates["use"] != "day_care")]) <= set(
        plan.sites
    )
    doors = sample.entrances_of(candidates.loc[list(plan.sites)].geometry.to_numpy())
    walks = sample.streetwise(sample.walker).nearest(sample.homes.places, doors.places)
    tested = pl.coverage.test(sample, "meal-10min").table
    before = tested["verdict"].isin(["pass", "fragile"]).to_numpy()
    new = (walks.seconds <= 600 + 1e-6) & ~before
    assert plan.elders_before == elders[before].sum()
    assert plan.elders_added >= elders[new].sum()  # who lives in the site's own compound walks there directly


def test_a_site_inside_the_outline_is_walked_to_directly(tmp_path):
    homes = [home("x", square(300, 60, 40), 70), home("y", square(1_500, 30), 30)]
    streets = [[(0, 0), (2_000, 0)]]
    candidates = [
        {"candidate_id": key, "use": "canteen", "geometry": shape}
        for key, shape in (("A", at(300, 65)), ("B", at(700, 5)))
    ]
    study = town(tmp_path, homes, [care("f", at(1_510, 5), services="meals")], streets=streets, candidates=candidates)
    plan = pl.siting.MaxCover(sites=1).solve(study, circle="meal-10min")
    assert (plan.sites, plan.elders_before, plan.elders_added) == (("A",), 30, 70)
    with language("en"), pytest.raises(InputError, match="no circle"):
        pl.siting.MaxCover(sites=1).solve(study)


def test_a_study_without_fitting_candidates_says_so(tmp_path):
    homes = [home("x", square(300, 30), 70)]
    there = [care("f", at(1_510, 5), services="meals")]
    study = town(tmp_path / "none", homes, there)
    with pytest.raises(InputError, match="no candidates"):
        pl.siting.MaxCover(sites=1, circle="meal-10min").solve(study)
    beds = [{"candidate_id": "A", "use": "day_care", "geometry": at(400, 5)}]
    study = town(tmp_path / "beds", homes, there, candidates=beds)
    with pytest.raises(InputError, match="no candidate could serve"):
        pl.siting.MaxCover(sites=1, circle="meal-10min").solve(study)


def test_every_model_answers_for_a_study(sample):
    compounds = sample.layers["compounds"]["elders_60"].fillna(0)
    for model in (
        pl.siting.MaxCover(budget=5e6),
        pl.siting.LeastSites(share=0.5),
        pl.siting.LeastSites(share=0.5, by_cost=True),
        pl.siting.PMedian(5),
        pl.siting.PCenter(5),
    ):
        plan = model.solve(sample, circle="meal-10min", required=["K09"], forbidden=["K11"])
        assert (plan.status, plan.verify()) == ("optimal", True), plan.doubts()
        assert "K09" in plan.sites
        assert "K11" not in plan.sites
        assert [one.id for one in plan.circles] == ["meal-10min"]
        assert plan.elders == compounds.sum()
        assert plan.cost == sample.layers["candidates"].loc[list(plan.sites), "cost_cny"].sum()
        free = model.solve(sample, circle="meal-10min")
        assert free.value >= plan.value if plan.most else free.value <= plan.value
        assert plan.as_record()["solver"].startswith("HiGHS 1.")


def test_the_mean_walk_of_a_study_counts_whom_the_circle_counts(sample):
    """Walks beyond the circle's limit decide; elders are counted within it, and who has no way at all is told."""
    plan = pl.siting.PMedian(5, circle="meal-10min").solve(sample)
    wide = table_of(sample, "meal-10min", beyond=True)
    near = table_of(sample, "meal-10min")
    assert wide.reach.demand.size > near.reach.demand.size
    stands = np.isin(wide.reach.site_ids, [*plan.sites, *wide.existing])
    entry = stands[wide.reach.site]
    walk = np.full(wide.elders.size, np.inf)
    np.minimum.at(walk, wide.reach.demand[entry], wide.reach.seconds[entry])
    elders = wide.reach.demand_values(wide.elders, "")
    known = np.isfinite(walk)
    assert plan.value == pytest.approx((walk[known] * elders[known]).sum())
    assert plan.elders_before + plan.elders_added == elders[walk <= 600 + 1e-6].sum()
    assert plan.elders_uncoverable >= elders[~known].sum() > 0
    assert plan.table["elders_added"].sum() == plan.elders_added


def test_costs_that_are_not_known_are_asked_for_where_they_decide(tmp_path):
    homes = [home("x", square(300, 30), 70), home("y", square(1_500, 30), 30)]
    candidates = [
        {"candidate_id": "A", "use": "canteen", "cost_cny": 100.0, "geometry": at(310, 5)},
        {"candidate_id": "B", "use": "canteen", "cost_cny": None, "geometry": at(700, 5)},
        {"candidate_id": "C", "use": "canteen", "cost_cny": None, "geometry": at(1_490, 5)},
    ]
    study = town(tmp_path, homes, [care("f", at(1_990, 5))], streets=[[(0, 0), (2_000, 0)]], candidates=candidates)
    for model in (pl.siting.MaxCover(budget=100), pl.siting.LeastSites(share=0.5, by_cost=True)):
        with language("en"), pytest.raises(InputError, match="the cost of B, C is not known"):
            model.solve(study, circle="meal-10min")
        assert model.solve(study, circle="meal-10min", forbidden=["B", "C"]).sites == ("A",)
    counted = pl.siting.MaxCover(sites=2).solve(study, circle="meal-10min")
    assert counted.sites == ("B", "C")  # what is not known counts as nothing in a tie
    assert np.isnan(counted.cost)
    assert counted.table["cost_cny"].isna().all()
    assert counted.as_record()["cost"] is None

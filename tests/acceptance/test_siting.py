"""Five canteens for Bishan and for the sample study, every figure computed anew from walks alone.

For Bishan the walks are those of the second program (networkx and shapely), and the best choice is found a second time
by scipy's solver from its own matrix.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import planner as pl
from tests.acceptance import independent, studies

LIMIT_M = 10 * 60 * 0.8  # 10 minutes at 0.8 m/s


@pytest.fixture(scope="module")
def bishan(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.Study, pd.DataFrame, pd.Series]:
    """The study, and what the second program says: metres from every home to every site, elders by home."""
    folder = studies.bishan_canteens(shared_data, tmp_path_factory.mktemp("study") / "bishan")
    study = pl.open_study(folder)
    compounds, facilities, candidates = (
        gpd.read_file(folder / f"{name}.gpkg").set_index(f"{one}_id")
        for name, one in (("compounds", "compound"), ("facilities", "facility"), ("candidates", "candidate"))
    )
    streets = independent.streets_of_edge_table(Path(study.settings.walking.network), study.settings.study.crs)
    places = pd.concat([facilities.geometry, candidates.geometry])
    answer = independent.answer(streets, compounds.geometry, places, None, None)
    metres = pd.DataFrame({one: pd.Series(answer.from_facility(one)) for one in places.index}, index=compounds.index)
    return study, metres, compounds["elders_60"]


def best_by_scipy(near: np.ndarray, elders: np.ndarray, sites: int) -> int:
    """The most elders within reach of some sites, by a solver that has nothing to do with planner."""
    homes, candidates = near.shape
    covered = np.hstack([-near.astype(float), np.eye(homes)])
    count = np.concatenate([np.ones(candidates), np.zeros(homes)])
    found = milp(
        np.concatenate([np.zeros(candidates), -elders.astype(float)]),
        constraints=[LinearConstraint(covered, -np.inf, 0), LinearConstraint(count[None], 0, sites)],
        integrality=count,
        bounds=Bounds(0, 1),
    )
    assert found.success
    return round(-found.fun)


def test_five_canteens_for_bishan(bishan: tuple[pl.Study, pd.DataFrame, pd.Series]) -> None:
    study, metres, elders = bishan
    plan = pl.siting.MaxCover(circle="meal-10min", sites=5).solve(study)
    assert plan.verify(), plan.doubts()
    assert plan.status == "optimal"
    assert len(plan.sites) == 5
    near = metres <= LIMIT_M
    # No walk is so near to the limit that the order of additions could decide.
    assert not (abs(metres / LIMIT_M - 1) <= 1e-9).to_numpy().any()
    before = near["H1"]
    after = before | near[list(plan.sites)].any(axis=1)
    anybody = near.any(axis=1)
    assert elders.sum() == plan.elders == studies.BISHAN_ELDERS
    assert elders[before].sum() == plan.elders_before
    assert elders[after & ~before].sum() == plan.elders_added
    assert elders[~anybody].sum() == plan.elders_uncoverable
    assert elders[anybody & ~after].sum() == plan.elders_uncovered
    fresh = ~before
    best = best_by_scipy(near.loc[fresh].drop(columns="H1").to_numpy(), elders[fresh].to_numpy(), 5)
    assert best == plan.elders_added
    # In the table, each site adds those whom none before it reaches.
    reached = before.copy()
    for one, row in plan.table.iterrows():
        assert row["elders_total"] == elders[near[one]].sum()
        assert row["elders_added"] == elders[near[one] & ~reached].sum()
        reached |= near[one]


def test_bishans_curve_and_explanation(bishan: tuple[pl.Study, pd.DataFrame, pd.Series]) -> None:
    study, metres, elders = bishan
    near = metres <= LIMIT_M
    before, candidates = near["H1"], near.drop(columns="H1")
    plan = pl.siting.MaxCover(circle="meal-10min", sites=5).solve(study)
    curve = pl.siting.curve(plan).table
    fresh = ~before
    for sites in (1, 3, 5, 8):
        best = best_by_scipy(candidates[fresh].to_numpy(), elders[fresh].to_numpy(), sites)
        row = curve.loc[sites]
        assert row["value"] == best + plan.elders_before
        assert row["bound"] >= row["value"]
    explanation = pl.siting.explain(plan)
    for one, row in explanation.chosen.iterrows():
        others = before | candidates[[site for site in plan.sites if site != one]].any(axis=1)
        only = near[one] & ~others
        assert row["elders_only"] == elders[only].sum()
        swaps = candidates.drop(columns=list(plan.sites)).apply(lambda site, rest=others: elders[rest | site].sum())
        assert row["loss"] == pytest.approx(plan.value - swaps.max())
        assert swaps[row["replacement"]] == swaps.max()
    for one, row in explanation.rejected.iterrows():
        with_it = best_by_scipy(
            candidates[fresh & ~near[one]].to_numpy(), elders[fresh & ~near[one]].to_numpy(), 4
        ) + elders[fresh & near[one]].sum()  # fmt: skip
        loss = plan.elders_added - with_it
        assert row["loss_at_least"] - 1e-6 <= loss <= row["loss_at_most"] + 1e-6


@pytest.mark.parametrize("budget", [500_000, 1_200_000])
def test_a_budget_for_bishan(bishan: tuple[pl.Study, pd.DataFrame, pd.Series], budget: int) -> None:
    study, metres, elders = bishan
    plan = pl.siting.MaxCover(circle="meal-10min", budget=budget).solve(study)
    costs = study.layers["candidates"]["cost_cny"]
    assert plan.status == "optimal"
    assert plan.verify(), plan.doubts()
    assert costs[list(plan.sites)].sum() == plan.cost <= budget
    near = metres <= LIMIT_M
    after = near["H1"] | near[list(plan.sites)].any(axis=1)
    assert elders[after].sum() == plan.value

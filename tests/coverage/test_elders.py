"""Test how estimated elders and their basis are carried from a study to its results."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import planner as pl
from tests.coverage.towns import area, at, care, home, square, town, write_town

CARE = [care("F", at(100, 0), services="day")]


def total(key, elders, **more):
    return {"area_id": key, "elders_60": elders, "geometry": square(0, 0, 10.0), **more}


@pytest.fixture(scope="module")
def layers():
    return {
        "areas": [area("E", "community", square(0, 0, 500.0)), area("W", "community", square(1500, 0, 300.0))],
        "population": [total("E", 101), total("W", 7)],
    }


COMPOUNDS = [
    home("1", square(100, 60), None, households=300),
    home("2", square(300, 60), None, households=100),
    home("3", square(1500, 60), 5, households=100),
    home("4", square(900, 60), None, households=100),
]


def test_estimates_reach_the_coverage_and_its_sums(tmp_path, layers):
    study = town(tmp_path / "town", COMPOUNDS, CARE, **layers)
    table = pl.coverage.test(study, "care-15min").table
    assert table["elders_60"].fillna(-1).tolist() == [76, 25, 5, -1]
    assert table["elders_source"].tolist() == ["estimated", "estimated", "given", "unknown"]
    by = pl.coverage.test(study, "care-15min").by("community")
    assert by.loc[["E", "W"], "elders"].tolist() == [101, 5]
    assert by.loc[["E", "W"], "elders_estimated"].tolist() == [101, 0]
    assert study.elder_conflicts[["area_id", "difference"]].to_numpy().tolist() == [["W", -2.0]]
    assert study.ledger.closes()
    used = [study.ledger.count(name).elders_used for name in ("compounds", "population")]
    assert sum(used) == table["elders_60"].sum()


def test_settings_choose_the_weight(tmp_path, layers):
    homes = [{**one, "residential_floor_area_m2": 10_000.0} for one in COMPOUNDS]
    study = town(tmp_path / "town", homes, CARE, more='[elders]\nspread_by = "residential_floor_area_m2"', **layers)
    assert study.layers["compounds"]["elders_60"].iloc[:2].tolist() == [51, 50]


def test_estimates_are_marked_in_files_and_on_the_board(tmp_path, layers):
    folder = write_town(tmp_path / "town", COMPOUNDS, CARE, **layers)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace('file = "population.geojson"', 'file = "population.geojson"\nbasis = "常住"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    done = pl.pipeline.run(folder, tmp_path / "out")
    table = pd.read_csv(done.out / "coverage.csv", dtype={"compound_id": str})
    assert set(table.loc[table["compound_id"] == "1", "elders_source"]) == {"estimated"}
    manifest = json.loads((done.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["elders"] == {
        "basis": "resident",
        "persons": {"given": 5, "estimated": 101, "set_aside": 7},
        "compounds": {"given": 1, "estimated": 2, "unknown": 1},
        "spread_by": ["households"],
        "conflicts": 1,
    }
    page = (done.out / "board.html").read_text(encoding="utf-8")
    assert "living there (常住)" in page
    assert "Estimated from totals of areas: 101 people." in page
    assert "76 people (estimated)" in page
    assert "5 people (estimated)" not in page.replace("25 people", "")


def test_the_study_says_whom_it_counts(tmp_path, layers):
    study = town(tmp_path / "town", COMPOUNDS, CARE, **layers)
    assert study.elder_basis == ""
    assert repr(study).endswith("elders of no stated basis: 5 given, 101 estimated>")


def test_rates_of_nobody_are_no_number(tmp_path):
    """Trap 18: an area of new, empty compounds has no share, neither 0 nor 1."""
    layers = {"areas": [area("E", "community", square(0, 0, 500.0))], "population": [total("E", 0)]}
    study = town(tmp_path / "town", [home("1", square(100, 60), None, households=300)], CARE, **layers)
    care_ = pl.coverage.test(study, "care-15min")
    assert care_.table["elders_60"].tolist() == [0]
    row = care_.by("community").loc["E"]
    assert (row["elders"], row["elders_covered"]) == (0, 0)
    assert np.isnan(row["share_elders"])
    assert row["share_compounds"] == 1
    from planner.present.panels import percent_text

    assert percent_text(row["share_elders"]) == "–"

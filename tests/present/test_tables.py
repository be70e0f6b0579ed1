"""Tables for Excel and a GIS say what the results say."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import planner as pl
from planner.present.tables import area_table, coverage_table, write_csv, write_results


@pytest.fixture(scope="module")
def circles():
    study = pl.open_study(Path(__file__).parents[2] / "data" / "sample")
    return [pl.coverage.test(study, circle) for circle in study.circles]


def test_csv_opens_right_in_excel(tmp_path):
    table = pd.DataFrame({"name": ["云岭，山庄", '"䶮"塘'], "minutes": [1 / 3, np.nan]})
    write_csv(table, tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["name", "minutes"], ["云岭，山庄", "0.333333"], ['"䶮"塘', ""]]


def test_a_millisecond_is_still_seen_in_the_file(tmp_path):
    write_csv(pd.DataFrame({"minutes": [15.0, 15.0 + 0.001 / 60], "margin_s": [0.0, -0.001]}), tmp_path / "t.csv")
    read = pd.read_csv(tmp_path / "t.csv", encoding="utf-8-sig")
    assert (read["minutes"] > 15).tolist() == [False, True]
    assert (read["margin_s"] < 0).tolist() == [False, True]


def test_a_row_for_every_compound_and_circle(circles):
    table = coverage_table(circles)
    assert len(table) == 2 * len(circles[0].table)
    assert not table.duplicated(["compound_id", "circle"]).any()
    assert table.columns[0] == "compound_id"


def test_every_level_adds_up_to_the_study(circles):
    table = area_table(circles)
    assert set(table["level"]) == {"community", "street", "county", "urban", "study"}
    sums = table.groupby(["circle", "level"])[["elders", "elders_covered", "compounds"]].sum()
    for circle in sums.index.levels[0]:
        assert (sums.loc[circle] == sums.loc[circle, "study"]).all(axis=None)
    elders = circles[0].study.layers["compounds"]["elders_60"].sum()
    assert (sums["elders"] == elders).all()


def test_the_geopackage_holds_the_verdicts_in_place(circles, tmp_path):
    compounds = circles[0].study.layers["compounds"]
    write_results(coverage_table(circles), compounds, tmp_path / "r.gpkg", described="内部资料")
    with sqlite3.connect(tmp_path / "r.gpkg") as base:
        told = base.execute("select description from gpkg_contents where table_name = 'coverage'").fetchall()
    base.close()
    assert told == [("内部资料",)]
    read = gpd.read_file(tmp_path / "r.gpkg", layer="coverage").set_index(["compound_id", "circle"])
    study = circles[0].study
    assert read.crs == study.crs
    for circle in circles:
        ours = read.xs(circle.circle.id, level="circle").loc[circle.table.index]
        assert ours["verdict"].tolist() == circle.table["verdict"].tolist()
        np.testing.assert_allclose(ours["minutes"], circle.table["minutes"], rtol=0, atol=0)
        assert ours.geometry.geom_equals(study.layers["compounds"].geometry).all()

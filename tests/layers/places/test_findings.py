"""Test that a study whose layers are in another datum than declared is stopped, and what it is told."""

from __future__ import annotations

import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planner.errors import InputError
from planner.i18n import language
from planner.layers.places.offsets import to_offset
from planner.pipeline import run
from planner.study import open_study


@pytest.fixture
def city(tmp_path):
    """Return the sample study as a folder of its own, and short ways to spoil it."""
    folder = tmp_path / "city"
    shutil.copytree("data/sample", folder)
    return folder


def offset(folder, file, datum):
    """Rewrite a layer's places in GCJ-02 or BD-09, whatever it is declared."""
    path = folder / file
    if path.suffix == ".csv":
        rows = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
        rows["lon"], rows["lat"] = to_offset(rows["lon"].astype(float), rows["lat"].astype(float), offset=datum)
        rows.to_csv(path, index=False, encoding="utf-8-sig")
        return
    table = gpd.read_file(path)
    moved = shapely.transform(table.geometry.to_numpy(), lambda xy: np.column_stack(to_offset(*xy.T, offset=datum)))
    table.set_geometry(gpd.GeoSeries(moved, crs=4326)).to_file(path)


def declare(folder, file, lines):
    toml = folder / "study.toml"
    text = toml.read_text(encoding="utf-8")
    old = f'file  = "{file}"\ndatum = "wgs84"'
    assert old in text
    toml.write_text(text.replace(old, f'file  = "{file}"\n{lines}'), encoding="utf-8")


def judged(folder):
    return open_study(folder, lang="en").datum_findings


def test_all_is_well(city):
    found = judged(city)
    assert {one.layer: one.evidence.chosen for one in found.findings} == dict.fromkeys(
        ["compounds", "facilities", "candidates", "gates"], "wgs84"
    )
    found.hold()


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("file", ["compounds.geojson", "gates.geojson", "facilities.csv", "candidates.csv"])
def test_one_layer_is_offset(city, file, datum):
    offset(city, file, datum)
    (fault,) = judged(city).faults
    layer = file.partition(".")[0]
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
    assert fault.what == f"the layer {layer} is declared EPSG:4326 (WGS 84), but its places are in {name}"
    assert fault.where == file
    assert (fault.cure.table, fault.cure.line) == (f"layers.{layer}", f'datum = "{datum}"')
    declare(city, file, fault.cure.line)
    assert judged(city).faults == ()


def test_gates_follow_their_compounds(city):
    """Both offset: the gates stand at their compounds as declared, and are found all the same."""
    offset(city, "compounds.geojson", "gcj02")
    offset(city, "gates.geojson", "gcj02")
    assert [fault.cure.line for fault in judged(city).faults] == ['datum = "gcj02"'] * 2


def test_declared_offset_and_is_not(city):
    declare(city, "compounds.geojson", 'datum = "gcj02"')
    (fault,) = judged(city).faults
    assert fault.cure.line == 'datum = "wgs84"  # "cgcs2000"'


def test_metres_made_of_offset_degrees(city):
    offset(city, "compounds.geojson", "gcj02")
    table = gpd.read_file(city / "compounds.geojson").to_crs(4547)
    table.to_file(city / "compounds.gpkg")
    toml = city / "study.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('"compounds.geojson"\ndatum = "wgs84"', '"compounds.gpkg"'), encoding="utf-8")
    (fault,) = judged(city).faults
    assert fault.cure is None
    assert fault.todo.startswith('the metres were made from GCJ-02 degrees: take those, with datum = "gcj02"')


def test_confirmed_is_noted_and_let_pass(city):
    offset(city, "compounds.geojson", "gcj02")
    declare(city, "compounds.geojson", 'datum = "wgs84"\ndatum_confirmed = true')
    found = judged(city)
    assert found.faults == ()
    (entry,) = found.entries
    assert (entry.layer, entry.row, entry.action) == ("compounds", 0, "doubted")
    assert entry.what.startswith("declared and confirmed EPSG:4326 (WGS 84), though the places look like GCJ-02: main")


def test_what_is_likely_is_a_doubt(city):
    offset(city, "facilities.csv", "gcj02")
    path = city / "facilities.csv"
    rows = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    # Of all 41 facilities the datum is certain; of the first fifteen it is not.
    rows.iloc[:15].to_csv(path, index=False, encoding="utf-8-sig")
    found = judged(city)
    (finding,) = (one for one in found.findings if one.layer == "facilities")
    assert (finding.evidence.chosen, finding.evidence.strength) == ("gcj02", "likely")
    assert found.faults == ()
    assert [(entry.layer, entry.row, entry.action) for entry in found.entries] == [("facilities", 0, "doubted")]
    assert replace(finding, confirmed=True).entry is not None


def test_a_run_is_stopped_before_anything_is_written(city, tmp_path):
    offset(city, "facilities.csv", "gcj02")
    with language("en"), pytest.raises(InputError, match="the layer facilities is declared"):
        run(city, tmp_path / "out", lang="en", board=False)
    assert not (tmp_path / "out").exists()


def test_compounds_of_another_town(city):
    table = gpd.read_file(city / "compounds.geojson")
    for file in ("compounds.geojson", "gates.geojson", "areas.geojson"):
        table = gpd.read_file(city / file)
        table.set_geometry(table.translate(0.3, 0)).to_file(city / file)
    found = judged(city)
    assert [fault.what.partition(",")[0] for fault in found.faults] == [
        "all compounds lie outside of the walking network"
    ]
    assert found.findings == ()

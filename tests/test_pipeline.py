"""A run leaves all its files, says what it did, and leaves nothing when it fails."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from planner import pipeline
from planner.errors import InputError, OutputExists
from planner.present.outputs import MANIFEST, NOTICE

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def done(tmp_path_factory, told):
    out = tmp_path_factory.mktemp("pipeline") / "out"
    return pipeline.run(SAMPLE, out, progress=lambda *stage: told.append(stage))


def test_every_output_of_this_step_is_there(done):
    names = {"coverage.csv", "coverage_by_area.csv", "results.gpkg", "board.html", "ledger.csv", "manifest.json"}
    names |= {"compliance.csv", "compliance.xlsx"}
    names |= {"plan.csv", "plan.json", "plan_curve.csv", "plan_rejected.csv", "plan_alternatives.csv"}
    assert {path.name for path in done.out.iterdir()} == {*names, NOTICE}


def test_progress_names_every_stage_in_order(done, told):
    assert [name for name, _number, _total in told] == list(pipeline.STAGES)
    assert [(number, total) for _name, number, total in told] == [(n, 7) for n in range(7)]
    assert list(done.seconds) == list(pipeline.STAGES)


def test_the_manifest_tells_inputs_outputs_and_standards(done):
    manifest = json.loads((done.out / MANIFEST).read_text(encoding="utf-8"))
    for name, digest in manifest["inputs"].items():
        assert hashlib.sha256((SAMPLE / name).read_bytes()).hexdigest() == digest
    assert set(manifest["inputs"]) == {path.name for path in SAMPLE.iterdir()}
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((done.out / name).read_bytes()).hexdigest() == digest
    assert set(manifest["outputs"]) | {MANIFEST} == {path.name for path in done.out.iterdir()}
    assert [(one["circle"], one["limit_min"]) for one in manifest["standards"]] == [
        ("care-15min", 15),
        ("meal-10min", 10),
    ]
    assert manifest["walker"] == {"name": "elder", "speed_mps": 0.8}
    assert all(row["rows_in"] == row["rows_used"] + row["rows_set_aside"] for row in manifest["ledger"])
    assert str(Path.home()) not in (done.out / MANIFEST).read_text(encoding="utf-8")


def test_the_manifest_tells_every_file_of_a_shapefile_and_the_standards_of_the_study(tmp_path):
    study = shutil.copytree(SAMPLE, tmp_path / "study")
    gates = gpd.read_file(study / "gates.geojson").rename(columns={"compound_id": "owner"})
    gates.to_file(study / "gates.shp", encoding="utf-8")
    own = study / "own" / "czbf.yaml"
    own.parent.mkdir()
    text = (Path(pipeline.__file__).parent / "standards" / "czbf-2023-8.yaml").read_text(encoding="utf-8")
    for shipped, ours in (("czbf-2023-8", "own-1"), ("meal-10min", "own-10min"), ("id: cz-8-2023", "id: own-8")):
        text = text.replace(shipped, ours)
    own.write_text(text, encoding="utf-8")
    settings = study / "study.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace('"gates.geojson"', '"gates.shp"\nfields = { compound_id = "owner" }')
    settings.write_text(text.replace("[standards]", '[standards]\nfolder = "own"'), encoding="utf-8")
    done = pipeline.run(study, tmp_path / "out", board=False)
    inputs = json.loads((done.out / MANIFEST).read_text(encoding="utf-8"))["inputs"]
    assert {path.name for path in study.glob("gates.*")} - set(inputs) == {"gates.geojson"}
    assert inputs["gates.dbf"] == hashlib.sha256((study / "gates.dbf").read_bytes()).hexdigest()
    assert inputs["own/czbf.yaml"] == hashlib.sha256(own.read_bytes()).hexdigest()


def test_the_unreachable_compound_is_in_the_result_and_in_the_ledger(done):
    table = pd.read_csv(done.out / "coverage.csv", encoding="utf-8-sig")
    lost = table[table["reason"] == "off_network"]
    assert lost["verdict"].tolist() == ["unknown"] * 2
    assert lost["minutes"].isna().all()
    ledger = pd.read_csv(done.out / "ledger.csv", encoding="utf-8-sig")
    assert set(lost["compound_id"]) == set(ledger.loc[ledger["layer"] == "compounds", "id"])


def test_a_second_run_gives_the_same_and_takes_the_network_from_the_cache(done, tmp_path):
    again = pipeline.run(SAMPLE, tmp_path / "out")
    assert again.study.network_reused
    for name in ("coverage.csv", "coverage_by_area.csv", "ledger.csv", "board.html"):
        assert (again.out / name).read_bytes() == (done.out / name).read_bytes(), name


def test_results_are_refused_before_any_work(done):
    told = []
    with pytest.raises(OutputExists):
        pipeline.run(SAMPLE, done.out, progress=lambda *stage: told.append(stage))
    assert told == []


def test_a_run_that_fails_late_leaves_nothing(tmp_path, monkeypatch):
    def broken(*_arguments, **_options):
        raise InputError([])

    monkeypatch.setattr(pipeline, "_draw_board", broken)
    with pytest.raises(InputError):
        pipeline.run(SAMPLE, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_map_alone(tmp_path):
    page = pipeline.draw_map(SAMPLE, tmp_path / "out", lang="en")
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert {path.name for path in page.parent.iterdir()} == {"board.html", MANIFEST, NOTICE}


def test_the_sample_is_found_inside_an_installed_package(tmp_path):
    assert pipeline.sample_folder() == SAMPLE
    installed = tmp_path / "planner"
    (installed / "sample").mkdir(parents=True)
    assert pipeline.sample_folder(installed) == installed / "sample"


def test_a_part_never_deletes_what_a_fuller_run_left(done, tmp_path):
    with pytest.raises(InputError, match=r"coverage\.csv"):
        pipeline.draw_map(SAMPLE, done.out, force=True)
    with pytest.raises(InputError, match=r"board\.html"):
        pipeline.run(SAMPLE, done.out, force=True, board=False)
    assert (done.out / "results.gpkg").exists()
    pipeline.draw_map(SAMPLE, tmp_path / "out")
    pipeline.draw_map(SAMPLE, tmp_path / "out", force=True)

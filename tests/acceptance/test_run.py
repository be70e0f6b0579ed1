"""Run the study of Bishan from the command line, as a planner does, and read what it leaves."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from tests.acceptance import studies

COVERAGE_COLUMNS = [
    "compound_id",
    "circle",
    "minutes",
    "facility_id",
    "distance_m",
    "inside_m",
    "connector_m",
    "services_reached",
    "whole",
    "verdict",
    "margin_s",
    "minutes_standard",
    "minutes_frail",
    "start",
    "reason",
    "elders_60",
]
AREA_COLUMNS = [
    "level",
    "area_id",
    "circle",
    "elders",
    "elders_covered",
    "share_elders",
    "compounds",
    "compounds_covered",
    "share_floor_area",
    "communities_with_facility",
    "target",
    "target_year",
    "gap",
]
LEDGER_COLUMNS = ["layer", "file", "row", "id", "field", "what", "action"]
OUTPUTS = {"coverage.csv", "coverage_by_area.csv", "results.gpkg", "board.html", "ledger.csv", "manifest.json"}


@dataclass(frozen=True)
class Ran:
    """A finished run."""

    study: Path
    out: Path
    done: subprocess.CompletedProcess[str]
    cache: Path

    def again(self, *options: str, study: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the same once more."""
        return planner("run", str(study or self.study), "--out", str(self.out), *options, cache=self.cache)


def planner(*arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run planner in a process of its own, away from the checkout."""
    root = Path(__file__).resolve().parents[2]
    search = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "planner", *arguments],
        cwd=cache,
        env={**os.environ, "PLANNER_CACHE_DIR": str(cache), "PYTHONPATH": search, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def ran(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The first run."""
    folder = tmp_path_factory.mktemp("run")
    study, out, cache = studies.bishan(shared_data, folder / "bishan"), folder / "out", folder / "cache"
    cache.mkdir()
    done = planner("run", str(study), "--out", str(out), "--lang", "en", cache=cache)
    assert done.returncode == 0, done.stderr
    return Ran(study, out, done, cache)


@pytest.fixture(scope="module")
def coverage(ran: Ran) -> pd.DataFrame:
    """coverage.csv as Excel reads it."""
    return pd.read_csv(
        ran.out / "coverage.csv", encoding="utf-8-sig", dtype={"compound_id": "str", "facility_id": "str"}
    )


def test_every_output_of_the_contract_is_there(ran: Ran) -> None:
    assert {path.name for path in ran.out.iterdir()} >= OUTPUTS
    assert "Walking network: read anew" in ran.done.stdout
    assert "4,235" in ran.done.stdout
    assert str(ran.out) in ran.done.stdout.replace("\n", "")
    assert "Traceback" not in ran.done.stderr


@pytest.mark.parametrize("name", ["coverage.csv", "coverage_by_area.csv", "ledger.csv"])
def test_tables_open_right_in_excel(ran: Ran, name: str) -> None:
    assert (ran.out / name).read_bytes().startswith(b"\xef\xbb\xbf")
    with (ran.out / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    expected = {"coverage.csv": COVERAGE_COLUMNS, "coverage_by_area.csv": AREA_COLUMNS, "ledger.csv": LEDGER_COLUMNS}
    assert set(expected[name]) <= set(rows[0])
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_row_per_compound_and_circle(ran: Ran, coverage: pd.DataFrame) -> None:
    ids = set(gpd.read_file(ran.study / "compounds.gpkg")["compound_id"])
    assert len(coverage) == 2 * len(ids)
    for circle in ("care-15min", "meal-10min"):
        assert set(coverage.loc[coverage["circle"] == circle, "compound_id"]) == ids
    care = coverage[coverage["circle"] == "care-15min"]
    assert care["elders_60"].sum() == studies.BISHAN_ELDERS
    assert care.loc[care["verdict"].isin(["pass", "fragile"]), "elders_60"].sum() == 4_235
    assert set(coverage["verdict"]) <= {"pass", "fragile", "fail", "unknown"}
    meals = coverage[coverage["circle"] == "meal-10min"]
    assert set(meals["reason"]) == {"no_facility"}  # the centres of 2013 are not said to serve meals
    assert meals["minutes"].isna().all()


def test_the_geopackage_tells_the_same_with_outlines(ran: Ran, coverage: pd.DataFrame) -> None:
    layer = gpd.read_file(ran.out / "results.gpkg", layer="coverage")
    assert layer.crs.to_epsg() == 3414
    assert set(COVERAGE_COLUMNS) <= set(layer.columns)
    assert layer["compound_id"].tolist() == coverage["compound_id"].tolist()
    assert layer["verdict"].tolist() == coverage["verdict"].tolist()
    assert layer["minutes"].to_numpy() == pytest.approx(coverage["minutes"].to_numpy(), abs=1e-6, nan_ok=True)
    outlines = gpd.read_file(ran.study / "compounds.gpkg").set_index("compound_id").geometry
    assert layer.geometry.geom_equals(outlines.loc[layer["compound_id"]].reset_index(drop=True)).all()


def test_sums_by_area_keep_every_elder(ran: Ran) -> None:
    table = pd.read_csv(ran.out / "coverage_by_area.csv", encoding="utf-8-sig", keep_default_na=False)
    for _circle, rows in table.groupby("circle"):
        for level in ("community", "study"):
            assert rows.loc[rows["level"] == level, "elders"].astype(int).sum() == studies.BISHAN_ELDERS
    care = table[table["circle"] == "care-15min"]
    whole = care[care["level"] == "study"].iloc[0]
    assert int(whole["elders_covered"]) == 4_235
    assert float(whole["share_elders"]) == pytest.approx(4_235 / 16_040, abs=1e-6)
    assert float(whole["gap"]) == pytest.approx(
        float(whole["target"]) - int(whole["communities_with_facility"]) / 3, abs=1e-6
    )


def test_the_ledger_closes(ran: Ran) -> None:
    counts = json.loads((ran.out / "manifest.json").read_text(encoding="utf-8"))["ledger"]
    by_layer = {count["layer"]: count for count in counts}
    assert set(by_layer) >= {"compounds", "facilities", "areas"}
    for name in ("compounds", "facilities", "areas"):
        count, rows = by_layer[name], len(gpd.read_file(ran.study / f"{name}.gpkg"))
        assert count["rows_in"] == rows == count["rows_used"] + count["rows_set_aside"]
    compounds = by_layer["compounds"]
    assert compounds["elders_in"] == studies.BISHAN_ELDERS
    assert compounds["elders_used"] + compounds["elders_set_aside"] == studies.BISHAN_ELDERS
    ledger = pd.read_csv(ran.out / "ledger.csv", encoding="utf-8-sig", dtype={"id": "str"})
    aside = ledger[ledger["action"] == "set_aside"].groupby("layer").size()
    for name, count in by_layer.items():
        assert aside.get(name, 0) >= count["rows_set_aside"]


def test_the_manifest_names_every_input_by_its_content(ran: Ran) -> None:
    manifest = json.loads((ran.out / "manifest.json").read_text(encoding="utf-8"))
    for name in ("study.toml", "compounds.gpkg", "facilities.gpkg", "areas.gpkg"):
        assert manifest["inputs"][name] == hashlib.sha256((ran.study / name).read_bytes()).hexdigest()
    assert any(name.endswith("bishan_network.gpkg") for name in manifest["inputs"])
    for name in OUTPUTS - {"manifest.json"}:
        assert manifest["outputs"][name] == hashlib.sha256((ran.out / name).read_bytes()).hexdigest()


def test_the_board_loads_nothing_from_the_net(ran: Ran) -> None:
    from planner.present.offline import assert_offline

    page = (ran.out / "board.html").read_text(encoding="utf-8")
    assert_offline(page)


def test_results_are_not_replaced_unasked(ran: Ran) -> None:
    before = {path.name: path.read_bytes() for path in ran.out.iterdir()}
    refused = ran.again("--lang", "en")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert {path.name: path.read_bytes() for path in ran.out.iterdir()} == before


def test_a_second_run_reuses_the_network_and_tells_the_same(ran: Ran) -> None:
    tables = ("coverage.csv", "coverage_by_area.csv", "ledger.csv")
    before = {name: (ran.out / name).read_bytes() for name in tables}
    second = ran.again("--force", "--strict", "--lang", "en")
    assert second.returncode == 1  # there are compounds that fail, and --strict was given
    assert "Walking network: from the cache" in second.stdout
    assert {name: (ran.out / name).read_bytes() for name in tables} == before


def test_a_faulty_study_leaves_the_results_alone(ran: Ran, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in ran.out.iterdir()}
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "study.toml").write_text(
        (ran.study / "study.toml").read_text(encoding="utf-8").replace("[walking]", '[walking]\nwalker = "runner"'),
        encoding="utf-8",
    )
    refused = ran.again("--force", "--lang", "en", study=broken)
    assert refused.returncode == 2
    assert "walker runner is not known" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert {path.name: path.read_bytes() for path in ran.out.iterdir()} == before

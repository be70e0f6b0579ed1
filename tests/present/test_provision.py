"""What a run leaves of the provision rules: table, workbook, layer, manifest, and nothing that tells few elders."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

from planner import pipeline
from planner.cli import main
from planner.compliance import check_compounds
from planner.i18n import language
from planner.present.disclosure import Disclosure
from planner.present.publishing import counts_elders, public_compliance
from planner.present.suppression import BELOW, HELD
from planner.standards import Profile, profile

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    return pipeline.run(SAMPLE, tmp_path_factory.mktemp("run") / "out", board=False, lang="en")


def table_of(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "compliance.csv", encoding="utf-8-sig")


def test_a_row_per_compound_and_profile(ran):
    table = table_of(ran.out)
    assert len(table) == len(ran.study.layers["compounds"]) * 4
    columns = ["id", "profile", "applies", "required_m2", "counted_m2", "rooms_below_minimum"]
    assert list(table.columns[:11]) == [*columns, "shortfall_m2", "verdict", "clause", "quote", "note"]
    assert ran.compliance.table["verdict"].tolist() == table["verdict"].tolist()


def test_the_layer_holds_the_same_with_outlines(ran):
    layers = {name for name, _kind in pyogrio.list_layers(ran.out / "results.gpkg")}
    assert layers == {"coverage", "compliance", "plan", "plan_reach"}
    layer = pyogrio.read_dataframe(ran.out / "results.gpkg", layer="compliance")
    table = table_of(ran.out)
    assert layer["verdict"].tolist() == table["verdict"].tolist()
    compounds = ran.study.layers["compounds"]
    assert layer.geometry.iloc[0].equals(compounds.geometry.loc[table["id"].iloc[0]])


def test_the_workbook_shows_compounds(ran):
    book = openpyxl.load_workbook(ran.out / "compliance.xlsx", data_only=True)
    sheet = book.worksheets[1]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    top = next(number for number, row in enumerate(rows) if row[0] == "Compound")
    headline = ran.compliance.of()
    assert [row[0] for row in rows[top + 1 :]] == headline.index.tolist()
    place = rows[top].index("Required (m²)")
    bound = headline["verdict"].isin(["compliant", "short"])
    assert rows[top - 1][place] == pytest.approx(headline.loc[bound, "required_m2"].sum())
    assert {row[rows[top].index("New or existing")] for row in rows[top + 1 :]} <= {"new", "existing", None, ""}


def test_the_manifest_names_the_profiles(ran):
    manifest = json.loads((ran.out / "manifest.json").read_text(encoding="utf-8"))
    assert [one["profile"] for one in manifest["provision"]] == [one.id for one in ran.compliance.profiles]
    assert {"compliance.csv", "compliance.xlsx"} <= set(manifest["outputs"])


def test_coverage_alone_checks_no_provision(tmp_path):
    with pytest.raises(SystemExit) as end:
        main(["coverage", str(SAMPLE), "--out", str(tmp_path / "out"), "--lang", "en"])
    assert end.value.code == 0
    assert not (tmp_path / "out" / "compliance.csv").exists()


def test_strict_minds_provision(tmp_path, capsys, monkeypatch):
    """Where every circle passes, rooms that are missing still count."""
    done = pipeline.run(SAMPLE, tmp_path / "out", board=False, lang="en")
    for circle in done.circles:
        circle.table["verdict"] = "pass"
    monkeypatch.setattr(pipeline, "run", lambda *_arguments, **_options: done)
    with pytest.raises(SystemExit) as end:
        main(["run", str(SAMPLE), "--out", str(tmp_path / "b"), "--strict", "--lang", "en"])
    assert end.value.code == 1
    assert "Provision (No. 14 as printed" in capsys.readouterr().out


def test_a_study_that_knows_nothing_of_it(tmp_path):
    study = tmp_path / "study"
    shutil.copytree(SAMPLE, study)
    text = (study / "study.toml").read_text(encoding="utf-8")
    begin, end = text.index("[layers.rooms]"), text.index("[layers.areas]")
    (study / "study.toml").write_text(text[:begin] + text[end:], encoding="utf-8")
    compounds = json.loads((study / "compounds.geojson").read_text(encoding="utf-8"))
    for feature in compounds["features"]:
        feature["properties"].pop("residential_floor_area_m2")
    (study / "compounds.geojson").write_text(json.dumps(compounds, ensure_ascii=False), encoding="utf-8")
    done = pipeline.run(study, tmp_path / "out", board=False, lang="en")
    assert done.compliance is None
    assert not (done.out / "compliance.xlsx").exists()


def per_elder() -> Profile:
    """A made rule: one square metre for every ten elders."""
    known = profile("hunan-2025").model_dump(by_alias=True)
    ratio = {"value": 1, "unit": "m2", "per": 10, "of": "elders_60", "words": "x"}
    rule = {
        "id": "new",
        "of": "new",
        "clause": "1",
        "quote": "x",
        "ratio": ratio,
        "scope": {"area": "all", "words": "x"},
    }
    document = {**known["document"], "obtained": "given"}
    return Profile.model_validate(
        {**known, "id": "per-elder", "obtained": None, "notes": (), "provisions": [rule], "document": document}
    )


def test_what_tells_few_elders_is_hidden():
    homes = pd.DataFrame(
        {"residential_floor_area_m2": [9000.0] * 3, "status": "new", "elders_60": [4, 40, 400], "in_urban_area": True},
        index=pd.Index(["A", "B", "C"], name="compound_id"),
    )
    rooms = pd.DataFrame({"compound_ids": ["C"], "floor_area_m2": [350.0], "status": ["in_use"]}, index=["R"])
    profiles = [profile("cz-14-2023"), per_elder()]
    assert counts_elders(profiles)
    assert not counts_elders(profiles[:1])
    with language("en"):
        result = check_compounds(homes, rooms=rooms, profiles=profiles, as_of=date(2026, 6, 30))
    shown = Disclosure(below=10, publish=True, compounds={"A": BELOW, "B": HELD})
    public = public_compliance(result.table, result.profiles, shown).set_index(["profile", "id"])
    assert public.loc["cz-14-2023", "required_m2"].tolist() == [350, 350, 350]
    assert public.loc["per-elder", "required_m2"].isna().tolist() == [True, True, False]
    assert public.loc["per-elder", "arithmetic"].eq("").tolist() == [True, True, False]
    assert public.loc["per-elder", "suppressed"].tolist() == ["elders_60:*", "elders_60:*", ""]
    assert public["shortfall_m2"].loc[("per-elder", "A")] != public["shortfall_m2"].loc[("per-elder", "A")]


def test_what_is_published_says_so(tmp_path):
    done = pipeline.run(SAMPLE, tmp_path / "out", board=False, lang="en", publish=True)
    summary = openpyxl.load_workbook(done.out / "compliance.xlsx")["Summary"]
    assert "public" in [row[0].value for row in summary.iter_rows()]
    header = (done.out / "compliance.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert "elders" not in header

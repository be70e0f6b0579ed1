"""`planner site` as its user meets it: options over study.toml, files, exit codes, what is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import planner as pl
from planner import cli
from planner.present.outputs import MANIFEST, NOTICE, sha256
from planner.siting.studies import table_of

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
FILES = {"plan.csv", "plan.json", "plan_curve.csv", "plan_rejected.csv", "plan_alternatives.csv"}


@pytest.fixture
def planner(capsys):
    """Run a command in this process; exit code, stdout, stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as exit_:
            cli.main([*(str(one) for one in arguments), "--lang", "en"])
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


def csv(path):
    return pd.read_csv(path, encoding="utf-8-sig")


def record(out):
    return json.loads((out / "plan.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return pl.pipeline.site(SAMPLE, tmp_path_factory.mktemp("site") / "out", lang="en")


@pytest.fixture(scope="module")
def walked():
    """Who reaches which site, and how many elders there are: all that the figures are recomputed from."""
    study = pl.open_study(SAMPLE, lang="en")
    there = table_of(study, "meal-10min")
    elders = study.layers["compounds"]["elders_60"].astype(float)
    reach = there.reach
    members = {
        str(site): {str(one) for one in reach.demand_ids[reach.demand[reach.indptr[row] : reach.indptr[row + 1]]]}
        for row, site in enumerate(reach.site_ids)
    }
    return members, elders, set(there.existing)


def covered(walked, sites):
    members, elders, existing = walked
    return elders[sorted(set().union(*(members[one] for one in {*sites, *existing})))].sum()


# ---- what study.toml asks for ---------------------------------------------------------------------------------------


def test_every_file_is_there_and_in_the_manifest(done):
    names = {path.name for path in done.out.iterdir()}
    assert names == {*FILES, "results.gpkg", "ledger.csv", MANIFEST, NOTICE}
    manifest = json.loads((done.out / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["outputs"] == {name: sha256(done.out / name) for name in sorted(names - {MANIFEST})}
    assert manifest["settings"]["siting"]["sites"] == 5
    assert manifest["plan"] == {"status": "optimal", "stopped": "proven"}
    assert list(manifest["seconds"]) == list(done.seconds)
    assert "Choosing sites" in manifest["seconds"]


def test_the_sites_and_their_figures_hold_when_they_are_added_up_by_hand(done, walked):
    table = csv(done.out / "plan.csv")
    first = ["candidate_id", "order", "year", "elders_added", "elders_total", "cost_cny"]
    assert list(table.columns[:6]) == first
    assert {"name", "use", "required", "elders_only", "replacement", "loss", "twins"} <= set(table.columns)
    assert (table["order"] == np.arange(1, 6)).all()
    assert (table["year"] == 1).all()
    for column in ("order", "year", "elders_added", "elders_total", "elders_only", "cost_cny"):
        assert table[column].dtype == np.int64, column
    members, elders, existing = walked
    seen = set().union(*(members[one] for one in existing))
    for row in table.itertuples():
        mine = members[row.candidate_id]
        assert row.elders_added == elders[sorted(mine - seen)].sum()
        assert row.elders_total == elders[sorted(mine)].sum()
        others = set().union(*(members[one] for one in [*existing, *table["candidate_id"]] if one != row.candidate_id))
        assert row.elders_only == elders[sorted(mine - others)].sum()
        seen |= mine
    assert set(table["use"]) <= {"canteen", "both"}


def test_plan_json_says_what_was_asked_and_proven(done, walked):
    told, table = record(done.out), csv(done.out / "plan.csv")
    assert (told["status"], told["model"], told["unit"], told["gap"]) == ("optimal", "max_cover", "elders", 0)
    assert told["value"] == told["bound"] == covered(walked, table["candidate_id"])
    assert told["elders_before"] == covered(walked, [])
    members, elders, _existing = walked
    assert told["elders_uncoverable"] == elders.sum() - covered(walked, members)
    four = [told[f"elders_{name}"] for name in ("before", "added", "uncovered", "uncoverable")]
    assert sum(four) == told["elders"] == elders.sum() == 22_114
    assert told["verified"]
    assert told["doubts"] == []
    assert told["circles"][0]["circle"] == "meal-10min"
    assert told["settings"]["sites"] == 5
    assert told["sentence"].startswith("Optimal, and proven")
    assert told["tie_break"]
    assert told["solver"].startswith(("HiGHS", "scipy"))
    assert {"seed", "seconds", "walker"} <= set(told)
    # The certificate alone, without planner: sum(w - u) plus the five sites that reach most of u is the bound.
    weight = elders.loc[told["certificate"]["demand"]].to_numpy()
    u = np.clip(told["certificate"]["multipliers"], 0, weight)
    rows = {one: row for row, one in enumerate(told["certificate"]["demand"])}
    worth = {site: sum(u[rows[one]] for one in mine) for site, mine in members.items()}
    fixed = sum(worth.pop(one) for one in walked[2])
    assert (weight - u).sum() + fixed + sum(sorted(worth.values())[-5:]) >= told["bound"] - 1e-6


def test_the_map_layers(done):
    plan = gpd.read_file(done.out / "results.gpkg", layer="plan")
    study = done.study
    assert plan["candidate_id"].tolist() == csv(done.out / "plan.csv")["candidate_id"].tolist()
    there = study.layers["candidates"].geometry.loc[plan["candidate_id"]]
    assert plan.geometry.reset_index(drop=True).geom_equals_exact(there.reset_index(drop=True), 1e-6).all()
    reached = gpd.read_file(done.out / "results.gpkg", layer="plan_reach")
    elders = study.layers["compounds"]["elders_60"].astype(float)
    sums = elders.groupby(reached.set_index("compound_id")["state"]).sum()
    told = record(done.out)
    assert {name: sums[name] for name in sums.index} == {name: told[f"elders_{name}"] for name in sums.index}
    walks = reached[reached["candidate_id"].fillna("") != ""]
    assert walks["minutes"].between(0, 10).all()
    assert set(walks["candidate_id"]) <= set(plan["candidate_id"])


def test_curve_rejected_and_alternatives(done, walked):
    curve = csv(done.out / "plan_curve.csv")
    assert {"limit", "value", "bound", "status"} <= set(curve.columns)
    assert curve["value"].is_monotonic_increasing
    assert (curve["bound"] >= curve["value"]).all()
    at = curve.set_index("limit")
    assert at["value"][5] == record(done.out)["value"]
    rejected, chosen = csv(done.out / "plan_rejected.csv"), csv(done.out / "plan.csv")
    assert not set(rejected["candidate_id"]) & set(chosen["candidate_id"])
    assert rejected["why"].notna().all()
    assert (rejected["loss_at_least"] <= rejected["loss_at_most"]).all()
    others = csv(done.out / "plan_alternatives.csv")
    assert len(others) == 3
    for row in others.itertuples():
        assert row.value == covered(walked, row.sites.split(";"))
        assert row.loss == record(done.out)["value"] - row.value


def test_a_second_run_differs_in_seconds_alone(done, tmp_path):
    again = pl.pipeline.site(SAMPLE, tmp_path / "out", lang="en")
    for name in FILES - {"plan.json"}:
        assert (again.out / name).read_bytes() == (done.out / name).read_bytes(), name
    assert {**record(again.out), "seconds": 0} == {**record(done.out), "seconds": 0}


# ---- options --------------------------------------------------------------------------------------------------------


def test_a_plan_is_read_out(planner, tmp_path):
    code, out, err = planner("site", SAMPLE, "--out", tmp_path / "out")
    assert code == 0
    for words in (
        "within reach already", "8,991", "added by the plan", "still out of reach", "out of every candidate's reach",
        "Optimal, and proven", "Elbow of the curve", "as good", "K11", str(tmp_path / "out"),
    ):  # fmt: skip
        assert words in out, words
    assert "Choosing sites" not in out
    assert "Done" in err


@pytest.mark.parametrize(
    ("options", "model", "asked"),
    [
        (["--sites", 3], "max_cover", {"sites": 3}),
        (["--budget", 2_000_000], "max_cover", {"budget_cny": 2_000_000}),
        (["--share", 0.5], "cover", {"share": 0.5, "least": "sites"}),
        (["--share", 0.5, "--least", "cost"], "cover", {"share": 0.5, "least": "cost"}),
        (["--circle", "care-15min", "--sites", 2], "max_cover", {"circles": ["care-15min"]}),
        (["--alternatives", 0, "--time-limit", 60], "max_cover", {"sites": 5, "time_limit_s": 60}),
    ],
)
def test_options_stand_over_study_toml(planner, tmp_path, options, model, asked):
    out = tmp_path / "out"
    assert planner("site", SAMPLE, "--out", out, *options)[0] == 0
    told = record(out)
    assert told["model"] == model
    assert {name: told["settings"][name] for name in asked} == asked
    assert sum(name in told["settings"] for name in ("sites", "budget_cny", "share")) == 1
    table = csv(out / "plan.csv")
    if "sites" in asked:
        assert len(table) <= asked["sites"]
    if "budget_cny" in asked:
        assert table["cost_cny"].sum() <= asked["budget_cny"]
    if "share" in asked:
        assert told["elders_before"] + told["elders_added"] >= asked["share"] * told["elders"]
    assert (out / "plan_alternatives.csv").exists() == ("time_limit_s" not in asked)


def test_required_and_forbidden(planner, tmp_path):
    out = tmp_path / "out"
    code, _out, _err = planner("site", SAMPLE, "--out", out, "--require", "K02", "--forbid", "K11", "--forbid", "K18")
    assert code == 0
    table = csv(out / "plan.csv").set_index("candidate_id")
    assert table.loc["K02", "required"]
    assert not {"K11", "K18"} & set(table.index)
    rejected = csv(out / "plan_rejected.csv").set_index("candidate_id")
    assert rejected.loc["K11", "reason"] == "forbidden"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sites", 3, "--budget", 5], ["exactly one of sites, budget_cny and share", "given: sites, budget_cny"]),
        (["--sites", -1, "--alternatives", -2], ["2 faults", "--sites: -1", "--alternatives: -2"]),
        (["--require", "K99", "--forbid", "K98", "--circle", "care-16min"],
         ["3 faults", "--require: there are no candidates K99", "--forbid", "--circle: no standard"]),
        (["--least", "cost"], ["least goes with share"]),
        (["--share", 1.5], ["--share: 1.5 is given, and it must be 1 or less"]),
        (["--circle", "meal-10min", "--circle", "meal-10min"], ["a circle is named twice"]),
        (["--time-limit", 0], ["--time-limit: 0.0 is given, and it must be more than 0"]),
    ],
)  # fmt: skip
def test_bad_options_are_gathered(planner, tmp_path, options, words):
    code, _out, err = planner("site", SAMPLE, "--out", tmp_path / "out", *options)
    assert code == 2
    for word in words:
        assert word in err, (word, err)
    assert not (tmp_path / "out").exists()


def without_siting(tmp_path, more=""):
    study = tmp_path / "study"
    shutil.copytree(SAMPLE, study)
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text[: text.index("[siting]")] + more, encoding="utf-8")
    return study


def test_a_study_that_asks_for_nothing(planner, tmp_path):
    study = without_siting(tmp_path)
    code, _out, err = planner("site", study, "--out", tmp_path / "out")
    assert code == 2
    assert "--sites, --budget, --share: exactly one" in err
    assert planner("site", study, "--out", tmp_path / "out", "--sites", 2)[0] == 0
    done = pl.pipeline.run(study, tmp_path / "run", lang="en", board=False)
    assert done.choice is None
    assert not FILES & {path.name for path in done.out.iterdir()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[siting]\nsites = 3\nshare = 0.5\n", "exactly one of"),
        ("[siting]\nsitess = 3\n", "siting.sitess is not a setting that is known"),
        ('[siting]\nsites = 3\ncircles = ["x-1min"]\n', "no standard defines the circle"),
        ("[siting]\nsites = 2.5\n", "siting.sites"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told(tmp_path, text, words):
    study = without_siting(tmp_path, text)
    found = pl.check_study(study, lang="en")
    assert any(words in str(fault) for fault in found.faults), [str(fault) for fault in found.faults]


def test_siting_needs_candidates(tmp_path):
    study = without_siting(tmp_path, "[siting]\nsites = 3\n")
    text = (study / "study.toml").read_text(encoding="utf-8")
    begin, end = text.index("[layers.candidates]"), text.index("[layers.rooms]")
    (study / "study.toml").write_text(text[:begin] + text[end:], encoding="utf-8")
    faults = pl.check_study(study, lang="en").faults
    assert [fault.what for fault in faults] == ["[siting] chooses among candidates, and there is no such layer"]


# ---- no plan, half a plan --------------------------------------------------------------------------------------------


def test_no_plan_is_a_finding_with_reasons(planner, tmp_path):
    out = tmp_path / "out"
    code, text, _err = planner("site", SAMPLE, "--out", out, "--share", 0.9)
    assert code == 1
    assert "There is no plan" in text
    assert "11,422 of 22,114" in text
    told = record(out)
    assert told["status"] == "infeasible"
    assert told["value"] is None
    assert "11,422 of 22,114" in told["reasons"][0]
    assert csv(out / "plan.csv").empty
    assert gpd.read_file(out / "results.gpkg", layer="plan").empty
    code, text, _err = planner("site", SAMPLE, "--out", out, "--share", 0.9, "--force", "--publish")
    assert code == 1
    assert record(out)["reasons"] == ["told in the internal plan"]
    assert "22,114" not in json.dumps(record(out)["sentence"])


def test_strict_minds_that_there_is_no_plan(planner, tmp_path, monkeypatch):
    done = pl.pipeline.run(
        without_siting(tmp_path, "[siting]\nshare = 0.9\n"), tmp_path / "out", lang="en", board=False
    )
    for circle in done.circles:
        circle.table["verdict"] = "pass"
    monkeypatch.setattr("planner.pipeline.run", lambda *_arguments, **_options: replace(done, compliance=None))
    assert planner("run", SAMPLE, "--out", tmp_path / "a")[0] == 0
    assert planner("run", SAMPLE, "--out", tmp_path / "a", "--strict")[0] == 1


def test_an_interrupted_search_still_leaves_its_best_plan(planner, tmp_path, monkeypatch):
    """Ctrl-C ends the search; what it has is written with its bound, and nobody waits for curve and other plans."""
    pressed = []

    def press(_bar, stands):
        if not pressed:
            pressed.append(stands)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("planner.commands.console.Told.hear", press)
    out = tmp_path / "out"
    code, text, _err = planner("site", SAMPLE, "--out", out, "--budget", 2_000_000)
    assert code == 0
    assert pressed[0].bound > pressed[0].value
    assert "Interrupted" in text
    assert "Optimal" not in text
    told = record(out)
    assert (told["stopped"], told["status"], told["verified"]) == ("interrupted", "gap", True)
    assert told["value"] < told["bound"]
    assert csv(out / "plan.csv")["cost_cny"].sum() <= 2_000_000
    assert not (out / "plan_curve.csv").exists()
    assert json.loads((out / MANIFEST).read_text(encoding="utf-8"))["plan"]["stopped"] == "interrupted"


def test_nothing_is_replaced_without_force(planner, tmp_path):
    out = tmp_path / "out"
    assert planner("site", SAMPLE, "--out", out)[0] == 0
    code, _text, err = planner("site", SAMPLE, "--out", out, "--sites", 2)
    assert code == 2
    assert "--force" in err
    assert len(csv(out / "plan.csv")) == 5
    assert planner("site", SAMPLE, "--out", out, "--sites", 2, "--force")[0] == 0
    assert len(csv(out / "plan.csv")) == 2


# ---- for the public --------------------------------------------------------------------------------------------------


def test_what_is_published_holds_no_certificate_and_no_reason(planner, tmp_path):
    out = tmp_path / "out"
    assert planner("site", SAMPLE, "--out", out, "--publish")[0] == 0
    assert {path.name for path in out.iterdir()} == {"plan.csv", "plan.json", "results.gpkg", "ledger.csv", MANIFEST}
    told = record(out)
    assert not {"certificate", "demand", "multipliers", "reasons", "cases"} & set(told)
    assert set(csv(out / "plan.csv").columns) == {
        "candidate_id", "order", "year", "elders_added", "elders_total", "cost_cny", "name", "use", "required",
        "suppressed",
    }  # fmt: skip
    import pyogrio

    assert pyogrio.list_layers(out / "results.gpkg")[:, 0].tolist() == ["plan"]
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["classification"] == "public"


def test_the_public_files_of_another_town_are_the_same(tmp_path):
    """Two people fewer in the small compounds, and more in the one that is held back with them."""
    from planner.present.disclosure import disclose

    study = pl.open_study(SAMPLE, lang="en")
    shown = disclose(study, [pl.coverage.test(study, one) for one in study.circles])
    small = [one for one, mark in shown.compounds.items() if mark == 1]
    (held,) = [one for one, mark in shown.compounds.items() if mark == 2]
    other = tmp_path / "study"
    shutil.copytree(SAMPLE, other)
    homes = json.loads((other / "compounds.geojson").read_text(encoding="utf-8"))
    for home in homes["features"]:
        own = home["properties"]
        if own["compound_id"] in small:
            own["elders_60"] -= 2
        elif own["compound_id"] == held:
            own["elders_60"] += 2 * len(small)
    (other / "compounds.geojson").write_text(json.dumps(homes, ensure_ascii=False), encoding="utf-8")
    for given in ({"sites": 5}, {"sites": 9}, {"sites": 8, "required": ("K02",)}):
        outs = [
            pl.pipeline.site(one, tmp_path / f"{name}", given=given, lang="en", publish=True, force=True).out
            for name, one in (("a", SAMPLE), ("b", other))
        ]
        assert (outs[0] / "plan.csv").read_bytes() == (outs[1] / "plan.csv").read_bytes()
        assert {**record(outs[0]), "seconds": 0} == {**record(outs[1]), "seconds": 0}


# ---- progress -------------------------------------------------------------------------------------------------------


def test_the_bar_tells_value_bound_and_gap():
    from planner.commands.console import bar
    from planner.i18n import language
    from planner.siting.effort import Progress

    with language("en"), bar() as told:
        told("Choosing sites", 1, 2)
        told.hear(Progress(1.0, "bound", float("nan"), float("inf"), float("nan")))
        assert told._bars.tasks[0].description == "Choosing sites: bound"
        told.hear(Progress(2.0, "exchange", 10_858.0, 11_154.0, 0.0265))
        said = told._bars.tasks[0].description
        assert said == "Choosing sites: exchanges, so far 10,858, bound 11,154, gap 2.65%"


# ---- plans under the switches ----------------------------------------------------------------------------------------

JOINT = """
[siting]
circles = ["meal-10min", "care-15min"]
budget_cny = 4_000_000
saving_cny = 100_000
"""
PHASED = """
[siting]
sites = [2, 4]
years = [2027, 2028]
"""
WAYS = """
[siting]
budget_cny = 2_000_000
discount_rate = 0.04
[[siting.ways]]
name = "rent"
rent_cny_m2_a = 200.0
years = 5
[[siting.ways]]
name = "buy"
capital_cny_m2 = 3_000.0
"""


def reached_by_circle(circles):
    """Who reaches which candidate or facility, for each circle."""
    study = pl.open_study(SAMPLE, lang="en")
    elders = study.layers["compounds"]["elders_60"].astype(float)
    found = {}
    for circle in circles:
        there = table_of(study, circle)
        reach = there.reach
        members = {
            str(site): set(reach.demand_ids[reach.demand[reach.indptr[row] : reach.indptr[row + 1]]].tolist())
            for row, site in enumerate(reach.site_ids)
        }
        found[circle] = members, set(there.existing)
    return found, elders


def worth(reached, elders, uses):
    """Elders within reach of new sites by their use, once for each circle."""
    serve = {"meal-10min": {"canteen", "both"}, "care-15min": {"day_care", "both"}}
    total = 0.0
    for circle, (members, existing) in reached.items():
        new = {site for site, use in uses.items() if use in serve[circle]}
        total += elders[sorted(set().union(*(members[one] for one in existing | new)))].sum()
    return total


def test_two_circles_are_explained_with_curve_and_other_plans(planner, tmp_path):
    study, out = without_siting(tmp_path, JOINT), tmp_path / "out"
    code, text, _err = planner("site", study, "--out", out)
    assert code == 0
    for words in (
        "Use",
        "day care",
        "canteen",
        "once per circle",
        "(once per service and phase)",
        "Elbow",
        "Other plan",
    ):
        assert words in text, words
    table, told = csv(out / "plan.csv").fillna({"replacement": ""}), record(out)
    reached, elders = reached_by_circle(["meal-10min", "care-15min"])
    uses = dict(zip(table["candidate_id"], table["use"], strict=True))
    assert told["value"] == worth(reached, elders, uses) == told["elders_before"] + told["elders_added"]
    for row in table.itertuples():
        rest = {site: use for site, use in uses.items() if site != row.candidate_id}
        assert row.loss_without == told["value"] - worth(reached, elders, rest)
        if row.replacement:
            other = rest | {row.replacement: row.replacement_use}
            assert row.loss == told["value"] - worth(reached, elders, other)
    curve = csv(out / "plan_curve.csv").set_index("limit")
    assert curve["value"][4_000_000] == told["value"]
    assert curve["value"].dropna().is_monotonic_increasing
    assert (curve["cost_cny"] <= curve.index + 1e-6).all()
    others = csv(out / "plan_alternatives.csv")
    assert len(others) == 3
    for row in others.itertuples():
        there = dict(zip(row.sites.split(";"), row.uses.split(";"), strict=True))
        assert row.value == worth(reached, elders, there)
        assert row.loss == told["value"] - row.value >= 0
    rejected = csv(out / "plan_rejected.csv")
    assert rejected["why"].notna().all()
    assert (rejected["loss_at_least"].fillna(0) <= rejected["loss_at_most"].fillna(0)).all()


def test_phases_have_an_explanation_and_no_curve(planner, tmp_path):
    study, out = without_siting(tmp_path, PHASED), tmp_path / "out"
    code, text, _err = planner("site", study, "--out", out)
    assert code == 0
    assert "2028" in text
    assert not (out / "plan_curve.csv").exists()
    assert len(csv(out / "plan_alternatives.csv")) == 3
    table = csv(out / "plan.csv")
    assert table["year"].tolist() == [2027, 2027, 2028, 2028]
    assert (table["loss"] <= table["loss_without"]).all()


def test_ways_are_named(planner, tmp_path):
    study, out = without_siting(tmp_path, WAYS), tmp_path / "out"
    code, text, _err = planner("site", study, "--out", out)
    assert code == 0
    assert "Way" in text
    table = csv(out / "plan.csv")
    assert set(table["way"]) <= {"rent", "buy"}
    assert table["cost_cny"].sum() <= 2_000_000
    assert csv(out / "plan_curve.csv")["value"].is_monotonic_increasing
    assert set(csv(out / "plan_alternatives.csv")["ways"].str.split(";").explode()) <= {"rent", "buy"}
    assert len(text.splitlines()) < 60


@pytest.mark.parametrize("asked", [JOINT, PHASED, WAYS])
def test_switched_plans_do_not_leak(planner, tmp_path, asked):
    study = without_siting(tmp_path, asked)
    out = tmp_path / "out"
    assert planner("site", study, "--out", out, "--publish")[0] == 0
    assert FILES & {path.name for path in out.iterdir()} == {"plan.csv", "plan.json"}
    allowed = {"candidate_id", "order", "year", "elders_added", "elders_total", "cost_cny", "name", "use", "way",
               "required", "phase", "suppressed"}  # fmt: skip
    assert set(csv(out / "plan.csv").columns) <= allowed
    assert not {"certificate", "chosen", "walkers", "phases", "loads", "doubts"} & set(record(out))


def test_a_time_limit_holds_for_curve_and_other_plans(tmp_path):
    study = without_siting(tmp_path, JOINT + "time_limit_s = 1.0\n")
    done = pl.pipeline.site(study, tmp_path / "out", lang="en")
    choice = done.choice
    assert choice.explanation is not None
    assert choice.curve is None or all(one.verify() for one in choice.curve.plans)
    assert all(one.verify() for one in choice.alternatives)
    assert done.seconds["Choosing sites"] < 10

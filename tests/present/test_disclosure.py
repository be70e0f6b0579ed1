"""A page and its files do not tell small counts: a town with other people in it gives the very same ones."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import planner as pl
from planner import pipeline
from planner.errors import InputError
from planner.i18n import language
from planner.present import board
from planner.present.disclosure import Disclosure, disclose
from planner.present.outputs import MANIFEST, NOTICE
from planner.present.publishing import public_areas, public_coverage, public_ledger
from planner.present.suppression import BELOW, HELD, SHOWN
from planner.present.tables import area_table, coverage_table

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def judged(study):
    return [pl.coverage.test(study, circle) for circle in study.circles]


def with_elders(study, counts):
    compounds = study.layers["compounds"].copy()
    for one, count in counts.items():
        compounds.loc[one, "elders_60"] = count
    return replace(study, layers={**study.layers, "compounds": compounds})


@pytest.fixture(scope="module")
def study():
    return pl.open_study(SAMPLE)


@pytest.fixture(scope="module")
def circles(study):
    return judged(study)


@pytest.fixture(scope="module")
def partner(study, circles):
    """The small compounds of the sample, and the one that is held back for both."""
    shown = disclose(study, circles)
    elders = study.layers["compounds"]["elders_60"]
    small = [one for one, mark in shown.compounds.items() if mark == BELOW]
    assert small == elders.index[(elders > 0) & (elders < 10)].tolist()
    held = [one for one, mark in shown.compounds.items() if mark == HELD]
    assert len(small) == 2
    assert len(held) == 1
    return small, held[0]


@pytest.fixture(scope="module")
def moved(study, partner):
    """Another town: two people fewer in each small compound, four more in the one held back."""
    small, held = partner
    elders = study.layers["compounds"]["elders_60"]
    return with_elders(study, {**{one: elders[one] - 2 for one in small}, held: elders[held] + 4})


def test_the_board_of_another_town_is_the_same_to_the_byte(study, circles, moved):
    assert board(study, circles).html == board(moved, judged(moved)).html
    assert board(study, circles, publish=True).html == board(moved, judged(moved), publish=True).html


def test_it_differs_where_nothing_is_hidden(study, circles, moved):
    def open_board(one):
        settings = one.settings.model_copy(
            update={"privacy": one.settings.privacy.model_copy(update={"suppress_below": 0})}
        )
        one = replace(one, settings=settings)
        return board(one, judged(one)).html

    assert open_board(study) != open_board(moved)
    assert "不足" not in open_board(study)


def test_the_public_tables_of_another_town_are_the_same(study, circles, moved):
    others = judged(moved)
    shown, theirs = disclose(study, circles, publish=True), disclose(moved, others, publish=True)
    ours = public_coverage(coverage_table(circles), shown)
    pd.testing.assert_frame_equal(ours, public_coverage(coverage_table(others), theirs))
    pd.testing.assert_frame_equal(public_areas(area_table(circles), shown), public_areas(area_table(others), theirs))
    assert not coverage_table(circles)["elders_60"].equals(coverage_table(others)["elders_60"])


def test_hidden_numbers_are_empty_and_named(study, circles, partner):
    small, held = partner
    table = public_coverage(coverage_table(circles), disclose(study, circles, publish=True)).set_index("compound_id")
    assert table.loc[[*small, held], "elders_60"].isna().all()
    assert set(table.loc[small, "suppressed"]) == {"elders_60:<10"}
    assert set(table.loc[[held], "suppressed"]) == {"elders_60:*"}
    rest = table.drop(index=[*small, held])
    assert (rest["suppressed"] == "").all()
    assert rest["elders_60"].notna().all()


def test_a_share_goes_with_its_counts(study, circles):
    """A community left with 5 covered: neither the share nor the gap may tell it."""
    table = circles[0].table
    home = study.layers["compounds"]["community"]
    inside = home.index[(home == home.mode()[0]).to_numpy()]
    covered = table.loc[inside].index[table.loc[inside, "verdict"].isin(["pass", "fragile"])]
    lonely = with_elders(study, {**dict.fromkeys(covered, 0), covered[0]: 5})
    others = judged(lonely)
    areas = area_table(others)
    areas["target_indicator"] = "elders"
    row = (areas["elders_covered"] == 5) & (areas["circle"] == "care-15min")
    assert row.sum() == 1
    public = public_areas(areas, disclose(lonely, others, publish=True))
    assert public.loc[row, ["elders_covered", "share_elders", "gap"]].isna().all(axis=None)
    assert public.loc[row, "elders"].notna().all()
    assert public.loc[row, "suppressed"].item() == "elders_covered:<10;share_elders:*;gap:*"
    with_mark = public["suppressed"].str.contains("elders_covered:")
    assert with_mark.sum() > row.sum()  # the figure of another community goes too
    assert public.loc[with_mark, "share_elders"].isna().all()
    study_row = public["level"] == "study"
    assert public.loc[study_row, "suppressed"].eq("").all()
    total = areas.loc[study_row, "elders_covered"].tolist()
    assert public.loc[study_row, "elders_covered"].tolist() == total  # summed up before anything was hidden


def test_what_the_board_says(make_study, tested_circles):
    town = make_study("en")
    town.layers["compounds"].loc["C008", "elders_60"] = 7
    circles = tested_circles(town)
    page = board(town, circles).html
    assert "fewer than 10 people" in page
    assert "Counts of fewer than 10 people are not shown" in page
    assert not re.search(r">7 people<|\\u003e7 people", page)
    town.layers["compounds"].loc["C008", "elders_60"] = 0
    page = board(town, tested_circles(town)).html
    assert "fewer than 10 people\\u003c" not in page
    assert "0 people" in page


def test_a_verdict_with_few_people_is_neither_counted_nor_drawn(make_study, tested_circles):
    town = make_study("en")
    circles = tested_circles(town)
    unknown = circles[0].table.index[circles[0].table["verdict"] == "unknown"]
    town.layers["compounds"].loc[unknown, "elders_60"] = [3, 4]
    circles = tested_circles(town)
    shown = disclose(town, circles)
    assert shown.mark("unknown", "care-15min") == BELOW
    assert shown.mark("elders") == SHOWN
    page = board(town, circles).html
    assert "<td>2</td><td>&lt;10</td>" in page
    bars = re.search(r'<svg class="stack".*?</svg>', page)[0]
    assert "verdict-unknown" not in bars
    assert bars.count("<rect") == 3  # a grey one, and at most two that are shown


def test_a_study_of_few_says_no_share(make_study, tested_circles):
    town = make_study("en")
    compounds = town.layers["compounds"]
    compounds["elders_60"] = pd.array([0] * len(compounds), dtype="Int64")
    covered = tested_circles(town)[0].table["verdict"].isin(["pass", "fragile"])
    compounds.loc[covered.idxmax(), "elders_60"] = 6
    compounds.loc[(~covered).idxmax(), "elders_60"] = 200
    page = board(town, tested_circles(town)).html
    assert 'class="rate-main"><b>–</b>' in page
    assert "covered: fewer than 10 people; in all: not shown" in page
    assert '<svg class="stack"' not in page
    assert "206" not in re.sub(r"<svg.*?</svg>|<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)


def test_internal_and_public_pages(make_study, tested_circles):
    town = make_study()
    circles = tested_circles(town)
    mark = "内部资料 不得公开"
    assert board(town, circles).html.count(mark) >= 3  # head, watermark and corner
    public = board(town, circles, publish=True).html
    assert mark not in public
    assert 'class="watermark"' not in public
    town.settings.study.map_number = "湘S(2026)012号"
    assert board(town, circles, publish=True).html.count("湘S(2026)012号") == 2
    assert "湘S(2026)012号" not in board(town, circles).html


def test_nothing_is_published_of_a_study_that_hides_nothing(make_study, tested_circles):
    town = make_study("en")
    town.settings.privacy.suppress_below = 0
    with pytest.raises(InputError, match="must hide small counts"):
        board(town, tested_circles(town), publish=True)
    assert disclose(town, tested_circles(town)).note == ""


def test_words():
    with language("en"):
        shown = Disclosure(below=10)
        assert [shown.number(7, BELOW), shown.number(70, HELD), shown.number(1264.0, SHOWN)] == [
            "<10",
            "not shown",
            "1,264",
        ]
        assert shown.people(pd.NA, SHOWN) == "not known"
        assert shown.number(np.nan, SHOWN) == "–"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return pipeline.run(SAMPLE, tmp_path_factory.mktemp("public") / "out", lang="en", publish=True).out


def test_every_published_file_hides_the_same(published, partner):
    small, held = partner
    for table in (
        pd.read_csv(published / "coverage.csv", encoding="utf-8-sig"),
        gpd.read_file(published / "results.gpkg", layer="coverage"),
    ):
        found = table.set_index("compound_id")
        assert found.loc[[*small, held], "elders_60"].isna().all()
        assert found["elders_60"].isna().sum() == 6
    ledger = pd.read_csv(published / "ledger.csv", encoding="utf-8-sig")
    assert not ledger["what"].str.contains(r"\d|“").any()
    manifest = (published / MANIFEST).read_text(encoding="utf-8")
    assert json.loads(manifest)["classification"] == "public"
    assert not re.search(r'"elders_|"persons"', manifest.replace('"elders_60"', ""))
    assert not (published / NOTICE).exists()


def test_internal_files_say_so(tmp_path):
    out = pipeline.run(SAMPLE, tmp_path / "out", lang="en", board=False).out
    assert json.loads((out / MANIFEST).read_text(encoding="utf-8"))["classification"] == "internal material"
    assert "not to be published" in (out / NOTICE).read_text(encoding="utf-8-sig")
    assert NOTICE in json.loads((out / MANIFEST).read_text(encoding="utf-8"))["outputs"]
    pipeline.run(SAMPLE, out, lang="en", board=False, publish=True, force=True)
    assert not (out / NOTICE).exists()


def test_a_public_ledger_counts_nobody():
    table = pd.DataFrame({"what": ["“7” is no exact number", "elders_60 is 12, more than 9", "the row is hidden"]})
    with language("en"):
        assert public_ledger(table)["what"].tolist() == ["told in the internal ledger"] * 2 + ["the row is hidden"]

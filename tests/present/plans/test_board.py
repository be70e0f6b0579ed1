"""A plan on the board: numbered sites with their reasons, the figures, the curve, and the word for what is proven."""

from __future__ import annotations

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import planner as pl
from planner.errors import InputError
from planner.i18n import language
from planner.present import board
from planner.present.disclosure import Disclosure, disclose
from planner.present.drawing import Projection
from planner.present.offline import assert_offline
from planner.present.plans.counts import STATES, PlanCounts
from planner.present.plans.curves import drawn, points, ticks
from planner.present.plans.features import homes, rejected, sites
from planner.present.plans.panels import side, tab
from planner.present.plans.reach import reached_by
from planner.present.plans.wording import asked_words, open_sentence
from planner.siting import Reach
from planner.siting.choosing import asked_of, choose, told
from planner.studytables import SitingTable
from tests.present.test_boards import ARGS, CHROMIUM

SAMPLE = Path(__file__).parents[3] / "data" / "sample"


@pytest.fixture(scope="module")
def study():
    return pl.open_study(SAMPLE, lang="en")


@pytest.fixture(scope="module")
def circles(study):
    return [pl.coverage.test(study, one) for one in study.circles]


@pytest.fixture(scope="module")
def choice(study):
    with language("en"):
        return told(choose(study, study.settings.siting), study.settings.siting)


@pytest.fixture(scope="module")
def counts(study, circles, choice):
    return PlanCounts(choice.plan, study, reached_by(choice.plan, study), disclose(study, circles))


def gapped(plan, more=25.0):
    """The same plan, as if the search had ended early."""
    return replace(plan, status="gap", bound=plan.bound + more, stopped="time")


def said(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


# ---- what is reached ------------------------------------------------------------------------------------------------


def test_whom_a_plan_reaches_agrees_with_the_circle_test(study, circles, choice):
    """Who is within reach already is who passes the circle, by another way of walking there."""
    (reached,) = reached_by(choice.plan, study)
    verdict = circles[1].table["verdict"].loc[study.layers["compounds"].index]
    np.testing.assert_array_equal(reached.before, verdict.isin(["pass", "fragile"]).to_numpy())
    facilities = study.layers["facilities"]
    assert set(reached.existing) == set(facilities.index[circles[1].counts])
    for site, mine in reached.adds.items():
        assert not (mine & reached.before).any()
        assert (mine <= reached.sites[site]).all()
    assert (np.isfinite(reached.seconds) >= np.logical_or.reduce(list(reached.adds.values()))).all()
    np.testing.assert_array_equal(reached.with_sites(choice.plan.sites), reached.after)


def test_the_counts_are_the_plans(choice, counts):
    plan = choice.plan
    for state, number in zip(
        STATES, (plan.elders_before, plan.elders_added, plan.elders_uncovered, plan.elders_uncoverable), strict=True
    ):
        assert counts.state(state).value == number
    for site in plan.table.index:
        row = choice.explanation.chosen.loc[site]
        assert counts.added(site).value == row["elders_added"]
        assert counts.only(site).value == row["elders_only"]
        assert counts.loss(site, row["replacement"] or None).value == row["loss"]
    for one in choice.alternatives:
        assert counts.with_plan(one.plan).value == one.value


def test_a_forbidden_candidate_brings_nobody_within_reach(study):
    every = study.layers["candidates"].index[study.layers["candidates"]["use"] != "day_care"]
    asked = SitingTable(sites=1, forbidden=tuple(one for one in every if one != "K02"))
    plan = choose(study, asked)
    (reached,) = reached_by(plan, study, forbidden=asked.forbidden)
    elders = study.layers["compounds"]["elders_60"].astype(float).to_numpy()
    assert elders[np.array(reached.states) == "uncoverable"].sum() == plan.elders_uncoverable
    assert "uncovered" not in reached.states


def test_a_plan_of_another_study_is_refused(study, circles, choice, make_study, tested_circles):
    town = make_study("en")
    with pytest.raises(InputError, match="not made of this study"):
        board(town, tested_circles(town), None, choice)
    table = pl.siting.MaxCover(sites=1).solve_table(Reach.of_matrix([[300.0]]), [5])
    with pytest.raises(InputError, match="not made of this study"):
        board(study, circles, None, table)
    with pytest.raises(InputError, match="one plan"):
        board(study, circles, None, choice, choice)


# ---- words ----------------------------------------------------------------------------------------------------------


def test_a_site_says_what_it_is_worth(study, choice, counts):
    with language("en"):
        drawn_sites = sites(study, Projection(study.crs), choice, counts)
    first = drawn_sites[-1]["properties"]  # it lies on top
    assert (first["icon"], first["tip"]) == ("site/1", "1 · 石滩社区村集体用房二号")
    text = said(first["popup"])
    for words in ("Adds 662 people", "Only it reaches 662 people", "153 elders lost", "80.6 ×10⁴ CNY", "310"):
        assert words in text, words
    twin = next(one for one in drawn_sites if one["properties"]["tip"].startswith("4"))
    assert "As good 文昌阁社区闲置公有房产四号" in said(twin["properties"]["popup"])
    assert "proposed; it decides nothing" in text


def test_a_site_that_had_to_be_chosen_says_so(study, circles):
    asked = SitingTable(sites=3, required=("K02",))
    made = told(choose(study, asked), asked)
    found = PlanCounts(made.plan, study, reached_by(made.plan, study), disclose(study, circles))
    with language("en"):
        texts = [said(one["properties"]["popup"]) for one in sites(study, Projection(study.crs), made, found)]
    assert [("it had to be chosen" in text) for text in texts].count(True) == 1
    assert next(text for text in texts if "had to be" in text).startswith("3 石坳村村集体用房三号 K02")


def test_a_candidate_that_was_not_chosen_says_why(study, choice, counts):
    with language("en"):
        features = rejected(study, Projection(study.crs), choice, counts)
    texts = {said(one["properties"]["popup"]).split()[1]: said(one["properties"]["popup"]) for one in features}
    assert set(texts) == set(choice.explanation.rejected.index)
    assert "it serves the same homes as K12" in texts["K08"]
    assert "nothing is lost" in texts["K08"]
    assert "Forced in 101 elders lost" in texts["K02"]


def test_a_compound_says_what_becomes_of_it(study, choice, counts):
    with language("en"):
        features = homes(study, Projection(study.crs), counts)
    (reached,) = counts.reached
    looks = [one["properties"]["look"].removeprefix("plan-") for one in features]
    assert looks == list(reached.states)
    added = next(one["properties"] for one in features if one["properties"]["look"] == "plan-added")
    assert "added by the plan" in said(added["popup"])
    assert re.search(r"Nearest new site \S+ \d+\.\d min", said(added["popup"]))
    assert added["to"].startswith("site:K")


def test_the_side_bar_holds_figures_sentence_sites_curve_and_how(study, choice, counts):
    with language("en"):
        above, below = side(study, choice, counts)
        assert tab(study, choice)[2] == "Siting: 5 new sites"
        sentence = choice.plan.sentence
    text = said(above)
    for words in (
        "within reach already 8,991 40.7%", "added by the plan 1,867 8.4%", "still out of reach 564 2.6%",
        "out of every candidate's reach 10,692 48.3%", "in all 22,114", sentence,
        "the most elders within reach of 5 new sites", "Elbow: 4 sites", "1 as good as the plan", "40 elders lost",
    ):  # fmt: skip
        assert words in text, words
    how = said(below)
    assert "value, cost, walking time, ids" in how
    assert "were computed anew without a solver and hold" in how
    assert "Seed 0" in how


def test_optimal_is_said_only_when_it_is_proven(study, circles, choice):
    shown = disclose(study, circles)
    for plan in (gapped(choice.plan), replace(choice.plan, status="no_bound", certificate=None)):
        made = replace(choice, plan=plan, curve=None)
        found = PlanCounts(plan, study, reached_by(plan, study), shown)
        with language("en"):
            page = " ".join(side(study, made, found))
        assert not re.search(r"optimal|Optimal|proven|best\b(?! plan| here)", said(page)), said(page)
    with language("zh"):
        found = PlanCounts(gapped(choice.plan), study, reached_by(choice.plan, study), shown)
        assert "最优" not in open_sentence(gapped(choice.plan), found)


def test_a_gap_is_told_to_the_public_in_percent(study, circles, choice):
    plan = gapped(choice.plan)
    with language("en"):
        within = PlanCounts(plan, study, reached_by(plan, study), disclose(study, circles))
        assert open_sentence(plan, within) == plan.sentence
        assert "25 elders" in plan.sentence
        public = PlanCounts(plan, study, reached_by(plan, study), disclose(study, circles, publish=True))
        percent = math.ceil(25 / (plan.value + 25) * 1000) / 10
        assert f"{percent:g} %" in open_sentence(plan, public)
        assert "25 elders" not in open_sentence(plan, public)


def test_the_question_in_words():
    with language("en"):
        assert asked_words(SitingTable(budget_cny=3e6)) == "the most elders within reach of what 300 ×10⁴ CNY pay"
        assert asked_words(SitingTable(share=0.9, least="cost")).startswith("the cheapest new sites that bring 90%")


def test_a_plan_under_the_switches_says_what_was_asked_without_its_settings(study):
    model = pl.siting.MaxCover(circle=["meal-10min", "care-15min"], budget=6_000_000, saving=300_000)
    settings = asked_of(model.solve(study, forbidden=["K11"]))
    assert (settings.budget_cny, settings.saving_cny, settings.forbidden) == (6_000_000.0, 300_000.0, ("K11",))
    phased = asked_of(pl.siting.MaxCover(circle="meal-10min", sites=[1, 3], floors=0.2).solve(study))
    assert (phased.sites, phased.floors, phased.circles) == ((1, 3), 0.2, ("meal-10min",))
    share = asked_of(pl.siting.LeastSites(circle="meal-10min", share=0.3, capacity=True, uptake=0.2).solve(study))
    assert (share.share, share.least, share.capacity, share.uptake) == (0.3, "sites", True, 0.2)


# ---- the curve ------------------------------------------------------------------------------------------------------


def test_the_curve_is_drawn_from_its_figures(choice, counts):
    found = points(choice, counts)
    assert [one.count.value for one in found] == choice.curve.table["value"].tolist()
    with language("en"):
        svg = drawn(choice, counts)
    assert svg.count('r="2.2"') == len(found)
    assert svg.count('r="7" stroke="#12355b" stroke-width="1.8" fill="none"/>') == 2  # on the curve, in the legend
    assert "no plan reaches more" not in svg  # all is proven
    assert "<script" not in svg
    places = [float(one) for one in re.findall(r'cy="([\d.]+)" r="2.2"', svg)]
    assert places == sorted(places, reverse=True)  # more sites, more elders: higher up


def test_a_bound_above_the_curve_is_shaded(choice, counts):
    table = choice.curve.table.copy()
    table.loc[7:, "status"] = "gap"
    table.loc[7:, "bound"] += 150
    open_ended = replace(choice, curve=replace(choice.curve, table=table))
    with language("en"):
        svg = drawn(open_ended, counts)
    assert "no plan reaches more" in svg
    assert 'fill-opacity=".45"' in svg
    assert re.search(r"≤ 1\.\d%", svg)


def test_no_curve_without_points(choice, counts):
    assert drawn(replace(choice, curve=None), counts) == ""
    table = choice.curve.table.iloc[:1]
    assert drawn(replace(choice, curve=replace(choice.curve, table=table, plans=choice.curve.plans[:1])), counts) == ""


@pytest.mark.parametrize(("low", "high"), [(0, 1), (3, 7), (8_991, 11_422), (0.5, 300), (1, 24), (5, 5)])
def test_ticks_are_round_and_inside(low, high):
    found = ticks(low, high, 6)
    assert found == sorted(set(found))
    assert all(low - 1e-9 <= one <= high + 1e-9 for one in found)
    assert 1 <= len(found) <= 8


# ---- the page -------------------------------------------------------------------------------------------------------


def test_the_board_with_a_plan(study, circles, choice):
    rooms = pl.compliance.check(study)
    page = board(study, circles, rooms, choice).html
    assert_offline(page)
    assert page == board(study, circles, rooms, None, choice).html
    assert page == board(study, circles, rooms, choice.plan).html  # what is told of it is found again
    assert "Siting: 5 new sites" in page
    assert "Siting: 5 new sites" not in board(study, circles, rooms).html


def test_what_was_asked_is_found_from_the_plan(study):
    for asked in (
        SitingTable(sites=4, forbidden=("K11",), required=("K02",)),
        SitingTable(budget_cny=2e6),
        SitingTable(share=0.45, least="cost"),
    ):
        guessed = asked_of(choose(study, asked))
        assert (guessed.sites, guessed.budget_cny, guessed.least) == (asked.sites, asked.budget_cny, asked.least)
        assert (guessed.required, guessed.forbidden) == (asked.required, asked.forbidden)
        assert guessed.share == pytest.approx(asked.share)


def test_no_plan_gives_its_reasons(study, circles):
    asked = SitingTable(share=0.9)
    page = board(study, circles, None, told(choose(study, asked), asked)).html
    assert "Siting: there is no plan" in page
    assert "11,422 of 22,114" in page
    public = board(study, circles, None, told(choose(study, asked), asked), publish=True).html
    assert "11,422" not in public


def test_two_circles_and_phases(study, circles):
    asked = SitingTable(circles=("meal-10min", "care-15min"), sites=(2, 4), years=(2027, 2029))
    made = told(choose(study, asked), asked)
    found = PlanCounts(made.plan, study, reached_by(made.plan, study), disclose(study, circles))
    assert found.by_reach
    assert found.state("added").value == made.plan.elders_added
    for site in made.plan.table.index:
        assert found.added(site).value == made.plan.table.loc[site, "elders_added"]
    with language("en"):
        text = said(side(study, made, found)[0])
        popups = [said(one["properties"]["popup"]) for one in sites(study, Projection(study.crs), made, found)]
    assert "Everybody is counted once for each circle" in text
    assert all(re.search(r"Year 202[79]", popup) for popup in popups)
    assert_offline(board(study, circles, None, made).html)


def test_two_circles_have_a_curve_replacements_and_other_plans(study, circles):
    asked = SitingTable(circles=("meal-10min", "care-15min"), budget_cny=4e6)
    made = told(choose(study, asked), asked)
    found = PlanCounts(made.plan, study, reached_by(made.plan, study), disclose(study, circles))
    for site, row in made.explanation.chosen.iterrows():
        if row["replacement"] is not None and not row["required"]:
            assert found.loss(site, row["replacement"], row["replacement_use"]).value == row["loss"]
    for one in made.alternatives:
        assert found.with_plan(one.plan).value == one.value
    for one in made.curve.plans:
        if one.status != "infeasible":
            assert found.with_plan(one).value == one.value
    with language("en"):
        text = said(side(study, made, found)[0])
    for words in ("What more or fewer sites would bring", "Other plans", "day care", "in place of"):
        assert words in text, words


def test_capacity_is_told_apart_from_reach(study, circles):
    asked = SitingTable(sites=3, capacity=True)
    made = told(choose(study, asked), asked)
    found = PlanCounts(made.plan, study, reached_by(made.plan, study), disclose(study, circles))
    assert not found.by_reach
    with language("en"):
        assert "whom the sites can hold" in said(side(study, made, found)[0])
    public = PlanCounts(made.plan, study, found.reached, disclose(study, circles, publish=True))
    assert not public.state("added").shown  # no sum over compounds: it cannot be shown to be safe


@pytest.fixture(scope="module")
def moved(study, circles):
    """Another town: two people fewer in each small compound, more in the one held back."""
    shown = disclose(study, circles)
    elders = study.layers["compounds"]["elders_60"]
    small = [one for one, mark in shown.compounds.items() if mark == 1]
    (held,) = [one for one, mark in shown.compounds.items() if mark == 2]
    compounds = study.layers["compounds"].copy()
    for one in small:
        compounds.loc[one, "elders_60"] = elders[one] - 2
    compounds.loc[held, "elders_60"] = elders[held] + 2 * len(small)
    return replace(study, layers={**study.layers, "compounds": compounds})


@pytest.mark.parametrize("number", [5, 9])
def test_the_public_board_of_another_town_is_the_same_to_the_byte(study, circles, moved, number):
    pages = []
    for one in (study, moved):
        asked = SitingTable(sites=number)
        tested = [pl.coverage.test(one, circle) for circle in one.circles]
        pages.append(board(one, tested, None, told(choose(one, asked), asked), publish=True).html)
    assert pages[0] == pages[1]
    assert "plan.json" not in pages[0]
    assert "What more or fewer sites would bring" not in pages[0]


def test_small_numbers_are_not_on_an_internal_board_either(study, choice):
    """A site that adds 7 people says no number."""
    compounds = study.layers["compounds"].copy()
    (reached,) = reached_by(choice.plan, study)
    mine = np.flatnonzero(reached.adds["K14"])
    ids = compounds.index[mine]
    compounds.loc[ids, "elders_60"] = 0
    compounds.loc[ids[0], "elders_60"] = 7
    town = replace(study, layers={**study.layers, "compounds": compounds})
    asked = SitingTable(sites=1, required=("K14",))
    made = told(choose(town, asked), asked)
    shown = disclose(town, [pl.coverage.test(town, one) for one in town.circles])
    found = PlanCounts(made.plan, town, reached_by(made.plan, town), shown)
    assert found.added("K14").value == 7
    with language("en"):
        assert found.added("K14").text == "not shown"
        popup = said(sites(town, Projection(town.crs), made, found)[0]["properties"]["popup"])
        assert "Adds not shown beyond" in popup
        assert " 7 people" not in popup
        assert "≥" in said(side(town, made, found)[0])
    assert PlanCounts(made.plan, town, found.reached, Disclosure()).added("K14").text == "7"


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
def test_in_the_browser(study, circles, choice, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    rooms = pl.compliance.check(study)
    path = board(study, circles, rooms, choice).save(tmp_path / "board.html")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints, requested = [], []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".leaflet-homes-pane path")
        assert page.locator(".facility.site").count() == 0

        page.locator("[data-tab='3']").click()
        assert page.locator("h1:visible").inner_text() == "Siting: 5 new sites"
        pins = page.locator(".facility.site")
        assert pins.count() == 5
        assert sorted(pins.all_inner_texts()) == list("12345")
        others = page.locator(".leaflet-rejected-pane path")
        assert others.count() == len(choice.explanation.rejected)
        (reached,) = reached_by(choice.plan, study)
        added = page.locator(".leaflet-homes-pane path[fill='url(#verdict-plan-added)']")
        assert added.count() == reached.states.count("added")

        def opened(place):
            """Click when nothing moves any more, and read what opens."""
            # By the page itself: the mouse would miss a button that the map still carries along.
            page.evaluate("document.querySelectorAll('.leaflet-popup-close-button').forEach(one => one.click())")
            page.wait_for_selector(".leaflet-popup, .leaflet-pan-anim", state="detached")
            place.click(force=True)
            return page.locator(".leaflet-popup-content").inner_text()

        text = opened(pins.nth(4))
        assert "662 people" in text
        assert "Next best here" in text
        assert "Nearest new site" in opened(added.first)
        assert page.locator(".leaflet-ring-pane path").count() == 1  # around the site

        button = page.locator("[data-hides-plan]")
        button.click()
        assert button.get_attribute("aria-pressed") == "false"
        assert others.first.is_hidden()
        button.click()
        assert "Forced in" in opened(others.nth(1))
        assert "Services" in opened(page.locator(".facility.on:not(.site)").last)
        assert page.locator("svg.curve:visible").count() == 1

        page.locator("[data-tab='0']").click()
        assert pins.count() == 0
        assert others.count() == 0

        page.set_viewport_size({"width": 390, "height": 844})
        page.locator("[data-tab='3']").click()
        wide, high = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert wide <= 390
        assert high > 2_000  # the side bar stands below the map, whole
        assert complaints == []
        assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
        browser.close()

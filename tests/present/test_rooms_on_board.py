"""Provision on the board: verdicts with their arithmetic, other readings beside, and a proposal that can be shown."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

import planner as pl
from planner.errors import InputError
from planner.i18n import language
from planner.present import board
from planner.present.drawing import Projection
from planner.present.offline import assert_offline
from planner.present.roomfeatures import feet, homes, share_foot, shares
from planner.present.roompanels import side, tab
from tests.present.test_boards import ARGS, CHROMIUM

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def study():
    return pl.open_study(SAMPLE, lang="en")


@pytest.fixture(scope="module")
def rooms(study):
    return pl.compliance.check(study)


@pytest.fixture(scope="module")
def groups(study):
    return pl.compliance.joint_groups(study)


def said(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


def popup_of(study, rooms, compound):
    at = list(study.layers["compounds"].index).index(compound)
    with language("en"):
        return homes(study, Projection(study.crs), rooms)[at]


def test_a_popup_spells_out_the_verdict(study, rooms):
    own = rooms.of()
    compound = own.index[(own["verdict"] == "short") & (own["rooms_below_minimum"] > 0)][0]
    row = own.loc[compound]
    feature = popup_of(study, rooms, compound)
    text = said(feature["properties"]["popup"])
    assert feature["properties"]["look"] == "room-short"
    for step in row["arithmetic"].replace(" m2", " m²").split("; "):
        assert step in text
    assert f"Shortfall   {row['shortfall_m2']:,.2f}" in text
    with language("en"):
        names = [profile.name.replace(" m2", " m²") for profile in rooms.profiles[1:]]
    assert all(name in text for name in names)
    assert "Rooms too small" in text


def test_who_is_not_bound_is_told_why(study, rooms):
    own = rooms.of()
    text = said(popup_of(study, rooms, own.index[own["verdict"] == "not_applicable"][0])["properties"]["popup"])
    assert "outside the area in which it holds" in text
    assert "Required" not in text


def test_the_clause_stands_below_by_kind_of_compound(rooms):
    found = feet(rooms)
    assert "1.5%" in found["existing"]
    assert "1.5%" not in found["new"]
    assert set(found) == {"new", "existing", ""}


def test_names_are_escaped(study, rooms):
    table = study.layers["compounds"].copy()
    table["name"] = "<script>alert(1)</script>"
    named = replace(study, layers={**study.layers, "compounds": table})
    drawn = homes(named, Projection(study.crs), rooms)
    assert not any("<script" in one["properties"]["popup"] + one["properties"]["tip"] for one in drawn)


def test_groups_are_lines_to_their_host(study, groups):
    drawn = shares(study, Projection(study.crs), groups)
    looks = [one["properties"]["look"] for one in drawn]
    kinds = groups.groups["kind"].value_counts()
    assert looks.count("share") == kinds["shared"] == looks.count("host")
    assert looks.count("share_existing") == kinds["existing"]
    name, row = next((n, r) for n, r in groups.groups.iterrows() if r["kind"] == "shared")
    text = next(said(f["properties"]["popup"]) for f in drawn if name in f["properties"].get("popup", ""))
    for step in row["arithmetic"].replace(" m2", " m²").split("; "):
        assert step in text
    assert groups.quote in said(share_foot(groups))


def test_popups_of_groups_tell_no_numbers_of_people(study, groups):
    drawn = shares(study, Projection(study.crs), groups)
    hidden = replace(groups, members=groups.members.assign(elders_60=987_654), groups=groups.groups.assign(elders_60=7))
    assert shares(study, Projection(study.crs), hidden) == drawn


def test_the_side_bar_adds_up(study, rooms, groups):
    with language("en"):
        above, below = side(study, rooms, groups)
        word, line, title = tab(study, rooms)
    text, own = said(above), rooms.of()
    for verdict, count in own["verdict"].value_counts().items():
        assert f'data-hides="room-{verdict}"' in above
        assert str(count) in text
    assert f"{own['shortfall_m2'].sum():,.3f}" in text
    assert f"New rooms: {groups.rooms}" in text
    assert "this program's assumption" in text
    assert "No other proposal needs less: proved." in text
    assert "3%" in said(below)
    assert (word, title) == ("Rooms for elders", "Rooms for elders: provision today")
    assert "2026-06-30" in line


def test_a_gap_is_confessed(study, rooms, groups):
    with language("en"):
        above, _below = side(study, rooms, replace(groups, status="gap", bound=1000.0, gap=0.123))
    assert "No proposal needs less than 1,000.00 m²: this one is at most 12.3% above it." in said(above)


def test_the_board_with_rooms_loads_nothing_and_is_the_same_twice(study, rooms, groups):
    circles = [pl.coverage.test(study, one) for one in study.circles]
    page = board(study, circles, rooms, groups).html
    assert_offline(page)
    assert page == board(study, circles, rooms, groups).html
    assert "Joint provision: a proposal" in page
    assert "Joint provision: a proposal" not in board(study, circles, rooms).html
    assert "Rooms for elders" not in board(study, circles).html


def test_what_belongs_to_another_study_is_refused(study, rooms, groups):
    care = pl.coverage.test(study, "care-15min")
    with pytest.raises(InputError, match="check that it is made from"):
        board(study, [care], None, groups)
    table = rooms.table.assign(id=rooms.table["id"] + "x")
    with pytest.raises(InputError, match="other compounds"):
        board(study, [care], replace(rooms, table=table))


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
def test_in_the_browser(study, rooms, groups, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    circles = [pl.coverage.test(study, one) for one in study.circles]
    path = board(study, circles, rooms, groups).save(tmp_path / "board.html")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1500, "height": 900})
        complaints = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector(".leaflet-homes-pane path")
        lines, homes_drawn = page.locator(".leaflet-shares-pane path"), page.locator(".leaflet-homes-pane path")
        assert lines.count() == 0
        assert page.locator("path.room-short").count() == 0

        page.locator("[data-tab='2']").click()
        assert page.locator("h1:visible").inner_text() == "Rooms for elders: provision today"
        short = (rooms.of()["verdict"] == "short").sum()
        assert page.locator("path.room-short").count() == short
        assert homes_drawn.count() == len(rooms.of())
        page.locator("[data-hides='room-short']").uncheck()
        assert page.locator("path.room-short:visible").count() == 0
        page.locator("[data-hides='room-short']").check()
        assert page.locator("path.room-short:visible").count() == short

        page.locator("[data-overlay]").click()
        assert page.locator("[data-overlay]").get_attribute("aria-pressed") == "true"
        assert lines.count() > 0
        lines.last.click(force=True)
        text = page.locator(".leaflet-popup-content").inner_text()
        assert "统筹配建" in text
        assert "Arithmetic" in text
        page.locator("[data-tab='0']").click()
        page.locator("[data-tab='2']").click()
        page.locator("[data-overlay]").click()
        assert lines.count() == 0
        page.locator("path.room-compliant").first.click(force=True)
        text = page.locator(".leaflet-popup-content").inner_text()
        for words in ("Required", "Counted", "Other readings", "郴政办发〔2023〕14号"):
            assert words in text
        assert complaints == []
        browser.close()

"""The board opens without a network, says its reasons in the reader's language, and is the same twice."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner as pl
from planner.errors import InputError, OutputExists
from planner.i18n import current
from planner.present import Board, board
from planner.present.offline import assert_offline

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def page_of(make_study, tested_circles):
    def make(lang="zh"):
        study = make_study(lang)
        return board(study, tested_circles(study))

    return make


def test_it_loads_nothing(page_of):
    assert_offline(page_of().html)


def test_same_input_same_bytes(page_of, tmp_path):
    first, second = (page_of().save(tmp_path / name) for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().decode("utf-8").startswith("<!DOCTYPE html>")


def test_names_cannot_break_the_page(page_of):
    html = page_of().html
    assert "<script>alert" not in html
    assert "<b>托育</b>" not in html
    assert "evil.example" in html


def test_the_language_is_the_studys(page_of):
    english, chinese = page_of("en").html, page_of().html
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    assert "15-minute community care circle: coverage today" in english
    assert "Internal · not for publication" in english
    assert "不达标" in chinese
    assert "不达标" not in english
    assert current() == "zh"


def test_save_leaves_one_file_and_respects_force(page_of, tmp_path):
    path = tmp_path / "new" / "board.html"
    finished = page_of()
    assert finished.save(path) == path
    assert [file.name for file in path.parent.iterdir()] == ["board.html"]
    with pytest.raises(OutputExists):
        finished.save(path, force=False)
    assert finished.save(str(path)) == path


def test_a_page_that_would_load_is_not_saved(tmp_path):
    with pytest.raises(AssertionError):
        Board('<img src="https://example.org/a.png">').save(tmp_path / "board.html")
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_page(page_of, tmp_path, monkeypatch):
    path = page_of().save(tmp_path / "board.html")
    before = path.read_bytes()

    def broken(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(KeyboardInterrupt):
        page_of("en").save(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["board.html"]


def test_faulty_circles_are_refused_together(make_study, tested_circles):
    study = make_study()
    care, _meals = tested_circles(study)
    with pytest.raises(InputError):
        board(study, [])
    fewer = make_study()
    fewer.layers["compounds"] = fewer.layers["compounds"].iloc[1:]
    with pytest.raises(InputError) as caught:
        board(fewer, [care, care])
    assert len(caught.value.faults) == 3


def test_a_study_without_optional_layers(make_study, tested_circles):
    study = make_study()
    for name in ("areas", "barriers", "gates"):
        del study.layers[name]
    assert_offline(board(study, tested_circles(study)[:1]).html)


def test_a_notebook_shows_it(page_of):
    shown = page_of()._repr_html_()
    assert shown.startswith('<iframe srcdoc="<!DOCTYPE html>')
    assert shown.count('"') == 4


@pytest.mark.skipif(not (SAMPLE / "study.toml").exists(), reason="the sample study is not made yet")
def test_the_sample_study():
    study = pl.open_study(SAMPLE)
    circles = [pl.coverage.test(study, one) for one in study.circles]
    page = board(study, circles)
    assert_offline(page.html)
    assert study.name in page.html
    for one in circles:
        assert f"{one.rates()['elders_covered']:,} / {one.rates()['elders']:,} 人" in page.html


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
class TestInTheBrowser:
    @pytest.fixture
    def opened(self, page_of, tmp_path):
        sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
        with sync_api.sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            browsers = []

            def go(lang="zh"):
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                page.requested, page.complaints = [], []

                def guard(route):
                    if route.request.url.startswith("file:"):
                        route.continue_()
                    else:
                        page.requested.append(route.request.url)
                        route.abort()

                page.route("**/*", guard)
                page.on("console", lambda message: page.complaints.append(message.text))
                page.on("pageerror", lambda error: page.complaints.append(str(error)))
                page.goto(page_of(lang).save(tmp_path / f"{lang}.html").as_uri())
                page.wait_for_selector(".leaflet-homes-pane path")
                browsers.append(page)
                return page

            yield go
            for page in browsers:
                assert page.requested == []
                assert page.complaints == []
            browser.close()

    def test_a_click_tells_the_reasons(self, opened):
        page = opened()
        assert page.locator(".leaflet-homes-pane path").count() == 49
        # The fourth block of the fourth row lies clear of badges.
        page.locator(".leaflet-homes-pane path").nth(23).click()
        text = page.locator(".leaflet-popup-content").inner_text()
        for said in (
            "分钟",
            "最近设施",
            "三种步速",
            "步行距离",
            "小区内",
            "圈内服务",
            "60岁及以上",
            "郴政办发〔2023〕14号",
            "15分钟社区养老服务圈",
        ):
            assert said in text
        assert page.locator(".leaflet-ring-pane path").count() == 1

    def test_the_circle_can_be_switched_both_ways(self, opened):
        page = opened()
        title = page.locator("h1:visible")
        fills = "els => els.map(el => el.getAttribute('fill'))"
        care = page.locator(".leaflet-homes-pane path").evaluate_all(fills)
        assert title.inner_text() == "15分钟社区养老服务圈覆盖现状图"
        page.locator("[data-tab='1']").click()
        assert title.inner_text() == "10分钟助餐圈覆盖现状图"
        assert page.locator(".leaflet-homes-pane path").evaluate_all(fills) != care
        assert "二(二)6" in page.locator(".side").inner_text()
        page.locator(".leaflet-control-layers").hover()
        page.locator(".leaflet-control-layers-base input").first.check()
        assert title.inner_text() == "15分钟社区养老服务圈覆盖现状图"
        assert page.locator("[data-tab='0']").get_attribute("aria-pressed") == "true"
        assert page.locator(".leaflet-homes-pane path").evaluate_all(fills) == care

    def test_the_layer_button_is_not_blank(self, opened):
        page = opened()
        size = page.evaluate(
            """async () => {
                const css = getComputedStyle(document.querySelector('.leaflet-control-layers-toggle'))
                    .backgroundImage;
                const image = new Image();
                image.src = css.slice(5, -2);
                await image.decode();
                return [css.slice(0, 21), image.naturalWidth];
            }"""
        )
        assert size == ['url("data:image/png;b', 26]

    def test_data_stay_text(self, opened):
        page = opened()
        page.locator(".leaflet-homes-pane path").nth(10).click()
        assert page.locator(".leaflet-popup-content h3").inner_text().startswith("<script>alert('x')</script> \"云岭\"")
        assert page.locator(".leaflet-popup-content script").count() == 0

    def test_nothing_overlaps(self, opened):
        page = opened()
        boxes = [page.locator(part).bounding_box() for part in (".head", ".folium-map", ".side")]
        head, drawn, side = boxes
        assert head["y"] + head["height"] <= drawn["y"] + 0.5
        assert drawn["x"] + drawn["width"] <= side["x"] + 0.5
        assert drawn["width"] > 900
        assert page.evaluate("document.documentElement.scrollWidth") == 1400

    def test_facilities_that_do_not_count_step_back(self, opened):
        page = opened()
        fill = "el => getComputedStyle(el.querySelector('svg > :first-child')).fill"
        canteen = page.locator(".facility.on.counts-1:not(.counts-0)").first
        before = canteen.evaluate(fill)
        page.locator("[data-tab='1']").click()
        assert canteen.evaluate(fill) != before
        assert page.locator(".facility:not(.on)").count() == 2

    def test_english(self, opened):
        page = opened("en")
        page.locator(".leaflet-homes-pane path").nth(23).click()
        text = page.locator(".leaflet-popup-content").inner_text()
        assert "Minutes by walker" in text
        assert "walker, 0.8 m/s" in text

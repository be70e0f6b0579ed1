"""The side bar counts what it names, and says what was assumed and left out."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date

import pytest

from planner.i18n import language
from planner.present import panels
from planner.present.disclosure import Disclosure, disclose
from planner.present.drawing import Streets


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.fixture
def side_of(make_study, tested_circles):
    def make(streets=None, **changes):
        study = make_study(**changes)
        circles = tested_circles(study)
        streets = streets or Streets([], 10, 10, math.inf)
        with language(study.lang):
            kinds = [("canteen", True), ("day_care", False)]
            return circles, words(panels.side(study, circles, streets, disclose(study, circles), kinds=kinds))

    return make


def test_the_legend_counts_compounds_and_elders(side_of):
    circles, text = side_of()
    for one in circles:
        for verdict, word in {
            "pass": "达标",
            "fragile": "临界",
            "fail": "不达标",
            "unknown": "无法判定",
        }.items():
            rows = one.table[one.table["verdict"] == verdict]
            assert re.search(rf" {word} .*? {len(rows)} +{int(rows['elders_60'].sum()):,} ", text)


def test_rates_are_named_for_what_they_count(side_of):
    circles, text = side_of()
    rates = circles[0].rates()
    assert "60岁及以上老年人在圈内" in text
    assert f"{rates['elders_covered']:,.0f} / {rates['elders']:,.0f} 人" in text
    assert f"{rates['compounds_covered']} / {rates['compounds']} 个" in text
    assert "住宅建筑面积" in text
    assert "3 / 4 个 75.0%" in text


@pytest.mark.parametrize(("day", "late"), [(date(2023, 12, 31), False), (date(2026, 6, 30), True)])
def test_a_target_whose_day_has_passed_says_so(side_of, day, late):
    _circles, text = side_of(as_of=day)
    assert "目标：2023-12-31前，100%的社区有设施" in text
    assert ("期限已过" in text) == late
    assert "文件未规定达标比例和年份" in text


def test_every_assumption_is_printed(side_of):
    _circles, text = side_of()
    for said in (
        "老年步行者，平地 0.8 米/秒，15 分钟走 720 米",
        "10 分钟走 480 米",
        "2026-06-30",
        "2000国家大地坐标系 三度带，中央子午线 114°E",
        "EPSG:4547",
        "郴政办发〔2023〕14号",
        "郴政办发〔2023〕8号",
        "2023-04-19 至 2028-04-19（有效）",
        "按原文，2026-11-22 核对",
        "≤ 15 分钟",
        "© OpenStreetMap contributors",
        "文件未说明出行方式",
        "虚线：未在用，不计入",
    ):
        assert said in text


def test_a_lapsed_document_says_so(side_of):
    assert "（已失效）" in side_of(as_of=date(2028, 4, 20))[1]


def test_streets_left_out_are_confessed(side_of):
    _circles, text = side_of(Streets([], 40_000, 210_000, 812.4))
    assert "图上绘出 210,000 段中的 40,000 段（距小区 812 米以内）；计算使用全部街道。" in text
    assert "图上绘出" not in side_of()[1]


@pytest.mark.parametrize(
    ("found", "stated", "told"),
    [
        ("osm", None, "© OpenStreetMap contributors"),
        ("lines", None, "the study's own line layer"),
        ("osm", "测绘院", "测绘院"),
    ],
)
def test_the_source_of_the_streets(make_study, found, stated, told):
    study = make_study()
    study.network = replace(study.network, notes={"source": found})
    study.settings.walking.source = stated
    with language("en"):
        assert panels.street_source(study) == told
        assert told in panels.attribution(study, Disclosure())


def test_the_head_names_study_circle_and_notice(make_study, tested_circles):
    study = make_study(name="A<b>区")
    with language("zh"):
        html = panels.head(study, tested_circles(study), Disclosure())
        one = panels.head(study, tested_circles(study)[:1], Disclosure())
    assert "A&lt;b&gt;区 · 数据日期 2026-06-30" in html
    assert "15分钟社区养老服务圈覆盖现状图" in html
    assert "内部资料 不得公开" in html
    assert html.count("<button") == 2
    assert "<button" not in one

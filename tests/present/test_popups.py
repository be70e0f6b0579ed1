"""Popups give each verdict its reasons, in words that cannot become markup."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from planner.i18n import language
from planner.present import popups
from planner.present.symbols import badge, kind_name, reason_name, service_names, services_of
from planner.standards import circle

SPEEDS = ("一般", "老年", "体弱")


def a_row(**changes):
    row = {
        "minutes": 14.9,
        "minutes_standard": 11.92,
        "minutes_frail": 19.8667,
        "facility_id": "F1",
        "distance_m": 715.2,
        "inside_m": 60.0,
        "connector_m": 12.0,
        "services_reached": "day;meals",
        "whole": False,
        "verdict": "fragile",
        "margin_s": 6.0,
        "start": "gate",
        "reason": "",
    }
    return SimpleNamespace(**(row | changes))


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def shown(lang="zh", circle_id="care-15min", name="松风苑", people="264 人", **changes):
    with language(lang):
        return popups.compound_popup(
            a_row(**changes),
            name=name,
            place="古井社区、鼓楼街道",
            people=people,
            facility="古井日间照料",
            circle=circle(circle_id),
            speeds=SPEEDS,
        )


def test_a_compound_tells_everything():
    text = words(shown())
    for said in (
        "松风苑",
        "古井社区、鼓楼街道",
        "临界",
        "14.9 分钟 ≤ 15 分钟",
        "古井日间照料",
        "一般 11.9",
        "老年 14.9",
        "体弱 19.9",
        "还余 0 分 6 秒",
        "715 米",
        "小区内 60 米 + 接驳 12 米 + 街道 643 米",
        "日托、助餐",
        "缺：全托、助洁、助浴、助护",
        "264 人",
        "住处经小区出入口",
    ):
        assert said in text
    assert "14.9 min ≤ 15 min" in words(shown("en"))


def test_the_band_marks_who_is_too_slow():
    assert re.findall(r'<td class="(in|out)">', shown()) == ["in", "in", "out"]


@pytest.mark.parametrize(
    ("minutes", "limit", "text"),
    [
        (15.0, 15, "15.0"),
        (15 + 0.001 / 60, 15, "15.00002"),
        (14.96, 15, "15.0"),
        (15.04, 15, "15.04"),
        (15 + 1e-9, 15, "15.0"),
        (9.99, 10, "10.0"),
        (3.14159, 10, "3.1"),
    ],
)
def test_shown_minutes_never_contradict_the_verdict(minutes, limit, text):
    assert popups.minutes_text(minutes, limit) == text


def test_a_millisecond_too_long_is_shown_as_too_long():
    text = words(shown(minutes=15 + 0.001 / 60, margin_s=-0.001, verdict="fail"))
    assert "15.00002 分钟 &gt; 15 分钟" in text
    assert "超出" in text


def test_no_way_is_said_and_not_counted():
    nothing = dict.fromkeys(
        ("minutes", "minutes_standard", "minutes_frail", "distance_m", "inside_m", "connector_m", "margin_s"),
        np.nan,
    )
    text = words(
        shown(
            **nothing,
            verdict="unknown",
            reason="off_network",
            start="",
            services_reached="",
            facility_id=None,
            people="未知",
        )
    )
    assert "无法判定" in text
    assert "无法给出时间" in text
    assert "没有街道可接入" in text
    assert "nan" not in text.lower()
    assert "<NA>" not in text
    assert "未知" in text


def test_a_whole_circle_and_one_that_asks_for_one_service():
    assert "服务圈完整" in shown(services_reached="full_day;day;meals;cleaning;bathing;nursing")
    assert "圈内服务" not in shown(circle_id="meal-10min")


def test_names_are_escaped():
    html = shown(name="<script>alert(1)</script>\"'&")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_foot_quotes_the_clause():
    with language("zh"):
        text = words(popups.circle_foot(circle("meal-10min")))
    assert "郴政办发〔2023〕8号 二(二)6" in text
    assert "按照10分钟就餐服务圈布局" in text


def facility(in_use=True, reachable=True, **changes):
    row = {
        "name": "<b>渡口</b>",
        "kind": "day_care",
        "services": "day;meals",
        "status": "in_use",
        "places": 30,
    }
    row |= {"opened_on": pd.Timestamp("2026-09-01"), "meals_per_day": pd.NA}
    with language("zh"):
        return popups.facility_popup(
            SimpleNamespace(**(row | changes)),
            in_use=in_use,
            reachable=reachable,
            counts={"15分钟圈": True, "10分钟圈": False},
        )


def test_a_facility_says_where_it_counts():
    text = words(facility())
    assert "15分钟圈 计入" in text
    assert "10分钟圈 不计入：不提供该项服务" in text
    assert "日托、助餐" in text
    assert "日托床位 30" in text
    assert "每日供餐" not in text
    assert "<b>" not in facility()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("closed", "停业 原因 不计入：只有在用设施计入"),
        ("planned", "规划 原因 不计入：只有在用设施计入"),
        (None, "未说明 原因 不计入：只有在用设施计入"),
        ("in_use", "在用 原因 不计入：2026-09-01 才开业，晚于数据日期"),
    ],
)
def test_a_facility_that_does_not_count_says_why(status, said):
    text = words(facility(in_use=False, status=status))
    assert said in text
    assert "15分钟圈" not in text


def test_a_facility_that_nobody_can_walk_to_says_so():
    assert "入口附近没有街道可接入" in words(facility(reachable=False))
    assert "入口附近" not in words(facility())


def test_symbols():
    with language("zh"):
        assert ">餐<" in badge("canteen", in_use=True)
        assert kind_name("canteen").startswith("长者餐厅")
        assert service_names(services_of("助护;day、meals")) == "日托、助餐"
        assert reason_name("no_path") == "沿街道无法走到此类设施"
        assert reason_name("something_new") == "something_new"
    assert badge("canteen", in_use=True) != badge("canteen", in_use=False)
    assert kind_name("a new kind") == "a new kind"

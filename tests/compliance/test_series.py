"""Which permits belong together: amendments of one permit, phases of one project, and nothing by likeness."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.compliance.series import find_series


def series(*rows, size=None):
    """Rows of number, project, phase and day."""
    table = pd.DataFrame(rows, columns=["number", "project", "phase", "day"]).set_index("number")
    days = pd.to_datetime(table["day"]).to_numpy().astype("datetime64[D]")
    return find_series(table, days, size)


def test_permits_without_company_stand_alone():
    found = series(("P1", "甲", "一期", "2024-01-01"), ("P2", None, None, "2024-01-01"), ("P3", "", None, "2024-01-01"))
    assert not found.joined
    assert found.later.tolist() == [-1, -1, -1]


def test_phases_add_up_in_the_order_of_their_days():
    found = series(
        ("P2", "甲", "二期", "2024-06-01"),
        ("P1", "甲", "一期", "2024-01-01"),
        ("P9", "乙", None, "2024-03-01"),
        ("P3", "甲", "三期", "2024-06-01"),
        ("P4", "甲", "四期", None),
    )
    assert found.so_far(np.array([10, 1, 7, 100, 1000])).tolist() == [111, 1, 7, 111, 0]
    assert found.in_project(np.array([10, 1, 7, 100, 1000])).tolist() == [1111, 1111, 7, 1111, 1111]


def test_numbers_with_a_mark_amend_each_other_in_the_order_of_their_days():
    found = series(
        ("建字第012号（第二次变更）", None, None, "2024-09-01"),
        ("建字第012号", None, None, "2024-01-01"),
        ("建字第012号（变更）", None, None, "2024-06-01"),
        ("建字第013号", None, None, "2024-06-01"),
    )
    assert found.later.tolist() == [-1, 2, 0, -1]
    assert found.so_far(np.array([5, 3, 4, 9])).tolist() == [5, 3, 4, 9]


def test_of_two_amendments_of_one_day_the_mark_decides_then_the_larger():
    day = "2024-06-01"
    assert series(("P（变更）", None, None, day), ("P", None, None, day)).later.tolist() == [-1, 0]
    sizes = np.array([20, 10])
    assert series(("P", None, None, day), ("P", None, None, day), size=sizes).later.tolist() == [-1, 0]


def test_a_marked_phase_amends_the_only_unmarked_permit_of_it():
    found = series(
        ("P1", "甲", "一期", "2024-01-01"),
        ("P2", "甲", "二期", "2024-02-01"),
        ("P3", "甲", "一期（变更）", "2024-06-01"),
        ("P4", "乙（变更）", "一期", "2024-06-01"),
    )
    assert found.later.tolist() == [2, -1, -1, -1]
    assert found.so_far(np.array([10, 1, 30, 5])).tolist() == [10, 11, 31, 5]


def test_where_two_permits_could_be_meant_none_is_amended():
    found = series(
        ("P1", "甲", "一期", "2024-01-01"),
        ("P2", "甲", "一期", "2024-02-01"),
        ("P3", "甲", "一期（变更）", "2024-06-01"),
    )
    assert found.later.tolist() == [-1, -1, -1]
    assert found.so_far(np.array([10, 1, 30])).tolist() == [10, 11, 41]


def test_names_are_never_matched_by_likeness():
    found = series(("P1", "云岭山庄", None, "2024-01-01"), ("P2", "云岭山庄二期", None, "2024-02-01"))
    assert not found.joined


def test_what_is_not_dated_neither_amends_nor_is_amended():
    found = series(("P", None, None, "2024-01-01"), ("P", None, None, None))
    assert found.later.tolist() == [-1, -1]


def test_no_permits_at_all():
    found = series()
    assert found.so_far(np.zeros(0, np.int64)).tolist() == []

"""Test which of several rows of a permit counts, and what is asked where it cannot be told."""

from __future__ import annotations

import pytest

from planner.layers.cells.permitnumbers import read_permit_number, without_mark

HEADER = "许可证号,发证日期,项目名称,期数,住宅建筑面积（㎡）"


@pytest.fixture
def permits(read, table):
    def reader(*lines):
        return read("permits", file=table(HEADER, *lines), crs=None)

    return reader


def used(layer):
    return [(int(layer.rows[number]), number) for number in layer.table.index]


def told(layer):
    """What is told of the rows, the summary of what was stripped left aside."""
    return [(entry.row, entry.action, entry.what) for entry in layer.ledger.entries if entry.action != "mended"]


@pytest.mark.parametrize(
    ("cell", "number", "kind", "change"),
    [
        ("431002202300012", "431002202300012", "", 0),
        ("建字第431002202300012号", "431002202300012", "建", 0),
        (" 建字第 431002202300012 号 ", "431002202300012", "建", 0),
        ("建字４３１００２２０２３０００１２号", "431002202300012", "建", 0),
        ("（建）字第431002202300012号", "431002202300012", "建", 0),
        ("地字第431002202300012号", "431002202300012", "地", 0),
        ("建字第4310022024GG0012345号", "4310022024GG0012345", "建", 0),
        ("建字第【2023】012号", "2023012", "建", 0),
        ("郴规建字〔2019〕12号", "郴规建字201912", "", 0),
        ("建字第431002202300012号（变更）", "431002202300012", "建", 1),
        ("建字第431002202300012号(变更2)", "431002202300012", "建", 2),
        ("建字第431002202300012号（第二次变更）", "431002202300012", "建", 2),
        ("建字第431002202300012号-变更1", "431002202300012", "建", 1),
        ("建字第431002202300012（变更）号", "431002202300012", "建", 1),
        ("431002202300012变更后", "431002202300012", "", 1),
        ("431002202300GG变更", "431002202300GG", "", 1),
        ("431002202300012-1", "431002202300012-1", "", 0),
        ("建字第号", "建字第号", "", 0),
        ("—", "—", "", 0),
        ("", "", "", 0),
    ],
)
def test_numbers_taken_apart(cell, number, kind, change):
    read = read_permit_number(cell)
    assert (read.number, read.kind, read.change) == (number, kind, change)


def test_marks_have_an_order():
    assert without_mark("澄湖一号（第十二次变更）") == ("澄湖一号", 12)
    assert without_mark("变更路小区") == ("变更路小区", 0)


def test_stripping_is_told_once(permits):
    layer = permits(
        "建字第1001号,2023-01-01,甲,,1000",
        "1002,2023-01-01,乙,,1000",
        "地字第1003号,2023-01-01,丙,,1000",
        "建字第 1004 号,2023-01-01,丁,,1000",
    )
    assert layer.table.index.tolist() == ["1001", "1002", "1003", "1004"]
    mended = [(entry.row, entry.what) for entry in layer.ledger.entries if entry.action == "mended"]
    assert mended == [(4, "words, brackets and blanks around the permit number are left off (2 rows)")]
    assert [(row, action) for row, action, _what in told(layer)] == [(4, "doubted")]
    assert "land-use permit" in told(layer)[0][2]


def test_the_row_issued_last_counts(permits):
    layer = permits("建字第1001号,2023-04-19,甲,,9000", "建字第1001号,2024-02-01,甲,,9500", "1001,2022-01-01,甲,,8000")
    assert used(layer) == [(3, "1001")]
    later = "row 3 gives this permit as issued on 2024-02-01, which is later, and is used instead"
    assert told(layer) == [(2, "set_aside", later), (4, "set_aside", later)]
    assert layer.table["residential_floor_area_m2"].tolist() == [9500]


def test_without_dates_the_mark_tells(permits):
    layer = permits("1001（变更2）,,甲,,9000", "1001（变更）,,甲,,9500", "1001,,甲,,8000")
    assert used(layer) == [(2, "1001")]
    assert {what for _row, _action, what in told(layer)} == {
        "row 2 is a later amendment of this permit and is used instead"
    }


@pytest.mark.parametrize(
    "rows",
    [
        ("1001,,甲,,9000", "1001,,甲,,9500"),  # no dates
        ("1001,2023-04-19,甲,,9000", "1001,2023-04-19,甲,,9500"),  # one date
        ("1001,2023-04-19,甲,,9000", "1001,,甲,,9500"),  # one of them without
        ("1001,2023-04-19,甲,,9000", "1001（变更）,2022-04-19,甲,,9500"),  # the mark says otherwise than the date
    ],
)
def test_where_nothing_tells_the_row_that_counts_is_doubted(permits, rows):
    layer = permits(*rows)
    assert used(layer) == [(2, "1001")]
    assert [(row, action) for row, action, _what in told(layer)] == [(3, "set_aside"), (2, "doubted")]
    assert told(layer)[0][2] == "row 2 gives the same permit and is used instead"
    assert "no date or mark tells which is the later one" in told(layer)[1][2]


def test_the_same_row_twice_is_a_copy(permits):
    layer = permits("建字第1001号,2023-04-19,甲,一期,9000", "1001,2023-04-19,甲,一期,9000")
    assert used(layer) == [(2, "1001")]
    assert told(layer) == [(3, "set_aside", "it says the same as row 2")]


def test_a_land_use_permit_of_the_same_number_is_another_document(permits):
    layer = permits("地字第1001号,2024-04-19,甲,,9000", "建字第1001号,2023-04-19,甲,,8000")
    assert used(layer) == [(3, "1001")]
    assert told(layer)[0][:2] == (2, "set_aside")


def test_a_bad_row_does_not_take_the_place_of_a_good_one(permits):
    layer = permits("1001,2023-04-19,甲,,9000", "1001,2024-04-19,甲,,面积待定")
    assert used(layer) == [(2, "1001")]
    assert layer.ledger.closes()


def test_a_suffix_is_asked_about(permits):
    layer = permits("1001,2023-04-19,甲,,9000", "1001-1,2023-06-01,甲,,500", "1002-1,2023-06-01,乙,,500")
    assert len(layer.table) == 3
    assert told(layer) == [(3, "doubted", "the number may stand for an amendment of 1001 in row 2; both are used")]


class TestOneProjectAndPhase:
    def test_a_marked_row_takes_the_place_of_the_other(self, permits):
        layer = permits("1001,2023-04-19,甲,一期,9000", "1007（变更）,2024-02-01,甲,一期,9500")
        assert used(layer) == [(3, "1007")]
        assert told(layer)[0][1:] == (
            "set_aside",
            "row 3 gives this permit as issued on 2024-02-01, which is later, and is used instead",
        )

    def test_the_mark_may_stand_behind_the_project(self, permits):
        layer = permits("1001,,甲,一期,9000", "1007,,甲（变更）,一期,9500")
        assert used(layer) == [(3, "1007")]

    def test_two_numbers_without_a_mark_both_count(self, permits):
        layer = permits("1001,2023-04-19,甲,一期,9000", "1002,2024-02-01,甲,一期,9500")
        assert len(layer.table) == 2
        assert [(row, action) for row, action, _what in told(layer)] == [(2, "doubted"), (3, "doubted")]
        assert "give both the same permit_no" in told(layer)[0][2]

    def test_phases_and_projects_without_phase_are_their_own(self, permits):
        layer = permits(
            "1001,2023-04-19,甲,一期,9000",
            "1002,2024-02-01,甲,二期,9500",
            "1003,2024-02-01,乙,,9500",
            "1004,2024-02-01,乙,,9500",
        )
        assert len(layer.table) == 4
        assert told(layer) == []

    def test_an_amendment_of_nobody_knows_what_is_asked_about(self, permits):
        layer = permits("1001,2023-04-19,甲,,9000", "1002,2023-04-19,甲,,9000", "1003（变更）,2024-04-19,甲,,9000")
        assert len(layer.table) == 3
        assert [row for row, _action, _what in told(layer)] == [2, 3, 4]

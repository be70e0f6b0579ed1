"""Permits in batches: cells as they come, what is left out is told, and the four steps."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from planner.compliance import check_permits, four_steps
from planner.errors import InputError
from planner.i18n import language


def table(**columns):
    """A few permits of 8,600 m2 in the urban area, issued in May 2024, unless told otherwise."""
    size = max(len(values) for values in columns.values())
    usual = {
        "residential_floor_area_m2": [8_600.0] * size,
        "issued_on": pd.to_datetime(["2024-05-01"] * size),
        "in_urban_area": pd.array([True] * size, dtype="boolean"),
    }
    return pd.DataFrame({**usual, **columns}, index=pd.Index([f"P{at}" for at in range(size)], name="permit_no"))


def verdicts(permits, **options):
    return check_permits(permits, profiles=["cz-14-2023"], **options).of()["verdict"].tolist()


def test_rooms_in_cells_as_they_come():
    cells = ["350", "200;350", "200；350", "200、350", " 350 ; ", None, "", "0", "349.995"]
    with_room = ["compliant"] * 5
    assert verdicts(table(room_areas_m2=cells)) == [*with_room, "short", "short", "short", "short"]
    assert verdicts(table(room_areas_m2=pd.array(cells, dtype="str"))) == [*with_room, *["short"] * 4]
    assert verdicts(table(room_areas_m2=[350.0, 349.0, float("nan")])) == ["compliant", "short", "short"]


def test_an_empty_cell_may_mean_that_nothing_is_known():
    permits = table(room_areas_m2=["350", None])
    assert verdicts(permits, blank_rooms="unknown") == ["compliant", "unknown"]
    assert verdicts(permits.drop(columns="room_areas_m2")) == ["unknown", "unknown"]


def test_cells_that_are_no_areas_are_refused_together():
    permits = table(room_areas_m2=["350", "about 400", "-5", "350;x", "1e12"])
    with pytest.raises(InputError) as caught, language("en"):
        check_permits(permits)
    assert [fault.where for fault in caught.value.faults] == [f"P{at}, room_areas_m2" for at in (1, 2, 3, 4)]


def test_many_bad_cells_are_summed_up():
    with pytest.raises(InputError) as caught, language("en"):
        check_permits(table(room_areas_m2=["x"] * 50))
    assert len(caught.value.faults) == 21
    assert "30" in str(caught.value.faults[-1])


def test_an_empty_table_gives_an_empty_result():
    result = check_permits(table(room_areas_m2=["350"]).iloc[:0])
    assert len(result.table) == 0
    assert result.sums()["short"].tolist() == [0] * 4
    assert len(result.verdicts()) == 0


def test_a_table_with_numbers_only():
    permits = pd.DataFrame({"residential_floor_area_m2": [8_600.0]}, index=["P"])
    assert check_permits(permits, profiles=["cz-14-2023"]).of()["reason"].tolist() == ["day_unknown"]


def test_a_duplicate_row_counts_once():
    permits = table(room_areas_m2=["350", "350"], project=["甲", "甲"])
    permits.index = ["P0", "P0"]
    found = check_permits(permits, profiles=["cz-14-2023"]).table
    assert found["reason"].tolist() == ["superseded", ""]
    assert found["required_m2"].iloc[1] == 350


def test_an_amendment_under_another_project_name_takes_the_phase_with_it():
    permits = table(
        residential_floor_area_m2=[20_000.0, 20_000.0, 10_000.0],
        room_areas_m2=["600", "600", "350"],
        issued_on=pd.to_datetime(["2024-01-01", "2024-06-01", "2024-09-01"]),
        project=["旧名", "新名", "新名"],
    )
    permits.index = ["P1", "P1（变更）", "P2"]
    found = check_permits(permits, profiles=["cz-14-2023"]).of()
    assert found["verdict"].tolist() == ["not_applicable", "compliant", "compliant"]
    assert found["required_m2"].tolist()[1:] == [600, 900]
    assert found["superseded_by"].tolist() == ["P1（变更）", "", ""]


def test_what_was_left_out_is_told():
    permits = table(
        issued_on=pd.to_datetime(["2022-01-01", None, "2024-05-01", "2024-06-01"]),
        room_areas_m2=["350"] * 4,
        project=["甲"] * 4,
    )
    with language("en"):
        found = check_permits(permits, profiles=["cz-14-2023"]).of()
    assert "since the rule does not bind them: 1" in found.loc["P3", "note"]
    assert "since it is not known whether the rule binds them: 1" in found.loc["P3", "note"]
    assert found.loc["P3", "arithmetic"] == (
        "homes and rooms of the project's phases so far: 2; 17,200.00 m2 × 3 % = 516.00 m2; at least 350.00 m2 for "
        "every single room; required: 516.00 m2; counted: 700.00 m2; enough"
    )


def test_the_arithmetic_is_spelled_out():
    permits = table(residential_floor_area_m2=[185_320.55], room_areas_m2=["400;120"])
    with language("en"):
        row = check_permits(permits, as_of=date(2026, 6, 30)).of().loc["P0"]
    assert row["arithmetic"] == (
        "185,320.55 m2 × 3 % = 5,559.6165 m2; at least 350.00 m2 for every single room; required: 5,559.6165 m2; "
        "counted: 400.00 m2 (400.00 + 120.00, 1 below the minimum); short by 5,159.6165 m2"
    )
    assert row["clause"] == "三"
    assert row["quote"].startswith("城区新建住宅区按照不少于建设项目工程规划许可证载明的住宅总建筑面积的3%标准")
    assert (row["document"], row["rank"], row["obtained"]) == ("郴政办发〔2023〕14号", "city_document", "printed")


def test_without_texts_the_figures_are_the_same():
    permits = table(room_areas_m2=["350", "349", None], project=["甲", "甲", None])
    full, bare = check_permits(permits), check_permits(permits, explain=False)
    missing = set(full.table) - set(bare.table)
    assert missing == {"quote", "note", "arithmetic"}
    pd.testing.assert_frame_equal(full.table.drop(columns=list(missing)), bare.table)


def test_the_four_steps():
    permits = pd.DataFrame(
        {
            "planned_on": ["2024-01-01", "2024-01-01", None, "2024-05-01"],
            "built_on": ["2025-01-01", "2025-01-01", "2025-01-01", "2024-04-01"],
            "accepted_on": ["2025-02-01", "2025-02-01", "2025-02-01", "2024-06-01"],
            "delivered_on": ["2025-03-01", "2025-03-01", "2025-03-01", "2024-07-01"],
            "room_planned_on": ["2024-01-01", "2024-01-02", "2024-01-01", "2024-05-01"],
            "room_built_on": ["2024-12-31", "2025-01-01", None, "2024-04-01"],
            "room_accepted_on": ["2025-02-01", "2025-02-01", "2025-02-01", "2024-06-01"],
            "room_delivered_on": ["2025-02-01", "2025-03-02", "2025-03-01", "2024-07-01"],
        },
        index=pd.Index(["A", "B", "C", "D"], name="permit_no"),
    )
    found = four_steps(permits)
    steps = ["planned", "built", "accepted", "delivered", "all_four"]
    assert found.loc["A", steps].tolist() == ["pass"] * 5
    assert found.loc["B", steps].tolist() == ["fail", "pass", "pass", "fail", "fail"]
    assert found.loc["C", steps].tolist() == ["missing", "missing", "pass", "pass", "missing"]
    assert found["homes_in_order"].tolist() == [True, True, True, False]
    assert found["rooms_in_order"].tolist() == [True, True, True, False]


def test_the_sample_permits_are_those_of_the_clean_files():
    import planner as pl

    permits = pl.open_study("data/sample").layers["permits"]
    result = check_permits(permits)
    assert len(result.of()) == len(permits)
    assert result.steps.index.equals(permits.index)

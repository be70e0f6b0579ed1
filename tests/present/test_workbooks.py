"""The workbook as somebody sees it who is handed it: what stands where, in which form, and that the sums are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from planner.compliance import check_permits
from planner.i18n import language
from planner.present.methods import sections
from planner.present.sheets import Book
from planner.present.workbooks import PERMITS, Report, in_sum, write_workbook

DAY = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _english():
    with language("en"):
        yield


def table() -> pd.DataFrame:
    """Two phases of one project, a lone compliant permit, an undated one, and one from before the rule."""
    rows = [
        ("431002202400001", "云岭山庄", "2024-05-01", 52_000.0, True, "400;120"),
        ("431002202500002", "云岭山庄", "2025-05-01", 20_000.0, True, "900"),
        ("431002202400003", "松风苑", "2024-06-01", 8_600.0, True, "350"),
        ("431002202400004", "丰源小区", None, 9_000.0, True, "350"),
        ("431002202100005", "老城", "2021-05-01", 9_000.0, True, None),
    ]
    names = ["permit_no", "project", "issued_on", "residential_floor_area_m2", "in_urban_area", "room_areas_m2"]
    found = pd.DataFrame(rows, columns=names).set_index("permit_no")
    found["issued_on"] = pd.to_datetime(found["issued_on"])
    return found.astype({"in_urban_area": "boolean"})


def report(permits: pd.DataFrame, **changes) -> Report:
    result = check_permits(permits, as_of=DAY)
    made = Report(
        title="Permits",
        mark="internal material",
        facts=[("File", "permits.xlsx")],
        as_of=DAY,
        result=result,
        objects=permits,
        columns=[column for name, column in PERMITS.items() if name == "permit_no" or name in permits],
        rows=pd.Series(range(2, 2 + len(permits)), index=permits.index),
        projects=pd.factorize(permits["project"])[0].astype(np.int64),
        counts=[("In the file", 6), ("Judged", 5), ("Set aside", 1)],
        ledger=pd.DataFrame(
            {
                "layer": "permits",
                "file": "permits.xlsx",
                "row": [3, 7],
                "id": ["431002202500002", "431002202400099"],
                "field": "permit_no",
                "what": ["an area is in doubt", "row 4 gives this permit and is used instead"],
                "action": ["doubted", "set_aside"],
            }
        ),
        method=sections(result, subject="permits", as_of=DAY),
    )
    return replace(made, **changes)


@pytest.fixture
def book(tmp_path):
    write_workbook(report(table()), tmp_path / "permits.xlsx")
    return openpyxl.load_workbook(tmp_path / "permits.xlsx")


def cells(sheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def header(sheet) -> int:
    return next(row for row, values in enumerate(cells(sheet), start=1) if values[0] == "Permit number")


def test_sheets_in_reading_order(book):
    names = book.sheetnames
    assert names[0] == "Summary"
    assert names[1] == "No. 14 as printed (3 %, 1.5 %)"
    assert names[5:] == ["All profiles side by side", "Rows set aside or in doubt", "Method and sources"]
    links = [cell.hyperlink.location for row in book["Summary"].iter_rows() for cell in row if cell.hyperlink]
    assert [link.split("'!")[0].strip("'") for link in links] == names[1:]


def test_a_profile_sheet_can_be_worked_with(book):
    sheet = book.worksheets[1]
    top = header(sheet)
    assert sheet.freeze_panes == f"C{top + 1}"
    assert sheet.auto_filter.ref == f"A{top}:{sheet.cell(top, sheet.max_column).column_letter}{top + 5}"
    assert sheet.print_title_rows == f"${top}:${top}"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "internal material" in sheet.oddHeader.left.text
    heads = {cell.value: cell.column for cell in sheet[top]}
    number = sheet.cell(top + 1, heads["Permit number"])
    assert (number.value, number.data_type, number.number_format) == ("431002202400001", "s", "@")
    assert sheet.cell(top + 1, heads["Issued on"]).value.date() == date(2024, 5, 1)
    assert sheet.cell(top + 1, heads["Residential floor area (m²)"]).value == 52_000
    assert sheet.cell(top + 4, heads["Issued on"]).value is None
    assert sheet.cell(top + 1, heads["Row in the file"]).value == 2
    assert all(sheet.column_dimensions[cell.column_letter].width > 4 for cell in sheet[top])


def test_clause_and_quote_stand_above_the_table(book):
    said = "\n".join(str(row[0]) for row in cells(book.worksheets[1])[:4])
    assert "郴政办发〔2023〕14号" in said
    assert "城区新建住宅区按照不少于建设项目工程规划许可证载明的住宅总建筑面积的3%标准配建居家养老服务用房" in said
    reading = "\n".join(str(row[0]) for row in cells(book.worksheets[2])[:4])
    assert "a reading, not the printed text" in reading


def test_verdicts_have_words_and_colours(book):
    sheet = book.worksheets[1]
    top = header(sheet)
    place = next(cell.column for cell in sheet[top] if cell.value == "Verdict")
    found = {sheet.cell(row, place).value: sheet.cell(row, place).fill.fgColor.rgb for row in range(top + 1, top + 6)}
    assert set(found) == {"compliant", "short", "unknown", "not applicable"}
    assert len(set(found.values())) == 4


def lightness(colour: str) -> float:
    """CIE L* of a colour such as FF8CCAD7."""
    parts = [int(colour[-6:][place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


def test_colours_are_apart_in_grey_print(book):
    sheet = book["Summary"]
    words = {"compliant", "short", "not applicable", "unknown"}
    swatches = [row[0] for row in sheet.iter_rows() if row[0].value in words]
    shades = sorted(100.0 if cell.fill.fill_type is None else lightness(cell.fill.fgColor.rgb) for cell in swatches)
    assert len(shades) == 4
    assert min(np.diff(shades)) > 7


def test_sums_count_a_project_once(book, tmp_path):
    """云岭山庄: 72,000 m² in two phases need 2,160 and have 400 + 900; 松风苑 needs 350 and has it."""
    sheet = book.worksheets[1]
    top = header(sheet)
    heads = {cell.value: cell.column for cell in sheet[top]}
    shown = openpyxl.load_workbook(tmp_path / "permits.xlsx", data_only=True).worksheets[1]
    sums = {name: shown.cell(top - 1, column).value for name, column in heads.items()}
    assert sums["Residential floor area (m²)"] == 52_000 + 20_000 + 8_600 + 9_000 + 9_000
    assert (sums["Required (m²)"], sums["Counted (m²)"], sums["Short (m²)"]) == (2_160 + 350, 1_300 + 350, 860)
    formulas = [sheet.cell(top - 1, heads[f"{name} (m²)"]).value for name in ("Required", "Counted", "Short")]
    assert all(text.startswith("=SUMIFS(") and text.endswith(',"yes")') for text in formulas)
    flags = [sheet.cell(row, heads["In the sum"]).value for row in range(top + 1, top + 6)]
    assert flags == ["no", "yes", "yes", "no", "no"]
    areas = next(row for row in cells(book["Summary"]) if str(row[0]).startswith("No. 14 as printed"))
    assert areas[2:] == [1, 2, 1, 1, 2_510, 1_650, 860]


def test_rows_set_aside_come_first(book):
    rows = cells(book["Rows set aside or in doubt"])
    top = next(number for number, row in enumerate(rows) if row[0] == "Row in the file")
    assert [row[:4] for row in rows[top + 1 :]] == [
        [7, "431002202400099", "permit_no", "set aside"],
        [3, "431002202500002", "permit_no", "in doubt"],
    ]
    assert rows[top + 1][4] == "row 4 gives this permit and is used instead"


def test_the_method_names_documents_and_crossovers(book):
    said = "\n".join(str(cell) for row in cells(book["Method and sources"]) for cell in row if cell)
    for words in (
        "11,667 m2",
        "116,667 m2",
        "湖南省",
        "郴政办发〔2023〕8号",
        "2028-04-19",
        "cz-14-2023-permille",
        "3‰",
    ):
        assert words in said
    assert "a room below it does not count (strict)" in said


def test_side_by_side(book):
    sheet = book["All profiles side by side"]
    top = header(sheet)
    heads = [cell.value for cell in sheet[top]]
    first = dict(zip(heads, (cell.value for cell in sheet[top + 1]), strict=True))
    assert (first["No. 14 as printed (3 %, 1.5 %)"], first["No. 14 read as 3 ‰ and 1.5 ‰"]) == ("short", "compliant")
    assert (first["Profiles disagree"], first["Depends on the reading (‰ or %)"]) == ("yes", "yes")
    assert first["Planned (四同步)"] == "date missing"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "＝1", "a\x00b\x0bc", "x" * 40_000, "<&>\"'"]
)
def test_whatever_a_cell_holds_is_text(tmp_path, text):
    permits = table()
    permits["project"] = text
    write_workbook(report(permits), tmp_path / "p.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx").worksheets[1]
    top = header(sheet)
    place = next(cell.column for cell in sheet[top] if cell.value == "Project")
    cell = sheet.cell(top + 1, place)
    assert cell.data_type == "s"
    assert cell.quotePrefix is (text[0] in "=+-@\t\r＝")
    kept = text.replace("\x00", "").replace("\x0b", "")
    assert cell.value.replace("_x000D_", "\r").strip() == (kept if len(kept) < 40_000 else kept[:32_766] + "…").strip()


def test_no_permit_at_all(tmp_path):
    write_workbook(report(table().iloc[:0]), tmp_path / "p.xlsx")
    assert len(openpyxl.load_workbook(tmp_path / "p.xlsx").sheetnames) == 8


def test_days_that_excel_does_not_know(tmp_path):
    permits = table()
    permits["issued_on"] = permits["issued_on"].astype("datetime64[s]")
    permits.iloc[0, permits.columns.get_loc("issued_on")] = pd.Timestamp("1899-12-30")
    write_workbook(report(permits), tmp_path / "p.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx").worksheets[1]
    assert "1899-12-30" in [cell.value for cell in sheet[header(sheet) + 1]]


def test_names_of_sheets(tmp_path):
    book = Book(tmp_path / "b.xlsx", title="t", mark="m & n", day=DAY)
    names = [book.page(name, [10]).name for name in ("a/b:c[1]", "A B C 1", "'x'", "", "长" * 40, "长" * 40)]
    book.close()
    assert names == ["a b c 1", "A B C 1_2", "x", "-", "长" * 31, "长" * 29 + "_2"]
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").sheetnames == names


def test_the_latest_bound_permit_of_a_project_is_summed():
    rows = pd.DataFrame(
        {
            "verdict": ["short", "short", "unknown", "compliant", "not_applicable"],
            "judged_on": pd.to_datetime(["2024-01-01", "2023-06-01", "2025-01-01", "2024-01-01", "2026-01-01"]),
        }
    )
    assert in_sum(rows, np.array([0, 0, 0, 1, 1])).tolist() == [True, False, False, True, False]
    assert in_sum(rows, None).tolist() == [True, True, False, True, False]


def test_progress_reaches_the_end(tmp_path):
    told: list[tuple[int, int]] = []
    write_workbook(report(table()), Path(tmp_path, "p.xlsx"), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (25, 25)


def test_the_same_report_gives_the_same_file(tmp_path):
    for name in "ab":
        write_workbook(report(table()), tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    about = openpyxl.load_workbook(tmp_path / "a.xlsx").properties
    assert (about.creator, about.created.date()) == ("planner", DAY)

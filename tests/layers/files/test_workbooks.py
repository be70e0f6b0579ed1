"""Test workbooks as bureaus hand them over: titles, two header rows, totals, notes, hidden rows and sheets."""

from __future__ import annotations

from datetime import datetime

import openpyxl
import pytest
import xlwt

from tests.layers.conftest import EAST, NORTH

AREA = "residential_floor_area_m2"
HEADER = ["小区编号", "小区名称", "住宅建筑面积（万㎡）", "总户数", "60岁以上人口", "东坐标", "北坐标"]
ROWS = [
    ["001", "云岭山庄", "15.62", "1,200", 85, EAST, NORTH],
    ["002", "丰源星光府", 8, 700, "３００", EAST + 100, NORTH],
]


@pytest.fixture
def save(tmp_path):
    """Return a writer of workbooks: sheet name -> rows; what it returns is the workbook before it is closed."""

    def saver(change=None, **sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        if change:
            change(book)
        book.save(tmp_path / "小区.xlsx")
        return "小区.xlsx"

    return saver


def entries(layer):
    return [(entry.row, entry.field, entry.what, entry.action) for entry in layer.ledger.entries]


def test_a_bureau_s_sheet(save, read):
    total = ["合计", None, 23.62, 1900, 385, None, None]
    note = ["注：数据截至2026年6月底"]

    def merge(book):
        book["小区"].merge_cells("A1:G1")

    file = save(merge, 小区=[["郴州市城区住宅小区一览表"], HEADER, *ROWS, total, note])
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.sheet == "小区"
    assert layer.table[[AREA, "households", "elders_60"]].to_numpy().tolist() == [
        [156_200, 1200, 85],
        [80_000, 700, 300],
    ]
    assert layer.rows.to_dict() == {"001": 3, "002": 4}
    assert entries(layer) == [
        (5, "", "“合计” is a total, no row of its own", "set_aside"),
        (6, "", "“注：数据截至2026年6月底” is a note, no row of its own", "set_aside"),
    ]
    counts = layer.ledger.counts().loc["compounds"].to_dict()
    assert layer.ledger.closes()
    assert (counts["rows_in"], counts["rows_used"], counts["rows_set_aside"]) == (4, 2, 2)
    assert (counts["elders_in"], counts["elders_used"], counts["elders_set_aside"]) == (385, 385, 0)


def test_two_header_rows(save, read):
    upper = ["小区编号", "小区名称", "建筑面积（万㎡）", None, "人口", None, "东坐标", "北坐标"]
    lower = [None, None, "总", "住宅", "总人口", "60岁以上", None, None]

    def merge(book):
        for cells in ("A1:H1", "C2:D2", "E2:F2", "A2:A3", "B2:B3", "G2:G3", "H2:H3"):
            book["小区"].merge_cells(cells)

    rows = [["一览表"], upper, lower, ["001", "云岭山庄", 18, 15.62, 3000, 85, EAST, NORTH]]
    layer = read("compounds", file=save(merge, 小区=rows), datum="EPSG:4547")
    assert layer.table.loc["001", [AREA, "population", "elders_60"]].tolist() == [156_200, 3000, 85]
    assert layer.ledger.entries == ()
    sources = {found.name: found.source for found in layer.found}
    assert sources[AREA] == "建筑面积（万㎡） / 住宅"


def test_totals_that_do_not_agree(save, read):
    total = ["合计", None, 23.62, 1900, 400, None, None]
    layer = read("compounds", file=save(小区=[HEADER, *ROWS, total]), datum="EPSG:4547")
    assert entries(layer)[1:] == [(4, "elders_60", "“合计” says 400, but the rows add up to 385", "doubted")]
    assert layer.ledger.closes()


def test_subtotals_and_a_total(save, read):
    more = ["003", "城东苑", 2, 200, 15, EAST + 200, NORTH]
    rows = [
        HEADER,
        *ROWS,
        ["北湖区小计", None, 23.62, 1900, 385],
        more,
        ["苏仙区小计", None, 2, 200, 16],
        ["总计", None, 25.62, 2100, 400],
    ]
    layer = read("compounds", file=save(小区=rows), datum="EPSG:4547")
    doubted = [entry for entry in entries(layer) if entry[3] == "doubted"]
    assert doubted == [(6, "elders_60", "“苏仙区小计” says 16, but the rows add up to 15", "doubted")]


def test_a_total_above_its_rows(save, read):
    layer = read("compounds", file=save(小区=[HEADER, ["合计", None, 23.62, 1900, 385], *ROWS]), datum="EPSG:4547")
    assert [entry[3] for entry in entries(layer)] == ["set_aside"]


def test_hidden_rows_are_used_and_told(save, read):
    def hide(book):
        book["小区"].row_dimensions[3].hidden = True

    layer = read("compounds", file=save(hide, 小区=[HEADER, *ROWS]), datum="EPSG:4547")
    assert len(layer.table) == 2
    assert entries(layer) == [(3, "", "the row is hidden in the sheet; it is used", "doubted")]


def test_hidden_sheets_are_passed_over(save, read):
    def hide(book):
        book["旧"].sheet_state = "hidden"

    old = [HEADER, ["009", *ROWS[0][1:]]]
    file = save(hide, 旧=old, 小区=[HEADER, *ROWS])
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.sheet == "小区"
    assert entries(layer) == [(0, "", "the sheet 旧 is hidden and was not read", "doubted")]
    assert read("compounds", file=file, datum="EPSG:4547", sheet="旧").table.index.tolist() == ["009"]


def test_the_only_sheet_that_serves_is_read(save, read):
    file = save(填表说明=[["请逐行填写"], ["小区名称必填"]], 小区=[HEADER, *ROWS], 空=[])
    assert read("compounds", file=file, datum="EPSG:4547").sheet == "小区"


def test_two_sheets_that_serve_are_a_question(save, read, refused):
    file = save(北湖=[HEADER, ROWS[0]], 苏仙=[HEADER, ROWS[1]])
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547")
    assert str(fault) == "小区.xlsx: 2 sheets could be meant → give sheet = one of: 北湖, 苏仙"
    assert read("compounds", file=file, datum="EPSG:4547", sheet="苏仙").table.index.tolist() == ["002"]


def test_a_text_merged_over_rows_stands_in_each(save, read):
    header = [*HEADER, "所属社区"]

    def merge(book):
        book["小区"].merge_cells("H2:H3")

    file = save(merge, 小区=[header, [*ROWS[0], "北湖社区"], ROWS[1]])
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["community"].tolist() == ["北湖社区", "北湖社区"]
    assert layer.ledger.entries == ()


def test_a_number_merged_over_rows_is_counted_once_and_told(save, read):
    def merge(book):
        book["小区"].merge_cells("E2:E3")

    file = save(merge, 小区=[HEADER, ROWS[0], [*ROWS[1][:4], None, *ROWS[1][5:]]])
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["elders_60"].sum() == 85
    assert entries(layer) == [
        (2, "", "“85” stands in a cell merged over rows 2 to 3; it is taken for the first alone", "doubted")
    ]


def test_rows_that_a_filter_hides(save, read):
    def hide(book):
        book["小区"].auto_filter.ref = "A1:G3"
        book["小区"].row_dimensions[3].hidden = True

    layer = read("compounds", file=save(hide, 小区=[HEADER, *ROWS]), datum="EPSG:4547")
    assert entries(layer) == [(3, "", "a filter hides the row in the sheet; it is used", "doubted")]


def test_sheets_by_number(save, read, refused):
    file = save(北湖=[HEADER, ROWS[0]], 苏仙=[HEADER, ROWS[1]])
    assert read("compounds", file=file, datum="EPSG:4547", sheet=2).sheet == "苏仙"
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547", sheet=3)
    assert str(fault) == "小区.xlsx: the workbook has 2 sheets → give sheet = one of: 北湖, 苏仙"


class TestUnitsAboveTheHeader:
    @pytest.mark.parametrize(
        "title",
        ["单位：万平方米、人", "计量单位: 万㎡", "填报单位：住建局　单位：万㎡", "住宅小区一览表（单位：万平方米）"],
    )
    def test_a_column_without_a_unit_takes_it(self, save, read, title):
        header = [*HEADER[:2], "住宅建筑面积", *HEADER[3:]]
        layer = read("compounds", file=save(小区=[["一览表"], [title], header, *ROWS]), datum="EPSG:4547")
        assert layer.table[AREA].tolist() == [156_200, 80_000]
        (found,) = [found for found in layer.found if found.name == AREA]
        assert (found.factor, found.unit_from) == (1e4, "title")

    def test_a_unit_of_its_own_counts_before_it(self, save, read):
        layer = read("compounds", file=save(小区=[["单位：㎡、人"], HEADER, *ROWS]), datum="EPSG:4547")
        assert layer.table[AREA].tolist() == [156_200, 80_000]
        units = {found.name: found.unit_from for found in layer.found}
        assert (units[AREA], units["elders_60"]) == ("header", "title")

    def test_an_office_is_no_unit(self, save, read):
        header = [*HEADER[:2], "住宅建筑面积（㎡）", *HEADER[3:]]
        rows = [["001", "云岭山庄", 156_200, *ROWS[0][3:]]]
        layer = read("compounds", file=save(小区=[["填报单位：万元集团"], header, *rows]), datum="EPSG:4547")
        assert layer.table[AREA].tolist() == [156_200]

    def test_two_units_of_one_measure_are_a_question(self, save, read, refused):
        (fault,) = refused(read, "compounds", file=save(小区=[["单位：㎡、万㎡"], HEADER, *ROWS]), datum="EPSG:4547")
        assert fault.what == "the lines above the header state several units: m2, 万m2"


class TestOldWorkbooks:
    @pytest.fixture
    def save_old(self, tmp_path):
        def saver(change=None, **sheets):
            book = xlwt.Workbook(encoding="utf-8")
            for name, rows in sheets.items():
                sheet = book.add_sheet(name)
                for row, cells in enumerate(rows):
                    for column, cell in enumerate(cells):
                        if cell is not None:
                            sheet.write(row, column, cell)
                if change:
                    change(sheet)
            book.save(str(tmp_path / "小区.xls"))
            return "小区.xls"

        return saver

    def test_a_bureau_s_sheet(self, save_old, read):
        def hide(sheet):
            sheet.row(3).hidden = True
            sheet.write_merge(0, 0, 0, 6, "郴州市城区住宅小区一览表")

        total = ["合计", None, 23.62, 1900, 385]
        layer = read("compounds", file=save_old(hide, 小区=[[], HEADER, *ROWS, total]), datum="EPSG:4547")
        assert layer.sheet == "小区"
        assert layer.table[[AREA, "households", "elders_60"]].to_numpy().tolist() == [
            [156_200, 1200, 85],
            [80_000, 700, 300],
        ]
        assert entries(layer) == [
            (4, "", "the row is hidden in the sheet; it is used", "doubted"),
            (5, "", "“合计” is a total, no row of its own", "set_aside"),
        ]

    def test_cells_of_every_type(self, save_old, read):
        day = xlwt.easyxf(num_format_str="yyyy-mm-dd")

        def fill(sheet):
            sheet.write(1, 2, datetime(2023, 4, 19), day)

        rows = [["许可证号", "住宅建筑面积（㎡）", "发证日期"], ["建字1号", 15_620.5]]
        layer = read("permits", file=save_old(fill, 许可=rows), crs=None)
        assert layer.table["issued_on"].dt.strftime("%Y-%m-%d").tolist() == ["2023-04-19"]
        assert layer.table[AREA].tolist() == [15_620.5]

    def test_a_text_merged_over_rows_and_a_hidden_sheet(self, save_old, read):
        def merge(sheet):
            if sheet.name == "旧":
                sheet.visibility = 1
            else:
                sheet.write_merge(1, 2, 7, 7, "北湖社区")

        file = save_old(merge, 小区=[[*HEADER, "所属社区"], *ROWS], 旧=[HEADER, ROWS[0]])
        layer = read("compounds", file=file, datum="EPSG:4547")
        assert layer.table["community"].tolist() == ["北湖社区", "北湖社区"]
        assert entries(layer) == [(0, "", "the sheet 旧 is hidden and was not read", "doubted")]

    def test_damage(self, tmp_path, read, refused):
        (tmp_path / "小区.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        (fault,) = refused(read, "compounds", file="小区.xls")
        assert fault.what == "the file cannot be read"


def test_numbers_that_excel_cut(save, read):
    rows = [["许可证号", "住宅建筑面积（㎡）"], [4.3100220230001e17, 15_620.5], ["431002202300012345", 15_620.5]]
    layer = read("permits", file=save(许可=rows), crs=None)
    assert layer.table.index.tolist() == ["431002202300012345"]
    assert entries(layer) == [
        (
            2,
            "permit_no",
            "a spreadsheet made the number “4.31002202300010E+17” of this identifier, and its digits are lost",
            "set_aside",
        )
    ]


def test_formulas_that_nobody_calculated(save, read, refused):
    rows = [HEADER, [*ROWS[0][:4], "=80+5", *ROWS[0][5:]]]
    (fault,) = refused(read, "compounds", file=save(小区=rows), datum="EPSG:4547")
    assert fault.what == "the workbook holds formulas without results"


def test_a_format_far_down_makes_no_rows(save, read):
    def style(book):
        book["小区"].cell(row=900_000, column=2).number_format = "0.00"

    assert len(read("compounds", file=save(style, 小区=[HEADER, *ROWS]), datum="EPSG:4547").table) == 2

"""Test what the readers of files refuse, and how rows are numbered."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from planner.layers import LayerSettings
from planner.layers.files.formats import READABLE
from planner.layers.files.opening import READERS, read_file


@pytest.fixture
def open_file(tmp_path):
    def opener(file, **settings):
        return read_file(LayerSettings(file=file, **settings), folder=tmp_path, layer="rooms")

    return opener


def test_the_header_is_row_1_and_empty_rows_are_none(open_file, table):
    raw = open_file(table("room_id,floor_area_m2", "R1,350", ",", "", "R2,400"))
    assert raw.rows.tolist() == [2, 5]
    assert raw.names == ("room_id", "floor_area_m2")


def test_a_quoted_line_break_is_one_row(open_file, table):
    raw = open_file(table("room_id,name", 'R1,"two\nlines"', "R2,x"))
    assert raw.cells[1].tolist() == ["two\nlines", "x"]
    assert raw.rows.tolist() == [2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_are_found(open_file, table, encoding):
    raw = open_file(table("room_id,name", "R1,䶮塘小区", encoding=encoding))
    assert raw.cells[1].tolist() == ["䶮塘小区"]
    assert raw.names[0] == "room_id"


def test_a_stated_encoding_wins(open_file, table, refused):
    assert open_file(table("room_id", "é", encoding="latin-1"), encoding="latin-1").cells[0].tolist() == ["é"]
    (fault,) = refused(open_file, table("room_id", "é小", encoding="gb18030"), encoding="utf-8")
    assert str(fault) == "table.csv: the text is not utf-8 → give the right encoding, or save the file as CSV UTF-8"


def test_bytes_of_no_known_encoding(open_file, tmp_path, refused):
    (tmp_path / "bad.csv").write_bytes(b"room_id\n\xff\xff\xff\n")
    (fault,) = refused(open_file, "bad.csv")
    assert fault.what == "the text is not UTF-8 or GB18030"


def test_semicolons(open_file, table):
    raw = open_file(table("room_id;compound_ids", 'R1;"A;B"'))
    assert raw.cells[1].tolist() == ["A;B"]


def test_short_rows_are_filled_and_long_rows_refused(open_file, table, refused):
    assert open_file(table("room_id,name", "R1")).cells[1].tolist() == [""]
    faults = refused(open_file, table("room_id,name", "R1,a,b", "R2,c", "R3,d,e"))
    (fault,) = faults
    assert str(fault) == (
        "table.csv: 2 rows have more cells than the header has columns: 2, 4 (in row 2 cell 3 holds “b”) "
        "→ put quotes around a text that holds the separator, or name the column"
    )


def test_an_empty_file(open_file, table, refused):
    (fault,) = refused(open_file, table("", ""))
    assert str(fault) == "table.csv: the file is empty → give a file with a header row"


def test_a_header_alone_is_no_rows(open_file, table):
    raw = open_file(table("room_id,name"))
    assert raw.cells.shape == (0, 2)
    assert len(raw.rows) == 0


def test_excel_cells_become_text(open_file, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["room_id", "number", "half", "date", "flag", "nothing"])
    sheet.append(["007", 8, 8.5, pd.Timestamp("2023-04-19").to_pydatetime(), True, None])
    book.create_sheet("second").append(["说明"])
    book.save(tmp_path / "rooms.xlsx")
    raw = open_file("rooms.xlsx")
    assert raw.cells.iloc[0].tolist() == ["007", "8", "8.5", "2023-04-19T00:00:00", "True", ""]
    assert raw.sheet == "Sheet"
    assert open_file("rooms.xlsx", sheet="second").names == ("说明",)


def test_a_sheet_that_is_not_there(open_file, tmp_path, refused):
    openpyxl.Workbook().save(tmp_path / "rooms.xlsx")
    (fault,) = refused(open_file, "rooms.xlsx", sheet="小区")
    assert str(fault) == "rooms.xlsx: the workbook has no sheet 小区 → give sheet = one of: Sheet"


def test_numbers_beside_empty_cells_stay_whole(open_file, tmp_path):
    table = pa.table({"room_id": [431002202300012345, None], "flag": [True, None]})
    pa.parquet.write_table(table, tmp_path / "rooms.parquet")
    raw = open_file("rooms.parquet")
    assert raw.cells[0].iloc[0] == 431002202300012345
    assert raw.places is None
    assert raw.rows.tolist() == [1, 2]


def test_tables_of_a_geopackage(open_file, tmp_path, refused, compounds):
    for name in ("a", "b", "layer_styles"):
        compounds.to_file(tmp_path / "town.gpkg", layer=name)
    (fault,) = refused(open_file, "town.gpkg")
    assert str(fault) == "town.gpkg: the file holds 2 tables → give layer = one of: a, b"
    (fault,) = refused(open_file, "town.gpkg", layer="c")
    assert str(fault) == "town.gpkg: the file holds no table c → give layer = one of: a, b"
    assert len(open_file("town.gpkg", layer="b").rows) == 3


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "json", "shp", "xlsx", "parquet"])
@pytest.mark.parametrize("content", [b"", b"not what the ending says", b"PK\x03\x04 cut", b"SQLite format 3\x00"])
def test_damaged_files_are_refused_by_name(open_file, tmp_path, refused, suffix, content):
    (tmp_path / f"town.{suffix}").write_bytes(content)
    (fault,) = refused(open_file, f"town.{suffix}")
    assert fault.where == f"town.{suffix}"
    assert fault.what.startswith(("the file cannot be read", "the file holds no table", "the file is ", "parts of the"))
    assert fault.todo


def test_a_truncated_geopackage(open_file, tmp_path, refused, compounds):
    compounds.to_file(tmp_path / "town.gpkg")
    data = (tmp_path / "town.gpkg").read_bytes()
    (tmp_path / "town.gpkg").write_bytes(data[: len(data) // 3])
    (fault,) = refused(open_file, "town.gpkg")
    assert fault.where == "town.gpkg"


def test_a_quote_that_never_ends_swallows_no_rows(open_file, table, refused):
    (fault,) = refused(open_file, table("room_id,name", '"R1,a', "R2,b"))
    assert (fault.where, fault.why) == ("table.csv", "in its reader's own words: unexpected end of data")


def test_a_missing_file(open_file, tmp_path, refused):
    (fault,) = refused(open_file, "nowhere.csv")
    assert str(fault) == (
        f"{tmp_path / 'nowhere.csv'}: the file does not exist → put it there, or correct file under [layers.rooms]"
    )


def test_an_unknown_format(open_file, refused):
    (fault,) = refused(open_file, "规划.sxf")
    assert fault.what == "files ending in “.sxf” cannot be read"
    assert fault.todo.startswith("save it as one of .xlsx, .xlsm, .xls, .gpkg, .shp, .parquet, .dxf, .kml")


def test_a_folder_in_place_of_a_file(open_file, tmp_path, refused):
    (tmp_path / "小区").mkdir()
    (tmp_path / "小区" / "a.csv").write_text("id\n", encoding="utf-8")
    (fault,) = refused(open_file, "小区")
    assert fault.what == "this is a folder, and a file is needed"
    assert fault.cure.line == 'file = "小区/a.csv"'


def test_a_personal_geodatabase_is_told_how_to_export(open_file, refused):
    (fault,) = refused(open_file, "小区.mdb")
    assert fault.what == "an Access database or personal geodatabase cannot be read"
    assert "export the table as .xlsx" in fault.todo


def test_options_that_mean_nothing_are_refused(open_file, refused):
    faults = refused(open_file, "a.gpkg", sheet="x", encoding="gbk")
    assert [str(fault) for fault in faults] == [
        "[layers.rooms]: encoding means nothing for a .gpkg file → take encoding out",
        "[layers.rooms]: sheet means nothing for a .gpkg file → take sheet out",
    ]


@pytest.mark.parametrize("cpg", [None, "GB18030"])
def test_shapefiles_in_gb18030(open_file, tmp_path, compounds, cpg):
    compounds.iloc[:2][["name", "geometry"]].to_file(tmp_path / "town.shp", encoding="gb18030")
    (tmp_path / "town.cpg").unlink()
    if cpg:
        (tmp_path / "town.cpg").write_text(cpg, encoding="ascii")
    assert open_file("town.shp").cells[0].tolist() == ["云岭山庄", "丰源星光府"]


def test_every_ending_that_is_promised_has_a_reader():
    assert set(READERS) == set(READABLE)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt", "xls", "kml", "kmz", "dxf", "tab", "mif", "gdb.zip"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff" * 64, b"PK\x03\x04 cut"])
def test_no_reader_throws_at_damage(open_file, tmp_path, refused, suffix, content):
    (tmp_path / f"town.{suffix}").write_bytes(content)
    faults = refused(open_file, f"town.{suffix}")
    assert all(fault.where.startswith("town.") and fault.todo for fault in faults)


def test_a_damaged_geodatabase(open_file, tmp_path, refused):
    (tmp_path / "town.gdb").mkdir()
    (fault,) = refused(open_file, "town.gdb")
    assert (fault.where, fault.what) == ("town.gdb", "the file cannot be read")
    (tmp_path / "file.gdb").write_bytes(b"")
    (fault,) = refused(open_file, "file.gdb")
    assert fault.what == "a file geodatabase is a folder, and this is a file"


def test_parts_of_a_shapefile(open_file, tmp_path, compounds, refused):
    compounds.iloc[:2][["name", "geometry"]].to_file(tmp_path / "town.shp", encoding="gb18030")
    for part in ("town.shx", "town.dbf"):
        (tmp_path / part).unlink()
    (fault,) = refused(open_file, "town.shp")
    assert fault.what == "parts of the shapefile are missing: .shx, .dbf"

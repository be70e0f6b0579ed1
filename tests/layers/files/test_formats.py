"""Test that a file under a wrong name is told by its first bytes, with what it is and how to go on."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from planner.layers import LayerSettings
from planner.layers.files.formats import KINDS, READABLE, kind_of
from planner.layers.files.opening import read_file


@pytest.fixture
def open_file(tmp_path):
    def opener(file, **settings):
        return read_file(LayerSettings(file=file, **settings), folder=tmp_path, layer="rooms")

    return opener


def book(folder, name):
    openpyxl.Workbook().save(folder / "a.xlsx")
    (folder / "a.xlsx").rename(folder / name)


def test_a_workbook_called_csv(tmp_path, open_file, refused):
    book(tmp_path, "用房.csv")
    (fault,) = refused(open_file, "用房.csv")
    assert str(fault) == (
        "用房.csv: the file is an Excel workbook of the new kind, whatever its name says (it is called .csv) "
        "→ give it a name that ends in .xlsx or .xlsm, and name that under [layers.rooms]"
    )


def test_a_workbook_of_the_new_kind_called_xls(tmp_path, open_file, refused):
    book(tmp_path, "用房.xls")
    (fault,) = refused(open_file, "用房.xls")
    assert fault.what == "the file is an Excel workbook of the new kind, whatever its name says"


def test_a_geopackage_called_shp(tmp_path, open_file, refused, compounds):
    compounds.to_file(tmp_path / "a.gpkg")
    (tmp_path / "a.gpkg").rename(tmp_path / "a.shp")
    (fault,) = refused(open_file, "a.shp")
    assert fault.what == "the file is a GeoPackage, whatever its name says"


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><table><tr><td>用房编号</td></tr></table></body></html>",
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN"><html xmlns="x">',
        '\n<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>',
        "<table border=1><tr><td>用房编号",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_web_page_called_xls(tmp_path, open_file, refused, text, encoding):
    (tmp_path / "用房.xls").write_text(text, encoding=encoding)
    (fault,) = refused(open_file, "用房.xls")
    assert str(fault) == (
        "用房.xls: the file is a web page with a table, as many office systems export it, whatever its name says "
        "(it is called .xls) → open it in Excel or WPS and save it as .xlsx, and name the result under [layers.rooms]"
    )


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("用房.xls", "用房编号\t面积\nR1\t350\n".encode("gb18030"), "text"),
        ("a.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "xml-sheet"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "xls"),
        ("a.dxf", b"AC1032\x00\x00", "dwg"),
        ("a.csv", b"%PDF-1.7", "pdf"),
        ("a.csv", b'{"type": "FeatureCollection"}', "json"),
        ("a.txt", b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "dxf"),
        ("a.json", b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">', "kml"),
        ("a.shp", b"PAR1", "parquet"),
        ("a.csv", b"Rar!\x1a\x07", "rar"),
        ("a.geojson", b"!table\n!version 300\n", "tab"),
        ("a.csv", b'Version 300\nCharset "WindowsSimpChinese"\n', "mif"),
    ],
)
def test_kinds(tmp_path, open_file, refused, name, content, kind):
    (tmp_path / name).write_bytes(content)
    assert kind_of(tmp_path / name) == kind
    (fault,) = refused(open_file, name)
    assert KINDS[kind].description in fault.what
    assert fault.todo


@pytest.mark.parametrize(
    ("part", "kind"),
    [("word/document.xml", "document"), ("小区.shp", "zip"), ("doc.kml", "kmz"), ("a.gdb/x", "gdb.zip")],
)
def test_archives(tmp_path, part, kind):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as parts:
        parts.writestr(part, "x")
    assert kind_of(tmp_path / "a.zip") == kind


def test_a_drawing_is_refused_with_the_way_out(open_file, refused):
    (fault,) = refused(open_file, "规划.dwg")
    assert str(fault) == (
        "规划.dwg: an AutoCAD drawing (DWG) cannot be read → in the CAD program save it as DXF (command DXFOUT), or "
        "export its outlines as SHP (MAPEXPORT), and name the result under [layers.rooms]"
    )


def test_an_archive_is_to_be_unpacked(open_file, refused):
    (fault,) = refused(open_file, "小区.zip")
    assert fault.todo == "unpack it, and name the result under [layers.rooms]"


def test_text_that_begins_with_a_bracket_is_no_json(tmp_path, open_file):
    (tmp_path / "a.csv").write_text("[1]room_id,name\nR1,a\n", encoding="utf-8")
    assert open_file("a.csv").cells[1].tolist() == ["a"]


def test_every_kind_that_can_be_read_promises_one_ending():
    assert all(kind in KINDS for ending, kind in READABLE.items() if ending != ".gdb")

"""Test KML files: their folders, their Chinese data, and shapes of every kind."""

from __future__ import annotations

import zipfile

import pytest

RING = "113.01,25.79,0 113.02,25.79,0 113.02,25.80,0 113.01,25.79,0"
POLYGON = (
    f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{RING}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
)
POINT = "<Point><coordinates>113.01,25.79</coordinates></Point>"


def mark(name, shape, data=""):
    return f'<Placemark id="p-{name}"><name>{name}</name><description>老小区</description>{data}{shape}</Placemark>'


def folder(name, *marks):
    return f"<Folder><name>{name}</name>{''.join(marks)}</Folder>"


@pytest.fixture
def kml(tmp_path):
    def writer(*parts, declared="UTF-8", encoding="utf-8", name="图.kml"):
        text = f'<?xml version="1.0" encoding="{declared}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        (tmp_path / name).write_text(f"{text}<name>图</name>{''.join(parts)}</Document></kml>", encoding=encoding)
        return name

    return writer


FIELDS = {"compound_id": "id"}


@pytest.mark.parametrize(("declared", "encoding"), [("UTF-8", "utf-8"), ("GB2312", "gb18030"), ("gbk", "gb18030")])
def test_names_and_data(kml, read, declared, encoding):
    data = (
        '<ExtendedData><Data name="户数"><value>120</value></Data>'
        '<SchemaData><SimpleData name="60岁以上人口">85</SimpleData></SchemaData></ExtendedData>'
    )
    file = kml(mark("云岭山庄", POLYGON, data), mark("丰源", POINT), declared=declared, encoding=encoding)
    layer = read("compounds", file=file, fields={**FIELDS, "name": "Name"})
    assert layer.table["name"].tolist() == ["云岭山庄", "丰源"]
    assert layer.table.loc["p-云岭山庄", ["households", "elders_60"]].tolist() == [120, 85]
    assert layer.table.geom_type.tolist() == ["Polygon", "Point"]
    assert layer.ledger.entries == ()


def test_folders_are_a_question(kml, read, refused):
    file = kml(folder("小区", mark("甲", POINT)), folder("设施", folder("食堂", mark("乙", POINT)), mark("丙", POINT)))
    (fault,) = refused(read, "compounds", file=file, fields=FIELDS)
    assert str(fault) == "图.kml: the file holds 3 tables → give layer = one of: 小区, 设施 / 食堂, 设施"
    layer = read("compounds", file=file, fields=FIELDS, layer="设施 / 食堂")
    assert layer.rows.to_dict() == {"p-乙": 2}


def test_a_packed_one_and_a_datum_of_its_maker(tmp_path, kml, read):
    with zipfile.ZipFile(tmp_path / "图.kmz", "w") as parts:
        parts.write(tmp_path / kml(mark("甲", POINT)), "doc.kml")
    plain, moved = (read("compounds", file="图.kmz", fields=FIELDS, **more) for more in ({}, {"datum": "gcj02"}))
    assert 500 < plain.table.distance(moved.table).iloc[0] < 700


def test_shapes_that_cannot_be_read_harm_no_other(kml, read):
    shapes = {
        "无": "",
        "坏": "<Point><coordinates>east</coordinates></Point>",
        "模型": "<Model/>",
        "环": f"<LinearRing><coordinates>{RING}</coordinates></LinearRing>",
        "双": f"<MultiGeometry>{POLYGON}{POLYGON.replace('113.', '114.')}</MultiGeometry>",
        "杂": f"<MultiGeometry>{POLYGON}{POINT}</MultiGeometry>",
    }
    layer = read("compounds", file=kml(*(mark(name, shape) for name, shape in shapes.items())), fields=FIELDS)
    assert layer.table.geom_type.to_dict() == {"p-环": "Polygon", "p-双": "MultiPolygon"}
    aside = {entry.id: entry.what for entry in layer.ledger.entries if entry.action == "set_aside"}
    assert aside == {
        "p-无": "there is no geometry",
        "p-坏": "“a damaged geometry” is not a place",
        "p-模型": "“a damaged geometry” is not a place",
        "p-杂": "a GeometryCollection cannot be used here, only Polygon, MultiPolygon, Point",
    }
    assert layer.ledger.closes()

"""Test CAD drawings: the CAD layer asked for, outlines closed and joined, texts given to the outline they stand in."""

from __future__ import annotations

import pytest

from tests.layers.conftest import EAST, NORTH
from tests.layers.drawn import drawing, insert, point, polyline, text


def at(x, y):
    return (EAST + x, NORTH + y)


def square(x, y=0.0, size=100.0):
    return [at(x, y), at(x + size, y), at(x + size, y + size), at(x, y + size)]


@pytest.fixture
def draw(tmp_path):
    def drawer(*entities, **options):
        return drawing(tmp_path / "规划.dxf", *entities, **options)

    return drawer


def told(layer):
    return [(entry.row, entry.what, entry.action) for entry in layer.ledger.entries]


@pytest.mark.parametrize(
    ("encoding", "page", "found"),
    [
        ("gb18030", "ANSI_936", "gb18030 (as $DWGCODEPAGE says)"),
        ("utf-8", "ANSI_936", "utf-8 (scored; $DWGCODEPAGE says ANSI_936)"),
        ("gb18030", "ANSI_1252", "gb18030 (scored; $DWGCODEPAGE says ANSI_1252)"),
    ],
)
def test_closed_outlines_with_their_names(draw, read, encoding, page, found):
    file = draw(
        polyline("小区", "A1", square(0), closed=True),
        text("小区", "A2", at(50, 50), "云岭山庄"),
        polyline("小区", "A3", square(200), closed=True),
        text("小区", "A4", at(250, 50), "丰源星光府", kind="MTEXT"),
        encoding=encoding,
        page=page,
    )
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["name"].to_dict() == {"A1": "云岭山庄", "A3": "丰源星光府"}
    assert layer.table.area.tolist() == [pytest.approx(10_000)] * 2
    assert layer.rows.to_dict() == {"A1": 1, "A3": 3}
    assert layer.encoding == found
    assert len(layer.ledger.entries) == (page == "ANSI_1252")


def test_outlines_of_unlike_corners(draw, read):
    file = draw(
        polyline("小区", "A1", square(0), closed=True),
        polyline("小区", "A2", [at(200, 0), at(260, 0), at(230, 40)], closed=True),
        polyline("小区", "A3", [*square(400), at(380, 50)], closed=True),
    )
    layer = read("compounds", file=file, datum="EPSG:4547")
    # A square, a triangle of 60 by 40 m, and a square with a triangle of 100 by 20 m at its side.
    assert layer.table.area.tolist() == [pytest.approx(10_000), pytest.approx(1_200), pytest.approx(11_000)]


def test_several_cad_layers_are_a_question(draw, read, refused):
    file = draw(
        polyline("小区", "A1", square(0), closed=True),
        polyline("小区", "A2", square(200), closed=False),
        text("注记", "A3", at(50, 50), "云岭山庄"),
        polyline("道路", "A4", [at(0, -5), at(99, -5)], closed=False),
        point("道路", "A5", at(0, 0)),
    )
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547")
    assert str(fault) == (
        "规划.dxf: the drawing has 2 CAD layers → give layer = one of: "
        "小区 (1 polygons, 1 open lines, 0 texts, 0 others); 注记 (0 polygons, 0 open lines, 1 texts, 0 others); "
        "道路 (0 polygons, 1 open lines, 0 texts, 1 others)"
    )
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547", layer="楼")
    assert fault.what == "the drawing has no CAD layer 楼"


def test_texts_of_another_cad_layer_name_the_outlines(draw, read):
    file = draw(
        polyline("小区", "A1", square(0), closed=True),
        polyline("小区", "A2", square(200), closed=True),
        text("注记", "A3", at(50, 50), "云岭山庄"),
        text("注记", "A4", at(250, 50), "丰源星光府"),
        text("注记", "A5", at(900, 50), "火车站"),
        *(text("层数", f"B{number}", at(10 * number, 20), "6F") for number in range(1, 9)),
    )
    layer = read("compounds", file=file, datum="EPSG:4547", layer="小区")
    assert layer.table["name"].tolist() == ["云岭山庄", "丰源星光府"]
    assert told(layer) == [
        (0, "the texts of the CAD layer 注记 name the outlines", "doubted"),
        (0, "1 texts of the drawing stand in no outline and are not used: 火车站", "doubted"),
    ]


def test_several_texts_in_an_outline_are_told(draw, read):
    file = draw(
        polyline("小区", "A1", square(0), closed=True),
        text("小区", "A2", at(50, 50), "云岭山庄"),
        text("小区", "A3", at(50, 30), "二期"),
    )
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["name"].tolist() == ["云岭山庄;二期"]
    assert told(layer) == [(1, "2 texts stand in the outline: 云岭山庄, 二期", "doubted")]


def test_open_outlines_and_pieces(draw, read):
    corners = square(0)
    file = draw(
        polyline("小区", "A1", [*square(200), at(200, 0.5)], closed=False),
        polyline("小区", "A2", corners[:3], closed=False),
        polyline("小区", "A3", [at(100, 100.4), corners[3], corners[0]], closed=False),
        polyline("小区", "A4", [at(500, 0), at(600, 0), at(600, 100)], closed=False),
        text("小区", "A5", at(250, 50), "云岭山庄"),
        text("小区", "A6", at(50, 50), "丰源星光府"),
    )
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table["name"].to_dict() == {"A1": "云岭山庄", "A2": "丰源星光府"}
    assert layer.table.area.tolist() == [pytest.approx(10_000, rel=0.01)] * 2
    assert told(layer) == [
        (2, "the outline was drawn in 2 pieces (rows 2, 3); they were joined: area 10020.0", "mended"),
        (1, "the outline was an open line; its ends, 0.50 m apart, were joined: area 10000.0 m²", "mended"),
        (4, "the line does not close, and an outline is needed: its ends lie 141.42 m apart", "set_aside"),
    ]
    assert layer.ledger.counts().loc["compounds", ["rows_in", "rows_used"]].tolist() == [3, 2]


def test_paper_is_no_model(draw, read):
    file = draw(polyline("小区", "A1", square(0), closed=True), text("图框", "A2", (1, 1), "规划图", paper=True))
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert told(layer) == [
        (0, "1 entities stand on a sheet's paper and not in the model; they are not read", "doubted")
    ]


def test_symbols_with_attributes_are_points(draw, read):
    file = draw(
        insert("设施", "A1", at(0, 0), "长者餐厅"),
        insert("设施", "A2", at(50, 0), "日照中心"),
        text("设施", "A3", at(60, 0), "图例"),
        polyline("道路", "A4", square(0), closed=False),
    )
    fields = {"compound_id": "Text"}
    layer = read("gates", file=file, datum="EPSG:4547", layer="设施", fields=fields)
    assert layer.table["compound_id"].to_dict() == {"A1": "长者餐厅", "A2": "日照中心"}
    assert told(layer) == [(0, "1 texts of the CAD layer are not used: 图例", "doubted")]


def test_texts_alone_mark_places(draw, read):
    file = draw(text("设施", "A1", at(0, 0), "长者餐厅"), text("设施", "A2", at(60, 0), "日照中心"))
    layer = read("candidates", file=file, datum="EPSG:4547", fields={"use": False})
    assert layer.table.empty or layer.table["name"].tolist() == ["长者餐厅", "日照中心"]
    layer = read("gates", file=file, datum="EPSG:4547", fields={"compound_id": "Text"})
    assert layer.table.geometry.x.tolist() == [EAST, EAST + 60]


def test_lines_of_a_barrier(draw, read):
    file = draw(polyline("围墙", "A1", square(0), closed=True), polyline("围墙", "A2", square(200), closed=False))
    layer = read("barriers", file=file, datum="EPSG:4547")
    assert layer.table.geom_type.tolist() == ["LineString", "LineString"]


def test_an_encoding_by_word_of_study_toml(draw, read, refused):
    file = draw(polyline("小區", "A1", square(0), closed=True), text("小區", "A2", at(5, 5), "雲嶺"), encoding="cp950")
    layer = read("compounds", file=file, datum="EPSG:4547", encoding="cp950")
    assert layer.table["name"].tolist() == ["雲嶺"]
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547", encoding="utf-8")
    assert fault.what == "the text is not utf-8"


def test_nobody_says_the_datum_of_a_drawing(draw, read, refused):
    (fault,) = refused(read, "compounds", file=draw(polyline("小区", "A1", square(0), closed=True)))
    assert "datum" in fault.what

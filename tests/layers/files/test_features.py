"""Test geodatabases and MapInfo tables: several feature classes are a question, Chinese names and texts are read."""

from __future__ import annotations

import shutil

import pyogrio
import pytest

from tests.layers.conftest import ZONE


@pytest.fixture
def geodatabase(tmp_path, compounds):
    shapes = compounds.iloc[[0]][["compound_id", "name", "geometry"]].rename(
        columns={"compound_id": "小区编号", "name": "小区名称"}
    )
    for name in ("小区", "小区旧"):
        path = tmp_path / "规划.gdb"
        pyogrio.write_dataframe(shapes, path, layer=name, driver="OpenFileGDB", append=path.exists())
    return "规划.gdb"


def test_feature_classes_are_a_question(geodatabase, read, refused):
    (fault,) = refused(read, "compounds", file=geodatabase)
    assert str(fault) == "规划.gdb: the file holds 2 tables → give layer = one of: 小区, 小区旧"
    layer = read("compounds", file=geodatabase, layer="小区")
    assert layer.table["name"].to_dict() == {"001": "云岭山庄"}
    assert layer.table.crs == ZONE
    assert layer.ledger.entries == ()


def test_a_packed_geodatabase(tmp_path, geodatabase, read):
    shutil.make_archive(str(tmp_path / "规划.gdb"), "zip", tmp_path, geodatabase)
    shutil.rmtree(tmp_path / geodatabase)
    assert len(read("compounds", file="规划.gdb.zip", layer="小区").table) == 1


def test_mapinfo(tmp_path, read):
    head = (
        'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 2\n'
        "  小区编号 Char(10)\n  小区名称 Char(20)\nData\n\nPoint 113.01 25.79\n"
    )
    (tmp_path / "a.mif").write_text(head, encoding="gb18030")
    (tmp_path / "a.mid").write_text('"1","云岭山庄"\n', encoding="gb18030")
    layer = read("compounds", file="a.mif", datum="wgs84")
    assert layer.table["name"].to_dict() == {"1": "云岭山庄"}

"""Test the names of columns: whole, cut as a shapefile cuts, doubled, with units; two candidates are a question."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import yaml
from shapely import box

from planner.layers import LAYERS, columns
from planner.layers.columns import WORDS
from planner.layers.headers.aliases import names_of, recognise, take_apart
from tests.layers.conftest import EAST, NORTH, ZONE

AREA = "residential_floor_area_m2"


@pytest.mark.parametrize("layer", LAYERS)
def test_every_column_has_names_and_none_stands_for_two(layer):
    named = {column for column, _how in names_of(layer).whole.values()}
    assert named >= {column.name for column in LAYERS[layer].columns}
    aliased = {column for column, how in names_of(layer).whole.values() if how == "alias"}
    assert aliased >= {column.name for column in LAYERS[layer].columns}


# The rows of the table in the notes on data practice, whole, cut to 5 and to 3 characters, and in pinyin.
@pytest.mark.parametrize(
    ("layer", "column", "headers"),
    [
        ("compounds", "name", "小区名称 楼盘名称 居住区名称 项目名称 小区名 XQMC XMMC NAME"),
        ("compounds", AREA, "住宅总建筑面积 住宅建筑面积 住宅总建筑 住宅建筑面 住宅总 住宅建 ZZMJ ZZJZMJ"),
        ("compounds", "elders_60", "60岁以上人口 60岁及以上人口 老年人口数 60岁以上人 60岁以 RK60 POP60"),
        ("compounds", "elders_80", "80岁以上人口 80岁以 RK80"),
        ("compounds", "households", "户数 总户数 HS"),
        ("compounds", "population", "常住人口 户籍人口 常住人 CZRK HJRK"),
        ("compounds", "street", "所属街道 所属街 SSJD"),
        ("compounds", "community", "所属社区 SSSQ"),
        ("compounds", "county", "XZQMC"),
        ("areas", "area_id", "行政区划代码 行政区划代 XZQDM"),
        (
            "permits",
            "permit_no",
            "建设工程规划许可证号 规划许可证编号 工规证号 建设工程规 规划许可证 建设工 XKZH GHXKZH",
        ),
        ("permits", "applicant", "建设单位 建设单 JSDW"),
        ("permits", "issued_on", "发证日期 核发日期 FZRQ"),
        ("permits", "room_areas_m2", "居家养老服务用房面积 养老用房建筑面积 居家养老服 居家养 YLYFMJ"),
        ("rooms", "floor_area_m2", "居家养老服务用房面积 养老用房建筑面积 居家养老服 养老用房建"),
        ("facilities", "name", "设施名称 设施名 SSMC"),
        ("facilities", "kind", "设施类型 SSLX"),
        ("facilities", "beds", "床位数 CWS"),
        ("facilities", "care_beds", "护理型床位"),
        ("facilities", "meals_per_day", "供餐能力"),
        ("facilities", "places", "托位数"),
    ],
)
def test_names_met_in_files(layer, column, headers):
    for header in headers.split():
        assert list(recognise(layer, header)) == [column], header


@pytest.mark.parametrize("header", ["总建筑面积", "建筑面积", "计容建筑面积", "JZMJ", "建设规模"])
def test_a_total_floor_area_is_no_residential_one(header):
    assert recognise("compounds", header) == recognise("permits", header) == {}


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("住宅建筑面积（万㎡）", "住宅建筑面积", "万m2"),
        (" 住宅\n建筑面积 [m²] ", "住宅建筑面积", "m2"),
        ("*住宅建筑面积(单位：万平方米)：", "住宅建筑面积", "万平方米"),
        ("住宅建筑面积/万㎡", "住宅建筑面积", "万m2"),
        ("户数（户）", "户数", ""),
        ("住宅建筑面积（含地下）", "住宅建筑面积(含地下)", ""),
    ],
)
def test_units_in_headers(header, name, unit):
    parts = take_apart(header)
    assert (parts.names, parts.unit) == ((name,), unit)


def test_a_sheet_in_chinese_reads_without_fields(read, table):
    file = table(
        "小区编号,小区名称,住宅建筑面积（万㎡）,总户数,60岁及以上人口,所属社区,经度,纬度",
        "001,云岭山庄,15.62,1200,85,北湖,113.01,25.79",
    )
    layer = read("compounds", file=file, datum="wgs84")
    assert layer.ledger.entries == ()
    assert layer.table.loc["001", ["name", AREA, "households", "elders_60", "community"]].tolist() == [
        "云岭山庄",
        156_200.0,
        1200,
        85,
        "北湖",
    ]
    how = {found.name: (found.source, found.how, found.unit) for found in layer.found}
    assert how[AREA] == ("住宅建筑面积（万㎡）", "alias", "万m2")
    assert how["lon"] == ("经度", "alias", "")


def test_names_that_a_geodatabase_rewrote(tmp_path, read):
    """It lets no name begin with a digit and puts underscores for brackets: neither may cost a column or its unit."""
    frame = gpd.GeoDataFrame(
        {"小区编号": ["001"], "60岁以上人口": [85.0], "80岁以上人口(户籍)": [9.0], "住宅建筑面积(万㎡)": [1.5]},
        geometry=[box(EAST, NORTH, EAST + 100, NORTH + 100)],
        crs=ZONE,
    )
    with pytest.warns(RuntimeWarning, match="Normalized"):
        frame.to_file(tmp_path / "town.gdb", driver="OpenFileGDB")
    written = set(pyogrio.read_info(tmp_path / "town.gdb")["fields"])
    assert written >= {"_60岁以上人口", "_80岁以上人口_户籍_", "住宅建筑面积_万㎡_"}
    layer = read("compounds", file="town.gdb")
    assert layer.table.loc["001", ["elders_60", "elders_80", AREA]].tolist() == [85, 9, 15_000]
    assert recognise("compounds", "F60岁以上人口") == {"elders_60": "alias"}  # as ArcGIS writes it


@pytest.mark.parametrize(("encoding", "cut"), [("gb18030", "住宅总建筑"), ("utf-8", "住宅总")])
def test_shapefiles_with_cut_names(tmp_path, read, encoding, cut):
    frame = gpd.GeoDataFrame(
        {"小区编号": ["001"], "小区名称": ["䶮塘小区"], "住宅总建筑面积": [15_620.5]},
        geometry=[box(EAST, NORTH, EAST + 100, NORTH + 100)],
        crs=ZONE,
    )
    # GDAL itself would write UTF-8 names cut inside a character: cut here as mapshaper and ArcGIS do.
    short = {name: name.encode(encoding)[:10].decode(encoding, errors="ignore") for name in frame.columns[:3]}
    frame.rename(columns=short).to_file(tmp_path / "town.shp", encoding=encoding)
    assert cut in pyogrio.read_info(tmp_path / "town.shp", encoding=encoding)["fields"]
    layer = read("compounds", file="town.shp")
    assert layer.table.loc["001", ["name", AREA]].tolist() == ["䶮塘小区", 15_620.5]
    assert {found.name: found.how for found in layer.found}[AREA] == "cut"


def test_a_cut_and_doubled_name_is_a_question(tmp_path, read, refused):
    frame = gpd.GeoDataFrame(
        {"小区编号": ["001"], "住宅总建筑面积": [15_620.5], "住宅总建筑占地": [700.0]},
        geometry=[box(EAST, NORTH, EAST + 100, NORTH + 100)],
        crs=ZONE,
    )
    with pytest.warns(RuntimeWarning, match="Normalized"):
        frame.to_file(tmp_path / "town.shp", encoding="gb18030")
    (fault,) = refused(read, "compounds", file="town.shp")
    assert str(fault) == (
        f"town.shp: 住宅总建筑, 住宅总建_1 could be {AREA} (total residential floor area) "
        f'→ say which it is under [layers.compounds]: fields.{AREA} = "住宅总建筑", or fields.{AREA} = false for none'
    )
    layer = read("compounds", file="town.shp", fields={AREA: "住宅总建筑"})
    assert layer.table.loc["001", AREA] == 15_620.5
    layer = read("compounds", file="town.shp", fields={AREA: False})
    assert layer.table[AREA].isna().all()


def test_two_populations_are_a_question(read, table, refused):
    file = table("小区编号,户籍人口,常住人口,x,y", f"1,100,300,{EAST},{NORTH}")
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547")
    assert fault.what == "户籍人口, 常住人口 could be population (all people)"
    layer = read("compounds", file=file, datum="EPSG:4547", fields={"population": "常住人口"})
    assert layer.table.loc["1", "population"] == 300
    assert {found.name: found.how for found in layer.found}["population"] == "fields"


def test_a_cut_name_of_two_columns_is_a_question(read, table, refused):
    file = table("许可证号,住宅面积,养老用房建", "建字第1号,15620,400")
    (fault,) = refused(read, "permits", file=file, crs=None)
    assert str(fault) == (
        "table.csv: the cut name 养老用房建 could be room_areas_m2, room_built_on "
        "(a shapefile keeps ten bytes of a name) "
        '→ say what it is under [layers.permits]: fields.room_areas_m2 = "养老用房建", '
        "and false for what the file has not"
    )
    layer = read("permits", file=file, crs=None, fields={"room_areas_m2": "养老用房建"})
    assert layer.table["room_areas_m2"].tolist() == ["400"]


def test_units_of_a_header_named_under_fields(read, table):
    file = table("小区编号,住宅（万㎡）,总户数,x,y", f"1,15.62,1200,{EAST},{NORTH}")
    layer = read("compounds", file=file, datum="EPSG:4547", fields={AREA: "住宅（万㎡）"})
    assert layer.table[AREA].tolist() == [156_200.0]
    layer = read("compounds", file=file, datum="EPSG:4547", fields={AREA: {"from": "住宅（万㎡）", "unit": "m2"}})
    assert layer.table[AREA].tolist() == [15.62]


def test_a_unit_that_measures_something_else(read, table, refused):
    (fault,) = refused(
        read, "compounds", file=table("小区编号,住宅面积（万元）,x,y", f"1,15,{EAST},{NORTH}"), datum="EPSG:4547"
    )
    assert str(fault).startswith(f"table.csv 住宅面积（万元）: unit 万元 does not fit {AREA}")


def test_a_required_column_that_the_study_says_is_missing(read, table, refused):
    (fault,) = refused(read, "permits", file=table("许可证号,住宅面积", "1,2"), crs=None, fields={AREA: False})
    assert fault.what.startswith(f"the column {AREA} is missing")


@pytest.mark.parametrize("file", sorted(Path(columns.__file__).parent.rglob("*.yaml")), ids=lambda file: file.name)
def test_no_key_stands_twice(file):
    # PyYAML would keep the last in silence.
    nodes = [yaml.compose(file.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [name.value for name, _value in node.value]
            assert len(keys) == len(set(keys)), keys
            nodes.extend(value for _name, value in node.value)


def test_words_of_cells_are_words():
    # An unquoted "yes", "null" or 1 would be read as something else by YAML.
    lists = [WORDS["blank"], WORDS["counters"], *WORDS["about"].values(), *WORDS["bounds"].values()]
    lists += [words for group in WORDS["choices"].values() for words in group.values()]
    lists += [words for group in WORDS["flags"].values() for words in group.values()]
    assert all(isinstance(word, str) for words in lists for word in words)

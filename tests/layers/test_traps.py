"""Test the twenty traps of real data, each as a file: read right, or refused with the question that settles it.

The numbers are those of the list of traps in the notes on data practice: ``-k Trap09`` runs the ninth. Whatever is read
closes its ledger: every row, and every elder, is used or set aside.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely import LineString, MultiLineString, Point, Polygon, box

import planner as pl
from planner.compliance import check as check_rooms
from planner.compliance import check_permits
from planner.errors import InputError
from planner.layers.places.offsets import to_offset
from planner.study import open_study
from tests.coverage.towns import at, care, home, square, write_town
from tests.layers.conftest import EAST, NORTH, ZONE

AREA = "residential_floor_area_m2"
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
METRES = {"datum": "EPSG:4547"}


@pytest.fixture
def read(read):
    """The reader of files, which looks at the ledger each time."""

    def reader(*args, **options):
        layer = read(*args, **options)
        assert layer.ledger.closes()
        return layer

    return reader


def opened(folder, **options):
    study = open_study(folder, lang="en", **options)
    assert study.ledger.closes()
    return study


def told(layer):
    return [(entry.row, entry.field, entry.action) for entry in layer.ledger.entries]


def said(layer):
    return [entry.what for entry in layer.ledger.entries]


def actions(layer):
    return [(entry.row, entry.action) for entry in layer.ledger.entries]


# ---- coordinates -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shifted(tmp_path_factory):
    def writer(offset, datum):
        folder = tmp_path_factory.mktemp("town") / "study"
        shutil.copytree(SAMPLE, folder)
        table = pd.read_csv(folder / "facilities.csv", dtype="str", encoding="utf-8-sig")
        places = to_offset(*(table[name].astype(float).to_numpy() for name in ("lon", "lat")), offset=offset)
        table["lon"], table["lat"] = (place.round(7).astype(str) for place in places)
        table.to_csv(folder / "facilities.csv", index=False, encoding="utf-8-sig")
        toml = (folder / "study.toml").read_text(encoding="utf-8")
        old = 'file  = "facilities.csv"\ndatum = "wgs84"'
        assert old in toml
        new = f'file = "facilities.csv"\ndatum = "{datum}"'
        (folder / "study.toml").write_text(toml.replace(old, new), encoding="utf-8")
        return opened(folder)

    return writer


class TestTrap01OffsetCoordinates:
    """Points of a web map in GCJ-02 or BD-09 that call themselves WGS 84."""

    @pytest.mark.parametrize(("offset", "name"), [("gcj02", "GCJ-02"), ("bd09", "BD-09")])
    def test_the_streets_tell(self, shifted, offset, name):
        study = shifted(offset, "wgs84")
        (fault,) = study.datum_findings.faults
        assert fault.what == f"the layer facilities is declared EPSG:4326 (WGS 84), but its places are in {name}"
        assert fault.cure.line == f'datum = "{offset}"'
        with pytest.raises(InputError, match=name):
            study.datum_findings.hold()  # as a run does before it computes anything

    @pytest.mark.parametrize("offset", ["gcj02", "bd09"])
    def test_declared_right_they_lie_where_they_are(self, shifted, offset):
        study = shifted(offset, offset)
        assert study.datum_findings.faults == ()
        right = open_study(SAMPLE, lang="en").layers["facilities"].geometry
        assert (study.layers["facilities"].geometry.distance(right) < 0.05).all()


class TestTrap02ZonesAndAxes:
    """Zone numbers, central meridians and x for north, as a survey's table in Excel has them."""

    def book(self, tmp_path, x, y):
        book = openpyxl.Workbook()
        book.active.append(["小区编号", "X坐标", "Y坐标"])
        book.active.append(["1", x, y])
        book.save(tmp_path / "小区.xlsx")
        return "小区.xlsx"

    def test_x_is_north_and_the_zone_number_is_read(self, tmp_path, read):
        file = self.book(tmp_path, 2_851_778.6, 38_401_160.1)
        layer = read("compounds", file=file, datum="EPSG:4526")
        assert shapely.get_coordinates(layer.table.geometry.iloc[0])[0].round(1).tolist() == [401_160.1, 2_851_778.6]
        assert [entry.action for entry in layer.ledger.entries] == ["mended"]
        assert "x is north and y is east" in said(layer)[0]

    def test_another_central_meridian_is_refused(self, tmp_path, read, refused):
        (fault,) = refused(read, "compounds", file=self.book(tmp_path, 2_851_778.6, 38_401_160.1), datum="EPSG:4546")
        assert "the eastings carry the number of another zone" in fault.what
        assert fault.where == "小区.xlsx"

    def test_nobody_says_which(self, tmp_path, read, refused):
        (fault,) = refused(read, "compounds", file=self.book(tmp_path, 2_851_778.6, 401_160.1))
        assert fault.what == "nobody says which datum the coordinates are in"

    def test_latitude_before_longitude(self, read, table):
        layer = read("gates", file=table("gate_id,compound_id,lon,lat", "1,A,25.79,113.01"), datum="wgs84")
        right = Transformer.from_crs(4326, 4547, always_xy=True).transform(113.01, 25.79)
        assert shapely.get_coordinates(layer.table.geometry.iloc[0])[0] == pytest.approx(right, abs=0.01)
        assert len(layer.ledger.entries) == 1


@pytest.mark.parametrize(("epsg", "name"), [(2383, "Xian 1980"), (2433, "Beijing 1954")])
def test_Trap03_old_datums_stop(tmp_path, read, refused, compounds, epsg, name):
    compounds.set_crs(epsg, allow_override=True).to_file(tmp_path / "xq.gpkg")
    (fault,) = refused(read, "compounds", file="xq.gpkg")
    assert fault.where == "xq.gpkg"
    assert name in str(fault)


# ---- text ------------------------------------------------------------------------------------------------------------


class TestTrap04Encodings:
    """Shapefiles and csv of a bureau in GBK, with no word of it or with a wrong one."""

    @pytest.fixture
    def shapefile(self, tmp_path):
        frame = gpd.GeoDataFrame(
            {"XQBH": ["001", "002"], "XQMC": ["云岭山庄", "䶮塘小区"]},
            geometry=[Point(EAST, NORTH), Point(EAST + 200, NORTH)],
            crs=ZONE,
        )
        frame.to_file(tmp_path / "xq.shp", encoding="gb18030")
        return tmp_path / "xq.cpg"

    def test_without_a_word_of_it(self, shapefile, read):
        shapefile.unlink()
        assert read("compounds", file="xq.shp").table["name"].tolist() == ["云岭山庄", "䶮塘小区"]

    @pytest.mark.parametrize("word", ["UTF-8", "ISO-8859-1"])
    def test_with_a_wrong_word(self, shapefile, read, word):
        shapefile.write_text(word, encoding="ascii")
        layer = read("compounds", file="xq.shp")
        assert layer.table["name"].tolist() == ["云岭山庄", "䶮塘小区"]

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
    def test_csv(self, read, table, encoding):
        file = table("小区编号,小区名称,x,y", f"001,䶮塘小区,{EAST},{NORTH}", encoding=encoding)
        assert read("compounds", file=file, **METRES).table["name"].tolist() == ["䶮塘小区"]


class TestTrap05CutNames:
    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
    def test_a_shapefile_of_the_housing_bureau(self, tmp_path, read, encoding):
        names = ["小区编号", "小区名称", "住宅总建筑面积", "总户数", "60岁以上人口", "所属街道"]
        short = [name.encode(encoding)[:10].decode(encoding, errors="ignore") for name in names]
        assert short != names
        frame = gpd.GeoDataFrame(
            [["001", "云岭山庄", 156_200.0, 1200, 85, "北湖街道"]],
            columns=short,
            geometry=[box(EAST, NORTH, EAST + 100, NORTH + 100)],
            crs=ZONE,
        )
        frame.to_file(tmp_path / "xq.shp", encoding=encoding)
        (tmp_path / "xq.cpg").unlink()
        layer = read("compounds", file="xq.shp")
        got = layer.table.loc["001", ["name", AREA, "households", "elders_60", "street"]].tolist()
        assert got == ["云岭山庄", 156_200.0, 1200, 85, "北湖街道"]
        assert layer.ledger.entries == ()

    def test_pinyin(self, read, table):
        file = table("XQBH,XQMC,ZZMJ,HS,RK60,SSJD,JD,WD", "001,云岭山庄,156200,1200,85,北湖街道,113.01,25.79")
        layer = read("compounds", file=file, datum="wgs84")
        assert layer.table.loc["001", [AREA, "elders_60"]].tolist() == [156_200, 85]

    def test_a_doubled_name_is_a_question(self, read, table, refused):
        file = table("小区编号,住宅总建,住宅总建_1,x,y", f"001,1,2,{EAST},{NORTH}")
        faults = refused(read, "compounds", file=file, **METRES)
        assert "住宅总建_1" in faults[0].what
        assert f"fields.{AREA}" in faults[0].todo


class TestTrap06Units:
    # 15.62 万m² owe 469 m² at 3 ‰; read as 15.62 m² they would owe the least room of 350 m².
    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("住宅建筑面积（万㎡）", "15.62"),
            ("住宅建筑面积(万平方米)", "15.62"),
            ("住宅建筑面积", "15.62万㎡"),
            ("住宅建筑面积（㎡）", "156,200"),
        ],
    )
    def test_the_unit_is_read(self, read, table, header, cell):
        layer = read("permits", file=table(f"许可证号;{header};户数", f"1001;{cell};1200"), crs=None)
        assert layer.table[AREA].tolist() == [pytest.approx(156_200)]
        assert layer.ledger.entries == ()
        profiles = ("cz-14-2023", "cz-14-2023-permille")
        owed = check_permits(layer.table.assign(issued_on=pd.Timestamp("2024-05-01")), profiles=profiles)
        assert owed.table["required_m2"].round(2).tolist() == [4_686.0, 468.6]

    @pytest.mark.parametrize(("header", "cell"), [("住宅建筑面积（公顷）", "15.62"), ("住宅建筑面积（亩）", "234.3")])
    def test_a_unit_of_land_is_read_and_doubted(self, read, table, header, cell):
        layer = read("permits", file=table(f"许可证号;{header};户数", f"1001;{cell};1200"), crs=None)
        assert layer.table[AREA].tolist() == [pytest.approx(156_200)]
        assert told(layer) == [(2, AREA, "doubted")]

    def test_no_unit_is_a_question(self, read, table, refused):
        (fault,) = refused(read, "permits", file=table("许可证号,住宅建筑面积,户数", "1001,15.62,1200"), crs=None)
        assert fault.what == "住宅建筑面积 seems to be in units of 10,000 m²: 15.62"

    def test_homes_of_odd_size_are_doubted(self, read, table):
        layer = read("permits", file=table("许可证号,住宅建筑面积（㎡）,户数", "1001,15620,1200"), crs=None)
        assert told(layer) == [(2, AREA, "doubted")]

    def test_a_share_is_no_number_of_people(self, read, table):
        file = table("小区编号,60岁以上人口,x,y", f"1,12%,{EAST},{NORTH}")
        layer = read("compounds", file=file, **METRES)
        assert said(layer) == ["“12%” is a share, not a number; taken as not given"]


class TestTrap07TextNumbers:
    @pytest.mark.parametrize(
        ("cell", "value", "what"),
        [
            ("185,320.55", 185_320.55, []),
            ("８.９", 8.9, ["8.9 m² make no compound: is it in units of 10,000 m²?"]),
            ("１２００", 1200.0, []),
            ("1200.5m2", 1200.5, []),
            ("约1,200", 1200.0, ["“约1,200” is no exact number; taken as 1200"]),
            ("<5", None, ["“<5” bounds a number and does not give it; taken as not given"]),
            ("—", None, []),
            ("一千二", None, ["“一千二” is not a number of 0 or more; taken as not given"]),
            ("1e308", None, ["“1e308” is larger than anything in a city; taken as not given"]),
            ("-5", None, ["“-5” is not a number of 0 or more; taken as not given"]),
        ],
    )
    def test_one_cell(self, read, table, cell, value, what):
        file = table("小区编号;住宅建筑面积（㎡）;x;y", f"1;{cell};{EAST};{NORTH}")
        layer = read("compounds", file=file, **METRES)
        got = layer.table.loc["1", AREA]
        assert pd.isna(got) if value is None else got == value
        assert said(layer) == what
        assert told(layer) == [(2, AREA, "doubted")] * len(what)

    def test_a_suppressed_total_is_not_used(self, read, table):
        layer = read("population", file=table("社区代码,60岁以上人口", "1,<5", "2,85"), crs=None)
        assert layer.table["elders_60"].to_dict() == {"2": 85}
        assert said(layer) == ["“<5” bounds a number and does not give it"]


class TestTrap08TitlesAndTotals:
    def test_a_total_row_is_no_compound(self, tmp_path, read):
        book = openpyxl.Workbook()
        sheet = book.active
        for row in (
            ["北湖区住宅小区基本情况表"],
            ["小区编号", "小区名称", "老年人口", None, "经度", "纬度"],
            [None, None, "60岁以上", "80岁以上", None, None],
            ["001", "云岭山庄", 85, 9, 113.01, 25.79],
            ["002", "丰源星光府", 300, 31, 113.02, 25.79],
            ["合计", None, 385, 40, None, None],
            ["注：表中数据为户籍口径。"],
        ):
            sheet.append(row)
        sheet.merge_cells("A1:F1")
        book.save(tmp_path / "小区.xlsx")
        layer = read("compounds", file="小区.xlsx", datum="wgs84")
        assert layer.table[["elders_60", "elders_80"]].sum().tolist() == [385, 40]
        assert told(layer) == [(6, "", "set_aside"), (7, "", "set_aside")]
        count = layer.ledger.count("compounds")
        assert (count.rows_in, count.rows_used, count.elders_in, count.elders_used) == (4, 2, 385, 385)

    def test_a_total_that_is_not_the_sum_is_doubted(self, read, table):
        rows = (f"001,85,{EAST},{NORTH}", f"002,300,{EAST + 200},{NORTH}", "合计,395,,")
        layer = read("compounds", file=table("小区编号,60岁以上人口,x,y", *rows), **METRES)
        assert layer.table["elders_60"].sum() == 385
        assert "“合计” says 395, but the rows add up to 385" in said(layer)


# ---- what is one thing -----------------------------------------------------------------------------------------------


class TestTrap09PhasesAndAmendments:
    NAMES = ("云岭山庄（一期）", "云岭山庄二期", "云岭 山庄 ", "云岭山庄A区", "丰源星光府")

    def rows(self, *projects):
        projects = projects or ("",) * len(self.NAMES)
        return [
            f"{number},{name},{project},{EAST + 200 * number},{NORTH}"
            for number, (name, project) in enumerate(zip(self.NAMES, projects, strict=True))
        ]

    def test_names_alike_are_listed_and_never_joined(self, read, table):
        layer = read("compounds", file=table("小区编号,小区名称,所属项目,x,y", *self.rows()), **METRES)
        assert len(layer.table) == 5
        assert actions(layer) == [(2, "doubted"), (3, "doubted"), (4, "doubted"), (5, "doubted")]
        assert said(layer)[0] == (
            "云岭山庄（一期） sounds like the name in row 3, 4, 5; the rows stay compounds of their own: "
            "if they are one, give them one project"
        )

    def test_a_project_settles_it(self, read, table):
        rows = self.rows("P1", "P1", "P1", "P2", "")
        layer = read("compounds", file=table("小区编号,小区名称,所属项目,x,y", *rows), **METRES)
        assert layer.table["project"].fillna("-").tolist() == ["P1", "P1", "P1", "P2", "-"]
        assert layer.ledger.entries == ()

    def test_one_without_a_project_among_those_with_one(self, read, table):
        rows = self.rows("P1", "P1", "", "P1", "")
        layer = read("compounds", file=table("小区编号,小区名称,所属项目,x,y", *rows), **METRES)
        assert [row for row, _action in actions(layer)] == [2, 3, 4, 5]

    def test_the_latest_permit_counts(self, read, table):
        file = table(
            "许可证号,发证日期,项目名称,住宅建筑面积（㎡）",
            "建字第431002202300012号,2023-04-19,云岭山庄,150000",
            "建字第431002202300012号（变更）,2024.2.1,云岭山庄,156200",
            "建字第431002202300012号,2023-04-19,云岭山庄,150000",
        )
        layer = read("permits", file=file, crs=None)
        assert layer.table[AREA].to_dict() == {"431002202300012": 156_200}
        aside = [(entry.row, entry.what) for entry in layer.ledger.entries if entry.action == "set_aside"]
        assert aside == [
            (4, "it says the same as row 2"),
            (2, "row 3 gives this permit as issued on 2024-02-01, which is later, and is used instead"),
        ]

    def test_two_rows_of_a_permit_without_a_date_are_a_doubt(self, read, table):
        file = table("许可证号,住宅建筑面积（㎡）", "1001,15000", "1001,16000")
        layer = read("permits", file=file, crs=None)
        assert layer.table[AREA].tolist() == [15_000]
        assert actions(layer) == [(3, "set_aside"), (2, "doubted")]


class TestTrap10SharedRooms:
    """One room under several compounds, and a duty met by rooms that are each too small."""

    def town(self, folder, *rooms):
        new = {"status": "new", "in_urban_area": True, AREA: 20_000.0}
        homes = [home(f"C{number}", square(100 + 200 * number, 0), **new) for number in range(3)]
        more = '[standards]\nheadline = "cz-14-2023"\n[layers.rooms]\nfile = "rooms.csv"\n'
        write_town(folder, homes, [care("F", at(500, 0))], more=more)
        text = "\n".join(["room_id,compound_ids,floor_area_m2,source,status", *rooms]) + "\n"
        (folder / "rooms.csv").write_text(text, encoding="utf-8")
        return check_rooms(opened(folder)).of("cz-14-2023")

    def test_a_shared_room_is_counted_once(self, tmp_path):
        found = self.town(tmp_path, "R1,C0;C1;C2,700,配建,in_use")
        assert found["counted_m2"].sum() == pytest.approx(700, abs=0.01)

    def test_the_same_room_listed_three_times_is_one_room(self, tmp_path):
        rooms = [f"R1,C{number},700,配建,in_use" for number in range(3)]
        found = self.town(tmp_path, *rooms)
        assert found["counted_m2"].tolist() == [700, 0, 0]

    def test_small_rooms_do_not_add_up(self, tmp_path):
        # 3 % of 20,000 m² are 600 m²; 400 + 200 are as many, but one of them is below 350 m².
        found = self.town(tmp_path, "R1,C0,400,配建,in_use", "R2,C0,200,配建,in_use", "R3,C1,600,配建,in_use")
        assert found["verdict"].tolist()[:2] == ["short", "compliant"]
        assert found["rooms_below_minimum"].tolist()[:2] == [1, 0]


class TestTrap11NotOpen:
    @pytest.mark.parametrize(
        ("cell", "status"),
        [
            ("运营中", "in_use"),
            ("拟建2025", "planned"),
            ("已停业", "closed"),
            ("挪作他用", "misused"),
            ("在建", "under_construction"),
        ],
    )
    def test_what_is_not_open_is_known(self, read, table, cell, status):
        file = table("设施编号,设施名称,设施类型,运营状态,x,y", f"1,长者餐厅,长者餐厅,{cell},{EAST},{NORTH}")
        layer = read("facilities", file=file, **METRES)
        assert layer.table["status"].tolist() == [status]
        assert layer.ledger.entries == ()

    def test_a_status_nobody_knows_is_not_open(self, read, table):
        file = table("设施编号,设施名称,设施类型,运营状态,x,y", f"1,长者餐厅,长者餐厅,情况复杂,{EAST},{NORTH}")
        layer = read("facilities", file=file, **METRES)
        assert layer.table["status"].isna().all()
        assert told(layer) == [(2, "status", "doubted")]

    @pytest.mark.parametrize(
        ("status", "opened_on", "verdict"),
        [
            ("in_use", "2020-01-01", "pass"),
            ("planned", None, "fail"),
            ("closed", None, "fail"),
            ("misused", None, "fail"),
            ("under_construction", None, "fail"),
            ("in_use", "2027-01-01", "fail"),
            (None, None, "fail"),
        ],
    )
    def test_only_what_is_open_on_the_day_counts(self, tmp_path, status, opened_on, verdict):
        near = care("F", at(300, 0), status=status, opened_on=opened_on)
        far = care("G", at(1900, 0))
        study = opened(write_town(tmp_path, [home("A", at(100, 0))], [near, far]))
        assert pl.coverage.test(study, "care-15min").table["verdict"].tolist() == [verdict]


class TestTrap12People:
    def test_registered_and_resident_people_are_a_question(self, read, table, refused):
        faults = refused(read, "population", file=table("社区代码,老年人口,户籍人口,常住人口", "1,5,9,8"), crs=None)
        assert "户籍人口, 常住人口 could be population" in faults[0].what
        assert 'fields.population = "户籍人口"' in str(faults[0])

    @pytest.mark.parametrize(
        ("header", "row", "what"),
        [
            ("60岁以上人口,常住人口", "85,80", "elders_60 is 85, more than population with 80"),
            ("60岁以上人口,65岁以上人口", "85,90", "elders_65 is 90, more than elders_60 with 85"),
            ("60岁以上人口,65岁以上人口,80岁以上人口", "85,60,61", "elders_80 is 61, more than elders_65 with 60"),
        ],
    )
    def test_ages_hold_each_other(self, read, table, header, row, what):
        layer = read("population", file=table(f"社区代码,{header}", f"1,{row}"), crs=None)
        assert what in said(layer)

    def test_the_total_of_a_community_is_spread_and_counted_once(self, tmp_path):
        homes = [
            home("A", square(100, 0), 40, community="东塘社区"),
            home("B", square(300, 0), None, community="东塘社区", households=200),
            home("C", square(500, 0), None, community="东塘社区", households=100),
        ]
        more = '[layers.population]\nfile = "population.csv"\n'
        folder = write_town(tmp_path, homes, [care("F", at(500, 0))], more=more)
        rows = "area_id,name,elders_60\nE1,东塘社区,100\nE2,无小区的社区,55\n"
        (folder / "population.csv").write_text(rows, encoding="utf-8")
        study = opened(folder)
        assert study.layers["compounds"]["elders_60"].tolist() == [40, 40, 20]
        count = study.ledger.count("population")
        assert (count.elders_in, count.elders_used, count.elders_set_aside) == (155, 60, 95)


# ---- streets and shapes ----------------------------------------------------------------------------------------------


class TestTrap13GatedCompounds:
    # A ring road runs 40 m behind the wall; the gate opens to a street on the other side that meets it 1 km away.
    STREETS = ([(0, 60), (2000, 60)], [(0, -90), (2000, -90)], [(0, -90), (0, 60)])

    def town(self, folder, gated, *gates):
        rows = [{"gate_id": f"G{number}", "compound_id": "A", "geometry": gate} for number, gate in enumerate(gates)]
        homes = [home("A", square(1000, 0, 20), gated=gated)]
        layers = {"gates": rows} if rows else {}
        study = opened(write_town(folder, homes, [care("F", at(1000, 60))], streets=self.STREETS, **layers))
        return pl.coverage.test(study, "care-15min").table.iloc[0]

    def test_the_walk_begins_at_the_gate(self, tmp_path):
        # Out at the south gate, 1,000 m west, 150 m up and 1,000 m back: not 40 m through the wall.
        row = self.town(tmp_path, True, at(1000, -20))
        assert row["start"] == "gate"
        assert row["distance_m"] > 2_000
        assert row["verdict"] == "fail"

    def test_an_open_compound_is_left_anywhere(self, tmp_path):
        row = self.town(tmp_path, False)
        assert row["distance_m"] < 100
        assert row["verdict"] == "pass"

    def test_what_cannot_be_reached_is_not_called_far(self, tmp_path):
        study = opened(
            write_town(tmp_path, [home("A", at(100, 0)), home("B", at(100, 5_000))], [care("F", at(300, 0))])
        )
        table = pl.coverage.test(study, "care-15min").table
        assert table["verdict"].tolist() == ["pass", "unknown"]
        assert table["reason"].tolist() == ["", "off_network"]


class TestTrap14DirtyShapes:
    def test_a_self_crossing_outline_is_mended_and_told(self, tmp_path, read, bow_tie):
        frame = gpd.GeoDataFrame({"compound_id": ["1"]}, geometry=[bow_tie], crs=ZONE)
        frame.to_file(tmp_path / "xq.gpkg")
        layer = read("compounds", file="xq.gpkg")
        assert layer.table.geometry.iloc[0].is_valid
        assert told(layer) == [(1, "geometry", "mended")]
        assert "area before 0.0 m², after 5000.0 m²" in said(layer)[0]

    def test_places_that_are_none_are_set_aside(self, read, table):
        rows = ("1,POINT (0 0)", "2,POINT EMPTY", "3,", f"4,POINT ({EAST} {NORTH})", "5,there")
        layer = read("compounds", file=table("compound_id,wkt", *rows), **METRES)
        assert layer.table.index.tolist() == ["4"]
        assert {row for row, action in actions(layer) if action == "set_aside"} == {2, 3, 4, 6}

    def test_outlines_drawn_as_lines(self, tmp_path, read):
        closed = LineString([(EAST, NORTH), (EAST + 100, NORTH), (EAST + 100, NORTH + 100), (EAST, NORTH)])
        parts = MultiLineString(
            [
                [(EAST + 300, NORTH), (EAST + 400, NORTH), (EAST + 400, NORTH + 100)],
                [(EAST + 400, NORTH + 100), (EAST + 300, NORTH)],
            ]
        )
        frame = gpd.GeoDataFrame({"compound_id": ["1", "2"]}, geometry=[closed, parts], crs=ZONE)
        frame.to_file(tmp_path / "xq.gpkg")
        layer = read("compounds", file="xq.gpkg")
        assert layer.table.area.tolist() == [5_000, 5_000]
        assert {entry.action for entry in layer.ledger.entries} == {"mended"}

    def test_height_is_dropped(self, tmp_path, read):
        outline = Polygon([(EAST, NORTH, 99), (EAST + 100, NORTH, 99), (EAST + 100, NORTH + 100, 99)])
        gpd.GeoDataFrame({"compound_id": ["1"]}, geometry=[outline], crs=ZONE).to_file(tmp_path / "xq.gpkg")
        layer = read("compounds", file="xq.gpkg")
        assert not layer.table.geometry.iloc[0].has_z


class TestTrap15Identifiers:
    def test_permits_as_numbers(self, read, table):
        file = table(
            "许可证号,住宅建筑面积（㎡）",
            "431002202300012345,15620",
            "4.31002E+17,15620",
            "431002202300012000,15620",
            "建字第 431002202300099 号,15620",
        )
        layer = read("permits", file=file, crs=None)
        assert sorted(told(layer)) == [
            (3, "permit_no", "set_aside"),
            (4, "permit_no", "doubted"),
            (5, "permit_no", "mended"),
        ]
        assert layer.table.index.tolist() == ["431002202300012345", "431002202300012000", "431002202300099"]

    def test_permits_as_numbers_of_a_workbook(self, tmp_path, read):
        book = openpyxl.Workbook()
        for row in (["许可证号", "住宅建筑面积（㎡）"], [431002202300012345.0, 15620], [431002202300012, 15620]):
            book.active.append(row)
        book.save(tmp_path / "证.xlsx")
        layer = read("permits", file="证.xlsx", crs=None)
        assert layer.table.index.tolist() == ["431002202300012"]
        assert told(layer) == [(2, "permit_no", "set_aside")]

    @pytest.mark.parametrize("cell", ["2023.4.19", "2023/4/19", "2023年4月19日", "二〇二三年四月十九日", "45035"])
    def test_dates(self, read, table, cell):
        file = table("许可证号,住宅建筑面积（㎡）,发证日期", f"A,15620,{cell}")
        layer = read("permits", file=file, crs=None)
        assert layer.table["issued_on"].tolist() == [pd.Timestamp("2023-04-19")]
        assert told(layer) == ([(2, "issued_on", "mended")] if cell == "45035" else [])

    def test_a_date_that_is_none(self, read, table):
        layer = read("permits", file=table("许可证号,住宅建筑面积（㎡）,发证日期", "A,15620,2023年"), crs=None)
        assert layer.table["issued_on"].isna().all()
        assert told(layer) == [(2, "issued_on", "doubted")]

    def test_leading_noughts_stay(self, read, table):
        file = table("出入口编号,小区编号,x,y", f"007,001,{EAST},{NORTH}")
        layer = read("gates", file=file, **METRES)
        assert (layer.table.index[0], layer.table["compound_id"].iloc[0]) == ("007", "001")

    @pytest.mark.parametrize(
        ("cell", "county"),
        [("431002", "北湖区"), ("431002000000", "北湖区"), ("432824", "宜章县"), ("4310", None), ("高新区", "高新区")],
    )
    def test_codes_of_counties(self, read, table, cell, county):
        file = table("小区编号,行政区划代码,x,y", f"1,{cell},{EAST},{NORTH}")
        found = read("compounds", file=file, **METRES).table["county"].iloc[0]
        assert pd.isna(found) if county is None else found == county


# ---- areas, letters and numbers --------------------------------------------------------------------------------------


class TestTrap16CoarseEdges:
    """County lines 100 to 270 m off put a compound beside the line into the wrong county."""

    def test_what_a_compound_says_of_itself_goes_before_a_coarse_outline(self, tmp_path):
        line = {"area_id": "X1", "name": "北湖区", "level": "county", "geometry": box(-500, -500, 200, 500)}
        other = {"area_id": "X2", "name": "苏仙区", "level": "county", "geometry": box(200, -500, 2500, 500)}
        homes = [home("A", at(100, 0), county="北湖区"), home("B", at(250, 0), county="北湖区")]
        folder = write_town(tmp_path, homes, [care("F", at(500, 0))], areas=[line, other])
        study = opened(folder)
        assert study.layers["compounds"]["county"].tolist() == ["北湖区", "北湖区"]
        table = pl.coverage.test(study, "care-15min").by("county")
        assert table["compounds"].sum() == 2
        assert table["elders"].sum() == 20


@pytest.mark.parametrize("suffix", [".csv", ".gpkg", ".xlsx", ".shp"])
def test_Trap17_rare_letters_stay(tmp_path, read, suffix):
    names = ["䶮塘小区", "𬱖园", "㛃里", "龑舍"]
    frame = pd.DataFrame({"XQBH": list("1234"), "XQMC": names, "东坐标": EAST, "北坐标": NORTH})
    file = tmp_path / f"xq{suffix}"
    if suffix == ".csv":
        frame.to_csv(file, index=False, encoding="gb18030")
    elif suffix == ".xlsx":
        frame.to_excel(file, index=False)
    else:
        places = gpd.points_from_xy(frame.pop("东坐标"), frame.pop("北坐标"))
        gpd.GeoDataFrame(frame, geometry=places, crs=ZONE).to_file(
            file, encoding="gb18030" if suffix == ".shp" else None
        )
    assert read("compounds", file=file.name, **METRES).table["name"].tolist() == names


class TestTrap18EmptyCompounds:
    def test_a_new_compound_without_elders_makes_no_rate(self, tmp_path):
        study = opened(write_town(tmp_path, [home("A", at(100, 0), 0)], [care("F", at(300, 0))]))
        found = pl.coverage.test(study, "care-15min")
        assert found.table["verdict"].tolist() == ["pass"]
        row = found.by("study").iloc[0]
        assert (row["elders"], row["elders_covered"]) == (0, 0)
        assert pd.isna(row["share_elders"])

    def test_none_is_not_unknown(self, tmp_path):
        homes = [home("A", at(100, 0), 0), home("B", at(200, 0), None)]
        study = opened(write_town(tmp_path, homes, [care("F", at(300, 0))]))
        elders = study.layers["compounds"]["elders_60"]
        assert elders["A"] == 0
        assert pd.isna(elders["B"])


class TestTrap19ExactlyEnough:
    @pytest.mark.parametrize(
        ("rooms", "verdict"),
        [("350", "compliant"), ("350.00", "compliant"), ("349.995", "short"), ("349.9999", "short")],
    )
    def test_three_hundred_and_fifty(self, read, table, rooms, verdict):
        file = table(
            "permit_no;residential_floor_area_m2;issued_on;in_urban_area;room_areas_m2", f"1;8600;2024-05-01;是;{rooms}"
        )
        layer = read("permits", file=file, crs=None)
        assert layer.table["room_areas_m2"].tolist() == [f"{float(rooms):g}"] or rooms == "349.9999"
        found = check_permits(layer.table, profiles=["cz-14-2023"])
        assert found.table["verdict"].tolist() == [verdict]

    def test_ten_thousands_of_square_metres_make_no_rounding(self, read, table):
        file = table("许可证号;住宅建筑面积（㎡）;养老用房面积（万㎡）", "1;8600;0.035")
        assert read("permits", file=file, crs=None).table["room_areas_m2"].tolist() == ["350"]


class TestTrap20MountainRoads:
    """Where the road winds, the straight line says nothing."""

    WINDING = ([(0, 0), (0, 900), (100, 900), (100, 0)],)

    def test_the_road_counts(self, tmp_path):
        # 100 m apart as the crow flies, 1,900 m by road: 40 minutes at 0.8 m/s.
        folder = write_town(tmp_path, [home("A", at(0, 0))], [care("F", at(100, 0))], streets=self.WINDING)
        row = pl.coverage.test(opened(folder), "care-15min").table.iloc[0]
        assert row["distance_m"] == pytest.approx(1_900)
        assert row["verdict"] == "fail"

    def test_no_network_is_no_answer(self, tmp_path):
        folder = write_town(tmp_path, [home("A", at(0, 3_000))], [care("F", at(100, 3_000))], streets=self.WINDING)
        row = pl.coverage.test(opened(folder), "care-15min").table.iloc[0]
        assert np.isnan(row["minutes"])
        assert (row["verdict"], row["reason"]) == ("unknown", "off_network")

    def test_a_study_without_streets_is_refused(self, tmp_path):
        folder = write_town(tmp_path, [home("A", at(0, 0))], [care("F", at(100, 0))])
        (folder / "streets.geojson").unlink()
        with pytest.raises(InputError, match=r"streets\.geojson: the street file does not exist"):
            open_study(folder, lang="en")

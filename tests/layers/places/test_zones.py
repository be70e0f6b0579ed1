"""Test that east, north and zone are read from the numbers where they mean one thing, and asked where they do not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from planner.layers import crosscheck
from planner.layers.ledger import Journal
from planner.layers.places.datums import WGS84, Datum
from planner.layers.places.zones import ask_for_datum, epsg_of_numbers, exchange, fits, mend_rows, read_numbers, twin
from tests.layers.conftest import EAST, NORTH, ZONE

# The place of the notes on data practice: X = 2851778.6, Y = 38401160.1 in Excel.
X, Y, PLAIN = 2_851_778.6, 38_401_160.1, 401_160.1


def said(layer):
    return [(entry.row, entry.field, entry.action, entry.what) for entry in layer.ledger.entries]


def place_of(layer):
    return shapely.get_coordinates(layer.table.geometry.to_numpy())[0].round(2).tolist()


class TestSurveyTables:
    @pytest.mark.parametrize(
        ("north", "east"),
        [
            ("X坐标", "Y坐标"),
            ("X坐标（m）", "Y坐标（m）"),
            ("X(m)", "Y(m)"),
            ("X（米）", "Y（米）"),
            ("X", "Y"),
            ("坐标X", "坐标Y"),
            ("坐标 / X", "坐标 / Y"),
        ],
    )
    def test_x_is_north(self, read, table, north, east):
        layer = read("compounds", file=table(f"小区编号;{north};{east}", f"1;{X};{PLAIN}"), datum="EPSG:4547")
        assert place_of(layer) == [PLAIN, X]
        told = "x is north and y is east, as in survey tables (2851778.6, 401160.1); exchanged"
        assert said(layer) == [(0, "geometry", "mended", told)]
        assert layer.ledger.closes()

    @pytest.mark.parametrize(
        ("north", "east"),
        [
            ("北坐标", "东坐标"),
            ("纵坐标", "横坐标"),
            ("北坐标(m)", "东坐标(m)"),
            ("Y坐标", "X坐标"),
            ("northing", "easting"),
        ],
    )
    def test_names_that_say_the_direction(self, read, table, north, east):
        layer = read("compounds", file=table(f"小区编号,{north},{east}", f"1,{X},{PLAIN}"), datum="EPSG:4547")
        assert place_of(layer) == [PLAIN, X]
        assert said(layer) == []

    def test_east_and_north_the_wrong_way_round(self, read, table):
        layer = read("compounds", file=table("小区编号,东坐标,北坐标", f"1,{X},{PLAIN}"), datum="EPSG:4547")
        assert place_of(layer) == [PLAIN, X]
        assert [line[2] for line in said(layer)] == ["mended"]

    @pytest.mark.parametrize("datum", ["EPSG:4547", "EPSG:4526"])
    @pytest.mark.parametrize("east", [PLAIN, Y])
    @pytest.mark.parametrize("north_first", [True, False])
    def test_zone_38_however_it_is_written(self, read, table, datum, east, north_first):
        numbers = f"{X},{east}" if north_first else f"{east},{X}"
        layer = read("compounds", file=table("小区编号,X,Y", f"1,{numbers}"), datum=datum)
        assert place_of(layer) == [PLAIN, X]
        right = (east == Y) == (datum == "EPSG:4526")
        assert len(said(layer)) == int(north_first or not right)
        assert layer.meaning.crs.to_epsg() == (4526 if east == Y else 4547)

    def test_what_is_told_of_the_zone(self, read, table):
        layer = read("compounds", file=table("小区编号,X,Y", f"1,{Y},{X}"), datum="EPSG:4547")
        assert said(layer)[0][3] == (
            "the eastings have a zone number: read as EPSG:4526 (CGCS2000 / 3-degree Gauss-Kruger zone 38), "
            "the same zone as EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E)"
        )

    def test_the_number_of_another_zone_is_refused(self, read, table, refused):
        file = table("小区编号,X,Y", f"1,{X},{Y}")
        (fault,) = refused(read, "compounds", file=file, datum="EPSG:4546")
        assert str(fault) == (
            "table.csv: the eastings carry the number of another zone than EPSG:4546 (CGCS2000 / 3-degree Gauss-Kruger "
            "CM 111E): 2851778.6, 38401160.1 (as CGCS2000 they are EPSG:4526 (CGCS2000 / 3-degree Gauss-Kruger zone "
            '38)) → write datum = "EPSG:4526" under [layers.compounds] if the survey says so'
        )
        assert fault.cure.line == 'datum = "EPSG:4526"'

    def test_a_six_degree_zone_is_known_by_its_number(self, read, table, refused):
        (fault,) = refused(read, "compounds", file=table("小区编号,X,Y", "1,2851778.6,19701160.1"), datum="EPSG:4547")
        assert fault.cure.line == 'datum = "EPSG:4497"'
        east, north = Transformer.from_crs(4490, 4497, always_xy=True).transform(113.01, 25.79)
        assert epsg_of_numbers(east, north) == "EPSG:4497"


class TestNobodySays:
    def test_a_zone_number_is_named_in_the_question(self, read, table, refused):
        (fault,) = refused(read, "compounds", file=table("小区编号,X,Y", f"1,{X},{Y}"))
        assert fault.what == "nobody says which datum the coordinates are in"
        assert fault.todo == 'write datum = "EPSG:4526" under [layers.compounds] if the survey says so'
        assert "Xian 80 and Beijing 54 look alike" in fault.why

    def test_without_one_the_zones_are_offered(self, read, table, refused):
        (fault,) = refused(read, "compounds", file=table("小区编号,X,Y", f"1,{X},{PLAIN}"))
        assert fault.why == "the eastings carry no zone number, so the numbers alone do not tell the zone"
        assert '"EPSG:4534" (75° E) to "EPSG:4554" (135° E)' in fault.todo

    def test_degrees_are_asked_as_before(self, read, table, refused):
        (fault,) = refused(read, "compounds", file=table("小区编号,X,Y", "1,113.01,25.79"))
        assert fault.why == "the same numbers mean places some 600 m apart in WGS 84 and in GCJ-02"


class TestDegrees:
    def test_x_and_y_may_be_degrees(self, read, table):
        layer = read("compounds", file=table("小区编号,X,Y", "1,113.01,25.79"), datum="wgs84")
        expected = Transformer.from_crs(4490, 4547, always_xy=True).transform(113.01, 25.79)
        assert place_of(layer) == pytest.approx(expected, abs=0.01)
        assert said(layer) == []

    @pytest.mark.parametrize(
        ("lon", "lat"),
        [(113.01, 25.79), (75.99, 39.47), (87.6, 43.8), (121.4, 31.2), (103.84, 1.35), (-118.2, 34.0)],
    )
    @pytest.mark.parametrize("header", ["经度,纬度", "X,Y"])
    def test_latitude_first(self, read, table, header, lon, lat):
        crs = CRS.from_epsg(32648) if lat < 2 else CRS.from_epsg(4547) if lon > 0 else CRS.from_epsg(32611)
        layer = read("compounds", file=table(f"小区编号,{header}", f"1,{lat},{lon}"), datum="wgs84", crs=crs)
        back = Transformer.from_crs(crs, 4326, always_xy=True).transform(*place_of(layer))
        assert back == pytest.approx((lon, lat), abs=1e-5)
        assert "exchanged" in said(layer)[0][3]

    @pytest.mark.parametrize(("lon", "lat"), [(24.94, 60.17), (15.63, 78.22), (103.84, 1.35), (31.2, 30.0)])
    def test_what_may_be_so_is_left(self, lon, lat):
        here = np.array([shapely.Point(lon, lat)])
        assert not read_numbers(here, Datum(WGS84), layer="gates", file="gates.csv").exchanged

    @pytest.mark.parametrize("code", [4326, 4490])
    @pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
    def test_files_with_latitude_first(self, tmp_path, read, code, suffix):
        frame = gpd.GeoDataFrame(
            {"compound_id": ["A"]}, geometry=[shapely.box(25.79, 113.01, 25.791, 113.012)], crs=code
        )
        frame.to_file(tmp_path / f"c.{suffix}")
        layer = read("compounds", file=f"c.{suffix}")
        here = gpd.GeoSeries([shapely.box(113.01, 25.79, 113.012, 25.791)], crs=4490).to_crs(4547).iloc[0]
        assert layer.table.geometry.iloc[0].symmetric_difference(here).area < 1
        assert said(layer)[0][2] == "mended"

    def test_degrees_called_metres(self, read, table, refused):
        (fault,) = refused(read, "compounds", file=table("小区编号,X,Y", "1,113.01,25.79"), datum="EPSG:4547")
        assert fault.what == "the coordinates are degrees: 113.0100, 25.7900"
        assert fault.cure.line == 'datum = "wgs84"  # "cgcs2000" | "gcj02" | "bd09"'

    def test_metres_called_degrees_name_their_zone(self, read, table, refused):
        file = table("compound_id,geometry", f"1,POINT ({Y} {X})")
        (fault,) = refused(read, "compounds", file=file, datum="wgs84")
        assert fault.cure.line == 'datum = "EPSG:4526"'


class TestOutsideOfChina:
    @pytest.mark.parametrize(
        ("code", "lon", "lat"),
        [(32648, 103.84, 1.35), (3414, 103.84, 1.35), (3879, 24.94, 60.17), (32635, 24.94, 60.17)],
    )
    def test_read_as_declared(self, code, lon, lat):
        east, north = Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat)
        reading = read_numbers(np.array([shapely.Point(east, north)]), Datum(CRS(code)), layer="gates", file="g.csv")
        assert reading == read_numbers(np.array([None]), Datum(CRS(code)), layer="gates", file="g.csv")
        assert not reading.exchanged

    def test_helsinki_north_first(self):
        east, north = Transformer.from_crs(4326, 3879, always_xy=True).transform(24.94, 60.17)
        reading = read_numbers(np.array([shapely.Point(north, east)]), Datum(CRS(3879)), layer="gates", file="g.csv")
        assert reading.exchanged

    def test_a_zone_across_the_date_line(self):
        east, _north = Transformer.from_crs(4326, 32601, always_xy=True).transform(-179.5, -16.5)
        assert fits(CRS(32701), *Transformer.from_crs(4326, 32701, always_xy=True).transform(-179.5, -16.5))
        assert fits(CRS(32601), east, 5_000_000.0)


class TestSingleRows:
    def test_rows_written_otherwise_are_mended(self, read, table):
        rows = [f"{number},{EAST + number * 100},{NORTH}" for number in range(1, 21)]
        rows += [f"21,{NORTH},{EAST}", f"22,{EAST + 38e6},{NORTH}", f"23,{NORTH},{EAST + 38e6}"]
        layer = read("compounds", file=table("小区编号,X,Y", *rows, f"24,{EAST + 37e6},{NORTH}"), datum="EPSG:4547")
        mended = [line for line in said(layer) if line[2] == "mended"]
        assert [line[0] for line in mended] == [22, 23, 24]
        assert mended[0][3] == "2853000, 400000 is written in another way than the other rows; read as 400000, 2853000"
        at = shapely.get_coordinates(layer.table.geometry.loc[["21", "22", "23"]].to_numpy())
        assert at.round(3).tolist() == [[EAST, NORTH]] * 3
        # The number of another zone is no slip of the pen: the place is kept, and doubted for what it is.
        doubted = crosscheck({"compounds": layer})["compounds"]
        assert [line[:3] for line in said(doubted) if line not in mended] == [(25, "geometry", "doubted")]
        assert doubted.ledger.closes()

    def test_few_rows_are_no_example(self):
        points = shapely.points([[113.01, 25.79]] * 4 + [[25.79, 113.01]])
        journal = Journal("gates", "g.csv", np.arange(2, 7), np.array(list("abcde"), dtype=object))
        assert mend_rows(points, Datum(WGS84), journal) is points

    def test_points_at_nought_stay_for_the_check(self, read, table):
        rows = [f"{number},{EAST + number},{NORTH}" for number in range(1, 9)]
        layer = read("compounds", file=table("小区编号,X,Y", *rows, "9,0,0"), datum="EPSG:4547")
        assert said(layer) == [(10, "geometry", "set_aside", "the point lies at 0, 0: no coordinates were entered")]


def test_twins_are_the_same_place():
    for code in range(4513, 4534):
        crs = CRS.from_epsg(code)
        assert twin(twin(crs)) == crs
        lon = 75 + 3 * (code - 4513)
        east, north = Transformer.from_crs(4490, code, always_xy=True).transform(lon + 0.5, 30.0)
        plain = Transformer.from_crs(4490, twin(crs), always_xy=True).transform(lon + 0.5, 30.0)
        assert (east % 1e6, north) == pytest.approx(plain, abs=1e-3)
        assert epsg_of_numbers(east, north) == f"EPSG:{code}"
    assert twin(ZONE).to_epsg() == 4526


def test_exchange_keeps_what_is_missing():
    shapes = exchange(np.array([shapely.box(0, 1, 2, 5), None, shapely.Point(3, 4)]))
    assert shapely.bounds(shapes[0]).tolist() == [1, 0, 5, 2]
    assert shapes[1] is None
    assert (shapes[2].x, shapes[2].y) == (4, 3)


def test_a_blank_file_asks_as_before():
    from planner.errors import Fault

    asked = Fault("which?")
    assert ask_for_datum(np.array([None]), asked, "gates") is asked


def test_metres_of_no_zone_are_no_degrees_that_lack_a_datum(read, table, refused):
    file = table("gate_id,compound_id,x,y", "a,A,101234.5,52345.6")
    (fault,) = refused(read, "gates", file=file)
    assert fault.what == "nobody says which datum the coordinates are in"
    assert fault.why == "101234, 52346 are no degrees, nor metres of a zone of CGCS2000"
    assert "surveying office" in fault.todo
    assert fault.cure is None

"""Test that every format gives one table, that what is wrong is told row by row, and that nothing is lost."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import CRS
from shapely import LineString, MultiPoint, Point, box

from planner.layers import LAYERS
from planner.layers.places.offsets import to_offset
from tests.layers.conftest import EAST, NORTH, ZONE

SHORT = {
    "compound_id": "id",
    "residential_floor_area_m2": {"from": "zzmj", "unit": "万m2"},
    "households": "hs",
    "elders_60": "rk60",
}


def entries(layer):
    """Return the ledger as (row, id, field, action) tuples."""
    return [(entry.row, entry.id, entry.field, entry.action) for entry in layer.ledger.entries]


def said(layer):
    """Return what the ledger says, row by row."""
    return [entry.what for entry in layer.ledger.entries]


def degrees(frame):
    return frame.to_crs(4326)


def write(frame, folder, suffix):
    """Write compounds in one format; return the settings that read them back."""
    file = f"town.{suffix}"
    path = folder / file
    wkt = pd.DataFrame(frame.drop(columns="geometry")).assign(wkt=shapely.to_wkt(frame.geometry, rounding_precision=-1))
    match suffix:
        case "gpkg" | "geojson":
            frame.to_file(path)
            return {"file": file}
        case "shp":
            renamed = frame.rename(
                columns={"residential_floor_area_m2": "zzmj", "households": "hs", "elders_60": "rk60"}
            )
            renamed = renamed.rename(columns={"compound_id": "id"})
            renamed["zzmj"] /= 1e4
            renamed.to_file(path, encoding="gb18030")
            return {"file": file, "fields": SHORT}
        case "parquet":
            frame.to_parquet(path)
            return {"file": file}
        case "csv":
            wkt.to_csv(path, index=False, encoding="utf-8-sig")
        case "xlsx":
            wkt.to_excel(path, index=False)
    return {"file": file, "datum": "EPSG:4547"}


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "csv", "xlsx", "parquet", "shp"])
def test_every_format_gives_the_same_table(tmp_path, read, compounds, suffix):
    if suffix == "shp":
        compounds = compounds.iloc[:2]  # a shapefile holds one type of geometry
    layer = read("compounds", **write(compounds, tmp_path, suffix))
    expected = compounds.set_index("compound_id")
    got = layer.table[expected.columns]
    if suffix == "shp":  # its rings turn the other way
        got, expected = (frame.set_geometry(frame.normalize()) for frame in (got, expected))
    assert layer.ledger.closes()
    assert layer.ledger.entries == ()
    assert layer.table.index.name == "compound_id"
    assert layer.table.crs == ZONE
    assert_geodataframe_equal(got, expected, check_dtype=False, check_index_type=False, check_less_precise=True)
    first = 2 if suffix in {"csv", "xlsx"} else 1
    assert layer.rows.tolist() == list(range(first, first + len(compounds)))


def test_all_columns_of_the_contract_with_their_dtypes(tmp_path, read, compounds):
    layer = read("compounds", **write(compounds, tmp_path, "gpkg"))
    spec = LAYERS["compounds"]
    assert list(layer.table.columns) == [*(column.name for column in spec.columns[1:]), "geometry"]
    for column in spec.columns[1:]:
        assert str(layer.table[column.name].dtype) == column.dtype, column.name
    assert layer.table["elders_80"].isna().all()
    assert str(layer.table.index.dtype) == "str"


def test_counts_close_by_hand(read, table):
    file = table(
        "compound_id,elders_60,x,y",
        f"A,10,{EAST},{NORTH}",
        f"A,20,{EAST},{NORTH}",
        f",30,{EAST},{NORTH}",
        "B,40,0,0",
        f"C,50,{EAST},{NORTH}",
        f"D,,{EAST},{NORTH}",
    )
    layer = read("compounds", file=file, datum="EPSG:4547")
    counts = layer.ledger.counts().loc["compounds"]
    assert counts.to_dict() == {
        "rows_in": 6,
        "rows_used": 3,
        "rows_set_aside": 3,
        "elders_in": 150,
        "elders_used": 60,
        "elders_set_aside": 90,
    }
    assert entries(layer) == [
        (4, "", "compound_id", "set_aside"),
        (5, "B", "geometry", "set_aside"),
        (3, "A", "compound_id", "set_aside"),
    ]
    assert said(layer) == [
        "the identifier is empty",
        "the point lies at 0, 0: no coordinates were entered",
        "A stands in row 2 already",
    ]


def test_of_two_equal_ids_the_usable_one_is_kept(read, table):
    layer = read("gates", file=table("gate_id,compound_id,x,y", "G,A,0,0", f"G,A,{EAST},{NORTH}"), datum="EPSG:4547")
    assert layer.rows.to_dict() == {"G": 3}
    assert layer.ledger.counts().loc["gates", "rows_set_aside"] == 1


def test_places_that_cannot_be_used(tmp_path, read):
    frame = gpd.GeoDataFrame(
        {"gate_id": list("abcdefg"), "compound_id": "A"},
        geometry=[
            Point(EAST, NORTH),
            None,
            shapely.from_wkt("POINT EMPTY"),
            Point(0, 0),
            Point(np.inf, NORTH),
            LineString([(EAST, NORTH), (EAST + 1, NORTH)]),
            MultiPoint([(EAST, NORTH), (EAST + 5, NORTH)]),
        ],
        crs=ZONE,
    )
    frame.to_parquet(tmp_path / "gates.parquet")
    layer = read("gates", file="gates.parquet")
    assert layer.table.index.tolist() == ["a"]
    assert {entry.id: entry.what for entry in layer.ledger.entries} == {
        "b": "there is no geometry",
        "c": "there is no geometry",
        "d": "the point lies at 0, 0: no coordinates were entered",
        "e": "a coordinate is not a finite number",
        "f": "a LineString cannot be used here, only Point",
        "g": "a MultiPoint cannot be used here, only Point",
    }


def test_a_multi_of_one_part_is_that_part_and_height_is_dropped(tmp_path, read):
    frame = gpd.GeoDataFrame(
        {"gate_id": ["a", "b"], "compound_id": "A"},
        geometry=[MultiPoint([(EAST, NORTH)]), Point(EAST, NORTH, 150.0)],
        crs=ZONE,
    )
    frame.to_parquet(tmp_path / "gates.parquet")
    layer = read("gates", file="gates.parquet")
    assert layer.table.geometry.geom_type.tolist() == ["Point", "Point"]
    assert not layer.table.geometry.has_z.any()
    assert entries(layer) == [(0, "", "geometry", "mended")]
    assert said(layer) == ["1 rows carry heights or measures, which are not used"]


def test_several_entrances_stay(tmp_path, read):
    two = MultiPoint([(EAST, NORTH), (EAST + 30, NORTH)])
    frame = gpd.GeoDataFrame(
        {"facility_id": ["F"], "name": "x", "kind": "canteen", "status": "in_use"}, geometry=[two], crs=ZONE
    )
    frame.to_file(tmp_path / "f.gpkg")
    assert read("facilities", file="f.gpkg").table.geometry.iloc[0].equals(two)


def test_a_crossing_outline_is_mended(tmp_path, read, bow_tie):
    gpd.GeoDataFrame({"compound_id": ["A"]}, geometry=[bow_tie], crs=ZONE).to_file(tmp_path / "c.gpkg")
    layer = read("compounds", file="c.gpkg")
    assert layer.table.area.iloc[0] == pytest.approx(5000)
    assert entries(layer) == [(1, "A", "geometry", "mended")]
    assert said(layer) == ["the outline crosses itself; mended: area before 0.0 m², after 5000.0 m²"]


def test_an_outline_without_area_is_set_aside(read, table):
    x, y = EAST, NORTH
    file = table("compound_id;wkt", f"A;POLYGON (({x} {y}, {x + 9} {y}, {x + 5} {y}, {x} {y}))", f"B;POINT ({x} {y})")
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert said(layer) == ["the geometry is not valid and cannot be mended"]
    assert layer.table.index.tolist() == ["B"]


def test_an_open_ring_is_closed_and_told(tmp_path, read):
    ring = [[113.0, 25.79], [113.001, 25.79], [113.001, 25.791], [113.0, 25.791]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"compound_id": "A"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (tmp_path / "c.geojson").write_text(text, encoding="utf-8")
    layer = read("compounds", file="c.geojson")
    assert layer.table.area.iloc[0] == pytest.approx(100.3 * 110.8, rel=0.01)
    assert said(layer) == ["the outline was not closed; its ends were joined"]


def test_text_that_is_no_place(read, table):
    layer = read(
        "gates",
        file=table("gate_id,compound_id,lon,lat", "a,A,113.01,25.79", "b,A,E113,25.79", "c,A,,", "d,A,213.01,25.79"),
        datum="wgs84",
    )
    assert said(layer) == [
        "there is no geometry",
        "“E113, 25.79” is not a place",
        "longitude or latitude is beyond 180 or 90 degrees",
    ]
    layer = read("gates", file=table("gate_id,compound_id,geometry", "a,A,here", "b,A,POINT (1 2)"), datum="EPSG:4547")
    assert said(layer) == ["“here” is not a place"]


@pytest.mark.parametrize("header", ["坐标", "经纬度", "location"])
def test_places_as_map_services_give_them(read, table, header):
    """One cell, longitude and latitude with a comma between; what is none is set aside."""
    rows = ['a,A,"113.01,25.79"', "b,A,113.02，25.78", "c,A,青年路3号", "d,A,"]
    gates = read("gates", file=table(f"gate_id,compound_id,{header}", *rows), datum="wgs84")
    apart = read(
        "gates", file=table("gate_id,compound_id,lon,lat", "a,A,113.01,25.79", "b,A,113.02,25.78"), datum="wgs84"
    )
    assert gates.table.geometry.geom_equals(apart.table.geometry).tolist() == [True, True]
    assert gates.ledger.count("gates").rows_set_aside == 2
    swapped = read("gates", file=table("gate_id,compound_id,坐标", 'a,A,"25.79,113.01"'), datum="wgs84")
    assert swapped.table.geometry["a"] == apart.table.geometry["a"]
    assert [entry.action for entry in swapped.ledger.entries] == ["mended"]


def test_bad_cells_are_doubted_and_taken_as_not_given(read, table):
    layer = read(
        "compounds",
        file=table("compound_id,elders_60,gated,status,x,y", f"A,<5,也许,old,{EAST},{NORTH}"),
        datum="EPSG:4547",
    )
    assert layer.table.loc["A", ["elders_60", "gated", "status"]].isna().all()
    assert entries(layer) == [
        (2, "A", "status", "doubted"),
        (2, "A", "elders_60", "doubted"),
        (2, "A", "gated", "doubted"),
    ]
    assert said(layer)[0] == "“old” is not one of new, existing; taken as not given"


def test_required_cells_decide_over_the_row(read, table):
    layer = read(
        "facilities",
        file=table(
            "facility_id,name,kind,status,x,y",
            f"a,食堂,长者餐厅,在用,{EAST},{NORTH}",
            f"b,,canteen,在用,{EAST},{NORTH}",
            f"c,学校,school,在用,{EAST},{NORTH}",
        ),
        datum="EPSG:4547",
    )
    assert layer.table.index.tolist() == ["a"]
    assert entries(layer) == [(3, "b", "name", "set_aside"), (4, "c", "kind", "set_aside")]


@pytest.mark.parametrize("header", ["status", "nothing"])
def test_a_facility_of_unknown_status_is_not_open(read, table, header):
    file = table(f"facility_id,name,kind,{header},x,y", f"a,食堂,canteen,,{EAST},{NORTH}")
    layer = read("facilities", file=file, datum="EPSG:4547")
    assert layer.table["status"].isna().all()
    assert entries(layer) == [(2, "a", "status", "doubted")]
    assert said(layer) == ["its status is not stated, so it does not count as open"]


def test_services_that_are_known_stay(read, table):
    file = table("facility_id,name,kind,status,services,x,y", f"a,食堂,canteen,在用,助餐、足疗,{EAST},{NORTH}")
    layer = read("facilities", file=file, datum="EPSG:4547")
    assert layer.table.loc["a", "services"] == "meals"
    assert said(layer) == [
        (
            "“助餐、足疗” holds something else than full_day, day, meals, cleaning, bathing, nursing; "
            "what is known of it is kept"
        )
    ]


def test_age_groups_inside_each_other(read, table):
    file = table(
        "area_id,population,elders_60,elders_65,elders_80",
        "a,100,20,10,5",
        "b,100,120,10,5",
        "c,100,20,10,15",
        "d,,20,,25",
        "e,100,20,,101",
    )
    layer = read("population", file=file, crs=None)
    assert [(entry.id, entry.what) for entry in layer.ledger.entries] == [
        ("b", "elders_60 is 120, more than population with 100"),
        ("d", "elders_80 is 25, more than elders_60 with 20"),
        ("e", "elders_80 is 101, more than elders_60 with 20"),
        ("c", "elders_80 is 15, more than elders_65 with 10"),
    ]
    assert layer.ledger.count("population").elders_used == 200
    assert isinstance(layer.table, pd.DataFrame)
    assert not isinstance(layer.table, gpd.GeoDataFrame)


def test_names_match_but_for_case_width_and_blanks(read, table):
    file = table(" Gate_ID ,ＣＯＭＰＯＵＮＤ_ＩＤ,LON,Lat", "a,A,113.01,25.79")
    assert read("gates", file=file, datum="wgs84").table.index.tolist() == ["a"]


def test_fields_and_units(read, table):
    layer = read(
        "compounds",
        file=table("编号,住宅建筑面积,老人,经度,纬度", "001,15.62,0.0085,113.01,25.79"),
        datum="cgcs2000",
        fields={
            "compound_id": "编号",
            "residential_floor_area_m2": {"from": "住宅建筑面积", "unit": "万㎡"},
            "elders_60": {"from": "老人", "unit": "万人"},
            "lon": "经度",
            "lat": "纬度",
        },
    )
    assert layer.table.loc["001", "residential_floor_area_m2"] == 156_200.0
    assert layer.table.loc["001", "elders_60"] == 85


def test_all_faults_at_once(read, table, refused):
    file = table("id,name,name,lon,lat", "1,a,b,113,25")
    faults = refused(
        read,
        "facilities",
        file=file,
        fields={"kind": "类型", "colour": "name", "beds": {"from": "id", "unit": "m2"}},
    )
    assert [str(fault) for fault in faults] == [
        (
            "[layers.facilities] fields.kind: the file has no column 类型 "
            "→ choose one of its columns: id, name, name, lon, lat"
        ),
        (
            "[layers.facilities] fields.colour: colour is no column of this layer "
            "→ use one of facility_id, name, kind, "
            "services, status, opened_on, floor_area_m2, beds, care_beds, places, meals_per_day, ownership, "
            "geometry, wkt, lon, lat, x, y"
        ),
        (
            "[layers.facilities] fields.beds: unit m2 does not fit beds "
            "→ areas take m2, 万m2, 亩, ha or km2; people persons or 万人; money yuan or 万元"
        ),
        "table.csv: the file has 2 columns named name → rename all but the one that counts",
        (
            "table.csv: the column facility_id is missing (identifier of the facility) "
            "(its columns are: id, name, name, lon, lat) "
            '→ add it, or say which column it is: fields.facility_id = "..."'
        ),
        (
            "table.csv: nobody says which datum the coordinates are in "
            "(the same numbers mean places some 600 m apart in WGS 84 and in GCJ-02) "
            '→ add datum = "wgs84", "cgcs2000", "gcj02", "bd09" or "EPSG:n" to [layers.facilities]'
        ),
    ]


def test_no_places(read, table, refused):
    (fault,) = refused(read, "gates", file=table("gate_id,compound_id,lon", "1,a,113"), datum="wgs84")
    assert str(fault) == (
        "table.csv: the file has no places (its columns are: gate_id, compound_id, lon) "
        "→ add lon and lat, x and y, or geometry as WKT, or name their columns under fields"
    )


def test_two_ways_to_a_place_is_a_question(read, table, refused):
    file = table("gate_id,compound_id,lon,lat,x,y", f"1,a,113.01,25.79,{EAST},{NORTH}")
    (fault,) = refused(read, "gates", file=file, datum="wgs84")
    assert str(fault) == (
        "table.csv: the file gives places in 2 ways: lon, lat; x, y (they may be in different datums) "
        '→ name the columns to use, for example fields.lon = "lon"'
    )
    layer = read("gates", file=file, datum="wgs84", fields={"lon": "lon", "lat": "lat"})
    assert len(layer.table) == 1


@pytest.mark.parametrize(
    ("columns", "place", "datum", "said"),
    [
        ("lon,lat", "113.01,25.79", "EPSG:4547", "the columns lon and lat are degrees, but EPSG:4547"),
        ("x,y", f"{EAST},{NORTH}", "gcj02", "the columns x and y are metres, but GCJ-02 means degrees"),
    ],
)
def test_columns_and_datum_that_do_not_fit(read, table, refused, columns, place, datum, said):
    file = table(f"gate_id,compound_id,{columns}", f"1,a,{place}")
    (fault,) = refused(read, "gates", file=file, datum=datum)
    assert fault.what.startswith(said)
    assert fault.todo == "correct datum under [layers.gates], or the names of the columns"


def test_metres_called_degrees(read, table, refused):
    file = table("compound_id,geometry", f"1,POINT ({EAST} {NORTH})")
    (fault,) = refused(read, "compounds", file=file, datum="wgs84")
    assert str(fault) == (
        "table.csv: the coordinates are no degrees: the first is 400000.000, 2853000.000 "
        "(EPSG:4326 (WGS 84) means longitude and latitude) → metres need the EPSG code of their zone, "
        'for example datum = "EPSG:4547" under [layers.compounds]'
    )


def test_coordinates_that_fit_nowhere(read, table, refused):
    file = table("compound_id,x,y", "1,912345678,987654321")
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4526")
    assert str(fault) == (
        "table.csv: not one place fits EPSG:4526 (CGCS2000 / 3-degree Gauss-Kruger zone 38): "
        "the first is 912345678.000, 987654321.000 "
        "(eastings with a zone number need EPSG:4513 to 4533, those without EPSG:4534 to 4554) "
        "→ correct datum under [layers.compounds]"
    )


def test_xian_80_in_a_prj(tmp_path, read, refused, compounds):
    compounds.iloc[:2].set_crs(2383, allow_override=True)[["compound_id", "geometry"]].rename(
        columns={"compound_id": "id"}
    ).to_file(tmp_path / "x.shp")
    (fault,) = refused(read, "compounds", file="x.shp", fields={"compound_id": "id"})
    assert (
        fault.what == "EPSG:2383 (Xian 1980 / 3-degree Gauss-Kruger CM 114E) cannot be converted without its parameters"
    )


@pytest.mark.parametrize("offset", ["gcj02", "bd09"])
@pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
def test_offset_layers_that_call_themselves_wgs84(tmp_path, read, compounds, offset, suffix):
    shifted = degrees(compounds)
    moved = shapely.transform(
        shifted.geometry.to_numpy(), lambda xy: np.column_stack(to_offset(xy[:, 0], xy[:, 1], offset=offset))
    )
    shifted.set_geometry(gpd.GeoSeries(moved, crs=4326)).to_file(tmp_path / f"c.{suffix}")
    layer = read("compounds", file=f"c.{suffix}", datum=offset)
    apart = layer.table.geometry.hausdorff_distance(compounds.set_index("compound_id").geometry)
    assert apart.max() < 0.01
    unaware = read("compounds", file=f"c.{suffix}")
    apart = unaware.table.geometry.hausdorff_distance(compounds.set_index("compound_id").geometry)
    assert apart.min() > 500


def test_geojson_without_crs_is_wgs84_unless_the_study_says_otherwise(tmp_path, read, compounds, refused):
    degrees(compounds).to_file(tmp_path / "c.geojson")
    assert read("compounds", file="c.geojson").table.geometry.iloc[0].distance(compounds.geometry[0]) < 0.01
    text = compounds.to_json(drop_id=True).replace('"crs"', '"not_crs"')
    (tmp_path / "metres.geojson").write_text(text, encoding="utf-8")
    layer = read("compounds", file="metres.geojson", datum="EPSG:4547")
    assert layer.table.geometry.iloc[0].equals(compounds.geometry[0])
    (fault,) = refused(read, "compounds", file="metres.geojson")
    assert fault.what.startswith("the coordinates are no degrees")


def test_compounds_choose_the_compute_crs(tmp_path, read, compounds, refused, table):
    degrees(compounds).to_file(tmp_path / "c.gpkg")
    assert read("compounds", file="c.gpkg", crs=None).table.crs.to_epsg() == 4547
    (fault,) = refused(read, "compounds", file=table("compound_id,x,y", "1,0,0"), datum="EPSG:4547", crs=None)
    assert str(fault) == (
        "table.csv: no row has a place that can be used, so no compute CRS can be chosen "
        "(the point lies at 0, 0: no coordinates were entered) → mend the file, or give crs under [study]"
    )


def test_a_file_of_which_nothing_can_be_used_gives_an_empty_table(read, table):
    layer = read("compounds", file=table("compound_id,elders_60,x,y", "1,7,0,0"), datum="EPSG:4547")
    assert layer.table.empty
    assert layer.table.crs == ZONE
    assert layer.ledger.count("compounds").elders_set_aside == 7
    layer = read("compounds", file=table("compound_id,elders_60,x,y"), datum="EPSG:4547")
    assert layer.table.empty
    assert layer.ledger.closes()


def test_rows_do_not_need_a_place_where_the_contract_has_none(tmp_path, read, compounds, table):
    file = table("permit_no,residential_floor_area_m2,room_areas_m2,issued_on", "建字第1号,15620.5,400;120,2023-04-19")
    permits = read("permits", file=file, crs=None).table
    assert permits.loc["1", "room_areas_m2"] == "400;120"
    assert permits.loc["1", "issued_on"] == pd.Timestamp("2023-04-19")
    compounds.rename(columns={"compound_id": "permit_no"}).to_file(tmp_path / "p.gpkg")
    assert not isinstance(read("permits", file="p.gpkg", crs=None).table, gpd.GeoDataFrame)


def test_the_other_layers(tmp_path, read, table):
    file = table("area_id,name,level,parent_id,wkt", f'1,北湖,社区,2,"{box(EAST, NORTH, EAST + 9, NORTH + 9).wkt}"')
    areas = read("areas", file=file, datum="EPSG:4547").table
    assert areas.loc["1", ["level", "parent_id"]].tolist() == ["community", "2"]
    file = table(
        "barrier_id,wkt",
        f'1,"LINESTRING ({EAST} {NORTH}, {EAST} {NORTH + 9})"',
        f'2,"POINT ({EAST} {NORTH})"',
    )
    assert read("barriers", file=file, datum="EPSG:4547").table.index.tolist() == ["1"]
    file = table("candidate_id,use,floor,cost_cny,required,x,y", f"1,both,-1,30,是,{EAST},{NORTH}")
    settings = {"datum": "EPSG:4547", "fields": {"cost_cny": {"from": "cost_cny", "unit": "万元"}}}
    candidates = read("candidates", file=file, **settings).table
    assert candidates.loc["1", ["floor", "cost_cny"]].tolist() == [-1.0, 300_000.0]
    assert candidates.loc["1", "required"]
    file = table("room_id,compound_ids,floor_area_m2,source,status", "1,001、002,350,配建,在用")
    rooms = read("rooms", file=file, crs=None).table
    assert rooms.loc["1"].tolist() == ["001;002", 350.0, "配建", "in_use"]


def test_an_unknown_layer():
    from planner.layers import LayerSettings, read_layer

    with pytest.raises(KeyError, match="roofs"):
        read_layer("roofs", LayerSettings(file="a.csv"), folder=None, crs=CRS(4547))


def test_curves_are_set_aside_and_harm_no_other_row(tmp_path, read, table):
    curve = "CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))"
    file = table("compound_id;wkt", f"A;{curve}", f"B;POINT ({EAST} {NORTH})")
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert layer.table.index.tolist() == ["B"]
    assert said(layer) == [f"“{curve[:40]}” is not a place"]


def test_damaged_wkb_harms_no_other_row(tmp_path, read):
    frame = gpd.GeoDataFrame({"compound_id": ["A", "B"]}, geometry=[Point(EAST, NORTH)] * 2, crs=ZONE)
    frame.to_parquet(tmp_path / "c.parquet")
    table = pa.parquet.read_table(tmp_path / "c.parquet")
    wkb = pa.array([table["geometry"][0].as_py()[:9], table["geometry"][1].as_py()])
    place = table.column_names.index("geometry")
    damaged = table.set_column(place, table.schema.field(place), wkb)
    pa.parquet.write_table(damaged, tmp_path / "c.parquet")
    layer = read("compounds", file="c.parquet")
    assert layer.table.index.tolist() == ["B"]
    assert said(layer) == ["“a damaged geometry” is not a place"]


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet_of_either_encoding(tmp_path, read, compounds, encoding):
    compounds.iloc[:1].to_parquet(tmp_path / "c.parquet", geometry_encoding=encoding)
    assert read("compounds", file="c.parquet").table.geometry.iloc[0].equals(compounds.geometry[0])


def test_parquet_without_crs_asks_for_the_datum(tmp_path, read, compounds, refused):
    compounds.set_crs(None, allow_override=True).to_parquet(tmp_path / "c.parquet")
    (fault,) = refused(read, "compounds", file="c.parquet")
    assert fault.what == "nobody says which datum the coordinates are in"
    assert len(read("compounds", file="c.parquet", datum="EPSG:4547").table) == 3


def test_metres_in_wgs84_are_lost_on_one_row_only(read, table):
    file = table("compound_id,x,y", "A,38400000,2853000", f"B,{EAST * 1e9},{NORTH}")
    layer = read("compounds", file=file, datum="EPSG:4526")
    assert layer.table.index.tolist() == ["A"]
    assert said(layer) == ["the place cannot be expressed in the compute CRS"]

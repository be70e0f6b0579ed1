"""Test what is doubted of values that can hardly be meant, and when the unit of a floor area is asked for."""

from __future__ import annotations

import pytest

from tests.layers.conftest import EAST, NORTH

AREA = "residential_floor_area_m2"


def rows(*areas, homes=()):
    homes = homes or [""] * len(areas)
    return [
        f"{place},{area},{count},{EAST},{NORTH}" for place, (area, count) in enumerate(zip(areas, homes, strict=True))
    ]


def doubts(layer):
    return [(entry.row, entry.field, entry.what, entry.action) for entry in layer.ledger.entries]


def test_homes_of_odd_size(read, table):
    file = table(f"compound_id,{AREA},households,x,y", *rows(2000, 2001, 40_000, 41_000, homes=[100, 101, 100, 100]))
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert doubts(layer) == [
        (3, AREA, "19.8 m² a home (2,001 m² for 101 households) lie outside 20 to 400", "doubted"),
        (5, AREA, "410.0 m² a home (41,000 m² for 100 households) lie outside 20 to 400", "doubted"),
    ]
    assert layer.table[AREA].tolist() == [2000, 2001, 40_000, 41_000]


@pytest.mark.parametrize("homes", [[1200, 900, 800], ()])
def test_ten_thousands_of_square_metres_are_asked_for(read, table, refused, homes):
    file = table("小区编号,住宅建筑面积,总户数,x,y", *rows(15.62, 10.8, 9.5, homes=homes))
    (fault,) = refused(read, "compounds", file=file, datum="EPSG:4547")
    assert str(fault) == (
        "table.csv: 住宅建筑面积 seems to be in units of 10,000 m²: 15.62, 10.8, 9.5 "
        "(in m² these would be no compounds, and the file does not state the unit) "
        f'→ state it under [layers.compounds]: fields.{AREA} = {{ from = "住宅建筑面积", unit = "万m2" }}, '
        'or unit = "m2"'
    )
    layer = read("compounds", file=file, datum="EPSG:4547", fields={AREA: {"from": "住宅建筑面积", "unit": "万m2"}})
    assert layer.table[AREA].tolist() == [156_200, 108_000, 95_000]
    assert layer.ledger.entries == ()


def test_a_stated_unit_is_believed_and_doubted(read, table):
    file = table("小区编号,住宅建筑面积（㎡）,总户数,x,y", *rows(15.62, homes=[1200]))
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert doubts(layer) == [(2, AREA, "15.62 m² make no compound: is it in units of 10,000 m²?", "doubted")]
    assert layer.table[AREA].tolist() == [15.62]


def test_one_of_many_is_doubted(read, table):
    file = table("小区编号,住宅建筑面积,总户数,x,y", *rows(15.62, 108_000, 95_000, homes=[1200, 900, 800]))
    layer = read("compounds", file=file, datum="EPSG:4547")
    assert [entry.row for entry in layer.ledger.entries] == [2]


def test_permits_are_asked_as_well(read, table, refused):
    (fault,) = refused(read, "permits", file=table("许可证号,住宅总建筑面积", "A,15.62"), crs=None)
    assert fault.what == "住宅总建筑面积 seems to be in units of 10,000 m²: 15.62"


def test_what_is_more_than_one_compound(read, table):
    file = table(
        f"compound_id,{AREA},households,population,elders_60,built_year,x,y",
        f"1,20000000,,300000,150000,1995,{EAST},{NORTH}",
        f"2,8000000,60000,,,20230419,{EAST},{NORTH}",
        f"3,80000,700,2000,400,1995,{EAST},{NORTH}",
    )
    assert doubts(read("compounds", file=file, datum="EPSG:4547")) == [
        (2, AREA, f"{AREA} is 20,000,000: more than one compound holds", "doubted"),
        (3, "households", "households is 60,000: more than one compound holds", "doubted"),
        (2, "population", "population is 300,000: more than one compound holds", "doubted"),
        (2, "elders_60", "elders_60 is 150,000: more than one compound holds", "doubted"),
        (3, "built_year", "20230419 is hardly the year in which it was built", "doubted"),
    ]


def test_floors_measured_as_land_are_doubted_once(read, table):
    file = table("许可证号;住宅建筑面积（亩）;户数", "1;234.3;1200", "2;150;800")
    layer = read("permits", file=file, crs=None)
    assert doubts(layer) == [
        (
            2,
            AREA,
            "住宅建筑面积（亩） is in 亩, a unit of land: is it the area of the site, not of the floors?",
            "doubted",
        )
    ]
    assert layer.table[AREA].tolist() == [pytest.approx(156_200), pytest.approx(100_000)]


def test_empty_compounds_are_no_doubt(read, table):
    file = table("小区编号,住宅建筑面积,总户数,x,y", *rows(0, "", 5000, homes=[0, 10, 0]))
    assert read("compounds", file=file, datum="EPSG:4547").ledger.entries == ()

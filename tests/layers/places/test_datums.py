"""Test datums against values of PROJ, and each refusal."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS, Geod, Transformer

from planner.layers import compute_crs_for
from planner.layers.places.datums import CGCS2000, WGS84, Datum, resolve_datum, settle
from planner.layers.places.offsets import to_offset


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((113.01, 25.79), 4547),  # Chenzhou
        ((112.3, 25.4), 4546),  # west of 112.5: the zone of 111
        ((116.4, 39.9), 4548),  # Beijing: 117
        ((121.4, 31.2), 4549),  # Shanghai: 120
        ((87.6, 43.8), 4538),  # Urumqi: 87
        ((103.84, 1.35), 32648),  # Singapore
        ((24.94, 60.17), 32635),  # Helsinki
        ((-70.6, -33.4), 32719),  # Santiago
        ((105.85, 21.03), 32648),  # Hanoi, close to China
    ],
)
def test_compute_crs(place, code):
    assert compute_crs_for(*place).to_epsg() == code


def test_no_compute_crs_at_the_pole(refused):
    (fault,) = refused(compute_crs_for, 10.0, -89.0)
    assert str(fault) == (
        "no compute CRS fits longitude 10.0000, latitude -89.0000 "
        "(it lies outside every UTM zone, so the datum is probably wrong) "
        "→ check datum, or give crs under [study]"
    )


def test_moving_is_proj_with_x_east():
    here = np.array([[113.01, 25.79]])
    expected = Transformer.from_crs(4490, 4547, always_xy=True).transform(113.01, 25.79)
    np.testing.assert_allclose(Datum(CGCS2000).move(here, CRS(4547))[0], expected, atol=1e-6)
    np.testing.assert_allclose(Datum(WGS84).move(here, CRS(4547))[0], expected, atol=1e-6)
    lon, lat = to_offset(here[:, 0], here[:, 1], offset="bd09")
    shifted = Datum(WGS84, "bd09").move(np.column_stack([lon, lat]), CRS(4547))
    np.testing.assert_allclose(shifted[0], expected, atol=1e-3)


def test_a_zone_with_number_and_one_without_are_the_same_place():
    with_number = Datum(CRS(4526)).move(np.array([[38_401_160.1, 2_851_778.6]]), CRS(4547))
    np.testing.assert_allclose(with_number, [[401_160.1, 2_851_778.6]], atol=1e-3)


@pytest.mark.parametrize(
    ("declared", "stated", "name"),
    [
        (None, CRS(4547), "EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E)"),
        ("wgs84", None, "EPSG:4326 (WGS 84)"),
        ("cgcs2000", CRS(4326), "EPSG:4490 (China Geodetic Coordinate System 2000)"),
        ("gcj02", CRS(4326), "GCJ-02"),
        ("bd09", CRS(4490), "BD-09"),
        (
            "EPSG:4547",
            CRS.from_wkt(CRS(4547).to_wkt("WKT1_ESRI")),
            "EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E)",
        ),
    ],
)
def test_datums_that_agree(declared, stated, name):
    assert resolve_datum(declared, stated, layer="gates", file="gates.shp").name == name


def test_no_datum_is_asked_for(refused):
    (fault,) = refused(resolve_datum, None, None, layer="facilities", file="poi.csv")
    assert str(fault) == (
        "poi.csv: nobody says which datum the coordinates are in "
        "(the same numbers mean places some 600 m apart in WGS 84 and in GCJ-02) "
        '→ add datum = "wgs84", "cgcs2000", "gcj02", "bd09" or "EPSG:n" to [layers.facilities]'
    )


@pytest.mark.parametrize(("declared", "says"), [("wgs84", "EPSG:4326 (WGS 84)"), ("gcj02", "GCJ02")])
def test_a_contradiction_is_refused(refused, declared, says):
    (fault,) = refused(resolve_datum, declared, CRS(4547), layer="gates", file="gates.gpkg")
    assert str(fault) == (
        f"gates.gpkg: study.toml says the coordinates are {says}, "
        "the file says EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E) (only one of them can be right) "
        "→ take datum out of [layers.gates] if the file is right, else save the file with the right CRS"
    )


def test_a_code_that_does_not_exist(refused):
    (fault,) = refused(resolve_datum, "EPSG:999999", None, layer="gates", file="gates.csv")
    assert str(fault) == "[layers.gates]: datum “EPSG:999999” does not exist → look the code up at epsg.org"


@pytest.mark.parametrize("code", [4610, 2383, 2362, 4214, 2435, 2414])
def test_xian_80_and_beijing_54_are_refused(refused, code):
    crs = CRS(code)
    bounds = (113.0, 25.7, 113.1, 25.8)
    if crs.is_projected:
        east = 38_400_000.0 if code in {2362, 2414} else 400_000.0
        bounds = (east, 2_850_000.0, east + 1000, 2_851_000.0)
    (fault,) = refused(settle, Datum(crs), bounds, layer="compounds", file="小区.shp")
    assert str(fault) == (
        f"小区.shp: EPSG:{code} ({crs.name}) cannot be converted without its parameters "
        "(no public shift from it to CGCS2000 is known here; taken as it is, places lie tens of metres off) "
        "→ have the surveying office convert the file to CGCS2000 (EPSG:4490 or a 3-degree zone)"
    )


@pytest.mark.parametrize("code", [4326, 4490, 4547, 4526, 3857, 32648])
def test_wgs_84_and_cgcs2000_need_no_shift(code):
    assert settle(Datum(CRS(code)), (0.0, 0.0, 1.0, 1.0), layer="gates", file="gates.shp").shift is None


def test_a_datum_with_a_known_shift_is_moved_by_it():
    west, south, east, north = 29_000.0, 36_000.0, 31_000.0, 38_000.0
    datum = settle(Datum(CRS(3414)), (west, south, east, north), layer="gates", file="svy21.shp")
    expected = Transformer.from_crs(3414, 32648, always_xy=True).transform(west, south)
    np.testing.assert_allclose(datum.move(np.array([[west, south]]), CRS(32648))[0], expected, atol=1e-3)


def test_parameters_that_the_file_states_are_taken():
    bound = CRS.from_proj4(
        "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3 +units=m +type=crs"
    )
    assert settle(Datum(bound), (4e5, 2.8e6, 4.1e5, 2.9e6), layer="gates", file="gates.shp").crs == bound


def test_a_local_grid_is_refused(refused):
    grid = CRS.from_wkt('LOCAL_CS["independent",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]')
    (fault,) = refused(settle, Datum(grid), (0.0, 0.0, 1.0, 1.0), layer="gates", file="gates.shp")
    assert fault.what == "independent cannot be converted without its parameters"


def test_beijing_54_is_taken_where_its_shift_is_published():
    tarim = settle(Datum(CRS(4214)), (80.0, 38.0, 81.0, 39.0), layer="gates", file="gates.shp")
    lon, lat = tarim.move(np.array([[80.5, 38.5]]), WGS84)[0]
    metres = Geod(ellps="WGS84").inv(80.5, 38.5, lon, lat)[2]
    assert 10 < metres < 200


@pytest.mark.parametrize("code", [5773, 4978])
def test_what_is_no_position_on_a_map(refused, code):
    (fault,) = refused(resolve_datum, f"EPSG:{code}", None, layer="gates", file="gates.csv")
    assert str(fault) == (
        f"[layers.gates]: EPSG:{code} ({CRS(code).name}) gives no position on a map "
        "→ name a CRS of longitude and latitude, or of a map projection"
    )

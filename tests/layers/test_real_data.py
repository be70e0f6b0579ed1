"""Test with Bishan's buildings, subzones and elder-care services."""

from __future__ import annotations

import geopandas as gpd
import pytest

from planner.layers import LayerSettings, read_layer


@pytest.fixture(scope="module")
def bishan(shared_data):
    return shared_data / "bishan"


def test_buildings_as_compounds(bishan):
    settings = LayerSettings(file="bishan_buildings.gpkg", fields={"compound_id": "osm_id"})
    layer = read_layer("compounds", settings, folder=bishan, crs=None)
    raw = gpd.read_file(bishan / "bishan_buildings.gpkg")
    doubles = int(raw["osm_id"].duplicated().sum())
    count = layer.ledger.count("compounds")
    assert (count.rows_in, count.rows_set_aside) == (len(raw), doubles)
    assert layer.table.crs.to_epsg() == 32648
    assert layer.ledger.closes()
    raw = raw[~raw["osm_id"].duplicated()].to_crs(32648)
    mended = {entry.id for entry in layer.ledger.entries if entry.action == "mended"}
    assert mended == set(raw.loc[~raw.is_valid, "osm_id"].astype(str))
    assert layer.table.area.sum() == pytest.approx(raw.make_valid().area.sum(), rel=1e-6)


def test_subzones_as_areas_and_population(bishan):
    fields = {
        "area_id": "subzone_code",
        "elders_65": "population_elderly_65plus",
        "population": "population_total",
    }
    # The file counts people of 65 and more only; the required column of 60 and more is given the same.
    settings = LayerSettings(file="bishan_subzones.gpkg", fields={**fields, "elders_60": "population_elderly_65plus"})
    layer = read_layer("population", settings, folder=bishan, crs=None)
    assert layer.table["elders_65"].sum() == 16_040
    assert layer.table["population"].sum() == 87_320
    assert layer.ledger.entries == ()


def test_services_of_all_singapore_as_facilities(bishan, refused):
    fields = {"facility_id": "OBJECTID", "name": "NAME"}
    file = "eldercare_services_2013_all_singapore.gpkg"
    (fault,) = refused(
        read_layer, "facilities", LayerSettings(file=file, fields=fields), folder=bishan, crs=None or _utm()
    )
    assert fault.what == "the column kind is missing (kind of facility)"


def _utm():
    from pyproj import CRS

    return CRS(32648)


def test_facilities_of_bishan_are_all_told(bishan):
    raw = gpd.read_file(bishan / "bishan_facilities.gpkg")
    settings = LayerSettings(file="bishan_facilities.gpkg", fields={"facility_id": "name"})
    layer = read_layer("facilities", settings, folder=bishan, crs=_utm())
    aside = {entry.row for entry in layer.ledger.entries if entry.action == "set_aside"}
    assert len(raw) == len(layer.table) + len(aside)
    assert layer.ledger.closes()

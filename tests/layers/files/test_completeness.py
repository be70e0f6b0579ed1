"""Test that a file which holds more rows than can be read of it is refused."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import Point

from planner.errors import InputError
from planner.layers.files.completeness import refuse_incomplete
from tests.layers.conftest import EAST, NORTH, ZONE

DRIVERS = {".shp": "ESRI Shapefile", ".tab": "MapInfo File", ".mif": "MapInfo File", ".geojson": "GeoJSON"}


@pytest.fixture
def gates(tmp_path):
    def writer(suffix):
        rows = {"gate_id": ["G1", "G2", "G3"], "xqbh": ["A", "A", "B"]}
        places = [Point(EAST + 10 * place, NORTH) for place in range(3)]
        frame = gpd.GeoDataFrame(rows, geometry=places, crs=ZONE).to_crs(4326)
        file = tmp_path / f"gates{suffix}"
        frame.to_file(file, driver=DRIVERS[suffix])
        return file

    return writer


@pytest.mark.parametrize("suffix", DRIVERS)
def test_whole_files_pass(gates, read, suffix):
    refuse_incomplete(gates(suffix), 3, file="gates")
    fields = {"compound_id": "xqbh"}
    assert len(read("gates", file=f"gates{suffix}", fields=fields).table) == 3


@pytest.mark.parametrize(
    ("suffix", "part", "keep"),
    [
        (".shp", ".dbf", 140),
        (".shp", ".shx", 116),
        (".tab", ".dat", 150),
        (".tab", ".id", 4),
        (".mif", ".mid", 10),
        (".mif", ".mid", 0),
    ],
)
def test_files_copied_in_part_are_refused(gates, read, refused, suffix, part, keep):
    file = gates(suffix).with_suffix(part)
    file.write_bytes(file.read_bytes()[:keep])
    (fault,) = refused(read, "gates", file=f"gates{suffix}", fields={"compound_id": "xqbh"})
    assert fault.where == f"gates{suffix}"


def test_deleted_records_are_no_rows(gates):
    file = gates(".shp")
    table = file.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[int.from_bytes(data[8:10], "little")] = ord("*")
    table.write_bytes(bytes(data))
    refuse_incomplete(file, 2, file="gates.shp")
    with pytest.raises(InputError, match="holds other rows than the 3"):
        refuse_incomplete(file, 3, file="gates.shp")


def test_features_that_are_none(gates, read, refused):
    file = gates(".geojson")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Feature",', '"Featuro",', 1), encoding="utf-8")
    (fault,) = refused(read, "gates", file="gates.geojson", fields={"compound_id": "xqbh"})
    assert fault.what == "the file holds other rows than the 2 that can be read of it (.geojson: 3)"


def test_a_property_called_properties_is_no_feature(tmp_path):
    file = tmp_path / "a.geojson"
    feature = '{"type": "Feature", "properties": {"properties": 1, "type": "Feature"}, "geometry": null}'
    file.write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}', encoding="utf-8")
    refuse_incomplete(file, 1, file="a.geojson")


def test_zero_bytes_in_text(tmp_path, read, refused):
    rows = "room_id,compound_ids,floor_area_m2\n" + "R1,A,350\n" * 800
    (tmp_path / "rooms.csv").write_bytes(rows.encode() + bytes(5000))
    (fault,) = refused(read, "rooms", file="rooms.csv", crs=None)
    assert fault.what == "zero bytes stand in line 802, where text should be: the file is damaged"

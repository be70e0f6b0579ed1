"""One door for every kind of street file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmnx
import pytest
from shapely import LineString

from planner.errors import InputError
from planner.walking import read_network, read_streets
from planner.walking.sources import suffix_of
from tests.walking.conftest import ZONE
from tests.walking.test_osm import xml


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.osm.pbf", ".osm.pbf"),
        ("A.OSM.PBF", ".osm.pbf"),
        ("b.osm", ".osm"),
        ("b.osm.gz", ".osm.gz"),
        ("b.osm.bz2", ".osm.bz2"),
        ("c.graphml", ".graphml"),
        ("郴州.道路.gpkg", ".gpkg"),
        ("d.shp", ".shp"),
        ("e.geojson", ".geojson"),
        ("f.parquet", ".parquet"),
        ("g.pbf", ""),
        ("osm", ""),
        ("h.dwg", ""),
    ],
)
def test_suffix(name, suffix):
    assert suffix_of(Path(name)) == suffix


def test_every_kind_leads_to_its_reader(tmp_path):
    (tmp_path / "town.osm").write_text(xml([("highway=footway", [10, 11])]), encoding="utf-8")
    ends = [(113.0, 25.801), (113.001, 25.801)]
    gpd.GeoDataFrame(geometry=[LineString(ends)], crs=4326).to_file(tmp_path / "town.gpkg")
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for node, (x, y) in enumerate(ends):
        graph.add_node(node, x=x, y=y)
    graph.add_edge(0, 1, highway="footway", osmid=1, length=100.0)
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    lengths = []
    for path in sorted(tmp_path.glob("town.*")):
        network = read_network(str(path), crs="EPSG:4547")
        assert (network.nodes, network.edges) == (2, 1)
        assert network.crs == ZONE
        lengths.append(float(network.edge_length_m[0]))
    assert len(lengths) == 3
    assert lengths == pytest.approx([lengths[0]] * 3, rel=1e-4)


def test_what_cannot_be_read_is_told_so(tmp_path):
    with pytest.raises(
        InputError, match=r"gone\.osm: the street file does not exist → correct \[walking\] network in study\.toml"
    ):
        read_streets(tmp_path / "gone.osm", crs=ZONE)
    plan = tmp_path / "plan.dwg"
    plan.write_bytes(b"AC1032")
    with pytest.raises(
        InputError, match=r"streets cannot be read from this kind of file → give one of .*\.osm\.pbf .*\.graphml"
    ):
        read_streets(plan, crs=ZONE)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:2263"], ids=["degrees", "feet"])
def test_the_compute_crs_must_be_projected_in_metres(tmp_path, crs):
    path = tmp_path / "town.osm"
    path.write_text(xml([("highway=footway", [10, 11])]), encoding="utf-8")
    with pytest.raises(InputError, match="is not projected in metres → choose one that is, such as EPSG:4547"):
        read_network(path, crs=crs)

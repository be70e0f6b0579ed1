"""OpenStreetMap files, written by hand node by node; Helsinki against an independent count."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import osmium
import pytest
from pyproj import Geod

from planner.errors import InputError
from planner.walking import ways
from planner.walking.network import assemble
from planner.walking.osm import read_osm
from tests.walking.conftest import ZONE

STEP = 0.001  # degrees between two nodes of the grid below


def lonlat(node):
    """Nodes 10, 11, 12 ... 20, 21 ...: a row for every ten, 0.001 degree apart."""
    return 113.0 + STEP * (node % 10), 25.8 + STEP * (node // 10)


def xml(ways_of, *, nodes=None, left_out=()):
    """An .osm text: ways as (tags, nodes), tags of nodes by number; nodes left out lie beyond the extract's edge."""
    nodes = nodes or {}
    used = sorted({node for _, refs in ways_of for node in refs} - set(left_out))
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
    for node in used:
        lon, lat = lonlat(node)
        lines.append(
            f"<node id='{node}' version='1' lat='{lat:.7f}' lon='{lon:.7f}'>{tag_lines(nodes.get(node, ''))}</node>"
        )
    for number, (tags, refs) in enumerate(ways_of, start=100):
        members = "".join(f"<nd ref='{ref}'/>" for ref in refs)
        lines.append(f"<way id='{number}' version='1'>{members}{tag_lines(tags)}</way>")
    return "\n".join([*lines, "</osm>"])


def tag_lines(text):
    return "".join("<tag k='{}' v='{}'/>".format(*tag.split("=")) for tag in text.split())


@pytest.fixture
def read(tmp_path):
    """Write ways and read them."""

    def reader(*ways_of, **more):
        path = tmp_path / "town.osm"
        path.write_text(xml(ways_of, **more), encoding="utf-8")
        return read_osm(path)

    return reader


def drawn(streets):
    """Pieces as (kind, node, node), told by coordinates; and the directions of each."""

    def node(row):
        lon, lat = streets.xy[row]
        return round((lat - 25.8) / STEP) * 10 + round((lon - 113.0) / STEP)

    rows = zip(streets.a.tolist(), streets.b.tolist(), streets.code.tolist(), strict=True)
    return sorted((streets.classes[code], node(a), node(b)) for a, b, code in rows)


def test_walkable_ways_and_their_kinds(read):
    streets = read(
        ("highway=footway", [10, 11, 12]),
        ("highway=steps", [12, 13]),
        ("highway=cycleway foot=yes cycleway=crossing", [13, 14]),
        ("highway=cycleway", [14, 15]),
        ("highway=footway foot=no", [14, 24]),
        ("highway=service access=private", [13, 23]),
        ("highway=motorway", [20, 21]),
        ("building=yes", [10, 11, 21, 10]),
        ("waterway=river", [10, 20]),
    )
    assert drawn(streets) == [("crossing", 13, 14), ("footway", 10, 11), ("footway", 11, 12), ("steps", 12, 13)]
    assert streets.notes == {"source": "osm", "ways": 3, "ways_cut": 0, "nodes_missing": 0, "barriers": 0}
    assert streets.crs.to_epsg() == 4326


def test_oneway_is_for_vehicles_and_oneway_foot_for_walkers(read):
    streets = read(
        ("highway=residential oneway=yes", [10, 11]),
        ("highway=footway oneway:foot=yes", [20, 21]),
        ("highway=footway oneway:foot=-1", [30, 31]),
    )
    order = np.argsort(streets.xy[streets.a, 1])
    assert streets.forward[order].tolist() == [True, True, False]
    assert streets.backward[order].tolist() == [True, False, True]


def test_a_bridge_joins_nothing_without_a_shared_node(read):
    """The street 10-12 and the bridge 1-21 cross between nodes; the stair 12-21 shares a node with each."""
    streets = read(
        ("highway=residential", [10, 12]),
        ("highway=footway bridge=yes layer=1", [1, 21]),
        ("highway=steps", [12, 21]),
    )
    network = assemble(streets, crs=ZONE)
    assert network.edges == 3
    apart = assemble(read(("highway=residential", [10, 12]), ("highway=footway bridge=yes layer=1", [1, 21])), crs=ZONE)
    assert len(set(apart.component_length_m.tolist())) == 2


@pytest.mark.parametrize(
    ("node", "cut"),
    [
        ("barrier=gate access=private", True),
        ("barrier=gate", False),
        ("barrier=bollard", False),
        ("barrier=gate access=private foot=yes", False),
        ("barrier=wall", True),
        ("highway=crossing", False),
    ],
)
def test_a_barrier_on_a_node_cuts_its_ways(read, node, cut):
    streets = read(("highway=service", [10, 11, 12]), ("highway=footway", [11, 21]), nodes={11: node})
    network = assemble(streets, crs=ZONE)
    assert streets.notes["barriers"] == int(cut)
    assert network.edges == 3
    assert network.nodes == (6 if cut else 4)
    assert np.unique(network.component_length_m).size == (3 if cut else 1)
    # What was drawn is still there, to the gate itself.
    assert drawn(streets) == [("footway", 11, 21), ("service", 10, 11), ("service", 11, 12)]


def test_nodes_missing_at_the_edge_of_an_extract_cut_the_way_and_are_counted(read):
    streets = read(
        ("highway=footway", [10, 11, 12, 13, 14]),
        ("highway=footway", [20, 21]),
        ("highway=footway", [21, 22]),
        left_out={12, 22},
    )
    assert drawn(streets) == [("footway", 10, 11), ("footway", 13, 14), ("footway", 20, 21)]
    assert (streets.notes["ways"], streets.notes["ways_cut"], streets.notes["nodes_missing"]) == (3, 2, 2)


def test_lone_nodes_between_missing_ones_are_dropped(read):
    streets = read(("highway=footway", [10, 11, 12, 13, 14]), ("highway=path", [20, 21]), left_out={11, 13})
    assert drawn(streets) == [("path", 20, 21)]
    assert streets.notes["ways_cut"] == 1


def test_a_node_named_twice_in_a_row_makes_no_piece(read):
    assert drawn(read(("highway=footway", [10, 10, 11]))) == [("footway", 10, 11)]


def write_pbf(path, ways_of):
    with osmium.SimpleWriter(str(path)) as out:
        for node in sorted({node for _, refs in ways_of for node in refs}):
            out.add_node(osmium.osm.mutable.Node(id=node, location=lonlat(node), version=1))
        for number, (tags, refs) in enumerate(ways_of, start=100):
            tagged = dict(tag.split("=") for tag in tags.split())
            out.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tagged, version=1))


def test_every_kind_of_file_holds_the_same_streets(tmp_path):
    plan = [
        ("highway=footway", [10, 11, 12]),
        ("highway=steps oneway:foot=yes", [12, 22]),
        ("highway=motorway", [1, 2]),
    ]
    text = xml(plan).encode()
    (tmp_path / "a.osm").write_bytes(text)
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(text))
    (tmp_path / "a.osm.bz2").write_bytes(bz2.compress(text))
    write_pbf(tmp_path / "a.osm.pbf", plan)
    networks = [assemble(read_osm(path), crs=ZONE) for path in sorted(tmp_path.iterdir())]
    assert len(networks) == 4
    for network in networks:
        assert (network.nodes, network.edges, network.one_way) == (3, 2, True)
        np.testing.assert_allclose(network.edge_length_m, networks[0].edge_length_m, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(network.edge_class, networks[0].edge_class)


@pytest.mark.parametrize(
    ("name", "content"), [("broken.osm", "<osm><node"), ("broken.osm.pbf", "no map"), ("empty.osm", "")]
)
def test_a_broken_file_is_told_so(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_osm(path)
    (fault,) = caught.value.faults
    assert fault.what == "the file cannot be read as OpenStreetMap data"
    assert fault.where == str(path)
    assert fault.why
    assert fault.todo == "check that it is a complete .osm.pbf, .osm, .osm.gz or .osm.bz2 file"


def test_a_file_without_walkable_ways_is_told_so(read):
    with pytest.raises(InputError, match=r"town\.osm: the file holds no walkable way → check the extent"):
        read(("highway=motorway", [10, 11]))


class Count(osmium.SimpleHandler):
    """Counts walkable ways and their pieces in another way: a handler, sets of node numbers, ways judged by class."""

    def __init__(self):
        super().__init__()
        self.ways, self.cut, self.pieces, self.steps, self.missing = 0, 0, 0, 0, set()

    def way(self, way):
        judged = ways.judge(dict(way.tags)) if "highway" in way.tags else None
        if judged is None:
            return
        self.ways += 1
        self.steps += way.tags["highway"] == "steps"
        there = [node.location.valid() for node in way.nodes]
        refs = [node.ref for node in way.nodes]
        self.missing |= {ref for ref, valid in zip(refs, there, strict=True) if not valid}
        self.cut += not all(there)
        for at in range(len(refs) - 1):
            self.pieces += there[at] and there[at + 1] and refs[at] != refs[at + 1]


def test_helsinki_equals_an_independent_count(shared_data: Path):
    path = shared_data / "helsinki" / "Helsinki.osm.pbf"
    count = Count()
    count.apply_file(str(path), locations=True)
    streets = read_osm(path)
    assert streets.notes["ways"] == count.ways
    assert streets.notes["ways_cut"] == count.cut
    assert streets.notes["nodes_missing"] == len(count.missing)
    assert streets.a.size == count.pieces
    assert count.ways > 2000
    assert count.steps > 0
    network = assemble(streets, crs=ZONE.from_epsg(3067))
    lon, lat = streets.xy.T
    geodesic = Geod(ellps="GRS80").inv(lon[streets.a], lat[streets.a], lon[streets.b], lat[streets.b])[2].sum()
    assert network.edge_length_m.sum() == pytest.approx(geodesic, rel=1e-3)  # the zone's scale errs by 0.4 in 1,000

"""osmnx graphs: made by hand, and Shenzhen against networkx."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from pyproj import CRS, Transformer
from shapely import LineString

from planner.errors import InputError
from planner.walking import ways
from planner.walking.graphs import from_graph, read_graphml
from planner.walking.network import assemble


def graph_of(*edges, crs="EPSG:4326"):
    graph = nx.MultiDiGraph(crs=crs)
    for u, v, data in edges:
        for node in (u, v):
            graph.add_node(node, x=113.0 + 0.001 * node, y=25.8)
        graph.add_edge(u, v, **data)
    return graph


def kinds(streets):
    return [streets.classes[code] for code in streets.code.tolist()]


def test_both_directions_are_one_street_and_oneway_does_not_bind():
    streets = from_graph(
        graph_of(
            (1, 2, {"highway": "residential"}),
            (2, 1, {"highway": "residential"}),
            (2, 3, {"highway": "primary", "oneway": True}),
        )
    )
    assert streets.a.size == 2
    assert streets.forward.all()
    assert streets.backward.all()
    assert streets.notes == {"source": "osm", "ways": 2, "ways_left_out": 0}


def test_both_directions_with_a_shape_are_one_street():
    shape = LineString([(113.001, 25.8), (113.0015, 25.801), (113.0017, 25.801), (113.002, 25.8)])
    streets = from_graph(
        graph_of(
            (1, 2, {"highway": "path", "geometry": shape}), (2, 1, {"highway": "path", "geometry": shape.reverse()})
        )
    )
    assert streets.a.size == 3
    network = assemble(streets, crs=CRS.from_epsg(4547))
    to_metres = Transformer.from_crs(4326, 4547, always_xy=True)
    truth = LineString(np.column_stack(to_metres.transform(*shape.xy)))
    assert network.edge_length_m.tolist() == pytest.approx([truth.length])


def test_parallel_streets_of_other_shape_or_kind_stay_two():
    bent = LineString([(113.001, 25.8), (113.0015, 25.801), (113.002, 25.8)])
    streets = from_graph(
        graph_of(
            (1, 2, {"highway": "path"}), (1, 2, {"highway": "path", "geometry": bent}), (2, 1, {"highway": "steps"})
        )
    )
    assert streets.notes["ways"] == 3


def test_what_nobody_may_walk_is_left_out_and_counted():
    streets = from_graph(
        graph_of(
            (1, 2, {"highway": "footway"}),
            (2, 3, {"highway": "motorway"}),
            (3, 4, {"highway": "service", "access": "private"}),
            (4, 5, {"highway": "cycleway"}),
            (5, 6, {}),
        )
    )
    assert kinds(streets) == ["footway"]
    assert streets.notes["ways_left_out"] == 4


@pytest.mark.parametrize("said", [True, "True"])
def test_a_way_for_one_direction_of_walkers_is_kept_in_both_rows(said):
    """osmnx lists an oneway:foot way in both directions, one of them as reversed: one street, one direction."""
    ahead = {"highway": "footway", "oneway:foot": "yes", "reversed": False}
    streets = from_graph(graph_of((1, 2, ahead), (2, 1, {**ahead, "reversed": said})))
    assert streets.a.size == 1
    x = streets.xy[[streets.a[0], streets.b[0]], 0]
    east = streets.forward[0] if x[0] < x[1] else streets.backward[0]
    west = streets.backward[0] if x[0] < x[1] else streets.forward[0]
    assert (bool(east), bool(west)) == (True, False)


def test_of_merged_ways_all_must_be_walkable_and_stairs_are_not_lost():
    streets = from_graph(
        graph_of(
            (1, 2, {"highway": ["footway", "steps"]}),
            (2, 3, {"highway": ["steps", "path"]}),
            (3, 4, {"highway": ["residential", "service"]}),
            (4, 5, {"highway": ["footway", "motorway"]}),
            (5, 6, {"highway": "footway", "access": ["yes", "private"]}),
        )
    )
    assert kinds(streets) == ["steps", "steps", "street"]
    assert streets.notes["ways_left_out"] == 2


def test_a_projected_graph_keeps_its_crs():
    streets = from_graph(graph_of((1, 2, {"highway": "footway"}), crs="EPSG:4547"))
    assert streets.crs.to_epsg() == 4547


def test_faults_are_gathered():
    graph = nx.MultiDiGraph()
    graph.add_node(1, x=1.0)
    with pytest.raises(InputError) as caught:
        from_graph(graph, where="town.graphml")
    assert [fault.what for fault in caught.value.faults] == [
        "the graph states no coordinate system",
        "1 nodes have no x and y",
    ]
    assert caught.value.faults[1].why == "the first is node 1"
    with pytest.raises(InputError, match="the graph holds no walkable way"):
        from_graph(graph_of((1, 2, {"highway": "motorway"})))


@pytest.mark.parametrize("content", ["", "<graphml", "<graphml/>", "no graph"])
def test_a_broken_file_is_told_so(tmp_path, content):
    path = tmp_path / "town.graphml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"town\.graphml: the file cannot be read as a graph saved by osmnx"):
        read_graphml(path)


def test_shenzhen_equals_networkx(shared_data: Path):
    """The raw file read by networkx: one street per pair of nodes, kind and shape; lengths on the ellipsoid."""
    path = shared_data / "shenzhen" / "G_osmnx_original.graphml"
    raw = nx.read_graphml(path)
    streets = read_graphml(path)
    once, left_out, steps, metres = {}, 0, 0, 0.0
    for u, v, data in raw.edges(data=True):
        text = data.get("highway", "")
        values = [part.strip("'\" ") for part in text.strip("[]").split(",")]
        access = data.get("access", "")
        if any(refused in access for refused in ("private", "no")) or not all(walkable(value) for value in values):
            left_out += 1
            continue
        shape = data.get("geometry", "")
        inner = shape.removeprefix("LINESTRING (").removesuffix(")").split(", ") if shape else []
        key = min((u, v, *inner), (v, u, *inner[::-1]))
        once.setdefault((key, tuple(sorted(values))), data)
    for data in once.values():
        steps += "steps" in data["highway"]
        metres += float(data["length"])
    assert streets.notes["ways"] == len(once)
    assert streets.notes["ways_left_out"] == left_out
    network = assemble(streets, crs=CRS.from_epsg(4547))
    assert network.edge_length_m.sum() == pytest.approx(metres, rel=2e-3)
    assert len(once) > 1000
    assert steps > 0
    coded = streets.code == ways.classes().index("steps")
    assert coded.any()


def walkable(highway):
    return highway not in {
        "motorway",
        "motorway_link",
        "cycleway",
        "bridleway",
        "busway",
        "construction",
        "proposed",
        "raceway",
    }


def test_a_node_that_stops_walkers_cuts_its_ways():
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=113.0, y=25.8)
    graph.add_node(2, x=113.001, y=25.8, barrier="gate", access="private")
    graph.add_node(3, x=113.002, y=25.8)
    graph.add_edge(1, 2, highway="residential")
    graph.add_edge(
        2, 3, highway="residential", geometry=LineString([(113.001, 25.8), (113.0015, 25.8003), (113.002, 25.8)])
    )
    network = assemble(from_graph(graph), crs=CRS.from_epsg(4547))
    assert (network.nodes, network.edges) == (4, 2)
    graph.nodes[2]["access"] = "yes"
    assert assemble(from_graph(graph), crs=CRS.from_epsg(4547)).edges == 1


def test_which_edges_stay_open_inside_gated_compounds():
    """A bridge is known; of an edge merged from several ways it is not, and all of its kinds must be main roads."""
    cases = [
        ({"highway": "footway", "bridge": "yes", "osmid": 1}, True),
        ({"highway": "footway", "bridge": "yes", "osmid": [1, 2]}, False),
        ({"highway": ["primary", "secondary"], "osmid": [1, 2]}, True),
        ({"highway": ["primary", "residential"], "osmid": [1, 2]}, False),
        ({"highway": "residential", "osmid": 1}, False),
    ]
    for data, stays in cases:
        assert from_graph(graph_of((1, 2, data))).thoroughfare.tolist() == [stays], data

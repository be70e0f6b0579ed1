"""Line layers: what is joined where lines meet or cross, and what never is."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from pyproj import CRS
from shapely import LineString, MultiLineString, Point

from planner.errors import InputError
from planner.walking import Places, Streetwise, Walker
from planner.walking.lines import from_lines, read_lines
from planner.walking.network import assemble
from tests.walking.conftest import ZONE

PACE = Walker("one", 1.0)
EAST, NORTH = 500_000.0, 2_850_000.0


def line(*points):
    return LineString([(EAST + point[0], NORTH + point[1], *point[2:]) for point in points])


def layer(*lines, crs=ZONE, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=crs)


def network_of(table):
    return assemble(from_lines(table, crs=ZONE), crs=ZONE)


def metres(network, start, end):
    """Length of the walk between two points of the drawing; NaN where there is none."""
    spots = []
    for point in (start, end):
        at = Point(EAST + point[0], NORTH + point[1])
        distance = np.array([shape.distance(at) for shape in network.edge_lines])
        edge = int(distance.argmin())
        assert distance[edge] < 1e-6
        spots.append(Places.at([edge], [network.edge_lines[edge].project(at)]))
    return float(Streetwise(network, PACE).nearest(*spots).seconds[0])


# A street west to east, 200 m, and a way south to north that crosses its middle without a common point.
STREET, OVER = line((-100, 0), (100, 0)), line((0, -100), (0, 100))


@pytest.mark.parametrize(
    "columns",
    [
        {"bridge": ["F", "F"], "tunnel": ["F", "F"]},
        {"bridge": ["no", None]},
        {"layer": [0, 0]},
        {"layer": ["1", "1"]},
        {"level": [None, 0.0]},
        {"BRIDGE": ["否", ""]},
        {"bridge": [False, False]},
    ],
    ids=str,
)
def test_lines_of_one_level_that_cross_are_joined(columns):
    streets = from_lines(layer(STREET, OVER, **columns), crs=ZONE)
    network = assemble(streets, crs=ZONE)
    assert (network.nodes, network.edges) == (5, 4)
    assert metres(network, (-100, 0), (0, 100)) == pytest.approx(200)
    assert streets.notes["crossings"] == []


@pytest.mark.parametrize(
    "columns",
    [
        {"bridge": ["no", "yes"]},
        {"bridge": ["F", "T"], "tunnel": ["F", "F"]},
        {"bridge": [False, True]},
        {"bridge": ["", "viaduct"]},
        {"bridge": [0.0, 1.0]},
        {"bridge": ["否", "是"]},
        {"tunnel": [None, "yes"]},
        {"tunnel": ["no", "building_passage"]},
        {"layer": [0, 1]},
        {"layer": ["0", "-1"]},
        {"layer": [None, 1.0]},
        {"level": [0, 1]},
        {"Layer": [0, 0], "Bridge": ["no", "yes"]},
        {"layer": [1, 2], "bridge": ["yes", "yes"]},
    ],
    ids=str,
)
def test_bridges_tunnels_and_other_levels_are_never_joined_to_what_they_cross(columns):
    streets = from_lines(layer(STREET, OVER, **columns), crs=ZONE)
    network = assemble(streets, crs=ZONE)
    assert network.edges == 2
    assert np.isnan(metres(network, (-100, 0), (0, 100)))
    assert streets.notes["crossings"] == streets.notes["kept_apart"] == []


@pytest.mark.parametrize("columns", [{}, {"name": ["a", "b"]}, {"layer": ["道路中线", "人行天桥"]}], ids=str)
def test_where_no_level_is_known_a_crossing_is_listed_and_not_joined(columns):
    """The `layer` of a CAD drawing names a drawing layer: it is no height."""
    streets = from_lines(layer(STREET, OVER, **columns), crs=ZONE)
    assert streets.notes["crossings"] == [(EAST, NORTH)]
    assert assemble(streets, crs=ZONE).edges == 2


@pytest.mark.parametrize("columns", [{"bridge": ["yes", "yes"]}, {"layer": [0, 0], "tunnel": ["yes", "yes"]}], ids=str)
def test_two_bridges_of_unknown_height_that_cross_are_listed_and_not_joined(columns):
    streets = from_lines(layer(STREET, OVER, **columns), crs=ZONE)
    assert streets.notes["crossings"] == [(EAST, NORTH)]
    assert assemble(streets, crs=ZONE).edges == 2


def test_where_no_level_is_known_shared_ends_and_vertices_are_joined():
    bent = line((-100, 0), (0, 0), (100, 0))
    streets = from_lines(layer(bent, line((0, 0), (0, 80)), line((100, 0), (100, 50))), crs=ZONE)
    network = assemble(streets, crs=ZONE)
    assert metres(network, (-100, 0), (0, 80)) == pytest.approx(180)
    assert metres(network, (0, 80), (100, 50)) == pytest.approx(230)
    assert streets.notes["crossings"] == []


def test_points_within_a_millimetre_are_one_and_farther_ones_are_not():
    near = network_of(layer(line((0, 0), (50, 0)), line((50.0002, 0), (90, 0))))
    far = network_of(layer(line((0, 0), (50, 0)), line((50.01, 0), (90, 0))))
    assert (near.edges, far.edges) == (1, 2)
    # Nor does it matter on which side of a rounding the two points fall.
    split = network_of(layer(line((0, 0), (50.00049, 0)), line((50.00051, 0), (90, 0))))
    assert split.edges == 1


def test_a_shared_vertex_under_a_bridge_stays_apart():
    """Both lines have a vertex where the bridge passes over the street; both pass through it."""
    street, bridge = line((-100, 0), (0, 0), (100, 0)), line((0, -100), (0, 0), (0, 100))
    streets = from_lines(layer(street, bridge, bridge=["no", "yes"]), crs=ZONE)
    assert streets.notes["kept_apart"] == [(EAST, NORTH)]
    assert assemble(streets, crs=ZONE).edges == 2
    assert from_lines(layer(street, bridge, bridge=["no", "no"]), crs=ZONE).notes["kept_apart"] == []


def test_the_road_before_a_bridge_is_joined_to_it():
    road, bridge, after = line((-100, 0), (0, 0)), line((0, 0), (80, 0)), line((80, 0), (150, 0))
    network = network_of(layer(road, bridge, after, bridge=["no", "yes", "no"]))
    assert metres(network, (-100, 0), (150, 0)) == pytest.approx(250)


def test_stairs_that_end_at_the_middle_of_a_bridge_are_joined_to_it_alone():
    """A stair climbs from the street at (-40, 0) to the bridge's middle vertex, over the street's vertex there."""
    street = line((-100, 0), (-40, 0), (0, 0), (100, 0))
    bridge = line((0, -100), (0, 0), (0, 100))
    stair = line((-40, 0), (-40, 30), (0, 50))
    bridge_with_landing = line((0, -100), (0, 0), (0, 50), (0, 100))
    network = network_of(layer(street, bridge_with_landing, stair, bridge=["no", "yes", "no"]))
    climb = 30 + np.hypot(40, 20)
    assert metres(network, (-100, 0), (0, 100)) == pytest.approx(60 + climb + 50)
    # Where a stair ends at the very point in which bridge and street pass over each other, the lower one is its own.
    below = network_of(layer(street, bridge, line((0, 0), (-30, 40)), bridge=["no", "yes", "no"]))
    assert metres(below, (-100, 0), (-30, 40)) == pytest.approx(150)
    assert np.isnan(metres(below, (0, 100), (-30, 40)))


def test_of_two_levels_equally_near_a_stair_is_joined_to_the_upper():
    """Level 1 ends at a vertex through which levels 0 and 2 pass: a stair is there to climb."""
    street, bridge, stair = line((-100, 0), (0, 0), (100, 0)), line((0, -100), (0, 0), (0, 100)), line((0, 0), (30, 40))
    network = network_of(layer(street, bridge, stair, layer=[0, 2, 1]))
    assert metres(network, (30, 40), (0, 100)) == pytest.approx(150)
    assert np.isnan(metres(network, (30, 40), (100, 0)))


def test_an_osmnx_edge_table_is_joined_by_its_node_names_alone():
    """Both directions are listed; the bridge crosses the street at a common vertex but shares no node."""
    street, bridge = line((-100, 0), (0, 0), (100, 0)), line((0, -100), (0, 0), (0, 100))
    tail = line((100, 0), (100, 70))
    table = layer(
        street, street.reverse(), bridge, bridge.reverse(), tail, tail.reverse(),
        u=[1, 2, 3, 4, 2, 5], v=[2, 1, 4, 3, 5, 2], highway=["footway"] * 6)  # fmt: skip
    streets = from_lines(table, crs=ZONE)
    network = assemble(streets, crs=ZONE)
    assert streets.notes["ways"] == 3
    assert network.edge_length_m.sum() == pytest.approx(470)
    assert metres(network, (-100, 0), (100, 70)) == pytest.approx(270)
    assert np.isnan(metres(network, (-100, 0), (0, 100)))


def test_bishan_is_joined_by_name_with_each_direction_once(shared_data: Path):
    """7,230 undirected edges or so: as many as networkx keeps of the table's pairs and lengths; a table's metres."""
    path = shared_data / "bishan" / "bishan_network.gpkg"
    table = gpd.read_file(path)
    graph = nx.MultiGraph()
    for u, v, shape, length, kind in zip(
        table["u"], table["v"], table.geometry, table["length"], table["highway"], strict=True
    ):
        key = (min(shape.wkb, shape.reverse().wkb), kind)
        graph.add_edge(u, v, key=key, metres=length)
    zone = ZONE.from_epsg(3414)
    streets = read_lines(path, crs=zone)
    assert streets.notes["ways"] == graph.number_of_edges()
    network = assemble(streets, crs=zone)
    stated = table["length"].sum() / 2
    assert network.edge_length_m.sum() == pytest.approx(stated, rel=0.01)
    parts = sorted(len(part) for part in nx.connected_components(graph))
    assert np.unique(network.component_length_m).size == len(parts)


def test_each_line_is_taken_once_whatever_its_direction_unless_its_direction_binds():
    street = line((0, 0), (50, 0))
    assert from_lines(layer(street, street.reverse(), street), crs=ZONE).notes["ways"] == 1
    stairs = layer(street, street.reverse(), highway=["steps", "steps"], conveying=["forward", "forward"])
    streets = from_lines(stairs, crs=ZONE)
    assert streets.notes["ways"] == 2  # one up, one down
    assert not streets.backward.any()


def test_tags_are_judged_and_a_line_without_kind_is_a_street():
    table = layer(
        line((0, 0), (10, 0)), line((10, 0), (20, 0)), line((20, 0), (30, 0)), line((30, 0), (40, 0)),
        fclass=["steps", "motorway", None, "footway"], access=[None, None, None, "private"])  # fmt: skip
    streets = from_lines(table, crs=ZONE)
    assert [streets.classes[code] for code in streets.code] == ["steps", "street"]
    assert (streets.notes["ways"], streets.notes["ways_left_out"]) == (2, 2)


def test_multi_lines_are_taken_apart_heights_are_dropped_and_other_shapes_counted():
    first, second = line((0, 0, 5.0), (30, 40, 900.0)), line((30, 40, 1.0), (30, 140, 1.0))
    streets = from_lines(layer(MultiLineString([first, second]), Point(EAST, NORTH), None, LineString()), crs=ZONE)
    network = assemble(streets, crs=ZONE)
    assert network.edge_length_m.tolist() == [150.0]
    assert streets.xy.shape[1] == 2
    assert streets.notes["ways"] == 2
    assert streets.notes["not_lines"] == 2


@pytest.mark.parametrize("name", ["roads.gpkg", "roads.shp", "roads.geojson", "roads.json", "roads.parquet"])
def test_every_format_gives_the_same_streets(tmp_path, name):
    table = layer(STREET, OVER, bridge=["no", "yes"]).to_crs(4326)
    path = tmp_path / name
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path, driver="GeoJSON" if path.suffix == ".json" else None)
    network = assemble(read_lines(path, crs=ZONE), crs=ZONE)
    assert network.edge_length_m.tolist() == pytest.approx([200, 200], abs=0.01)
    assert np.isnan(network.component_length_m).sum() == 0


def test_a_layer_without_crs_or_lines_is_told_so(tmp_path):
    with pytest.raises(InputError, match=r"roads: the street layer states no coordinate system → save it with its CRS"):
        from_lines(layer(STREET, crs=None), crs=ZONE, where="roads")
    with pytest.raises(InputError, match="the street layer holds no walkable line"):
        from_lines(layer(STREET, highway=["motorway"]), crs=ZONE)
    with pytest.raises(InputError, match="the street layer holds no walkable line"):
        from_lines(layer(Point(EAST, NORTH)), crs=ZONE)
    broken = tmp_path / "roads.gpkg"
    broken.write_text("no database", encoding="utf-8")
    with pytest.raises(InputError, match=r"roads\.gpkg: the street layer cannot be read \(.+\)"):
        read_lines(broken, crs=ZONE)
    broken = tmp_path / "roads.parquet"
    broken.write_text("no table", encoding="utf-8")
    with pytest.raises(InputError, match=r"roads\.parquet: the street layer cannot be read"):
        read_lines(broken, crs=ZONE)


def _two(tmp_columns, *lines):
    return gpd.GeoDataFrame(tmp_columns, geometry=[LineString(one) for one in lines], crs="EPSG:4547")


def test_a_line_that_ends_on_another_is_joined_where_levels_are_known():
    main, side = [(0, 0), (100, 0)], [(40, 0), (40, 70)]
    streets = from_lines(_two({"bridge": ["no", "no"]}, main, side), crs=CRS.from_epsg(4547))
    network = assemble(streets, crs=streets.crs)
    assert (network.nodes, network.edges) == (4, 3)  # three ends and the junction
    assert streets.notes["crossings"] == []


def test_a_line_that_ends_on_another_is_listed_where_they_are_not():
    main, side = [(0, 0), (100, 0)], [(40, 0), (40, 70)]
    streets = from_lines(_two({"name": ["a", "b"]}, main, side), crs=CRS.from_epsg(4547))
    assert streets.notes["crossings"] == [(40.0, 0.0)]
    assert assemble(streets, crs=streets.crs).edges == 2


def test_a_line_that_ends_on_a_bridge_of_another_level_stays_apart():
    main, side = [(0, 0), (100, 0)], [(40, 0), (40, 70)]
    streets = from_lines(_two({"bridge": ["yes", "no"]}, main, side), crs=CRS.from_epsg(4547))
    assert assemble(streets, crs=streets.crs).edges == 2


def test_an_empty_level_column_says_nothing():
    cross = [(0, 0), (100, 0)], [(50, -50), (50, 50)]
    streets = from_lines(_two({"bridge": [None, None]}, *cross), crs=CRS.from_epsg(4547))
    assert streets.notes["crossings"] == [(50.0, 0.0)]
    assert assemble(streets, crs=streets.crs).edges == 2


@pytest.mark.parametrize("missing", [None, np.nan, ""], ids=repr)
def test_lines_without_names_for_their_ends_are_joined_by_place_and_not_to_each_other(missing):
    """Lines that were added by hand to an edge table have no u and v; they are neither lost nor brought together."""
    table = layer(
        line((0, 0), (100, 0)),
        line((100, 0), (100, 50)),
        line((500, 0), (550, 10), (600, 0)),
        line((5000, 0), (5050, 10), (5100, 0)),
        u=[1, missing, missing, missing],
        v=[2, missing, missing, missing],
    )
    network = network_of(table)
    assert network.edges == 3
    assert metres(network, (0, 0), (100, 50)) == pytest.approx(150)
    assert np.isnan(metres(network, (500, 0), (5000, 0)))


def test_parts_of_a_named_line_do_not_share_their_names():
    parts = MultiLineString([line((0, 0), (100, 0)), line((5000, 0), (5100, 0))])
    network = network_of(layer(parts, u=[1], v=[2]))
    assert np.isnan(metres(network, (0, 0), (5000, 0)))


def test_the_ending_may_be_in_capitals(tmp_path):
    layer(STREET).to_parquet(tmp_path / "STREETS.PARQUET")
    assert read_lines(tmp_path / "STREETS.PARQUET", crs=ZONE).a.size == 1


def test_a_line_that_crosses_itself_is_listed():
    loop = [(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)]
    for columns in ({"name": ["a"]}, {"bridge": ["no"]}):
        streets = from_lines(_two(columns, loop), crs=CRS.from_epsg(4547))
        assert streets.notes["crossings"] == [(50.0, 0.0)]
    with_a_point = [(0, 0), (50, 0), (100, 0), (100, 50), (50, 50), (50, 0), (50, -50)]
    streets = from_lines(_two({"name": ["a"]}, with_a_point), crs=CRS.from_epsg(4547))
    assert streets.notes["crossings"] == []
    assert assemble(streets, crs=streets.crs).edges == 3

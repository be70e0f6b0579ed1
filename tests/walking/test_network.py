"""The network: its order, its shapes, its parts, its faults; and what changed streets may never do to a walk."""

from __future__ import annotations

import itertools
from dataclasses import fields

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from planner.errors import InputError
from planner.walking import Places, Streetwise, Walker, WalkNetwork
from planner.walking.network import assemble, curve_order
from planner.walking.streets import Streets
from tests.walking.oracle import Edge, Spot, walk
from tests.walking.raw import scipy_from_seeds

ZONE = "EPSG:4547"
PACE = Walker("one", 1.0)


@st.composite
def street_plans(draw):
    """Points of a small grid (no two alike) and pieces between them: loops, parallel, one-way, of three kinds."""
    spots = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=9, unique=True))
    n = len(spots)
    node = st.integers(0, n - 1)
    way = st.sampled_from([(True, True)] * 4 + [(True, False), (False, True), (False, False)])
    piece = st.tuples(node, node, way, st.sampled_from([0, 0, 0, 1, 2]))
    pieces = draw(st.lists(piece, min_size=1, max_size=16))
    pieces.append((0, 1, (True, True), 0))  # something may always be walked
    return np.array(spots, float) * 17.0, pieces


def assembled(xy, pieces, **more):
    return WalkNetwork.from_edges(
        xy,
        [piece[0] for piece in pieces],
        [piece[1] for piece in pieces],
        forward=[piece[2][0] for piece in pieces],
        backward=[piece[2][1] for piece in pieces],
        code=[piece[3] for piece in pieces],
        classes=("street", "steps", "path"),
        crs=ZONE,
        **more,
    )


def as_bytes(network):
    arrays = (getattr(network, part.name) for part in fields(network))
    return [array.tobytes() for array in arrays if isinstance(array, np.ndarray)]


@settings(max_examples=250, deadline=None)
@given(street_plans(), st.randoms(use_true_random=False))
def test_order_and_direction_of_the_pieces_change_not_one_byte(plan, random):
    xy, pieces = plan
    rank = list(range(len(xy)))
    random.shuffle(rank)  # point i is row rank[i] now
    moved = np.empty_like(xy)
    moved[rank] = xy
    shuffled = [(rank[a], rank[b], way, code) for a, b, way, code in pieces]
    random.shuffle(shuffled)
    turned = [(b, a, way[::-1], code) if random.random() < 0.5 else (a, b, way, code) for a, b, way, code in shuffled]
    assert as_bytes(assembled(xy, pieces)) == as_bytes(assembled(moved, turned))


def points_apart(network, xy):
    """For every point, edges and offsets at which it lies, told from the shapes alone."""
    spots = {}
    for edge in range(network.edges):
        shape = network.shape_xy[network.shape_indptr[edge] : network.shape_indptr[edge + 1]]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(shape, axis=0).T))])
        for point, offset in zip(map(tuple, shape.tolist()), along.tolist(), strict=True):
            spots.setdefault(point, (edge, min(offset, network.edge_length_m[edge])))
    return [spots.get(point) for point in map(tuple, xy.tolist())]


def walks_between_points(network, xy):
    """Seconds between all points, contracted ones as positions on their edges; inf where there is no way."""
    spots = points_apart(network, xy)
    places = Places.at(
        [-1 if spot is None else spot[0] for spot in spots], [0.0 if spot is None else spot[1] for spot in spots]
    )
    table = Streetwise(network, PACE).table(places, places, limit_s=np.inf, threads=1)
    seconds = np.full((len(xy), len(xy)), np.inf)
    rows = np.repeat(np.arange(len(xy)), np.diff(table.indptr))
    seconds[rows, table.destination] = table.seconds
    return seconds


def walks_by_scipy(xy, pieces):
    ahead = [(a, b) for a, b, way, _code in pieces if way[0]] + [(b, a) for a, b, way, _code in pieces if way[1]]
    tail, head = np.array(ahead).T
    n = len(xy)
    metres = np.hypot(*(xy[head] - xy[tail]).T)
    return scipy_from_seeds(n, tail, head, metres, np.arange(n), np.zeros(n)).reshape(n, n)


@settings(max_examples=150, deadline=None)
@given(street_plans())
def test_contraction_changes_no_walk(plan):
    """Contracted, kept apart (every piece of its own kind) and scipy on the bare pieces agree on all walks."""
    xy, pieces = plan
    used = sorted({point for a, b, way, _code in pieces if any(way) for point in (a, b)})
    truth = walks_by_scipy(xy, pieces)[np.ix_(used, used)]
    apart = WalkNetwork.from_edges(
        xy, [piece[0] for piece in pieces], [piece[1] for piece in pieces],
        forward=[piece[2][0] for piece in pieces], backward=[piece[2][1] for piece in pieces],
        code=range(len(pieces)), classes=tuple(map(str, range(len(pieces)))), crs=ZONE)  # fmt: skip
    for network in (assembled(xy, pieces), apart):
        assert (points_apart(network, xy[used])).count(None) == 0
        np.testing.assert_allclose(walks_between_points(network, xy[used]), truth, rtol=0, atol=1e-6)


@settings(max_examples=80, deadline=None)
@given(street_plans(), st.integers(0, 8), st.integers(0, 8), st.floats(0.1, 60.0))
def test_an_added_street_never_lengthens_a_walk(plan, a, b, length):
    xy, pieces = plan
    lengths = np.hypot(*(xy[[piece[1] for piece in pieces]] - xy[[piece[0] for piece in pieces]]).T)
    before = walks_by_point_nodes(xy, pieces, lengths)
    more = [*pieces, (a % len(xy), b % len(xy), (True, True), 1)]
    after = walks_by_point_nodes(xy, more, np.append(lengths, length))
    assert (after <= before + 1e-9).all()


def walks_by_point_nodes(xy, pieces, lengths):
    """Seconds between all points through `nearest`, each point held as a node by a short stub of another kind."""
    n = len(xy)
    stubs = [(point, n + point, (True, True), 2) for point in range(n)]
    both = np.concatenate([xy, xy + np.array([0.0, 1.0])])
    network = assembled(both, [*pieces, *stubs], length_m=np.append(lengths, np.ones(n)))
    tips = {tuple(xy): row for row, xy in enumerate(network.node_xy.tolist())}
    rows = [tips[tuple(point)] for point in both[n:].tolist()]
    edge = [int(network.arc_edge[network.indptr[row]]) for row in rows]
    offset = [0.0 if network.edge_u[e] == row else network.edge_length_m[e] for e, row in zip(edge, rows, strict=True)]
    places = Places.at(edge, offset)
    seconds = np.empty((n, n))
    for end in range(n):
        only = places.only(np.arange(n) == end)
        seconds[:, end] = Streetwise(network, PACE).nearest(places, only).seconds
    return np.where(np.isnan(seconds), np.inf, seconds)


@settings(max_examples=40, deadline=None)
@given(street_plans(), st.sampled_from([2.0, 3.0, 0.5]))
def test_longer_streets_take_as_much_longer(plan, factor):
    xy, pieces = plan
    lengths = np.hypot(*(xy[[piece[1] for piece in pieces]] - xy[[piece[0] for piece in pieces]]).T)
    network, scaled = (assembled(xy, pieces, length_m=lengths * by) for by in (1.0, factor))
    np.testing.assert_allclose(scaled.edge_length_m, network.edge_length_m * factor, rtol=1e-12)
    edges = np.arange(network.edges)
    for share in (0.0, 0.25, 1.0):
        starts, ends = (
            (Places.at(edges, share * net.edge_length_m), Places.at([0], [net.edge_length_m[0] * 0.5]))
            for net in (network, scaled)
        )
        once = Streetwise(network, PACE).nearest(*starts)
        again = Streetwise(scaled, PACE).nearest(*ends)
        np.testing.assert_allclose(again.seconds, once.seconds * factor, rtol=1e-12)
        np.testing.assert_allclose(again.network_m, once.network_m * factor, rtol=1e-12)


def test_a_street_drawn_point_by_point_is_one_edge_with_its_shape():
    """Down a stair of 3-4-5 triangles: 5 + 5 + 5 m, the last piece drawn upwards."""
    xy = [[0, 0], [3, 4], [7, 7], [12, 7]]
    network = WalkNetwork.from_edges(xy, u=[0, 1, 3], v=[1, 2, 2], crs=ZONE)
    assert (network.nodes, network.edges) == (2, 1)
    assert network.edge_length_m.tolist() == [15.0]
    assert network.edge_lines[0].equals(shapely.LineString(xy))


def test_a_change_of_kind_or_of_permission_ends_a_chain():
    xy = [[0.0, 0], [10, 0], [20, 0], [30, 0]]
    kinds = WalkNetwork.from_edges(xy, [0, 1, 2], [1, 2, 3], code=[0, 1, 0], classes=("street", "steps"), crs=ZONE)
    assert kinds.edges == 3
    one_way = WalkNetwork.from_edges(xy, [0, 1, 2], [1, 2, 3], backward=[True, False, False], crs=ZONE)
    assert sorted(one_way.edge_length_m.tolist()) == [10.0, 20.0]
    assert one_way.one_way
    # Two one-ways that run against each other are no way through.
    against = WalkNetwork.from_edges(xy, [0, 2, 2], [1, 1, 3], backward=[False] * 3, crs=ZONE)
    assert against.edges == 3
    # Drawn against each other, but walked in one direction: one chain.
    along = WalkNetwork.from_edges(
        xy, [0, 2, 2], [1, 1, 3], forward=[True, False, True], backward=[False, True, False], crs=ZONE
    )
    assert along.edges == 1


def test_ring_loop_parallel_and_zero_length_edges_are_kept():
    ring = WalkNetwork.from_edges([[0, 0], [30, 0], [30, 40]], [0, 1, 2], [1, 2, 0], crs=ZONE)
    assert (ring.nodes, ring.edges, ring.edge_length_m.tolist()) == (1, 1, [120.0])
    assert ring.edge_u.tolist() == ring.edge_v.tolist() == [0]
    assert ring.edge_lines[0].is_ring

    loop = WalkNetwork.from_edges([[0, 0], [9, 0]], [0, 0], [0, 1], length_m=[50, 9], crs=ZONE)
    assert sorted(zip(loop.edge_u.tolist(), loop.edge_v.tolist(), loop.edge_length_m.tolist(), strict=True)) in (
        [(0, 0, 50.0), (0, 1, 9.0)],
        [(0, 1, 9.0), (1, 1, 50.0)],
    )
    parallel = WalkNetwork.from_edges(
        [[0, 0], [9, 0], [0, 9], [9, 9]], [0, 0, 0, 1], [1, 1, 2, 3], length_m=[30, 9, 9, 9], crs=ZONE
    )
    assert sorted(parallel.edge_length_m.tolist()) == [9.0, 9.0, 9.0, 30.0]

    zero = WalkNetwork.from_edges(
        [[0, 0], [0, 0], [9, 0]], [0, 1], [1, 2], length_m=[0, 9], code=[0, 1], classes=("street", "steps"), crs=ZONE
    )
    assert sorted(zero.edge_length_m.tolist()) == [0.0, 9.0]
    ends = Places.at([int(np.argmin(zero.edge_length_m))], [0.0])
    far = int(np.argmax(zero.edge_length_m))
    seconds = Streetwise(zero, PACE).nearest(Places.at([far, far], [0.0, 9.0]), ends).seconds
    assert sorted(seconds.tolist()) == [0.0, 9.0]


def test_a_ring_of_two_pieces_that_one_may_walk_one_way_is_walked_that_way():
    """Out 0 to 1 and back 1 to 0, both one-way: from a quarter of the ring on, 3/4 are left to its first point."""
    for u, v in (([0, 1], [1, 0]), ([1, 0], [0, 1])):
        ring = WalkNetwork.from_edges([[0, 0], [100, 0]], u, v, backward=[False, False], crs=ZONE)
        assert (ring.nodes, ring.edges) == (1, 1)
        walk_m = Streetwise(ring, PACE).nearest(Places.at([0], [50.0]), Places.at([0], [0.0])).seconds
        back_m = Streetwise(ring, PACE).nearest(Places.at([0], [0.0]), Places.at([0], [50.0])).seconds
        assert walk_m[0] + back_m[0] == 200.0
        forward = bool(ring.edge_forward[0])
        assert forward != bool(ring.edge_backward[0])


def test_positions_on_a_contracted_chain_are_exact():
    """On 50 pieces of unequal length every point is found at its running sum, from either end, by the oracle."""
    rng = np.random.default_rng(5)
    length = rng.uniform(0.01, 30, 50)
    xy = np.column_stack([np.concatenate([[0], np.cumsum(length)]), np.zeros(51)])
    chain = WalkNetwork.from_edges(xy, np.arange(50), np.arange(1, 51), crs=ZONE)
    assert chain.edges == 1
    pieces = [Edge(i, i + 1, float(length[i])) for i in range(50)]
    starts = Places.at(np.zeros(51), xy[:, 0])
    found = Streetwise(chain, PACE).nearest(starts, Places.at([0], [xy[20, 0]])).seconds
    truth = [walk(pieces, Spot(min(i, 49), float(i == 50)), Spot(20, 0.0)) for i in range(51)]
    np.testing.assert_allclose(found, truth, rtol=0, atol=1e-9)


def test_length_of_the_part_an_edge_belongs_to():
    """A cross of 4 x 100 m, a ring of 120 m, a lone edge of 7 m."""
    xy = [[0, 0], [100, 0], [-100, 0], [0, 100], [0, -100], [500, 0], [530, 0], [530, 40], [900, 0], [900, 7]]
    u, v = [0, 0, 0, 0, 5, 6, 7, 8], [1, 2, 3, 4, 6, 7, 5, 9]
    network = WalkNetwork.from_edges(xy, u, v, crs=ZONE)
    assert network.edges == 6
    assert sorted(network.component_length_m.tolist()) == [7.0, 120.0, 400.0, 400.0, 400.0, 400.0]
    graph = nx.Graph(zip(network.edge_u.tolist(), network.edge_v.tolist(), strict=True))
    assert nx.number_connected_components(graph) == 3


@settings(max_examples=60, deadline=None)
@given(street_plans())
def test_shapes_are_as_long_as_their_edges_and_arcs_are_stored_at_their_nodes(plan):
    network = assembled(*plan)
    np.testing.assert_allclose(shapely.length(network.edge_lines), network.edge_length_m, rtol=1e-12, atol=1e-9)
    starts, ends = network.shape_indptr[:-1], network.shape_indptr[1:] - 1
    np.testing.assert_array_equal(network.shape_xy[starts], network.node_xy[network.edge_u])
    np.testing.assert_array_equal(network.shape_xy[ends], network.node_xy[network.edge_v])
    owner = np.repeat(np.arange(network.nodes), np.diff(network.indptr))
    u, v = network.edge_u[network.arc_edge], network.edge_v[network.arc_edge]
    np.testing.assert_array_equal(owner, np.where(network.arc_from_u, u, v))
    np.testing.assert_array_equal(network.neighbour, np.where(network.arc_from_u, v, u))
    assert (np.bincount(network.arc_edge) == 2).all()


def test_costs_are_laid_out_by_arc_in_both_directions():
    network = WalkNetwork.from_edges([[0, 0], [100, 0]], [0], [1], crs=ZONE)
    away, towards = network.arc_costs(np.array([5.0]), np.array([7.0]))
    assert away[network.arc_from_u].tolist() == [5.0]
    assert away[~network.arc_from_u].tolist() == [7.0]
    assert towards[network.arc_from_u].tolist() == [7.0]
    same = network.arc_costs(np.array([5.0]), np.array([5.0]))
    assert same[0] is same[1]


def test_curve_keeps_neighbours_together_and_knows_no_order_of_rows():
    """The four cells of a quarter stand together; a Z of Z's (Morton 1966)."""
    step = 1.0245  # a little over 1,024 millimetres, so that quarters of the curve and of the square fall together
    xy = np.array([[x, y] for y in range(4) for x in range(4)], float) * step
    order = curve_order(xy)
    quarters = (xy[order] // (2 * step)).astype(int).tolist()
    assert quarters == [[0, 0]] * 4 + [[1, 0]] * 4 + [[0, 1]] * 4 + [[1, 1]] * 4
    back = curve_order(xy[::-1])
    np.testing.assert_array_equal(xy[::-1][back], xy[order])
    assert curve_order(np.zeros((0, 2))).size == 0


def test_hong_kong_is_contracted_and_every_nearest_walk_equals_scipy(hongkong):
    """85 % of the points are dropped; all 43,620 are asked for through positions on edges."""
    network = WalkNetwork.from_edges(hongkong.xy, hongkong.u, hongkong.v, length_m=hongkong.length, crs=hongkong.crs)
    n = len(hongkong.xy)
    assert network.nodes < 0.2 * n
    assert network.edge_length_m.sum() == pytest.approx(hongkong.length.sum(), rel=1e-9)
    edge, offset = positions_of_points(network, hongkong)
    seeds = np.random.default_rng(30).choice(n, 60, replace=False)
    places = Places.at(edge, offset)
    found = Streetwise(network, PACE).nearest(places, Places.at(edge[seeds], offset[seeds])).seconds
    tail, head = np.concatenate([hongkong.u, hongkong.v]), np.concatenate([hongkong.v, hongkong.u])
    truth = scipy_from_seeds(n, tail, head, np.tile(hongkong.length, 2), seeds, np.zeros(60), nearest_only=True)
    np.testing.assert_allclose(np.where(np.isnan(found), np.inf, found), truth, rtol=1e-6, atol=1e-6)


def positions_of_points(network, raw):
    """Edge and offset of every raw point: points of a shape are told by their coordinates, metres by the raw edges."""
    names, number = np.unique(np.concatenate([raw.xy, network.shape_xy]), axis=0, return_inverse=True)
    raw_name, shape_name = number[: len(raw.xy)], number[len(raw.xy) :]
    low, high = (np.minimum(raw_name[raw.u], raw_name[raw.v]), np.maximum(raw_name[raw.u], raw_name[raw.v]))
    metres = {}
    for pair, length in zip(zip(low.tolist(), high.tolist(), strict=True), raw.length.tolist(), strict=True):
        metres.setdefault(pair, []).append(length)
    edge, offset = np.full(len(names), -1), np.zeros(len(names))
    for e in range(network.edges):
        chain = shape_name[network.shape_indptr[e] : network.shape_indptr[e + 1]].tolist()
        along = 0.0
        for a, b in itertools.pairwise(chain):
            edge[a], offset[a] = e, along
            choice = metres[min(a, b), max(a, b)]
            # Of parallel pieces only whole edges of two points are met here: the edge itself says which it is.
            along += choice[0] if len(choice) == 1 else network.edge_length_m[e] if len(chain) == 2 else min(choice)
        assert along == pytest.approx(network.edge_length_m[e], abs=1e-6)
        edge[chain[-1]], offset[chain[-1]] = e, network.edge_length_m[e]
    return edge[raw_name], offset[raw_name]


def test_faults_are_gathered_and_say_what_to_do():
    with pytest.raises(InputError, match="an edge names a point that is not among the 2 points"):
        WalkNetwork.from_edges([[0, 0], [1, 0]], [0], [2], crs=ZONE)
    with pytest.raises(InputError) as caught:
        WalkNetwork.from_edges(
            [[0, 0], [1, 0], [2, 0]],
            [0, 1],
            [1, 2],
            length_m=[1, -4],
            forward=[False] * 2,
            backward=[False] * 2,
            crs=ZONE,
        )
    said = str(caught.value)
    assert len(caught.value.faults) == 2
    assert "1 edges have a length that is negative or not finite" in said
    assert "first at edge 1" in said
    assert "not one street that may be walked" in said
    with pytest.raises(InputError, match="no finite coordinates"):
        WalkNetwork.from_edges([[0, 0], [np.inf, 0]], [0], [1], crs=ZONE)


def test_streets_nobody_may_walk_are_left_out():
    network = WalkNetwork.from_edges(
        [[0, 0], [1, 0], [2, 0]], [0, 1], [1, 2], forward=[True, False], backward=[True, False], crs=ZONE
    )
    assert (network.nodes, network.edges) == (2, 1)


def test_repr_and_classes():
    network = WalkNetwork.from_edges([[0, 0], [1500, 0]], [0], [1], crs=ZONE)
    assert repr(network) == "<WalkNetwork: 2 nodes, 1 edge, 1,500 m, EPSG:4547>"
    nameless = WalkNetwork.from_edges([[0, 0], [1, 0]], [0], [1], crs=CRS.from_proj4("+proj=tmerc +lon_0=113 +units=m"))
    assert repr(nameless).startswith("<WalkNetwork: 2 nodes, 1 edge, 1 m, ")


def test_streets_in_degrees_are_measured_in_metres():
    """0.01 degree of a meridian at 25.8 N is 1,108 m (WGS 84: 111,132.95 - 559.85 cos 2 phi per degree)."""
    yes = np.ones(1, bool)
    streets = Streets(
        np.array([[114.0, 25.8], [114.0, 25.81]]), np.array([0]), np.array([1]), np.zeros(1, np.uint8), yes, yes,
        CRS.from_epsg(4326), ("street",), notes={"source": "osm"})  # fmt: skip
    network = assemble(streets, crs=CRS.from_epsg(4547), key="abc")
    metres = 0.01 * (111_132.95 - 559.85 * np.cos(np.radians(2 * 25.805)))
    assert network.edge_length_m[0] == pytest.approx(metres, rel=1e-4)
    assert (network.key, network.notes) == ("abc", {"source": "osm"})

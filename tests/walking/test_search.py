"""Walks between positions: against a plain-Python oracle, and what must hold whatever the network."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.walking import WALKERS, Places, Streetwise, Walker, WalkNetwork, within
from tests.walking.oracle import Edge, Spot, walk

PACE = Walker("one", 1.0)  # seconds are metres


@st.composite
def towns(draw):
    """Random network with one-way edges, parallel edges, loops, zero lengths, several components."""
    n = draw(st.integers(2, 9))
    m = draw(st.integers(1, 18))
    lengths = st.one_of(st.just(0.0), st.integers(1, 60).map(float), st.floats(0.001, 50.0))
    edges = []
    for _ in range(m):
        u, v = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
        way = draw(st.sampled_from([(True, True)] * 3 + [(True, False), (False, True)]))
        length = draw(lengths)
        # A position inside a one-way without length has no before and after: such an edge is walked both ways.
        edges.append(Edge(u, v, length, *(way if length else (True, True))))
    shares = st.integers(0, 64).map(lambda part: part / 64)  # exact from either end
    spots = st.builds(Spot, st.integers(0, m - 1), shares, st.one_of(st.just(0.0), st.floats(0.0, 30.0)))
    starts = draw(st.lists(st.lists(spots, max_size=3), min_size=1, max_size=4))
    ends = draw(st.lists(st.lists(spots, max_size=3), min_size=1, max_size=4))
    return n, edges, starts, ends


def build(n, edges):
    """Network with every edge kept apart: points that are all of another kind of way are never contracted."""
    network = WalkNetwork.from_edges(
        [[float(i * 100), float((i * 37) % 11)] for i in range(n)],
        [e.u for e in edges],
        [e.v for e in edges],
        length_m=[e.length for e in edges],
        forward=[e.forward for e in edges],
        backward=[e.backward for e in edges],
        code=range(len(edges)),
        classes=tuple(str(i) for i in range(len(edges))),
        crs="EPSG:4547",
    )
    where = {int(code): row for row, code in enumerate(network.edge_class)}
    # Which way round an edge is stored shows in the x of its first node; a loop is stored the way it may be walked.
    flipped = {}
    for number, edge in enumerate(edges):
        row = where[number]
        x = network.node_xy[network.edge_u[row], 0]
        flipped[number] = x != edge.u * 100 if edge.u != edge.v else not edge.forward
    return network, where, flipped


def to_places(groups, edges, where, flipped):
    place, row, offset, access = [], [], [], []
    for number, group in enumerate(groups):
        for spot in group:
            share = 1 - spot.share if flipped[spot.edge] else spot.share
            place.append(number)
            row.append(where[spot.edge])
            offset.append(share * edges[spot.edge].length)
            access.append(spot.access)
    return Places(
        len(groups), np.array(place, "i4"), np.array(row, "i4"), np.array(offset, "f8"), np.array(access, "f8")
    )


def unreached_as_inf(seconds):
    return np.where(np.isnan(seconds), np.inf, seconds)


def expected(edges, starts, ends):
    return np.array(
        [[min((walk(edges, s, e) for s in start for e in end), default=math.inf) for end in ends] for start in starts]
    )


@settings(max_examples=400, deadline=None)
@given(towns())
def test_nearest_equals_the_oracle(town):
    n, edges, starts, ends = town
    network, where, flipped = build(n, edges)
    homes, places = (to_places(group, edges, where, flipped) for group in (starts, ends))
    truth = expected(edges, starts, ends)
    search = Streetwise(network, PACE)

    nearest = search.nearest(homes, places)
    best = truth.min(axis=1)
    np.testing.assert_allclose(unreached_as_inf(nearest.seconds), best, rtol=0, atol=1e-6)
    for row, end in enumerate(nearest.end):
        assert (end < 0) == math.isinf(best[row])
        if end >= 0:
            assert truth[row, end] == pytest.approx(best[row], abs=1e-6)
            walked = nearest.network_m[row]
            walked += homes.access_m[nearest.start_position[row]] + places.access_m[nearest.end_position[row]]
            assert walked == pytest.approx(best[row], abs=1e-6)  # the metres are those of the walk found

    k = 3
    seconds, which = search.nearest_k(homes, places, k)
    ranked = np.sort(np.column_stack([truth, np.full((len(truth), k), np.inf)]), axis=1)[:, :k]
    np.testing.assert_allclose(unreached_as_inf(seconds), ranked, rtol=0, atol=1e-6)
    for row in range(len(truth)):
        found = [end for end in which[row] if end >= 0]
        assert len(set(found)) == len(found)
        np.testing.assert_allclose(truth[row, found], ranked[row, : len(found)], rtol=0, atol=1e-6)

    limit = 25.0
    table = search.table(homes, places, limit_s=limit, threads=1)
    sparse = np.full(truth.shape, np.inf)
    for row in range(len(truth)):
        span = slice(table.indptr[row], table.indptr[row + 1])
        sparse[row, table.destination[span]] = table.seconds[span]
    within = np.where(truth <= limit + 1e-6, truth, np.inf)
    edge_of_limit = np.abs(truth - limit) < 2e-6
    np.testing.assert_allclose(sparse[~edge_of_limit], within[~edge_of_limit], rtol=0, atol=1e-6)


STREET = [[0.0, 0.0], [1000.0, 0.0]]


def street(**more):
    return WalkNetwork.from_edges(STREET, [0], [1], crs="EPSG:4547", **more)


def steps_that_sum_to(total):
    """Cuts of a length into pieces: as floats they never add up to it exactly, on paper they do."""
    weights = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=200)
    return weights.map(lambda parts: [part / math.fsum(parts) * total for part in parts])


def walk_over_pieces(length, *, beyond_s=0.0):
    """An elder's nearest walk over a street whose every piece is an edge of its own, within 15 minutes."""
    n = len(length)
    network = WalkNetwork.from_edges(
        np.column_stack([np.arange(n + 1) * 10.0, np.zeros(n + 1)]),
        np.arange(n),
        np.arange(1, n + 1),
        length_m=length,
        code=np.arange(n) % 2,
        classes=("street", "steps"),
        crs="EPSG:4547",
    )
    assert network.edges == n
    first = int(np.argmin(network.node_xy[network.edge_u, 0] + network.node_xy[network.edge_v, 0]))
    last = int(np.argmax(network.node_xy[network.edge_u, 0] + network.node_xy[network.edge_v, 0]))
    ends = []
    for edge, x in ((first, 0.0), (last, n * 10.0)):
        at_u = network.node_xy[network.edge_u[edge], 0] == x
        ends.append(Places.at([edge], [0.0 if at_u else network.edge_length_m[edge]], access_m=[0.0]))
    start = Places(1, ends[0].place, ends[0].edge, ends[0].offset_m, np.array([beyond_s * 0.8]))
    search = Streetwise(network, WALKERS["elder"])
    nearest = search.nearest(start, ends[1], limit_s=900.0)
    pairs = search.table(start, ends[1], limit_s=900.0, threads=1)
    seconds, _ = search.nearest_k(start, ends[1], 1, limit_s=900.0)
    passed = bool(np.isfinite(nearest.seconds[0]))
    assert passed == (pairs.destination.size == 1) == bool(np.isfinite(seconds[0, 0]))
    assert not passed or within(nearest.seconds, 900.0)[0]
    return passed


@pytest.mark.parametrize(
    "length",
    [
        [0.1] * 7200,
        [1 / 3] * 2160,
        [720.0],
        [719.9999999, 0.0000001],
        [240.1, 239.9, 240.0],
        [0.1, 1 / 3, 720 - 0.1 - 1 / 3],
    ],
    ids=["tenths", "thirds", "whole", "almost", "three", "mixed"],
)
def test_exactly_fifteen_minutes_pass_and_a_millisecond_more_does_not(length):
    assert walk_over_pieces(length)
    assert not walk_over_pieces(length, beyond_s=0.001)


@settings(max_examples=60, deadline=None)
@given(steps_that_sum_to(720.0))
def test_whatever_the_pieces_720_metres_are_fifteen_minutes(length):
    assert walk_over_pieces(length)
    assert not walk_over_pieces(length, beyond_s=0.001)


@settings(max_examples=60, deadline=None)
@given(towns(), st.floats(0.3, 1.5), st.floats(1.0, 2.0))
def test_a_faster_walker_is_never_later_and_takes_the_same_way(town, speed, faster):
    n, edges, starts, ends = town
    network, where, flipped = build(n, edges)
    homes, places = (to_places(group, edges, where, flipped) for group in (starts, ends))
    slow = Streetwise(network, Walker("slow", speed)).nearest(homes, places)
    fast = Streetwise(network, Walker("fast", speed * faster)).nearest(homes, places)
    reached = slow.end >= 0
    np.testing.assert_array_equal(fast.end >= 0, reached)
    assert (fast.seconds[reached] <= slow.seconds[reached] + 1e-9).all()
    np.testing.assert_allclose(fast.seconds[reached] * faster, slow.seconds[reached], rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_places_in_another_order_get_the_same_answers(town, random):
    n, edges, starts, ends = town
    network, where, flipped = build(n, edges)
    search = Streetwise(network, PACE)
    rows, columns = list(range(len(starts))), list(range(len(ends)))
    random.shuffle(rows)
    random.shuffle(columns)
    homes, places = (to_places(group, edges, where, flipped) for group in (starts, ends))
    moved = to_places([starts[row] for row in rows], edges, where, flipped)
    others = to_places([ends[column] for column in columns], edges, where, flipped)
    np.testing.assert_array_equal(search.nearest(moved, others).seconds, search.nearest(homes, places).seconds[rows])
    once, again = (search.table(*pair, limit_s=50.0, threads=1) for pair in ((homes, places), (moved, others)))
    first, second = (np.full((len(starts), len(ends)), np.nan) for _ in range(2))
    for row in range(len(starts)):
        span = slice(once.indptr[row], once.indptr[row + 1])
        first[row, once.destination[span]] = once.seconds[span]
        span = slice(again.indptr[row], again.indptr[row + 1])
        second[rows[row], np.array(columns)[again.destination[span]]] = again.seconds[span]
    np.testing.assert_array_equal(first, second)


def test_of_two_equally_near_ends_on_one_street_the_first_is_named():
    """Ends 100 m to the left and 100 m to the right, in either order of the rows; and two on one spot."""
    search = Streetwise(street(), PACE)
    for offsets in ([400.0, 600.0], [600.0, 400.0], [600.0, 600.0]):
        nearest = search.nearest(Places.at([0], [500.0]), Places.at([0, 0], offsets))
        assert (nearest.end[0], nearest.seconds[0], nearest.network_m[0]) == (0, 100.0, 100.0)
        _, which = search.nearest_k(Places.at([0], [500.0]), Places.at([0, 0], offsets), 2)
        assert which.tolist() == [[0, 1]]


def test_several_gates_and_entrances_count_as_one_place():
    """A compound with gates at 100 (50 m inside) and 300 (200 m inside), a hall with doors at 290 and 900.

    By hand: through the near gate 50 + 190 = 240, through the far one 200 + 10 = 210.
    """
    home = Places(1, np.zeros(2, "i4"), np.zeros(2, "i4"), np.array([100.0, 300.0]), np.array([50.0, 200.0]))
    hall = Places(1, np.zeros(2, "i4"), np.zeros(2, "i4"), np.array([290.0, 900.0]), np.zeros(2))
    nearest = Streetwise(street(), PACE).nearest(home, hall)
    assert (nearest.seconds[0], nearest.network_m[0]) == (210.0, 10.0)
    assert (nearest.start_position[0], nearest.end_position[0]) == (1, 0)


def test_metres_are_of_the_streets_and_seconds_of_the_whole_walk():
    start, end = Places.at([0], [100.0], access_m=[40.0]), Places.at([0], [420.0], access_m=[8.0])
    nearest = Streetwise(street(), WALKERS["elder"]).nearest(start, end)
    assert nearest.network_m[0] == 320.0
    assert nearest.seconds[0] == pytest.approx(368 / 0.8)


def test_kinds_are_answered_in_one_call_each_from_its_own_ends():
    search = Streetwise(street(), PACE)
    homes, ends = Places.at([0, -1], [500.0, 0.0]), Places.at([0, 0, 0], [450.0, 700.0, 900.0])
    kinds = {"meals": np.array([False, True, True]), "day": np.array([True, False, False]), "none": np.zeros(3, bool)}
    found = search.nearest_of_kinds(homes, ends, kinds)
    assert {kind: nearest.end.tolist() for kind, nearest in found.items()} == {
        "meals": [1, -1],
        "day": [0, -1],
        "none": [-1, -1],
    }
    assert found["meals"].seconds[0] == 200.0
    assert np.isnan(found["none"].seconds).all()
    assert np.isnan(found["meals"].network_m[1])


def test_k_nearest_have_a_limit_too():
    search = Streetwise(street(), PACE)
    seconds, which = search.nearest_k(Places.at([0], [0.0]), Places.at([0, 0], [300.0, 700.0]), 3, limit_s=500.0)
    assert which.tolist() == [[0, -1, -1]]
    assert seconds[0, 0] == 300.0
    assert np.isnan(seconds[0, 1:]).all()


def test_table_tells_its_progress_and_hears_a_stop():
    search, many = Streetwise(street(), PACE), 1500
    homes = Places.at(np.zeros(many), np.linspace(0, 1000, many))
    told = []
    table = search.table(
        homes, Places.at([0], [500.0]), limit_s=100.0, progress=lambda *done: told.append(done), threads=2
    )
    assert told == [(512, 1500), (1024, 1500), (1500, 1500)]
    inside = np.abs(np.linspace(0, 1000, many) - 500) <= 100
    np.testing.assert_array_equal(np.diff(table.indptr), inside)

    def stop(_done, _all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.table(homes, homes, limit_s=100.0, progress=stop, threads=1)


def test_table_of_nothing_is_empty():
    search = Streetwise(street(), PACE)
    none = Places.at([], [])
    table = search.table(none, none, limit_s=10.0)
    assert (table.indptr.tolist(), table.destination.size, table.seconds.size) == ([0], 0, 0)
    assert search.table(Places.at([-1], [0.0]), Places.at([0], [1.0]), limit_s=10.0).indptr.tolist() == [0, 0]


@pytest.mark.parametrize("city", ["hongkong", "bishan"])
def test_sparse_table_and_k_nearest_equal_networkx_on_real_cities(city, request):
    """Origins and destinations at nodes of the contracted network; networkx searches the uncontracted points."""
    raw = request.getfixturevalue(city)
    network = WalkNetwork.from_edges(raw.xy, raw.u, raw.v, length_m=raw.length, crs=raw.crs)
    point = {tuple(xy): row for row, xy in enumerate(raw.xy.tolist())}
    rng = np.random.default_rng(11)
    chosen = rng.choice(network.nodes, 240, replace=False)
    names = [point[tuple(xy)] for xy in network.node_xy[chosen].tolist()]
    edge = network.arc_edge[network.indptr[chosen]]
    offset = np.where(network.edge_u[edge] == chosen, 0.0, network.edge_length_m[edge])
    search, few = Streetwise(network, WALKERS["elder"]), 12
    origins, ends = Places.at(edge[:few], offset[:few]), Places.at(edge, offset)
    table = search.table(origins, ends, limit_s=1500.0)
    seconds, which = search.nearest_k(origins, ends, 5)
    graph = raw.networkx()
    for row in range(few):
        lengths = nx.single_source_dijkstra_path_length(graph, names[row], weight="metres")
        truth = np.array([lengths.get(name, np.inf) for name in names]) / 0.8
        span = slice(table.indptr[row], table.indptr[row + 1])
        np.testing.assert_array_equal(table.destination[span], np.flatnonzero(truth <= 1500.0))
        np.testing.assert_allclose(table.seconds[span], truth[truth <= 1500.0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(seconds[row], np.sort(truth)[:5], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(truth[which[row]], seconds[row], rtol=1e-9, atol=1e-9)
    assert table.destination.size > few


def test_every_node_knows_its_nearest_end(hongkong):
    """What a walk from a position at each node finds, on Hong Kong's streets."""
    raw = hongkong
    network = WalkNetwork.from_edges(raw.xy, raw.u, raw.v, length_m=raw.length, crs=raw.crs)
    rng = np.random.default_rng(7)
    edge = rng.integers(0, network.edges, 60)
    ends = Places.at(edge, rng.random(60) * network.edge_length_m[edge], access_m=rng.random(60) * 40)
    search = Streetwise(network, PACE)
    seconds, end = search.from_every_node(ends)
    first = np.unique(network.edge_u, return_index=True)
    at_node = search.nearest(Places.at(first[1], np.zeros(first[1].size)), ends)
    np.testing.assert_allclose(seconds[first[0]], at_node.seconds, rtol=1e-12)
    assert (end[first[0]] == at_node.end).mean() > 0.999
    limit = 300.0
    near, _end = search.from_every_node(ends, limit_s=limit)
    np.testing.assert_array_equal(np.isnan(near), ~(seconds <= limit + 1e-6))

"""The compiled core, against scipy and networkx and by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.walking import kernels
from tests.walking.raw import arcs, both_ways, scipy_from_seeds


@st.composite
def searches(draw, costs):
    """Directed arcs (parallel ones, loops and closed ones among them) and seeds with what was paid before them."""
    n = draw(st.integers(1, 12))
    node = st.integers(0, n - 1)
    rows = draw(st.lists(st.tuples(node, node, st.one_of(costs, st.just(np.inf))), max_size=40))
    seeds = sorted(draw(st.lists(st.tuples(costs, node), max_size=8)))
    tail, head, cost = (np.array(column) for column in zip(*rows, strict=True)) if rows else np.zeros((3, 0))
    paid, at = (np.array(column) for column in zip(*seeds, strict=True)) if seeds else np.zeros((2, 0))
    return n, tail.astype("i8"), head.astype("i8"), cost.astype("f8"), at.astype("i4"), paid.astype("f8")


WHOLE = st.integers(0, 9).map(float)  # sums of whole numbers are exact, so ties are ties
UNEQUAL = st.one_of(st.just(0.0), st.floats(1e-9, 1e-3), st.floats(0.1, 100.0), st.floats(1e6, 1e9))


@settings(max_examples=200, deadline=None)
@given(searches(WHOLE), st.one_of(st.just(np.inf), st.integers(0, 30).map(float)))
def test_sweep_equals_scipy_and_ties_go_to_the_lower_seed(search, limit):
    n, tail, head, cost, seed_node, seed_cost = search
    label = kernels.sweep(*arcs(n, tail, head, cost), seed_node, seed_cost, limit)
    truth = scipy_from_seeds(n, tail, head, cost, seed_node, seed_cost).reshape(-1, n)
    truth = np.vstack([np.where(truth <= limit, truth, np.inf), np.full(n, np.inf)])
    best = truth.min(axis=0)
    np.testing.assert_array_equal(label["cost"], best)
    np.testing.assert_array_equal(label["seed"], np.where(np.isinf(best), -1, truth.argmin(axis=0)))


@settings(max_examples=200, deadline=None)
@given(searches(UNEQUAL))
def test_sweep_equals_scipy_where_costs_are_extremely_unequal(search):
    n, tail, head, cost, seed_node, seed_cost = search
    label = kernels.sweep(*arcs(n, tail, head, cost), seed_node, seed_cost, np.inf)
    if not seed_node.size:
        assert np.isinf(label["cost"]).all()
        return
    truth = scipy_from_seeds(n, tail, head, cost, seed_node, seed_cost, nearest_only=True)
    np.testing.assert_allclose(label["cost"], truth, rtol=1e-12, atol=0)


@settings(max_examples=150, deadline=None)
@given(searches(WHOLE), st.integers(1, 5), st.one_of(st.just(np.inf), st.integers(0, 30).map(float)), st.data())
def test_sweep_k_equals_scipy_and_counts_a_place_once(search, k, limit, data):
    n, tail, head, cost, seed_node, seed_cost = search
    place = np.array(data.draw(st.lists(st.integers(0, 4), min_size=seed_node.size, max_size=seed_node.size)), "i4")
    costs, places = kernels.sweep_k(*arcs(n, tail, head, cost), seed_node, seed_cost, place, k, limit)
    truth = scipy_from_seeds(n, tail, head, cost, seed_node, seed_cost).reshape(-1, n)
    for node in range(n):
        best = {}
        for seed, paid in enumerate(truth[:, node]):
            if paid <= limit and np.isfinite(paid):
                best[int(place[seed])] = min(paid, best.get(int(place[seed]), np.inf))
        ranked = sorted((paid, name) for name, paid in best.items())[:k]
        assert costs[node].tolist() == [paid for paid, _ in ranked] + [np.inf] * (k - len(ranked))
        assert places[node].tolist() == [name for _, name in ranked] + [-1] * (k - len(ranked))


def test_the_arcs_lead_back_to_the_seed_at_the_cost_told():
    rng = np.random.default_rng(7)
    u, v, length = rng.integers(0, 60, 150), rng.integers(0, 60, 150), rng.integers(1, 90, 150).astype(float)
    order = np.argsort(np.concatenate([u, v]), kind="stable")
    arc_edge = np.tile(np.arange(150, dtype="i4"), 2)[order]
    seeds, paid = np.array([3, 8, 21], "i4"), np.array([0.0, 0.0, 40.0])
    label = kernels.sweep(*both_ways(60, u, v, length), seeds, paid, np.inf)
    first = np.arange(-1, 60, dtype="i4")
    last, metres = kernels.trace(first, label, arc_edge, u.astype("i4"), v.astype("i4"), length)
    assert (last[0], metres[0]) == (-1, 0.0)
    reached = label["seed"] >= 0
    assert reached.sum() > 30
    np.testing.assert_array_equal(last[1:][reached], seeds[label["seed"][reached]])
    np.testing.assert_array_equal(metres[1:][reached] + paid[label["seed"][reached]], label["cost"][reached])


@pytest.mark.parametrize("limit", [24.0, np.nextafter(25.0, 0.0), 25.0, 26.0])
def test_limit_means_at_most(limit):
    indptr, neighbour, cost = both_ways(3, [0, 1], [1, 2], np.array([10.0, 15.0]))
    seed = np.array([0], "i4"), np.array([0.0])
    assert np.isfinite(kernels.sweep(indptr, neighbour, cost, *seed, limit)["cost"][2]) == (limit >= 25)
    costs, _ = kernels.sweep_k(indptr, neighbour, cost, *seed, np.array([0], "i4"), 1, limit)
    assert np.isfinite(costs[2, 0]) == (limit >= 25)


def test_a_seed_beyond_the_limit_starts_nothing():
    network = both_ways(2, [0], [1], np.array([1.0]))
    label = kernels.sweep(*network, np.array([0, 1], "i4"), np.array([5.0, 11.0]), 10.0)
    assert label["cost"].tolist() == [5.0, 6.0]
    label = kernels.sweep(*network, np.array([0], "i4"), np.array([10.5]), 10.0)
    assert np.isinf(label["cost"]).all()


def test_ring_is_a_power_of_two_that_no_arc_overruns():
    rng = np.random.default_rng(3)
    for cost in (np.zeros(0), np.zeros(5), np.full(3, np.inf), rng.uniform(0, 1, 99), 10.0 ** rng.uniform(-9, 9, 999)):
        width, buckets = kernels.bucket_ring(cost)
        assert width > 0
        assert buckets & (buckets - 1) == 0
        largest = cost[np.isfinite(cost)].max(initial=0.0)
        assert buckets >= largest / width + 2
        assert buckets <= 2**17  # however unequal: the ring stays small


def test_ring_turns_many_times_when_one_arc_is_a_million_times_longer():
    """A chain of 20,000 arcs of 0.001 beside one arc of 1,000: its end is reached through many turns of the ring."""
    n = 20_001
    u = np.concatenate([np.arange(n - 1), [0]])
    v = np.concatenate([np.arange(1, n), [n - 1]])
    cost = np.concatenate([np.full(n - 1, 0.001), [1000.0]])
    seed = np.array([0], "i4")
    label = kernels.sweep(*both_ways(n, u, v, cost), seed, np.array([0.0]), np.inf)
    np.testing.assert_allclose(label["cost"], np.arange(n) * 0.001, rtol=1e-9)
    late = kernels.sweep(*both_ways(n, u, v, cost), seed, np.array([1e7]), np.inf)
    np.testing.assert_allclose(late["cost"], 1e7 + np.arange(n) * 0.001, rtol=1e-9)


def test_queue_grows_for_a_star_with_5000_arms():
    """The hub's 5,000 arcs go into the queue at one stroke, twice: near ends and far ends of the arms."""
    arms = 5000
    near, far = np.arange(1, arms + 1), np.arange(arms + 1, 2 * arms + 1)
    u, v = np.concatenate([np.zeros(arms, int), near]), np.concatenate([near, far])
    cost = np.concatenate([np.linspace(1, 2, arms), np.linspace(3, 1, arms)])
    label = kernels.sweep(*both_ways(2 * arms + 1, u, v, cost), np.array([0], "i4"), np.array([0.0]), np.inf)
    assert label["cost"][0] == 0
    np.testing.assert_array_equal(label["cost"][near], cost[:arms])
    np.testing.assert_array_equal(label["cost"][far], cost[:arms] + cost[arms:])


def test_queue_grows_for_a_big_seed_set_on_one_spot_of_the_clock():
    """30,000 seeds of one cost enter the same bucket, far more than its first blocks hold."""
    n = 40_000
    u, v = np.arange(n - 1), np.arange(1, n)
    seeds = np.arange(30_000, dtype="i4")
    label = kernels.sweep(*both_ways(n, u, v, np.full(n - 1, 7.0)), seeds, np.full(30_000, 3.0), np.inf)
    np.testing.assert_array_equal(label["cost"], 3.0 + 7.0 * np.maximum(np.arange(n) - 29_999, 0))
    np.testing.assert_array_equal(label["seed"], np.minimum(np.arange(n), 29_999))


def test_queue_holds_a_network_without_length():
    """On a grid whose every edge costs nothing all labels stand in one bucket and are corrected there."""
    side = 120
    cell = np.arange(side * side).reshape(side, side)
    u = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    v = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    seeds = np.array([side * side - 1, 0], "i4")
    label = kernels.sweep(*both_ways(side * side, u, v, np.zeros(u.size)), seeds, np.zeros(2), np.inf)
    assert (label["cost"] == 0).all()
    assert (label["seed"] == 0).all()


def positions(rows):
    """Rows of POSITION from (place, edge, offset, length, access), unit speed, both ways."""
    out = np.empty(len(rows), kernels.POSITION)
    for row, (place, edge, offset, length, access) in enumerate(rows):
        out[row] = (place, edge, offset, access, offset, length - offset, length - offset, offset)
    return out


def by_edge(rows, edges):
    count = np.bincount(rows["edge"], minlength=edges)
    order = np.argsort(rows["edge"], kind="stable").astype("i4")
    return order, np.concatenate([[0], np.cumsum(count)]).astype("i4")


def test_arrive_takes_the_straight_way_along_an_edge_or_the_way_round():
    """Two nodes joined by an edge of 100 and one of 10; the ends lie on the long one, by hand.

    From 5 to 90 on the long edge: 85 along it, or 5 + 10 + 10 round the short one.
    """
    edge_u, edge_v = np.array([0, 0], "i4"), np.array([1, 1], "i4")
    network = both_ways(2, edge_u, edge_v, np.array([100.0, 10.0]))
    ends = positions([(0, 0, 90.0, 100.0, 0.0)])
    seed_node, seed_cost = np.array([1, 0], "i4"), np.array([10.0, 90.0])
    label = kernels.sweep(*network, seed_node, seed_cost, np.inf)
    starts = positions([(0, 0, 5.0, 100.0, 0.0), (1, 0, 60.0, 100.0, 2.0), (2, 1, 4.0, 10.0, 0.0)])
    args = (*by_edge(ends, 2), edge_u, edge_v)
    cost, end, node = kernels.arrive(starts, ends, *args, label, np.zeros(2, "i4"))
    assert cost.tolist() == [25.0, 32.0, 16.0]
    assert end.tolist() == [0, 0, 0]
    assert node.tolist() == [0, -1, 1]
    costs, places = kernels.sweep_k(*network, seed_node, seed_cost, np.zeros(2, "i4"), 2, np.inf)
    costs, places = kernels.arrive_k(starts, 4, ends, *args, costs, places)
    assert costs.tolist() == [[25.0, np.inf], [32.0, np.inf], [16.0, np.inf], [np.inf, np.inf]]
    assert places.tolist() == [[0, -1], [0, -1], [0, -1], [-1, -1]]


def test_table_lists_pairs_within_the_limit_and_forgets_one_origin_before_the_next():
    """A street of four edges of 100; origins at 0 and 390, destinations at 150, 250 (two doors) and 399."""
    edge_u, edge_v = np.arange(4, dtype="i4"), np.arange(1, 5, dtype="i4")
    indptr, neighbour, cost = both_ways(5, edge_u, edge_v, np.full(4, 100.0))
    origins = positions([(0, 0, 0.0, 100.0, 0.0), (2, 3, 90.0, 100.0, 0.0)])
    ends = positions(
        [(0, 1, 50.0, 100.0, 0.0), (1, 2, 50.0, 100.0, 1.0), (1, 0, 99.0, 100.0, 200.0), (2, 3, 99.0, 100.0, 0.0)]
    )
    node = np.array([1, 2, 2, 3, 0, 1, 3, 4], "i4")
    extra = np.array([50.0, 50, 51, 51, 299, 201, 99, 1])
    row = np.array([0, 0, 1, 1, 2, 2, 3, 3], "i4")
    by_node = np.argsort(node, kind="stable")
    node_indptr = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=5))]).astype("i4")

    def table(limit, first=0, last=3):
        count, place, paid = kernels.table(
            indptr, neighbour, cost, edge_u, edge_v, origins, ends, *by_edge(ends, 4), node_indptr, row[by_node],
            extra[by_node], first, last, 3, limit)  # fmt: skip
        return count.tolist(), place.tolist(), paid.tolist()

    assert table(np.inf) == ([3, 0, 3], [0, 1, 2, 0, 1, 2], [150.0, 251.0, 399.0, 240.0, 141.0, 9.0])
    assert table(250.0) == ([1, 0, 3], [0, 0, 1, 2], [150.0, 240.0, 141.0, 9.0])
    assert table(150.0) == ([1, 0, 2], [0, 1, 2], [150.0, 141.0, 9.0])
    assert table(np.inf, 1, 3) == ([0, 3], [0, 1, 2], [240.0, 141.0, 9.0])


def test_table_makes_room_for_more_pairs_than_it_began_with():
    edge_u, edge_v = np.array([0], "i4"), np.array([1], "i4")
    number = 3000
    ends = positions([(place, 0, place / number * 60, 60.0, 0.0) for place in range(number)])
    origins = positions([(0, 0, 0.0, 60.0, 0.0), (1, 0, 60.0, 60.0, 0.0)])
    nothing = np.zeros(0, "i4")
    count, place, paid = kernels.table(
        *both_ways(2, edge_u, edge_v, np.array([60.0])), edge_u, edge_v, origins, ends, *by_edge(ends, 1),
        np.zeros(3, "i4"), nothing, np.zeros(0), 0, 2, number, np.inf)  # fmt: skip
    assert count.tolist() == [number, number]
    np.testing.assert_array_equal(place, np.tile(np.arange(number), 2))
    offset = np.arange(number) / number * 60
    np.testing.assert_allclose(paid, np.concatenate([offset, 60 - offset]), atol=1e-12)


def scipy_sweep_of(raw, seeds):
    n = len(raw.xy)
    tail, head = np.concatenate([raw.u, raw.v]), np.concatenate([raw.v, raw.u])
    return scipy_from_seeds(n, tail, head, np.tile(raw.length, 2), seeds, np.zeros(seeds.size), nearest_only=True)


@pytest.mark.parametrize("city", ["hongkong", "bishan"])
def test_real_cities_equal_scipy_and_networkx(city, request):
    raw = request.getfixturevalue(city)
    n = len(raw.xy)
    seeds = np.random.default_rng(20).choice(n, 60, replace=False).astype("i4")
    network = both_ways(n, raw.u, raw.v, raw.length)
    label = kernels.sweep(*network, seeds, np.zeros(60), np.inf)
    np.testing.assert_allclose(label["cost"], scipy_sweep_of(raw, seeds), rtol=1e-6, atol=0)
    costs, places = kernels.sweep_k(*network, seeds, np.zeros(60), np.arange(60, dtype="i4"), 4, np.inf)
    graph = raw.networkx()
    for node in np.random.default_rng(21).choice(n, 8, replace=False).tolist():
        lengths = nx.single_source_dijkstra_path_length(graph, node, weight="metres")
        ranked = sorted((lengths[seed], place) for place, seed in enumerate(seeds.tolist()) if seed in lengths)[:4]
        np.testing.assert_allclose(costs[node, : len(ranked)], [metres for metres, _ in ranked], rtol=1e-9)
        assert places[node, : len(ranked)].tolist() == [place for _, place in ranked]


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="this is the second pass")
def test_second_pass_without_compilation():
    """Run the small cases of this file as plain Python: the same answers, and coverage tools see the kernels."""
    small = "limit or arcs_lead or arrive or lists_pairs or power_of_two or starts_nothing"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            str(Path(__file__)),
            "-k",
            small,
        ],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "9 passed" in run.stdout

"""Walks between positions: against a plain-Python oracle, and what must hold whatever the network."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.walking import Places, Streetwise, Walker, WalkNetwork
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
    # Which way round each edge is stored shows in the x of its first node; loops and one-ways tell it by permission.
    flipped = {}
    for number, edge in enumerate(edges):
        row = where[number]
        x = network.node_xy[network.edge_u[row], 0]
        flipped[number] = edge.u != edge.v and x != edge.u * 100
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

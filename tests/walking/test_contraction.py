"""Chains of pieces and connected parts, by hand and against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.walking.contraction import components, contract


def chains(n, pieces, *, code=None, forward=None, backward=None, rank=None):
    """Contract and tell each chain as (points, pieces, walked against)."""
    a, b = (np.array(side, np.int64) for side in zip(*pieces, strict=True))
    yes = np.ones(a.size, bool)
    points, walked, against, starts = contract(
        n,
        a,
        b,
        np.zeros(a.size, np.uint8) if code is None else np.array(code, np.uint8),
        yes if forward is None else np.array(forward, bool),
        yes if backward is None else np.array(backward, bool),
        np.arange(n) if rank is None else np.array(rank),
    )
    return [
        (points[first + row : last + row + 1].tolist(), walked[first:last].tolist(), against[first:last].tolist())
        for row, (first, last) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True))
    ]


def test_a_street_is_one_chain_whichever_way_its_pieces_were_drawn():
    assert chains(4, [(1, 0), (1, 2), (3, 2)]) == [([0, 1, 2, 3], [0, 1, 2], [True, False, True])]


def test_a_junction_ends_three_chains():
    found = chains(6, [(0, 1), (1, 2), (2, 3), (2, 4), (4, 5)])
    assert [points for points, _, _ in found] == [[0, 1, 2], [2, 3], [2, 4, 5]]


def test_kind_and_permission_end_a_chain():
    assert len(chains(3, [(0, 1), (1, 2)], code=[0, 1])) == 2
    assert len(chains(3, [(0, 1), (1, 2)], backward=[True, False])) == 2
    assert len(chains(3, [(0, 1), (1, 2)], backward=[False, False])) == 1
    assert len(chains(3, [(0, 1), (2, 1)], backward=[False, False])) == 2
    assert len(chains(3, [(0, 1), (2, 1)], forward=[True, False], backward=[False, True])) == 1


def test_a_ring_is_cut_at_its_first_point_by_rank():
    ring = [(0, 1), (1, 2), (2, 3), (3, 0)]
    (points, walked, _against), *rest = chains(4, ring, rank=[2, 0, 1, 3])
    assert not rest
    assert (points[0], points[-1], sorted(walked)) == (2, 2, [0, 1, 2, 3])


def test_loops_and_double_pieces():
    assert chains(2, [(0, 0), (0, 1)]) == [([0, 0], [0], [False]), ([0, 1], [1], [False])]
    assert chains(1, [(0, 0)]) == [([0, 0], [0], [False])]
    ((points, walked, _),) = chains(2, [(0, 1), (0, 1)])
    assert (points, sorted(walked)) == ([0, 1, 0], [0, 1])


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 9).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.lists(st.tuples(*[st.integers(0, n - 1)] * 2, st.integers(0, 1)), min_size=1, max_size=20),
            st.permutations(range(n)),
        )
    )
)
def test_every_piece_is_walked_once_and_chains_end_where_degrees_say(plan):
    n, rows, rank = plan
    pieces, code = [(a, b) for a, b, _ in rows], [kind for *_, kind in rows]
    found = chains(n, pieces, code=code, rank=rank)
    assert sorted(piece for _, walked, _ in found for piece in walked) == list(range(len(pieces)))
    degree = dict(nx.MultiGraph([*pieces]).degree())
    for points, walked, against in found:
        for at, (piece, turned) in enumerate(zip(walked, against, strict=True)):
            ends = pieces[piece][::-1] if turned else pieces[piece]
            assert ends == (points[at], points[at + 1])
        assert len({code[piece] for piece in walked}) == 1
        assert all(degree[point] == 2 for point in points[1:-1])
        for point in {points[0], points[-1]}:
            kinds = {kind for (a, b), kind in zip(pieces, code, strict=True) if point in (a, b)}
            ring = points[0] == points[-1]
            assert ring or degree[point] != 2 or len(kinds) == 2


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=16))
    )
)
def test_components_equal_networkx(plan):
    n, edges = plan
    u, v = np.array(edges, np.int32).reshape(-1, 2).T
    part = components(n, np.ascontiguousarray(u), np.ascontiguousarray(v))
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(n))
    truth = sorted(sorted(nodes) for nodes in nx.connected_components(graph))
    assert [np.flatnonzero(part == number).tolist() for number in range(part.max() + 1)] == truth

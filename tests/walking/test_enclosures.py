"""Streets inside gated compounds are cut out, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from planner.errors import InputError
from planner.walking import Places, Streetwise, Walker, WalkNetwork
from planner.walking.enclosures import RIM_M, cores, enclose
from planner.walking.network import JOIN_M

ZONE = "EPSG:4547"


def array(*shapes):
    out = np.empty(len(shapes), object)
    out[:] = shapes
    return out


def street(*xy, **options):
    points = np.arange(len(xy))
    return WalkNetwork.from_edges(xy, points[:-1], points[1:], crs=ZONE, **options)


def left_of(network, *outlines):
    return enclose(network, cores(array(*outlines))).network


def lengths(network):
    return sorted(network.edge_length_m.round(6).tolist())


def check(network):
    """Every array fits every other."""
    assert network.indptr[-1] == 2 * network.edges == network.neighbour.size
    np.testing.assert_array_equal(np.unique(np.concatenate([network.edge_u, network.edge_v])), np.arange(network.nodes))
    for end, at in ((network.edge_u, 0), (network.edge_v, -1)):
        points = shapely.get_coordinates(shapely.get_point(network.edge_lines, at))
        np.testing.assert_array_equal(network.node_xy[end], points)
    owner = np.repeat(np.arange(network.nodes), np.diff(network.indptr))
    np.testing.assert_array_equal(
        owner, np.where(network.arc_from_u, network.edge_u[network.arc_edge], network.edge_v[network.arc_edge])
    )
    np.testing.assert_array_equal(
        network.neighbour,
        np.where(network.arc_from_u, network.edge_v[network.arc_edge], network.edge_u[network.arc_edge]),
    )


def test_a_street_through_a_compound_ends_two_metres_inside_on_either_side():
    left = left_of(street((0, 0), (300, 0)), box(100, -50, 200, 50))
    check(left)
    assert lengths(left) == [102, 102]
    np.testing.assert_allclose(left.node_xy, [[0, 0], [102, 0], [198, 0], [300, 0]])


def test_bends_stay_where_they_are():
    """0-40-80 in, then up through the compound, and out again to the right."""
    left = left_of(street((0, 0), (40, 10), (80, 0), (80, 100), (200, 100)), box(60, 20, 100, 120))
    check(left)
    shapes = {tuple(map(tuple, shapely.get_coordinates(line).round(6).tolist())) for line in left.edge_lines}
    assert shapes == {((0, 0), (40, 10), (80, 0), (80, 22)), ((98, 100), (200, 100))}


def test_a_street_inside_goes_with_all_its_nodes():
    network = WalkNetwork.from_edges(
        [[0, 0], [10, 0], [5, 5], [500, 0], [600, 0], [600, 50]], [0, 1, 2, 3, 4], [1, 2, 0, 4, 5], crs=ZONE
    )
    left = left_of(network, box(-20, -20, 40, 40))
    check(left)
    assert lengths(left) == [150]
    assert left.notes["enclosed_edges"] == 1


@pytest.mark.parametrize("y", [0, 0.5, RIM_M - 0.01, -0.5, -3])
def test_a_street_along_the_outline_stays(y):
    network = street((0, y), (300, y))
    outline = box(50, 0, 250, 100)
    assert enclose(network, cores(array(outline))).network is network


def test_a_street_that_weaves_about_the_outline_stays():
    network = street(*((x, (-1) ** (x // 10) * 1.5) for x in range(0, 300, 10)))
    assert left_of(network, box(50, 0, 250, 100)) is network


def test_to_touch_is_not_to_enter():
    corner = street((2, -50), (2, 100))  # along the side of the inside itself, which begins at 2
    assert lengths(left_of(corner, box(0, 0, 80, 80))) == [22, 52]  # a street on that line is in
    point = street((-50, 54), (54, -50))  # through its very corner (2, 2)
    assert left_of(point, box(0, 0, 80, 80)) is point


def test_thoroughfares_stay_and_are_told():
    network = WalkNetwork.from_edges(
        [[0, 0], [300, 0], [0, 20], [300, 20]], [0, 2], [1, 3], crs=ZONE, thoroughfare=[True, False]
    )
    found = enclose(network, cores(array(Point(9, 9).buffer(3), box(100, -50, 200, 50), box(100, 10, 200, 30))))
    assert lengths(found.network) == [102, 102, 300]
    assert found.network.edge_thoroughfare.sum() == 1
    assert found.run_through.tolist() == [1]


def test_ways_of_two_sorts_are_two_edges():
    both = WalkNetwork.from_edges([[0, 0], [9, 0], [20, 0]], [0, 1], [1, 2], crs=ZONE, thoroughfare=[True, False])
    assert (both.edges, sorted(both.edge_thoroughfare.tolist())) == (2, [False, True])


def test_stated_lengths_one_ways_and_kinds_are_kept():
    network = WalkNetwork.from_edges(
        [[0, 0], [300, 0]], [0], [1], crs=ZONE, length_m=[600.0], backward=[False], code=[1], classes=("a", "b")
    )
    left = left_of(network, box(98, -50, 202, 50))
    assert lengths(left) == [200, 200]
    assert (left.edge_forward.tolist(), left.edge_backward.tolist()) == ([True] * 2, [False] * 2)
    assert left.edge_class.tolist() == [1, 1]
    assert left.notes["enclosed_m"] == 200


def test_a_ring_and_an_edge_that_crosses_itself_keep_their_course():
    ring = street((0, 0), (100, 0), (100, 100), (0, 100), (0, 0))
    left = left_of(ring, box(90, 40, 110, 60))
    check(left)
    assert lengths(left) == [142, 242]  # from the corner (0, 0), where the ring was closed, either way
    knot = street((0, 0), (100, 0), (100, 50), (50, 50), (50, -100))  # crosses itself at (50, 0), unjoined
    left = left_of(knot, box(80, 20, 120, 40))
    check(left)
    assert lengths(left) == [122, 12 + 50 + 150]
    assert left.nodes == 4


def test_outlines_upon_and_within_each_other_cut_once():
    network = street((0, 0), (600, 0))
    inside, upon, again = box(200, -50, 300, 50), box(280, -50, 400, 50), box(100, -80, 350, 80)
    left = left_of(network, inside, upon, again, again)
    check(left)
    assert lengths(left) == [102, 202]
    other = left_of(network, again, upon, inside, again)
    np.testing.assert_array_equal(left.shape_xy, other.shape_xy)
    assert left.key == other.key


def test_outlines_with_holes_parts_and_faults():
    yard = Polygon(box(100, -50, 200, 50).exterior.coords, [box(140, -10, 160, 10).exterior.coords])
    assert lengths(left_of(street((0, 0), (300, 0)), yard)) == [24, 102, 102]  # the hole is outside, and so is its rim
    parts = MultiPolygon([box(50, -9, 70, 9), box(150, -9, 170, 9)])
    assert lengths(left_of(street((0, 0), (300, 0)), parts)) == [52, 84, 132]
    bow = Polygon([(100, -50), (200, 50), (200, -50), (100, 50)])
    assert sum(lengths(left_of(street((0, 0), (300, 0)), bow))) < 300
    narrow = box(100, -50, 103, 50)
    network = street((0, 0), (300, 0))
    assert left_of(network, narrow) is network
    assert left_of(network) is network


def test_no_street_left_is_told():
    with pytest.raises(InputError, match="every street lies inside a gated compound"):
        left_of(street((0, 0), (30, 0)), box(-50, -50, 90, 90))


def test_edges_that_are_not_cut_keep_every_bit(bishan):
    network = WalkNetwork.from_edges(bishan.xy, bishan.u, bishan.v, crs=bishan.crs, length_m=bishan.length)
    west, south, east, north = shapely.total_bounds(network.edge_lines)
    outline = box(west, south, (west + east) / 2, (south + north) / 2)
    found = left_of(network, outline)
    check(found)
    met = shapely.intersects(network.edge_lines, cores(array(outline))[0])
    assert 0 < met.sum() < network.edges
    untouched = int((~met).sum())
    np.testing.assert_array_equal(found.edge_length_m[:untouched], network.edge_length_m[~met])
    assert shapely.equals_exact(found.edge_lines[:untouched], network.edge_lines[~met]).all()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_what_is_left_is_the_difference(seed):
    """Length, place and joints of a random tangle: shapely's difference of single pieces, joined where pieces met."""
    rng = np.random.default_rng(seed)
    n = 30
    xy = rng.uniform(0, 300, (n, 2))
    u = rng.integers(0, n, 45)
    v = (u + rng.integers(1, n, 45)) % n
    network = WalkNetwork.from_edges(xy, u, v, crs=ZONE)
    middles = rng.uniform(0, 300, (6, 2))
    outlines = array(
        *(
            shapely.affinity.rotate(box(x - w, y - h, x + w, y + h), angle)
            for (x, y), (w, h), angle in zip(middles, rng.uniform(1, 60, (6, 2)), rng.uniform(0, 90, 6), strict=True)
        )
    )
    inside = cores(outlines)
    try:
        left = enclose(network, inside).network
    except InputError:
        assume(False)
    check(left)
    everything = shapely.union_all(inside)
    pieces = shapely.linestrings(np.stack([xy[u], xy[v]], axis=1))
    rest = shapely.difference(pieces, everything)
    assert left.edge_length_m.sum() == pytest.approx(shapely.length(rest).sum(), abs=45 * JOIN_M)
    assert shapely.length(shapely.intersection(left.edge_lines, everything)).max() < JOIN_M
    np.testing.assert_allclose(left.edge_length_m, shapely.length(left.edge_lines), atol=1e-6)
    # Old corners that are left are joined as they were by the pieces that are whole: walks there are no shorter.
    before, after = ({tuple(point): row for row, point in enumerate(one.node_xy.tolist())} for one in (network, left))
    corners = [point for point in after if point in before]
    walker = Walker("one", 1.0)
    for start in corners[:5]:
        old, _end = Streetwise(network, walker).from_every_node(at_node(network, before[start]))
        new, _end = Streetwise(left, walker).from_every_node(at_node(left, after[start]))
        old_s, new_s = old[[before[one] for one in corners]], new[[after[one] for one in corners]]
        assert (np.nan_to_num(new_s, nan=np.inf) >= np.nan_to_num(old_s, nan=np.inf) - 1e-6).all()


def at_node(network, node):
    edge = int(network.arc_edge[network.indptr[node]])
    offset = 0.0 if network.edge_u[edge] == node else float(network.edge_length_m[edge])
    return Places.at([edge], [offset])

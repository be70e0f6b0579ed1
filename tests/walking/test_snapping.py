"""Points tied to streets: the nearest, within reach, past walls, off fragments."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.walking import Places, Snapper, Streetwise, Walker, WalkNetwork

ZONE = "EPSG:4547"


def streets(*lines):
    """A network of straight streets, each of its own kind so that none are merged."""
    xy, u, v = [], [], []
    for line in lines:
        numbers = []
        for point in line:
            if point not in xy:
                xy.append(point)
            numbers.append(xy.index(point))
        u += numbers[:-1]
        v += numbers[1:]
    return WalkNetwork.from_edges(xy, u, v, code=range(len(u)), classes=tuple(map(str, range(len(u)))), crs=ZONE)


def points(*xy):
    return shapely.points(np.array(xy, float))


def spots(network, snapped):
    """Where the positions are on the map."""
    lines = network.edge_lines[snapped.edge]
    return [(round(p.x, 6), round(p.y, 6)) for p in shapely.line_interpolate_point(lines, snapped.offset_m)]


MAIN = ((0, 0), (100, 0), (200, 0))


def test_nearest_position_inside_an_edge_at_its_end_and_beyond():
    network = streets(MAIN)
    snapped = Snapper(network).snap(points((30, 40), (100, 5), (-30, 40), (160, 0)))
    assert spots(network, snapped) == [(30, 0), (100, 0), (0, 0), (160, 0)]
    assert snapped.connector_m.tolist() == [40, 5, 50, 0]
    assert snapped.inside_m.tolist() == [0, 0, 0, 0]
    assert not snapped.minor.any()


def test_greatest_distance_is_at_most():
    snapper = Snapper(streets(MAIN), max_snap_m=50.0)
    snapped = snapper.snap(points((30, 50), (30, 50.001), (30, 500)))
    assert (snapped.edge >= 0).tolist() == [True, False, False]
    assert np.isnan(snapped.connector_m[1:]).all()
    assert snapped.offset_m[1:].tolist() == [0, 0]


def test_empty_and_missing_points_stay_untied():
    snapped = Snapper(streets(MAIN)).snap(np.array([shapely.Point(), None, shapely.Point(1, 1)], object))
    assert (snapped.edge >= 0).tolist() == [False, False, True]


def test_a_position_at_an_edges_end_is_the_end_itself():
    network = streets(MAIN)
    offset = Snapper(network).snap(points((100 - 1e-9, 3), (1e-9, 3))).offset_m
    assert set(offset.tolist()) <= {0.0, 100.0}


@st.composite
def towns(draw):
    spot = st.tuples(st.integers(-50, 50), st.integers(-50, 50))
    lines = draw(st.lists(st.lists(spot, min_size=2, max_size=4, unique=True), min_size=1, max_size=8))
    inside = st.floats(-80, 80, allow_subnormal=False)
    return lines, draw(st.lists(st.tuples(inside, inside), min_size=1, max_size=6)), draw(st.floats(1, 120))


@settings(max_examples=100, deadline=None)
@given(towns())
def test_nearest_edge_equals_a_search_through_all_edges(town):
    lines, where, reach = town
    network = streets(*map(tuple, lines))
    snapped = Snapper(network, max_snap_m=reach, minor_share=0.0).snap(points(*where))
    for row, xy in enumerate(where):
        distance = min(shapely.Point(xy).distance(line) for line in network.edge_lines)
        if abs(distance - reach) < 1e-9:
            continue
        assert (snapped.edge[row] >= 0) == (distance <= reach)
        if distance <= reach:
            at = network.edge_lines[snapped.edge[row]].interpolate(snapped.offset_m[row])
            assert snapped.connector_m[row] == pytest.approx(distance, abs=1e-9)
            assert at.distance(shapely.Point(xy)) == pytest.approx(distance, abs=2e-6)


@settings(max_examples=100, deadline=None)
@given(towns(), st.lists(st.tuples(*[st.floats(-60, 60)] * 4), min_size=1, max_size=4))
def test_a_barrier_never_shortens_a_connector_or_a_walk(town, walls):
    lines, where, reach = town
    network = streets(*map(tuple, lines))
    barriers = np.array([shapely.LineString([wall[:2], wall[2:]]) for wall in walls if wall[:2] != wall[2:]], object)
    free, walled = (
        Snapper(network, max_snap_m=reach, barriers=b, minor_share=0.0).snap(points(*where)) for b in (None, barriers)
    )
    tied = walled.edge >= 0
    assert (free.edge[tied] >= 0).all()
    assert (walled.connector_m[tied] >= free.connector_m[tied] - 1e-9).all()
    for row in np.flatnonzero(tied):  # what was found crosses no wall, the first half metre aside
        at = network.edge_lines[walled.edge[row]].interpolate(walled.offset_m[row])
        way = shapely.LineString([where[row], at])
        if way.length > 0.6:
            beyond = shapely.ops.substring(way, 0.500001, way.length - 1e-5)
            assert not any(beyond.crosses(wall) for wall in barriers)


def test_a_wall_sends_the_connector_to_another_street_or_nowhere():
    network = streets(MAIN, ((0, 90), (200, 90)))
    wall = np.array([shapely.LineString([(-500, 10), (500, 10)])])
    at = points((50, 30))
    assert spots(network, Snapper(network).snap(at)) == [(50, 0)]
    assert spots(network, Snapper(network, barriers=wall).snap(at)) == [(50, 90)]
    assert Snapper(network, barriers=wall, max_snap_m=40.0).snap(at).edge.tolist() == [-1]
    assert Snapper(network, barriers=wall[:0]).snap(at).connector_m.tolist() == [30]


def test_water_between_blocks_and_water_beyond_does_not():
    network = streets(MAIN, ((0, 100), (200, 100)))
    canal = np.array([shapely.box(-100, 20, 300, 30)])
    assert spots(network, Snapper(network, barriers=canal).snap(points((50, 40), (50, 10)))) == [(50, 100), (50, 0)]


def test_a_gate_standing_in_its_wall_is_not_blocked_by_it():
    """The gate's point lies on the wall, or up to half a metre behind it; a metre behind, the wall stands between."""
    network = streets(MAIN)
    wall = np.array([shapely.LineString([(-500, 10), (500, 10)])])
    snapped = Snapper(network, barriers=wall, max_snap_m=60.0).snap(points((50, 10), (50, 10.4), (50, 11)))
    assert (snapped.edge >= 0).tolist() == [True, True, False]
    assert snapped.connector_m[:2].tolist() == pytest.approx([10, 10.4])


def test_a_street_that_runs_along_a_wall_is_reached_from_its_own_side():
    network = streets(MAIN)
    wall = np.array([shapely.LineString([(0, 0), (200, 0)])])
    assert Snapper(network, barriers=wall).snap(points((50, 20))).connector_m.tolist() == [20]


def test_a_cut_off_fragment_is_passed_over_when_a_main_street_is_within_reach(caplog):
    """The fragment is 1 m of street, less than a hundredth of the 200 m main street."""
    network = streets(MAIN, ((50, 30), (51, 30)))
    snapper = Snapper(network)
    with caplog.at_level(logging.INFO, logger="planner.walking.snapping"):
        snapped = snapper.snap(points((50, 40)))
    assert spots(network, snapped) == [(50, 0)]
    assert not snapped.minor.any()
    assert caplog.messages == ["1 points lie nearer to a cut-off fragment of street than to the main network they take"]


def test_a_fragment_is_taken_and_told_where_there_is_nothing_else(caplog):
    network = streets(MAIN, ((50, 300), (51, 300)))
    with caplog.at_level(logging.WARNING, logger="planner.walking.snapping"):
        snapped = Snapper(network).snap(points((50, 290), (50, 40)))
    assert snapped.minor.tolist() == [True, False]
    assert snapped.connector_m.tolist() == [10, 40]
    assert caplog.messages == ["1 of 2 points reach only a cut-off fragment of street"]


def test_the_share_that_makes_a_fragment_is_a_parameter():
    network = streets(MAIN, ((50, 30), (60, 30)))
    for share, spot in ((0.01, (50, 30)), (0.06, (50, 0))):
        assert spots(network, Snapper(network, minor_share=share).snap(points((50, 40)))) == [spot]


def test_the_connector_counts_only_outside_the_outline():
    """From the middle of a 300 m square it is 150 m to its edge and 20 more to the street: within 100 m outside."""
    network = streets(((-500, -20), (500, -20)))
    block = np.array([shapely.box(-150, 0, 150, 300)])
    middle = points((0, 150))
    assert Snapper(network).snap(middle).edge.tolist() == [-1]
    snapped = Snapper(network).snap(middle, outlines=block)
    assert (snapped.edge[0], snapped.connector_m[0], snapped.inside_m[0]) == (0, pytest.approx(20), pytest.approx(150))
    assert Snapper(network, max_snap_m=19.0).snap(middle, outlines=block).edge.tolist() == [-1]


def test_walls_within_the_outline_do_not_bind_the_way_inside():
    network = streets(((-500, -20), (500, -20)))
    block, middle = np.array([shapely.box(-50, 0, 50, 100)]), points((0, 50))
    inner = np.array([shapely.LineString([(-10, 20), (10, 20)])])
    outer = np.array([shapely.LineString([(-600, -10), (600, -10)])])
    assert Snapper(network, barriers=inner).snap(middle, outlines=block).connector_m.tolist() == [20]
    assert Snapper(network, barriers=outer).snap(middle, outlines=block).edge.tolist() == [-1]


def test_offsets_are_in_the_metres_the_source_states():
    """A street of 100 m on the map that is 130 m by its table: a quarter of the way is 32.5 m."""
    network = WalkNetwork.from_edges([[0, 0], [100, 0]], [0], [1], length_m=[130], crs=ZONE)
    snapped = Snapper(network).snap(points((25, 10)))
    walked = Streetwise(network, Walker("one", 1.0)).nearest(
        Places.at(snapped.edge, snapped.offset_m), Places.at([0, 0], [0.0, 130.0])
    )
    assert walked.seconds.tolist() == [32.5]


def test_crossings_of_an_outline_with_the_main_network():
    network = streets(MAIN, ((50, 40), (50.5, 40)), ((40, -10), (60, -10)))
    block, along = shapely.box(40, -50, 150, 50), shapely.box(45, -30, 55, -10)
    row, point, edge = Snapper(network).crossings(np.array([block, along]))
    found = sorted(zip(row.tolist(), [(p.x, p.y) for p in point], strict=True))
    # The street through the block meets it twice, and the one inside starts at its edge; along the other it runs 10 m.
    assert found == [(0, (40.0, -10.0)), (0, (40.0, 0.0)), (0, (150.0, 0.0)), (1, (50.0, -10.0))]
    assert (edge >= 0).all()


def test_a_wall_that_hides_the_nearest_piece_of_a_street_leaves_its_other_pieces():
    """An L of one edge: its near leg, 10 m off, lies behind the wall, its far leg 40 m off is in the open."""
    network = WalkNetwork.from_edges([[-60, -10], [40, -10], [40, 90]], [0, 1], [1, 2], crs=ZONE)
    assert network.edges == 1
    wall = np.array([shapely.LineString([(-60, -5), (30, -5)])])
    snapper = Snapper(network, barriers=wall)
    snapped = snapper.snap(points((0, 0)))
    assert snapped.connector_m.tolist() == [40]
    assert spots(network, snapped) == [(40, 0)]
    assert Snapper(network).snap(points((0, 0))).connector_m.tolist() == [10]


def enclosed(*shapes):
    return np.array(shapes, object)


def test_what_is_within_reach_and_hidden_is_blocked():
    """One behind a wall, one beyond reach, one with nothing in its way."""
    walls = enclosed(shapely.LineString([(20, 10), (60, 10)]))
    snapped = Snapper(streets(MAIN), max_snap_m=30, barriers=walls).snap(points((40, 11), (40, 90), (150, 20)))
    assert snapped.edge.tolist()[:2] == [-1, -1]
    assert snapped.blocked.tolist() == [True, False, False]


def test_straight_ways_lead_through_no_enclosure_but_from_inside_or_ones_own():
    inside = enclosed(shapely.box(20, 10, 180, 40))
    snapper = Snapper(streets(MAIN), max_snap_m=60, enclosures=inside)
    behind, within, beside = (100, 50), (100, 30), (190, 30)
    snapped = snapper.snap(points(behind, within, beside, behind), own=np.array([-1, -1, -1, 0]))
    assert snapped.connector_m.tolist()[1:] == [30, 30, 50]
    assert snapped.edge[0] == -1
    assert snapped.blocked.tolist() == [True, False, False, False]


def test_an_enclosure_that_hides_the_nearest_piece_leaves_another():
    bent = streets(((0, 0), (100, 0)), ((100, 0), (100, 80)))
    snapped = Snapper(bent, enclosures=enclosed(shapely.box(40, 10, 70, 20))).snap(points((55, 30)))
    assert spots(bent, snapped) == [(100, 30)]
    assert snapped.connector_m.tolist() == [45]


def test_a_way_may_touch_an_enclosure():
    """The street runs along its side: whoever stands before it gets there, whoever stands behind it does not."""
    snapper = Snapper(streets(((0, 0), (100, 0))), enclosures=enclosed(shapely.box(40, -10, 70, 0)))
    snapped = snapper.snap(points((50, 30), (50, -12)))
    assert snapped.connector_m.tolist()[0] == 30
    assert snapped.blocked.tolist() == [False, True]


def test_crossings_of_a_cut_network_are_those_of_the_whole_that_are_left():
    from planner.walking.enclosures import enclose

    whole = Snapper(streets(MAIN))
    inside = enclosed(shapely.box(80, -10, 120, 10))
    cut = enclose(whole.network, inside).network
    outline = enclosed(shapely.box(80, -20, 150, 20), shapely.box(100, -20, 130, 20))
    row, point, edge = Snapper(cut, enclosures=inside, whole=whole).crossings(outline)
    assert list(zip(row.tolist(), (one.x for one in point), strict=True)) == [(0, 80), (0, 150), (1, 130)]
    assert shapely.distance(cut.edge_lines[edge], point).max() < 1e-9

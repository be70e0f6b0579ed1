"""The doors of places: gates, streets at the outline, the nearest street, or none."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from planner.walking import Places, Snapper, Streetwise, Walker, WalkNetwork
from planner.walking.doors import OFF_NETWORK, find_doors, home_points

ZONE = "EPSG:4547"


@pytest.fixture
def snapper():
    """One street from (0, 0) to (1000, 0)."""
    return Snapper(WalkNetwork.from_edges([[0, 0], [1000, 0]], [0], [1], crs=ZONE))


def array(*shapes):
    out = np.empty(len(shapes), object)
    out[:] = shapes
    return out


def gates(*rows):
    return np.array([place for place, _ in rows], np.intp), array(*(Point(at) for _, at in rows))


def per_place(doors, row):
    at = doors.places.place == row
    return sorted(
        zip(
            *(column[at].tolist() for column in (doors.places.offset_m, doors.inside_m, doors.connector_m)), strict=True
        )
    )


def test_home_is_the_middle_or_a_point_within():
    horseshoe = Polygon([(0, 0), (30, 0), (30, 30), (20, 30), (20, 10), (10, 10), (10, 30), (0, 30)])
    homes = home_points(array(box(0, 0, 10, 4), Point(3, 3), horseshoe, MultiPoint([(0, 0), (2, 0)])))
    assert homes[0].equals(Point(5, 2))
    assert homes[1].equals(Point(3, 3))
    assert horseshoe.contains(homes[2])
    assert homes[3].distance(MultiPoint([(0, 0), (2, 0)])) == 0


def test_every_gate_is_a_door_and_its_parts_are_told_apart(snapper):
    """A square with its middle at (150, 70): gates 50 m below and 50 m to the right of it."""
    compound = box(100, 20, 200, 120)
    doors = find_doors(array(compound), snapper, gates=gates((0, (150, 20)), (0, (200, 70))))
    assert doors.start.tolist() == ["gate"]
    assert doors.reason.tolist() == [""]
    assert per_place(doors, 0) == [(150.0, 50.0, 20.0), (200.0, 50.0, 70.0)]
    assert sorted(doors.places.access_m.tolist()) == [70.0, 120.0]
    assert doors.home[0].equals(Point(150, 70))


def test_gates_come_before_streets_that_cross_the_outline(snapper):
    through = box(400, -50, 500, 50)
    doors = find_doors(array(through, through), snapper, gates=gates((1, (450, 50))))
    assert doors.start.tolist() == ["edge", "gate"]
    assert per_place(doors, 0) == [(400.0, 50.0, 0.0), (500.0, 50.0, 0.0)]
    assert per_place(doors, 1) == [(450.0, 50.0, 50.0)]


def test_gates_may_come_in_any_order_and_places_keep_their_rows(snapper):
    places = array(box(0, 10, 10, 20), Point(500, 30), box(700, 10, 720, 30))
    ahead = gates((2, (710, 10)), (0, (5, 10)), (0, (10, 15)))
    back = gates((0, (10, 15)), (0, (5, 10)), (2, (710, 10)))
    one, other = (find_doors(places, snapper, gates=order) for order in (ahead, back))
    for name in ("place", "edge", "offset_m", "access_m"):
        np.testing.assert_array_equal(getattr(one.places, name), getattr(other.places, name))
    assert one.start.tolist() == ["gate", "point", "gate"]
    assert one.places.place.tolist() == sorted(one.places.place.tolist())


def test_a_place_whose_gates_reach_no_street_uses_no_other_door(snapper):
    doors = find_doors(array(box(0, 10, 400, 500)), snapper, gates=gates((0, (200, 500))))
    assert doors.start.tolist() == [""]
    assert doors.reason.tolist() == [OFF_NETWORK]
    assert doors.places.place.size == 0


def test_a_gate_in_the_wall_of_its_compound_is_not_blocked(snapper):
    walls = array(LineString([(100, 20), (200, 20), (200, 120), (100, 120), (100, 20)]))
    walled = Snapper(snapper.network, barriers=walls)
    compound = array(box(100, 20, 200, 120))
    through = find_doors(compound, walled, gates=gates((0, (150, 20))))
    assert per_place(through, 0) == [(150.0, 50.0, 20.0)]
    # Without a gate the outline itself is no wall, but the wall drawn on it keeps half a metre of a drawing's error.
    assert find_doors(compound, walled).start.tolist() == ["point"]


def test_a_compound_beside_the_street_is_left_by_the_shortest_way(snapper):
    doors = find_doors(array(box(100, 20, 200, 120)), snapper)
    assert doors.start.tolist() == ["point"]
    assert per_place(doors, 0) == [(150.0, pytest.approx(50.0), pytest.approx(20.0))]


def test_a_large_compound_is_reached_however_far_its_middle_lies(snapper):
    """600 m deep: 300 m inside, 90 m outside. 110 m outside is too far."""
    doors = find_doors(array(box(100, 90, 200, 690), box(100, 110, 200, 690)), snapper)
    assert doors.start.tolist() == ["point", ""]
    assert doors.reason.tolist() == ["", OFF_NETWORK]
    assert per_place(doors, 0) == [(150.0, pytest.approx(300.0), pytest.approx(90.0))]


def test_several_points_are_several_entrances(snapper):
    hall = MultiPoint([(100, 10), (130, -20), (5000, 0)])
    doors = find_doors(array(hall, Point(40, 30), Point(0, 4000)), snapper, inside=False)
    assert per_place(doors, 0) == [(100.0, 0.0, 10.0), (130.0, 0.0, 20.0)]
    assert per_place(doors, 1) == [(40.0, 0.0, 30.0)]
    assert doors.start.tolist() == ["point", "point", ""]
    assert doors.reason.tolist() == ["", "", OFF_NETWORK]


def test_the_way_inside_may_be_left_uncharged(snapper):
    doors = find_doors(array(box(100, 20, 200, 120)), snapper, inside=False)
    assert per_place(doors, 0) == [(150.0, 0.0, pytest.approx(20.0))]
    np.testing.assert_array_equal(doors.places.access_m, doors.connector_m)


def test_shapes_in_two_parts_and_missing_ones(snapper):
    two = MultiPolygon([box(100, 20, 120, 40), box(180, 20, 200, 40)])
    doors = find_doors(array(two, None, Point()), snapper)
    assert doors.start.tolist() == ["point", "", ""]
    assert doors.reason.tolist() == ["", OFF_NETWORK, OFF_NETWORK]
    assert doors.places.number == 3


def test_no_places_have_no_doors(snapper):
    doors = find_doors(array(), snapper)
    assert (doors.places.number, doors.start.size, doors.places.place.size) == (0, 0, 0)


def test_the_walk_through_the_best_gate_by_hand(snapper):
    """Middle (300, 60); west gate 50 m away, 60 m from the street; south gate 50 m away, 10 m from it.

    To a hall at 350 along the street, 5 m off: south 50 + 10 + 50 + 5 = 115.
    """
    compound = box(250, 10, 350, 110)
    homes = find_doors(array(compound), snapper, gates=gates((0, (250, 60)), (0, (300, 10)))).places
    hall = find_doors(array(Point(350, -5)), snapper, inside=False).places
    found = Streetwise(snapper.network, Walker("one", 1.0)).nearest(homes, hall)
    assert found.seconds.tolist() == [pytest.approx(115.0)]
    assert found.network_m.tolist() == [pytest.approx(50.0)]


def test_a_barrier_never_shortens_a_walk_from_door_to_door(snapper):
    rng = np.random.default_rng(40)
    centres = rng.uniform([50, -90], [950, 90], (60, 2))
    shapes = array(*(box(x - 8, y - 8, x + 8, y + 8) if row % 2 else Point(x, y) for row, (x, y) in enumerate(centres)))
    walls = array(*(LineString(rng.uniform([0, -90], [1000, 90], (2, 2))) for _ in range(6)))
    hall = Places.at([0], [500.0])
    free, walled = (
        Streetwise(snapper.network, Walker("one", 1.0)).nearest(find_doors(shapes, tied).places, hall).seconds
        for tied in (snapper, Snapper(snapper.network, barriers=walls))
    )
    reached = ~np.isnan(walled)
    assert 0 < reached.sum() < 60
    assert (walled[reached] >= free[reached] - 1e-9).all()
    assert shapely.get_num_geometries(shapes).all()

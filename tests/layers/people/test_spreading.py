"""Test the spreading of people over compounds: by hand, and for what must always hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.layers.people.membership import Members, cells_of
from planner.layers.people.spreading import COUNTS, WEIGHTS, spread


def table(ids, columns, values):
    return pd.DataFrame(values, index=list(ids), dtype="float64").reindex(columns=list(columns))


def whole(rows):
    """Members of areas: which row each compound belongs to."""
    rows = np.asarray(rows, dtype=np.intp)
    return Members(rows, np.arange(len(rows)), np.ones(len(rows)))


def divide(people, homes, weights, rows, **options):
    """Spread totals over compounds A, B, C... that belong to the rows given, the rows being named X, Y..."""
    ids = [chr(ord("A") + place) for place in range(len(rows))]
    areas = [chr(ord("X") + place) for place in range(len(next(iter(people.values()))))]
    return spread(
        table(areas, COUNTS, people),
        table(ids, COUNTS, homes),
        whole(rows),
        weights=table(ids, WEIGHTS, weights),
        **options,
    )


NAN = float("nan")


def test_by_households_by_hand():
    # 101 persons over 300, 200, 100 households: 50.5, 33.67, 16.83.
    done = divide({"elders_60": [101]}, {}, {"households": [300, 200, 100]}, [0, 0, 0])
    assert done.homes["elders_60"].tolist() == [50, 34, 17]
    assert done.placed == 101
    assert set(done.homes["elders_source"]) == {"estimated"}
    assert done.rows.loc["X", "weight"] == "households"


def test_given_ones_stay_and_the_rest_is_spread():
    done = divide({"elders_60": [100]}, {"elders_60": [40, NAN, NAN]}, {"households": [900, 20, 10]}, [0, 0, 0])
    assert done.homes["elders_60"].tolist() == [40, 40, 20]
    assert done.homes["elders_source"].tolist() == ["given", "estimated", "estimated"]
    assert (done.placed, done.rows.loc["X", "given"], done.rows.loc["X", "set_aside"]) == (60, 40, 40)
    assert done.conflicts.empty


def test_more_given_than_there_are():
    done = divide({"elders_60": [100]}, {"elders_60": [80, 45, NAN]}, {"households": [1, 1, 1]}, [0, 0, 0])
    assert done.homes["elders_60"].fillna(-1).tolist() == [80, 45, -1]
    assert done.homes["elders_source"].tolist() == ["given", "given", "unknown"]
    (conflict,) = done.conflicts.to_dict("records")
    assert (conflict["total"], conflict["given"], conflict["difference"], conflict["percent"]) == (100, 125, 25, 25.0)
    assert done.placed == 0


def test_all_given_but_fewer_than_the_total():
    done = divide({"elders_60": [100]}, {"elders_60": [40, 50]}, {}, [0, 0])
    (conflict,) = done.conflicts.to_dict("records")
    assert (conflict["difference"], conflict["percent"], conflict["compounds"]) == (-10, -10.0, 2)
    assert done.rows.loc["X", "set_aside"] == 100


@pytest.mark.parametrize(
    ("weights", "spread_by", "used", "elders", "filled"),
    [
        ({"households": [1, 3], "residential_floor_area_m2": [500, 500]}, None, "households", [5, 15], ["", ""]),
        (
            {"households": [1, 3], "residential_floor_area_m2": [500, 500]},
            "residential_floor_area_m2",
            "residential_floor_area_m2",
            [10, 10],
            ["", ""],
        ),
        # One lacks its households: the first weight that all have is taken.
        ({"households": [1, NAN], "building_volume": [3, 1]}, None, "building_volume", [15, 5], ["", ""]),
        # The study asks for households all the same: the other gets the mean of the area, 1.
        ({"households": [1, NAN], "building_volume": [3, 1]}, "households", "households", [10, 10], ["", "households"]),
        # Nobody has what the study asks for.
        ({"households": [1, 3]}, "building_volume", "households", [5, 15], ["", ""]),
        ({}, None, "equal", [10, 10], ["", ""]),
    ],
)
def test_which_weight(weights, spread_by, used, elders, filled):
    done = divide({"elders_60": [20]}, {}, weights, [0, 0], spread_by=spread_by)
    assert done.rows.loc["X", "weight"] == used
    assert done.homes["elders_60"].tolist() == elders
    assert done.homes["filled"].tolist() == filled


def test_one_compound_needs_no_weight():
    done = divide({"elders_60": [20]}, {}, {}, [0])
    assert (done.rows.loc["X", "weight"], done.homes["elders_60"].tolist()) == ("only", [20])


def test_empty_compounds_take_nobody():
    done = divide({"elders_60": [20, 0]}, {}, {"households": [0, 0, 0]}, [0, 0, 1])
    assert done.homes["elders_60"].tolist() == [0, 0, 0]
    assert (done.placed, done.rows.loc["X", "set_aside"]) == (0, 20)


def test_no_compound_no_elders():
    done = divide({"elders_60": [20, 7]}, {}, {"households": [5]}, [1])
    assert done.rows["set_aside"].tolist() == [20, 0]


def test_older_people_are_among_the_younger():
    people = {"elders_60": [60], "elders_65": [40], "elders_80": [7], "population": [301]}
    done = divide(people, {}, {"households": [50, 30, 20]}, [0, 0, 0])
    assert done.homes["elders_60"].tolist() == [30, 18, 12]
    assert done.homes["elders_65"].tolist() == [20, 12, 8]
    # 7 by 20, 12 and 8: 3.5, 2.1, 1.4.
    assert done.homes["elders_80"].tolist() == [4, 2, 1]
    assert done.homes["population"].tolist() == [151, 90, 60]


def test_totals_that_contradict_each_other_are_kept_apart():
    done = divide({"elders_60": [10], "elders_65": [14]}, {}, {"households": [1, 1]}, [0, 0])
    assert done.homes["elders_65"].tolist() == [5, 5]
    assert done.unplaced == ((0, "elders_65", 4),)


def test_a_population_that_leaves_no_room_is_told():
    done = divide({"elders_60": [10]}, {"population": [4, 3]}, {"households": [1, 1]}, [0, 0])
    assert done.homes["elders_60"].tolist() == [5, 5]
    assert done.unplaced == ((0, "elders_60", 3),)


def cells(number, size=100.0):
    return np.array([shapely.box(place * size, 0, (place + 1) * size, size) for place in range(number)])


def test_cells_are_divided_by_overlap_and_weight():
    import geopandas as gpd

    # A lies in the first cell by a quarter and in the second by three, B wholly in the second; the third is empty.
    homes = gpd.GeoSeries([shapely.box(75, 0, 175, 50), shapely.box(180, 0, 190, 10)], index=["A", "B"])
    members = cells_of(cells(3), homes)
    people = table(["0", "1", "2"], COUNTS, {"elders_60": [10, 40, 5]})
    weights = table(["A", "B"], WEIGHTS, {"households": [100, 25]})
    done = spread(people, table(["A", "B"], COUNTS, {}), members, weights=weights)
    # The second cell: A has 75 of its households there, B its 25.
    assert done.homes["elders_60"].tolist() == [40, 10]
    assert done.rows["spread"].tolist() == [10, 40, 0]
    assert (done.placed, done.rows["set_aside"].tolist()) == (50, [0, 0, 5])


def test_points_lie_in_one_cell():
    import geopandas as gpd

    members = cells_of(cells(2), gpd.GeoSeries([shapely.Point(100, 50), shapely.Point(150, 50), shapely.Point(500, 0)]))
    assert (members.row.tolist(), members.compound.tolist()) == ([0, 1], [0, 1])


# What must always hold.
AREAS = st.integers(1, 4)
COUNT = st.integers(0, 300)


@st.composite
def towns(draw):
    areas = draw(AREAS)
    number = draw(st.integers(1, 14))
    rows = draw(st.lists(st.integers(0, areas - 1), min_size=number, max_size=number))
    steps = [draw(st.tuples(COUNT, COUNT, COUNT, COUNT)) for _area in range(areas)]
    totals = np.array([np.cumsum(step) for step in steps])  # 80+, 65+, 60+, all
    given_ = draw(st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=number, max_size=number))
    weight = st.one_of(st.integers(0, 900).map(float), st.floats(0.5, 9e4))
    weights = draw(st.lists(weight, min_size=number, max_size=number))
    people = {name: totals[:, 3 - place] for name, place in zip(("population", *COUNTS[:3]), range(4), strict=True)}
    homes = {"elders_60": [NAN if one is None else one for one in given_]}
    return people, homes, weights, rows


@settings(max_examples=200, deadline=None)
@given(towns())
def test_totals_are_kept_exactly(town):
    people, homes, weights, rows = town
    done = divide(people, homes, {"households": weights}, rows)
    now, own = done.homes, np.array(homes["elders_60"], dtype=float)
    rows = np.array(rows)
    assert (now[list(COUNTS)].fillna(0) >= 0).all(axis=None)
    assert (now["elders_60"][~np.isnan(own)] == own[~np.isnan(own)]).all()
    for place, total in enumerate(people["elders_60"]):
        mine = rows == place
        stated = np.nansum(own[mine])
        taken = now["elders_60"][mine & np.isnan(own)].sum()
        takers = (np.array(weights) > 0)[mine & np.isnan(own)].any()
        assert taken == (max(total - stated, 0) if takers else 0)
    assert done.placed == now["elders_60"][np.isnan(own)].sum()
    assert (done.rows["spread"] + done.rows["set_aside"] == people["elders_60"]).all()


@settings(max_examples=200, deadline=None)
@given(towns())
def test_age_groups_stay_within_each_other(town):
    people, _homes, weights, rows = town
    now = divide(people, {}, {"households": weights}, rows).homes
    for wide, narrow in zip(("population", *COUNTS[:2]), COUNTS[:3], strict=True):
        assert not (now[narrow] > now[wide]).any()
    for place in set(rows):
        mine = np.array(rows) == place
        if (np.array(weights) > 0)[mine].any():
            for name in COUNTS:
                assert now[name][mine].sum() == people[name][place]


@settings(max_examples=100, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(town, random):
    people, homes, weights, rows = town
    first = divide(people, homes, {"households": weights}, rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    ids = first.homes.index[order]
    again = spread(
        table(first.rows.index, COUNTS, people),
        table(first.homes.index, COUNTS, homes).loc[ids],
        Members(np.array(rows, dtype=np.intp)[order], np.arange(len(order)), np.ones(len(order))),
        weights=table(first.homes.index, WEIGHTS, {"households": weights}).loc[ids],
    )
    pd.testing.assert_frame_equal(again.homes.loc[first.homes.index], first.homes)


@settings(max_examples=100, deadline=None)
@given(towns())
def test_doubling_every_weight_changes_nothing(town):
    people, homes, weights, rows = town
    one = divide(people, homes, {"households": weights}, rows)
    two = divide(people, homes, {"households": [2 * weight for weight in weights]}, rows)
    pd.testing.assert_frame_equal(one.homes, two.homes)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=2, max_size=8))
def test_doubling_one_weight_moves_people_to_it(weights):
    # 10,000 persons: a doubled weight among at most eight of 1 to 500 moves more than one of them.
    before = divide({"elders_60": [10_000]}, {}, {"households": weights}, [0] * len(weights)).homes["elders_60"]
    more = [2 * weights[0], *weights[1:]]
    after = divide({"elders_60": [10_000]}, {}, {"households": more}, [0] * len(weights)).homes["elders_60"]
    assert after.sum() == before.sum() == 10_000
    assert after["A"] > before["A"]
    assert (after.drop("A") <= before.drop("A") + 1).all()

"""Gated compounds, by hand: one street of 1000 m through a compound, and a way around it.

::

    200            +--------------------+
                   |                    |
      0   o---A----+----[400  X  600]---+----F----o
          0  200  300                  700  800  1000

Straight on from A to F it is 600 m, around 100 + 200 + 400 + 200 + 100 = 1000 m.
"""

from __future__ import annotations

from math import hypot
from pathlib import Path

import pandas as pd
import pytest
import shapely

import planner as pl
from planner.study import Study
from tests.coverage.towns import LONG_STREET, Row, at, care, home, town, write_layer, write_town

STREETS = [[(0, 0), (300, 0), (700, 0), (1000, 0)], [(300, 0), (300, 200), (700, 200), (700, 0)]]
X = shapely.box(400, -50, 600, 50)
A = home("A", at(200, 0))
F = care("F", at(800, 0))


def gate(number: int, compound: str, x: float, y: float, **more: object) -> Row:
    return {"gate_id": f"G{number}", "compound_id": compound, "geometry": at(x, y), **more}


WEST, EAST = gate(1, "X", 400, 0), gate(2, "X", 600, 0)


def study_of(
    folder: Path, *compounds: Row, facilities: tuple[Row, ...] = (F,), gates: tuple[Row, ...] = (), **more: object
) -> Study:
    layers = {"gates": gates} if gates else {}
    return town(folder, compounds, facilities, streets=STREETS, **layers, **more)


def metres(study: Study) -> dict[str, float]:
    return pl.coverage.test(study, "care-15min").table["distance_m"].to_dict()


@pytest.mark.parametrize(
    ("gated", "gates", "expected"),
    [
        (True, (), 1000),  # its doors are where the street meets its outline; others go around all the same
        (True, (WEST, EAST), 1000),
        (None, (WEST, EAST), 1000),  # gates tell of a wall where nothing else is said
        (None, (), 600),  # nothing is known: the street stays open
        (False, (), 600),
        (False, (WEST, EAST), 600),  # gates of a compound that is said to be open are doors, no wall
    ],
)
def test_others_walk_around_a_gated_compound(
    tmp_path: Path, gated: bool | None, gates: tuple[Row, ...], expected: float
) -> None:
    study = study_of(tmp_path, A, home("X", X, gated=gated), gates=gates)
    assert metres(study) == pytest.approx({"A": expected, "X": 300})


def test_residents_go_by_their_gates_alone(tmp_path: Path) -> None:
    """From the middle 100 m west to the gate, back around: 100 + 100 + 200 + 400 + 200 + 100."""
    table = pl.coverage.test(study_of(tmp_path, home("X", X, gated=True), gates=(WEST,)), "care-15min").table
    row = table.loc["X"]
    assert (row["distance_m"], row["inside_m"], row["start"]) == (pytest.approx(1100), 100, "gate")


@pytest.mark.parametrize(
    ("x", "inside", "connector"),
    [(400, 100, 0), (397, 103, 0), (402, 98, 0), (403, 97, 1), (410, 90, 8), (430, 70, 28)],
)
def test_a_gate_beside_its_outline_keeps_its_street(tmp_path: Path, x: float, inside: float, connector: float) -> None:
    """The street ends 2 m inside, at 402: a gate farther in leads straight there."""
    study = study_of(tmp_path, home("X", X, gated=True), gates=(gate(1, "X", x, 0),))
    row = pl.coverage.test(study, "care-15min").table.loc["X"]
    assert (row["inside_m"], row["connector_m"]) == pytest.approx((inside, connector))
    assert row["distance_m"] == pytest.approx(inside + connector + (min(x, 402) - 300) + 900)


def test_a_gate_far_inside_is_not_cut_off(tmp_path: Path) -> None:
    """The street it stood at was cut, and no other lies within 100 m: it is left straight, inside its own outline."""
    deep = shapely.box(350, -500, 650, 150)
    study = study_of(tmp_path, home("X", deep, gated=True), gates=(gate(1, "X", 500, 0),))
    row = pl.coverage.test(study, "care-15min").table.loc["X"]
    assert row["start"] == "gate"
    assert row["distance_m"] == pytest.approx(175 + 148 + 52 + 200 + 400 + 200 + 100)


def test_a_facility_inside_is_reached_through_the_gates(tmp_path: Path) -> None:
    """From A 200 m to the west gate, then straight; the residents walk straight to it."""
    inner = care("F", at(550, 10))
    study = study_of(tmp_path, A, home("X", X, gated=True), facilities=(inner,), gates=(WEST,))
    table = pl.coverage.test(study, "care-15min").table
    assert table["distance_m"].to_dict() == pytest.approx({"A": 200 + hypot(150, 10), "X": hypot(50, 10)})
    assert table["start"].to_dict() == {"A": "point", "X": "inside"}
    assert table.loc["A", "connector_m"] == pytest.approx(hypot(150, 10))
    assert (study.entrances.reason == "").all()


def test_a_facility_inside_without_gates_is_reached_where_streets_meet_the_outline(tmp_path: Path) -> None:
    inner = care("F", at(550, 10))
    study = study_of(tmp_path, A, home("B", at(900, 0)), home("X", X, gated=True), facilities=(inner,))
    found = metres(study)
    assert (found["A"], found["B"]) == pytest.approx((200 + hypot(150, 10), 300 + hypot(50, 10)))


def test_a_facility_beside_a_wall_whose_street_was_inside_keeps_a_way(tmp_path: Path) -> None:
    """5 m behind the wall, the only street within 100 m was the one that was cut: it is reached through the gate."""
    wide = shapely.box(350, -20, 650, 120)
    behind = care("F", at(500, -25))
    study = study_of(tmp_path, A, home("X", wide, gated=True), facilities=(behind,), gates=(gate(1, "X", 350, 0),))
    assert study.entrances.reason.tolist() == [""]
    assert metres(study)["A"] == pytest.approx(150 + hypot(150, 25))


def test_a_shop_in_the_wall_opens_to_the_street(tmp_path: Path) -> None:
    """1 m inside the outline is outside: 102 m of street are left at that end, and the shop is 1 m beside them."""
    study = study_of(tmp_path, A, home("X", X, gated=True), facilities=(care("F", at(401, 1)),))
    assert metres(study)["A"] == pytest.approx(201 + 1)


def test_homes_within_anothers_compound_leave_by_its_gates(tmp_path: Path) -> None:
    """A point and a block of flats, neither with gates of its own; and a canteen among them is not left for."""
    point, flats = home("P", at(450, 30)), home("Q", shapely.box(490, -45, 510, 5))
    study = study_of(tmp_path, point, flats, home("X", X, gated=True), gates=(WEST,))
    table = pl.coverage.test(study, "care-15min").table
    assert table.loc["P", "distance_m"] == pytest.approx(hypot(50, 30) + 1000)
    assert table.loc["Q", "distance_m"] == pytest.approx(hypot(100, 20) + 1000)
    assert table["start"].tolist() == ["gate"] * 3
    assert table.loc["P", "inside_m"] == pytest.approx(hypot(50, 30))
    near = care("F", at(460, 30))
    direct = pl.coverage.test(
        study_of(tmp_path / "near", point, flats, home("X", X, gated=True), facilities=(near,), gates=(WEST,)),
        "care-15min",
    ).table
    assert direct["distance_m"].to_dict() == pytest.approx({"P": 10, "Q": hypot(40, 50), "X": hypot(40, 30)})


def test_a_gated_compound_within_another_is_left_by_both_gates(tmp_path: Path) -> None:
    """50 m to the inner gate, 60 m to the outer one, 100 m of street, and around."""
    inner = home("I", shapely.box(460, -30, 560, 30), gated=True)
    gates = (WEST, gate(3, "I", 460, 0))
    study = study_of(tmp_path, inner, home("X", X, gated=True), gates=gates)
    row = pl.coverage.test(study, "care-15min").table.loc["I"]
    assert (row["inside_m"], row["connector_m"]) == pytest.approx((50, 60))
    assert row["distance_m"] == pytest.approx(50 + 60 + 1000)


def test_outlines_upon_each_other_do_no_harm(tmp_path: Path) -> None:
    """Twice the same outline, one with gates: each goes by its own doors."""
    twins = (home("X", X, gated=True), home("Y", X, gated=True))
    found = metres(study_of(tmp_path, A, *twins, gates=(WEST,)))
    assert found == pytest.approx({"A": 1000, "X": 1100, "Y": 300})


def test_neighbours_whose_outlines_overlap(tmp_path: Path) -> None:
    """The gate of the one lies 10 m inside the other, which does not hold its home: it leads to the street outside."""
    other = shapely.box(590, -50, 690, 50)
    gates = (EAST, gate(3, "Y", 690, 0))
    found = metres(study_of(tmp_path, home("X", X, gated=True), home("Y", other, gated=True), gates=gates))
    assert found["Y"] == pytest.approx(50 + 110)
    assert found["X"] == pytest.approx(100 + 88 + 112)  # straight to the end of the street 2 m inside Y, at 688


def test_closed_gates_are_as_none(tmp_path: Path) -> None:
    """Gates tell of a wall, and when none is open it is left where the street meets it; the ledger doubts it."""
    study = study_of(tmp_path, A, home("X", X), gates=(gate(1, "X", 400, 0, open=False),))
    care_circle = pl.coverage.test(study, "care-15min")
    assert care_circle.table["distance_m"].to_dict() == pytest.approx({"A": 1000, "X": 300})
    assert care_circle.table.loc["X", "start"] == "edge"
    assert [(entry.id, entry.field) for entry in care_circle.entries] == [("X", "gates")]


def test_a_straight_way_does_not_lead_through_a_gated_compound(tmp_path: Path) -> None:
    """A home 20 m behind a compound 40 m deep, the street beyond: within 100 m, and out of reach."""
    wall = home("X", shapely.box(300, 10, 700, 50), gated=True)
    homes = (home("B", at(500, 70)), wall)
    study = town(tmp_path, homes, (care("F", at(900, 0)),), streets=LONG_STREET)
    table = pl.coverage.test(study, "care-15min").table
    assert (table.loc["B", "reason"], table.loc["B", "verdict"]) == ("blocked", "unknown")
    open_ = (homes[0], home("X", wall["geometry"]))
    assert metres(town(tmp_path / "open", open_, (care("F", at(900, 0)),), streets=LONG_STREET))["B"] == 470


def test_a_main_road_through_a_gated_compound_stays_and_is_doubted(tmp_path: Path) -> None:
    folder = write_town(tmp_path, [A, home("X", X, gated=True)], [F], streets=STREETS)
    lines = [shapely.LineString(line) for line in STREETS]
    rows = [{"geometry": lines[0], "highway": "secondary"}, {"geometry": lines[1], "highway": "residential"}]
    write_layer(folder / "streets.geojson", rows)
    study = pl.open_study(folder)
    assert metres(study)["A"] == pytest.approx(600)
    told = [(entry.layer, entry.id, entry.field, entry.action) for entry in study.network_entries]
    assert told == [("compounds", "X", "gated", "doubted")]


def test_the_network_tells_what_was_cut(tmp_path: Path) -> None:
    compounds = (A, home("X", X, gated=True))
    study, free = study_of(tmp_path, *compounds), study_of(tmp_path / "free", A, home("X", X))
    assert (study.network.notes["enclosed_edges"], study.network.notes["enclosed_m"]) == (1, 196.0)
    assert "enclosed_m" not in free.network.notes
    assert study.network.key != free.network.key
    assert study.network.key == study_of(tmp_path, *compounds).network.key
    assert free.walled is None


def test_facilities_at_places_that_are_thought_of(tmp_path: Path) -> None:
    """What a candidate would be reached by is what a facility is reached by."""
    study = study_of(tmp_path, A, home("X", X, gated=True), facilities=(care("F", at(550, 10)),), gates=(WEST,))
    again = study.entrances_of(study.layers["facilities"].geometry.to_numpy())
    pd.testing.assert_series_equal(
        pd.Series(again.places.access_m), pd.Series(study.entrances.places.access_m), check_exact=True
    )

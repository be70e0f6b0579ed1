"""Circles on towns small enough to be worked out by hand.

The limit of ``care-15min`` is 900 s: 720 m for ``elder`` (0.8 m/s), 540 m for ``frail`` (0.6 m/s), 900 m for
``standard`` (1.0 m/s). Most towns are one street along y = 0; a place 10 m beside it has a connector of 10 m.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

import planner as pl
from tests.coverage.towns import LONG_STREET, at, care, home, square, town

SIX = "full_day;day;meals;cleaning;bathing;nursing"


def answers(folder: Path, *args: object, circle: str = "care-15min", **options: object) -> pd.DataFrame:
    """The table of a circle on a tiny town."""
    return pl.coverage.test(town(folder, *args, **options), circle).table


# ---- verdicts at the boundary ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "distance_m", "verdict"),
    [
        (480.0, 540.0, "pass"),  # 900 s at 0.6 m/s to the hair
        (479.999, 540.001, "fragile"),  # a millimetre more
        (479.9994, 540.0006, "fragile"),  # a millisecond more at 0.6 m/s
        (300.0, 720.0, "fragile"),  # 900 s at 0.8 m/s to the hair
        (299.999, 720.001, "fail"),
        (299.9992, 720.0008, "fail"),  # a millisecond more at 0.8 m/s
        (0.0, 1020.0, "fail"),
        (990.0, 30.0, "pass"),
    ],
)
def test_exactly_the_limit_passes_and_a_hair_more_does_not(
    tmp_path: Path, x: float, distance_m: float, verdict: str
) -> None:
    row = answers(tmp_path, [home("A", at(x, 10))], [care("F", at(1000, 10))]).loc["A"]
    assert row["distance_m"] == pytest.approx(distance_m, abs=1e-8)
    assert row["minutes"] == pytest.approx(distance_m / 0.8 / 60, abs=1e-9)
    assert row["margin_s"] == pytest.approx(900 - distance_m / 0.8, abs=1e-7)
    assert row["verdict"] == verdict


def test_the_band_of_three_walkers_stands_beside_the_verdict(tmp_path: Path) -> None:
    row = answers(tmp_path, [home("A", at(400, 10))], [care("F", at(1000, 10))]).loc["A"]
    assert row["minutes_standard"] == pytest.approx(620 / 1.0 / 60)
    assert row["minutes"] == pytest.approx(620 / 0.8 / 60)
    assert row["minutes_frail"] == pytest.approx(620 / 0.6 / 60)
    assert row["verdict"] == "fragile"
    assert row["limit_min"] == 15


def test_a_walker_of_the_study_decides_and_the_frail_one_still_tells_pass_from_fragile(tmp_path: Path) -> None:
    own = '[walkers.brisk]\nspeed_mps = 1.25\n[standards]\ncircles = ["care-15min"]'
    homes = [home("A", at(0, 10)), home("B", at(0, 20)), home("C", at(600, 10))]
    facilities = [care("F", at(1105, 10))]
    table = answers(tmp_path, homes, facilities, walking='walker = "brisk"', more=own)
    # 1125 m at 1.25 m/s are 900 s; B walks 10 m more; C walks 525 m, which the frail walker does in 875 s.
    assert table["distance_m"].tolist() == pytest.approx([1125, 1135, 525])
    assert table["verdict"].tolist() == ["fragile", "fail", "pass"]


def test_the_meal_circle_is_of_ten_minutes(tmp_path: Path) -> None:
    homes = [home("A", at(560, 10)), home("B", at(559.999, 10)), home("C", at(700, 10))]
    facilities = [care("F", at(1000, 50), kind="canteen"), care("D", at(560, 10))]
    table = answers(tmp_path, homes, facilities, circle="meal-10min")
    assert table["distance_m"].tolist() == pytest.approx([500, 500.001, 360])
    assert table["verdict"].tolist() == ["fail", "fail", "pass"]  # 480 m is the limit
    assert table["facility_id"].tolist() == ["F", "F", "F"]  # the day-care centre next door serves no meals
    assert table["whole"].isna().all()  # this circle asks for no whole


# ---- the parts of a walk ---------------------------------------------------------------------------------------------


def test_inside_connector_and_streets_add_up_to_the_distance(tmp_path: Path) -> None:
    # The middle of the compound is 50 m from the street, 20 m of it inside; the facility stands 25 m beside the street.
    row = answers(tmp_path, [home("A", square(200, 50))], [care("F", at(500, 25))]).loc["A"]
    assert (row["inside_m"], row["connector_m"]) == pytest.approx((20, 30 + 25))
    assert row["distance_m"] == pytest.approx(20 + 55 + 300)
    assert row["start"] == "point"


def test_a_street_that_meets_the_outline_is_the_door(tmp_path: Path) -> None:
    # The street runs through the compound and meets its outline at x = 180 and x = 220; the home is at (200, 5).
    row = answers(tmp_path, [home("A", square(200, 5))], [care("F", at(500, 0))]).loc["A"]
    inside = float(np.hypot(20, 5))
    assert row["start"] == "edge"
    assert (row["inside_m"], row["connector_m"]) == pytest.approx((inside, 0.0), abs=1e-6)
    assert row["distance_m"] == pytest.approx(inside + 280)


def test_a_compound_leaves_by_the_gate_that_makes_the_walk_shortest(tmp_path: Path) -> None:
    gates = [
        {"gate_id": "west", "compound_id": "A", "geometry": at(180, 50), "open": True},
        {"gate_id": "south", "compound_id": "A", "geometry": at(200, 30), "open": True},
        {"gate_id": "east", "compound_id": "A", "geometry": at(220, 30), "open": True},
    ]
    # west: 20 + 50 + 320; south: 20 + 30 + 300; east: hypot(20, 20) + 30 + 280, the shortest.
    row = answers(tmp_path, [home("A", square(200, 50))], [care("F", at(500, 0))], gates=gates).loc["A"]
    assert row["start"] == "gate"
    assert row["inside_m"] == pytest.approx(np.hypot(20, 20))
    assert row["distance_m"] == pytest.approx(np.hypot(20, 20) + 30 + 280)


def test_a_closed_gate_is_no_gate(tmp_path: Path) -> None:
    gates = [
        {"gate_id": "south", "compound_id": "A", "geometry": at(200, 30), "open": False},
        {"gate_id": "west", "compound_id": "A", "geometry": at(180, 50), "open": True},
        {"gate_id": "B1", "compound_id": "B", "geometry": at(200, -30), "open": False},
    ]
    homes = [home("A", square(200, 50)), home("B", square(200, -50))]
    table = answers(tmp_path, homes, [care("F", at(500, 0))], gates=gates)
    assert table.loc["A", "distance_m"] == pytest.approx(20 + 50 + 320)  # by the western gate
    # All gates of B are closed: it starts as one whose gates are not known.
    assert table.loc["B", "start"] == "point"
    assert table.loc["B", "distance_m"] == pytest.approx(20 + 30 + 300)


def test_a_facility_with_several_entrances_is_as_near_as_the_nearest_of_them(tmp_path: Path) -> None:
    entrances = shapely.MultiPoint([(500, 10), (900, 10)])
    table = answers(tmp_path, [home("A", at(100, 0)), home("B", at(950, 0))], [care("F", entrances)])
    assert table["distance_m"].tolist() == pytest.approx([400 + 10, 50 + 10])


def test_a_facility_inside_the_outline_is_walked_to_directly(tmp_path: Path) -> None:
    homes = [home("A", square(200, 50)), home("B", square(1000, 900))]
    facilities = [care("near", at(200, 62)), care("far", at(1000, 905)), care("street", at(300, 0))]
    table = answers(tmp_path, homes, facilities)
    assert table["facility_id"].tolist() == ["near", "far"]
    assert table["start"].tolist() == ["inside", "inside"]
    assert table["distance_m"].tolist() == pytest.approx([12, 5])
    assert table["inside_m"].tolist() == pytest.approx([12, 5])
    assert table["connector_m"].tolist() == [0, 0]
    assert table["verdict"].tolist() == ["pass", "pass"]  # B too, though no street is near it
    assert table["reason"].tolist() == ["", ""]


def test_a_facility_inside_that_does_not_count_is_not_walked_to(tmp_path: Path) -> None:
    facilities = [care("near", at(200, 62), status="planned"), care("street", at(300, 0))]
    row = answers(tmp_path, [home("A", square(200, 50))], facilities).loc["A"]
    assert (row["facility_id"], row["start"]) == ("street", "point")


# ---- no way ----------------------------------------------------------------------------------------------------------


def test_where_no_street_is_near_nothing_is_decided(tmp_path: Path) -> None:
    homes = [home("in", at(200, 100)), home("out", at(200, 100.001)), home("ok", at(200, 1))]
    table = answers(tmp_path, homes, [care("F", at(500, 0))])
    assert table["reason"].tolist() == ["", "off_network", ""]
    assert table["verdict"].tolist() == ["pass", "unknown", "pass"]
    out = table.loc["out"]
    assert out[["minutes", "distance_m", "inside_m", "connector_m", "margin_s", "minutes_frail"]].isna().all()
    assert pd.isna(out["facility_id"])
    assert (out["services_reached"], out["start"]) == ("", "")


def test_the_greatest_distance_to_a_street_is_the_studys(tmp_path: Path) -> None:
    table = answers(
        tmp_path, [home("A", at(200, 30)), home("B", at(200, 30.5))], [care("F", at(500, 0))], walking="max_snap_m = 30"
    )
    assert table["reason"].tolist() == ["", "off_network"]


def test_streets_without_a_way_between_them_decide_nothing(tmp_path: Path) -> None:
    streets = [*LONG_STREET, [(0, 500), (2000, 500)]]
    homes = [home("A", at(200, 510)), home("B", at(200, 0))]
    table = answers(tmp_path, homes, [care("F", at(500, 0))], streets=streets)
    assert table["reason"].tolist() == ["no_path", ""]
    assert table["verdict"].tolist() == ["unknown", "pass"]
    assert np.isnan(table.loc["A", "minutes"])
    assert table.loc["A", "start"] == "point"


def test_without_one_facility_of_the_kind_every_compound_fails(tmp_path: Path) -> None:
    table = answers(
        tmp_path, [home("A", at(200, 0)), home("lost", at(200, 900))], [care("F", at(500, 0), status="closed")]
    )
    assert table["reason"].tolist() == ["no_facility", "off_network"]
    assert table["verdict"].tolist() == ["fail", "unknown"]
    assert table["minutes"].isna().all()


def test_rows_that_take_no_part_in_walks_are_told(tmp_path: Path) -> None:
    study = town(
        tmp_path, [home("A", at(200, 0)), home("lost", at(200, 900))], [care("F", at(500, 0)), care("G", at(5, 300))]
    )
    entries = pl.coverage.test(study, "care-15min").entries
    assert [(entry.layer, entry.id, entry.action) for entry in entries] == [
        ("compounds", "lost", "doubted"),
        ("facilities", "G", "doubted"),
    ]
    assert "100 m" in entries[0].what


# ---- what counts, and what it offers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["planned", "under_construction", "closed", "misused", None])
def test_only_facilities_in_use_count(tmp_path: Path, status: str | None) -> None:
    facilities = [care("near", at(200, 0), status=status, services=SIX), care("far", at(500, 0))]
    row = answers(tmp_path, [home("A", at(200, 0))], facilities).loc["A"]
    assert (row["facility_id"], row["distance_m"]) == ("far", pytest.approx(300))
    assert row["services_reached"] == "day"


def test_a_facility_counts_from_the_day_it_opened(tmp_path: Path) -> None:
    facilities = [
        care("tomorrow", at(200, 0), opened_on="2026-07-01"),
        care("today", at(300, 0), opened_on="2026-06-30"),
        care("whenever", at(500, 0)),
    ]
    row = answers(tmp_path, [home("A", at(200, 0))], facilities).loc["A"]
    assert (row["facility_id"], row["distance_m"]) == ("today", pytest.approx(100))


def test_a_facility_of_another_kind_counts_when_it_offers_day_care(tmp_path: Path) -> None:
    facilities = [
        care("centre", at(300, 0), kind="community_centre", services="meals;day"),
        care("canteen", at(200, 0), kind="canteen", services="meals"),
    ]
    row = answers(tmp_path, [home("A", at(200, 0))], facilities).loc["A"]
    assert row["facility_id"] == "centre"


def test_services_reached_are_the_union_within_the_limit(tmp_path: Path) -> None:
    facilities = [
        care("day", at(500, 0)),
        care("meals", at(720, 0), kind="canteen"),  # 720 m from A: exactly the limit
        care("bath", at(720.001, 0), kind="other", services="bathing"),  # a millimetre beyond
        care("nurse", at(700, 0), kind="other", services="助护、助洁"),
        care("stay", at(5, 0), kind="nursing_home", services="full_day", status="closed"),
    ]
    table = answers(tmp_path, [home("A", at(0, 0)), home("B", at(0.001, 0))], facilities)
    assert table.loc["A", "services_reached"] == "day;meals;cleaning;nursing"
    assert table.loc["B", "services_reached"] == "day;meals;cleaning;bathing;nursing"
    assert table["whole"].tolist() == [False, False]


def test_all_six_services_make_the_circle_whole(tmp_path: Path) -> None:
    facilities = [
        care("F", at(500, 0), services="day;meals;bathing"),
        care("G", at(100, 0), services="全托、助洁、助护"),
    ]
    row = answers(tmp_path, [home("A", at(0, 0))], facilities).loc["A"]
    assert row["services_reached"] == SIX
    assert bool(row["whole"])


def test_a_service_inside_the_outline_is_reached(tmp_path: Path) -> None:
    facilities = [care("in", at(1000, 905), kind="canteen"), care("F", at(500, 0))]
    table = answers(tmp_path, [home("A", square(1000, 900))], facilities)
    assert table.loc["A", "services_reached"] == "meals"
    assert table.loc["A", "verdict"] == "unknown"  # no street: whether day care is near cannot be told


# ---- barriers --------------------------------------------------------------------------------------------------------


def test_a_barrier_sends_the_walk_another_way(tmp_path: Path) -> None:
    streets = [[(0, 0), (1000, 0), (1000, 60), (0, 60)]]  # a street that comes back 60 m farther north
    wall = [{"barrier_id": "wall", "geometry": shapely.LineString([(0, 10), (900, 10)])}]
    compounds, facilities = [home("A", at(500, 20))], [care("F", at(400, 0))]
    free = answers(tmp_path / "free", compounds, facilities, streets=streets).loc["A"]
    walled = answers(tmp_path / "walled", compounds, facilities, streets=streets, barriers=wall).loc["A"]
    assert free["distance_m"] == pytest.approx(20 + 100)
    assert walled["distance_m"] == pytest.approx(40 + 500 + 60 + 600)  # up, east, down, and back west
    assert (free["verdict"], walled["verdict"]) == ("pass", "fail")


def test_a_home_that_is_walled_in_is_blocked(tmp_path: Path) -> None:
    ring = shapely.LineString([(480, 10), (520, 10), (520, 50), (480, 50), (480, 10)])
    wall = [{"barrier_id": "wall", "geometry": ring}]
    row = answers(tmp_path, [home("A", at(500, 30))], [care("F", at(400, 0))], barriers=wall).loc["A"]
    assert (row["reason"], row["verdict"]) == ("blocked", "unknown")


# ---- the shape of the table ------------------------------------------------------------------------------------------


def test_the_table_has_the_contracts_columns_and_one_row_a_compound(tmp_path: Path) -> None:
    study = town(tmp_path, [home("B", at(0, 0), None), home("A", at(10, 0), 7)], [care("F", at(500, 0))])
    table = pl.coverage.test(study, study.circles[0]).table  # a circle may be given as itself
    assert table.index.name == "compound_id"
    assert set(table.index) == {"A", "B"}
    expected = (
        "circle minutes facility_id distance_m inside_m connector_m services_reached whole verdict margin_s"
        " minutes_standard minutes_frail start reason elders_60"
    )
    assert set(expected.split()) <= set(table.columns)
    assert table.loc["A", "elders_60"] == 7
    assert pd.isna(table.loc["B", "elders_60"])  # not counted is not none
    assert set(table["circle"]) == {"care-15min"}


def test_an_unknown_circle_is_told(tmp_path: Path) -> None:
    study = town(tmp_path, [home("A", at(0, 0))], [care("F", at(500, 0))])
    with pytest.raises(pl.errors.InputError, match="care-20min"):
        pl.coverage.test(study, "care-20min")


def test_a_compound_whose_gates_are_all_closed_is_told():
    study = pl.open_study(Path(__file__).parents[2] / "data" / "sample", lang="en")
    gates = study.layers["gates"].copy()
    compound = gates["compound_id"].iloc[0]
    gates.loc[gates["compound_id"] == compound, "open"] = False
    shut = replace(study, layers={**study.layers, "gates": gates})
    told = [entry for entry in pl.coverage.test(shut, "care-15min").entries if entry.field == "gates"]
    assert [entry.id for entry in told] == [compound]
    assert not [entry for entry in pl.coverage.test(study, "care-15min").entries if entry.field == "gates"]

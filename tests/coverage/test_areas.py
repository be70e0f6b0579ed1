"""Sums by area on a town of squares, counted by hand; every elder stands in exactly one row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

import planner as pl
from planner.coverage.areas import assign, levels, summarise
from planner.study import Study
from tests.coverage.towns import area, at, care, home, town

# Two communities side by side, a third further east in another street; all within one county.
AREAS = [
    area("K1", "community", box(0, -50, 500, 50), name="Old Town", parent_id="S1"),
    area("K2", "community", box(500, -50, 1000, 50), name="New Town", parent_id="S1"),
    area("K3", "community", box(1000, -50, 1500, 50), name="East", parent_id="S2"),
    area("S1", "street", box(0, -50, 1000, 50), parent_id="C"),
    area("S2", "street", box(1000, -50, 1500, 50), parent_id="C"),
    area("C", "county", box(0, -50, 1500, 50)),
]

# The facility stands at x = 100: 720 m reach to x = 820, 540 m to x = 640.
HOMES = [
    home("a", at(100, 0), 10, residential_floor_area_m2=1000.0),  # K1, pass
    home("b", at(600, 0), 20, residential_floor_area_m2=3000.0),  # K2, pass
    home("c", at(800, 0), 30, residential_floor_area_m2=500.0),  # K2, fragile
    home("d", at(900, 0), 40, residential_floor_area_m2=500.0),  # K2, fail
    home("e", at(1200, 0), 50),  # K3, fail
    home("f", at(1800, 0), 60),  # in no area, fail
    home("g", at(1200, 300), 70),  # in no area, and no street near: unknown
    home("h", at(200, 0), None),  # K1, pass, elders not counted
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The town."""
    return town(tmp_path_factory.mktemp("areas"), HOMES, [care("F", at(100, 0))], areas=AREAS)


def test_levels_run_from_the_smallest_to_the_whole_study(study: Study) -> None:
    assert levels(study) == ("community", "street", "county", "study")


def test_a_study_without_areas_has_one_row(tmp_path: Path) -> None:
    bare = town(tmp_path, HOMES, [care("F", at(100, 0))])
    rates = pl.coverage.test(bare, "care-15min")
    assert levels(bare) == ("study",)
    assert rates.rates()["elders"] == 280
    assert rates.rates()["communities"] == 0
    assert np.isnan(rates.rates()["share_communities_with_facility"])
    with pytest.raises(pl.errors.InputError, match=r"community.*choose one of: study"):
        rates.by("community")


def test_sums_by_community(study: Study) -> None:
    table = pl.coverage.test(study, "care-15min").by("community")
    assert table.index.tolist() == ["K1", "K2", "K3", ""]
    assert table["name"].tolist() == ["Old Town", "New Town", "East", "in no area"]
    assert table["elders"].tolist() == [10, 90, 50, 130]
    assert table["elders_covered"].tolist() == [10, 50, 0, 0]
    assert table["elders_unknown"].tolist() == [0, 0, 0, 70]
    assert table["share_elders"].tolist() == pytest.approx([1, 5 / 9, 0, 0])
    assert table["compounds"].tolist() == [2, 3, 1, 2]
    assert table["compounds_covered"].tolist() == [2, 2, 0, 0]
    assert table["compounds_without_elders"].tolist() == [1, 0, 0, 0]
    assert table["share_compounds"].tolist() == pytest.approx([1, 2 / 3, 0, 0])
    assert table["floor_area_m2"].tolist() == [1000, 4000, 0, 0]
    assert table["share_floor_area"].tolist() == pytest.approx([1, 3500 / 4000, np.nan, np.nan], nan_ok=True)
    assert table["communities"].tolist() == [1, 1, 1, 0]
    assert table["communities_with_facility"].tolist() == [1, 0, 0, 0]


def test_sums_of_the_whole_study(study: Study) -> None:
    rates = pl.coverage.test(study, "care-15min").rates()
    assert (rates["name"], rates["level"], rates["circle"]) == ("Town", "study", "care-15min")
    assert (rates["elders"], rates["elders_covered"], rates["elders_unknown"]) == (280, 60, 70)
    assert rates["share_elders"] == pytest.approx(60 / 280)
    assert (rates["compounds"], rates["compounds_covered"]) == (8, 4)
    assert rates["share_floor_area"] == pytest.approx(4500 / 5000)
    assert (rates["communities"], rates["communities_with_facility"]) == (3, 1)
    assert rates["share_communities_with_facility"] == pytest.approx(1 / 3)


def test_target_and_gap_are_those_of_the_document(study: Study) -> None:
    """14号 二: by the end of 2023 every community has its day care; 8号 sets no share for meals."""
    care_rates = pl.coverage.test(study, "care-15min").rates()
    assert care_rates["target"] == 1.0
    assert care_rates["target_indicator"] == "communities_with_facility"
    assert care_rates["target_year"] == 2023
    assert care_rates["target_state"] == "overdue"
    assert care_rates["gap"] == pytest.approx(1 - 1 / 3)
    meals = pl.coverage.test(study, "meal-10min").by("study")
    assert meals[["target", "gap"]].isna().all(axis=None)
    assert meals["target_year"].isna().all()
    assert (meals["target_state"].item(), meals["target_indicator"].item()) == ("none", "")


def test_communities_belong_to_the_areas_above_by_their_chain_of_parents(study: Study) -> None:
    care_circle = pl.coverage.test(study, "care-15min")
    assert care_circle.by("street")["communities"].to_dict() == {"S1": 2, "S2": 1, "": 0}
    assert care_circle.by("street")["communities_with_facility"].to_dict() == {"S1": 1, "S2": 0, "": 0}
    assert care_circle.by("county")["communities"].to_dict() == {"C": 3, "": 0}


def test_without_a_parent_a_community_belongs_where_its_middle_lies(tmp_path: Path) -> None:
    areas = [
        area("K1", "community", box(0, -50, 500, 50)),
        area("K2", "community", box(400, -50, 1400, 50)),  # its middle is at x = 900
        area("K3", "community", box(3000, -50, 3100, 50)),  # outside both
        area("K4", "community", box(1200, -50, 1300, 50), parent_id="S1"),  # lies in S2, belongs to S1
        area("S1", "street", box(0, -50, 800, 50)),
        area("S2", "street", box(800, -50, 1500, 50)),
    ]
    table = pl.coverage.test(
        town(tmp_path, [home("a", at(100, 0))], [care("F", at(450, 0))], areas=areas), "care-15min"
    ).by("street")
    assert table["communities"].to_dict() == {"S1": 2, "S2": 1}
    assert table["communities_with_facility"].to_dict() == {"S1": 1, "S2": 1}  # F stands in K1 and in K2


def test_a_ring_of_parents_comes_to_an_end(tmp_path: Path) -> None:
    areas = [
        area("K1", "community", box(0, -50, 500, 50), parent_id="K2"),
        area("K2", "community", box(500, -50, 900, 50), parent_id="K1"),
        area("S1", "street", box(0, -50, 900, 50)),
    ]
    study = town(tmp_path, [home("a", at(100, 0))], [care("F", at(450, 0))], areas=areas)
    assert pl.coverage.test(study, "care-15min").by("street")["communities"].tolist() == [2]


def test_a_planned_facility_gives_no_community_its_care(tmp_path: Path) -> None:
    facilities = [care("F", at(100, 0)), care("G", at(600, 0), status="planned")]
    study = town(tmp_path, HOMES, facilities, areas=AREAS)
    by = pl.coverage.test(study, "care-15min").by("community")
    assert by["communities_with_facility"].to_dict() == {"K1": 1, "K2": 0, "K3": 0, "": 0}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("K2", "K2"),  # by id
        ("New Town", "K2"),  # by name
        (None, "K1"),  # nothing said: where the home lies
        ("nowhere", "K1"),  # not a community: where the home lies
        ("Twin", "K1"),  # two have this name: where the home lies
        ("S1", "K1"),  # an area of another level
    ],
)
def test_a_compound_belongs_where_it_says_else_where_it_lies(tmp_path: Path, said: str | None, expected: str) -> None:
    areas = [
        *AREAS[:2],
        area("S1", "street", box(0, -50, 1000, 50)),
        area("T1", "community", box(2000, 0, 2010, 10), name="Twin"),
        area("T2", "community", box(2010, 0, 2020, 10), name="Twin"),
    ]
    study = town(tmp_path, [home("a", at(100, 0), community=said)], [care("F", at(450, 0))], areas=areas)
    chosen = study.layers["areas"].query("level == 'community'").index[assign(study, "community")]
    assert chosen.tolist() == [expected]


def test_the_urban_area_is_told_by_geometry(tmp_path: Path) -> None:
    areas = [*AREAS[:1], area("U", "urban", box(0, -50, 700, 50), name="城区")]
    study = town(tmp_path, HOMES, [care("F", at(100, 0))], areas=areas)
    table = pl.coverage.test(study, "care-15min").by("urban")
    assert table["elders"].to_dict() == {"U": 30, "": 250}
    assert table.loc["U", "communities"] == 1


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_rows_always_add_up_to_the_study(study: Study, data: st.DataObject) -> None:
    """Whatever elders, verdicts and places compounds have, no elder is lost and none counted twice."""
    number = len(HOMES)
    elders = data.draw(st.lists(st.none() | st.integers(0, 10_000), min_size=number, max_size=number))
    floor = data.draw(st.lists(st.integers(0, 500_000), min_size=number, max_size=number))
    said = data.draw(st.lists(st.sampled_from([None, "K1", "East", "S2", "?"]), min_size=number, max_size=number))
    verdicts = data.draw(
        st.lists(st.sampled_from(["pass", "fragile", "fail", "unknown"]), min_size=number, max_size=number)
    )
    compounds = study.layers["compounds"].assign(
        elders_60=pd.array(elders, dtype="Int64"),
        residential_floor_area_m2=np.array(floor, float),
        community=pd.array(said, dtype="str"),
    )
    other = replace(study, layers={**study.layers, "compounds": compounds})
    vars(other)["homes"] = study.homes  # the same homes: only their numbers have changed
    table = pd.DataFrame({"verdict": verdicts}, index=compounds.index)
    circle, counts = study.circle("care-15min"), np.ones(1, bool)
    counted = [one or 0 for one in elders]
    covered = [verdict in {"pass", "fragile"} for verdict in verdicts]
    for level in levels(other):
        rows = summarise(other, circle, table, counts, level)
        assert rows["elders"].sum() == sum(counted)
        assert rows["elders_covered"].sum() == sum(one for one, yes in zip(counted, covered, strict=True) if yes)
        assert rows["elders_unknown"].sum() == sum(
            one for one, verdict in zip(counted, verdicts, strict=True) if verdict == "unknown"
        )
        assert rows["compounds"].sum() == number
        assert rows["compounds_covered"].sum() == sum(covered)
        assert rows["compounds_without_elders"].sum() == elders.count(None)
        assert rows["floor_area_m2"].sum() == sum(floor)
        assert (rows["elders_covered"] + rows["elders_unknown"] <= rows["elders"]).all()
        shares = rows.filter(like="share_").to_numpy(dtype=float)
        assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()

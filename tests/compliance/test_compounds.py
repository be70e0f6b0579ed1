"""Compounds of a study: the urban area as a polygon, shared rooms, settings, and what the result tells."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import planner as pl
import planner.standards as st
from planner.compliance import check, check_compounds
from planner.compliance.compounds import chosen_profiles, urban_flags
from planner.compliance.supplies import rooms_of
from planner.errors import InputError
from planner.i18n import language
from planner.study import open_study
from tests.coverage.towns import area, at, care, home, square, write_town

HEADLINE = "cz-14-2023"
NEW = {"status": "new", "residential_floor_area_m2": 8_600.0}


def town(folder: Path, *homes, more: str = "", **layers) -> pl.Study:
    compounds = [home(f"C{number}", square(100 + 200 * number, 0), **one) for number, one in enumerate(homes)]
    path = write_town(folder / "town", compounds, [care("F", at(500, 0))], more=more, **layers)
    return open_study(path)


def rooms_csv(folder: Path, *rows: str) -> str:
    (folder / "town").mkdir(exist_ok=True)
    text = "\n".join(["room_id,compound_ids,floor_area_m2,source,status", *rows]) + "\n"
    (folder / "town" / "rooms.csv").write_text(text, encoding="utf-8")
    return '[layers.rooms]\nfile = "rooms.csv"\n'


def test_the_flag_decides_and_the_outline_where_there_is_none(tmp_path):
    inside = area("U", "urban", shapely.box(0, -100, 250, 100))
    study = town(tmp_path, NEW, {**NEW, "in_urban_area": False}, NEW, {**NEW, "in_urban_area": True}, areas=[inside])
    assert urban_flags(study.layers["compounds"], study.layers["areas"]).tolist() == [1, 0, 0, 1]
    assert urban_flags(study.layers["compounds"]).tolist() == [-1, 0, -1, 1]


def test_a_home_on_the_line_of_the_urban_area_is_inside():
    homes = gpd.GeoDataFrame(geometry=[shapely.Point(10, 5)], index=["C"])
    areas = gpd.GeoDataFrame({"level": ["urban"]}, geometry=[shapely.box(0, 0, 10, 10)])
    assert urban_flags(homes, areas).tolist() == [1]


def test_areas_of_other_levels_say_nothing_of_the_urban_area():
    homes = gpd.GeoDataFrame(geometry=[shapely.Point(5, 5)], index=["C"])
    areas = gpd.GeoDataFrame({"level": ["community"]}, geometry=[shapely.box(0, 0, 10, 10)])
    assert urban_flags(homes, areas).tolist() == [-1]


def test_a_study_without_rooms_is_unknown(tmp_path):
    study = town(tmp_path, {**NEW, "in_urban_area": True})
    result = check(study)
    assert result.of()["reason"].tolist() == ["supply_unknown"]
    assert result.of()["required_m2"].tolist() == [350]


def test_a_study_with_rooms(tmp_path):
    more = rooms_csv(tmp_path, "R1,C0,350,配建,in_use", "R2,C1;C2,350,购置,in_use")
    homes = [{**NEW, "in_urban_area": True}, *[{**NEW, "residential_floor_area_m2": 5e3, "in_urban_area": True}] * 2]
    study = town(tmp_path, *homes, more=more)
    found = check(study).of()
    assert found["verdict"].tolist() == ["compliant"] * 3
    assert found.loc["C1", "arithmetic"] == (
        "5,000.00 m2 × 3 % = 150.00 m2; at least 350.00 m2 for every single room; required: 150.00 m2; "
        "provided jointly: the minimum holds for the shared room, the ratio for each; "
        "of room R2 (350.00), shared by 2, its part is 175.00; counted: 175.00 m2; enough"
    )


def test_the_headline_of_study_toml_comes_first(tmp_path):
    more = '[standards]\nheadline = "hunan-2025"\ncompare = ["cz-8-2023"]\n'
    result = check(town(tmp_path, NEW, more=more))
    assert [profile.id for profile in result.profiles] == ["hunan-2025", "cz-8-2023"]
    assert result.headline == "hunan-2025"
    assert result.table["headline"].tolist() == [True, False]


def test_without_settings_all_four_readings_stand_side_by_side(tmp_path):
    study = town(tmp_path, NEW)
    assert [one.id for one in chosen_profiles(study)] == [HEADLINE, "cz-14-2023-permille", "cz-8-2023", "hunan-2025"]


def test_own_figures_of_study_toml(tmp_path):
    more = (
        rooms_csv(tmp_path, "R1,C0,300,配建,in_use")
        + "[standards.profiles.per-100-households]\nnew_m2 = 30\nexisting_m2 = 20\nminimum_m2 = 350\n"
        + 'source = "安徽省 2022-07-20"\n'
    )
    study = town(tmp_path, {**NEW, "households": 900}, more=more)
    found = check(study).of("per-100-households")
    assert found["required_m2"].tolist() == [350]
    assert found["verdict"].tolist() == ["short"]
    assert found["quote"].tolist() == ["安徽省 2022-07-20"]
    assert found["obtained"].tolist() == ["given"]
    assert "figures given by the user" in found["note"].iloc[0]


def test_a_profile_that_is_not_known_is_a_fault_of_study_toml(tmp_path):
    with pytest.raises(InputError, match="cz-99"):
        town(tmp_path, NEW, more='[standards]\ncompare = ["cz-99"]\n')


def test_the_profile_without_figures_asks_for_them(tmp_path):
    with pytest.raises(InputError, match=r"\[standards.profiles.per-100-households\]"):
        town(tmp_path, NEW, more='[standards]\nheadline = "per-100-households"\n')


@pytest.mark.parametrize(
    "line", ["new_m2 = 30", 'source = "x"', 'source = "x"\nnew_m2 = -1', 'source = "x"\nnew_m2 = 30\nold_m2 = 20']
)
def test_faulty_own_figures_are_told(tmp_path, line):
    with pytest.raises(InputError):
        town(tmp_path, NEW, more=f"[standards.profiles.mine]\n{line}\n")


def test_the_profile_that_ranks_above_is_named(tmp_path):
    study = town(tmp_path, {**NEW, "in_urban_area": True}, more=rooms_csv(tmp_path, "R1,C0,320,配建,in_use"))
    result = check(study)
    assert "hunan-2025 applies as well and ranks above it (provincial law)" in result.of()["note"].iloc[0]
    law = result.of("hunan-2025")
    assert "ranks above" not in law["note"].iloc[0]
    assert "to be confirmed against the original" in law["note"].iloc[0]
    assert "a reading, not the printed text" in result.of("cz-14-2023-permille")["note"].iloc[0]
    assert result.verdicts().loc["C0", "differs"]
    assert not result.verdicts().loc["C0", "depends_on_reading"]


def test_notes_tell_crossovers_and_what_depends_on_the_reading(tmp_path):
    homes = {"status": "new", "in_urban_area": True}
    study = town(
        tmp_path,
        {**homes, "residential_floor_area_m2": 20_000.0},
        {**homes, "residential_floor_area_m2": 8_000.0},
        more=rooms_csv(tmp_path, "R1,C0,350,配建,in_use", "R2,C1,350,配建,in_use"),
    )
    notes = check(study).notes
    assert "cz-14-2023, new: 3 % asks for more than 350.00 m2 above about 11,667 m2" in notes
    assert "cz-14-2023-permille, new: 3 ‰ asks for more than 350.00 m2 above about 116,667 m2" in notes
    assert "the verdict of 1 depends on the reading of the text (cz-14-2023-permille): C0" in notes
    assert len(set(notes)) == len(notes)


def test_a_target_that_is_past_is_told():
    homes = pd.DataFrame({"status": ["existing"], "residential_floor_area_m2": [5e3]}, index=["C"])
    rooms = pd.DataFrame({"compound_ids": ["C"], "floor_area_m2": [350.0], "status": ["in_use"]}, index=["R"])
    said = {}
    with language("en"):
        for day in (date(2025, 12, 31), date(2026, 1, 1)):
            result = check_compounds(homes, rooms=rooms, profiles=[st.profile("cz-8-2023")], as_of=day)
            said[day] = result.of()["note"].iloc[0]
            assert result.of()["target_year"].tolist() == [2025]
    assert list(said.values()) == ["to be reached by 2025-12-31", "was to be reached by 2025-12-31"]


def test_rooms_that_cannot_be_placed_are_told():
    homes = pd.DataFrame(index=pd.Index(["C1", "C2"], name="compound_id"))
    rooms = pd.DataFrame(
        {
            "compound_ids": ["C1;C9", "C2", "C9", "C1; C2 ;C1"],
            "floor_area_m2": [350.0, 400.0, 500.0, 600.0],
            "status": ["in_use", None, "in_use", "in_use"],
        },
        index=pd.Index(["R1", "R2", "R3", "R4"], name="room_id"),
    )
    with language("en"):
        found = rooms_of(homes, rooms)
    assert found.sites.size.tolist() == [350_000_000]
    assert [(one.room, one.owners) for one in found.shared] == [("R4", (0, 1))]
    assert found.notes[0] == ["room R1 also serves compounds that are not in the layer; they get no part of it"]
    assert found.notes[1] == ["room R2 is not counted: its state or floor area is not known"]


def test_childcare_places_in_several_outlines_count_once():
    homes = gpd.GeoDataFrame(
        {"status": ["existing"] * 2, "population": [1_000, 1_000]},
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)],
        index=pd.Index(["C2", "C1"], name="compound_id"),
    )
    facilities = gpd.GeoDataFrame(
        {
            "kind": ["childcare", "childcare", "day_care"],
            "status": ["in_use", "closed", "in_use"],
            "opened_on": pd.to_datetime([None] * 3),
            "places": pd.array([8, 100, 100], dtype="Int64"),
        },
        geometry=[shapely.Point(10, 5), shapely.Point(5, 5), shapely.Point(5, 5)],
        index=["F1", "F2", "F3"],
    )
    profiles = [st.profile("cz-8-2023-childcare")]
    result = check_compounds(homes, facilities=facilities, profiles=profiles, as_of=date(2025, 6, 30))
    assert result.of()["counted_places"].to_dict() == {"C2": 0, "C1": 8}
    assert result.of()["required_places"].tolist() == [8, 8]
    assert "required_m2" not in result.table
    facilities["places"] = pd.array([None, 100, 100], dtype="Int64")
    result = check_compounds(homes, facilities=facilities, profiles=profiles, as_of=date(2025, 6, 30))
    assert result.of()["verdict"].to_dict() == {"C2": "short", "C1": "unknown"}


def test_places_and_square_metres_stand_in_columns_of_their_own():
    homes = pd.DataFrame({"status": ["new"], "residential_floor_area_m2": [5e3], "population": [100]}, index=["C"])
    both = [st.profile("cz-8-2023"), st.profile("cz-8-2023-childcare")]
    result = check_compounds(homes, profiles=both, as_of=date(2025, 6, 30))
    assert result.table["required_m2"].tolist()[0] == 350
    assert result.table["required_places"].tolist()[1] == 1
    assert result.table["required_m2"].isna().tolist() == [False, True]


def test_an_unchecked_profile_is_refused(tmp_path):
    with pytest.raises(InputError, match="hunan-2025"):
        check(town(tmp_path, NEW), profiles=[HEADLINE]).of("hunan-2025")


def test_the_sample_adds_up():
    result = check(open_study("data/sample", lang="en"))
    sums = result.sums()
    verdict_columns = ["compliant", "short", "not_applicable", "unknown"]
    assert (sums[verdict_columns].sum(axis=1) == 157).all()
    assert sums.index.tolist() == [one.id for one in result.profiles]
    bound = result.of()[result.of()["verdict"].isin(["compliant", "short"])]
    assert sums.loc[HEADLINE, "required_m2"] == pytest.approx(bound["required_m2"].sum())

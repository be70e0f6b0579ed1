"""Sites for a shortfall: large enough, near enough, above the ground, of a tenure with a way; the cheapest first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import planner as pl
from planner.compliance import check, joint_groups, remedies
from planner.compliance.remedies import Table, ways_table
from planner.errors import InputError
from tests.coverage.towns import at, care, home, write_town
from tests.standards.test_loading import POLICY

SMALL = {"status": "new", "residential_floor_area_m2": 5_000.0, "in_urban_area": True}  # needs 350


def site(key: str, x: float, area: float | None = 400.0, **more) -> dict:
    given = {"use": "day_care", "tenure": "闲置国企房产", "floor": 1, "cost_cny": 1000}
    return {"candidate_id": key, "name": key, "floor_area_m2": area, "geometry": at(x, 0), **given, **more}


def town(folder: Path, *sites: dict, homes: int = 1, **more) -> pl.Study:
    compounds = [home(f"C{number}", at(100 * number, 0), **{**SMALL, **more}) for number in range(homes)]
    rooms = '[layers.rooms]\nfile = "rooms.csv"'
    layers = {"candidates": sites} if sites else {}
    path = write_town(folder / "town", compounds, [care("F", at(500, 0))], more=rooms, **layers)
    text = "room_id,compound_ids,floor_area_m2,source,status\nR,elsewhere,400,配建,in_use\n"
    (path / "rooms.csv").write_text(text, encoding="utf-8")
    return pl.open_study(path)


def found(study: pl.Study, **options) -> pd.DataFrame:
    return remedies(study, check(study), **options)


def test_the_cheapest_comes_first_and_an_unknown_cost_last(tmp_path):
    study = town(
        tmp_path,
        site("K1", 100, cost_cny=None),
        site("K2", 290, cost_cny=900, floor=3),
        site("K3", 200, cost_cny=900),
        site("K4", 50, cost_cny=5000),
    )
    table = found(study)
    assert table["candidate_id"].tolist() == ["K3", "K2", "K4", "K1"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["walk_m"].tolist() == pytest.approx([200, 290, 50, 100])
    assert table["why"].tolist() == ["", "it lies on storey 3", "", "its cost is not known"]
    assert table["preferred_floor"].tolist() == [True, False, True, True]
    assert set(table["ways"]) == {"置换;租赁;改造"}
    assert set(table["id"]) == {"C0"}
    assert found(study, best=1)["candidate_id"].tolist() == ["K3"]
    assert "K2" not in found(study, highest_floor=2)["candidate_id"].tolist()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"area": 349.995}, "it is too small by 0.005 m2"),
        ({"area": None}, "its floor area is not known"),
        ({"floor": -1}, "it lies below the ground"),
        ({"use": "canteen"}, "it may only become a canteen"),
        ({"tenure": "不清楚"}, "no way is listed for its tenure “不清楚”"),
    ],
)
def test_what_will_not_do_is_told(tmp_path, bad, why):
    table = found(town(tmp_path, site("K1", 100, **bad), site("K2", 420)))
    assert table["candidate_id"].isna().tolist() == [True]
    assert table["why"].item() == (
        f"the nearest site, K1, 100 m away, will not do: {why}; "
        "the nearest that would do, K2, is 420 m away, farther than 300 m"
    )


def test_just_large_enough_and_just_near_enough_will_do(tmp_path):
    assert found(town(tmp_path, site("K1", 300, area=350.0)))["candidate_id"].tolist() == ["K1"]


def test_nothing_anywhere(tmp_path):
    table = found(town(tmp_path, site("K1", 100, area=20)))
    assert table["why"].item().endswith("no site would do within 3,000 m on the streets; the nearest one is farther")
    assert table["ways"].tolist() == [""]


def test_doubts_do_not_rule_out(tmp_path):
    table = found(town(tmp_path, site("K1", 100, use=None, floor=None), site("K2", 100, floor=None, tenure="空地")))
    assert table["candidate_id"].tolist() == ["K1", "K2"]
    assert table["why"].tolist() == ["its use is not known; its storey is not known", ""]
    assert table["ways"].tolist() == ["置换;租赁;改造", "补建"]


def test_a_group_is_near_when_each_of_its_members_is(tmp_path):
    study = town(tmp_path, site("K1", 350, 500), site("K2", 280, 500), homes=3)
    groups = joint_groups(study, walk_m=300)
    assert groups.rooms == 1
    table = remedies(study, groups)
    # C0 at 0, C2 at 200: K1 is 350 m from C0.
    assert table["candidate_id"].tolist() == ["K2"]
    assert table["walk_m"].tolist() == pytest.approx([280])
    assert table["needed_m2"].tolist() == [450.0]
    assert found(study)["wanted_by"].tolist() == [3, 3, 2, 3, 2]


def test_a_large_shortfall_needs_a_large_site(tmp_path):
    study = town(tmp_path, site("K1", 100, area=599), site("K2", 200, area=600), residential_floor_area_m2=20_000.0)
    assert found(study)["candidate_id"].tolist() == ["K2"]


def test_a_town_without_shortfall_has_no_rows(tmp_path):
    study = town(tmp_path, site("K1", 100), in_urban_area=False)
    table = found(study)
    assert len(table) == 0
    assert table["rank"].dtype == "Int64"


def test_a_study_without_candidates_and_nonsense_are_told_together(tmp_path):
    study = town(tmp_path)
    with pytest.raises(InputError) as caught:
        remedies(study, check(study), walk_m=0, best=-1)
    assert len(caught.value.faults) == 3
    with pytest.raises(InputError, match="highest_floor is nan"):
        remedies(study, check(study), highest_floor=np.nan)


@pytest.mark.parametrize(
    ("tenure", "ways"),
    [
        ("闲置国企房产", "置换 租赁 改造"),
        ("闲置公有房产", "置换 租赁 改造"),
        ("沿街商铺", "购置 租赁"),
        ("村集体用房", "租赁"),
        ("高层住宅架空层", "改造"),
        ("储备用地", "补建"),
        ("旧厂房", "租赁 改造"),
    ],
)
def test_ways_of_tenures(tenure, ways):
    assert " ".join(ways_table().of(tenure).ways) == ways


def test_every_way_is_one_of_the_five():
    raw = ways_table().model_dump()
    raw["tenures"] = [{**raw["tenures"][0], "ways": ["拆除"]}]
    with pytest.raises(ValueError, match="no such way: 拆除"):
        Table.model_validate(raw)


def test_every_quote_stands_in_its_document():
    if not POLICY.exists():
        pytest.skip("the policy texts are not beside this checkout")
    table = ways_table()
    for entry in (table.ways, *table.tenures):
        text = "".join((POLICY / f"{entry.document}.txt").read_text(encoding="utf-8").split())
        assert "".join(entry.quote.split()) in text


def test_the_sample_has_sites_for_some():
    study = pl.open_study(Path(__file__).parents[2] / "data" / "sample", lang="en")
    table = remedies(study, check(study))
    assert 0 < table["candidate_id"].notna().sum() < len(table)
    assert set(table["id"]) == set(check(study).of().query("verdict == 'short'").index)
    assert (table.loc[table["candidate_id"].isna(), "why"] != "").all()

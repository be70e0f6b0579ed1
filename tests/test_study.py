"""A study folder opened: settings checked all at once, layers in one CRS, the network kept between runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import shapely

import planner as pl
from planner.errors import InputError
from planner.i18n import language
from planner.study import open_study
from tests.coverage.towns import area, at, care, home, square, write_town


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study folder without a fault."""
    return write_town(
        tmp_path / "town",
        [home("A", square(100, 0)), home("B", at(300, 0))],
        [care("F", at(500, 0)), care("E", at(500, 0))],
        areas=[area("K", "community", shapely.box(0, -50, 200, 50))],
    )


def rewrite(folder: Path, old: str, new: str) -> None:
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def faults(folder: Path, **options: str) -> list[str]:
    """What open_study finds wrong, each fault as one line."""
    with pytest.raises(InputError) as caught:
        open_study(folder, **options)
    return [str(fault) for fault in caught.value.faults]


# ---- what a study holds ----------------------------------------------------------------------------------------------


def test_a_study_tells_its_settings(folder: Path) -> None:
    study = open_study(folder)
    assert (study.name, study.lang, study.as_of) == ("Town", "en", date(2026, 6, 30))
    assert study.crs.to_epsg() == 4547
    assert (study.walker.name, study.walker.speed_mps) == ("elder", 0.8)
    assert [circle.id for circle in study.circles] == ["care-15min", "meal-10min"]
    assert repr(study).startswith("<Study Town: 2 compounds, 2 facilities, 1 areas; CGCS2000")


def test_layers_are_indexed_by_their_ids_with_all_columns(folder: Path) -> None:
    layers = open_study(folder).layers
    assert set(layers) == {"compounds", "facilities", "areas"}
    assert [layers[name].index.name for name in layers] == ["compound_id", "facility_id", "area_id"]
    assert layers["compounds"]["elders_60"].tolist() == [10, 10]
    assert layers["compounds"]["elders_80"].isna().all()  # not in the file, yet in the table
    assert all(table.crs.to_epsg() == 4547 for table in layers.values())
    with pytest.raises(TypeError):
        layers["compounds"] = layers["areas"]  # type: ignore[index]


def test_facilities_stand_in_the_order_of_their_ids(folder: Path) -> None:
    study = open_study(folder)
    assert study.layers["facilities"].index.tolist() == ["E", "F"]
    table = pl.coverage.test(study, "care-15min").table
    assert table["facility_id"].tolist() == ["E", "E"]  # as near as F, and first by id


def test_the_toml_itself_may_be_given(folder: Path) -> None:
    assert open_study(folder / "study.toml").folder == folder


def test_a_study_without_a_name_is_called_as_its_folder(folder: Path) -> None:
    rewrite(folder, 'name = "Town"\n', "")
    assert open_study(folder).name == "town"


def test_without_a_day_today_is_meant(folder: Path) -> None:
    rewrite(folder, "as_of = 2026-06-30\n", "")
    assert open_study(folder).as_of == date.today()


def test_without_a_crs_the_zone_that_fits_is_taken(folder: Path) -> None:
    rewrite(folder, 'crs = "EPSG:4547"\n', "")
    study = open_study(folder)
    assert study.crs.to_epsg() == 4547  # the town stands at 113 E, in the zone of 114 E
    assert study.layers["facilities"].crs == study.layers["compounds"].crs == study.crs


def test_a_walker_of_the_study(folder: Path) -> None:
    rewrite(folder, "[walking]", '[walkers.slow]\nspeed_mps = 0.5\n[walking]\nwalker = "slow"')
    assert (open_study(folder).walker.name, open_study(folder).walker.speed_mps) == ("slow", 0.5)


def test_the_language_of_the_call_goes_before_that_of_the_file(folder: Path) -> None:
    assert open_study(folder).lang == "en"
    assert open_study(folder, lang="zh").lang == "zh"


def test_words_of_a_study_are_in_its_own_language_wherever_it_is_asked(folder: Path) -> None:
    for lang, words in (("en", "in no area"), ("zh", "不在任何区划内")):
        table = pl.coverage.test(open_study(folder, lang=lang), "care-15min").by("community")
        assert table["name"].tolist() == ["K", words]


# ---- the network -----------------------------------------------------------------------------------------------------


def test_a_second_opening_reuses_the_network(folder: Path, tmp_path: Path) -> None:
    first, second = (open_study(folder, cache=tmp_path / "cache") for _ in range(2))
    assert first.network_reused is False
    assert second.network_reused is True
    assert second.network.edges == first.network.edges
    one, two = (pl.coverage.test(study, "care-15min").table for study in (first, second))
    assert two.equals(one)


def test_changed_streets_never_meet_an_old_network(folder: Path, tmp_path: Path) -> None:
    assert open_study(folder, cache=tmp_path / "cache").network_reused is False
    streets = folder / "streets.geojson"
    text = streets.read_text(encoding="utf-8")
    assert "402000.0" in text
    streets.write_text(text.replace("402000.0", "402001.0"), encoding="utf-8")
    study = open_study(folder, cache=tmp_path / "cache")
    assert study.network_reused is False
    assert study.network.edge_length_m.sum() == pytest.approx(2001)


def test_crossings_that_were_not_joined_are_told(tmp_path: Path) -> None:
    streets = [[(0, 0), (1000, 0)], [(500, -100), (500, 100)]]
    study = open_study(write_town(tmp_path, [home("A", at(0, 0))], [care("F", at(500, 90))], streets=streets))
    (entry,) = study.network_entries
    assert (entry.layer, entry.file, entry.action) == ("network", "streets.geojson", "doubted")
    assert "x=400500.00 y=2853000.00" in entry.what
    assert pl.coverage.test(study, "care-15min").table["reason"].tolist() == ["no_path"]


# ---- faults: all at once, in the reader's language -------------------------------------------------------------------


def test_every_fault_of_the_settings_is_told_at_once(folder: Path) -> None:
    rewrite(
        folder,
        'network = "streets.geojson"',
        'network = "streets.shp"\nmax_snap = 50\nwalker = "runner"\nelevation = "dem.tif"',
    )
    rewrite(folder, "[layers.areas]", '[standards]\ncircles = ["care-15min", "tea-5min"]\n[layers.areas]')
    rewrite(folder, "[study]", "[study]\ncolour = 1")
    rewrite(folder, "EPSG:4547", "EPSG:4490")
    found = faults(folder)
    assert len(found) == 7
    for said in (
        "study.colour is not a setting that is known",
        "walking.max_snap is not a setting that is known",
        "walker runner is not known → choose one of standard, elder, frail, or describe it in [walkers.runner]",
        "walking.elevation is given, but slopes are not yet counted in walking time",
        "tea-5min",
        "the street file does not exist",
        "the compute CRS China Geodetic Coordinate System 2000 is not projected in metres",
    ):
        assert any(said in one for one in found), said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('network = "streets.geojson"\n', "", "walking.network is missing"),
        ('lang = "en"', 'lang = "fr"', "study.lang is not usable"),
        ("as_of = 2026-06-30", 'as_of = "soon"', "study.as_of is not usable"),
        ("[walking]", "[walking]\nmax_snap_m = 0", "walking.max_snap_m is not usable"),
        ("[walking]", "[walking]\nmax_snap_m = nan", "walking.max_snap_m is not usable"),
        ("[walking]", "[walkers.own]\nspeed_mps = 0.0\n[walking]", "walkers.own.speed_mps is not usable"),
        ("[walking]", "[standards]\ncircles = []\n[walking]", "standards.circles is not usable"),
        ("[walking]", "[layers.trees]\nfile = 'x'\n[walking]", "layers.trees is not a setting that is known"),
        ('[layers.compounds]\nfile = "compounds.geojson"', "", "layers.compounds is missing"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(folder: Path, old: str, new: str, said: str) -> None:
    rewrite(folder, old, new)
    with language("en"):
        assert [
            one
            for one in faults(folder)
            if said in one and "compare with the study.toml that planner new DIR writes" in one
        ]


def test_a_table_that_is_no_table_is_told(folder: Path) -> None:
    (folder / "study.toml").write_text('study = "Town"\n', encoding="utf-8")
    found = faults(folder, lang="en")
    assert any("study is not usable" in one for one in found)
    assert any("walking is missing" in one for one in found)


def test_faults_speak_the_language_of_the_study(folder: Path) -> None:
    rewrite(folder, "[walking]", '[walking]\nwalker = "runner"')
    assert "walker runner is not known" in faults(folder)[0]  # lang = "en" in the file
    assert "runner" in faults(folder, lang="zh")[0]
    assert "is not known" not in faults(folder, lang="zh")[0]
    rewrite(folder, 'lang = "en"', 'lang = "zh"')
    assert "is not known" not in faults(folder)[0]
    assert "walker runner is not known" in faults(folder, lang="en")[0]


def test_misspelt_keys_are_told_in_both_languages(folder: Path) -> None:
    rewrite(folder, "[study]", "[study]\ncolour = 1")
    english, chinese = faults(folder, lang="en")[0], faults(folder, lang="zh")[0]
    assert "study.colour is not a setting that is known" in english
    assert "study.colour" in chinese
    assert "not a setting" not in chinese


def test_text_that_is_no_toml_is_told_with_its_line(folder: Path) -> None:
    rewrite(folder, 'name = "Town"', "name = Town")
    (said,) = faults(folder, lang="en")
    assert "study.toml: the settings cannot be read as TOML" in said
    assert "line 2" in said


def test_settings_saved_as_gbk_are_told_to_be_saved_as_utf8(folder: Path) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8").replace("Town", "示例城区")
    (folder / "study.toml").write_bytes(text.encode("gbk"))
    (said,) = faults(folder, lang="en")
    assert "the settings are not written in UTF-8" in said
    assert "save it with the encoding UTF-8" in said


def test_settings_with_a_byte_order_mark_are_read(folder: Path) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8").replace("Town", "示例城区")
    (folder / "study.toml").write_bytes(text.encode("utf-8-sig"))  # as Windows' editor saves it
    assert open_study(folder).name == "示例城区"


@pytest.mark.parametrize("given", ["nowhere", "town/compounds.geojson", "."])
def test_a_folder_without_settings_is_told(folder: Path, given: str) -> None:
    (said,) = faults(folder.parent / given, lang="en")
    assert "there is no study.toml" in said
    assert "planner new DIR makes one" in said


def test_every_layer_that_cannot_be_read_is_told_at_once(folder: Path) -> None:
    (folder / "compounds.geojson").unlink()
    (folder / "areas.geojson").write_text("nothing", encoding="utf-8")
    found = faults(folder)
    assert any("compounds.geojson" in one for one in found)
    assert any("areas.geojson" in one for one in found)


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        ("EPSG:4490", "is not projected in metres"),  # degrees
        ("EPSG:2263", "is not projected in metres"),  # feet
        ("EPSG:1", "is not known"),
    ],
)
def test_a_compute_crs_that_has_no_metres_is_refused(folder: Path, crs: str, said: str) -> None:
    rewrite(folder, "EPSG:4547", crs)
    assert any(said in one for one in faults(folder))

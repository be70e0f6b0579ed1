"""Starting a study: what stands in the new folder, what is never replaced, and that it leads to a study that opens."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from pydantic import BaseModel

import planner as pl
from planner import studytables
from planner.errors import InputError, OutputExists
from planner.i18n import language
from planner.layers.columns import LAYERS
from planner.layers.settings import DATUM_NAMES, EldersSettings, LayerSettings
from planner.starting import new_study
from planner.studytables import LayersTable, StudySettings

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
BOTH = pytest.mark.parametrize("lang", ["zh", "en"])


def tables(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every table that study.toml may hold, with a pattern of its heading."""
    for name, kind in model.model_fields.items():
        inner = re.findall(r"[\w.]+", str(kind.annotation))
        found = [one for part in inner if (one := MODELS.get(part.rpartition(".")[2])) is not None]
        for one in found:
            heading = rf"{path}{name}\.\w+" if "dict" in inner or one is LayerSettings else f"{path}{name}"
            if one is not LayersTable:
                yield heading, one
            yield from tables(one, f"{heading}\\.")


MODELS = {model.__name__: model for model in [*studytables.StudySettings.__mro__[1].__subclasses__(), EldersSettings]}
MODELS |= {"LayerSettings": LayerSettings}
TABLES = {model: heading for heading, model in tables(StudySettings)}


def test_every_table_is_found() -> None:
    assert {"study", "walking", r"walkers\.\w+", "elders", "standards", r"standards\.profiles\.\w+"} <= set(
        TABLES.values()
    )
    assert len(TABLES) >= 8


@BOTH
@pytest.mark.parametrize("model", list(TABLES))
def test_every_setting_stands_in_the_toml_with_an_explanation(
    tmp_path: Path, lang: str, model: type[BaseModel]
) -> None:
    text = (new_study(tmp_path / "a", lang=lang).folder / "study.toml").read_text(encoding="utf-8")
    section = text
    if model is not LayerSettings:
        found = re.search(rf"^(?:# )?\[?\[{TABLES[model]}\]\]?$(.*?)(?=^(?:# )?\[|\Z)", text, re.MULTILINE | re.DOTALL)
        assert found, TABLES[model]
        section = found[1]
    for name, kind in model.model_fields.items():
        if re.search(r"\bWayTable\b|Table\]", str(kind.annotation)):
            continue  # a table of its own
        line = re.search(rf"^#?\s*{name}\s*=.*$", section, re.MULTILINE)
        assert line, name
        beside = re.search(r"(?:#|\s{3,})\s*\S+", line[0].partition("=")[2])
        above = section[: line.start()].rstrip("\n").rpartition("\n")[2].startswith("#")
        assert beside or above or f"\n# {name} " in text, name


@BOTH
def test_what_the_toml_says(tmp_path: Path, lang: str) -> None:
    started = new_study(tmp_path / '城北"试点', lang=lang)
    text = (started.folder / "study.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    assert (raw["study"]["name"], raw["study"]["lang"]) == ('城北"试点', lang)
    assert list(raw["layers"]) == list(LayersTable.model_fields)
    assert {one["file"] for one in raw["layers"].values()} | {"study.toml"} == set(started.written)
    assert "datum" not in str(raw["layers"])  # nobody may guess it
    asked = [name for name in LAYERS if f"[layers.{name}]" in text and _section(text, name).count("# datum = ")]
    assert asked == [name for name in LAYERS if LAYERS[name].has_geometry]
    for datum in DATUM_NAMES:
        assert f'"{datum}"' in text
    assert not re.search(r"@[A-Z_]+@", text)


def _section(text: str, layer: str) -> str:
    return text.partition(f"[layers.{layer}]")[2].partition("\n[")[0]


@BOTH
def test_what_stands_behind_a_hash_works_when_the_hash_is_taken_away(tmp_path: Path, lang: str) -> None:
    folder = new_study(tmp_path / "a", lang=lang).folder
    text = (folder / "study.toml").read_text(encoding="utf-8")
    lines = re.sub(r"^# ((?:\w+ = |\[\[?\w+[.\w]*\]\]?).*)$", r"\1", text, flags=re.MULTILINE)
    assert lines.count("\ndatum = ") >= 5
    raw = tomllib.loads(lines)
    assert raw["walkers"]["slow"]["speed_mps"] == 0.5
    assert raw["standards"]["profiles"]["own"]["minimum_each"] == "site"
    StudySettings.model_validate(raw)


def test_a_datum_for_all(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "a", lang="en", datum="GCJ02").folder
    raw = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    assert {name: one.get("datum") for name, one in raw["layers"].items()} == {
        name: "gcj02" if LAYERS[name].has_geometry else None for name in LayersTable.model_fields
    }
    with language("en"), pytest.raises(InputError, match="gcj2 is not known"):
        new_study(tmp_path / "b", datum="gcj2")
    assert not (tmp_path / "b").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with language("en"), pytest.raises(OutputExists, match="nothing there is replaced"):
        new_study(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with language("en"), pytest.raises(InputError, match="a file, not a folder"):
        new_study(tmp_path / "notes.txt")


def test_even_force_replaces_nothing(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "a").folder
    book = openpyxl.load_workbook(folder / "设施.xlsx")
    book.worksheets[0]["A3"] = "SS900"
    book.save(folder / "设施.xlsx")
    (folder / "study.toml").write_text("# mine\n", encoding="utf-8")
    (folder / "用房.xlsx").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = new_study(folder, force=True)
    assert again.written == ("用房.xlsx",)
    assert set(again.kept) == set(before)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]  # no draft is left


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert new_study(tmp_path, lang="en").kept == ()


# ---- from the template to a study ------------------------------------------------------------------------------------


def fill(path: Path, rows: list[list[object]]) -> None:
    book = openpyxl.load_workbook(path)
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)


def test_a_study_filled_in_opens_without_a_question(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "town", datum="wgs84").folder
    shutil.copy(SAMPLE / "network.osm.pbf", folder)
    toml = folder / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("streets.graphml", "network.osm.pbf"), encoding="utf-8")
    assert [fault.todo for fault in pl.check_study(folder, lang="en").faults] == [
        "enter the compounds under the header; an example row of a template is not read"
    ]
    sample = pl.open_study(SAMPLE)
    homes = sample.layers["compounds"].to_crs(4326)
    centres = sample.layers["compounds"].geometry.centroid.to_crs(4326)
    header = [cell.value for cell in openpyxl.load_workbook(folder / "小区.xlsx").worksheets[0][1]]
    assert (header[0], header[6]) == ("小区编号*", "60岁及以上人口（人）")
    rows = []
    for (key, home), centre in zip(homes.iterrows(), centres, strict=True):
        row = [None] * len(header)
        row[0], row[6], row[-2], row[-1] = key, int(home["elders_60"]), centre.x, centre.y
        rows.append(row)
    fill(folder / "小区.xlsx", rows)
    waiting = pl.check_study(folder, lang="en")
    assert waiting.ok
    assert (waiting.layers["compounds"].state, waiting.layers["facilities"].state) == ("read", "blank")
    study = pl.open_study(folder)
    assert set(study.layers) == {"compounds", "facilities"}  # blank ones are as if they were not named
    assert study.layers["facilities"].empty
    assert int(study.layers["compounds"]["elders_60"].sum()) == 22_114
    assert study.crs.to_epsg() == 4547
    table = pl.coverage.test(study, "care-15min").table
    assert set(table["verdict"]) <= {"fail", "unknown"}

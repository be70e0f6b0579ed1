"""Looking through a study: all that was found, all faults at once, and lines for study.toml that truly cure them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import planner as pl
from planner import cli
from planner.checking import Check, check_study
from planner.errors import Fault, InputError, OutputExists
from planner.layers.columns import LAYERS
from planner.layers.headers.consequences import without_layer
from planner.present.checks import report_text, write_check
from tests.coverage.towns import EAST, NORTH, at, care, home, square, write_town

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
HOMES = "compound_id,elders_60,x,y\nA,10,400100,2853000\nB,7,400300,2853010\n"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A study folder without a fault."""
    return write_town(
        tmp_path / "town", [home("A", square(100, 0)), home("B", at(300, 0))], [care("F", at(500, 0), services="day")]
    )


@pytest.fixture
def planner(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            cli.main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


def rewrite(folder: Path, old: str, new: str) -> None:
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text, text
    file.write_text(text.replace(old, new), encoding="utf-8")


def homes_of(folder: Path, text: str, *, name: str = "homes.csv", more: str = "", encoding: str = "utf-8") -> None:
    """Let the compounds come from a csv."""
    (folder / name).write_text(text, encoding=encoding)
    rewrite(folder, 'file = "compounds.geojson"', f'file = "{name}"\n{more}')


def check(folder: Path) -> Check:
    return check_study(folder, lang="en")


def whats(found: Check) -> list[str]:
    return [fault.what for fault in found.faults]


# ---- a study that opens ----------------------------------------------------------------------------------------------


def test_a_check_reads_what_open_study_reads(town: Path) -> None:
    found, study = check(town), pl.open_study(town)
    assert found.ok
    assert not found.faults
    assert {name: one.state for name, one in found.layers.items()} == {"compounds": "read", "facilities": "read"}
    assert found.ledger.counts().equals(study.ledger.counts())
    assert found.crs == study.crs.name
    count = found.ledger.count("compounds")
    assert (count.rows_in, count.rows_used, count.elders_in, count.elders_used) == (2, 2, 20, 20)


def test_a_check_spreads_elders_as_open_study_does(town: Path) -> None:
    homes_of(town, "compound_id,households,community,x,y\nA,30,甲,400100,2853000\nB,10,甲,400300,2853010\n")
    (town / "people.csv").write_text("社区编号,社区名称,总人口\nQ1,甲,200\n", encoding="utf-8")
    text = (town / "study.toml").read_text(encoding="utf-8")
    text += '\n[layers.population]\nfile = "people.csv"\n[elders]\nshare_60 = 0.2\nshare_source = "census 2020"\n'
    (town / "study.toml").write_text(text, encoding="utf-8")
    rewrite(town, 'file = "homes.csv"', 'file = "homes.csv"\ndatum = "EPSG:4547"')
    found, study = check(town), pl.open_study(town)
    assert found.ok, whats(found)
    assert study.layers["compounds"]["elders_60"].tolist() == [30, 10]
    assert found.ledger.counts().equals(study.ledger.counts())


def test_a_compute_crs_of_another_datum_is_refused(town: Path) -> None:
    rewrite(town, 'crs = "EPSG:4547"', 'crs = "EPSG:2383"')
    (fault,) = check(town).faults
    assert "Xian 1980" in fault.what
    with pytest.raises(InputError, match="Xian 1980"):
        pl.open_study(town)
    cure(town, fault)
    assert check(town).ok


def test_nothing_is_computed_and_nothing_written(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in town.iterdir()}
    monkeypatch.setattr("planner.walking.search.Streetwise.__init__", None)  # the searches of a run
    assert check(town).ok
    assert {path.name: path.read_bytes() for path in town.iterdir()} == before


def test_how_each_column_was_found(town: Path) -> None:
    text = "小区编号,60岁以上人口,面积总计（万㎡）,x,y,电梯\nA,10,1.5,400100,2853000,1\nB,7,,400300,2853010,2\n"
    more = 'datum = "EPSG:4547"\nfields = { residential_floor_area_m2 = "面积总计（万㎡）" }'
    homes_of(town, text, more=more, encoding="gb18030")
    one = check(town).layers["compounds"]
    assert {found.name: (found.source, one.how(found), found.factor) for found in one.found} == {
        "residential_floor_area_m2": ("面积总计（万㎡）", "fields", 1e4),
        "compound_id": ("小区编号", "alias", 1.0),
        "elders_60": ("60岁以上人口", "alias", 1.0),
        "x": ("x", "contract", 1.0),
        "y": ("y", "contract", 1.0),
    }
    assert one.unused == ("电梯",)
    assert "gated" in one.absent
    assert "households" in one.absent
    assert "elders_60" not in one.absent
    assert (one.format, one.layer.encoding.partition(" ")[0]) == ("csv", "gb18030")
    text = report_text(check(town))
    assert "万m2 × 10000" in text
    assert "Not used: 电梯" in text
    assert re.search(r"gated +only gates tell", text)


@pytest.mark.parametrize(("header", "how"), [("住宅总建筑", "gbk_cut"), ("住宅总", "utf8_cut")])
def test_a_name_cut_by_a_shapefile_is_told_with_its_encoding(town: Path, header: str, how: str) -> None:
    text = f"compound_id,x,y,{header}\nA,400100,2853000,9000\nB,400300,2853010,8000\n"
    homes_of(town, text, more='datum = "EPSG:4547"')
    one = check(town).layers["compounds"]
    assert {found.name: one.how(found) for found in one.found}["residential_floor_area_m2"] == how


def test_the_ledger_is_grouped_by_kind_of_problem(town: Path) -> None:
    rows = [f"P{number},{10 if number > 3 else '<5'},{EAST + number},{NORTH}" for number in range(9)]
    rows += ["合计,51,,", "P5,1,400000,2853000"]
    homes_of(town, "\n".join(["compound_id,elders_60,x,y", *rows]) + "\n", more='datum = "EPSG:4547"')
    found = check(town)
    told = {(one.field, one.action): one for one in found.problems if one.layer == "compounds"}
    assert told["elders_60", "doubted"].rows[:4] == (2, 3, 4, 5)
    assert told["compound_id", "set_aside"].rows == (12,)
    assert told["", "set_aside"].rows == (11,)
    assert sum(len(one.rows) for one in found.problems) == len(found.ledger.entries)
    aside = [(entry.row, entry.field) for entry in found.findings if entry.action == "set_aside"]
    assert aside == [(12, "compound_id")]  # a total is no data, and so no row that is missing


def test_what_is_missed_without_a_column_or_layer_is_said(town: Path) -> None:
    homes_of(town, "compound_id,x,y\nA,400100,2853000\n", more='datum = "EPSG:4547"')
    text = report_text(check(town))
    assert re.search(r"elders_60 +elders cannot be counted", text)
    assert re.search(r"permits +no permit is checked", text)


def test_consequences_are_of_columns_that_there_are() -> None:
    from planner.layers.headers import consequences

    for layer, columns in consequences._COLUMNS.items():
        assert set(columns) <= {column.name for column in LAYERS[layer].columns}
    assert all(without_layer(layer) for layer in LAYERS)


# ---- all faults at once ----------------------------------------------------------------------------------------------


def test_faults_of_the_toml_and_of_all_layers_come_together(town: Path) -> None:
    homes_of(town, "编号x,60岁以上人口,经度,纬度\nA,10,113.0,25.7\n")
    (town / "gates.csv").write_text("gate_id,compound_id,lon,lat\nG,A,113.0,25.78\n", encoding="utf-8")
    (town / "rooms.csv").write_text("room_id,compound_ids,floor_area_m2\nR1,A,350\n", encoding="utf-8")
    files = {"gates": "gates.csv", "permits": "permit.csv", "rooms": "rooms.csv"}
    more = "".join(f'[layers.{layer}]\nfile = "{name}"\n' for layer, name in files.items())
    rewrite(town, 'network = "streets.geojson"', 'network = "streets.geojson"\nmax_snap = 5\nwalker = "slow"')
    with (town / "study.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    found = check(town)
    assert not found.ok
    told = "\n".join(str(fault) for fault in found.faults)
    for words in ("max_snap is not a setting", "walker slow", "compound_id is missing", "permit.csv", "which datum"):
        assert words in told
    assert {name: one.state for name, one in found.layers.items()} == {
        "compounds": "faulty",
        "facilities": "read",
        "gates": "faulty",
        "permits": "faulty",
        "rooms": "read",
    }
    assert found.ledger.count("rooms").rows_used == 1
    homes = found.layers["compounds"]  # it cannot be read, but its columns can be seen
    assert [one.name for one in homes.found] == ["elders_60", "lon", "lat"]
    assert homes.unused == ("编号x",)
    text = report_text(found)
    assert "rows: 1 in, 1 used, 0 set aside" in text
    assert f"Faults: {len(found.faults)}" in text


def test_layers_are_read_though_the_walking_table_is_missing(town: Path) -> None:
    rewrite(town, "[walking]", "[layers.areas]\nfile = 3\n[standards.x]")
    rewrite(town, 'network = "streets.geojson"', "")
    found = check(town)
    assert found.layers["compounds"].state == "read"
    assert "areas" not in found.layers
    assert "walking is missing" in whats(found)


@pytest.mark.parametrize(
    ("text", "words"), [(None, "there is no study.toml"), ("[study\n", "TOML"), ("x = 'é'", "not written in UTF-8")]
)
def test_a_toml_that_cannot_be_read_is_one_fault(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "study.toml").write_text(text, encoding="latin-1")
    found = check(tmp_path)
    assert len(found.faults) == 1
    assert words in found.faults[0].what
    assert words in report_text(found)
    assert found.to_dict()["layers"] == []


def test_a_check_is_ok_exactly_when_the_study_opens(town: Path) -> None:
    assert check(town).ok
    pl.open_study(town)
    rewrite(town, '"compounds.geojson"', '"compound.geojson"')
    with pytest.raises(InputError) as caught:
        pl.open_study(town)
    assert caught.value.faults == check(town).faults


# ---- lines that cure -------------------------------------------------------------------------------------------------


def cure(folder: Path, fault: Fault) -> None:
    """Do what the report says: put the line into its table, in place of one that stands there for the same key."""
    assert fault.cure is not None, fault
    file = folder / "study.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    name = fault.cure.line.partition("=")[0].strip()
    heading = f"[{fault.cure.table}]"
    if not any(line.startswith(heading) for line in lines):
        lines += [heading]
    start = next(place for place, line in enumerate(lines, start=1) if line.startswith(heading))
    end = next((place for place in range(start, len(lines)) if lines[place].startswith("[")), len(lines))
    inside = [line for line in lines[start:end] if line.partition("=")[0].strip() != name]
    file.write_text("\n".join([*lines[:start], fault.cure.line, *inside, *lines[end:]]) + "\n", encoding="utf-8")


def _no_datum(folder: Path) -> None:
    homes_of(folder, "compound_id,lon,lat\nA,113.005,25.786\n")


def _no_datum_of_metres(folder: Path) -> None:
    homes_of(folder, HOMES)


def _degrees_for_metres(folder: Path) -> None:
    homes_of(folder, HOMES, more='datum = "wgs84"')


def _file_and_toml_disagree(folder: Path) -> None:
    rewrite(folder, 'file = "compounds.geojson"', 'file = "compounds.geojson"\ndatum = "EPSG:4526"')


def _unknown_column(folder: Path) -> None:
    homes_of(folder, HOMES.replace("compound_id", "门牌"), more='datum = "EPSG:4547"')


def _two_columns(folder: Path) -> None:
    text = "compound_id,小区名称,楼盘名称,x,y\nA,甲,乙,400100,2853000\n"
    homes_of(folder, text, more='datum = "EPSG:4547"')


def _two_columns_beside_fields(folder: Path) -> None:
    text = "compound_id,小区名称,楼盘名称,老人,x,y\nA,甲,乙,5,400100,2853000\n"
    homes_of(folder, text, more='datum = "EPSG:4547"\nfields = { elders_60 = "老人", street = false }')


def _two_bases(folder: Path) -> None:
    text = "compound_id,户籍人口,常住人口,x,y\nA,1,2,400100,2853000\n"
    homes_of(folder, text, more='datum = "EPSG:4547"')


def _doubled_by_a_shapefile(folder: Path) -> None:
    text = "compound_id,住宅总建_1,x,y\nA,9000,400100,2853000\n"
    homes_of(folder, text, more='datum = "EPSG:4547"')


def _unit_not_said(folder: Path) -> None:
    text = "compound_id,住宅建筑面积,户数,x,y\nA,1.5,120,400100,2853000\nB,2.5,200,400300,2853010\n"
    homes_of(folder, text, more='datum = "EPSG:4547"')


def _unit_that_does_not_fit(folder: Path) -> None:
    text = "compound_id,住宅建筑面积（人）,x,y\nA,15000,400100,2853000\n"
    homes_of(folder, text, more='datum = "EPSG:4547"')


def _two_ways_of_places(folder: Path) -> None:
    text = "compound_id,x,y,lon,lat\nA,400100,2853000,113.005,25.786\n"
    homes_of(folder, text, more='datum = "wgs84"')


def _two_sheets(folder: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("一季度", "二季度"):
        sheet = book.create_sheet(name)
        for line in HOMES.splitlines():
            sheet.append(line.split(","))
    book.remove(book.worksheets[0])
    book.save(folder / "homes.xlsx")
    rewrite(folder, 'file = "compounds.geojson"', 'file = "homes.xlsx"\ndatum = "EPSG:4547"')


def _two_tables(folder: Path) -> None:
    table = gpd.read_file(folder / "compounds.geojson")
    for name in ("old", "new"):
        table.to_file(folder / "homes.gpkg", layer=name)
    rewrite(folder, 'file = "compounds.geojson"', 'file = "homes.gpkg"')


def _misspelt_file(folder: Path) -> None:
    rewrite(folder, '"compounds.geojson"', '"compound.geojson"')


def _misspelt_network(folder: Path) -> None:
    (folder / "streets.geojson").rename(folder / "town.osm")
    rewrite(folder, '"streets.geojson"', '"twon.osm"')


def _wrong_encoding(folder: Path) -> None:
    text = "小区编号,小区名称,x,y\nA,云岭,400100,2853000\n"
    homes_of(folder, text, more='datum = "EPSG:4547"\nencoding = "utf-8"', encoding="gb18030")


def _no_facilities(folder: Path) -> None:
    rewrite(folder, '[layers.facilities]\nfile = "facilities.geojson"', "")


def _no_network(folder: Path) -> None:
    rewrite(folder, 'network = "streets.geojson"', "")
    (folder / "streets.geojson").rename(folder / "town.osm")


@pytest.mark.parametrize(
    "spoil",
    [
        _no_datum,
        _no_datum_of_metres,
        _degrees_for_metres,
        _file_and_toml_disagree,
        _unknown_column,
        _two_columns,
        _two_columns_beside_fields,
        _two_bases,
        _doubled_by_a_shapefile,
        _unit_not_said,
        _unit_that_does_not_fit,
        _two_ways_of_places,
        _two_sheets,
        _two_tables,
        _misspelt_file,
        _misspelt_network,
        _wrong_encoding,
        _no_facilities,
        _no_network,
    ],
)
def test_the_line_of_the_report_cures_the_fault(town: Path, spoil: Callable[[Path], None]) -> None:
    spoil(town)
    found = check(town)
    assert found.faults
    fault = found.faults[0]
    text = report_text(found)
    assert f"in [{fault.cure.table}] of study.toml:" in text
    assert f"\n     {fault.cure.line}\n" in text  # whole, on a line of its own
    cure(town, fault)
    assert fault.what not in whats(check(town))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('network = "streets.geojson"', 'network = "streets.geojson"\nmax_snap = 50'),
        ('network = "streets.geojson"', 'network = "streets.geojson"\nwalker = "eldr"'),
        ('crs = "EPSG:4547"', 'crs = "EPSG:99999"'),
        ('crs = "EPSG:4547"', 'crs = "EPSG:4326"'),
        ('lang = "en"', 'lang = "en"\n[standards]\ncircles = ["care-20min"]'),
    ],
)
def test_the_line_of_the_report_cures_a_setting(town: Path, old: str, new: str) -> None:
    rewrite(town, old, new)
    (fault,) = check(town).faults
    cure(town, fault)
    again = whats(check(town))
    assert fault.what not in again or "not a setting" in fault.what
    if "not a setting" in fault.what:  # the misspelt line itself is to be taken out
        assert fault.cure.line == "max_snap_m = 50"


# ---- files and the command line --------------------------------------------------------------------------------------


def test_what_check_json_holds(town: Path) -> None:
    homes_of(town, HOMES.replace("A,10", ",10"), more='datum = "EPSG:4547"')
    rewrite(town, '"facilities.geojson"', '"facility.geojson"')
    plain = json.loads(json.dumps(check(town).to_dict()))
    assert (plain["schema"], plain["ok"], plain["study"], plain["findings"]) == (1, False, "Town", 1)
    homes, cares = plain["layers"]
    assert homes["counts"] == {
        "layer": "compounds",
        "rows_in": 2,
        "rows_used": 1,
        "rows_set_aside": 1,
        "elders_in": 17,
        "elders_used": 7,
        "elders_set_aside": 10,
    }
    assert (homes["state"], homes["format"], homes["datum_declared"]) == ("read", "csv", "EPSG:4547")
    assert {"name": "x", "header": "x", "how": "contract", "unit": "", "factor": 1.0} in homes["columns"]
    assert "gated" in [one["name"] for one in homes["absent"]]
    assert (cares["state"], cares["counts"]) == ("faulty", None)
    (fault,) = plain["faults"]
    assert (fault["table"], fault["line"].split("  #")[0]) == ("layers.facilities", 'file = "facilities.geojson"')
    assert plain["entries"][0]["row"] == 2
    assert set(plain["entries"][0]) == {"layer", "file", "row", "id", "field", "what", "action"}


def test_the_files_of_a_check(town: Path, tmp_path: Path) -> None:
    found = check(town)
    out = write_check(found, tmp_path / "out")
    assert sorted(path.name for path in out.iterdir()) == ["check.json", "check.txt", "ledger.csv", "manifest.json"]
    assert json.loads((out / "check.json").read_text(encoding="utf-8")) == found.to_dict()
    assert (out / "check.txt").read_text(encoding="utf-8") == report_text(found)
    ledger = pd.read_csv(out / "ledger.csv", encoding="utf-8-sig")
    assert list(ledger) == ["layer", "file", "row", "id", "field", "what", "action"]
    with pytest.raises(OutputExists):
        write_check(found, out)
    write_check(found, out, force=True)
    (out / "mine.txt").write_text("", encoding="utf-8")
    with pytest.raises(InputError):
        write_check(found, out, force=True)


def test_exit_codes(planner, town: Path, tmp_path: Path) -> None:
    assert planner("check", town)[0] == 0
    assert planner("check", town, "--strict")[0] == 0
    homes_of(town, HOMES.replace("A,10", ",10"), more='datum = "EPSG:4547"')
    assert planner("check", town)[0] == 0
    assert planner("check", town, "--strict")[0] == 1
    rewrite(town, '"facilities.geojson"', '"facility.geojson"')
    code, out, err = planner("check", town, "--strict", "--lang", "en")
    assert code == 2
    assert "it cannot be opened yet" in out
    assert "rows: 2 in, 1 used, 1 set aside" in out
    assert 'file = "facilities.geojson"' in out
    assert "Traceback" not in err
    assert planner("check", tmp_path / "nowhere")[0] == 2


def test_json_is_all_that_goes_to_stdout(planner, town: Path, tmp_path: Path) -> None:
    code, out, err = planner("check", town, "--json", "--out", tmp_path / "out", "--lang", "en")
    assert code == 0
    assert json.loads(out) == check(town).to_dict()
    assert "check.txt" in err
    code, _out, err = planner("check", town, "--out", tmp_path / "out", "--lang", "en")
    assert code == 2
    assert "give --force" in err
    assert planner("check", town, "--out", tmp_path / "out", "--force")[0] == 0


def test_the_command_new(planner, tmp_path: Path) -> None:
    code, out, _err = planner("new", tmp_path / "新研究", "--lang", "en", "--datum", "bd09")
    assert code == 0
    assert str(tmp_path / "新研究" / "compounds.xlsx") in out
    code, out, _err = planner("check", tmp_path / "新研究", "--lang", "en")
    assert code == 2
    assert "there are no rows yet" in out
    assert out.count("which datum") == 0
    code, _out, err = planner("new", tmp_path / "新研究", "--lang", "en")
    assert code == 2
    assert "give --force" in err
    code, out, _err = planner("new", tmp_path / "新研究", "--lang", "en", "--force")
    assert code == 0
    assert "Left as they were: study.toml" in out


def test_the_sample_is_without_a_doubt(planner) -> None:
    found = check_study(SAMPLE, lang="en")
    assert found.ok
    assert not found.findings
    assert {one.layer: one.evidence.chosen for one in found.datums}["compounds"] == "wgs84"
    assert shapely.is_valid(found.layers["compounds"].layer.table.geometry).all()


def test_another_datum_is_told_with_the_evidence(tmp_path: Path) -> None:
    """The sample's compounds, shifted as a map service does, and called WGS 84."""
    folder = shutil.copytree(SAMPLE, tmp_path / "study")
    rewrite(folder, 'file  = "compounds.geojson"\ndatum = "wgs84"', 'file  = "compounds.geojson"\ndatum = "gcj02"')
    found = check(folder)
    told = [fault for fault in found.faults if fault.cure and fault.cure.line.startswith("datum")]
    assert told
    assert told[0].cure.table == "layers.compounds"
    assert "wgs84" in told[0].cure.line
    cure(folder, told[0])
    assert check(folder).ok

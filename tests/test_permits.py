"""A file of permits becomes a folder that a clerk can hand on; nothing is lost, nothing is half done."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from planner import permits
from planner.cli import main
from planner.errors import InputError, OutputExists
from planner.i18n import language
from planner.layers.settings import LayerSettings
from planner.present import opinions
from planner.present.outputs import sha256
from tests.permitfiles import HEADERS, permit_table, write_gbk, write_xlsx

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "permits.csv"
DAY = date(2026, 6, 30)
PROFILES = ["cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025"]


@pytest.fixture(autouse=True)
def _english():
    with language("en"):
        yield


def run(file: Path, out: Path, **options):
    return permits.run(file, out, as_of=DAY, lang="en", **options)


def rows_of(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fates(out: Path) -> tuple[set[int], set[int]]:
    """Rows of the input that were judged, and rows that were set aside."""
    judged = {int(row["row"]) for row in rows_of(out / "permits.csv")}
    aside = {int(row["row"]) for row in rows_of(out / "ledger.csv") if row["action"] == "set_aside"}
    return judged, aside


def test_the_sample(tmp_path):
    done = run(SAMPLE, tmp_path / "out", opinions=True)
    names = sorted(path.name for path in done.out.iterdir())
    assert names == ["ledger.csv", "manifest.json", "opinions", "permits.csv", "permits.xlsx"]
    rows = rows_of(done.out / "permits.csv")
    assert [row["profile"] for row in rows[::25]] == PROFILES
    columns = list(rows[0])[:11]
    assert columns[:5] == ["id", "profile", "applies", "required_m2", "counted_m2"]
    assert columns[5:] == ["rooms_below_minimum", "shortfall_m2", "verdict", "clause", "quote", "note"]
    assert {row["verdict"] for row in rows} <= {"compliant", "short", "not_applicable", "unknown"}
    # 2026-02-08, urban, 52,000 m² of homes; rooms of 400 and 120 m²: 3 % are 1,560, and the room of 120 is too small.
    first = next(row for row in rows if row["id"] == "431002202600002")
    assert (float(first["required_m2"]), float(first["counted_m2"])) == (1560, 400)
    assert (float(first["shortfall_m2"]), first["verdict"]) == (1160, "short")
    assert len(list((done.out / "opinions").iterdir())) == 25


def test_the_manifest_tells_what_it_was_made_of(tmp_path):
    done = run(SAMPLE, tmp_path / "out", opinions=True, lenient=True)
    manifest = json.loads((done.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"] == {"permits.csv": sha256(SAMPLE)}
    assert (manifest["as_of"], manifest["headline"], manifest["lenient"]) == ("2026-06-30", "cz-14-2023", True)
    assert [one["profile"] for one in manifest["standards"]] == PROFILES
    written = {path.relative_to(done.out).as_posix() for path in done.out.rglob("*") if path.is_file()}
    assert set(manifest["outputs"]) == written - {"manifest.json"}
    assert all(sha256(done.out / name) == digest for name, digest in manifest["outputs"].items())


def test_every_row_is_judged_or_set_aside(tmp_path):
    """Amendments, copies, empty numbers, words for areas, a title and a total: each has its place."""
    table = permit_table(300).astype({"residential_floor_area_m2": object})
    again = table.iloc[[3, 4, 5]].copy()
    again["permit_no"] = again["permit_no"].str.replace("号", "号（变更）")
    again["issued_on"] = "2027-01-01"
    copies = table.iloc[[7, 8]]
    broken = table.iloc[[9, 10]].copy()
    broken["permit_no"] = ["", "建字第431002202499999号"]
    broken["residential_floor_area_m2"] = [5000.0, "待定"]
    whole = pd.concat([table, again, copies, broken], ignore_index=True)
    file = tmp_path / "许可证.xlsx"
    write_xlsx(whole, file, title="郴州市建设工程规划许可证台账")
    done = run(file, tmp_path / "out")
    judged, aside = fates(done.out)
    assert judged | aside == set(range(3, 3 + len(whole)))  # below the title and the header
    assert not judged & aside
    assert len(aside) == 3 + 2 + 2
    amended = {row["id"]: row["row"] for row in rows_of(done.out / "permits.csv")}
    assert amended["4310022024000003"] == str(3 + 300)  # the later row counts


def test_a_total_row_is_told(tmp_path):
    table = permit_table(20)
    table.loc[19, "permit_no"] = "合计"
    write_xlsx(table.iloc[:19], tmp_path / "p.xlsx", total=True)
    _judged, aside = fates(run(tmp_path / "p.xlsx", tmp_path / "out").out)
    assert aside == {21}


@pytest.mark.parametrize("form", ["gbk", "gpkg", "shp", "xlsx"])
def test_the_same_permits_in_every_form(tmp_path, form):
    table = permit_table(60)
    file = tmp_path / f"permits.{'csv' if form == 'gbk' else form}"
    if form == "gbk":
        write_gbk(table, file)
    elif form == "xlsx":
        write_xlsx(table, file)
    else:
        short = {"permit_no": "XKZH", "project": "XMMC", "residential_floor_area_m2": "ZZJZMJ", "issued_on": "FZRQ"}
        names = HEADERS if form == "gpkg" else short
        places = [shapely.Point(113 + number / 1000, 25.8) for number in range(60)]
        shapes = gpd.GeoDataFrame(table[list(names)].rename(columns=names), geometry=places, crs=4490)
        shapes.to_file(file, encoding="GB18030" if form == "shp" else None)
    done = run(file, tmp_path / "out")
    ids = [f"4310022024{number:06d}" for number in range(60)]
    assert [row["id"] for row in rows_of(done.out / "permits.csv")][:60] == ids
    assert done.layer.table["residential_floor_area_m2"].tolist() == table["residential_floor_area_m2"].tolist()


def test_any_profile_may_decide(tmp_path):
    done = run(SAMPLE, tmp_path / "out", profile="hunan-2025")
    assert done.result.headline == "hunan-2025"
    assert len(done.result.profiles) == 4
    with pytest.raises(InputError, match="cz-99"):
        run(SAMPLE, tmp_path / "other", profile="cz-99")
    assert not (tmp_path / "other").exists()


def test_results_are_not_lost_by_a_lesser_run(tmp_path):
    out = tmp_path / "out"
    run(SAMPLE, out, opinions=True)
    with pytest.raises(InputError, match="fuller run would be lost: opinions"):
        run(SAMPLE, out, force=True)
    with pytest.raises(OutputExists):
        run(SAMPLE, out, opinions=True)
    (out / "opinions" / "会议记录.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="会议记录"):
        run(SAMPLE, out, opinions=True, force=True)
    assert (out / "opinions" / "会议记录.docx").read_text(encoding="utf-8") == "mine"


class StoppedError(Exception):
    """Stands for whatever ends a run midway."""


def stop_after(monkeypatch, number: int) -> None:
    save = opinions_form().save
    saved = []

    def stopping(form, path):
        if len(saved) == number:
            raise StoppedError
        save(form, path)
        saved.append(path)

    monkeypatch.setattr(opinions_form(), "save", stopping)


def opinions_form():
    from planner.present.documents import Form

    return Form


def test_a_stopped_run_is_resumed(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        stop_after(patch, 10)
        with pytest.raises(StoppedError):
            run(SAMPLE, out, opinions=True)
    assert not out.exists()  # no half of anything
    done = run(SAMPLE, out, opinions=True)
    assert done.opinions == (25, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    files = list((out / "opinions").iterdir())
    assert len(files) == 25
    assert all(zipfile.is_zipfile(path) for path in files)


@pytest.mark.parametrize("change", ["file", "options", "version"])
def test_nothing_is_resumed_when_what_it_is_made_of_differs(tmp_path, monkeypatch, change):
    file, out = tmp_path / "p.csv", tmp_path / "out"
    file.write_bytes(SAMPLE.read_bytes())
    with monkeypatch.context() as patch:
        stop_after(patch, 10)
        with pytest.raises(StoppedError):
            run(file, out, opinions=True)
    if change == "file":
        file.write_bytes(SAMPLE.read_bytes().replace(b"52000", b"52001"))
    elif change == "version":
        monkeypatch.setattr(permits, "__version__", "99")
    done = run(file, out, opinions=True, lenient=change == "options")
    assert done.opinions == (25, 0)


def test_a_broken_opinion_is_written_again(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        stop_after(patch, 5)
        with pytest.raises(StoppedError):
            run(SAMPLE, out, opinions=True)
    (draft,) = tmp_path.glob(".planner-draft-*")
    broken = min((draft / "opinions").iterdir())
    broken.write_bytes(broken.read_bytes()[:500])  # as a power cut may leave it
    done = run(SAMPLE, out, opinions=True)
    assert done.opinions == (25, 4)
    assert zipfile.is_zipfile(out / "opinions" / broken.name)


_KILLED = """
import sys, time
from planner.permits import run
from datetime import date
def slowly(stage, done, total):
    if stage == "Writing opinions" and done == 7:
        print("now", flush=True)
        time.sleep(60)
run(sys.argv[1], sys.argv[2], as_of=date(2026, 6, 30), lang="en", opinions=True, force=True, progress=slowly)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_killed_run_leaves_the_old_results_and_is_resumed(tmp_path):
    out = tmp_path / "out"
    run(SAMPLE, out, opinions=True, profile="cz-8-2023")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    command = [sys.executable, "-c", _KILLED, str(SAMPLE), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=SAMPLE.parents[2])
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"now"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    done = run(SAMPLE, out, opinions=True, force=True)
    assert done.opinions == (25, 7)
    assert done.result.headline == "cz-14-2023"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_runs_at_once_do_not_share_a_draft(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-c", _KILLED, str(SAMPLE), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=SAMPLE.parents[2])
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert run(SAMPLE, out, opinions=True).opinions == (25, 0)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


EVIL = ['=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "＝1+1"]


def test_formulas_in_cells_stay_text(tmp_path):
    table = permit_table(len(EVIL)).astype({"room_areas_m2": object})
    table["project"], table["applicant"], table["phase"] = EVIL, EVIL, EVIL
    table["room_areas_m2"] = "400"
    file = tmp_path / "permits.csv"
    table.to_csv(file, index=False, encoding="utf-8-sig")
    done = run(file, tmp_path / "out", opinions=True)
    book = openpyxl.load_workbook(done.out / "permits.xlsx")
    seen = set()
    for sheet in book:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if cell.data_type == "f":
                assert cell.value.startswith(("=SUBTOTAL(109,", "=SUMIFS("))  # our own sums
            elif isinstance(cell.value, str) and cell.value.startswith(tuple("=+-@＝")) and len(cell.value) > 1:
                seen.add(cell.value)
                assert cell.data_type == "s"
                assert cell.quotePrefix
    assert seen >= set(EVIL) - {"\t=1+1"}
    rows = rows_of(done.out / "permits.csv")
    for row in rows:
        assert row["project"][0] == row["applicant"][0] == "'"
    assert {row["applicant"][1:].strip() for row in rows} == {text.strip() for text in EVIL}
    for path in (done.out / "opinions").iterdir():
        with zipfile.ZipFile(path) as parts:
            text = parts.read("word/document.xml").decode()
        assert "w:instrText" not in text
        assert "w:hyperlink" not in text


def test_two_thousand_rows_close(tmp_path):
    table = permit_table(2_000)
    table.loc[5::100, "residential_floor_area_m2"] = float("nan")
    write_gbk(table, tmp_path / "p.csv")
    begin = time.perf_counter()
    done = run(tmp_path / "p.csv", tmp_path / "out")
    assert time.perf_counter() - begin < 60
    judged, aside = fates(done.out)
    assert (len(judged), len(aside)) == (1_980, 20)
    assert judged | aside == set(range(2, 2_002))
    sums = done.result.sums()
    assert (sums[["compliant", "short", "not_applicable", "unknown"]].sum(axis=1) == 1_980).all()


@pytest.fixture
def planner(capsys):
    def typed(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["permits", *words, "--lang", "en"])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return typed


def test_the_command(planner, tmp_path):
    out = str(tmp_path / "out")
    code, said, _err = planner(str(SAMPLE), "--out", out, "--as-of", "2026-06-30", "--opinions")
    assert code == 0
    assert "Rows: 25 in the file, 25 judged, 0 set aside with a reason" in said
    assert "Opinions: 25" in said
    assert "No. 14 as printed" in said
    code, _said, _err = planner(str(SAMPLE), "--out", out, "--opinions", "--strict", "--force")
    assert code == 1
    code, _said, err = planner(str(SAMPLE), "--out", out, "--opinions")
    assert (code, "--force" in err) == (2, True)
    code, _said, err = planner(str(SAMPLE), "--out", str(tmp_path / "b"), "--as-of", "gestern")
    assert (code, "--as-of" in err) == (2, True)
    code, _said, err = planner(str(tmp_path / "none.csv"), "--out", str(tmp_path / "b"))
    assert (code, "does not exist" in err) == (2, True)


def test_what_is_wrong_is_cured_by_an_option(planner, tmp_path):
    table = permit_table(30)
    file, out = tmp_path / "permits.csv", str(tmp_path / "out")
    table.assign(联系人=["张三", "李四", "王五"] * 10).rename(columns=HEADERS).to_csv(file, index=False)
    code, _said, err = planner(str(file), "--out", out)
    assert (code, 'give --drop "联系人"' in err) == (2, True)
    code, _said, _err = planner(str(file), "--out", out, "--drop", "联系人")
    assert code == 0
    odd = table.rename(columns={**HEADERS, "residential_floor_area_m2": "规模甲"})
    odd.assign(规模甲=odd["规模甲"] / 10_000).to_csv(file, index=False)
    code, _said, err = planner(str(file), "--out", out, "--force")
    assert (code, "residential_floor_area_m2" in err) == (2, True)
    field = "residential_floor_area_m2=规模甲=万m2"
    code, _said, _err = planner(str(file), "--out", out, "--force", "--field", field)
    assert code == 0
    rows = rows_of(tmp_path / "out" / "permits.csv")
    assert float(rows[0]["residential_floor_area_m2"]) == pytest.approx(table["residential_floor_area_m2"][0])
    code, _said, err = planner(str(file), "--out", out, "--force", "--field", "nonsense")
    assert (code, "--field" in err) == (2, True)


def test_a_sheet_is_chosen_by_name_or_number(tmp_path):
    file = tmp_path / "许可证.xlsx"
    with pd.ExcelWriter(file) as book:
        for name, rows in (("2023年", 5), ("2024年", 9)):
            permit_table(rows).rename(columns=HEADERS).to_excel(book, sheet_name=name, index=False)
    with pytest.raises(InputError, match="sheets could be meant"):
        run(file, tmp_path / "out")
    for sheet, rows in (("2023年", 5), (2, 9)):
        done = run(file, tmp_path / f"out{rows}", settings=LayerSettings(file="anything.xlsx", sheet=sheet))
        assert len(done.layer.table) == rows


def test_names_of_files_are_fit_for_every_system():
    names = opinions.file_names(["建字第〔2024〕12号/甲", "a:b", "A?B", "nul", "", "x" * 300])
    assert len({name.casefold() for name in names}) == 6
    assert all(len(name) < 100 and not set(name) & set('<>:"/\\|?*') for name in names)

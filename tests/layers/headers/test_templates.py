"""Test that blank templates read back without a question, and filled ones as what was typed into them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from planner.i18n import language
from planner.layers.cells.values import parse
from planner.layers.columns import LAYERS, UNITS, Column, key
from planner.layers.headers import aliases, templates
from planner.layers.headers.aliases import recognise, take_apart
from planner.layers.headers.templates import SUFFIX, headings, template_name, write_template
from planner.layers.reading import read_layer
from planner.layers.settings import LayerSettings

ZONE = CRS.from_epsg(4547)
BOTH = pytest.mark.parametrize("lang", ["zh", "en"])
EVERY = pytest.mark.parametrize("layer", list(LAYERS))
_TO_ZONE = Transformer.from_crs(4326, ZONE, always_xy=True)
# Layers of lines and outlines have their places as WKT.
_SHAPES = {
    "areas": "POLYGON ((113.01 25.78, 113.02 25.78, 113.02 25.79, 113.01 25.78))",
    "barriers": "LINESTRING (113.01 25.78, 113.02 25.79)",
    "buildings": "POLYGON ((113.01 25.78, 113.0102 25.78, 113.0102 25.7802, 113.01 25.78))",
}


@pytest.fixture(scope="module")
def blanks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every template in both languages."""
    folder = tmp_path_factory.mktemp("templates")
    for lang in ("zh", "en"):
        (folder / lang).mkdir()
        with language(lang):
            for layer in LAYERS:
                write_template(layer, folder / lang / template_name(layer))
    return folder


def file_of(blanks: Path, layer: str, lang: str) -> Path:
    with language(lang):
        return blanks / lang / template_name(layer)


def read(path: Path, layer: str):
    datum = "wgs84" if LAYERS[layer].has_geometry else None
    return read_layer(layer, LayerSettings(file=path.name, datum=datum), folder=path.parent, crs=ZONE)


# ---- blank -----------------------------------------------------------------------------------------------------------


@BOTH
@EVERY
def test_every_header_means_its_column_and_no_other(layer: str, lang: str) -> None:
    with language(lang):
        columns = headings(layer)
    assert len({column.header for column in columns}) == len(columns)
    for column in columns:
        assert list(recognise(layer, column.header)) == [column.name]
    spec = LAYERS[layer]
    names = [column.name for column in columns]
    assert names[: len(spec.columns)] == [column.name for column in spec.columns]
    assert names[len(spec.columns) :] in ([], ["lon", "lat"], ["geometry"])
    assert [column.name for column in columns if column.required][: len(spec.required) - 1] == [
        name for name in spec.required if name != "geometry"
    ][: len(spec.required) - 1]


@EVERY
def test_a_unit_stands_in_the_header_and_is_the_contract_s(layer: str) -> None:
    with language("zh"):
        columns = {column.name: column for column in headings(layer)}
    for column in LAYERS[layer].columns:
        unit = take_apart(columns[column.name].header).unit
        assert (unit in UNITS) == bool(column.unit)
        if column.unit:
            assert column.factor(unit) == 1.0


@BOTH
@EVERY
def test_a_blank_template_is_a_layer_without_rows(blanks: Path, layer: str, lang: str) -> None:
    found = read(file_of(blanks, layer, lang), layer)
    assert found.blank
    assert found.table.empty
    assert found.sheet == file_of(blanks, layer, lang).stem
    (entry,) = found.ledger.entries
    assert (entry.row, entry.action, entry.field) == (2, "set_aside", "")
    assert "is an example of how to fill in" in entry.what
    assert found.ledger.closes()


@pytest.mark.parametrize("layer", [name for name, spec in LAYERS.items() if spec.has_geometry])
def test_before_the_first_row_nobody_asks_for_a_datum(blanks: Path, layer: str) -> None:
    path = file_of(blanks, layer, "zh")
    assert read_layer(layer, LayerSettings(file=path.name), folder=path.parent, crs=None).blank


# ---- what Excel shows ------------------------------------------------------------------------------------------------


@EVERY
def test_the_sheet_helps_whoever_fills_it_in(blanks: Path, layer: str) -> None:
    book = openpyxl.load_workbook(file_of(blanks, layer, "zh"))
    sheet, explanation = book.worksheets
    assert explanation.title == "说明"
    assert sheet.freeze_panes == "B2"
    with language("zh"):
        columns = headings(layer)
    fills = set()
    for place, column in enumerate(columns, start=1):
        head = sheet.cell(1, place)
        letter = head.column_letter
        assert head.value == column.header
        assert head.value.endswith("*") == column.required
        assert column.meaning in head.comment.text
        assert column.name in head.comment.text
        fills.add((column.required, head.fill.start_color.rgb))
        text = column.kind in {"id", "ids", "text", "choice", "services", "numbers", "flag", "geometry"}
        formats = {sheet.cell(2, place).number_format, sheet.column_dimensions[letter].number_format}
        assert formats == {"@"} if text else "@" not in formats
        assert sheet.column_dimensions[letter].width >= len(column.header)
        if column.kind == "date":
            assert formats == {"yyyy-mm-dd"}
            assert sheet.cell(2, place).is_date
    assert len({colour for _required, colour in fills}) == len({required for required, _colour in fills})
    rows = [[cell.value for cell in row] for row in explanation.iter_rows()]
    told = {row[-1]: row for row in rows if row[-1]}
    for column in columns:
        assert told[column.name][:3] == [column.header, column.meaning, column.unit or None]
        assert told[column.name][4] == ("必填" if column.required else "选填")
    legend = {explanation.cell(row, 1).fill.start_color.rgb for row in range(3, 6)}
    assert {colour for _required, colour in fills} <= legend
    notes = " ".join(str(row[0]) for row in rows)
    assert ("gcj02" in notes) == LAYERS[layer].has_geometry


@BOTH
@EVERY
def test_lists_offer_words_that_the_reader_knows(blanks: Path, layer: str, lang: str) -> None:
    sheet = openpyxl.load_workbook(file_of(blanks, layer, lang)).worksheets[0]
    rules = {str(rule.sqref).partition("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    for place, column in enumerate(LAYERS[layer].columns, start=1):
        rule = rules[sheet.cell(1, place).column_letter]
        assert rule.showInputMessage
        assert rule.prompt
        if column.kind not in {"choice", "flag", "services"}:
            assert rule.type != "list"
            continue
        words = rule.formula1.strip('"').split(",")
        assert len(rule.formula1) <= 255  # Excel's own limit
        parsed = parse(column, pd.Series(words, dtype="str"))
        assert not parsed.bad.any()
        offered = parsed.values.tolist()
        if column.kind == "flag":
            assert offered == [True, False]
        elif column.kind == "choice":
            assert offered == list(column.choices)
        else:
            assert offered == [";".join(column.choices), *column.choices]
            assert not rule.showErrorMessage


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_another_office_program_sees_lists_and_notes(blanks: Path, tmp_path: Path) -> None:
    path = file_of(blanks, "facilities", "zh")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "fods", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = (tmp_path / "设施.fods").read_text(encoding="utf-8")
    with language("zh"):
        columns = headings("facilities")
    assert text.count("<office:annotation ") == len(columns)
    assert text.count("<table:content-validation ") == len(columns)
    assert text.count("cell-content-is-in-list(") == sum(bool(column.words) for column in columns)
    assert "&quot;日间照料&quot;;&quot;长者餐厅&quot;" in text


# ---- filled in -------------------------------------------------------------------------------------------------------

_TEXTS = st.text(st.sampled_from("云岭山庄䶮塘星光府AbC"), min_size=1, max_size=6)


def _values(column: Column, words: tuple[str, ...]) -> st.SearchStrategy:
    """Yield what somebody types into a cell, with what it should be read as."""
    codes = list(column.choices)
    match column.kind:
        case "count":
            cells = st.integers(0, 9_000).map(lambda number: (number, number))
        case "number":
            cells = st.integers(100, 900_000).map(lambda number: (number / 100, number / 100))
        case "numbers":
            areas = st.lists(st.integers(10, 999), min_size=1, max_size=3)
            cells = areas.map(lambda some: (";".join(map(str, some)),) * 2)
        case "date":
            cells = st.dates(date(1990, 1, 1), date(2040, 1, 1)).map(lambda day: (day, pd.Timestamp(day)))
        case "flag":
            cells = st.sampled_from([(words[0], True), (words[1], False)])
        case "choice":
            cells = st.sampled_from(list(zip(words, codes, strict=True)))
        case "services":
            some = st.lists(st.sampled_from(codes), min_size=1, unique=True)
            cells = some.map(
                lambda chosen: (
                    "、".join(words[codes.index(code)] for code in chosen),
                    ";".join(code for code in codes if code in chosen),
                )
            )
        case "ids":
            cells = st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True).map(
                lambda some: (";".join(f"XQ{one:03d}" for one in some),) * 2
            )
        case _:
            cells = _TEXTS.map(lambda text: (text, text))
    return cells if column.required else st.one_of(st.just((None, None)), cells)


@st.composite
def _rows(draw: st.DrawFn, layer: str) -> list[tuple[list, dict]]:
    with language("zh"):
        columns = headings(layer)
    spec = LAYERS[layer]
    count = draw(st.integers(1, 4))
    rows = []
    for number in range(count):
        cells, wanted = [], {}
        for place, column in enumerate(spec.columns):
            if place == 0:
                cell = wanted[column.name] = f"4310020010{number:02d}"
            elif column.kind == "id":
                cell = wanted[column.name] = draw(st.sampled_from(["431002001", "431002002"]))
            else:
                cell, wanted[column.name] = draw(_values(column, columns[place].words))
            cells.append(cell)
        if spec.has_geometry:
            lon, lat = (draw(st.integers(0, 10**5)) / 10**6 + base for base in (113.0, 25.7))
            cells += [_SHAPES[layer]] if layer in _SHAPES else [lon, lat]
            wanted["place"] = shapely.from_wkt(_SHAPES.get(layer, f"POINT ({lon!r} {lat!r})"))
        rows.append((cells, wanted))
    return rows


def fill(blank: Path, target: Path, rows: list[list]) -> None:
    """Type rows under the example row of a template, as a script does."""
    book = openpyxl.load_workbook(blank)
    sheet = book.worksheets[0]
    for number, cells in enumerate(rows, start=3):
        for place, cell in enumerate(cells, start=1):
            sheet.cell(number, place, cell)
    book.save(target)


@EVERY
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_typed_is_what_is_read(blanks: Path, tmp_path: Path, layer: str, data: st.DataObject) -> None:
    rows = data.draw(_rows(layer))
    target = tmp_path / f"filled{SUFFIX}"
    fill(file_of(blanks, layer, "zh"), target, [cells for cells, _wanted in rows])
    found = read(target, layer)
    spec = LAYERS[layer]
    assert found.ledger.count(layer).rows_used == len(rows), found.ledger.to_frame()["what"].tolist()
    assert found.table.index.tolist() == [wanted[spec.id] for _cells, wanted in rows]
    for column in spec.columns[1:]:
        read_back = [None if pd.isna(value) else value for value in found.table[column.name]]
        assert read_back == [wanted[column.name] for _cells, wanted in rows], column.name
    if spec.has_geometry:
        for shape, (_cells, wanted) in zip(found.table.geometry, rows, strict=True):
            expected = shapely.transform(wanted["place"], _moved)
            assert shape.equals_exact(expected, tolerance=1e-6) or shape.normalize().equals_exact(
                expected.normalize(), tolerance=1e-6
            )


def _moved(xy):
    return pd.DataFrame(dict(zip("xy", _TO_ZONE.transform(xy[:, 0], xy[:, 1]), strict=True))).to_numpy()


def test_the_example_typed_over_is_a_row(blanks: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(file_of(blanks, "rooms", "zh"))
    book.worksheets[0]["A2"] = "YF001"
    book.save(tmp_path / "用房.xlsx")
    rooms = read(tmp_path / "用房.xlsx", "rooms")
    assert rooms.table.index.tolist() == ["YF001"]
    assert rooms.table.loc["YF001", ["compound_ids", "floor_area_m2", "source", "status"]].tolist() == [
        "XQ001;XQ002",
        350.0,
        "配建",
        "in_use",
    ]


@BOTH
@EVERY
def test_the_example_would_be_a_good_row(blanks: Path, tmp_path: Path, layer: str, lang: str) -> None:
    """Whoever copies the example and changes its identifier gets a row without a doubt about any cell."""
    book = openpyxl.load_workbook(file_of(blanks, layer, lang))
    sheet = book.worksheets[0]
    sheet["A2"] = str(sheet["A2"].value).partition("：" if lang == "zh" else ": ")[2]
    book.save(tmp_path / "a.xlsx")
    found = read(tmp_path / "a.xlsx", layer)
    assert len(found.table) == 1
    assert not [entry for entry in found.ledger.entries if entry.action == "doubted"]
    assert not found.table.drop(columns="geometry", errors="ignore").isna().any(axis=None)


def test_a_new_column_stands_in_its_template_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = LAYERS["rooms"]
    more = (
        Column("lift", "flag", "whether there is a lift"),
        Column("kitchen", "choice", "kind of kitchen", required=True, choices={"full": ("全",), "tea": ("茶水间",)}),
    )
    longer = {**LAYERS, "rooms": replace(spec, columns=(*spec.columns, *more))}
    monkeypatch.setattr(templates, "LAYERS", longer)
    monkeypatch.setattr(aliases, "LAYERS", longer)
    aliases.names_of.cache_clear()
    try:
        with language("zh"):
            *_known, lift, kitchen = headings("rooms")
            write_template("rooms", tmp_path / "a.xlsx")
        assert (lift.header, lift.words, lift.example) == ("lift", ("是", "否"), "是")
        assert (kitchen.header, kitchen.words, kitchen.example) == ("kitchen*", ("全", "茶水间"), "全")
    finally:
        aliases.names_of.cache_clear()


def test_a_sheet_of_explanations_is_never_the_data(tmp_path: Path) -> None:
    """Its names alone would serve: a bureau's workbook explains its own columns too."""
    book = openpyxl.Workbook()
    book.active.title = "填表说明"
    book.active.append(["障碍编号"])
    book.active.append(["每个障碍一个编号"])
    data = book.create_sheet("Sheet1")
    data.append(["障碍编号", "图形"])
    data.append(["Z1", _SHAPES["barriers"]])
    book.save(tmp_path / "障碍.xlsx")
    assert read(tmp_path / "障碍.xlsx", "barriers").table.index.tolist() == ["Z1"]


def test_a_list_that_excel_cannot_hold_is_told() -> None:
    with pytest.raises(ValueError, match="no list of Excel"):
        templates._inline(["甲,乙"])
    with pytest.raises(ValueError, match="no list of Excel"):
        templates._inline(["长" * 256])


def test_names_of_files_are_known_for_every_layer() -> None:
    with language("zh"):
        names = [template_name(layer) for layer in LAYERS]
    assert len(set(names)) == len(names)
    assert not [name for name in names if key(name).isascii()]

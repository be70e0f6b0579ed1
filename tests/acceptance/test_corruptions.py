"""Damage the sample study at random: each case ends in a right answer or in a refusal that names the file.

Every case is made by its number, so that it can be made again: ``pytest -k "nan_cells-7"``. A right answer loses no
row: all that the file holds is used or set aside, and the rows that were not damaged stand as they do without damage.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from openpyxl import Workbook, load_workbook
from pandas.testing import assert_frame_equal

from planner.errors import PlannerError
from planner.layers import Layer, LayerSettings, gathering, read_layer
from planner.study import Study, open_study

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
ROWS = 25
PATIENCE_S = 30.0
Rng = np.random.Generator

PLACED = ("compounds", "facilities", "gates", "areas")
GIS = (".geojson", ".gpkg", ".shp", ".parquet", ".tab", ".mif")
TEXT = (".csv", ".tsv")
SHEETS = (*TEXT, ".xlsx")
PAIRS = [(layer, suffix) for suffix in (*SHEETS, *GIS) for layer in PLACED]
PAIRS += [(layer, suffix) for suffix in (*SHEETS, ".parquet") for layer in ("permits", "rooms")]

# A shapefile keeps ten bytes of a name: these are the short ones that planners use.
SHORT = {
    "compounds": "XQBH XQMC XQZT ZZMJ HS RK RK60 RK65 RK80 SFCQ SQMC JDMC XZQMC JCNF SFFB",
    "facilities": "SSBH SSMC SSLX FWNR YYZT KYRQ MJ CWS HLCWS TWS GCNL SYZ",
    "gates": "GATE_ID XQBH OPEN",
    "areas": "AREA_ID NAME LEVEL PARENT_ID",
}


# ---- studies ---------------------------------------------------------------------------------------------------------


@cache
def frame_of(layer: str) -> pd.DataFrame:
    """Some rows of a layer of the sample, all cells as they are; a GeoDataFrame where it has places."""
    file = next(SAMPLE.glob(f"{layer}.*"))
    if file.suffix == ".geojson":
        frame = gpd.read_file(file)
        if layer == "gates":
            frame = frame[frame["compound_id"].isin(frame_of("compounds")["compound_id"])].reset_index(drop=True)
        return frame.head(ROWS)
    frame = pd.read_csv(file, dtype="str", encoding="utf-8-sig").head(ROWS)
    if layer == "permits":
        frame["permit_no"] = frame["permit_no"].str.extract(r"(\d+)", expand=False)
    if "lon" not in frame:
        return frame
    places = gpd.points_from_xy(frame.pop("lon").astype(float), frame.pop("lat").astype(float))
    return gpd.GeoDataFrame(frame, geometry=places, crs=4326)


def write(frame: pd.DataFrame, file: Path, layer: str) -> None:
    """Write a layer in the format that the file's name tells."""
    suffix = file.suffix
    if suffix in SHEETS:
        points = frame.geometry if "geometry" in frame else None
        if points is not None and layer == "facilities" and (points.geom_type == "Point").all():
            frame = pd.DataFrame(frame.drop(columns="geometry")).assign(lon=points.x, lat=points.y)
        elif points is not None:
            wkt = shapely.to_wkt(points.to_numpy(), rounding_precision=-1)
            frame = pd.DataFrame(frame.drop(columns="geometry")).assign(geometry=wkt)
        if suffix == ".xlsx":
            frame.astype(object).to_excel(file, index=False)
        else:
            separator = "," if suffix == ".csv" else "\t"
            frame.to_csv(file, index=False, encoding="utf-8-sig", sep=separator)
    elif suffix == ".parquet":
        frame.to_parquet(file)
    elif suffix == ".geojson":
        frame.to_file(file, driver="GeoJSON")
    elif suffix == ".gpkg":
        frame.to_file(file, driver="GPKG", layer=layer)
    else:
        names = [name for name in frame.columns if name != "geometry"]
        short = dict(zip(frame_of(layer).columns, SHORT[layer].split(), strict=False))
        frame = frame.rename(columns={name: short.get(name, str(name)[:10]) for name in names})
        driver = "ESRI Shapefile" if suffix == ".shp" else "MapInfo File"
        frame.to_file(file, driver=driver, encoding="utf-8" if suffix == ".shp" else None)


def toml_of(files: dict[str, str], **more: dict[str, str]) -> str:
    """A study.toml of some layers; ``more`` gives further lines of a layer's table."""
    network = (SAMPLE / "network.osm.pbf").as_posix()
    lines = ["[study]", 'name = "示例城区"', 'crs = "EPSG:4547"', "as_of = 2026-06-30", 'lang = "en"', "[walking]"]
    lines += [f'network = "{network}"', 'walker = "elder"', "max_snap_m = 100"]
    for layer, file in files.items():
        lines += [f"[layers.{layer}]", f'file = "{file}"']
        lines += ['datum = "wgs84"'] if layer in PLACED else []
        lines += [f'{key} = "{value}"' for key, value in more.get(layer, {}).items()]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> Path:
    """Folder of undamaged files: every layer in every format."""
    folder = tmp_path_factory.mktemp("sound")
    for layer, names in {"compounds": ["compound_id"], "facilities": ["facility_id", "name", "kind"]}.items():
        frame_of(layer)[[*names, "geometry"]].to_file(folder / f"few_{layer}.gpkg")
    for layer, suffix in PAIRS:
        write(frame_of(layer), folder / f"{layer}{suffix}", layer)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _sound_files_are_read_once() -> Iterator[None]:
    """Keep what is read of the sound files around a damaged one: they stand under whole paths."""
    read: dict[tuple[str, str, str], Layer] = {}

    def reader(name: str, settings: LayerSettings, **options: Any) -> Layer:
        key = (name, settings.model_dump_json(), str(options.get("crs")))
        if not Path(settings.file).is_absolute():
            return read_layer(name, settings, **options)
        if key not in read:
            read[key] = read_layer(name, settings, **options)
        return read[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "read_layer", reader)
        yield


@pytest.fixture(scope="session")
def networks(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="session")
def undamaged(sound, networks) -> dict[str, pd.DataFrame]:
    """What is read of each layer without damage; the same in every format."""
    files = {layer: f"{layer}.gpkg" if layer in PLACED else f"{layer}.csv" for layer, _suffix in PAIRS}
    (sound / "study.toml").write_text(toml_of(files), encoding="utf-8")
    study = open_study(sound, cache=networks)
    assert {layer: len(study.layers[layer]) for layer in files} == {layer: len(frame_of(layer)) for layer in files}
    return dict(study.layers)


@dataclass
class Damage:
    """What a case does to a file.

    Parameters
    ----------
    frame
        The damaged rows, None where the bytes are damaged instead.
    rows, columns
        Identifiers and contract columns that may read otherwise than before; None for all.
    settings
        Further lines of the layer's table in study.toml.
    """

    frame: pd.DataFrame | None = None
    rows: set[str] | None = None
    columns: set[str] | None = None
    settings: dict[str, str] | None = None


class Case:
    """A study in a folder of its own, one of whose files is to be damaged."""

    def __init__(self, folder: Path, sound: Path, networks: Path, layer: str, suffix: str) -> None:
        self.folder, self.networks, self.layer, self.suffix = folder, networks, layer, suffix
        self.file = folder / f"{layer}{suffix}"
        self.parts = [Path(shutil.copy(part, folder)) for part in sound.glob(f"{layer}.*") if self._belongs(part)]
        self.files = {name: (sound / f"few_{name}.gpkg").as_posix() for name in ("compounds", "facilities")}
        self.files[layer] = self.file.name

    def _belongs(self, part: Path) -> bool:
        families = {".shp": {".shp", ".shx", ".dbf", ".prj", ".cpg"}, ".mif": {".mif", ".mid"}}
        families[".tab"] = {".tab", ".dat", ".map", ".id"}
        return part.is_file() and part.suffix.lower() in families.get(self.suffix, {self.suffix})

    def open(self, settings: dict[str, str] | None = None) -> Study | str:
        """Open the study, or return what is told of it."""
        text = toml_of(self.files, **{self.layer: settings or {}})
        (self.folder / "study.toml").write_text(text, encoding="utf-8")
        return opened(self.folder, self.networks)


def opened(folder: Path, networks: Path) -> Study | str:
    begin = time.perf_counter()
    try:
        return open_study(folder, cache=networks)
    except PlannerError as error:
        return str(error)
    finally:
        assert time.perf_counter() - begin < PATIENCE_S


def check(case: Case, outcome: Study | str, damage: Damage, before: pd.DataFrame) -> None:
    """Hold the outcome against what may come of the damage."""
    if isinstance(outcome, str):
        assert case.file.stem in outcome
        return
    assert outcome.ledger.closes()
    if case.layer not in outcome.layers:
        assert damage.frame is not None
        assert not len(damage.frame)
        return
    count = outcome.ledger.count(case.layer)
    after = outcome.layers[case.layer]
    aside = {entry.row for entry in outcome.ledger.entries if (entry.layer, entry.action) == (case.layer, "set_aside")}
    assert count.rows_in == len(after) + len(aside)
    assert after.index.is_unique
    if "geometry" in after:
        assert np.isfinite(shapely.get_coordinates(after.geometry.to_numpy())).all()
    if damage.frame is None:
        return
    assert count.rows_in == len(damage.frame)
    if damage.rows is None:
        return
    same = [item for item in before.index if item not in damage.rows]
    assert set(same) <= set(after.index)
    # A parent that is set aside is taken out of its children.
    other = {"geometry", *(damage.columns or ()), *(["parent_id"] if case.layer == "areas" else [])}
    columns = [name for name in before.columns if name not in other]
    assert_frame_equal(pd.DataFrame(after.loc[same, columns]), pd.DataFrame(before.loc[same, columns]))
    if "geometry" in before:
        apart_m = shapely.hausdorff_distance(after.geometry.loc[same].to_numpy(), before.geometry.loc[same].to_numpy())
        assert (apart_m < 0.2).all()


# ---- damage to rows and columns --------------------------------------------------------------------------------------


def identifier(frame: pd.DataFrame) -> str:
    return str(frame.columns[0])


def plain(frame: pd.DataFrame) -> list[str]:
    """Columns but for the identifier and the place."""
    return [str(name) for name in frame.columns[1:] if name != "geometry"]


def some(rng: Rng, frame: pd.DataFrame) -> np.ndarray:
    return np.sort(rng.choice(len(frame), size=int(rng.integers(1, 1 + len(frame) // 3)), replace=False))


def with_cells(frame: pd.DataFrame, rows: np.ndarray, column: str, cells: list[Any]) -> pd.DataFrame:
    """Put cells into a column that then holds anything."""
    values = frame[column].astype(object).to_numpy(copy=True)
    values[rows] = cells
    damaged = frame.copy()
    damaged[column] = pd.Series(values, index=frame.index, dtype=object)
    if not all(isinstance(value, int | float | np.number) or pd.isna(value) for value in values):
        damaged[column] = damaged[column].map(str, na_action="ignore")
    elif any(isinstance(value, float | np.floating) for value in values):
        damaged[column] = damaged[column].astype(float)
    return damaged


def cells(words: list[Any]) -> Callable[[Rng, pd.DataFrame], Damage]:
    """Put one of some words into some cells of a column."""

    def damage(rng: Rng, frame: pd.DataFrame) -> Damage:
        rows, column = some(rng, frame), str(rng.choice(plain(frame)))
        chosen = [words[place] for place in rng.integers(0, len(words), len(rows))]
        ids = set(frame[identifier(frame)].iloc[rows])
        return Damage(with_cells(frame, rows, column, chosen), ids)

    return damage


def drop_column(rng: Rng, frame: pd.DataFrame) -> Damage:
    names = [name for name in frame.columns if name != "geometry"]
    column = str(rng.choice(names))
    return Damage(frame.drop(columns=column), set(), {column})


def rename_column(rng: Rng, frame: pd.DataFrame) -> Damage:
    column = str(rng.choice([name for name in frame.columns if name != "geometry"]))
    words = [
        "",
        " ",
        "备注",
        "面积",
        "住宅总建筑",
        "Unnamed: 3",
        "x",
        "名称",
        "序号",
        "﻿id",
        "合计",
        "a" * 300,
        "户籍人口",
    ]
    name = words[int(rng.integers(len(words)))]
    return Damage(frame.rename(columns={column: name}))


def shuffle_columns(rng: Rng, frame: pd.DataFrame) -> Damage:
    return Damage(frame[rng.permutation(frame.columns)], set())


def shuffle_rows(rng: Rng, frame: pd.DataFrame) -> Damage:
    return Damage(frame.iloc[rng.permutation(len(frame))].reset_index(drop=True), set())


def further_columns(rng: Rng, frame: pd.DataFrame) -> Damage:
    more = pd.Series(rng.normal(size=len(frame)), index=frame.index)
    return Damage(frame.assign(备注1=more, FID_1=more.round(), 空列=None), set())


def duplicate_ids(rng: Rng, frame: pd.DataFrame) -> Damage:
    rows, name = some(rng, frame), identifier(frame)
    ids = frame[name].iloc[rng.integers(0, len(frame), len(rows))].tolist()
    damaged = with_cells(frame, rows, name, ids)
    return Damage(damaged, set(frame[name].iloc[rows]) | set(ids))


def duplicate_rows(rng: Rng, frame: pd.DataFrame) -> Damage:
    damaged = pd.concat([frame, frame.iloc[some(rng, frame)]], ignore_index=True)
    return Damage(damaged, set())


def blank_ids(rng: Rng, frame: pd.DataFrame) -> Damage:
    rows, name = some(rng, frame), identifier(frame)
    words = ["", None, "   ", "—", "无"]
    damaged = with_cells(frame, rows, name, [words[place] for place in rng.integers(0, len(words), len(rows))])
    return Damage(damaged, set(frame[name].iloc[rows]))


def header_only(_rng: Rng, frame: pd.DataFrame) -> Damage:
    return Damage(frame.iloc[:0])


def one_row(rng: Rng, frame: pd.DataFrame) -> Damage:
    return Damage(frame.iloc[[int(rng.integers(len(frame)))]].reset_index(drop=True))


def swapped_axes(rng: Rng, frame: pd.DataFrame) -> Damage:
    if "geometry" not in frame:
        return one_row(rng, frame)
    rows = np.arange(len(frame)) if rng.random() < 0.5 else some(rng, frame)
    shapes = frame.geometry.to_numpy().copy()
    shapes[rows] = shapely.transform(shapes[rows], lambda xy: xy[:, ::-1])
    return Damage(frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=4326)))


def odd_places(rng: Rng, frame: pd.DataFrame) -> Damage:
    if "geometry" not in frame:
        return one_row(rng, frame)
    rows, shapes = some(rng, frame), frame.geometry.to_numpy().copy()
    odd = [None, shapely.Point(), shapely.Point(0, 0), shapely.Point(500, 500), shapely.Point(-70, -33)]
    odd += [shapely.LineString([(113, 25.7), (113.1, 25.8)]), shapely.Point(1e308, 1e308)]
    odd += [shapely.Polygon([(113, 25), (113.1, 25.1), (113.1, 25), (113, 25.1)])]
    kinds = odd if rng.random() < 0.5 else [odd[int(rng.integers(len(odd)))]]
    for row in rows:
        shapes[row] = kinds[int(rng.integers(len(kinds)))]
    ids = set(frame[identifier(frame)].iloc[rows])
    return Damage(frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=4326)), ids)


FRAMES: dict[str, Callable[[Rng, pd.DataFrame], Damage]] = {
    "nan_cells": cells([float("nan"), None, "nan", "NaN", "NULL", "#N/A", "#REF!"]),
    "inf_cells": cells([float("inf"), float("-inf"), "inf", "-Infinity", "∞"]),
    "huge_cells": cells([1e308, -1e308, 1e12, 2**62, "9" * 400, "1e400", "1E+17", -1]),
    "mixed_cells": cells(
        ["约120", "<5", "12%", "十二", "2023年", "=A1+B1", "0x1F", "１２", "是", 7, 1.5, "，", "'", '"\n;']
    ),
    "long_cells": cells(["长" * 5000, "a\tb", "a\r\nb", "\u202e", "😀", "䶮", "a,b;c", "<script>"]),
    "drop_column": drop_column,
    "rename_column": rename_column,
    "shuffle_columns": shuffle_columns,
    "shuffle_rows": shuffle_rows,
    "further_columns": further_columns,
    "duplicate_ids": duplicate_ids,
    "duplicate_rows": duplicate_rows,
    "blank_ids": blank_ids,
    "header_only": header_only,
    "one_row": one_row,
    "swapped_axes": swapped_axes,
    "odd_places": odd_places,
}


@pytest.fixture
def case(tmp_path, sound, networks) -> Callable[[str, str], Case]:
    return lambda layer, suffix: Case(tmp_path, sound, networks, layer, suffix)


@pytest.mark.filterwarnings("ignore::UserWarning:pyogrio", "ignore::RuntimeWarning:pyogrio")
@pytest.mark.parametrize("seed", range(13))
@pytest.mark.parametrize("kind", FRAMES)
def test_damaged_rows_and_columns(case, undamaged, kind, seed):
    number = list(FRAMES).index(kind)
    layer, suffix = PAIRS[(7 * seed + number) % len(PAIRS)]
    study = case(layer, suffix)
    damage = FRAMES[kind](np.random.default_rng([number, seed]), frame_of(layer))
    for part in study.parts:
        part.unlink()
    try:
        write(damage.frame, study.file, layer)
    except Exception:
        if suffix in SHEETS:
            raise
        # What a GIS format cannot even hold comes as a csv.
        study.file = study.file.with_suffix(".csv")
        study.files[layer] = study.file.name
        write(damage.frame, study.file, layer)
    check(study, study.open(), damage, undamaged[layer])


# ---- damage to bytes -------------------------------------------------------------------------------------------------


def truncated(rng: Rng, data: bytes) -> bytes:
    return data[: int(rng.integers(1, len(data)))]


def flipped(rng: Rng, data: bytes) -> bytes:
    raw = np.frombuffer(data, dtype=np.uint8).copy()
    places = rng.integers(0, len(raw), int(rng.integers(1, 12)))
    raw[places] ^= rng.integers(1, 256, len(places)).astype(np.uint8)
    return raw.tobytes()


def flipped_head(rng: Rng, data: bytes) -> bytes:
    return flipped(rng, data[:64]) + data[64:]


def cut_out(rng: Rng, data: bytes) -> bytes:
    begin = int(rng.integers(0, len(data)))
    return data[:begin] + data[begin + int(rng.integers(1, 200)) :]


def filled_in(rng: Rng, data: bytes) -> bytes:
    place = int(rng.integers(0, len(data)))
    return data[:place] + rng.bytes(int(rng.integers(1, 64))) + data[place:]


def noughts(rng: Rng, data: bytes) -> bytes:
    place = int(rng.integers(0, len(data)))
    return data[:place] + bytes(len(data) - place)


BYTES: dict[str, Callable[[Rng, bytes], bytes]] = {
    "truncated": truncated,
    "flipped": flipped,
    "flipped_head": flipped_head,
    "cut_out": cut_out,
    "filled_in": filled_in,
    "noughts": noughts,
    "empty": lambda _rng, _data: b"",
    "random": lambda rng, _data: rng.bytes(500),
    "blank_lines": lambda _rng, _data: b"\r\n \r\n\r\n",
}


@pytest.mark.parametrize("seed", range(14))
@pytest.mark.parametrize("kind", BYTES)
def test_damaged_bytes(case, undamaged, kind, seed):
    number = list(BYTES).index(kind)
    layer, suffix = PAIRS[(5 * seed + number) % len(PAIRS)]
    study = case(layer, suffix)
    rng = np.random.default_rng([100, number, seed])
    part = study.parts[int(rng.integers(len(study.parts)))]
    part.write_bytes(BYTES[kind](rng, part.read_bytes()))
    # Rows cut out of text are gone without a trace; every other format tells how many it had.
    damage = Damage() if suffix in (*TEXT, ".geojson") else Damage(frame_of(layer))
    check(study, study.open(), damage, undamaged[layer])


@pytest.mark.parametrize("seed", range(len(GIS) * 3))
def test_a_part_is_missing(case, undamaged, seed):
    suffix = (".shp", ".tab", ".mif")[seed % 3]
    layer = PLACED[seed % len(PLACED)]
    study = case(layer, suffix)
    study.parts[seed % len(study.parts)].unlink()
    check(study, study.open(), Damage(frame_of(layer)), undamaged[layer])


@pytest.mark.parametrize("seed", range(24))
def test_wrong_endings(case, undamaged, seed):
    rng = np.random.default_rng([200, seed])
    layer, suffix = PAIRS[int(rng.integers(len(PAIRS)))]
    endings = [".csv", ".xlsx", ".gpkg", ".shp", ".parquet", ".geojson", ".xls", ".dxf", ".kml", ".dwg", ".txt", ""]
    study = case(layer, suffix)
    other = study.file.with_suffix(endings[seed % len(endings)])
    study.file.rename(other)
    study.file = other
    study.files[layer] = other.name
    check(study, study.open(), Damage(), undamaged[layer])


ENCODINGS = ("gb18030", "gbk", "big5", "utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8", "utf-8-sig", "shift_jis")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("layer", ["compounds", "facilities", "permits"])
def test_encodings_and_marks(case, undamaged, layer, encoding):
    study = case(layer, ".csv")
    text = study.file.read_text(encoding="utf-8-sig")
    try:
        data = text.encode(encoding)
        damage = Damage(frame_of(layer), set())
    except UnicodeEncodeError:
        data, damage = text.encode(encoding, errors="replace"), Damage(frame_of(layer))
    if encoding in {"big5", "latin-1", "shift_jis"}:
        damage = Damage(frame_of(layer))
    study.file.write_bytes(data)
    check(study, study.open(), damage, undamaged[layer])


@pytest.mark.parametrize("marks", [1, 2, 3])
@pytest.mark.parametrize("layer", ["gates", "rooms"])
def test_several_byte_order_marks(case, undamaged, layer, marks):
    study = case(layer, ".csv")
    text = study.file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    study.file.write_bytes(b"\xef\xbb\xbf" * marks + text)
    check(study, study.open(), Damage(frame_of(layer), set()), undamaged[layer])


@pytest.mark.parametrize("seed", range(18))
def test_wrong_sheets(case, undamaged, seed):
    rng = np.random.default_rng([300, seed])
    layer = (*PLACED, "permits", "rooms")[seed % 6]
    study = case(layer, ".xlsx")
    book = load_workbook(study.file)
    settings = {}
    match seed % 5:
        case 0:
            settings["sheet"] = "不存在"
        case 1:
            book.create_sheet("空", 0)
        case 2:
            other = book.create_sheet("另一张", 0)
            other.append(["序号", "内容"])
            other.append([1, "说明"])
        case 3:
            book.copy_worksheet(book.worksheets[0])
        case _:
            book = Workbook()
            for row in rng.integers(0, 99, (4, 5)).tolist():
                book.active.append(row)
    book.save(study.file)
    check(study, study.open(settings), Damage(), undamaged[layer])


# ---- damage to study.toml --------------------------------------------------------------------------------------------


def spoilt(rng: Rng, text: str) -> bytes:
    """Damage a study.toml in one of some ways."""
    lines = text.splitlines()
    place = int(rng.integers(len(lines)))
    key = lines[place].partition(" = ")[0]
    values = ["1", '""', "[]", "{}", "nan", "-1", "true", '"x"', "2026-13-45", "“x”", "'", "1e999", '["a", 1]', "是"]
    match int(rng.integers(10)):
        case 0:
            return flipped(rng, text.encode())
        case 1:
            return truncated(rng, text.encode())
        case 2:
            del lines[place]
        case 3:
            lines.insert(place, lines[place])
        case 4:
            lines[place] = f"{key} = {values[int(rng.integers(len(values)))]}"
        case 5:
            lines[place] = lines[place].replace("=", "＝").replace('"', "”")
        case 6:
            return text.encode(("gb18030", "utf-16", "utf-8-sig")[int(rng.integers(3))])
        case 7:
            lines[place] = lines[place].replace("a", "b")
        case 8:
            lines[place] = lines[place].replace('"', "")
        case _:
            lines = list(rng.permutation(lines))
    return "\n".join(lines).encode()


@pytest.mark.parametrize("seed", range(60))
def test_damaged_settings(tmp_path, sound, networks, seed):
    files = {"compounds": sound / "compounds.geojson", "facilities": sound / "facilities.csv"}
    text = toml_of({layer: file.as_posix() for layer, file in files.items()})
    (tmp_path / "study.toml").write_bytes(spoilt(np.random.default_rng([400, seed]), text))
    outcome = opened(tmp_path, networks)
    if isinstance(outcome, str):
        assert any(name in outcome for name in ("study.toml", "[layers.", "compounds", "facilities", "network"))
    else:
        assert outcome.ledger.closes()
        assert outcome.ledger.count("compounds").rows_in == len(frame_of("compounds"))


def test_there_are_five_hundred_cases():
    """Counted by hand from the parameters above."""
    assert len(FRAMES) * 13 + len(BYTES) * 14 + len(GIS) * 3 + 24 + len(ENCODINGS) * 3 + 6 + 18 + 60 >= 500

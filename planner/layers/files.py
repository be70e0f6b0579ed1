"""Open a file of any known format as raw cells, shapes and row numbers, before anything is understood."""

from __future__ import annotations

import csv
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely
from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.columns import key
from planner.layers.records import LeftOut, find_records
from planner.layers.settings import LayerSettings
from planner.layers.workbooks import read_sheet

log = logging.getLogger(__name__)

Shapes = npt.NDArray[np.object_]

# Tables that QGIS leaves in a GeoPackage beside the data.
_NOT_DATA = {"layer_styles", "qgis_projects"}
# GeoParquet says that a file without a crs key is in longitude and latitude of WGS 84, x first.
_GEOPARQUET_CRS = "OGC:CRS84"


@dataclass(frozen=True, eq=False)
class Reading:
    """Geometries read from WKB or WKT.

    Parameters
    ----------
    shapes
        Geometries, None where a row has none or it could not be read, shape (n,).
    closed
        Rows whose ring had to be closed to be read at all, shape (n,).
    unread
        Rows that hold something which is no geometry, or a curve, shape (n,).
    """

    shapes: Shapes
    closed: npt.NDArray[np.bool_]
    unread: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RawTable:
    """A file as it is.

    Parameters
    ----------
    names
        Column names as the file has them, k of them.
    cells
        One column per name (labelled 0 to k-1) and one row per record.
    rows
        Row numbers as the file's reader sees them, shape (n,): with a header row counted, or features from 1.
    places
        Geometries by row; None where the format or file holds none.
    crs
        What the file states, None where it states nothing.
    left_out
        Rows of a sheet that are totals or notes.
    sheet
        Sheet of a workbook that was read, empty elsewhere.
    remarks
        What is to be told of a row, by its number: that a sheet hides it.
    """

    names: tuple[str, ...]
    cells: pd.DataFrame
    rows: npt.NDArray[np.int64]
    places: Reading | None = None
    crs: CRS | None = None
    left_out: tuple[LeftOut, ...] = ()
    sheet: str = ""
    remarks: tuple[tuple[int, str], ...] = ()


def read_file(settings: LayerSettings, *, folder: Path, layer: str) -> RawTable:
    r"""Read a layer's file.

    Parameters
    ----------
    settings
        Which file, and how to read it.
    folder
        Folder that the file's path starts at.
    layer
        Name of the layer, for messages.

    Returns
    -------
    RawTable
        Every row of the file that holds anything.

    Raises
    ------
    InputError
        The file is missing, of an unknown format, cannot be read, or an option does not fit its format.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "rooms.csv")
    ...     _written = file.write_text("room_id,floor_area_m2\nR1,350\n", encoding="utf-8")
    ...     raw = read_file(LayerSettings(file="rooms.csv"), folder=Path(folder), layer="rooms")
    >>> raw.names, raw.rows.tolist()
    (('room_id', 'floor_area_m2'), [2])
    """
    path = Path(folder, settings.file)
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if suffix in {".xls", ".et"}:
        raise InputError(
            Fault(
                _("workbooks of the old kind ({suffix}) cannot be read").format(suffix=suffix),
                where=settings.file,
                todo=_("open it in Excel or WPS, save it as .xlsx, and name that under [layers.{layer}]").format(
                    layer=layer
                ),
            )
        )
    if reader is None:
        raise InputError(
            Fault(
                _("files ending in “{suffix}” cannot be read").format(suffix=suffix),
                where=settings.file,
                todo=_("save it as one of {formats} and name that under [layers.{layer}]").format(
                    formats=", ".join(_READERS), layer=layer
                ),
            )
        )
    if faults := _misfits(settings, suffix, layer):
        raise InputError(faults)
    if not path.is_file():
        raise InputError(
            Fault(
                _("the file does not exist"),
                where=str(path),
                todo=_("put it there, or correct file under [layers.{layer}]").format(layer=layer),
            )
        )
    return reader(path, settings, layer)


def _misfits(settings: LayerSettings, suffix: str, layer: str) -> list[Fault]:
    fitting = {"encoding": (".csv", ".shp"), "sheet": (".xlsx", ".xlsm"), "layer": (".gpkg",)}
    return [
        Fault(
            _("{option} means nothing for a {suffix} file").format(option=option, suffix=suffix),
            where=f"[layers.{layer}]",
            todo=_("take {option} out").format(option=option),
        )
        for option, suffixes in fitting.items()
        if getattr(settings, option) is not None and suffix not in suffixes
    ]


def _save_again() -> str:
    return _("open it in the program that wrote it and save it again")


@contextmanager
def _foreign(file: str) -> Iterator[None]:
    """Turn whatever a foreign reader throws at a broken file into a fault, and log its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            # Readers of five formats raise some twenty kinds of errors on damaged bytes, KeyError among them.
            reason = (str(error).splitlines() or [type(error).__name__])[0].partition(";")[0]
            garbled = isinstance(error, UnicodeDecodeError | pa.ArrowInvalid) and file.lower().endswith(".shp")
            advice = _('give the encoding of its text, mostly encoding = "gb18030"') if garbled else _save_again()
            fault = Fault(_("the file cannot be read"), where=file, why=reason, todo=advice)
            raise InputError(fault) from error
    for warning in caught:
        log.warning("%s: %s", file, warning.message)


def _read_gis(path: Path, settings: LayerSettings, _layer: str) -> RawTable:
    suffix = path.suffix.lower()
    with _foreign(settings.file):
        table_name = settings.layer
        if suffix == ".gpkg":
            table_name = _table_of(settings, [str(name) for name, _kind in pyogrio.list_layers(path)])
        encoding = settings.encoding or (_dbf_encoding(path) if suffix == ".shp" else None)
        meta, table = pyogrio.read_arrow(path, layer=table_name, encoding=encoding)
        # Text in another encoding than the file states passes through Arrow unseen unless it is looked at.
        table.validate(full=True)
        shape_column = meta["geometry_name"] or "wkb_geometry"
        cells = _cells(table.select([name for name in table.column_names if name != shape_column]))
        crs = CRS.from_user_input(meta["crs"]) if meta["crs"] else None
    names = tuple(name for name in table.column_names if name != shape_column)
    if suffix in {".geojson", ".json"} and settings.datum and b'"crs"' not in path.read_bytes():
        # The file itself states nothing: WGS 84 is RFC 7946's default, which the study's own word outranks.
        crs = None
    rows = np.arange(1, len(table) + 1)
    if shape_column not in table.column_names:
        return RawTable(names, cells, rows)
    return RawTable(names, cells, rows, _from_wkb(table[shape_column], settings.file), crs)


def _dbf_encoding(path: Path) -> str | None:
    """Return the encoding of a shapefile that does not state one; GDAL would read it as Latin-1."""
    table = path.with_suffix(".dbf")
    if path.with_suffix(".cpg").exists() or not table.exists():
        return None
    data = table.read_bytes()
    start = int.from_bytes(data[8:10], "little")
    names = b"".join(data[place : place + 11] for place in range(32, start - 1, 32))
    try:
        (names + data[start:]).decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _table_of(settings: LayerSettings, tables: Sequence[str]) -> str:
    tables = [name for name in tables if name not in _NOT_DATA]
    if settings.layer in tables:
        return str(settings.layer)
    if settings.layer is None and len(tables) == 1:
        return tables[0]
    if not tables:
        raise InputError(Fault(_("the GeoPackage holds no table"), where=settings.file, todo=_save_again()))
    listed = ", ".join(tables)
    what = (
        _("the GeoPackage holds no table {table}").format(table=settings.layer)
        if settings.layer
        else _("the GeoPackage holds {count} tables").format(count=len(tables))
    )
    raise InputError(Fault(what, where=settings.file, todo=_("give layer = one of: {tables}").format(tables=listed)))


def _cells(table: pa.Table) -> pd.DataFrame:
    """Return a table's cells, whole numbers and flags staying what they are beside empty cells."""
    nullable = {
        **{kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
        **{kind: pd.Int64Dtype() for kind in (pa.uint8(), pa.uint16(), pa.uint32())},
        pa.bool_(): pd.BooleanDtype(),
    }
    named = table.rename_columns([str(place) for place in range(table.num_columns)])
    cells: pd.DataFrame = named.to_pandas(types_mapper=nullable.get, date_as_object=False, ignore_metadata=True)
    cells.columns = pd.RangeIndex(table.num_columns)
    return cells


def _from_wkb(column: pa.ChunkedArray, file: str) -> Reading:
    with _foreign(file):
        return read_shapes(column.to_numpy(zero_copy_only=False), shapely.from_wkb)


def read_shapes(values: npt.NDArray[np.object_], parse: Callable[..., Any]) -> Reading:
    """Read geometries one by one, so that a bad one harms no other.

    Parameters
    ----------
    values
        WKB or WKT, None where a row has none, shape (n,).
    parse
        ``shapely.from_wkb`` or ``shapely.from_wkt``.

    Returns
    -------
    Reading
        The geometries and how they were got.

    Examples
    --------
    >>> wkt = np.array(["POINT (1 2)", None, "here", "POLYGON ((0 0, 1 0, 1 1))"], dtype=object)
    >>> reading = read_shapes(wkt, shapely.from_wkt)
    >>> reading.unread.tolist(), reading.closed.tolist()
    ([False, False, True, False], [False, False, False, True])
    """
    given = np.array([value is not None for value in values], dtype=bool)
    shapes = _lenient(values, parse, "ignore")
    missed = shapely.is_missing(shapes) & given
    if missed.any():
        shapes[missed] = _lenient(values[missed], parse, "fix")
    unread = shapely.is_missing(shapes) & given
    return Reading(shapes, missed & ~unread, unread)


def _lenient(values: npt.NDArray[np.object_], parse: Callable[..., Any], on_invalid: str) -> Shapes:
    shapes: Shapes = np.full(len(values), None, dtype=object)
    try:
        shapes[:] = parse(values, on_invalid=on_invalid)
    except (NotImplementedError, shapely.GEOSException):
        # Curves and some damage are thrown whatever on_invalid says.
        for place, value in enumerate(values):
            with suppress(NotImplementedError, shapely.GEOSException):
                shapes[place] = parse(value, on_invalid=on_invalid)
    return shapes


def _read_parquet(path: Path, settings: LayerSettings, _layer: str) -> RawTable:
    with _foreign(settings.file):
        table = pa.parquet.read_table(path)
        geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
        primary = geo.get("primary_column", "")
        others = [name for name in table.column_names if name in geo.get("columns", {})]
        cells = _cells(table.drop_columns(others))
        names = tuple(name for name in table.column_names if name not in others)
        rows = np.arange(1, len(table) + 1)
        if not primary:
            return RawTable(names, cells, rows)
        stated = geo["columns"][primary].get("crs", _GEOPARQUET_CRS)
        crs = CRS.from_user_input(stated) if stated else None
        if geo["columns"][primary].get("encoding") != "WKB":
            shapes = gpd.read_parquet(path, columns=[primary]).geometry.to_numpy()
            fine = np.zeros(len(shapes), dtype=bool)
            return RawTable(names, cells, rows, Reading(shapes, fine, fine), crs)
    return RawTable(names, cells, rows, _from_wkb(table[primary], settings.file), crs)


def _read_csv(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    text = _decoded(path.read_bytes(), settings)
    with _foreign(settings.file):
        header = text.lstrip("\r\n").partition("\n")[0]
        separator = ";" if header.count(";") > header.count(",") else ","
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    return _table_from_records(records, settings, layer)


def _decoded(data: bytes, settings: LayerSettings) -> str:
    for encoding in [settings.encoding] if settings.encoding else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        log.info("%s: read as %s", settings.file, encoding)
        return text.removeprefix("\ufeff")
    raise InputError(
        Fault(
            _("the text is not {encoding}").format(encoding=settings.encoding or _("UTF-8 or GB18030")),
            where=settings.file,
            todo=_("give the right encoding, or save the file as CSV UTF-8"),
        )
    )


def _read_xlsx(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    fields = _named_sources(settings)
    with _foreign(settings.file):
        sheet = read_sheet(path, settings, layer=layer, fields=fields)
    raw = _table_from_records(sheet.records, settings, layer)
    return replace(raw, sheet=sheet.name, remarks=sheet.remarks)


def _named_sources(settings: LayerSettings) -> frozenset[str]:
    return frozenset(key(source.source) for source in settings.fields.values() if source.source)


def _table_from_records(records: Sequence[Sequence[str]], settings: LayerSettings, layer: str) -> RawTable:
    found = find_records(records, file=settings.file, layer=layer, fields=_named_sources(settings))
    columns: list[Any] = list(zip(*found.cells, strict=True)) or [()] * len(found.names)
    cells = pd.DataFrame({place: pd.Series(values, dtype="str") for place, values in enumerate(columns)})
    return RawTable(found.names, cells, found.rows, left_out=found.left_out)


_READERS: dict[str, Callable[[Path, LayerSettings, str], RawTable]] = {
    ".gpkg": _read_gis,
    ".geojson": _read_gis,
    ".json": _read_gis,
    ".shp": _read_gis,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
    ".parquet": _read_parquet,
}

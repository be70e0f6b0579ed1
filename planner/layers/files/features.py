"""Read GIS files: GeoPackage, file geodatabase, shapefile, GeoJSON, MapInfo and GeoParquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio
from pyproj import CRS

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.files.completeness import refuse_incomplete
from planner.layers.files.dbf import read_dbf_texts
from planner.layers.files.formats import ending_of
from planner.layers.files.geometries import Geometries, read_wkb
from planner.layers.files.rawtables import RawTable, save_again, typed_cells
from planner.layers.settings import LayerSettings

# Tables that QGIS leaves in a GeoPackage beside the data.
_NOT_DATA = {"layer_styles", "qgis_projects"}
_OF_TABLES = {".gpkg", ".gdb", ".gdb.zip"}
# GeoParquet says that a file without a crs key is in longitude and latitude of WGS 84, x first.
_GEOPARQUET_CRS = "OGC:CRS84"
# GDAL keeps every byte of a text that it takes for this encoding, so that it can be told apart afterwards.
_AS_BYTES = "ISO-8859-1"


def read_features(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    """Read a table of features.

    Parameters
    ----------
    path
        The file, or the folder of a file geodatabase.
    settings
        What study.toml says of the layer.
    layer
        Name of the layer.

    Returns
    -------
    RawTable
        Every feature, numbered from 1.

    Raises
    ------
    InputError
        Parts of a shapefile are missing, several tables could be meant, or the text is in no known encoding.
    """
    ending = ending_of(path)
    table_name, texts = None, None
    if ending == ".shp":
        _refuse_lonely(path, settings.file)
        meta, table = pyogrio.read_arrow(path, encoding=_AS_BYTES)
        texts = read_dbf_texts(table, path, settings)
        table = texts.table
    else:
        if ending in _OF_TABLES:
            table_name = table_of_file(settings, _tables(path, ending), layer)
        meta, table = pyogrio.read_arrow(path, layer=table_name)
        # Text in another encoding than the file states passes through Arrow unseen unless it is looked at.
        table.validate(full=True)
    refuse_incomplete(path, len(table), file=settings.file)
    crs = CRS.from_user_input(meta["crs"]) if meta["crs"] else None
    if ending in {".geojson", ".json"} and settings.datum and b'"crs"' not in path.read_bytes():
        # The file itself states nothing: WGS 84 is RFC 7946's default, which the study's own word outranks.
        crs = None
    shape_column = meta["geometry_name"] or "wkb_geometry"
    others = [place for place, name in enumerate(table.column_names) if name != shape_column]
    names = tuple(table.column_names[place] for place in others)
    places = None
    if len(others) < table.num_columns:
        places = read_wkb(table[shape_column].to_numpy(zero_copy_only=False), crs)
    return RawTable(
        names,
        typed_cells(table.select(others)),
        np.arange(1, len(table) + 1),
        places,
        crs if places is not None else None,
        remarks=texts.remarks if texts else (),
        encoding=texts.encoding if texts else "",
    )


def _tables(path: Path, ending: str) -> list[str]:
    """Return the tables of a file; those of a geodatabase that hold shapes, where any do."""
    listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    with_shapes = [name for name, kind in listed if kind is not None]
    return with_shapes if ending != ".gpkg" and with_shapes else [name for name, _kind in listed]


def table_of_file(settings: LayerSettings, tables: Sequence[str], layer: str) -> str:
    """Choose the table of a file that holds several.

    Parameters
    ----------
    settings
        What study.toml says of the layer.
    tables
        The names of the tables.
    layer
        Name of the layer.

    Returns
    -------
    str
        The one that study.toml names, or the only one.

    Raises
    ------
    InputError
        There is none, or several could be meant.

    Examples
    --------
    >>> table_of_file(LayerSettings(file="town.gdb"), ["小区"], "compounds")
    '小区'
    """
    tables = [name for name in tables if name not in _NOT_DATA]
    if settings.layer in tables:
        return str(settings.layer)
    if settings.layer is None and len(tables) == 1:
        return tables[0]
    if not tables:
        raise InputError(Fault(_("the file holds no table"), where=settings.file, todo=save_again()))
    what = (
        _("the file holds no table {table}").format(table=settings.layer)
        if settings.layer
        else _("the file holds {count} tables").format(count=len(tables))
    )
    todo = _("give layer = one of: {tables}").format(tables=_(", ").join(tables))
    cure = Cure.setting(f"layers.{layer}", "layer", tables[0], others=tables[1:])
    raise InputError(Fault(what, where=settings.file, todo=todo, cure=cure))


def _refuse_lonely(path: Path, file: str) -> None:
    """Ask for the parts of a shapefile, which often come without each other."""
    beside = {part.suffix.lower() for part in path.parent.iterdir() if part.stem.lower() == path.stem.lower()}
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in beside]
    if missing:
        raise InputError(
            Fault(
                _("parts of the shapefile are missing: {parts}").format(parts=_(", ").join(missing)),
                where=file,
                why=_("a shapefile is several files of one name"),
                todo=_("copy all of them (.shp .shx .dbf .prj .cpg) into one folder"),
            )
        )


def read_parquet(path: Path, _settings: LayerSettings, _layer: str) -> RawTable:
    """Read a Parquet file, with shapes where it is GeoParquet.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    RawTable
        Every row, numbered from 1.
    """
    table = pa.parquet.read_table(path)
    table.validate(full=True)
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    primary = geo.get("primary_column", "")
    others = [name for name in table.column_names if name in geo.get("columns", {})]
    cells = typed_cells(table.drop_columns(others))
    names = tuple(name for name in table.column_names if name not in others)
    rows = np.arange(1, len(table) + 1)
    if not primary:
        return RawTable(names, cells, rows)
    stated: Any = geo["columns"][primary].get("crs", _GEOPARQUET_CRS)
    crs = CRS.from_user_input(stated) if stated else None
    if geo["columns"][primary].get("encoding") != "WKB":
        shapes = gpd.read_parquet(path, columns=[primary]).geometry.to_numpy()
        return RawTable(names, cells, rows, Geometries.plain(shapes), crs)
    return RawTable(names, cells, rows, read_wkb(table[primary].to_numpy(zero_copy_only=False), crs), crs)

"""Read the placemarks of a KML file; GDAL would make underscores of the Chinese names of their data."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from planner.layers.files.features import table_of_file
from planner.layers.files.geometries import Geometries, Shapes
from planner.layers.files.rawtables import RawTable
from planner.layers.settings import LayerSettings

_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"'](gb2312|gbk|gb18030)[\"']", re.IGNORECASE)
_WGS84 = CRS.from_epsg(4326)
_NESTED_IN_ONE = " / "


def read_placemarks(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    """Read the placemarks of one folder.

    Parameters
    ----------
    path
        A .kml or .kmz.
    settings
        What study.toml says of the layer; ``layer`` names the folder where there are several.
    layer
        Name of the layer.

    Returns
    -------
    RawTable
        A row per placemark, numbered from 1 through the whole file: Name, description, id, and its data.

    Raises
    ------
    InputError
        Several folders could be meant.
    """
    marks = [(folder or path.stem, mark) for folder, mark in _marks(_root(path), "")]
    folder = table_of_file(settings, list(dict.fromkeys(name for name, _mark in marks)), layer)
    chosen = [(row, mark) for row, (name, mark) in enumerate(marks, start=1) if name == folder]
    records = [_data(mark) for _row, mark in chosen]
    names = tuple(dict.fromkeys(name for record in records for name in record))
    cells = pd.DataFrame(
        {place: pd.Series([record.get(name) for record in records], dtype="str") for place, name in enumerate(names)}
    )
    shapes: Shapes = np.full(len(chosen), None, dtype=object)
    unread = np.zeros(len(chosen), dtype=bool)
    for place, (_row, mark) in enumerate(chosen):
        shapes[place], unread[place] = _shape_of(mark)
    rows = np.array([row for row, _mark in chosen], dtype=np.int64)
    return RawTable(names, cells, rows, Geometries(shapes, np.zeros(len(rows), dtype=bool), unread), _WGS84)


def _root(path: Path) -> Any:
    data = path.read_bytes()
    if path.suffix.lower() == ".kmz":
        with zipfile.ZipFile(path) as parts:
            data = parts.read(next(name for name in parts.namelist() if name.lower().endswith(".kml")))
    declared = _DECLARED.match(data.lstrip())
    if declared:
        # The parser knows no Chinese encodings.
        text = data.decode("gb18030")
        return ET.fromstring(re.sub(r"<\?xml[^>]*\?>", "", text, count=1).strip())  # noqa: S314
    return ET.fromstring(data)  # noqa: S314


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any, tag: str) -> str | None:
    return next(((child.text or "").strip() or None for child in element if _tag(child) == tag), None)


def _marks(element: Any, folder: str) -> Iterator[tuple[str, Any]]:
    """Yield placemarks with the name of the folder that they lie in; names of nested ones are joined."""
    for child in element:
        if _tag(child) == "Placemark":
            yield folder, child
        elif _tag(child) == "Document":
            yield from _marks(child, folder)
        elif _tag(child) == "Folder":
            own = _text(child, "name") or ""
            yield from _marks(child, _NESTED_IN_ONE.join(filter(None, (folder, own))))


def _data(mark: Any) -> dict[str, str | None]:
    record = {"id": mark.get("id"), "Name": _text(mark, "name"), "description": _text(mark, "description")}
    for element in mark.iter():
        name = element.get("name")
        if name and _tag(element) == "Data":
            record[name] = _text(element, "value")
        elif name and _tag(element) == "SimpleData":
            record[name] = (element.text or "").strip() or None
    return record


def _shape_of(mark: Any) -> tuple[Any, bool]:
    """Return the shape of a placemark, and whether it has one that cannot be read."""
    for child in mark:
        if _tag(child) in {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "Model"}:
            try:
                return _shape(child), False
            except (ValueError, IndexError, TypeError, KeyError, AttributeError, StopIteration, shapely.GEOSException):
                return None, True
    return None, False


def _shape(element: Any) -> Any:
    kind = _tag(element)
    if kind == "MultiGeometry":
        parts = [_shape(child) for child in element if _tag(child) != "extrude"]
        kinds = {part.geom_type for part in parts}
        makers = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
        maker = makers.get(kinds.pop()) if len(kinds) == 1 else None
        return maker(parts) if maker else shapely.GeometryCollection(parts)
    if kind == "Polygon":
        rings: dict[str, list[Any]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
        for child in element:
            if _tag(child) in rings:
                rings[_tag(child)].append(_coordinates(child))
        return shapely.Polygon(rings["outerBoundaryIs"][0], rings["innerBoundaryIs"])
    makers = {"Point": shapely.points, "LineString": shapely.linestrings, "LinearRing": shapely.linestrings}
    xyz = _coordinates(element)
    return makers[kind](xyz[0] if kind == "Point" else xyz)


def _coordinates(element: Any) -> Any:
    text = next(child.text for child in element.iter() if _tag(child) == "coordinates")
    rows = [[float(number) for number in place.split(",")] for place in text.split()]
    width = min(map(len, rows))
    return np.array([row[:width] for row in rows])

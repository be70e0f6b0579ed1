"""Refuse files that hold more rows than could be read: readers of damaged files stop early and say nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from planner.errors import Fault, InputError
from planner.i18n import _

_FEATURE = re.compile(rb'"properties"\s*:|"type"\s*:\s*"Feature"')
_CRS = re.compile(rb'"crs"\s*:\s*\{')
_SHAPE = re.compile(
    rb"^\s*(?:point|line|pline|region|rect|roundrect|ellipse|arc|text|multipoint|collection|none)\b",
    re.IGNORECASE | re.MULTILINE,
)
_DATA = re.compile(rb"^\s*data\s*$", re.IGNORECASE | re.MULTILINE)
_DELETED = ord("*")
_SHX_HEAD, _SHX_ENTRY, _ID_ENTRY = 100, 8, 4


def refuse_incomplete(path: Path, rows: int, *, file: str) -> None:
    """Count the rows that a file says it holds, and hold them against those that were read.

    Parameters
    ----------
    path
        A shapefile, MapInfo table, MapInfo interchange file or GeoJSON file; others are not looked at.
    rows
        How many rows were read.
    file
        Name for messages.

    Raises
    ------
    InputError
        The file holds more, or its parts hold different numbers of rows.

    Examples
    --------
    >>> refuse_incomplete(Path("data/sample/gates.geojson"), 141, file="gates.geojson")
    """
    counters: dict[str, Callable[[Path], dict[str, int]]] = {
        ".shp": _of_shapefile,
        ".tab": _of_mapinfo,
        ".mif": _of_interchange,
        ".geojson": _of_geojson,
        ".json": _of_geojson,
    }
    counter = counters.get(path.suffix.lower())
    counts = counter(path) if counter else {}
    wrong = {part: count for part, count in counts.items() if count != rows}
    if counter is _of_geojson and wrong:
        # A property may be called so as well, and makes no row: only then the whole is read once more.
        wrong = {part: count for part, count in _in_json(path).items() if count > rows}
    if wrong:
        told = ", ".join(f"{part}: {count}" for part, count in wrong.items())
        raise InputError(
            Fault(
                _("the file holds other rows than the {rows} that can be read of it ({counts})").format(
                    rows=rows, counts=told
                ),
                where=file,
                why=_("it is damaged or was copied in part, or its parts do not belong together"),
                todo=_("copy it again with all its parts, or open it in the program that wrote it and save it again"),
            )
        )


def _part(path: Path, suffix: str) -> Path | None:
    """Return a part of a file that comes in several, whatever case its ending is in."""
    parts = (part for part in path.parent.iterdir() if part.stem == path.stem and part.suffix.lower() == suffix)
    return next(parts, None)


def _of_shapefile(path: Path) -> dict[str, int]:
    index, table = _part(path, ".shx"), _part(path, ".dbf")
    counts = {}
    if index is not None:
        counts[index.suffix] = (index.stat().st_size - _SHX_HEAD) // _SHX_ENTRY
    if table is not None:
        there, deleted = _records(table)
        counts[table.suffix] = there - deleted
        if index is not None:
            counts[index.suffix] -= deleted
    return counts


def _of_mapinfo(path: Path) -> dict[str, int]:
    table, ids = _part(path, ".dat"), _part(path, ".id")
    if table is None:
        return {}
    there, deleted = _records(table)
    counts = {table.suffix: there - deleted}
    if ids is not None:
        counts[ids.suffix] = ids.stat().st_size // _ID_ENTRY - deleted
    return counts


def _records(table: Path) -> tuple[int, int]:
    """Return how many records a dBase table says it has, and how many of them are deleted."""
    data = table.read_bytes()
    count = int.from_bytes(data[4:8], "little")
    begin, size = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    if not size:
        return count, 0
    marks = np.frombuffer(data, dtype=np.uint8)[begin : begin + count * size : size]
    return count, int((marks == _DELETED).sum())


def _of_interchange(path: Path) -> dict[str, int]:
    data, table = path.read_bytes(), _part(path, ".mid")
    begin = _DATA.search(data)
    counts = {path.suffix: len(_SHAPE.findall(data, begin.end())) if begin else 0}
    if table is not None:
        counts[table.suffix] = sum(1 for line in table.read_bytes().splitlines() if line.strip())
    return counts


def _of_geojson(path: Path) -> dict[str, int]:
    data = path.read_bytes()
    told = [match.startswith(b'"p') for match in _FEATURE.findall(data)]
    return {path.suffix: max(sum(told) - len(_CRS.findall(data)), len(told) - sum(told))}


def _in_json(path: Path) -> dict[str, int]:
    """Count the features of a GeoJSON file for sure."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return _of_geojson(path)
    features = content.get("features") if isinstance(content, dict) else None
    return {path.suffix: len(features)} if isinstance(features, list) else {}

"""Write tiny towns as study folders: streets, compounds and facilities in metres from a corner, by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

import planner as pl
from planner.study import Study

EAST, NORTH = 400_000.0, 2_853_000.0
"""The corner of every town in EPSG:4547, a metre grid in which sums of round numbers are exact."""

LONG_STREET = [[(0, 0), (2000, 0)]]

Row = Mapping[str, Any]


def at(x: float, y: float) -> shapely.Point:
    """A point, metres from the corner."""
    return shapely.Point(x, y)


def square(x: float, y: float, half: float = 20.0) -> shapely.Polygon:
    """A square around a point."""
    return shapely.box(x - half, y - half, x + half, y + half)


def home(key: str, shape: shapely.Geometry, elders: int | None = 10, **more: Any) -> Row:
    """A row of the compounds."""
    return {"compound_id": key, "elders_60": elders, "geometry": shape, **more}


def care(key: str, shape: shapely.Geometry, **more: Any) -> Row:
    """A row of the facilities: a day-care centre in use, unless told otherwise."""
    return {"facility_id": key, "name": key, "kind": "day_care", "status": "in_use", "geometry": shape, **more}


def area(key: str, level: str, shape: shapely.Geometry, **more: Any) -> Row:
    """A row of the areas."""
    return {"area_id": key, "name": key, "level": level, "geometry": shape, **more}


def write_layer(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as GeoJSON with EPSG:4547 stated, every digit of the coordinates kept."""
    columns = list(dict.fromkeys(key for row in rows for key in row if key != "geometry"))
    features = [
        {
            "type": "Feature",
            "properties": {key: row.get(key) for key in columns},
            "geometry": shapely.geometry.mapping(
                shapely.transform(row["geometry"], lambda xy: xy + (EAST, NORTH))  # noqa: RUF005 (an array)
            ),
        }
        for row in rows
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    collection = {"type": "FeatureCollection", "crs": crs, "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def write_town(
    folder: Path,
    compounds: Sequence[Row],
    facilities: Sequence[Row],
    *,
    streets: Sequence[Sequence[tuple[float, float]]] = LONG_STREET,
    walking: str = "",
    more: str = "",
    **layers: Sequence[Row],
) -> Path:
    """Write a study folder; ``walking`` and ``more`` are lines of TOML for its [walking] table and after it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_layer(folder / "streets.geojson", [{"geometry": shapely.LineString(line)} for line in streets])
    lines = ["[study]", 'name = "Town"', 'crs = "EPSG:4547"', "as_of = 2026-06-30", 'lang = "en"']
    lines += ["[walking]", 'network = "streets.geojson"', walking]
    for name, rows in {"compounds": compounds, "facilities": facilities, **layers}.items():
        write_layer(folder / f"{name}.geojson", rows)
        lines += [f"[layers.{name}]", f'file = "{name}.geojson"']
    (folder / "study.toml").write_text("\n".join([*lines, more]) + "\n", encoding="utf-8")
    return folder


def town(folder: Path, compounds: Sequence[Row], facilities: Sequence[Row], **options: Any) -> Study:
    """Write a study folder and open it."""
    return pl.open_study(write_town(folder, compounds, facilities, **options))

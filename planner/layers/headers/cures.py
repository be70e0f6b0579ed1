"""Write the lines of study.toml that cure what is wrong with a layer."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from pathlib import Path

from planner.errors import Cure, toml_text
from planner.layers.settings import DATUM_NAMES, LayerSettings

_MOST_OTHERS = 8
_ZONE = "EPSG:4547"


def datum_cure(layer: str, *, metric: bool = False) -> Cure:
    """Write the line that declares a datum, with every other one that could be meant.

    Parameters
    ----------
    layer
        Name of the layer.
    metric
        Whether the coordinates are metres.

    Examples
    --------
    >>> datum_cure("gates").line
    'datum = "wgs84"  # "cgcs2000" | "gcj02" | "bd09" | "EPSG:4547"'
    >>> datum_cure("gates", metric=True).line
    'datum = "EPSG:4547"'
    """
    first, *others = (_ZONE,) if metric else (*DATUM_NAMES, _ZONE)
    return Cure.setting(f"layers.{layer}", "datum", first, others=others)


def field_cure(
    settings: LayerSettings, layer: str, name: str, headers: Sequence[str], *, unit: str | None = None
) -> Cure | None:
    """Write the line that says which column of the file a column of the contract is.

    Parameters
    ----------
    settings
        What study.toml says of the layer: a second ``fields`` would be no TOML, so one that stands is written anew.
    layer, name
        Names of layer and column.
    headers
        Columns of the file that it could be, the likeliest first.
    unit
        Unit of the column, where that is the question.

    Returns
    -------
    Cure or None
        None where the file has no column that could be meant.

    Examples
    --------
    >>> field_cure(LayerSettings(file="a.csv"), "compounds", "name", ["名称", "简称"]).line
    'fields.name = "名称"  # "简称"'
    >>> given = LayerSettings(file="a.csv", fields={"street": "街", "community": False})
    >>> field_cure(given, "compounds", "name", ["名称"]).line
    'fields = { street = "街", community = false, name = "名称" }'
    """
    if not headers:
        return None
    value = _source(headers[0], unit)
    others = " | ".join(toml_text(header) for header in headers[1:_MOST_OTHERS])
    line = f"fields.{name} = {value}"
    if settings.fields:
        stands = {known: _source(field.source, field.unit) for known, field in settings.fields.items()}
        told = ", ".join(f"{known} = {text}" for known, text in {**stands, name: value}.items())
        line = f"fields = {{ {told} }}"
    return Cure(f"layers.{layer}", f"{line}  # {others}" if others else line)


def _source(header: str | None, unit: str | None) -> str:
    if header is None:
        return "false"
    if unit is None:
        return toml_text(header)
    return f"{{ from = {toml_text(header)}, unit = {toml_text(unit)} }}"


def file_cure(table: str, setting: str, folder: Path, named: str, suffixes: Collection[str]) -> Cure | None:
    """Write the line that names a file which is there, in place of one that is not.

    Parameters
    ----------
    table, setting
        Where study.toml names it.
    folder, named
        The study's folder, and the file that is not there as study.toml names it.
    suffixes
        How the names of such files end.

    Returns
    -------
    Cure or None
        None where no such file stands in its folder.

    Examples
    --------
    >>> file_cure("layers.gates", "file", Path("data/sample"), "gate.geojson", (".geojson",)).line
    'file = "gates.geojson"  # "areas.geojson" | "barriers.geojson" | "compounds.geojson"'
    """
    beside = Path(named).parent
    if not Path(folder, beside).is_dir():
        return None
    names = [other.name for other in Path(folder, beside).iterdir() if other.name.lower().endswith(tuple(suffixes))]
    there = sorted((beside / name).as_posix() for name in names)
    if not there:
        return None
    likely = difflib.get_close_matches(named, there, n=1, cutoff=0.3)
    best, *others = dict.fromkeys([*likely, *there])
    return Cure.setting(table, setting, best, others=others[: _MOST_OTHERS - 1])

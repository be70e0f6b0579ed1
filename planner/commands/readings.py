"""Turn options of a command into how a file is to be read, and what is wrong with it into options that cure it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.settings import FieldSource, LayerSettings

_OPTIONS = {"sheet": "--sheet", "layer": "--layer", "encoding": "--encoding", "drop": "--drop", "fields": "--field"}


def settings_of(
    file: Path,
    *,
    sheet: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    fields: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> LayerSettings:
    """Say how a file of permits is to be read.

    Parameters
    ----------
    file
        The file.
    sheet
        Sheet of a workbook, by name or by number from 1.
    layer
        Table of a GeoPackage or geodatabase.
    encoding
        Of a csv or shapefile.
    fields
        Each ``NAME=HEADER`` or ``NAME=HEADER=UNIT``: which column of the file a column of the contract is; with
        nothing behind the first sign, the file has none.
    drop
        Columns of the file that are not read.

    Returns
    -------
    LayerSettings

    Raises
    ------
    InputError
        A value cannot be what it should be.

    Examples
    --------
    >>> made = settings_of(Path("许可证.xlsx"), sheet="2", fields=["residential_floor_area_m2=住宅面积=万m2"])
    >>> made.sheet, made.fields["residential_floor_area_m2"].unit
    (2, '万m2')
    """
    sources = {}
    faults = []
    for text in fields:
        name, sign, rest = text.replace("＝", "=").partition("=")
        if not (name.strip() and sign):
            what = _("“{text}” does not say which column is meant").format(text=text)
            todo = _("write NAME=HEADER, such as residential_floor_area_m2=住宅总建筑面积")
            faults.append(Fault(what, where="--field", todo=todo))
            continue
        header, _sign, unit = rest.partition("=")
        sources[name.strip()] = FieldSource.model_validate(
            {"from": header.strip() or None, "unit": unit.strip() or None}
        )
    if faults:
        raise InputError(faults)
    try:
        return LayerSettings(
            file=file.name,
            sheet=int(sheet) if sheet and sheet.isdecimal() and len(sheet) < 3 and int(sheet) else sheet,
            layer=layer,
            encoding=encoding,
            fields=sources,
            drop=tuple(drop),
        )
    except ValidationError as error:
        raise InputError(
            Fault(problem["msg"], where=_OPTIONS.get(str(problem["loc"][0]), str(problem["loc"][0])))
            for problem in error.errors(include_url=False)
        ) from error


def as_option(fault: Fault) -> Fault:
    """Put the line of study.toml that would cure a fault into an option of the command.

    Examples
    --------
    >>> from planner.errors import Cure
    >>> from planner.i18n import language
    >>> cure = Cure.setting("layers.permits", "sheet", "2024", others=["2025"])
    >>> with language("en"):
    ...     print(as_option(Fault("2 sheets could be meant", where="许可证.xlsx", cure=cure)))
    许可证.xlsx: 2 sheets could be meant → give --sheet "2024"
    """
    cure = fault.cure
    if cure is None or cure.table != "layers.permits":
        return fault
    written = list(_options(tomllib.loads(cure.line)))
    if not written:
        return fault
    return replace(fault, todo=_("give {options}").format(options=" ".join(written)), cure=None)


def _options(given: Mapping[str, Any]) -> Iterator[str]:
    for key, value in given.items():
        if key == "fields":
            for name, source in value.items():
                parts = [source] if isinstance(source, str) else [source["from"], source["unit"]] if source else [""]
                yield f'--field "{"=".join([name, *parts])}"'
        elif key in _OPTIONS:
            yield from (f'{_OPTIONS[key]} "{one}"' for one in (value if isinstance(value, list) else [value]))

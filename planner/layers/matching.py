"""Find the contract's columns among the columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.errors import Fault
from planner.i18n import _
from planner.layers.columns import LayerSpec, key
from planner.layers.files import RawTable
from planner.layers.settings import FieldSource, LayerSettings

# Columns that make a place where the file has no shapes; wkt is a second name for geometry.
_PLACE_WAYS = (("geometry",), ("lon", "lat"), ("x", "y"))
_PLACE_NAMES = {"geometry": "geometry", "wkt": "geometry", "lon": "lon", "lat": "lat", "x": "x", "y": "y"}


@dataclass(frozen=True)
class Found:
    """Where a contract column stands in a file.

    Parameters
    ----------
    place
        Position of the column.
    factor
        What one unit of the file is in the contract's unit.
    """

    place: int
    factor: float = 1.0


@dataclass(frozen=True)
class Matches:
    """What was found of the contract in a file.

    Parameters
    ----------
    columns
        Where each contract column stands; optional ones may be missing.
    places
        Position of the columns that make places (``geometry``, ``lon`` and ``lat``, or ``x`` and ``y``).
    faults
        Everything that is wrong with the file's columns or the study's ``fields``.
    """

    columns: Mapping[str, Found]
    places: Mapping[str, int]
    faults: tuple[Fault, ...]


def match_columns(spec: LayerSpec, raw: RawTable, settings: LayerSettings) -> Matches:
    """Find the contract's columns in a file, and the columns that make places.

    Parameters
    ----------
    spec
        The layer.
    raw
        The file.
    settings
        Its ``fields`` come first; every other column must have the contract's name, but for letter case,
        width and blanks around it.

    Returns
    -------
    Matches
        Columns, places and faults.
    """
    spots: dict[str, list[int]] = {}
    for place, header in enumerate(raw.names):
        spots.setdefault(key(header), []).append(place)
    place_names = _PLACE_NAMES if spec.has_geometry and raw.places is None else ()
    wanted = (*(column.name for column in spec.columns), *place_names)
    faults: list[Fault] = []
    found: dict[str, Found] = {}
    for name, source in settings.fields.items():
        match = _named(name, source, spec, wanted, spots, raw)
        if isinstance(match, Fault):
            faults.append(match)
        else:
            found[name] = match
    for name in wanted:
        seen = [] if name in settings.fields else spots.get(name, [])
        if len(seen) > 1:
            faults.append(_not_one(name, len(seen), raw, settings.file))
        if seen:
            found[name] = Found(seen[0])
    places = _places(found, settings, faults)
    columns = {name: match for name, match in found.items() if name not in place_names}
    faults.extend(_missing(spec, columns, places, raw, settings))
    return Matches(columns, places, tuple(faults))


def _named(
    name: str,
    source: FieldSource,
    spec: LayerSpec,
    wanted: Sequence[str],
    spots: Mapping[str, list[int]],
    raw: RawTable,
) -> Found | Fault:
    """Find a column that the study names."""
    where = f"[layers.{spec.name}] fields.{name}"
    if name not in wanted:
        return _unknown_field(name, wanted, where)
    seen = spots.get(key(source.source), [])
    if len(seen) != 1:
        return _not_one(source.source, len(seen), raw, where)
    if source.unit is None:
        return Found(seen[0])
    factor = None if name in _PLACE_NAMES else spec.column(name).factor(source.unit)
    return _unfit_unit(name, source.unit, where) if factor is None else Found(seen[0], factor)


def _places(found: Mapping[str, Found], settings: LayerSettings, faults: list[Fault]) -> dict[str, int]:
    """Choose the columns that make places: those the study names, else the only complete way there is."""
    present = {_PLACE_NAMES[name]: match.place for name, match in found.items() if name in _PLACE_NAMES}
    named = {_PLACE_NAMES[name] for name in settings.fields if name in _PLACE_NAMES}
    complete = [way for way in _PLACE_WAYS if all(name in present for name in way)]
    fitting = [way for way in complete if named.intersection(way)] or complete
    if len(fitting) > 1:
        example = fitting[0][0]
        faults.append(
            Fault(
                _("the file gives places in {count} ways: {ways}").format(
                    count=len(fitting), ways="; ".join(", ".join(way) for way in fitting)
                ),
                where=settings.file,
                why=_("they may be in different datums"),
                todo=_('name the columns to use, for example fields.{name} = "{name}"').format(name=example),
            )
        )
    return {name: present[name] for name in fitting[0]} if fitting else {}


def _unknown_field(name: str, wanted: Sequence[str], where: str) -> Fault:
    return Fault(
        _("{name} is no column of this layer").format(name=name),
        where=where,
        todo=_("use one of {columns}").format(columns=", ".join(wanted)),
    )


def _not_one(header: str, count: int, raw: RawTable, where: str) -> Fault:
    if count:
        return Fault(
            _("the file has {count} columns named {name}").format(count=count, name=header),
            where=where,
            todo=_("rename all but the one that counts"),
        )
    return Fault(
        _("the file has no column {name}").format(name=header),
        where=where,
        todo=_("choose one of its columns: {columns}").format(columns=", ".join(raw.names)),
    )


def _unfit_unit(name: str, unit: str, where: str) -> Fault:
    return Fault(
        _("unit {unit} does not fit {name}").format(unit=unit, name=name),
        where=where,
        todo=_("areas take m2, 万m2, 亩, ha or km2; people persons or 万人; money yuan or 万元"),
    )


def _missing(
    spec: LayerSpec,
    found: Mapping[str, Found],
    places: Mapping[str, int],
    raw: RawTable,
    settings: LayerSettings,
) -> list[Fault]:
    faults = []
    columns = ", ".join(raw.names)
    for name in spec.required:
        if name == "geometry":
            if raw.places is None and not places:
                faults.append(
                    Fault(
                        _("the file has no places"),
                        where=settings.file,
                        why=_("its columns are: {columns}").format(columns=columns),
                        todo=_("add lon and lat, x and y, or geometry as WKT, or name their columns under fields"),
                    )
                )
        elif name not in found and name not in settings.fields:
            faults.append(
                Fault(
                    _("the column {name} is missing ({meaning})").format(
                        name=name, meaning=_(spec.column(name).description)
                    ),
                    where=settings.file,
                    why=_("its columns are: {columns}").format(columns=columns),
                    todo=_('add it, or say which column it is: fields.{name} = "..."').format(name=name),
                )
            )
    return faults

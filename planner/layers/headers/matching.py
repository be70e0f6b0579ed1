"""Find the contract's columns among the columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from planner.errors import Fault
from planner.i18n import _
from planner.layers.columns import LayerSpec, key
from planner.layers.files.rawtables import RawTable
from planner.layers.headers.aliases import PLACES, recognise, take_apart
from planner.layers.headers.cures import field_cure
from planner.layers.people.basis import PEOPLE, basis_faults, both_bases, pick
from planner.layers.settings import FieldSource, LayerSettings

# Columns that make a place where the file has no shapes.
_PLACE_WAYS = (("geometry",), ("lon", "lat"), ("x", "y"))


@dataclass(frozen=True)
class Found:
    """Where a contract column stands in a file.

    Parameters
    ----------
    name
        The contract's name.
    source
        The file's name.
    how
        What led to it: ``fields`` of study.toml, the ``contract``'s own name, an ``alias``, a ``spare`` one, or one
        of these ``cut`` to ten bytes.
    place
        Position of the column.
    unit
        Unit that study.toml, the header or a line above it states, empty where none does.
    factor
        What one unit of the file is in the contract's unit.
    unit_from
        Where the unit stands: ``fields`` of study.toml, the ``header``, a ``title`` above it, empty where nowhere.
    """

    name: str
    source: str
    how: Literal["fields", "contract", "alias", "spare", "cut"]
    place: int
    unit: str = ""
    factor: float = 1.0
    unit_from: Literal["", "fields", "header", "title"] = ""


@dataclass(frozen=True)
class Matches:
    """What was found of the contract in a file.

    Parameters
    ----------
    columns
        Where each contract column stands; optional ones may be missing.
    places
        The columns that make places (``geometry``, ``lon`` and ``lat``, or ``x`` and ``y``).
    faults
        Everything that is wrong with the file's columns or the study's ``fields``.
    """

    columns: Mapping[str, Found]
    places: Mapping[str, Found]
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
        Its ``fields`` come first; every other column is found by its name, as
        :mod:`planner.layers.headers.aliases` knows it. Where two could be meant, that is a fault: nothing is guessed.

    Returns
    -------
    Matches
        Columns, places and faults.
    """
    place_names = PLACES if spec.has_geometry and raw.places is None else ()
    wanted = (*(column.name for column in spec.columns), *place_names)
    faults: list[Fault] = []
    found: dict[str, Found] = {}
    for name, source in settings.fields.items():
        match = _named(name, source, spec, wanted, raw)
        if isinstance(match, Fault):
            faults.append(match)
        elif match is not None:
            found[name] = match
    open_names = [name for name in wanted if name not in settings.fields]
    taken = {match.place for match in found.values()}
    for match in _recognised(open_names, taken, spec, raw, settings, faults):
        found[match.name] = match
    places = _places(found, settings, spec.name, faults)
    columns = {name: match for name, match in found.items() if name not in place_names}
    faults.extend(_missing(spec, columns, places, raw, settings))
    faults.extend(basis_faults(columns, settings.basis, layer=spec.name, file=settings.file))
    return Matches(columns, places, tuple(faults))


def _named(
    name: str, source: FieldSource, spec: LayerSpec, wanted: Sequence[str], raw: RawTable
) -> Found | Fault | None:
    """Find a column that the study names; None where it says that the file has none."""
    where = f"[layers.{spec.name}] fields.{name}"
    if name not in wanted:
        return _unknown_field(name, wanted, where)
    if source.source is None:
        return None
    seen = [place for place, header in enumerate(raw.names) if key(header) == key(source.source)]
    if not seen:
        plain = take_apart(source.source).names
        seen = [place for place, header in enumerate(raw.names) if take_apart(header).names == plain]
    if len(seen) != 1:
        return _not_one(source.source, len(seen), raw, where)
    header = raw.names[seen[0]]
    unit = source.unit or take_apart(header).unit
    if not unit:
        return _with_title_unit(Found(name, header, "fields", seen[0]), spec, raw)
    factor = None if name in PLACES else spec.column(name).factor(unit)
    if factor is None and source.unit is None and name in PLACES:
        factor = 1.0
    if factor is None:
        return _unfit_unit(name, unit, where)
    return Found(name, header, "fields", seen[0], unit, factor, "fields" if source.unit else "header")


def _with_title_unit(found: Found, spec: LayerSpec, raw: RawTable) -> Found:
    """Give a column without a unit of its own the one that a line above the header states for all."""
    if found.unit or found.name in PLACES:
        return found
    column = spec.column(found.name)
    unit = raw.units.get(column.unit, "")
    factor = column.factor(unit)
    return replace(found, unit=unit, factor=factor, unit_from="title") if factor else found


def _recognised(
    names: Sequence[str],
    taken: set[int],
    spec: LayerSpec,
    raw: RawTable,
    settings: LayerSettings,
    faults: list[Fault],
) -> list[Found]:
    """Find columns by their headers; where a header or a column leaves a choice, ask."""
    found = []
    seen: dict[str, list[tuple[int, str]]] = {name: [] for name in names}
    for place, header in enumerate(raw.names):
        meanings = {
            name: how
            for name, how in recognise(spec.name, header).items()
            if name in seen and (how == "contract" or place not in taken)
        }
        if len(meanings) > 1:
            faults.append(_many_meanings(header, list(meanings), spec.name, settings))
            continue
        for name, known_by in meanings.items():
            seen[name].append((place, known_by))
    for name, candidates in seen.items():
        if not candidates:
            continue
        candidates = [one for one in candidates if one[1] != "spare"] or candidates
        headers = [raw.names[place] for place, _how in candidates]
        chosen = pick(headers, settings.basis) if name in PEOPLE and len(candidates) > 1 else None
        if chosen is not None:
            candidates, headers = [candidates[chosen]], [headers[chosen]]
        place, how = candidates[0]
        question = None
        if name in PEOPLE:
            question = both_bases(spec.column(name), headers, layer=spec.name, file=settings.file)
        if question:
            faults.append(question)
        elif len(candidates) > 1 and len({key(header) for header in headers}) == 1:
            faults.append(_not_one(headers[0], len(headers), raw, settings.file))
        elif len(candidates) > 1 or how == "doubled":
            faults.append(_many_columns(name, headers, spec, settings))
        unit = take_apart(headers[0]).unit
        factor = 1.0 if name in PLACES or not unit else spec.column(name).factor(unit)
        if factor is None:
            cure = field_cure(settings, spec.name, name, headers[:1], unit=spec.column(name).unit or None)
            faults.append(replace(_unfit_unit(name, unit, f"{settings.file} {headers[0]}"), cure=cure))
        match = Found(name, headers[0], how, place, unit, factor or 1.0, "header" if unit else "")  # type: ignore[arg-type]
        found.append(_with_title_unit(match, spec, raw))
    return found


def _many_columns(name: str, headers: Sequence[str], spec: LayerSpec, settings: LayerSettings) -> Fault:
    meaning = _("a place") if name in PLACES else _(spec.column(name).description)
    return Fault(
        _("{columns} could be {name} ({meaning})").format(columns=_(", ").join(headers), name=name, meaning=meaning),
        where=settings.file,
        todo=_(
            'say which it is under [layers.{layer}]: fields.{name} = "{column}", or fields.{name} = false for none'
        ).format(layer=spec.name, name=name, column=headers[0]),
        cure=field_cure(settings, spec.name, name, headers),
    )


def _many_meanings(header: str, names: Sequence[str], layer: str, settings: LayerSettings) -> Fault:
    return Fault(
        _("the cut name {column} could be {names}").format(column=header, names=_(", ").join(names)),
        where=settings.file,
        why=_("a shapefile keeps ten bytes of a name"),
        todo=_(
            'say what it is under [layers.{layer}]: fields.{name} = "{column}", and false for what the file has not'
        ).format(layer=layer, name=names[0], column=header),
        cure=field_cure(settings, layer, names[0], [header]),
    )


def _places(found: Mapping[str, Found], settings: LayerSettings, layer: str, faults: list[Fault]) -> dict[str, Found]:
    """Choose the columns that make places: those the study names, else the only complete way there is."""
    present = {PLACES[name]: match for name, match in found.items() if name in PLACES}
    named = {PLACES[name] for name in settings.fields if name in PLACES}
    complete = [way for way in _PLACE_WAYS if all(name in present for name in way)]
    fitting = [way for way in complete if named.intersection(way)] or complete
    if len(fitting) > 1:
        example = present[fitting[0][0]]
        faults.append(
            Fault(
                _("the file gives places in {count} ways: {ways}").format(
                    count=len(fitting),
                    ways=_("; ").join(_(", ").join(present[name].source for name in way) for way in fitting),
                ),
                where=settings.file,
                why=_("they may be in different datums"),
                todo=_('name the columns to use, for example fields.{name} = "{column}"').format(
                    name=fitting[0][0], column=example.source
                ),
                cure=field_cure(settings, layer, fitting[0][0], [example.source]),
            )
        )
    return {name: present[name] for name in fitting[0]} if fitting else {}


def _unknown_field(name: str, wanted: Sequence[str], where: str) -> Fault:
    return Fault(
        _("{name} is no column of this layer").format(name=name),
        where=where,
        todo=_("use one of {columns}").format(columns=_(", ").join(wanted)),
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
        todo=_("choose one of its columns: {columns}").format(columns=_(", ").join(raw.names)),
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
    places: Mapping[str, Found],
    raw: RawTable,
    settings: LayerSettings,
) -> list[Fault]:
    faults = []
    columns = _(", ").join(raw.names)
    taken = {match.place for match in (*found.values(), *places.values())}
    unused = [header for place, header in enumerate(raw.names) if header and place not in taken]
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
        elif name not in found and (name not in settings.fields or settings.fields[name].source is None):
            faults.append(
                Fault(
                    _("the column {name} is missing ({meaning})").format(
                        name=name, meaning=_(spec.column(name).description)
                    ),
                    where=settings.file,
                    why=_("its columns are: {columns}").format(columns=columns),
                    todo=_('add it, or say which column it is: fields.{name} = "..."').format(name=name),
                    cure=field_cure(settings, spec.name, name, unused),
                )
            )
    return faults

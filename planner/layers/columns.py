"""Describe every layer's columns as data, from which checks, dtypes, templates and docs are made."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from planner.i18n import N_

Kind = Literal["id", "ids", "text", "count", "number", "numbers", "flag", "date", "choice", "services", "geometry"]

DTYPES: Mapping[str, str] = MappingProxyType(
    {"count": "Int64", "number": "float64", "flag": "boolean", "date": "datetime64[s]"}
)
"""Dtype of a checked column by kind; every other kind is text (``str``), lists being joined by ``;``."""

UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "m2": ("m2", 1.0),
        "平方米": ("m2", 1.0),
        "平米": ("m2", 1.0),
        "平方": ("m2", 1.0),
        "m^2": ("m2", 1.0),
        "sqm": ("m2", 1.0),
        "万m2": ("m2", 1e4),
        "万平方米": ("m2", 1e4),
        "万平米": ("m2", 1e4),
        "万平": ("m2", 1e4),
        "万方": ("m2", 1e4),
        "亩": ("m2", 10_000 / 15),
        "ha": ("m2", 1e4),
        "hm2": ("m2", 1e4),
        "公顷": ("m2", 1e4),
        "km2": ("m2", 1e6),
        "平方公里": ("m2", 1e6),
        "m": ("m", 1.0),
        "米": ("m", 1.0),
        "persons": ("persons", 1.0),
        "人": ("persons", 1.0),
        "万人": ("persons", 1e4),
        "yuan": ("yuan", 1.0),
        "元": ("yuan", 1.0),
        "万元": ("yuan", 1e4),
    }
)
"""What a unit measures and how many of the contract's unit one of it is."""


def key(name: str) -> str:
    """Return the form in which names and codes are compared: NFKC, stripped, case folded.

    Examples
    --------
    >>> key(" Ｎame ")
    'name'
    >>> key("万㎡")
    '万m2'
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()


WORDS: Mapping[str, Any] = MappingProxyType(
    yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
)
"""Words that stand in cells, as ``words.yaml`` lists them."""

COUNTERS: frozenset[str] = frozenset(key(word) for word in WORDS["counters"])
"""What is counted, as it stands behind numbers and headers without changing them."""

EXPLANATIONS: frozenset[str] = frozenset(key(word) for word in WORDS["explanations"])
"""Names of sheets that explain how to fill in another."""


def _choices(name: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({code: tuple(words) for code, words in WORDS["choices"][name].items()})


@dataclass(frozen=True)
class Column:
    """One column of the contract.

    Parameters
    ----------
    name
        The contract's name.
    kind
        What its cells hold. ``ids`` and ``numbers`` are several in one cell, joined by ``;``.
    description
        One line in English; translate it with ``planner.i18n._``.
    required
        Whether a row without it cannot be used.
    unit
        Unit of the values, empty where there is none.
    choices
        For ``choice`` and ``services``: each code with the further words that are read as it.
    minimum
        Least value of a number or count.
    adds
        Whether the sum over rows means anything, so that a total row can be held against it.

    Examples
    --------
    >>> LAYERS["compounds"].column("elders_60").dtype
    'Int64'
    >>> LAYERS["facilities"].column("status").words["在用"]
    'in_use'
    """

    name: str
    kind: Kind
    description: str
    required: bool = False
    unit: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    minimum: float | None = 0.0
    adds: bool = True

    @property
    def dtype(self) -> str:
        """Dtype of the checked column."""
        return DTYPES.get(self.kind, "str")

    @property
    def words(self) -> dict[str, str]:
        """Every word that may stand in a cell (in the form of :func:`key`), with its code."""
        return {key(word): code for code, words in self.choices.items() for word in (code, *words)}

    def factor(self, unit: str) -> float | None:
        """Return what one `unit` is in the column's own unit, None where the two do not measure the same.

        Examples
        --------
        >>> LAYERS["compounds"].column("residential_floor_area_m2").factor("万㎡")
        10000.0
        >>> LAYERS["compounds"].column("elders_60").factor("m2") is None
        True
        """
        measured, factor = UNITS.get(key(unit), ("", 1.0))
        return factor if measured and measured == self.unit else None


@dataclass(frozen=True)
class LayerSpec:
    """One layer of the contract; its first column is its identifier.

    Parameters
    ----------
    name
        Name in ``[layers.NAME]`` of study.toml.
    description
        One line in English; translate it with ``planner.i18n._``.
    columns
        The columns in the contract's order, geometry left aside.
    shapes
        Geometry types that a row may have; empty where the layer needs no geometry.
    welcome_shapes
        Geometry types that are read where the file has them, though the layer needs none.

    Examples
    --------
    >>> LAYERS["gates"].required
    ('gate_id', 'compound_id', 'geometry')
    >>> LAYERS["permits"].id, LAYERS["permits"].has_geometry
    ('permit_no', False)
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    shapes: tuple[str, ...] = ()
    welcome_shapes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Name of the identifier column."""
        return self.columns[0].name

    @property
    def has_geometry(self) -> bool:
        """Whether every row needs a place."""
        return bool(self.shapes)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        names = tuple(column.name for column in self.columns if column.required)
        return (*names, "geometry") if self.has_geometry else names

    def column(self, name: str) -> Column:
        """Return a column by its name.

        Raises
        ------
        KeyError
            The layer has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


SERVICES: Mapping[str, tuple[str, ...]] = _choices("services")
"""The six services of a care circle in the contract's order, with their Chinese words."""

FACILITY_KINDS: Mapping[str, tuple[str, ...]] = _choices("kinds")
"""Kinds of facility with the words of the two documents and those met in lists."""

STATUSES: Mapping[str, tuple[str, ...]] = _choices("statuses")
"""States of a facility or room; only ``in_use`` counts."""

_POINT = ("Point",)
_POLYGON = ("Polygon", "MultiPolygon")
_LINE = ("LineString", "MultiLineString")


def _elders(*, required: bool) -> tuple[Column, ...]:
    return (
        Column("elders_60", "count", N_("people aged 60 or more"), required=required, unit="persons"),
        Column("elders_65", "count", N_("people aged 65 or more"), unit="persons"),
        Column("elders_80", "count", N_("people aged 80 or more"), unit="persons"),
    )


_POPULATION = Column("population", "count", N_("all people"), unit="persons")
_IN_URBAN_AREA = Column("in_urban_area", "flag", N_("whether it lies in the urban area (城区)"))
_HOUSEHOLDS = Column("households", "count", N_("households or homes"))

_COMPOUNDS = LayerSpec(
    "compounds",
    N_("residential compounds: where the elders live"),
    (
        Column("compound_id", "id", N_("identifier of the compound"), required=True),
        Column("name", "text", N_("name of the compound")),
        Column("status", "choice", N_("new or existing"), choices=_choices("compound_statuses")),
        Column("residential_floor_area_m2", "number", N_("total residential floor area"), unit="m2"),
        _HOUSEHOLDS,
        _POPULATION,
        *_elders(required=False),
        _IN_URBAN_AREA,
        Column("community", "text", N_("community (社区) it belongs to")),
        Column("street", "text", N_("street or town (街道, 乡镇) it belongs to")),
        Column("county", "text", N_("county or district (县市区) it belongs to")),
        Column("project", "text", N_("project that the compound belongs to with its other phases")),
        Column("phase", "text", N_("phase of the project")),
        Column("built_year", "count", N_("year it was built"), adds=False),
        Column("gated", "flag", N_("whether only its residents may walk through it")),
    ),
    (*_POLYGON, *_POINT),
)

_GATES = LayerSpec(
    "gates",
    N_("gates of compounds"),
    (
        Column("gate_id", "id", N_("identifier of the gate"), required=True),
        Column("compound_id", "id", N_("compound that the gate belongs to"), required=True),
        Column("open", "flag", N_("whether people can pass it")),
    ),
    _POINT,
)

_FACILITIES = LayerSpec(
    "facilities",
    N_("facilities; several points are several entrances"),
    (
        Column("facility_id", "id", N_("identifier of the facility"), required=True),
        Column("name", "text", N_("name of the facility"), required=True),
        Column("kind", "choice", N_("kind of facility"), required=True, choices=FACILITY_KINDS),
        Column("services", "services", N_("services it offers, separated by ; or 、"), choices=SERVICES),
        Column("status", "choice", N_("only facilities in use count"), choices=STATUSES),
        Column("opened_on", "date", N_("day it opened")),
        Column("floor_area_m2", "number", N_("floor area"), unit="m2"),
        Column("beds", "count", N_("beds")),
        Column("care_beds", "count", N_("beds with nursing care")),
        Column("places", "count", N_("day-care places")),
        Column("meals_per_day", "count", N_("meals it can serve a day")),
        Column("ownership", "text", N_("public or private")),
    ),
    (*_POINT, "MultiPoint", *_POLYGON),
)

_ROOMS = LayerSpec(
    "rooms",
    N_("elder-care rooms (养老用房) of compounds"),
    (
        Column("room_id", "id", N_("identifier of the room"), required=True),
        Column("compound_ids", "ids", N_("compounds it serves, separated by ;"), required=True),
        Column("floor_area_m2", "number", N_("floor area of this one site"), required=True, unit="m2"),
        Column("source", "choice", N_("how it was obtained"), choices=_choices("sources")),
        Column("status", "choice", N_("only rooms in use count"), choices=STATUSES),
    ),
)

_PERMITS = LayerSpec(
    "permits",
    N_("planning permits (建设工程规划许可证)"),
    (
        Column("permit_no", "id", N_("number of the permit"), required=True),
        Column(
            "residential_floor_area_m2",
            "number",
            N_("total residential floor area printed on the permit"),
            required=True,
            unit="m2",
        ),
        Column("issued_on", "date", N_("day the permit was issued")),
        Column("project", "text", N_("project that the permit belongs to")),
        Column("phase", "text", N_("phase of the project")),
        Column("applicant", "text", N_("developer")),
        _IN_URBAN_AREA,
        _HOUSEHOLDS,
        Column("room_areas_m2", "numbers", N_("floor area of each elder-care room, by ;"), unit="m2"),
        Column("planned_on", "date", N_("day the homes were planned")),
        Column("built_on", "date", N_("day the homes were built")),
        Column("accepted_on", "date", N_("day the homes were accepted")),
        Column("delivered_on", "date", N_("day the homes were delivered")),
        Column("room_planned_on", "date", N_("day the rooms were planned")),
        Column("room_built_on", "date", N_("day the rooms were built")),
        Column("room_accepted_on", "date", N_("day the rooms were accepted")),
        Column("room_delivered_on", "date", N_("day the rooms were delivered")),
    ),
)

_CANDIDATES = LayerSpec(
    "candidates",
    N_("candidate sites for new facilities"),
    (
        Column("candidate_id", "id", N_("identifier of the site"), required=True),
        Column("name", "text", N_("name of the site")),
        Column("use", "choice", N_("what it may become"), choices=_choices("uses")),
        Column("tenure", "text", N_("who owns it")),
        Column("floor_area_m2", "number", N_("usable floor area"), unit="m2"),
        Column("floor", "number", N_("storey, basements below 0"), minimum=None, adds=False),
        Column("cost_cny", "number", N_("cost of opening it"), unit="yuan"),
        Column("meals_per_day", "count", N_("meals it could serve a day")),
        Column("places", "count", N_("day-care places it could hold")),
        Column("required", "flag", N_("whether it must be part of every plan")),
    ),
    (*_POINT, *_POLYGON),
)

_AREAS = LayerSpec(
    "areas",
    N_("communities, streets, counties and the urban area"),
    (
        Column("area_id", "id", N_("identifier of the area"), required=True),
        Column("name", "text", N_("name of the area"), required=True),
        Column("level", "choice", N_("level of the area"), required=True, choices=_choices("levels")),
        Column("parent_id", "id", N_("area that it is part of")),
    ),
    _POLYGON,
)

_BARRIERS = LayerSpec(
    "barriers",
    N_("what nobody can walk across: walls, rivers, railways"),
    (
        Column("barrier_id", "id", N_("identifier of the barrier"), required=True),
        Column("name", "text", N_("name of the barrier")),
    ),
    (*_LINE, *_POLYGON),
)

_POPULATION_LAYER = LayerSpec(
    "population",
    N_("elders per area, to be spread over compounds"),
    (
        Column("area_id", "id", N_("area that the totals are of"), required=True),
        Column("name", "text", N_("name of the area")),
        *_elders(required=True),
        _POPULATION,
    ),
    welcome_shapes=_POLYGON,
)

_BUILDINGS = LayerSpec(
    "buildings",
    N_("buildings, by whose size elders are spread over compounds"),
    (
        Column("building_id", "id", N_("identifier of the building"), required=True),
        Column("floors", "number", N_("storeys above ground"), adds=False),
        Column("height_m", "number", N_("height"), unit="m", adds=False),
        Column("use", "text", N_("what it is used for; only homes count")),
    ),
    _POLYGON,
)

LAYERS: Mapping[str, LayerSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _COMPOUNDS,
            _GATES,
            _FACILITIES,
            _ROOMS,
            _PERMITS,
            _CANDIDATES,
            _AREAS,
            _BARRIERS,
            _POPULATION_LAYER,
            _BUILDINGS,
        )
    }
)
"""Every layer of the contract by name."""

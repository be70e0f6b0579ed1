"""Settle how many elders each compound has: as it states, or as the totals of areas and grids let us estimate."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.i18n import N_, _
from planner.layers.files.rasters import is_raster
from planner.layers.ledger import Action, Entry
from planner.layers.people.basis import BASES
from planner.layers.people.membership import Members, areas_of, cells_of
from planner.layers.people.spreading import COUNTS, EQUAL, ONLY, WEIGHTS, Spread, spread
from planner.layers.people.volumes import STOREY_M, building_volumes
from planner.layers.reading import Layer

log = logging.getLogger(__name__)

MIXED = "mixed"
"""Basis of elders where the layers state different ones."""

WEIGHT_NAMES: Mapping[str, str] = {
    "households": N_("number of households"),
    "residential_floor_area_m2": N_("residential floor area"),
    "building_volume": N_("floor area of the buildings in it"),
    ONLY: N_("no weight, since one compound takes all"),
    EQUAL: N_("equal parts, since nothing is known of their size"),
}
"""What elders are spread by, in words; translate them with ``planner.i18n._``."""

_CONFLICTS = ("area_id", "name", "field", "total", "given", "difference", "percent", "compounds")


@dataclass(frozen=True, eq=False)
class Elders:
    """How the elders of the compounds were got.

    Parameters
    ----------
    basis
        Whom they count: ``registered`` (户籍), ``resident`` (常住), ``mixed``, or empty where nobody says.
    sources
        Compounds by ``given``, ``estimated`` and ``unknown``.
    persons
        Elders of 60 and more by ``given`` and ``estimated``, and ``set_aside``: those of the population layer that are
        not among the estimated.
    spread_by
        The weights that were used.
    areas
        By row of the population layer: name, total, given, spread, set_aside, compounds, compounds_given,
        compounds_estimated and weight. In a grid, given and spread are parts of persons.
    conflicts
        Where compounds and totals disagree: area_id, name, field, total, given, difference (given less total, persons),
        percent (of the total) and compounds (that state a number).

    Examples
    --------
    >>> Elders().basis, len(Elders().conflicts)
    ('', 0)
    """

    basis: str = ""
    sources: Mapping[str, int] = field(default_factory=dict)
    persons: Mapping[str, int] = field(default_factory=dict)
    spread_by: tuple[str, ...] = ()
    areas: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    conflicts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(_CONFLICTS)), repr=False)

    def __str__(self) -> str:
        numbers = ", ".join(f"{self.persons.get(name, 0):,} {name}" for name in ("given", "estimated"))
        return f"elders {self.basis or 'of no stated basis'}: {numbers}"


def basis_text(basis: str) -> str:
    """Return in words whom the elders count.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     basis_text("resident"), basis_text("")
    ('living there (常住)', 'not stated')
    """
    if basis == MIXED:
        return _("registered in some layers, living there in others")
    return _(BASES[basis]) if basis else _("not stated")


def settle_elders(
    layers: Mapping[str, Layer], *, spread_by: str | None = None, storey_m: float = STOREY_M
) -> tuple[dict[str, Layer], Elders]:
    """Spread the totals of the population layer over the compounds that do not state their own elders.

    Parameters
    ----------
    layers
        Layers by name, held against each other already.
    spread_by
        One of :data:`~planner.layers.people.spreading.WEIGHTS`; left out, the first that every compound concerned has.
    storey_m
        Height of a storey, for buildings that give their height alone.

    Returns
    -------
    layers
        The compounds with the column ``elders_source`` (given, estimated, unknown) and the counts that were estimated;
        the population layer without the rows that no compound takes. Its ledger counts as used what was spread and as
        set aside what was not.
    Elders
        How it was done.

    Examples
    --------
    >>> settle_elders({})[1].sources
    {}
    """
    settled = dict(layers)
    if "compounds" not in layers:
        return settled, Elders()
    compounds, population = layers["compounds"], layers.get("population")
    basis, entries = _basis(compounds, population)
    if population is None:
        source = np.where(compounds.table["elders_60"].notna(), "given", "unknown")
        settled["compounds"] = replace(compounds, table=compounds.table.assign(elders_source=pd.array(source, "str")))
        return settled, Elders(basis, *_sums(settled["compounds"].table, 0))
    members = _members(population, layers.get("areas"), compounds)
    weights = _weights(compounds.table, layers.get("buildings"), storey_m)
    done = spread(
        population.table[list(COUNTS)].astype("float64"),
        compounds.table[list(COUNTS)].astype("float64"),
        members,
        weights=weights,
        spread_by=spread_by,
    )
    settled["compounds"] = _filled(compounds, done)
    settled["population"] = _told(population, members, done, entries)
    used = tuple(name for name in (*WEIGHTS, ONLY, EQUAL) if (done.rows["weight"] == name).any())
    aside = settled["population"].ledger.count("population").elders_set_aside
    if done.placed:
        log.info(
            "%s elders of %d areas spread over %d compounds by %s",
            f"{done.placed:,}",
            int((done.rows["spread"] > 0).sum()),
            int((done.homes["elders_source"] == "estimated").sum()),
            ", ".join(used),
        )
    sources, persons = _sums(settled["compounds"].table, aside)
    names = _names(population, layers.get("areas"))
    areas = done.rows.assign(name=names)[["name", *done.rows.columns]]
    conflicts = done.conflicts.assign(
        area_id=population.table.index.to_numpy()[done.conflicts["row"]], name=names[done.conflicts["row"]]
    )
    return settled, Elders(basis, sources, persons, used, areas, conflicts[list(_CONFLICTS)])


def _basis(compounds: Layer, population: Layer | None) -> tuple[str, list[Entry]]:
    """Tell whom the elders count; two layers that count different people are doubted."""
    said = [one.basis for one in (compounds, population) if one is not None and one.table["elders_60"].notna().any()]
    stated = sorted(set(said) - {""})
    if len(stated) < 2 or population is None:
        return (stated[0] if stated else ""), []
    what = _(
        "elders of compounds are {one}, those of areas are {other}; the two cannot be added up or compared"
    ).format(one=_(BASES[compounds.basis]), other=_(BASES[population.basis]))
    return MIXED, [Entry("population", population.file, 0, "", "elders_60", what, "doubted")]


def _sums(compounds: pd.DataFrame, aside: int) -> tuple[dict[str, int], dict[str, int]]:
    source, elders = compounds["elders_source"], compounds["elders_60"]
    numbers = {name: int((source == name).sum()) for name in ("given", "estimated", "unknown")}
    persons = {name: int(elders[source == name].sum()) for name in ("given", "estimated")}
    return numbers, {**persons, "set_aside": aside}


def _members(population: Layer, areas: Layer | None, compounds: Layer) -> Members:
    """Take the population's own outlines as a grid, unless all its rows are areas that the study knows."""
    table = population.table
    known = areas is not None and not is_raster(population.file) and table.index.isin(areas.table.index).all()
    if isinstance(table, gpd.GeoDataFrame) and not known:
        return cells_of(table.geometry.to_numpy(), compounds.table.geometry)
    return areas_of(table, None if areas is None else areas.table, compounds.table)


def _weights(compounds: gpd.GeoDataFrame, buildings: Layer | None, storey_m: float) -> pd.DataFrame:
    weights: pd.DataFrame = compounds[list(WEIGHTS[:2])].astype("float64")
    volume: Any = np.nan
    if buildings is not None:
        volume = building_volumes(compounds.geometry, buildings.table, storey_m=storey_m)
    return weights.assign(building_volume=volume)


def _names(population: Layer, areas: Layer | None) -> npt.NDArray[np.object_]:
    names: pd.Series[Any] = population.table["name"].astype("object")
    if areas is not None:
        known = areas.table["name"].astype("object")
        names = names.fillna(pd.Series(population.table.index.map(known.to_dict()), index=names.index, dtype="object"))
    return names.where(names.notna(), "").to_numpy(dtype=object)


def _filled(compounds: Layer, done: Spread) -> Layer:
    """Put the estimates into the table, and doubt compounds whose weight was taken from their neighbours."""
    counts = {name: done.homes[name].astype("Int64") for name in COUNTS}
    table = compounds.table.assign(**counts, elders_source=done.homes["elders_source"].astype("str"))
    filled = done.homes["filled"][done.homes["filled"] != ""]
    what = _("{weight} not given; to spread elders the mean of the compounds of its area was taken")
    entries = [
        Entry(
            "compounds",
            compounds.file,
            int(compounds.rows[str(one)]),
            str(one),
            weight,
            what.format(weight=_(WEIGHT_NAMES[weight])),
            "doubted",
        )
        for one, weight in filled.items()
    ]
    return replace(compounds, table=table, ledger=compounds.ledger.with_entries(entries))


def _told(population: Layer, members: Members, done: Spread, entries: list[Entry]) -> Layer:
    """Write down what became of every row's elders, and count what was spread as used."""
    raster = is_raster(population.file)
    aside: dict[str, str] = {}
    for number, (one, row) in enumerate([] if raster else done.rows.iterrows()):
        if why := members.aside.get(str(one)) or _why_aside(row):
            aside[str(one)] = why
        elif not members.grid:
            entries += _fate(population, str(one), row, done, number)
        if one in members.told:
            entries.append(_entry(population, str(one), "area_id", members.told[str(one)], "mended"))
    if members.grid:
        entries += _grid_entries(population, done)
    entries += [
        _entry(population, str(population.table.index[row]), name, _no_room(name, people), "doubted")
        for row, name, people in done.unplaced
    ]
    if raster:
        whole = {str(population.table.index[0]): _("no compound takes its elders")} if len(population.table) else {}
        aside = {} if done.placed or not done.rows["total"].any() else whole
    layer = population.noted(list(aside), "elders_60", aside, set_aside=True)
    count = layer.ledger.count(population.name)
    count = replace(count, elders_used=done.placed, elders_set_aside=count.elders_in - done.placed)
    return replace(layer, ledger=layer.ledger.with_entries(entries, counts=[count]))


def _entry(population: Layer, one: str, column: str, what: str, action: Action) -> Entry:
    return Entry(population.name, population.file, int(population.rows[one]), one, column, what, action)


def _why_aside(row: pd.Series[Any]) -> str:
    """Say why a row's elders go to no compound at all, nothing where some do or there are none."""
    if row["total"] == 0 or row["given"] or row["spread"]:
        return ""
    if row["compounds"] == 0:
        return _("no compound belongs to it; its {count} elders are set aside").format(count=_persons(row["total"]))
    if row["compounds_given"]:
        return ""
    return _("its compounds are all empty; its {count} elders are set aside").format(count=_persons(row["total"]))


def _persons(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def _fate(population: Layer, one: str, row: pd.Series[Any], done: Spread, number: int) -> list[Entry]:
    """Say what became of the elders of an area."""
    conflicts = done.conflicts[done.conflicts["row"] == number]
    entries = [
        _entry(population, one, str(said["field"]), _difference(said, row), "doubted")
        for _place, said in conflicts.iterrows()
    ]
    if row["weight"]:
        words = _("{spread} of {total} elders are spread over {count} compounds by {weight}")
        told = words.format(
            spread=_persons(row["spread"]),
            total=_persons(row["total"]),
            count=row["compounds_estimated"],
            weight=_(WEIGHT_NAMES[row["weight"]]),
        )
        entries.append(_entry(population, one, "elders_60", told, "doubted" if row["weight"] == EQUAL else "mended"))
    elif "elders_60" not in set(conflicts["field"]) and row["total"]:
        words = _("{given} of {total} elders are stated by its compounds themselves; nothing is spread")
        told = words.format(given=_persons(row["given"]), total=_persons(row["total"]))
        entries.append(_entry(population, one, "elders_60", told, "mended"))
    return entries


def _difference(said: pd.Series[Any], row: pd.Series[Any]) -> str:
    percent = "–" if np.isnan(said["percent"]) else f"{said['percent']:+.1f}%"
    told = _(
        "its compounds state {given}, its total is {total}: {difference} persons ({percent}); theirs are kept"
    ).format(
        given=_persons(said["given"]),
        total=_persons(said["total"]),
        difference=f"{said['difference']:+,.0f}",
        percent=percent,
    )
    if said["difference"] < 0:
        left = _("{told}; the rest is set aside, since every compound states its own")
        return left.format(told=told)
    blank = row["compounds"] - row["compounds_given"]
    return _("{told}; nothing is left for the {count} others").format(told=told, count=blank) if blank else told


def _no_room(name: str, people: int) -> str:
    if name == "elders_60":
        return _(
            "{count} of its elders are more than the populations that compounds state; they are placed all the same"
        ).format(count=people)
    return _("{count} of its people of this age are more than its next younger group; they are not placed").format(
        count=people
    )


def _grid_entries(population: Layer, done: Spread) -> list[Entry]:
    """Say in a few lines what became of the elders of a grid."""
    rows, entries = done.rows, []
    row = 1 if is_raster(population.file) else 0

    def note(what: str, action: Action) -> None:
        entries.append(Entry(population.name, population.file, row, "", "elders_60", what, action))

    labels = [name for name in rows["weight"].unique() if name]
    if labels:
        note(
            _("{spread} elders of {cells} cells are spread over {count} compounds by {weight}").format(
                spread=f"{done.placed:,}",
                cells=int((rows["spread"] > 0).sum()),
                count=int((done.homes["elders_source"] == "estimated").sum()),
                weight=_(WEIGHT_NAMES[labels[0]]),
            ),
            "doubted" if EQUAL in labels else "mended",
        )
    more = done.conflicts[done.conflicts["field"] == "elders_60"]
    if len(more):
        what = _("in {cells} cells compounds state {given} elders, the cells have {total}; the compounds' are kept")
        given, total = _persons(round(more["given"].sum())), _persons(round(more["total"].sum()))
        note(what.format(cells=len(more), given=given, total=total), "doubted")
    if is_raster(population.file):
        unplaced = (rows["spread"] == 0) & (rows["compounds_given"] == 0)
        held = rows["compounds"] > 0
        counted = population.ledger.count(population.name).elders_in
        if (beyond := counted - round(rows.loc[held, "total"].sum())) > 0:
            what = _("{count} of {total} elders live in cells that no compound overlaps; they are set aside")
            note(what.format(count=f"{beyond:,}", total=f"{counted:,}"), "doubted")
        if in_empty := round(rows.loc[held & unplaced, "total"].sum()):
            what = _("{count} elders of cells in which only empty compounds lie are set aside")
            note(what.format(count=_persons(in_empty)), "doubted")
    return entries

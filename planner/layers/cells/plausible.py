"""Doubt values that can hardly be meant: older people than people, homes of 2 m², floor areas in another unit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.errors import Fault
from planner.i18n import _
from planner.layers.headers.matching import Found
from planner.layers.ledger import Journal

Floats = npt.NDArray[np.float64]

# From the most to the fewest people, so that each may not be more than the one before.
_AGES = ("population", "elders_60", "elders_65", "elders_80")
_AREA = "residential_floor_area_m2"
# What a home in a city measures, common parts included.
_LEAST_HOME_M2, _LARGEST_HOME_M2 = 20.0, 400.0
_TEN_THOUSAND = 1e4
# Where nobody counts the homes: no compound is as small as this, but in 万m² most are.
_LEAST_COMPOUND_M2 = 100.0
# Above these a row is hardly one compound, but a town or a slip of the keyboard.
_LARGEST_COMPOUND = {_AREA: 1e7, "households": 5e4, "population": 2e5, "elders_60": 1e5}
_BUILT = (1850, 2100)
_LAND_UNITS = frozenset({"亩", "ha", "hm2", "公顷", "km2", "平方公里"})


def note_ages(values: Mapping[str, pd.Series[Any]], journal: Journal) -> None:
    """Doubt rows where an older group is larger than a younger one that holds it.

    Parameters
    ----------
    values
        Read columns by name.
    journal
        Where the doubts are written.
    """
    ages = {name: values[name].to_numpy(dtype=float, na_value=np.nan) for name in _AGES if name in values}
    names = list(ages)
    for first, second in combinations(range(len(names)), 2):
        # Groups in between say the same already.
        known_between = np.zeros(len(journal.rows), dtype=bool)
        for between in names[first + 1 : second]:
            known_between |= ~np.isnan(ages[between])
        wide, narrow = ages[names[first]], ages[names[second]]
        wrong = (narrow > wide) & ~known_between
        texts = [
            _("{narrow} is {more:.0f}, more than {wide} with {fewer:.0f}").format(
                narrow=names[second], more=more, wide=names[first], fewer=fewer
            )
            for more, fewer in zip(narrow[wrong], wide[wrong], strict=True)
        ]
        journal.note(wrong, names[second], texts, "doubted")


def note_homes(values: Mapping[str, pd.Series[Any]], found: Mapping[str, Found], journal: Journal) -> list[Fault]:
    """Doubt floor areas that make no homes; ask for the unit where nobody states it and most look like 万m².

    Parameters
    ----------
    values
        Read columns by name.
    found
        Where each column stands in the file.
    journal
        Where the doubts are written.

    Returns
    -------
    list of Fault
        The question, or nothing.
    """
    if _AREA not in found:
        return []
    area = values[_AREA].to_numpy(dtype=float, na_value=np.nan)
    homes = values["households"].to_numpy(dtype=float, na_value=np.nan)
    each = np.divide(area, homes, out=np.full(len(area), np.nan), where=homes > 0)
    scaled = each * _TEN_THOUSAND
    tiny = (each < _LEAST_HOME_M2) & (scaled >= _LEAST_HOME_M2) & (scaled <= _LARGEST_HOME_M2)
    tiny |= np.isnan(each) & (area > 0) & (area < _LEAST_COMPOUND_M2)
    source = found[_AREA]
    said = bool(source.unit) or source.how == "contract"
    if not said and tiny.any() and 2 * tiny.sum() > (area > 0).sum():
        return [_unit_question(source, area[tiny], journal)]
    texts = [
        _("{area} m² make no compound: is it in units of 10,000 m²?").format(area=f"{one:g}") for one in area[tiny]
    ]
    journal.note(tiny, _AREA, texts, "doubted")
    odd = ~tiny & ((each < _LEAST_HOME_M2) | (each > _LARGEST_HOME_M2))
    what = _("{each:,.1f} m² a home ({area:,.0f} m² for {homes:.0f} households) lie outside {least:.0f} to {most:.0f}")
    texts = [
        what.format(each=one, area=whole, homes=count, least=_LEAST_HOME_M2, most=_LARGEST_HOME_M2)
        for one, whole, count in zip(each[odd], area[odd], homes[odd], strict=True)
    ]
    journal.note(odd, _AREA, texts, "doubted")
    return []


def note_sizes(values: Mapping[str, pd.Series[Any]], found: Mapping[str, Found], journal: Journal) -> None:
    """Doubt what is too large for one compound, years in which nothing was built, and floors measured as land is.

    Parameters
    ----------
    values
        Read columns by name; those of a layer without residential floor area are not looked at.
    found
        Where each column stands in the file.
    journal
        Where the doubts are written.
    """
    if _AREA not in values:
        return
    for name, largest in _LARGEST_COMPOUND.items():
        if name in values:
            sizes = values[name].to_numpy(dtype=float, na_value=np.nan)
            texts = [
                _("{column} is {size:,.0f}: more than one compound holds").format(column=name, size=size)
                for size in sizes[sizes > largest]
            ]
            journal.note(sizes > largest, name, texts, "doubted")
    if "built_year" in values:
        years = values["built_year"].to_numpy(dtype=float, na_value=np.nan)
        odd = (years < _BUILT[0]) | (years > _BUILT[1])
        texts = [_("{year:.0f} is hardly the year in which it was built").format(year=year) for year in years[odd]]
        journal.note(odd, "built_year", texts, "doubted")
    if _AREA in found and found[_AREA].unit in _LAND_UNITS and len(journal.rows):
        what = _("{column} is in {unit}, a unit of land: is it the area of the site, not of the floors?")
        first = np.arange(len(journal.rows)) == 0
        journal.note(first, _AREA, what.format(column=found[_AREA].source, unit=found[_AREA].unit), "doubted")


def _unit_question(source: Found, areas: Floats, journal: Journal) -> Fault:
    return Fault(
        _("{column} seems to be in units of 10,000 m²: {areas}").format(
            column=source.source, areas=_(", ").join(f"{area:g}" for area in areas[:3])
        ),
        where=journal.file,
        why=_("in m² these would be no compounds, and the file does not state the unit"),
        todo=_(
            'state it under [layers.{layer}]: fields.{name} = {{ from = "{column}", unit = "万m2" }}, or unit = "m2"'
        ).format(layer=journal.layer, name=_AREA, column=source.source),
    )

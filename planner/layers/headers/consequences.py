"""Say what cannot be answered where a column of the contract, or a whole layer, is not there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from planner.i18n import N_, _

_LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "compounds": N_("there is nobody to plan for"),
        "facilities": N_("no compound reaches anything"),
        "gates": N_("compounds are left where streets meet their outline, else by the nearest street"),
        "candidates": N_("no new sites can be chosen"),
        "rooms": N_("the elder-care rooms that there are cannot be counted"),
        "permits": N_("no permit is checked"),
        "areas": N_("sums by area follow the names that the compounds give"),
        "barriers": N_("nothing is known that walks to the street must not cross"),
        "population": N_("elders are those that the compounds state"),
        "buildings": N_("elders of an area cannot be spread by the size of buildings"),
    }
)
_FLOOR_AREA = N_("the elder-care rooms it needs and shares of floor area cannot be computed")
_SUMS = N_("sums by it need the layer areas")
_CAPACITY = N_("its capacity is not known")
_COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "compounds": {
            "name": N_("it is shown by its identifier"),
            "status": N_("new and existing compounds cannot be told apart, as the rule for elder-care rooms does"),
            "residential_floor_area_m2": _FLOOR_AREA,
            "households": N_("floor area cannot be held against homes, nor elders spread by them"),
            "elders_60": N_("elders cannot be counted: only compounds are, unless the layer population gives totals"),
            "in_urban_area": N_("whether a rule for the urban area holds cannot be told without the layer areas"),
            "community": _SUMS,
            "street": _SUMS,
            "county": _SUMS,
            "project": N_("compounds of one project are not known to belong together"),
            "phase": N_("phases of one project are told apart by their names alone"),
            "gated": N_("only gates tell which compounds nobody else walks through"),
        },
        "gates": {"open": N_("every gate counts as open")},
        "facilities": {
            "services": N_("only what its kind says counts: day care for a day-care centre, meals for a canteen"),
            "status": N_("not one counts as in use, so no compound can pass"),
            "opened_on": N_("those in use count as open on every day"),
            "places": _CAPACITY,
            "meals_per_day": _CAPACITY,
        },
        "rooms": {"status": N_("whether the rooms are in use is not known")},
        "permits": {
            "issued_on": N_("which rule was in force on the day is not known"),
            "in_urban_area": N_("whether a rule for the urban area holds is not known"),
            "room_areas_m2": N_("the rooms that it plans cannot be counted"),
        },
        "candidates": {
            "use": N_("it may become anything"),
            "cost_cny": N_("cost cannot be weighed"),
            "places": _CAPACITY,
            "meals_per_day": _CAPACITY,
        },
        "areas": {"parent_id": N_("areas are not tied to those they are part of")},
    }
)


def without_column(layer: str, column: str) -> str:
    """Say in the reader's language what is missed where a file has not a column; empty where hardly anything is.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     without_column("gates", "open")
    'every gate counts as open'
    """
    text = _COLUMNS.get(layer, {}).get(column, "")
    return _(text) if text else ""


def without_layer(layer: str) -> str:
    """Say in the reader's language what is missed where a study has not a layer.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     without_layer("permits")
    'no permit is checked'
    """
    text = _LAYERS.get(layer, "")
    return _(text) if text else ""

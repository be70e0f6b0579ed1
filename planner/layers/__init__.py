"""Read planners' files into checked tables, and keep a ledger that tells the fate of every row.

Names are imported when they are first used, since reading needs geopandas and the column tables do not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.layers.columns import LAYERS as LAYERS
    from planner.layers.crosschecks import crosscheck as crosscheck
    from planner.layers.ledger import Entry as Entry
    from planner.layers.ledger import Ledger as Ledger
    from planner.layers.people.elders import Elders as Elders
    from planner.layers.places.datums import compute_crs_for as compute_crs_for
    from planner.layers.reading import Layer as Layer
    from planner.layers.reading import read_layer as read_layer
    from planner.layers.settings import LayerSettings as LayerSettings

_HOMES = {
    "LAYERS": "columns",
    "Elders": "people.elders",
    "Entry": "ledger",
    "Layer": "reading",
    "LayerSettings": "settings",
    "Ledger": "ledger",
    "compute_crs_for": "places.datums",
    "crosscheck": "crosschecks",
    "read_layer": "reading",
}

__all__ = [
    "LAYERS",
    "Elders",
    "Entry",
    "Layer",
    "LayerSettings",
    "Ledger",
    "compute_crs_for",
    "crosscheck",
    "read_layer",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

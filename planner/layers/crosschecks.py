"""Check the layers of a study against each other; set aside or doubt what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from planner.i18n import _
from planner.layers.reading import Layer

# A city and its surroundings fit into this; what lies farther from every compound has wrong coordinates.
_FAR_M = 50_000.0


def crosscheck(layers: Mapping[str, Layer]) -> dict[str, Layer]:
    """Check layers against each other.

    Parameters
    ----------
    layers
        Layers by name; those of :data:`~planner.layers.columns.LAYERS` that are there are checked.

    Returns
    -------
    dict of str to Layer
        The same layers: gates of unknown compounds set aside; areas with an unknown parent, facilities more
        than 50 km away from all compounds and rooms of unknown compounds doubted. Every ledger still closes.

    Examples
    --------
    >>> crosscheck({})
    {}
    """
    checked = dict(layers)
    if "areas" in checked:
        checked["areas"] = _areas(checked["areas"])
    compounds = checked.get("compounds")
    if compounds is None:
        return checked
    if "gates" in checked:
        checked["gates"] = _gates(checked["gates"], compounds)
    if "rooms" in checked:
        checked["rooms"] = _rooms(checked["rooms"], compounds)
    if "facilities" in checked:
        checked["facilities"] = _facilities(checked["facilities"], compounds)
    return checked


def _gates(gates: Layer, compounds: Layer) -> Layer:
    owner = gates.table["compound_id"]
    lost = owner[~owner.isin(compounds.table.index)]
    what = {
        gate: _("compound {id} does not exist or was set aside").format(id=compound) for gate, compound in lost.items()
    }
    return gates.noted(lost.index, "compound_id", what, set_aside=True)


def _areas(areas: Layer) -> Layer:
    """Doubt parents that are not there, and take them as not given."""
    parent = areas.table["parent_id"].dropna()
    lost = parent[~parent.isin(areas.table.index) | (parent == parent.index)]
    what = {
        area: _("there is no area {id} that it could be part of; taken as not given").format(id=above)
        for area, above in lost.items()
    }
    noted = areas.noted(lost.index, "parent_id", what, set_aside=False)
    if not lost.empty:
        table = noted.table.copy()
        table.loc[lost.index, "parent_id"] = np.nan
        noted = replace(noted, table=table)
    return noted


def _rooms(rooms: Layer, compounds: Layer) -> Layer:
    named = rooms.table["compound_ids"].str.split(";").explode()
    lost = named[~named.isin(compounds.table.index)]
    unknown = lost.groupby(level=0, sort=False).agg(", ".join)
    what = {room: _("compound {id} does not exist or was set aside").format(id=ids) for room, ids in unknown.items()}
    return rooms.noted(unknown.index, "compound_ids", what, set_aside=False)


def _facilities(facilities: Layer, compounds: Layer) -> Layer:
    if compounds.table.empty or facilities.table.empty:
        return facilities
    west, south, east, north = compounds.table.total_bounds
    bounds = facilities.table.bounds
    apart_x = np.maximum(np.maximum(west - bounds["maxx"], bounds["minx"] - east), 0.0)
    apart_y = np.maximum(np.maximum(south - bounds["maxy"], bounds["miny"] - north), 0.0)
    apart_m = np.hypot(apart_x, apart_y)
    far = apart_m[apart_m > _FAR_M]
    what = {
        facility: _("it lies {distance:.0f} km away from all compounds; its coordinates or datum may be wrong").format(
            distance=metres / 1000
        )
        for facility, metres in far.items()
    }
    return facilities.noted(far.index, "geometry", what, set_aside=False)

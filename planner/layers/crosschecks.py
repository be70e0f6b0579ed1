"""Check the layers of a study against each other; set aside or doubt what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from planner.i18n import _
from planner.layers.ledger import Entry
from planner.layers.places.placing import FAR_M
from planner.layers.reading import Layer

# A gate stands in its compound's outline; what lies farther off is another compound's, or has wrong coordinates.
_OFF_GATE_M = 500.0
# Lines of counties on public maps lie 100 to 270 m off (median), 700 m at worst nine times of ten.
_OFF_AREA_M = 700.0
# Of fewer compounds none can be said to lie apart from the others.
_TOWN, _APART = 4, 0.25


def crosscheck(layers: Mapping[str, Layer]) -> dict[str, Layer]:
    """Check layers against each other.

    Parameters
    ----------
    layers
        Layers by name; those of :data:`~planner.layers.columns.LAYERS` that are there are checked.

    Returns
    -------
    dict of str to Layer
        The same layers: gates of unknown compounds set aside; areas with an unknown parent, gates more than 500 m
        off their compound's outline, compounds more than 700 m off the area that they name, facilities and
        candidates more than 50 km away from all compounds, compounds that far from most others, rooms of unknown
        compounds and facilities of which none is in use doubted. Every ledger still closes.

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
    checked["compounds"] = _compounds(compounds)
    if "areas" in checked:
        checked["compounds"] = _named_areas(checked["compounds"], checked["areas"])
    if "gates" in checked:
        checked["gates"] = _off_outlines(_gates(checked["gates"], compounds), compounds)
    if "rooms" in checked:
        checked["rooms"] = _rooms(checked["rooms"], compounds)
    for name in ("facilities", "candidates"):
        if name in checked:
            checked[name] = _in_town(checked[name], compounds)
    if "facilities" in checked:
        checked["facilities"] = _in_use(checked["facilities"])
    return checked


def _compounds(compounds: Layer) -> Layer:
    """Doubt compounds far from the bulk of the others."""
    if len(compounds.table) < _TOWN:
        return compounds
    bounds = compounds.table.bounds.quantile([0.25, 0.75])
    town = (bounds["minx"].iloc[0], bounds["miny"].iloc[0], bounds["maxx"].iloc[1], bounds["maxy"].iloc[1])
    what = _("it lies {distance:.0f} km away from most other compounds; its coordinates may be wrong")
    noted = _doubt_far(compounds, town, what)
    # Where many lie apart the study is of several towns, and none is out of place.
    doubts = len(noted.ledger.entries) - len(compounds.ledger.entries)
    return noted if doubts <= _APART * len(compounds.table) else compounds


def _named_areas(compounds: Layer, areas: Layer) -> Layer:
    """Doubt compounds that lie far from the area that they name; the name decides all the same."""
    for level in ("community", "street", "county"):
        table = areas.table[areas.table["level"] == level]
        single = table[~table["name"].duplicated(keep=False)].set_index("name").geometry
        said = compounds.table[level]
        said = said[said.isin(single.index)]
        apart_m = compounds.table.geometry.loc[said.index].distance(single.loc[said].set_axis(said.index))
        far = apart_m[apart_m > _OFF_AREA_M]
        text = _("it names {area}, which is {metres:.0f} m away; elders count where the name says")
        what = {one: text.format(area=said[one], metres=metres) for one, metres in far.items()}
        compounds = compounds.noted(far.index, level, what, set_aside=False)
    return compounds


def _off_outlines(gates: Layer, compounds: Layer) -> Layer:
    outlines = compounds.table.geometry
    owned = gates.table[gates.table["compound_id"].isin(outlines.index)]
    # The edge of a point is empty: from there the distance to the point counts.
    areal = outlines.where(outlines.geom_type.eq("Point"), outlines.boundary)
    apart_m = owned.geometry.distance(areal.loc[owned["compound_id"]].set_axis(owned.index))
    far = apart_m[apart_m > _OFF_GATE_M]
    what = _("it lies {distance:.0f} m off the outline of compound {id}; one of the two may be wrong")
    owners = owned["compound_id"]
    told = {gate: what.format(distance=metres, id=owners[gate]) for gate, metres in far.items()}
    return gates.noted(far.index, "geometry", told, set_aside=False)


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


def _in_use(facilities: Layer) -> Layer:
    """Doubt a whole layer of which nothing counts."""
    status = facilities.table["status"]
    if status.empty or status.eq("in_use").any():
        return facilities
    what = _("none of its {count} facilities is in use, so no compound can reach any").format(count=len(status))
    entry = Entry("facilities", facilities.file, 0, "", "status", what, "doubted")
    return replace(facilities, ledger=facilities.ledger.with_entries([entry]))


def _in_town(places: Layer, compounds: Layer) -> Layer:
    if compounds.table.empty or places.table.empty:
        return places
    what = _("it lies {distance:.0f} km away from all compounds; its coordinates or datum may be wrong")
    return _doubt_far(places, compounds.table.total_bounds, what)


def _doubt_far(layer: Layer, box: Iterable[float], what: str) -> Layer:
    """Doubt rows far from a box of west, south, east and north."""
    west, south, east, north = box
    bounds = layer.table.bounds
    apart_x = np.maximum(np.maximum(west - bounds["maxx"], bounds["minx"] - east), 0.0)
    apart_y = np.maximum(np.maximum(south - bounds["maxy"], bounds["miny"] - north), 0.0)
    apart_m = np.hypot(apart_x, apart_y)
    far = apart_m[apart_m > FAR_M]
    told = {one: what.format(distance=metres / 1000) for one, metres in far.items()}
    return layer.noted(far.index, "geometry", told, set_aside=False)

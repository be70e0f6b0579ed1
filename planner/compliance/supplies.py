"""Gather what compounds have: rooms in use that serve one or several of them, and childcare places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from planner.compliance.amounts import UNKNOWN, exact
from planner.compliance.rules import Sites
from planner.compliance.sharing import Shared
from planner.coverage.services import in_use
from planner.i18n import _

if TYPE_CHECKING:
    import geopandas as gpd

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Supply:
    """What n compounds have.

    Parameters
    ----------
    sites
        Rooms or places of one compound each.
    shared
        Rooms of several.
    notes
        What must be said of some compounds, by position.
    """

    sites: Sites
    shared: Sequence[Shared] = ()
    notes: Mapping[int, Sequence[str]] = field(default_factory=dict)


def rooms_of(compounds: pd.DataFrame, rooms: pd.DataFrame | None) -> Supply:
    """Sort rooms in use by the compounds they serve; without a layer of rooms nothing is known.

    Parameters
    ----------
    compounds
        Indexed by compound_id.
    rooms
        With compound_ids, floor_area_m2 and status; a room whose status or area is not known does not count, and the
        compounds it serves are told so.

    Examples
    --------
    >>> homes = pd.DataFrame(index=["C1", "C2"])
    >>> ids, used = ["C1", "C1;C2"], ["in_use", "in_use"]
    >>> rooms = pd.DataFrame({"compound_ids": ids, "floor_area_m2": [350.0, 700.0], "status": used}, index=["R1", "R2"])
    >>> found = rooms_of(homes, rooms)
    >>> found.sites.size.tolist(), [(room.room, room.owners) for room in found.shared]
    ([350000000], [('R2', (0, 1))])
    """
    number = len(compounds)
    if rooms is None:
        return Supply(Sites.of(_NONE, _NONE, np.zeros(number, bool)))
    long = _serving(compounds, rooms)
    notes: dict[int, list[str]] = {}
    doubtful = long[(long["owner"] >= 0) & ((long["status"] == "") | (long["size"] == UNKNOWN))]
    _note(notes, doubtful, _("room {room} is not counted: its state or floor area is not known"))
    used = long[(long["status"] == "in_use") & (long["size"] != UNKNOWN)]
    elsewhere = used["room"].isin(used.loc[used["owner"] < 0, "room"])
    used, elsewhere = used[used["owner"] >= 0], elsewhere[used["owner"] >= 0]
    _note(
        notes, used[elsewhere], _("room {room} also serves compounds that are not in the layer; they get no part of it")
    )
    alone = ~used["room"].duplicated(keep=False)
    owners, areas = (used.loc[alone, name].to_numpy(np.int64) for name in ("owner", "size"))
    shared = [
        Shared(str(room), int(group["size"].iloc[0]), tuple(sorted(group["owner"].tolist())))
        for room, group in used[~alone].groupby("room", sort=True)
    ]
    return Supply(Sites.of(owners, areas, np.ones(number, bool)), shared, notes)


def _serving(compounds: pd.DataFrame, rooms: pd.DataFrame) -> pd.DataFrame:
    """Give a row for every room and compound it serves; the owner is -1 where the compound is not there."""
    named = rooms["compound_ids"].str.split(";").reset_index(drop=True).explode()
    at = named.index.to_numpy()
    sizes = exact(rooms["floor_area_m2"].to_numpy(dtype=float, na_value=np.nan), "m2")
    long = pd.DataFrame(
        {
            "room": rooms.index.astype("str").to_numpy(dtype=object)[at],
            "owner": compounds.index.get_indexer(pd.Index(named.str.strip())),
            "size": sizes[at],
            "status": rooms["status"].fillna("").to_numpy(dtype=object)[at],
        }
    )
    return long.drop_duplicates(["room", "owner"]).sort_values(["room", "owner"], kind="stable")


def _note(notes: dict[int, list[str]], rows: pd.DataFrame, text: str) -> None:
    for owner, room in zip(rows["owner"].tolist(), rows["room"], strict=True):
        notes.setdefault(owner, []).append(text.format(room=room))


def places_of(compounds: pd.DataFrame, facilities: gpd.GeoDataFrame | None, as_of: date) -> Supply:
    """Count the places of childcare facilities in use inside each outline; of a compound without one nothing is known.

    Parameters
    ----------
    compounds
        With their outlines.
    facilities
        With kind, status, opened_on and places.
    as_of
        Day on which they must be in use.
    """
    number = len(compounds)
    if facilities is None or "geometry" not in compounds:
        return Supply(Sites.of(_NONE, _NONE, np.zeros(number, bool)))
    outlines = compounds["geometry"].to_numpy()
    childcare = (facilities["kind"] == "childcare").fillna(False).to_numpy(dtype=bool)
    offered = facilities[in_use(facilities, as_of) & childcare]
    places = exact(offered["places"].to_numpy(dtype=float, na_value=np.nan), "places")
    known = np.asarray(shapely.get_dimensions(outlines) == 2)
    at, within = shapely.STRtree(offered.geometry.to_numpy()).query(outlines, predicate="intersects")
    # A facility on the line between two compounds counts once, for the first of them by id.
    order = np.lexsort((compounds.index.astype("str").to_numpy(dtype=str)[at], within))
    once = order[np.unique(within[order], return_index=True)[1]]
    at, within = at[once], within[once]
    notes: dict[int, list[str]] = {}
    lost = places[within] == UNKNOWN
    for owner, facility in zip(at[lost].tolist(), within[lost].tolist(), strict=True):
        text = _("the places of childcare facility {id} are not known")
        notes.setdefault(owner, []).append(text.format(id=offered.index[facility]))
    known[at[lost]] = False
    return Supply(Sites.of(at[~lost], places[within[~lost]], known), notes=notes)

"""Put groups of joint provision into tables: a row for every member, and one for every room with its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from planner.compliance.amounts import SCALE
from planner.compliance.jointwording import existing_words, new_words
from planner.compliance.pairing import Grouping, Ints, Pairs, Spare
from planner.compliance.participants import Supplier, Town
from planner.compliance.sharing import split

if TYPE_CHECKING:
    import geopandas as gpd

    from planner.study import Study

_M2 = SCALE["m2"]


def members_table(study: Study, town: Town, pairs: Pairs, spare: Spare, found: Grouping) -> pd.DataFrame:
    """Tell of every compound that takes part where its room is, how far, and which part of it is its own.

    Parameters
    ----------
    study, town
        The study, and who takes part.
    pairs, spare
        Walks to hosts and to existing rooms.
    found
        Who shares with whom.

    Returns
    -------
    DataFrame
        As `planner.compliance.JointGroups` describes its members.
    """
    new = found.host >= 0
    seconds = np.zeros(town.rows.size)
    seconds[new] = _walks(pairs, np.flatnonzero(new), found.host[new])
    seconds[~new] = _walks(spare.pairs, np.flatnonzero(~new), found.supplier[~new])
    at = town.rows[np.where(new, found.host, 0)]
    for row in np.flatnonzero(~new).tolist():
        at[row] = _nearest_owner(study, town, row, town.suppliers[found.supplier[row]])
    compounds = study.layers["compounds"].iloc[town.rows]
    columns = {
        "group_id": _group_ids(town, found),
        "host": town.ids[at],
        "walk_m": study.walker.reach_m(1.0) * seconds,
        "walk_min": seconds / 60.0,
        "required_m2": town.required / _M2,
        "ratio_m2": town.part[town.rows] / _M2,
        "share_m2": _shares(town, found) / _M2,
        "served_from": np.where(new, "new_room", "existing_room"),
        "small": town.small,
        "reason": _why_alone(study, town, pairs, spare, found),
        "elders_60": compounds["elders_60"].to_numpy(),
    }
    table = pd.DataFrame(columns, index=pd.Index(town.ids[town.rows], name="compound_id", dtype="str"))
    return table.astype(dict.fromkeys(("group_id", "host", "served_from", "reason"), "str"))


def _walks(pairs: Pairs, rows: Ints, hosts: Ints) -> Any:
    """Look up the walks of some pairs."""
    width = int(pairs.host.max(initial=0)) + 1
    at = np.searchsorted(pairs.member * width + pairs.host, rows * width + hosts)
    return pairs.walk[at]


def _nearest_owner(study: Study, town: Town, row: int, supplier: Supplier) -> int:
    """Name the compound that a member walks to for an existing room: the nearest, of equally near ones the first."""
    owners = np.array(sorted(supplier.owners, key=lambda one: str(town.ids[one])))
    if owners.size == 1:
        return int(owners[0])
    ends, place = np.zeros(town.ids.size, bool), np.arange(town.ids.size) == town.rows[row]
    ends[owners] = True
    places = study.homes.places
    walks = study.streetwise(study.walker).table(places.only(place), places.only(ends), limit_s=np.inf)
    seconds = dict(zip(walks.destination.tolist(), walks.seconds.tolist(), strict=True))
    return int(min(owners.tolist(), key=lambda one: seconds.get(one, np.inf)))


def _group_ids(town: Town, found: Grouping) -> list[str]:
    """Give each group a number, new rooms before existing ones, each in the order of its first member."""
    keys = list(zip((found.host < 0).tolist(), np.maximum(found.host, found.supplier).tolist(), strict=True))
    number = {key: order for order, key in enumerate(sorted(dict.fromkeys(keys), key=lambda key: key[0]), start=1)}
    width = max(3, len(str(len(number))))
    return [f"J{number[key]:0{width}d}" for key in keys]


def _shares(town: Town, found: Grouping) -> Ints:
    """Divide each new room by what the ratio asks of its members; of an existing room each gets what it needs."""
    share = town.need.copy()
    for host in np.unique(found.host[found.host >= 0]):
        rows = np.flatnonzero(found.host == host)
        room = max(int(town.need[rows].sum()), town.minimum)
        share[rows] = split(room, town.need[rows], [str(one) for one in town.ids[town.rows[rows]]])
    return share


def _why_alone(study: Study, town: Town, pairs: Pairs, spare: Spare, found: Grouping) -> list[str]:
    near = np.diff(pairs.indptr) + np.diff(spare.pairs.indptr) + np.bincount(pairs.host, minlength=pairs.number) > 2
    size = np.bincount(found.host[found.host >= 0], minlength=pairs.number)
    reasons = []
    for row, position in enumerate(town.rows.tolist()):
        lost = str(study.homes.reason[position])
        if found.host[row] < 0 or size[found.host[row]] > 1:
            reasons.append("")
        elif not (town.small[row] or town.bare[row]):
            reasons.append("has_rooms")
        else:
            reasons.append(lost or ("no_gain" if near[row] else "no_neighbour"))
    return reasons


def groups_table(study: Study, town: Town, members: pd.DataFrame, found: Grouping) -> gpd.GeoDataFrame:
    """Tell of every room who shares it, how large it is and why, with lines from the members' homes to the host's.

    Parameters
    ----------
    study, town
        The study, and who takes part.
    members
        As `members_table` gives it.
    found
        Who shares with whom.

    Returns
    -------
    GeoDataFrame
        As `planner.compliance.JointGroups` describes its groups, without the passage.
    """
    import geopandas as gpd

    rows = []
    position = {str(one): row for row, one in enumerate(town.ids)}
    for name, at in members.groupby("group_id", sort=True).indices.items():
        rows.append({"group_id": name, **_group(study, town, members.iloc[at], found, np.asarray(at), position)})
    columns = ["group_id", "kind", "host", "members", "number", "ratio_m2", "room_m2", "alone_m2", "saved_m2"]
    columns += ["longest_walk_m", "elders_60", "arithmetic", "geometry"]
    table = pd.DataFrame(rows, columns=columns).set_index("group_id")
    words = dict.fromkeys(("kind", "host", "members", "arithmetic"), "str")
    return gpd.GeoDataFrame(table.astype({**words, "elders_60": "Int64"}), geometry="geometry", crs=study.crs)


def _group(
    study: Study, town: Town, members: pd.DataFrame, found: Grouping, at: Ints, position: Mapping[str, int]
) -> dict[str, Any]:
    need, alone = int(town.need[at].sum()), int(np.maximum(town.need[at], town.minimum).sum())
    new = found.host[at[0]] >= 0
    room = max(need, town.minimum) if new else 0
    supplier = None if new else town.suppliers[found.supplier[at[0]]]
    homes = study.homes.home
    ends = [(position[str(one)], position[host]) for one, host in members["host"].items() if one != host]
    lines = [shapely.LineString([homes[one], homes[other]]) for one, other in ends]
    hosts = members["host"].iloc[[0]] if supplier is None else town.ids[np.array(supplier.owners)]
    host = str(members["host"].iloc[0])
    words = existing_words(study, town, at, supplier) if supplier else new_words(study, town, at, host)
    elders = pd.to_numeric(members["elders_60"], errors="coerce").astype("Int64").sum(min_count=1)
    return {
        "kind": "existing" if not new else "shared" if at.size > 1 else "alone",
        "host": ";".join(sorted(map(str, hosts))),
        "members": ";".join(members.index),
        "number": at.size,
        "ratio_m2": need / _M2,
        "room_m2": room / _M2,
        "alone_m2": alone / _M2,
        "saved_m2": (alone - room) / _M2,
        "longest_walk_m": float(members["walk_m"].max()),
        "elders_60": elders,
        "arithmetic": words,
        "geometry": shapely.MultiLineString(lines) if lines else homes[town.rows[at[0]]],
    }

"""Find who takes part in joint provision: compounds that are short, hosts for them, and rooms with some to spare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.compliance.amounts import UNKNOWN, Amounts, exact, whole
from planner.compliance.compounds import check
from planner.compliance.pairing import Ints, Pairs, Spare
from planner.compliance.rules import count
from planner.compliance.supplies import rooms_of
from planner.standards import Profile, Provision

if TYPE_CHECKING:
    from planner.study import Study

Flags = NDArray[np.bool_]


def allows(rule: Provision) -> bool:
    """Tell whether a rule lets compounds provide together: it says so, and asks for a least area of every room.

    Examples
    --------
    >>> from planner.standards import profile
    >>> [allows(rule) for rule in profile("hunan-2025").provisions]
    [True, False]
    """
    return rule.joint is not None and rule.minimum is not None and rule.minimum.each == "site"


def may_share(profile: Profile) -> bool:
    """Tell whether a profile's document lets small compounds provide together.

    Examples
    --------
    >>> from planner.standards import profile
    >>> may_share(profile("cz-14-2023")), may_share(profile("cz-8-2023"))
    (True, False)
    """
    return any(allows(rule) for rule in profile.provisions)


@dataclass(frozen=True, eq=False)
class Supplier:
    """Existing rooms with something to spare: of one compound, or one room of several.

    Parameters
    ----------
    room
        Id of a room of several; empty for those of one.
    owners
        Positions of the compounds they serve.
    size, spare
        Their area, and what of it the ratio does not ask for these, whole amounts.
    """

    room: str
    owners: tuple[int, ...]
    size: int
    spare: int


@dataclass(frozen=True, eq=False)
class Town:
    """Who takes part.

    Parameters
    ----------
    profile
        By which they are short.
    ids : array (compounds,)
        Of all compounds.
    rows : int64 array (n,)
        Positions of those that take part, in the order of their ids.
    rules
        The rule of each.
    small, bare : bool arrays (n,)
        Whether its ratio asks for less than the minimum; whether none of its rooms counts.
    need, required : int64 arrays (n,)
        What a room must have for it, and what it would have to have by itself; whole amounts.
    part : int64 array (compounds,)
        What the ratio alone asks for.
    minimum
        Least area of a room.
    suppliers
        Existing rooms with something to spare.
    verdicts
        Number of compounds by verdict.
    without
        How many are short whose rule lets nobody provide jointly.
    """

    profile: Profile
    ids: NDArray[np.object_]
    rows: Ints
    rules: list[Provision]
    small: Flags
    bare: Flags
    need: Amounts
    required: Amounts
    part: Amounts
    minimum: int
    suppliers: list[Supplier]
    verdicts: dict[str, int]
    without: int


def gather(study: Study, profile: Profile, *, lenient: bool) -> Town:
    """Check a study by a profile and find who takes part.

    Parameters
    ----------
    study, profile
        The study and the profile.
    lenient
        As for `planner.compliance.check`.
    """
    compounds = study.layers["compounds"]
    found = check(study, profiles=[profile], lenient=lenient, explain=False).of()
    part, required, counted, shortfall = (
        exact(found[f"{name}_m2"].to_numpy(dtype=float), "m2")
        for name in ("ratio_part", "required", "counted", "shortfall")
    )
    ids = found.index.to_numpy(dtype=object)
    rules = {of: profile.provision(of, study.as_of) for of in ("new", "existing")}
    of = found["status"].to_numpy(dtype=object)
    may = np.array([(rule := rules.get(one)) is not None and allows(rule) for one in of], bool)
    applies = (found["applies"] == True).fillna(False).to_numpy(dtype=bool)  # noqa: E712 (NA is not True)
    short = (found["verdict"] == "short").to_numpy(dtype=bool)
    least = [whole(rule.minimum.value, "m2") for rule in rules.values() if rule and rule.minimum and allows(rule)]
    minimum = max(least, default=1)
    rows = np.flatnonzero(short & may)
    rows = rows[np.argsort(ids[rows].astype(str), kind="stable")]
    small = part[rows] < minimum
    bare = counted[rows] == 0
    # A shared room is divided by what the ratio asks of each; what one has already lessens no other's part of it.
    need = np.where(small | bare, part[rows], shortfall[rows])
    bound = applies & may & (part != UNKNOWN)
    suppliers = _suppliers(compounds, study.layers.get("rooms"), ids, bound, part, minimum, lenient=lenient)
    kept: list[Provision] = [rule for one in of[rows] if (rule := rules[one]) is not None]
    return Town(
        profile, ids, rows, kept, small, bare, need, required[rows], part, minimum, suppliers,
        {str(one): int(times) for one, times in found["verdict"].value_counts().items()}, int((short & ~may).sum()),
    )  # fmt: skip


def _suppliers(
    compounds: pd.DataFrame,
    rooms: pd.DataFrame | None,
    ids: NDArray[np.object_],
    bound: Flags,
    part: Amounts,
    minimum: int,
    *,
    lenient: bool,
) -> list[Supplier]:
    """Find what rooms have beyond what the ratio asks of the compounds they serve, all of them bound by the profile."""
    supply = rooms_of(compounds, rooms)
    own = count(supply.sites, np.full(ids.size, minimum)).counted(lenient=lenient)
    found = [Supplier("", (row,), int(own[row]), int(own[row] - part[row])) for row in np.flatnonzero(bound).tolist()]
    for room in supply.shared:
        owners = np.array(room.owners)
        if room.size >= minimum and bound[owners].all():
            spare = room.size - int(part[owners].sum())
            found.append(Supplier(room.room, room.owners, room.size, spare))
    found = [one for one in found if one.spare > 0]
    return sorted(found, key=lambda one: ([str(ids[row]) for row in one.owners], one.room))


def reach(study: Study, town: Town, limit_s: float) -> tuple[Pairs, Spare]:
    """Walk from every small compound to every host and every existing room within reach.

    Parameters
    ----------
    study, town
        The study, and who takes part.
    limit_s
        The longest walk.

    Returns
    -------
    pairs, spare
        Members are rows of the town; walks are in seconds.
    """
    places, number = study.homes.places, len(town.ids)
    position = np.full(number, -1)
    position[town.rows] = np.arange(town.rows.size)
    small, hosts = np.zeros(number, bool), np.zeros(number, bool)
    small[town.rows[town.small]] = True
    hosts[town.rows[town.small | town.bare]] = True
    owner = np.array([row for one in town.suppliers for row in one.owners], np.int64)
    supplier = np.repeat(np.arange(len(town.suppliers)), [len(one.owners) for one in town.suppliers])
    ends = hosts.copy()
    ends[owner] = True
    walks = study.streetwise(study.walker).table(places.only(small), places.only(ends), limit_s=limit_s)
    start = np.repeat(np.arange(number), np.diff(walks.indptr))
    end = walks.destination.astype(np.int64)

    own = np.arange(town.rows.size)
    near = hosts[end] & (start != end)
    pairs = Pairs.of(
        own.size,
        member=np.concatenate([position[start[near]], own]),
        host=np.concatenate([position[end[near]], own]),
        walk=np.concatenate([walks.seconds[near], np.zeros(own.size)]),
    )
    # Of a room that serves several, the walk to the nearest of them counts.
    table = pd.DataFrame({"member": position[start], "end": end, "seconds": walks.seconds})
    table = table.merge(pd.DataFrame({"end": owner, "supplier": supplier}), on="end")
    table = table.groupby(["member", "supplier"])["seconds"].min().reset_index()
    given = Pairs.of(
        own.size,
        member=table["member"].to_numpy(np.int64),
        host=table["supplier"].to_numpy(np.int64),
        walk=table["seconds"].to_numpy(float),
    )
    return pairs, Spare(np.array([one.spare for one in town.suppliers], np.int64), given)

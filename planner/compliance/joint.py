"""Propose joint provision (统筹配建): which small compounds share a room that none of them would fill alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from planner.compliance.amounts import SCALE
from planner.compliance.assumptions import joint_assumption
from planner.compliance.compounds import chosen_profiles
from planner.compliance.grouping import group
from planner.compliance.jointtables import groups_table, members_table
from planner.compliance.jointwording import notes_of
from planner.compliance.pairing import Aim, Grouping, measure
from planner.compliance.participants import Town, allows, gather, may_share, reach
from planner.errors import Fault, InputError
from planner.i18n import _, language
from planner.standards import Profile

if TYPE_CHECKING:
    import geopandas as gpd

    from planner.study import Study


@dataclass(frozen=True)
class JointGroups:
    """A proposal of joint provision; it decides nothing.

    Parameters
    ----------
    members : DataFrame
        A row for every compound that is short and may provide jointly, indexed by compound_id: group_id, host (the
        compound where the room stands), walk_m and walk_min to it, required_m2 (what it would have to have by
        itself), ratio_m2 (what the ratio asks of it, and the group must have for it), share_m2 (its part of the
        room), served_from (``new_room``, ``existing_room``), small (whether the ratio asks for less than the
        minimum), reason (why it stays alone: off_network, blocked, no_neighbour, has_rooms, no_gain) and elders_60.
    groups : GeoDataFrame
        A row for every room, indexed by group_id: kind (``shared``: a new room of several, ``alone``: of one,
        ``existing``: a room that is there), host, members, number, ratio_m2, room_m2 (new area, 0 where an existing
        room serves), alone_m2 (what its members would have to build one by one), saved_m2, longest_walk_m, elders_60
        (of members whose number is known), arithmetic, clause and quote; lines from the members' homes to the
        host's, a point where there is but one.
    profile
        By which it was made.
    aim
        ``area`` or ``fewest``.
    walk_m, walk_min
        The longest walk allowed, on the streets and door to door.
    rooms, area_m2, alone_m2
        New rooms, their area, and what all would have to build without joint provision.
    bound, gap, status
        No proposal has less area (fewer rooms); the share by which another could at most be better; ``optimal`` where
        there is none, else ``gap``.
    clause, quote
        The passage on joint provision.
    notes
        What must be said with it: assumptions, who takes part, who does not.

    Examples
    --------
    >>> import planner as pl
    >>> found = pl.compliance.joint_groups(pl.open_study("data/sample", lang="en"), profile="cz-14-2023-permille")
    >>> found.status, bool(found.area_m2 < found.alone_m2)
    ('optimal', True)
    """

    members: pd.DataFrame
    groups: gpd.GeoDataFrame
    profile: Profile
    aim: Aim
    walk_m: float
    walk_min: float
    rooms: int
    area_m2: float
    alone_m2: float
    bound: float
    gap: float
    status: Literal["optimal", "gap"]
    clause: str
    quote: str
    notes: tuple[str, ...] = field(default=(), repr=False)


def joint_groups(
    study: Study,
    *,
    profile: str | Profile | None = None,
    walk_m: float | None = None,
    walk_min: float | None = None,
    aim: Aim = "area",
    lenient: bool = False,
) -> JointGroups:
    """Propose which compounds provide jointly.

    Those take part that are short by a profile whose document lets small compounds provide together. Small is whose
    ratio asks for less than the minimum of a room. A small one may share a new room at another small one's or at a
    large one's that has none yet and must build anyway, or use what existing rooms have beyond what the ratio asks of
    the compounds they serve. A shared room has the larger of the minimum and what the ratio asks of all its members
    together. A room stands at one of those who share it.

    Parameters
    ----------
    study
        An open study with its layer of rooms.
    profile
        A profile or its id; left out, the headline of study.toml.
    walk_m, walk_min
        The longest walk from home to home, on the streets, in metres, or in minutes of the study's walker. Left out,
        an assumption of this program, which the notes tell.
    aim
        Least ``area`` of new rooms, or ``fewest`` of them.
    lenient
        As for `planner.compliance.check`.

    Returns
    -------
    JointGroups
        The same for every order of the rows.

    Raises
    ------
    InputError
        The profile is not known or its document has no passage on joint provision; or the walk is no distance.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> near, far = (joint_groups(study, walk_m=metres) for metres in (100, 600))
    >>> near.area_m2 >= far.area_m2
    True
    """
    with language(study.lang):
        chosen = chosen_profiles(study, None if profile is None else [profile])[0]
        limit_s, assumed = _limit(study, walk_m, walk_min)
        _check_arguments(chosen, aim)
        town = gather(study, chosen, lenient=lenient)
        pairs, spare = reach(study, town, limit_s)
        found = group(town.need, pairs, minimum=town.minimum, aim=aim, spare=spare)
        return _told(study, town, found, members_table(study, town, pairs, spare, found), aim, limit_s, assumed=assumed)


def _limit(study: Study, walk_m: float | None, walk_min: float | None) -> tuple[float, bool]:
    """Return the longest walk in seconds, and whether it is assumed."""
    given = [value for value in (walk_m, walk_min) if value is not None]
    if len(given) == 2:
        raise InputError(Fault(_("the walk is given in metres and in minutes"), todo=_("leave one of them out")))
    if given and not (math.isfinite(given[0]) and given[0] > 0):
        what = _("the longest walk of joint provision is {value}").format(value=given[0])
        raise InputError(Fault(what, todo=_("give a number above 0")))
    if walk_min is not None:
        return walk_min * 60.0, False
    metres = joint_assumption().walk_m if walk_m is None else walk_m
    return float(study.walker.seconds(np.array([metres]))[0]), walk_m is None


def _check_arguments(profile: Profile, aim: str) -> None:
    faults = []
    if not may_share(profile):
        faults.append(
            Fault(
                _("{profile} has no passage on joint provision").format(profile=profile.id),
                where=profile.document.number,
                todo=_("choose a profile whose document has one, such as {profile}").format(profile="cz-14-2023"),
            )
        )
    if aim not in {"area", "fewest"}:
        faults.append(Fault(_("the aim {aim!r} is not known").format(aim=aim), todo=_("use area or fewest")))
    if faults:
        raise InputError(faults)


def _told(
    study: Study, town: Town, found: Grouping, members: pd.DataFrame, aim: Aim, limit_s: float, *, assumed: bool
) -> JointGroups:
    """Put a grouping into tables and figures."""
    passages = [rule.joint for rule in town.profile.provisions if rule.joint is not None and allows(rule)]
    clause = " / ".join(dict.fromkeys(one.clause for one in passages))
    quote = " / ".join(dict.fromkeys(one.quote for one in passages))
    area_mm2 = measure(found.host, town.need, minimum=town.minimum, aim="area")
    walk_m, walk_min = study.walker.reach_m(limit_s), limit_s / 60.0
    return JointGroups(
        members=members,
        groups=groups_table(study, town, members, found).assign(clause=clause, quote=quote),
        profile=town.profile,
        aim=aim,
        walk_m=walk_m,
        walk_min=walk_min,
        rooms=measure(found.host, town.need, minimum=town.minimum, aim="fewest"),
        area_m2=area_mm2 / SCALE["m2"],
        alone_m2=int(np.maximum(town.need, town.minimum).sum()) / SCALE["m2"],
        bound=found.bound / (SCALE["m2"] if aim == "area" else 1),
        gap=found.gap,
        status="gap" if found.gap else "optimal",
        clause=clause,
        quote=quote,
        notes=tuple(notes_of(town, walk_m=walk_m, walk_min=walk_min, assumed=assumed)),
    )

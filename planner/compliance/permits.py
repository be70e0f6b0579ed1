"""Check planning permits in batches: each with the phases of its project so far, by what was in force when issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.compliance.amounts import UNKNOWN, Amounts, exact
from planner.compliance.compounds import urban_flags
from planner.compliance.planned import planned_rooms
from planner.compliance.results import Case, Compliance, Objects, as_words, gather, words_by_code
from planner.compliance.rules import (
    MAYBE,
    NEW,
    NO,
    REASON,
    YES,
    Binding,
    Days,
    Judged,
    Sites,
    bind,
    count,
    due,
    least_site,
    settle,
)
from planner.compliance.series import Series, find_series
from planner.compliance.steps import four_steps
from planner.i18n import _
from planner.standards import Profile
from planner.standards import profile as shipped

_MEASURES = ("residential_floor_area_m2", "households")
Ints = NDArray[np.int64]


def check_permits(
    permits: pd.DataFrame,
    *,
    profiles: Sequence[str | Profile] = ("cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025"),
    as_of: date | None = None,
    lenient: bool = False,
    blank_rooms: Literal["none", "unknown"] = "none",
    explain: bool = True,
) -> Compliance:
    """Check permits, each by what was in force on the day it was issued.

    Parameters
    ----------
    permits
        The checked layer, or any table indexed by permit_no with its columns; columns left out are not known.
    profiles
        Profiles or ids of those that ship, the one that decides first.
    as_of
        Day of the report, for targets that are past.
    lenient
        As for `planner.compliance.check`.
    blank_rooms
        What an empty cell of room_areas_m2 says: ``none`` are planned, or ``unknown``. Without the
        column it is unknown.
    explain
        Whether every row has its quote, note and arithmetic; without these texts a million permits take seconds.

    Returns
    -------
    Compliance
        A row per permit and profile, in the order of `permits`.

    Raises
    ------
    InputError
        A profile is not known, or a cell of room_areas_m2 is no list of areas.

    Notes
    -----
    Permits of one project are judged together: at each permit, the homes of all its phases so far against their rooms
    so far. Only phases that the profile itself binds are taken: one issued before it came into force brings neither
    homes nor rooms. An amended permit (the same number again, or one marked 变更 for the same project and phase)
    takes the place of the earlier one from its own day on, and is judged by that day. Rooms count as planned.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "residential_floor_area_m2": [11_000.0, 12_000.0],
    ...         "issued_on": ["2024-05-01", "2024-05-01"],
    ...         "in_urban_area": [True, True],
    ...         "room_areas_m2": ["350", "350"],
    ...     },
    ...     index=pd.Index(["P1", "P2"], name="permit_no"),
    ... )
    >>> check_permits(table, profiles=["cz-14-2023"]).table[["id", "required_m2", "verdict"]].values.tolist()
    [['P1', 350.0, 'compliant'], ['P2', 360.0, 'short']]
    """
    chosen = [shipped(one) if isinstance(one, str) else one for one in profiles]
    day = _days(permits)
    sizes = {
        name: exact(permits[name].to_numpy(dtype=float, na_value=np.nan), name) for name in _MEASURES if name in permits
    }
    series = find_series(permits, day, sizes.get("residential_floor_area_m2"))
    batch = _Batch(
        day=day,
        urban=urban_flags(permits),
        sizes=sizes,
        sites=planned_rooms(permits, blank_known=blank_rooms == "none"),
        series=series,
        lenient=lenient,
        explain=explain,
    )
    ids = as_words(permits.index.astype("str"))
    cases = [_case(profile, batch) for profile in {profile.id: profile for profile in chosen}.values()]
    more = {
        "project": as_words(permits["project"].fillna("") if "project" in permits else [""] * len(permits)),
        "superseded_by": _later_ids(ids, series),
    }
    objects = Objects(ids, more["project"], day, more)
    return gather(objects, cases, as_of=as_of, explain=explain, steps=four_steps(permits))


def _days(permits: pd.DataFrame) -> Days:
    if "issued_on" not in permits:
        return np.full(len(permits), np.datetime64("NaT"), "datetime64[D]")
    return pd.to_datetime(permits["issued_on"]).to_numpy().astype("datetime64[D]")


def _later_ids(ids: Any, series: Series) -> Any:
    amended = np.flatnonzero(series.later >= 0)
    names, codes = [""], np.zeros(series.later.size, np.int64)
    if amended.size:
        names = [*ids[series.later[amended]].tolist(), ""]
        codes[:] = -1
        codes[amended] = np.arange(amended.size)
    return words_by_code(names, codes)


@dataclass(frozen=True, eq=False)
class _Batch:
    """Arrays of n permits, and how they belong together."""

    day: Days
    urban: NDArray[np.int8]
    sizes: dict[str, Amounts]
    sites: Sites
    series: Series
    lenient: bool
    explain: bool


def _case(profile: Profile, batch: _Batch) -> Case:
    """Judge the permits by one profile."""
    series, number = batch.series, batch.day.size
    of = np.full(number, NEW, np.int8)
    binding = bind(profile, of, batch.day, batch.urban)
    lone = not series.joined
    sizes = batch.sizes
    counts = count(batch.sites, least_site(profile, binding.provision))
    own = counts.counted(lenient=batch.lenient)
    counted, below = np.where(batch.sites.known, own, UNKNOWN), counts.below
    listed = None
    if not lone:
        taken = binding.applies == YES
        known = batch.sites.known

        def so_far(values: Ints) -> Ints:
            return series.so_far(np.where(taken, values, 0))

        sizes = {name: _sum_known(series, taken, values) for name, values in batch.sizes.items()}
        if batch.lenient:
            counted = np.where(so_far(counts.enough) > 0, so_far(counts.every), 0)
        else:
            counted = so_far(counts.large)
        counted = np.where(so_far((~known).astype(np.int64)) > 0, UNKNOWN, counted)
        below = so_far(counts.below)
        # A permit that is not taken stands for itself, so that its figures can be shown.
        sizes = {name: np.where(taken, values, batch.sizes[name]) for name, values in sizes.items()}
        counted = np.where(taken, counted, np.where(known, own, UNKNOWN))
        below = np.where(taken, below, counts.below)
        listed = (so_far(np.ones(number, np.int64)) <= 1).tolist()
    part, required, binding = due(profile, binding, sizes)
    judged = _without_superseded(settle(binding, part, required, counted, below), series)
    openings, notes = ({}, {}) if lone or not batch.explain else _words(batch, binding)
    return Case(profile, judged, of, sizes, batch.sites, openings=openings, notes=notes, listed=listed)


def _sum_known(series: Series, taken: NDArray[np.bool_], values: Amounts) -> Amounts:
    """Add up sizes so far; one that is not known makes the sum unknown."""
    missing = taken & (values == UNKNOWN)
    total = series.so_far(np.where(taken & ~missing, values, 0))
    return np.where(series.so_far(missing.astype(np.int64)) > 0, UNKNOWN, total)


def _without_superseded(judged: Judged, series: Series) -> Judged:
    """Free permits whose place a later amendment has taken."""
    gone = series.later >= 0
    if not gone.any():
        return judged
    applies, reason = judged.binding.applies.copy(), judged.binding.reason.copy()
    applies[gone], reason[gone] = NO, REASON["superseded"]
    required, part = (np.where(gone, UNKNOWN, values) for values in (judged.required, judged.part))
    return settle(Binding(judged.binding.provision, applies, reason), part, required, judged.counted, judged.below)


def _words(batch: _Batch, binding: Binding) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Tell of each permit with company how many phases went in, and which were left out."""
    series = batch.series
    taken = binding.applies == YES
    rows = np.flatnonzero(series.company)
    within = series.so_far(taken.astype(np.int64))
    open_in = series.in_project((binding.applies == MAYBE).astype(np.int64))
    before = series.so_far((binding.applies == NO).astype(np.int64))
    openings: dict[int, str] = {}
    notes: dict[int, list[str]] = {}
    for row in rows.tolist():
        if not taken[row] or series.later[row] >= 0:
            continue
        if within[row] > 1:
            text = _("homes and rooms of the project's phases so far: {number}")
            openings[row] = text.format(number=int(within[row]))
        told = []
        if before[row]:
            text = _("permits of the project left out, since the rule does not bind them: {number}")
            told.append(text.format(number=int(before[row])))
        if open_in[row]:
            text = _("permits of the project left out, since it is not known whether the rule binds them: {number}")
            told.append(text.format(number=int(open_in[row])))
        if told:
            notes[row] = told
    return openings, notes

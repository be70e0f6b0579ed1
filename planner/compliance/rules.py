"""Judge arrays of compounds or permits by a profile: who it binds, what is due, what counts, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from planner.compliance.amounts import SCALE, UNKNOWN, Amounts, times, whole
from planner.i18n import N_
from planner.standards import Profile, Provision

Codes = NDArray[np.int8]
Days = NDArray[np.datetime64]

NEITHER, NEW, EXISTING = 0, 1, 2
"""What an object is; `NEITHER` stands for not known."""

NO, YES, MAYBE = 0, 1, -1
"""Whether an object lies in the urban area, and whether a profile binds it."""

VERDICTS = (N_("compliant"), N_("short"), N_("not_applicable"), N_("unknown"))
COMPLIANT, SHORT, NOT_APPLICABLE, OPEN = range(4)

REASONS: Mapping[str, str] = {
    "": "",
    "not_yet": N_("not yet in force on that day"),
    "lapsed": N_("no longer in force on that day"),
    "outside_area": N_("outside the area in which it holds"),
    "no_provision": N_("the document has no rule for it"),
    "nothing_to_serve": N_("there are no homes"),
    "superseded": N_("a later amendment of the permit takes its place"),
    "status_unknown": N_("it is not known whether it is new or existing"),
    "day_unknown": N_("the day of issue is not known"),
    "area_unknown": N_("it is not known whether it lies in the urban area"),
    "size_unknown": N_("the figure that the rule is measured by is missing"),
    "supply_unknown": N_("it is not known what there is"),
    "share_unknown": N_("a shared room cannot be divided: a figure of one of its compounds is missing"),
}
"""Why a profile does not bind, or why its verdict is unknown; by code."""

REASON = {code: number for number, code in enumerate(REASONS)}
_OF = {"new": NEW, "existing": EXISTING}


@dataclass(frozen=True, eq=False)
class Binding:
    """Whom a profile binds, and by which provision.

    Parameters
    ----------
    provision : int8 array (n,)
        Position among the profile's provisions; -1 where none can be named.
    applies : int8 array (n,)
        `YES`, `NO` or `MAYBE`.
    reason : int8 array (n,)
        Positions among `REASONS`.
    """

    provision: Codes
    applies: Codes
    reason: Codes


@dataclass(frozen=True, eq=False)
class Sites:
    """Rooms (or places) by owner: those of owner i are ``size[offsets[i]:offsets[i + 1]]``.

    Parameters
    ----------
    offsets : int64 array (n + 1,)
    size : int64 array (rooms,)
        Whole amounts.
    known : bool array (n,)
        Whether it is known what the owner has; where not, it has no rooms here.
    """

    offsets: NDArray[np.int64]
    size: Amounts
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, owner: NDArray[np.integer], size: Amounts, known: NDArray[np.bool_]) -> Sites:
        """Sort rooms by their owners, positions from 0 to ``known.size - 1``."""
        order = np.argsort(owner, kind="stable")
        offsets = np.zeros(known.size + 1, np.int64)
        np.cumsum(np.bincount(owner, minlength=known.size), out=offsets[1:])
        return cls(offsets, size[order], known)


@dataclass(frozen=True, eq=False)
class Counts:
    """What the rooms of each owner come to.

    Parameters
    ----------
    large : int64 array (n,)
        Area of the rooms of at least the minimum.
    every : int64 array (n,)
        Area of all rooms.
    enough, below : int64 array (n,)
        Number of rooms of at least the minimum, and of smaller ones.
    """

    large: Amounts
    every: Amounts
    enough: NDArray[np.int64]
    below: NDArray[np.int64]

    def counted(self, *, lenient: bool) -> Amounts:
        """Area that counts: of large rooms; leniently, of all rooms where one of them is large."""
        return np.where(self.enough > 0, self.every, 0) if lenient else self.large


@dataclass(frozen=True, eq=False)
class Judged:
    """What a profile says of n objects; amounts are whole and `UNKNOWN` where they are not known.

    Parameters
    ----------
    binding
        Whom it binds; reasons include those for an unknown verdict.
    part, required, counted, shortfall : int64 array (n,)
        What the ratio alone asks for, what is due, what counts, and what is missing.
    below : int64 array (n,)
        Number of rooms that are too small.
    verdict : int8 array (n,)
        Positions among `VERDICTS`.
    """

    binding: Binding
    part: Amounts
    required: Amounts
    counted: Amounts
    shortfall: Amounts
    below: NDArray[np.int64]
    verdict: Codes


def bind(profile: Profile, of: Codes, day: Days, urban: Codes) -> Binding:
    """Tell whom a profile binds.

    Parameters
    ----------
    profile
        The profile.
    of : int8 array (n,)
        `NEW`, `EXISTING` or `NEITHER`.
    day : datetime64 array (n,)
        On which each is judged; NaT when not known.
    urban : int8 array (n,)
        `YES`, `NO` or `MAYBE`.

    Returns
    -------
    Binding

    Examples
    --------
    >>> from planner.standards import profile
    >>> days = np.array(["2023-04-18", "2023-04-19", "2023-04-19"], "datetime64[D]")
    >>> found = bind(profile("cz-14-2023"), np.full(3, NEW, np.int8), days, np.array([YES, YES, NO], np.int8))
    >>> found.applies.tolist(), [list(REASONS)[code] for code in found.reason]
    ([0, 1, 0], ['not_yet', '', 'outside_area'])
    """
    provision = np.full(of.size, -1, np.int8)
    applies = np.full(of.size, NO, np.int8)
    reason = np.full(of.size, REASON["no_provision"], np.int8)
    for name, code in _OF.items():
        rules = [(number, rule) for number, rule in enumerate(profile.provisions) if rule.of == name]
        rows = of == code
        if rules and rows.any():
            _bind_rows(profile, rules, rows, day, (provision, applies, reason))
    _leave_open(profile, (of == NEITHER), day, urban, (applies, reason))
    local = np.array([rule.scope.area == "urban" for rule in profile.provisions])
    limited = (provision >= 0) & local[provision] & (applies == YES)
    outside, maybe = limited & (urban == NO), limited & (urban == MAYBE)
    applies[outside], reason[outside] = NO, REASON["outside_area"]
    applies[maybe], reason[maybe] = MAYBE, REASON["area_unknown"]
    return Binding(provision, applies, reason)


def _bind_rows(
    profile: Profile,
    rules: list[tuple[int, Provision]],
    rows: NDArray[np.bool_],
    day: Days,
    out: tuple[Codes, Codes, Codes],
) -> None:
    """Bind rows of one kind by the rule in force on their day; name the nearest where none is."""
    provision, applies, reason = out
    rules = sorted(rules, key=lambda rule: profile.period(rule[1])[0])
    provision[rows] = rules[0][0]
    dated = rows & ~np.isnat(day)
    applies[rows & ~dated], reason[rows & ~dated] = MAYBE, REASON["day_unknown"]
    reason[dated] = REASON["not_yet"]
    for number, rule in rules:
        begun, over = _in_time(profile, rule, day)
        provision[dated & begun] = number
        reason[dated & begun] = REASON["lapsed"]
        holds = dated & begun & ~over
        applies[holds], reason[holds] = YES, REASON[""]


def _in_time(profile: Profile, rule: Provision, day: Days) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    begin, end = profile.period(rule)
    return day >= np.datetime64(begin), day > np.datetime64(end or date.max)


def _leave_open(profile: Profile, rows: NDArray[np.bool_], day: Days, urban: Codes, out: tuple[Codes, Codes]) -> None:
    """Leave open what is neither known to be new nor existing, unless no rule could bind it either way."""
    applies, reason = out
    open_to = np.zeros(rows.size, bool)
    reach = np.zeros(rows.size, bool)
    begun_any = np.zeros(rows.size, bool)
    for rule in profile.provisions:
        begun, over = _in_time(profile, rule, day)
        open_to |= begun & ~over
        begun_any |= begun
        reach |= begun & ~over & ((rule.scope.area == "all") | (urban != NO))
    undated = np.isnat(day)
    maybe = rows & (reach | undated)
    applies[maybe], reason[maybe] = MAYBE, REASON["status_unknown"]
    reason[rows & ~maybe] = REASON["not_yet"]
    reason[rows & ~maybe & begun_any] = REASON["lapsed"]
    reason[rows & ~maybe & open_to] = REASON["outside_area"]


def due(profile: Profile, binding: Binding, sizes: Mapping[str, Amounts]) -> tuple[Amounts, Amounts, Binding]:
    """Work out what is due: the larger of ratio times size and the minimum.

    Parameters
    ----------
    profile
        The profile.
    binding
        As `bind` gives it.
    sizes
        Whole amounts by measure; a measure left out is not known of anybody.

    Returns
    -------
    part, required, binding
        What the ratio alone asks for and what is due, also where it is open whether it binds; the binding with those
        freed that have no homes, and the reason where a size is missing.
    """
    part, required = (np.full(binding.provision.size, UNKNOWN, np.int64) for _ in range(2))
    applies, reason = binding.applies.copy(), binding.reason.copy()
    for number, rule in enumerate(profile.provisions):
        rows = np.flatnonzero((binding.provision == number) & (applies != NO))
        measured = sizes.get(rule.ratio.of)
        size = np.full(rows.size, UNKNOWN, np.int64) if measured is None else measured[rows]
        scaled = rule.ratio.fraction * Fraction(SCALE[rule.ratio.measured_in], SCALE[rule.ratio.of])
        part[rows] = times(size, scaled)
        least = 0 if rule.minimum is None else whole(rule.minimum.value, rule.minimum.unit)
        required[rows] = np.where(size == UNKNOWN, UNKNOWN, np.maximum(part[rows], least))
        none = rows[size == 0]
        applies[none], reason[none], part[none], required[none] = NO, REASON["nothing_to_serve"], UNKNOWN, UNKNOWN
        missing = rows[(size == UNKNOWN) & (reason[rows] == 0)]
        reason[missing] = REASON["size_unknown"]
    return part, required, Binding(binding.provision, applies, reason)


def least_site(profile: Profile, provision: Codes) -> Amounts:
    """Return the minimum that each single site must reach, 0 where there is none, shape (n,)."""
    least = [
        0 if rule.minimum is None or rule.minimum.each == "total" else whole(rule.minimum.value, rule.minimum.unit)
        for rule in profile.provisions
    ]
    return np.array([*least, 0], np.int64)[provision]  # -1 takes the last


def count(sites: Sites, least: Amounts) -> Counts:
    """Add up rooms by owner.

    Parameters
    ----------
    sites
        Rooms of n owners.
    least : int64 array (n,)
        What one site must reach for each owner.

    Examples
    --------
    >>> rooms = Sites.of(np.array([0, 0, 1]), np.array([350, 60, 200]), np.ones(2, bool))
    >>> counts = count(rooms, np.array([350, 350]))
    >>> counts.counted(lenient=False).tolist(), counts.counted(lenient=True).tolist(), counts.below.tolist()
    ([350, 0], [410, 0], [1, 1])
    """
    number = np.diff(sites.offsets)
    large = sites.size >= np.repeat(least, number)
    enough = _sums(large.astype(np.int64), sites.offsets)
    return Counts(
        large=_sums(np.where(large, sites.size, 0), sites.offsets),
        every=_sums(sites.size, sites.offsets),
        enough=enough,
        below=number - enough,
    )


def _sums(values: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    running = np.zeros(values.size + 1, np.int64)
    np.cumsum(values, out=running[1:])
    return running[offsets[1:]] - running[offsets[:-1]]


def settle(binding: Binding, part: Amounts, required: Amounts, counted: Amounts, below: NDArray[np.int64]) -> Judged:
    """Come to the verdict: compliant when what counts is at least what is due.

    Parameters
    ----------
    binding, part, required
        As `due` gives them.
    counted : int64 array (n,)
        `UNKNOWN` where it is not known what there is.
    below : int64 array (n,)
        Number of rooms that are too small.
    """
    reason = binding.reason.copy()
    known = (required != UNKNOWN) & (counted != UNKNOWN)
    reason[(binding.applies == YES) & (required != UNKNOWN) & ~known & (reason == 0)] = REASON["supply_unknown"]
    bound = binding.applies == YES
    verdict = np.full(reason.size, OPEN, np.int8)
    verdict[bound & known] = np.where(counted >= required, COMPLIANT, SHORT)[bound & known]
    verdict[binding.applies == NO] = NOT_APPLICABLE
    shortfall = np.where(known & (binding.applies != NO), np.maximum(required - counted, 0), UNKNOWN)
    return Judged(
        Binding(binding.provision, binding.applies, reason), part, required, counted, shortfall, below, verdict
    )


def judge(
    profile: Profile,
    *,
    of: Codes,
    day: Days,
    urban: Codes,
    sizes: Mapping[str, Amounts],
    sites: Sites,
    lenient: bool = False,
) -> Judged:
    """Judge n objects, each by itself.

    Parameters
    ----------
    profile
        The profile.
    of, day, urban
        As for `bind`.
    sizes
        Whole amounts by measure, each of shape (n,); see `planner.compliance.amounts.exact`.
    sites
        Rooms of the n objects.
    lenient
        Count small rooms too, where one of the object's rooms is of at least the minimum.

    Returns
    -------
    Judged

    Examples
    --------
    >>> from planner.compliance.amounts import exact
    >>> from planner.standards import profile
    >>> two = np.ones(2, np.int8)
    >>> found = judge(
    ...     profile("cz-14-2023"),
    ...     of=two * NEW,
    ...     day=np.array(["2024-05-01"] * 2, "datetime64[D]"),
    ...     urban=two * YES,
    ...     sizes={"residential_floor_area_m2": exact([8600.0, 8600.0], "m2")},
    ...     sites=Sites.of(np.array([0, 1]), exact([350.0, 349.995], "m2"), two == 1),
    ... )
    >>> [VERDICTS[code] for code in found.verdict], found.shortfall.tolist()
    (['compliant', 'short'], [0, 350000000])
    """
    part, required, binding = due(profile, bind(profile, of, day, urban), sizes)
    counts = count(sites, least_site(profile, binding.provision))
    counted = np.where(sites.known, counts.counted(lenient=lenient), UNKNOWN)
    return settle(binding, part, required, counted, counts.below)

"""Check the compounds of a study: what each must have, what it has, and what every profile says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from planner.compliance.amounts import UNKNOWN, Amounts, exact
from planner.compliance.results import Case, Compliance, Objects, as_words, gather
from planner.compliance.rules import (
    EXISTING,
    MAYBE,
    NEITHER,
    NEW,
    NO,
    REASON,
    YES,
    Binding,
    Codes,
    bind,
    count,
    due,
    least_site,
    settle,
)
from planner.compliance.sharing import divide
from planner.compliance.supplies import Supply, places_of, rooms_of
from planner.i18n import language
from planner.standards import Profile
from planner.walking.doors import home_points

if TYPE_CHECKING:
    import geopandas as gpd

    from planner.study import Study

_MEASURES = ("residential_floor_area_m2", "households", "population", "elders_60")


def check(
    study: Study,
    *,
    profiles: Sequence[str | Profile] | None = None,
    lenient: bool = False,
    joint: bool = True,
    explain: bool = True,
) -> Compliance:
    """Check the elder-care rooms of every compound of a study.

    Parameters
    ----------
    study
        An open study, with its layer of rooms; without one every verdict is unknown.
    profiles
        Profiles or their ids, the one that decides first; left out, those of study.toml.
    lenient
        Count small rooms too, where one of the compound's rooms is of at least the minimum. Left out, a room below
        the minimum does not count.
    joint
        Whether compounds that share a room need its minimum only once, where the document allows joint provision.
    explain
        Whether every row has its quote, note and arithmetic.

    Returns
    -------
    Compliance
        A row per compound and profile.

    Raises
    ------
    InputError
        A profile is not known.

    Notes
    -----
    New or existing is what the compound's status says; where it says nothing, the year it was built against the year
    in which the document came into force, and the very same year leaves it open. Rules are read at the study's day.
    Rooms count when they are in use; childcare places are those of childcare facilities in use within the outline.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> rooms = pl.compliance.check(study, profiles=["cz-14-2023"])
    >>> set(rooms.table["verdict"]) <= {"compliant", "short", "not_applicable", "unknown"}
    True
    """
    with language(study.lang):
        return check_compounds(
            study.layers["compounds"],
            rooms=study.layers.get("rooms"),
            areas=study.layers.get("areas"),
            facilities=study.layers["facilities"],
            profiles=chosen_profiles(study, profiles),
            as_of=study.as_of,
            lenient=lenient,
            joint=joint,
            explain=explain,
        )


def chosen_profiles(study: Study, profiles: Sequence[str | Profile] | None = None) -> list[Profile]:
    """Return profiles by their ids; left out, the headline of study.toml and those it compares with.

    Raises
    ------
    InputError
        A profile is not known.

    Examples
    --------
    >>> import planner as pl
    >>> [profile.id for profile in chosen_profiles(pl.open_study("data/sample"))]
    ['cz-14-2023', 'cz-14-2023-permille', 'cz-8-2023', 'hunan-2025']
    """
    named = study.settings.standards.profile_ids if profiles is None else profiles
    found = [study.standards.profile(one) if isinstance(one, str) else one for one in named]
    return list({profile.id: profile for profile in found}.values())


def check_compounds(
    compounds: pd.DataFrame,
    *,
    profiles: Sequence[Profile],
    as_of: date,
    rooms: pd.DataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    facilities: gpd.GeoDataFrame | None = None,
    lenient: bool = False,
    joint: bool = True,
    explain: bool = True,
) -> Compliance:
    """Check a table of compounds without a study.

    Parameters
    ----------
    compounds, rooms, areas, facilities
        Checked layers; what is left out is not known. Compounds need no geometry unless areas or facilities are given.
    profiles
        The one that decides first.
    as_of
        Day at which the rules are read.
    lenient, joint, explain
        As for `check`.

    Returns
    -------
    Compliance

    Examples
    --------
    >>> import pandas as pd
    >>> from planner.standards import profile
    >>> homes = pd.DataFrame({"residential_floor_area_m2": [8600.0], "status": ["new"], "in_urban_area": [True]})
    >>> homes.index = pd.Index(["C1"], name="compound_id")
    >>> one = pd.DataFrame({"compound_ids": ["C1"], "floor_area_m2": [350.0], "status": ["in_use"]}, index=["R1"])
    >>> day = date(2026, 6, 30)
    >>> found = check_compounds(homes, rooms=one, profiles=[profile("cz-14-2023")], as_of=day)
    >>> found.table["verdict"].tolist()
    ['compliant']
    """
    number = len(compounds)
    day = np.full(number, np.datetime64(as_of), "datetime64[D]")
    urban = urban_flags(compounds, areas)
    sizes = {
        name: exact(compounds[name].to_numpy(dtype=float, na_value=np.nan), name)
        for name in _MEASURES
        if name in compounds
    }
    objects = Objects(_ids(compounds), _texts(compounds, "name"), day)
    supplies = {
        "elder_rooms": rooms_of(compounds, rooms),
        "childcare_places": places_of(compounds, facilities, as_of),
    }
    ids = list(objects.ids)
    cases = []
    for profile in profiles:
        of = new_or_existing(compounds, profile)
        part, required, binding = due(profile, bind(profile, of, day, urban), sizes)
        case = _case(
            profile, binding, (part, required), supplies[profile.object], ids=ids, lenient=lenient, joint=joint
        )
        cases.append(replace(case, of=of, sizes=sizes))
    return gather(objects, cases, as_of=as_of, explain=explain)


def _case(
    profile: Profile,
    binding: Binding,
    amounts: tuple[Amounts, Amounts],
    supply: Supply,
    *,
    ids: list[str],
    lenient: bool,
    joint: bool,
) -> Case:
    """Count rooms, divide the shared ones, and settle."""
    part, required = amounts
    least = least_site(profile, binding.provision)
    own = count(supply.sites, least)
    shares = divide(supply.shared, profile, binding, amounts, least, own, ids=ids, lenient=lenient, joint=joint)
    enough = own.enough + (shares.area > 0)
    counted = np.where(enough > 0, own.every, 0) if lenient else own.large
    counted = np.where(supply.sites.known, counted + shares.area, UNKNOWN)
    required = np.where(shares.relieved & (part != UNKNOWN), part, required)
    # A part that cannot be told leaves the verdict open, unless its own rooms are enough.
    lost = shares.unknown & ~((required != UNKNOWN) & (counted >= required))
    counted = np.where(lost, UNKNOWN, counted)
    reason = binding.reason.copy()
    reason[lost & (reason == 0)] = REASON["share_unknown"]
    decided = Binding(binding.provision, binding.applies, reason)
    judged = settle(decided, part, required, counted, own.below + shares.below)
    return Case(profile, judged, binding.provision, {}, supply.sites, remarks=shares.words, notes=supply.notes)


def new_or_existing(compounds: pd.DataFrame, profile: Profile) -> Codes:
    """Tell what each compound is: what its status says, else the year it was built against the document's.

    Parameters
    ----------
    compounds
        With status and built_year, where these are known.
    profile
        Its document's first year parts existing from new.

    Returns
    -------
    int8 array (n,)
        `~planner.compliance.rules.NEW`, `~planner.compliance.rules.EXISTING`, or 0 where it stays open.

    Examples
    --------
    >>> from planner.standards import profile
    >>> built = pd.DataFrame({"status": [None, None, None, "new"], "built_year": [2022, 2023, 2024, 1998]})
    >>> new_or_existing(built, profile("cz-14-2023")).tolist()
    [2, 0, 1, 1]
    """
    of = np.full(len(compounds), NEITHER, np.int8)
    if "built_year" in compounds:
        year = compounds["built_year"].to_numpy(dtype=float, na_value=np.nan)
        first = profile.document.in_force_from.year
        of[year < first], of[year > first] = EXISTING, NEW
    if "status" in compounds:
        status = compounds["status"].to_numpy(dtype=object)
        of[status == "new"], of[status == "existing"] = NEW, EXISTING
    return of


def urban_flags(compounds: pd.DataFrame, areas: gpd.GeoDataFrame | None = None) -> Codes:
    """Tell which compounds lie in the urban area: what the flag says, else whether the home point lies in its outline.

    Parameters
    ----------
    compounds
        With in_urban_area, and geometry where areas are given.
    areas
        Areas; those of level ``urban`` are looked at.

    Returns
    -------
    int8 array (n,)
        1 yes, 0 no, -1 not known.

    Examples
    --------
    >>> urban_flags(pd.DataFrame({"in_urban_area": pd.array([True, False, None], dtype="boolean")})).tolist()
    [1, 0, -1]
    """
    urban = np.full(len(compounds), MAYBE, np.int8)
    outlines = None if areas is None else areas[(areas["level"] == "urban").fillna(False).to_numpy(dtype=bool)]
    if outlines is not None and len(outlines) and "geometry" in compounds:
        homes = home_points(compounds.geometry.to_numpy())
        inside = shapely.STRtree(outlines.geometry.to_numpy()).query(homes, predicate="intersects")[0]
        urban[:] = NO
        urban[inside] = YES
    if "in_urban_area" in compounds:
        flag = compounds["in_urban_area"].astype("boolean")
        known = flag.notna().to_numpy(dtype=bool)
        urban[known] = flag[known].to_numpy(dtype=bool)
    return urban


def _ids(table: pd.DataFrame) -> Any:
    return as_words(table.index.astype("str"))


def _texts(table: pd.DataFrame, column: str) -> Any:
    return as_words(table[column].fillna("") if column in table else [""] * len(table))

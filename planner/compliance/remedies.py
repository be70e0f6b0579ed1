"""Find sites by which a shortfall can be made up: built, bought, exchanged, rented or converted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from planner.compliance.amounts import SCALE, UNKNOWN, exact, number_text, whole
from planner.compliance.assumptions import joint_assumption, shipped
from planner.compliance.joint import JointGroups
from planner.compliance.pairing import Ints
from planner.compliance.results import Compliance
from planner.errors import Fault, InputError
from planner.i18n import _, language
from planner.layers.columns import key
from planner.standards import Passage, Words
from planner.standards.model import Frozen, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from planner.study import Study

Walks = NDArray[np.float64]

_FAR = np.inf
# How many times the walk is searched for the nearest site that would do otherwise.
_LOOK = 10.0
_TOLERANCE_M = 1e-6


class Tenure(Passage):
    """Words of tenure and the ways that suit them, on whose word.

    Parameters
    ----------
    words
        Any of them in a cell is enough.
    ways
        Of 补建 购置 置换 租赁 改造.
    document
        Id of the document in which the quote stands.
    """

    words: Annotated[tuple[Text, ...], Field(min_length=1)]
    ways: Annotated[tuple[Text, ...], Field(min_length=1)]
    document: Text


class _Ways(Passage):
    document: Text
    known: Annotated[tuple[Text, ...], Field(min_length=1)]


class _Floors(Frozen):
    lowest: float
    preferred: tuple[float, ...]
    source: Words


class Table(Frozen):
    """What suits which site: the shipped file ``remedies.yaml``.

    Parameters
    ----------
    ways
        The five ways and where they stand.
    tenures
        In order; the first that fits decides.
    floors
        Storeys that will do, and those that are preferred.
    uses
        Uses of candidates that will do.
    """

    ways: _Ways
    tenures: tuple[Tenure, ...]
    floors: _Floors
    uses: tuple[Text, ...]

    @model_validator(mode="after")
    def _only_the_five(self) -> Table:
        for tenure in self.tenures:
            if unknown := set(tenure.ways) - set(self.ways.known):
                raise ValueError(f"{tenure.words[0]}: no such way: {', '.join(sorted(unknown))}")
        return self

    def of(self, tenure: str) -> Tenure | None:
        """Return the first entry one of whose words stands in a cell, None where none does.

        Examples
        --------
        >>> table = ways_table()
        >>> table.of("闲置国企房产").ways, table.of("高层住宅架空层").ways, table.of("不清楚")
        (('置换', '租赁', '改造'), ('改造',), None)
        """
        cell = key(tenure)
        return next((one for one in self.tenures if any(key(word) in cell for word in one.words)), None)


@cache
def ways_table() -> Table:
    """Return what suits which site.

    Examples
    --------
    >>> ways_table().ways.known
    ('补建', '购置', '置换', '租赁', '改造')
    """
    return Table.model_validate(shipped("remedies.yaml"))


@dataclass(frozen=True)
class _Shortfall:
    """What is missing somewhere: who must walk there, and the least area of the room."""

    id: str
    members: tuple[int, ...]
    needed: int


def remedies(
    study: Study,
    missing: Compliance | JointGroups,
    *,
    walk_m: float | None = None,
    highest_floor: float | None = None,
    best: int | None = None,
) -> pd.DataFrame:
    """Find for every shortfall the candidate sites by which it can be made up, the cheapest first.

    A site will do when it is large enough for what is missing and for the least area of a room, within the walk of
    everybody who is to use it, not below the ground, and of a tenure for which a way is listed.

    Parameters
    ----------
    study
        The study, with its layer of candidates.
    missing
        Compounds that are short (of the headline), or groups of a proposal that need a new room.
    walk_m
        The longest walk, metres; left out, that of the proposal, or what is assumed of joint provision.
    highest_floor
        The highest storey that will do; left out, every one.
    best
        How many sites are told of each shortfall; left out, all that will do.

    Returns
    -------
    DataFrame
        A row for every shortfall and site that will do, or one with the reason where none does. Columns: id
        (compound or group), needed_m2, rank, candidate_id, name, ways (joined by ``;``), tenure, floor_area_m2,
        floor, preferred_floor (NA where the storey is not known), walk_m (of the member that walks farthest),
        cost_cny, wanted_by (for how many shortfalls the site would do), clause, quote and document (on which the
        ways rest) and why (what is doubtful, or why there is none).

    Raises
    ------
    InputError
        The study has no candidates, or a limit is no number above 0.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> found = remedies(study, pl.compliance.joint_groups(study), best=1)
    >>> bool(found["why"][found["candidate_id"].isna()].str.contains("nearest").all())
    True
    """
    with language(study.lang):
        limit_m = _limit(study, missing, walk_m, highest_floor, best)
        candidates = study.layers["candidates"]
        candidates = candidates.iloc[np.argsort(candidates.index.to_numpy(dtype=str), kind="stable")]
        sites = _Sites(candidates, highest_floor)
        shortfalls = _shortfalls(study, missing)
        walks = _walks(study, shortfalls, candidates, limit_m * _LOOK)
        fits = [sites.fits(one, walk, limit_m) for one, walk in zip(shortfalls, walks, strict=True)]
        wanted = np.bincount(np.concatenate([np.zeros(0, np.int64), *fits]), minlength=len(candidates))
        rows: list[dict[str, Any]] = []
        for one, walk, fit in zip(shortfalls, walks, fits, strict=True):
            rows += [sites.row(one, walk, at, rank, int(wanted[at])) for rank, at in enumerate(fit[:best].tolist(), 1)]
            if not fit.size:
                rows.append({**_EMPTY, **_needed(one), "why": sites.why_none(one, walk, limit_m)})
        return _as_table(rows)


def _limit(
    study: Study, missing: Compliance | JointGroups, walk_m: float | None, highest_floor: float | None, best: int | None
) -> float:
    faults = []
    if "candidates" not in study.layers:
        todo = _("name a layer of candidates in study.toml")
        faults.append(Fault(_("the study has no candidate sites"), todo=todo))
    for name, value in (("walk_m", walk_m), ("highest_floor", highest_floor), ("best", best)):
        if value is not None and not (math.isfinite(value) and value > 0):
            what = _("{name} is {value}").format(name=name, value=value)
            faults.append(Fault(what, todo=_("give a number above 0")))
    if faults:
        raise InputError(faults)
    if walk_m is not None:
        return walk_m
    return missing.walk_m if isinstance(missing, JointGroups) else joint_assumption().walk_m


def _shortfalls(study: Study, missing: Compliance | JointGroups) -> list[_Shortfall]:
    compounds = study.layers["compounds"].index
    if isinstance(missing, JointGroups):
        new = missing.groups[missing.groups["room_m2"] > 0]
        sizes = exact(new["room_m2"].to_numpy(dtype=float), "m2").tolist()
        members = [tuple(compounds.get_indexer(pd.Index(who.split(";"))).tolist()) for who in new["members"]]
        return [_Shortfall(str(one), who, size) for one, who, size in zip(new.index, members, sizes, strict=True)]
    profile = missing.profiles[0]
    short = missing.of()
    short = short[short["verdict"] == "short"]
    least = {
        rule.of: whole(rule.minimum.value, "m2") for rule in profile.provisions if rule.minimum and profile.unit == "m2"
    }
    sizes = exact(short[f"shortfall_{profile.unit}"].to_numpy(dtype=float), profile.unit).tolist()
    rows = compounds.get_indexer(short.index).tolist()
    kinds = zip(short.index.astype(str), rows, sizes, short["status"], strict=True)
    return [_Shortfall(one, (row,), max(size, least.get(of, 0))) for one, row, size, of in kinds]


def _walks(
    study: Study, shortfalls: Sequence[_Shortfall], candidates: gpd.GeoDataFrame, search_m: float
) -> list[Walks]:
    """Walk from every member to every candidate, metres; of a group the farthest member's, infinite beyond reach."""
    number = len(study.layers["compounds"])
    who = np.zeros(number, bool)
    who[[row for one in shortfalls for row in one.members]] = True
    entrances = study.entrances_of(candidates.geometry.to_numpy())
    walker = study.walker
    limit_s = float(walker.seconds(np.array([search_m]))[0])
    table = study.streetwise(walker).table(study.homes.places.only(who), entrances.places, limit_s=limit_s)
    walks = []
    for one in shortfalls:
        farthest = np.zeros(len(candidates))
        for row in one.members:
            metres = np.full(len(candidates), _FAR)
            at = slice(table.indptr[row], table.indptr[row + 1])
            metres[table.destination[at]] = walker.reach_m(1.0) * table.seconds[at]
            farthest = np.maximum(farthest, metres)
        walks.append(farthest)
    return walks


class _Sites:
    """Candidate sites: what of each will do whatever is missing, and in which order."""

    def __init__(self, candidates: gpd.GeoDataFrame, highest: float | None) -> None:
        table = ways_table()
        self.table, self.highest, self.candidates = table, highest, candidates
        self.ids = candidates.index.to_numpy(dtype=object)
        self.name, self.use, self.tenure = (
            candidates[name].fillna("").to_numpy(dtype=object) for name in ("name", "use", "tenure")
        )
        area, self.floor, self.cost = (
            candidates[name].to_numpy(dtype=float, na_value=np.nan) for name in ("floor_area_m2", "floor", "cost_cny")
        )
        self.area = exact(area, "m2")
        self.entry = [table.of(one) for one in self.tenure]
        self.preferred = np.isin(self.floor, table.floors.preferred)
        self.faults = [self._faults(at) for at in range(self.ids.size)]

    def _faults(self, at: int) -> list[str]:
        floor, table = self.floor[at], self.table
        faults = []
        if self.use[at] and self.use[at] not in table.uses:
            faults.append(_("it may only become a canteen"))
        if self.entry[at] is None:
            faults.append(_("no way is listed for its tenure “{tenure}”").format(tenure=self.tenure[at]))
        if floor < table.floors.lowest:
            faults.append(_("it lies below the ground"))
        if self.highest is not None and floor > self.highest:
            faults.append(_("it lies on storey {floor:g}").format(floor=floor))
        if self.area[at] == UNKNOWN:
            faults.append(_("its floor area is not known"))
        return faults

    def fits(self, one: _Shortfall, walk: Walks, limit_m: float) -> Ints:
        """Return the sites that will do: known costs first, the cheapest, on a preferred storey, the nearest."""
        sound = np.array([not faults for faults in self.faults], bool)
        good = np.flatnonzero(sound & (self.area >= one.needed) & (walk <= limit_m + _TOLERANCE_M))
        cost = np.where(np.isnan(self.cost), np.inf, self.cost)
        order = np.lexsort((walk[good], ~self.preferred[good], cost[good]))
        return good[order]

    def row(self, one: _Shortfall, walk: Walks, at: int, rank: int, wanted: int) -> dict[str, Any]:
        """Describe a site that will do."""
        entry = self.entry[at]
        ways = entry.ways if entry else ()
        land = set(ways) == {"补建"}
        doubts = []
        if not self.use[at]:
            doubts.append(_("its use is not known"))
        if np.isnan(self.floor[at]) and not land:
            doubts.append(_("its storey is not known"))
        elif not self.preferred[at] and not land:
            doubts.append(_("it lies on storey {floor:g}").format(floor=self.floor[at]))
        if np.isnan(self.cost[at]):
            doubts.append(_("its cost is not known"))
        return {
            **_needed(one),
            "rank": rank,
            "candidate_id": self.ids[at],
            "name": self.name[at],
            "ways": ";".join(ways),
            "tenure": self.tenure[at],
            "floor_area_m2": self.area[at] / SCALE["m2"],
            "floor": self.floor[at],
            "preferred_floor": pd.NA if np.isnan(self.floor[at]) else bool(self.preferred[at]),
            "walk_m": walk[at],
            "cost_cny": self.cost[at],
            "wanted_by": wanted,
            "clause": entry.clause if entry else "",
            "quote": entry.quote if entry else "",
            "document": entry.document if entry else "",
            "why": _("; ").join(doubts),
        }

    def why_none(self, one: _Shortfall, walk: Walks, limit_m: float) -> str:
        """Tell why no site will do: what is wrong with the nearest one, and how far the nearest good one is."""
        words = []
        within = np.flatnonzero(walk <= limit_m + _TOLERANCE_M)
        if within.size:
            at = int(within[np.argmin(walk[within])])
            faults = list(self.faults[at])
            if self.area[at] != UNKNOWN and self.area[at] < one.needed:
                lacking = number_text(one.needed - int(self.area[at]), "m2")
                faults.append(_("it is too small by {area} m2").format(area=lacking))
            text = _("the nearest site, {id}, {metres:,.0f} m away, will not do: {faults}")
            words.append(text.format(id=self.ids[at], metres=walk[at], faults=_(", ").join(faults)))
        sound = np.array([not faults for faults in self.faults], bool) & (self.area >= one.needed)
        good = np.flatnonzero(sound & np.isfinite(walk))
        if good.size:
            at = int(good[np.argmin(walk[good])])
            text = _("the nearest that would do, {id}, is {metres:,.0f} m away, farther than {limit:,.0f} m")
            words.append(text.format(id=self.ids[at], metres=walk[at], limit=limit_m))
        else:
            text = _("no site would do within {metres:,.0f} m on the streets; the nearest one is farther")
            words.append(text.format(metres=limit_m * _LOOK))
        return _("; ").join(words)


def _needed(one: _Shortfall) -> dict[str, Any]:
    return {"id": one.id, "needed_m2": one.needed / SCALE["m2"]}


_EMPTY: Mapping[str, Any] = {
    "rank": pd.NA,
    "candidate_id": None,
    "name": None,
    "ways": "",
    "tenure": None,
    "floor_area_m2": np.nan,
    "floor": np.nan,
    "preferred_floor": pd.NA,
    "walk_m": np.nan,
    "cost_cny": np.nan,
    "wanted_by": pd.NA,
    "clause": "",
    "quote": "",
    "document": "",
}


def _as_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["id", "needed_m2", *_EMPTY, "why"]
    text = ("id", "candidate_id", "name", "ways", "tenure", "clause", "quote", "document", "why")
    kinds: dict[str, str] = dict.fromkeys(text, "str")
    kinds |= dict.fromkeys(("needed_m2", "floor_area_m2", "floor", "walk_m", "cost_cny"), "float64")
    kinds |= {"rank": "Int64", "wanted_by": "Int64", "preferred_floor": "boolean"}
    return pd.DataFrame(rows, columns=columns).astype(kinds)

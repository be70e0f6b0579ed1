"""Hold the verdicts of several profiles side by side, a row for every object and profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from planner.compliance.amounts import Amounts, as_numbers
from planner.compliance.rules import REASONS, VERDICTS, Codes, Days, Judged, Sites
from planner.compliance.wording import arithmetic, crossovers, notes
from planner.errors import Fault, InputError
from planner.i18n import _
from planner.standards import RANKS, Profile

_OF = ("", "new", "existing")
_AMOUNTS = ("required", "counted", "shortfall", "ratio_part")


@dataclass(frozen=True)
class Compliance:
    """What every profile says of every compound or permit.

    Parameters
    ----------
    table : DataFrame
        A row per object and profile, the headline's first, objects in the order of the input. Columns: id, profile,
        applies (NA where that is not known), required_m2, counted_m2, rooms_below_minimum, shortfall_m2, verdict
        (compliant, short, not_applicable, unknown), clause, quote, note; name, status, judged_on, reason (a code),
        ratio_part_m2 (what the ratio alone asks for), arithmetic, document, rank, obtained, binding, target_year,
        headline. A profile that counts places has required_places, counted_places and shortfall_places instead.
        Permits add project, superseded_by.
    headline
        The profile that decides.
    profiles
        Every profile, the headline first.
    notes
        What a report must say: from which size on a ratio overtakes its minimum, how a profile's text was obtained,
        and whose verdict depends on the reading.
    steps : DataFrame or None
        Of permits: 四同步, see `planner.compliance.four_steps`.

    Examples
    --------
    >>> import planner as pl
    >>> rooms = pl.compliance.check(pl.open_study("data/sample", lang="en"))
    >>> rooms.headline, rooms.table["profile"].nunique(), len(rooms.of("hunan-2025"))
    ('cz-14-2023', 4, 157)
    """

    table: pd.DataFrame
    headline: str
    profiles: tuple[Profile, ...]
    notes: tuple[str, ...] = ()
    steps: pd.DataFrame | None = field(default=None, repr=False)

    def of(self, profile: str | None = None) -> pd.DataFrame:
        """Return the rows of one profile, indexed by id; left out, those of the headline.

        Raises
        ------
        InputError
            The profile was not asked for.
        """
        chosen = profile or self.headline
        known = [one.id for one in self.profiles]
        if chosen not in known:
            raise InputError(
                Fault(
                    _("the profile {id!r} was not checked").format(id=chosen),
                    todo=_("use one of: {known}").format(known=_(", ").join(known)),
                )
            )
        return self.table[self.table["profile"] == chosen].set_index("id")

    def verdicts(self) -> pd.DataFrame:
        """Put the verdicts side by side: a row per object, a column per profile, and whether they differ.

        Returns
        -------
        DataFrame
            Indexed by id; ``differs`` says that profiles which bind it do not agree, ``depends_on_reading`` that the
            printed text of the headline's document and another reading of the same text do not.
        """
        size = len(self.table) // len(self.profiles)
        columns = self.table["verdict"].to_numpy(dtype=object).reshape(len(self.profiles), size)
        ids = pd.Index(self.table["id"].iloc[:size], name="id")
        wide = pd.DataFrame(dict(zip((one.id for one in self.profiles), columns, strict=True)), index=ids, dtype="str")
        wide["differs"] = _disagree(columns)
        root = self.profiles[0].reading_of or self.headline
        same = [number for number, one in enumerate(self.profiles) if root in {one.id, one.reading_of}]
        wide["depends_on_reading"] = _disagree(columns[same])
        return wide

    def sums(self) -> pd.DataFrame:
        """Add up: objects per verdict, and square metres required, counted and short where a profile binds.

        A permit of a later phase is judged with all phases before it, so the square metres of such permits overlap;
        the workbook and ``in_sum`` of permits.csv take each project once.

        Returns
        -------
        DataFrame
            Indexed by profile.
        """
        order = [one.id for one in self.profiles]
        numbers = pd.crosstab(self.table["profile"], self.table["verdict"])
        numbers = numbers.reindex(index=order, columns=list(VERDICTS), fill_value=0)
        bound = self.table[self.table["verdict"].isin(("compliant", "short"))]
        names = ["required_m2", "counted_m2", "shortfall_m2"]
        areas = bound.groupby("profile")[names].sum().reindex(order, fill_value=0.0)
        return numbers.join(areas).rename_axis(index="profile", columns=None)


def _disagree(verdicts: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell where profiles that bind an object come to different verdicts, shape (profiles, n)."""
    bound = verdicts != "not_applicable"
    first = verdicts[np.argmax(bound, axis=0), np.arange(verdicts.shape[1])]
    differs: NDArray[np.bool_] = np.any(bound & (verdicts != first), axis=0)
    return differs


@dataclass(frozen=True, eq=False)
class Objects:
    """What is judged: n compounds or permits.

    Parameters
    ----------
    ids, names
        Arrays (n,) of text.
    day : datetime64 array (n,)
        On which each is judged.
    more
        Further columns of the result.
    """

    ids: Any
    names: Any
    day: Days
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Case:
    """One profile's judgement with what it was made of.

    Parameters
    ----------
    profile, judged
        The profile and what it says of n objects.
    of : int8 array (n,)
        What each was taken for.
    sizes, sites
        Measures and rooms that went in.
    openings, remarks, notes
        What the arithmetic begins with, further steps of it, and further notes, by position.
    listed
        Of which objects the rooms in `sites` are all that counted.
    """

    profile: Profile
    judged: Judged
    of: Codes
    sizes: Mapping[str, Amounts]
    sites: Sites
    openings: Mapping[int, str] = field(default_factory=dict)
    remarks: Mapping[int, Sequence[str]] = field(default_factory=dict)
    notes: Mapping[int, Sequence[str]] = field(default_factory=dict)
    listed: Sequence[bool] | None = None


def as_words(values: Any) -> Any:
    """Return values as a column of text.

    Examples
    --------
    >>> as_words(["a", "b"]).dtype
    <StringDtype(na_value=nan)>
    """
    return pd.array(values, dtype="str")


def words_by_code(words: Sequence[str], codes: NDArray[np.integer[Any]]) -> Any:
    """Return a column of text that says ``words[code]``; -1 says the last.

    Examples
    --------
    >>> words_by_code(["new", "existing", ""], np.array([0, -1, 1], np.int8)).tolist()
    ['new', '', 'existing']
    """
    # Through a dictionary of Arrow: ten times as fast as making a string of every row.
    at = np.where(codes < 0, len(words) - 1, codes).astype(np.int32)
    column = pa.DictionaryArray.from_arrays(at, pa.array(words, pa.large_string())).dictionary_decode()
    dtype: Any = pd.StringDtype(na_value=np.nan)
    return dtype.__from_arrow__(column)


def gather(
    objects: Objects,
    cases: Sequence[Case],
    *,
    as_of: date | None,
    explain: bool = True,
    steps: pd.DataFrame | None = None,
) -> Compliance:
    """Stack the judgements of several profiles, the headline's first.

    Parameters
    ----------
    objects
        What was judged.
    cases
        One a profile.
    as_of
        Day of the study.
    explain
        Whether quote, note and arithmetic are there: a text for every row.
    steps
        四同步 of permits.
    """
    parts = [_rows(objects, case, cases, as_of, explain=explain) for case in cases]
    for part in parts[1:]:
        part["headline"] = False
    table = pd.concat(parts, ignore_index=True)
    profiles = tuple(case.profile for case in cases)
    result = Compliance(table, profiles[0].id, profiles, (), steps)
    return Compliance(table, result.headline, profiles, tuple(_told(result)), steps)


def _rows(objects: Objects, case: Case, cases: Sequence[Case], as_of: date | None, *, explain: bool) -> pd.DataFrame:
    profile, judged = case.profile, case.judged
    binding = judged.binding
    rank = RANKS.index(profile.document.rank)
    above = [
        (other.judged.binding.applies == 1, other.profile)
        for other in cases
        if RANKS.index(other.profile.document.rank) > rank and other.profile.object == profile.object
    ]
    amounts = dict(zip(_AMOUNTS, (judged.required, judged.counted, judged.shortfall, judged.part), strict=True))
    everyone = np.zeros(binding.provision.size, np.int8)
    columns: dict[str, Any] = {
        "id": objects.ids,
        "profile": words_by_code([profile.id], everyone),
        "applies": pd.arrays.BooleanArray(binding.applies == 1, binding.applies < 0),
        **{f"{name}_{profile.unit}": as_numbers(values, profile.unit) for name, values in amounts.items()},
        "rooms_below_minimum": judged.below,
        "verdict": words_by_code(VERDICTS, judged.verdict),
        "clause": words_by_code(_passages(profile, "clause"), binding.provision),
        "name": objects.names,
        "status": words_by_code(_OF, case.of),
        "judged_on": objects.day.astype("datetime64[s]"),
        "reason": words_by_code(tuple(REASONS), binding.reason),
        "document": words_by_code([profile.document.number], everyone),
        "rank": words_by_code([profile.document.rank], everyone),
        "obtained": words_by_code([profile.obtained], everyone),
        "binding": words_by_code((*(rule.binding for rule in profile.provisions), ""), binding.provision),
        "target_year": _years(profile, binding.provision),
        "headline": True,
        **objects.more,
    }
    first = ["id", "profile", "applies", *(f"{name}_{profile.unit}" for name in _AMOUNTS[:2]), "rooms_below_minimum"]
    first += [f"shortfall_{profile.unit}", "verdict", "clause"]
    if explain:
        columns |= _explained(case, above, as_of)
        first += ["quote", "note"]
    return pd.DataFrame({name: columns[name] for name in dict.fromkeys([*first, *columns])})


def _explained(case: Case, above: Sequence[tuple[NDArray[np.bool_], Profile]], as_of: date | None) -> dict[str, Any]:
    """Give the columns that hold a text for every row."""
    profile, judged = case.profile, case.judged
    code, texts = notes(profile, judged, as_of, above)
    note = words_by_code(texts, code)
    if case.notes:
        told = note.to_numpy(dtype=object)
        for row, words in case.notes.items():
            told[row] = _("; ").join(filter(None, [told[row], *words]))
        note = as_words(told)
    steps = arithmetic(
        profile, judged, case.sizes, case.sites, case.remarks, openings=case.openings, listed=case.listed
    )
    return {
        "quote": words_by_code(_passages(profile, "quote"), judged.binding.provision),
        "note": note,
        "arithmetic": as_words(steps),
    }


def _passages(profile: Profile, part: str) -> list[str]:
    """Clauses or quotes by provision, and last all of them, for what no single provision could be named."""
    texts = [" / ".join(dict.fromkeys(getattr(one, part) for one in rule.passages)) for rule in profile.provisions]
    every = dict.fromkeys(getattr(one, part) for rule in profile.provisions for one in rule.passages)
    return [*texts, " / ".join(every)]


def _years(profile: Profile, provision: Codes) -> Any:
    years = np.array([*(rule.target_year or 0 for rule in profile.provisions), 0], np.int64)[provision]
    return pd.arrays.IntegerArray(years, years == 0)


def _told(result: Compliance) -> list[str]:
    """Write what a report must say."""
    words = [text for profile in result.profiles for text in crossovers(profile)]
    for profile in result.profiles:
        of = _("{name}: {text}")
        words += [of.format(name=profile.id, text=text) for text in profile.notes]
        words += [of.format(name=profile.document.number, text=text) for text in profile.document.notes]
    words = list(dict.fromkeys(words))
    wide = result.verdicts()
    readings = [one.id for one in result.profiles if one.reading_of]
    if readings:
        ids = list(wide.index[wide["depends_on_reading"]].astype("str"))
        text = _("the verdict of {number} depends on the reading of the text ({readings}): {ids}")
        words.append(text.format(number=f"{len(ids):,}", readings=_(", ").join(readings), ids=_some(ids)))
    text = _("profiles that apply come to different verdicts on {number}")
    words.append(text.format(number=f"{int(wide['differs'].sum()):,}"))
    return words


def _some(ids: Sequence[str], most: int = 20) -> str:
    shown = _(", ").join(ids[:most]) or "-"
    return shown if len(ids) <= most else f"{shown}, … (+{len(ids) - most:,})"

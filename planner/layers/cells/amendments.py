"""Let the latest of several rows of one permit count, and ask where it cannot be told which that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.layers.cells.permitnumbers import PermitNumber, read_permit_number, without_mark
from planner.layers.ledger import Action, Journal

_LAND_USE = "地"


@dataclass(frozen=True, eq=False)
class _Permits:
    """The rows of a permit table, and where their fate is written."""

    numbers: Sequence[PermitNumber]
    issued: pd.Series[Any]
    values: pd.DataFrame
    journal: Journal

    @property
    def kept(self) -> list[int]:
        return [int(place) for place in np.flatnonzero(self.journal.kept)]

    def row(self, place: int) -> int:
        return int(self.journal.rows[place])

    def day(self, place: int) -> pd.Timestamp:
        day = self.issued.iloc[place]
        return pd.Timestamp.min if pd.isna(day) else day

    def note(self, place: int, what: str, action: Action, column: str = "permit_no") -> None:
        where = np.zeros(len(self.numbers), dtype=bool)
        where[place] = True
        self.journal.note(where, column, what, action)


def settle_permits(printed: pd.Series[str], values: Mapping[str, pd.Series[Any]], journal: Journal) -> None:
    """Set aside the rows of permits that a later row of the same permit takes the place of.

    Parameters
    ----------
    printed
        Permit number of each row as the file has it.
    values
        Read columns by name.
    journal
        Which rows are still used; the outcome is written to it. Rows of one number: the one issued last counts, then
        the one marked as the later amendment; where neither tells, the first, and it is doubted. Rows of one project
        and phase under two numbers: the one marked as an amendment takes the place of the other; without a mark both
        count, and are doubted.
    """
    numbers = [read_permit_number(cell) for cell in printed.fillna("")]
    _note_signs(printed.fillna(""), numbers, journal)
    permits = _Permits(numbers, values["issued_on"], pd.DataFrame(dict(values)), journal)
    groups: dict[str, list[int]] = {}
    for place in permits.kept:
        groups.setdefault(numbers[place].number, []).append(place)
    for places in groups.values():
        _settle_number(places, permits)
    _note_suffixes(permits)
    _note_land_use(permits)
    _settle_projects(permits, values)


def _note_signs(printed: pd.Series[str], numbers: Sequence[PermitNumber], journal: Journal) -> None:
    """Tell once that numbers are written in other ways than bare or as 建字第…号."""
    usual = [cell in {one.number, f"建字第{one.number}号"} for cell, one in zip(printed, numbers, strict=True)]
    others = ~np.array(usual, dtype=bool)
    if others.any():
        what = _("words, brackets and blanks around the permit number are left off ({count} rows)")
        first = np.arange(len(others)) == others.argmax()
        journal.note(first, "permit_no", what.format(count=int(others.sum())), "mended")


def _settle_number(places: list[int], permits: _Permits) -> None:
    """Leave one row of those that give one number."""
    if len(places) == 1:
        return
    building = [place for place in places if permits.numbers[place].kind != _LAND_USE]
    if building and len(building) < len(places):
        what = _("this is the land-use permit of that number; the planning permit stands in row {row}")
        for place in sorted(set(places) - set(building)):
            permits.note(place, what.format(row=permits.row(building[0])), "set_aside")
        places = building
    different = _without_copies(places, permits)
    if len(different) == 1:
        return
    best, sure = _latest(different, permits)
    others = [place for place in different if place != best]
    for place in others:
        permits.note(place, _superseded(place, best, permits, sure=sure), "set_aside")
    if not sure:
        rows = _(", ").join(str(permits.row(place)) for place in others)
        what = _("row {rows} gives the same permit in other words, and no date or mark tells which is the later one")
        permits.note(best, what.format(rows=rows), "doubted")


def _without_copies(places: list[int], permits: _Permits) -> list[int]:
    """Set aside rows that say nothing but what an earlier one says."""
    first: dict[tuple[Any, ...], int] = {}
    for place in places:
        cells = permits.values.iloc[place].astype("str")
        content = (permits.numbers[place].change, *cells)
        if content in first:
            what = _("it says the same as row {row}").format(row=permits.row(first[content]))
            permits.note(place, what, "set_aside")
        else:
            first[content] = place
    return list(first.values())


def _latest(places: list[int], permits: _Permits) -> tuple[int, bool]:
    """Return the row that counts, and whether a date or a mark tells so."""
    days = [permits.day(place) for place in places]
    changes = [permits.numbers[place].change for place in places]
    last = [place for place, day in zip(places, days, strict=True) if day == max(days)]
    highest = [place for place, change in zip(places, changes, strict=True) if change == max(changes)]
    dated = not permits.issued.iloc[places].isna().any()
    if dated:
        among = [place for place in last if place in highest] or last
        agreed = among[0] in highest
        return among[0], agreed and (len(last) == 1 or len(among) == 1)
    if len(highest) == 1:
        return highest[0], permits.day(highest[0]) in {max(days), pd.Timestamp.min}
    return last[0], False


def _superseded(place: int, by: int, permits: _Permits, *, sure: bool) -> str:
    row, day = permits.row(by), permits.issued.iloc[by]
    if not sure:
        return _("row {row} gives the same permit and is used instead").format(row=row)
    if pd.isna(day) or day == permits.issued.iloc[place]:
        return _("row {row} is a later amendment of this permit and is used instead").format(row=row)
    text = _("row {row} gives this permit as issued on {date}, which is later, and is used instead")
    return text.format(row=row, date=f"{day:%Y-%m-%d}")


def _note_suffixes(permits: _Permits) -> None:
    """Doubt numbers such as …012-1 where …012 is there: a second building, or an amendment."""
    rows = {permits.numbers[place].number: permits.row(place) for place in permits.kept}
    what = _("the number may stand for an amendment of {number} in row {row}; both are used")
    for place in permits.kept:
        base = permits.numbers[place].base
        if base in rows:
            permits.note(place, what.format(number=base, row=rows[base]), "doubted")


def _note_land_use(permits: _Permits) -> None:
    what = _(
        "地字第 is the number of a land-use permit; the floor area counts as the planning permit (建字第) states it"
    )
    for place in permits.kept:
        if permits.numbers[place].kind == _LAND_USE:
            permits.note(place, what, "doubted")


def _settle_projects(permits: _Permits, values: Mapping[str, pd.Series[Any]]) -> None:
    """Look at rows that give one project and phase under different numbers."""
    groups: dict[tuple[str, str], list[tuple[int, int]]] = {}
    projects, phases = (values[name].fillna("").tolist() for name in ("project", "phase"))
    parts = {text: without_mark(text) for text in {*projects, *phases}}
    for place in permits.kept:
        if not projects[place]:
            continue
        (plain, said), (part, marked) = parts[projects[place]], parts[phases[place]]
        change = max(said, marked, permits.numbers[place].change)
        groups.setdefault((plain, part), []).append((place, change))
    for (_project, phase), members in groups.items():
        if len(members) == 1:
            continue
        places = [place for place, _change in members]
        unmarked = [place for place, change in members if not change]
        if len(members) == 2 and len(unmarked) == 1 and phase:
            (old,) = unmarked
            new = next(place for place in places if place != old)
            if permits.day(new) >= permits.day(old) or pd.isna(permits.issued.iloc[new]):
                permits.note(old, _superseded(old, new, permits, sure=True), "set_aside")
                continue
        if phase or len(unmarked) < len(members):
            _ask(places, permits)


def _ask(places: Sequence[int], permits: _Permits) -> None:
    what = _(
        "row {rows} gives the same project and phase; all are used: if one amends another, give both the same permit_no"
    )
    for place in places:
        others = _(", ").join(str(permits.row(other)) for other in places if other != place)
        permits.note(place, what.format(rows=others), "doubted", "project")

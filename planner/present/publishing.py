"""Make tables fit for the public, and mark those that are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.present.disclosure import Disclosure
from planner.present.suppression import BELOW, HELD, SHOWN

if TYPE_CHECKING:
    from planner.standards import Profile

# Columns of coverage_by_area.csv that count elders, with the part and whether it is one of the circle.
_PARTS = {
    "elders": ("elders", False),
    "elders_covered": ("covered", True),
    "elders_unknown": ("unknown", True),
    "elders_estimated": ("estimated", False),
}


def classification(*, publish: bool) -> str:
    """Return the word for whom results are meant."""
    return _("public") if publish else _("internal material")


def write_notice(path: Path) -> None:
    """Write what the files beside it are, and what must not be done with them.

    Parameters
    ----------
    path
        The text file.
    """
    lines = (
        _("Internal material, not to be published: {files} hold full counts of elders, small ones too.").format(
            files="csv, gpkg, ledger, manifest"
        ),
        _("What may be shown to the public is made with planner run --publish."),
        _("A map that shows boundaries needs a map number (地图管理条例) before it is published."),
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8-sig")


def public_coverage(table: pd.DataFrame, shown: Disclosure) -> pd.DataFrame:
    """Take the counts out of coverage.csv that may not be shown.

    Parameters
    ----------
    table
        As `planner.present.tables.coverage_table` gives it.
    shown
        Which counts may be shown.

    Returns
    -------
    DataFrame
        A hidden number is empty; the further column ``suppressed`` names what is hidden, as ``elders_60:<10``, or
        ``elders_60:*`` where it is held back for the sake of another.
    """
    marks = table["compound_id"].map(shown.compounds).fillna(SHOWN).to_numpy(dtype=np.int64)
    return _hidden(table, {"elders_60": marks}, shown.below)


def public_areas(table: pd.DataFrame, shown: Disclosure) -> pd.DataFrame:
    """Take the counts, and the shares that would tell them, out of coverage_by_area.csv.

    Parameters
    ----------
    table
        As `planner.present.tables.area_table` gives it.
    shown
        Which counts may be shown.

    Returns
    -------
    DataFrame
        As for `public_coverage`.
    """
    rows = list(zip(table["level"], table["area_id"], table["circle"], strict=True))
    marks = {
        column: np.array(
            [shown.mark(part, circle if of_circle else "", level=level, area=area) for level, area, circle in rows]
        )
        for column, (part, of_circle) in _PARTS.items()
        if column in table.columns
    }
    share = np.where((marks["elders"] != SHOWN) | (marks["elders_covered"] != SHOWN), HELD, SHOWN)
    marks["share_elders"] = share
    marks["gap"] = np.where(table["target_indicator"] == "elders", share, SHOWN)
    return _hidden(table, marks, shown.below)


def _hidden(table: pd.DataFrame, marks: Mapping[str, Any], below: int) -> pd.DataFrame:
    told = [""] * len(table)
    hidden = table.copy()
    for column, of_rows in marks.items():
        for row in np.flatnonzero(of_rows != SHOWN):
            sign = f"<{below}" if of_rows[row] == BELOW else "*"
            told[row] += f"{';' if told[row] else ''}{column}:{sign}"
        if (of_rows != SHOWN).any():
            whole = column.startswith("elders")
            kept = table[column].astype("Int64" if whole else "float64")
            hidden[column] = kept.mask(pd.Series(of_rows != SHOWN, index=table.index))
    return hidden.assign(suppressed=told)


def counts_elders(profiles: Sequence[Profile]) -> bool:
    """Tell whether any rule measures by elders, so that what it asks for tells how many there are."""
    return any(_by_elders(profile) for profile in profiles)


def _by_elders(profile: Profile) -> bool:
    return any(rule.ratio.of == "elders_60" for rule in profile.provisions)


def public_compliance(table: pd.DataFrame, profiles: Sequence[Profile], shown: Disclosure) -> pd.DataFrame:
    """Take out of compliance.csv what would tell a count of elders that may not be shown.

    Parameters
    ----------
    table
        As `planner.compliance.Compliance.table` has it.
    profiles
        The profiles that it holds.
    shown
        Which counts may be shown.

    Returns
    -------
    DataFrame
        Amounts, words and note are empty where a rule is measured by elders whose count is hidden; the further column
        ``suppressed`` says so.
    """
    of_elders = [profile.id for profile in profiles if _by_elders(profile)]
    marks = table["id"].map(shown.compounds).fillna(SHOWN).to_numpy(dtype=np.int64)
    hidden = (marks != SHOWN) & table["profile"].isin(of_elders).to_numpy(dtype=bool)
    told = ("required_", "shortfall_", "ratio_part_")
    empty = {name: table[name].mask(hidden) for name in table.columns if name.startswith(told)}
    words = {name: table[name].mask(hidden, "") for name in ("note", "arithmetic") if name in table.columns}
    return table.assign(**empty, **words, suppressed=np.where(hidden, "elders_60:*", ""))


def public_ledger(table: pd.DataFrame) -> pd.DataFrame:
    """Take everything out of a ledger that quotes or counts.

    Parameters
    ----------
    table
        As `planner.layers.Ledger.to_frame` gives it.

    Returns
    -------
    DataFrame
        The same rows; where what is told of one holds a digit or a quotation, it is told in the internal ledger only.
    """
    telling = table["what"].str.contains(r"[\d“]", regex=True)
    return table.assign(what=table["what"].mask(telling, _("told in the internal ledger")))


def public_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Take the numbers of people out of a manifest.

    Parameters
    ----------
    manifest
        As a run writes it.

    Returns
    -------
    dict
        Its ledger counts rows only, and its elders tell how they were counted and not how many there are.
    """
    rows = [{key: value for key, value in row.items() if not key.startswith("elders")} for row in manifest["ledger"]]
    elders = {key: value for key, value in manifest.get("elders", {}).items() if key != "persons"}
    return {**manifest, "ledger": rows, "elders": elders}

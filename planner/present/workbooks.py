"""Write verdicts on provision as a workbook that can be handed on: a summary, a sheet a profile, doubts, method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.i18n import N_, _
from planner.present.methods import Section, obtained_text
from planner.present.sheets import VERDICTS, Book, Column, Page, Tick, lines
from planner.standards.words import OBTAINED_WORDS, OF_WORDS

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.standards import Profile

COMPOUNDS: Mapping[str, Column] = MappingProxyType(
    {
        column.name: column
        for column in (
            Column("compound_id", N_("Compound"), "id", 14),
            Column("name", N_("Name"), "text", 20),
            Column("street", N_("Subdistrict"), "text", 12),
            Column("community", N_("Community"), "text", 12),
            Column("households", N_("Households"), "count", 9, "shown"),
            Column("residential_floor_area_m2", N_("Residential floor area (m²)"), "area", 14, "shown"),
        )
    }
)
"""What the sheets show of a compound, with headers to be translated."""

PERMITS: Mapping[str, Column] = MappingProxyType(
    {
        column.name: column
        for column in (
            Column("permit_no", N_("Permit number"), "id", 19),
            Column("project", N_("Project"), "text", 16),
            Column("phase", N_("Phase"), "text", 6),
            Column("applicant", N_("Developer"), "text", 20),
            Column("issued_on", N_("Issued on"), "day", 11),
            Column("in_urban_area", N_("In the urban area"), "flag", 7),
            Column("households", N_("Households"), "count", 8),
            Column("residential_floor_area_m2", N_("Residential floor area (m²)"), "area", 14, "shown"),
            Column("room_areas_m2", N_("Planned rooms (m² each)"), "text", 14),
        )
    }
)
"""What the sheets show of a permit, with headers to be translated."""

_FOUR = {
    "planned": N_("Planned (四同步)"),
    "built": N_("Built (四同步)"),
    "accepted": N_("Accepted (四同步)"),
    "delivered": N_("Delivered (四同步)"),
}
_ACTIONS = {"set_aside": N_("set aside"), "doubted": N_("in doubt"), "mended": N_("mended")}
_MEANINGS = {
    "compliant": N_("what is counted is at least what is required"),
    "short": N_("what is counted is less than what is required"),
    "not_applicable": N_("the rule does not bind it; the note says why"),
    "unknown": N_("a figure that decides is missing; the note says which"),
}
_ROW, _IN_SUM = "_row", "_in_sum"
_METHOD = (26, 130)


@dataclass(frozen=True, eq=False)
class Report:
    """What a workbook tells.

    Parameters
    ----------
    title
        Its title.
    mark
        For whom it is meant.
    facts
        Lines under the title, such as the file and the day: what, and which.
    as_of
        Day of the report.
    result
        The verdicts.
    objects
        What was judged, indexed by id.
    columns
        What is shown of it; the first is the id.
    rows
        Row in the input file by id; left out, none is shown.
    projects
        int array (n,): permits of one project have one number, and the figures of the latest hold those before it.
        Left out, everything stands for itself.
    counts
        Rows in, judged and set aside.
    ledger
        As `planner.layers.Ledger.to_frame` gives it; left out, there is no such sheet.
    method
        As `planner.present.methods.sections` gives it.
    """

    title: str
    mark: str
    facts: Sequence[tuple[str, str]]
    as_of: date
    result: Compliance
    objects: pd.DataFrame
    columns: Sequence[Column]
    rows: pd.Series[int] | None = None
    projects: NDArray[np.int64] | None = None
    counts: Sequence[tuple[str, int]] = ()
    ledger: pd.DataFrame | None = None
    method: Sequence[Section] = field(default=())


def write_workbook(report: Report, path: Path, *, progress: Callable[[int, int], None] | None = None) -> None:
    """Write a workbook.

    Parameters
    ----------
    report
        What it tells.
    path
        The .xlsx file.
    progress
        Told how many rows of how many are written.

    Examples
    --------
    >>> import tempfile
    >>> from planner.compliance import check_permits
    >>> table = pd.DataFrame({"residential_floor_area_m2": [9000.0]}, index=pd.Index(["P1"], name="permit_no"))
    >>> result = check_permits(table, profiles=["cz-8-2023"])
    >>> path = Path(tempfile.mkdtemp(), "permits.xlsx")
    >>> columns = [PERMITS[name] for name in ("permit_no", "residential_floor_area_m2")]
    >>> write_workbook(Report("配建审查", "内部资料", [], date(2026, 6, 30), result, table, columns), path)
    >>> path.stat().st_size > 5000
    True
    """
    book = Book(path, title=report.title, mark=report.mark, day=report.as_of)
    total, done = len(report.objects) * (len(report.result.profiles) + 1), 0

    def tick(rows: int) -> None:
        nonlocal done
        done += rows
        if progress:
            progress(done, total)

    # The summary links to sheets that come after it, so their names are given first.
    summary = book.page(_("Summary"), (30, 24, 11, 11, 11, 11, 16, 16, 16))
    pages = {profile.id: book.page(profile.name, _widths(report, profile), paper="A3") for profile in _profiles(report)}
    beside = book.page(_("All profiles side by side"), _beside_widths(report), paper="A3")
    aside = None if report.ledger is None else book.page(_("Rows set aside or in doubt"), (8, 22, 26, 12, 100))
    method = book.page(_("Method and sources"), _METHOD)
    further = [beside, *([aside] if aside else []), method]
    _write_summary(summary, report, [*pages.values(), *further])
    for profile in _profiles(report):
        _write_profile(pages[profile.id], report, profile, tick)
    _write_beside(beside, report, tick)
    if aside is not None:
        _write_ledger(aside, report)
    _write_method(method, report.method)
    book.close()


def _profiles(report: Report) -> tuple[Profile, ...]:
    return report.result.profiles


def _write_summary(page: Page, report: Report, pages: Sequence[Page]) -> None:
    page.line(report.title, "title", height=30)
    page.line(report.mark, "mark")
    for what, which in report.facts:
        page.cells([(what, "note"), (which, "line")])
    if report.counts:
        page.line()
        page.line(_("Rows"), "heading", height=24)
        page.cells([(what, "head") for what, _number in report.counts])
        page.cells([(number, "count") for _what, number in report.counts])
    page.line()
    page.line(_("Verdicts by profile"), "heading", height=24)
    heads = [_("Profile"), _("Text"), *(_(word) for word in VERDICTS.values())]
    heads += [_("Required (m²)"), _("Counted (m²)"), _("Short (m²)")]
    page.cells([(head, "head") for head in heads], height=32)
    for row in _sums(report):
        page.cells(row, height=32)
    if report.projects is not None and np.unique(report.projects).size < report.projects.size:
        page.line(_("Areas of projects with several permits are added up once, with all their phases so far."), "note")
    page.line(_("A verdict holds for the profile it is named with: the first decides, the others are shown."), "note")
    page.line()
    page.line(_("What the colours mean"), "heading", height=24)
    for code, meaning in _MEANINGS.items():
        page.cells([(_(VERDICTS[code]), code), (_(meaning), "line")])
    page.line()
    page.line(_("Sheets"), "heading", height=24)
    for other in pages:
        page.link(other.name, other.name)


def _sums(report: Report) -> Iterator[list[tuple[object, str]]]:
    """Give a row of counts and areas for every profile; areas of a project that has several permits count once."""
    for profile in _profiles(report):
        rows = report.result.of(profile.id)
        verdicts = rows["verdict"].value_counts()
        mark = _(" (decides)") if profile.id == report.result.headline else ""
        cells: list[tuple[object, str]] = [
            (profile.name + mark, "wrapped"),
            (_(OBTAINED_WORDS[profile.obtained]), "wrapped"),
        ]
        cells += [(int(verdicts.get(code, 0)), "count") for code in VERDICTS]
        if profile.unit == "m2":
            summed = rows[in_sum(rows, report.projects)]
            cells += [(float(summed[f"{name}_m2"].sum()), "area") for name in ("required", "counted", "shortfall")]
        else:
            cells += [("–", "centred")] * 3
        yield cells


def in_sum(rows: pd.DataFrame, projects: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    """Tell which rows of a profile are added up: whom it binds, and of a project the latest alone.

    Parameters
    ----------
    rows
        As `planner.compliance.Compliance.of` gives them.
    projects
        As for `Report`.

    Examples
    --------
    >>> rows = pd.DataFrame({"verdict": ["short", "compliant", "unknown"], "judged_on": ["2024", "2025", "2026"]})
    >>> in_sum(rows, np.array([0, 0, 0])).tolist()
    [False, True, False]
    """
    taken: NDArray[np.bool_] = rows["verdict"].isin(("compliant", "short")).to_numpy(dtype=bool)
    if projects is None:
        return taken
    bound = pd.DataFrame({"project": projects, "day": rows["judged_on"].to_numpy()})[taken]
    latest = bound.sort_values("day", kind="stable").drop_duplicates("project", keep="last").index
    return np.isin(np.arange(len(rows)), latest)


def _write_profile(page: Page, report: Report, profile: Profile, tick: Tick) -> None:
    rows = report.result.of(profile.id)
    source = profile.document
    decides = _(" (decides)") if profile.id == report.result.headline else ""
    page.line(profile.name + decides, "title", height=28)
    text = _("{number} “{title}”; {obtained}").format(
        number=source.number, title=source.title, obtained=obtained_text(profile)
    )
    page.line(text, "line")
    for rule in profile.provisions:
        page.line(_("Clause {clause}: “{quote}”").format(clause=rule.clause, quote=rule.quote), "note")
    table = _shown(report, rows)
    page.table(table, _columns(report, profile), frozen=_frozen(report), flag=_IN_SUM, tick=tick)


def _shown(report: Report, rows: pd.DataFrame) -> pd.DataFrame:
    """Put what was judged beside what was found of it."""
    first, *others = (column.name for column in report.columns)
    table = report.objects[list(others)].reset_index(names=first)
    found = rows.reset_index(drop=True)
    table = pd.concat([table, found[[name for name in found.columns if name not in table.columns]]], axis=1)
    if report.rows is not None:
        table[_ROW] = report.rows.reindex(report.objects.index).to_numpy()
    table[_IN_SUM] = in_sum(rows, report.projects)
    table["status"] = table["status"].map({code: _(word) for code, word in OF_WORDS.items()}).fillna("")
    return table


def _objects(report: Report) -> list[Column]:
    columns = [Column(one.name, _(one.header), one.kind, one.width, one.summed) for one in report.columns]
    if report.rows is not None:
        columns.insert(1, Column(_ROW, _("Row in the file"), "number", 7))
    return columns


def _frozen(report: Report) -> int:
    return 1 if report.rows is None else 2


def _columns(report: Report, profile: Profile) -> list[Column]:
    unit = {"m2": _("m²"), "places": _("places")}[profile.unit]
    kind = "area" if profile.unit == "m2" else "count"
    heads = {"required": N_("Required ({unit})"), "counted": N_("Counted ({unit})"), "shortfall": N_("Short ({unit})")}
    columns = _objects(report)
    if report.result.steps is None:  # permits are all new
        columns.append(Column("status", _("New or existing"), "text", 9))
    columns.append(Column("verdict", _("Verdict"), "verdict", 11))
    columns += [
        Column(f"{name}_{profile.unit}", _(head).format(unit=unit), kind, 13, "flagged")  # type: ignore[arg-type]
        for name, head in heads.items()
    ]
    columns += [
        Column("rooms_below_minimum", _("Rooms below the minimum"), "count", 9),
        Column("arithmetic", _("Arithmetic"), "wrapped", 54),
        Column("note", _("Note"), "wrapped", 32),
        Column(_IN_SUM, _("In the sum"), "flag", 8),
    ]
    return columns


def _widths(report: Report, profile: Profile) -> list[float]:
    return [column.width for column in _columns(report, profile)]


def _beside_columns(report: Report) -> list[Column]:
    several = report.result.steps is not None
    return [
        *_objects(report),
        *(Column(profile.id, profile.name, "verdict", 16) for profile in _profiles(report)),
        Column("differs", _("Profiles disagree"), "flag", 10),
        Column("depends_on_reading", _("Depends on the reading (‰ or %)"), "flag", 13),
        *(Column(name, _(head), "step", 12) for name, head in (_FOUR.items() if several else ())),
    ]


def _beside_widths(report: Report) -> list[float]:
    return [column.width for column in _beside_columns(report)]


def _write_beside(page: Page, report: Report, tick: Tick) -> None:
    result = report.result
    table = pd.concat([_shown(report, result.of()), result.verdicts().reset_index(drop=True)], axis=1)
    if result.steps is not None:
        table = pd.concat([table, result.steps[list(_FOUR)].reset_index(drop=True)], axis=1)
    page.line(_("All profiles side by side"), "title", height=28)
    page.line(
        _("Filter by “{column}” to see whose verdict the choice of profile decides.").format(
            column=_("Profiles disagree")
        ),
        "note",
    )
    page.table(table, _beside_columns(report), frozen=_frozen(report), tick=tick)


def _write_ledger(page: Page, report: Report) -> None:
    ledger = report.ledger
    if ledger is None:
        return
    page.line(_("Rows set aside or in doubt"), "title", height=28)
    page.line(
        _("Rows set aside were not judged; those mended or in doubt were, as the reason says. Row 0 is the file."),
        "note",
    )
    table = ledger.assign(_order=ledger["action"].map({name: at for at, name in enumerate(_ACTIONS)}))
    table = table.sort_values(["_order", "row"], kind="stable").reset_index(drop=True)
    table["action"] = table["action"].map({code: _(word) for code, word in _ACTIONS.items()})
    columns = [
        Column("row", _("Row in the file"), "number", 8),
        Column("id", _(report.columns[0].header), "id", 22),
        Column("field", _("Column"), "text", 26),
        Column("action", _("What was done"), "text", 12),
        Column("what", _("Reason"), "wrapped", 100),
    ]
    page.table(table, columns, frozen=2)


def _write_method(page: Page, method: Sequence[Section]) -> None:
    page.line(_("Method and sources"), "title", height=28)
    for heading, items in method:
        page.line()
        page.line(heading, "heading", height=24)
        for number, (what, text) in enumerate(items, start=1):
            height = 14.0 * max(lines(text, _METHOD[1]), lines(what, _METHOD[0])) + 3
            page.cells([(what or f"{number}.", "wrapped"), (text, "wrapped")], height=height)

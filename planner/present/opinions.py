"""Write an opinion (审查意见) on every permit: figures, arithmetic, the clause quoted, conclusion, what to submit."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.compliance.amounts import SCALE, whole
from planner.compliance.wording import amount_text
from planner.i18n import N_, _
from planner.present.sheets import STEPS, VERDICTS
from planner.standards.words import OBTAINED_WORDS, UNIT_WORDS

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.present.documents import Form
    from planner.standards import Profile

FOLDER = "opinions"
"""Folder of the opinions among the results."""

_ENDING = ".docx"
_UNSAFE = re.compile(r"[^\w.-]+")
# Names that Windows keeps for devices.
_KEPT = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 80
_PARTED = re.compile("; |；")
_STEPS = {
    "planned": N_("planned (同步规划)"),
    "built": N_("built (同步建设)"),
    "accepted": N_("accepted (同步验收)"),
    "delivered": N_("delivered (同步交付)"),
}
_MISSING = {
    "size_unknown": N_("The figure that the rule is measured by, with proof: {measure}"),
    "area_unknown": N_("Proof whether the project lies in the urban area"),
    "day_unknown": N_("The day on which the permit was issued"),
    "supply_unknown": N_("The floor area of every planned elder-care room, with drawings"),
}
_SENTENCES = {
    "compliant": N_(
        "Under {document}, clause {clause}, {required} of elder-care rooms are required and {counted} count. "
        "Conclusion: compliant."
    ),
    "short": N_(
        "Under {document}, clause {clause}, {required} of elder-care rooms are required and {counted} count; "
        "{shortfall} are missing. Conclusion: short."
    ),
    "not_applicable": N_("{document} does not bind this permit: {note}. Conclusion: not applicable."),
    "unknown": N_("Under {document} it cannot be told: {note}. Conclusion: unknown."),
}


def file_names(ids: Sequence[str]) -> list[str]:
    """Make a name for a file of each permit number that every system takes, and that differ without regard to case.

    Examples
    --------
    >>> file_names(["431002202400012", "建字2024/12", "建字2024:12", "CON"])
    ['431002202400012.docx', '建字2024_12.docx', '建字2024_12_2.docx', '_CON.docx']
    """
    taken: set[str] = set()
    names = []
    for text in ids:
        plain = _UNSAFE.sub("_", text).strip("._")[:_LONGEST] or "_"
        plain = f"_{plain}" if _KEPT.fullmatch(plain) else plain
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        names.append(name + _ENDING)
    return names


def write_opinions(
    permits: pd.DataFrame,
    result: Compliance,
    folder: Path,
    *,
    mark: str,
    made: str,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write an opinion on every permit; those that stand there whole already are left as they are.

    Parameters
    ----------
    permits
        The checked layer, indexed by permit_no.
    result
        The verdicts on it.
    folder
        Where they go; whatever else lies there is removed.
    mark
        For whom they are meant.
    made
        What they were made with.
    progress
        Told how many of how many are there.

    Returns
    -------
    int
        How many were there already.

    Examples
    --------
    >>> import tempfile
    >>> from planner.compliance import check_permits
    >>> table = pd.DataFrame({"residential_floor_area_m2": [9000.0]}, index=pd.Index(["P1"], name="permit_no"))
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_opinions(table, check_permits(table), folder, mark="内部资料", made="planner")
    0
    >>> [path.name for path in folder.iterdir()]
    ['P1.docx']
    """
    from planner.present.documents import Form

    folder.mkdir(exist_ok=True)
    names = file_names(permits.index.astype("str").tolist())
    wanted = set(names)
    whole_ones = set()
    for path in folder.iterdir():
        if path.name in wanted and zipfile.is_zipfile(path):
            whole_ones.add(path.name)
        else:
            path.unlink()
    form = Form(_("Opinion on elder-care rooms to be provided"), foot=f"{mark}  {made}")
    for number, (name, case) in enumerate(zip(names, _cases(permits, result), strict=True), start=1):
        if name not in whole_ones:
            _fill(form, case)
            form.save(folder / name)
        if progress:
            progress(number, len(names))
    return len(whole_ones)


class _Case:
    """A permit, what every profile says of it, and what must be known of both."""

    def __init__(self, permit: Any, rows: Sequence[Any], steps: Any, result: Compliance, by_reading: bool) -> None:
        self.permit, self.rows, self.steps, self.by_reading = permit, rows, steps, by_reading
        self.profiles = result.profiles
        self.row, self.profile = rows[0], result.profiles[0]

    def get(self, column: str) -> Any:
        """Return a cell of the permit, None where it is empty or there is no such column."""
        value = getattr(self.permit, column, None)
        return None if value is None or pd.isna(value) else value

    def text(self, column: str) -> str:
        """Write a cell of the permit."""
        value = self.get(column)
        if value is None:
            return _("not given")
        return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)


def _cases(permits: pd.DataFrame, result: Compliance) -> Iterator[_Case]:
    rows = zip(*(result.of(one.id).reset_index().itertuples(index=False) for one in result.profiles), strict=True)
    steps: Iterator[Any] = iter([None] * len(permits))
    if result.steps is not None:
        steps = result.steps.itertuples(index=False)
    reading = result.verdicts()["depends_on_reading"].tolist()
    table = permits.rename_axis(index="permit_no").reset_index()
    for permit, of_profiles, four, by_reading in zip(table.itertuples(index=False), rows, steps, reading, strict=True):
        yield _Case(permit, of_profiles, four, result, by_reading)


def _fill(form: Form, case: _Case) -> None:
    row, profile = case.row, case.profile
    source = profile.document
    form.table(_facts(case), (30, 50, 30, 48), heads="columns")
    form.heading(_("1. Basis"))
    document = _("{number} “{title}”").format(number=source.number, title=source.title)
    form.text(_("{document} ({obtained}).").format(document=document, obtained=_(OBTAINED_WORDS[profile.obtained])))
    form.text(_("Clause {clause}: “{quote}”").format(clause=row.clause, quote=row.quote.replace(" / ", "” “")))
    form.heading(_("2. Arithmetic"))
    for step in _PARTED.split(row.arithmetic) if row.arithmetic else [row.note]:
        form.text(step)
    form.heading(_("3. Other profiles"))
    form.table(_beside(case), (46, 38, 18, 18, 18, 18), heads="row")
    for text in _remarks(case):
        form.text(text)
    if case.steps is not None:
        form.heading(_("4. Four steps (四同步)"))
        form.table(_four(case), (50, 36, 36, 36), heads="row")
    form.heading(_("5. Conclusion"))
    form.text(_conclusion(case), bold=True)
    form.heading(_("6. To be submitted"))
    wanted = to_submit(row, case.steps, case.profile)
    for number, text in enumerate(wanted, start=1):
        form.text(_("({number}) {text}").format(number=number, text=text))
    if not wanted:
        form.text(_("nothing"))
    form.text(_("Reviewing office (seal):") + "　" * 8, align="right", indent=False, gap_pt=30)
    form.text(_("Date: ____ / __ / __"), align="right", indent=False)


def _facts(case: _Case) -> list[list[str]]:
    urban = case.get("in_urban_area")
    area = case.get("residential_floor_area_m2")
    households = case.get("households")
    verdict = _(VERDICTS[case.row.verdict])
    return [
        [_("Project"), case.text("project"), _("Phase"), case.text("phase")],
        [_("Permit number"), case.text("permit_no"), _("Issued on"), case.text("issued_on")],
        [_("Developer"), case.text("applicant")],
        [
            _("Residential floor area"),
            _("not given") if area is None else _amount(area, "m2"),
            _("Households"),
            _("not given") if households is None else f"{int(households):,}",
        ],
        [
            _("Planned rooms (m² each)"),
            case.text("room_areas_m2").replace(";", "; "),
            _("In the urban area"),
            _("not given") if urban is None else (_("yes") if urban else _("no")),
        ],
        [_("Conclusion"), _("{verdict}, by {profile}").format(verdict=verdict, profile=case.profile.name)],
    ]


def _beside(case: _Case) -> list[list[str]]:
    rows = [
        [_("Profile"), _("Document"), _("Required (m²)"), _("Counted (m²)"), _("Short (m²)"), _("Verdict")],
    ]
    square = f" {_(UNIT_WORDS['m2'])}"
    for profile, row in zip(case.profiles, case.rows, strict=True):
        name = profile.name
        if profile.obtained != "printed":
            name = _("{name} ({meaning})").format(name=name, meaning=_(OBTAINED_WORDS[profile.obtained]))
        figures = [_figure(row, part, profile).removesuffix(square) for part in ("required", "counted", "shortfall")]
        rows.append([name, profile.document.number, *figures, _(VERDICTS[row.verdict])])
    return rows


def _figure(row: Any, part: str, profile: Profile) -> str:
    value = getattr(row, f"{part}_{profile.unit}")
    return "–" if pd.isna(value) else _amount(value, profile.unit)


def _amount(value: float, unit: str) -> str:
    """Write an amount with all the digits that were compared."""
    return amount_text(round(float(value) * SCALE[unit]), unit)


def _remarks(case: _Case) -> list[str]:
    told = []
    if case.by_reading:
        told.append(_("The verdict depends on whether the printed ratio is read as ‰ or as %; look at the original."))
    if case.row.note and case.row.arithmetic:
        told.append(_("Note: {note}").format(note=case.row.note))
    return told


def _four(case: _Case) -> list[list[str]]:
    rows = [[_("Step"), _("Homes"), _("Rooms"), _("Result")]]
    for step, name in _STEPS.items():
        days = [case.text(f"{step}_on"), case.text(f"room_{step}_on")]
        rows.append([_(name), *days, _(STEPS[getattr(case.steps, step)])])
    return rows


def _conclusion(case: _Case) -> str:
    row, profile = case.row, case.profile
    return _(_SENTENCES[row.verdict]).format(
        document=profile.document.number,
        clause=row.clause,
        note=row.note,
        **{part: _figure(row, part, profile) for part in ("required", "counted", "shortfall")},
    )


def to_submit(row: Any, steps: Any, profile: Profile) -> list[str]:
    """List what an applicant must still hand in.

    Parameters
    ----------
    row
        What the headline says of a permit: a row of `planner.compliance.Compliance.of`.
    steps
        A row of its `steps`, None where they were not looked at.
    profile
        The headline.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from planner.i18n import language
    >>> from planner.standards import profile
    >>> row = SimpleNamespace(verdict="unknown", reason="area_unknown", rooms_below_minimum=0)
    >>> with language("en"):
    ...     to_submit(row, None, profile("cz-14-2023"))
    ['Proof whether the project lies in the urban area']
    """
    if row.verdict == "not_applicable":
        return []
    wanted = []
    if row.reason in _MISSING:
        measures = _(", ").join(
            dict.fromkeys(_(_MEASURE[rule.ratio.of]) for rule in profile.provisions if rule.of == "new")
        )
        wanted.append(_(_MISSING[row.reason]).format(measure=measures))
    if row.verdict == "short":
        least = _least(row, profile)
        text = _("Changed drawings with {shortfall} more of elder-care rooms; {least}")
        if not least:
            text = _("Changed drawings with {shortfall} more of elder-care rooms")
        wanted.append(text.format(shortfall=_figure(row, "shortfall", profile), least=least))
    if row.rooms_below_minimum:
        text = _("Drawings that enlarge or join the rooms below the minimum ({number})")
        wanted.append(text.format(number=int(row.rooms_below_minimum)))
    if steps is not None:
        wanted += _of_steps(steps)
    return wanted


_MEASURE: Mapping[str, str] = {
    "residential_floor_area_m2": N_("residential floor area on the permit"),
    "households": N_("number of households"),
    "population": N_("number of persons"),
    "elders_60": N_("number of persons aged 60 or more"),
}


def _least(row: Any, profile: Profile) -> str:
    rule = None if pd.isna(row.judged_on) else profile.provision("new", row.judged_on.date())
    if rule is None or rule.minimum is None:
        return ""
    least = rule.minimum
    text = _("at least {amount} for every single room") if least.each == "site" else _("at least {amount} in all")
    return text.format(amount=amount_text(whole(least.value, least.unit), least.unit))


def _of_steps(steps: Any) -> list[str]:
    told = []
    for state, text in (
        ("missing", N_("The days on which homes and rooms were {steps}, as soon as they are known")),
        ("fail", N_("A statement why the rooms were {steps} later than the homes, and how it is made good")),
    ):
        names = [_(name) for step, name in _STEPS.items() if getattr(steps, step) == state]
        if names:
            told.append(_(text).format(steps=_(", ").join(names)))
    return told

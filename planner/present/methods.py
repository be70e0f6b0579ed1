"""Say how verdicts on provision were come to: documents, clauses and quotes, formulas, and what must be known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from planner.compliance.wording import crossovers
from planner.i18n import _
from planner.standards.describing import sentence
from planner.standards.words import OBTAINED_WORDS, RANK_WORDS, STATE_WORDS

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.standards import Profile, Provision, Source

Section = tuple[str, list[tuple[str, str]]]
"""A heading, and what stands under it: what is told, and the text."""


def sections(
    result: Compliance,
    *,
    subject: Literal["permits", "compounds"],
    as_of: date,
    lenient: bool = False,
    blank_rooms: Literal["none", "unknown"] = "none",
) -> list[Section]:
    """Tell everything that a reader of the verdicts may ask about.

    Parameters
    ----------
    result
        The verdicts.
    subject
        What was judged.
    as_of
        Day at which the rules are read.
    lenient, blank_rooms
        As the check was told.

    Returns
    -------
    list of Section

    Examples
    --------
    >>> import pandas as pd
    >>> from planner.compliance import check_permits
    >>> from planner.i18n import language
    >>> table = pd.DataFrame({"residential_floor_area_m2": [9000.0]}, index=pd.Index(["P1"], name="permit_no"))
    >>> with language("en"):
    ...     found = sections(check_permits(table), subject="permits", as_of=date(2026, 6, 30))
    >>> [heading for heading, _items in found][:2]
    ['How the verdicts were come to', 'From which floor area on the ratio asks for more than the minimum']
    """
    computed = _permits(blank_rooms) if subject == "permits" else _compounds()
    told = [("", text) for profile in result.profiles for text in crossovers(profile)]
    beside = set(dict.fromkeys(text for _item, text in told))
    found: list[Section] = [
        (_("How the verdicts were come to"), [*_rules(lenient=lenient), *computed]),
        (_("From which floor area on the ratio asks for more than the minimum"), told),
        (_("What must be known"), [("", note) for note in result.notes if note not in beside]),
    ]
    return [*found, *(_about(profile, as_of) for profile in result.profiles)]


def _rules(*, lenient: bool) -> list[tuple[str, str]]:
    counted = _("rooms of at least the minimum; a room below it does not count (strict)")
    if lenient:
        counted = _("all rooms, where one of them is of at least the minimum (lenient)")
    return [
        (
            _("Required"),
            _("the larger of ratio × size and the minimum; nothing is rounded before it is compared"),
        ),
        (_("Counted"), counted),
        (_("Verdict"), _("compliant where what is counted is at least what is required; otherwise short")),
        (
            _("Not applicable"),
            _("the rule does not bind it: not in force on that day, outside its area, or no homes"),
        ),
        (_("Unknown"), _("a figure that decides is missing; the note says which")),
    ]


def _permits(blank_rooms: str) -> list[tuple[str, str]]:
    blank = _("no room is planned") if blank_rooms == "none" else _("it is not known what is planned")
    return [
        (_("Judged on"), _("the day of issue: by what was in force then")),
        (_("Empty cell of rooms"), blank),
        (
            _("Phases"),
            _("permits of one project are judged together: homes of all phases so far against rooms so far"),
        ),
        (
            _("Amendments"),
            _("the latest row of a permit counts; earlier ones are among the rows set aside, with the row that counts"),
        ),
        (
            _("Sums"),
            _("of required, counted and short areas: the latest permit of each project, which holds its phases so far"),
        ),
        (
            _("Four steps (四同步)"),
            _("in step where the rooms' day is not after the homes': planned, built, accepted, delivered"),
        ),
    ]


def _compounds() -> list[tuple[str, str]]:
    return [
        (_("Judged on"), _("the day of the study")),
        (_("Rooms"), _("those in use; a room that serves several compounds is divided and counted once")),
        (
            _("New or existing"),
            _("by the compound's status; without one, by its year against the year of the document"),
        ),
    ]


def _about(profile: Profile, as_of: date) -> Section:
    source = profile.document
    items = [
        (_("Document"), _("{number} “{title}”").format(number=source.number, title=source.title)),
        (_("Issued by"), _("{told}, {more}").format(told=source.issuer, more=source.issued.isoformat())),
        (_("Rank"), _(RANK_WORDS[source.rank])),
        (_("In force"), _validity(source, as_of)),
        (_("Text"), obtained_text(profile)),
        *((_("Seen at"), address) for address in source.seen_at),
    ]
    for rule in profile.provisions:
        items.append((_("Rule"), _("; ").join((sentence(rule), _period(profile, rule)))))
        items += [
            (_("Clause {clause}").format(clause=passage.clause), f"“{passage.quote}”") for passage in rule.passages
        ]
        items += [(_("Note"), note) for note in rule.notes]
    return f"{profile.name} ({profile.id})", items


def _validity(source: Source, as_of: date) -> str:
    return _("{begin} to {end}; on {day}: {state}").format(
        begin=source.in_force_from.isoformat(),
        end=source.in_force_to.isoformat() if source.in_force_to else _("no end stated"),
        day=as_of.isoformat(),
        state=_(STATE_WORDS[source.state(as_of)]),
    )


def obtained_text(profile: Profile) -> str:
    """Say how a profile's text was obtained, and when it was last compared with the document.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.standards import profile
    >>> with language("en"):
    ...     obtained_text(profile("cz-14-2023"))
    'printed text; last checked on 2026-11-22'
    """
    return _("{obtained}; last checked on {day}").format(
        obtained=_(OBTAINED_WORDS[profile.obtained]), day=profile.document.checked.isoformat()
    )


def _period(profile: Profile, rule: Provision) -> str:
    begin, end = profile.period(rule)
    told = _("from {begin} to {end}").format(
        begin=begin.isoformat(), end=end.isoformat() if end else _("no end stated")
    )
    if rule.due is None:
        return told
    due = _("to be reached by {day}").format(day=rule.due.isoformat())
    return _("; ").join((told, due))


def profile_facts(profile: Profile) -> dict[str, Any]:
    """Tell in codes which document a profile reads, for a manifest.

    Examples
    --------
    >>> from planner.standards import profile
    >>> profile_facts(profile("hunan-2025"))["obtained"]
    'secondary'
    """
    source = profile.document
    return {
        "profile": profile.id,
        "document": source.number,
        "rank": source.rank,
        "obtained": profile.obtained,
        "clauses": list(dict.fromkeys(rule.clause for rule in profile.provisions)),
        "in_force_from": source.in_force_from.isoformat(),
        "in_force_to": source.in_force_to.isoformat() if source.in_force_to else None,
        "checked": source.checked.isoformat(),
    }

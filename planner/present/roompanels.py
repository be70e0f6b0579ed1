"""Write the board's side bar on provision: verdicts with their sums, the proposal to share rooms, and the basis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.compliance.rules import VERDICTS
from planner.i18n import _
from planner.present.colours import room_word, swatch
from planner.present.offline import escape
from planner.present.panels import OBTAINED, VALID, card, dot_sign, line_sign
from planner.present.roomfeatures import area_text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.compliance import Compliance, JointGroups
    from planner.standards import Profile
    from planner.study import Study


def tab(study: Study, rooms: Compliance) -> tuple[str, str, str]:
    """Return the word on the tab, the line above the title, and the title."""
    profile = rooms.profiles[0]
    line = _("{study} · data of {date} · {profile}")
    line = line.format(study=study.name, date=study.as_of.isoformat(), profile=plain(profile.name))
    return _("Rooms for elders"), line, _("Rooms for elders: provision today")


def side(study: Study, rooms: Compliance, groups: JointGroups | None) -> tuple[str, str]:
    """Return what stands above the signs of the map, and below.

    Parameters
    ----------
    study
        Its day says what is in force.
    rooms
        What every profile says.
    groups
        A proposal to share rooms, None where there is none.
    """
    shared = "" if groups is None else _proposal(groups)
    return _verdicts(rooms) + _readings(rooms) + shared, _basis(study, rooms)


def _verdicts(rooms: Compliance) -> str:
    """Return the legend: a row for each verdict of the headline, which a tick hides or shows."""
    profile, own = rooms.profiles[0], rooms.of()
    meanings = {
        "compliant": _("what counts is at least what is required"),
        "short": _("rooms are missing or too small, in all by {amount}"),
        "not_applicable": _("the rule does not bind it"),
        "unknown": _("a figure is missing: neither held nor failed"),
    }
    unit, rows = profile.unit, ""
    for verdict in VERDICTS:
        found = own[own["verdict"] == verdict]
        meaning = meanings[verdict]
        if verdict == "short":
            meaning = meaning.format(amount=area_text(found[f"shortfall_{unit}"].sum(), unit))
        tick = f'<input type="checkbox" data-hides="room-{verdict}" checked>'
        rows += (
            f"<tr><td>{swatch(f'room-{verdict}')}</td><td><label>{tick}<b>{escape(room_word(verdict))}</b></label>"
            f"<small>{escape(meaning)}</small></td><td>{len(found):,}</td></tr>"
        )
    told = ""
    if unit == "m2":
        sums = rooms.sums().loc[profile.id]
        text = _("Where it binds: {required} required, {counted} counted.")
        told = text.format(required=area_text(sums["required_m2"]), counted=area_text(sums["counted_m2"]))
    foot = f'<p class="target">{escape(told)}</p>' if told else ""
    number = escape(_("compounds"))
    top = f"<tr><th></th><th></th><th>{number}</th></tr>"
    return card(_("Verdicts"), f'<table class="verdicts rooms">{top}{rows}</table>{foot}')


def _readings(rooms: Compliance) -> str:
    """Return how many compounds each profile finds short and compliant."""
    rows = ""
    for profile in rooms.profiles:
        counts = rooms.of(profile.id)["verdict"].value_counts()
        told = "".join(f"<td>{int(counts.get(verdict, 0)):,}</td>" for verdict in VERDICTS)
        how = f"<small>{escape(_how(profile))}</small>"
        rows += f"<tr><td>{escape(plain(profile.name))}{how}</td>{told}</tr>"
    heads = "".join(f"<th>{swatch(f'room-{verdict}')}</th>" for verdict in VERDICTS)
    differ = int(rooms.verdicts()["differs"].sum())
    text = _("Readings that bind come to different verdicts on {number} compounds.").format(number=f"{differ:,}")
    body = f'<table class="readings"><tr><th></th>{heads}</tr>{rows}</table><p class="target">{escape(text)}</p>'
    return card(_("Every reading"), body)


def _how(profile: Profile) -> str:
    return _(OBTAINED[profile.obtained])


def _proposal(groups: JointGroups) -> str:
    """Return what the proposal comes to, with the button that shows it."""
    kinds = groups.groups["kind"].value_counts()
    lines = [
        _("By {profile}.").format(profile=plain(groups.profile.name)),
        _("New rooms: {rooms}, {area}; one by one: {alone}.").format(
            rooms=f"{groups.rooms:,}", area=area_text(groups.area_m2), alone=area_text(groups.alone_m2)
        ),
        _("Shared by several: {shared}; existing rooms that also serve others: {existing}.").format(
            shared=int(kinds.get("shared", 0)), existing=int(kinds.get("existing", 0))
        ),
    ]
    bound = area_text(groups.bound) if groups.aim == "area" else f"{groups.bound:,.0f}"
    if groups.status == "optimal":
        lines.append(_("No other proposal needs less: proved."))
    else:
        text = _("No proposal needs less than {bound}: this one is at most {gap} above it.")
        lines.append(text.format(bound=bound, gap=f"{groups.gap:.1%}"))
    said = "".join(f'<p class="target">{escape(line)}</p>' for line in lines)
    show = escape(_("Show the proposal"))
    button = f'<button type="button" class="switch" data-overlay="0">{show}</button>'
    signs = (
        (line_sign("share"), _("shares a new room")),
        (dot_sign("host"), _("where it would stand")),
        (line_sign("share_existing"), _("uses an existing room")),
        (dot_sign("host_existing"), _("where it is")),
    )
    legend = "".join(f"<li>{sign}{escape(words)}</li>" for sign, words in signs)
    notes = _details(_("What the proposal rests on"), groups.notes)
    return card(_("Joint provision: a proposal"), f'{said}{button}<ul class="signs">{legend}</ul>{notes}')


def _details(title: str, notes: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(plain(note))}</li>" for note in notes)
    return f"<details><summary>{escape(title)}</summary><ul>{items}</ul></details>" if notes else ""


def _basis(study: Study, rooms: Compliance) -> str:
    profile = rooms.profiles[0]
    document = profile.document
    end = document.in_force_to.isoformat() if document.in_force_to else _("no end stated")
    valid = _("{start} to {end}, {state}").format(
        start=document.in_force_from.isoformat(), end=end, state=_(VALID[document.state(study.as_of)])
    )
    text = _("{how}, checked {date}").format(how=_how(profile), date=document.checked.isoformat())
    passages = dict.fromkeys((one.clause, one.quote) for rule in profile.provisions for one in (rule, *rule.also))
    quotes = "".join(f"{escape(clause)}<q>{escape(quote)}</q>" for clause, quote in passages)
    rows = [
        (_("Standard"), f"{escape(document.number)}<br>{escape(document.title)}"),
        (_("Clause"), quotes),
        (_("Valid"), escape(valid)),
        (_("Text"), escape(text)),
        (_("Data of"), escape(study.as_of.isoformat())),
    ]
    body = "".join(f"<dt>{escape(label)}</dt><dd>{words}</dd>" for label, words in rows)
    notes = _details(_("What must be known"), rooms.notes)
    return card(_("Basis"), f'<dl class="basis">{body}</dl>{notes}')

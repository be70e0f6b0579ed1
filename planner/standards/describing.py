"""Describe the rules in lines of text: all of them briefly, or one with every clause and quote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.standards.loading import Standards
from planner.standards.model import Circle, Source
from planner.standards.provisions import Profile, Provision
from planner.standards.words import (
    AREA_WORDS,
    INDICATOR_WORDS,
    MEASURE_WORDS,
    OBTAINED_WORDS,
    OF_WORDS,
    RANK_WORDS,
    STATE_WORDS,
    UNIT_WORDS,
)


def overview(standards: Standards, *, on: date) -> Iterator[str]:
    """List every document with its circles and profiles.

    Parameters
    ----------
    standards
        The documents.
    on
        The day at which it is told whether they hold.

    Examples
    --------
    >>> from planner.standards import load
    >>> sum("cz-14-2023-permille" in line for line in overview(load(), on=date(2026, 6, 30)))
    1
    """
    for document in standards.documents:
        yield _head(document, on)
        for circle in document.circles:
            yield f"  {circle.id}  {circle.name}"
        for profile in document.profiles:
            yield f"  {profile.id}  {profile.name} [{_(OBTAINED_WORDS[profile.obtained])}]"
            yield from (f"    {sentence(rule)}" for rule in profile.provisions)


def details(standards: Standards, wanted: str, *, on: date) -> list[str]:
    """Show a circle, a profile or a whole document, with every clause and quote.

    Parameters
    ----------
    standards, on
        As for `overview`.
    wanted
        Its id.

    Raises
    ------
    InputError
        There is none; the known ids are listed.

    Examples
    --------
    >>> from planner.standards import load
    >>> any("千分之三" in line for line in details(load(), "hunan-2025", on=date(2026, 6, 30)))
    True
    """
    lines: list[str] = []
    known: list[str] = []
    for document in standards.documents:
        whole = document.id == wanted
        circles = [circle for circle in document.circles if whole or circle.id == wanted]
        profiles = [profile for profile in document.profiles if whole or profile.id == wanted]
        known += [document.id, *(one.id for one in document.circles), *(one.id for one in document.profiles)]
        if whole or circles or profiles:
            lines += [_head(document, on), *_source(document)]
        for circle in circles:
            lines += _circle(circle)
        for profile in profiles:
            lines += _profile(profile)
    if not lines:
        listed = _(", ").join(dict.fromkeys(known))
        todo = _("use one of: {known}").format(known=listed)
        raise InputError(Fault(_("there is no rule {id!r}").format(id=wanted), todo=todo))
    return lines


def _head(source: Source, on: date) -> str:
    end = source.in_force_to.isoformat() if source.in_force_to else _("no end stated")
    return _("{id}: {number} “{title}”, {rank}, {begin} to {end}, {state}").format(
        id=source.id,
        number=source.number,
        title=source.title,
        rank=_(RANK_WORDS[source.rank]),
        begin=source.in_force_from.isoformat(),
        end=end,
        state=_(STATE_WORDS[source.state(on)]),
    )


def sentence(rule: Provision) -> str:
    """Say what one provision asks for.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.standards import profile
    >>> with language("en"):
    ...     sentence(profile("hunan-2025").provisions[1])
    'existing: 20 m2 per 100 households, in all at least 300 m2, everywhere'
    """
    ratio, least = rule.ratio, rule.minimum
    parts = [
        _("{of}: {amount} of the {measure}").format(
            of=_(OF_WORDS[rule.of]),
            amount=_("{value} {sign}").format(value=ratio.value, sign=ratio.unit),
            measure=_(MEASURE_WORDS[ratio.of]),
        )
        if ratio.per is None
        else _("{of}: {value} {unit} per {number} {measure}").format(
            of=_(OF_WORDS[rule.of]),
            value=ratio.value,
            unit=_(UNIT_WORDS[ratio.unit]),
            number=ratio.per,
            measure=_(MEASURE_WORDS[ratio.of]),
        )
    ]
    if least is not None:
        text = _("each site at least {value} {unit}") if least.each == "site" else _("in all at least {value} {unit}")
        parts.append(text.format(value=least.value, unit=_(UNIT_WORDS[least.unit])))
    parts.append(_(AREA_WORDS[rule.scope.area]))
    if rule.binding == "encouraged":
        parts.append(_("encouraged, not required"))
    told, *more = parts
    for part in more:
        told = _("{told}, {more}").format(told=told, more=part)
    return told


def _source(source: Source) -> Iterator[str]:
    yield "  " + _("issued by {issuer} on {day}").format(issuer=source.issuer, day=source.issued.isoformat())
    text = _("{obtained}; last checked on {day}")
    yield "  " + text.format(obtained=_(OBTAINED_WORDS[source.obtained]), day=source.checked.isoformat())
    for address in source.seen_at:
        yield "  " + _("seen at {address}").format(address=address)
    yield from (f"  · {note}" for note in source.notes)


def _circle(circle: Circle) -> Iterator[str]:
    yield f"{circle.id}  {circle.name}"
    yield "  " + _("at most {minutes:g} min; clause {clause}").format(minutes=circle.limit_min, clause=circle.clause)
    yield f"  “{circle.quote}”"
    for target in circle.targets:
        text = _("target: {indicator} {value:.0%} by {day}; clause {clause}")
        yield "  " + text.format(
            indicator=_(INDICATOR_WORDS[target.indicator]),
            value=target.value,
            day=target.due.isoformat(),
            clause=target.clause,
        )
        yield f"  “{target.quote}”"
    yield from (f"  · {note}" for note in circle.notes)


def _profile(profile: Profile) -> Iterator[str]:
    yield f"{profile.id}  {profile.name} [{_(OBTAINED_WORDS[profile.obtained])}]"
    if profile.reading_of:
        yield "  " + _("another reading of {id}").format(id=profile.reading_of)
    yield from (f"  · {note}" for note in profile.notes)
    for rule in profile.provisions:
        begin, end = profile.period(rule)
        yield f"  {sentence(rule)}"
        text = _("from {begin} to {end}")
        yield "    " + text.format(begin=begin.isoformat(), end=end.isoformat() if end else _("no end stated"))
        if rule.due:
            yield "    " + _("to be reached by {day}").format(day=rule.due.isoformat())
        for passage in rule.passages:
            yield "    " + _("clause {clause}: “{quote}”").format(clause=passage.clause, quote=passage.quote)
        if rule.crossover is not None:
            text = _("the ratio asks for more than the minimum above about {size:,.0f} ({measure})")
            yield "    " + text.format(size=float(rule.crossover), measure=_(MEASURE_WORDS[rule.ratio.of]))
        yield from (f"    · {note}" for note in rule.notes)

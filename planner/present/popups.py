"""Write what a click on the board shows: escaped tables that give each verdict its reasons."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.present.colours import swatch, verdict_word
from planner.present.offline import escape
from planner.present.symbols import (
    badge,
    kind_name,
    reason_name,
    service_names,
    services_of,
    start_name,
    state_name,
)
from planner.walking.walkers import within

if TYPE_CHECKING:
    from planner.standards import Circle


def text_of(value: Any) -> str:
    """Return a cell as text, empty when nothing stands in it.

    Examples
    --------
    >>> text_of(float("nan")), text_of(pd.NA), text_of("松风社区")
    ('', '', '松风社区')
    """
    return "" if pd.isna(value) else str(value)


def whole_number(value: Any) -> str:
    """Return a count with thousands separated, or the word for unknown.

    Examples
    --------
    >>> whole_number(12345.0)
    '12,345'
    """
    return _("not known") if pd.isna(value) else f"{round(float(value)):,}"


def minutes_text(minutes: float, limit_min: float) -> str:
    """Return minutes with as many decimals as it takes to show on which side of the limit they are.

    Examples
    --------
    >>> minutes_text(15.0, 15), minutes_text(12.34, 15), minutes_text(15.0004, 15)
    ('15.0', '12.3', '15.0004')
    """
    passes = holds(minutes, limit_min)
    decimals = next((d for d in range(1, 7) if (round(minutes, d) <= limit_min) == passes), 7)
    return f"{minutes:.{decimals}f}"


def holds(minutes: float, limit_min: float) -> bool:
    """Return whether a walk takes at most the limit, as the verdicts do.

    Examples
    --------
    >>> holds(15.0, 15), holds(15.00002, 15)
    (True, False)
    """
    return bool(within(np.array([minutes * 60.0]), limit_min * 60.0)[0])


def duration_text(seconds: float) -> str:
    """Return a duration in minutes and seconds.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("zh"):
    ...     duration_text(161.2)
    '2 分 41 秒'
    """
    minutes, rest = divmod(round(abs(seconds)), 60)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)


def limit_text(circle: Circle) -> str:
    """Return a circle's limit, such as ``15 min``."""
    return _("{minutes:g} min").format(minutes=circle.limit_min)


def popup_row(label: str, value: str) -> str:
    """Return a row of a popup's table, nothing where there is no value; the value is HTML."""
    return f"<tr><th>{escape(label)}</th><td>{value}</td></tr>" if value else ""


def _walk(row: Any, circle: Circle, facility: str) -> str:
    if pd.isna(row.minutes):
        return popup_row(_("Walk"), escape(_("no time can be given")))
    sign = "≤" if holds(row.minutes, circle.limit_min) else ">"
    time = _("{minutes} min").format(minutes=minutes_text(row.minutes, circle.limit_min))
    said = f"<b>{escape(time)}</b> {escape(sign)} {escape(limit_text(circle))}"
    return popup_row(_("Walk"), said) + popup_row(_("Nearest"), escape(facility))


def _band(row: Any, circle: Circle, speeds: tuple[str, str, str]) -> str:
    times = (row.minutes_standard, row.minutes, row.minutes_frail)
    if all(pd.isna(time) for time in times):
        return ""
    cells = "".join(
        f'<td class="{"in" if holds(time, circle.limit_min) else "out"}">{escape(name)}<b>'
        f"{escape(minutes_text(time, circle.limit_min)) if not pd.isna(time) else '–'}</b></td>"
        for name, time in zip(speeds, times, strict=True)
    )
    return popup_row(_("Minutes by walker"), f'<table class="band"><tr>{cells}</tr></table>')


def _margin(row: Any) -> str:
    if pd.isna(row.margin_s):
        return ""
    words = _("{time} to spare") if row.margin_s >= 0 else _("{time} too long")
    return popup_row(_("Margin"), escape(words.format(time=duration_text(row.margin_s))))


def _distance(row: Any) -> str:
    if pd.isna(row.distance_m):
        return ""
    streets = max(row.distance_m - row.inside_m - row.connector_m, 0.0)
    parts = _("inside {inside:,.0f} m + off the streets {connector:,.0f} m + streets {streets:,.0f} m").format(
        inside=row.inside_m, connector=row.connector_m, streets=streets
    )
    total = _("{metres:,.0f} m").format(metres=row.distance_m)
    return popup_row(_("Distance"), f"{escape(total)}<small>{escape(parts)}</small>")


def _services(row: Any, circle: Circle) -> str:
    if not circle.whole:
        return ""
    reached = services_of(row.services_reached)
    missing = tuple(code for code in circle.whole if code not in reached)
    said = escape(service_names(reached) or _("none"))
    if missing:
        lacking = _("missing: {services}").format(services=service_names(missing))
        said += f'<small class="missing">{escape(lacking)}</small>'
    else:
        complete = _("all services: the circle is whole")
        said += f"<small>{escape(complete)}</small>"
    return popup_row(_("Services within the limit"), said)


def compound_popup(
    row: Any, *, name: str, place: str, people: str, facility: str, circle: Circle, speeds: tuple[str, str, str]
) -> str:
    """Return the popup of a compound under one circle.

    Parameters
    ----------
    row
        The compound's row of a coverage table, as a named tuple or Series.
    name, place
        The compound's name, and its community and street.
    people
        How many elders live there, as it may be shown.
    facility
        Name of the nearest facility.
    circle
        The circle tested.
    speeds
        Names of the standard, the study's and the frail walker.

    Returns
    -------
    str
        HTML in which every word from the data is escaped.
    """
    reason = text_of(row.reason)
    if getattr(row, "elders_source", "") == "estimated":
        people = _("{count} (estimated)").format(count=people)
    rows = (
        _walk(row, circle, facility),
        _band(row, circle, speeds),
        _margin(row),
        _distance(row),
        popup_row(_("Why"), escape(reason_name(reason)) if reason else ""),
        _services(row, circle),
        popup_row(_("Aged 60 and over"), escape(people)),
        popup_row(_("Start of the walk"), escape(start_name(text_of(row.start))) if text_of(row.start) else ""),
    )
    word = escape(verdict_word(row.verdict))
    return (
        f"<header><h3>{escape(name)}</h3><p>{escape(place)}</p>"
        f'<span class="verdict {row.verdict}">{swatch(row.verdict)}{word}</span></header>'
        f"<table>{''.join(rows)}</table>"
    )


def circle_foot(circle: Circle) -> str:
    """Return what stands under every compound's popup: the clause and its words."""
    source = _("{number}, clause {clause}").format(number=circle.document.number, clause=circle.clause)
    return f"<footer><b>{escape(source)}</b><q>{escape(circle.quote)}</q></footer>"


def facility_popup(row: Any, *, in_use: bool, reachable: bool, counts: dict[str, bool]) -> str:
    """Return the popup of a facility.

    Parameters
    ----------
    row
        The facility's row: name, kind, services and status.
    in_use
        Whether it is in use on the day of the data.
    reachable
        Whether a street is within reach of its entrance.
    counts
        Circle name -> whether the facility counts there.

    Returns
    -------
    str
        HTML in which every word from the data is escaped.
    """
    status, services = text_of(row.status), services_of(row.services)
    rows = [
        popup_row(_("Kind"), escape(kind_name(text_of(row.kind)))),
        popup_row(_("Services"), escape(service_names(services) or _("none stated"))),
        popup_row(_("State"), escape(state_name(status))),
    ]
    if not in_use:
        why = _("It does not count: only facilities in use do.")
        if status == "in_use":
            opens = _("It does not count: it opens on {date}, after the day of the data.")
            why = opens.format(date=text_of(row.opened_on)[:10])
        rows.append(popup_row(_("Why"), escape(why)))
    else:
        rows += [
            popup_row(circle, escape(_("counts") if counted else _("does not count: it does not offer the service")))
            for circle, counted in counts.items()
        ]
    if not reachable:
        why = _("No street is within reach of its entrance, so nobody is led to it.")
        rows.append(popup_row(_("Streets"), escape(why)))
    places = pd.to_numeric(getattr(row, "places", math.nan), errors="coerce")
    meals = pd.to_numeric(getattr(row, "meals_per_day", math.nan), errors="coerce")
    rows.append(popup_row(_("Day-care places"), "" if pd.isna(places) else whole_number(places)))
    rows.append(popup_row(_("Meals a day"), "" if pd.isna(meals) else whole_number(meals)))
    return (
        f"<header><h3>{badge(text_of(row.kind), in_use=in_use)}{escape(text_of(row.name))}</h3></header>"
        f"<table>{''.join(rows)}</table>"
    )

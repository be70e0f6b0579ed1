"""Write the board's head, summary, legend and sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.i18n import N_, _
from planner.layers.people.elders import basis_text
from planner.layers.places.datums import crs_name
from planner.present.colours import VERDICTS, swatch, verdict_word
from planner.present.disclosure import Disclosure
from planner.present.drawing import Streets
from planner.present.offline import escape
from planner.present.popups import limit_text, whole_number
from planner.present.suppression import SHOWN
from planner.present.symbols import badge, kind_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.coverage import CircleCoverage
    from planner.standards import Circle
    from planner.study import Study

OSM = "© OpenStreetMap contributors"

OBTAINED = {
    "printed": N_("as printed"),
    "reading": N_("our reading of the text"),
    "secondary": N_("from a secondary copy, to be confirmed"),
    "given": N_("given by the user"),
}
VALID = {"not_yet": N_("not yet in force"), "in_force": N_("in force"), "lapsed": N_("no longer in force")}
_WALKERS = {"standard": N_("standard walker"), "elder": N_("elder walker"), "frail": N_("frail walker")}

LINES = {
    "street": {"color": "#aaa190", "weight": 1.4},
    "walk": {"color": "#b9b09f", "weight": 1.0},
    "steps": {"color": "#8a5a2b", "weight": 2.2, "dashArray": "2 3"},
    "barrier": {
        "color": "#5f7f95",
        "weight": 2.6,
        "dashArray": "9 4 2 4",
        "fillColor": "#cfdde6",
        "fillOpacity": 0.75,
    },
    "area": {"color": "#8d8468", "weight": 1.1, "dashArray": "5 4", "fill": False},
    "gate": {"color": "#1f2933", "weight": 1.2, "fillColor": "#ffffff", "fillOpacity": 1, "radius": 3},
    "share_edge": {"color": "#ffffff", "weight": 6.5, "opacity": 0.95},
    "share": {"color": "#1f2933", "weight": 3.0},
    "share_existing": {"color": "#1f2933", "weight": 3.0, "dashArray": "2 6"},
    "host": {"color": "#1f2933", "weight": 2.6, "fillColor": "#ffffff", "fillOpacity": 1, "radius": 7},
    "host_existing": {"color": "#1f2933", "weight": 2.6, "fillColor": "#36a2b8", "fillOpacity": 1, "radius": 7},
    "rejected": {"color": "#5b6570", "weight": 1.4, "fillColor": "#d3d8dd", "fillOpacity": 1, "radius": 5},
    "gate_shut": {"color": "#a3163c", "weight": 1.6, "fillColor": "#a3163c", "fillOpacity": 1, "radius": 3},
}


def percent_text(share: float) -> str:
    """Return a share in percent; only a true whole shows as 100 and only nothing at all as 0.

    Examples
    --------
    >>> [percent_text(share) for share in (0.764, 0.99996, 1.0, 0.00001, float("nan"))]
    ['76.4', '99.9', '100', '0.1', '–']
    """
    if math.isnan(share):
        return "–"
    if share in {0, 1}:
        return f"{share * 100:.0f}"
    return f"{min(max(share * 100, 0.1), 99.9):.1f}"


def street_source(study: Study) -> str:
    """Return whose streets these are: as study.toml says, else OpenStreetMap's where the reader found its way types."""
    if study.settings.walking.source:
        return study.settings.walking.source
    return OSM if study.network.notes.get("source") == "osm" else _("the study's own line layer")


def attribution(study: Study, shown: Disclosure) -> str:
    """Return the line in the map's corner: the notice, and whose streets these are."""
    lines = (notice(study, shown), _("streets {source}").format(source=street_source(study)))
    return " · ".join(line for line in lines if line)


def walker_name(name: str) -> str:
    """Return the name of a walker; one of the study's own keeps the name it was given."""
    return _(_WALKERS[name]) if name in _WALKERS else name


def notice(study: Study, shown: Disclosure) -> str:
    """Return what stands on every page: that it is internal or, where it is published, its map number if it has one."""
    if not shown.publish:
        return _("Internal · not for publication")
    number = study.settings.study.map_number
    return _("Map number {number}").format(number=number) if number else ""


def head(
    study: Study, coverages: Sequence[CircleCoverage], shown: Disclosure, *, more: Sequence[tuple[str, str, str]] = ()
) -> str:
    """Return the title bar: the study, what is shown, a button for each circle, and the notice.

    Parameters
    ----------
    study, coverages, shown
        As for `side`.
    more
        Further things that may be shown: the word on the button, the line above the title, and the title.
    """
    # Babel does not look into f-strings: words are fetched before the markup is put together.
    title = _("{circle}: coverage today")
    line = _("{study} · data of {date} · {walker} {speed} m/s · ≤ {limit} · {number}, clause {clause}")
    parts = [
        (one.circle.name, _head_line(line, study, one.circle), title.format(circle=one.circle.name))
        for one in coverages
    ]
    parts += more
    titles = "".join(
        f'<h1 data-for="{number}">{escape(words)}</h1>' for number, (_tab, _line, words) in enumerate(parts)
    )
    buttons = "".join(
        f'<button type="button" data-tab="{number}" aria-pressed="false">{escape(words)}</button>'
        for number, (words, _line, _title) in enumerate(parts)
    )
    tabs = f'<nav class="tabs">{buttons}</nav>' if len(parts) > 1 else '<span class="tabs" hidden></span>'
    lines = "".join(
        f'<p class="study" data-for="{number}">{escape(words)}</p>'
        for number, (_tab, words, _title) in enumerate(parts)
    )
    return f'<div class="head"><div class="names">{lines}{titles}</div>{tabs}{_notice_sign(study, shown)}</div>'


def _notice_sign(study: Study, shown: Disclosure) -> str:
    words = notice(study, shown)
    return f'<span class="{"number" if shown.publish else "notice"}">{escape(words)}</span>' if words else ""


def _head_line(line: str, study: Study, circle: Circle) -> str:
    return line.format(
        study=study.name,
        date=study.as_of.isoformat(),
        walker=walker_name(study.walker.name),
        speed=study.walker.speed_mps,
        limit=limit_text(circle),
        number=circle.document.number,
        clause=circle.clause,
    )


def side(
    study: Study,
    coverages: Sequence[CircleCoverage],
    streets: Streets,
    shown: Disclosure,
    *,
    kinds: Sequence[tuple[str, bool]],
    more: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the side bar.

    Parameters
    ----------
    study
        What was studied.
    coverages
        One for each circle; the parts of one are shown at a time.
    streets
        The streets drawn, for what was left out.
    shown
        Which counts of elders may be shown.
    kinds
        Kinds of facility on the map, each with whether it is in use.
    more
        Of further things that may be shown: what stands above the signs, and below.
    """
    parts = [
        f'<div data-for="{number}">{_summary(one, study, shown)}{_verdicts(one, study, shown)}</div>'
        for number, one in enumerate(coverages)
    ]
    sources = [
        f'<div data-for="{number}">{_basis(one.circle, study, streets)}</div>' for number, one in enumerate(coverages)
    ]
    for number, (above, below) in enumerate(more, start=len(coverages)):
        parts.append(f'<div data-for="{number}">{above}</div>')
        sources.append(f'<div data-for="{number}">{below}</div>')
    return f'<aside class="side">{"".join(parts)}{_signs(study, streets, kinds)}{"".join(sources)}</aside>'


def watermark(notice: str) -> str:
    """Return the notice drawn faintly over the whole map."""
    words = escape(notice)
    lettering = 'font-size="26" font-weight="700" letter-spacing="4" fill="#1f2933" fill-opacity=".07"'
    tile = 'width="420" height="300" patternUnits="userSpaceOnUse" patternTransform="rotate(-24)"'
    return (
        '<svg class="watermark" width="100%" height="100%" aria-hidden="true"><defs>'
        f'<pattern id="watermark" {tile}><text x="20" y="150" {lettering}>{words}</text></pattern></defs>'
        '<rect width="100%" height="100%" fill="url(#watermark)"/></svg>'
    )


def card(title: str, body: str) -> str:
    """Return a card of the side bar."""
    return f'<section class="card"><h2>{escape(title)}</h2>{body}</section>'


def _of(part: float, whole: float, unit: str) -> str:
    return unit.format(part=whole_number(part), whole=whole_number(whole))


def _summary(coverage: CircleCoverage, study: Study, shown: Disclosure) -> str:
    rates: Mapping[str, Any] = coverage.rates()
    whom = _("of those aged 60 and over")
    main, share = _covered(rates, coverage.circle, shown)
    sign = "<small>%</small>" if share != "–" else ""
    lines = (
        (
            _("Compounds"),
            "compounds",
            "compounds_covered",
            "share_compounds",
            _("{part} of {whole}"),
            1.0,
        ),
        (
            _("Residential floor area"),
            "floor_area_m2",
            "floor_area_covered_m2",
            "share_floor_area",
            _("{part} of {whole} ×10⁴ m²"),
            1e4,
        ),
        (
            _("Communities with a facility"),
            "communities",
            "communities_with_facility",
            "share_communities_with_facility",
            _("{part} of {whole}"),
            1.0,
        ),
    )
    rows = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(_of(rates[part] / scale, rates[whole] / scale, unit))}</td>"
        f"<td>{_percent(rates[ratio])}</td></tr>"
        for label, whole, part, ratio, unit, scale in lines
    )
    return card(
        _("Covered"),
        f'<div class="rate-main"><b>{share}{sign}</b><span>{escape(whom)}'
        f"<small>{escape(main)}</small></span></div>{_stack(coverage, shown)}{_uncounted(rates)}"
        f"{_counted_how(study, rates, shown)}"
        f'<table class="rates">{rows}</table>{_target(coverage.circle, study)}',
    )


def _covered(rates: Mapping[str, Any], circle: Circle, shown: Disclosure) -> tuple[str, str]:
    """Return how many elders are covered and their share; a share of hidden counts would tell them."""
    whole, part = shown.mark("elders"), shown.mark("covered", circle.id)
    if whole == part == SHOWN:
        main = _of(rates["elders_covered"], rates["elders"], _("{part} of {whole} people"))
        return main, percent_text(rates["share_elders"])
    words = _("covered: {part}; in all: {whole}")
    return words.format(
        part=shown.people(rates["elders_covered"], part), whole=shown.people(rates["elders"], whole)
    ), "–"


def _uncounted(rates: Mapping[str, Any]) -> str:
    number = rates.get("compounds_without_elders", 0)
    if not number:
        return ""
    words = _("Without the elders of {count} compounds, whose number is not known.").format(count=number)
    return f'<p class="target">{escape(words)}</p>'


def _counted_how(study: Study, rates: Mapping[str, Any], shown: Disclosure) -> str:
    """Return whom the elders count, and how many of them are estimated."""
    words = [_("People counted: {basis}.").format(basis=basis_text(study.elder_basis))]
    if number := rates.get("elders_estimated", 0):
        told = _("Estimated from totals of areas: {people}.")
        words.append(told.format(people=shown.people(number, shown.mark("estimated"))))
    return "".join(f'<p class="target">{escape(line)}</p>' for line in words)


def _percent(share: float) -> str:
    text = percent_text(share)
    return text if text == "–" else f"{text}%"


def _counted(coverage: CircleCoverage) -> dict[str, tuple[int, float]]:
    elders = pd.to_numeric(coverage.table["elders_60"], errors="coerce").astype("float64")
    counted = {}
    for verdict in VERDICTS:
        rows = coverage.table["verdict"] == verdict
        counted[verdict] = int(rows.sum()), float(elders[rows].sum(min_count=1)) if rows.any() else 0.0
    return counted


def _stack(coverage: CircleCoverage, shown: Disclosure) -> str:
    """Return the bar of verdicts; what may not be shown is one grey part, as long as anybody could work out."""
    people = {verdict: count for verdict, (_rows, count) in _counted(coverage).items() if count > 0}
    total = sum(people.values())
    if not total or shown.mark("elders") != SHOWN:
        return ""
    people = {verdict: n for verdict, n in people.items() if shown.mark(verdict, coverage.circle.id) == SHOWN}
    bars, x = '<rect width="100%" height="16" fill="#c9c3b4"/>' if sum(people.values()) < total else "", 0.0
    for verdict, count in people.items():
        width = count / total * 100
        bars += f'<rect x="{x:.3f}%" width="{width:.3f}%" height="16" fill="url(#verdict-{verdict})"/>'
        x += width
    return f'<svg class="stack" aria-hidden="true">{bars}</svg>'


def _target(circle: Circle, study: Study) -> str:
    target = circle.target("communities_with_facility")
    if target is None:
        none = _("The document sets no share and no year to reach.")
        return f'<p class="target">{escape(none)}</p>'
    words = _("Target: {share} of communities with a facility by {date}").format(
        share=_percent(target.value), date=target.due.isoformat()
    )
    late = _("the day has passed") if target.state(study.as_of) == "overdue" else ""
    return f'<p class="target">{escape(words)} <b>{escape(late)}</b></p>'


def _verdicts(coverage: CircleCoverage, study: Study, shown: Disclosure) -> str:
    limit = limit_text(coverage.circle)
    meanings = {
        "pass": _("≤ {limit}, even for a frail walker").format(limit=limit),
        "fragile": _("≤ {limit} for the {walker}, not for a frail one").format(
            limit=limit, walker=walker_name(study.walker.name)
        ),
        "fail": _("> {limit}, or there is no such facility in use").format(limit=limit),
        "unknown": _("no way is found in the data: neither held nor failed"),
    }
    rows = "".join(
        f"<tr><td>{swatch(verdict)}</td><td><b>{escape(verdict_word(verdict))}</b><small>{escape(meanings[verdict])}</small></td>"
        f"<td>{compounds:,}</td>"
        f"<td>{escape(shown.number(elders, shown.mark(verdict, coverage.circle.id)))}</td></tr>"
        for verdict, (compounds, elders) in _counted(coverage).items()
    )
    counted = "".join(f"<th>{escape(words)}</th>" for words in (_("compounds"), _("aged 60+")))
    top = f"<tr><th></th><th></th>{counted}</tr>"
    hidden = f'<p class="target">{escape(shown.note)}</p>' if shown.note else ""
    return card(_("Verdicts"), f'<table class="verdicts">{top}{rows}</table>{hidden}')


def line_sign(name: str) -> str:
    """Return a line of `LINES` for the legend."""
    look = LINES[name]
    dash = f' stroke-dasharray="{look["dashArray"]}"' if "dashArray" in look else ""
    return (
        f'<svg viewBox="0 0 28 20" aria-hidden="true"><path d="M1 10H27" stroke="{look["color"]}" '
        f'stroke-width="{look["weight"]}"{dash}/></svg>'
    )


def dot_sign(name: str) -> str:
    """Return a dot of `LINES` for the legend."""
    look = LINES[name]
    return (
        '<svg viewBox="0 0 28 20" aria-hidden="true"><circle cx="14" cy="10" r="4" '
        f'fill="{look["fillColor"]}" stroke="{look["color"]}" stroke-width="1.4"/></svg>'
    )


def _signs(study: Study, streets: Streets, kinds: Sequence[tuple[str, bool]]) -> str:
    items = [(badge(kind, in_use=True), kind_name(kind), "") for kind in dict.fromkeys(kind for kind, _in_use in kinds)]
    if any(not in_use for _kind, in_use in kinds):
        items.append((badge("", in_use=False), _("not in use: does not count"), "wide"))
    named = {"street": _("street"), "walk": _("footpath"), "steps": _("steps")}
    drawn = [feature["properties"]["look"] for feature in streets.features]
    items += [(line_sign(look), named[look], "") for look in drawn]
    if "barriers" in study.layers:
        items.append((line_sign("barrier"), _("barrier"), ""))
    if "areas" in study.layers:
        items.append((line_sign("area"), _("boundary"), ""))
    if "gates" in study.layers:
        items.append((dot_sign("gate"), _("gate"), ""))
        if not study.layers["gates"]["open"].astype("boolean").fillna(True).all():
            items.append((dot_sign("gate_shut"), _("gate, shut"), ""))
    rows = "".join(f'<li class="{wide}">{sign}{escape(words)}</li>' for sign, words, wide in items)
    return card(_("Signs"), f'<ul class="signs">{rows}</ul>')


def _basis(circle: Circle, study: Study, streets: Streets) -> str:
    document = circle.document
    speed = study.walker.speed_mps
    end = document.in_force_to.isoformat() if document.in_force_to else _("no end stated")
    valid = _("{start} to {end}, {state}").format(
        start=document.in_force_from.isoformat(), end=end, state=_(VALID[document.state(study.as_of)])
    )
    walker = _("{walker}, {speed:g} m/s on the flat: {metres:,.0f} m in {limit}").format(
        walker=walker_name(study.walker.name),
        speed=speed,
        metres=speed * circle.limit_s,
        limit=limit_text(circle),
    )
    text = _("{how}, checked {date}").format(how=_(OBTAINED[document.obtained]), date=document.checked.isoformat())
    rows = [
        (_("Standard"), f"{escape(document.number)}<br>{escape(document.title)}"),
        (_("Clause"), f"{escape(circle.clause)}<q>{escape(circle.quote)}</q>"),
        (_("Valid"), escape(valid)),
        (_("Text"), escape(text)),
        (_("Walker"), escape(walker)),
        (_("Data of"), escape(study.as_of.isoformat())),
        (_("Coordinates"), escape(crs_name(study.crs).replace("CGCS2000", _("CGCS2000")))),
        (_("Streets"), _streets_words(study, streets)),
    ]
    notes = "".join(f"<li>{escape(note)}</li>" for note in circle.notes)
    more = escape(_("What the document leaves open"))
    opened = f"<details open><summary>{more}</summary><ul>{notes}</ul></details>" if notes else ""
    body = "".join(f"<dt>{escape(label)}</dt><dd>{words}</dd>" for label, words in rows)
    return card(_("Basis"), f'<dl class="basis">{body}</dl>{opened}')


def _streets_words(study: Study, streets: Streets) -> str:
    source = street_source(study)
    if streets.drawn == streets.total:
        return escape(source)
    left_out = _(
        "Drawn: {drawn:,} of {total:,} pieces, those within {metres:,.0f} m of a compound; all were used."
    ).format(drawn=streets.drawn, total=streets.total, metres=streets.within_m)
    return f"{escape(source)}<br>{escape(left_out)}"

"""Write the board's side bar on a plan: the four figures, the sentence for the committee, sites, curve, other plans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from planner.i18n import _
from planner.present.colours import swatch
from planner.present.offline import escape
from planner.present.panels import OBTAINED, card, dot_sign, percent_text, walker_name
from planner.present.plans.counts import STATES, PlanCounts
from planner.present.plans.curves import drawn
from planner.present.plans.features import loss_words, site_names
from planner.present.plans.wording import STATE_WORDS, asked_words, circles_words, computed, open_sentence, use_words
from planner.present.popups import limit_text

if TYPE_CHECKING:
    from planner.siting import Plan
    from planner.siting.choosing import Choice
    from planner.standards import Circle
    from planner.study import Study


def tab(study: Study, choice: Choice) -> tuple[str, str, str]:
    """Return the word on the tab, the line above the title, and the title."""
    line = _("{study} · data of {date} · {walker} {speed} m/s · {circles}")
    line = line.format(
        study=study.name,
        date=study.as_of.isoformat(),
        walker=walker_name(study.walker.name),
        speed=study.walker.speed_mps,
        circles=circles_words(choice.plan),
    )
    number = len(choice.plan.table)
    title = _("Siting: {number} new site") if number == 1 else _("Siting: {number} new sites")
    if choice.plan.status == "infeasible":
        title = _("Siting: there is no plan")
    return _("Siting"), line, title.format(number=number)


def side(study: Study, choice: Choice, counts: PlanCounts) -> tuple[str, str]:
    """Return what stands above the signs of the map, and below.

    Parameters
    ----------
    study
        What was studied.
    choice
        The plan, and what is told of it.
    counts
        Its counts of elders, as they may be shown.
    """
    if choice.plan.status == "infeasible":
        return _sentence(choice, counts) + _figures(counts), _basis(study, choice, publish=counts.shown.publish)
    public = counts.shown.publish
    parts = [
        _figures(counts),
        _sentence(choice, counts),
        _sites(study, choice, counts),
        "" if public else _curve(choice, counts),
        "" if public else _others(study, choice, counts),
    ]
    return "".join(parts), _basis(study, choice, publish=public)


def _figures(counts: PlanCounts) -> str:
    """Return the four figures as a bar and as rows, with the share of all elders."""
    found = {state: counts.state(state) for state in STATES}
    whole = counts.all
    total = sum(one.told for one in found.values())
    bars, x = "", 0.0
    for state, one in found.items():
        width = one.told / total * 100 if total else 0.0
        bars += f'<rect x="{x:.3f}%" width="{width:.3f}%" height="16" fill="url(#verdict-plan-{state})"/>'
        x += width
    rows = ""
    for state, one in found.items():
        share = percent_text(one.value / whole.value) if one.shown and whole.shown and whole.value else "–"
        part = share if share == "–" else f"{share}%"
        rows += (
            f"<tr><td>{swatch(f'plan-{state}')}</td><td><b>{escape(_(STATE_WORDS[state]))}</b></td>"
            f"<td>{escape(one.text)}</td><td>{part}</td></tr>"
        )
    aged = escape(_("aged 60+"))
    top = f"<tr><th></th><th></th><th>{aged}</th><th></th></tr>"
    all_words = escape(_("in all"))
    rows += f'<tr class="sum"><td></td><td>{all_words}</td><td>{escape(whole.text)}</td><td></td></tr>'
    notes = [_("Everybody is counted once for each circle.")] if len(counts.reached) > 1 else []
    if not counts.by_reach:
        notes.append(_("The figures count whom the sites can hold; the colours show who is within reach of them."))
    if not all(one.shown for one in found.values()):
        notes += [
            _("≥ stands where a small count could be had from the full one: it adds up the compounds that are shown."),
            counts.shown.note,
        ]
    note = "".join(f'<p class="target">{escape(line)}</p>' for line in notes)
    body = f'<svg class="stack" aria-hidden="true">{bars}</svg><table class="verdicts plan">{top}{rows}</table>{note}'
    return card(_("Whom the plan reaches"), body)


def _sentence(choice: Choice, counts: PlanCounts) -> str:
    lines = [f'<p class="sentence">{escape(open_sentence(choice.plan, counts))}</p>']
    asked = _("Asked: {question}.").format(question=asked_words(choice.settings))
    lines.append(f'<p class="target">{escape(asked)}</p>')
    return card(_("For the committee"), "".join(lines))


def _sites(study: Study, choice: Choice, counts: PlanCounts) -> str:
    """Return the sites in their order with what each adds and costs."""
    names, table = site_names(study), choice.plan.table
    costs = table["cost_cny"].astype("float64")
    priced = bool((costs > 0).any())
    phased, several = "phase" in table.columns and table["phase"].nunique() > 1, len(counts.reached) > 1
    rows = ""
    for site, row in table.iterrows():
        must = site in choice.settings.required or bool(study.layers["candidates"]["required"].get(site) is True)
        small = [str(site)]
        small += [use_words(str(row["use"]))] if several and row.get("use") else []
        small += [str(row["way"])] if row.get("way") else []
        small += [str(row["year"] or row["phase"])] if phased else []
        small += [_("must be chosen")] if must else []
        cost = f"<td>{float(row['cost_cny']) / 1e4:,.1f}</td>" if priced else ""
        rows += (
            f'<tr><td><i class="order">{int(row["order"])}</i></td><td>{escape(names[str(site)])}'
            f"<small>{escape(' · '.join(small))}</small></td><td>{escape(counts.added(str(site)).text)}</td>{cost}</tr>"
        )
    heads = ["", "", _("adds"), *([_("×10⁴ CNY")] if priced else [])]
    top = "".join(f"<th>{escape(words)}</th>" for words in heads)
    total = f"<td>{choice.plan.cost / 1e4:,.1f}</td>" if priced else ""
    words = escape(_("in all"))
    rows += f'<tr class="sum"><td></td><td>{words}</td><td>{escape(counts.state("added").text)}</td>{total}</tr>'
    show = escape(_("Candidates that were not chosen"))
    sign = dot_sign("rejected")
    button = f'<button type="button" class="switch" data-hides-plan aria-pressed="true">{sign}{show}</button>'
    told = _("In the order in which they add most; each line adds to those above it.")
    foot = f'<p class="target">{escape(told)}</p>{button}'
    return card(_("The sites in their order"), f'<table class="sites"><tr>{top}</tr>{rows}</table>{foot}')


def _curve(choice: Choice, counts: PlanCounts) -> str:
    picture = drawn(choice, counts)
    return card(_("What more or fewer sites would bring"), picture) if picture else ""


def _others(study: Study, choice: Choice, counts: PlanCounts) -> str:
    """Return other plans that are as good, or nearly."""
    if not choice.alternatives:
        return ""
    names, rows = site_names(study), ""
    for one in choice.alternatives:
        change = _("{new} in place of {old}").format(
            new=_(", ").join(names.get(str(site), str(site)) for site in one.sites_in) or _("none"),
            old=_(", ").join(names.get(str(site), str(site)) for site in one.sites_out) or _("none"),
        )
        rows += f"<li>{escape(change)}<small>{escape(_loss(choice, counts, one.plan, one.loss))}</small></li>"
    equal = sum(not one.loss for one in choice.alternatives)
    words = (
        _("{number} as good as the plan; the declared order decided.").format(number=equal)
        if equal
        else _("None of those looked for is as good.")
    )
    told = f'<p class="target">{escape(words)}</p>'
    return card(_("Other plans"), f'{told}<ol class="others">{rows}</ol>')


def _loss(choice: Choice, counts: PlanCounts, other: Plan, loss: float) -> str:
    if not loss:
        return _("as good")
    if choice.plan.unit in {"elders", "elder_counts"}:
        there = counts.with_plan(other)
        if not there.shown or not counts.value.shown or math.isnan(there.value):
            return _("some people lost; the number is not shown")
    return loss_words(choice, counts, loss)


def _basis(study: Study, choice: Choice, *, publish: bool) -> str:
    body = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(words)}</dd>"
        for label, words in computed(choice, doubts=choice.plan.doubts(), publish=publish)
    )
    done = card(_("How it was computed"), f'<dl class="basis">{body}</dl>')
    return done + "".join(_document(study, one) for one in choice.plan.circles)


def _document(study: Study, circle: Circle) -> str:
    document = circle.document
    text = _("{how}, checked {date}").format(how=_(OBTAINED[document.obtained]), date=document.checked.isoformat())
    walker = _("{walker}, {speed:g} m/s on the flat: {metres:,.0f} m in {limit}").format(
        walker=walker_name(study.walker.name),
        speed=study.walker.speed_mps,
        metres=study.walker.speed_mps * circle.limit_s,
        limit=limit_text(circle),
    )
    rows = [
        (_("Standard"), f"{escape(document.number)}<br>{escape(document.title)}"),
        (_("Clause"), f"{escape(circle.clause)}<q>{escape(circle.quote)}</q>"),
        (_("Text"), escape(text)),
        (_("Walker"), escape(walker)),
        (_("Data of"), escape(study.as_of.isoformat())),
    ]
    body = "".join(f"<dt>{escape(label)}</dt><dd>{words}</dd>" for label, words in rows)
    return card(circle.name, f'<dl class="basis">{body}</dl>')

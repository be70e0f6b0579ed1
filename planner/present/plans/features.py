"""Draw a plan on the board: numbered sites, the candidates that were not chosen, and what becomes of each compound."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from planner.i18n import _
from planner.present.colours import swatch
from planner.present.drawing import Feature, Projection
from planner.present.features import rows_of
from planner.present.offline import escape
from planner.present.plans.counts import PlanCounts
from planner.present.plans.wording import STATE_WORDS, money, use_words
from planner.present.popups import minutes_text, popup_row, text_of, whole_number
from planner.present.suppression import SHOWN
from planner.present.symbols import site_pin

if TYPE_CHECKING:
    from planner.present.plans.reach import Reached
    from planner.siting.choosing import Choice
    from planner.study import Study

# The worst that befalls a compound under several circles is its colour.
_WORST = ("uncoverable", "uncovered", "added", "before")


def site_names(study: Study) -> dict[str, str]:
    """Return the name of each candidate by its id, the id where it has none."""
    return {str(row.Index): text_of(row.name) or str(row.Index) for row in study.layers["candidates"].itertuples()}


def site_places(study: Study, projection: Projection) -> dict[str, list[float]]:
    """Return latitude and longitude of each candidate, by ``site:`` and its id."""
    found = {}
    for row in rows_of(study, "candidates"):
        point = projection.degrees(shapely.point_on_surface(row.geometry))
        found[f"site:{row.Index}"] = [point.y, point.x]
    return found


def pins(choice: Choice) -> dict[str, str]:
    """Return the pins that the features of the sites name, as inline SVG."""
    return {f"site/{order}": site_pin(int(order)) for order in choice.plan.table["order"]}


def homes(study: Study, projection: Projection, counts: PlanCounts) -> list[Feature]:
    """Return the compounds in the colour of what the plan does for them.

    Parameters
    ----------
    study
        Its compounds give names and shapes.
    projection
        Carries the study's metres to degrees.
    counts
        Of the plan, with whom it reaches.
    """
    names, features = site_names(study), []
    for place, row in enumerate(study.layers["compounds"].itertuples()):
        if row.geometry is None or row.geometry.is_empty:
            continue
        states = [one.states[place] for one in counts.reached]
        worst = next(state for state in _WORST if state in states)
        nearest = next((one.nearest[place] for one in counts.reached if one.nearest[place]), "")
        name = text_of(row.name) or str(row.Index)
        people = counts.shown.people(row.elders_60, counts.shown.compounds.get(str(row.Index), SHOWN))
        rows = [_walk(one, place, names, several=len(counts.reached) > 1) for one in counts.reached]
        rows.append(popup_row(_("Aged 60 and over"), escape(people)))
        area = _(", ").join(part for part in (text_of(row.community), text_of(row.street)) if part)
        word = escape(_(STATE_WORDS[worst]))
        popup = (
            f"<header><h3>{escape(name)}</h3><p>{escape(area)}</p>"
            f'<span class="verdict">{swatch(f"plan-{worst}")}{word}</span></header><table>{"".join(rows)}</table>'
        )
        features.append(
            projection.feature(
                row.geometry, look=f"plan-{worst}", tip=f"{escape(name)} · {word}", popup=popup, to=f"site:{nearest}"
            )
        )
    return features


def _walk(one: Reached, place: int, names: dict[str, str], *, several: bool) -> str:
    """Say what becomes of a compound within a circle, and how far it is to the nearest new site."""
    state = escape(_(STATE_WORDS[one.states[place]]))
    said = popup_row(one.circle.name, state) if several else ""
    site, seconds = one.nearest[place], float(one.seconds[place])
    if not site or not math.isfinite(seconds):
        return said
    time = _("{minutes} min").format(minutes=minutes_text(seconds / 60, one.circle.limit_min))
    return said + popup_row(_("Nearest new site"), f"{escape(names[site])}<small>{escape(time)}</small>")


def sites(study: Study, projection: Projection, choice: Choice, counts: PlanCounts) -> list[Feature]:
    """Return the new sites as numbered pins, each with what it adds and what could take its place.

    Parameters
    ----------
    study
        Its candidates give names and places.
    projection
        Carries the study's metres to degrees.
    choice
        The plan and its explanation.
    counts
        Its counts.
    """
    table, names = choice.plan.table, site_names(study)
    candidates, features = study.layers["candidates"], []
    for site in reversed(table.index.tolist()):  # the first lies on top
        row, order = table.loc[site], int(table["order"][site])
        if candidates.geometry[site] is None or candidates.geometry[site].is_empty:
            continue
        popup = _site_popup(choice, counts, site, row, candidates.loc[site], names)
        features.append(
            projection.feature(
                shapely.point_on_surface(candidates.geometry[site]),
                icon=f"site/{order}",
                extra="site",
                pin=True,
                tip=f"{order} · {escape(names[site])}",
                popup=popup,
            )
        )
    return features


def _site_popup(choice: Choice, counts: PlanCounts, site: str, row: Any, candidate: Any, names: dict[str, str]) -> str:
    order = int(row["order"])
    use = text_of(row["use"]) if "use" in row.index and text_of(row["use"]) else text_of(candidate["use"])
    phased = "phase" in choice.plan.table.columns and len(set(choice.plan.table["phase"])) > 1
    adds, total, only = (one.people for one in (counts.added(site), counts.total(site), counts.only(site)))
    beyond = escape(_("beyond those before it in this order"))
    rows = [
        popup_row(_("Adds"), f"<b>{escape(adds)}</b><small>{beyond}</small>"),
        popup_row(_("Within its reach"), escape(total)),
        popup_row(_("Only it reaches"), escape(only)),
        *_explained(choice, counts, site, names),
        popup_row(_("Cost"), "" if pd.isna(candidate["cost_cny"]) else escape(money(float(row["cost_cny"])))),
        popup_row(_("Use"), escape(use_words(use)) if use else ""),
        popup_row(_("Way"), escape(text_of(row["way"])) if "way" in row.index else ""),
        popup_row(_("Year"), escape(text_of(row["year"]) or str(row["phase"])) if phased else ""),
        popup_row(_("Premises"), escape(_premises(candidate))),
        popup_row(_("Meals a day"), _number(candidate["meals_per_day"])),
        popup_row(_("Day-care places"), _number(candidate["places"])),
    ]
    must = site in choice.settings.required or (not pd.isna(candidate["required"]) and bool(candidate["required"]))
    note = _("it had to be chosen") if must else _("proposed; it decides nothing")
    return (
        f"<header><h3>{site_pin(order)}{escape(names[site])}</h3><p>{escape(site)} · {escape(note)}</p></header>"
        f"<table>{''.join(rows)}</table>"
    )


def _premises(candidate: Any) -> str:
    area = candidate["floor_area_m2"]
    size = "" if pd.isna(area) else _("{area:,.0f} m²").format(area=float(area))
    return _(", ").join(part for part in (text_of(candidate["tenure"]), size) if part)


def _number(value: Any) -> str:
    return "" if pd.isna(value) else whole_number(value)


def _explained(choice: Choice, counts: PlanCounts, site: str, names: dict[str, str]) -> list[str]:
    """Say what could take the place of a site and what is lost by it, where that may be told."""
    if choice.explanation is None or counts.shown.publish:
        return []
    row: Any = choice.explanation.chosen.loc[site]
    told: list[str] = []
    if row["required"]:
        return told
    replacement = text_of(row["replacement"])
    if replacement:
        use, way = (text_of(row.get(f"replacement_{one}", "")) for one in ("use", "way"))
        loss = _loss_here(choice, counts, site, replacement, float(row["loss"]), use=use)
        more = [use_words(use)] if use and len(counts.reached) > 1 else []
        instead = " · ".join([names.get(replacement, replacement), *more, *([way] if way else [])])
        told.append(popup_row(_("Next best here"), f"{escape(instead)}<small>{escape(loss)}</small>"))
    else:
        told.append(popup_row(_("Next best here"), escape(_("no other site makes up for any of it"))))
    twins = [names.get(one, one) for one in text_of(row["twins"]).split(";") if one]
    if twins:
        told.append(popup_row(_("As good"), escape(_(", ").join(twins))))
    return told


def _loss_here(choice: Choice, counts: PlanCounts, site: str, replacement: str, loss: float, *, use: str) -> str:
    """Say what a replacement loses; of elders, only what may be told."""
    if choice.plan.unit not in {"elders", "elder_counts"} or not loss or not counts.shown.below:
        return loss_words(choice, counts, loss)
    found = counts.loss(site, replacement, use)
    if found.shown and abs(found.value - loss) < 0.5:
        return loss_words(choice, counts, loss)
    return _("some people lost; the number is not shown")


def loss_words(choice: Choice, counts: PlanCounts, loss: float) -> str:
    """Say what a loss comes to, in the plan's unit."""
    if math.isnan(loss):
        return _("without it there is no plan")
    if math.isinf(loss):
        return _("no plan with it was found")
    if not loss:
        return _("nothing is lost")
    below = counts.shown.below
    if choice.plan.unit == "share" and below:  # of a district of known size it tells a number of people
        return _("some people lost; the number is not shown")
    if choice.plan.unit not in {"sites", "money", "share"} and 0 < loss < below:
        return _("{amount} lost").format(amount=_("fewer than {below} people").format(below=below))
    return _("{amount} lost").format(amount=choice.plan.amount(loss))


def rejected(study: Study, projection: Projection, choice: Choice, counts: PlanCounts) -> list[Feature]:
    """Return the candidates that were not chosen, each with why, and what forcing it in would cost.

    Parameters
    ----------
    study, projection, choice, counts
        As for `sites`. For the public, what forcing a site in would cost is left out.
    """
    names, features = site_names(study), []
    chosen = set(choice.plan.table.index)
    told = None if choice.explanation is None else choice.explanation.rejected
    asked = [one.circle for one in counts.reached]
    for row in rows_of(study, "candidates"):
        site = str(row.Index)
        if site in chosen or (told is not None and site not in told.index):
            continue
        use = text_of(row.use)
        rows = [] if told is None else _why(choice, counts, told.loc[site])
        rows += [
            popup_row(_("Cost"), "" if pd.isna(row.cost_cny) else escape(money(float(row.cost_cny)))),
            popup_row(_("Use"), escape(use_words(use)) if use else ""),
        ]
        purpose = _("not chosen for: {circles}").format(circles=_(", ").join(one.name for one in asked))
        popup = (
            f"<header><h3>{escape(names[site])}</h3><p>{escape(site)} · {escape(purpose)}</p></header>"
            f"<table>{''.join(rows)}</table>"
        )
        features.append(
            projection.feature(
                shapely.point_on_surface(row.geometry), look="rejected", tip=escape(names[site]), popup=popup
            )
        )
    return features


def _why(choice: Choice, counts: PlanCounts, row: Any) -> list[str]:
    rows = [popup_row(_("Why"), escape(text_of(row["why"])))]
    if counts.shown.publish or row["reason"] in {"forbidden", "too_dear"}:
        return rows
    least, most = float(row["loss_at_least"]), float(row["loss_at_most"])
    if math.isnan(most):
        return rows
    if math.isinf(most) or least < most:
        words = _("at least: {least}; at most: {most}").format(
            least=loss_words(choice, counts, least), most=loss_words(choice, counts, most)
        )
    else:
        words = loss_words(choice, counts, most)
    return [*rows, popup_row(_("Forced in"), escape(words))]

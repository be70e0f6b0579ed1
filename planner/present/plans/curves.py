"""Draw what every number of sites, or every budget, would bring, as an inline SVG with its figures below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.i18n import _
from planner.present.offline import escape
from planner.present.panels import percent_text
from planner.present.plans.counts import Count, PlanCounts

if TYPE_CHECKING:
    from planner.siting import Curve
    from planner.siting.choosing import Choice

_WIDE, _HIGH = 324, 186
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 18, 14, 34
_LINE, _BOUND, _CHOSEN = "#12355b", "#9fb6c4", "#d9480f"


@dataclass(frozen=True)
class Point:
    """A point of the curve.

    Parameters
    ----------
    limit
        Sites, or money.
    count
        Elders within reach.
    bound
        No plan reaches more.
    proven
        Whether none reaches more than the count.
    """

    limit: float
    count: Count
    bound: float
    proven: bool


def points(choice: Choice, counts: PlanCounts) -> list[Point]:
    """List the points of a curve whose counts may be told, as they may be told.

    Parameters
    ----------
    choice
        A plan with its curve.
    counts
        Of the plan.
    """
    found: list[Point] = []
    if choice.curve is None:
        return found
    table = choice.curve.table
    for plan, limit, bound, status in zip(
        choice.curve.plans, table.index, table["bound"], table["status"], strict=True
    ):
        if plan.status == "infeasible":
            continue
        count = counts.with_plan(plan)
        if counts.shown.below and not count.shown and not count.least:
            continue
        top = count.told if status == "optimal" else max(float(bound), count.told)
        found.append(Point(float(limit), count, top, status == "optimal"))
    return found


def drawn(choice: Choice, counts: PlanCounts) -> str:
    """Return the curve with its elbow and the plan marked, and its figures; empty where there is nothing to draw.

    Parameters
    ----------
    choice
        A plan with its curve.
    counts
        Of the plan.
    """
    found = points(choice, counts)
    if choice.curve is None or len(found) < 2 or not _of_elders(choice.curve):
        return ""
    by_cost = choice.settings.budget_cny is not None or choice.settings.least == "cost"
    scale = 1e4 if by_cost else 1.0
    limits = [one.limit / scale for one in found]
    low = min(one.count.told for one in found)
    low, high = min(low, counts.state("before").told), max(one.bound for one in found)
    if high <= low:
        return ""
    frame = _Frame(min(0.0, *limits) if by_cost else min(limits), max(limits), low, high)
    chosen = (choice.plan.cost if by_cost else float(len(choice.plan.sites))) / scale
    elbow = None if choice.curve.elbow is None else choice.curve.elbow / scale
    words = _("new sites") if not by_cost else _("cost of new sites, ×10⁴ CNY")
    several = len(counts.reached) > 1
    title = escape(_("Elders within reach, once for each circle") if several else _("Elders within reach"))
    svg = (
        f'<svg class="curve" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{title}">'
        f"{_axes(frame, words, whole=not by_cost)}{_area(frame, limits, found)}{_lines(frame, limits, found)}"
        f"{_marks(frame, limits, found, elbow, chosen, counts.value.told)}</svg>"
    )
    told = _("Elbow: {limit}. Beyond it, more brings less than on the average of the whole curve.")
    elbow_words = "" if elbow is None else told.format(limit=_limit_words(choice.curve.elbow or 0.0, by_cost=by_cost))
    legend = _legend(elbow=elbow is not None, gap=not all(one.proven for one in found))
    said = "".join(f'<p class="target">{escape(line)}</p>' for line in (elbow_words,) if line)
    return f"{svg}{legend}{said}{_figures(found, counts, by_cost=by_cost)}"


def _of_elders(curve: Curve) -> bool:
    """Tell whether what is made as large as can be is the number of elders within reach, for the study's own walker."""
    return all(
        abs(one.value - one.elders_before - one.elders_added) <= 0.5
        for one in curve.plans
        if one.status in {"optimal", "gap"}
    )


def _limit_words(limit: float, *, by_cost: bool) -> str:
    if by_cost:
        return _("{amount} ×10⁴ CNY").format(amount=f"{limit / 1e4:,.0f}")
    return _("{number} sites").format(number=f"{limit:,.0f}")


@dataclass(frozen=True)
class _Frame:
    """Carries figures to places in the drawing."""

    left: float
    right: float
    low: float
    high: float

    def x(self, limit: float) -> float:
        span = self.right - self.left or 1.0
        return _LEFT + (limit - self.left) / span * (_WIDE - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HIGH - _BOTTOM - (value - self.low) / (self.high - self.low) * (_HIGH - _TOP - _BOTTOM)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Choose round numbers between two ends.

    Examples
    --------
    >>> ticks(8991, 11422, 5), ticks(1, 10, 6)
    ([9000.0, 9500.0, 10000.0, 10500.0, 11000.0], [2.0, 4.0, 6.0, 8.0, 10.0])
    """
    raw = (high - low) / max(most - 1, 1)
    if raw <= 0:
        return [low]
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= raw * 0.82)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _axes(frame: _Frame, words: str, *, whole: bool) -> str:
    parts = []
    for value in ticks(frame.low, frame.high, 5):
        y = frame.y(value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDE - _RIGHT}" stroke="#eee9dd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>')
    for limit in ticks(frame.left, frame.right, 7):
        if whole and limit != round(limit):
            continue
        parts.append(
            f'<text x="{frame.x(limit):.1f}" y="{_HIGH - _BOTTOM + 15}" text-anchor="middle">{limit:,.0f}</text>'
        )
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HIGH - 4}" text-anchor="middle">{escape(words)}</text>')
    parts.append(f'<path d="M{_LEFT} {_TOP - 6}V{_HIGH - _BOTTOM}H{_WIDE - _RIGHT}" stroke="#8592a0" fill="none"/>')
    return "".join(parts)


def _path(frame: _Frame, limits: Sequence[float], values: Sequence[float]) -> str:
    places = (f"{frame.x(limit):.1f} {frame.y(value):.1f}" for limit, value in zip(limits, values, strict=True))
    return "M" + "L".join(places)


def _area(frame: _Frame, limits: Sequence[float], found: Sequence[Point]) -> str:
    """Shade what is between value and bound: whether there is a better plan is not known there."""
    if all(one.proven for one in found):
        return ""
    there = _path(frame, limits, [one.bound for one in found])
    back = _path(frame, limits[::-1], [one.count.told for one in found][::-1])
    return f'<path d="{there}L{back[1:]}Z" fill="{_BOUND}" fill-opacity=".45"/>'


def _lines(frame: _Frame, limits: Sequence[float], found: Sequence[Point]) -> str:
    bound = ""
    if not all(one.proven for one in found):
        path = _path(frame, limits, [one.bound for one in found])
        bound = f'<path d="{path}" stroke="#5f7f95" stroke-width="1.2" stroke-dasharray="4 3" fill="none"/>'
    path = _path(frame, limits, [one.count.told for one in found])
    dots = "".join(
        f'<circle cx="{frame.x(limit):.1f}" cy="{frame.y(one.count.told):.1f}" r="2.2" fill="{_LINE}"/>'
        for limit, one in zip(limits, found, strict=True)
    )
    return f'{bound}<path d="{path}" stroke="{_LINE}" stroke-width="2" fill="none"/>{dots}'


def _marks(
    frame: _Frame, limits: Sequence[float], found: Sequence[Point], elbow: float | None, chosen: float, value: float
) -> str:
    marks = ""
    for limit, one in zip(limits, found, strict=True):
        if elbow is not None and math.isclose(limit, elbow):
            x, y = frame.x(limit), frame.y(one.count.told)
            marks += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" stroke="{_LINE}" stroke-width="1.8" fill="none"/>'
    if frame.left <= chosen <= frame.right:
        marks += (
            f'<circle cx="{frame.x(chosen):.1f}" cy="{frame.y(value):.1f}" r="4.4" fill="{_CHOSEN}" stroke="#fff" '
            'stroke-width="1.4"/>'
        )
    return marks


def _legend(*, elbow: bool, gap: bool) -> str:
    items = [
        (f'<circle cx="14" cy="10" r="4.6" fill="{_CHOSEN}"/>', _("this plan")),
        (f'<path d="M1 10H27" stroke="{_LINE}" stroke-width="2"/>', _("what the best plan found reaches")),
    ]
    if elbow:
        sign = f'<circle cx="14" cy="10" r="7" stroke="{_LINE}" stroke-width="1.8" fill="none"/>'
        items.insert(1, (sign, _("elbow")))
    if gap:
        sign = '<path d="M1 10H27" stroke="#5f7f95" stroke-width="1.4" stroke-dasharray="4 3"/>'
        items.append((sign, _("no plan reaches more")))
    rows = "".join(
        f'<li class="{"wide" if number > 1 or (not elbow and number) else ""}">'
        f'<svg viewBox="0 0 28 20" aria-hidden="true">{sign}</svg>{escape(words)}</li>'
        for number, (sign, words) in enumerate(items)
    )
    return f'<ul class="signs">{rows}</ul>'


def _figures(found: Sequence[Point], counts: PlanCounts, *, by_cost: bool) -> str:
    """Return the figures of the curve, to be opened."""
    head = (_("Cost, ×10⁴ CNY") if by_cost else _("Sites"), _("Within reach"), _("Gap"))
    rows = "".join(
        f"<tr><td>{one.limit / (1e4 if by_cost else 1):,.0f}</td><td>{escape(one.count.text)}</td>"
        f"<td>{_gap(one)}</td></tr>"
        for one in found
    )
    top = "".join(f"<th>{escape(words)}</th>" for words in head)
    title = escape(_("Figures of the curve"))
    return f'<details><summary>{title}</summary><table class="figures"><tr>{top}</tr>{rows}</table></details>'


def _gap(one: Point) -> str:
    if one.proven:
        return escape(_("proven"))
    return f"≤ {percent_text(math.ceil((one.bound - one.count.told) / one.bound * 1000) / 1000)}%"

"""Say of a plan what people may be told: the sentence for the committee, what was asked, and how it was computed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from planner.i18n import N_, _
from planner.present.panels import walker_name
from planner.present.popups import limit_text

if TYPE_CHECKING:
    from planner.present.plans.counts import PlanCounts
    from planner.siting import Plan
    from planner.siting.choosing import Choice
    from planner.studytables import SitingTable

STATE_WORDS = {
    "before": N_("within reach already"),
    "added": N_("added by the plan"),
    "uncovered": N_("still out of reach"),
    "uncoverable": N_("out of every candidate's reach"),
}
"""What becomes of elders under a plan, to be translated."""

STOPPED = {
    "proven": N_("ended with a proof"),
    "effort": N_("ended at the limits set on the work"),
    "time": N_("ended at the time limit"),
    "interrupted": N_("interrupted: the best plan until then"),
    "solver": N_("the solver failed: the best plan until then"),
}
"""What ended a search, to be translated."""

_USES = {"canteen": N_("canteen"), "day_care": N_("day care"), "both": N_("canteen and day care")}


def use_words(use: str) -> str:
    """Return what a site is for in words.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     use_words("both")
    'canteen and day care'
    """
    return _(", ").join(_(_USES[one]) if one in _USES else one for one in use.split(";"))


def money(amount: float) -> str:
    """Return an amount of money in ten thousand yuan.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     money(806_000)
    '80.6 ×10⁴ CNY'
    """
    return _("{amount} ×10⁴ CNY").format(amount=f"{amount / 1e4:,.1f}".removesuffix(".0"))


def asked_words(settings: SitingTable) -> str:
    """Say what limit was set.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.studytables import SitingTable
    >>> with language("en"):
    ...     asked_words(SitingTable(share=0.8))
    'the fewest new sites that bring 80% of all elders within reach'
    """
    return _("; ").join([_limit_words(settings), *_switch_words(settings)])


def _limit_words(settings: SitingTable) -> str:
    if settings.sites is not None:
        if isinstance(settings.sites, tuple):
            text = _("the most elders within reach of {sites} new sites by the end of each phase")
            return text.format(sites=_(", ").join(map(str, settings.sites)))
        return _("the most elders within reach of {sites} new sites").format(sites=settings.sites)
    if settings.budget_cny is not None:
        if isinstance(settings.budget_cny, tuple):
            text = _("the most elders within reach of what {budget} pay by the end of each phase")
            return text.format(budget=_(", ").join(map(money, settings.budget_cny)))
        text = _("the most elders within reach of what {budget} pay")
        return text.format(budget=money(settings.budget_cny))
    text = (
        _("the fewest new sites that bring {share} of all elders within reach")
        if settings.least == "sites"
        else _("the cheapest new sites that bring {share} of all elders within reach")
    )
    return text.format(share=_percent(settings.share or 0.0))


def _percent(share: float) -> str:
    return f"{round(share * 100, 6):g}%"


def _switch_words(settings: SitingTable) -> list[str]:
    """Say what was asked besides."""
    roles = (
        (_("with {sites} in any case"), settings.required),
        (_("without {sites}"), settings.forbidden),
        (_("{sites} may be given up"), tuple(settings.may_close)),
    )
    found = [text.format(sites=_(", ").join(ids)) for text, ids in roles if ids]
    if settings.saving_cny:
        found.append(_("{money} saved where both share a site").format(money=money(settings.saving_cny)))
    if settings.capacity:
        text = _("no site serves more than it holds, {share} of the elders coming on one day")
        found.append(text.format(share=_percent(settings.uptake)))
    if settings.fairest:
        found.append(_("first of all the largest share for the district that is served least"))
    if isinstance(settings.floors, dict):
        each = [f"{name} {share:.1%}" for name, share in settings.floors.items()]
        found.append(_("at least {shares} of the elders served").format(shares=_(", ").join(each)))
    elif settings.floors is not None:
        found.append(_("at least {share:.1%} of the elders of every district served").format(share=settings.floors))
    if settings.walkers:
        names = _(", ").join(walker_name(one) for one in settings.walkers)
        text = (
            _("for {walkers}: none falls far short of the best for it alone")
            if settings.robust == "regret"
            else _("for {walkers}: judged by the one for whom it is worst")
        )
        found.append(text.format(walkers=names))
    if settings.ways:
        names = _(", ").join(dict.fromkeys(way.name for way in settings.ways))
        text = _("by way of {ways}, rents at {rate:g} % a year")
        found.append(text.format(ways=names, rate=round(settings.discount_rate * 100, 6)))
    return found


def open_sentence(plan: Plan, counts: PlanCounts) -> str:
    """Return the sentence for the committee, without a number of elders where it may not be told.

    Parameters
    ----------
    plan
        The plan.
    counts
        Its counts.
    """
    secret = counts.shown.below and plan.unit not in {"sites", "money"}
    told = counts.value.shown and plan.value == counts.value.value
    if plan.status == "infeasible":
        return _("There is no plan.") if counts.shown.publish else plan.sentence
    if not secret or plan.status == "no_bound" or (plan.status == "optimal" and told):
        return plan.sentence
    if plan.status == "optimal":
        return _("Optimal, and proven: under the same conditions no plan is better.")
    if not counts.shown.publish and told:
        return plan.sentence
    text = _("Under the same conditions any plan is better by {gap:g} % at most.")
    return text.format(gap=math.ceil(plan.gap * 1000) / 10)


def computed(choice: Choice, *, doubts: tuple[str, ...], publish: bool = False) -> list[tuple[str, str]]:
    """Say how a plan was computed: what was asked, what decides between equals, the proof and who checked it.

    Parameters
    ----------
    choice
        The plan.
    doubts
        What of it does not hold when it is computed anew.
    publish
        Whether it is told to the public, to whom neither multipliers nor reasons are given.
    """
    plan = choice.plan
    record = plan.as_record()
    proof = _("none")
    if record.get("certificate") is not None:
        proof = (
            _("multipliers for every compound, kept with the internal plan: the bound is added up without a solver")
            if publish
            else _("multipliers for every compound, in plan.json: anybody can add up the bound without a solver")
        )
    beyond = record.get("solver")
    if plan.status == "infeasible":
        proof = _("told in the internal plan") if publish else _("the reasons above can be checked by adding up")
    order = _(", ").join(_(one) for one in plan.tie_break)
    rows = [
        (_("Asked"), asked_words(choice.settings)),
        (_("Of equals"), _("decided in this order: {order}").format(order=order)),
        (_("Proof"), proof),
        (
            _("Checked"),
            _("value, bound and status were computed anew without a solver and hold")
            if not doubts
            else _("does not hold: {doubts}").format(doubts=_("; ").join(doubts)),
        ),
        (_("Search"), _(STOPPED.get(plan.stopped, plan.stopped))),
    ]
    if beyond:
        rows.append((_("Solver"), str(beyond)))
    rows.append((_("Seed"), str(plan.seed)))
    return rows


def circles_words(plan: Plan) -> str:
    """Return the names of a plan's circles with their limits."""
    text = _("{circle} (≤ {limit})")
    return _(", ").join(text.format(circle=one.name, limit=limit_text(one)) for one in plan.circles)

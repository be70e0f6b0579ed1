"""Choose sites so that the longest walk to the nearest of them is as short as it can be, and prove it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.i18n import _
from planner.siting.asking import short_of, too_few
from planner.siting.certificate import Certificate, certify
from planner.siting.effort import Clock, Effort
from planner.siting.questions import Question
from planner.siting.search.covering import solve_cover
from planner.siting.siteplans import SitePlan, conclude, hopeless

_LAST_S = 1.0  # for any plan at all, once the time is over


def _covering(question: Question, radius: float) -> Question:
    """Ask for the fewest sites that bring everybody who counts within a radius."""
    weight = (question.weight > 0).astype(np.float64)
    return replace(
        question, model="cover", reach=question.reach.within(radius), weight=weight, purse=np.inf,
        need=float(weight.sum()))  # fmt: skip


def solve_center(question: Question, effort: Effort, *, clock: Clock | None = None) -> SitePlan:
    """Halve the walks that come into question until the shortest that the sites allow is left.

    Parameters
    ----------
    question, effort
        What is asked, and limits of the work.
    clock
        That runs already.
    """
    with clock or effort.clock() as clock:
        plan = _solved(question, effort, clock)
        clock.tell("end", plan.value, plan.bound, last=True)
        return plan


def _solved(question: Question, effort: Effort, clock: Clock) -> SitePlan:
    if reasons := short_of(question):
        return hopeless(question, reasons, seconds=clock.spent_s, seed=effort.seed)
    counts = question.weight[question.reach.demand] > 0
    radii = np.unique(np.concatenate([[0.0], question.reach.seconds[counts]]))
    certificate = certify(question, np.zeros(question.weight.size), radius=-1.0)
    low, high = 0, radii.size  # nothing below low is possible; high is, once it has been tried
    best: SitePlan | None = None
    found, open_below = 0.0, False
    while low < high and not clock.tell("search", np.nan if best is None else question.value(best.chosen), found):
        middle = (low + high) // 2
        plan = solve_cover(
            _covering(question, float(radii[middle])), effort, enough=question.purse, clock=clock.within()
        )
        if plan.status != "infeasible" and plan.value <= question.purse + 1e-9:
            best = plan
            # The longest walk of the plan may be shorter than what was asked for.
            high = min(middle, int(np.searchsorted(radii, question.value(plan.chosen) - 1e-6, side="left")))
            continue
        if plan.status != "infeasible" and plan.bound <= question.purse + 1e-9:
            open_below = True  # neither a plan nor a proof: go on above, and leave the bound where it is
        low = middle + 1
        if not open_below:
            found = float(radii[low]) if low < radii.size else np.inf
            certificate = _better(question, plan, float(radii[middle]), certificate)
    if best is None:
        return _without(question, effort, clock, certificate, proven=low >= radii.size and not open_below)
    return conclude(
        question, best.chosen, certificate, found=found, stopped=clock.why, seconds=clock.spent_s, seed=effort.seed
    )


def _without(question: Question, effort: Effort, clock: Clock, certificate: Certificate, *, proven: bool) -> SitePlan:
    """Tell that no plan was found: there is none, or the time was over."""
    if proven:
        reason = too_few(question)
        return hopeless(question, (reason,), seconds=clock.spent_s, seed=effort.seed)
    short = Effort(seed=effort.seed, time_limit_s=_LAST_S)
    everything = solve_cover(_covering(question, np.inf), short, enough=question.purse)
    if everything.status == "infeasible" or everything.value > question.purse:
        reason = _("no plan was found within the limits")
        return hopeless(
            question, (reason,), seconds=clock.spent_s, seed=effort.seed, status="no_bound", stopped=clock.why
        )
    return conclude(
        question, everything.chosen, certificate, stopped=clock.why, seconds=clock.spent_s, seed=effort.seed
    )


def _better(question: Question, plan: SitePlan, radius: float, certificate: Certificate) -> Certificate:
    """Take over the multipliers that show a radius to be too small, or show it by those whom nobody reaches."""
    if plan.certificate is not None:
        multipliers = plan.certificate.multipliers
    else:
        lost = (question.weight > 0) & ~plan.question.covered(question.fixed | question.free)
        multipliers = np.where(lost, question.purse + 1.0, 0.0)
    one = certify(question, multipliers, radius=radius)
    return one if one.bound > certificate.bound else certificate

"""Choose the sites that study.toml asks for, and gather what is told of the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from planner.complaints import reason_of
from planner.errors import Fault, InputError
from planner.i18n import _, language
from planner.siting.alternatives import Alternative, alternatives
from planner.siting.curves import curve
from planner.siting.effort import Effort
from planner.siting.explaining import explain
from planner.siting.models import LeastSites, MaxCover
from planner.siting.schemes.curves import curve_fault
from planner.siting.schemes.options import Way
from planner.siting.schemes.plan import SchemePlan
from planner.siting.siteplans import SitePlan
from planner.studytables import SitingTable

if TYPE_CHECKING:
    from planner.siting.curves import Curve
    from planner.siting.effort import Hear
    from planner.siting.explaining import Explanation
    from planner.siting.plans import Plan
    from planner.study import Study


LIMITS = ("sites", "budget_cny", "share")
"""Keys of ``[siting]`` of which exactly one is given."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A plan with everything that is told of it.

    Parameters
    ----------
    plan : Plan
        The plan.
    settings : SitingTable
        What was asked.
    explanation : Explanation or None
        Site by site; None where there is no plan.
    curve : Curve or None
        What other numbers of sites, or other budgets, would bring; None where that was not asked for, or where the plan
        has none: of several phases, of least regret, or with a budget for each service alone.
    alternatives : tuple of Alternative
        Other plans that are as good, or nearly, the best first.
    """

    plan: Plan
    settings: SitingTable
    explanation: Explanation | None = None
    curve: Curve | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing was left out because Ctrl-C was pressed."""
        return self.plan.stopped != "interrupted"


def asked(base: SitingTable | None, given: Mapping[str, Any]) -> SitingTable:
    """Put what was given on the spot over what study.toml asks for.

    Parameters
    ----------
    base
        ``[siting]`` of study.toml, None where there is none.
    given
        Keys of it with their values; one of sites, budget_cny and share takes the place of any that study.toml gives.

    Returns
    -------
    SitingTable

    Raises
    ------
    InputError
        With every fault of what then is asked.

    Examples
    --------
    >>> asked(SitingTable(share=0.8, least="cost", curve=False), {"sites": 3}).model_dump(exclude_defaults=True)
    {'sites': 3, 'curve': False}
    """
    settings = {} if base is None else base.model_dump(exclude_unset=True)
    if any(name in given for name in LIMITS):
        settings = {key: value for key, value in settings.items() if key not in {*LIMITS, "least", "years"}}
    try:
        return SitingTable.model_validate({**settings, **given})
    except ValidationError as error:
        faults: dict[str, Fault] = {}
        for problem in error.errors():  # of a key that may be one thing or another, each complains
            where = " ".join(["[siting]", *(str(part) for part in problem["loc"][:1])])
            what = reason_of(problem) or _("{key} is not known").format(key=problem["loc"][0])
            faults.setdefault(where, Fault(what, where=where))
        raise InputError(faults.values()) from error


def model_of(settings: SitingTable) -> MaxCover | LeastSites:
    """Build the model that settings ask for.

    Parameters
    ----------
    settings
        ``[siting]`` of study.toml.

    Returns
    -------
    MaxCover or LeastSites

    Examples
    --------
    >>> model_of(SitingTable(sites=5)).sites
    5
    >>> model_of(SitingTable(share=0.8, least="cost")).by_cost
    True
    """
    circle = settings.circles if len(settings.circles) > 1 else settings.circles[0]
    effort = Effort(time_limit_s=settings.time_limit_s)
    shared: dict[str, Any] = {
        "circle": circle, "saving": settings.saving_cny, "capacity": settings.capacity, "uptake": settings.uptake,
        "floors": settings.floors, "level": settings.level, "walkers": settings.walkers,
        "discount_rate": settings.discount_rate, "effort": effort,
    }  # fmt: skip
    if settings.share is not None:
        return LeastSites(share=settings.share, by_cost=settings.least == "cost", **shared)
    return MaxCover(
        sites=settings.sites,
        budget=settings.budget_cny,
        years=settings.years,
        fairest=settings.fairest,
        robust=settings.robust,
        **shared,
    )


def ways_of(study: Study, settings: SitingTable) -> tuple[Way, ...]:
    """List the ways to come by each candidate that settings tell, with what they cost for its floor area.

    Raises
    ------
    InputError
        A way costs by the square metre, and the floor area of candidates is not known.

    Examples
    --------
    >>> import planner as pl
    >>> rent = {"name": "租赁", "rent_cny_m2_a": 200.0, "years": 5, "sites": ("K01",)}
    >>> ways_of(pl.open_study("data/sample", lang="en"), SitingTable(sites=5, ways=(rent,)))[0].rent_cny_a
    100000.0
    """
    candidates, found = study.layers["candidates"], []
    unknown: list[str] = []
    for way in settings.ways:
        fits = candidates
        if way.tenure:
            fits = fits[fits["tenure"].isin(way.tenure)]
        if way.sites:
            fits = fits[fits.index.isin(way.sites)]
        by_area = bool(way.capital_cny_m2 or way.rent_cny_m2_a)
        areas = fits["floor_area_m2"].to_numpy(dtype=float, na_value=float("nan")).tolist()
        for one, area in zip(fits.index, areas, strict=True):
            if by_area and area != area:
                unknown.append(str(one))
                continue
            size = area if by_area else 0.0
            found.append(
                Way(
                    str(one),
                    way.name,
                    capital_cny=way.capital_cny + way.capital_cny_m2 * size,
                    rent_cny_a=way.rent_cny_a + way.rent_cny_m2_a * size,
                    years=way.years,
                    closes=way.closes,
                )
            )
    if unknown:
        what = _("the floor area of {ids} is not known").format(ids=_(", ").join(dict.fromkeys(unknown)))
        raise InputError(Fault(what, where="candidates", why=_("a way costs by the square metre"),
                               todo=_("fill in floor_area_m2, or name the sites of the way")))  # fmt: skip
    return tuple(found)


def choose(study: Study, settings: SitingTable, *, progress: Hear | None = None) -> Plan:
    """Choose sites of a study. Ctrl-C ends the search with the best plan so far.

    Parameters
    ----------
    study
        An open study with candidates.
    settings
        What is asked.
    progress
        Told how the search stands.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        With every fault of what is asked.

    Examples
    --------
    >>> import planner as pl
    >>> plan = choose(pl.open_study("data/sample", lang="en"), SitingTable(sites=5, required=("K02",)))
    >>> len(plan.sites), "K02" in plan.sites, plan.status
    (5, True, 'optimal')
    """
    with language(study.lang):
        check_asked(study, settings)
        return model_of(settings).solve(
            study,
            required=settings.required,
            forbidden=settings.forbidden,
            may_close=settings.may_close,
            ways=ways_of(study, settings),
            progress=progress,
        )


def told(plan: Plan, settings: SitingTable) -> Choice:
    """Explain a plan, and look at what else there could be.

    Parameters
    ----------
    plan
        A plan.
    settings
        Say whether a curve is drawn, and how many alternatives are looked for. Where they set a limit on time, the two
        have as long again, each half of it; without one only counts end the work, so that it repeats.

    Returns
    -------
    Choice
        Without a curve where the plan has none, as one of several phases.
    """
    if not isinstance(plan, SitePlan | SchemePlan) or plan.certificate is None:
        return Choice(plan, settings)
    if plan.stopped == "interrupted":  # somebody waits: what would take further searches is left out
        return Choice(plan, settings, explain(plan))
    half_s = None if settings.time_limit_s is None else settings.time_limit_s / 2
    several = settings.alternatives and plan.model != "p_center"
    drawn = settings.curve and (isinstance(plan, SitePlan) or curve_fault(plan) is None)
    return Choice(
        plan,
        settings,
        explain(plan),
        curve(plan, within_s=half_s) if drawn else None,
        alternatives(plan, settings.alternatives, within_s=half_s) if several else (),
    )


def asked_of(plan: Plan) -> SitingTable:
    """Guess from a plan alone what was asked: for plans that are handed over without their settings.

    Examples
    --------
    >>> import numpy as np
    >>> from planner.siting.tables import Reach
    >>> plan = MaxCover(sites=1).solve_table(Reach.of_matrix([[300.0, np.nan], [500.0, 200.0]]), [30, 40])
    >>> asked_of(plan).sites
    1
    """
    circles = tuple(circle.id for circle in plan.circles) or SitingTable(sites=0).circles
    if isinstance(plan, SchemePlan):
        return _asked_with_switches(plan, circles)
    if not isinstance(plan, SitePlan):
        return SitingTable(circles=circles, sites=len(plan.sites))
    question = plan.question
    ids = question.reach.site_ids
    common: dict[str, Any] = {
        "circles": circles,
        "required": tuple(map(str, ids[question.required].tolist())),
        "forbidden": tuple(map(str, ids[question.forbidden].tolist())),
    }
    if question.model == "cover":
        share = question.need / max(float(question.weight.sum()), 1e-12)
        return SitingTable(share=min(share, 1.0), least="cost" if question.by_cost else "sites", **common)
    if question.by_cost:
        return SitingTable(budget_cny=float(question.purse), **common)
    return SitingTable(sites=int(question.purse), **common)


def _asked_with_switches(plan: SchemePlan, circles: tuple[str, ...]) -> SitingTable:
    """Read from a plan under the switches what was asked: from its model, and the roles from its scheme."""
    scheme, asked_by = plan.scheme, plan.asked_by
    ids, options = scheme.ids, scheme.options
    closing = ids[np.unique(options.site[~options.new & ~options.fixed])]
    told: dict[str, Any] = {
        "circles": circles,
        "required": tuple(map(str, ids[scheme.required].tolist())),
        "forbidden": tuple(map(str, ids[scheme.forbidden].tolist())),
        "may_close": tuple(str(one).removesuffix(" (facilities)") for one in closing.tolist()),
        "ways": tuple({"name": name} for name in np.unique(options.way[options.new]).tolist() if name),
    }
    if not isinstance(asked_by, MaxCover | LeastSites):
        return SitingTable(sites=len(plan.sites), **told)
    told |= {"saving_cny": float(asked_by.saving), "capacity": asked_by.capacity, "uptake": float(asked_by.uptake)}
    told |= {"level": asked_by.level, "walkers": tuple(asked_by.walkers)}
    told |= {"discount_rate": float(asked_by.discount_rate)}
    floors = asked_by.floors
    told["floors"] = (
        {str(one): float(share) for one, share in floors.items()} if isinstance(floors, Mapping) else floors
    )
    if isinstance(asked_by, LeastSites):
        return SitingTable(share=asked_by.share, least="cost" if asked_by.by_cost else "sites", **told)
    told |= {"fairest": asked_by.fairest, "robust": asked_by.robust}
    if asked_by.sites is not None:
        sites = asked_by.sites
        return SitingTable(sites=tuple(map(int, sites)) if isinstance(sites, Sequence) else int(sites), **told)
    budget = asked_by.budget if asked_by.budget is not None else sum((asked_by.split or {}).values())
    return SitingTable(budget_cny=tuple(map(float, budget)) if isinstance(budget, Sequence) else float(budget), **told)


def check_asked(study: Study, settings: SitingTable) -> None:
    """Hold that what is asked names circles and candidates that there are, before anybody walks.

    Raises
    ------
    InputError
        With every fault.
    """
    faults: list[Fault] = []
    if "candidates" not in study.layers:
        raise InputError(Fault(_("the study has no candidates"), todo=_("name a candidates layer in study.toml")))
    candidates = study.layers["candidates"]
    for name in settings.circles:
        try:
            study.circle(name)
        except InputError as error:
            faults += [replace(fault, where="[siting] circles") for fault in error.faults]
    for key in ("required", "forbidden"):
        unknown = [one for one in getattr(settings, key) if one not in candidates.index]
        if unknown:
            what = _("there are no candidates {ids}").format(ids=_(", ").join(unknown))
            faults.append(Fault(what, where=f"[siting] {key}", todo=_("name candidates by their candidate_id")))
    if faults:
        raise InputError(faults)

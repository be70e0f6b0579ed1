"""Random cases as questions of every model, with the answers that trying every choice of their dense matrix gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.siting import Effort, LeastSites, MaxCover, PCenter, PMedian, Reach
from planner.siting.siteplans import SitePlan
from tests.siting.cases import Case, random_case

QUICK = Effort(trials=50)
MODELS = ("sites", "budget", "cover", "cost", "median", "center")


@dataclass(frozen=True)
class Asked:
    """A case, one model of it, and its plan."""

    case: Case
    kind: str
    plan: SitePlan

    @property
    def question(self) -> Any:
        return self.plan.question


def asked(seed: int, kind: str) -> Asked:
    """Solve a case by one model."""
    case = random_case(seed)
    table, roles = Reach.of_matrix(case.seconds), case.roles
    near = roles | {"limit_s": case.limit_s, "costs": case.costs}
    model, more = {
        "sites": (MaxCover(sites=case.sites, effort=QUICK), near),
        "budget": (MaxCover(budget=case.budget, effort=QUICK), near),
        "cover": (LeastSites(share=case.share, effort=QUICK), near),
        "cost": (LeastSites(share=case.share, by_cost=True, effort=QUICK), near),
        "median": (PMedian(case.sites, effort=QUICK), roles),
        "center": (PCenter(case.sites, effort=QUICK), roles),
    }[kind]
    return Asked(case, kind, model.solve_table(table, case.weights, **more))


def cases_of(seed: int) -> list[Asked]:
    """All models of a case, as far as there is a plan."""
    return [one for one in (asked(seed, kind) for kind in MODELS) if one.plan.status != "infeasible"]


def value_of(one: Asked, chosen: tuple[int, ...]) -> float | None:
    """What a choice of new sites is worth by the dense matrix alone; None where it may not stand."""
    case, kind = one.case, one.kind
    new = list(chosen)
    if kind in {"sites", "median", "center"} and len(new) > case.sites:
        return None
    if kind == "budget" and case.costs[new].sum() > case.budget + 1e-9 * max(1.0, case.budget):
        return None
    if kind in {"sites", "budget"}:
        return case.covered(chosen)
    if kind in {"cover", "cost"}:
        need = case.share * case.weights.sum()
        if case.covered(chosen) < need - 1e-9 * max(1.0, need):
            return None
        return float(case.costs[new].sum()) if kind == "cost" else float(len(new))
    counts = case.weights > 0
    walks = case.walks(chosen)[counts]
    if not np.isfinite(walks).all():
        return None
    return float((walks * case.weights[counts]).sum()) if kind == "median" else float(walks.max(initial=0.0))


def all_values(one: Asked) -> dict[tuple[int, ...], float]:
    """Every choice that may stand, sorted ids, with its value."""
    found = ((tuple(sorted(each)), value_of(one, each)) for each in one.case.choices())
    return {chosen: value for chosen, value in found if value is not None}


def best_with(one: Asked, j: int) -> float | None:
    """The best value among the choices that contain a site."""
    pick = max if one.question.most else min
    return pick((value for chosen, value in all_values(one).items() if j in chosen), default=None)

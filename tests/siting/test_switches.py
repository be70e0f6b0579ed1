"""Plans under every switch equal what trying every choice finds: never a wrong optimum, never a bound beyond it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from planner.siting import Effort, Reach
from planner.siting.schemes.asking import Handed, Switches, scheme_of
from planner.siting.schemes.options import Way
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.work import solve_scheme
from tests.siting.switched import KINDS, LIMIT, Switched, random_switched


def handed(case: Switched) -> tuple[Handed, Switches, dict[str, Any]]:
    """The question as the code under test takes it."""
    services, walkers = case.seconds.shape[:2]
    names = ["meal", "care"][:services]
    tables = {
        str(q): {name: Reach.of_matrix(case.seconds[s, q]) for s, name in enumerate(names)} for q in range(walkers)
    }
    ways = [
        Way(j, name, capital_cny=cost, closes=None if closes < 0 else closes)
        for j, some in case.ways.items()
        for name, cost, closes in some
    ]
    rooms = None if case.rooms is None else {name: case.rooms[s] for s, name in enumerate(names)}
    data = Handed(
        tables["0"], case.weights, LIMIT, costs={name: case.costs[s] for s, name in enumerate(names)},
        existing={name: case.existing[s] for s, name in enumerate(names)}, required=case.required,
        forbidden=case.forbidden, scenarios=tables if walkers > 1 else None, districts=case.district,
        capacities=rooms, ways=ways, may_close=case.closing)  # fmt: skip
    switches = Switches(
        saving=case.saving, capacity=case.rooms is not None, floors=case.floors or None,
        fairest=case.goal == "fairest", robust="regret" if case.goal == "regret" else "worst",
        split=None if case.split is None else dict(zip(names, case.split, strict=True)))  # fmt: skip
    if case.goal == "least":
        return data, switches, {"least": case.need}
    limits = {"sites": case.sites, "budgets": case.budgets}
    return data, switches, {name: one for name, one in limits.items() if np.isfinite(one).all()}


def best_alone(case: Switched) -> np.ndarray:
    """The best for each walker alone."""
    found = []
    for q in range(case.seconds.shape[1]):
        given = {name: one for name, one in vars(case).items() if not name.startswith("_")}
        alone = Switched(**(given | {"seconds": case.seconds[:, [q]], "goal": "most"}))
        found.append(alone.answer())
    return np.array([-1.0 if one is None else one for one in found])


def held(seed: int, kind: str) -> SchemePlan:
    """A plan is the best there is, and says so truly."""
    case, by_cost = random_switched(seed, kind)
    if case.goal == "regret":
        case.best = best_alone(case)
    data, switches, limits = handed(case)
    plan = solve_scheme(scheme_of(data, switches, by_cost=by_cost, **limits), Effort())
    best = case.answer(by_cost=by_cost)
    assert plan.verify(), plan.doubts()
    if best is None:
        assert plan.status == "infeasible", (plan.status, plan.value)
        assert plan.reasons
        return plan
    assert plan.status == "optimal", (plan.status, plan.value, plan.bound, best, plan.reasons)
    assert math.isclose(plan.value, best, rel_tol=1e-6, abs_tol=1e-6), (plan.value, best)
    beyond = plan.certificate.bound - best if plan.most else best - plan.certificate.bound
    assert beyond >= -1e-6 * max(1.0, abs(best)), "the certificate proves what is not true"
    total = plan.elders_before + plan.elders_added + plan.elders_uncovered + plan.elders_uncoverable
    assert total == pytest.approx(plan.elders)
    assert plan.elders == case.weights.sum() * case.seconds.shape[0]
    if plan.scheme.goal == "regret":
        assert plan.scheme.settled_best
        assert plan.scheme.best.tolist() == case.best.tolist()
    return plan


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(24))
def test_every_switch_equals_enumeration(seed, kind):
    held(seed, kind)

"""Where there is no plan, the reason says how much would have to give: and giving it makes a plan."""

from __future__ import annotations

import re

import numpy as np
import pytest

from planner.i18n import language
from planner.siting import LeastSites, PCenter, PMedian, Reach
from tests.siting.cases import random_case


@pytest.mark.parametrize("model", [PMedian, PCenter])
@pytest.mark.parametrize("seed", range(0, 200, 4))
def test_so_many_sites_reach_everybody(model, seed):
    case = random_case(seed)
    table = Reach.of_matrix(case.seconds)
    with language("en"):
        plan = model(case.sites).solve_table(table, case.weights, **case.roles)
    said = re.search(r"it takes (\d+)$", plan.reasons[0]) if plan.reasons else None
    if said is None:
        assert plan.status == "optimal" or "no way" in plan.reasons[0] or "take" in plan.reasons[0]
        return
    enough = int(said[1])
    assert model(enough).solve_table(table, case.weights, **case.roles).status == "optimal"
    assert model(enough - 1).solve_table(table, case.weights, **case.roles).status == "infeasible"


@pytest.mark.parametrize("seed", range(0, 200, 4))
def test_so_great_a_share_can_be_asked_for(seed):
    case = random_case(seed)
    table = Reach.of_matrix(case.seconds)
    roles = case.roles | {"limit_s": case.limit_s}
    with language("en"):
        plan = LeastSites(share=1.0).solve_table(table, case.weights, **roles)
    said = re.search(r"within reach, ([\d.]+)%", plan.reasons[0]) if plan.reasons else None
    if said is None:
        assert plan.status == "optimal"
        return
    share = float(said[1]) / 100
    assert LeastSites(share=share).solve_table(table, case.weights, **roles).status == "optimal"
    more = min(1.0, share + 2e-4)
    assert LeastSites(share=more).solve_table(table, case.weights, **roles).status == "infeasible"


def test_a_forbidden_site_that_would_serve_is_named():
    far = np.nan
    reach = Reach.of_matrix([[1, far, far], [far, 2, far], [far, far, 3]], list("xyz"), list("ABC"))
    with language("en"):
        walks = PMedian(2).solve_table(reach, [4, 5, 6], forbidden=["C"]).reasons
        covers = LeastSites().solve_table(reach, [4, 5, 6], forbidden=["C"]).reasons
    assert walks == (
        "z have no way to any site that may be chosen; C, which must not be chosen, would serve 6 of those elders",
    )
    assert covers[0].endswith("; C, which must not be chosen, would serve 6 of those elders")

"""Without highspy scipy's HiGHS stands in: the same answers to the same questions, and the plan says who solved it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from planner import solving
from planner.siting import Effort, LeastSites, MaxCover, PCenter, PMedian, Reach
from planner.solving import Growing, Program, SolverError, solve, solver_name
from tests.siting.cases import random_case
from tests.siting.test_enumeration import held
from tests.siting.towns import town

QUICK = Effort(trials=50)


@pytest.fixture
def hidden(monkeypatch):
    """Highspy cannot be imported."""
    monkeypatch.setitem(sys.modules, "planner.solvers.by_highs", None)


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("seed", range(0, 300, 7))
def test_answers_equal_enumeration(seed):
    case = random_case(seed)
    table, roles = Reach.of_matrix(case.seconds), case.roles
    near = {"limit_s": case.limit_s, "costs": case.costs, **roles}
    most = MaxCover(sites=case.sites, effort=QUICK).solve_table(table, case.weights, **near)
    held(most, case.most_covered(by_cost=False))
    assert most.as_record()["solver"].startswith("scipy 1.")
    held(MaxCover(budget=case.budget, effort=QUICK).solve_table(table, case.weights, **near),
         case.most_covered(by_cost=True))  # fmt: skip
    for by_cost in (False, True):
        least = LeastSites(share=case.share, by_cost=by_cost, effort=QUICK).solve_table(table, case.weights, **near)
        held(least, case.least(by_cost=by_cost))
        if least.status == "optimal" and least.search is not None:
            assert least.search.solver.startswith("scipy 1.")
    held(PMedian(case.sites, effort=QUICK).solve_table(table, case.weights, **roles), case.median())
    held(PCenter(case.sites, effort=QUICK).solve_table(table, case.weights, **roles), case.center())


def test_cuts_and_cases_prove_the_same(hidden):
    place = town(600, 150, side_m=8_000)
    plan = MaxCover(sites=20).solve_table(place.reach(), place.elders)
    assert plan.status == "optimal"
    assert plan.verify(), plan.doubts()


def programs() -> list[Program]:
    """Small programs with rows limited on both sides, whole and not."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n, m = 6, 4
        matrix = rng.integers(-3, 6, (m, n)).astype(float)
        at = rng.integers(0, 3, n)
        row, column = np.nonzero(matrix)
        found.append(
            Program(
                cost=rng.integers(-5, 9, n).astype(float), lower=np.zeros(n), upper=np.full(n, 3.0),
                integer=np.full(n, seed % 2 == 0), row_lower=matrix @ at - rng.integers(0, 3, m),
                row_upper=matrix @ at + rng.integers(0, 3, m),
                indptr=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=m))]), column=column,
                coefficient=matrix[row, column]))  # fmt: skip
    return found


def test_programs_have_the_same_value_and_duals(monkeypatch):
    first = [solve(program) for program in programs()]
    monkeypatch.setitem(sys.modules, "planner.solvers.by_highs", None)
    for program, one in zip(programs(), first, strict=True):
        other = solve(program)
        assert (other.status, other.value) == (one.status, pytest.approx(one.value))
        assert other.bound == pytest.approx(one.bound)
        assert other.row_dual.size == one.row_dual.size
        if one.row_dual.size:  # duals may differ, but each proves the value
            for dual in (one.row_dual, other.row_dual):
                reduced = program.cost.copy()
                np.subtract.at(reduced, program.column, program.coefficient * np.repeat(dual, np.diff(program.indptr)))
                rows = np.where(dual > 0, program.row_lower, program.row_upper) @ dual
                assert rows + np.minimum(0, reduced * program.upper).sum() == pytest.approx(one.value)


def test_what_cannot_be_is_told(hidden):
    one = programs()[0]
    parts = vars(one) | {"row_lower": one.row_lower + 1e3, "row_upper": one.row_upper + 1e3}
    assert solve(Program(**parts)).status == "infeasible"
    assert solve(Program(**parts | {"integer": np.zeros(6, bool)})).status == "infeasible"


def test_a_growing_program_keeps_its_splits(hidden):
    master = Growing(cost=np.array([-1.0, -1.0]), lower=np.zeros(2), upper=np.ones(2))
    assert master.solve()
    master.widen(cost=np.array([10.0]))
    master.add(np.array([0, 3]), np.array([0, 1, 2]), np.array([1.0, 1.0, -1.0]), upper=np.array([1.5]))
    assert master.solve()
    assert (master.x.tolist()[2], master.x.sum(), master.row_dual.tolist()) == (0.0, 1.5, [-1.0])
    master.limit(0, lower=3.0)  # more than there is: not without the negative of the third
    assert not master.solve()
    master.limit(0)
    assert (master.columns, master.rows) == (3, 1)
    assert master.solve()
    assert master.x.sum() == 2.0


def test_no_solver_at_all_leaves_the_subgradient(monkeypatch):
    monkeypatch.setitem(sys.modules, "planner.solvers.by_highs", None)
    monkeypatch.setitem(sys.modules, "planner.solvers.by_scipy", None)
    assert solver_name() == "none"
    with pytest.raises(SolverError):
        solving.solve(programs()[0])
    place = town(2_000, 500, side_m=10_000, seed=1)
    plan = MaxCover(sites=20, effort=QUICK).solve_table(place.reach(), place.elders)
    assert (plan.stopped, plan.verify(), plan.as_record()["solver"]) == ("solver", True, "none")
    assert 0 < plan.gap < 0.05


def test_scipy_is_not_imported_where_highspy_is():
    program = "import sys, planner.solving as s; print(s.solver_name(), 'scipy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.startswith("HiGHS 1.")
    assert told.endswith("False\n")

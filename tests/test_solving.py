"""Programs are solved to what enumeration finds, and nothing is believed of the solver that numpy does not confirm."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from planner import solving
from planner.solving import Program, SolverError, solve


def knapsack(rng: np.random.Generator, items: int) -> Program:
    weight, worth = rng.integers(1, 30, items).astype(float), rng.integers(1, 40, items).astype(float)
    return Program(
        cost=-worth,
        lower=np.zeros(items),
        upper=np.ones(items),
        integer=np.ones(items, bool),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([weight.sum() // 2]),
        indptr=np.array([0, items]),
        column=np.arange(items),
        coefficient=weight,
    )


@pytest.mark.parametrize("seed", range(40))
def test_knapsacks_equal_enumeration(seed):
    rng = np.random.default_rng(seed)
    program = knapsack(rng, int(rng.integers(1, 11)))
    choices = (np.array(one, float) for one in itertools.product((0, 1), repeat=program.cost.size))
    best = min(float(program.cost @ x) for x in choices if program.coefficient @ x <= program.row_upper[0])
    answer = solve(program)
    assert (answer.status, answer.value, answer.bound) == ("optimal", best, pytest.approx(best))
    assert program.holds(answer.x)


def test_what_cannot_be_is_told():
    program = knapsack(np.random.default_rng(0), 5)
    needed = Program(**{**vars(program), "row_lower": np.array([1e6]), "row_upper": np.array([np.inf])})
    answer = solve(needed)
    assert (answer.status, answer.x.size, answer.value) == ("infeasible", 0, np.inf)


def test_a_search_cut_short_is_not_called_optimal():
    rng = np.random.default_rng(3)
    sizes = np.sort(rng.integers(10_000, 90_000, 60)).astype(float)
    hard = knapsack(rng, 60)
    program = Program(
        **{**vars(hard), "cost": -sizes, "coefficient": sizes, "row_upper": np.array([sizes.sum() / 2 + 0.5])}
    )
    answer = solve(program, start=np.zeros(60), time_limit_s=0.0)
    assert answer.status in {"feasible", "none"}
    assert answer.bound <= answer.value


def test_the_solver_is_asked_again_with_the_same_answer():
    program = knapsack(np.random.default_rng(8), 12)
    first, second = solve(program), solve(program)
    assert first.x.tolist() == second.x.tolist()


def test_an_answer_that_breaks_the_program_is_refused(monkeypatch):
    program = knapsack(np.random.default_rng(1), 6)
    monkeypatch.setattr(solving.Program, "holds", lambda self, x: False)
    with pytest.raises(SolverError, match="breaks"):
        solve(program)


def test_holds_sees_each_kind_of_break():
    program = knapsack(np.random.default_rng(2), 4)
    none = np.zeros(4)
    assert program.holds(none)
    assert not program.holds(none + 0.5)  # not whole
    assert not program.holds(none - 1)  # below its bound
    assert not program.holds(none + 2)  # above its bound
    assert not program.holds(np.ones(4))  # the row

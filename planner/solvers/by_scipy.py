"""Solve programs by scipy where highspy is missing: the same HiGHS, which takes no start and hears nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from planner.attending import LeftBehindError, attend
from planner.solvers.programs import Floats, Found, Ints, Program, SolverError, Watch


def solve(
    program: Program, *, start: Floats | None, max_nodes: int | None, time_limit_s: float | None, gap: float,
    margin: float, interior: bool, presolve: bool, watch: Watch | None) -> Found:  # fmt: skip
    """Solve a program; parameters as for `planner.solving.solve`. Start and margin have no place in scipy."""
    del start, margin
    shape = program.row_lower.size, program.cost.size
    matrix = csr_array((program.coefficient, program.column, program.indptr), shape=shape)
    options: dict[str, float] = {"presolve": presolve}
    if time_limit_s is not None:
        options["time_limit"] = max(time_limit_s, 0.0)
    if not program.integer.any():
        return _linear(
            program.cost, program.lower, program.upper, matrix, program.row_lower, program.row_upper, options, watch,
            method="highs-ipm" if interior else "highs")  # fmt: skip
    options["mip_rel_gap"] = gap
    if max_nodes is not None:
        options["node_limit"] = max_nodes
    work = partial(
        milp, program.cost, integrality=program.integer.astype(int), bounds=Bounds(program.lower, program.upper),
        constraints=[LinearConstraint(matrix, program.row_lower, program.row_upper)] if shape[0] else [],
        options=options)  # fmt: skip
    found = _waited(work, watch)
    if found is None:
        return Found("none", -np.inf)
    if found.status == 2:
        return Found("infeasible", np.inf)
    if found.status not in {0, 1}:
        raise SolverError(f"HiGHS: {found.message}")
    bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)
    if found.x is None:
        return Found("none", bound)
    return Found("optimal" if found.status == 0 else "feasible", bound, np.asarray(found.x, dtype=np.float64))


def _waited(work: Callable[[], Any], watch: Watch | None) -> Any:
    """Wait for scipy; told to stop, it is left behind and None given back."""
    try:
        return attend(work, over=lambda: watch is not None and watch(np.inf, -np.inf), halt=lambda: None, grace_s=0.0)
    except LeftBehindError:
        return None


def _linear(
    cost: Floats, lower: Floats, upper: Floats, matrix: Any, row_lower: Floats, row_upper: Floats,
    options: dict[str, float], watch: Watch | None, *, method: str) -> Found:  # fmt: skip
    """Solve a linear program: rows are limited from above, and once more, turned over, from below."""
    above, below = np.isfinite(row_upper), np.isfinite(row_lower)
    work = partial(
        linprog, cost, A_ub=vstack([matrix[above], -matrix[below]], format="csr"),
        b_ub=np.concatenate([row_upper[above], -row_lower[below]]), bounds=np.column_stack([lower, upper]),
        method=method, options=options)  # fmt: skip
    found = _waited(work, watch)
    if found is None or found.status == 1:
        return Found("none", -np.inf)
    if found.status == 2:
        return Found("infeasible", np.inf)
    if found.status != 0:
        raise SolverError(f"HiGHS: {found.message}")
    dual, many = np.zeros(row_upper.size), int(above.sum())
    dual[above] += found.ineqlin.marginals[:many]
    dual[below] -= found.ineqlin.marginals[many:]
    return Found("optimal", float(found.fun), np.asarray(found.x, dtype=np.float64), dual)


class Rows:
    """A linear program that grows, solved anew each time; as in `planner.solving.Growing`."""

    def __init__(self) -> None:
        self._cost, self._lower, self._upper = np.zeros(0), np.zeros(0), np.zeros(0)
        self._row_lower, self._row_upper = np.zeros(0), np.zeros(0)
        self._size, self._column, self._coefficient = [np.zeros(1, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return self._cost.size

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._row_upper.size

    def widen(self, cost: Floats, lower: Floats, upper: Floats) -> None:
        """Add columns that stand in no row yet."""
        self._cost = np.concatenate([self._cost, cost])
        self._lower, self._upper = np.concatenate([self._lower, lower]), np.concatenate([self._upper, upper])

    def limit(self, row: int, lower: float, upper: float) -> None:
        """Set the limits of a row anew."""
        self._row_lower[row], self._row_upper[row] = lower, upper

    def add(self, indptr: Ints, column: Ints, coefficient: Floats, upper: Floats) -> None:
        """Add rows of at most ``upper``."""
        self._size.append(np.diff(indptr).astype(np.int64))
        self._column.append(column.astype(np.int64))
        self._coefficient.append(coefficient)
        self._row_lower = np.concatenate([self._row_lower, np.full(upper.size, -np.inf)])
        self._row_upper = np.concatenate([self._row_upper, upper])

    def solve(self, time_limit_s: float | None, watch: Watch | None) -> tuple[Floats, Floats] | None:
        """Solve what stands: the answer and the row duals, or None where it did not end."""
        indptr = np.cumsum(np.concatenate(self._size))
        entries = np.concatenate(self._coefficient), np.concatenate(self._column), indptr
        matrix = csr_array(entries, shape=(self.rows, self.columns))
        options: dict[str, float] = {} if time_limit_s is None else {"time_limit": max(time_limit_s, 0.0)}
        found = _linear(self._cost, self._lower, self._upper, matrix, self._row_lower, self._row_upper, options, watch,
                        method="highs")  # fmt: skip
        return (found.x, found.row_dual) if found.status == "optimal" else None

"""Solve programs by highspy, on one thread, and end a run that nobody waits for any more."""

from __future__ import annotations

from time import perf_counter

import highspy
import numpy as np

from planner.attending import LeftBehindError, attend
from planner.solvers.programs import Floats, Found, Ints, Program, SolverError, Watch

_LATE_S = 1.0  # by how much a limit on time may be missed before a run is left behind


def solve(
    program: Program, *, start: Floats | None, max_nodes: int | None, time_limit_s: float | None, gap: float,
    margin: float, interior: bool, presolve: bool, watch: Watch | None) -> Found:  # fmt: skip
    """Solve a program; parameters as for `planner.solving.solve`."""
    options: dict[str, bool | int | float | str] = {"mip_rel_gap": gap, "mip_abs_gap": margin}
    if max_nodes is not None:
        options["mip_max_nodes"] = max_nodes
    if not presolve:
        options["presolve"] = "off"
    if interior:
        options |= {"solver": "ipm", "run_crossover": "off"}
    solver = _silent(options)
    passed = solver.passModel(
        program.cost.size,
        program.row_lower.size,
        program.column.size,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        program.cost,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        program.indptr[:-1].astype(np.int32),
        program.column.astype(np.int32),
        program.coefficient,
        program.integer.astype(np.int32),
    )
    _check(solver, passed)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        solver.setSolution(known)
    bound = _run(solver, time_limit_s, watch)
    if bound is not None:
        return Found("none", bound)
    status, kinds = solver.getModelStatus(), highspy.HighsModelStatus
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Found("infeasible", np.inf)
    info, solved = solver.getInfo(), status == kinds.kOptimal
    bound = float(info.objective_function_value) if solved else -np.inf
    if program.integer.any():
        bound = float(info.mip_dual_bound)
    solution = solver.getSolution()
    x = np.array(solution.col_value, dtype=np.float64)
    if not solved and not (x.size and info.primal_solution_status == 2):  # 2: feasible
        return Found("none", bound)
    return Found("optimal" if solved else "feasible", bound, x, np.array(solution.row_dual, dtype=np.float64))


def _silent(options: dict[str, bool | int | float | str]) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {"output_flag": False, "threads": 1, **options}.items():
        solver.setOptionValue(name, value)
    return solver


def _check(solver: highspy.Highs, status: object) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS: {solver.modelStatusToString(solver.getModelStatus())}")


def _run(solver: highspy.Highs, time_limit_s: float | None, watch: Watch | None) -> float | None:
    """Run HiGHS, and end it when the watch says so or it is late.

    Presolve, and what comes before the first node, look neither at the clock nor at any callback.

    Returns
    -------
    float or None
        None if it ended; else the bound it had when it was left behind: nothing may be asked of that solver any more.
    """
    halted = False
    heard = (np.inf, -np.inf)  # value and bound

    def look(event: highspy.HighsCallbackEvent) -> None:
        nonlocal heard
        if event.callback_type == highspy.cb.HighsCallbackType.kCallbackMipInterrupt:
            heard = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        if halted:
            event.interrupt()

    def halt() -> None:
        nonlocal halted
        halted = True

    late = np.inf
    if time_limit_s is not None:  # HiGHS counts the time of all runs of one solver together
        solver.setOptionValue("time_limit", solver.getRunTime() + max(time_limit_s, 0.0))
        late = perf_counter() + max(time_limit_s, 0.0) + _LATE_S
    callbacks = (solver.cbSimplexInterrupt, solver.cbIpmInterrupt, solver.cbMipInterrupt)
    for callback in callbacks:
        callback.subscribe(look)
    try:
        ran = attend(solver.run, over=lambda: (watch is not None and watch(*heard)) or perf_counter() > late, halt=halt)
    except LeftBehindError:
        return float(heard[1])
    for callback in callbacks:
        callback.unsubscribe(look)
    # A second model with other threads in one process makes run() fail and leave an objective of 0: look at both.
    _check(solver, ran)
    return None


class Rows:
    """A linear program that HiGHS solves again from where it stood; as in `planner.solving.Growing`."""

    def __init__(self) -> None:
        self._solver = _silent({})
        self._lost = False  # left behind in a run

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return int(self._solver.getNumCol())

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self._solver.getNumRow())

    def widen(self, cost: Floats, lower: Floats, upper: Floats) -> None:
        """Add columns that stand in no row yet."""
        none, first = np.zeros(0), np.zeros(0, np.int32)
        _check(self._solver, self._solver.addCols(cost.size, cost, lower, upper, 0, first, first, none))

    def limit(self, row: int, lower: float, upper: float) -> None:
        """Set the limits of a row anew."""
        _check(self._solver, self._solver.changeRowBounds(row, lower, upper))

    def add(self, indptr: Ints, column: Ints, coefficient: Floats, upper: Floats) -> None:
        """Add rows of at most ``upper``."""
        added = self._solver.addRows(
            upper.size, np.full(upper.size, -np.inf), upper, column.size, indptr[:-1].astype(np.int32),
            column.astype(np.int32), coefficient)  # fmt: skip
        _check(self._solver, added)

    def solve(self, time_limit_s: float | None, watch: Watch | None) -> tuple[Floats, Floats] | None:
        """Solve what stands: the answer and the row duals, or None where it did not end."""
        if self._lost or (time_limit_s is not None and time_limit_s <= 0):
            return None
        self._lost = _run(self._solver, time_limit_s, watch) is not None
        if self._lost or self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._solver.getSolution()
        return np.array(solution.col_value, dtype=np.float64), np.array(solution.row_dual, dtype=np.float64)

"""Solve mixed-integer programs given as arrays, and believe of the solver's answer only what numpy confirms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlannerError

Floats = NDArray[np.float64]

_WHOLE = 1e-6  # how far from a whole number an integer column may end
_KEPT = 1e-6  # by how much, in units of the row's largest term, a row may be broken


class SolverError(PlannerError):
    """The solver gave up with an error: there is no answer, good or bad.

    Examples
    --------
    >>> str(SolverError("Not Set"))
    'Not Set'
    """


@dataclass(frozen=True, eq=False)
class Program:
    """Minimise ``cost @ x`` over ``lower <= x <= upper`` and ``row_lower <= A @ x <= row_upper``.

    Parameters
    ----------
    cost, lower, upper
        One number per column, shape (n,).
    integer
        Columns that must be whole, shape (n,).
    row_lower, row_upper
        One number per row, infinite where there is no bound, shape (m,).
    indptr, column, coefficient
        The matrix by rows: row r holds the entries ``indptr[r]`` to ``indptr[r + 1]``.

    Examples
    --------
    Two of three things, the cheapest ones:

    >>> program = Program(
    ...     cost=np.array([3.0, 1.0, 2.0]), lower=np.zeros(3), upper=np.ones(3), integer=np.ones(3, bool),
    ...     row_lower=np.array([2.0]), row_upper=np.array([np.inf]),
    ...     indptr=np.array([0, 3]), column=np.array([0, 1, 2]), coefficient=np.ones(3))
    >>> answer = solve(program)
    >>> answer.status, answer.x.tolist(), answer.value, answer.bound
    ('optimal', [0.0, 1.0, 1.0], 3.0, 3.0)
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    row_lower: Floats
    row_upper: Floats
    indptr: NDArray[np.integer]
    column: NDArray[np.integer]
    coefficient: Floats

    @classmethod
    def of(
        cls,
        *,
        cost: Floats,
        upper: Floats,
        integer: NDArray[np.bool_],
        row_lower: Floats,
        row_upper: Floats,
        entries: Iterable[tuple[NDArray[np.integer], NDArray[np.integer], Floats | float]],
    ) -> Program:
        """Make a program of columns from 0 up and of entries in any order.

        Parameters
        ----------
        cost, upper, integer, row_lower, row_upper
            As above.
        entries
            Rows, columns and coefficients, in as many pieces as there are; no place may be named twice.
        """
        pieces = [(row, column, np.broadcast_to(value, row.shape)) for row, column, value in entries]
        row, column, value = (np.concatenate(part) for part in zip(*pieces, strict=True))
        order = np.lexsort((column, row))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=row_lower.size))])
        lower = np.zeros(cost.size)
        return cls(cost, lower, upper, integer, row_lower, row_upper, indptr, column[order], value[order])

    def holds(self, x: Floats) -> bool:
        """Tell whether `x` keeps every bound and row."""
        terms = self.coefficient * x[self.column]
        row = np.repeat(np.arange(self.row_lower.size), np.diff(self.indptr))
        sums = np.bincount(row, terms, self.row_lower.size)
        slack = np.ones(self.row_lower.size)
        np.maximum.at(slack, row, np.abs(terms))
        slack *= _KEPT
        whole = np.abs(x - np.round(x))[self.integer] <= _WHOLE
        return bool(
            whole.all()
            and (x >= self.lower - _KEPT).all()
            and (x <= self.upper + _KEPT).all()
            and (sums >= self.row_lower - slack).all()
            and (sums <= self.row_upper + slack).all()
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of a program after solving.

    Parameters
    ----------
    status
        ``optimal``; ``feasible``: an answer that may be beaten; ``none``: no answer was found within the limits;
        ``infeasible``: there is none.
    x
        The best answer, whole where it must be; empty where there is none.
    value
        ``cost @ x`` as numpy sums it; infinite where there is no answer.
    bound
        No answer costs less.
    row_dual
        Of a program without integers: what a unit more of each row's limit costs, shape (m,); else empty.
    """

    status: Literal["optimal", "feasible", "none", "infeasible"]
    x: Floats
    value: float
    bound: float
    row_dual: Floats = field(default_factory=lambda: np.zeros(0))


def solve(
    program: Program,
    *,
    start: Floats | None = None,
    max_nodes: int | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    margin: float = _WHOLE,
    interior: bool = False,
) -> Answer:
    """Solve a program with HiGHS, on one thread, so that the same program gives the same answer.

    Parameters
    ----------
    program
        The program.
    start
        An answer that is known, shape (n,).
    max_nodes
        How far the search may branch; a limit that repeats, where one on time does not.
    time_limit_s
        Seconds, as a backstop.
    gap
        Share of the value by which the bound may stay below it for the answer to count as optimal.
    margin
        The same in units of the value: where values are whole, anything below 1 leaves no better one.
    interior
        Solve a program without integers by the interior-point method: on large covering programs ten times as fast.
        Its answer lies inside the optimal face and not at a corner of it.

    Returns
    -------
    Answer

    Raises
    ------
    SolverError
        HiGHS ended with an error, or its answer breaks the program.
    """
    import highspy

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, bool | int | float | str] = {
        "output_flag": False,
        "threads": 1,
        "mip_rel_gap": gap,
        "mip_abs_gap": margin,
    }
    if max_nodes is not None:
        options["mip_max_nodes"] = max_nodes
    if time_limit_s is not None:
        options["time_limit"] = time_limit_s
    if interior:
        options |= {"solver": "ipm", "run_crossover": "off"}
    for name, value in options.items():
        solver.setOptionValue(name, value)
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
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        solver.setSolution(known)
    # A second model with other threads in one process makes run() fail and leave an objective of 0: look at both.
    ran = solver.run()
    status = solver.getModelStatus()
    if highspy.HighsStatus.kError in (passed, ran):
        raise SolverError(f"HiGHS: {solver.modelStatusToString(status)}")
    kinds = highspy.HighsModelStatus
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Answer("infeasible", np.zeros(0), np.inf, np.inf)
    info = solver.getInfo()
    whole_program = bool(program.integer.any())
    solved = status == kinds.kOptimal
    bound = info.mip_dual_bound if whole_program else info.objective_function_value if solved else -np.inf
    x = np.array(solver.getSolution().col_value, dtype=np.float64)
    if not solved and not (x.size and info.primal_solution_status == 2):  # 2: feasible
        return Answer("none", np.zeros(0), np.inf, float(bound))
    x = np.where(program.integer, np.round(x), x)
    if not program.holds(x):
        raise SolverError("HiGHS: the answer breaks the program")
    value = float(program.cost @ x)
    dual = np.zeros(0) if whole_program else np.array(solver.getSolution().row_dual, dtype=np.float64)
    return Answer("optimal" if solved else "feasible", x, value, min(float(bound), value), dual)


class Growing:
    """A linear program that grows by rows and is solved again from where it stood.

    Parameters
    ----------
    cost, lower, upper
        One number per column, as in `Program`; the cost is minimised.

    Examples
    --------
    >>> master = Growing(cost=np.array([-1.0, -1.0]), lower=np.zeros(2), upper=np.ones(2))
    >>> master.solve()
    True
    >>> master.x.tolist()
    [1.0, 1.0]
    >>> master.add(np.array([0, 2]), np.array([0, 1]), np.array([1.0, 1.0]), upper=np.array([1.5]))
    >>> master.solve(), float(master.x.sum()), master.row_dual.tolist()
    (True, 1.5, [-1.0])
    """

    def __init__(self, *, cost: Floats, lower: Floats, upper: Floats) -> None:
        import highspy

        self._kinds = highspy
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        none, first = np.zeros(0), np.zeros(0, np.int32)
        added = self._solver.addCols(cost.size, cost, lower, upper, 0, first, first, none)
        self._check(added)
        self.x, self.row_dual = np.zeros(cost.size), np.zeros(0)

    def _check(self, status: object) -> None:
        if status == self._kinds.HighsStatus.kError:
            raise SolverError(f"HiGHS: {self._solver.modelStatusToString(self._solver.getModelStatus())}")

    def add(
        self, indptr: NDArray[np.integer], column: NDArray[np.integer], coefficient: Floats, *, upper: Floats
    ) -> None:
        """Add rows ``A @ x <= upper``, given as in `Program`."""
        self._check(
            self._solver.addRows(
                upper.size, np.full(upper.size, -np.inf), upper, column.size, indptr[:-1].astype(np.int32),
                column.astype(np.int32), coefficient))  # fmt: skip

    def solve(self, *, time_limit_s: float | None = None) -> bool:
        """Solve what stands, and keep ``x`` and ``row_dual`` of it: rows added later leave them as they are.

        Returns
        -------
        bool
            Whether it was solved to the end.

        Raises
        ------
        SolverError
            HiGHS ended with an error.
        """
        if time_limit_s is not None:  # HiGHS counts the time of all runs of one program together
            self._solver.setOptionValue("time_limit", self._solver.getRunTime() + max(time_limit_s, 0.0))
        self._check(self._solver.run())
        if self._solver.getModelStatus() != self._kinds.HighsModelStatus.kOptimal:
            return False
        solution = self._solver.getSolution()
        self.x = np.array(solution.col_value, dtype=np.float64)
        self.row_dual = np.array(solution.row_dual, dtype=np.float64)
        return True

"""Solve mixed-integer programs given as arrays, and believe of the solver's answer only what numpy confirms."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.i18n import _
from planner.solvers.programs import Floats, Program, SolverError, Status, Watch


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

    status: Status
    x: Floats
    value: float
    bound: float
    row_dual: Floats = field(default_factory=lambda: np.zeros(0))


def solver_name() -> str:
    """Name the solver that is used, and its version: HiGHS by highspy, or the HiGHS that scipy brings; else ``none``.

    Examples
    --------
    >>> solver_name().split()[0]
    'HiGHS'
    """
    try:
        by_highs = _solver().__name__.endswith("by_highs")
    except SolverError:
        return "none"
    return f"HiGHS {version('highspy')}" if by_highs else f"scipy {version('scipy')} (HiGHS)"


def _solver() -> Any:
    """Give the module that solves: by highspy, or by scipy where that cannot be imported."""
    for name in ("by_highs", "by_scipy"):
        try:
            return import_module(f"planner.solvers.{name}")
        except ImportError:
            continue
    raise SolverError(_("there is no solver: neither highspy nor scipy can be imported"))


def solve(
    program: Program,
    *,
    start: Floats | None = None,
    max_nodes: int | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    margin: float = 1e-6,
    interior: bool = False,
    presolve: bool = True,
    watch: Watch | None = None,
) -> Answer:
    """Solve a program with HiGHS, on one thread, so that the same program gives the same answer.

    Where highspy is missing, scipy's HiGHS stands in, which takes no start and no margin.

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
    presolve
        Whether the program is first made smaller; one that is small already is solved sooner as it stands.
    watch
        Called every few hundredths of a second with the best value and bound so far; True ends the work as a limit on
        time does.

    Returns
    -------
    Answer

    Raises
    ------
    SolverError
        HiGHS ended with an error, or its answer breaks the program.
    """
    found = _solver().solve(
        program, start=start, max_nodes=max_nodes, time_limit_s=time_limit_s, gap=gap, margin=margin, interior=interior,
        presolve=presolve, watch=watch)  # fmt: skip
    if not found.x.size:
        return Answer(found.status, found.x, np.inf, found.bound)
    x = np.where(program.integer, np.round(found.x), found.x)
    if not program.holds(x):
        raise SolverError("HiGHS: the answer breaks the program")
    value = float(program.cost @ x)
    dual = np.zeros(0) if program.integer.any() else found.row_dual
    return Answer(found.status, x, value, min(found.bound, value), dual)


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
        self.x, self.row_dual = np.zeros(cost.size), np.zeros(0)
        self._program: Any = _solver().Rows()
        self._program.widen(cost, lower, upper)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return int(self._program.columns)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self._program.rows)

    def widen(self, *, cost: Floats) -> None:
        """Add columns of 0 or more that stand in no row yet."""
        self._program.widen(cost, np.zeros(cost.size), np.full(cost.size, np.inf))

    def limit(self, row: int, *, lower: float = -np.inf, upper: float = np.inf) -> None:
        """Set the limits of a row anew."""
        self._program.limit(row, lower, upper)

    def add(
        self, indptr: NDArray[np.integer], column: NDArray[np.integer], coefficient: Floats, *, upper: Floats
    ) -> None:
        """Add rows ``A @ x <= upper``, given as in `Program`."""
        self._program.add(indptr, column, coefficient, upper)

    def solve(self, *, time_limit_s: float | None = None, watch: Watch | None = None) -> bool:
        """Solve what stands, and keep ``x`` and ``row_dual`` of it: rows added later leave them as they are.

        Parameters
        ----------
        time_limit_s, watch
            As in `planner.solving.solve`.

        Returns
        -------
        bool
            Whether it was solved to the end.

        Raises
        ------
        SolverError
            HiGHS ended with an error.
        """
        found = self._program.solve(time_limit_s, watch)
        if found is None:
            return False
        self.x, self.row_dual = found
        return True


__all__ = ["Answer", "Floats", "Growing", "Program", "SolverError", "Watch", "solve", "solver_name"]

"""Hold a mixed-integer program as arrays, and tell whether an answer keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlannerError

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
Status = Literal["optimal", "feasible", "none", "infeasible"]
Watch = Callable[[float, float], bool]
"""Hears the best value and bound now and then; what it gives back is whether to stop."""

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
    >>> from planner.solving import solve
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
class Found:
    """What a solver says, before any of it is believed.

    Parameters
    ----------
    status, x, bound, row_dual
        As in `planner.solving.Answer`.
    """

    status: Status
    bound: float
    x: Floats = field(default_factory=lambda: np.zeros(0))
    row_dual: Floats = field(default_factory=lambda: np.zeros(0))

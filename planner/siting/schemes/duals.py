"""Bound what any choice can reach from one multiplier per row of its program, in numpy and without a solver.

Weak duality: for any numbers y and any x that keeps ``row_lower <= A x <= row_upper`` and ``lower <= x <= upper``,

    cost x = y (A x) + (cost - y A) x >= sum over rows of min(y row_lower, y row_upper)
                                        + sum over columns of min((cost - y A) lower, (cost - y A) upper).

Wrong numbers give a poor bound and never a false one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from planner.siting.certificate import on_grid
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.tables import Floats
from planner.solving import Program


@dataclass(frozen=True, eq=False)
class RowCertificate:
    """Multipliers of the rows of a scheme's program, and the bound they prove.

    Parameters
    ----------
    multipliers : float64 array (rows,)
        One per row.
    bound
        No plan is better.
    seal
        The digest of both, as they were made.
    """

    multipliers: Floats
    bound: float
    seal: str = ""

    def digest(self) -> str:
        """Sum up all numbers in one text."""
        return sha256(np.append(self.multipliers, self.bound).astype("<f8").tobytes()).hexdigest()


def least(program: Program, multipliers: Floats) -> float:
    """Bound a program from below by any multipliers.

    Examples
    --------
    At least two of three things; a multiplier of 2 proves that they cost 3 or more:

    >>> program = Program(
    ...     cost=np.array([3.0, 1.0, 2.0]), lower=np.zeros(3), upper=np.ones(3), integer=np.ones(3, bool),
    ...     row_lower=np.array([2.0]), row_upper=np.array([np.inf]),
    ...     indptr=np.array([0, 3]), column=np.array([0, 1, 2]), coefficient=np.ones(3))
    >>> least(program, np.array([2.0])), least(program, np.array([-5.0]))
    (3.0, 0.0)
    """
    y, reduced = _reduced(program, multipliers)
    limit = np.where(y > 0, program.row_lower, np.where(y < 0, program.row_upper, 0.0))
    ends = np.where(reduced > 0, program.lower, np.where(reduced < 0, program.upper, 0.0))
    return float((y * limit).sum() + (reduced * ends).sum())


def _reduced(program: Program, multipliers: Floats) -> tuple[Floats, Floats]:
    """Drop multipliers of limits that are none, and give with the rest the reduced cost of each column."""
    y = np.where(np.isfinite(program.row_lower), multipliers, np.minimum(multipliers, 0.0))
    y = np.where(np.isfinite(program.row_upper), y, np.maximum(y, 0.0))
    row = np.repeat(np.arange(y.size), np.diff(program.indptr))
    return y, program.cost - np.bincount(program.column, y[row] * program.coefficient, program.cost.size)


def reduced_costs(program: Program, multipliers: Floats) -> Floats:
    """Give what a unit of each column costs beyond what its rows are worth."""
    return _reduced(program, multipliers)[1]


def narrowed(program: Program, multipliers: Floats, *, most: float) -> Program:
    """Fix whole columns that every answer of at most some cost has at one end, as the multipliers prove.

    Moving a column off the end that its reduced cost favours costs at least that reduced cost beyond the bound.

    Parameters
    ----------
    program, multipliers
        As for `least`.
    most
        Cost beyond which answers are of no interest.

    Examples
    --------
    >>> program = Program(
    ...     cost=np.array([9.0, 1.0, 2.0]), lower=np.zeros(3), upper=np.ones(3), integer=np.ones(3, bool),
    ...     row_lower=np.array([2.0]), row_upper=np.array([np.inf]),
    ...     indptr=np.array([0, 3]), column=np.array([0, 1, 2]), coefficient=np.ones(3))
    >>> few = narrowed(program, np.array([2.0]), most=4.0)
    >>> few.lower.tolist(), few.upper.tolist()
    ([0.0, 0.0, 0.0], [0.0, 1.0, 1.0])
    """
    _y, reduced = _reduced(program, multipliers)
    room = most - least(program, multipliers)
    if not np.isfinite(room):
        return program
    sure = program.integer & (np.abs(reduced) > room + 1e-6 * max(1.0, abs(most)))
    lower, upper = program.lower.copy(), program.upper.copy()
    down, up = sure & (reduced > 0), sure & (reduced < 0)
    upper[down], lower[up] = lower[down], upper[up]
    return replace(program, lower=lower, upper=upper)


def certify_rows(written: SchemeProgram, multipliers: Floats) -> RowCertificate:
    """Make a certificate of multipliers that a solver found."""
    size = float(np.abs(multipliers).sum()) if multipliers.size else 1.0
    rounded = on_grid(np.nan_to_num(multipliers, posinf=0.0, neginf=0.0), size)
    one = RowCertificate(rounded, certified_rows(written, rounded))
    return replace(one, seal=one.digest())


def certified_rows(written: SchemeProgram, multipliers: Floats) -> float:
    """Compute the bound that multipliers prove on the value of a scheme; whole where values are."""
    scheme = written.scheme
    bound = written.value_of(least(written.program, multipliers))
    return whole_bound(bound, most=scheme.most) if scheme.whole else bound


def whole_bound(bound: float, *, most: bool) -> float:
    """Round a bound on whole values to the next that can be reached."""
    if not np.isfinite(bound):
        return bound
    slack = 1e-6 + 1e-11 * abs(bound)
    return float(np.floor(bound + slack)) if most else float(np.ceil(bound - slack))

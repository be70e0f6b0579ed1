"""Search under the switches beyond a plan that stands: with some rows more, or who is served where for what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.siting.effort import Clock, Effort
from planner.siting.plans import Search
from planner.siting.schemes.duals import narrowed, whole_bound
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.scheme import Served
from planner.siting.schemes.ties import Choice
from planner.siting.siteplans import best_bound
from planner.siting.tables import Bools, Floats, Ints
from planner.solving import Answer, Program, SolverError, solve, solver_name

_SEARCHED = 2_000_000  # entries beyond which a search finds nothing in a time anybody waits


@dataclass(frozen=True, eq=False)
class Row:
    """A demand beyond those of a scheme: so many of some options are open at the end, each counted once.

    Parameters
    ----------
    options : int64 array
        Rows.
    lower, upper
        How many.
    """

    options: Ints
    lower: float = -np.inf
    upper: float = np.inf


def with_rows(written: SchemeProgram, program: Program, rows: Sequence[Row]) -> Program:
    """Write further demands below those of a program."""
    last = written.option(written.phases - 1)
    sizes = [one.options.size for one in rows]
    return replace(
        program,
        row_lower=np.append(program.row_lower, [one.lower for one in rows]),
        row_upper=np.append(program.row_upper, [one.upper for one in rows]),
        indptr=np.append(program.indptr, program.column.size + np.cumsum(sizes, dtype=np.int64)),
        column=np.concatenate([program.column, *(last[one.options] for one in rows)]),
        coefficient=np.append(program.coefficient, np.ones(sum(sizes))),
    )


@dataclass(frozen=True, eq=False)
class Beyond:
    """What a search found.

    Parameters
    ----------
    choice
        The best one known; None where there is none.
    bound
        None that keeps the further demands is better; None where the search did not say.
    impossible
        Whether none keeps them.
    """

    choice: Choice | None
    bound: float | None = None
    impossible: bool = False


def searched(
    written: SchemeProgram,
    multipliers: Floats,
    rows: Sequence[Row],
    start: Choice | None,
    *,
    effort: Effort,
    clock: Clock,
) -> Beyond:
    """Search by HiGHS for the best choice that keeps further demands.

    Parameters
    ----------
    written, multipliers
        The program of a scheme, and multipliers of its rows: they leave fewer options where a choice is known.
    rows
        The further demands.
    start
        A choice that keeps them.
    effort, clock
        Limits of the work.
    """
    scheme, program = written.scheme, written.program
    if program.column.size > _SEARCHED:
        return Beyond(start)
    x = None if start is None else written.start(*start)
    few = program if x is None else narrowed(program, multipliers, most=float(program.cost @ x))
    whole = scheme.whole
    try:
        answer = solve(
            with_rows(written, few, rows), start=x, max_nodes=effort.max_nodes, gap=0.0 if whole else 1e-9,
            margin=0.999 if whole else 5e-8, time_limit_s=clock.limit_left_s, watch=clock.watch)  # fmt: skip
    except SolverError:
        return Beyond(start)
    if answer.status == "infeasible":
        return Beyond(start, impossible=start is None)
    best = _better(written, start, answer)
    if best is None or not np.isfinite(answer.bound):
        return Beyond(best)
    bound, value = written.value_of(answer.bound), scheme.value(*best)
    bound = whole_bound(bound, most=scheme.most) if whole else bound
    return Beyond(best, max(bound, value) if scheme.most else min(bound, value))


def _better(written: SchemeProgram, start: Choice | None, answer: Answer) -> Choice | None:
    scheme = written.scheme
    if not answer.x.size:
        return start
    one = (written.opened(answer.x), written.flows(answer.x))
    if scheme.faults(*one):
        return start
    return one if start is None or scheme.better(scheme.value(*one), scheme.value(*start)) else start


def sent(written: SchemeProgram, opened: Bools, clock: Clock | None = None) -> Served | None:
    """Find by one linear program who is served where when some options are open; None where no serving stands."""
    program, size = written.program, opened.size
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[:size] = upper[:size] = opened.ravel()
    fixed = replace(program, lower=lower, upper=upper, integer=np.zeros(upper.size, bool))
    clock = clock or Clock()
    try:
        answer = solve(fixed, time_limit_s=clock.limit_left_s, watch=clock.watch)
    except SolverError:
        return None
    if not answer.x.size:
        return None
    flows = written.flows(answer.x)
    return None if written.scheme.faults(opened, flows) else flows


def concluded(plan: SchemePlan, choice: Choice, *, seconds: float = 0.0) -> SchemePlan:
    """Make the plan of another choice, with the proofs of a plan for the same scheme as far as they hold for it.

    Parameters
    ----------
    plan
        One with a certificate.
    choice
        It has no faults.
    seconds
        That it took.
    """
    scheme, certificate = plan.scheme, plan.certificate
    if certificate is None:
        raise AssertionError
    opened, flows = choice
    value, search = scheme.value(opened, flows), None
    if plan.search is not None and not scheme.proven(value, certificate.bound):
        rows = tuple(np.unique(scheme.options.site[opened[-1] & scheme.options.new]).tolist())
        search = Search(solver_name(), rows, plan.search.bound)
    bound = best_bound(scheme, value, certificate, search=search)
    proven = scheme.proven(value, bound)
    return replace(
        plan, opened=opened, flows=flows, value=value, bound=bound, search=search, seconds=seconds,
        status="optimal" if proven else "gap", stopped="proven" if proven else "effort")  # fmt: skip

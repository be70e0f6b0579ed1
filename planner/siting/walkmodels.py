"""Ask for sites to which elders walk least: all together, or the one who walks furthest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import ArrayLike

from planner.errors import InputError
from planner.siting.asking import asked, below
from planner.siting.effort import Clock, Effort, Hear
from planner.siting.questions import Question
from planner.siting.search.pcenter import solve_center
from planner.siting.search.pmedian import solve_median
from planner.siting.siteplans import SitePlan
from planner.siting.tables import Reach

if TYPE_CHECKING:
    import pandas as pd

    from planner.standards import Circle
    from planner.study import Study


@dataclass(frozen=True)
class _LeastWalk(ABC):
    """What both models take."""

    sites: int
    circle: str | Circle | None = None
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        if not self.sites >= 0:
            raise InputError(below("sites", self.sites))

    @property
    @abstractmethod
    def _model(self) -> Literal["p_median", "p_center"]:
        """The kind of question."""

    @abstractmethod
    def _solved(self, question: Question, clock: Clock) -> SitePlan:
        """Answer a question."""

    def solve_table(
        self,
        table: Reach | pd.DataFrame | ArrayLike,
        weights: Mapping[Any, float] | ArrayLike | None = None,
        *,
        costs: Mapping[Any, float] | ArrayLike | None = None,
        existing: Collection[Any] = (),
        required: Collection[Any] = (),
        forbidden: Collection[Any] = (),
        leave_unreachable: bool = False,
        progress: Hear | None = None,
    ) -> SitePlan:
        """Choose sites of a table; parameters as for `planner.siting.MaxCover.solve_table`.

        A pair that the table lacks cannot serve. Costs are told and decide nothing; for a p-center, weights decide only
        who counts: demand that weighs nothing does not. Demand that no site at all reaches makes a plan impossible,
        unless ``leave_unreachable`` says to leave it out: the plan then tells it among those whom no site reaches.

        Returns
        -------
        Plan

        Raises
        ------
        InputError
            With every fault of what was handed in.
        """
        question = asked(
            self._model, Reach.of(table), weights, costs=costs, existing=existing, required=required,
            forbidden=forbidden, sites=self.sites, leave_unreachable=leave_unreachable)  # fmt: skip
        return self._solved(question, self.effort.clock(progress))

    def solve(
        self,
        study: Study,
        *,
        circle: str | Circle | None = None,
        required: Collection[str] = (),
        forbidden: Collection[str] = (),
        progress: Hear | None = None,
    ) -> SitePlan:
        """Choose among the candidates of a study, whatever the walk; parameters as for `planner.siting.MaxCover.solve`.

        Compounds from which no way leads to any candidate or facility are left out, and told as ``elders_uncoverable``.

        Returns
        -------
        Plan

        Raises
        ------
        InputError
            The study has no candidates, or no circle is named.
        """
        from planner.siting.studies import table_of

        there = table_of(study, self.circle if circle is None else circle, beyond=True)
        given = there.given(required, forbidden)
        plan = self.solve_table(there.reach, there.elders, leave_unreachable=True, progress=progress, **given)
        return replace(plan, circles=(there.circle,))


@dataclass(frozen=True)
class PMedian(_LeastWalk):
    """The p-median: the least sum of weight times walk that a number of new sites allows.

    Parameters
    ----------
    sites
        How many new sites there may be at most.
    circle
        The circle whose service counts, when a study is solved; its limit does not.
    effort
        Limits of the work.

    Examples
    --------
    >>> reach = Reach.of_matrix([[0.0, 900.0], [500.0, 400.0], [700.0, 0.0]], site_ids=["A", "B"])
    >>> plan = PMedian(sites=1).solve_table(reach, [1, 1, 3])
    >>> plan.sites, plan.value, plan.bound, plan.status
    (('B',), 1300.0, 1300.0, 'optimal')
    """

    @property
    def _model(self) -> Literal["p_median", "p_center"]:
        return "p_median"

    def _solved(self, question: Question, clock: Clock) -> SitePlan:
        return solve_median(question, self.effort, clock=clock)


@dataclass(frozen=True)
class PCenter(_LeastWalk):
    """The p-center: the shortest longest walk that a number of new sites allows.

    Parameters
    ----------
    sites
        How many new sites there may be at most.
    circle
        The circle whose service counts, when a study is solved; its limit does not.
    effort
        Limits of the work.

    Examples
    --------
    >>> reach = Reach.of_matrix([[0.0, 900.0], [500.0, 400.0], [700.0, 0.0]], site_ids=["A", "B"])
    >>> plan = PCenter(sites=1).solve_table(reach)
    >>> plan.sites, plan.value, plan.bound, plan.status
    (('A',), 700.0, 700.0, 'optimal')
    """

    @property
    def _model(self) -> Literal["p_median", "p_center"]:
        return "p_center"

    def _solved(self, question: Question, clock: Clock) -> SitePlan:
        return solve_center(question, self.effort, clock=clock)

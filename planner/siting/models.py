"""Ask for sites: the most elders under a limit, or the least that reaches a share, with a switch for every demand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from planner.errors import Fault, InputError
from planner.i18n import _, language
from planner.siting.asking import asked, below, idle, limit_faults
from planner.siting.effort import Effort, Hear
from planner.siting.plans import Plan
from planner.siting.questions import Model, Question
from planner.siting.schemes.asking import Handed, Switches, Tables, scheme_of
from planner.siting.schemes.options import Way
from planner.siting.schemes.scheme import Scheme
from planner.siting.schemes.work import solve_scheme
from planner.siting.search.covering import solve_cover
from planner.siting.search.maxcover import solve_question
from planner.siting.tables import Reach

if TYPE_CHECKING:
    import pandas as pd

    from planner.standards import Circle
    from planner.study import Study

Values = Mapping[Any, float] | ArrayLike


@dataclass(frozen=True, kw_only=True)
class _Switched(ABC):
    """The switches that both models share.

    Parameters
    ----------
    circle
        The circle, or the two circles, whose limits and services count when a study is solved.
    saving
        Money that is saved where two services share a site (the whole of what each costs alone, less this).
    capacity
        Whether a site serves no more than it holds, of a study ``meals_per_day`` or ``places``; what is not known is no
        limit. The plan then assigns elders to sites; `SchemePlan.loads` tells what happens if all go to the nearest.
    uptake
        The share of the elders served who are there on one day, against which capacity is held.
    floors
        Least share of the elders of every district, for each service and walker; or by id of the district.
    level
        Of a study, the districts: ``community``, ``street`` or ``county``.
    walkers
        Of a study, names of walkers, each of which is a scenario.
    discount_rate
        Per year, for the rents of ways.
    effort
        Limits of the work.
    """

    circle: str | Circle | Sequence[str | Circle] | None = None
    saving: float = 0.0
    capacity: bool = False
    uptake: float = 1.0
    floors: float | Mapping[Any, float] | None = None
    level: Literal["community", "street", "county"] = "street"
    walkers: Sequence[str] = ()
    discount_rate: float = 0.0
    effort: Effort = field(default_factory=Effort)

    def _faults(self) -> list[Fault]:
        """List what is wrong with the switches that both models share."""
        found = []
        if not 0 <= self.saving < np.inf:
            found.append(below("saving", self.saving))
        if not 0 < self.uptake <= 1:
            what = _("{name} is {value}").format(name="uptake", value=self.uptake)
            found.append(Fault(what, todo=_("give a share above 0, up to 1")))
        if self.uptake != 1.0 and not self.capacity:
            found.append(idle("uptake", "capacity=True"))
        if not 0 <= self.discount_rate < np.inf:
            found.append(below("discount_rate", self.discount_rate))
        return found

    @property
    def _plain(self) -> bool:
        """Whether no switch is set, so that the model for one service, which is faster, answers."""
        return not (self.capacity or self.floors is not None or self.walkers)

    @property
    def _by_district(self) -> bool:
        return self.floors is not None

    def _idle_faults(self, handed: Handed) -> list[Fault]:
        """List switches that are set for nothing, or that lack their data."""
        held = handed.capacities is not None or any(way.capacity is not None for way in handed.ways)
        checks = (
            (self.saving and len(handed.services) < 2, "saving", _("tables of two services")),
            (self.capacity and not held, "capacity", "capacities"),
            (held and not self.capacity, "capacities", "capacity=True"),
            (self.discount_rate and not any(way.rent_cny_a for way in handed.ways), "discount_rate", _("rents")),
            (self.walkers and not handed.scenarios, "walkers", _("a study, or scenarios")),
            (handed.districts is not None and not self._by_district, "districts", "floors"),
        )
        return [idle(name, needs) for wrong, name, needs in checks if wrong]

    # What the two models differ in.

    @property
    @abstractmethod
    def _paid(self) -> bool:
        """Whether money decides."""

    @abstractmethod
    def _scheme(self, handed: Handed) -> Scheme:
        """Make the scheme of what was handed in."""

    @abstractmethod
    def _alone(self, handed: Handed, progress: Hear | None) -> Plan:
        """Solve the question for one service without any switch."""

    @property
    def _phase_names(self) -> tuple[str, ...]:
        return ()

    def solve_table(
        self,
        table: Tables | pd.DataFrame | ArrayLike,
        weights: Values | None = None,
        *,
        limit_s: float | Mapping[str, float] | None = None,
        costs: Values | Mapping[str, Values] | None = None,
        existing: Collection[Any] | Mapping[str, Collection[Any]] = (),
        required: Collection[Any] = (),
        forbidden: Collection[Any] = (),
        may_close: Mapping[Any, float] | Collection[Any] = (),
        scenarios: Mapping[str, Tables] | None = None,
        districts: Mapping[Any, Any] | ArrayLike | None = None,
        capacities: Values | Mapping[str, Values] | None = None,
        ways: Sequence[Way] = (),
        progress: Hear | None = None,
    ) -> Plan:
        """Choose sites of a table. Ctrl-C hands back the best plan so far with its bound; a second one interrupts.

        Parameters
        ----------
        table : Reach, DataFrame, array (n, m), or mapping of str to these
            Who reaches which site, in seconds, demand by site; with two services, one table for each by its name, with
            the same ids.
        weights
            Elders, by id of the demand or in the order in which it was given; left out, 1 each.
        limit_s
            Longest walk that counts, in the unit of the table, or by service; left out, every pair counts.
        costs
            Of the sites, by id or in order, or by service; needed with a budget.
        existing, required, forbidden
            Ids of sites that are there (or by service), that must be chosen, that must not.
        may_close
            Ids of existing sites that may be given up, or what that gives back in money, by id.
        scenarios
            Tables by the name of the walker; then ``table`` is not looked at beyond its services.
        districts
            District of each demand, by id or in order.
        capacities
            How many people each site serves on one day, by id or in order, or by service; missing is no limit.
        ways
            Ways to come by sites, in place of their costs.
        progress
            Told how the work stands (`planner.siting.effort.Progress`) whenever plan or bound got better.

        Returns
        -------
        Plan

        Raises
        ------
        InputError
            With every fault of what was handed in.
        """
        by_walker = {name: _laid_out(one) for name, one in scenarios.items()} if scenarios else None
        handed = Handed(
            _laid_out(table), weights, limit_s, costs, existing, required, forbidden, may_close, by_walker, districts,
            capacities, ways)  # fmt: skip
        return self._answer(handed, progress)

    def _answer(self, handed: Handed, progress: Hear | None) -> Plan:
        if faults := self._idle_faults(handed):
            raise InputError(faults)
        if self._paid and handed.costs is None and not handed.ways:
            what = _("money decides, and there are no costs")
            raise InputError(Fault(what, todo=_("give the cost of each site")))
        several = isinstance(handed.tables, Mapping) or handed.scenarios or handed.ways or handed.may_close
        if self._plain and not several:
            return self._alone(handed, progress)
        plan = solve_scheme(self._scheme(handed), self.effort, progress=progress, phase_names=self._phase_names)
        return replace(plan, asked_by=self)

    def solve(
        self,
        study: Study,
        *,
        circle: str | Circle | Sequence[str | Circle] | None = None,
        required: Collection[str] = (),
        forbidden: Collection[str] = (),
        may_close: Mapping[str, float] | Collection[str] = (),
        ways: Sequence[Way] = (),
        progress: Hear | None = None,
    ) -> Plan:
        """Choose among the candidates of a study; the facilities that count are there already and take nothing.

        Parameters
        ----------
        study
            An open study with candidates.
        circle
            The circle, or the two, whose limit and service count; left out, the model's.
        required, forbidden
            Ids of candidates that must be chosen, besides those that the study says must, and that must not.
        may_close
            Ids of facilities that may be given up, or what that gives back in money, by id.
        ways
            Ways to come by the candidates, in place of their ``cost_cny``.
        progress
            As for `solve_table`.

        Returns
        -------
        Plan

        Raises
        ------
        InputError
            The study has no candidates, no circle is named, or money counts and costs are missing.
        """
        from planner.siting.schemes.fromstudy import handed_of
        from planner.siting.studies import table_of

        asked_for = self.circle if circle is None else circle
        circles = _listed(asked_for)
        with language(study.lang):
            if len(circles) == 1 and self._plain and not (ways or may_close):
                there = table_of(study, circles[0])
                given = there.given(required, forbidden, paid=self._paid)
                plan = self.solve_table(there.reach, there.elders, progress=progress, **given)
                return replace(plan, circles=(there.circle,))
            handed, named = handed_of(
                study, circles, walkers=self.walkers, required=required, forbidden=forbidden, may_close=may_close,
                ways=ways, paid=self._paid, capacity=self.capacity,
                level=self.level if self._by_district else None)  # fmt: skip
            return replace(self._answer(handed, progress), circles=named)


@dataclass(frozen=True)
class MaxCover(_Switched):
    """Maximum coverage: the most elders within reach of a number of new sites, or of what a budget pays.

    Parameters
    ----------
    sites
        How many new sites there may be at most, existing ones not counted; or so many by the end of each phase.
    budget
        How much the new sites may cost together; or so much by the end of each phase.
    split
        In place of them, or besides: how much the new sites of each service may cost, by the name of the service (of a
        study, the id of the circle).
    years
        Names of the phases.
    fairest
        Whether the largest least share of any district is the goal, and the most elders only after it.
    robust
        With several walkers: ``worst``, the most elders for the walker for whom it is least; ``regret``, the least that
        any walker's elders fall short of the best for that walker alone.

    The others are shared with `LeastSites`: circle, saving, capacity, uptake, floors, level, walkers, discount_rate,
    effort.

    Examples
    --------
    Three homes and two sites; the second site reaches two homes with 70 elders:

    >>> import numpy as np
    >>> from planner.siting import Reach
    >>> reach = Reach.of_matrix([[300.0, np.nan], [np.nan, 500.0], [np.nan, 200.0]], list("xyz"), ["A", "B"])
    >>> plan = MaxCover(sites=1).solve_table(reach, [50, 30, 40])
    >>> plan.sites, plan.value, plan.status
    (('B',), 70.0, 'optimal')
    >>> MaxCover(budget=9).solve_table(reach, [50, 30, 40], costs={"A": 4, "B": 10}).sites
    ('A',)

    With a floor of one half for the district of the first home, the one site must go there:

    >>> MaxCover(sites=1, floors={"n": 0.5}).solve_table(reach, [50, 30, 40], districts=["n", "s", "s"]).sites
    ('A',)
    """

    sites: int | Sequence[int] | None = None
    budget: float | Sequence[float] | None = None
    split: Mapping[str, float] | None = None
    years: Sequence[Any] = ()
    fairest: bool = False
    robust: Literal["worst", "regret"] | None = None

    def __post_init__(self) -> None:
        faults = self._faults()
        given = (self.sites is not None) + (self.budget is not None)
        if given > 1 or not (given or self.split):
            faults.append(Fault(_("give either a number of sites or a budget"), why=_("one of the two is the limit")))
        for name, limits in (("sites", self.sites), ("budget", self.budget)):
            faults += [] if limits is None else limit_faults(name, _several(limits))
        faults += [below(f"split {name}", one) for name, one in (self.split or {}).items() if not one >= 0]
        phases = max(len(_several(self.sites)), len(_several(self.budget)))
        if self.years and len(self.years) != phases:
            text = _("there are {years} years for {phases} phases").format(years=len(self.years), phases=phases)
            faults.append(Fault(text, todo=_("give one year for each phase")))
        if self.fairest and self.robust:
            faults.append(Fault(_("fairest and robust at once"), why=_("one of the two is the goal")))
        if faults:
            raise InputError(faults)

    @property
    def _plain(self) -> bool:
        phased = any(np.ndim(np.asarray(one)) for one in (self.sites, self.budget))
        return super()._plain and not (phased or self.years or self.split or self.fairest or self.robust)

    @property
    def _paid(self) -> bool:
        return self.budget is not None or bool(self.split)

    @property
    def _by_district(self) -> bool:
        return super()._by_district or self.fairest

    @property
    def _phase_names(self) -> tuple[str, ...]:
        return tuple(map(str, self.years))

    def _idle_faults(self, handed: Handed) -> list[Fault]:
        found = super()._idle_faults(handed)
        if self.fairest and handed.districts is None:
            found.append(idle("fairest", "districts"))
        if self.robust and len(handed.scenarios or ()) < 2:
            found.append(idle("robust", _("two walkers or more")))
        return found

    def _scheme(self, handed: Handed) -> Scheme:
        switches = Switches(
            saving=self.saving, capacity=self.capacity, uptake=self.uptake, floors=self.floors, fairest=self.fairest,
            robust=self.robust or "worst", split=self.split, discount_rate=self.discount_rate)  # fmt: skip
        return scheme_of(handed, switches, sites=_several(self.sites), budgets=_several(self.budget))

    def _alone(self, handed: Handed, progress: Hear | None) -> Plan:
        question = _question("max_cover", handed, sites=self.sites, budget=self.budget, by_cost=self._paid)
        return solve_question(question, self.effort, clock=self.effort.clock(progress))


@dataclass(frozen=True)
class LeastSites(_Switched):
    """Covering: the fewest new sites, or the least cost, that bring a share of the elders within reach.

    Parameters
    ----------
    share
        Of all elders, those whom no site reaches among them: 1 for everybody (the location set covering problem); with
        two services or several walkers, of each.
    by_cost
        Whether sites are counted or paid.

    The others are shared with `MaxCover`: circle, saving, capacity, uptake, floors, level, walkers, discount_rate,
    effort.

    Examples
    --------
    >>> import numpy as np
    >>> from planner.siting import Reach
    >>> reach = Reach.of_matrix([[300.0, np.nan], [np.nan, 500.0], [np.nan, 200.0]], list("xyz"), ["A", "B"])
    >>> LeastSites().solve_table(reach, [50, 30, 40]).sites
    ('A', 'B')
    >>> LeastSites(share=0.5).solve_table(reach, [50, 30, 40]).sites
    ('B',)
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     LeastSites().solve_table(reach, [50, 30, 40], limit_s=300).reasons
    ('all sites together bring 90 of 120 within reach, 75.00%; no site reaches y',)
    """

    share: float = 1.0
    by_cost: bool = False

    def __post_init__(self) -> None:
        faults = self._faults()
        if not 0 <= self.share <= 1:
            faults.append(Fault(_("the share is {share:g}").format(share=self.share), todo=_("give 0 to 1")))
        if faults:
            raise InputError(faults)

    @property
    def _paid(self) -> bool:
        return self.by_cost

    def _scheme(self, handed: Handed) -> Scheme:
        switches = Switches(
            saving=self.saving, capacity=self.capacity, uptake=self.uptake, floors=self.floors,
            discount_rate=self.discount_rate)  # fmt: skip
        return scheme_of(handed, switches, least=self.share, by_cost=self.by_cost)

    def _alone(self, handed: Handed, progress: Hear | None) -> Plan:
        question = _question("cover", handed, share=self.share, by_cost=self.by_cost)
        return solve_cover(question, self.effort, clock=self.effort.clock(progress))


def _laid_out(table: Tables | pd.DataFrame | ArrayLike) -> Tables:
    """Lay out the tables of one service or several."""
    if isinstance(table, Mapping):
        return {str(name): Reach.of(one) for name, one in table.items()}
    return Reach.of(table)


def _question(model: Model, handed: Handed, **limits: Any) -> Question:
    """Make the question for one service of what was handed in."""
    data: dict[str, Any] = {
        name: getattr(handed, name) for name in ("limit_s", "costs", "existing", "required", "forbidden")
    }
    if isinstance(handed.tables, Mapping):  # several tables are no question for one service
        raise AssertionError
    return asked(model, handed.tables, handed.weights, **data, **limits)


def _listed(circle: str | Circle | Sequence[str | Circle] | None) -> list[str | Circle | None]:
    from planner.standards import Circle

    return [circle] if circle is None or isinstance(circle, str | Circle) else list(circle)


def _several(limit: float | Sequence[float] | None) -> tuple[float, ...]:
    return () if limit is None else tuple(map(float, np.atleast_1d(np.asarray(limit, np.float64))))

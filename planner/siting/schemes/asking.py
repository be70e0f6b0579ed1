"""Make a scheme of what a user hands in, with every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting.schemes.offers import Sites, Ways, options_of
from planner.siting.schemes.options import Way
from planner.siting.schemes.scheme import Goal, Scheme
from planner.siting.tables import Bools, Floats, Ints, Reach, named

Tables = Reach | Mapping[str, Reach]
Values = Mapping[Any, float] | ArrayLike


@dataclass(frozen=True)
class Switches:
    """What a model asks for beyond sites or a budget, as its constructor took it.

    Parameters
    ----------
    saving
        Money that is saved where two services share a site.
    capacity
        Whether a site serves no more than it holds.
    uptake
        The share of the elders served who are there on one day.
    floors
        Least share of every district, or by id of the district.
    fairest
        Whether the largest least share of any district is the goal.
    robust
        ``worst`` or ``regret``, where there are several walkers.
    split
        Most money for each service, by its name.
    discount_rate
        Per year, for rents.
    """

    saving: float = 0.0
    capacity: bool = False
    uptake: float = 1.0
    floors: float | Mapping[Any, float] | None = None
    fairest: bool = False
    robust: Literal["worst", "regret"] = "worst"
    split: Mapping[str, float] | None = None
    discount_rate: float = 0.0


@dataclass(frozen=True)
class Handed:
    """The data of a question, as `planner.siting.MaxCover.solve_table` takes them.

    Parameters
    ----------
    offers
        Ids of the sites that may offer each service; left out, those that stand in its table with a pair, be it beyond
        the limit, and required sites without any pair.

    The others as there.
    """

    tables: Tables
    weights: Values | None = None
    limit_s: float | Mapping[str, float] | None = None
    costs: Values | Mapping[str, Values] | None = None
    existing: Collection[Any] | Mapping[str, Collection[Any]] = ()
    required: Collection[Any] = ()
    forbidden: Collection[Any] = ()
    may_close: Mapping[Any, float] | Collection[Any] = ()
    scenarios: Mapping[str, Tables] | None = None
    districts: Mapping[Any, Any] | ArrayLike | None = None
    capacities: Values | Mapping[str, Values] | None = None
    ways: Sequence[Way] = ()
    offers: Mapping[str, Collection[Any]] | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services."""
        return _services(self.tables)


def _by_service(tables: Tables) -> Mapping[str, Reach]:
    return tables if isinstance(tables, Mapping) else {"": tables}


def _services(tables: Tables) -> tuple[str, ...]:
    return tuple(map(str, _by_service(tables)))


class _Reader:
    """Reads what was handed in, part by part, and gathers the faults."""

    def __init__(self, handed: Handed) -> None:
        self.handed = handed
        self.faults: list[Fault] = []
        by_walker = handed.scenarios or {"": handed.tables}
        self.scenarios = tuple(map(str, by_walker))
        self.services = handed.services
        walked = [_by_service(one) for one in by_walker.values()]
        if not self.services or any(_services(one) != self.services for one in walked):
            raise InputError(Fault(_("the walkers do not have the same services"), where=_("scenarios")))
        self.whole = [[one[name] for one in walked] for name in walked[0]]
        self.table = self.whole[0][0]
        self._aligned()
        limits = self.by_service(handed.limit_s, lambda limit, _what: limit, _("limits"), needed=True)
        self.reaches = tuple(
            tuple(row if limit is None else [one.within(limit) for one in row])
            for row, limit in zip(self.whole, limits, strict=True)
        )

    def _aligned(self) -> None:
        """Hold that all tables have the same ids."""
        first = self.table
        for table in (one for row in self.whole for one in row):
            for mine, theirs in ((table.demand_ids, first.demand_ids), (table.site_ids, first.site_ids)):
                if mine.size != theirs.size or not bool(np.all(mine == theirs)):
                    todo = _("give every table all demand and all sites; pairs without a way are left out")
                    raise InputError(Fault(_("the tables do not have the same ids"), where=_("tables"), todo=todo))

    def read(self, part: Callable[..., Any], *given: Any) -> Any:
        """Read a part; its faults are gathered."""
        try:
            return part(*given)
        except InputError as error:
            self.faults.extend(error.faults)
            return None

    def by_service(self, values: Any, read: Callable[..., Any], what: str, *, needed: bool = False) -> list[Any]:
        """Read values that are given for all services, or by the name of the service; needed ones for each."""
        names = set(map(str, values)) if isinstance(values, Mapping) else set()
        if not names or self.services == ("",) or not names <= set(self.services):
            return [self.read(read, values, what) for _name in self.services]
        lacking = [name for name in self.services if name not in names]
        if lacking and needed:
            text = _("there is nothing for {services}").format(services=_(", ").join(lacking))
            self.faults.append(Fault(text, where=what, todo=_("give something for each service")))
        by_name = {str(name): value for name, value in values.items()}
        return [self.read(read, by_name[name], what) if name in by_name else None for name in self.services]

    def roles(self) -> tuple[Bools, Bools, Bools]:
        """Mark the sites that exist, by service (s, m), those that must be chosen, and those that must not, (m,)."""
        handed, table = self.handed, self.table
        nowhere = np.zeros(table.site_ids.size, bool)
        there = self.by_service(handed.existing, table.sites_named, _("existing sites"))
        required = self.read(table.sites_named, handed.required, _("required sites"))
        forbidden = self.read(table.sites_named, handed.forbidden, _("forbidden sites"))
        existing = np.array([nowhere if one is None else one for one in there]).reshape(len(self.services), -1)
        return existing, nowhere if required is None else required, nowhere if forbidden is None else forbidden

    def sites(self, ways: Ways, required: Bools, forbidden: Bools, existing: Bools, *, paid: bool) -> Sites:
        """Read what is known of the sites."""
        handed, table, shape = self.handed, self.table, existing.shape
        exempt = forbidden | existing.all(axis=0)
        exempt[list(ways.by_site)] = True
        costs = self.by_service(handed.costs, lambda v, what: self._cost(v, what, exempt, paid=paid), _("costs"),
                                needed=True)  # fmt: skip
        rooms = self.by_service(handed.capacities, self._capacity, _("capacities"))
        closing = self._closing(existing, required)
        if handed.offers is None:
            offers = np.array([np.logical_or.reduce([np.diff(one.indptr) > 0 for one in row]) for row in self.whole])
            offers[:, required & ~offers.any(axis=0)] = True
        else:
            named_ = [handed.offers.get(name, ()) for name in self.services]
            offers = np.array([table.sites_named(list(ids), _("sites")) for ids in named_])
        return Sites(
            offers.reshape(shape), existing, forbidden, _stacked(costs, shape, 0.0), _stacked(rooms, shape, np.inf),
            closing)  # fmt: skip

    def _cost(self, values: Any, what: str, exempt: Bools, *, paid: bool) -> Floats:
        """Read costs; only what decides nothing may be missing."""
        table = self.table
        if values is None:
            cost = np.full(table.site_ids.size, np.nan)
        else:
            if hasattr(values, "keys"):
                spared = dict.fromkeys(map(str, table.site_ids[exempt].tolist()), np.nan)
                values = spared | {str(one): value for one, value in values.items()}
            cost = table.site_values(values, what, missing=True)
        unknown = np.isnan(cost) & ~exempt
        if paid and unknown.any():
            text = _("the cost of {ids} is not known").format(ids=named(table.site_ids[unknown]))
            raise InputError(Fault(text, where=what, todo=_("give the cost of each site")))
        return cost

    def _capacity(self, values: Any, what: str) -> Floats:
        """Read how many each site holds; no number is no limit."""
        table = self.table
        if values is None:
            return np.full(table.site_ids.size, np.inf)
        if hasattr(values, "keys"):
            unknown = dict.fromkeys(map(str, table.site_ids.tolist()), np.nan)
            values = unknown | {str(one): np.nan if value is None else value for one, value in values.items()}
        found = table.site_values(values, what, missing=True)
        return np.where(np.isnan(found), np.inf, found)

    def _closing(self, existing: Bools, required: Bools) -> Floats:
        """Give what closing each site gives back; infinite for those that stay."""
        may, ids = self.handed.may_close, self.table.site_ids
        gives, where = np.full(ids.size, np.inf), _("sites that may close")
        marks = self.read(self.table.sites_named, list(may), where)
        if marks is None:
            return gives
        strange = marks & ~existing.any(axis=0)
        if strange.any():
            text = _("{ids} may close but do not exist").format(ids=named(ids[strange]))
            self.faults.append(Fault(text, where=where, todo=_("name sites that exist")))
        if (marks & required).any():
            text = _("{ids} may close and are required").format(ids=named(ids[marks & required]))
            self.faults.append(Fault(text, where=where, todo=_("leave out one of the two")))
        amounts = {str(key): float(value) for key, value in may.items()} if isinstance(may, Mapping) else {}
        wrong = [key for key, value in amounts.items() if not (np.isfinite(value) and value >= 0)]
        if wrong:
            text = _("the number of {ids} is negative or missing").format(ids=_(", ").join(wrong))
            self.faults.append(Fault(text, where=where, todo=_("give a number of 0 or more")))
        for j in np.flatnonzero(marks):
            gives[j] = amounts.get(str(ids[j]), 0.0)
        return gives

    def district(self) -> tuple[Ints, NDArray[Any]]:
        """Give the district of each demand, and the ids of the districts."""
        given, ids = self.handed.districts, self.table.demand_ids
        if given is None:
            return np.full(ids.size, -1, np.int64), np.zeros(0, dtype=np.str_)
        if hasattr(given, "keys"):
            by_id = {str(key): value for key, value in given.items()}  # type: ignore[union-attr]
            names = [by_id.get(str(one)) for one in ids.tolist()]
        else:
            values = np.asarray(given, dtype=object).ravel()
            if values.size != ids.size:
                text = _("{given} districts for {ids} ids").format(given=values.size, ids=ids.size)
                raise InputError(Fault(text, where=_("districts")))
            names = values[self.table.demand_order].tolist()
        texts = ["" if one is None or one != one else str(one) for one in names]
        known = np.array(sorted({one for one in texts if one}), dtype=np.str_)
        place = {one: d for d, one in enumerate(known.tolist())}
        return np.array([place.get(one, -1) for one in texts], np.int64), known

    def floors(self, asked: float | Mapping[Any, float] | None, districts: NDArray[Any]) -> Floats:
        """Give the least share of each district."""
        if asked is None:
            return np.zeros(districts.size)
        if not districts.size:
            raise InputError(Fault(_("floors need districts"), todo=_("give the district of each demand")))
        if isinstance(asked, Mapping):
            unknown = [str(one) for one in asked if str(one) not in set(districts.tolist())]
            if unknown:
                text = _("there are no districts {ids}").format(ids=_(", ").join(unknown))
                raise InputError(Fault(text, where=_("floors")))
            by_id = {str(key): float(value) for key, value in asked.items()}
            found = np.array([by_id.get(one, 0.0) for one in districts.tolist()])
        else:
            found = np.full(districts.size, float(asked))
        if not ((found >= 0) & (found <= 1)).all():
            raise InputError(Fault(_("a floor is not a share"), where=_("floors"), todo=_("give 0 to 1")))
        return found

    def purses(self, split: Mapping[str, float] | None) -> tuple[float, ...]:
        """Give the most money for each service; infinite for those that are not named."""
        by_name = {str(name): float(value) for name, value in (split or {}).items()}
        unknown = [name for name in by_name if name not in self.services]
        if unknown:
            text = _("there is no service {service}").format(service=_(", ").join(unknown))
            self.faults.append(Fault(text, where="split"))
        return tuple(by_name.get(name, np.inf) for name in self.services)


def _stacked(rows: Sequence[Any], shape: tuple[int, ...], default: float) -> Floats:
    """Lay rows upon each other; of one with faults, or of none, the default."""
    filled = [np.full(shape[1], default) if row is None else row for row in rows]
    return np.array(filled, np.float64).reshape(shape)


def _goal(switches: Switches, walkers: int, *, least: bool) -> Goal:
    if least:
        return "least"
    if switches.fairest:
        return "fairest"
    return "most" if walkers == 1 else switches.robust


def scheme_of(
    handed: Handed,
    switches: Switches,
    *,
    sites: Sequence[float] = (),
    budgets: Sequence[float] = (),
    least: float | None = None,
    by_cost: bool = False,
) -> Scheme:
    """Make a scheme.

    Parameters
    ----------
    handed, switches
        Data and switches.
    sites, budgets
        Most new sites or money by the end of each phase; the one that is left out sets no limit.
    least
        The share that must be reached, where the fewest or cheapest sites are asked for.
    by_cost
        Whether sites are paid or counted.

    Raises
    ------
    InputError
        With every fault.
    """
    reader = _Reader(handed)
    table = reader.table
    weight = reader.read(table.demand_values, handed.weights, _("weights"))
    existing, required, forbidden = reader.roles()
    district = reader.read(reader.district)
    floors = None if district is None else reader.read(reader.floors, switches.floors, district[1])
    purses = reader.purses(switches.split)
    ways = Ways(table, reader.services, handed.ways, discount_rate=switches.discount_rate)
    ways.check(handed.may_close)
    paid = by_cost or bool(budgets) or bool(switches.split)
    known = reader.sites(ways, required, forbidden, existing, paid=paid)
    if reader.faults or ways.faults or floors is None:
        raise InputError([*reader.faults, *ways.faults])
    phases = max(len(sites), len(budgets), 1)
    return Scheme(
        goal=_goal(switches, len(reader.scenarios), least=least is not None),
        services=reader.services,
        scenarios=reader.scenarios,
        reaches=reader.reaches,
        weight=weight,
        options=options_of(known, ways, saving=switches.saving),
        required=required & ~existing.any(axis=0),
        forbidden=known.forbidden,
        sites=tuple(map(float, sites)) or (np.inf,) * phases,
        budgets=tuple(map(float, budgets)) or (np.inf,) * phases,
        purses=purses,
        district=district[0],
        districts=district[1],
        floors=floors,
        need=least or 0.0,
        by_cost=by_cost,
        limited=switches.capacity,
        uptake=switches.uptake,
    )

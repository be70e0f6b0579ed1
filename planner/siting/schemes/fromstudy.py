"""Gather from a study what a scheme is asked about: one or two circles, several walkers, capacity, districts, ways."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.coverage.areas import assign
from planner.errors import Fault, InputError
from planner.i18n import _, language
from planner.siting.schemes.asking import Handed
from planner.siting.schemes.options import Way
from planner.siting.studies import StudyTable, table_of
from planner.walking.walkers import WALKERS, Walker

if TYPE_CHECKING:
    from planner.standards import Circle
    from planner.study import Study

_HOLDS = {"meals": "meals_per_day", "day": "places"}  # by service, the column that says how much a site holds


def handed_of(
    study: Study,
    circles: Sequence[str | Circle | None],
    *,
    walkers: Sequence[str] = (),
    required: Collection[str] = (),
    forbidden: Collection[str] = (),
    may_close: Mapping[str, float] | Collection[str] = (),
    ways: Sequence[Way] = (),
    paid: bool = False,
    capacity: bool = False,
    level: str | None = None,
) -> tuple[Handed, tuple[Circle, ...]]:
    """Walk from every compound to every site, for each circle and walker, and gather what else is asked for.

    Parameters
    ----------
    study
        An open study with candidates.
    circles
        One circle or two, or their ids.
    walkers
        Names of walkers, each a scenario; none for the study's own.
    required, forbidden, may_close, ways
        As in `planner.siting.MaxCover.solve`.
    paid
        Whether costs decide.
    capacity
        Whether capacities are gathered.
    level
        Of the districts; None for none.

    Returns
    -------
    Handed, tuple of Circle

    Raises
    ------
    InputError
        With every fault: no such circle, walker, candidate or facility, no candidates, costs that are missing where
        they decide.
    """
    with language(study.lang):
        chosen, people = _named(study, circles, walkers)
        gathered = _Gathered()
        by_id = None if level is None else gathered.of(_districts, study, level)
        sites = _Sites(study, [[table_of(study, circle, walker=one) for one in people] for circle in chosen])
        gathered.faults += [
            *sites.unknown(required, "required"), *sites.unknown(forbidden, "forbidden"),
            *sites.unknown([way.site for way in ways], "ways"), *sites.closing(may_close), *sites.idle(required),
            *(sites.unpriced({*map(str, forbidden), *(str(way.site) for way in ways)}) if paid else ()),
        ]  # fmt: skip
        rooms = {row[0].circle.id: gathered.of(sites.rooms, row[0]) for row in sites.tables} if capacity else None
        if gathered.faults:
            raise InputError(gathered.faults)
        handed = sites.handed(required=required, forbidden=forbidden, may_close=may_close, ways=ways)
        walked = {one.name: sites.spread(q) for q, one in enumerate(people)} if walkers else None
        return replace(handed, scenarios=walked, districts=by_id, capacities=rooms), tuple(chosen)


class _Gathered:
    """What was asked for part by part, and the faults of all parts."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def of(self, part: Callable[..., Any], *given: Any) -> Any:
        """Ask for a part; None where it has faults."""
        try:
            return part(*given)
        except InputError as error:
            self.faults.extend(error.faults)
            return None


def _named(
    study: Study, circles: Sequence[str | Circle | None], walkers: Sequence[str]
) -> tuple[list[Circle], list[Walker]]:
    """Find circles and walkers by their names; the study's own walker comes first, as sites are told of for it."""
    gathered = _Gathered()
    chosen = [gathered.of(study.circle, one) if isinstance(one, str) else one for one in circles if one is not None]
    if not chosen:
        gathered.faults.append(Fault(_("no circle is named"), todo=_("name a circle such as meal-10min")))
    people = [gathered.of(_walker, study, name) for name in walkers] or [study.walker]
    ids = [one.id for one in chosen if one is not None]
    if len(set(ids)) < len(ids):
        gathered.faults.append(Fault(_("a circle is named twice: {ids}").format(ids=_(", ").join(ids))))
    if len(set(walkers)) < len(walkers):
        gathered.faults.append(Fault(_("a walker is named twice: {names}").format(names=_(", ").join(walkers))))
    if gathered.faults:
        raise InputError(gathered.faults)
    people.sort(key=lambda one: one.name != study.walker.name)
    return chosen, people


def _walker(study: Study, name: str) -> Walker:
    own = study.settings.walkers.get(name)
    if own is None and name not in WALKERS:
        known = _(", ").join([*WALKERS, *study.settings.walkers])
        what = _("there is no walker {name}").format(name=name)
        raise InputError(Fault(what, where="walkers", todo=_("choose one of: {known}").format(known=known)))
    return Walker(name, own.speed_mps) if own else WALKERS[name]


def _amounts(may_close: Mapping[str, float] | Collection[str]) -> Mapping[str, float]:
    return may_close if isinstance(may_close, Mapping) else dict.fromkeys(may_close, 0.0)


class _Sites:
    """The candidates and facilities of all circles: tables by circle, then by walker."""

    def __init__(self, study: Study, tables: list[list[StudyTable]]) -> None:
        self.study, self.tables = study, tables
        self.ids = np.unique(np.concatenate([row[0].reach.site_ids for row in tables]))
        self.fitting = {one for row in tables for one in self.candidates(row[0])}
        # A facility that bears the id of a candidate has another one in the tables.
        self.facilities = {
            one.removesuffix(" (facilities)"): one for row in tables for one in row[0].existing
        }  # fmt: skip

    @staticmethod
    def candidates(table: StudyTable) -> set[str]:
        """Name the candidates in a table."""
        return set(map(str, table.reach.site_ids.tolist())) - set(table.existing)

    def handed(
        self, *, required: Collection[str], forbidden: Collection[str],
        may_close: Mapping[str, float] | Collection[str], ways: Sequence[Way],
    ) -> Handed:  # fmt: skip
        """Gather what the tables say, and what is asked of single sites, by the names of the tables."""
        first = [row[0] for row in self.tables]
        known = self.costs()
        return Handed(
            self.spread(0),
            dict(zip(self.study.layers["compounds"].index.astype(str), first[0].elders, strict=True)),
            costs={one.circle.id: known for one in first},
            existing={one.circle.id: one.existing for one in first},
            required=sorted({*map(str, required), *(must for one in first for must in one.required)}),
            forbidden=sorted({*map(str, forbidden)} & self.fitting),
            may_close={self.facilities[str(one)]: gives for one, gives in _amounts(may_close).items()},
            ways=[self.way(way) for way in ways if str(way.site) in self.fitting],
            offers={one.circle.id: sorted(self.candidates(one)) for one in first},
        )

    def unknown(self, given: Collection[Any], where: str) -> list[Fault]:
        """Find ids of no candidate of the study."""
        known = set(map(str, self.study.layers["candidates"].index))
        wrong = sorted({str(one) for one in given} - known)
        what = _("there are no candidates {ids}").format(ids=_(", ").join(wrong))
        return [Fault(what, where=where, todo=_("name candidates by their candidate_id"))] if wrong else []

    def idle(self, required: Collection[Any]) -> list[Fault]:
        """Find candidates that must be chosen and could serve none of the circles."""
        known = set(map(str, self.study.layers["candidates"].index))
        wrong = sorted(({str(one) for one in required} & known) - self.fitting)
        what = _("{ids} could serve none of the circles").format(ids=_(", ").join(wrong))
        return [Fault(what, where="required", todo=_("see their column use"))] if wrong else []

    def closing(self, may_close: Mapping[str, float] | Collection[str]) -> list[Fault]:
        """Find ids of no facility that is in use and counts."""
        wrong = sorted({str(one) for one in may_close} - set(self.facilities))
        what = _("no facility in use that counts here bears the id {ids}").format(ids=_(", ").join(wrong))
        return [Fault(what, where="may_close", todo=_("name facilities by their facility_id"))] if wrong else []

    def way(self, way: Way) -> Way:
        """Name the facility that a way gives up as the tables do."""
        return way if way.closes is None else replace(way, closes=self.facilities.get(str(way.closes), way.closes))

    def spread(self, walker: int) -> dict[str, Any]:
        """Lay the tables of a walker out over all sites, by the id of the circle."""
        return {row[0].circle.id: row[walker].reach.on_sites(self.ids) for row in self.tables}

    def costs(self) -> dict[str, float]:
        """Give the cost of each site; NaN where it is not known."""
        known: dict[str, float] = {}
        for row in self.tables:
            reach = row[0].reach
            known |= dict(zip(map(str, reach.site_ids), row[0].costs[reach.site_order].tolist(), strict=True))
        return known

    def unpriced(self, spared: set[str]) -> list[Fault]:
        """Find candidates that may be taken and whose cost is not known."""
        gathered = _Gathered()
        for row in self.tables:
            ids = set(map(str, row[0].reach.site_ids.tolist()))
            gathered.of(lambda one, never: one.given((), never, paid=True), row[0], sorted(ids & spared))
        return list(dict.fromkeys(gathered.faults))

    def rooms(self, table: StudyTable) -> dict[str, float]:
        """Read how many people a day each site holds for a circle's service; what is missing is no limit."""
        columns = [_HOLDS[service] for service in table.circle.nearest if service in _HOLDS]
        if len(columns) != 1:
            what = _("there is no capacity for {circle}").format(circle=table.circle.id)
            raise InputError(Fault(what, where="capacity", todo=_("leave the capacity out")))
        rooms: dict[str, float] = {}
        for layer, names in (("facilities", self.facilities), ("candidates", {one: one for one in self.fitting})):
            values = self.study.layers[layer][columns[0]]
            rooms |= {
                names[str(one)]: float(value)
                for one, value in zip(values.index, values.to_numpy(np.float64, na_value=np.nan), strict=True)
                if str(one) in names
            }
        if np.isnan(list(rooms.values())).all():
            what = _("no capacity is known for {circle}").format(circle=table.circle.id)
            raise InputError(Fault(what, where=columns[0], todo=_("fill it in, or leave the capacity out")))
        return rooms


def _districts(study: Study, level: str) -> dict[str, str]:
    """Name the district of each compound; compounds in none are left out."""
    row = assign(study, level)
    areas = study.layers["areas"]
    of_level = areas[areas["level"] == level]
    single = ~of_level["name"].duplicated(keep=False)
    labels = np.where(single, of_level["name"], of_level.index)
    ids = study.layers["compounds"].index.astype(str)
    return {one: str(labels[area]) for one, area in zip(ids, row, strict=True) if area >= 0}

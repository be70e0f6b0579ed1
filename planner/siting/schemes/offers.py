"""Work out of sites, costs, ways and capacities what can be done at each site."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from planner.errors import Fault
from planner.i18n import _
from planner.siting.schemes.options import Line, Options, Way
from planner.siting.tables import Bools, Floats, Reach


@dataclass(frozen=True)
class _Offer:
    """A way to come by a site for one service."""

    cost: float
    capacity: float
    closes: int = -1
    unpriced: bool = False


@dataclass(frozen=True)
class Sites:
    """What is known of the sites, in the order of the table: m sites, s services.

    Parameters
    ----------
    offers, existing : bool arrays (s, m)
        Where a service may be offered, and where it is.
    forbidden : bool array (m,)
        Where nothing new may come.
    cost, capacity : float64 arrays (s, m)
        Money, NaN where it is not known; people on one day, infinite for no limit.
    closing : float64 array (m,)
        Money that closing gives back; infinite for sites that stay.
    """

    offers: Bools
    existing: Bools
    forbidden: Bools
    cost: Floats
    capacity: Floats
    closing: Floats


class Ways:
    """Ways to come by sites, by site, name and service.

    Parameters
    ----------
    table
        The table, for the ids.
    services
        Names of the services.
    ways
        As handed in.
    discount_rate
        Per year.
    """

    def __init__(self, table: Reach, services: tuple[str, ...], ways: Sequence[Way], *, discount_rate: float) -> None:
        self.services, self.discount_rate = services, discount_rate
        self.rows = {str(one): j for j, one in enumerate(table.site_ids.tolist())}
        self.by_site: dict[int, dict[tuple[str, str | None], Way]] = {}
        self.faults: list[Fault] = []
        for way in ways:
            self._add(way)

    def _add(self, way: Way) -> None:
        where = _("ways")
        self.faults += way.faults()
        j = self.rows.get(str(way.site))
        if j is None:
            self.faults.append(Fault(_("there is no site {site}").format(site=way.site), where=where))
            return
        if way.service is not None and way.service not in self.services:
            self.faults.append(Fault(_("there is no service {service}").format(service=way.service), where=where))
            return
        mine, key = self.by_site.setdefault(j, {}), (way.name, way.service)
        if key in mine:
            text = _("the way {name} to {site} stands twice").format(name=way.name, site=way.site)
            self.faults.append(Fault(text, where=where, todo=_("give each way of a site a name of its own")))
        mine[key] = way

    def check(self, may_close: Collection[Any]) -> None:
        """Find ways that give up a site that may not close."""
        closable = set(map(str, may_close))
        for mine in self.by_site.values():
            for way in mine.values():
                if way.closes is not None and str(way.closes) not in closable:
                    text = _("{site} is given up for another but may not close").format(site=way.closes)
                    todo = _("name it among the sites that may close")
                    self.faults.append(Fault(text, where=_("ways"), todo=todo))

    def named(self, site: int) -> list[str]:
        """List the names of the ways to a site."""
        return sorted({name for name, _service in self.by_site.get(site, {})})

    def offer(self, site: int, name: str, service: int, capacity: float) -> _Offer | None:
        """Give what a way to a site means for a service; the way for the very service first."""
        mine = self.by_site[site]
        way = mine.get((name, self.services[service]), mine.get((name, None)))
        if way is None:
            return None
        closes = -1 if way.closes is None else self.rows.get(str(way.closes), -1)
        held = capacity if way.capacity is None else float(way.capacity)
        return _Offer(way.present_value_cny(self.discount_rate), held, closes)


def options_of(sites: Sites, ways: Ways, *, saving: float) -> Options:
    """List what can be done.

    Parameters
    ----------
    sites, ways
        What is known of the sites, and the ways to come by them.
    saving
        Money that is saved where services share a site: the whole of what they cost alone, less this.
    """
    lines: list[Line] = []
    services = sites.offers.shape[0]
    for j in range(sites.offers.shape[1]):
        there = tuple(sites.existing[:, j].tolist())
        if any(there):
            stays = not np.isfinite(sites.closing[j])
            back = (0.0 if stays else float(sites.closing[j]), *(0.0,) * (services - 1))
            lines.append(Line(j, there, back, tuple(sites.capacity[:, j].tolist()), new=False, stays=stays))
        if sites.forbidden[j]:
            continue
        free = [s for s in range(services) if sites.offers[s, j] and not there[s]]
        for number in range(1, len(free) + 1):
            for used in combinations(free, number):
                lines += _lines(sites, ways, j, used, saving if number > 1 else 0.0)
    return Options.of_lines(lines, services)


def _lines(sites: Sites, ways: Ways, site: int, used: tuple[int, ...], saving: float) -> Iterator[Line]:
    """Offer some services together at a site, in each way that is there for all of them."""
    room = {s: float(sites.capacity[s, site]) for s in used}
    if names := ways.named(site):
        found = {name: [ways.offer(site, name, s, room[s]) for s in used] for name in names}
    else:
        costs = [float(sites.cost[s, site]) for s in used]
        found = {"": [_Offer(0.0 if c != c else c, room[s], unpriced=c != c) for s, c in zip(used, costs, strict=True)]}
    services = range(sites.offers.shape[0])
    for name, some in found.items():
        parts = {s: one for s, one in zip(used, some, strict=True) if one is not None}
        if len(parts) < len(used) or len({one.closes for one in parts.values()}) > 1:
            continue
        spent = _shared([parts[s].cost for s in used], saving)
        cost = dict(zip(used, spent, strict=True))
        yield Line(
            site,
            tuple(s in parts for s in services),
            tuple(cost.get(s, 0.0) for s in services),
            tuple(parts[s].capacity if s in parts else 0.0 for s in services),
            way=name,
            closes=parts[used[0]].closes,
            unpriced=any(one.unpriced for one in parts.values()),
        )


def _shared(costs: list[float], saving: float) -> list[float]:
    """Take a saving off costs in equal parts; what one of them is too small for, the others bear.

    Examples
    --------
    >>> _shared([1.0, 9.0], 4.0), _shared([5.0, 9.0], 4.0), _shared([1.0, 1.0], 4.0)
    ([0.0, 6.0], [3.0, 7.0], [0.0, 0.0])
    """
    left, found = saving, list(costs)
    order = sorted(range(len(costs)), key=lambda s: costs[s])
    for done, s in enumerate(order):
        part = min(costs[s], left / (len(order) - done))
        found[s] -= part
        left -= part
    return found

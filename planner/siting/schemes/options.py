"""List what can be done at each site: which services, in which way, at what cost, for how many people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import Fault
from planner.i18n import _
from planner.siting.tables import Bools, Floats, Ints


@dataclass(frozen=True)
class Way:
    """A way to come by a site: 补建 (build), 购置 (buy), 置换 (exchange), 租赁 (rent) or 改造 (refit).

    Parameters
    ----------
    site
        Id of the site.
    name
        Of the way, as it is to stand in the plan.
    capital_cny
        Paid once, at the start.
    rent_cny_a
        Paid at the start of each year.
    years
        For how many years rent is paid.
    service
        The service it is for (of a study, the id of the circle); left out, any that the site may offer and for which no
        way of that name is given.
    capacity
        How many people on one day, if the way decides it; left out, the site's.
    closes
        Id of an existing site that is given up for it (置换): one that may close, for one new site only. Ways of one
        name that give up different sites for two services are not taken together.

    Examples
    --------
    A rent of 100,000 a year for three years, at 5 % a year: 100,000 (1 + 1 / 1.05 + 1 / 1.05²)

    >>> round(Way("K01", "租赁", rent_cny_a=100_000, years=3).present_value_cny(0.05))
    285941
    """

    site: Any
    name: str
    capital_cny: float = 0.0
    rent_cny_a: float = 0.0
    years: int = 0
    service: str | None = None
    capacity: float | None = None
    closes: Any = None

    def present_value_cny(self, discount_rate: float) -> float:
        """Bring all payments to the start, at a rate per year: C + R (1 + v + ... + v^(n-1)) with v = 1 / (1 + rate).

        An annuity-due: Kellison, The Theory of Interest, 3rd edition, section 3.3.
        """
        worth = (1.0 + discount_rate) ** -np.arange(self.years)
        return float(self.capital_cny + self.rent_cny_a * worth.sum())

    def faults(self) -> list[Fault]:
        """List what is wrong with the numbers."""
        found, where = [], f"{self.site} {self.name}"
        for name in ("capital_cny", "rent_cny_a", "years", "capacity"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= 0):
                what = _("{name} is {value}").format(name=name, value=value)
                found.append(Fault(what, where=where, todo=_("give a number of 0 or more")))
            elif name == "years" and value != int(value):
                what = _("{name} is {value}").format(name=name, value=value)
                found.append(Fault(what, where=where, todo=_("give a whole number")))
        if self.rent_cny_a > 0 and not self.years:
            what = _("there is a rent but no number of years")
            found.append(Fault(what, where=where, todo=_("say for how many years rent is paid")))
        return found


@dataclass(frozen=True)
class Line:
    """One thing that can be done at a site, or the site as it stands.

    Parameters
    ----------
    site
        Row of the site.
    serves, cost, capacity : tuples (s,)
        By service: whether it is offered, money, people on one day. Of an existing site the money is what closing it
        gives back, at the first service.
    way
        Name of the way.
    closes
        Row of the existing site that is given up for it; -1 for none.
    new
        Whether it is yet to come.
    stays
        Of an existing one, whether it may not close.
    unpriced
        Whether its cost is not known and counts as 0.
    """

    site: int
    serves: tuple[bool, ...]
    cost: tuple[float, ...]
    capacity: tuple[float, ...]
    way: str = ""
    closes: int = -1
    new: bool = True
    stays: bool = False
    unpriced: bool = False

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands among others: by site, existing ones first, then by services, way and cost."""
        return self.site, self.new, tuple(not one for one in self.serves), self.way, self.cost


@dataclass(frozen=True, eq=False)
class Options:
    """What can be done at sites: new services, and those that exist; in the order of site, services and way.

    Parameters
    ----------
    site : int64 array (k,)
        Row of the site.
    serves : bool array (k, s)
        The services.
    cost : float64 array (k, s)
        Money, by service; of an existing one that may close, what closing it gives back.
    capacity : float64 array (k, s)
        People on one day; infinite where there is no limit.
    way : str array (k,)
        Name of the way; empty where ways play no part.
    closes : int64 array (k,)
        The option of an existing site that must be given up for it; -1 for none.
    new : bool array (k,)
        Whether it is yet to come.
    fixed : bool array (k,)
        Existing ones that stay.
    unpriced : bool array (k,)
        Those whose cost is not known and counts as 0.
    """

    site: Ints
    serves: Bools
    cost: Floats
    capacity: Floats
    way: NDArray[np.str_]
    closes: Ints
    new: Bools
    fixed: Bools
    unpriced: Bools

    @classmethod
    def of_lines(cls, lines: Iterable[Line], services: int) -> Options:
        """Sort lines, and find for each the option that must be given up for it."""
        rows = sorted(lines, key=lambda one: one.place)
        stands = {one.site: k for k, one in enumerate(rows) if not one.new}
        shape = (len(rows), services)
        return cls(
            np.array([one.site for one in rows], np.int64),
            np.array([one.serves for one in rows], bool).reshape(shape),
            np.array([one.cost for one in rows], np.float64).reshape(shape),
            np.array([one.capacity for one in rows], np.float64).reshape(shape),
            np.array([one.way for one in rows], dtype=np.str_),
            np.array([stands.get(one.closes, -1) for one in rows], np.int64),
            np.array([one.new for one in rows], bool),
            np.array([one.stays for one in rows], bool),
            np.array([one.unpriced for one in rows], bool),
        )

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.site.size)

    @property
    def total_cost(self) -> Floats:
        """Money of each, shape (k,)."""
        return np.asarray(self.cost.sum(axis=1))

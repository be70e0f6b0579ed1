"""Group small compounds around hosts: fewest rooms or least area, spare rooms first, with a bound on what is better."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.compliance.covering import cover, nearest
from planner.compliance.pairing import Aim, Grouping, Ints, Pairs, Spare, measure, parts
from planner.solving import Answer, Floats, Program, solve

# Parts up to this size are solved to the end; larger ones until the bound is this near.
_SMALL, _NEAR = 60, 0.01
_MAX_NODES = 2_000
_LONGEST_S = 20.0
# Beyond this many entries branching finds no cover that the search has not found, and no better bound.
_MOST_ENTRIES = 50_000
# The solver's numbers are right to a millionth of a room.
_PRECISION = 1e-6


@dataclass(frozen=True, eq=False)
class _Town:
    """One part of a town: members that have to do with each other."""

    need: Ints
    pairs: Pairs
    spare: Spare
    minimum: int
    aim: Aim

    def value(self, host: Ints) -> int:
        return measure(host, self.need, minimum=self.minimum, aim=self.aim)


def group(need: Ints, pairs: Pairs, *, minimum: int, aim: Aim, spare: Spare | None = None) -> Grouping:
    """Group members so that new rooms are few or their area is small.

    Parameters
    ----------
    need
        Area that each member needs, whole units above 0, shape (n,).
    pairs
        Where each member's room may stand; every member is a host to itself.
    minimum
        Least area of a room. A group's room has the larger of it and the sum of its members' needs.
    aim
        Least ``area`` of new rooms, or ``fewest`` of them.
    spare
        What existing rooms can give.

    Returns
    -------
    Grouping
        Every member has a host or a supplier. A host uses the room that stands at it; of members who could host their
        group, the one to whom the others walk least does. Whoever could as well use an existing room does.

    Examples
    --------
    Three in a row; the one in the middle is near both others:

    >>> pairs = Pairs.of(3, member=[0, 0, 1, 1, 1, 2, 2], host=[0, 1, 0, 1, 2, 1, 2], walk=[0, 9, 9, 0, 9, 9, 0])
    >>> shared = group(np.array([100, 120, 90]), pairs, minimum=350, aim="area")
    >>> shared.host.tolist(), shared.value, shared.bound
    ([1, 1, 1], 350, 350)

    The last of them can use a room that has 100 to spare:

    >>> spare = Spare(np.array([100]), Pairs.of(3, member=[2], host=[0], walk=[250.0]))
    >>> shared = group(np.array([100, 120, 90]), pairs, minimum=350, aim="area", spare=spare)
    >>> shared.host.tolist(), shared.supplier.tolist(), shared.value
    ([0, 0, -1], [-1, -1, 0], 350)
    """
    spare = Spare.none(pairs.number) if spare is None else spare
    spare = Spare(spare.area, spare.pairs.only(need[spare.pairs.member] <= spare.area[spare.pairs.host]))
    host, supplier = (np.full(pairs.number, -1, np.int64) for _each in range(2))
    bound = 0
    for rows, near, given in parts(pairs, spare):
        town = _Town(need[rows], near, given, minimum, aim)
        chosen, served, least = _solved(town)
        served = _used_up(town, chosen, served)
        settled = _settled(np.where(served >= 0, -1, chosen), near)
        host[rows] = np.where(settled >= 0, rows[settled], -1)
        supplier[rows] = served
        bound += least
    return Grouping(host, supplier, measure(host, need, minimum=minimum, aim=aim), bound)


def _solved(town: _Town) -> tuple[Ints, Ints, int]:
    """Choose a host or a supplier for each member; return both and the bound."""
    large = town.pairs.number > _SMALL
    host, served = _start(town, large=large)
    if town.pairs.number == 1:
        return host, served, town.value(host)
    model = _Fewest(town) if town.aim == "fewest" else _Area(town)
    program = model.program()
    if not large:
        answer = solve(program, start=model.write(host, served))
        return _better(town, model, answer, host, served, least=0)
    least = 0
    if town.aim == "fewest":
        free = solve(replace(program, integer=np.zeros(program.cost.size, bool)), interior=True)
        least = _whole(town, free.value)
        if town.value(host) <= least * (1 + _NEAR) or program.column.size > _MOST_ENTRIES:
            return host, served, least
    start = model.write(host, served)
    answer = solve(program, start=start, gap=_NEAR, max_nodes=_MAX_NODES, time_limit_s=_LONGEST_S)
    return _better(town, model, answer, host, served, least)


def _start(town: _Town, *, large: bool) -> tuple[Ints, Ints]:
    """Use existing rooms for the smallest needs first, or for the largest, and cover the others by few hosts."""
    tried = []
    for sign in (1, -1):
        served = np.full(town.need.size, -1, np.int64)
        _serve(town, np.argsort(sign * town.need, kind="stable"), served, town.spare.area.copy())
        tried.append((cover(town.pairs, needy=served < 0, search=large), served))
        if not town.spare.pairs.host.size:
            break
    return min(tried, key=lambda one: town.value(one[0]))


def _better(
    town: _Town, model: _Fewest | _Area, answer: Answer, host: Ints, served: Ints, least: int
) -> tuple[Ints, Ints, int]:
    """Take the solver's grouping where it is better than one that is known, and its bound."""
    if answer.x.size:
        found, taken = model.read(answer.x)
        taken = _held(town, taken)
        if (found[taken < 0] >= 0).all() and town.value(found) < town.value(host):
            host, served = found, taken
    value, least = town.value(host), max(least, _whole(town, answer.bound))
    return host, served, value if value - least <= 2 * _slack(town) else least


def _slack(town: _Town) -> float:
    return _PRECISION * (1.0 if town.aim == "fewest" else town.minimum)


def _whole(town: _Town, bound: float) -> int:
    """Put a bound in whole units: one between two of them rises to the upper one."""
    scale = 1.0 if town.aim == "fewest" else float(town.minimum)
    return int(np.ceil(max(bound, 0.0) * scale - _slack(town)))


def _serve(town: _Town, rows: Ints, served: Ints, left: Ints) -> None:
    """Serve members in their order, each by the nearest supplier that has enough."""
    pairs = town.spare.pairs
    for row in rows.tolist():
        at = slice(pairs.indptr[row], pairs.indptr[row + 1])
        enough = np.flatnonzero(left[pairs.host[at]] >= town.need[row])
        if enough.size:
            best = enough[np.argmin(pairs.walk[at][enough])]
            served[row] = pairs.host[at][best]
            left[served[row]] -= town.need[row]


def _held(town: _Town, served: Ints) -> Ints:
    """Take back what the solver's tolerance let pass and whole numbers do not: the last of an overdrawn supplier."""
    held = served.copy()
    drawn = np.zeros(town.spare.area.size, np.int64)
    for row in np.flatnonzero(held >= 0).tolist():
        drawn[held[row]] += town.need[row]
        if drawn[held[row]] > town.spare.area[held[row]]:
            held[row] = -1
    return held


def _used_up(town: _Town, host: Ints, served: Ints) -> Ints:
    """Let members of new rooms that stand elsewhere use what is still to spare."""
    used = served.copy()
    left = town.spare.area.copy()
    np.subtract.at(left, used[used >= 0], town.need[used >= 0])
    guests = np.flatnonzero((host >= 0) & (host != np.arange(host.size)))
    _serve(town, guests[np.argsort(town.need[guests], kind="stable")], used, left)
    return used


def _settled(host: Ints, pairs: Pairs) -> Ints:
    """Move each group's room to the member to whom all others can walk, and do so least in sum."""
    settled = host.copy()
    for old in np.unique(host[host >= 0]):
        members = np.flatnonzero(host == old)
        entries = np.concatenate([np.arange(pairs.indptr[row], pairs.indptr[row + 1]) for row in members])
        entries = entries[np.isin(pairs.host[entries], members)]
        hosts, at = np.unique(pairs.host[entries], return_inverse=True)
        walk = np.where(np.bincount(at) == members.size, np.bincount(at, pairs.walk[entries]), np.inf)
        settled[members] = hosts[int(walk.argmin())]
    return settled


class _Fewest:
    """Cover every member by an open host, or by a supplier: columns for hosts, then for members with suppliers."""

    def __init__(self, town: _Town) -> None:
        self.town, self.pairs, self.given = town, town.pairs, town.spare.pairs

    def program(self) -> Program:
        pairs, given, number = self.pairs, self.given, self.pairs.number
        columns = number + given.host.size
        serving = number + np.arange(given.host.size)
        drawn, left = _capacity(self.town, number, serving)
        return Program.of(
            cost=(np.arange(columns) < number).astype(np.float64),
            upper=np.ones(columns),
            integer=np.ones(columns, bool),
            row_lower=np.concatenate([np.ones(number), np.full(left.size, -np.inf)]),
            row_upper=np.concatenate([np.full(number, np.inf), left]),
            entries=[(pairs.member, pairs.host, 1.0), (given.member, serving, 1.0), drawn],
        )

    def write(self, host: Ints, served: Ints) -> Floats:
        """Put a grouping as the program's columns."""
        opened = np.isin(np.arange(self.pairs.number), host)
        return np.concatenate([opened, served[self.given.member] == self.given.host]).astype(np.float64)

    def read(self, x: Floats) -> tuple[Ints, Ints]:
        """Read hosts and suppliers from the program's columns."""
        number = self.pairs.number
        opened = x[:number] > 0.5
        served = _suppliers(self.given, x[number:])
        served[opened] = -1
        return np.where(served < 0, nearest(self.pairs, opened), -1), served


class _Area:
    """Choose a pair for every member: columns for pairs, for the area at each host, for members with suppliers.

    A room has at least the minimum when its host uses it, and at least what its users need together; it can be used
    when its host does. Areas count minimums.
    """

    def __init__(self, town: _Town) -> None:
        self.town, self.pairs, self.given = town, town.pairs, town.spare.pairs
        self.own = np.flatnonzero(town.pairs.host == town.pairs.member)

    def program(self) -> Program:
        pairs, given, number, count = self.pairs, self.given, self.pairs.number, self.pairs.host.size
        share = self.town.need / self.town.minimum
        columns = count + number + given.host.size
        pair, area = np.arange(count), count + np.arange(number)
        serving = count + number + np.arange(given.host.size)
        drawn, left = _capacity(self.town, 2 * number + count, serving)
        itself = pairs.host == pairs.member
        opened = np.where(itself, area[pairs.host], self.own[pairs.host])
        rows = 2 * number + count
        return Program.of(
            cost=((np.arange(columns) >= count) & (np.arange(columns) < count + number)).astype(np.float64),
            upper=np.where(np.isin(np.arange(columns), area), np.inf, 1.0),
            integer=~np.isin(np.arange(columns), area),
            row_lower=np.concatenate([np.ones(number), np.zeros(number + count), np.full(left.size, -np.inf)]),
            row_upper=np.concatenate([np.full(rows, np.inf), left]),
            entries=[
                (pairs.member, pair, 1.0),
                (given.member, serving, 1.0),
                (number + np.arange(number), area, 1.0),
                (number + pairs.host, pair, -share[pairs.member]),
                (2 * number + pair, pair, -1.0),
                (2 * number + pair, opened, 1.0),
                drawn,
            ],
        )

    def write(self, host: Ints, served: Ints) -> Floats:
        """Put a grouping as the program's columns."""
        pairs, number = self.pairs, self.pairs.number
        share = self.town.need / self.town.minimum
        area = np.bincount(host[host >= 0], share[host >= 0], number)
        area = np.where(np.isin(np.arange(number), host), np.maximum(area, 1.0), 0.0)
        return np.concatenate([pairs.host == host[pairs.member], area, served[self.given.member] == self.given.host])

    def read(self, x: Floats) -> tuple[Ints, Ints]:
        """Read hosts and suppliers from the program's columns."""
        number, count = self.pairs.number, self.pairs.host.size
        served = _suppliers(self.given, x[count + number :])
        host = np.full(number, -1, np.int64)
        used = np.flatnonzero(x[:count] > 0.5)
        host[self.pairs.member[used]] = self.pairs.host[used]
        served[host >= 0] = -1
        return host, served


def _capacity(town: _Town, first: int, columns: Ints) -> tuple[tuple[Ints, Ints, Floats], Floats]:
    """Rows, from `first` on, that keep each supplier from giving more than it has; areas count minimums."""
    given = town.spare.pairs
    suppliers, row = np.unique(given.host, return_inverse=True)
    share = town.need[given.member] / town.minimum
    return (first + row, columns, share), town.spare.area[suppliers] / town.minimum


def _suppliers(given: Pairs, x: Floats) -> Ints:
    served = np.full(given.number, -1, np.int64)
    used = np.flatnonzero(x > 0.5)
    served[given.member[used]] = given.host[used]
    return served

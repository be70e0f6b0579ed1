"""Hold who may share a room with whom, and who ended up sharing, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Aim = Literal["area", "fewest"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which members may use a room that stands at which host, by member.

    Parameters
    ----------
    indptr
        Where the hosts of each member begin, shape (n + 1,).
    host
        Rows of the hosts, ascending within a member.
    walk
        Of each pair, in any unit; the less the better.

    Examples
    --------
    >>> pairs = Pairs.of(2, member=[0, 0, 1], host=[0, 1, 1], walk=[0.0, 200.0, 0.0])
    >>> pairs.indptr.tolist(), pairs.member.tolist()
    ([0, 2, 3], [0, 0, 1])
    """

    indptr: Ints
    host: Ints
    walk: NDArray[np.float64]

    @classmethod
    def of(cls, number: int, *, member: object, host: object, walk: object) -> Pairs:
        """Sort pairs by member and host."""
        members, hosts = np.asarray(member, np.int64), np.asarray(host, np.int64)
        order = np.lexsort((hosts, members))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(members, minlength=number))])
        return cls(indptr.astype(np.int64), hosts[order], np.asarray(walk, np.float64)[order])

    @property
    def number(self) -> int:
        """How many members there are."""
        return self.indptr.size - 1

    @property
    def member(self) -> Ints:
        """Row of the member of each pair."""
        return np.repeat(np.arange(self.number), np.diff(self.indptr))

    def only(self, chosen: NDArray[np.bool_]) -> Pairs:
        """Keep some pairs."""
        return Pairs.of(self.number, member=self.member[chosen], host=self.host[chosen], walk=self.walk[chosen])


@dataclass(frozen=True, eq=False)
class Spare:
    """What existing rooms have to spare for members.

    Parameters
    ----------
    area
        Whole units that each supplier can give, shape (s,).
    pairs
        Suppliers that each member can walk to; hosts are rows of `area`. A need is served whole by one of them.
    """

    area: Ints
    pairs: Pairs

    @classmethod
    def none(cls, number: int) -> Spare:
        """Nothing to spare, for some number of members."""
        return cls(np.zeros(0, np.int64), Pairs.of(number, member=[], host=[], walk=[]))


@dataclass(frozen=True, eq=False)
class Grouping:
    """Who shares a room with whom.

    Parameters
    ----------
    host
        Row of the member at which each member's new room stands, shape (n,); -1 for those that existing rooms serve.
    supplier
        Row of the supplier whose spare area serves each member, shape (n,); -1 for those with a new room.
    value
        New rooms, or their area in the unit of the needs, as was aimed at.
    bound
        No grouping has a smaller value.
    """

    host: Ints
    supplier: Ints
    value: int
    bound: int

    @property
    def gap(self) -> float:
        """Share of the value by which another grouping could at most be better."""
        return (self.value - self.bound) / self.value if self.value else 0.0


def measure(host: Ints, need: Ints, *, minimum: int, aim: Aim) -> int:
    """Count new rooms, or add up their area: of each the larger of the minimum and what its members need.

    Examples
    --------
    >>> measure(np.array([0, 0, 2, -1]), np.array([300, 100, 10, 90]), minimum=350, aim="area")
    750
    """
    hosts, owner = np.unique(host[host >= 0], return_inverse=True)
    if aim == "fewest":
        return int(hosts.size)
    sums = np.zeros(hosts.size, np.int64)
    np.add.at(sums, owner, need[host >= 0])
    return int(np.maximum(sums, minimum).sum())


def parts(pairs: Pairs, spare: Spare) -> Iterator[tuple[Ints, Pairs, Spare]]:
    """Yield members that have to do with each other, their pairs numbered anew.

    Yields
    ------
    rows, pairs, spare
        Rows of the members; hosts are positions among them, suppliers keep their rows.
    """
    number = pairs.number
    leader = np.arange(number + spare.area.size)

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = int(leader[row])
        return row

    links = (pairs.member, pairs.host), (spare.pairs.member, spare.pairs.host + number)
    for members, others in links:
        for one, other in zip(members.tolist(), others.tolist(), strict=True):
            first, second = sorted((find(one), find(other)))
            leader[second] = first
    roots = np.array([find(row) for row in range(number)], np.int64)
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order], prepend=-1))
    position = np.empty(number, np.int64)
    for rows in np.split(order, starts[1:]) if number else ():
        position[rows] = np.arange(rows.size)
        near, given = _of(pairs, rows), _of(spare.pairs, rows)
        own = Pairs(near.indptr, position[near.host], near.walk)
        yield rows, own, Spare(spare.area, given)


def _of(pairs: Pairs, rows: Ints) -> Pairs:
    """Take the pairs of some members, in their order; hosts stay as they are."""
    count = np.diff(pairs.indptr)[rows]
    indptr = np.concatenate([[0], np.cumsum(count)])
    at = np.arange(indptr[-1]) - np.repeat(indptr[:-1], count) + np.repeat(pairs.indptr[rows], count)
    return Pairs(indptr, pairs.host[at], pairs.walk[at])

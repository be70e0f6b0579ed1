"""Strip a question of what is settled before any search: what stands covers what it covers, twins need no two sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.siting.questions import Question
from planner.siting.tables import Bools, Cover, Floats, Ints, merged


@dataclass(frozen=True, eq=False)
class Core:
    """The open part of a coverage question.

    Parameters
    ----------
    cover : Cover
        Groups of demand that nothing covers yet, by the sites about which there is a choice.
    group_of : int64 array (n,)
        The group of each demand; -1 for demand that is settled.
    sites : int64 array (k,)
        Rows of the sites in the question.
    price : float64 array (k,)
        Of the sites.
    purse
        What is left of the purse.
    base
        Weight that what stands covers.
    settled : bool array (n,)
        Demand that is covered in any case.
    taken : int64 array
        Rows of sites that every better plan contains: settled on the way.
    """

    cover: Cover
    group_of: Ints
    sites: Ints
    price: Floats
    purse: float
    base: float
    settled: Bools
    taken: Ints

    @property
    def slots(self) -> int:
        """How many sites the purse pays at most."""
        paid = np.cumsum(np.sort(self.price))
        return int(np.searchsorted(paid, self.purse * (1 + 1e-9) + 1e-12, side="right"))

    def weight_up_to(self, chosen: NDArray[np.integer]) -> float:
        """Weigh what a choice of the core's sites covers, with what stands."""
        return self.base + self.cover.value(chosen)

    def spread(self, multipliers: Floats, question: Question, *, rate: float = 1.0) -> Floats:
        """Give each demand its part of its group's multiplier, shape (n,).

        What is settled gets none, what no site of the core reaches as much as counts: ``rate`` times its weight.
        """
        weight = self.cover.weight
        share = np.divide(multipliers, weight, out=np.zeros_like(weight), where=weight > 0)
        inside = self.group_of >= 0
        out = np.zeros(question.weight.size)
        out[inside] = share[self.group_of[inside]] * question.weight[inside]
        lost = ~inside & ~self.settled
        out[lost] = rate * question.weight[lost]
        return out

    def narrowed(self, keep: Bools, take: Bools) -> tuple[Core, Ints]:
        """Drop sites that no better plan contains, and settle those that every better plan contains.

        Returns
        -------
        Core, int64 array (g,)
            The new group of each group; -1 for the settled.
        """
        done = self.cover.counts(np.flatnonzero(take)) > 0
        left = keep & ~take
        cover, group = self.cover.only(left, done)
        inside = self.group_of >= 0
        group_of = np.full(self.group_of.size, -1, np.int64)
        group_of[inside] = group[self.group_of[inside]]
        settled = self.settled.copy()
        settled[inside] |= done[self.group_of[inside]]
        return Core(
            cover,
            group_of,
            self.sites[left],
            self.price[left],
            self.purse - float(self.price[take].sum()),
            self.base + float(self.cover.weight[done].sum()),
            settled,
            np.concatenate([self.taken, self.sites[take]]),
        ), group


def core_of(question: Question) -> Core:
    """Strip a coverage question of what stands, and of sites that no plan gains by."""
    done = question.covered(question.fixed)
    sites = question.distinct
    cover, group_of = merged(question.reach, question.weight, sites=sites, done=done)
    rows = np.flatnonzero(sites)
    base = float(question.weight[done].sum())
    return Core(cover, group_of, rows, question.price[rows], question.left, base, done, np.zeros(0, np.int64))


def twins_of(question: Question) -> dict[int, list[int]]:
    """Name for each free site the others that cover the same demand within the limit: alternatives to it."""
    cover, _group = merged(question.reach, question.weight)
    first = cover.twins()
    free = np.flatnonzero(question.free & (np.diff(cover.site_indptr) > 0))
    order = free[np.argsort(first[free], kind="stable")]
    if not order.size:
        return {}
    sets = np.split(order, np.flatnonzero(np.diff(first[order])) + 1)
    return {int(one): [int(j) for j in some if j != one] for some in sets if some.size > 1 for one in some}

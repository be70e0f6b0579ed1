"""Lay out who reaches which site: sparse arrays in the order of the ids, with alike demand and alike sites merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.siting import kernels
from planner.walking.walkers import within

if TYPE_CHECKING:
    import pandas as pd

    from planner.walking.search import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Bools = NDArray[np.bool_]

Ids = Sequence[Any] | NDArray[Any]


def _in_order(ids: Ids, what: str) -> tuple[NDArray[Any], Ints]:
    """Sort ids and tell where each stood."""
    given = np.asarray(ids)
    if given.dtype == object:
        given = given.astype(str)
    order = np.argsort(given, kind="stable")
    ids = given[order]
    twice = np.unique(ids[1:][ids[1:] == ids[:-1]])
    if twice.size:
        raise InputError(Fault(_("these ids stand more than once: {ids}").format(ids=named(twice)), where=what))
    return ids, order.astype(np.int64)


def named(ids: NDArray[Any]) -> str:
    """Write the first of some ids."""
    shown = _(", ").join(map(str, ids[:5].tolist()))
    return shown if ids.size <= 5 else _("{ids} and {number} more").format(ids=shown, number=ids.size - 5)


@dataclass(frozen=True, eq=False)
class Reach:
    """Who reaches which site, and in how long: one entry per pair that has a way.

    Demand and sites stand in the order of their ids, so that the order of the input plays no part.

    Parameters
    ----------
    demand_ids, site_ids : arrays (n,), (m,)
        Ascending.
    indptr : int64 array (m + 1,)
        Where the pairs of each site begin.
    demand : int32 array
        Row of the demand of each pair, ascending within a site.
    seconds : float64 array
        Of the walk, unrounded; any other measure of distance does as well.
    demand_order, site_order : int64 arrays (n,), (m,)
        Where each row stood in the input.

    Examples
    --------
    Two homes and two sites, the second of which only the second home reaches:

    >>> reach = Reach.of_pairs(["home 2", "home 1"], ["B", "A"], [0, 0, 1], [0, 1, 1], [300.0, 500.0, 600.0])
    >>> reach.demand_ids.tolist(), reach.site_ids.tolist()
    (['home 1', 'home 2'], ['A', 'B'])
    >>> reach.indptr.tolist(), reach.demand.tolist(), reach.seconds.tolist()
    ([0, 2, 3], [0, 1, 1], [600.0, 500.0, 300.0])
    """

    demand_ids: NDArray[Any]
    site_ids: NDArray[Any]
    indptr: Ints
    demand: Rows
    seconds: Floats
    demand_order: Ints
    site_order: Ints

    @classmethod
    def of_pairs(cls, demand_ids: Ids, site_ids: Ids, demand: ArrayLike, site: ArrayLike, seconds: ArrayLike) -> Reach:
        """Lay out pairs.

        Parameters
        ----------
        demand_ids, site_ids
            Of the demand and the sites, each once.
        demand, site : integer arrays (pairs,)
            Positions in the ids.
        seconds : array (pairs,)
            Of each walk; NaN and infinity are no way. Of a pair that stands twice the shorter counts.

        Raises
        ------
        InputError
            An id stands twice, or a walk is negative.
        """
        demand_ids, demand_order = _in_order(demand_ids, _("demand"))
        site_ids, site_order = _in_order(site_ids, _("sites"))
        times = np.asarray(seconds, np.float64).ravel()
        if (times < 0).any():
            raise InputError(Fault(_("{number} walks take less than no time").format(number=int((times < 0).sum()))))
        n, way = demand_ids.size, np.isfinite(times)
        rank_demand, rank_site = np.empty(n, np.int64), np.empty(site_ids.size, np.int64)
        rank_demand[demand_order], rank_site[site_order] = np.arange(n), np.arange(site_ids.size)
        key = rank_site[np.asarray(site, np.int64).ravel()[way]] * n
        key += rank_demand[np.asarray(demand, np.int64).ravel()[way]]
        times = times[way]
        if (np.diff(key) <= 0).any():
            order = np.lexsort((times, key)) if np.unique(key).size < key.size else np.argsort(key, kind="stable")
            key, times = key[order], times[order]
            first = np.concatenate([[True], key[1:] != key[:-1]])
            key, times = key[first], times[first]
        count = np.bincount(key // max(n, 1), minlength=site_ids.size)
        return cls(
            demand_ids,
            site_ids,
            np.concatenate([[0], np.cumsum(count, dtype=np.int64)]),
            (key % max(n, 1)).astype(np.int32),
            times,
            demand_order,
            site_order,
        )

    @classmethod
    def of_matrix(cls, seconds: ArrayLike, demand_ids: Ids | None = None, site_ids: Ids | None = None) -> Reach:
        """Lay out a small dense matrix of demand by site; NaN and infinity are no way.

        Examples
        --------
        >>> Reach.of_matrix([[300.0, np.nan], [500.0, 200.0]]).demand.tolist()
        [0, 1, 1]
        """
        matrix = np.asarray(seconds, np.float64)
        n, m = matrix.shape
        site, demand = np.divmod(np.arange(n * m), max(n, 1))
        return cls.of_pairs(
            np.arange(n) if demand_ids is None else demand_ids,
            np.arange(m) if site_ids is None else site_ids,
            demand,
            site,
            matrix.T.ravel(),
        )

    @classmethod
    def of(cls, table: Reach | pd.DataFrame | ArrayLike) -> Reach:
        """Take a table as it is handed in: laid out already, or a matrix of seconds, demand by site, named or not.

        Raises
        ------
        InputError
            It is none of these.

        Examples
        --------
        >>> import pandas as pd
        >>> named = pd.DataFrame([[300.0, np.nan], [500.0, 200.0]], index=["home 1", "home 2"], columns=["A", "B"])
        >>> Reach.of(named).site_ids.tolist(), Reach.of(named.to_numpy()).site_ids.tolist()
        (['A', 'B'], [0, 1])
        """
        if isinstance(table, Reach):
            return table
        try:
            frame: Any = table
            known = hasattr(table, "to_numpy")  # of a DataFrame, which may hold its own kind of missing
            matrix = frame.to_numpy(np.float64, na_value=np.nan) if known else np.asarray(table, np.float64)
        except (TypeError, ValueError):
            matrix = np.zeros(0)
        if matrix.ndim != 2:
            what = _("a table of walks has one row per demand and one column per site, in seconds")
            raise InputError(Fault(what, todo=_("give a DataFrame, a matrix or a planner.siting.Reach")))
        return cls.of_matrix(matrix, getattr(table, "index", None), getattr(table, "columns", None))

    @classmethod
    def of_walks(cls, table: Table, demand_ids: Ids, site_ids: Ids) -> Reach:
        """Lay out a table of walks from demand to sites (`planner.walking.search.Streetwise.table`)."""
        demand = np.repeat(np.arange(table.indptr.size - 1), np.diff(table.indptr))
        return cls.of_pairs(demand_ids, site_ids, demand, table.destination, table.seconds)

    @cached_property
    def site(self) -> Rows:
        """Row of the site of each pair."""
        return np.repeat(np.arange(self.site_ids.size, dtype=np.int32), np.diff(self.indptr))

    def within(self, limit_s: float) -> Reach:
        """Keep the pairs of at most a limit; exactly the limit counts.

        Parameters
        ----------
        limit_s
            Seconds.

        Examples
        --------
        >>> Reach.of_matrix([[600.0], [600.001]]).within(600).demand.tolist()
        [0]
        """
        near = within(self.seconds, limit_s)
        indptr = np.concatenate([[0], np.cumsum(near, dtype=np.int64)])[self.indptr]
        return Reach(
            self.demand_ids, self.site_ids, indptr, self.demand[near], self.seconds[near], self.demand_order,
            self.site_order)  # fmt: skip

    def on_sites(self, ids: NDArray[Any]) -> Reach:
        """Lay the pairs out over more sites; those that were not there have no pairs.

        Parameters
        ----------
        ids : array
            Ascending, the sites of the table among them.

        Examples
        --------
        >>> Reach.of_matrix([[600.0, 5.0]], site_ids=["A", "C"]).on_sites(np.array(["A", "B", "C"])).indptr.tolist()
        [0, 1, 1, 2]
        """
        size = np.zeros(ids.size, np.int64)
        size[np.searchsorted(ids, self.site_ids)] = np.diff(self.indptr)
        indptr = np.concatenate([[0], np.cumsum(size)])
        order = np.arange(ids.size)
        return Reach(self.demand_ids, ids, indptr, self.demand, self.seconds, self.demand_order, order)

    def demand_values(self, values: Mapping[Any, float] | ArrayLike | None, what: str) -> Floats:
        """Bring one number per demand into the order of the rows: a mapping by id, or an array as the input stood."""
        return _values(values, self.demand_ids, self.demand_order, what)

    def site_values(
        self, values: Mapping[Any, float] | ArrayLike | None, what: str, *, missing: bool = False
    ) -> Floats:
        """Bring one number per site into the order of the rows, as `demand_values` does; NaN only where it may miss."""
        return _values(values, self.site_ids, self.site_order, what, missing=missing)

    def sites_named(self, ids: Ids, what: str) -> Bools:
        """Mark the sites with some ids.

        Raises
        ------
        InputError
            There is no such site.
        """
        wanted = np.asarray(list(ids))
        if not wanted.size:
            return np.zeros(self.site_ids.size, bool)
        if self.site_ids.dtype.kind == "U":
            wanted = wanted.astype(str)
        known = np.isin(wanted, self.site_ids)
        if not known.all():
            raise InputError(
                Fault(_("there are no sites {ids}").format(ids=named(wanted[~known])), where=what,
                      todo=_("use the ids of candidates whose use fits the circle")))  # fmt: skip
        return np.isin(self.site_ids, wanted)


def _values(
    values: Mapping[Any, float] | ArrayLike | None, ids: NDArray[Any], order: Ints, what: str, *, missing: bool = False
) -> Floats:
    if values is None:
        return np.ones(ids.size)
    if hasattr(values, "keys"):  # a mapping or a Series
        by_id = {str(key): value for key, value in values.items()}  # type: ignore[union-attr]
        lacking = [str(one) for one in ids.tolist() if str(one) not in by_id]
        if lacking:
            text = _("there is no number for {ids}").format(ids=named(np.array(lacking)))
            raise InputError(Fault(text, where=what))
        found = np.array([by_id[str(one)] for one in ids.tolist()], np.float64)
    else:
        found = np.asarray(values, np.float64).ravel()
        if found.size != ids.size:
            text = _("{given} numbers for {ids} ids").format(given=found.size, ids=ids.size)
            raise InputError(Fault(text, where=what))
        found = found[order]
    bad = ~((np.isfinite(found) & (found >= 0)) | (np.isnan(found) & missing))
    if bad.any():
        text = _("the number of {ids} is negative or missing").format(ids=named(ids[bad]))
        raise InputError(Fault(text, where=what, todo=_("give a number of 0 or more")))
    return found


@dataclass(frozen=True, eq=False)
class Cover:
    """Which groups of demand each site covers, by site and by group; demand that the same sites cover is one group.

    Parameters
    ----------
    weight : float64 array (g,)
        Of each group.
    site_indptr, group : int64 array (m + 1,), int32 array
        The groups of each site, ascending.
    group_indptr, site : int64 array (g + 1,), int32 array
        The sites of each group, ascending.

    Examples
    --------
    >>> cover, group_of = merged(Reach.of_matrix([[1.0, 1.0], [1.0, 1.0], [np.nan, 1.0]]), np.array([5.0, 6.0, 7.0]))
    >>> group_of.tolist(), cover.weight.tolist(), cover.value(np.array([0]))
    ([0, 0, 1], [11.0, 7.0], 11.0)
    """

    weight: Floats
    site_indptr: Ints
    group: Rows
    group_indptr: Ints
    site: Rows

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return self.site_indptr.size - 1

    @classmethod
    def by_group(cls, group_indptr: Ints, site: Rows, weight: Floats, sites: int) -> tuple[Cover, Ints]:
        """Merge lists of sites that are the same: the cover, and the group of each list."""
        first = kernels.alike(group_indptr, site)
        kept, group_of = np.unique(first, return_inverse=True)
        size = np.diff(group_indptr)[kept]
        indptr = np.concatenate([[0], np.cumsum(size, dtype=np.int64)])
        entry = np.repeat(group_indptr[kept] - indptr[:-1], size) + np.arange(indptr[-1])
        members = site[entry]
        by_site, group, _entry = kernels.transpose(indptr, members, sites)
        total = np.bincount(group_of, weight, kept.size).astype(np.float64)  # of nothing bincount makes integers
        return cls(total, by_site, group, indptr, members), group_of.astype(np.int64)

    def counts(self, chosen: NDArray[np.integer]) -> NDArray[np.intp]:
        """Count for each group how many of some sites cover it."""
        parts = [self.group[self.site_indptr[j] : self.site_indptr[j + 1]] for j in chosen]
        return np.bincount(np.concatenate(parts), minlength=self.weight.size) if parts else np.zeros(
            self.weight.size, np.intp)  # fmt: skip

    def value(self, chosen: NDArray[np.integer]) -> float:
        """Weigh what some sites cover together."""
        return float(self.weight[self.counts(chosen) > 0].sum())

    def only(self, keep: Bools, done: Bools) -> tuple[Cover, Ints]:
        """Keep some sites, leave out groups that are done or that no kept site covers, and merge again.

        Returns
        -------
        Cover, int64 array (g,)
            The group of each group; -1 for those left out.
        """
        position = np.cumsum(keep) - 1
        row = np.repeat(np.arange(self.weight.size), np.diff(self.group_indptr))
        entry = keep[self.site] & ~done[row]
        size = np.bincount(row[entry], minlength=self.weight.size)
        left = np.flatnonzero(size)
        indptr = np.concatenate([[0], np.cumsum(size[left], dtype=np.int64)])
        cover, group_of = Cover.by_group(
            indptr, position[self.site[entry]].astype(np.int32), self.weight[left], int(keep.sum())
        )
        found = np.full(self.weight.size, -1, np.int64)
        found[left] = group_of
        return cover, found

    def twins(self) -> Ints:
        """Name for each site the first site that covers the same groups."""
        first: Ints = kernels.alike(self.site_indptr, self.group)
        return first


def merged(
    reach: Reach, weight: Floats, *, sites: Bools | None = None, done: Bools | None = None
) -> tuple[Cover, Ints]:
    """Group demand that the same sites cover.

    Parameters
    ----------
    reach
        The pairs, all within the limit.
    weight : float64 array (n,)
        Of the demand, in the order of the rows.
    sites : bool array (m,), optional
        Sites that take part; the cover holds only them.
    done : bool array (n,), optional
        Demand that is left out, as is what weighs nothing and what no site covers.

    Returns
    -------
    Cover, int64 array (n,)
        The group of each demand; -1 for what is left out.
    """
    keep = np.ones(reach.site_ids.size, bool) if sites is None else sites
    live = weight > 0 if done is None else (weight > 0) & ~done
    entry = keep[reach.site] & live[reach.demand]
    site, demand = (np.cumsum(keep) - 1)[reach.site[entry]].astype(np.int32), reach.demand[entry]
    number = int(keep.sum())
    indptr = np.concatenate([[0], np.cumsum(np.bincount(site, minlength=number), dtype=np.int64)])
    row_indptr, row_site, _entry = kernels.transpose(indptr, demand, weight.size)
    left = np.flatnonzero(np.diff(row_indptr))
    size = np.diff(row_indptr)[left]
    cover, group_of = Cover.by_group(
        np.concatenate([[0], np.cumsum(size, dtype=np.int64)]), row_site, weight[left], number
    )
    found = np.full(weight.size, -1, np.int64)
    found[left] = group_of
    return cover, found

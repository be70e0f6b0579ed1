"""Answer the walking questions: which place is nearest, which k are, which pairs lie within a limit.

Places come in as positions on the network (`Places`); answers come out by row of the places, in seconds and metres.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.walking import kernels
from planner.walking.network import WalkNetwork
from planner.walking.walkers import TOLERANCE_S, Walker

Progress = Callable[[int, int], None]
"""Called with the work done and the work there is."""

_ORIGINS_PER_TASK = 512  # small enough that progress moves and Ctrl-C is heard, large enough to share a workspace


@dataclass(frozen=True)
class Places:
    """Places on the network: each has any number of positions (gates, entrances), none when it is off the network.

    Parameters
    ----------
    number
        How many places there are.
    place : int32 array (p,)
        Row of the place of each position, ascending.
    edge : int32 array (p,)
        Edge on which it lies.
    offset_m : float64 array (p,)
        Along the edge from its end u, metres.
    access_m : float64 array (p,)
        Walked between the place and the position, off the network, metres.

    Examples
    --------
    One compound with two gates on edges 4 and 7:

    >>> homes = Places(1, np.array([0, 0], "i4"), np.array([4, 7], "i4"), np.array([10.0, 0.0]), np.array([25.0, 40.0]))
    >>> homes.number, homes.place.size
    (1, 2)
    """

    number: int
    place: NDArray[np.int32]
    edge: NDArray[np.int32]
    offset_m: NDArray[np.float64]
    access_m: NDArray[np.float64]

    @classmethod
    def at(cls, edge: ArrayLike, offset_m: ArrayLike, *, access_m: ArrayLike | None = None) -> Places:
        """Make places of one position each.

        Parameters
        ----------
        edge : integer array (p,)
            Edge of each; a negative one leaves the place off the network.
        offset_m : array (p,)
            Along the edge from its end u, metres.
        access_m : array (p,), optional
            Walked off the network, metres; left out: none.

        Examples
        --------
        >>> Places.at([0, -1, 3], [10.0, 0.0, 5.0]).place.tolist()
        [0, 2]
        """
        edge = np.asarray(edge, np.int32)
        offset = np.asarray(offset_m, np.float64)
        access = np.zeros(edge.size) if access_m is None else np.asarray(access_m, np.float64)
        on = np.flatnonzero(edge >= 0)
        return cls(edge.size, on.astype(np.int32), edge[on], offset[on], access[on])

    def only(self, chosen: NDArray[np.bool_]) -> Places:
        """Keep the positions of some places; the others stay as places off the network.

        Parameters
        ----------
        chosen : bool array (number,)
            Which places keep their positions.
        """
        keep = chosen[self.place]
        return Places(self.number, self.place[keep], self.edge[keep], self.offset_m[keep], self.access_m[keep])


@dataclass(frozen=True)
class Nearest:
    """The nearest place to each start, one row per starting place.

    Parameters
    ----------
    seconds : float64 array
        Of the whole walk; NaN where there is no way.
    end : int32 array
        Row of the place at the end; -1 where there is no way.
    network_m : float64 array
        Of the walk, on streets, metres; NaN where there is no way.
    start_position, end_position : int32 arrays
        Rows of the positions used; -1 where there is no way.

    Examples
    --------
    >>> from planner.walking import WALKERS, WalkNetwork
    >>> network = WalkNetwork.from_edges([[0, 0], [1000, 0]], u=[0], v=[1], crs="EPSG:4547")
    >>> found = Streetwise(network, WALKERS["standard"]).nearest(Places.at([0, -1], [0, 0]), Places.at([0], [600.0]))
    >>> found.seconds.tolist(), found.network_m.tolist(), found.end.tolist()
    ([600.0, nan], [600.0, nan], [0, -1])
    """

    seconds: NDArray[np.float64]
    end: NDArray[np.int32]
    network_m: NDArray[np.float64]
    start_position: NDArray[np.int32]
    end_position: NDArray[np.int32]


@dataclass(frozen=True)
class Table:
    """Walks between many origins and destinations within a limit, as a sparse table by rows.

    Parameters
    ----------
    indptr : int64 array (origins + 1,)
        Where the pairs of each origin begin.
    destination : int32 array
        Row of the destination of each pair, ascending within an origin.
    seconds : float64 array
        Of the whole walk.

    Examples
    --------
    >>> from planner.walking import WALKERS, WalkNetwork
    >>> network = WalkNetwork.from_edges([[0, 0], [1000, 0]], u=[0], v=[1], crs="EPSG:4547")
    >>> homes, sites = Places.at([0, 0], [0.0, 900.0]), Places.at([0, 0], [300.0, 1000.0])
    >>> pairs = Streetwise(network, WALKERS["standard"]).table(homes, sites, limit_s=300)
    >>> pairs.indptr.tolist(), pairs.destination.tolist(), pairs.seconds.round(6).tolist()
    ([0, 1, 2], [0, 1], [300.0, 100.0])
    """

    indptr: NDArray[np.int64]
    destination: NDArray[np.int32]
    seconds: NDArray[np.float64]


@dataclass(frozen=True)
class Streetwise:
    """A network as one walker finds it: the costs of every arc laid out once, asked many questions.

    Parameters
    ----------
    network
        The streets.
    walker
        Who walks.

    Examples
    --------
    Two homes and a canteen along one street; the second home is 300 m from it:

    >>> from planner.walking import WALKERS, WalkNetwork
    >>> network = WalkNetwork.from_edges([[0, 0], [1000, 0]], u=[0], v=[1], crs="EPSG:4547")
    >>> elder = Streetwise(network, WALKERS["elder"])
    >>> homes, canteen = Places.at([0, 0], [450.0, 200.0]), Places.at([0], [500.0])
    >>> elder.nearest(homes, canteen).seconds.round(6).tolist()
    [62.5, 375.0]
    """

    network: WalkNetwork
    walker: Walker

    @cached_property
    def _edge_seconds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self.walker.edge_seconds(self.network)

    @cached_property
    def _arc_seconds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self.network.arc_costs(*self._edge_seconds)

    def _positions(self, places: Places) -> NDArray[np.void]:
        forward, backward = (side[places.edge] for side in self._edge_seconds)
        length = self.network.edge_length_m[places.edge]
        share = np.divide(places.offset_m, length, out=np.zeros_like(length), where=length > 0)
        rows = np.empty(places.place.size, kernels.POSITION)
        rows["place"], rows["edge"], rows["offset"] = places.place, places.edge, places.offset_m
        rows["access"] = self.walker.seconds(places.access_m)
        # At an end itself nothing is walked, even against a one-way (infinity times zero is not a number).
        rows["from_u"] = np.multiply(forward, share, out=np.zeros_like(share), where=share > 0)
        rows["from_v"] = np.multiply(backward, 1 - share, out=np.zeros_like(share), where=share < 1)
        rows["to_v"] = np.multiply(forward, 1 - share, out=np.zeros_like(share), where=share < 1)
        rows["to_u"] = np.multiply(backward, share, out=np.zeros_like(share), where=share > 0)
        return rows

    def _seeds(self, ends: NDArray[np.void]) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
        """Start a search from the ends towards the starts: nodes, seconds from there to the place, rows of the ends."""
        edge, row = ends["edge"], np.arange(ends.size, dtype=np.int32)
        node = np.concatenate([self.network.edge_u[edge], self.network.edge_v[edge]])
        seconds = np.concatenate([ends["from_u"] + ends["access"], ends["from_v"] + ends["access"]])
        end = np.tile(row, 2)
        keep = np.flatnonzero(np.isfinite(seconds))
        order = keep[np.lexsort((end[keep], seconds[keep]))]
        return node[order], seconds[order], end[order]

    def _by_edge(self, positions: NDArray[np.void]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        count = np.bincount(positions["edge"], minlength=self.network.edges)
        return (
            np.argsort(positions["edge"], kind="stable").astype(np.int32),
            np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
        )

    def from_every_node(
        self, ends: Places, *, limit_s: float = np.inf
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Find the nearest end for every node of the network.

        Parameters
        ----------
        ends
            Places at which walks end.
        limit_s
            Longer walks are not looked for, seconds; exactly the limit counts.

        Returns
        -------
        seconds : float64 array (n,)
            NaN where there is no way.
        end : int32 array (n,)
            Row of the place; -1 where there is no way.

        Examples
        --------
        >>> from planner.walking import WALKERS, WalkNetwork
        >>> network = WalkNetwork.from_edges([[0, 0], [800, 0]], u=[0], v=[1], crs="EPSG:4547")
        >>> seconds, end = Streetwise(network, WALKERS["elder"]).from_every_node(Places.at([0], [200.0]))
        >>> seconds.round(6).tolist(), end.tolist()
        ([250.0, 750.0], [0, 0])
        """
        rows = self._positions(ends)
        seed_node, seed_seconds, seed_end = self._seeds(rows)
        label = self._sweep(seed_node, seed_seconds, limit_s)
        found = label["seed"] >= 0
        end = np.full(label.size, -1, np.int32)
        end[found] = rows["place"][seed_end[label["seed"][found]]]
        return np.where(found, label["cost"], np.nan), end

    def _sweep(
        self, seed_node: NDArray[np.int32], seed_seconds: NDArray[np.float64], limit_s: float
    ) -> NDArray[np.void]:
        network = self.network
        label: NDArray[np.void] = kernels.sweep(
            network.indptr, network.neighbour, self._arc_seconds[1], seed_node, seed_seconds, limit_s + TOLERANCE_S
        )
        return label

    def nearest(self, starts: Places, ends: Places, *, limit_s: float = np.inf) -> Nearest:
        """Find the nearest end for every start.

        Parameters
        ----------
        starts, ends
            Places; walks lead from the first to the second.
        limit_s
            Longer walks are not looked for, seconds; exactly the limit counts.

        Returns
        -------
        Nearest
            One row per starting place. Of ends equally near one is named, the same in every run.
        """
        network, bound = self.network, limit_s + TOLERANCE_S
        start_rows, end_rows = self._positions(starts), self._positions(ends)
        seed_node, seed_seconds, seed_end = self._seeds(end_rows)
        label = self._sweep(seed_node, seed_seconds, limit_s)
        seconds, end, first = kernels.arrive(
            start_rows, end_rows, *self._by_edge(end_rows), network.edge_u, network.edge_v, label, seed_end
        )
        best = kernels.choose(starts.place, seconds, end, starts.number, bound)
        place = np.flatnonzero(best >= 0)
        row = best[place]
        metres = self._street_metres(start_rows[row], end_rows, end[row], first[row], label)

        result = Nearest(
            np.full(starts.number, np.nan),
            np.full(starts.number, -1, np.int32),
            np.full(starts.number, np.nan),
            best,
            np.full(starts.number, -1, np.int32),
        )
        result.seconds[place], result.network_m[place] = seconds[row], metres
        result.end[place], result.end_position[place] = ends.place[end[row]], end[row]
        return result

    def _street_metres(
        self,
        starts: NDArray[np.void],
        ends: NDArray[np.void],
        end: NDArray[np.int32],
        first: NDArray[np.int32],
        label: NDArray[np.void],
    ) -> NDArray[np.float64]:
        """Measure the streets of each walk: out of the first edge, along the way, into the last edge."""
        network = self.network
        metres = np.full(first.size, np.nan)
        same = (end >= 0) & (first < 0)
        metres[same] = np.abs(starts["offset"][same] - ends["offset"][end[same]])
        gone = np.flatnonzero(first >= 0)
        out, into, node = starts[gone], ends[end[gone]], first[gone]
        last, way = kernels.trace(node, label, network.arc_edge, network.edge_u, network.edge_v, network.edge_length_m)
        leave = self._metres_to_node(out, node, out["to_u"] <= out["to_v"])
        metres[gone] = leave + way + self._metres_to_node(into, last, into["from_u"] <= into["from_v"])
        return metres

    def _metres_to_node(
        self, positions: NDArray[np.void], node: NDArray[np.int32], u_is_cheaper: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Measure from positions to an end of their edges; on a loop, whose ends are one node, the cheaper way."""
        edge, from_u = positions["edge"], positions["offset"]
        at_u, at_v = self.network.edge_u[edge] == node, self.network.edge_v[edge] == node
        return np.where(at_u & (~at_v | u_is_cheaper), from_u, self.network.edge_length_m[edge] - from_u)

    def nearest_of_kinds(
        self, starts: Places, ends: Places, kinds: Mapping[str, NDArray[np.bool_]], *, limit_s: float = np.inf
    ) -> dict[str, Nearest]:
        """Find the nearest end of several kinds for every start, in one call.

        Parameters
        ----------
        starts, ends
            As for `nearest`.
        kinds
            For each kind, which of the ends are of it: bool arrays (ends.number,).
        limit_s
            As for `nearest`.

        Returns
        -------
        dict of str to Nearest
        """
        return {kind: self.nearest(starts, ends.only(chosen), limit_s=limit_s) for kind, chosen in kinds.items()}

    def nearest_k(
        self, starts: Places, ends: Places, k: int, *, limit_s: float = np.inf
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Find the ``k`` nearest ends for every start.

        Parameters
        ----------
        starts, ends, limit_s
            As for `nearest`.
        k
            How many.

        Returns
        -------
        seconds : float64 array (starts.number, k)
            Ascending; NaN where there are fewer.
        end : int32 array (starts.number, k)
            Rows of the ends; -1 where there are fewer.
        """
        network, bound = self.network, limit_s + TOLERANCE_S
        start_rows, end_rows = self._positions(starts), self._positions(ends)
        seed_node, seed_seconds, seed_end = self._seeds(end_rows)
        costs, places = kernels.sweep_k(
            network.indptr, network.neighbour, self._arc_seconds[1], seed_node, seed_seconds,
            end_rows["place"][seed_end], k, bound)  # fmt: skip
        seconds, end = kernels.arrive_k(
            start_rows,
            starts.number,
            end_rows,
            *self._by_edge(end_rows),
            network.edge_u,
            network.edge_v,
            costs,
            places,
        )
        beyond = (end < 0) | (seconds > bound)
        return np.where(beyond, np.nan, seconds), np.where(beyond, np.int32(-1), end)

    def table(
        self,
        origins: Places,
        destinations: Places,
        *,
        limit_s: float,
        progress: Progress | None = None,
        threads: int | None = None,
    ) -> Table:
        """List every pair of origin and destination within a limit.

        Parameters
        ----------
        origins, destinations
            Places; walks lead from the first to the second.
        limit_s
            Seconds; exactly the limit counts.
        progress
            Called with the origins done and the origins there are.
        threads
            Left out: as many as there are processors.

        Returns
        -------
        Table
        """
        network, bound = self.network, limit_s + TOLERANCE_S
        origin_rows, end_rows = self._positions(origins), self._positions(destinations)
        order, indptr = self._by_edge(end_rows)
        node, extra, row = self._seeds(end_rows)
        by_node = np.argsort(node, kind="stable")
        node_indptr = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=network.nodes))]).astype(np.int32)

        def search(first: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
            count, place, seconds = kernels.table(
                network.indptr, network.neighbour, self._arc_seconds[0], network.edge_u, network.edge_v,
                origin_rows, end_rows, order, indptr, node_indptr, row[by_node], extra[by_node],
                first, min(first + _ORIGINS_PER_TASK, origins.number), destinations.number, bound)  # fmt: skip
            return count, place, seconds

        parts = []
        with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
            tasks = [pool.submit(search, first) for first in range(0, origins.number, _ORIGINS_PER_TASK)]
            try:
                for number, task in enumerate(tasks, start=1):
                    parts.append(task.result())
                    if progress:
                        progress(min(number * _ORIGINS_PER_TASK, origins.number), origins.number)
            except BaseException:  # Ctrl-C too: what has not begun shall not begin
                pool.shutdown(cancel_futures=True)
                raise
        counts, places, seconds = (
            (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _nothing()
        )
        return Table(np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]), places, seconds)


def _nothing() -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)

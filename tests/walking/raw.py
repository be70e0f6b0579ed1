"""A network as bare arrays, and what scipy and networkx make of it: nothing here comes from the code under test."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra


@dataclass(frozen=True)
class RawNetwork:
    """Points and the edges between them, walked both ways."""

    xy: NDArray[np.float64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    length: NDArray[np.float64]
    crs: CRS

    def networkx(self) -> nx.Graph:
        """The same as a graph; of parallel edges the shortest."""
        graph = nx.Graph()
        graph.add_nodes_from(range(len(self.xy)))
        for u, v, length in zip(self.u.tolist(), self.v.tolist(), self.length.tolist(), strict=True):
            known = graph.get_edge_data(u, v, {"metres": np.inf})
            graph.add_edge(u, v, metres=min(length, known["metres"]))
        return graph


def arcs(n, tail, head, cost):
    """CSR arrays as the kernels want them: indptr, neighbour (int32), cost (float64)."""
    tail, head = np.asarray(tail, np.int64), np.asarray(head, np.int32)
    order = np.argsort(tail, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))]).astype(np.int32)
    return indptr, head[order], np.asarray(cost, np.float64)[order]


def both_ways(n, u, v, cost):
    """CSR arrays of edges that are walked in either direction."""
    return arcs(n, np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([cost, cost]))


def scipy_from_seeds(n, tail, head, cost, seed_node, seed_cost, *, nearest_only=False, limit=np.inf):
    """Cost from every seed (s, n), or from the nearest one (n,), as scipy finds it.

    Each seed is a node of its own, from which one arc leads into the network: scipy knows no costs paid before.
    """
    tail = np.concatenate([tail, n + np.arange(len(seed_node))]).astype(np.int64)
    head = np.concatenate([head, seed_node]).astype(np.int64)
    cost = np.concatenate([cost, seed_cost]).astype(float)
    # A sparse matrix adds parallel arcs up: keep the cheapest of each pair, and no infinite one.
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.ones(tail.size, bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    first &= np.isfinite(cost)
    size = n + len(seed_node)
    matrix = csr_matrix((cost[first], (tail[first], head[first])), shape=(size, size))
    found = dijkstra(matrix, indices=np.arange(n, size), min_only=nearest_only, limit=limit)
    return found[..., :n]

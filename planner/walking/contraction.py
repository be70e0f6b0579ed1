"""Contract chains of degree-2 points into edges, keeping every point as the edge's shape.

Arrays only; the geometry of a chain is the list of its points, so a position on it stays exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _through(x: Any, s: Any, t: Any, a: Any, code: Any, forward: Any, backward: Any) -> Any:
    """Whether two pieces that meet at x are one way: the same kind, the same permission in either direction."""
    into_s, out_s = (backward[s], forward[s]) if a[s] == x else (forward[s], backward[s])
    into_t, out_t = (backward[t], forward[t]) if a[t] == x else (forward[t], backward[t])
    return code[s] == code[t] and into_s == out_t and into_t == out_s


@njit(cache=True, nogil=True)
def _incidence(n: Any, a: Any, b: Any) -> Any:
    indptr = np.zeros(n + 1, np.int64)
    for s in range(a.size):
        indptr[a[s] + 1] += 1
        indptr[b[s] + 1] += 1
    for x in range(n):
        indptr[x + 1] += indptr[x]
    fill, piece = indptr[:-1].copy(), np.empty(2 * a.size, np.int64)
    for s in range(a.size):
        piece[fill[a[s]]] = s
        fill[a[s]] += 1
        piece[fill[b[s]]] = s
        fill[b[s]] += 1
    return indptr, piece


@njit(cache=True, nogil=True)
def _chains(n: Any, a: Any, b: Any, code: Any, forward: Any, backward: Any, rank: Any) -> Any:
    indptr, piece = _incidence(n, a, b)
    end = np.empty(n, np.bool_)
    for x in range(n):
        s, t = (piece[indptr[x]], piece[indptr[x] + 1]) if indptr[x + 1] - indptr[x] == 2 else (0, 0)
        end[x] = indptr[x + 1] - indptr[x] != 2 or s == t or not _through(x, s, t, a, code, forward, backward)
    done = np.zeros(a.size, np.bool_)
    points, walked, against = (
        np.empty(2 * a.size, np.int64),
        np.empty(a.size, np.int64),
        np.empty(a.size, np.bool_),
    )
    starts, point_total, piece_total, chains = np.empty(a.size + 1, np.int64), 0, 0, 0
    # First from every true end; what is left then are rings without one: each gets an end at its first point by rank.
    for turn in range(2):
        for x in rank:
            if (turn == 0 and not end[x]) or (turn == 1 and end[x]):
                continue
            for at in range(indptr[x], indptr[x + 1]):
                s = piece[at]
                if done[s]:
                    continue
                end[x] = True
                starts[chains] = piece_total
                chains += 1
                here = x
                points[point_total] = x
                point_total += 1
                while True:
                    done[s] = True
                    against[piece_total] = a[s] != here
                    here = b[s] if a[s] == here else a[s]
                    walked[piece_total] = s
                    piece_total += 1
                    points[point_total] = here
                    point_total += 1
                    if end[here]:
                        break
                    s = piece[indptr[here] + 1] if piece[indptr[here]] == s else piece[indptr[here]]
    starts[chains] = piece_total
    return points[:point_total], walked[:piece_total], against[:piece_total], starts[: chains + 1]


def contract(
    n: int,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    code: NDArray[np.uint8],
    forward: NDArray[np.bool_],
    backward: NDArray[np.bool_],
    rank: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Walk every chain of pieces from one end to the other.

    A point ends a chain unless exactly two pieces meet there that are of one kind and may be walked in the same
    directions. A ring without an end is cut at its first point by ``rank``.

    Parameters
    ----------
    n : int
        Number of points.
    a, b, code, forward, backward : arrays (s,)
        The pieces, as in `planner.walking.streets.Streets`.
    rank : int64 array (n,)
        The points in the order in which chains shall start, whatever the order of the pieces.

    Returns
    -------
    points : int64 array (s + c,)
        Points of the ``c`` chains, one chain after another.
    walked : int64 array (s,)
        The pieces in the order walked.
    against : bool array (s,)
        Whether a piece was walked from b to a.
    starts : int64 array (c + 1,)
        Where the pieces of each chain begin in ``walked``; its points begin at ``starts[i] + i``.

    Examples
    --------
    A street of three pieces, the last drawn the other way round:

    >>> yes = np.ones(3, bool)
    >>> points, walked, against, starts = contract(
    ...     4, np.array([0, 1, 3]), np.array([1, 2, 2]), np.zeros(3, "u1"), yes, yes, np.arange(4))
    >>> points.tolist(), walked.tolist(), against.tolist(), starts.tolist()
    ([0, 1, 2, 3], [0, 1, 2], [False, False, True], [0, 3])
    """
    points, walked, against, starts = _chains(n, a, b, code, forward, backward, rank)
    return points, walked, against, starts


@njit(cache=True, nogil=True)
def components(n: int, u: Any, v: Any) -> Any:
    """Give a number to each connected part of a network, directions aside.

    Parameters
    ----------
    n : int
        Number of nodes.
    u, v : int32 arrays (m,)
        The nodes at the ends of each edge.

    Returns
    -------
    int32 array (n,)
        Part of each node, numbered in the order of each part's first node.

    Examples
    --------
    >>> components(4, np.array([0, 2], "i4"), np.array([3, 2], "i4")).tolist()
    [0, 1, 2, 0]
    """
    root = np.arange(n, dtype=np.int32)
    for edge in range(u.size):
        x, y = u[edge], v[edge]
        while root[x] != x:
            root[x] = root[root[x]]
            x = root[x]
        while root[y] != y:
            root[y] = root[root[y]]
            y = root[y]
        root[max(x, y)] = min(x, y)
    part, number = np.empty(n, np.int32), 0
    for x in range(n):
        if root[x] == x:
            part[x] = number
            number += 1
        else:
            part[x] = part[root[x]]  # a root comes before all it holds
    return part

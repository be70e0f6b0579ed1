"""Walks found by plain Python on dictionaries: slow, short, and sharing nothing with the code under test."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Edge:
    """An edge as the oracle sees it."""

    u: int
    v: int
    length: float
    forward: bool = True
    backward: bool = True


@dataclass(frozen=True)
class Spot:
    """A position on an edge, a share of the way from u to v, and what is walked to get there."""

    edge: int
    share: float
    access: float = 0.0


def walk(edges: list[Edge], start: Spot, end: Spot) -> float:
    """Length of the shortest walk: split the edges at both spots, then search; inf when there is none."""
    arcs = defaultdict(list)
    for number, edge in enumerate(edges):
        here = [
            (edge.length * spot.share, name) for name, spot in (("start", start), ("end", end)) if spot.edge == number
        ]
        ordered = [(0.0, ("node", edge.u)), *sorted(here, key=lambda stop: stop[0]), (edge.length, ("node", edge.v))]
        for (at, a), (to, b) in itertools.pairwise(ordered):
            # Two stops on one point are one place, whatever the direction; on an edge without length that is its end u.
            same = to == at and (edge.length > 0 or b != ("node", edge.v))
            if edge.forward or same:
                arcs[a].append((b, to - at))
            if edge.backward or same:
                arcs[b].append((a, to - at))
    done, queue = {}, [(0.0, 0, "start")]
    serial = 1
    while queue:
        paid, _, node = heapq.heappop(queue)
        if node in done:
            continue
        done[node] = paid
        for other, cost in arcs[node]:
            heapq.heappush(queue, (paid + cost, serial, other))
            serial += 1
    return done.get("end", math.inf) + start.access + end.access

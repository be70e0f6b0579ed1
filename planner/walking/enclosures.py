"""Cut the streets inside gated compounds out of a walking network: they carry nobody's walk but their residents'."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.walking.network import JOIN_M, WalkNetwork, arcs, curve_order

RIM_M = 2.0
"""How far inside an outline a compound begins, metres: less than this is the error of a drawing. A street along the
wall, a gate or a shop that opens through it lie outside, on whichever side of the line they were drawn."""


def cores(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give the inside of outlines: what lies deeper than `RIM_M`; empty where an outline is narrower than two rims.

    Parameters
    ----------
    outlines : array of polygons
        In metres.

    Examples
    --------
    >>> cores(np.array([shapely.box(0, 0, 100, 50)]))[0].bounds
    (2.0, 2.0, 98.0, 48.0)
    """
    inner: NDArray[np.object_] = shapely.buffer(shapely.make_valid(outlines), -RIM_M, join_style="mitre")
    return inner


@dataclass(frozen=True)
class Enclosed:
    """A network without the streets inside gated compounds.

    Parameters
    ----------
    network
        What is left. Its ``notes`` count ``enclosed_edges`` (edges that lost a part or all of it) and ``enclosed_m``,
        and its key tells it from the whole one.
    run_through : integer array
        Outlines, by row, through which a main road, a bridge or a tunnel runs; it was not cut.
    """

    network: WalkNetwork
    run_through: NDArray[np.intp]


def enclose(network: WalkNetwork, inside: NDArray[np.object_]) -> Enclosed:
    """Cut the parts of streets that lie inside gated compounds out of a network.

    Edges are cut where they enter and the inner parts are dropped; every other edge stays as it is. A thoroughfare (a
    main road, a bridge, a tunnel) is never cut: an outline that takes it in is drawn too wide, or lies above or below.

    Parameters
    ----------
    network
        The whole network.
    inside : array of polygons
        What is inside, as `cores` gives it; outlines may overlap or lie within each other.

    Returns
    -------
    Enclosed

    Raises
    ------
    InputError
        No street is left.

    Examples
    --------
    A street of 300 m through a compound that is 100 m wide:

    >>> network = WalkNetwork.from_edges([[0, 0], [300, 0]], u=[0], v=[1], crs="EPSG:4547")
    >>> left = enclose(network, cores(np.array([shapely.box(100, -50, 200, 50)]))).network
    >>> left.edge_length_m.tolist(), left.notes["enclosed_m"]
    ([102.0, 102.0], 96.0)
    """
    row, edge = shapely.STRtree(network.edge_lines).query(inside, predicate="intersects")
    open_to_all = network.edge_thoroughfare[edge]
    run_through = np.unique(row[open_to_all])
    row, edge = row[~open_to_all], edge[~open_to_all]
    edge, start, end = _stretches(network, inside, row, edge)
    if not edge.size:
        return Enclosed(network, run_through)
    cut = np.unique(edge)
    parts = _outside(network, cut, edge, start, end)
    left = _without(network, cut, *parts)
    lost = float(network.edge_length_m.sum() - left.edge_length_m.sum())
    notes = {**network.notes, "enclosed_edges": int(cut.size), "enclosed_m": round(lost, 3)}
    return Enclosed(replace(left, notes=notes, key=_key(network, inside)), run_through)


def _key(network: WalkNetwork, inside: NDArray[np.object_]) -> str:
    digest = hashlib.sha256(network.key.encode())
    for shape in sorted(shapely.to_wkb(shapely.normalize(inside[~shapely.is_empty(inside)]))):
        digest.update(shape)
    return digest.hexdigest()


def _stretches(
    network: WalkNetwork, inside: NDArray[np.object_], row: NDArray[np.intp], edge: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Measure where edges run inside: edges, and from where to where along their drawn shape, metres.

    Each straight piece is cut by itself, so that an edge that crosses or touches itself keeps its course.
    """
    along = network.shape_along_m
    pair, first = network.pieces(edge)
    xy = network.shape_xy
    shapely.prepare(inside)
    whole = shapely.contains_properly(inside[row], network.edge_lines[edge])[pair]
    lines = shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1))
    met = np.flatnonzero(~whole)
    met = met[shapely.intersects(inside[row[pair[met]]], lines[met])]
    covered = shapely.contains_properly(inside[row[pair[met]]], lines[met])
    whole[met[covered]] = True
    met = met[~covered]
    parts, of = shapely.get_parts(shapely.intersection(lines[met], inside[row[pair[met]]]), return_index=True)
    long = shapely.length(parts) > JOIN_M  # to touch is not to enter
    parts, piece = parts[long], met[of[long]]
    origin = shapely.points(xy[first[piece]])
    ends = np.stack([shapely.distance(origin, shapely.get_point(parts, side)) for side in (0, -1)])
    base = along[first[piece]]
    return (
        np.concatenate([edge[pair[whole]], edge[pair[piece]]]),
        np.concatenate([along[first[whole]], base + ends.min(axis=0)]),
        np.concatenate([along[first[whole] + 1], base + ends.max(axis=0)]),
    )


def _outside(
    network: WalkNetwork,
    cut: NDArray[np.intp],
    edge: NDArray[np.intp],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Give what the stretches leave of the edges they lie on: edges, from where to where along their shape, metres."""
    total = network.shape_along_m[network.shape_indptr[cut + 1] - 1]
    owner = np.concatenate([edge, edge, cut, cut])
    metres = np.concatenate([start, end, np.zeros(cut.size), total])
    deeper = np.repeat([1, -1, 0, 0], [edge.size, edge.size, cut.size, cut.size])
    order = np.lexsort((-deeper, metres, owner))
    owner, metres = owner[order], metres[order]
    depth = np.cumsum(deeper[order])  # as many stretches as begin on an edge end on it
    left = np.flatnonzero((depth[:-1] == 0) & (owner[:-1] == owner[1:]) & (np.diff(metres) > JOIN_M))
    return owner[left], metres[left], metres[left + 1]


def _without(
    network: WalkNetwork,
    cut: NDArray[np.intp],
    edge: NDArray[np.intp],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> WalkNetwork:
    """Put parts of edges in the place of the edges that were cut; each part that was cut off has an end of its own."""
    along, indptr = network.shape_along_m, np.asarray(network.shape_indptr)
    total = along[indptr[edge + 1] - 1]
    kept = np.ones(network.edges, bool)
    kept[cut] = False
    if not (kept.any() or edge.size):
        raise InputError(
            Fault(
                _("every street lies inside a gated compound"),
                todo=_("check the outlines of the compounds that are gated"),
            )
        )
    xy = np.concatenate([network.node_xy, _points(network, edge, start), _points(network, edge, end)])
    fresh = network.nodes + np.arange(2 * edge.size)
    u = np.concatenate([network.edge_u[kept], np.where(start == 0, network.edge_u[edge], fresh[: edge.size])])
    v = np.concatenate([network.edge_v[kept], np.where(end == total, network.edge_v[edge], fresh[edge.size :])])
    length = network.edge_length_m[edge] * (end - start) / total
    shape_counts, shape_xy = _shapes(network, edge, start, end, xy[fresh[: edge.size]], xy[fresh[edge.size :]])

    used, node = np.unique(np.concatenate([u, v]), return_inverse=True)
    order = curve_order(xy[used])
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    edge_u, edge_v = (side.astype(np.int32) for side in np.split(rank[node], 2))
    indptr_left, neighbour, arc_edge, arc_from_u = arcs(used.size, edge_u, edge_v)
    source = np.concatenate([np.flatnonzero(kept), edge])
    points_kept = np.repeat(kept, np.diff(indptr))
    return replace(
        network,
        node_xy=xy[used[order]],
        indptr=indptr_left,
        neighbour=neighbour,
        arc_edge=arc_edge,
        arc_from_u=arc_from_u,
        edge_u=edge_u,
        edge_v=edge_v,
        edge_length_m=np.concatenate([network.edge_length_m[kept], length]),
        edge_class=network.edge_class[source],
        edge_forward=network.edge_forward[source],
        edge_backward=network.edge_backward[source],
        edge_thoroughfare=network.edge_thoroughfare[source],
        shape_indptr=np.concatenate([[0], np.cumsum(np.concatenate([np.diff(indptr)[kept], shape_counts]))]),
        shape_xy=np.concatenate([network.shape_xy[points_kept], shape_xy]),
    )


def _points(network: WalkNetwork, edge: NDArray[np.intp], metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find points by metres along the shapes of edges; at either end of one, its very first or last point."""
    along, indptr, xy = network.shape_along_m, network.shape_indptr, network.shape_xy
    after = _next_point(network, edge, metres)
    step = along[after] - along[after - 1]
    share = np.divide(metres - along[after - 1], step, out=np.zeros_like(step), where=step > 0)[:, None]
    point: NDArray[np.float64] = xy[after - 1] + share * (xy[after] - xy[after - 1])
    at_end = metres == along[indptr[edge + 1] - 1]
    point[at_end] = xy[indptr[edge[at_end] + 1] - 1]
    return point


def _next_point(network: WalkNetwork, edge: NDArray[np.intp], metres: NDArray[np.float64]) -> NDArray[np.intp]:
    """Find the first point of each edge's shape that lies beyond some metres along it; its last one at the latest."""
    pair, first = network.pieces(edge)
    passed = np.bincount(pair, network.shape_along_m[first + 1] <= metres[pair], minlength=edge.size).astype(np.intp)
    beyond: NDArray[np.intp] = np.minimum(network.shape_indptr[edge] + 1 + passed, network.shape_indptr[edge + 1] - 1)
    return beyond


def _shapes(
    network: WalkNetwork,
    edge: NDArray[np.intp],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    head: NDArray[np.float64],
    tail: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw parts of edges: how many points each has, and the points."""
    along = network.shape_along_m
    pair, first = network.pieces(edge)
    # Of the points between the ends of an edge, which begin all its pieces but the first, those within the part.
    between = (along[first] > start[pair]) & (along[first] < end[pair]) & (first > network.shape_indptr[edge[pair]])
    pair, first = pair[between], first[between]
    counts = np.bincount(pair, minlength=edge.size) + 2
    stop = np.cumsum(counts)
    xy = np.empty((int(counts.sum()), 2))
    inner = np.ones(len(xy), bool)
    inner[stop - counts] = inner[stop - 1] = False
    xy[stop - counts], xy[stop - 1], xy[inner] = head, tail, network.shape_xy[first]
    return counts, xy

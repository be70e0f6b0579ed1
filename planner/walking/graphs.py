"""Take walkable ways from osmnx graphs, in memory or as .graphml files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from planner.errors import Fault, InputError, in_its_words
from planner.i18n import _
from planner.walking import ways
from planner.walking.streets import Streets, pieces

SUFFIXES = (".graphml",)


def read_graphml(path: Path) -> Streets:
    """Read the walkable ways of a graph that osmnx saved.

    Parameters
    ----------
    path
        ``.graphml`` file.

    Returns
    -------
    Streets

    Raises
    ------
    InputError
        The file is no osmnx graph, or holds no walkable way.
    """
    import networkx as nx
    import osmnx

    try:
        graph = osmnx.load_graphml(path)
    except (OSError, KeyError, ValueError, SyntaxError, TypeError, nx.NetworkXError) as error:
        raise InputError(
            Fault(
                _("the file cannot be read as a graph saved by osmnx"),
                where=str(path),
                why=in_its_words(error),
                todo=_("save it with osmnx.save_graphml"),
            )
        ) from error
    return from_graph(graph, where=str(path))


def _judge(data: dict[str, Any]) -> ways.Way | None:
    """Judge an edge. Where osmnx merged several ways into it, all must be walkable; stairs among them are not lost."""
    tags: list[dict[str, str]] = [{}]
    # Of a merged edge any part may be the bridge or the tunnel: it is not known that the whole of it is.
    merged = isinstance(data.get("osmid"), (list, tuple, set))
    for key in ways.tag_keys():
        value = None if merged and key in ways.level_keys() else data.get(key)
        values = list(value) if isinstance(value, (list, tuple, set)) else [value]
        tags = [{**known, key: str(one)} if one is not None else known for known in tags for one in values]
    judged = [way for one in tags if (way := ways.judge(one))]
    if len(judged) < len(tags):
        return None
    steps = ways.classes().index("steps")
    chosen = next((way for way in judged if way.code == steps), judged[0])
    return replace(chosen, thoroughfare=all(way.thoroughfare for way in judged))


def from_graph(graph: Any, *, where: str = "") -> Streets:
    """Take the walkable ways of an osmnx graph.

    Both directions of a street are one street again, and its one-way rule, made for vehicles, does not bind walkers.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Nodes with ``x`` and ``y``, edges with ``highway`` and perhaps ``geometry``, ``graph["crs"]``.
    where
        Named in messages.

    Returns
    -------
    Streets
        ``notes`` counts ``ways`` and ``ways_left_out`` (nobody may walk there).

    Raises
    ------
    InputError
        The graph states no CRS, a node lacks coordinates, or there is no walkable way.

    Examples
    --------
    >>> import networkx
    >>> graph = networkx.MultiDiGraph(crs="EPSG:4326")
    >>> graph.add_nodes_from([(1, {"x": 113.0, "y": 25.8}), (2, {"x": 113.001, "y": 25.8})])
    >>> _ = graph.add_edge(1, 2, highway="residential", oneway=True)
    >>> streets = from_graph(graph)
    >>> streets.forward.tolist(), streets.backward.tolist()
    ([True], [True])
    """
    faults = []
    if "crs" not in graph.graph:
        faults.append(Fault(_("the graph states no coordinate system"), where=where, todo=_('set graph.graph["crs"]')))
    lost = [node for node, data in graph.nodes(data=True) if "x" not in data or "y" not in data]
    if lost:
        faults.append(
            Fault(
                _("{count} nodes have no x and y").format(count=len(lost)),
                where=where,
                why=_("the first is node {node}").format(node=lost[0]),
            )
        )
    if faults:
        raise InputError(faults)

    number = {node: row for row, node in enumerate(graph.nodes)}
    points = [(float(data["x"]), float(data["y"])) for _node, data in graph.nodes(data=True)]
    barred = {
        node
        for node, data in graph.nodes(data=True)
        if ways.stops({key: str(data[key]) for key in ways.NODE_KEYS if key in data})
    }
    chain: list[int] = []
    indptr, found, seen, refused = [0], [], set(), 0
    for u, v, data in graph.edges(data=True):
        way = _judge(data)
        if way is None:
            refused += 1
            continue
        inner = tuple(map(tuple, data["geometry"].coords[1:-1])) if "geometry" in data else ()
        if str(data.get("reversed")) == "True":
            way = way.reversed()
        there, back = (u, v, inner, way), (v, u, inner[::-1], way.reversed())
        if there in seen or back in seen:
            continue
        seen.add(there)
        # A node that stops walkers becomes an end of its own for every way that leads to it.
        inside = [*inner, *(points[number[node]] for node in (u, v) if node in barred)]
        fresh = list(range(len(points), len(points) + len(inside)))
        points += [(xy[0], xy[1]) for xy in inside]
        closed_v = [fresh.pop()] if v in barred else [number[v]]
        closed_u = [fresh.pop()] if u in barred else [number[u]]
        chain += [*closed_u, *fresh, *closed_v]
        indptr.append(len(chain))
        found.append(way)
    if not found:
        raise InputError(Fault(_("the graph holds no walkable way"), where=where, todo=_("check its highway tags")))
    a, b, way_row = pieces(np.array(chain, np.int64), np.array(indptr, np.int64))
    return Streets(
        xy=np.array(points, np.float64),
        a=a,
        b=b,
        code=np.array([way.code for way in found], np.uint8)[way_row],
        forward=np.array([way.forward for way in found], bool)[way_row],
        backward=np.array([way.backward for way in found], bool)[way_row],
        thoroughfare=np.array([way.thoroughfare for way in found], bool)[way_row],
        crs=CRS.from_user_input(graph.graph["crs"]),
        classes=ways.classes(),
        notes={"source": "osm", "ways": len(found), "ways_left_out": refused},
    )

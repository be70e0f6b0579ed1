"""Answer the main question a second time with networkx and shapely alone, in plain loops.

Nothing of planner is imported here: streets are read anew, what may be walked is judged by short lists of this file,
doors are found by looking at one street after another, and networkx's Dijkstra finds the ways. Where planner and this
file agree, two programs written apart agree.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import shapely
from pyproj import Transformer

MAX_SNAP_M = 100.0
MINOR_SHARE = 0.01  # of the longest connected part; streets of a lesser part are taken only for want of others

Street = tuple[object, object, shapely.LineString]
"""Names of the two ends, and the shape from the one to the other, metres."""


@dataclass(frozen=True)
class Answer:
    """Of each compound: metres of the shortest walk (NaN: none), its first facility, metres from every facility."""

    metres: Mapping[str, float]
    facility: Mapping[str, str | None]
    from_facility: Callable[[str], Mapping[str, float]]


# ---- streets, read three ways ----------------------------------------------------------------------------------------


def streets_of_edge_table(path: Path, crs: str) -> list[Street]:
    """Edges by their ``u`` and ``v``. Bishan's table has no access tags and no way that walkers are barred from."""
    table = gpd.read_file(path).to_crs(crs)
    assert not {"motorway", "motorway_link", "cycleway"} & set(table["highway"])
    return _once(list(zip(table["u"].tolist(), table["v"].tolist(), table.geometry, strict=True)))


FOOT_YES = {"yes", "designated", "permissive"}
NOT_FOR_WALKERS = {"motorway", "motorway_link", "construction", "trail", "crossing"}
ONLY_IF_TAGGED = {"cycleway"}


def _open(tags: Mapping[str, str], by_default: bool) -> bool:
    said = tags.get("foot", tags.get("access"))
    if said in FOOT_YES:
        return True
    return by_default and said not in {"no", "private"}


def streets_of_pbf(path: Path, crs: str) -> list[Street]:
    """Ways of an OpenStreetMap extract, piece by piece: cut where a node is missing or a closed gate stands."""
    to_metres = Transformer.from_crs(4326, crs, always_xy=True)
    closed, ways = set(), []
    for thing in osmium.FileProcessor(str(path)).with_locations():
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_node() and "barrier" in tags and not _open(tags, tags["barrier"] not in {"wall", "fence", "hedge"}):
            closed.add(thing.id)
        if not thing.is_way() or "highway" not in tags or tags["highway"] in NOT_FOR_WALKERS:
            continue
        if _open(tags, tags["highway"] not in ONLY_IF_TAGGED):
            ways.append([(node.ref, (node.lon, node.lat) if node.location.valid() else None) for node in thing.nodes])
    streets = []
    for number, nodes in enumerate(ways):
        for at in range(len(nodes) - 1):
            (a, from_), (b, to) = nodes[at : at + 2]
            if from_ is None or to is None or a == b:
                continue
            # At a closed gate every piece ends by itself.
            ends = [(one, number, at) if one in closed else one for one in (a, b)]
            line = shapely.LineString([to_metres.transform(*from_), to_metres.transform(*to)])
            streets.append((ends[0], ends[1], line))
    return _once(streets)


def streets_of_graphml(path: Path, crs: str) -> list[Street]:
    """Edges of a saved osmnx graph; a merged edge is walkable when everything merged into it is."""
    graph = nx.read_graphml(path, force_multigraph=True)
    to_metres = Transformer.from_crs(4326, crs, always_xy=True)
    streets = []
    for u, v, data in graph.edges(data=True):
        kinds = ast.literal_eval(data["highway"]) if data["highway"].startswith("[") else [data["highway"]]
        tags = {key: data[key] for key in ("foot", "access") if key in data}
        if not all(kind not in NOT_FOR_WALKERS and _open(tags, kind not in ONLY_IF_TAGGED) for kind in kinds):
            continue
        if "geometry" in data:
            coords = list(shapely.from_wkt(data["geometry"]).coords)
        else:
            coords = [(float(graph.nodes[end]["x"]), float(graph.nodes[end]["y"])) for end in (u, v)]
        streets.append((u, v, shapely.LineString([to_metres.transform(*point) for point in coords])))
    return _once(streets)


def _once(streets: list[Street]) -> list[Street]:
    """Keep one of two edges that list the two directions of one street."""
    kept = {}
    for u, v, line in streets:
        there, back = (u, v, tuple(line.coords)), (v, u, tuple(line.coords)[::-1])
        if there not in kept and back not in kept:
            kept[there] = (u, v, line)
    return list(kept.values())


# ---- doors -----------------------------------------------------------------------------------------------------------

Door = tuple[int, float, float]
"""Row of the street, metres along it, metres walked to get there."""


class _Streets:
    """The streets with their boxes, so that loops need not look at streets far away."""

    def __init__(self, streets: list[Street]) -> None:
        self.streets = streets
        self.lines = [line for _u, _v, line in streets]
        self.boxes = np.array([line.bounds for line in self.lines])
        graph = nx.Graph((u, v) for u, v, _line in streets)
        length = {}
        for part in nx.connected_components(graph):
            length.update(dict.fromkeys(part, part))
        total: dict[int, float] = {}
        for u, _v, line in streets:
            total[id(length[u])] = total.get(id(length[u]), 0.0) + line.length
        least = MINOR_SHARE * max(total.values())
        self.main = np.array([total[id(length[u])] >= least for u, _v, _line in streets])

    def near(self, shape: shapely.Geometry, metres: float) -> list[int]:
        west, south, east, north = shape.bounds
        boxes = self.boxes
        return np.flatnonzero(
            (boxes[:, 0] <= east + metres)
            & (boxes[:, 2] >= west - metres)
            & (boxes[:, 1] <= north + metres)
            & (boxes[:, 3] >= south - metres)
        ).tolist()

    def nearest(self, point: shapely.Point, outline: shapely.Geometry | None = None) -> list[Door]:
        """The nearest street of the main parts, else of the others; at most 100 m of the straight way outside."""
        for main in (True, False):
            best = None
            reach = MAX_SNAP_M + (0.0 if outline is None else point.hausdorff_distance(outline))
            for row in self.near(point, reach):
                if self.main[row] != main:
                    continue
                way = shapely.shortest_line(point, self.lines[row])
                outside = way.length if outline is None else way.difference(outline).length
                if outside <= MAX_SNAP_M and (best is None or way.length < best[2]):
                    best = (row, self.lines[row].project(point), way.length)
            if best is not None:
                return [best]
        return []

    def through(self, outline: shapely.Geometry, home: shapely.Point) -> list[Door]:
        """Every place where a street of the main parts meets the outline."""
        found = []
        for row in self.near(outline, 0.0):
            if not self.main[row]:
                continue
            met = outline.boundary.intersection(self.lines[row])
            for part in getattr(met, "geoms", [met]):
                if part.is_empty:
                    continue
                point = part.interpolate(0.5, normalized=True) if part.geom_type == "LineString" else part
                found.append((row, self.lines[row].project(point), home.distance(point)))
        return found


def _home(outline: shapely.Geometry) -> shapely.Point:
    return outline.centroid if outline.intersects(outline.centroid) else outline.point_on_surface()


# ---- the answer ------------------------------------------------------------------------------------------------------


def answer(
    streets: list[Street], compounds: gpd.GeoSeries, facilities: gpd.GeoSeries, gates: gpd.GeoDataFrame | None = None
) -> Answer:
    """Find the nearest facility of every compound; ``gates`` has the columns compound_id and geometry."""
    town = _Streets(streets)
    gates_of: dict[str, list[shapely.Point]] = {}
    if gates is not None:
        for owner, point in zip(gates["compound_id"], gates.geometry, strict=True):
            gates_of.setdefault(owner, []).append(point)
    doors = {}
    for compound, outline in compounds.items():
        home = _home(outline)
        if compound in gates_of:
            snapped = [(gate, door) for gate in gates_of[compound] for door in town.nearest(gate)]
            doors["home", compound] = [(row, at, far + home.distance(gate)) for gate, (row, at, far) in snapped]
        else:
            doors["home", compound] = town.through(outline, home) or town.nearest(home, outline)
    for facility, point in facilities.items():
        doors["facility", facility] = town.nearest(point)

    graph = _graph_with(streets, doors)

    def walk(sources: set[tuple[str, str]]) -> tuple[dict[str, float], dict[str, str | None]]:
        metres, path = nx.multi_source_dijkstra(graph, sources)
        shortest, first = {}, {}
        for compound, outline in compounds.items():
            home = _home(outline)
            ways = [
                (metres[node] + far, path[node][0][1])
                for row, at, far in doors["home", compound]
                if (node := (row, at)) in metres
            ]
            ways += [
                (home.distance(facilities[name]), name)
                for _facility, name in sources
                if outline.contains(facilities[name])
            ]
            shortest[compound], first[compound] = min(ways, default=(float("nan"), None))
        return shortest, first

    # Far away facilities without a street near take no part in walks, but may stand inside an outline.
    everyone = {("facility", one) for one in facilities.index}
    metres, facility = walk(everyone)
    return Answer(metres, facility, lambda one: walk({("facility", one)})[0])


def _graph_with(streets: list[Street], doors: Mapping[tuple[str, str], list[Door]]) -> nx.MultiGraph:
    """Split the streets at every door; facilities are nodes of their own, homes are not (nobody walks through them)."""
    stops: dict[int, set[float]] = {}
    for found in doors.values():
        for row, at, _far in found:
            stops.setdefault(row, set()).add(at)
    graph = nx.MultiGraph()
    for row, (u, v, line) in enumerate(streets):
        places = [(0.0, ("end", u)), *((at, (row, at)) for at in sorted(stops.get(row, ()))), (line.length, ("end", v))]
        for (from_, a), (to, b) in pairwise(places):
            graph.add_edge(a, b, weight=max(0.0, to - from_))
    for (kind, name), found in doors.items():
        if kind == "facility":
            graph.add_node((kind, name))
            for row, at, far in found:
                graph.add_edge((kind, name), (row, at), weight=far)
    return graph

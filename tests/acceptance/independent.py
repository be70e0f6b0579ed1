"""Answer the main question a second time with networkx and shapely alone, in plain loops.

Nothing of planner is imported here: streets are read anew, what may be walked is judged by short lists of this file,
doors are found by looking at one street after another, streets inside gated compounds are taken away by shapely's
difference, and networkx's Dijkstra finds the ways. Where planner and this file agree, two programs written apart agree.
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

RIM_M = 2.0  # what lies less deep inside a gated compound counts as outside
SAME_M = 1e-3  # a point this close to a street lies on it; a way that runs this far through something only touches it

Street = tuple[object, object, shapely.LineString, bool]
"""Names of the two ends, the shape from the one to the other, metres, and whether a gated compound leaves it open."""


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
    level = [table[key].tolist() for key in ("bridge", "tunnel") if key in table]
    stays = [_stays(*said) for said in zip(table["highway"], *level, strict=True)]
    return _once(list(zip(table["u"].tolist(), table["v"].tolist(), table.geometry, stays, strict=True)))


MAIN_ROADS = {"trunk", "primary", "secondary", "tertiary"}
ON_THE_GROUND = {None, "", "no", "nan", "building_passage"}


def _stays(highway: object, *level: object) -> bool:
    """Main roads, bridges and tunnels stay open where they run through a gated compound."""
    raised = any(not (isinstance(one, float) and np.isnan(one)) and one not in ON_THE_GROUND for one in level)
    return raised or str(highway).removesuffix("_link") in MAIN_ROADS


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
            nodes = [(node.ref, (node.lon, node.lat) if node.location.valid() else None) for node in thing.nodes]
            ways.append((nodes, _stays(tags["highway"], tags.get("bridge"), tags.get("tunnel"))))
    streets = []
    for number, (nodes, stays) in enumerate(ways):
        for at in range(len(nodes) - 1):
            (a, from_), (b, to) = nodes[at : at + 2]
            if from_ is None or to is None or a == b:
                continue
            # At a closed gate every piece ends by itself.
            ends = [(one, number, at) if one in closed else one for one in (a, b)]
            line = shapely.LineString([to_metres.transform(*from_), to_metres.transform(*to)])
            streets.append((ends[0], ends[1], line, stays))
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
        # Of an edge merged from several ways it is not known which part is the bridge.
        level = () if data["osmid"].startswith("[") else (data.get("bridge"), data.get("tunnel"))
        stays = all(_stays(kind, *level) for kind in kinds)
        streets.append((u, v, shapely.LineString([to_metres.transform(*point) for point in coords]), stays))
    return _once(streets)


def _once(streets: list[Street]) -> list[Street]:
    """Keep one of two edges that list the two directions of one street."""
    kept = {}
    for u, v, line, stays in streets:
        there, back = (u, v, tuple(line.coords)), (v, u, tuple(line.coords)[::-1])
        if there not in kept and back not in kept:
            kept[there] = (u, v, line, stays)
    return list(kept.values())


# ---- gated compounds -------------------------------------------------------------------------------------------------

Walls = Mapping[str, shapely.Geometry]
"""The inside of each gated compound, two metres less on every side than its outline."""


def walls_of(
    compounds: gpd.GeoSeries, gates: gpd.GeoDataFrame | None, gated: Mapping[str, bool | None] | None
) -> Walls:
    """The inside of every compound that is said to be gated, or of which nothing is said but that it has gates."""
    walls = {}
    for name, outline in compounds.items():
        said = (gated or {}).get(name)
        inside = outline.buffer(-RIM_M, join_style="mitre")
        has_gates = gates is not None and name in set(gates["compound_id"])
        if (has_gates if said is None else said) and not inside.is_empty:
            walls[name] = inside
    return walls


def without(streets: list[Street], walls: Walls) -> list[Street]:
    """Take away what lies inside gated compounds, one straight piece of one street after another."""
    left: list[Street] = []
    for row, (u, v, line, stays) in enumerate(streets):
        inside = [wall for wall in walls.values() if _through(line, wall)]
        if stays or not inside:
            left.append((u, v, line, stays))
            continue
        names = [u, *(("bend", row, at) for at in range(1, len(line.coords) - 1)), v]
        for at, (a, b) in enumerate(pairwise(line.coords)):
            rest = shapely.LineString([a, b]).difference(shapely.union_all(inside))
            for number, part in enumerate(getattr(rest, "geoms", [rest])):
                if part.length <= SAME_M:
                    continue
                near, far = sorted((shapely.Point(end) for end in part.coords), key=shapely.Point(a).distance)
                start = names[at] if near.distance(shapely.Point(a)) < SAME_M else ("from", row, at, number)
                end = names[at + 1] if far.distance(shapely.Point(b)) < SAME_M else ("to", row, at, number)
                left.append((start, end, shapely.LineString([near, far]), False))
    return left


def _through(line: shapely.LineString, wall: shapely.Geometry) -> bool:
    """Whether a line leads through a gated compound, and does not only touch it."""
    return line.intersects(wall) and line.intersection(wall).length > SAME_M


def _holding(walls: Walls, point: shapely.Point, own: str | None = None) -> str | None:
    """The largest gated compound around a point, its own one aside; of equally large ones the first."""
    around = [name for name, wall in walls.items() if name != own and wall.intersects(point)]
    return max(around, key=lambda name: walls[name].area, default=None)


# ---- doors -----------------------------------------------------------------------------------------------------------

Door = tuple[int, float, float]
"""Row of the street, metres along it, metres walked to get there."""


class _Streets:
    """The streets with their boxes, so that loops need not look at streets far away."""

    def __init__(self, streets: list[Street], walls: Walls) -> None:
        self.streets = streets
        self.walls = walls
        self.lines = [line for _u, _v, line, _stays in streets]
        self.boxes = np.array([line.bounds for line in self.lines])
        graph = nx.Graph((u, v) for u, v, _line, _stays in streets)
        length = {}
        for part in nx.connected_components(graph):
            length.update(dict.fromkeys(part, part))
        total: dict[int, float] = {}
        for u, _v, line, _stays in streets:
            total[id(length[u])] = total.get(id(length[u]), 0.0) + line.length
        least = MINOR_SHARE * max(total.values())
        self.main = np.array([total[id(length[u])] >= least for u, _v, _line, _stays in streets])

    def near(self, shape: shapely.Geometry, metres: float) -> list[int]:
        west, south, east, north = shape.bounds
        boxes = self.boxes
        return np.flatnonzero(
            (boxes[:, 0] <= east + metres)
            & (boxes[:, 2] >= west - metres)
            & (boxes[:, 1] <= north + metres)
            & (boxes[:, 3] >= south - metres)
        ).tolist()

    def nearest(
        self, point: shapely.Point, outline: shapely.Geometry | None = None, own: str | None = None
    ) -> list[Door]:
        """The nearest street of the main parts, else of the others; at most 100 m of the straight way outside.

        The way leads through no gated compound in which it does not begin. It may end on any piece of a street.
        """
        for main in (True, False):
            best = None
            reach = MAX_SNAP_M + (0.0 if outline is None else point.hausdorff_distance(outline))
            for row in self.near(point, reach):
                if self.main[row] != main:
                    continue
                for way in self._ways(point, self.lines[row], own):
                    outside = way.length if outline is None else way.difference(outline).length
                    if outside <= MAX_SNAP_M and (best is None or way.length < best[2]):
                        best = (row, self.lines[row].project(shapely.Point(way.coords[-1])), way.length)
            if best is not None:
                return [best]
        return []

    def _ways(self, point: shapely.Point, line: shapely.LineString, own: str | None) -> list[shapely.LineString]:
        way = shapely.shortest_line(point, line)
        if not self._barred(way, own):
            return [way]
        pieces = [shapely.shortest_line(point, shapely.LineString(piece)) for piece in pairwise(line.coords)]
        return [way for way in pieces if not self._barred(way, own)]

    def _barred(self, way: shapely.LineString, own: str | None) -> bool:
        start = shapely.Point(way.coords[0])
        others = (wall for name, wall in self.walls.items() if name != own and not wall.intersects(start))
        return any(_through(way, wall) for wall in others)

    def met(self, outline: shapely.Geometry) -> list[shapely.Point]:
        """Every place where a street of the main parts meets the outline."""
        found = []
        for row in self.near(outline, 0.0):
            if not self.main[row]:
                continue
            met = outline.boundary.intersection(self.lines[row])
            parts = [part for part in getattr(met, "geoms", [met]) if not part.is_empty]
            found += [one.interpolate(0.5, normalized=True) if one.geom_type == "LineString" else one for one in parts]
        return found

    def at(self, point: shapely.Point) -> tuple[int, float] | None:
        """The street of the main parts on which a point lies, and how far along."""
        on = [(self.lines[row].distance(point), row) for row in self.near(point, SAME_M) if self.main[row]]
        metres, row = min(on, default=(float("inf"), -1))
        return (row, self.lines[row].project(point)) if metres <= SAME_M else None


Outward = tuple[shapely.Point | None, Door]
"""Gate, or where a street meets the outline, and the door behind it; None for the nearest street."""


class _Town:
    """The doors of compounds and facilities, gated or not."""

    def __init__(
        self,
        streets: list[Street],
        walls: Walls,
        outlines: Mapping[str, shapely.Geometry],
        gates: Mapping[str, list[shapely.Point]],
    ) -> None:
        self.walls, self.outlines, self.gates = walls, outlines, gates
        self.whole = _Streets(streets, {})
        self.left = without(streets, walls)
        self.streets = _Streets(self.left, walls)
        self.wall_doors = {name: self._outward(name, outlines[name]) for name in walls}

    def _outward(self, name: str, outline: shapely.Geometry) -> list[Outward]:
        """The doors of a gated compound; those within another's are as if the other were none."""
        if name in self.gates:
            doors = [(gate, door) for gate in self.gates[name] for door in self.streets.nearest(gate, own=name)]
            missed = [gate for gate in self.gates[name] if not self.streets.nearest(gate, own=name)]
            return doors + [(gate, door) for gate in missed for door in self._out_of_wall_beside(gate, name)]
        if found := self.edges(outline):
            return found
        return [(None, door) for door in self.streets.nearest(_home(outline), outline, name)]

    def _out_of_wall_beside(self, gate: shapely.Point, name: str) -> list[Door]:
        beside = self.beside(gate)
        return [] if beside is None else self.streets.nearest(gate, self.outlines[beside], beside)

    def edges(self, outline: shapely.Geometry) -> list[Outward]:
        places = [(point, self.streets.at(point)) for point in self.whole.met(outline)]
        return [(point, (*place, 0.0)) for point, place in places if place is not None]

    def beside(self, point: shapely.Point, outline: shapely.Geometry | None = None) -> str | None:
        """The gated compound in which the street lies that would be nearest, were there no walls."""
        for row, at, _far in self.whole.nearest(point, outline):
            return _holding(self.walls, self.whole.lines[row].interpolate(at))
        return None

    def leave(
        self,
        point: shapely.Point,
        outline: shapely.Geometry | None = None,
        own: str | None = None,
        held: str | None = None,
    ) -> list[Door]:
        """Ways from a point: straight, or by the doors of the gated compound that holds it."""
        if held is None:
            if found := self.streets.nearest(point, outline, own):
                return found
            held = self.beside(point, outline)
        if held is None:
            return []
        if held == own or any(gate is None for gate, _door in self.wall_doors[held]):
            return self.streets.nearest(point, self.outlines[held], held)
        return [(row, at, far + point.distance(gate)) for gate, (row, at, far) in self.wall_doors[held]]

    def home(self, name: str, outline: shapely.Geometry) -> list[Door]:
        """The doors of a compound, gated or not."""
        home, own = _home(outline), name if name in self.walls else None
        if name in self.gates:
            found = []
            for gate in self.gates[name]:
                around = _holding(self.walls, gate, own)
                held = around if around == _holding(self.walls, home, own) else None
                far = home.distance(gate)
                found += [(row, at, far + more) for row, at, more in self.leave(gate, own=own, held=held)]
            return found
        if outline.geom_type != "Point" and (found := self.edges(outline)):
            return [(row, at, home.distance(point)) for point, (row, at, _far) in found]
        around = None if outline.geom_type == "Point" else outline
        return self.leave(home, around, own, _holding(self.walls, home, own))


def _home(outline: shapely.Geometry) -> shapely.Point:
    return outline.centroid if outline.intersects(outline.centroid) else outline.point_on_surface()


# ---- the answer ------------------------------------------------------------------------------------------------------


def answer(
    streets: list[Street],
    compounds: gpd.GeoSeries,
    facilities: gpd.GeoSeries,
    gates: gpd.GeoDataFrame | None = None,
    gated: Mapping[str, bool | None] | None = None,
    *,
    indoors: bool = True,
) -> Answer:
    """Find the nearest facility of every compound; ``gates`` has the columns compound_id and geometry.

    ``gated`` says of a compound whether it is; of one it does not tell, gates do. ``indoors``: whether a facility in a
    compound's own outline is walked to directly.
    """
    gates_of: dict[str, list[shapely.Point]] = {}
    if gates is not None:
        for owner, point in zip(gates["compound_id"], gates.geometry, strict=True):
            gates_of.setdefault(owner, []).append(point)
    walls = walls_of(compounds, gates, gated)
    town = _Town(streets, walls, compounds, gates_of)
    doors = {("home", name): town.home(name, outline) for name, outline in compounds.items()}
    doors |= {("facility", name): town.leave(point, held=_holding(walls, point)) for name, point in facilities.items()}
    streets = town.left

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
            lodging = None if compound in walls else _holding(walls, home)
            around = [outline] if lodging is None else [outline, compounds[lodging]]
            ways += [
                (home.distance(facilities[name]), name)
                for _facility, name in sources
                if indoors and any(one.contains(facilities[name]) for one in around)
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
    for row, (u, v, line, _stays) in enumerate(streets):
        places = [(0.0, ("end", u)), *((at, (row, at)) for at in sorted(stops.get(row, ()))), (line.length, ("end", v))]
        for (from_, a), (to, b) in pairwise(places):
            graph.add_edge(a, b, weight=max(0.0, to - from_))
    for (kind, name), found in doors.items():
        if kind == "facility":
            graph.add_node((kind, name))
            for row, at, far in found:
                graph.add_edge((kind, name), (row, at), weight=far)
    return graph

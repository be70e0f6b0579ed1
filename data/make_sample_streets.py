"""The streets of the invented city: arterials, blocks divided again and again, hill, village, river crossings.

Streets are drawn on the sheet (see make_sample_city) as lines with tags, then joined where they meet on the ground,
and given a vertex every 45 m so that the bent lines are smooth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from make_sample_city import (
    ARTERIALS,
    BRIDGES,
    HILL,
    LEVEL_CROSSING,
    RAILWAY,
    RIVER_U,
    Point,
    Zone,
    bend,
    river_bank,
    zone_at,
)
from shapely import STRtree
from shapely.affinity import rotate
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry import Point as ShapelyPoint
from shapely.ops import polygonize, split, unary_union

VERTEX_STEP_M = 45.0
JOIN_M = 1.5
NO_WALKING = {"motorway", "motorway_link"}


@dataclass
class Street:
    """A way on the sheet. `ground` streets join everything they meet; others only where they share an end."""

    points: list[Point]
    tags: dict[str, str]
    ground: bool = True


@dataclass
class Net:
    """All ways of the city and the tags of single nodes."""

    streets: list[Street] = field(default_factory=list)
    node_tags: dict[Point, dict[str, str]] = field(default_factory=dict)

    def add(self, highway: str, points: Iterable[Point], *, ground: bool = True, **tags: str) -> None:
        """Add a street; its points are rounded to 0.1 m."""
        self.streets.append(Street([grid(p) for p in points], {"highway": highway, **tags}, ground))


def grid(point: Point) -> Point:
    """A point rounded to 0.1 m: the identity of a junction."""
    return round(point[0], 1), round(point[1], 1)


def build_net(rng: Random) -> Net:
    """Draw every street of the city and join them."""
    net = Net()
    for highway, name, points in ARTERIALS:
        net.add(highway, points, name=name)
    _river_crossings(net)
    _village(net)
    _hill(net)
    _divide_blocks(net, rng)
    _special_ways(net)
    _expressway(net)
    join_ground(net)
    _drop_loose(net)
    _number_lanes(net, rng)
    _junction_nodes(net)
    return net


def _river_crossings(net: Net) -> None:
    """Bridges, the footways on both banks, and the paths and stairs down to them."""
    for highway, name, v in BRIDGES:
        extra = {"foot": "designated", "bicycle": "yes"} if highway == "cycleway" else {}
        net.add(highway, [(2985, v), (3175, v)], ground=False, bridge="yes", layer="1", name=name, **extra)
    for side, road_u, south, north in ((-1, 2985.0, 700.0, 3780.0), (1, 3175.0, 760.0, 3180.0)):
        bank = [(u + side * 9.0, v) for u, v in river_bank(side) if south <= v <= north]
        name = "滨江步道西段" if side < 0 else "滨江步道东段"
        net.add("footway", bank, name=name)
        for number, i in enumerate(range(0, len(bank), 9 if side < 0 else 15)):
            kind = "steps" if number % 3 == 1 else "footway"
            net.add(kind, [bank[i], (road_u, bank[i][1])])


def _village(net: Net) -> None:
    """The village south of the railway: an underpass in the west, a level crossing far in the east."""
    net.add("residential", [(940, 590), (940, 540)], name="石坳路")
    net.add("residential", [(940, 540), (940, 420)], ground=False, tunnel="yes", layer="-1", name="石坳路")
    net.add("residential", [(940, 420), (955, 330), (925, 210)], name="石坳路")
    main = [(925, 210), (1130, 185), (1360, 205), (1590, 180), (1760, 150), (2060, 190), (2250, 300), LEVEL_CROSSING]
    net.add("unclassified", main, name="石坳村道")
    net.add("unclassified", [LEVEL_CROSSING, (2330, 560)], name="鼓楼路")
    net.node_tags[LEVEL_CROSSING] = {"railway": "level_crossing"}
    loop = [(955, 330), (1150, 345), (1380, 330), (1560, 345), (1590, 180)]
    net.add("living_street", loop, name="石坳上巷")
    net.add("living_street", [(925, 210), (980, 60), (1250, 40), (1480, 55), (1590, 180)], name="石坳下巷")


def _ring(radius: float, start_deg: float, end_deg: float) -> list[Point]:
    """A bumpy contour line around the hill, from one bearing to another."""
    points = []
    steps = max(2, int(abs(end_deg - start_deg) / 15))
    for i in range(steps + 1):
        a = math.radians(start_deg + (end_deg - start_deg) * i / steps)
        r = radius * (1 + 0.10 * math.sin(3 * a + 0.7) + 0.05 * math.sin(5 * a))
        points.append((HILL[0] + r * math.cos(a), HILL[1] + 1.12 * r * math.sin(a)))
    return points


def _hill(net: Net) -> None:
    """Winding streets round the hill, and stairs as short cuts between them."""
    lower, upper = _ring(238, -100, 250), _ring(118, -40, 275)
    net.add("residential", lower, name="盘山路")
    net.add("residential", upper, name="云台路")
    net.add("residential", [(1050, 2780), (990, 2800), lower[4]], name="盘山路")
    net.add("residential", [(350, 3200), (430, 3190), lower[18]], name="盘山路")
    net.add("residential", [upper[0], (862, 2940), (905, 2900), lower[5]], name="云台路")
    net.add("steps", [upper[6], lower[10]], name="百步梯", incline="up", step_count="96")
    net.add("steps", [upper[12], (570, 3110), lower[18]], name="石阶里", step_count="110")
    net.add("steps", [upper[-1], (700, 2880), lower[1]], step_count="88")
    net.add("steps", [lower[1], (712, 2650)], name="前山梯", step_count="120")
    net.add("steps", [lower[14], (640, 3450)], name="后山梯", step_count="104")
    net.add("steps", [lower[8], (1050, 3120)], step_count="75")
    net.add("footway", [upper[3], (760, 3070), HILL], name="云台登山道")
    net.add("steps", [HILL, (660, 3000), upper[-3]])


def _blocks(net: Net) -> list[Polygon]:
    """The blocks between the streets drawn so far, in a fixed order."""
    lines = [LineString(s.points) for s in net.streets if s.ground]
    faces = list(polygonize(unary_union(lines)))
    return sorted(faces, key=lambda f: (round(f.centroid.x, 1), round(f.centroid.y, 1)))


def _divide_blocks(net: Net, rng: Random) -> None:
    """Put streets through every block that is too large for its zone."""
    anchors: list[Point] = []
    for block in _blocks(net):
        centre = block.representative_point()
        zone = zone_at((centre.x, centre.y))
        if zone is None or zone.name == "hill" or block.area < 6000 or 2985 < centre.x < 3175:
            continue
        _divide(net, block, zone, 0, anchors, rng)


def _divide(net: Net, block: Polygon, zone: Zone, depth: int, anchors: list[Point], rng: Random) -> None:
    """Cut a block across its long side, add the cut as a street, and go on with both halves."""
    if block.area < zone.block_ha * 1e4 * rng.uniform(0.8, 1.25):
        return
    chord = _cut(block, zone, anchors, rng)
    if chord is None:
        return
    p, q = chord
    parts = list(split(block, LineString([_beyond(q, p), _beyond(p, q)])).geoms)
    lane = zone.lanes[min(depth, len(zone.lanes) - 1)]
    if zone.name == "old" and depth > 2:
        lane = rng.choice(("living_street", "living_street", "footway", "pedestrian"))
    dead_end = depth > 1 and rng.random() < 0.13
    if dead_end:
        q = (p[0] + 0.62 * (q[0] - p[0]), p[1] + 0.62 * (q[1] - p[1]))
    wobble = rng.uniform(-0.06, 0.06)
    middle = ((p[0] + q[0]) / 2 + wobble * (q[1] - p[1]), (p[1] + q[1]) / 2 - wobble * (q[0] - p[0]))
    net.add(lane, [p, middle, q])
    anchors += [p] if dead_end else [p, q]
    for part in sorted(parts, key=lambda g: (g.centroid.x, g.centroid.y)):
        _divide(net, part, zone, depth + 1, anchors, rng)


def _beyond(p: Point, q: Point) -> Point:
    """The point two metres beyond q, seen from p."""
    length = math.dist(p, q)
    return q[0] + 2 * (q[0] - p[0]) / length, q[1] + 2 * (q[1] - p[1]) / length


def _cut(block: Polygon, zone: Zone, anchors: list[Point], rng: Random) -> tuple[Point, Point] | None:
    """The two ends of a street across a block, drawn to junctions that are already near."""
    box = list(block.minimum_rotated_rectangle.exterior.coords)
    sides = sorted(((math.dist(box[i], box[i + 1]), box[i], box[i + 1]) for i in range(2)), key=lambda s: -s[0])
    length, a, b = sides[0]
    t = rng.uniform(0.40, 0.60)
    centre = block.centroid
    at = (centre.x + (t - 0.5) * (b[0] - a[0]), centre.y + (t - 0.5) * (b[1] - a[1]))
    along = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    ray = LineString([(at[0] - 2 * length, at[1]), (at[0] + 2 * length, at[1])])
    ray = rotate(ray, along + 90 + rng.uniform(-zone.jitter_deg, zone.jitter_deg), origin=at)
    inside = ray.intersection(block)
    if inside.is_empty:
        return None
    if inside.geom_type != "LineString":
        inside = max(inside.geoms, key=lambda g: g.length)
    ends = [_drawn_to(grid(inside.coords[i]), anchors, block) for i in (0, -1)]
    return None if math.dist(ends[0], ends[1]) < 25 else (ends[0], ends[1])


def _drawn_to(point: Point, anchors: list[Point], block: Polygon) -> Point:
    """A junction or corner of the block within 24 m, else the point itself."""
    near = [p for p in anchors if math.dist(p, point) < 24 and block.exterior.distance(ShapelyPoint(p)) < 1.0]
    near += [grid(p) for p in block.exterior.coords if math.dist(p, point) < 18]
    return min(near, key=lambda p: (math.dist(p, point), p)) if near else point


def _special_ways(net: Net) -> None:
    """The cases a walking network has to get right: footbridge, crossings, closed ways, a loose fragment."""
    for v in (1364.0, 1396.0):
        net.add("footway", [(1790, 1380), (1808, v), (1970, v), (1990, 1380)], footway="sidewalk")
    net.add("steps", [(1890, 1364), (1890, 1372)], ground=False, name="荷塘天桥")
    net.add("footway", [(1890, 1372), (1890, 1388)], ground=False, bridge="yes", layer="1", name="荷塘天桥")
    net.add("steps", [(1890, 1388), (1890, 1396)], ground=False, name="荷塘天桥")
    _anchor(net, (1890, 1364))
    _anchor(net, (1890, 1396))
    net.add(
        "cycleway",
        [(1375, 1950), (1380, 2120), (1360, 2290), (1385, 2480), (1390, 2650)],
        foot="designated",
        bicycle="designated",
        name="学府绿道",
    )
    net.add("cycleway", [(1380, 1925), (1375, 1950)], foot="yes", cycleway="crossing")
    net.add("footway", [(1380, 1925), (1384, 1800), (1375, 1640), (1395, 1380)], name="学府绿道")
    net.add("service", [(2010, 980), (2040, 800), (2000, 690), (2005, 565)], access="private", name="机务段专用道")
    net.add("residential", [(4020, 3690), (4110, 3700), (4190, 3735)], ground=False, name="采石场路")
    net.add("footway", [(4110, 3700), (4125, 3640)], ground=False)


def _anchor(net: Net, point: Point) -> None:
    """Put a vertex into the ground street that passes through the point."""
    where = ShapelyPoint(point)
    for street in net.streets:
        if street.ground and LineString(street.points).distance(where) < 0.2:
            _insert(street, grid(point))


def _expressway(net: Net) -> None:
    """The ring expressway east of the city, closed to walkers, with one interchange and no joins below its bridges."""
    off, on = (4600.0, 1180.0), (4600.0, 1590.0)
    closed = {"foot": "no", "bicycle": "no", "oneway": "yes"}
    line = [
        [(4660, -50), (4625, 500), off],
        [off, (4600, 1310)],
        [(4600, 1310), (4600, 1450)],
        [(4600, 1450), on],
        [on, (4590, 2200), (4600, 2900), (4680, 3500), (4790, 4050)],
    ]
    for i, part in enumerate(line):
        over = {"bridge": "yes", "layer": "1"} if i == 2 else {}
        net.add("motorway", part, ground=False, name="环城快速路", ref="S99", **closed, **over)
    for ramp in ([off, (4545, 1260), (4520, 1380)], [(4520, 1380), (4540, 1480), on]):
        net.add("motorway_link", ramp, ground=False, **closed)
    _anchor(net, (4520, 1380))


def _insert(street: Street, point: Point) -> None:
    """Put a vertex into a street at its place along the line, unless it is there already."""
    if point in street.points:
        return
    best = min(
        range(len(street.points) - 1), key=lambda i: LineString(street.points[i : i + 2]).distance(ShapelyPoint(point))
    )
    street.points.insert(best + 1, point)


def join_ground(net: Net) -> None:
    """Give streets that meet on the ground a common vertex: ends that touch a line, and lines that cross."""
    ground = [s for s in net.streets if s.ground]
    for _ in range(2):
        _merge_close_ends(ground)
    lines = [LineString(s.points) for s in ground]
    tree = STRtree(lines)
    pairs = sorted(
        {
            (min(i, int(j)), max(i, int(j)))
            for i, line in enumerate(lines)
            for j in tree.query(line.buffer(JOIN_M))
            if i != int(j)
        }
    )
    for i, j in pairs:
        for a, b in ((ground[i], ground[j]), (ground[j], ground[i])):
            for end in (a.points[0], a.points[-1]):
                if LineString(b.points).distance(ShapelyPoint(end)) < JOIN_M:
                    _insert(b, end)
    for i, j in pairs:
        _join_crossing(ground[i], ground[j])
    for street in ground:
        street.points = [p for k, p in enumerate(street.points) if k == 0 or p != street.points[k - 1]]


def _drop_loose(net: Net) -> None:
    """Take out ground streets that ended on a dead end's missing half, so that nothing leads to them."""
    ground = [s for s in net.streets if s.ground]
    linked = [s for s in net.streets if s.ground or s.tags.get("layer")]
    reached = set(ground[0].points)
    while True:
        grown = reached.union(*(s.points for s in linked if not reached.isdisjoint(s.points)))
        if grown == reached:
            break
        reached = grown
    net.streets = [s for s in net.streets if not s.ground or not reached.isdisjoint(s.points)]


def _merge_close_ends(ground: list[Street]) -> None:
    """Move an end to a vertex of another street that is nearer than the joining distance."""
    vertices = [(p, s) for s in ground for p in s.points]
    points = [ShapelyPoint(p) for p, _ in vertices]
    tree = STRtree(points)
    for street in ground:
        for k in (0, -1):
            here = street.points[k]
            near = sorted(vertices[int(i)][0] for i in tree.query(ShapelyPoint(here).buffer(4.0)))
            target = min(near, key=lambda p: (p[0] + p[1], p)) if near else here
            if math.dist(target, here) <= 4.0:
                street.points[k] = target


def _join_crossing(a: Street, b: Street) -> None:
    """Common vertices where two ground streets cross."""
    hit = LineString(a.points).intersection(LineString(b.points))
    for piece in getattr(hit, "geoms", [hit]):
        if piece.geom_type != "Point":
            continue
        known = [p for p in (*a.points, *b.points) if math.dist(p, (piece.x, piece.y)) < JOIN_M]
        point = min(known) if known else grid((piece.x, piece.y))
        _insert(a, point)
        _insert(b, point)


def _number_lanes(net: Net, rng: Random) -> None:
    """Names for streets that have none, some of them one-way; one lane has a locked gate, another a bollard."""
    words = (
        "安",
        "和",
        "康",
        "乐",
        "福",
        "善",
        "信",
        "义",
        "礼",
        "文",
        "德",
        "庆",
        "瑞",
        "祥",
        "宁",
        "顺",
        "兴",
        "荣",
        "泰",
        "景",
        "清",
        "平",
    )
    kinds = {"tertiary": "路", "residential": "路", "living_street": "巷", "pedestrian": "巷"}
    names = [a + b for a in words for b in words if a != b]
    rng.shuffle(names)
    for street in net.streets:
        kind = street.tags["highway"]
        if kind in kinds and "name" not in street.tags:
            street.tags["name"] = names.pop() + kinds[kind]
            if kind in ("residential", "tertiary") and len(street.points) > 2 and rng.random() < 0.16:
                street.tags["oneway"] = "yes"
    plain = [s for s in net.streets if s.ground and len(s.points) == 3]
    gate = next(s for s in plain if s.tags["highway"] == "residential" and zone_name(s.points[1]) == "mid")
    net.node_tags[gate.points[1]] = {"barrier": "gate", "access": "private"}
    bollard = next(s for s in plain if s.tags["highway"] == "footway" and zone_name(s.points[1]) == "old")
    net.node_tags[bollard.points[1]] = {"barrier": "bollard", "foot": "yes"}


def zone_name(point: Point) -> str:
    """The name of the zone that holds a point, or nothing."""
    zone = zone_at(point)
    return zone.name if zone else ""


def _junction_nodes(net: Net) -> None:
    """Signals where two main roads meet, and signalised crossings in the middle of some blocks."""
    users: dict[Point, int] = {}
    for street in net.streets:
        if street.tags["highway"] in ("primary", "secondary"):
            for i, point in enumerate(street.points):
                users[point] = users.get(point, 0) + (1 if i in (0, len(street.points) - 1) else 2)
    for point in sorted(p for p, n in users.items() if n >= 4):
        net.node_tags.setdefault(point, {"highway": "traffic_signals", "crossing": "traffic_signals"})
    for point in (
        (1375.0, 1950.0),
        (1050.0, 2150.0),
        (2330.0, 1650.0),
        (2330.0, 2330.0),
        (1395.0, 1380.0),
        (2985.0, 2060.0),
    ):
        on_net = min((p for s in net.streets if s.ground for p in s.points), key=lambda p: (math.dist(p, point), p))
        net.node_tags[on_net] = {"highway": "crossing", "crossing": "traffic_signals"}


@dataclass(frozen=True)
class Way:
    """A street in EPSG:4547 metres, with the key of each of its nodes."""

    keys: list[tuple[object, ...]]
    metres: list[Point]
    tags: dict[str, str]


def to_ways(streets: list[Street]) -> list[Way]:
    """Bend the streets, with a vertex at least every 45 m. Vertices of the sheet are shared, those between are not."""
    ways = []
    for number, street in enumerate(streets):
        keys: list[tuple[object, ...]] = [("v", *street.points[0])]
        sheet = [street.points[0]]
        for a, b in zip(street.points, street.points[1:], strict=False):
            n = max(1, math.ceil(math.dist(a, b) / VERTEX_STEP_M))
            for i in range(1, n):
                keys.append(("w", number, len(keys)))
                sheet.append((a[0] + (b[0] - a[0]) * i / n, a[1] + (b[1] - a[1]) * i / n))
            keys.append(("v", *b))
            sheet.append(b)
        ways.append(Way(keys, [bend(p) for p in sheet], street.tags))
    return ways


def railway_streets() -> list[Street]:
    """The railway, on a bridge over the river; it shares a node with the level crossing only."""
    tags = {"railway": "rail", "gauge": "1435", "name": "示例铁路"}
    west = [p for p in RAILWAY if p[0] < RIVER_U] + [(2985.0, 451.0)]
    east = [(3175.0, 446.0)] + [p for p in RAILWAY if p[0] > RIVER_U]
    return [
        Street([grid(p) for p in west], tags, False),
        Street([grid(west[-1]), grid(east[0])], {**tags, "bridge": "yes", "layer": "2"}, False),
        Street([grid(p) for p in east], tags, False),
    ]


def river_polygon() -> Polygon:
    """The water surface in EPSG:4547 metres."""
    shore = river_bank(-1) + river_bank(1)[::-1]
    water = Polygon([bend(p) for p in shore])
    return max(water.geoms, key=lambda g: g.area) if isinstance(water, MultiPolygon) else water

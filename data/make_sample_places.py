"""The compounds of the invented city with the people in them, and their gates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from make_sample_areas import Area
from make_sample_city import RAILWAY, ZONES, Point, Zone, bend, zone_at
from make_sample_streets import Net, _blocks, zone_name
from shapely import STRtree, segmentize
from shapely.affinity import rotate
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import split, unary_union

DENSE_M = 30.0
HALF_WIDTH_M = {"motorway": 40.0, "motorway_link": 25.0, "primary": 17.0, "secondary": 14.0, "tertiary": 11.0,
                "residential": 8.0, "unclassified": 7.0}  # fmt: skip
FRONT_M = 26.0
FIRST = ("桂香", "翠湖", "锦绣", "和悦", "春晓", "望江", "紫薇", "银杏", "听松", "半山", "金沙", "云栖", "安居", "幸福",
         "阳光", "碧波", "书香", "枫林", "荷塘", "兰亭", "东篱", "南苑", "清泉", "柳岸", "梅园", "竹溪", "海棠", "丹枫",
         "朝晖", "晚晴", "康宁", "百合", "沁园", "水岸", "景泰", "丰乐", "庆余", "鹿鸣", "墨池", "文澜")  # fmt: skip
LAST = {"old": ("巷片区", "里", "坊", "宿舍"), "hill": ("山庄", "台", "坡小区"), "super": ("花园", "湾", "天地", "公馆"),
        "station": ("宿舍", "小区", "新村"), "north": ("苑", "家园", "府"),
        "east": ("湾", "苑", "家园", "郡"), "mid": ("小区", "苑", "家园", "新村", "庭")}  # fmt: skip


@dataclass
class Compound:
    """One compound: its outline in EPSG:4547 metres and its row in the table."""

    outline: Polygon
    zone: Zone
    row: dict[str, object]
    gates: list[tuple[Point, bool]] = field(default_factory=list)


def bent(polygon: Polygon) -> Polygon:
    """A polygon of the sheet in EPSG:4547 metres, its sides following the bends of the streets."""
    dense = segmentize(polygon, DENSE_M)
    outline: Polygon = Polygon([bend(p) for p in dense.exterior.coords]).buffer(0).simplify(0.4)
    return outline


def _street_space(net: Net) -> BaseGeometry:
    """The ground that streets take. Lanes with a dead end in the old town and the village run into its compounds."""
    open_lanes = {"living_street", "footway", "pedestrian", "track"}
    users = Counter(p for s in net.streets for p in s.points)
    bands = []
    for street in net.streets:
        ends_dead = min(users[street.points[0]], users[street.points[-1]]) == 1
        into = ends_dead and zone_name(street.points[1]) in {"old", "village"} and street.tags["highway"] in open_lanes
        if not into and "tunnel" not in street.tags:
            half = HALF_WIDTH_M.get(street.tags["highway"], 5.0)
            bands.append(LineString(street.points).buffer(half, cap_style="square", join_style="mitre"))
    return unary_union([*bands, LineString(RAILWAY).buffer(22)])


def _plots(block: Polygon, zone: Zone, streets: BaseGeometry, rng: Random) -> list[Polygon]:
    """The land of a block that its streets leave, cut into plots no larger than its zone has them."""
    parts: list[BaseGeometry] = [block.difference(streets).buffer(-rng.uniform(0, 2.5), join_style="mitre")]
    done: list[Polygon] = []
    while parts:
        part = parts.pop()
        if part.geom_type != "Polygon":
            parts += list(getattr(part, "geoms", []))
            continue
        if part.area <= zone.plot_ha[1] * 1e4 * rng.uniform(0.6, 1.0):
            done.append(part)
            continue
        frame = list(part.minimum_rotated_rectangle.exterior.coords)
        a, b = max(((frame[i], frame[i + 1]) for i in range(2)), key=lambda side: math.dist(*side))
        t = rng.uniform(0.42, 0.58)
        centre = part.centroid
        at = (centre.x + (t - 0.5) * (b[0] - a[0]), centre.y + (t - 0.5) * (b[1] - a[1]))
        along = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
        line = rotate(LineString([(at[0] - 3000, at[1]), (at[0] + 3000, at[1])]), along + 90, origin=at)
        parts += [p.buffer(-2.5, join_style="mitre") for p in split(part, line).geoms]
    return [p for p in done if p.area >= zone.plot_ha[0] * 1e4 * 0.7 and _stout(p)]


def _stout(plot: Polygon) -> bool:
    """Whether a plot is broad enough to build on."""
    return bool(4 * math.pi * plot.area / plot.length**2 > 0.42)


def _choose(plots: list[Polygon], count: int, rng: Random) -> list[Polygon]:
    """Some of the plots, spread over the zone: clusters with gaps, as parks and schools leave them."""
    kept = sorted(plots, key=lambda p: (round(p.centroid.x, 1), round(p.centroid.y, 1)))
    while len(kept) > count:
        kept.pop(rng.randrange(len(kept)))
    return kept


def make_compounds(net: Net, areas: list[Area], rng: Random) -> list[Compound]:
    """Build the compounds on the blocks between the streets, zone by zone."""
    by_zone: dict[int, list[Polygon]] = {}
    space = _street_space(net)
    for block in _blocks(net):
        centre = block.representative_point()
        zone = zone_at((centre.x, centre.y))
        if zone is None or 2960 < centre.x < 3200:
            continue
        by_zone.setdefault(ZONES.index(zone), []).extend(_plots(block, zone, space, rng))
    compounds: list[Compound] = []
    streets = [LineString([bend(p) for p in segmentize(LineString(s.points), DENSE_M).coords]) for s in net.streets]
    tree = STRtree(streets)
    names = _names(rng)
    for number in sorted(by_zone):
        zone = ZONES[number]
        for plot in _choose(by_zone[number], zone.count, rng):
            outline = bent(plot)
            if outline.geom_type == "Polygon" and outline.is_valid:
                compounds.append(_people(outline, zone, next(names[zone.name]), rng))
    compounds.append(_remote(tree, rng))
    for number, compound in enumerate(compounds, start=1):
        compound.row["compound_id"] = f"C{number:03d}"
        _place(compound, areas)
        if compound.row["gated"]:
            _gates(compound, tree, rng)
    _special(compounds)
    return compounds


def _names(rng: Random) -> dict[str, Iterator[str]]:
    """Names for each zone, none twice."""
    taken: set[str] = set()

    def endless(lasts: tuple[str, ...]) -> Iterator[str]:
        words = [a + b for b in lasts for a in FIRST]
        rng.shuffle(words)
        for word in words:
            if word not in taken:
                taken.add(word)
                yield word

    village = (f"石坳村{number}组" for number in ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十"))
    return {"village": village, **{zone: endless(lasts) for zone, lasts in LAST.items()}}


def _people(outline: Polygon, zone: Zone, name: str, rng: Random) -> Compound:
    """A compound with its homes and people, as its zone has them."""
    floor = round(outline.area * rng.uniform(*zone.far), -1)
    households = max(6, round(floor / rng.uniform(*zone.home_m2)))
    population = round(households * zone.people_per_home * rng.uniform(0.85, 1.03))
    sixty = round(population * rng.uniform(*zone.share_60))
    built = rng.randint(*zone.years)
    row: dict[str, object] = {
        "compound_id": "", "name": name, "status": "new" if built >= 2023 else "existing",
        "residential_floor_area_m2": floor, "households": households, "population": population,
        "elders_60": sixty, "elders_65": round(sixty * rng.uniform(0.68, 0.75)),
        "elders_80": round(sixty * rng.uniform(0.09, 0.15)), "in_urban_area": zone.name != "village",
        "community": "", "street": "", "county": "示例区", "built_year": built, "gated": rng.random() < zone.gated,
    }  # fmt: skip
    return Compound(outline, zone, row)


def _remote(tree: STRtree, rng: Random) -> Compound:
    """A sanatorium above the town that no street on the map comes near."""
    zone = next(z for z in ZONES if z.name == "east")
    spots = [(u, v) for v in range(3980, 3300, -20) for u in range(3300, 4500, 20)]
    for spot in spots:
        outline = bent(box(spot[0] - 35, spot[1] - 30, spot[0] + 35, spot[1] + 30))
        if tree.query(outline.buffer(180), predicate="intersects").size == 0:
            compound = _people(outline, zone, "云顶疗养社区", rng)
            compound.row |= {"gated": False, "status": "existing", "built_year": 1994}
            return compound
    raise ValueError("no spot is far enough from every street")


def _place(compound: Compound, areas: list[Area]) -> None:
    """Name the community and the sub-district the compound lies in."""
    middle = compound.outline.centroid
    home = min((a for a in areas if a.row["level"] == "community"), key=lambda a: a.outline.distance(middle))
    compound.row["community"] = home.row["name"]
    compound.row["street"] = next(a.row["name"] for a in areas if a.row["area_id"] == home.row["parent_id"])


def _gates(compound: Compound, tree: STRtree, rng: Random) -> None:
    """One to four gates in the outline, each facing a street; one in twelve is kept shut."""
    ring = compound.outline.exterior
    places = [ring.interpolate((k + rng.random()) / 80, normalized=True) for k in range(80)]
    to_street = [tree.geometries[int(tree.nearest(p))].distance(p) for p in places]
    places = [p for p, d in zip(places, to_street, strict=True) if d <= max(FRONT_M, min(to_street) + 3)]
    number = min(4, 1 + int(compound.outline.area / 3e4) + (rng.random() < 0.3), len(places))
    chosen = [places.pop(rng.randrange(len(places)))]
    while len(chosen) < number:
        chosen.append(max(places, key=lambda p: min(p.distance(q) for q in chosen)))
    for i, point in enumerate(chosen):
        shut = number > 1 and i == number - 1 and rng.random() < 0.15
        compound.gates.append(((round(point.x, 2), round(point.y, 2)), not shut))


FIXED = (("new", 11667.0), ("new", 11666.0), ("new", 116667.0), ("existing", 11667.0), ("existing", 23333.0),
         ("existing", 23334.0), ("existing", 233333.0))  # fmt: skip
"""Status and floor area just at the crossover of 3 %, 1.5 %, 3 per mille and 1.5 per mille with 350 m2."""


def _special(compounds: list[Compound]) -> None:
    """Figures that a planner should see tried: just at the crossover of the room rule, and a compound still empty."""
    done: set[str] = set()
    for status, floor in FIXED:
        like = [c for c in compounds if c.zone.name not in ("village", "super", "old") and c.row["name"] not in done]
        if status == "existing":
            like = [c for c in compounds if c.row["status"] == status and c.row["name"] not in done]
        compound = min(like, key=lambda c: (abs(math.log(float(str(c.row["residential_floor_area_m2"])) / floor)),
                                            str(c.row["compound_id"])))  # fmt: skip
        done.add(str(compound.row["name"]))
        if compound.row["status"] != status:
            compound.row |= {"status": status, "built_year": 2024}
        compound.row["residential_floor_area_m2"] = floor
    empty = next(c for c in compounds if c.zone.name == "super" and c.row["status"] == "new")
    empty.row |= {"built_year": 2026, "population": 0, "elders_60": 0, "elders_65": 0, "elders_80": 0}

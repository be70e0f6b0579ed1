"""The compounds of the invented city with the people in them, their gates, and the areas they lie in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from make_sample_city import COMMUNITIES, COUNTY, RAILWAY, RIVER_U, ZONES, Point, Zone, bend, zone_at
from make_sample_streets import Net, _blocks
from shapely import STRtree, segmentize, voronoi_polygons
from shapely.affinity import rotate
from shapely.geometry import LineString, MultiPoint, Polygon, box
from shapely.geometry import Point as ShapelyPoint
from shapely.ops import split, unary_union

DENSE_M = 20.0
FIRST = ("桂香", "翠湖", "锦绣", "和悦", "春晓", "望江", "紫薇", "银杏", "听松", "半山", "金沙", "云栖", "安居", "幸福",
         "阳光", "碧波", "书香", "枫林", "荷塘", "兰亭", "东篱", "南苑", "清泉", "柳岸", "梅园", "竹溪", "海棠", "丹枫",
         "朝晖", "晚晴", "康宁", "百合", "沁园", "水岸", "景泰", "丰乐", "庆余", "雅苑", "嘉禾里", "文澜")  # fmt: skip
LAST = {"old": ("巷片区", "里", "坊", "宿舍"), "hill": ("山庄", "台", "坡小区"), "super": ("花园", "湾", "天地", "公馆"),
        "village": ("组",), "station": ("宿舍", "小区", "新村"), "north": ("苑", "家园", "府"),
        "east": ("湾", "苑", "家园", "郡"), "mid": ("小区", "苑", "家园", "新村", "庭")}  # fmt: skip


@dataclass
class Compound:
    """One compound: its outline in EPSG:4547 metres and its row in the table."""

    outline: Polygon
    zone: Zone
    row: dict[str, object]
    gates: list[tuple[Point, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Area:
    """One area: its outline in EPSG:4547 metres and its row in the table."""

    outline: Polygon
    row: dict[str, object]


def bent(polygon: Polygon) -> Polygon:
    """A polygon of the sheet in EPSG:4547 metres, its sides following the bends of the streets."""
    dense = segmentize(polygon, DENSE_M)
    outline: Polygon = Polygon([bend(p) for p in dense.exterior.coords]).buffer(0)
    return outline


def _plots(block: Polygon, zone: Zone, rng: Random) -> list[Polygon]:
    """A block set back from its streets and cut into plots no larger than its zone has them."""
    parts, done = [block.buffer(-rng.uniform(9, 13), join_style="mitre")], []
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
    for block in _blocks(net):
        centre = block.representative_point()
        zone = zone_at((centre.x, centre.y))
        if zone is None or 2960 < centre.x < 3200:
            continue
        by_zone.setdefault(ZONES.index(zone), []).extend(_plots(block, zone, rng))
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


def _names(rng: Random) -> dict[str, object]:
    """Endless names for each zone, none twice."""

    def endless(lasts: tuple[str, ...]) -> object:
        words = [(a, b) for b in lasts for a in FIRST]
        rng.shuffle(words)
        yield from (a + b for a, b in words)

    return {zone: endless(lasts) for zone, lasts in LAST.items()}


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
    number = min(4, 1 + int(compound.outline.area / 3e4) + (rng.random() < 0.3))
    first = rng.random()
    for i in range(number):
        options = [ring.interpolate((first + i / number + d / 60) % 1, normalized=True) for d in range(-6, 7)]
        near = [(tree.geometries[int(tree.nearest(p))].distance(p), k, p) for k, p in enumerate(options)]
        point = min(near)[2]
        shut = number > 1 and i == number - 1 and rng.random() < 0.25
        compound.gates.append(((round(point.x, 2), round(point.y, 2)), not shut))


def _special(compounds: list[Compound]) -> None:
    """Figures that a planner should see tried: just at the crossover of the room rule, and a compound still empty."""
    old = [c for c in compounds if c.zone.name == "old"]
    for compound, floor in zip(old, (11667.0, 11666.0, 23333.0, 6200.0, 5400.0), strict=False):
        households = round(floor / 76)
        people = round(households * 2.3)
        compound.row |= {"residential_floor_area_m2": floor, "households": households, "population": people,
                         "elders_60": round(people * 0.28), "elders_65": round(people * 0.2),
                         "elders_80": round(people * 0.04)}  # fmt: skip
    empty = next(c for c in compounds if c.zone.name == "super" and c.row["status"] == "new")
    empty.row |= {"built_year": 2026, "population": 0, "elders_60": 0, "elders_65": 0, "elders_80": 0}


def make_areas() -> list[Area]:
    """Communities around their seats, sub-districts and the county that they make up, and the urban area."""
    county = box(*COUNTY)
    west, east = box(COUNTY[0], COUNTY[1], RIVER_U, COUNTY[3]), box(RIVER_U, COUNTY[1], COUNTY[2], COUNTY[3])
    south, north = sorted(split(west, LineString([(-100.0, 545.0), *RAILWAY])).geoms, key=lambda g: g.centroid.y)
    cells: dict[str, Polygon] = {}
    for side in (south, north, east):
        seats = [(name, at) for name, _district, at in COMMUNITIES if side.contains(ShapelyPoint(at))]
        if len(seats) == 1:
            cells[seats[0][0]] = side
            continue
        for cell in voronoi_polygons(MultiPoint([at for _name, at in seats]), extend_to=county.buffer(9000)).geoms:
            name = next(name for name, at in seats if cell.contains(ShapelyPoint(at)))
            cells[name] = cell.intersection(side)
    districts = list(dict.fromkeys(district for _name, district, _at in COMMUNITIES))
    rows = [Area(bent(county), {"area_id": "X1", "name": "示例区", "level": "county", "parent_id": None})]
    village = "石坳村"
    urban = unary_union([cell for name, cell in cells.items() if name != village])
    rows.append(Area(bent(urban), {"area_id": "U1", "name": "示例城区", "level": "urban", "parent_id": None}))
    for i, district in enumerate(districts, start=1):
        whole = unary_union([cells[name] for name, home, _at in COMMUNITIES if home == district])
        rows.append(Area(bent(whole), {"area_id": f"S{i}", "name": district, "level": "street", "parent_id": "X1"}))
    for i, (name, district, _at) in enumerate(COMMUNITIES, start=1):
        parent = f"S{districts.index(district) + 1}"
        rows.append(
            Area(bent(cells[name]), {"area_id": f"Q{i:02d}", "name": name, "level": "community", "parent_id": parent})
        )
    return rows

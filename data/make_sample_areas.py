"""The areas of the invented city: communities along its main streets, and the sub-districts and county they make up."""

from __future__ import annotations

from dataclasses import dataclass

from make_sample_city import ARTERIALS, COMMUNITIES, COUNTY, RAILWAY, RIVER_U, Point, bend
from shapely import segmentize
from shapely.geometry import LineString, Polygon, box
from shapely.geometry import Point as ShapelyPoint
from shapely.ops import polygonize, unary_union

DENSE_M = 40.0
VILLAGE = "石坳村"
_WEST, _SOUTH, _EAST, _NORTH = COUNTY
TO_THE_EDGE: list[list[Point]] = [
    *([(_WEST, v), (60.0, v)] for v in (1380.0, 1950.0, 2650.0)),
    *([(u, 3450.0), (u, _NORTH)] for u in (1050.0, 2330.0)),
    *([(u, 300.0), (u, 600.0)] for u in (1050.0, 1700.0, 2330.0)),
    *([(2985.0, v), (RIVER_U, v)] for v in (980.0, 1380.0, 2060.0, 2650.0, 3450.0)),
    *([(RIVER_U, v), (3175.0, v)] for v in (1380.0, 2060.0, 2650.0)),
    *([(4230.0, v), (_EAST, v)] for v in (1380.0, 2060.0, 2650.0)),
]
"""Lines that carry main streets on to the county's edge, the railway and the middle of the river."""


@dataclass(frozen=True)
class Area:
    """One area: its outline in EPSG:4547 metres and its row in the table."""

    outline: Polygon
    row: dict[str, object]


def _side(point: ShapelyPoint) -> str:
    """East of the river, or south or north of the railway."""
    if point.x > RIVER_U:
        return "east"
    south = Polygon([(_WEST, _SOUTH), *(p for p in RAILWAY if p[0] <= RIVER_U), (RIVER_U, _SOUTH)])
    return "south" if south.contains(point) else "north"


def _communities() -> dict[str, Polygon]:
    """Blocks between main streets, each given to the nearest seat on its side, in EPSG:4547 metres.

    The lines are bent before they are put together to blocks, so that neighbours share every vertex.
    """
    edge = LineString(box(*COUNTY).exterior.coords)
    river = LineString([(RIVER_U, _SOUTH), (RIVER_U, _NORTH)])
    railway = LineString([p for p in RAILWAY if p[0] <= RIVER_U])
    streets = [LineString(points) for _highway, _name, points in ARTERIALS] + [LineString(p) for p in TO_THE_EDGE]
    lines = unary_union([edge, river, railway, *streets])
    blocks = sorted(polygonize(lines), key=lambda b: (round(b.centroid.x), round(b.centroid.y)))
    drawn = unary_union([LineString([bend(p) for p in segmentize(line, DENSE_M).coords]) for line in lines.geoms])
    bent_blocks = list(polygonize(drawn))
    parts: dict[str, list[Polygon]] = {name: [] for name, _district, _at in COMMUNITIES}
    for block in blocks:
        middle = block.representative_point()
        seats = [(block.centroid.distance(ShapelyPoint(at)), name) for name, _district, at in COMMUNITIES
                 if _side(ShapelyPoint(at)) == _side(middle)]  # fmt: skip
        place = ShapelyPoint(bend((middle.x, middle.y)))
        parts[min(seats)[1]] += [b for b in bent_blocks if b.contains(place)]
    return {name: unary_union(blocks) for name, blocks in parts.items()}


def make_areas() -> list[Area]:
    """Communities, the sub-districts and the county that they make up, and the urban area (all but the village)."""
    cells = _communities()
    rows = [
        Area(
            unary_union(list(cells.values())), {"area_id": "X1", "name": "示例区", "level": "county", "parent_id": None}
        )
    ]
    urban = unary_union([cell for name, cell in cells.items() if name != VILLAGE])
    rows.append(Area(urban, {"area_id": "U1", "name": "示例城区", "level": "urban", "parent_id": None}))
    districts = list(dict.fromkeys(district for _name, district, _at in COMMUNITIES))
    for i, district in enumerate(districts, start=1):
        whole = unary_union([cells[name] for name, home, _at in COMMUNITIES if home == district])
        rows.append(Area(whole, {"area_id": f"S{i}", "name": district, "level": "street", "parent_id": "X1"}))
    for i, (name, district, _at) in enumerate(COMMUNITIES, start=1):
        row: dict[str, object] = {"area_id": f"Q{i:02d}", "name": name, "level": "community"}
        rows.append(Area(cells[name], {**row, "parent_id": f"S{districts.index(district) + 1}"}))
    return rows

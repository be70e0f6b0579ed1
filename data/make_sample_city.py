"""The plan of the invented city: where things lie, drawn by hand on a flat sheet, and how the sheet is bent.

Everything is placed on a *sheet* of about 5,000 m x 4,000 m with straight streets (u to the east, v to the north).
`bend` carries a point of the sheet to EPSG:4547 metres. The bending gives the river its curves and lets the streets
beside it follow, so that a simple plan becomes a town.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]

SEED = 20260630
ORIGIN_M: Point = (400_170.0, 2_850_650.0)
"""EPSG:4547 easting and northing of the sheet's lower left corner."""

RIVER_U = 3080.0
COUNTY = (-60.0, -60.0, 5060.0, 4060.0)
RAILWAY: list[Point] = [
    (-60, 545),
    (520, 500),
    (940, 478),
    (1500, 455),
    (2330, 440),
    (3080, 452),
    (3800, 400),
    (4600, 330),
    (5060, 250),
]
LEVEL_CROSSING: Point = (2330, 440)
HILL: Point = (715, 3050)


def bend(point: Point) -> Point:
    """Carry a point of the sheet to EPSG:4547 metres, rounded to centimetres."""
    u, v = point
    near_river = math.exp(-(((u - 3050.0) / 1500.0) ** 2))
    sway = 270.0 * near_river * math.sin(v / 4000.0 * 2 * math.pi * 0.85 + 0.4)
    x = u + sway + 55.0 * math.sin(v / 900.0 + u / 2600.0) + 7.0 * math.sin(v / 118.0 + u / 210.0)
    y = v + 70.0 * math.sin(u / 780.0 + 0.6) - 0.07 * (u - 2500.0) + 7.0 * math.sin(u / 131.0 - v / 240.0)
    return round(ORIGIN_M[0] + x, 2), round(ORIGIN_M[1] + y, 2)


def river_half_width(v: float) -> float:
    """Half the width of the river at v, in metres of the sheet."""
    return 50.0 + 9.0 * math.sin(v / 420.0) + 4.0 * math.sin(v / 150.0)


def river_bank(side: int) -> list[Point]:
    """The west (side -1) or east (side +1) bank on the sheet, from south to north."""
    return [(RIVER_U + side * river_half_width(v), float(v)) for v in range(-60, 4061, 40)]


@dataclass(frozen=True)
class Zone:
    """How one part of the town is built: its blocks, its lanes, its compounds and the people in them."""

    name: str
    box: tuple[float, float, float, float]
    block_ha: float
    """Blocks larger than this get a street through them."""
    jitter_deg: float
    lanes: tuple[str, ...]
    """highway values of the streets, by depth of division (the last one repeats)."""
    plot_ha: tuple[float, float]
    """Smallest and largest compound."""
    count: int
    gated: float
    far: tuple[float, float]
    home_m2: tuple[float, float]
    people_per_home: float
    share_60: tuple[float, float]
    years: tuple[int, int]


_OLD_LANES = ("residential", "living_street", "living_street", "footway", "pedestrian", "living_street", "footway")
_MID = ("tertiary", "residential", "residential", "living_street")

ZONES: tuple[Zone, ...] = (
    Zone(
        "village",
        (-60, -60, 5060, 440),
        1.3,
        14,
        ("unclassified", "living_street", "track", "living_street"),
        (0.25, 1.5),
        10,
        0.0,
        (0.35, 0.6),
        (150, 220),
        2.9,
        (0.27, 0.34),
        (1986, 2012),
    ),
    Zone(
        "hill",
        (350, 2650, 1050, 3450),
        99,
        10,
        ("residential",),
        (0.5, 1.8),
        15,
        0.35,
        (0.7, 1.3),
        (85, 110),
        2.6,
        (0.19, 0.26),
        (1988, 2006),
    ),
    Zone(
        "old",
        (2330, 1380, 3000, 2650),
        1.15,
        13,
        _OLD_LANES,
        (0.3, 1.6),
        41,
        0.06,
        (0.9, 1.5),
        (62, 88),
        2.35,
        (0.25, 0.32),
        (1972, 1999),
    ),
    Zone(
        "super",
        (1050, 980, 1700, 1380),
        18,
        5,
        ("tertiary",),
        (6.0, 20),
        2,
        1.0,
        (1.9, 2.5),
        (108, 126),
        2.67,
        (0.08, 0.12),
        (2012, 2025),
    ),
    Zone(
        "super",
        (350, 1380, 1050, 1950),
        19,
        6,
        ("tertiary",),
        (6.0, 20),
        3,
        1.0,
        (1.8, 2.4),
        (108, 126),
        2.67,
        (0.08, 0.13),
        (2010, 2024),
    ),
    Zone(
        "super",
        (1700, 2650, 2330, 3450),
        17,
        5,
        ("tertiary",),
        (6.0, 20),
        3,
        1.0,
        (1.9, 2.6),
        (110, 128),
        2.67,
        (0.08, 0.12),
        (2014, 2026),
    ),
    Zone(
        "super",
        (3720, 1380, 4230, 2060),
        17,
        5,
        ("tertiary",),
        (6.0, 20),
        2,
        1.0,
        (2.0, 2.6),
        (112, 130),
        2.67,
        (0.07, 0.11),
        (2018, 2026),
    ),
    Zone(
        "station",
        (1050, 440, 2985, 980),
        5.5,
        9,
        _MID,
        (0.6, 3.5),
        16,
        0.5,
        (1.1, 1.7),
        (75, 100),
        2.5,
        (0.20, 0.27),
        (1982, 2004),
    ),
    Zone(
        "north",
        (350, 3450, 2985, 4060),
        6.5,
        8,
        _MID,
        (0.9, 5.5),
        9,
        0.8,
        (1.5, 2.2),
        (100, 122),
        2.67,
        (0.11, 0.16),
        (2004, 2024),
    ),
    Zone(
        "east",
        (3100, 440, 4600, 4060),
        9.0,
        9,
        _MID,
        (0.9, 7.5),
        15,
        0.75,
        (1.4, 2.2),
        (102, 124),
        2.67,
        (0.10, 0.16),
        (2006, 2026),
    ),
    Zone(
        "mid",
        (-60, 440, 3100, 4060),
        5.6,
        8,
        _MID,
        (0.8, 4.6),
        40,
        0.7,
        (1.5, 2.3),
        (92, 118),
        2.67,
        (0.13, 0.21),
        (1996, 2024),
    ),
)


def zone_at(point: Point) -> Zone | None:
    """The zone of a point of the sheet; the first that holds it."""
    for zone in ZONES:
        u0, v0, u1, v1 = zone.box
        if u0 <= point[0] <= u1 and v0 <= point[1] <= v1:
            return zone
    return None


ARTERIALS: list[tuple[str, str, list[Point]]] = [
    ("primary", "青禾大道", [(60, 1380), (1050, 1380), (2330, 1380), (2985, 1380)]),
    ("primary", "青禾大道", [(3175, 1380), (3720, 1380), (4230, 1380), (4900, 1380)]),
    ("primary", "映山路", [(60, 2650), (1050, 2650), (1700, 2650), (2330, 2650), (2985, 2650)]),
    ("primary", "映山路", [(3175, 2650), (3720, 2650), (4230, 2650), (4470, 2650)]),
    ("primary", "学府路", [(60, 1950), (1050, 1950), (1700, 1950), (2330, 1950)]),
    ("secondary", "北苑路", [(350, 3450), (1050, 3450), (2985, 3450)]),
    ("secondary", "临站路", [(350, 980), (1050, 980), (1700, 980), (2985, 980)]),
    ("tertiary", "铁北路", [(350, 610), (1050, 590), (1700, 575), (2330, 560), (2985, 585)]),
    ("secondary", "西塘路", [(350, 610), (350, 3450)]),
    ("primary", "望岭路", [(1050, 590), (1050, 1950), (1050, 3450)]),
    ("secondary", "松风路", [(1700, 575), (1700, 3860)]),
    ("primary", "鼓楼路", [(2330, 560), (2330, 1380), (2330, 2650), (2330, 3860)]),
    ("secondary", "滨江西路", [(2985, 585), (2985, 3860)]),
    ("tertiary", "北坪路", [(1700, 3860), (2330, 3860), (2985, 3860)]),
    ("secondary", "滨江东路", [(3175, 600), (3175, 3300)]),
    ("secondary", "东畔路", [(3720, 640), (3720, 3300)]),
    ("tertiary", "石滩路", [(4230, 1380), (4230, 3300)]),
    ("tertiary", "渡口路", [(3175, 2060), (3720, 2060), (4230, 2060)]),
    ("tertiary", "南渡路", [(3175, 640), (3720, 640)]),
    ("tertiary", "北渡路", [(3175, 3300), (3720, 3300), (4230, 3300)]),
    ("pedestrian", "老街", [(2330, 1950), (2470, 1985), (2640, 1990), (2820, 2035), (2985, 2060)]),
    ("residential", "鼓楼后街", [(2640, 1380), (2665, 1700), (2640, 1990), (2690, 2330), (2660, 2650)]),
]
"""Streets that shape the town: highway value, name, points on the sheet."""

BRIDGES: list[tuple[str, str, float]] = [
    ("primary", "映山大桥", 2650),
    ("primary", "青禾大桥", 1380),
    ("cycleway", "老街廊桥", 2060),
]
"""highway value, name and v of the bridges over the river, from one riverside road to the other."""

COMMUNITIES: list[tuple[str, str, Point]] = [
    ("古井社区", "鼓楼街道", (2480, 1650)),
    ("染坊巷社区", "鼓楼街道", (2800, 1700)),
    ("文昌阁社区", "鼓楼街道", (2480, 2350)),
    ("渡头社区", "鼓楼街道", (2830, 2350)),
    ("站前社区", "青禾街道", (2000, 770)),
    ("青禾社区", "青禾街道", (1380, 1150)),
    ("荷塘社区", "青禾街道", (2050, 1180)),
    ("西塘社区", "青禾街道", (700, 1250)),
    ("石坳村", "青禾街道", (1300, 150)),
    ("学府社区", "云台街道", (1400, 2150)),
    ("云台社区", "云台街道", (700, 3050)),
    ("松风社区", "云台街道", (1900, 3100)),
    ("北坪社区", "云台街道", (2600, 3200)),
    ("东畔社区", "东畔街道", (3500, 1700)),
    ("石滩社区", "东畔街道", (3600, 2850)),
]
"""Name, sub-district and seat of each community; blocks go to the nearest seat on their side of river and railway."""

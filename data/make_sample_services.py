"""The facilities, candidate sites, elder-care rooms and permits of the invented city."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from make_sample_city import COMMUNITIES, Point, bend
from make_sample_places import Compound
from make_sample_streets import NO_WALKING, Way
from shapely import STRtree
from shapely.geometry import LineString, Polygon
from shapely.geometry import Point as ShapelyPoint

DOOR_M = 9.0
ALL_SIX = "全托、日托、助餐、助洁、助浴、助护"
_SEATS = {name: bend(at) for name, _district, at in COMMUNITIES}

# community, offset from its seat (m), kind, name, services, status, opened, floor area, beds, nursing beds, places,
# meals a day, ownership; None where it does not apply.
_Row = tuple[str, Point, str, str, str, str, str | None, int, int | None, int | None, int | None, int | None, str]
FACILITIES: tuple[_Row, ...] = (
    ("古井社区", (40, 30), "day_care", "古井日间照料中心", ALL_SIX, "in_use", "2021-05-18", 860, 12, 8, 40, 120, "公办"),
    ("文昌阁社区", (-60, 40), "day_care", "文昌阁日间照料中心", ALL_SIX, "in_use", "2022-09-01", 620, 10, 6, 30, 90, "公建民营"),
    ("染坊巷社区", (60, -40), "day_care", "染坊巷托老站", "日托、助餐、助洁", "in_use", "2019-10-07", 280, None, None, 18, 60, "民办"),
    ("渡头社区", (30, 20), "canteen", "渡头长者餐厅", "助餐", "in_use", "2023-03-15", 160, None, None, None, 150, "公建民营"),
    ("古井社区", (-180, -90), "canteen", "古井长者餐厅", "助餐", "in_use", "2022-01-10", 140, None, None, None, 120, "民办"),
    ("文昌阁社区", (120, 130), "community_centre", "文昌阁社区综合服务中心", "助餐；助洁", "in_use", "2018-06-01", 900, None, None, None, 80, "公办"),
    ("站前社区", (20, -20), "day_care", "站前日间照料中心", "日托、助餐、助浴", "in_use", "2020-11-11", 410, None, None, 25, 70, "公办"),
    ("站前社区", (-260, 60), "canteen", "站前长者餐厅", "助餐", "closed", "2019-04-01", 120, None, None, None, 80, "民办"),
    ("青禾社区", (60, 30), "canteen", "青禾长者餐厅", "助餐", "in_use", "2023-08-08", 210, None, None, None, 160, "公建民营"),
    ("荷塘社区", (30, 60), "day_care", "荷塘日间照料中心", ALL_SIX, "in_use", "2023-11-20", 750, 15, 10, 35, 100, "公办"),
    ("西塘社区", (150, -60), "canteen", "西塘长者餐厅", "助餐", "in_use", "2024-02-02", 130, None, None, None, 90, "民办"),
    ("西塘社区", (-120, 140), "day_care", "西塘日间照料中心", "日托、助餐", "planned", None, 380, None, None, 20, 50, "公办"),
    ("学府社区", (0, 0), "regional_centre", "学府区域养老服务中心", ALL_SIX, "in_use", "2022-12-28", 3200, 60, 45, 60, 300, "公建民营"),
    ("学府社区", (320, -120), "canteen", "学府食堂（敬老窗口）", "助餐", "in_use", "2021-09-01", 600, None, None, None, 200, "公办"),
    ("云台社区", (-20, -120), "day_care", "云台日间照料中心", "日托、助餐、助洁", "in_use", "2017-10-10", 300, None, None, 16, 40, "公办"),
    ("云台社区", (150, 160), "nursing_home", "云台山颐养院", "全托、助浴、助护", "in_use", "2015-07-01", 5200, 180, 110, None, None, "民办"),
    ("松风社区", (40, -40), "canteen", "松风长者餐厅", "助餐", "in_use", "2024-05-20", 180, None, None, None, 140, "公建民营"),
    ("松风社区", (200, 120), "day_care", "松风日间照料中心", ALL_SIX, "under_construction", None, 640, 12, 8, 30, 90, "公办"),
    ("北坪社区", (-100, 80), "community_centre", "北坪邻里中心", "日托、助餐", "in_use", "2021-03-08", 1500, None, None, 20, 90, "公办"),
    ("北坪社区", (120, -150), "canteen", "北坪助餐点", "助餐", "misused", "2020-06-06", 90, None, None, None, 50, "公办"),
    ("东畔社区", (-40, 30), "day_care", "东畔日间照料中心", "日托、助餐、助浴、助护", "in_use", "2023-06-30", 560, 8, 6, 28, 80, "公办"),
    ("东畔社区", (260, -260), "canteen", "东畔长者餐厅", "助餐", "in_use", "2024-09-10", 150, None, None, None, 110, "民办"),
    ("石滩社区", (20, 40), "day_care", "石滩日间照料中心", ALL_SIX, "planned", None, 700, 12, 8, 32, 100, "公办"),
    ("石滩社区", (180, 120), "canteen", "石滩长者餐厅", "助餐", "under_construction", None, 170, None, None, None, 120, "公建民营"),
    ("石坳村", (0, 40), "canteen", "石坳互助食堂", "助餐", "closed", "2016-02-01", 80, None, None, None, 40, "村集体"),
    ("石坳村", (180, -20), "community_centre", "石坳村综合服务平台", "", "in_use", "2014-05-01", 420, None, None, None, None, "村集体"),
    ("荷塘社区", (-300, -40), "nursing_home", "青禾老年公寓", "全托、助餐、助浴、助护", "in_use", "2012-03-03", 4100, 150, 70, None, 150, "民办"),
    ("东畔社区", (420, 180), "nursing_home", "东畔护理院", "全托、助浴、助护", "in_use", "2019-12-12", 6800, 220, 180, None, None, "民办"),
    ("学府社区", (-260, 200), "hospice", "示例区安宁疗护中心", "全托、助护", "in_use", "2024-01-15", 1900, 40, 40, None, None, "公办"),
    ("北坪社区", (80, 200), "childcare", "北坪托育中心", "", "in_use", "2022-08-20", 800, None, None, 80, None, "民办"),
    ("青禾社区", (-160, -60), "childcare", "青禾托育园", "", "in_use", "2023-02-20", 650, None, None, 60, None, "民办"),
    ("石滩社区", (-200, -80), "childcare", "石滩托育园", "", "planned", None, 700, None, None, 70, None, "公办"),
    ("渡头社区", (-80, 120), "other", "渡头老年活动室", "", "in_use", "2010-10-01", 150, None, None, None, None, "公办"),
    ("文昌阁社区", (-200, -120), "other", "文昌阁老年大学教学点", "", "in_use", "2018-09-01", 500, None, None, None, None, "公办"),
    ("染坊巷社区", (-140, 120), "canteen", "染坊巷助餐点", "助餐", "misused", "2018-01-01", 60, None, None, None, 30, "民办"),
    ("西塘社区", (300, 300), "community_centre", "西塘党群服务中心", "助洁", "in_use", "2017-07-01", 1100, None, None, None, None, "公办"),
    ("西塘社区", (170, 330), "day_care", "西塘托老站", "日托、助餐、助洁", "in_use", "2024-11-01", 320, None, None, 20, 60, "民办"),
    ("学府社区", (-650, 90), "canteen", "学府西里长者餐厅", "助餐", "in_use", "2025-06-18", 170, None, None, None, 130, "公建民营"),
    ("古井社区", (230, -480), "canteen", "古井南里长者餐厅", "助餐", "in_use", "2025-10-29", 150, None, None, None, 120, "公建民营"),
    ("东畔社区", (-60, -420), "canteen", "东畔南里助餐点", "助餐", "in_use", "2025-09-01", 90, None, None, None, 60, "公办"),
    ("松风社区", (60, -420), "day_care", "松风托老站", "日托、助餐、助洁", "in_use", "2025-03-01", 300, None, None, 18, 50, "民办"),
)  # fmt: skip


class Frontage:
    """Finds doors beside walkable streets, outside the compounds."""

    def __init__(self, ways: list[Way], outlines: list[Polygon]) -> None:
        closed = {"private", "no"}
        self._outlines = STRtree(outlines)
        lines = [
            LineString(way.metres)
            for way in ways
            if way.tags["highway"] not in {*NO_WALKING, "steps"}
            and way.tags.get("access") not in closed
            and way.tags.get("bridge") != "yes"
            and way.tags.get("tunnel") != "yes"
        ]
        self._lines = [line for line in lines if not self._outlines.query(line, predicate="intersects").size]
        self._tree = STRtree(self._lines)

    def door(self, near: Point, *, side: int) -> Point:
        """A point some metres beside the street that is nearest to a point, on the other side if a compound is there."""
        line = self._lines[int(self._tree.nearest(ShapelyPoint(near)))]
        along = min(max(line.project(ShapelyPoint(near)), 1.0), line.length - 1.0)
        a, b = line.interpolate(along - 1.0), line.interpolate(along + 1.0)
        length = math.hypot(b.x - a.x, b.y - a.y) or 1.0
        x, y = (a.x + b.x) / 2, (a.y + b.y) / 2
        for metres in (side * DOOR_M, -side * DOOR_M, side * 4.0, -side * 4.0):
            at = (x - metres * (b.y - a.y) / length, y + metres * (b.x - a.x) / length)
            if not self._outlines.query(ShapelyPoint(at), predicate="intersects").size:
                return at
        return x, y


def make_facilities(frontage: Frontage) -> list[tuple[Point, dict[str, object]]]:
    """The facilities at their doors, as rows of facilities.csv."""
    columns = ("kind", "name", "services", "status", "opened_on", "floor_area_m2", "beds", "care_beds", "places",
               "meals_per_day", "ownership")  # fmt: skip
    rows = []
    for number, (community, offset, *values) in enumerate(FACILITIES, start=1):
        seat = _SEATS[community]
        door = frontage.door((seat[0] + offset[0], seat[1] + offset[1]), side=1 if number % 2 else -1)
        named = dict(zip(columns, values, strict=True))
        order = {"facility_id": f"F{number:02d}", "name": named.pop("name"), **named}
        rows.append((door, order))
    return rows


_TENURES = ("闲置国企房产", "架空层", "沿街商铺", "村集体用房", "闲置公有房产")


def make_candidates(frontage: Frontage, rng: Random) -> list[tuple[Point, dict[str, object]]]:
    """Sites that could become a canteen or a day-care centre, as rows of candidates.csv."""
    rows = []
    for number in range(1, 31):
        community = COMMUNITIES[(number * 4) % len(COMMUNITIES)][0]
        seat = _SEATS[community]
        point = frontage.door((seat[0] + rng.uniform(-330, 330), seat[1] + rng.uniform(-330, 330)), side=1)
        use = ("canteen", "day_care", "both")[number % 3]
        area = rng.randrange(90, 260, 10) if use == "canteen" else rng.randrange(300, 900, 10)
        tenure = "村集体用房" if community.endswith("村") else rng.choice(_TENURES)
        rows.append(
            (
                point,
                {
                    "candidate_id": f"K{number:02d}",
                    "name": f"{community}{tenure}{'一二三四五'[number % 5]}号",
                    "use": use,
                    "tenure": tenure,
                    "floor_area_m2": area,
                    "floor": rng.choice((1, 1, 1, 2)),
                    "cost_cny": area * rng.randrange(1200, 2600, 100),
                    "meals_per_day": None if use == "day_care" else area // 2 * 10 // 10,
                    "places": None if use == "canteen" else area // 20,
                    "required": "true" if number == 7 else "false",
                },
            )
        )
    return rows


def make_rooms(compounds: list[Compound], rng: Random) -> list[dict[str, object]]:
    """Elder-care rooms of about a third of the compounds: large, too small, planned, and shared by neighbours."""
    rows: list[dict[str, object]] = []
    sources = ("配建", "补建", "购置", "置换", "租赁", "改造")
    for number, compound in enumerate(c for c in compounds if c.row["population"] and rng.random() < 0.3):
        new = compound.row["status"] == "new"
        areas = rng.choice(((350,), (420,), (360, 120), (200, 150), (620,), (180,), (1200,), (349.5,)))
        for area in areas:
            rows.append(
                {
                    "room_id": f"R{len(rows) + 1:03d}",
                    "compound_ids": compound.row["compound_id"],
                    "floor_area_m2": area,
                    "source": "配建" if new else sources[number % 6],
                    "status": ("in_use", "in_use", "in_use", "planned", "misused")[number % 5],
                }
            )
    old = [c for c in compounds if c.zone.name == "old"][:6]
    for first in (0, 3):
        shared = ";".join(str(c.row["compound_id"]) for c in old[first : first + 3])
        rows.append({"room_id": f"R{len(rows) + 1:03d}", "compound_ids": shared, "floor_area_m2": 520,
                     "source": "改造", "status": "in_use"})  # fmt: skip
    return rows


def _dates(rng: Random, year: int) -> Iterator[str]:
    for later in (0, 2, 2, 3):
        yield f"{year + later}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def make_permits(rng: Random) -> list[dict[str, object]]:
    """Building permits of several years, some in phases, some without the dates of their rooms."""
    rows: list[dict[str, object]] = []
    projects = ("澄湖一号", "东岸春晓", "松风雅居", "青禾云庭", "学府澜岸", "北坪新筑", "石滩府", "荷塘月色苑")
    areas = (11667, 8600, 23400, 52000, 98500.5, 116667, 150000, 31000)
    rooms = ("350", "400;120", "", "349.995", "1560", "3500", "460;350", "930")
    for number in range(25):
        project = projects[number % 8]
        phase = number // 8 + 1
        year = 2021 + (number * 5) % 6
        floor = areas[(number * 3) % 8]
        planned, built, accepted, delivered = _dates(rng, year)
        late = number % 4 == 0
        rows.append(
            {
                "permit_no": f"建字第431002{year}{number + 1:05d}号",
                "project": project,
                "phase": phase,
                "applicant": f"{project}置业有限公司",
                "issued_on": f"{year}-{number % 12 + 1:02d}-{(number * 7) % 27 + 1:02d}",
                "residential_floor_area_m2": floor,
                "in_urban_area": "true" if number % 9 else "",
                "households": round(floor / 112),
                "room_areas_m2": rooms[number % 8],
                "planned_on": planned,
                "built_on": built,
                "accepted_on": accepted,
                "delivered_on": delivered,
                "room_planned_on": planned,
                "room_built_on": "" if late else built,
                "room_accepted_on": "" if late else accepted,
                "room_delivered_on": "" if late else delivered,
            }
        )
    return rows

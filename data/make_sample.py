"""Make the sample study: an invented small city, the same to the byte whenever and wherever this runs.

Usage: python data/make_sample.py [FOLDER]   (default: the folder sample beside this file)

Beside FOLDER, in FOLDER-raw, the same city is written once more as bureaus would hand it over.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from make_sample_areas import make_areas
from make_sample_city import SEED, Point
from make_sample_places import Compound, make_compounds
from make_sample_raw import make_raw
from make_sample_services import Frontage, make_candidates, make_facilities, make_permits, make_rooms
from make_sample_streets import Way, build_net, railway_streets, river_polygon, to_ways
from pyproj import Transformer
from shapely.geometry import LineString, Polygon

_TO_DEGREES = Transformer.from_crs(4547, 4326, always_xy=True)

STUDY_TOML = """\
# 示例研究：一座虚构的小城。照着这个样子改成自己的研究即可。
# 文件路径都相对于本文件所在的文件夹。

[study]
name  = "示例城区"
crs   = "EPSG:4547"            # 计算坐标系：CGCS2000 三度带，中央子午线 114°，单位米
as_of = 2026-06-30             # 数据日期：依据是否有效、设施是否在用，都按这一天判断
lang  = "zh"                   # 输出语言：zh 中文，en 英文

[walking]
network    = "network.osm.pbf" # 步行网络：OpenStreetMap 文件、osmnx 的 .graphml 或线图层
walker     = "elder"           # 步速：standard 1.0、elder 0.8、frail 0.6 米/秒
max_snap_m = 100               # 出入口到街道最远多少米
source     = "虚构，仅供演示"  # 街道数据来源，印在图上；不写时按读到的内容判断

[layers.compounds]             # 住宅小区（面）
file  = "compounds.geojson"
datum = "wgs84"                # 坐标基准：wgs84、cgcs2000、gcj02、bd09 或 EPSG:代码

[layers.gates]                 # 小区出入口（点）；open 为 false 的不通行
file  = "gates.geojson"
datum = "wgs84"

[layers.facilities]            # 养老等服务设施（点，落在入口上）
file  = "facilities.csv"
datum = "wgs84"

[layers.candidates]            # 候选点位
file  = "candidates.csv"
datum = "wgs84"

[layers.rooms]                 # 养老用房
file = "rooms.csv"

[layers.permits]               # 建设工程规划许可证
file = "permits.csv"

[layers.areas]                 # 社区、街道、县市区、城区范围
file  = "areas.geojson"
datum = "wgs84"

[layers.barriers]              # 走不过去的：铁路、河流、围墙（只挡从门口到街道的直线）
file  = "barriers.geojson"
datum = "wgs84"

[standards]
circles = ["care-15min", "meal-10min"]   # 15分钟养老服务圈、10分钟助餐圈

[siting]                       # 选址：再建 5 处长者餐厅，让尽量多的老年人 10 分钟走得到
circles = ["meal-10min"]
sites   = 5
"""


def degrees(point: Point) -> list[float]:
    """Longitude and latitude of a point in EPSG:4547 metres, to a centimetre."""
    lon, lat = _TO_DEGREES.transform(*point)
    return [round(lon, 7), round(lat, 7)]


def _ring(polygon: Polygon) -> list[list[float]]:
    return [degrees((x, y)) for x, y in polygon.exterior.coords]


def write_geojson(path: Path, rows: Iterable[tuple[str, Any, Mapping[str, Any]]]) -> None:
    """Write features of (type, coordinates, properties), one a line."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": dict(row), "geometry": {"type": kind, "coordinates": coordinates}},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for kind, coordinates, row in rows
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    with path.open("w", encoding="utf-8", newline="\n") as target:
        target.write(text)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as CSV that Excel opens right."""
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _located(places: list[tuple[Point, dict[str, object]]]) -> list[dict[str, object]]:
    rows = []
    for point, row in places:
        lon, lat = degrees(point)
        rows.append({**row, "lon": lon, "lat": lat})
    return rows


def write_network(path: Path, ways: list[Way], node_tags: dict[Point, dict[str, str]]) -> None:
    """Write the ways as an OpenStreetMap extract."""
    import osmium

    numbers: dict[tuple[object, ...], int] = {}
    places: list[tuple[Point, dict[str, str]]] = []
    for way in ways:
        for key, metres in zip(way.keys, way.metres, strict=True):
            if key not in numbers:
                numbers[key] = len(numbers) + 1
                tags = node_tags.get((key[1], key[2]), {}) if key[0] == "v" else {}  # type: ignore[arg-type]
                places.append((metres, tags))
    path.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("generator", "planner sample")
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for number, (metres, tags) in enumerate(places, start=1):
            node = osmium.osm.mutable.Node(id=number, location=tuple(degrees(metres)), tags=tags, version=1)
            writer.add_node(node)
        for number, way in enumerate(ways, start=1):
            refs = [numbers[key] for key in way.keys]
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=way.tags, version=1))


def _barriers(compounds: list[Compound]) -> list[tuple[str, Any, dict[str, Any]]]:
    rows: list[tuple[str, Any, dict[str, Any]]] = [
        ("Polygon", [_ring(river_polygon())], {"barrier_id": "B01", "name": "示例河"})
    ]
    for way in to_ways(railway_streets()):
        line = [degrees(point) for point in way.metres]
        rows.append(("LineString", line, {"barrier_id": f"B{len(rows) + 1:02d}", "name": "示例铁路"}))
    for compound in (c for c in compounds if c.zone.name == "super"):
        wall = LineString(compound.outline.exterior.coords)
        line = [degrees((x, y)) for x, y in wall.coords]
        name = f"{compound.row['name']}围墙"
        rows.append(("LineString", line, {"barrier_id": f"B{len(rows) + 1:02d}", "name": name}))
    return rows


def make(folder: Path) -> None:
    """Write the whole study into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = Random(SEED)
    net = build_net(rng)
    areas = make_areas()
    compounds = make_compounds(net, areas, rng)
    ways = to_ways([*net.streets, *railway_streets()])
    open_streets = [street for street in net.streets if street.tags.get("name") != "采石场路"]
    frontage = Frontage(to_ways(open_streets), [c.outline for c in compounds])

    with (folder / "study.toml").open("w", encoding="utf-8", newline="\n") as target:
        target.write(STUDY_TOML)
    write_network(folder / "network.osm.pbf", ways, net.node_tags)
    write_geojson(folder / "compounds.geojson", [("Polygon", [_ring(c.outline)], c.row) for c in compounds])
    gates = [(gate, c) for c in compounds for gate in c.gates]
    write_geojson(
        folder / "gates.geojson",
        [
            ("Point", degrees(at), {"gate_id": f"G{n:03d}", "compound_id": c.row["compound_id"], "open": is_open})
            for n, ((at, is_open), c) in enumerate(gates, start=1)
        ],
    )
    write_geojson(folder / "areas.geojson", [("Polygon", [_ring(a.outline)], a.row) for a in areas])
    write_geojson(folder / "barriers.geojson", _barriers(compounds))
    write_csv(folder / "facilities.csv", _located(make_facilities(frontage)))
    write_csv(folder / "candidates.csv", _located(make_candidates(frontage, rng)))
    write_csv(folder / "rooms.csv", make_rooms(compounds, rng))
    write_csv(folder / "permits.csv", make_permits(rng))


if __name__ == "__main__":
    clean = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample"
    make(clean)
    make_raw(clean, clean.with_name(f"{clean.name}-raw"))

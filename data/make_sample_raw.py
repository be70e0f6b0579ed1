"""Make the sample study once more as bureaus would hand it over, with the traps of real files planted and listed."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyogrio
import shapely
from openpyxl.styles import Alignment, Font
from pyproj import Transformer

from planner.layers.places.offsets import to_offset

Row = dict[str, Any]

_ZONE_38 = Transformer.from_crs(4326, 4526, always_xy=True)
_MERIDIAN_114 = Transformer.from_crs(4326, 4547, always_xy=True)
_MADE = (2026, 7, 1)

_PRJ_ZONE_38 = (
    'PROJCS["CGCS2000_3_Degree_GK_Zone_38",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",38500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)

STUDY_TOML = """\
# 各局交来的原样文件。先运行 planner check，它会逐条说明还缺什么、该写哪一行。

[study]
name  = "示例城区"
crs   = "EPSG:4547"
as_of = 2026-06-30

[walking]
network = "../sample/network.osm.pbf"
source  = "虚构，仅供演示"

[layers.compounds]
file = "小区.shp"

[layers.gates]
file = "出入口坐标.csv"

[layers.facilities]
file  = "养老服务设施.xlsx"
datum = "wgs84"          # 交表的人这样说

[layers.candidates]
file = "备选点位.xlsx"

[layers.rooms]
file = "养老用房.csv"

[layers.permits]
file = "规划许可证.xlsx"

[layers.areas]
file = "区划界线.shp"

[layers.barriers]
file = "障碍.geojson"
"""

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "compounds": {"fields.residential_floor_area_m2": '{ from = "住宅总建筑", unit = "万m2" }'},
    "gates": {"datum": '"EPSG:4526"'},
    "facilities": {"datum": '"gcj02"'},
    "candidates": {"datum": '"bd09"'},
    "areas": {"datum": '"EPSG:4547"'},
}
"""The lines that ``planner check`` asks for: layer, key, value as TOML."""

TRAPS = [
    ("小区.shp", "全表", "属性表是 GBK，没有 .cpg", "逐级试编码，按 GB18030 读出"),
    ("小区.shp", "字段名", "字段名只留 10 个字节：60岁以上人、住宅总建筑", "按截断后的名称认出"),
    ("小区.shp", "住宅总建筑、住宅总建_1", "两个字段截断后同名", "不猜，请在 study.toml 写明"),
    ("小区.shp", "住宅总建筑", "单位是万平方米，字段名里没有写", "按每户面积看出不合理，请写明单位"),
    ("小区.shp", "坐标", "CGCS2000 三度带，带号 38 写在横坐标里", "读 .prj，转换到计算坐标系"),
    ("小区.shp", "第 158 行", "与第 1 行编号相同", "只用第一行，另一行列入台账"),
    ("小区.shp", "第 159 行", "没有图形", "不采用，列入台账"),
    ("出入口坐标.csv", "全表", "GBK 编码；测量坐标，X 为北、Y 为东且带带号", "按数值范围认出轴向和带号，请写明坐标系"),
    ("出入口坐标.csv", "末行", "所属小区不存在", "不采用，列入台账"),
    (
        "养老服务设施.xlsx",
        "经度、纬度",
        "高德坐标（GCJ-02）却说是 WGS84，偏约 640 米",
        "与街道比对后拒绝，请改写坐标基准",
    ),
    ("养老服务设施.xlsx", "表头", "合并的标题、单位行、两层表头", "找到表头，两层合成一个名称"),
    ("养老服务设施.xlsx", "合计、注", "合计行和注释行混在数据里", "不当作设施；合计用来核对"),
    ("养老服务设施.xlsx", "建筑面积", "“860㎡”“1,250”等文字", "读出数值"),
    ("养老服务设施.xlsx", "开业日期", "2021年5月18日、2022.9.1、Excel 序列号并存", "都读成日期"),
    ("养老服务设施.xlsx", "末行", "经纬度填 0, 0", "不采用，列入台账"),
    ("备选点位.xlsx", "经度、纬度", "百度坐标（BD-09）", "请写明坐标基准"),
    ("养老用房.csv", "面积", "“349.5㎡”“约620”", "读出数值；“约”列入台账"),
    ("规划许可证.xlsx", "住宅总建筑面积（万㎡）", "单位写在表头里", "换算成平方米"),
    ("规划许可证.xlsx", "证号", "“建字第…号”写法不一", "统一成同一个编号，始终按文本读"),
    ("规划许可证.xlsx", "末尾", "同一证号变更前的旧件", "以最近一次发证为准，旧件列入台账"),
    ("区划界线.shp", "字段名", "UTF-8 写成，字段名只剩 3 个汉字：区划代、上级代", "按截断后的名称认出"),
    ("区划界线.shp", "坐标", "没有 .prj，横坐标不带带号", "请写明坐标系"),
]
"""File, place in it, the trap, what the program does."""


def _read_features(path: Path) -> list[tuple[Any, Row]]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [(shapely.from_geojson(json.dumps(one["geometry"])), one["properties"]) for one in features]


def _read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def _flag(value: Any) -> str:
    return {"true": "是", "false": "否", "": "", "none": ""}[str(value).casefold()]


def _moved(shape: Any, transformer: Transformer) -> Any:
    return shapely.transform(shape, transformer.transform, interleaved=False)


def write_dbf(path: Path, fields: Sequence[tuple[str, str, int, int]], rows: Sequence[Row], *, encoding: str) -> None:
    """Write the table of a shapefile as old programs do: names and texts cut by bytes, in any encoding.

    `fields` are name, type (``C`` or ``N``), width and decimals; two names that are cut to the same get ``_1``.
    """
    names: list[bytes] = []
    for name, *_rest in fields:
        cut = name.encode(encoding)[:10]
        while cut.decode(encoding, errors="ignore").encode(encoding) != cut:
            cut = cut[:-1]
        # Two bytes make room for "_1": a Chinese character of GBK.
        names.append(cut if cut not in names else cut[:8] + b"_1")
    size = 1 + sum(width for _name, _kind, width, _decimals in fields)
    year, month, day = _MADE
    with path.open("wb") as table:
        table.write(struct.pack("<4BIHH20x", 3, year - 1900, month, day, len(rows), 33 + 32 * len(fields), size))
        for name, (_name, kind, width, decimals) in zip(names, fields, strict=True):
            table.write(struct.pack("<11sc4xBB14x", name, kind.encode(), width, decimals))
        table.write(b"\r")
        for row in rows:
            table.write(b" ")
            for name, kind, width, decimals in fields:
                value = row[name]
                text = "" if value is None else f"{value:.{decimals}f}" if kind == "N" else str(value)
                cell = text.encode(encoding)[:width]
                table.write(cell.rjust(width) if kind == "N" else cell.ljust(width))
        table.write(b"\x1a")


def write_shapes(path: Path, shapes: Sequence[Any], prj: str | None) -> None:
    """Write the shapes of a shapefile alone, with or without a word on their coordinates."""
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
        field_data=[np.arange(len(shapes))],
        fields=["n"],
        geometry_type="Polygon",
        crs="EPSG:4547",  # only so that it is not asked for; what is said of it is written below
        driver="ESRI Shapefile",
    )
    for suffix in (".cpg", ".prj"):
        path.with_suffix(suffix).unlink(missing_ok=True)
    if prj is not None:
        path.with_suffix(".prj").write_text(prj, encoding="ascii")


def write_workbook(path: Path, book: openpyxl.Workbook) -> None:
    """Save a workbook the same to the byte at every run: no clock in it."""
    made = io.BytesIO()
    book.save(made)
    stamp = "{:04}-{:02}-{:02}T00:00:00Z".format(*_MADE)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(parts.namelist()):
            data = parts.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp.encode(), data)
            target.writestr(zipfile.ZipInfo(name, (*_MADE, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def _title(sheet: Any, row: int, text: str, width: int, *, size: int) -> None:
    sheet.cell(row, 1, text).font = Font(bold=size > 11, size=size)
    sheet.cell(row, 1).alignment = Alignment(horizontal="center" if size > 11 else "left")
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)


def _compounds(clean: Path, folder: Path) -> None:
    fields = [
        ("小区编号", "C", 12, 0),
        ("小区名称", "C", 40, 0),
        ("建设状态", "C", 12, 0),
        ("住宅总建筑面积", "N", 14, 6),
        ("住宅总建筑栋数", "N", 6, 0),
        ("户数", "N", 8, 0),
        ("总人口", "N", 8, 0),
        ("60岁以上人口", "N", 8, 0),
        ("65岁以上人口", "N", 8, 0),
        ("80岁以上人口", "N", 8, 0),
        ("是否城区", "C", 4, 0),
        ("所属社区", "C", 30, 0),
        ("所属街道", "C", 30, 0),
        ("所属县区", "C", 30, 0),
        ("建成年代", "N", 6, 0),
        ("是否封闭", "C", 4, 0),
    ]
    words = {"new": "新建", "existing": "已建成", None: ""}
    shapes, rows = [], []
    for shape, row in _read_features(clean / "compounds.geojson"):
        area, homes = row["residential_floor_area_m2"], row["households"]
        values = [row["compound_id"], row["name"], words[row["status"]]]
        values += [None if area is None else area / 1e4, None if not homes else max(1, round(homes / 60)), homes]
        values += [row[name] for name in ("population", "elders_60", "elders_65", "elders_80")]
        values += [_flag(row["in_urban_area"]), row["community"], row["street"], row["county"], row["built_year"]]
        values += [_flag(row["gated"])]
        rows.append({name: value for (name, *_kind), value in zip(fields, values, strict=True)})
        shapes.append(_moved(shape, _ZONE_38))
    rows += [dict(rows[0]), {**rows[1], "小区编号": "C900", "小区名称": "图形缺失小区"}]
    shapes += [shapes[0], None]
    write_shapes(folder / "小区.shp", shapes, _PRJ_ZONE_38)
    write_dbf(folder / "小区.dbf", fields, rows, encoding="gb18030")


def _areas(clean: Path, folder: Path) -> None:
    fields = [("区划代码", "C", 12, 0), ("名称", "C", 60, 0), ("级别", "C", 20, 0), ("上级代码", "C", 12, 0)]
    words = {"community": "社区", "street": "街道", "county": "县区", "urban": "城区"}
    shapes, rows = [], []
    for shape, row in _read_features(clean / "areas.geojson"):
        shapes.append(_moved(shape, _MERIDIAN_114))
        values = (row["area_id"], row["name"], words[row["level"]], row["parent_id"])
        rows.append({name: value for (name, *_kind), value in zip(fields, values, strict=True)})
    write_shapes(folder / "区划界线.shp", shapes, None)
    write_dbf(folder / "区划界线.dbf", fields, rows, encoding="utf-8")


def _write_gbk(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="gb18030", newline="") as target:
        csv.writer(target, lineterminator="\r\n").writerows(rows)


def _gates(clean: Path, folder: Path) -> None:
    rows: list[list[Any]] = [["出入口编号", "小区编号", "X坐标", "Y坐标", "是否通行"]]
    for shape, row in _read_features(clean / "gates.geojson"):
        easting, northing = _ZONE_38.transform(shape.x, shape.y)
        rows.append([row["gate_id"], row["compound_id"], f"{northing:.3f}", f"{easting:.3f}", _flag(row["open"])])
    rows.append(["G900", "C999", *rows[1][2:]])
    _write_gbk(folder / "出入口坐标.csv", rows)


def _rooms(clean: Path, folder: Path) -> None:
    words = {"in_use": "在用", "planned": "规划", "under_construction": "在建", "closed": "停用", "misused": "挪用"}
    rows: list[list[Any]] = [["用房编号", "服务小区编号", "建筑面积", "来源", "状态"]]
    for number, row in enumerate(_read_csv(clean / "rooms.csv")):
        area = (row["floor_area_m2"], f"{row['floor_area_m2']}㎡", f"约{row['floor_area_m2']}")[number % 3]
        status = words[row["status"]]
        rows.append([row["room_id"], row["compound_ids"].replace(";", "、"), area, row["source"], status])
    _write_gbk(folder / "养老用房.csv", rows)


def _picked(row: Row, offset: str) -> tuple[str, str]:
    """Longitude and latitude as a map's page gives them, as text."""
    lon, lat = to_offset(np.array([float(row["lon"])]), np.array([float(row["lat"])]), offset=offset)
    return f"{lon[0]:.7f}", f"{lat[0]:.7f}"


def _day(text: str, way: int) -> Any:
    """One day as people write it: in Chinese, with points, as Excel's serial number, as ISO."""
    if not text:
        return ""
    day = date.fromisoformat(text)
    serial = (day - date(1899, 12, 30)).days
    return (f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}", serial, text)[way % 4]


def _facilities(clean: Path, folder: Path) -> None:
    kinds = {
        "day_care": "日间照料中心",
        "canteen": "长者餐厅",
        "nursing_home": "养老院",
        "community_centre": "社区综合养老服务中心",
        "regional_centre": "区域养老服务中心",
        "hospice": "安宁疗护机构",
        "childcare": "托育机构",
        "other": "其他",
    }
    statuses = {
        "in_use": "在用",
        "planned": "拟建",
        "under_construction": "在建",
        "closed": "已停业",
        "misused": "挪作他用",
    }
    book = openpyxl.Workbook()
    note = book.active
    note.title = "填表说明"
    note["A1"] = "请各街道于每月底前报送，坐标按地图软件拾取。"
    sheet = book.create_sheet("设施台账")
    width = 14
    _title(sheet, 1, "示例区养老服务设施一览表", width, size=16)
    _title(sheet, 2, "填报单位：示例区民政局　　单位：平方米、张、人", width, size=11)
    upper = ["基本情况", "", "", "", "", "", "规模", "", "", "", "", "性质", "位置", ""]
    lower = ["设施编号", "设施名称", "设施类型", "服务内容", "运营状态", "开业日期"]
    lower += ["建筑面积", "床位数", "护理型床位", "日托位数", "日供餐能力", "所有制", "经度", "纬度"]
    sheet.append(upper)
    sheet.append(lower)
    for first, last in ((1, 6), (7, 11), (13, 14)):
        sheet.merge_cells(start_row=3, start_column=first, end_row=3, end_column=last)
    totals = dict.fromkeys(("floor_area_m2", "beds", "care_beds", "places", "meals_per_day"), 0)
    rows = _read_csv(clean / "facilities.csv")
    for number, row in enumerate(rows):
        area = row["floor_area_m2"]
        written = (area, f"{area}㎡" if area else "", f"{int(area):,}" if area else "")[number % 3]
        cells = [row["facility_id"], row["name"], kinds[row["kind"]], row["services"], statuses[row["status"]]]
        cells += [_day(row["opened_on"], number), written]
        for name in totals:
            totals[name] += int(row[name] or 0)
        cells += [int(row[name]) if row[name] else None for name in list(totals)[1:]]
        sheet.append([*cells, row["ownership"], *_picked(row, "gcj02")])
    sheet.append(["合计", None, None, None, None, None, *totals.values()])
    sheet.append(
        ["F900", "坐标未填服务站", "日间照料中心", "日托", "在用", "2024-01-01", 0, 0, 0, 0, 0, "公办", "0", "0"]
    )
    sheet.append(["注：床位数为核定床位。"])
    write_workbook(folder / "养老服务设施.xlsx", book)


def _candidates(clean: Path, folder: Path) -> None:
    uses = {"canteen": "长者餐厅", "day_care": "日间照料", "both": "两者皆可"}
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "备选点位"
    _title(sheet, 1, "闲置用房备选点位表", 12, size=16)
    heads = ["点位编号", "点位名称", "拟用途", "权属", "可用面积（㎡）", "楼层", "估算投资（万元）"]
    sheet.append([*heads, "日供餐能力", "日托位数", "是否必选", "经度", "纬度"])
    for row in _read_csv(clean / "candidates.csv"):
        cost = float(row["cost_cny"]) / 1e4 if row["cost_cny"] else None
        cells: list[Any] = [row["candidate_id"], row["name"], uses[row["use"]], row["tenure"]]
        cells += [row["floor_area_m2"], row["floor"], cost, row["meals_per_day"], row["places"], _flag(row["required"])]
        sheet.append([*cells, *_picked(row, "bd09")])
    write_workbook(folder / "备选点位.xlsx", book)


def _permits(clean: Path, folder: Path) -> None:
    days = [
        f"{who}{step}" for who in ("", "room_") for step in ("planned_on", "built_on", "accepted_on", "delivered_on")
    ]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "许可证"
    heads = [
        "建设工程规划许可证号",
        "项目名称",
        "分期",
        "建设单位",
        "发证日期",
        "住宅总建筑面积（万㎡）",
        "是否城区",
        "户数",
    ]
    heads += ["养老用房面积"]
    heads += [f"{who}{step}日期" for who in ("住宅", "养老用房") for step in ("规划", "建成", "验收", "交付")]
    _title(sheet, 1, "建设工程规划许可证发放台账", len(heads), size=16)
    sheet.append(heads)
    rows = _read_csv(clean / "permits.csv")
    for number, row in enumerate(rows):
        permit = (row["permit_no"], row["permit_no"].removeprefix("建字第"), row["permit_no"] + " ")[number % 3]
        area = float(row["residential_floor_area_m2"]) / 1e4
        cells: list[Any] = [permit, row["project"], row["phase"], row["applicant"], _day(row["issued_on"], number)]
        cells += [area, _flag(row["in_urban_area"]), row["households"], row["room_areas_m2"].replace(";", "、")]
        sheet.append([*cells, *(_day(row[name], number) for name in days)])
    first = rows[0]
    sheet.append([first["permit_no"], first["project"], first["phase"], first["applicant"], "2020年6月1日", 1.0])
    write_workbook(folder / "规划许可证.xlsx", book)


def answered(text: str, answers: Mapping[str, Mapping[str, str]] = ANSWERS) -> str:
    """Write answers into a study.toml: each key under the table of its layer, in place of one that stands there."""
    for layer, lines in answers.items():
        head, _table, rest = text.partition(f"[layers.{layer}]\n")
        body, blank, tail = rest.partition("\n\n")
        kept = [line for line in body.splitlines() if line.split("=")[0].strip() not in lines]
        added = [f"{key} = {value}" for key, value in lines.items()]
        text = f"{head}[layers.{layer}]\n" + "\n".join([*kept, *added]).rstrip("\n") + (blank or "\n") + tail
    return text


def _write_traps(path: Path) -> None:
    lines = ["# 原样文件里的陷阱", "", "每一处都是故意放的；右边是 planner 的处理。", ""]
    lines += ["| 文件 | 位置 | 陷阱 | 处理 |", "| --- | --- | --- | --- |"]
    lines += [f"| {file} | {place} | {trap} | {done} |" for file, place, trap, done in TRAPS]
    lines += ["", "`planner check` 会要求在 study.toml 里写明：", "", "```toml"]
    for layer, answers in ANSWERS.items():
        lines += [f"[layers.{layer}]", *(f"{key} = {value}" for key, value in answers.items())]
    path.write_text("\n".join([*lines, "```", ""]), encoding="utf-8", newline="\n")


def make_raw(clean: Path, folder: Path) -> None:
    """Write the files of the clean study `clean` into `folder` as bureaus would hand them over."""
    folder.mkdir(parents=True, exist_ok=True)
    for write in (_compounds, _areas, _gates, _rooms, _facilities, _candidates, _permits):
        write(clean, folder)
    (folder / "障碍.geojson").write_bytes((clean / "barriers.geojson").read_bytes())
    (folder / "study.toml").write_text(STUDY_TOML, encoding="utf-8", newline="\n")
    _write_traps(folder / "陷阱清单.md")

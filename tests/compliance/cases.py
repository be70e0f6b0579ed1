"""Read the cases that people write in YAML and put each to the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import yaml

import planner.standards as st
from planner.compliance import Compliance, check_compounds, check_permits
from planner.i18n import language

FOLDER = Path(__file__).parent / "cases"
VERDICTS = {"合规": "compliant", "不合规": "short", "不适用": "not_applicable", "无法判定": "unknown"}
STATUSES = {"在用": "in_use", "规划": "planned", "在建": "under_construction", "关闭": "closed", "挪用": "misused"}
YES_NO = {"是": True, "否": False, None: None}
OF = {"新建": "new", "已建成": "existing", None: None}
SIDE_BY_SIDE = ("cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025")

KEYS = {
    "case": {"名称", "口径", "日期", "许可", "小区", "用房", "期望", "各口径", "宽松", "不统筹", "自定"},
    "permit": {"号", "发证", "住宅面积", "户数", "城区", "用房", "项目", "分期"},
    "compound": {"号", "状态", "住宅面积", "户数", "人口", "城区", "建成年份", "托位", "点"},
    "room": {"号", "小区", "面积", "状态"},
    "expected": {"结论", "应配", "计入", "缺口", "偏小", "原因"},
    "own": {"新建", "已建成", "最小", "最小按", "范围", "起", "止", "来源"},
}


def every_case() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every case with a name: file and the case's own."""
    for file in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text(encoding="utf-8")):
            known(case, "case")
            yield f"{file.stem}: {case['名称']}", case


def known(entry: Mapping[str, Any], kind: str) -> None:
    """Refuse a misspelt key: what it says would be ignored."""
    assert set(entry) <= KEYS[kind], f"{set(entry) - KEYS[kind]} in {entry}"


def run(case: Mapping[str, Any]) -> Compliance:
    """Put a case to the program."""
    profiles = [profile(name, case) for name in ([case["口径"]] if "口径" in case else SIDE_BY_SIDE)]
    lenient = YES_NO[case.get("宽松", "否")]
    with language("en"):
        if "许可" in case:
            return check_permits(permits(case["许可"]), profiles=profiles, lenient=lenient)
        compounds, facilities = homes(case["小区"])
        return check_compounds(
            compounds,
            rooms=rooms(case["用房"]) if "用房" in case else None,
            facilities=facilities,
            profiles=profiles,
            as_of=case["日期"],
            lenient=lenient,
            joint=not YES_NO[case.get("不统筹", "否")],
        )


def profile(name: str, case: Mapping[str, Any]) -> st.Profile:
    """The profile of a case, shipped or of the case's own figures."""
    if "自定" not in case:
        return st.profile(name)
    own = case["自定"]
    known(own, "own")
    document = st.per_100_households(
        id=name,
        source=own["来源"],
        new_m2=own.get("新建"),
        existing_m2=own.get("已建成"),
        minimum_m2=own.get("最小"),
        minimum_each={"单处": "site", "合计": "total"}[own.get("最小按", "单处")],
        area={"城区": "urban", "全部": "all"}[own.get("范围", "全部")],
        in_force_from=own.get("起"),
        in_force_to=own.get("止"),
    )
    return document.profiles[0]


def permits(entries: list[Mapping[str, Any]]) -> pd.DataFrame:
    """A table of permits as the layer would have it; rooms that no permit tells of are a column that is not there."""
    for entry in entries:
        known(entry, "permit")
    table = pd.DataFrame(
        {
            "residential_floor_area_m2": [entry.get("住宅面积") for entry in entries],
            "households": [entry.get("户数") for entry in entries],
            "issued_on": pd.to_datetime([entry.get("发证") for entry in entries]),
            "in_urban_area": pd.array([YES_NO[entry.get("城区")] for entry in entries], dtype="boolean"),
            "project": pd.array([entry.get("项目") for entry in entries], dtype="str"),
            "phase": pd.array([entry.get("分期") for entry in entries], dtype="str"),
        },
        index=pd.Index([entry["号"] for entry in entries], name="permit_no"),
    ).astype({"residential_floor_area_m2": float, "households": float})
    if any("用房" in entry for entry in entries):
        areas = [";".join(str(area) for area in entry.get("用房", [])) or None for entry in entries]
        table["room_areas_m2"] = pd.array(areas, dtype="str")
    return table


def homes(entries: list[Mapping[str, Any]]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Compounds side by side on a plain, and the childcare facilities inside them."""
    places = []
    for at, entry in enumerate(entries):
        known(entry, "compound")
        places += [(at * 1000.0 + 10, number) for number in entry.get("托位", [])]
    outlines = [
        shapely.Point(at * 1000, 0) if entry.get("点") else shapely.box(at * 1000, -50, at * 1000 + 100, 50)
        for at, entry in enumerate(entries)
    ]
    compounds = gpd.GeoDataFrame(
        {
            "status": pd.array([OF[entry.get("状态")] for entry in entries], dtype="str"),
            "residential_floor_area_m2": [float(entry.get("住宅面积", "nan")) for entry in entries],
            "households": pd.array([entry.get("户数") for entry in entries], dtype="Int64"),
            "population": pd.array([entry.get("人口") for entry in entries], dtype="Int64"),
            "in_urban_area": pd.array([YES_NO[entry.get("城区")] for entry in entries], dtype="boolean"),
            "built_year": pd.array([entry.get("建成年份") for entry in entries], dtype="Int64"),
        },
        geometry=outlines,
        index=pd.Index([entry["号"] for entry in entries], name="compound_id"),
        crs="EPSG:4547",
    )
    facilities = gpd.GeoDataFrame(
        {
            "kind": ["childcare"] * len(places),
            "status": ["in_use"] * len(places),
            "opened_on": pd.to_datetime([None] * len(places)),
            "places": pd.array([number for _x, number in places], dtype="Int64"),
        },
        geometry=[shapely.Point(x, 0) for x, _number in places],
        index=pd.Index([f"F{at}" for at in range(len(places))], name="facility_id"),
        crs="EPSG:4547",
    )
    return compounds, facilities


def rooms(entries: list[Mapping[str, Any]]) -> pd.DataFrame:
    """A table of rooms as the layer would have it."""
    for entry in entries:
        known(entry, "room")
    return pd.DataFrame(
        {
            "compound_ids": pd.array([";".join(entry["小区"]) for entry in entries], dtype="str"),
            "floor_area_m2": [float(entry["面积"]) for entry in entries],
            "status": pd.array([STATUSES.get(entry.get("状态")) for entry in entries], dtype="str"),
        },
        index=pd.Index([entry["号"] for entry in entries], name="room_id"),
    )

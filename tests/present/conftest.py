"""A small invented town in the shapes that the board reads, with names that try to break the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from planner.standards import circle
from planner.walking.network import WalkNetwork
from planner.walking.walkers import WALKERS

EAST, NORTH, BLOCK = 400_000.0, 2_850_000.0, 240.0
NASTY = "<script>alert('x')</script> \"云岭\" & url(http://evil.example/a.png)"


@dataclass(frozen=True)
class FakeCoverage:
    """What the board reads of a tested circle."""

    circle: object
    study: object
    table: pd.DataFrame
    counts: np.ndarray

    def rates(self):
        covered = self.table["verdict"].isin(["pass", "fragile"])
        elders = self.table["elders_60"].astype("float64")
        area = self.study.layers["compounds"]["residential_floor_area_m2"].astype(float).reindex(self.table.index)
        parts = {
            "elders": (elders.sum(), elders[covered].sum()),
            "compounds": (len(self.table), covered.sum()),
        }
        rates = {"floor_area_m2": area.sum(), "floor_area_covered_m2": area[covered].sum()}
        for name, (whole, part) in parts.items():
            rates |= {
                name: whole,
                f"{name}_covered": part,
                f"share_{name}": part / whole if whole else np.nan,
            }
        rates["share_floor_area"] = rates["floor_area_covered_m2"] / rates["floor_area_m2"]
        rates |= {"communities": 4, "communities_with_facility": 3, "share_communities_with_facility": 0.75}
        return rates


def grid(crs):
    """Streets every 240 m, a stair and a footpath."""
    size = 8
    xy = [(EAST + BLOCK * i, NORTH + BLOCK * j) for j in range(size) for i in range(size)]
    pairs = [(j * size + i, j * size + i + 1) for j in range(size) for i in range(size - 1)]
    pairs += [(j * size + i, (j + 1) * size + i) for j in range(size - 1) for i in range(size) if j != 3 or i in {1, 5}]
    code = [2 if j == 36 else 1 if (i + j) % 5 == 0 else 0 for i, j in pairs]
    u, v = np.array(pairs).T
    network = WalkNetwork.from_edges(xy, u, v, crs=crs, code=code, classes=("street", "footway", "steps"))
    return replace(network, notes={"source": "osm"})


def frame(rows, index, crs):
    table = pd.DataFrame(rows)
    return gpd.GeoDataFrame(table.set_index(index), geometry="geometry", crs=crs)


def layers(crs):
    rng = np.random.default_rng(7)
    names = ["松风苑", "云岭山庄", "丰源小区", "学府佳园", "望岭花园", "临站家属院", "渡口新村", "荷塘里"]
    compounds, gates = [], []
    for j in range(7):
        for i in range(7):
            x, y = EAST + BLOCK * i + 14, NORTH + BLOCK * j + 14
            wide, high = rng.uniform(120, 210, 2)
            shape = shapely.box(x, y, x + wide, y + high) if (i, j) != (0, 0) else shapely.Point(x + 60, y + 60)
            number = len(compounds)
            row = {
                "compound_id": f"C{number:03d}",
                "name": f"{names[number % 8]}{'一二三四五六七'[number // 8]}期",
                "community": f"{'东西南北'[number % 4]}塘社区",
                "street": "鼓楼街道",
                "residential_floor_area_m2": float(rng.integers(20, 120) * 1000),
                "elders_60": int(rng.integers(40, 420)),
                "geometry": shape,
            }
            compounds.append(row)
            gates.append(
                {
                    "gate_id": f"G{number}",
                    "compound_id": row["compound_id"],
                    "open": number % 9 != 4,
                    "geometry": shapely.Point(x + wide / 2, y),
                }
            )
    compounds[10]["name"] = NASTY
    compounds[11]["elders_60"] = pd.NA
    kinds = [
        (
            "F1",
            "古井社区日间照料中心",
            "day_care",
            "full_day;day;meals;cleaning;bathing;nursing",
            "in_use",
            (1.02, 1.1),
        ),
        ("F2", "学府长者餐厅", "canteen", "meals", "in_use", (3.1, 5.05)),
        ("F3", "荷塘综合养老服务中心", "community_centre", "day;meals;nursing", "in_use", (5.05, 2.2)),
        ("F4", "渡口日间照料中心（拟建）", "day_care", "day;meals", "planned", (5.1, 5.9)),
        ("F5", "北坪长者餐厅", "canteen", "meals", "closed", (1.9, 6.1)),
        ("F6", "夕阳红养老院", "nursing_home", "", "in_use", (6.4, 6.6)),
        ("F7", "<b>托育</b>", "childcare", None, "in_use", (0.4, 4.4)),
    ]
    facilities = [
        {
            "facility_id": id_,
            "name": name,
            "kind": kind,
            "services": services,
            "status": status,
            "places": 30.0,
            "opened_on": pd.Timestamp("2019-05-01"),
            "meals_per_day": None,
            "geometry": shapely.Point(EAST + BLOCK * at[0], NORTH + BLOCK * at[1]),
        }
        for id_, name, kind, services, status, at in kinds
    ]
    half = BLOCK * 3.5
    areas = [
        {
            "area_id": f"A{n}",
            "name": f"{'东西南北'[n]}塘社区",
            "level": "community",
            "parent_id": "S1",
            "geometry": shapely.box(
                EAST + half * (n % 2),
                NORTH + half * (n // 2),
                EAST + half * (n % 2 + 1),
                NORTH + half * (n // 2 + 1),
            ),
        }
        for n in range(4)
    ]
    river = shapely.LineString(
        [
            (EAST - 100, NORTH + BLOCK * 3.4),
            (EAST + 800, NORTH + BLOCK * 3.6),
            (EAST + 1800, NORTH + BLOCK * 3.45),
        ]
    )
    table = frame(compounds, "compound_id", crs)
    table["elders_60"] = table["elders_60"].astype("Int64")
    gate_table = frame(gates, "gate_id", crs)
    gate_table["open"] = gate_table["open"].astype("boolean")
    return {
        "compounds": table,
        "gates": gate_table,
        "facilities": frame(facilities, "facility_id", crs),
        "areas": frame(areas, "area_id", crs),
        "barriers": frame([{"barrier_id": "B1", "name": "青禾河", "geometry": river.buffer(25)}], "barrier_id", crs),
    }


def tested(study, circle_id, facility_ids):
    """Grid distance to the nearest facility: enough for a drawing."""
    the_circle = circle(circle_id)
    compounds, facilities = study.layers["compounds"], study.layers["facilities"]
    rows = []
    for number, (id_, home) in enumerate(compounds.iterrows()):
        at = home.geometry.centroid
        far = {f: abs(at.x - p.x) + abs(at.y - p.y) for f, p in facilities.geometry.loc[facility_ids].items()}
        nearest = min(far, key=far.get)
        metres = far[nearest]
        row = {
            "compound_id": id_,
            "distance_m": metres,
            "inside_m": 40.0,
            "connector_m": 12.0,
            "facility_id": nearest,
        }
        row |= {
            f"minutes{name}": metres / speed / 60 for name, speed in {"": 0.8, "_standard": 1.0, "_frail": 0.6}.items()
        }
        row |= {"services_reached": "day;meals", "whole": False, "start": "gate", "reason": ""}
        row["margin_s"] = the_circle.limit_s - row["minutes"] * 60
        held = row["minutes"] <= the_circle.limit_min
        row["verdict"] = "pass" if row["minutes_frail"] <= the_circle.limit_min else "fragile" if held else "fail"
        if number in {6, 48}:
            nothing = dict.fromkeys(
                (
                    "distance_m",
                    "inside_m",
                    "connector_m",
                    "minutes",
                    "minutes_standard",
                    "minutes_frail",
                    "margin_s",
                ),
                np.nan,
            )
            row |= nothing | {
                "facility_id": None,
                "services_reached": "",
                "start": "",
                "verdict": "unknown",
                "reason": "off_network",
            }
        rows.append(row | {"circle": circle_id, "elders_60": home["elders_60"]})
    table = pd.DataFrame(rows).set_index("compound_id").astype({"elders_60": "Int64", "facility_id": "str"})
    return FakeCoverage(the_circle, study, table, facilities.index.isin(facility_ids))


@pytest.fixture
def make_study():
    def make(lang="zh", **changes):
        crs = CRS("EPSG:4547")
        drawn = layers(crs)
        parts = {
            "name": "示例城区",
            "lang": lang,
            "as_of": date(2026, 6, 30),
            "crs": crs,
            "layers": drawn,
            "homes": SimpleNamespace(home=drawn["compounds"].geometry.centroid.to_numpy()),
            "network": grid(crs),
            "walker": WALKERS["elder"],
            "settings": SimpleNamespace(
                study=SimpleNamespace(map_number=""),
                walking=SimpleNamespace(source=None),
                privacy=SimpleNamespace(suppress_below=10),
            ),
            "elder_basis": "",
            "entrances": SimpleNamespace(reason=np.array([""] * 6 + ["off_network"], dtype=object)),
        }
        return SimpleNamespace(**(parts | changes))

    return make


@pytest.fixture
def tested_circles():
    def run(study):
        return [tested(study, "care-15min", ["F1", "F3"]), tested(study, "meal-10min", ["F1", "F2", "F3"])]

    return run

"""Write study folders from the real data beside the checkout; nothing of that data is copied into the project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

BISHAN_ELDERS = 16_040
"""People aged 65 and more in the three subzones of Bishan, as data.gov.sg prints them: 6,000 + 4,510 + 5,530."""


def write_study(
    folder: Path,
    *,
    crs: str,
    network: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    as_of: str = "2026-06-30",
) -> Path:
    """Write the layers as GeoPackages and a study.toml that names them; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["[study]", f"name = {_text(folder.name)}", f"crs = {_text(crs)}", f"as_of = {as_of}", 'lang = "en"']
    lines += ["[walking]", f"network = {_text(network.as_posix())}"]
    for name, table in layers.items():
        table.to_file(folder / f"{name}.gpkg")
        lines += [f"[layers.{name}]", f"file = {_text(name + '.gpkg')}"]
    (folder / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def shared_out(total: int, weights: pd.Series) -> pd.Series:
    """Share a whole number out by weight; the largest remainders get the units left, so that the sum is exact."""
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(int)
    left = total - int(whole.sum())
    whole[(exact - whole).sort_values(ascending=False, kind="stable").index[:left]] += 1
    return whole


def bishan(data: Path, folder: Path) -> Path:
    """Residential buildings of Bishan as compounds, with real subzone elders and the care services of 2013."""
    data = data / "bishan"
    homes = gpd.read_file(data / "bishan_buildings.gpkg").query("residential == 'yes'").to_crs(3414)
    zones = gpd.read_file(data / "bishan_subzones.gpkg").to_crs(3414).set_index("subzone_code")
    points = homes.representative_point()
    homes["subzone"] = None
    for code, outline in zones.geometry.items():
        homes.loc[homes["subzone"].isna() & points.intersects(outline), "subzone"] = code
    homes = homes[homes["subzone"].notna()]
    floor = homes.area * np.maximum(1, (homes["height_m"] / 3).round())
    elders = pd.concat(
        [
            shared_out(int(zones.loc[code, "population_elderly_65plus"]), weights)
            for code, weights in floor.groupby(homes["subzone"])
        ]
    ).reindex(homes.index)
    compounds = {
        "compound_id": homes["osm_id"].astype(str),
        "residential_floor_area_m2": floor,
        "elders_60": elders,
        "community": homes["subzone"].astype(str),
    }
    care = gpd.read_file(data / "eldercare_services_2013_all_singapore.gpkg").to_crs(3414)
    facilities = {
        "facility_id": care["OBJECTID"].astype(str),
        "name": care["NAME"].str.split().str.join(" "),
        "kind": "day_care",
        "services": "day",
        "status": "in_use",
    }
    areas = {"area_id": zones.index, "name": zones["subzone_name"].to_numpy(), "level": "community"}
    return write_study(
        folder,
        crs="EPSG:3414",
        as_of="2013-12-31",
        network=data / "bishan_network.gpkg",
        layers={
            "compounds": gpd.GeoDataFrame(compounds, geometry=homes.geometry, crs=3414),
            "facilities": gpd.GeoDataFrame(facilities, geometry=care.geometry, crs=3414),
            "areas": gpd.GeoDataFrame(areas, geometry=zones.geometry.to_numpy(), crs=3414),
        },
    )


PUBLIC_PREMISES = {"preschools": 20, "community-clubs": 30, "supermarkets": 45}
"""Real premises of Bishan that could take in a canteen, and what that would cost in ten thousand: invented."""


def bishan_canteens(data: Path, folder: Path) -> Path:
    """Bishan with its hawker centre as the canteen there is, and preschools, clubs and shops as candidates."""
    bishan(data, folder)
    places = gpd.read_file(data / "bishan" / "bishan_facilities.gpkg").to_crs(3414)
    hawkers = places[places["kind"] == "hawker-centres"]
    canteens = {
        "facility_id": "H1",
        "name": hawkers["name"],
        "kind": "canteen",
        "services": "meals",
        "status": "in_use",
    }
    gpd.GeoDataFrame(canteens, geometry=hawkers.geometry, crs=3414).to_file(folder / "facilities.gpkg")
    premises = places[places["kind"].isin(PUBLIC_PREMISES)].reset_index(drop=True)
    candidates = {
        "candidate_id": [f"P{number:02}" for number in range(len(premises))],
        "name": premises["name"],
        "use": "canteen",
        "cost_cny": premises["kind"].map(PUBLIC_PREMISES) * 10_000,
    }
    gpd.GeoDataFrame(candidates, geometry=premises.geometry, crs=3414).to_file(folder / "candidates.gpkg")
    settings = folder / "study.toml"
    more = '[layers.candidates]\nfile = "candidates.gpkg"\n[siting]\ncircles = ["meal-10min"]\nsites = 5\n'
    settings.write_text(settings.read_text(encoding="utf-8") + more, encoding="utf-8")
    return folder


def bishan_estates(data: Path, folder: Path) -> Path:
    """Bishan with invented gated estates, 220 m squares without gates, around buildings, centres and streets alike."""
    bishan(data, folder)
    compounds = gpd.read_file(folder / "compounds.gpkg")
    west, south, east, north = compounds.total_bounds
    x, y = (side.ravel() for side in np.meshgrid(np.arange(west, east, 370.0), np.arange(south, north, 370.0)))
    ids = [f"E{number:03}" for number in range(x.size)]
    estates = gpd.GeoDataFrame(
        {"compound_id": ids, "elders_60": 0, "community": "BSSZ01", "gated": True},
        geometry=shapely.box(x, y, x + 220, y + 220),
        crs=3414,
    )
    pd.concat([compounds, estates], ignore_index=True).to_file(folder / "compounds.gpkg")
    return folder


def _day_care(points: Iterable[tuple[float, float]], *, crs: int) -> gpd.GeoDataFrame:
    """Invented day-care centres at fixed longitudes and latitudes, moved into a CRS."""
    places = gpd.GeoSeries(shapely.points(list(points)), crs=4326).to_crs(crs)
    ids = [f"F{number:02}" for number in range(1, len(places) + 1)]
    columns = {"facility_id": ids, "name": ids, "kind": "day_care", "services": "day;meals", "status": "in_use"}
    return gpd.GeoDataFrame(columns, geometry=places.to_numpy(), crs=crs)


def helsinki(data: Path, folder: Path) -> Path:
    """Population cells of 250 m as compounds, a fifth of their people taken as elders; four invented centres."""
    data = data / "helsinki"
    cells = gpd.read_file(data / "population_grid_2020.gpkg").to_crs(3879)
    compounds = {
        "compound_id": cells["id"].astype(str),
        "elders_60": (cells["population"] * 0.2).round().astype(int),
    }
    centres = [(24.9385, 60.1665), (24.9478, 60.1698), (24.9412, 60.1742), (24.9503, 60.1769)]
    return write_study(
        folder,
        crs="EPSG:3879",
        network=data / "Helsinki.osm.pbf",
        layers={
            "compounds": gpd.GeoDataFrame(compounds, geometry=cells.geometry, crs=3879),
            "facilities": _day_care(centres, crs=3879),
        },
    )


def shenzhen(data: Path, folder: Path) -> Path:
    """Invented squares of 40 m on a raster over the streets of Futian; every third has a gate in its east side."""
    network = data / "shenzhen" / "G_osmnx_original.graphml"
    nodes = nx.read_graphml(network, force_multigraph=True).nodes(data=True)
    lonlat = np.array([(float(place["x"]), float(place["y"])) for _node, place in nodes])
    to_metres = Transformer.from_crs(4326, 4547, always_xy=True)
    streets = shapely.MultiPoint(np.column_stack(to_metres.transform(*lonlat.T)))
    west, south, east, north = streets.bounds
    x, y = (side.ravel() for side in np.meshgrid(np.arange(west, east, 130.0), np.arange(south, north, 130.0)))
    near = shapely.dwithin(streets, shapely.points(x, y), 150.0)
    x, y = x[near], y[near]
    ids = [f"C{number:04}" for number in range(x.size)]
    elders = [(number * 37) % 211 for number in range(x.size)]
    compounds = gpd.GeoDataFrame(
        {"compound_id": ids, "elders_60": elders}, geometry=shapely.box(x - 20, y - 20, x + 20, y + 20), crs=4547
    )
    third = slice(None, None, 3)
    gates = {"gate_id": [f"G{one}" for one in ids[third]], "compound_id": ids[third]}
    centres = [(114.0060, 22.5280), (114.0180, 22.5350), (114.0300, 22.5420), (114.0250, 22.5250)]
    return write_study(
        folder,
        crs="EPSG:4547",
        network=network,
        layers={
            "compounds": compounds,
            "gates": gpd.GeoDataFrame(gates, geometry=shapely.points(x[third] + 20, y[third]), crs=4547),
            "facilities": _day_care(centres, crs=4547),
        },
    )

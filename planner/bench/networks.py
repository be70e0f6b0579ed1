"""Generate the networks, street files and studies that planner is measured on: seeded, of any size, from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from planner.walking.network import curve_order

CRS = "EPSG:4547"
_ORIGIN_M = (480_000.0, 2_850_000.0)  # Chenzhou, in CRS
_HISTORY = (
    'visible="true" version="3" changeset="98765432" timestamp="2025-11-30T08:15:00Z" user="mapper" uid="1234567"'
)
_HIGHWAYS = ("footway", "residential", "path", "service", "steps", "living_street", "tertiary", "pedestrian")


@dataclass(frozen=True)
class Streetplan:
    """Straight edges between points, every one walked both ways, with the arcs laid out by node.

    Parameters
    ----------
    xy : float64 array (n, 2)
        Points, metres, in the order of a space-filling curve.
    u, v : int32 arrays (m,)
        Points at the ends of each edge.
    length_m : float64 array (m,)
        Lengths.
    """

    xy: NDArray[np.float64]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]

    @classmethod
    def ordered(
        cls,
        xy: NDArray[np.float64],
        u: NDArray[np.int64],
        v: NDArray[np.int64],
        length_m: NDArray[np.float64],
    ) -> Streetplan:
        """Make a plan of points in any order: number them along the curve."""
        order = curve_order(xy)
        rank = np.empty(order.size, np.int32)
        rank[order] = np.arange(order.size)
        return cls(xy[order], rank[u], rank[v], length_m)

    def arcs(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Lay the arcs out by node.

        Returns
        -------
        indptr : int32 array (n + 1,)
        neighbour : int32 array (2 m,)
        cost : float64 array (2 m,)
            Metres.

        Examples
        --------
        >>> plan = Streetplan(np.zeros((3, 2)), np.array([0, 1]), np.array([1, 2]), np.array([5.0, 7.0]))
        >>> [column.tolist() for column in plan.arcs()]
        [[0, 1, 3, 4], [1, 0, 2, 1], [5.0, 5.0, 7.0, 7.0]]
        """
        owner, far = np.concatenate([self.u, self.v]), np.concatenate([self.v, self.u])
        order = np.lexsort((far, owner))
        count = np.bincount(owner, minlength=len(self.xy))
        indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
        return indptr, far[order].astype(np.int32), np.tile(self.length_m, 2)[order]


def irregular_grid(side: int, *, seed: int = 1, step_m: float = 20.0, share: float = 0.72) -> Streetplan:
    """Make a square grid of points, a share of whose neighbours are joined by streets of 0.25 to 1.75 steps.

    Parameters
    ----------
    side
        Points along each side of the square.
    seed
        Of the random numbers.
    step_m
        Between neighbouring points, metres.
    share
        Of the pairs of neighbours that are joined; 0.72 gives 1.44 edges a node.

    Returns
    -------
    Streetplan

    Examples
    --------
    >>> plan = irregular_grid(100)
    >>> len(plan.xy), plan.u.size
    (10000, 14256)
    """
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    keep = rng.random(u.size) < share
    length = rng.uniform(0.25, 1.75, int(keep.sum())) * step_m
    return Streetplan.ordered(np.column_stack([column, row]) * step_m, u[keep], v[keep], length)


def chained_city(*, junctions: int = 9_839, inner: int = 33_781, seed: int = 1) -> Streetplan:
    """Make a city as OpenStreetMap draws one: few junctions, and between them streets of many short pieces.

    As made by default it has the size of Hong Kong Island's road network: 43,620 points, 85 % of them of degree 2.

    Parameters
    ----------
    junctions
        Points at which streets may meet.
    inner
        Points inside streets.
    seed
        Of the random numbers.

    Returns
    -------
    Streetplan

    Examples
    --------
    >>> city = chained_city()
    >>> len(city.xy), round(float((np.bincount(np.r_[city.u, city.v]) == 2).mean()), 2)
    (43620, 0.85)
    """
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(junctions)))
    grid = irregular_grid(side, seed=seed, step_m=80.0, share=0.61)
    row = np.flatnonzero((grid.u < junctions) & (grid.v < junctions))
    u, v = grid.u[row].astype(np.int64), grid.v[row].astype(np.int64)
    counts = rng.multinomial(inner, np.full(u.size, 1.0 / u.size))
    street = np.repeat(np.arange(u.size), counts)
    within = np.arange(inner) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (within + 1) / (counts[street] + 1)
    xy = grid.xy[:junctions]
    points = xy[u[street]] * (1 - share)[:, None] + xy[v[street]] * share[:, None]
    points += rng.normal(0, 2.0, points.shape)
    number = junctions + np.arange(inner)
    tail = np.where(counts > 0, junctions + np.cumsum(counts) - 1, u)  # of each street, its last point before v
    a = np.concatenate([np.where(within == 0, u[street], number - 1), tail])
    b = np.concatenate([number, v])
    xy = np.concatenate([xy, points])
    return Streetplan.ordered(xy, a, b, np.hypot(*(xy[b] - xy[a]).T))


def write_osm(path: Path, *, ways: int = 5_000, seed: int = 1) -> None:
    """Write an OpenStreetMap file (XML) of streets with some points each, joined at their ends.

    Parameters
    ----------
    path
        File to write.
    ways
        About how many ways.
    seed
        Of the random numbers.
    """
    from pyproj import Transformer

    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(ways / 1.44)))
    grid = irregular_grid(side, seed=seed, step_m=90.0)
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    nodes: list[str] = []
    lines: list[str] = []

    def node(x: float, y: float) -> int:
        lon, lat = to_degrees.transform(_ORIGIN_M[0] + x, _ORIGIN_M[1] + y)
        nodes.append(f'  <node id="{len(nodes) + 1}" {_HISTORY} lat="{lat:.7f}" lon="{lon:.7f}"/>')
        return len(nodes)

    corner = [node(x, y) for x, y in grid.xy + rng.normal(0, 8, grid.xy.shape)]
    for number, (u, v) in enumerate(zip(grid.u, grid.v, strict=True), start=1):
        share = np.linspace(0, 1, rng.integers(2, 9))[1:-1, None]
        inner = grid.xy[u] * (1 - share) + grid.xy[v] * share + rng.normal(0, 3, (share.size, 2))
        refs = [corner[u], *(node(x, y) for x, y in inner), corner[v]]
        tags = {"highway": _HIGHWAYS[number % len(_HIGHWAYS)], "name": f"街道 {number}", "surface": "asphalt"}
        lines.append(f'  <way id="{number}" {_HISTORY}>')
        lines += [f'    <nd ref="{ref}"/>' for ref in refs]
        lines += [f"    <tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]
        lines.append("  </way>")
    head = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="planner bench">']
    path.write_text("\n".join([*head, *nodes, *lines, "</osm>", ""]), encoding="utf-8")


def write_study(
    folder: Path, *, compounds: int = 10_000, facilities: int = 500, side: int = 368, seed: int = 1
) -> Path:
    """Write a study: streets and compounds in GeoPackages, facilities in a csv.

    Parameters
    ----------
    folder
        Existing folder to write into.
    compounds, facilities
        How many.
    side
        As for `irregular_grid`; 368 leaves some 100,000 nodes when chains are contracted.
    seed
        Of the random numbers.

    Returns
    -------
    Path
        The folder.
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    rng = np.random.default_rng(seed)
    grid = irregular_grid(side, seed=seed, step_m=75.0)
    xy = grid.xy + rng.normal(0, 6, grid.xy.shape) + _ORIGIN_M
    streets = shapely.linestrings(np.stack([xy[grid.u], xy[grid.v]], axis=1))
    gpd.GeoDataFrame({"highway": ["residential"] * streets.size}, geometry=streets, crs=CRS).to_file(
        folder / "streets.gpkg"
    )

    middle = rng.uniform(xy.min(axis=0), xy.max(axis=0), (compounds, 2))
    half = rng.uniform(15, 60, (compounds, 2))
    homes = gpd.GeoDataFrame(
        {
            "compound_id": [f"C{number:05d}" for number in range(compounds)],
            "name": [f"小区 {number}" for number in range(compounds)],
            "residential_floor_area_m2": rng.uniform(5_000, 200_000, compounds).round(),
            "elders_60": rng.integers(20, 900, compounds),
        },
        geometry=shapely.box(*(middle - half).T, *(middle + half).T),
        crs=CRS,
    )
    homes.to_file(folder / "compounds.gpkg")

    place = rng.uniform(xy.min(axis=0), xy.max(axis=0), (facilities, 2))
    lonlat = gpd.GeoSeries(gpd.points_from_xy(*place.T), crs=CRS).to_crs("EPSG:4490")
    pd.DataFrame(
        {
            "facility_id": [f"F{number:03d}" for number in range(facilities)],
            "name": [f"设施 {number}" for number in range(facilities)],
            "kind": rng.choice(["day_care", "canteen", "community_centre"], facilities),
            "services": rng.choice(["day;meals", "meals", "full_day;day;meals;cleaning;bathing;nursing"], facilities),
            "status": "in_use",
            "lon": lonlat.x.round(7),
            "lat": lonlat.y.round(7),
        }
    ).to_csv(folder / "facilities.csv", index=False, encoding="utf-8-sig")
    settings = f"""[study]
name = "bench"
crs = "{CRS}"
as_of = 2026-06-30

[walking]
network = "streets.gpkg"

[layers.compounds]
file = "compounds.gpkg"

[layers.facilities]
file = "facilities.csv"
datum = "cgcs2000"
"""
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    return folder

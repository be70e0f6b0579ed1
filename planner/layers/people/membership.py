"""Find which compounds the people of an area or of a grid cell may live in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from planner.i18n import _

Ints = npt.NDArray[np.intp]

LEVELS = ("community", "street", "county", "urban")
"""Levels of area from the smallest on."""

_TEXTS = LEVELS[:3]  # the levels that a compound names in a column of that name
# A cell that touches less of a compound than this only shares its drawn edge with it.
_LEAST_PART = 1e-6


@dataclass(frozen=True, eq=False)
class Members:
    """Which compounds belong to which rows of the population layer, and how much of each.

    Parameters
    ----------
    row
        Position in the population layer, shape (k,).
    compound
        Position among the compounds, shape (k,).
    part
        Part of the compound that lies in it, by outline; 1 for the whole, shape (k,).
    grid
        Whether the rows are cells that cut through compounds, and not areas that compounds belong to.
    told
        What a reader should know of a row, by its id: that it was joined by name.
    aside
        Why a row is not used, by its id.
    """

    row: Ints
    compound: Ints
    part: npt.NDArray[np.float64]
    grid: bool = False
    told: Mapping[str, str] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)


def cells_of(cells: npt.NDArray[np.object_], compounds: gpd.GeoSeries) -> Members:
    """Find the compounds that grid cells overlap.

    Parameters
    ----------
    cells
        Polygons that do not overlap each other, shape (n,).
    compounds
        Outlines or points, in the same CRS.

    Returns
    -------
    Members
        With the part of each outline that lies in the cell; a point lies in one cell as a whole.

    Examples
    --------
    >>> homes = gpd.GeoSeries([shapely.box(0, 0, 4, 1), shapely.Point(3, 0.5)])
    >>> found = cells_of(shapely.box([0, 1], 0, [1, 4], 1), homes)
    >>> found.row.tolist(), found.compound.tolist(), found.part.tolist()
    ([0, 1, 1], [0, 0, 1], [0.25, 0.75, 1.0])
    """
    shapes = compounds.to_numpy()
    row, compound = shapely.STRtree(shapes).query(cells, predicate="intersects")
    area = shapely.area(shapes[compound])
    overlap = shapely.area(shapely.intersection(cells[row], shapes[compound]))
    part = np.divide(overlap, area, out=np.ones(len(area)), where=area > 0)
    kept = part > _LEAST_PART
    # A point on the line between cells lies in the first of them.
    order = np.lexsort((row, compound))
    again = np.zeros(len(row), dtype=bool)
    again[order[1:]] = np.diff(compound[order]) == 0
    kept &= ~(again & (area == 0))
    order = np.lexsort((compound[kept], row[kept]))
    return Members(row[kept][order], compound[kept][order], part[kept][order], grid=True)


def areas_of(population: pd.DataFrame, areas: gpd.GeoDataFrame | None, compounds: gpd.GeoDataFrame) -> Members:
    """Find the compounds of the areas that a population layer names.

    A row names an area by its id, else by a name that only one area has. A compound belongs to the area of that level
    which it names itself, as it does where results are summed up by area; else to the one that holds most of its
    outline, or its point.
    A compound belongs to one row at most: that of the smallest area. The total of an area that holds others of the
    same layer is set aside, since it counts their people again.

    Parameters
    ----------
    population
        Indexed by area_id, with a column ``name``.
    areas
        The areas layer, None where there is none.
    compounds
        The compounds, with the columns ``community``, ``street`` and ``county``.

    Returns
    -------
    Members
        Every part is 1.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"name": ["East"], "level": ["community"], "parent_id": [None]}, index=["E"],
    ...     geometry=[shapely.box(0, 0, 9, 9)])
    >>> homes = gpd.GeoDataFrame({"community": ["", "West"], "street": "", "county": ""}, index=["A", "B"],
    ...     geometry=[shapely.Point(1, 1), shapely.Point(20, 1)])
    >>> totals = pd.DataFrame({"name": [None, None]}, index=["East", "West"])
    >>> found = areas_of(totals, square, homes)
    >>> found.row.tolist(), found.compound.tolist()
    ([0, 1], [0, 1])
    """
    ids = [str(one) for one in population.index]
    area, told = _joined(population, areas)
    aside = _twice(population, area, set(told))
    level = np.full(len(population), "", dtype=object)
    holds: dict[int, Ints] = {}
    if areas is not None:
        level[area >= 0] = areas["level"].to_numpy(dtype=object)[area[area >= 0]]
        for name in LEVELS:
            rows = np.flatnonzero(level == name)
            if rows.size:
                belongs = _belongs(areas, name, compounds)
                holds |= {int(row): np.flatnonzero(belongs == area[row]) for row in rows}
    unknown: list[int] = np.flatnonzero(area < 0).tolist()
    for row in unknown:
        level[row], holds[row] = _by_text(ids[row], population["name"].iloc[row], compounds)
    if areas is not None:
        aside |= _wider(ids, areas, area, level, aside)
    rank = {name: place for place, name in enumerate((*LEVELS, ""))}
    free = np.ones(len(compounds), dtype=bool)
    pairs: list[tuple[int, int]] = []
    for row in sorted(holds, key=lambda row: (rank[str(level[row])], ids[row])):
        if ids[row] in aside:
            continue
        mine = holds[row][free[holds[row]]]
        free[mine] = False
        pairs += [(row, int(one)) for one in mine]
    rows_, compounds_ = (np.array(side, dtype=np.intp) for side in (zip(*pairs, strict=True) if pairs else ((), ())))
    return Members(rows_, compounds_, np.ones(len(pairs)), told=told, aside=aside)


def _joined(population: pd.DataFrame, areas: gpd.GeoDataFrame | None) -> tuple[Ints, dict[str, str]]:
    """Position of the area that each row is of, -1 for none."""
    if areas is None:
        return np.full(len(population), -1, dtype=np.intp), {}
    area: Ints = areas.index.get_indexer(population.index).astype(np.intp)
    single = areas["name"][~areas["name"].duplicated(keep=False)]
    told = {}
    for row in np.flatnonzero(area < 0).tolist():
        one = str(population.index[row])
        for name in (one, population["name"].iloc[row]):
            match = single.index[single == name] if isinstance(name, str) else []
            if len(match):
                area[row] = areas.index.get_loc(match[0])
                told[one] = _("no area has its identifier; joined to area {id} by the name {name}").format(
                    id=match[0], name=name
                )
                break
    return area, told


def _twice(population: pd.DataFrame, area: Ints, by_name: set[str]) -> dict[str, str]:
    """Rows whose area another row has: the one with the area's own id comes first, then the first by id."""
    first: dict[int, str] = {}
    aside = {}
    for one, place in sorted(zip(population.index, area, strict=True), key=lambda pair: (pair[0] in by_name, pair[0])):
        if place >= 0 and place in first:
            aside[one] = _("{id} is of the same area already").format(id=first[place])
        elif place >= 0:
            first[place] = one
    return aside


def _belongs(areas: gpd.GeoDataFrame, level: str, compounds: gpd.GeoDataFrame) -> Ints:
    """Position of the area of a level that each compound belongs to, -1 for none."""
    places = np.flatnonzero((areas["level"] == level).to_numpy())
    outlines, homes = areas.geometry.to_numpy()[places], compounds.geometry.to_numpy()
    home, at = shapely.STRtree(outlines).query(homes, predicate="intersects")
    overlap = shapely.area(shapely.intersection(homes[home], outlines[at]))
    touching = (overlap == 0) & (shapely.area(homes[home]) > 0)
    home, at, overlap = home[~touching], at[~touching], overlap[~touching]
    # The largest overlap, of equal ones the first by id.
    by_id = np.argsort(np.argsort(areas.index.to_numpy(dtype=object)[places]))
    order = np.lexsort((by_id[at], -overlap, home))
    home, at = home[order], at[order]
    found = np.full(len(compounds), -1, dtype=np.intp)
    first = np.unique(home, return_index=True)[1]
    found[home[first]] = places[at[first]]
    if level in _TEXTS:
        table = areas.iloc[places]
        single = table["name"][~table["name"].duplicated(keep=False)]
        known = {name: areas.index.get_loc(one) for one, name in single.items()}
        known |= {one: areas.index.get_loc(one) for one in table.index}
        said = compounds[level].to_numpy(dtype=object)
        named = np.array([known.get(one, -1) if isinstance(one, str) else -1 for one in said], dtype=np.intp)
        found = np.where(named >= 0, named, found)
    return found


def _by_text(one: str, name: object, compounds: gpd.GeoDataFrame) -> tuple[str, Ints]:
    """Compounds that name an area which the areas layer does not know, and the level at which they do."""
    names = [one, *([name] if isinstance(name, str) else [])]
    for level in _TEXTS:
        said = np.flatnonzero(compounds[level].isin(names).to_numpy())
        if said.size:
            return level, said
    return "", np.array([], dtype=np.intp)


def _wider(
    ids: list[str],
    areas: gpd.GeoDataFrame,
    area: Ints,
    level: npt.NDArray[np.object_],
    aside: Mapping[str, str],
) -> dict[str, str]:
    """Rows whose area holds the area of another row of a smaller level."""
    used = [int(row) for row in np.flatnonzero(area >= 0) if ids[row] not in aside]
    rank = {name: place for place, name in enumerate(LEVELS)}
    parent = areas["parent_id"].to_dict()
    points = shapely.point_on_surface(areas.geometry.to_numpy())
    found: dict[str, str] = {}
    for wide in used:
        outline, own = areas.geometry.iloc[area[wide]], areas.index[area[wide]]
        shapely.prepare(outline)
        smaller = [row for row in used if rank[level[row]] < rank[level[wide]]]
        inside = [
            row
            for row in smaller
            if own in _above(areas.index[area[row]], parent) or shapely.intersects(outline, points[area[row]])
        ]
        if inside:
            found[ids[wide]] = _(
                "{count} areas inside it are given on their own; its total would count their people again"
            ).format(count=len(inside))
    return found


def _above(one: str, parent: Mapping[str, object]) -> set[str]:
    chain: set[str] = set()
    above = parent.get(one)
    while isinstance(above, str) and above not in chain:
        chain.add(above)
        above = parent.get(above)
    return chain

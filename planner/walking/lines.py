"""Take walkable ways from a line layer, without joining a bridge or a tunnel to what it crosses."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from planner.errors import Fault, InputError, in_its_words
from planner.i18n import _
from planner.walking import ways
from planner.walking.contraction import components
from planner.walking.network import JOIN_M
from planner.walking.streets import Streets, pieces

if TYPE_CHECKING:
    import geopandas as gpd

SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".parquet")

_NO = {"", "no", "n", "f", "false", "0", "0.0", "none", "nan", "否", "无"}


def read_lines(path: Path, *, crs: CRS) -> Streets:
    """Read the walkable ways of a line layer file.

    Parameters
    ----------
    path
        gpkg, shp, geojson or parquet.
    crs
        Compute CRS: projected, metres.

    Returns
    -------
    Streets

    Raises
    ------
    InputError
        The file cannot be read, has no CRS, or holds no walkable line.
    """
    import geopandas as gpd

    try:
        table = gpd.read_parquet(path) if path.suffix.lower() == ".parquet" else gpd.read_file(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            Fault(
                _("the street layer cannot be read"),
                where=str(path),
                why=in_its_words(error),
                todo=_("open it in a GIS and save it again as a GeoPackage"),
            )
        ) from error
    return from_lines(table, crs=crs, where=str(path))


def from_lines(table: gpd.GeoDataFrame, *, crs: CRS, where: str = "") -> Streets:
    """Take the walkable ways of a line layer.

    Lines are joined where they share a point (within 1 mm). What crosses another line, or ends on it, without sharing a
    point is joined only when the layer says at which level its lines run (columns layer, level, bridge or tunnel, not
    all of them empty) and both run at the same one; otherwise the place is listed in ``notes["crossings"]``. So are
    crossings of two bridges, or two tunnels, where not both have a layer or level, and those of a line with itself.
    Two levels that both pass through a shared point stay apart there; a level that ends at it (the road before a
    bridge, the foot of a stair) is joined. An edge table with osmnx's columns ``u`` and ``v`` is joined by these alone.

    Parameters
    ----------
    table : GeoDataFrame
        Lines. Columns that count when present (upper or lower case): ``highway`` or ``fclass`` and the access tags of
        OpenStreetMap; ``layer``, ``level``, ``bridge``, ``tunnel``; ``u``, ``v``. Without any, every line is walkable.
    crs
        Compute CRS: projected, metres.
    where
        Named in messages.

    Returns
    -------
    Streets
        In ``crs``; ``notes`` counts ``ways``, ``ways_left_out``, ``not_lines`` and lists ``crossings`` and
        ``kept_apart`` as (x, y).

    Raises
    ------
    InputError
        The layer has no CRS, or holds no walkable line.
    """
    if table.crs is None:
        raise InputError(
            Fault(
                _("the street layer states no coordinate system"),
                where=where,
                todo=_("save it with its CRS (a shapefile needs its .prj)"),
            )
        )
    table = table.to_crs(crs)
    table.columns = [
        column if column == table.geometry.name else str(column).strip().lower() for column in table.columns
    ]
    rows, lines = _single_lines(table.geometry.to_numpy())
    found = _judged(table)
    walkable = np.array([found[row] is not None for row in rows], bool)
    rows, lines = rows[walkable], lines[walkable]
    once = _once(lines, rows, found)
    rows, lines = rows[once], lines[once]
    if not lines.size:
        raise InputError(
            Fault(
                _("the street layer holds no walkable line"),
                where=where,
                todo=_("check that it holds lines, and their highway values"),
            )
        )
    notes: dict[str, Any] = {
        # Way types by OpenStreetMap's names mean OpenStreetMap's streets, whose licence asks to be named on the map.
        "source": "osm" if {"highway", "fclass"} & set(table.columns) else "lines",
        "ways": int(lines.size),
        "ways_left_out": sum(way is None for way in found),
        "not_lines": len(table)
        - np.unique(np.flatnonzero(shapely.get_dimensions(table.geometry.to_numpy()) == 1)).size,
    }
    crossings: list[tuple[float, float]] = []
    apart: list[tuple[float, float]] = []
    if {"u", "v"} <= set(table.columns):
        u, v = (table[end].astype("object").where(table[end].notna(), None).to_numpy()[rows] for end in ("u", "v"))
        u[np.diff(rows, prepend=-1) == 0] = None  # inside a multi-line: only its own two ends are named
        v[np.diff(rows, append=-1) == 0] = None
        node, coords, indptr = _joined_by_id(lines, u, v)
    else:
        level, stated = _levels(table)
        lines, crossings = _cross(lines, None if level is None else level[rows], stated[rows])
        node, coords, indptr, apart = _joined_by_point(lines, np.zeros(lines.size) if level is None else level[rows])
    notes |= {"crossings": crossings, "kept_apart": apart}
    a, b, line = pieces(node, indptr)
    keep = a != b
    a, b, row = a[keep], b[keep], rows[line[keep]]
    kinds = [found[at] for at in row]
    return Streets(
        xy=coords,
        a=a,
        b=b,
        code=np.array([way.code for way in kinds if way], np.uint8),
        forward=np.array([way.forward for way in kinds if way], bool),
        backward=np.array([way.backward for way in kinds if way], bool),
        thoroughfare=np.array([way.thoroughfare for way in kinds if way], bool),
        crs=crs,
        classes=ways.classes(),
        notes=notes,
    )


def _single_lines(geometry: NDArray[np.object_]) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Take multi-lines apart; rows of the table and plain two-dimensional lines."""
    parts, rows = shapely.get_parts(shapely.force_2d(geometry), return_index=True)
    lines = (shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)
    return rows[lines], parts[lines]


def _judged(table: gpd.GeoDataFrame) -> list[ways.Way | None]:
    """Judge every row by its tags; a line that states no kind of way is a street, as in a layer without kinds."""
    if "highway" not in table and "fclass" in table:
        table = table.rename(columns={"fclass": "highway"})
    if "highway" not in table:
        table = table.assign(highway=None)
    keys = [key for key in ways.tag_keys() if key in table]
    columns = [table[key].astype("object").where(table[key].notna(), None).tolist() for key in keys]
    tagged = [
        {key: str(value) for key, value in zip(keys, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]
    return [ways.judge(tags if tags.get("highway") else {**tags, "highway": "road"}) for tags in tagged]


def _levels(table: gpd.GeoDataFrame) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """Level of every row: its layer or level where that is a number, else +1 for a bridge and -1 for a tunnel.

    Also whether that is known: two bridges of unknown height may cross one above the other.
    """
    import pandas as pd

    known = [name for name in ("layer", "level", "bridge", "tunnel") if name in table and table[name].notna().any()]
    level = np.full(len(table), np.nan)
    for name in ("layer", "level"):
        if name in known:
            number = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            if not np.isfinite(number).any() and table[name].notna().any():
                known.remove(name)  # the name of a drawing layer, not a height
            level = np.where(np.isnan(level), number, level)
    stated = np.ones(len(table), bool)
    for name, height in (("bridge", 1.0), ("tunnel", -1.0)):
        if name in known:
            says = ~table[name].astype("string").fillna("").str.strip().str.lower().isin(_NO).to_numpy(dtype=bool)
            guessed = says & (np.isnan(level) | (level == 0))
            level, stated = np.where(guessed, height, level), stated & ~guessed
    return (np.nan_to_num(level) if known else None), stated


def _joined_by_id(
    lines: NDArray[np.object_], u: NDArray[Any], v: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Give numbers to the points of lines whose ends are named; points between belong to their line alone.

    An end without a name (a line added by hand, a part of a multi-line) is that of the named end at its place, if any.
    """
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=lines.size))])
    node = np.arange(len(coords))
    ends = np.concatenate([indptr[:-1], indptr[1:] - 1])
    place = _point_keys(coords[ends])
    names = [None if name == "" else name for name in np.concatenate([u, v]).tolist()]
    named = {key: name for key, name in zip(place.tolist(), names, strict=True) if name is not None}
    first: dict[Any, int] = {}
    for at, key, name in zip(ends.tolist(), place.tolist(), names, strict=True):
        node[at] = first.setdefault(named.get(key, ("at", key)) if name is None else name, at)
    return node, coords, indptr


def _point_keys(coords: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give numbers to points so that those within a millimetre have one number, whatever cell rounding puts them in."""
    cells = np.round(coords / JOIN_M).astype(np.int64)
    _cells, first, number = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    points = shapely.points(coords[first])
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=JOIN_M)
    same: NDArray[np.int32] = components(points.size, one.astype(np.int32), other.astype(np.int32))
    return same[number.ravel()].astype(np.int64)


def _joined_by_point(
    lines: NDArray[np.object_], level: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], list[tuple[float, float]]]:
    """Give numbers to the points of lines; where several levels pass through a point, each has one of its own."""
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=lines.size))])
    key = _point_keys(coords)
    ends = np.full(len(coords), 2)  # a line that passes leaves in two directions, one that ends in one
    ends[indptr[:-1]] = 1
    ends[indptr[1:] - 1] = 1
    at_level = level[owner]
    lowest, highest = (np.full(key.max() + 1, fill) for fill in (np.inf, -np.inf))
    np.minimum.at(lowest, key, at_level)
    np.maximum.at(highest, key, at_level)
    mixed = np.flatnonzero((lowest < highest)[key])
    node, apart = key.copy(), []
    passing: dict[int, dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for at in mixed:
        passing[int(key[at])][float(at_level[at])] += int(ends[at])
    homes: dict[tuple[int, float], int] = {}
    spare = int(key.max()) + 1
    for point, levels in passing.items():
        through = sorted(height for height, count in levels.items() if count >= 2)
        if len(through) < 2:
            continue  # everything that ends here meets the one that passes
        for height in through:
            homes[point, height], spare = spare, spare + 1
        for height in levels:
            if height not in through:  # the nearest level, of two equally near the upper
                homes[point, height] = homes[point, min(through, key=lambda other: (abs(other - height), -other))]
    for at in mixed:
        node[at] = homes.get((int(key[at]), float(at_level[at])), node[at])
    _used, first, number = np.unique(node, return_index=True, return_inverse=True)
    split = {point for point, _height in homes}
    places = dict(zip(key[mixed].tolist(), coords[mixed].tolist(), strict=True))
    apart = [(places[point][0], places[point][1]) for point in sorted(split)]
    return number.ravel().astype(np.int64), coords[first], indptr, apart


def _cross(
    lines: NDArray[np.object_], level: NDArray[np.float64] | None, stated: NDArray[np.bool_]
) -> tuple[NDArray[np.object_], list[tuple[float, float]]]:
    """Give lines of one level that meet a common point; where levels are not known, list where they meet instead."""
    tree = shapely.STRtree(lines)
    across, ending = _crossing(lines, tree), _ending_on(lines, tree)
    line, xy = (np.concatenate(found) for found in zip(across, ending, strict=True))
    doubtful = (np.arange(len(line)) < len(across[0])) & ~stated[line].all(axis=1)
    if level is not None:
        same = level[line[:, 0]] == level[line[:, 1]]
        line, xy, doubtful = line[same], xy[same], doubtful[same]
    # Where both lines have the point already they share it: a junction as it should be.
    vertices, owner = shapely.get_coordinates(lines, return_index=True)
    keys = _point_keys(np.concatenate([vertices, xy]))
    has = set(zip(owner.tolist(), keys[: len(vertices)].tolist(), strict=True))
    at = keys[len(vertices) :].tolist()
    pairs = line.tolist()
    fresh = [row for row, key in enumerate(at) if (pairs[row][0], key) not in has or (pairs[row][1], key) not in has]
    listed = [row for row in fresh if level is None or doubtful[row]]
    crossings = sorted({(float(x), float(y)) for x, y in xy[listed]} | _crossing_itself(lines))
    if level is None:
        return lines, crossings
    cuts: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for row in sorted(set(fresh) - set(listed)):
        for one in pairs[row]:
            if (one, at[row]) not in has:
                cuts[one].append((float(xy[row][0]), float(xy[row][1])))
    lines = lines.copy()
    for one, stops in cuts.items():
        lines[one] = _with_points(lines[one], stops)
    return lines, crossings


def _crossing(lines: NDArray[np.object_], tree: shapely.STRtree) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find where lines cross: the two lines and the point."""
    one, other = tree.query(lines, predicate="crosses")
    once = one < other
    one, other = one[once], other[once]
    points, pair = shapely.get_parts(shapely.intersection(lines[one], lines[other]), return_index=True)
    dot = shapely.get_type_id(points) == 0
    pair = pair[dot]
    return np.column_stack([one[pair], other[pair]]), shapely.get_coordinates(points[dot])


def _crossing_itself(lines: NDArray[np.object_]) -> set[tuple[float, float]]:
    """Find where a line crosses itself without a point there: a ramp that winds, or a street drawn in one stroke."""
    found = set()
    for line in lines[~shapely.is_simple(lines)]:
        ends = shapely.get_coordinates(shapely.boundary(shapely.get_parts(shapely.node(line))))
        own = shapely.get_coordinates(line)
        keys = _point_keys(np.concatenate([own, ends]))
        found |= {(float(x), float(y)) for x, y in ends[~np.isin(keys[len(own) :], keys[: len(own)])]}
    return found


def _ending_on(lines: NDArray[np.object_], tree: shapely.STRtree) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find where a line ends on another: the two lines and the end."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.tile(np.arange(lines.size), 2)
    end, on = tree.query(ends, predicate="dwithin", distance=JOIN_M)
    other = owner[end] != on
    end, on = end[other], on[other]
    return np.column_stack([owner[end], on]), shapely.get_coordinates(ends[end])


def _with_points(line: shapely.LineString, stops: list[tuple[float, float]]) -> shapely.LineString:
    """Add points to a line where they lie on it."""
    coords = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    extra = shapely.line_locate_point(line, shapely.points(stops))
    order = np.argsort(np.concatenate([along, extra]), kind="stable")
    return shapely.linestrings(np.concatenate([coords, np.array(stops)])[order])


def _once(lines: NDArray[np.object_], rows: NDArray[np.intp], found: list[ways.Way | None]) -> NDArray[np.intp]:
    """Choose one of the lines that lie on each other and are judged alike: edge tables list both directions."""
    ways_of = [found[row] for row in rows]
    both = np.array([way is not None and way.forward == way.backward for way in ways_of])
    shape = np.where(both, shapely.to_wkb(shapely.normalize(lines)), shapely.to_wkb(lines))
    first: dict[tuple[bytes, ways.Way | None], int] = {}
    for at, key in enumerate(zip(shape, ways_of, strict=True)):
        first.setdefault(key, at)
    return np.fromiter(first.values(), np.intp, len(first))

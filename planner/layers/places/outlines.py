"""Make outlines of lines that nearly close or meet each other, and find outlines that are drawn twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from planner.i18n import _
from planner.layers.columns import LayerSpec
from planner.layers.files.geometries import Shapes
from planner.layers.ledger import Journal

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# A gap that a draughtsman did not mean: this wide, or this share of the whole line.
_GAP_M, _GAP_SHARE = 1.0, 0.01
_LINE_KINDS = [1, 2, 5]
_FEWEST_CORNERS = 3
# Of many rows alike so many are named.
_NAMED = 5
# What two outlines may share and still be two: a community that is all of its street, two kinds of facility in a house.
_MAY_SHARE = {"areas": "level", "facilities": "kind", "gates": "compound_id"}


def _gaps(lines: Shapes) -> Floats:
    gaps: Floats = shapely.distance(shapely.get_point(lines, 0), shapely.get_point(lines, -1))
    return gaps


def nearly_closed(lines: Shapes) -> Bools:
    """Tell which lines come back to where they start, but for a small gap.

    Parameters
    ----------
    lines
        LineStrings in metres, shape (n,).

    Returns
    -------
    ndarray
        True where a gap of no more than a metre, or a hundredth of the line, is left and corners are enough.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 9 0, 9 9, 0 0.5)", "LINESTRING (0 0, 9 0, 9 9, 0 5)"])
    >>> nearly_closed(lines).tolist()
    [True, False]
    """
    gaps, lengths = _gaps(lines), shapely.length(lines)
    corners = shapely.get_num_points(lines) - (gaps == 0)
    # A short line is no outline because its ends are near each other: the gap must be small beside it as well.
    small = (gaps <= np.maximum(_GAP_M, _GAP_SHARE * lengths)) & (gaps < lengths / _FEWEST_CORNERS)
    return np.asarray(small & (corners >= _FEWEST_CORNERS), dtype=bool)


def joined(pieces: Shapes) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Join lines whose ends lie within a metre of each other into outlines.

    Parameters
    ----------
    pieces
        LineStrings in metres, shape (n,).

    Yields
    ------
    tuple
        A polygon, and the positions of the pieces it is made of.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 9 0)", "LINESTRING (9 0.3, 9 9, 0 0)", "LINESTRING (50 0, 60 0)"])
    >>> [(round(area.area), parts) for area, parts in joined(lines)]
    [(39, (0, 1))]
    """
    if not len(pieces):
        return
    ends = np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)])
    xy = shapely.get_coordinates(ends)
    home = _met(ends)
    snapped = []
    for number, piece in enumerate(pieces):
        points = shapely.get_coordinates(piece).copy()
        points[0], points[-1] = xy[home[number]], xy[home[number + len(pieces)]]
        snapped.append(shapely.linestrings(points))
    lines = np.array(snapped, dtype=object)
    areas = shapely.get_parts(shapely.polygonize(lines))
    if not len(areas):
        return
    tree = shapely.STRtree(lines)
    for area in areas:
        parts = tree.query(area.boundary, predicate="covers")
        yield area, tuple(sorted(int(part) for part in parts))


def _met(ends: Shapes) -> npt.NDArray[np.int64]:
    """Return for each end the first of those that it meets, directly or by way of others."""
    one, other = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=_GAP_M)
    home = np.arange(len(ends))
    while True:
        nearer = home.copy()
        np.minimum.at(nearer, one, home[other])
        if (nearer == home).all():
            return home
        home = nearer


def close_outlines(shapes: Shapes, spec: LayerSpec, journal: Journal) -> Shapes:
    """Make polygons of lines where a layer takes outlines; a line that does not close is set aside.

    Parameters
    ----------
    shapes
        Geometries in metres, None where a row is set aside, shape (n,).
    spec
        The layer, which says what types it takes.
    journal
        Where it is written, with the area or the gap.

    Returns
    -------
    ndarray
        The geometries, shape (n,).
    """
    lines = journal.kept & np.isin(shapely.get_type_id(shapes), _LINE_KINDS)
    if "LineString" in spec.shapes or not lines.any():
        return shapes
    shapes = shapes.copy()
    mended: dict[int, str] = {}
    open_ones: dict[int, str] = {}
    for place in np.flatnonzero(lines):
        area, what = _closed(shapes[place])
        shapes[place] = area
        (open_ones if area is None else mended)[int(place)] = what
    for texts, action in ((mended, "mended"), (open_ones, "set_aside")):
        where = np.zeros(len(shapes), dtype=bool)
        where[list(texts)] = True
        journal.note(where, "geometry", list(texts.values()), action)  # type: ignore[arg-type]
    return shapes


def _closed(line: Any) -> tuple[Any, str]:
    """Return what a line encloses and how it was closed, or None and why not."""
    parts = shapely.get_parts(shapely.line_merge(line) if line.geom_type == "MultiLineString" else line)
    gaps = _gaps(parts)
    if nearly_closed(parts).all():
        areas = np.array([shapely.Polygon(shapely.get_coordinates(part)) for part in parts], dtype=object)
        # A ring inside another is its hole.
        rings = shapely.MultiLineString([area.exterior for area in areas])
        whole = areas[0] if len(areas) == 1 else shapely.build_area(rings)
        gap = float(gaps.max())
        what = (
            _("the outline was an open line; its ends, {gap:.2f} m apart, were joined: area {area:.1f} m²")
            if gap > 0
            else _("the outline was a closed line; what it encloses was taken: area {area:.1f} m²")
        )
        return whole, what.format(gap=gap, area=whole.area)
    found = list(joined(parts)) if len(parts) > 1 else []
    if found and set().union(*(pieces for _area, pieces in found)) == set(range(len(parts))):
        whole = shapely.union_all([area for area, _pieces in found])
        what = _("the outline was drawn in {count} pieces; they were joined: area {area:.1f} m²")
        return whole, what.format(count=len(parts), area=whole.area)
    what = _("the line does not close, and an outline is needed: its ends lie {gap:.2f} m apart")
    return None, what.format(gap=float(gaps.max()))


def note_twins(shapes: Shapes, values: dict[str, pd.Series[Any]], spec: LayerSpec, journal: Journal) -> None:
    """Doubt rows of different identifiers that have exactly the same outline or line.

    Parameters
    ----------
    shapes
        Geometries in metres, None where a row is set aside, shape (n,).
    values
        Read columns by name.
    spec
        The layer.
    journal
        Where the doubts are written.
    """
    drawn = journal.kept & (shapely.get_dimensions(shapes) > 0)
    places = np.flatnonzero(drawn)
    bounds = pd.DataFrame(shapely.bounds(shapes[places]))
    # To bring shapes into one form takes long, and hardly any two have the same bounds.
    places = places[bounds.duplicated(keep=False).to_numpy()]
    if not len(places):
        return
    forms = shapely.to_wkb(shapely.normalize(shapes[places]))
    apart = values[_MAY_SHARE[spec.name]].iloc[places] if spec.name in _MAY_SHARE else pd.Series("", index=places)
    groups: dict[tuple[bytes, str], list[int]] = {}
    for place, form, kind in zip(places.tolist(), forms, apart.astype("str").fillna(""), strict=True):
        groups.setdefault((form, kind), []).append(place)
    what = _("{id} has exactly the same outline as {others}")
    texts: dict[int, str] = {}
    for group in groups.values():
        for place in group:
            others = [str(journal.ids[other]) for other in group if journal.ids[other] != journal.ids[place]]
            if others:
                texts[place] = what.format(id=journal.ids[place], others=_(", ").join(others[:_NAMED]))
    where = np.zeros(len(shapes), dtype=bool)
    where[list(texts)] = True
    journal.note(where, "geometry", [texts[place] for place in sorted(texts)], "doubted")

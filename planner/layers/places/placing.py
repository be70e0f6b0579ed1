"""Find layers, and compounds, that lie far from everything else, and say in which reading they would not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from planner.errors import Cure, Fault
from planner.i18n import _
from planner.layers.ledger import Entry
from planner.layers.places.datums import WGS84, Datum, crs_name
from planner.layers.places.offsets import Floats, to_offset
from planner.layers.places.zones import fits, plain_zones, twin

Box = tuple[float, float, float, float]

FAR_M = 50_000.0
"""A city and its surroundings fit into this; what lies farther off has wrong coordinates."""

# Compounds and the streets that lead to them overlap; an extract may be cut a little close.
_OFF_STREETS_M = 5_000.0


@dataclass(frozen=True)
class Placed:
    """A layer in the compute CRS.

    Parameters
    ----------
    layer, file
        Names for messages.
    shapes
        Its geometries in the compute CRS, shape (n,).
    datum
        What its numbers were taken for.
    """

    layer: str
    file: str
    shapes: Any
    datum: Datum | None


@cache
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def other_readings(place: tuple[float, float], datum: Datum, crs: CRS, box: Box, *, within_m: float) -> tuple[str, ...]:
    """Name the readings of a place that bring it near a box.

    Parameters
    ----------
    place
        Where it lies as read, in `crs`.
    datum
        What its numbers were taken for.
    crs
        Compute CRS.
    box
        West, south, east and north of what it should lie near, in `crs`.
    within_m
        How near.

    Returns
    -------
    tuple of str
        ``EPSG:n`` for another zone, ``exchanged`` for east and north the other way round.

    Examples
    --------
    >>> zone = CRS.from_epsg(4547)
    >>> there = Transformer.from_crs(4546, 4547, always_xy=True).transform(401_160.0, 2_851_778.0)
    >>> box = (390_000.0, 2_840_000.0, 410_000.0, 2_860_000.0)
    >>> other_readings(there, Datum(CRS.from_epsg(4546)), zone, box, within_m=5_000.0)
    ('EPSG:4547',)
    """
    if datum.shift is not None:
        return ()
    raw = _transformer(crs, datum.crs).transform(*place)
    if datum.offset:
        lon, lat = to_offset(*map(np.asarray, raw), offset=datum.offset)
        raw = (float(lon), float(lat))
    ways: list[tuple[str, CRS, bool]] = [("exchanged", datum.crs, True)]
    if datum.crs.is_projected:
        same = twin(datum.crs)
        others = [zone for zone in (*plain_zones(), *([same] if same else [])) if zone != datum.crs]
        ways += [(f"EPSG:{zone.to_epsg()}", zone, False) for zone in others]
    near = []
    for name, source, exchanged in ways:
        x, y = raw[::-1] if exchanged else raw
        if not fits(source, x, y):
            continue
        moved = Datum(source, datum.offset).move(np.array([[x, y]]), crs)
        if np.isfinite(moved).all() and _apart(moved, box)[0] <= within_m:
            near.append(name)
    return tuple(near)


def _apart(xy: Floats, box: Box) -> Floats:
    """Return the distance of points from a box."""
    low, high = np.array(box[:2]), np.array(box[2:])
    beyond = np.maximum(np.maximum(low - xy, xy - high), 0.0)
    distance: Floats = np.hypot(beyond[:, 0], beyond[:, 1])
    return distance


def _bulk(shapes: Any) -> Box:
    """Return the bounds of nine tenths of the shapes, which one slip of the keyboard does not change."""
    bounds = shapely.bounds(shapes)
    low, high = np.quantile(bounds[:, :2], 0.05, axis=0), np.quantile(bounds[:, 2:], 0.95, axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _middle(shapes: Any) -> tuple[float, float]:
    x, y = np.median(shapely.get_coordinates(shapely.centroid(shapes)), axis=0)
    return float(x), float(y)


def far_layers(layers: Iterable[Placed], crs: CRS) -> list[Fault]:
    """Refuse layers of which nothing lies near the other layers, where another reading or the country tells why.

    Parameters
    ----------
    layers
        Layers with places, the compounds first.
    crs
        Compute CRS.

    Returns
    -------
    list of Fault
        One for each layer whose every shape lies more than 50 km from the bulk of most other layers, when another
        reading would bring it there, or when it lies in China and they do not, or the other way round.

    Examples
    --------
    >>> far_layers([], CRS.from_epsg(4547))
    []
    """
    placed = [one for one in layers if len(one.shapes)]
    if len(placed) < 2:
        return []
    boxes = [_bulk(one.shapes) for one in placed]
    middles = np.array([_middle(one.shapes) for one in placed])
    together = np.array([_apart(middles, box) <= FAR_M for box in boxes])
    together |= together.T
    anchor = int(np.argmax(together.sum(axis=1)))
    town = boxes[anchor]
    for number in np.flatnonzero(together[anchor]):
        low, high = np.minimum(town[:2], boxes[number][:2]), np.maximum(town[2:], boxes[number][2:])
        town = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    faults = []
    for number in np.flatnonzero(~together[anchor]):
        one = placed[number]
        centres = shapely.get_coordinates(shapely.centroid(one.shapes))
        if _apart(centres, town).min() <= FAR_M:
            continue
        ways = other_readings(tuple(middles[number]), one.datum, crs, town, within_m=FAR_M) if one.datum else ()
        if ways or _in_china(middles[number], crs) != _in_china(middles[anchor], crs):
            whole = _("the layer lies {distance:.0f} km away from the other layers, at {place}").format(
                distance=_apart(centres, town).min() / 1000, place=_degrees(middles[number], crs)
            )
            faults.append(_misplaced(one, whole, _("they lie at {place}"), _degrees(middles[anchor], crs), ways))
    return faults


def _in_china(xy: Floats, crs: CRS) -> bool:
    lon, lat = _transformer(crs, WGS84).transform(*xy)
    return bool(73 <= lon <= 135.5 and 17 <= lat <= 54)


def _degrees(xy: Floats, crs: CRS) -> str:
    lon, lat = _transformer(crs, WGS84).transform(*xy)
    return _("longitude {lon:.3f}, latitude {lat:.3f}").format(lon=lon, lat=lat)


def _misplaced(one: Placed, what: str, why: str, place: str, ways: tuple[str, ...]) -> Fault:
    name = one.datum.name if one.datum else ""
    todo = _("check datum under [layers.{layer}], now {datum}").format(layer=one.layer, datum=name)
    cure = None
    zones = [way for way in ways if way != "exchanged"]
    if zones:
        told = _(", ").join(crs_name(CRS.from_user_input(zone)) for zone in zones)
        todo = _('its numbers fit there as {zones}: write datum = "{zone}" under [layers.{layer}]').format(
            zones=told, zone=zones[0], layer=one.layer
        )
        cure = Cure.setting(f"layers.{one.layer}", "datum", zones[0], others=zones[1:])
    elif ways:
        todo = _("its numbers fit there with east and north exchanged: exchange the two columns under fields")
    return Fault(what, where=one.file, why=why.format(place=place), todo=todo, cure=cure)


def off_streets(
    compounds: Placed, ids: Iterable[str], rows: Mapping[str, int] | pd.Series[int], lines: Any, crs: CRS
) -> tuple[list[Fault], list[Entry]]:
    """Find compounds that lie more than 5 km outside of the streets' bounds.

    Parameters
    ----------
    compounds
        The compounds.
    ids
        Their identifiers, in the same order.
    rows
        Row in the file by identifier.
    lines
        Streets, LineStrings in `crs`, shape (m,).
    crs
        Compute CRS.

    Returns
    -------
    faults, entries
        One fault when all of them do: it names the reading in which they would not. Else a doubt for each that does.

    Examples
    --------
    >>> one = Placed("compounds", "c.csv", shapely.points([[0.0, 9_000.0], [0.0, 0.0]]), Datum(CRS.from_epsg(4547)))
    >>> streets = shapely.linestrings([[[0, 0], [1000, 1000]]])
    >>> faults, entries = off_streets(one, ["A", "B"], {"A": 2, "B": 3}, streets, CRS.from_epsg(4547))
    >>> len(faults), entries[0].id, entries[0].row
    (0, 'A', 2)
    """
    if not len(compounds.shapes) or not len(lines):
        return [], []
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(lines))
    bounds = shapely.bounds(compounds.shapes)
    nearest = np.column_stack(
        [np.clip((west + east) / 2, *bounds[:, [0, 2]].T), np.clip((south + north) / 2, *bounds[:, [1, 3]].T)]
    )
    box = (west, south, east, north)
    apart_m = _apart(nearest, box)
    off = apart_m > _OFF_STREETS_M
    if off.all():
        middle = _middle(compounds.shapes)
        what = _(
            "all compounds lie outside of the walking network, the nearest {distance:.0f} km off, at {place}"
        ).format(distance=apart_m.min() / 1000, place=_degrees(np.array(middle), crs))
        ways: tuple[str, ...] = ()
        if compounds.datum:
            ways = other_readings(middle, compounds.datum, crs, box, within_m=_OFF_STREETS_M)
        streets = _degrees(np.array([(west + east) / 2, (south + north) / 2]), crs)
        return [_misplaced(compounds, what, _("the streets lie at {place}"), streets, ways)], []
    what = _("it lies {distance:.1f} km outside of the walking network; its coordinates may be wrong")
    entries = [
        Entry(
            "compounds",
            compounds.file,
            int(rows[one]),
            one,
            "geometry",
            what.format(distance=metres / 1000),
            "doubted",
        )
        for one, metres, is_off in zip(ids, apart_m, off, strict=True)
        if is_off
    ]
    return [], entries

"""Read from the numbers of a file which is east and which is north, and what zone they can be in.

Chinese survey tables call the north X and the east Y, and write the number of the zone before the east or leave it
out. What the numbers can mean in one way only is read so, and told; what they leave open is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.ledger import Journal
from planner.layers.places.datums import WGS84, Datum, crs_name
from planner.layers.places.offsets import Floats
from planner.layers.settings import DATUM_NAMES

Shapes = npt.NDArray[np.object_]

# The CGCS2000 zones of EPSG: 3 degrees wide with the zone number before the easting (25 to 45) and without, and
# 6 degrees wide with it (13 to 23).
_NUMBERED, _PLAIN, _WIDE = 4513, 4534, 4491
_ZONES, _FIRST_ZONE, _WIDE_ZONES, _FIRST_WIDE = 21, 25, 11, 13
_ZONE_M = 1_000_000
# What eastings (without the zone number) and northings can be in China, metres.
_EAST_M, _NORTH_M = (166_000.0, 834_000.0), (1_900_000.0, 5_960_000.0)
# Surveys go on beyond the edge of the zone they are in: Chenzhou's west in the zone of its centre.
_BEYOND_DEG = 2.0
# Numbers so near to where a zone is used are degrees, though metres were declared.
_NEAR_DEG = 10.0
_MOST_DEGREES = 180.0
# China's west in degrees (west, south, east, north): as longitude before latitude it would lie where nobody lives, so
# that 39.5, 76.0 (Kashgar) is latitude before longitude. Farther east the longitude is no latitude at all.
_CHINA_WEST = (73.0, 27.0, 90.0, 50.0)
# A row is mended after the example of the others where there are so many and its own place is that far off.
_EXAMPLES, _FAR_M, _FAR_DEG = 5, 20_000.0, 0.2


@dataclass(frozen=True)
class Reading:
    """How the numbers of a file are read.

    Parameters
    ----------
    datum
        What they mean.
    exchanged
        Whether the first number is north and the second east.
    told
        What was read otherwise than declared, empty where nothing was.

    Examples
    --------
    >>> Reading(Datum(WGS84)).exchanged
    False
    """

    datum: Datum
    exchanged: bool = False
    told: str = ""


def epsg_of_numbers(east: float, north: float) -> str:
    """Name the CGCS2000 zone that an easting says itself.

    Parameters
    ----------
    east, north
        Metres.

    Returns
    -------
    str
        ``EPSG:n``; empty where the easting has no zone number or the two are no such coordinates.

    Examples
    --------
    >>> epsg_of_numbers(38_401_160.1, 2_851_778.6), epsg_of_numbers(19_701_160.1, 2_851_778.6)
    ('EPSG:4526', 'EPSG:4497')
    >>> epsg_of_numbers(401_160.1, 2_851_778.6)
    ''
    """
    zone, rest = divmod(east, _ZONE_M)
    if not (_EAST_M[0] <= rest <= _EAST_M[1] and _NORTH_M[0] <= north <= _NORTH_M[1]):
        return ""
    if 0 <= zone - _FIRST_ZONE < _ZONES:
        return f"EPSG:{_NUMBERED + int(zone) - _FIRST_ZONE}"
    return f"EPSG:{_WIDE + int(zone) - _FIRST_WIDE}" if 0 <= zone - _FIRST_WIDE < _WIDE_ZONES else ""


def is_plain_zone(east: float, north: float) -> bool:
    """Tell whether two numbers can be coordinates of a Chinese zone without its number.

    Examples
    --------
    >>> is_plain_zone(401_160.1, 2_851_778.6), is_plain_zone(371_000.0, 149_000.0)
    (True, False)
    """
    return _EAST_M[0] <= east <= _EAST_M[1] and _NORTH_M[0] <= north <= _NORTH_M[1]


def twin(crs: CRS) -> CRS | None:
    """Return the same 3-degree zone with its number where it has none, and without where it has.

    Examples
    --------
    >>> twin(CRS.from_epsg(4547)).to_epsg(), twin(CRS.from_epsg(4526)).to_epsg(), twin(WGS84)
    (4526, 4547, None)
    """
    code = crs.to_epsg() or 0
    if _NUMBERED <= code < _NUMBERED + _ZONES:
        return CRS.from_epsg(code + _PLAIN - _NUMBERED)
    if _PLAIN <= code < _PLAIN + _ZONES:
        return CRS.from_epsg(code - _PLAIN + _NUMBERED)
    return None


def plain_zones() -> tuple[CRS, ...]:
    """Return the 3-degree zones without zone number, west to east.

    Examples
    --------
    >>> plain_zones()[13].to_epsg()
    4547
    """
    return tuple(CRS.from_epsg(_PLAIN + number) for number in range(_ZONES))


@cache
def _degrees(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, crs.geodetic_crs or WGS84, always_xy=True)


def fits(crs: CRS, x: float, y: float) -> bool:
    """Tell whether coordinates lie where a CRS is used, or within two degrees around.

    Parameters
    ----------
    crs
        The CRS; one that does not say where it is used fits everywhere.
    x, y
        East and north, in its units.

    Examples
    --------
    >>> zone = CRS.from_epsg(4547)
    >>> fits(zone, 401_160.1, 2_851_778.6), fits(zone, 2_851_778.6, 401_160.1), fits(zone, 38_401_160.1, 2_851_778.6)
    (True, False, False)
    """
    if crs.is_geographic:
        return abs(x) <= 180 and abs(y) <= 90
    area = crs.area_of_use
    return area is None or _lies_in(area.bounds, *_degrees(crs).transform(x, y), around_deg=_BEYOND_DEG)


def _lies_in(bounds: tuple[float, ...], lon: float, lat: float, *, around_deg: float) -> bool:
    west, south, east, north = bounds
    if not (np.isfinite([lon, lat]).all() and south - around_deg <= lat <= north + around_deg):
        return False
    # An area may go across the 180th meridian.
    width = (east - west) % 360 or 360.0
    return bool((lon - west + around_deg) % 360 <= width + 2 * around_deg)


def _middle(shapes: Shapes) -> tuple[float, float] | None:
    """Return the median of the coordinates, without those that are none."""
    xy = shapely.get_coordinates(shapes)
    xy = xy[np.isfinite(xy).all(axis=1) & (xy != 0).any(axis=1)]
    return (float(np.median(xy[:, 0])), float(np.median(xy[:, 1]))) if len(xy) else None


def are_metres(shapes: Shapes) -> bool:
    """Tell whether the numbers of a file are too large for degrees.

    Examples
    --------
    >>> are_metres(np.array([shapely.Point(401_160, 2_851_778)])), are_metres(np.array([shapely.Point(113.01, 25.79)]))
    (True, False)
    """
    middle = _middle(shapes)
    return middle is not None and max(map(abs, middle)) > _MOST_DEGREES


def exchange(shapes: Shapes) -> Shapes:
    """Return shapes with the two numbers of every point exchanged.

    Examples
    --------
    >>> exchange(np.array([shapely.Point(1, 2), None]))[0]
    <POINT (2 1)>
    """
    exchanged: Shapes = shapely.set_coordinates(shapes.copy(), shapely.get_coordinates(shapes)[:, ::-1])
    return exchanged


def read_numbers(shapes: Shapes, datum: Datum, *, layer: str, file: str) -> Reading:
    """Decide how the numbers of a file are read in the datum that it, or the study, declares.

    Parameters
    ----------
    shapes
        Geometries with the file's numbers, the first as x, shape (n,).
    datum
        What is declared.
    layer, file
        Names for the message.

    Returns
    -------
    Reading
        As declared where that gives a place at which the datum is used, or where nothing else does; else the one way
        that does: exchanged, or the same zone with or without its number.

    Raises
    ------
    InputError
        The numbers say another zone than is declared, or are metres where degrees are declared or degrees where
        metres are; or more than one way fits.

    Examples
    --------
    >>> here = np.array([shapely.Point(2_851_778.6, 38_401_160.1)])
    >>> reading = read_numbers(here, Datum(CRS.from_epsg(4547)), layer="compounds", file="小区.xlsx")
    >>> reading.exchanged, reading.datum.crs.to_epsg()
    (True, 4526)
    """
    middle = _middle(shapes)
    if middle is None:
        return Reading(datum)
    if datum.crs.is_geographic:
        return _read_degrees(middle, datum, layer, file)
    x, y = middle
    if fits(datum.crs, x, y):
        return Reading(datum)
    area = datum.crs.area_of_use
    if area and any(_lies_in(area.bounds, *order, around_deg=_NEAR_DEG) for order in (middle, middle[::-1])):
        raise InputError(_are_degrees(middle, datum, layer, file))
    other = twin(datum.crs)
    ways = [(datum.crs, True), *([(other, False), (other, True)] if other else [])]
    fitting = [(crs, turned) for crs, turned in ways if fits(crs, *((y, x) if turned else (x, y)))]
    if len(fitting) == 1:
        crs, turned = fitting[0]
        return Reading(replace(datum, crs=crs), turned, _told(middle, datum.crs, crs, exchanged=turned))
    said = [code for code in (epsg_of_numbers(x, y), epsg_of_numbers(y, x)) if code]
    if len(said) == 1:
        raise InputError(_another_zone(middle, datum, said[0], layer, file))
    return Reading(datum)


def _read_degrees(middle: tuple[float, float], datum: Datum, layer: str, file: str) -> Reading:
    x, y = middle
    if max(abs(x), abs(y)) > _MOST_DEGREES:
        if fault := _known_metres(middle, datum, layer, file):
            raise InputError(fault)
        return Reading(datum)
    west, south, east, north = _CHINA_WEST
    if abs(y) > 90 >= abs(x) or (west <= y <= east and south <= x <= north):
        told = _("the first number is the latitude and the second the longitude ({x:.4f}, {y:.4f}); exchanged")
        return Reading(datum, exchanged=True, told=told.format(x=x, y=y))
    return Reading(datum)


def _told(middle: tuple[float, float], declared: CRS, crs: CRS, *, exchanged: bool) -> str:
    x, y = middle
    texts = []
    if exchanged:
        text = _("x is north and y is east, as in survey tables ({x:.1f}, {y:.1f}); exchanged")
        texts.append(text.format(x=x, y=y))
    if crs != declared:
        numbered = (crs.to_epsg() or 0) < _PLAIN
        has = _("the eastings have a zone number") if numbered else _("the eastings have no zone number")
        text = _("{has}: read as {crs}, the same zone as {declared}")
        texts.append(text.format(has=has, crs=crs_name(crs), declared=crs_name(declared)))
    return _("; ").join(texts)


def _cure(layer: str, *datums: str) -> Cure:
    first, *others = datums
    return Cure.setting(f"layers.{layer}", "datum", first, others=others)


def _write(layer: str, code: str) -> str:
    return _('write datum = "{code}" under [layers.{layer}] if the survey says so').format(code=code, layer=layer)


def _another_zone(middle: tuple[float, float], datum: Datum, code: str, layer: str, file: str) -> Fault:
    return Fault(
        _("the eastings carry the number of another zone than {datum}: {x:.1f}, {y:.1f}").format(
            datum=datum.name, x=middle[0], y=middle[1]
        ),
        where=file,
        why=_("as CGCS2000 they are {crs}").format(crs=crs_name(CRS.from_user_input(code))),
        todo=_write(layer, code),
        cure=_cure(layer, code),
    )


def _are_degrees(middle: tuple[float, float], datum: Datum, layer: str, file: str) -> Fault:
    return Fault(
        _("the coordinates are degrees: {x:.4f}, {y:.4f}").format(x=middle[0], y=middle[1]),
        where=file,
        why=_("{datum} means metres").format(datum=datum.name),
        todo=_('write "wgs84", "cgcs2000", "gcj02" or "bd09" as datum under [layers.{layer}]').format(layer=layer),
        cure=_cure(layer, *DATUM_NAMES),
    )


def _known_metres(middle: tuple[float, float], datum: Datum, layer: str, file: str) -> Fault | None:
    """Return the fault of metres called degrees, where the numbers say their zone."""
    code = epsg_of_numbers(*middle) or epsg_of_numbers(*middle[::-1])
    if not code:
        return None
    return Fault(
        _("the coordinates are no degrees: {x:.3f}, {y:.3f}").format(x=middle[0], y=middle[1]),
        where=file,
        why=_("{datum} means longitude and latitude; as CGCS2000 they are {crs}").format(
            datum=datum.name, crs=crs_name(CRS.from_user_input(code))
        ),
        todo=_write(layer, code),
        cure=_cure(layer, code),
    )


def ask_for_datum(shapes: Shapes, asked: Fault, layer: str) -> Fault:
    """Add to the question for a datum what the numbers tell of the answer.

    Parameters
    ----------
    shapes
        Geometries with the file's numbers, shape (n,).
    asked
        The question.
    layer
        Name of the layer.

    Returns
    -------
    Fault
        The question, with the zone where the eastings say it and the range of zones where they do not.

    Examples
    --------
    >>> here = np.array([shapely.Point(38_401_160.1, 2_851_778.6)])
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     print(ask_for_datum(here, Fault("which datum?"), "compounds").todo)
    write datum = "EPSG:4526" under [layers.compounds] if the survey says so
    """
    middle = _middle(shapes)
    if middle is None:
        return asked
    for x, y in (middle, middle[::-1]):
        if code := epsg_of_numbers(x, y):
            why = _(
                "the eastings carry a zone number; as CGCS2000 they are {crs}, but Xian 80 and Beijing 54 look alike"
            )
            why = why.format(crs=crs_name(CRS.from_user_input(code)))
            return replace(asked, why=why, todo=_write(layer, code), cure=_cure(layer, code))
        if is_plain_zone(x, y):
            why = _("the eastings carry no zone number, so the numbers alone do not tell the zone")
            todo = _(
                'ask whose survey it is: as CGCS2000, datum under [layers.{layer}] is "EPSG:4534" (75° E) to '
                '"EPSG:4554" (135° E), by the central meridian; "EPSG:4547" is 114° E'
            ).format(layer=layer)
            return replace(asked, why=why, todo=todo, cure=_cure(layer, "EPSG:4547"))
    if max(abs(number) for number in middle) > _MOST_DEGREES:
        why = _("{x:.0f}, {y:.0f} are no degrees, nor metres of a zone of CGCS2000").format(x=middle[0], y=middle[1])
        todo = _(
            "ask whose survey it is: what is in a system of the city's own, the surveying office has to convert to "
            'CGCS2000; of any other write its code, datum = "EPSG:n" under [layers.{layer}]'
        ).format(layer=layer)
        return replace(asked, why=why, todo=todo, cure=None)
    return asked


def mend_rows(shapes: Shapes, datum: Datum, journal: Journal) -> Shapes:
    """Mend single points whose numbers are written in another way than those of the others.

    Parameters
    ----------
    shapes
        Geometries with the file's numbers, read as :func:`read_numbers` says, shape (n,).
    datum
        What they mean.
    journal
        Where it is told.

    Returns
    -------
    ndarray
        Shapes, with points exchanged, or their zone number taken off or added, where that and nothing else brings them
        to the others, shape (n,).

    Examples
    --------
    >>> points = shapely.points([[113.01 + n / 1000, 25.79] for n in range(6)] + [[25.79, 113.01]])
    >>> journal = Journal("facilities", "a.csv", np.arange(2, 9), np.array([f"F{n}" for n in range(7)], dtype=object))
    >>> mend_rows(points, Datum(WGS84), journal)[-1], len(journal.entries)
    (<POINT (113.01 25.79)>, 1)
    """
    where = np.flatnonzero(shapely.get_type_id(shapes) == 0)
    xy = shapely.get_coordinates(shapes[where])
    real = np.isfinite(xy).all(axis=1) & (xy != 0).any(axis=1) if len(xy) == len(where) else np.zeros(0, bool)
    if real.sum() <= _EXAMPLES:
        return shapes
    low, high = np.quantile(xy[real], [0.25, 0.75], axis=0)
    slack = np.maximum(2 * (high - low), _FAR_DEG if datum.crs.is_geographic else _FAR_M)
    low, high = low - slack, high + slack

    def at_home(points: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(((points >= low) & (points <= high)).all(axis=1))

    ways = [xy[:, ::-1]]
    offset_m = _zone_number_m(datum.crs)
    if offset_m:
        numbered = np.array([[offset_m, 0.0], [-offset_m, 0.0]])
        ways += [way + step for way in (xy, xy[:, ::-1]) for step in numbered]
    fitting = np.array([at_home(way) for way in ways])
    mended = real & ~at_home(xy) & (fitting.sum(axis=0) == 1)
    if not mended.any():
        return shapes
    chosen = np.array(ways)[fitting.argmax(axis=0), np.arange(len(xy))]
    shapes, marked = shapes.copy(), np.zeros(len(shapes), dtype=bool)
    places = where[mended]
    shapes[places], marked[places] = shapely.points(chosen[mended]), True
    text = _("{x}, {y} is written in another way than the other rows; read as {east}, {north}")
    texts = [
        text.format(x=f"{x:.10g}", y=f"{y:.10g}", east=f"{east:.10g}", north=f"{north:.10g}")
        for (x, y), (east, north) in zip(xy[mended], chosen[mended], strict=True)
    ]
    journal.note(marked, "geometry", texts, "mended")
    return shapes


def _zone_number_m(crs: CRS) -> float:
    """Return what the zone number adds to the eastings of a 3-degree zone, 0 for any other CRS."""
    code = crs.to_epsg() or 0
    for first in (_NUMBERED, _PLAIN):
        if first <= code < first + _ZONES:
            return float((code - first + _FIRST_ZONE) * _ZONE_M)
    return 0.0

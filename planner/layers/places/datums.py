"""Bring coordinates of any declared datum into the compute CRS, or refuse where nobody can know the shift."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from planner.errors import Cure, Fault, InputError
from planner.i18n import N_, _
from planner.layers.headers.cures import datum_cure
from planner.layers.places.offsets import Floats, from_offset

WGS84 = CRS.from_epsg(4326)
CGCS2000 = CRS.from_epsg(4490)

# The CGCS2000 3-degree zones without zone number: EPSG code of the westernmost and its central meridian.
_FIRST_ZONE, _FIRST_MERIDIAN, _LAST_MERIDIAN = 4534, 75, 135
# How EPSG writes the zones of Chinese surveys.
_ZONE = re.compile(r"(?P<datum>.+) / (?P<width>3-degree )?Gauss-Kruger (?P<by>zone|CM) (?P<number>\d+)E?")
_ZONE_WORDS = {
    ("3-degree ", "zone"): N_("{datum} / 3-degree Gauss-Kruger zone {number}"),
    ("3-degree ", "CM"): N_("{datum} / 3-degree Gauss-Kruger CM {number}E"),
    (None, "zone"): N_("{datum} / Gauss-Kruger zone {number}"),
    (None, "CM"): N_("{datum} / Gauss-Kruger CM {number}E"),
}
_NAMES = (N_("China Geodetic Coordinate System 2000"), N_("Xian 1980"), N_("Beijing 1954"))


@dataclass(frozen=True)
class Datum:
    """What the numbers of a file mean.

    Parameters
    ----------
    crs
        CRS of the numbers, x east and y north.
    offset
        ``gcj02`` or ``bd09`` where longitudes and latitudes carry that offset, else empty.
    shift
        Transformation to WGS 84 for a datum that is neither WGS 84 nor CGCS2000; :func:`settle` finds it.

    Examples
    --------
    >>> Datum(WGS84, "gcj02").move(np.array([[113.0154, 25.7870]]), CGCS2000).round(3).tolist()
    [[113.01, 25.79]]
    """

    crs: CRS
    offset: str = ""
    shift: Transformer | None = None

    @property
    def name(self) -> str:
        """Name for people."""
        return {"gcj02": "GCJ-02", "bd09": "BD-09"}.get(self.offset) or crs_name(self.crs)

    def move(self, xy: Floats, crs: CRS) -> Floats:
        """Return coordinates of this datum in another CRS.

        Parameters
        ----------
        xy
            Coordinates, x east and y north, shape (n, 2).
        crs
            Where to move them.

        Returns
        -------
        ndarray
            Shape (n, 2); infinite where `crs` cannot hold the place.
        """
        if self.stays(crs):
            return xy
        x, y, source = xy[:, 0], xy[:, 1], self.crs
        if self.offset:
            x, y = from_offset(x, y, offset=self.offset)
        elif self.shift is not None:
            # In two steps: PROJ goes from such a datum to CGCS2000 by a shift of zero, and says nothing.
            x, y = self.shift.transform(x, y)
            source = WGS84
        return np.column_stack(_transformer(source, crs).transform(x, y))

    def stays(self, crs: CRS) -> bool:
        """Tell whether the numbers mean the same in another CRS, so that nothing moves."""
        return not self.offset and _equal(self.crs, crs)


# Opening PROJ's database takes 25 ms each time, more than moving ten thousand points.
@cache
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


@cache
def _equal(one: CRS, other: CRS) -> bool:
    return bool(one.equals(other, ignore_axis_order=True))


def crs_name(crs: CRS) -> str:
    """Return the short name of a CRS.

    Examples
    --------
    >>> crs_name(CRS.from_epsg(4326))
    'EPSG:4326 (WGS 84)'
    """
    code = crs.to_epsg()
    return f"EPSG:{code} ({crs_words(crs.name)})" if code else crs_words(crs.name)


def crs_words(name: str) -> str:
    """Return the name that EPSG gives a CRS of Chinese surveys in the reader's language, any other name as it is.

    Examples
    --------
    >>> crs_words("CGCS2000 / 3-degree Gauss-Kruger CM 114E")
    'CGCS2000 三度带，中央子午线 114°E'
    """
    zone = _ZONE.fullmatch(name)
    datum = zone["datum"] if zone else name
    told = _(datum) if datum in _NAMES else datum
    if zone is None:
        return told
    text = _ZONE_WORDS[zone["width"], zone["by"]]
    return _(text).format(datum=told, number=zone["number"])


def resolve_datum(declared: str | None, stated: CRS | None, *, layer: str, file: str) -> Datum:
    """Decide what a file's coordinates mean from what the study declares and what the file states.

    Parameters
    ----------
    declared
        ``datum`` of study.toml, None where it is left out.
    stated
        CRS that the file states, None where it states none.
    layer, file
        Names for the message.

    Returns
    -------
    Datum
        The datum; a GCJ-02 or BD-09 declaration wins over a file that calls itself WGS 84 or CGCS2000, since
        that is what map services' exports say.

    Raises
    ------
    InputError
        Nobody says what the numbers mean, the two contradict each other, or the EPSG code does not exist.

    Examples
    --------
    >>> resolve_datum("gcj02", WGS84, layer="facilities", file="poi.geojson").name
    'GCJ-02'
    """
    if declared is None:
        if stated is None:
            raise InputError(_no_datum(layer, file))
        return Datum(_flat(stated, file))
    if declared in {"gcj02", "bd09"}:
        if stated is not None and not _same(stated, WGS84):
            raise InputError(_contradiction(declared.upper(), stated, layer, file))
        return Datum(WGS84, declared)
    try:
        crs = {"wgs84": WGS84, "cgcs2000": CGCS2000}.get(declared) or CRS.from_user_input(declared)
    except CRSError as error:
        raise InputError(
            Fault(
                _("datum “{datum}” does not exist").format(datum=declared),
                where=f"[layers.{layer}]",
                todo=_("look the code up at epsg.org"),
            )
        ) from error
    if stated is not None and not _same(stated, crs):
        raise InputError(_contradiction(crs_name(crs), stated, layer, file))
    return Datum(_flat(crs, f"[layers.{layer}]"))


def _flat(crs: CRS, where: str) -> CRS:
    """Refuse what gives no position on a map: heights, or metres from the centre of the Earth."""
    if crs.is_vertical or crs.is_geocentric:
        raise InputError(
            Fault(
                _("{crs} gives no position on a map").format(crs=crs_name(crs)),
                where=where,
                todo=_("name a CRS of longitude and latitude, or of a map projection"),
            )
        )
    return crs


def _same(one: CRS, other: CRS) -> bool:
    """Tell whether two CRSs mean the same place; WGS 84 and CGCS2000 differ by centimetres."""
    if _equal(one, other):
        return True
    degrees = [any(_equal(crs, known) for known in (WGS84, CGCS2000)) for crs in (one, other)]
    return all(degrees) or (one.to_epsg() is not None and one.to_epsg() == other.to_epsg())


def _no_datum(layer: str, file: str) -> Fault:
    return Fault(
        _("nobody says which datum the coordinates are in"),
        where=file,
        why=_("the same numbers mean places some 600 m apart in WGS 84 and in GCJ-02"),
        todo=_('add datum = "wgs84", "cgcs2000", "gcj02", "bd09" or "EPSG:n" to [layers.{layer}]').format(layer=layer),
        cure=datum_cure(layer),
    )


def _contradiction(declared: str, stated: CRS, layer: str, file: str) -> Fault:
    return Fault(
        _("study.toml says the coordinates are {declared}, the file says {stated}").format(
            declared=declared, stated=crs_name(stated)
        ),
        where=file,
        why=_("only one of them can be right"),
        todo=_("take datum out of [layers.{layer}] if the file is right, else save the file with the right CRS").format(
            layer=layer
        ),
        cure=Cure.setting(f"layers.{layer}", "datum", f"EPSG:{stated.to_epsg()}") if stated.to_epsg() else None,
    )


@cache
def reliable(crs: CRS) -> bool:
    """Tell whether a CRS stands on WGS 84, CGCS2000, or parameters that the file itself states.

    Examples
    --------
    >>> reliable(CRS.from_epsg(4547)), reliable(CRS.from_epsg(2383))
    (True, False)
    """
    geodetic = crs.geodetic_crs
    if crs.is_bound or geodetic is None:
        return bool(crs.is_bound)
    if any(_equal(geodetic, known) for known in (WGS84, CGCS2000)):
        return True
    return any(_best_accuracy(crs, known) == 0 for known in (WGS84, CGCS2000))


def _group(crs: CRS, target: CRS) -> TransformerGroup:
    with warnings.catch_warnings():
        # Grids that are not installed: transformations without them are judged by their own accuracy.
        warnings.simplefilter("ignore", UserWarning)
        return TransformerGroup(crs, target, always_xy=True)


def _best_accuracy(crs: CRS, target: CRS) -> float:
    return max((item.accuracy for item in _group(crs, target).transformers), default=-1.0)


def _known_shift(crs: CRS, bounds: tuple[float, float, float, float]) -> Transformer | None:
    """Return the best transformation to WGS 84 whose accuracy is known and whose area holds the bounds."""
    if crs.geodetic_crs is None:
        return None
    around = CRS.from_user_input(crs.geodetic_crs)
    corners = _transformer(crs, around).transform_bounds(*bounds)
    if not np.isfinite(corners).all():
        return None
    place = AreaOfInterest(*corners)
    fitting = [
        item
        for item in _group(crs, WGS84).transformers
        if item.accuracy >= 0
        and item.area_of_use is not None
        and item.area_of_use.west <= place.west_lon_degree
        and item.area_of_use.east >= place.east_lon_degree
        and item.area_of_use.south <= place.south_lat_degree
        and item.area_of_use.north >= place.north_lat_degree
    ]
    return min(fitting, key=lambda item: item.accuracy, default=None)


def settle(datum: Datum, bounds: tuple[float, float, float, float], *, layer: str, file: str) -> Datum:
    """Find the shift of a datum that is neither WGS 84 nor CGCS2000, or refuse it.

    Parameters
    ----------
    datum
        What the numbers mean.
    bounds
        West, south, east and north of the file's places, in the file's numbers.
    layer, file
        Names for the message.

    Returns
    -------
    Datum
        The datum, with its shift where it needs one.

    Raises
    ------
    InputError
        No transformation of known accuracy exists there: Xian 80, Beijing 54, local systems.

    Examples
    --------
    >>> settle(Datum(WGS84), (113.0, 25.7, 113.1, 25.8), layer="gates", file="gates.csv").name
    'EPSG:4326 (WGS 84)'
    """
    if reliable(datum.crs):
        return datum
    shift = _known_shift(datum.crs, bounds)
    if shift is None:
        raise InputError(_unknown_shift(datum.crs, layer, file))
    return replace(datum, shift=shift)


def _unknown_shift(crs: CRS, layer: str, file: str) -> Fault:
    return Fault(
        _("{crs} cannot be converted without its parameters").format(crs=crs_name(crs)),
        where=file or f"[layers.{layer}]",
        why=_("no public shift from it to CGCS2000 is known here; taken as it is, places lie tens of metres off"),
        todo=_("have the surveying office convert the file to CGCS2000 (EPSG:4490 or a 3-degree zone)"),
    )


def compute_crs_for(lon: float, lat: float) -> CRS:
    """Choose a projected CRS in metres for a place.

    Parameters
    ----------
    lon, lat
        WGS 84 or CGCS2000, degrees.

    Returns
    -------
    pyproj.CRS
        In China the CGCS2000 3-degree zone without zone number whose central meridian is nearest (EPSG:4534
        to 4554), elsewhere the UTM zone.

    Raises
    ------
    InputError
        There is no such CRS: beyond 84 degrees north or 80 south.

    Examples
    --------
    >>> compute_crs_for(113.01, 25.79).to_epsg()
    4547
    >>> compute_crs_for(103.84, 1.35).to_epsg()
    32648
    """
    meridian = min(max(3 * round(lon / 3), _FIRST_MERIDIAN), _LAST_MERIDIAN)
    zone = CRS.from_epsg(_FIRST_ZONE + (meridian - _FIRST_MERIDIAN) // 3)
    area = zone.area_of_use
    if area and area.west <= lon <= area.east and area.south <= lat <= area.north:
        return zone
    place = AreaOfInterest(lon, lat, lon, lat)
    zones = query_utm_crs_info(datum_name="WGS 84", area_of_interest=place)
    if not zones:
        raise InputError(
            Fault(
                _("no compute CRS fits longitude {lon:.4f}, latitude {lat:.4f}").format(lon=lon, lat=lat),
                why=_("it lies outside every UTM zone, so the datum is probably wrong"),
                todo=_("check datum, or give crs under [study]"),
            )
        )
    return CRS.from_epsg(zones[0].code)

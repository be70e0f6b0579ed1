"""Check every geometry of a layer, mend what can be mended, and bring it into the compute CRS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import N_, _
from planner.layers.cells.values import as_text, parse_numbers
from planner.layers.columns import LayerSpec
from planner.layers.files.geometries import Shapes, read_shapes
from planner.layers.files.rawtables import RawTable
from planner.layers.headers.cures import datum_cure
from planner.layers.ledger import Entry, Journal
from planner.layers.places.datums import Datum, compute_crs_for
from planner.layers.places.outlines import close_outlines

Bools = npt.NDArray[np.bool_]

# By GEOS's number of the type.
_TYPE_NAMES = (
    N_("Point"),
    N_("LineString"),
    N_("LinearRing"),
    N_("Polygon"),
    N_("MultiPoint"),
    N_("MultiLineString"),
    N_("MultiPolygon"),
    N_("GeometryCollection"),
)
_TYPE_IDS = {name: number for number, name in enumerate(_TYPE_NAMES)}
_POINTS = [_TYPE_IDS[name] for name in ("Point", "MultiPoint")]
_LINES = ("LineString", "LinearRing", "MultiLineString")
# What map services give for a place: 113.031344,25.775241.
_PAIR = re.compile(r"^\s*(-?\d{1,9}(?:\.\d+)?)\s*[,，;；]\s*(-?\d{1,9}(?:\.\d+)?)\s*$")
_MULTI = [_TYPE_IDS[name] for name in ("MultiPoint", "MultiLineString", "MultiPolygon")]


@dataclass(frozen=True, eq=False)
class Places:
    """The geometries of a file as it has them.

    Parameters
    ----------
    shapes
        Flat geometries, None where a row has none, shape (n,).
    unread
        What stands where a geometry should be but could not be read, empty elsewhere, shape (n,).
    closed
        Rows whose ring had to be closed, shape (n,).
    metric
        True where the columns are x and y, False where they are lon and lat, None where shapes tell nothing.
    high
        How many rows carried heights or measures, which are dropped.
    curved
        By position, what a row with arcs measured for each of what its straight pieces do.
    """

    shapes: Shapes
    unread: npt.NDArray[np.object_]
    closed: Bools
    metric: bool | None = None
    high: int = 0
    curved: Mapping[int, float] = field(default_factory=dict)

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north of nine tenths of the coordinates, None where there are none."""
        xy = shapely.get_coordinates(self.shapes)
        xy = xy[np.isfinite(xy).all(axis=1) & (xy != 0).any(axis=1)]
        if not len(xy):
            return None
        # Without the outermost, since one slip of the keyboard must not decide what can be done with all.
        (west, south), (east, north) = np.quantile(xy, [0.05, 0.95], axis=0)
        return float(west), float(south), float(east), float(north)


def find_places(raw: RawTable, columns: Mapping[str, int]) -> Places:
    """Take the geometries of a file from where it has them.

    Parameters
    ----------
    raw
        The file.
    columns
        Position of the columns ``lon`` and ``lat``, ``x`` and ``y``, or ``geometry`` (WKT, or two numbers with a
        comma between them, as map services give a place); not looked at where the file has shapes of its own.

    Returns
    -------
    Places
        One geometry per row, in the file's numbers.
    """
    count = len(raw.rows)
    if raw.places is not None:
        unread = np.where(raw.places.unread, _("a damaged geometry"), "")
        flat, high = _flat(raw.places.shapes)
        return Places(flat, unread, raw.places.closed, high=high, curved=raw.places.curved)
    if "geometry" in columns:
        text = as_text(raw.cells[columns["geometry"]])
        text = text.str.replace(_PAIR, r"POINT (\1 \2)", regex=True)
        read = read_shapes(text.astype(object).where(text.notna(), None).to_numpy(dtype=object), shapely.from_wkt)
        unread = np.where(read.unread, text.str.slice(0, 40).to_numpy(dtype=object), "")
        flat, high = _flat(read.shapes)
        return Places(flat, unread, read.closed, high=high)
    names = ("lon", "lat") if "lon" in columns else ("x", "y")
    numbers = [parse_numbers(raw.cells[columns[name]]) for name in names]
    texts = [as_text(raw.cells[columns[name]]) for name in names]
    written = texts[0].notna().to_numpy(dtype=bool) & texts[1].notna().to_numpy(dtype=bool)
    legible = np.isfinite(numbers[0]) & np.isfinite(numbers[1])
    shapes: Shapes = np.full(count, None, dtype=object)
    shapes[legible] = shapely.points(numbers[0][legible], numbers[1][legible])
    both = texts[0].fillna("").to_numpy(dtype=object) + ", " + texts[1].fillna("").to_numpy(dtype=object)
    return Places(shapes, np.where(written & ~legible, both, ""), np.zeros(count, dtype=bool), metric=names[0] == "x")


def _flat(shapes: Shapes) -> tuple[Shapes, int]:
    """Drop heights and measures, and count the rows whose heights say something."""
    beyond = shapely.has_z(shapes) | shapely.has_m(shapes)
    if not beyond.any():
        return shapes, 0
    numbers, owner = shapely.get_coordinates(shapes[beyond], include_z=True, include_m=True, return_index=True)
    telling = (np.nan_to_num(numbers[:, 2:]) != 0).any(axis=1)
    shapes = shapes.copy()
    shapes[beyond] = shapely.force_2d(shapes[beyond])
    return shapes, len(np.unique(owner[telling]))


def check_places(places: Places, spec: LayerSpec, datum: Datum, journal: Journal) -> Shapes:
    """Set aside the rows whose geometry cannot be used, in the file's own numbers.

    Parameters
    ----------
    places
        The geometries.
    spec
        The layer, which says what types it takes.
    datum
        What the numbers mean.
    journal
        Where problems are written.

    Returns
    -------
    ndarray
        Geometries, single parts freed from their multi types, shape (n,).

    Raises
    ------
    InputError
        Not one place of the file lies on the globe: the datum is wrong.
    """
    shapes = _freed(places.shapes)
    problem = np.array(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
    unread = places.unread != ""
    journal.note(problem & ~unread, "geometry", _("there is no geometry"), "set_aside")
    texts = [_("“{value}” is not a place").format(value=value) for value in places.unread[unread]]
    journal.note(unread, "geometry", texts, "set_aside")

    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    endless = _any_of(owner, ~np.isfinite(xy).all(axis=1), len(shapes)) & ~problem
    journal.note(endless, "geometry", _("a coordinate is not a finite number"), "set_aside")
    problem |= endless

    kinds = shapely.get_type_id(shapes)
    null = _any_of(owner, (xy == 0).all(axis=1), len(shapes)) & np.isin(kinds, _POINTS) & ~problem
    journal.note(null, "geometry", _("the point lies at 0, 0: no coordinates were entered"), "set_aside")
    problem |= null

    # Lines may turn out to be outlines; whether they close is seen in metres.
    usable = (*spec.shapes, *(_LINES if "Polygon" in spec.shapes else ()))
    wrong = ~np.isin(kinds, [_TYPE_IDS[name] for name in usable]) & ~problem
    texts = [_misfit(int(kind), spec) for kind in kinds[wrong]]
    journal.note(wrong, "geometry", texts, "set_aside")
    problem |= wrong

    if datum.crs.is_geographic:
        off = _any_of(owner, (np.abs(xy) > (180, 90)).any(axis=1), len(shapes)) & ~problem
        if off.any() and off.sum() == (~problem).sum():
            raise InputError(_not_degrees(xy[np.isin(owner, np.flatnonzero(off))][0], datum, journal))
        journal.note(off, "geometry", _("longitude or latitude is beyond 180 or 90 degrees"), "set_aside")
    return shapes


def _misfit(kind: int, spec: LayerSpec) -> str:
    kinds = _(", ").join(_(name) for name in spec.shapes)
    what = _("a {kind} cannot be used here, only {kinds}").format(kind=_type_name(kind), kinds=kinds)
    if kind in _POINTS and "Polygon" in spec.shapes:
        advice = _("a point says where it is and not how far it reaches: give its outline")
        return f"{what}; {advice}"
    return what


def _type_name(number: int) -> str:
    return _(_TYPE_NAMES[number]) if number < len(_TYPE_NAMES) else _("curve")


def _freed(shapes: Shapes) -> Shapes:
    """Turn multi geometries of one part into that part."""
    single = np.isin(shapely.get_type_id(shapes), _MULTI) & (shapely.get_num_geometries(shapes) == 1)
    if single.any():
        shapes = shapes.copy()
        shapes[single] = shapely.get_geometry(shapes[single], 0)
    return shapes


def _any_of(owner: npt.NDArray[np.int64], marked: Bools, count: int) -> Bools:
    """Tell for each geometry whether any of its coordinates is marked."""
    found = np.zeros(count, dtype=bool)
    found[owner[marked]] = True
    return found


def _not_degrees(xy: npt.NDArray[np.float64], datum: Datum, journal: Journal) -> Fault:
    return Fault(
        _("the coordinates are no degrees: the first is {x:.3f}, {y:.3f}").format(x=xy[0], y=xy[1]),
        where=journal.file,
        why=_("{datum} means longitude and latitude").format(datum=datum.name),
        todo=_(
            'metres need the EPSG code of their zone, for example datum = "EPSG:4547" under [layers.{layer}]'
        ).format(layer=journal.layer),
        cure=datum_cure(journal.layer, metric=True),
    )


def choose_crs(shapes: Shapes, datum: Datum, journal: Journal) -> CRS:
    """Choose the compute CRS in the middle of a layer.

    Parameters
    ----------
    shapes
        Geometries in the file's numbers, shape (n,).
    datum
        What the numbers mean.
    journal
        Which rows are still used.

    Returns
    -------
    pyproj.CRS
        As :func:`~planner.layers.places.datums.compute_crs_for` chooses it.

    Raises
    ------
    InputError
        No row has a usable place.
    """
    usable = shapes[journal.kept]
    if not len(usable):
        reasons = dict.fromkeys(entry.what for entry in journal.entries if entry.action == "set_aside")
        raise InputError(
            Fault(
                _("no row has a place that can be used, so no compute CRS can be chosen"),
                where=journal.file,
                why=_("; ").join(list(reasons)[:3]),
                todo=_("mend the file, or give crs under [study]"),
            )
        )
    west, south, east, north = np.nanmedian(shapely.bounds(usable), axis=0)
    middle = datum.move(np.array([[(west + east) / 2, (south + north) / 2]]), CRS.from_epsg(4326))
    if not np.isfinite(middle).all():
        raise InputError(
            Fault(
                _("the coordinates lie far outside where {datum} is used: the middle is {x:.3f}, {y:.3f}").format(
                    datum=datum.name, x=(west + east) / 2, y=(south + north) / 2
                ),
                where=journal.file,
                why=_("eastings with a zone number need EPSG:4513 to 4533, those without EPSG:4534 to 4554"),
                todo=_("correct datum under [layers.{layer}]").format(layer=journal.layer),
            )
        )
    return compute_crs_for(float(middle[0, 0]), float(middle[0, 1]))


def move_places(shapes: Shapes, datum: Datum, crs: CRS, spec: LayerSpec, journal: Journal) -> Shapes:
    """Bring geometries into the compute CRS, close outlines drawn as lines, and mend polygons that are not valid.

    Parameters
    ----------
    shapes
        Geometries in the file's numbers, shape (n,).
    datum
        What the numbers mean.
    crs
        Compute CRS, projected metres.
    spec
        The layer, which says what types it takes.
    journal
        Which rows are still used; problems are written to it.

    Returns
    -------
    ndarray
        Geometries in `crs`, None where a row is set aside, shape (n,).

    Raises
    ------
    InputError
        Not one place can be brought into `crs`: the datum is wrong.
    """
    if datum.stays(crs):
        return _mended(close_outlines(np.where(journal.kept, shapes, np.array(None)), spec, journal), spec, journal)
    moved: Shapes = np.full(len(shapes), None, dtype=object)
    kept = journal.kept.copy()
    xy, owner = shapely.get_coordinates(shapes[kept], return_index=True)
    target = datum.move(xy, crs) if len(xy) else xy
    lost = np.zeros(len(shapes), dtype=bool)
    lost[np.flatnonzero(kept)[owner[~np.isfinite(target).all(axis=1)]]] = True
    if lost.any() and lost.sum() == kept.sum():
        raise InputError(
            Fault(
                _("not one place fits {datum}: the first is {x:.3f}, {y:.3f}").format(
                    datum=datum.name, x=xy[0, 0], y=xy[0, 1]
                ),
                where=journal.file,
                why=_("eastings with a zone number need EPSG:4513 to 4533, those without EPSG:4534 to 4554"),
                todo=_("correct datum under [layers.{layer}]").format(layer=journal.layer),
            )
        )
    journal.note(lost, "geometry", _("the place cannot be expressed in the compute CRS"), "set_aside")
    fitting = ~lost[np.flatnonzero(kept)][owner]
    moved[journal.kept] = shapely.set_coordinates(shapes[journal.kept], target[fitting])
    return _mended(close_outlines(moved, spec, journal), spec, journal)


def _mended(shapes: Shapes, spec: LayerSpec, journal: Journal) -> Shapes:
    broken = journal.kept & ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes
    before = shapely.area(shapes[broken])
    # "structure" keeps what an outline encloses even where it overlaps itself, and drops spikes without area.
    whole = _freed(shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False))
    after = shapely.area(whole)
    usable = np.isin(shapely.get_type_id(whole), [_TYPE_IDS[name] for name in spec.shapes]) & ~shapely.is_empty(whole)
    places = np.flatnonzero(broken)
    shapes = shapes.copy()
    shapes[places[usable]], shapes[places[~usable]] = whole[usable], None
    mended, hopeless = np.zeros(len(shapes), dtype=bool), np.zeros(len(shapes), dtype=bool)
    mended[places[usable]], hopeless[places[~usable]] = True, True
    texts = [
        _("the outline crosses itself; mended: area before {before:.1f} m², after {after:.1f} m²").format(
            before=old, after=new
        )
        for old, new in zip(before[usable], after[usable], strict=True)
    ]
    journal.note(mended, "geometry", texts, "mended")
    journal.note(hopeless, "geometry", _("the geometry is not valid and cannot be mended"), "set_aside")
    return shapes


def note_closed(places: Places, journal: Journal) -> None:
    """Write down what had to be done to the geometries to be read: rings closed, heights dropped.

    Parameters
    ----------
    places
        The geometries.
    journal
        Where it is written.
    """
    if places.high:
        what = _("{count} rows carry heights or measures, which are not used").format(count=places.high)
        journal.entries.append(Entry(journal.layer, journal.file, 0, "", "geometry", what, "mended"))
    journal.note(places.closed, "geometry", _("the outline was not closed; its ends were joined"), "mended")


def note_curved(places: Places, shapes: Shapes, journal: Journal) -> None:
    """Write down the arcs that were drawn as straight pieces, and what that changes.

    Parameters
    ----------
    places
        The geometries as they were read.
    shapes
        The same in metres, None where a row is set aside, shape (n,).
    journal
        Where it is written.
    """
    curved = np.zeros(len(shapes), dtype=bool)
    curved[list(places.curved)] = True
    curved &= journal.kept
    texts = []
    for place in np.flatnonzero(curved):
        area, length, ratio = shapes[place].area, shapes[place].length, places.curved[int(place)]
        what = (
            _("its arcs were drawn as straight pieces: area before {before:.1f} m², after {after:.1f} m²")
            if area
            else _("its arcs were drawn as straight pieces: length before {before:.1f} m, after {after:.1f} m")
        )
        texts.append(what.format(before=(area or length) * ratio, after=area or length))
    journal.note(curved, "geometry", texts, "mended")

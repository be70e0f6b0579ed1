"""Tell from the streets in which datum a layer really is: as declared, GCJ-02 or BD-09.

Compounds lie between streets: at their true place streets follow their outlines and do not run through them. Points
of a town (entrances, shops, homes) lie beside streets and not on them. Both are measured at the place that each datum
gives, and at places moved at random, which show what chance gives: only a datum that stands out is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from planner.i18n import N_, _
from planner.layers.places.datums import CGCS2000
from planner.layers.places.offsets import Floats, from_offset, to_offset

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Strength = Literal["certain", "likely", "cannot_tell"]

DATUMS = ("wgs84", "gcj02", "bd09")
"""What is told apart; ``wgs84`` stands for CGCS2000 and every projected CRS too, which nobody offsets."""

NAMES = {"wgs84": N_("WGS 84 or CGCS2000"), "gcj02": N_("GCJ-02"), "bd09": N_("BD-09")}
"""Names of the datums for people."""

# What is asked of a finding: how far it stands above chance and above the next datum (in standard deviations of what
# chance gives), how steadily item by item (Student's t), and how many items must speak. Measured in tests/layers.
_ASKED: tuple[tuple[Strength, float, float, float, int], ...] = (
    ("certain", 6.0, 4.0, 4.0, 20),
    ("likely", 4.0, 2.5, 2.5, 8),
)
_SAMPLE, _RANDOM_PLACES = 240, 32
# Random places lie as far off as the two offsets do (0.6 and 1.2 km in China), but apart from both.
_NEAREST_M, _FARTHEST_M, _APART_M = 250.0, 1400.0, 150.0
_GOLDEN_ANGLE, _PLASTIC = np.pi * (3 - np.sqrt(5)), 0.7548776662466927
# A street is measured in pieces. It runs along a compound within 25 m of its outline, through it farther in than 6 m.
_PIECE_M, _ALONG_M, _THROUGH_M, _ROUGH_M = 8.0, 25.0, 6.0, 1.0
# Beside a street is up to 50 m away, on it up to 6.
_BESIDE_M, _ON_M = 50.0, 6.0
# An owner's outline is met within 60 m or missed by more; so many of ten must meet it, and elsewhere so few.
_MEETS_M, _MOST, _FEW, _OWNED = 60.0, 0.8, 0.3, 5


@dataclass(frozen=True)
class Evidence:
    """What speaks for the datum of a layer.

    Parameters
    ----------
    declared
        What the layer says of itself, one of :data:`DATUMS`.
    chosen
        What fits best.
    strength
        ``certain``, ``likely`` or ``cannot_tell``.
    scores
        For each datum how far it stands above places moved at random, in standard deviations of these; for
        points that have owners, the share that meets its owner.
    items
        Number of shapes that could say something.
    words
        The evidence in a sentence.

    Examples
    --------
    >>> Evidence("wgs84", "gcj02", "certain", {"wgs84": 0.3, "gcj02": 31.0, "bd09": -0.2}, 100, "...").contradicts
    True
    """

    declared: str
    chosen: str
    strength: Strength
    scores: Mapping[str, float]
    items: int
    words: str

    @property
    def contradicts(self) -> bool:
        """Whether something speaks for another datum than the declared one."""
        return self.strength != "cannot_tell" and self.chosen != self.declared


class StreetPieces:
    """Streets cut into short pieces, so that what lies inside of a polygon is a matter of points.

    Parameters
    ----------
    lines
        LineStrings, metres, shape (m,).

    Examples
    --------
    >>> pieces = StreetPieces(shapely.linestrings([[[0, 0], [80, 0]]]))
    >>> inner, outer = (np.array([shapely.box(22, -5, 62, edge)]) for edge in (-1, 5))
    >>> [float(length[0].round()) for length in pieces.lengths(inner, outer, np.zeros((1, 2)))]
    [0.0, 40.0]
    """

    def __init__(self, lines: Shapes) -> None:
        # GEOS cuts no line without length.
        lines = np.asarray(lines, dtype=object)
        self.lines = lines[shapely.length(lines) > 0]
        self.tree = shapely.STRtree(self.lines)

    @cached_property
    def _pieces(self) -> tuple[Ints, Floats, Floats]:
        """Where the pieces of each line begin, their middles and lengths."""
        xy, owner = shapely.get_coordinates(shapely.segmentize(self.lines, _PIECE_M), return_index=True)
        joined = owner[1:] == owner[:-1]
        counts = np.bincount(owner[1:][joined], minlength=len(self.lines))
        middles = ((xy[1:] + xy[:-1]) / 2)[joined]
        return np.concatenate([[0], np.cumsum(counts)]), middles, np.hypot(*(xy[1:] - xy[:-1])[joined].T)

    def near(self, points: Shapes) -> Floats:
        """Measure the distance of points to the nearest street, metres, shape (n,)."""
        found = self.tree.query_nearest(points, all_matches=False)[1]
        distances: Floats = shapely.distance(points, self.lines[found])
        return distances

    def lengths(self, inner: Shapes, outer: Shapes, shift: Floats) -> tuple[Floats, Floats]:
        """Measure the streets inside of polygons, and those between them and wider ones.

        Parameters
        ----------
        inner, outer
            Prepared polygons and their wider twins, shape (n,).
        shift
            How far each is moved, metres, shape (n, 2).

        Returns
        -------
        inside, around
            Metres, shape (n,).
        """
        bounds = shapely.bounds(outer) + np.tile(shift, 2)
        polygon, line = self.tree.query(shapely.box(*bounds.T))
        starts, middles, lengths = self._pieces
        counts = np.diff(starts)[line]
        first = np.repeat(starts[line] - (np.cumsum(counts) - counts), counts)
        piece, polygon = first + np.arange(counts.sum()), np.repeat(polygon, counts)
        xy = middles[piece] - shift[polygon]
        # The bounds sort out most at little cost.
        west, south, east, north = shapely.bounds(outer)[polygon].T
        seen = (xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north)
        seen[seen] = shapely.contains_xy(outer[polygon[seen]], xy[seen])
        polygon, piece, xy = polygon[seen], piece[seen], xy[seen]
        deep = shapely.contains_xy(inner[polygon], xy)
        size = len(outer)
        inside, around = (
            np.bincount(polygon[some], weights=lengths[piece[some]], minlength=size).astype(float)
            for some in (deep, ~deep)
        )
        return inside, around


class _Outlines:
    """Polygons a little narrower and a little wider than given, prepared for many questions."""

    def __init__(self, polygons: Shapes) -> None:
        # Outlines of a thousand points, arcs drawn by CAD among them, take seconds to widen.
        polygons = shapely.simplify(polygons, _ROUGH_M)
        narrow = np.minimum(_THROUGH_M, 0.1 * np.sqrt(shapely.area(polygons)))
        self.inner = shapely.buffer(polygons, -narrow, quad_segs=2)
        self.outer = shapely.buffer(polygons, _ALONG_M, quad_segs=2)
        self.inner_m2 = np.maximum(shapely.area(self.inner), 1.0)
        self.ring_m2 = np.maximum(shapely.area(self.outer) - self.inner_m2, 1.0)
        shapely.prepare(self.inner)
        shapely.prepare(self.outer)


def shifts(xy: Floats, declared: str, crs: CRS) -> dict[str, Floats]:
    """Give how far places move when the layer is really in another datum than declared.

    Parameters
    ----------
    xy
        Places as declared, in `crs`, shape (n, 2).
    declared
        One of :data:`DATUMS`.
    crs
        Compute CRS, projected metres.

    Returns
    -------
    dict of str to ndarray
        For each datum the movement in metres, shape (n, 2).

    Examples
    --------
    >>> moved = shifts(np.array([[401_000.0, 2_852_000.0]]), "wgs84", CRS.from_epsg(4547))
    >>> moved["gcj02"].round().tolist(), moved["wgs84"].tolist()
    ([[-548.0, 335.0]], [[0.0, 0.0]])
    """
    away, back = (Transformer.from_crs(*pair, always_xy=True) for pair in ((crs, CGCS2000), (CGCS2000, crs)))
    raw = away.transform(*xy.T)
    if declared != "wgs84":
        raw = to_offset(*raw, offset=declared)
    moved = {}
    for datum in DATUMS:
        lon, lat = raw if datum == "wgs84" else from_offset(*raw, offset=datum)
        moved[datum] = np.zeros_like(xy) if datum == declared else np.column_stack(back.transform(lon, lat)) - xy
    return moved


def may_be_offset(xy: Floats, crs: CRS) -> bool:
    """Tell whether places lie where maps are offset at all: in China.

    Examples
    --------
    >>> may_be_offset(np.array([[401_000.0, 2_852_000.0]]), CRS.from_epsg(4547))
    True
    >>> may_be_offset(np.array([[371_000.0, 149_000.0]]), CRS.from_epsg(32648))  # Singapore
    False
    """
    if not len(xy):
        return False
    lon, lat = Transformer.from_crs(crs, CGCS2000, always_xy=True).transform(*np.median(xy, axis=0))
    area = CGCS2000.area_of_use
    return area is not None and area.west <= lon <= area.east and area.south <= lat <= area.north


def by_streets(
    shapes: Shapes, lines: Shapes, *, crs: CRS, declared: str = "wgs84", main: npt.NDArray[np.bool_] | None = None
) -> Evidence:
    """Judge the datum of a layer by the streets around its shapes.

    Parameters
    ----------
    shapes
        Polygons or points as declared, in `crs`, shape (n,). Where both are given, polygons alone are looked at when
        there are enough of them.
    lines
        Streets, LineStrings in `crs`, shape (m,).
    crs
        Compute CRS, projected metres.
    declared
        One of :data:`DATUMS`.
    main
        Which streets carry vehicles, shape (m,); they are asked first, since they do not run inside of compounds.

    Returns
    -------
    Evidence
        ``cannot_tell`` where no datum stands out.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> compounds = study.layers["compounds"].geometry.to_numpy()
    >>> found = by_streets(compounds, study.network.edge_lines, crs=study.crs)
    >>> found.chosen, found.strength
    ('wgs84', 'certain')
    """
    shapes = np.asarray(shapes, dtype=object)
    polygons = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))]
    areal = len(polygons) >= min(len(shapes) / 2, _ASKED[0][-1])
    chosen = polygons if areal else shapes
    if len(chosen) > _SAMPLE:
        chosen = chosen[np.sort(np.random.default_rng(0).choice(len(chosen), _SAMPLE, replace=False))]
    points = shapely.centroid(chosen)
    xy = shapely.get_coordinates(points)
    if len(xy) < _ASKED[-1][-1] or not may_be_offset(xy, crs) or not len(lines):
        return _cannot_tell(declared, len(xy))
    moved = shifts(xy, declared, crs)
    main_only = [lines[main]] if main is not None and main.any() and not main.all() else []
    for number, streets in enumerate([*main_only, lines]):
        which = _("main streets") if number < len(main_only) else _("streets")
        pieces = StreetPieces(streets)
        judge = _judge_polygons if areal else _judge_points
        found = judge(chosen if areal else points, pieces, moved, declared, which)
        if found.strength != "cannot_tell":
            return found
    return found


def _cannot_tell(declared: str, items: int) -> Evidence:
    words = _("too few shapes lie near streets to tell")
    return Evidence(declared, declared, "cannot_tell", dict.fromkeys(DATUMS, 0.0), items, words)


def _random_places(moved: Mapping[str, Floats]) -> Floats:
    """Spread movements evenly over a ring, apart from those that stand for a datum; the same every time."""
    taken = np.array([move.mean(axis=0) for move in moved.values()])
    number = np.arange(20 * _RANDOM_PLACES)
    share = ((number + 0.5) * _PLASTIC) % 1
    radius = np.sqrt(_NEAREST_M**2 + (_FARTHEST_M**2 - _NEAREST_M**2) * share)
    angle = number * _GOLDEN_ANGLE
    places = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    apart = np.linalg.norm(places[:, None] - taken[None], axis=2).min(axis=1) > _APART_M
    free: Floats = places[apart][:_RANDOM_PLACES]
    return free


def _judge_polygons(
    polygons: Shapes, pieces: StreetPieces, moved: Mapping[str, Floats], declared: str, which: str
) -> Evidence:
    outlines = _Outlines(polygons)
    weight = np.sqrt(outlines.inner_m2)
    totals = {}

    def score(shift: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        inside, around = pieces.lengths(outlines.inner, outlines.outer, shift)
        totals[shift.tobytes()] = (inside.sum(), around.sum())
        return (around / outlines.ring_m2 - inside / outlines.inner_m2) * weight, inside + around > 0

    strength, chosen, scores, items = _stand_out(score, moved, declared)
    other = chosen if chosen != declared else _second(scores, chosen)
    (in_1, by_1), (in_2, by_2) = (totals[moved[datum].tobytes()] for datum in (declared, other))
    words = _(
        "{which} run {in_1:.1f} km through {count} of its outlines and {by_1:.1f} km along them as declared, "
        "{in_2:.1f} km through and {by_2:.1f} km along if it is in {other}"
    ).format(
        which=which,
        count=len(polygons),
        in_1=in_1 / 1000,
        by_1=by_1 / 1000,
        in_2=in_2 / 1000,
        by_2=by_2 / 1000,
        other=_(NAMES[other]),
    )
    return Evidence(declared, chosen, strength, scores, items, words)


def _judge_points(
    points: Shapes, pieces: StreetPieces, moved: Mapping[str, Floats], declared: str, which: str
) -> Evidence:
    xy = shapely.get_coordinates(points)
    fitting = {}

    def score(shift: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        away = pieces.near(shapely.points(xy + shift))
        fitting[shift.tobytes()] = int(((away > _ON_M) & (away < _BESIDE_M)).sum())
        return -np.minimum(away / _BESIDE_M, 1) - 2 * np.maximum(1 - away / _ON_M, 0), away < _BESIDE_M

    strength, chosen, scores, items = _stand_out(score, moved, declared)
    other = chosen if chosen != declared else _second(scores, chosen)
    words = _(
        "{one} of its {count} points lie beside {which} and not on them as declared, {two} if it is in {other}"
    ).format(
        one=fitting[moved[declared].tobytes()],
        two=fitting[moved[other].tobytes()],
        count=len(xy),
        which=which,
        other=_(NAMES[other]),
    )
    return Evidence(declared, chosen, strength, scores, items, words)


def _second(scores: Mapping[str, float], chosen: str) -> str:
    return max((datum for datum in scores if datum != chosen), key=lambda datum: scores[datum])


def _stand_out(
    score: Callable[[Floats], tuple[Floats, npt.NDArray[np.bool_]]], moved: Mapping[str, Floats], declared: str
) -> tuple[Strength, str, dict[str, float], int]:
    """Compare the places that the datums give with places moved at random."""
    by_datum = {datum: score(move) for datum, move in moved.items()}
    like = np.ones((len(moved[declared]), 1))
    chance = np.array([score(like * place)[0].mean() for place in _random_places(moved)])
    spread = float(chance.std(ddof=1))
    if spread == 0:
        return "cannot_tell", declared, dict.fromkeys(moved, 0.0), 0
    scores = {datum: float((items.mean() - chance.mean()) / spread) for datum, (items, _near) in by_datum.items()}
    chosen = max(scores, key=lambda datum: scores[datum])
    ahead = scores[chosen] - scores[_second(scores, chosen)]
    items, speaking = by_datum[chosen]
    steady = min(_steadiness(items - by_datum[datum][0]) for datum in moved if datum != chosen)
    count = int(speaking.sum())
    for strength, above, before, steadily, many in _ASKED:
        if scores[chosen] >= above and ahead >= before and steady >= steadily and count >= many:
            return strength, chosen, scores, count
    return "cannot_tell", declared, scores, count


def _steadiness(difference: Floats) -> float:
    """Return Student's t of paired differences."""
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean() / error) if error > 0 else 0.0


def by_owners(points: Shapes, owners: Shapes, *, crs: CRS, declared: str = "wgs84") -> Evidence:
    """Judge the datum of gates by the outline of the compound that each belongs to.

    Parameters
    ----------
    points
        Points as declared, in `crs`, shape (n,).
    owners
        The outline that each should stand in, in `crs` and where it truly is; None where a point has none, shape (n,).
    crs
        Compute CRS, projected metres.
    declared
        One of :data:`DATUMS`.

    Returns
    -------
    Evidence
        ``certain`` where nearly all meet their owner in one datum and few in any other.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> gates, compounds = study.layers["gates"], study.layers["compounds"].geometry
    >>> outlines = compounds.reindex(gates["compound_id"]).boundary.to_numpy()
    >>> by_owners(gates.geometry.to_numpy(), outlines, crs=study.crs).strength
    'certain'
    """
    held = ~shapely.is_missing(owners)
    xy, targets = shapely.get_coordinates(shapely.centroid(np.asarray(points)[held])), owners[held]
    if len(xy) < _OWNED or not may_be_offset(xy, crs):
        return _cannot_tell(declared, len(xy))
    meets: dict[str, Any] = {
        datum: (shapely.distance(shapely.points(xy + move), targets) <= _MEETS_M)
        for datum, move in shifts(xy, declared, crs).items()
    }
    shares = {datum: float(met.mean()) for datum, met in meets.items()}
    chosen = max(shares, key=lambda datum: shares[datum])
    second = _second(shares, chosen)
    steady = _steadiness(meets[chosen].astype(float) - meets[second])
    strength: Strength = "cannot_tell"
    if shares[chosen] >= _MOST and shares[second] <= _FEW:
        strength = "certain"
    elif shares[chosen] >= 2 * shares[second] and steady >= _ASKED[0][3]:
        strength = "likely"
    other = chosen if chosen != declared else second
    words = _(
        "{one} of {count} gates stand at the outline of their own compound as declared, {two} if they are in {other}"
    ).format(one=int(meets[declared].sum()), two=int(meets[other].sum()), count=len(xy), other=_(NAMES[other]))
    return Evidence(declared, chosen if strength != "cannot_tell" else declared, strength, shares, len(xy), words)

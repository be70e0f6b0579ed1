"""Project, round and thin what is drawn, and count what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from shapely.geometry import mapping

if TYPE_CHECKING:
    from planner.study import Study
    from planner.walking import WalkNetwork

MAX_EDGES = 40_000
MAX_FROM_COMPOUND_M = 1_500.0
_DECIMALS = 6  # of a degree: a tenth of a metre
_SIMPLIFY_M = 1.0
_WALKS = frozenset({"footway", "path", "crossing", "indoor"})

Feature = dict[str, Any]


@dataclass(frozen=True)
class Streets:
    """The streets that are drawn, and what was left out.

    Parameters
    ----------
    features
        One MultiLineString for each way of drawing: ``street``, ``walk``, ``steps``.
    drawn, total
        Edges drawn and edges there are.
    within_m
        Edges farther than this from every compound were left out; infinite when none was.
    """

    features: list[Feature]
    drawn: int
    total: int
    within_m: float


class Projection:
    """Carry geometries from a study's metres to the degrees that Leaflet draws.

    Parameters
    ----------
    crs
        The study's CRS.

    Examples
    --------
    >>> point = Projection(pyproj.CRS("EPSG:4547")).degrees(shapely.Point(400_000, 2_850_000))
    >>> round(point.x, 1), round(point.y, 1)
    (113.0, 25.8)
    """

    def __init__(self, crs: pyproj.CRS) -> None:
        self._transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def degrees(self, geometry: Any) -> Any:
        """Return a geometry, or an array of them, in degrees rounded to a tenth of a metre.

        Parameters
        ----------
        geometry
            Shapely geometry or array of geometries in metres.
        """

        def carry(xy: np.ndarray) -> np.ndarray:
            lon, lat = self._transformer.transform(xy[:, 0], xy[:, 1])
            return np.round(np.column_stack([lon, lat]), _DECIMALS)

        return shapely.transform(shapely.force_2d(geometry), carry)

    def feature(self, geometry: Any, **properties: Any) -> Feature:
        """Return a GeoJSON feature of a geometry given in metres."""
        return {"type": "Feature", "geometry": mapping(self.degrees(geometry)), "properties": properties}


def streets(study: Study, projection: Projection) -> Streets:
    """Return the streets to draw: at most some ten thousand edges, those nearest to compounds.

    Parameters
    ----------
    study
        Its network and compounds are read.
    projection
        Carries the study's metres to degrees.

    Returns
    -------
    Streets
        Lines simplified by one metre, merged into a few features.
    """
    network: WalkNetwork = study.network
    lines = np.asarray(network.edge_lines, dtype=object)
    keep, within_m = _near_compounds(study, lines)
    looks = np.array([_look(name) for name in network.classes] or ["street"], dtype=object)
    classes = np.asarray(network.edge_class, dtype=np.intp)[keep]
    simple = shapely.simplify(lines[keep], _SIMPLIFY_M)
    features = []
    for look in ("street", "walk", "steps"):
        chosen = simple[looks[classes] == look]
        if len(chosen):
            features.append(projection.feature(shapely.multilinestrings(chosen), look=look))
    return Streets(features, len(keep), len(lines), within_m)


def _look(name: str) -> str:
    return "steps" if name == "steps" else "walk" if name in _WALKS else "street"


def _near_compounds(study: Study, lines: np.ndarray) -> tuple[np.ndarray, float]:
    everything = np.arange(len(lines))
    homes = np.asarray(study.layers["compounds"].geometry.array, dtype=object)
    homes = homes[~(shapely.is_missing(homes) | shapely.is_empty(homes))]
    if len(lines) <= MAX_EDGES or not len(homes):
        return everything, float("inf")
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    (edge, _home), distance = shapely.STRtree(homes).query_nearest(
        middles, max_distance=MAX_FROM_COMPOUND_M, return_distance=True, all_matches=False
    )
    nearest = np.argsort(distance, kind="stable")[:MAX_EDGES]
    within_m = float(distance[nearest[-1]]) if len(distance) > MAX_EDGES else MAX_FROM_COMPOUND_M
    return np.sort(edge[nearest]), within_m

"""Tell where the compute CRS of study.toml does not fit the place: another datum, or metres that are none there."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import CRS, Proj, Transformer

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.files.geometries import Shapes
from planner.layers.places.datums import WGS84, Datum, compute_crs_for, crs_name, settle

# The zone beside a place's own is 0.3 % wrong there, Web Mercator 11 % at 26 degrees of latitude.
_LARGEST = 0.005


def unfit_crs(shapes: Shapes, crs: CRS) -> Fault | None:
    """Tell why results cannot be computed in a CRS.

    Parameters
    ----------
    shapes
        Compounds in that CRS, shape (n,).
    crs
        Compute CRS, projected metres.

    Returns
    -------
    Fault or None
        The refusal, with a CRS that fits; None where it is right, or no compound has a place.

    Examples
    --------
    >>> here = np.array([shapely.Point(12_580_000, 2_970_000)])
    >>> unfit_crs(here, CRS.from_epsg(3857)).cure.line
    'crs = "EPSG:4547"'
    """
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    centres = centres[np.isfinite(centres).all(axis=1)]
    if not len(centres):
        return None
    x, y = np.median(centres, axis=0)
    lon, lat = Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    if not np.isfinite([lon, lat]).all():
        return None
    try:
        fitting = compute_crs_for(lon, lat)
    except InputError:  # a place at a pole is one of a wrong datum, which is told elsewhere
        return None
    code = f"EPSG:{fitting.to_epsg()}"
    todo = _("choose a CRS that fits the place, such as {code}").format(code=code)
    cure = Cure.setting("study", "crs", code)
    try:
        settle(Datum(crs), (x, y, x, y), layer="compounds", file="")
    except InputError:
        what = _("the compute CRS {crs} stands on a datum whose parameters are not known").format(crs=crs_name(crs))
        why = _("places cannot be moved into it; results would lie tens of metres off")
        return Fault(what, why=why, todo=todo, cure=cure)
    factors = Proj(crs).get_factors(lon, lat)
    wrong = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
    if wrong <= _LARGEST:
        return None
    what = _("lengths in the compute CRS {crs} are {percent:.1%} wrong where the compounds lie").format(
        crs=crs_name(crs), percent=wrong
    )
    return Fault(what, why=_("every walk and every area would be wrong by it"), todo=todo, cure=cure)

"""Sum the floors of buildings up by compound, as a measure of how many people live there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from planner.layers.columns import WORDS, key

Floats = npt.NDArray[np.float64]

STOREY_M = 3.0
"""Height of a storey where study.toml gives none: an assumption, told wherever it is used."""

_NO_HOMES = frozenset(key(word) for word in WORDS["no_homes"])


def building_volumes(compounds: gpd.GeoSeries, buildings: gpd.GeoDataFrame, *, storey_m: float = STOREY_M) -> Floats:
    """Return the floor area of the buildings in each compound: footprints times storeys.

    A building belongs to the compound in which its middle lies. Where its storeys are not given they are its height
    over `storey_m`, at least one; where neither is, the mean of the compound's other buildings, each counted once.
    Buildings whose use is none of homes do not count.

    Parameters
    ----------
    compounds
        Outlines in metres.
    buildings
        Footprints in the same CRS with ``floors``, ``height_m`` and ``use``.
    storey_m
        Height of a storey.

    Returns
    -------
    ndarray
        Square metres, NaN where no building lies in the compound or nothing is known of their height,
        shape (compounds,).

    Examples
    --------
    >>> homes = gpd.GeoSeries([shapely.box(0, 0, 50, 50), shapely.box(60, 0, 90, 50)])
    >>> houses = gpd.GeoDataFrame({"floors": [6, None], "height_m": [None, 9.0], "use": ["住宅", None]},
    ...     geometry=[shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)])
    >>> building_volumes(homes, houses).tolist()
    [900.0, nan]
    """
    use = [key(word) if isinstance(word, str) else "" for word in buildings["use"]]
    homes = buildings[[word not in _NO_HOMES for word in use]]
    middles = shapely.point_on_surface(homes.geometry.to_numpy())
    compound, building = shapely.STRtree(middles).query(compounds.to_numpy(), predicate="intersects")
    order = np.lexsort((compound, building))
    compound, building = compound[order], building[order]
    first = np.unique(building, return_index=True)[1]  # of compounds that overlap the first takes it
    compound, building = compound[first], building[first]
    footprint = shapely.area(homes.geometry.to_numpy())[building]
    storeys = _storeys(homes, storey_m)[building]
    known = ~np.isnan(storeys)

    def total(values: Floats, where: npt.NDArray[np.bool_]) -> Floats:
        return np.bincount(compound[where], values[where], minlength=len(compounds)).astype(np.float64)

    counted = total(np.ones(len(building)), known)
    mean = np.divide(total(storeys, known), counted, out=np.full(len(compounds), np.nan), where=counted > 0)
    storeys = np.where(known, storeys, mean[compound])
    usable = ~np.isnan(storeys)
    volume = total(footprint * storeys, usable)
    volume[volume == 0] = np.nan
    return volume


def _storeys(buildings: gpd.GeoDataFrame, storey_m: float) -> Floats:
    floors = buildings["floors"].to_numpy(dtype=float, na_value=np.nan)
    height = buildings["height_m"].to_numpy(dtype=float, na_value=np.nan)
    by_height = np.where(height > 0, np.maximum(height / storey_m, 1.0), np.nan)
    return np.where(floors > 0, floors, by_height)

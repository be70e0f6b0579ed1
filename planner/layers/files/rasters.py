"""Read a population raster, the part of it where compounds lie, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.ledger import LayerCount, Ledger
from planner.layers.people.basis import PEOPLE, basis_of
from planner.layers.people.shares import share_faults
from planner.layers.places.datums import Datum, reliable, resolve_datum
from planner.layers.reading import Layer
from planner.layers.settings import LayerSettings

Floats = npt.NDArray[np.float64]

_SUFFIXES = {".tif", ".tiff"}
_CELLS_AT_ONCE = 1_000_000


def is_raster(file: str) -> bool:
    """Tell whether a file is a raster, by its ending.

    Examples
    --------
    >>> is_raster("pop_2020.TIF"), is_raster("pop.gpkg")
    (True, False)
    """
    return Path(file).suffix.lower() in _SUFFIXES


def read_raster(
    settings: LayerSettings, *, folder: Path, compounds: gpd.GeoDataFrame, share_60: float | None = None
) -> Layer:
    """Read the cells of a population raster that compounds overlap.

    Only the window around the compounds is read, in strips; cells without a value count nobody.

    Parameters
    ----------
    settings
        The file, and under ``fields`` which band counts whom: ``{ elders_60 = "1" }`` or ``{ population = "1" }``, by
        number or by the band's description.
    folder
        The study's folder.
    compounds
        The compounds, in the compute CRS.
    share_60
        For a raster that counts people alone: which share of them is aged 60 or more.

    Returns
    -------
    Layer
        A population layer of cells as polygons in the compute CRS, its counts parts of persons. The ledger knows the
        raster as one row, with all elders of the window.

    Raises
    ------
    InputError
        rasterio is not installed, the file cannot be read, or it does not say what it counts and where.
    """
    try:
        import rasterio
        from rasterio.errors import RasterioIOError
    except ImportError as error:
        raise InputError(
            Fault(
                _("a raster needs rasterio, which is not installed"),
                where=settings.file,
                todo=_('install it with pip install "planner[raster]", or give the grid as polygons'),
            )
        ) from error
    path = folder / settings.file
    try:
        with rasterio.open(path) as source:
            bands = _bands(source, settings, share_60)
            datum = _datum(source, settings)
            return _layer(source, bands, datum, settings, compounds, share_60)
    except RasterioIOError as error:
        raise InputError(
            Fault(
                _("the file does not exist") if not path.is_file() else _("the file cannot be read"),
                where=str(path),
                why="" if not path.is_file() else str(error),
                todo=_("put it there, or correct file under [layers.{layer}]").format(layer="population"),
            )
        ) from error


def _bands(source: Any, settings: LayerSettings, share_60: float | None) -> dict[str, int]:
    """Find the number of the band of each count that the study names."""
    where, named = "[layers.population]", {name: one.source for name, one in settings.fields.items() if one.source}
    descriptions = {text: number for number, text in enumerate(source.descriptions, start=1) if text}
    known = {str(number): number for number in source.indexes} | descriptions
    faults = [
        Fault(
            _("{option} means nothing for a {suffix} file").format(option=option, suffix=Path(settings.file).suffix),
            where=where,
            todo=_("take {option} out").format(option=option),
        )
        for option in ("encoding", "sheet", "layer")
        if getattr(settings, option) is not None
    ]
    faults += [
        Fault(
            _("{name} is no column of this layer").format(name=name),
            where=where,
            todo=_("use one of {columns}").format(columns=_(", ").join(PEOPLE)),
        )
        for name in named
        if name not in PEOPLE
    ]
    faults += [
        Fault(
            _("the raster has no band {band}").format(band=band),
            where=settings.file,
            todo=_("name one of its bands: {bands}").format(bands=_(", ").join(known)),
        )
        for band in named.values()
        if band not in known
    ]
    if share_60 is not None and not faults:
        faults += share_faults(named, layer="population", file=settings.file)
    elif "elders_60" not in named:
        faults.append(
            Fault(
                _("nobody says what the raster counts"),
                where=settings.file,
                why=_("all people are some five times as many as those of 60 and more"),
                todo=_(
                    'give fields = {{ elders_60 = "1" }} under [layers.population]; or fields = {{ population = "1" }} '
                    "with share_60 and share_source under [elders]"
                ).format(),
            )
        )
    if faults:
        raise InputError(faults)
    return {name: known[band] for name, band in named.items() if band is not None}


def _datum(source: Any, settings: LayerSettings) -> Datum:
    stated = CRS.from_wkt(source.crs.to_wkt()) if source.crs else None
    datum = resolve_datum(settings.datum, stated, layer="population", file=settings.file)
    if datum.offset or not reliable(datum.crs):
        raise InputError(
            Fault(
                _("a raster in {datum} cannot be used").format(datum=datum.name),
                where=settings.file,
                why=_("its cells would have to be bent"),
                todo=_("have it converted to WGS 84 or CGCS2000 by whoever made it, or give the grid as polygons"),
            )
        )
    return datum


def _layer(
    source: Any,
    bands: Mapping[str, int],
    datum: Datum,
    settings: LayerSettings,
    compounds: gpd.GeoDataFrame,
    share_60: float | None,
) -> Layer:
    crs = CRS.from_user_input(compounds.crs)
    tree = shapely.STRtree(compounds.geometry.to_numpy())
    parts, total = [], 0.0
    for row, column, counts in _strips(source, bands, datum, compounds, settings):
        if share_60 is not None:
            counts["elders_60"] = counts["population"] * share_60
        total += float(counts["elders_60"].sum())
        # Shape (cells, 4 corners, 2), by the raster's affine map of column and row.
        grid = np.stack([np.column_stack((column + x, row + y)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=1)
        linear, origin = _affine(source)
        xy = grid @ linear.T + origin
        cells = shapely.polygons(datum.move(xy.reshape(-1, 2), crs).reshape(xy.shape))
        near = np.unique(tree.query(cells, predicate="intersects")[0])
        ids = [f"{one:06d}-{other:06d}" for one, other in zip(row[near], column[near], strict=True)]
        parts.append(
            gpd.GeoDataFrame(
                {"area_id": ids, **{name: values[near] for name, values in counts.items()}},
                geometry=cells[near],
                crs=crs,
            )
        )
    table = pd.concat(parts, ignore_index=True).set_index("area_id")
    table = table.assign(
        **{name: np.nan for name in PEOPLE if name not in table}, name=pd.array([None] * len(table), "str")
    )
    count = LayerCount("population", 1, 1, 0, round(total), round(total), 0)
    layer = Layer("population", table, Ledger((), (count,)), settings.file, pd.Series(1, index=table.index))
    basis = settings.basis or basis_of(Path(settings.file).stem)
    return replace(layer, datum=datum.name, meaning=datum, basis=basis)


def _strips(
    source: Any, bands: Mapping[str, int], datum: Datum, compounds: gpd.GeoDataFrame, settings: LayerSettings
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], dict[str, Floats]]]:
    """Yield row, column and counts of the cells with people, strip by strip of the window around the compounds."""
    from rasterio.windows import Window

    left, top, right, bottom = _window(source, datum, compounds, settings)
    height = max(1, _CELLS_AT_ONCE // (right - left))
    for start in range(top, bottom, height):
        window = Window(left, start, right - left, min(height, bottom - start))
        read = source.read(list(bands.values()), window=window, masked=True).astype(np.float64)
        values = dict(zip(bands, np.nan_to_num(read.filled(0.0)), strict=True))
        if min(float(one.min()) for one in values.values()) < 0:
            raise InputError(
                Fault(
                    _("the raster holds negative numbers of people"),
                    where=settings.file,
                    why=_("they stand for no value, mostly, but the file does not say so"),
                    todo=_("have its nodata value declared, for example with gdal_edit.py -a_nodata"),
                )
            )
        row, column = np.nonzero(np.logical_or.reduce([one > 0 for one in values.values()]))
        yield row + start, column + left, {name: one[row, column] for name, one in values.items()}


def _affine(source: Any) -> tuple[Floats, Floats]:
    """Return the matrix and the origin that lead from column and row to x and y."""
    a, b, c, d, e, f = source.transform[:6]
    return np.array([[a, b], [d, e]]), np.array([c, f])


def _window(
    source: Any, datum: Datum, compounds: gpd.GeoDataFrame, settings: LayerSettings
) -> tuple[int, int, int, int]:
    """Columns and rows around the compounds: left, top, right and bottom, the last two beyond the last."""
    back = Transformer.from_crs(compounds.crs, datum.crs, always_xy=True)
    west, south, east, north = back.transform_bounds(*compounds.total_bounds)
    linear, origin = _affine(source)
    corners = np.array([(west, south), (west, north), (east, south), (east, north)]) - origin
    corners = corners @ np.linalg.inv(linear).T
    left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.floor(corners.max(axis=0)) + 1, (source.width, source.height)).astype(int).tolist()
    if left < right and top < bottom:
        return left, top, right, bottom
    raise InputError(
        Fault(
            _("the raster does not reach the compounds"),
            where=settings.file,
            why=_("its datum may be wrong, or it is of another city"),
            todo=_("check the raster and datum under [layers.population]"),
        )
    )

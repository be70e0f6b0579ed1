"""Write results as tables: CSV that Excel opens right, and a GeoPackage for a GIS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from planner.coverage.areas import levels
from planner.present.cells import guarded

if TYPE_CHECKING:
    from planner.coverage import CircleCoverage

_FLOATS = "%.6f"  # micrometres and microseconds: finer than any comparison a reader could make


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in UTF-8 with the mark by which Excel knows it.

    Parameters
    ----------
    table
        The table; its index is not written. Texts that Excel would take for formulas get an apostrophe, see
        `planner.present.cells.guarded`.
    path
        The file.
    """
    guarded(table).to_csv(path, index=False, encoding="utf-8-sig", float_format=_FLOATS, lineterminator="\r\n")


def coverage_table(circles: Sequence[CircleCoverage]) -> pd.DataFrame:
    """Put the verdicts of several circles under one another, a row per compound and circle.

    Parameters
    ----------
    circles
        Results of `planner.coverage.test`.

    Returns
    -------
    DataFrame
        The columns of coverage.csv, in the contract's order.
    """
    return pd.concat([circle.table.reset_index() for circle in circles], ignore_index=True)


def area_table(circles: Sequence[CircleCoverage]) -> pd.DataFrame:
    """Put the sums of several circles at every level under one another.

    Parameters
    ----------
    circles
        Results of `planner.coverage.test`.

    Returns
    -------
    DataFrame
        The columns of coverage_by_area.csv: level and area_id first.
    """
    parts = [circle.by(level).reset_index() for circle in circles for level in levels(circle.study)]
    table = pd.concat(parts, ignore_index=True)
    return table[["level", "area_id", *(name for name in table.columns if name not in {"level", "area_id"})]]


def write_results(
    table: pd.DataFrame, compounds: gpd.GeoDataFrame, path: Path, *, layer: str = "coverage", described: str
) -> None:
    """Write verdicts with the compounds' outlines as a layer of a GeoPackage.

    Parameters
    ----------
    table
        Rows of compounds, whose ids are in the first column.
    compounds
        The compounds by id.
    path
        The .gpkg file.
    layer
        The layer; others of the file stay as they are.
    described
        Description of the layer, which a GIS shows: for whom it is meant.
    """
    table = table.copy()
    for name in table.select_dtypes(include="boolean").columns.union(table.columns.intersection(["whole"])):
        table[name] = table[name].astype("object").where(table[name].notna(), None)
    geometry = compounds.geometry.loc[table.iloc[:, 0]].to_numpy()
    gpd.GeoDataFrame(table, geometry=geometry, crs=compounds.crs).to_file(
        path, layer=layer, driver="GPKG", DESCRIPTION=described
    )

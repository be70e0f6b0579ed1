"""Ask of a population layer what it has: outlines or none, and elders or people of whom a stated share is old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from planner.errors import Fault
from planner.i18n import _
from planner.layers.columns import LayerSpec
from planner.layers.files.rawtables import RawTable
from planner.layers.ledger import Journal
from planner.layers.people.allocation import apportion

_POLYGONS = (shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value)


def fitted(spec: LayerSpec, raw: RawTable, share_60: float | None) -> LayerSpec:
    """Ask of a file for its places where it has some that are welcome, and not for elders that a share gives.

    Parameters
    ----------
    spec
        The layer.
    raw
        The file.
    share_60
        Share of all people aged 60 or more, None where the file has to count them.
    """
    if raw.places is not None and spec.welcome_shapes:
        outlines = np.isin(shapely.get_type_id(raw.places.shapes), _POLYGONS)
        spec = replace(spec, shapes=spec.welcome_shapes) if outlines.any() else spec
    if share_60 is None:
        return spec
    asked = (replace(one, required=one.required and one.name != "elders_60") for one in spec.columns)
    return replace(spec, columns=tuple(asked))


def share_faults(columns: Mapping[str, object], *, layer: str, file: str) -> list[Fault]:
    """List why a share cannot be taken.

    Parameters
    ----------
    columns
        Contract columns that the file has.
    layer, file
        Names for the messages.

    Examples
    --------
    >>> share_faults({"population": ""}, layer="population", file="grid.gpkg")
    []
    """
    if "elders_60" in columns:
        what = _("the file counts people of 60 and more itself, and [elders] share_60 is given too")
        todo = _("take share_60 out of study.toml, or set fields.elders_60 = false under [layers.{layer}]")
        return [Fault(what, where=file, why=_("only one of them can be used"), todo=todo.format(layer=layer))]
    if "population" in columns:
        return []
    return [
        Fault(
            _("there is no number of people that [elders] share_60 could be a share of"),
            where=file,
            todo=_('say which column counts all people: fields.population = "..." under [layers.{layer}]').format(
                layer=layer
            ),
        )
    ]


def elders_of(population: pd.Series[Any], share: float, journal: Journal) -> pd.Series[Any]:
    """Return the elders that a share of all people makes, whole in every row and right in sum.

    Parameters
    ----------
    population
        People by row.
    share
        Of these, aged 60 and over.
    journal
        Where rows without a number of people are set aside.

    Returns
    -------
    Series of Int64
        NA where the row is set aside.

    Examples
    --------
    >>> journal = Journal("population", "p.csv", np.array([2, 3]), np.array(["A", "B"], dtype=object))
    >>> elders_of(pd.Series([101, 104], dtype="Int64"), 0.2, journal).tolist()
    [20, 21]
    """
    missing = population.isna().to_numpy()
    journal.note(missing, "population", _("{column} is empty").format(column="population"), "set_aside")
    order = np.argsort(journal.ids, kind="stable")
    people = population.to_numpy(dtype=float, na_value=0.0)[order]
    elders = pd.array(np.zeros(len(people), dtype=np.int64), dtype="Int64")
    if people.any():
        elders[order] = apportion(round(share * people.sum()), people)
    elders[missing] = pd.NA
    return pd.Series(elders, index=population.index)

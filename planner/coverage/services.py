"""Tell which facilities count on a day, and what each of them offers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    import geopandas as gpd

SERVICES = ("full_day", "day", "meals", "cleaning", "bathing", "nursing")
"""The six services of a care circle: 全托 日托 助餐 助洁 助浴 助护."""

_BY_KIND = {"day": "day_care", "meals": "canteen"}  # what a kind of facility offers by its very name


def in_use(facilities: gpd.GeoDataFrame, as_of: date) -> NDArray[np.bool_]:
    """Tell which facilities count: in use, and opened by the day.

    Planned, closed and misused ones never count, nor does one whose status is not known.

    Parameters
    ----------
    facilities
        The checked layer.
    as_of
        The day; one opened on it counts.

    Returns
    -------
    bool array (facilities,)
    """
    opened = pd.to_datetime(facilities["opened_on"], errors="coerce")
    open_by_then = (opened.isna() | (opened <= pd.Timestamp(as_of))).to_numpy(dtype=bool)
    status = (facilities["status"] == "in_use").fillna(False).to_numpy(dtype=bool)
    return np.asarray(status & open_by_then, dtype=bool)


def offers(facilities: gpd.GeoDataFrame, service: str) -> NDArray[np.bool_]:
    """Tell which facilities offer a service, whatever their status.

    Parameters
    ----------
    facilities
        The checked layer.
    service
        One of `SERVICES`. A day-care centre offers ``day`` and a canteen ``meals`` even where nothing is listed.

    Returns
    -------
    bool array (facilities,)
    """
    listed = facilities["services"].fillna("").astype("string")
    found = np.array([service in one.split(";") for one in listed], bool)
    by_kind = (facilities["kind"] == _BY_KIND.get(service, "")).fillna(False).to_numpy(dtype=bool)
    return np.asarray(found | by_kind, dtype=bool)

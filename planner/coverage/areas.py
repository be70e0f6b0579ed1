"""Sum compounds up by area, each rate named for what it counts, with every elder in exactly one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.standards import Circle
from planner.study import Study
from planner.walking.doors import home_points

if TYPE_CHECKING:
    import geopandas as gpd

STUDY = "study"
"""The level whose one area is everything."""

_NOWHERE = -1
_NAMED_BY_FIELD = ("community", "street", "county")


def levels(study: Study) -> tuple[str, ...]:
    """List the levels of area that a study has, from the smallest on, then the whole study."""
    areas = study.layers.get("areas")
    found = set() if areas is None else set(areas["level"].dropna())
    return (*(level for level in ("community", "street", "county", "urban") if level in found), STUDY)


def assign(study: Study, level: str) -> NDArray[np.intp]:
    """Find the area of every compound.

    The compound's own field decides when it names an area of the level by its id or by a name that only one has;
    otherwise the area in which the home point lies.

    Parameters
    ----------
    study
        An open study.
    level
        ``community``, ``street``, ``county`` or ``urban``.

    Returns
    -------
    integer array (compounds,)
        Row among the areas of the level; -1 for none.
    """
    compounds, areas = study.layers["compounds"], _areas(study, level)
    found = _containing(areas.geometry.to_numpy(), study.homes.home)
    if level in _NAMED_BY_FIELD:
        said = compounds[level]
        single = ~areas["name"].duplicated(keep=False)
        known = {name: row for row, name in enumerate(areas["name"]) if single.iloc[row]}
        known |= {one: row for row, one in enumerate(areas.index)}
        named = np.array([known.get(one, _NOWHERE) for one in said.fillna("")], np.intp)
        found = np.where(named >= 0, named, found)
    return found


def _areas(study: Study, level: str) -> gpd.GeoDataFrame:
    if level not in levels(study) or level == STUDY:
        raise InputError(
            Fault(
                _("the study has no areas of level {level}").format(level=level),
                todo=_("choose one of: {known}").format(known=_(", ").join(levels(study))),
            )
        )
    areas = study.layers["areas"]
    return areas[areas["level"] == level]


def _containing(polygons: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.intp]:
    """Row of the first polygon that holds each point; -1 for none."""
    found = np.full(points.size, _NOWHERE, np.intp)
    point, polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    order = np.lexsort((polygon, point))[::-1]
    found[point[order]] = polygon[order]
    return found


def summarise(study: Study, circle: Circle, table: pd.DataFrame, counts: NDArray[np.bool_], level: str) -> pd.DataFrame:
    """Sum a circle's verdicts up by area.

    Parameters
    ----------
    study, circle, table, counts
        Parts of a `planner.coverage.CircleCoverage`.
    level
        As for `planner.coverage.CircleCoverage.by`.

    Returns
    -------
    DataFrame
        Indexed by area_id, with level, name and circle; elders (60+), elders_covered, elders_unknown (their verdict is
        unknown), elders_estimated (spread from totals), share_elders; compounds, compounds_covered,
        compounds_without_elders (no count was given), share_compounds; floor_area_m2, floor_area_covered_m2,
        share_floor_area; communities, communities_with_facility, share_communities_with_facility; target,
        target_indicator, target_year, target_state, gap (target less the share of its indicator). Covered is pass or
        fragile: the study's walker arrives in at most the limit. A share of nothing is NaN.
    """
    if level == STUDY:
        ids, names, row = [STUDY], [study.name], np.zeros(len(table), np.intp)
    else:
        areas = _areas(study, level)
        ids, names, row = list(areas.index), list(areas["name"]), assign(study, level)
    if (row == _NOWHERE).any():  # what lies in no area has a row of its own, last
        ids, names = [*ids, ""], [*names, _("in no area")]
        row = np.where(row == _NOWHERE, len(ids) - 1, row)
    number = len(ids)
    covered = table["verdict"].isin(("pass", "fragile")).to_numpy()
    unknown = (table["verdict"] == "unknown").to_numpy()
    compounds = study.layers["compounds"]
    elders = compounds["elders_60"].to_numpy(dtype=float, na_value=np.nan)
    estimated = (compounds["elders_source"] == "estimated").to_numpy()
    floor = compounds["residential_floor_area_m2"].to_numpy(dtype=float, na_value=np.nan)
    every = np.ones(len(table))

    def total(values: NDArray[np.float64], among: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        weights = np.nan_to_num(values)
        return np.bincount(row, weights if among is None else weights * among, minlength=number).astype(np.float64)

    communities, with_facility = _communities(study, level, ids, counts)
    result = pd.DataFrame(
        {
            "level": level,
            "name": names,
            "circle": circle.id,
            "elders": total(elders).round().astype(int),
            "elders_covered": total(elders, covered).round().astype(int),
            "elders_unknown": total(elders, unknown).round().astype(int),
            "elders_estimated": total(elders, estimated).round().astype(int),
            "share_elders": _share(total(elders, covered), total(elders)),
            "compounds": total(every).astype(int),
            "compounds_covered": total(every, covered).astype(int),
            "compounds_without_elders": total(every, np.isnan(elders)).astype(int),
            "share_compounds": _share(total(every, covered), total(every)),
            "floor_area_m2": total(floor),
            "floor_area_covered_m2": total(floor, covered),
            "share_floor_area": _share(total(floor, covered), total(floor)),
            "communities": communities,
            "communities_with_facility": with_facility,
            "share_communities_with_facility": _share(with_facility, communities),
        },
        index=pd.Index(ids, name="area_id"),
    )
    return _with_target(result, circle, study)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return share


def _communities(
    study: Study, level: str, ids: list[str], counts: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the communities in each area, and those in which a facility of the circle stands."""
    none = np.zeros(len(ids), np.int64)
    if "community" not in levels(study):
        return none, none
    areas = study.layers["areas"]
    communities = _areas(study, "community")
    facilities = study.layers["facilities"].geometry.to_numpy()[counts]
    has = np.zeros(len(communities), bool)
    has[shapely.STRtree(facilities).query(communities.geometry.to_numpy(), predicate="intersects")[0]] = True
    if level == STUDY:
        home = np.zeros(len(communities), np.intp)
    elif level == "community":
        home = np.arange(len(communities))
    else:
        home = _parents(areas, communities, [one for one in ids if one])
    inside = home >= 0
    return (
        np.bincount(home[inside], minlength=len(ids)).astype(np.int64),
        np.bincount(home[inside], weights=has[inside], minlength=len(ids)).astype(np.int64),
    )


def _parents(areas: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, ids: list[str]) -> NDArray[np.intp]:
    """Area each community belongs to: by its chain of parents, else where its middle lies; -1 for none."""
    parent = areas["parent_id"].to_dict()
    row = {one: number for number, one in enumerate(ids)}
    found = _containing(areas.loc[ids].geometry.to_numpy(), home_points(communities.geometry.to_numpy()))
    for number, one in enumerate(communities.index):
        seen = {one}
        above = parent.get(one)
        while isinstance(above, str) and above not in row and above not in seen:
            seen.add(above)
            above = parent.get(above)
        if isinstance(above, str) and above in row:
            found[number] = row[above]
    return found


def _with_target(result: pd.DataFrame, circle: Circle, study: Study) -> pd.DataFrame:
    """Hold the shares against the target that the document gives, if it gives one."""
    target = circle.targets[0] if circle.targets else None
    result["target"] = target.value if target else np.nan
    result["target_indicator"] = target.indicator if target else ""
    result["target_year"] = pd.array([target.year if target else pd.NA] * len(result), dtype="Int64")
    result["target_state"] = circle.target_state(study.as_of)
    result["gap"] = target.value - result[f"share_{target.indicator}"] if target else np.nan
    return result

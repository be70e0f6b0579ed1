"""Turn compounds, facilities, gates, barriers and areas into GeoJSON features with their looks and popups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from planner.coverage.services import in_use
from planner.i18n import _
from planner.present.colours import verdict_word
from planner.present.drawing import Feature, Projection
from planner.present.offline import escape
from planner.present.panels import walker_name
from planner.present.popups import compound_popup, facility_popup, text_of
from planner.present.suppression import SHOWN
from planner.present.symbols import badge
from planner.walking.walkers import WALKERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.coverage import CircleCoverage
    from planner.present.disclosure import Disclosure
    from planner.study import Study


_ORDER = (
    "day_care",
    "community_centre",
    "regional_centre",
    "canteen",
    "nursing_home",
    "hospice",
    "childcare",
)


def rows_of(study: Study, layer: str) -> list[Any]:
    """Return a layer's rows that have a geometry, as named tuples; none when the study lacks the layer."""
    if layer not in study.layers:
        return []
    return [row for row in study.layers[layer].itertuples() if _drawable(row.geometry)]


def _drawable(geometry: Any) -> bool:
    return geometry is not None and not geometry.is_empty


def areas(study: Study, projection: Projection) -> list[Feature]:
    """Return the outlines of all areas, and a label for each community."""
    features = []
    for row in rows_of(study, "areas"):
        features.append(projection.feature(row.geometry, look="area"))
        if row.level == "community":
            label = escape(text_of(row.name))
            features.append(projection.feature(shapely.point_on_surface(row.geometry), label=label))
    return features


def barriers(study: Study, projection: Projection) -> list[Feature]:
    """Return what nobody can walk across."""
    return [
        projection.feature(row.geometry, look="barrier", tip=escape(text_of(row.name)))
        for row in rows_of(study, "barriers")
    ]


def gates(study: Study, projection: Projection) -> list[Feature]:
    """Return the gates, those that are shut with a look of their own."""
    shut = ~study.layers["gates"]["open"].astype("boolean").fillna(True)
    return [
        projection.feature(row.geometry, look="gate_shut" if shut[row.Index] else "gate")
        for row in rows_of(study, "gates")
    ]


def compounds(study: Study, projection: Projection, coverage: CircleCoverage, shown: Disclosure) -> list[Feature]:
    """Return the compounds in the colour of their verdict, each with its reasons.

    Parameters
    ----------
    study
        Its compounds give names and shapes.
    projection
        Carries the study's metres to degrees.
    coverage
        A tested circle.
    shown
        Which counts of elders may be shown.
    """
    homes = study.layers["compounds"]
    names = study.layers["facilities"]["name"]
    said = _("{walker}, {speed} m/s")
    standard, own, frail = (
        said.format(walker=walker_name(walker.name), speed=walker.speed_mps)
        for walker in (WALKERS["standard"], study.walker, WALKERS["frail"])
    )
    features = []
    for row in coverage.table.itertuples():
        home = homes.loc[row.Index]
        if not _drawable(home.geometry):
            continue
        facility = text_of(row.facility_id)
        name = text_of(home["name"]) or str(row.Index)
        popup = compound_popup(
            row,
            name=name,
            place=_(", ").join(part for part in (text_of(home["community"]), text_of(home["street"])) if part),
            people=shown.people(row.elders_60, shown.compounds.get(str(row.Index), SHOWN)),
            facility=text_of(names.get(facility, facility)),
            circle=coverage.circle,
            speeds=(standard, own, frail),
        )
        tip = f"{escape(name)} · {escape(verdict_word(str(row.verdict)))}"
        features.append(projection.feature(home.geometry, look=row.verdict, tip=tip, popup=popup, to=facility))
    return features


def facilities(study: Study, projection: Projection, coverages: Sequence[CircleCoverage]) -> list[Feature]:
    """Return the facilities as badges; those in use come last and so lie on top.

    Parameters
    ----------
    study
        Its facilities are drawn, whatever their status.
    projection
        Carries the study's metres to degrees.
    coverages
        The tested circles, for which each facility counts or does not.
    """
    table = study.layers["facilities"]
    counting = [frozenset(table.index[one.counts]) for one in coverages]
    lost = frozenset(table.index[study.entrances.reason != ""])
    open_ones = _open_on_the_day(study)
    features = []
    for row in sorted(rows_of(study, "facilities"), key=lambda row: row.Index in open_ones):
        marks = ["on"] if row.Index in open_ones else []
        marks += [f"counts-{number}" for number, ids in enumerate(counting) if row.Index in ids]
        popup = facility_popup(
            row,
            in_use=row.Index in open_ones,
            reachable=row.Index not in lost,
            counts={one.circle.name: row.Index in ids for one, ids in zip(coverages, counting, strict=True)},
        )
        features.append(
            projection.feature(
                shapely.point_on_surface(row.geometry),
                icon=_icon(row, open_ones),
                extra=" ".join(marks),
                tip=escape(text_of(row.name)),
                popup=popup,
            )
        )
    return features


def _open_on_the_day(study: Study) -> frozenset[str]:
    table = study.layers["facilities"]
    return frozenset(table.index[in_use(table, study.as_of)])


def _icon(row: Any, open_ones: frozenset[str]) -> str:
    return f"{text_of(row.kind)}/{'on' if row.Index in open_ones else 'off'}"


def badges(study: Study) -> dict[str, str]:
    """Return the badges that the facilities' features name, as inline SVG."""
    open_ones = _open_on_the_day(study)
    return {
        _icon(row, open_ones): badge(text_of(row.kind), in_use=row.Index in open_ones)
        for row in rows_of(study, "facilities")
    }


def kinds(study: Study) -> list[tuple[str, bool]]:
    """Return each kind of facility on the map with whether some of it is in use, care for elders first."""
    open_ones = _open_on_the_day(study)
    found = {(text_of(row.kind), row.Index in open_ones) for row in rows_of(study, "facilities")}
    return sorted(found, key=lambda one: (_ORDER.index(one[0]) if one[0] in _ORDER else len(_ORDER), one))


def places(study: Study, projection: Projection) -> dict[str, list[float]]:
    """Return latitude and longitude of each facility by its id."""
    found = {}
    for row in rows_of(study, "facilities"):
        point = projection.degrees(shapely.point_on_surface(row.geometry))
        found[str(row.Index)] = [point.y, point.x]
    return found


def bounds(study: Study, projection: Projection) -> tuple[float, float, float, float]:
    """Return west, south, east and north of the compounds and facilities, degrees."""
    shapes = [row.geometry for layer in ("compounds", "facilities") for row in rows_of(study, layer)]
    west, south, east, north = projection.degrees(shapely.box(*shapely.total_bounds(shapes))).bounds
    return west, south, east, north

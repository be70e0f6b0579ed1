"""Which facilities count on a day, and what they offer: each case written out."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from planner.coverage.services import SERVICES, in_use, offers
from planner.layers.columns import LAYERS


def facilities(**columns: list[object]) -> gpd.GeoDataFrame:
    """A facilities layer as the layers room hands it over."""
    number = len(next(iter(columns.values())))
    table = pd.DataFrame(
        {
            column.name: pd.Series(columns.get(column.name, [None] * number), dtype=column.dtype)
            for column in LAYERS["facilities"].columns
        }
    )
    return gpd.GeoDataFrame(table, geometry=[Point(0, 0)] * number, crs=4547).set_index("facility_id")


def test_only_those_in_use_count() -> None:
    statuses = ["in_use", "planned", "under_construction", "closed", "misused", None]
    assert in_use(facilities(status=statuses), date(2026, 6, 30)).tolist() == [True] + [False] * 5


@pytest.mark.parametrize(
    ("opened_on", "counts"), [("2026-06-29", True), ("2026-06-30", True), ("2026-07-01", False), (None, True)]
)
def test_opening_day_itself_counts(opened_on: str | None, counts: bool) -> None:
    table = facilities(status=["in_use"], opened_on=[None if opened_on is None else pd.Timestamp(opened_on)])
    assert in_use(table, date(2026, 6, 30)).tolist() == [counts]


def test_one_planned_does_not_count_though_its_day_has_passed() -> None:
    table = facilities(status=["planned"], opened_on=[pd.Timestamp("2020-01-01")])
    assert in_use(table, date(2026, 6, 30)).tolist() == [False]


def test_a_kind_offers_what_its_name_says() -> None:
    table = facilities(kind=["day_care", "canteen", "nursing_home", "community_centre", None])
    assert offers(table, "day").tolist() == [True, False, False, False, False]
    assert offers(table, "meals").tolist() == [False, True, False, False, False]
    assert not offers(table, "bathing").any()


def test_services_listed_are_offered_and_no_others() -> None:
    table = facilities(services=["day;meals", "full_day", None, ";".join(SERVICES)])
    assert {service: offers(table, service).tolist() for service in SERVICES} == {
        "full_day": [False, True, False, True],  # and `day` is not found in `full_day`
        "day": [True, False, False, True],
        "meals": [True, False, False, True],
        "cleaning": [False, False, False, True],
        "bathing": [False, False, False, True],
        "nursing": [False, False, False, True],
    }


def test_an_empty_layer_has_nothing() -> None:
    table = facilities(status=[])
    assert in_use(table, date(2026, 6, 30)).tolist() == []
    assert offers(table, "day").tolist() == []

"""Test the settings of a layer."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from planner.layers import LayerSettings


def test_a_whole_table_of_study_toml():
    settings = LayerSettings.model_validate(
        {
            "file": "小区.xlsx",
            "datum": "gcj02",
            "sheet": "Sheet1",
            "fields": {
                "residential_floor_area_m2": {"from": "住宅建筑面积", "unit": "万m2"},
                "name": "小区名称",
            },
        }
    )
    assert settings.fields["residential_floor_area_m2"].source == "住宅建筑面积"
    assert settings.fields["residential_floor_area_m2"].unit == "万m2"
    assert settings.fields["name"].source == "小区名称"


@pytest.mark.parametrize(("given", "kept"), [("WGS84", "wgs84"), (" gcj02 ", "gcj02"), ("epsg:4547", "EPSG:4547")])
def test_datums_are_written_one_way(given, kept):
    assert LayerSettings(file="a.csv", datum=given).datum == kept


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"datum": "xian80"}, "datum “xian80” is not one of wgs84, cgcs2000, gcj02, bd09, EPSG:n"),
        ({"encoding": "gbk2"}, "encoding “gbk2” does not exist"),
        ({"colour": "red"}, "colour"),
        ({"fields": {"name": {"from": "a", "units": "m2"}}}, "units"),
        ({"file": ""}, "file"),
    ],
)
def test_refusals(wrong, said):
    with pytest.raises(ValidationError, match=said):
        LayerSettings.model_validate({"file": "a.csv", **wrong})


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        LayerSettings(file="a.csv").file = "b.csv"

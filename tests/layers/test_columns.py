"""Test the column tables against the words of the contract."""

from __future__ import annotations

import pytest

from planner.layers.columns import LAYERS, SERVICES, UNITS, key

# Copied from the contract's table of columns, "!" marking what is required.
CONTRACT = {
    "compounds": "compound_id! name geometry! status residential_floor_area_m2 households population "
    "elders_60 elders_65 elders_80 in_urban_area community street county project phase built_year gated",
    "gates": "gate_id! compound_id! geometry! open",
    "facilities": "facility_id! name! kind! geometry! services status opened_on floor_area_m2 beds care_beds "
    "places meals_per_day ownership",
    "rooms": "room_id! compound_ids! floor_area_m2! source status",
    "permits": "permit_no! residential_floor_area_m2! issued_on project phase applicant in_urban_area "
    "households room_areas_m2 planned_on built_on accepted_on delivered_on room_planned_on room_built_on "
    "room_accepted_on room_delivered_on",
    "candidates": "candidate_id! name geometry! use tenure floor_area_m2 floor cost_cny meals_per_day places required",
    "areas": "area_id! name! level! parent_id geometry!",
    "barriers": "barrier_id! name geometry!",
    "population": "area_id! name elders_60! elders_65 elders_80 population",
    "buildings": "building_id! geometry! floors height_m use",
}


def test_every_layer_of_the_contract_is_there():
    assert set(LAYERS) == set(CONTRACT)


@pytest.mark.parametrize("layer", CONTRACT)
def test_columns_and_what_is_required(layer):
    words = CONTRACT[layer].split()
    spec = LAYERS[layer]
    geometry = ["geometry"] if spec.has_geometry else []
    assert sorted([column.name for column in spec.columns] + geometry) == sorted(word.rstrip("!") for word in words)
    assert sorted(spec.required) == sorted(word.rstrip("!") for word in words if word.endswith("!"))


@pytest.mark.parametrize("spec", LAYERS.values(), ids=lambda spec: spec.name)
def test_every_column_is_described_and_its_unit_is_known(spec):
    assert spec.description
    for column in spec.columns:
        assert column.description
        assert not column.unit or column.factor(column.unit) == 1.0
        assert (column.kind in {"choice", "services"}) == bool(column.choices)


def test_units_by_hand():
    area = LAYERS["compounds"].column("residential_floor_area_m2")
    assert [area.factor(unit) for unit in ("m2", "㎡", "万m2", "万㎡", "ha", "km2")] == [
        1,
        1,
        1e4,
        1e4,
        1e4,
        1e6,
    ]
    assert area.factor("亩") == pytest.approx(666.6667, abs=1e-4)
    assert LAYERS["candidates"].column("cost_cny").factor("万元") == 1e4
    assert area.factor("万元") is None
    assert area.factor("furlong") is None


def test_chinese_words_of_the_contract():
    words = LAYERS["facilities"].column("services").words
    chinese = ["全托", "日托", "助餐", "助洁", "助浴", "助护"]
    assert [words[word] for word in chinese] == list(SERVICES)
    assert LAYERS["compounds"].column("status").words["新建"] == "new"
    assert LAYERS["rooms"].column("source").words["置换"] == "置换"


def test_no_word_stands_for_two_codes():
    for spec in LAYERS.values():
        for column in spec.columns:
            said = [key(word) for code, words in column.choices.items() for word in (code, *words)]
            assert len(said) == len(set(said)), column.name


def test_units_are_written_as_they_are_compared():
    assert all(unit == key(unit) for unit in UNITS)


def test_unknown_column_is_a_key_error():
    with pytest.raises(KeyError, match="nothing"):
        LAYERS["gates"].column("nothing")

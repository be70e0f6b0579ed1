"""Test that the pandera schemas are the contract's and refuse what does not keep it."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.layers.columns import LAYERS
from planner.layers.schema import check_table, schema_for


@pytest.mark.parametrize("layer", LAYERS)
def test_an_empty_table_of_the_right_dtypes_passes(layer):
    spec = LAYERS[layer]
    table = pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in spec.columns}).set_index(spec.id)
    check_table(table, layer=layer, file="empty.csv")
    assert list(schema_for(layer).columns) == [column.name for column in spec.columns[1:]]


def test_all_that_does_not_keep_the_contract_is_listed(refused):
    index = pd.Index(["a", "a"], dtype="str", name="area_id")
    table = pd.DataFrame(
        {"elders_60": [-1, 5], "elders_65": [1, 1], "elders_80": [1, 1], "population": [9, 9]}, index=index
    )
    faults = refused(check_table, table.astype("Int64"), layer="population", file="p.csv")
    assert any("elders_60" in fault.what and "-1" in fault.what for fault in faults)
    assert len(faults) >= 2
    assert all(fault.where.startswith("p.csv") for fault in faults)
    assert {fault.why for fault in faults} >= {
        "it is less than the least value",
        "it stands twice, and the identifier must be unique",
    }


def test_reasons_are_our_own(refused):
    index = pd.Index(["a", "b"], dtype="str", name="room_id")
    table = pd.DataFrame({"compound_ids": ["1", None], "source": ["配建", "gift"], "extra": [1, 2]}, index=index)
    table = table.astype({"compound_ids": "str", "source": "str"})
    whys = {fault.why for fault in refused(check_table, table, layer="rooms", file="r.csv")}
    assert whys == {
        "the column is missing",
        "the contract has no such column",
        "it is empty, and the column must be given",
        "it is none of the codes",
    }

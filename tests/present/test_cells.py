"""Texts of cells: what looks like a formula is guarded in csv, and what stands there can be had back."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.present.cells import guarded, is_risky, printable
from planner.present.tables import write_csv


def test_only_texts_are_guarded(tmp_path):
    table = pd.DataFrame(
        {
            "id": ["=1+1", "-5", "A1", "'=x"],
            "gap": [-1.5, -2.0, 0.0, 3.0],
            "mixed": pd.Series(["+86", None, 4, -4], dtype=object),
            "day": pd.to_datetime(["2024-01-01"] * 4),
            "flag": pd.array([True, None, False, True], dtype="boolean"),
        }
    )
    write_csv(table, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    assert back["id"].tolist() == ["'=1+1", "'-5", "A1", "'=x"]
    assert back["gap"].tolist() == ["-1.500000", "-2.000000", "0.000000", "3.000000"]
    assert back["mixed"].tolist() == ["'+86", "", "4", "-4"]
    assert table["id"].tolist() == ["=1+1", "-5", "A1", "'=x"]  # as it was


@given(st.text(max_size=30))
def test_an_apostrophe_taken_off_gives_the_text_back(text):
    (cell,) = guarded(pd.DataFrame({"a": pd.array([text], dtype="str")}))["a"]
    assert cell == ("'" + text if is_risky(text) else text)
    assert not is_risky(cell)


@pytest.mark.parametrize("text", ["", "云岭山庄", "a\nb\tc", "𬱖㎡‰"])
def test_ordinary_texts_stay(text):
    assert printable(text) is text

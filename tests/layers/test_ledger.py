"""Test that a ledger closes, joins and prints in a stable order."""

from __future__ import annotations

import numpy as np
import pytest

from planner.layers import Entry, Ledger
from planner.layers.ledger import Journal, LayerCount

GONE = Entry("gates", "gates.csv", 3, "G2", "compound_id", "unknown", "set_aside")
ODD = Entry("compounds", "c.csv", 2, "A", "elders_65", "more than 60", "doubted")


def test_columns_of_the_contract_in_a_stable_order():
    frame = Ledger((GONE, ODD)).to_frame()
    assert list(frame.columns) == ["layer", "file", "row", "id", "field", "what", "action"]
    assert frame["layer"].tolist() == ["compounds", "gates"]
    assert Ledger((ODD, GONE)).to_frame().equals(frame)


def test_an_empty_ledger_has_the_columns_and_closes():
    assert Ledger().to_frame().shape == (0, 7)
    assert Ledger().counts().empty
    assert Ledger().closes()


@pytest.mark.parametrize(
    ("count", "closes"),
    [
        (LayerCount("gates", 5, 4, 1, 30, 20, 10), True),
        (LayerCount("gates", 5, 3, 1, 30, 20, 10), False),
        (LayerCount("gates", 5, 4, 1, 30, 20, 9), False),
        (LayerCount("gates", 5, 3, 2, 30, 20, 10), False),  # two rows are gone, one is listed
    ],
)
def test_closing(count, closes):
    assert Ledger((GONE,), (count,)).closes() is closes


def test_two_problems_of_one_row_set_aside_one_row():
    again = Entry("gates", "gates.csv", 3, "G2", "geometry", "none", "set_aside")
    assert Ledger((GONE, again), (LayerCount("gates", 2, 1, 1),)).closes()


def test_ledgers_of_different_layers_join():
    gates = Ledger((GONE,), (LayerCount("gates", 2, 1, 1),))
    both = gates + Ledger((ODD,), (LayerCount("compounds", 1, 1, 0, 7, 7, 0),))
    assert both.closes()
    assert both.counts().loc["compounds", "elders_used"] == 7
    assert both.counts()["rows_in"].to_dict() == {"gates": 2, "compounds": 1}
    with pytest.raises(ValueError, match="both ledgers count gates"):
        _ = gates + gates


def test_with_entries_leaves_the_first_ledger_alone():
    first = Ledger((), (LayerCount("gates", 2, 2, 0),))
    second = first.with_entries([GONE], counts=[LayerCount("gates", 2, 1, 1)])
    assert first.entries == ()
    assert second.closes()
    with pytest.raises(KeyError):
        second.count("rooms")


def test_a_journal_that_lost_a_row_raises():
    journal = Journal("gates", "gates.csv", np.array([2, 3]), np.array(["A", "B"], dtype=object))
    with pytest.raises(RuntimeError, match="lost"):
        journal.close(used=np.array(["A"]), elders_in=np.zeros(2, dtype=np.int64), elders_used=0)

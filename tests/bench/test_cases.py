"""The bench runs, says what is missing, and judges only what it measured at full size."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from planner.bench import cases as bench
from planner.bench import networks
from planner.walking.sources import read_streets


def test_quick_run_measures_every_case_and_judges_none(monkeypatch):
    """Peers that are not installed are rows like any other."""
    monkeypatch.setattr(bench, "_peer", lambda name: None)
    stages = []
    table = bench.run(quick=True, progress=lambda *told: stages.append(told))
    assert list(table.columns) == [part.name for part in fields(bench.Measured)]
    assert (table["ours_s"] > 0).all()
    assert table["holds"].isna().all()
    lost = table[table["peer"].isin(["scipy", "pandana"])]
    assert len(lost) == 3
    assert set(lost["note"]) == {bench._("not installed")}
    assert lost["peer_s"].isna().all()
    assert [number for _stage, number, _total in stages] == [0, 1, 2, 3, 4, 5]


def test_sweep_agrees_with_scipy_and_judges():
    """The comparison is one of equals: the same nodes, the same metres."""
    pytest.importorskip("scipy")
    scipy, floor = bench.sweep(networks.irregular_grid(60), sources=20, rounds=1)
    assert scipy.note == bench._("the same distances")
    assert floor.note == bench._("reaches the same nodes")
    assert scipy.holds is (scipy.ratio >= bench.SCIPY_TIMES)


def test_breadth_first_counts_arcs():
    """0 - 1 - 2, and 3 alone."""
    indptr, neighbour = np.array([0, 1, 3, 4, 4], "i4"), np.array([1, 0, 2, 1], "i4")
    assert bench._breadth_first(indptr, neighbour, np.array([0], "i4")).tolist() == [0, 1, 2, -1]


def test_generated_networks_are_what_they_say(tmp_path):
    """Sizes, seeds and the share of points inside streets."""
    city, again = networks.chained_city(), networks.chained_city()
    degree = np.bincount(np.concatenate([city.u, city.v]), minlength=len(city.xy))
    assert (degree == 2).mean() == pytest.approx(0.85, abs=0.005)
    assert np.array_equal(city.length_m, again.length_m)
    networks.write_osm(tmp_path / "a.osm", ways=200)
    streets = read_streets(tmp_path / "a.osm", crs=bench._COMPUTE_CRS)
    assert streets.notes["ways"] == pytest.approx(200, rel=0.1)
    assert streets.notes["nodes_missing"] == 0


def test_peers_are_found_by_name():
    """Installed or not."""
    assert bench._peer("json").__name__ == "json"
    assert bench._peer("no_such_peer") is None

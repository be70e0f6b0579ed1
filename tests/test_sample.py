"""The sample study is what its script makes, and holds the cases it is there to show."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

import planner as pl
from planner.layers import LAYERS
from planner.walking.osm import read_osm

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "data" / "make_sample.py")
    script = importlib.util.module_from_spec(spec)
    path = list(sys.path)
    try:
        spec.loader.exec_module(script)
        script.make(folder)
    finally:
        sys.path[:] = path
    return folder


@pytest.fixture(scope="module")
def study():
    return pl.open_study(SAMPLE, lang="en")


def test_the_script_makes_the_files_that_ship(made):
    names = sorted(path.name for path in SAMPLE.iterdir())
    assert sorted(path.name for path in made.iterdir()) == names
    for name in names:
        if name.endswith(".pbf"):  # compressed: compared by what it says
            ours, theirs = read_osm(SAMPLE / name), read_osm(made / name)
            np.testing.assert_array_equal(ours.xy, theirs.xy)
            np.testing.assert_array_equal(ours.a, theirs.a)
            np.testing.assert_array_equal(ours.code, theirs.code)
        else:
            assert (made / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_it_is_small_in_git():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 700_000


def test_every_row_is_clean(study):
    assert study.ledger.closes()
    assert study.ledger.to_frame().empty
    assert len(study.layers["compounds"]) == 157


def test_every_kind_and_status_of_facility_is_there(study):
    facilities, spec = study.layers["facilities"], LAYERS["facilities"]
    assert set(facilities["kind"]) == set(spec.column("kind").choices)
    assert set(facilities["status"]) == set(spec.column("status").choices)


def test_compounds_keep_apart_and_gates_stand_in_their_walls(study):
    outlines = study.layers["compounds"].geometry.to_numpy()
    assert shapely.is_valid(outlines).all()
    one, other = shapely.STRtree(outlines).query(outlines, predicate="overlaps")
    assert not one.size, list(zip(one, other, strict=True))
    gates = study.layers["gates"]
    walls = study.layers["compounds"].geometry.loc[gates["compound_id"]].boundary.to_numpy()
    assert shapely.distance(gates.geometry.to_numpy(), walls).max() < 1.0
    assert not gates["open"].all()
    assert set(gates.groupby("compound_id").size()) >= {1, 2, 3, 4}


def test_only_bridges_cross_the_river(study):
    river = study.layers["barriers"].geometry.iloc[0]
    crossing = shapely.crosses(study.network.edge_lines, river) | shapely.within(study.network.edge_lines, river)
    assert 2 <= crossing.sum() <= 4


def test_it_shows_what_can_happen(study):
    care = pl.coverage.test(study, "care-15min").table
    assert set(care["verdict"]) == {"pass", "fragile", "fail", "unknown"}
    assert set(care["start"]) == {"gate", "edge", "point", ""}
    assert (care["reason"] == "off_network").sum() == 1
    compounds = study.layers["compounds"]
    assert (compounds["elders_60"] == 0).sum() == 1
    # The railway stands between the village and the town: nobody there reaches day care in half an hour.
    village = care[~compounds["in_urban_area"].astype(bool)]
    assert len(village) == 10
    assert (village["minutes"] > 30).any()
    assert (village["verdict"] == "fail").all()
    parts = study.network.component_length_m
    assert (parts < 0.01 * parts.max()).any()  # the loose fragment that nothing must be tied to
    steps = study.network.classes.index("steps")
    assert (study.network.edge_class == steps).any()

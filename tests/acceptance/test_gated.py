"""Hold walks in random towns with gated compounds against the independent program: hundreds of towns, every walk."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

import planner as pl
from planner.errors import InputError
from planner.layers.places.findings import DatumFindings
from planner.study import Study
from planner.walking import WalkNetwork
from tests.acceptance import independent
from tests.coverage.towns import at, care, home, square, town

ZONE = CRS.from_epsg(4547)
SIDE = 5
BLOCK_M = 110.0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with a row in every layer, which lends its columns to those that were never on a disk."""
    gates = [{"gate_id": "G", "compound_id": "C", "geometry": at(0, 20), "open": True}]
    return town(tmp_path_factory.mktemp("town"), [home("C", square(0, 0))], [care("F", at(50, 0))], gates=gates)


def streets_of(rng: np.random.Generator) -> tuple[WalkNetwork, list[independent.Street]]:
    """A bent, gappy raster in which some streets stay open to everybody; for planner and for the other program."""
    corner = np.array([(i * BLOCK_M, j * BLOCK_M) for i in range(SIDE) for j in range(SIDE)])
    xy = list(corner + rng.uniform(-20, 20, corner.shape))
    ends = [(at, at + SIDE) for at in range(SIDE * (SIDE - 1))]
    ends += [(at, at + 1) for at in range(SIDE * SIDE) if at % SIDE < SIDE - 1]
    a, b, stays, streets = [], [], [], []
    for u, v in ends:
        if rng.random() < 0.2:
            continue
        chain = [u]
        for share in sorted(rng.uniform(0.1, 0.9, rng.integers(0, 4))):
            chain.append(len(xy))
            xy.append(xy[u] + share * (xy[v] - xy[u]) + rng.uniform(-15, 15, 2))
        chain.append(v)
        a += chain[:-1]
        b += chain[1:]
        stays += [open_ := bool(rng.random() < 0.15)] * (len(chain) - 1)
        streets.append((u, v, shapely.LineString([xy[at] for at in chain]), open_))
    return WalkNetwork.from_edges(np.array(xy), a, b, crs=ZONE, thoroughfare=stays), streets


def compounds_of(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Turned rectangles, some within or upon each other, and points; gated, open, or nobody knows."""
    shapes: list[shapely.Geometry] = []
    for number in range(9):
        if shapes and rng.random() < 0.3:  # around, within or upon one that is there
            middle = shapes[rng.integers(len(shapes))].centroid
            x, y = np.array([middle.x, middle.y]) + rng.uniform(-30, 30, 2)
        else:
            x, y = rng.uniform(-30, BLOCK_M * (SIDE - 1) + 30, 2)
        w, h = rng.uniform(3, 95, 2)
        turned = shapely.affinity.rotate(shapely.box(x - w, y - h, x + w, y + h), rng.uniform(0, 90))
        shapes.append(shapely.Point(x, y) if number % 4 == 3 else turned)
    gated = pd.array(rng.choice([True, False, None], len(shapes)), dtype="boolean")
    ids = pd.Index([f"C{number}" for number in range(len(shapes))], name="compound_id")
    return gpd.GeoDataFrame({"gated": gated}, geometry=shapes, index=ids, crs=ZONE)


def gates_of(compounds: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Gates in the outlines, some metres beside them, or far inside."""
    owners, points = [], []
    for name, outline in compounds.geometry.items():
        for _ in range(rng.integers(0, 4) if rng.random() < 0.5 else 0):
            point = outline.boundary.interpolate(rng.random(), normalized=True) if outline.area else outline
            off = rng.choice([0.0, 3.0, 40.0], p=[0.5, 0.35, 0.15])
            owners.append(name)
            points.append(shapely.affinity.translate(point, *rng.uniform(-off, off, 2)))
    ids = pd.Index([f"G{number}" for number in range(len(owners))], name="gate_id")
    return gpd.GeoDataFrame({"compound_id": owners}, geometry=points, index=ids, crs=ZONE)


def study_of(template: Study, network: WalkNetwork, **tables: gpd.GeoDataFrame) -> Study:
    """A study that was never on a disk."""
    layers = {}
    for name, table in tables.items():
        like = template.layers[name]
        rows = like.iloc[[0] * len(table)].set_axis(table.index)
        layers[name] = rows.assign(**{column: table[column] for column in table.columns})
    study = replace(template, layers=MappingProxyType({**template.layers, **layers}))
    study.__dict__["_network"] = (network, False)
    # Nor was it read from files whose datum the streets could contradict.
    study.__dict__["datum_findings"] = DatumFindings((), (), ())
    return study


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_walks_in_random_towns(template: Study, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network, streets = streets_of(rng)
    compounds = compounds_of(rng)
    gates = gates_of(compounds, rng)
    spots = rng.uniform(-20, BLOCK_M * (SIDE - 1) + 20, (3, 2))
    ids = pd.Index(["F0", "F1", "F2"], name="facility_id")
    facilities = gpd.GeoDataFrame(geometry=shapely.points(spots), index=ids, crs=ZONE)
    study = study_of(template, network, compounds=compounds, gates=gates, facilities=facilities)
    gated = compounds["gated"].dropna().astype(bool).to_dict()
    try:
        table = pl.coverage.test(study, "care-15min").table
    except InputError:
        assert not independent.without(streets, independent.walls_of(compounds.geometry, gates, gated))
        return
    answer = independent.answer(streets, compounds.geometry, facilities.geometry, gates, gated)
    expected = np.array([answer.metres[one] for one in compounds.index])
    np.testing.assert_allclose(table["distance_m"], expected, rtol=1e-9, atol=1e-6)

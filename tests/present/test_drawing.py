"""What is drawn is where it was, small, and counted when left out."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
import shapely

from planner.present import drawing


def test_points_come_back_to_a_tenth_of_a_metre():
    projection = drawing.Projection(pyproj.CRS("EPSG:4547"))
    x, y = 401_234.56, 2_851_234.56
    feature = projection.feature(shapely.Point(x, y, 35.0), look="gate")
    lon, lat = feature["geometry"]["coordinates"]
    back = pyproj.Transformer.from_crs(4326, 4547, always_xy=True).transform(lon, lat)
    assert math.dist(back, (x, y)) < 0.1
    assert (round(lon, 6), round(lat, 6)) == (lon, lat)
    assert feature["properties"] == {"look": "gate"}


def test_streets_are_few_features_with_every_edge(make_study):
    study = make_study()
    drawn = drawing.streets(study, drawing.Projection(study.crs))
    assert [feature["properties"]["look"] for feature in drawn.features] == ["street", "walk", "steps"]
    assert drawn.drawn == drawn.total == len(study.network.edge_lines)
    assert math.isinf(drawn.within_m)
    assert sum(len(feature["geometry"]["coordinates"]) for feature in drawn.features) == drawn.total


def test_too_many_streets_leave_the_farthest_out(make_study, monkeypatch):
    study = make_study()
    study.layers["compounds"] = study.layers["compounds"].iloc[:1]
    monkeypatch.setattr(drawing, "MAX_EDGES", 20)
    drawn = drawing.streets(study, drawing.Projection(study.crs))
    home = study.layers["compounds"].geometry.iloc[0]
    middles = [line.interpolate(0.5, normalized=True).distance(home) for line in study.network.edge_lines]
    assert drawn.drawn == 20
    assert drawn.total == len(middles)
    assert drawn.within_m == pytest.approx(sorted(middles)[19])
    assert sum(len(feature["geometry"]["coordinates"]) for feature in drawn.features) == 20


def test_streets_far_from_every_home_are_left_out(make_study, monkeypatch):
    study = make_study()
    study.layers["compounds"] = study.layers["compounds"].iloc[:1]
    monkeypatch.setattr(drawing, "MAX_EDGES", len(study.network.edge_lines) - 1)
    drawn = drawing.streets(study, drawing.Projection(study.crs))
    home = study.layers["compounds"].geometry.iloc[0]
    middles = np.array([line.interpolate(0.5, normalized=True).distance(home) for line in study.network.edge_lines])
    assert drawn.drawn == (middles <= drawing.MAX_FROM_COMPOUND_M).sum() < drawn.total
    assert drawn.within_m == drawing.MAX_FROM_COMPOUND_M

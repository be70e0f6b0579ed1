"""Fetching streets, against a recorded answer; no request leaves the machine."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import osmnx
import pytest
import requests
from shapely import box

from planner.errors import InputError, OutputExists
from planner.walking import read_network
from planner.walking.fetching import fetch_streets
from planner.walking.graphs import read_graphml
from tests.walking.conftest import ZONE

ANSWER = Path(__file__).parent / "data" / "overpass.json"
BOX = (112.99, 25.79, 113.01, 25.81)


@pytest.fixture
def overpass(monkeypatch):
    """Overpass's answer from the record; whatever else would go out fails. Gives the queries that were asked."""
    asked = []

    def answer(data):
        asked.append(data["data"])
        return json.loads(ANSWER.read_text(encoding="utf-8"))

    def refuse(*args, **_kwargs):
        raise AssertionError(f"the network was used: {args}")

    monkeypatch.setattr(osmnx._overpass, "_overpass_request", answer)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(requests.Session, "request", refuse)
    return asked


def test_the_recorded_answer_becomes_a_walking_network(tmp_path, overpass):
    target = tmp_path / "town.graphml"
    assert fetch_streets(target, bbox=BOX) == target
    assert len(overpass) == 1
    assert "25.79" in overpass[0]
    assert [path.name for path in tmp_path.iterdir()] == ["town.graphml"]
    streets = read_graphml(target)
    kinds = {streets.classes[code] for code in streets.code}
    assert kinds == {"street", "steps", "crossing", "footway"}
    network = read_network(target, crs=ZONE)
    # 5 walkable ways: 1-2-3 is cut at 2, where the crossing leaves; the far footway 7-8 is kept; the motor road is not.
    degree_m = 111_132.95 - 559.85 * 0.621  # a degree of latitude at 25.8 N
    parallel_m = 111_412.84 * 0.9003  # a degree of longitude there, less than 1 in 1,000 off
    truth = 0.001 * (3 * degree_m + 3 * parallel_m)
    assert network.edge_length_m.sum() == pytest.approx(truth, rel=2e-3)
    assert network.one_way  # oneway:foot binds; oneway of the residential street does not
    one_way = ~(network.edge_forward & network.edge_backward)
    assert {network.classes[code] for code in network.edge_class[one_way]} == {"footway"}
    assert one_way.sum() == 1


def test_a_place_is_looked_up_by_name(tmp_path, overpass, monkeypatch):
    import geopandas as gpd

    names = []

    def found(query, **_kwargs):
        names.append(query)
        return gpd.GeoDataFrame({"display_name": [query]}, geometry=[box(*BOX)], crs=4326)

    monkeypatch.setattr(osmnx.geocoder, "geocode_to_gdf", found)
    fetch_streets(tmp_path / "town.graphml", place="郴州市北湖区")
    assert names == ["郴州市北湖区"]
    assert len(overpass) == 1


def test_settings_are_as_before_after_success_and_failure(tmp_path, overpass, monkeypatch):
    before = osmnx.settings.useful_tags_way
    kept = list(before)
    during = []
    answer = osmnx._overpass._overpass_request

    def look(data):
        during.extend(osmnx.settings.useful_tags_way)
        return answer(data)

    monkeypatch.setattr(osmnx._overpass, "_overpass_request", look)
    fetch_streets(tmp_path / "town.graphml", bbox=BOX)
    assert {"foot", "oneway:foot", "cycleway", "motorroad", "conveying", "access", "highway"} <= set(during)
    assert osmnx.settings.useful_tags_way is before

    def fail(_data):
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(osmnx._overpass, "_overpass_request", fail)
    with pytest.raises(InputError) as caught:
        fetch_streets(tmp_path / "other.graphml", bbox=BOX)
    (fault,) = caught.value.faults
    assert fault.what == "the download failed"
    assert fault.why == "in its reader's own words: no route to host"
    assert "give an .osm.pbf extract instead" in fault.todo
    assert osmnx.settings.useful_tags_way is before
    assert before == kept
    assert not (tmp_path / "other.graphml").exists()


def test_every_tag_that_the_judgement_looks_at_is_fetched(tmp_path, overpass, monkeypatch):
    from planner.walking.ways import tag_keys

    during = []
    answer = osmnx._overpass._overpass_request
    monkeypatch.setattr(
        osmnx._overpass, "_overpass_request", lambda data: during.extend(osmnx.settings.useful_tags_way) or answer(data)
    )
    fetch_streets(tmp_path / "town.graphml", bbox=BOX)
    assert set(tag_keys()) <= set(during)


def test_an_empty_answer_is_told_so(tmp_path, overpass, monkeypatch):
    monkeypatch.setattr(osmnx._overpass, "_overpass_request", lambda _data: {"elements": []})
    with pytest.raises(InputError, match="the download failed"):
        fetch_streets(tmp_path / "town.graphml", bbox=BOX)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_stands_there_is_replaced_only_by_force(tmp_path, overpass):
    target = tmp_path / "town.graphml"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExists, match=r"town\.graphml exists; give --force to replace it"):
        fetch_streets(target, bbox=BOX)
    assert (target.read_text(encoding="utf-8"), overpass) == ("mine", [])
    fetch_streets(target, bbox=BOX, force=True)
    assert read_graphml(target).notes["ways"] == 6


def test_faults_are_gathered_before_anything_is_asked(tmp_path, overpass):
    with pytest.raises(InputError) as caught:
        fetch_streets(tmp_path / "town.gpkg", place="郴州", bbox=(113.0, 25.9, 112.0, 25.8))
    unclear, wrong_box, wrong_name = (fault.what for fault in caught.value.faults)
    assert unclear == "the area to fetch is not clear"
    assert wrong_box.startswith("the bounding box")
    assert wrong_name == "the file to write is not .graphml"
    with pytest.raises(InputError, match="give either a place or a bounding box"):
        fetch_streets(tmp_path / "town.graphml")
    assert overpass == []

"""Which ways may be walked: the table and what it decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from planner.walking import ways

TABLE = Path(ways.__file__).with_name("ways.yaml")


@pytest.fixture(scope="module")
def rules():
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


def test_every_line_names_a_source_that_is_listed(rules):
    text = TABLE.read_text(encoding="utf-8")
    head = text.split("\nclasses:")[0]
    listed = set(re.findall(r"^#\s+(\[[a-z]+\])", head, flags=re.MULTILINE))
    assert listed
    for value, line in rules["highway"].items():
        named = set(re.findall(r"\[[a-z]+\]", line["source"]))
        assert named, value
        assert named <= listed, value
    # The rules below the table carry theirs in the comment that stands above or beside them.
    for block in ("thoroughfare", "motor_only", "crossing", "access", "direction", "barrier"):
        before = text.split(f"\n{block}:")[0].rstrip().splitlines()
        comment = []
        while before and before[-1].startswith("#"):
            comment.append(before.pop())
        named = set(re.findall(r"\[[a-z]+\]", " ".join(comment)))
        assert named, block
        assert named <= listed, block


def test_every_highway_line_is_complete(rules):
    for value, line in rules["highway"].items():
        assert set(line) == {"class", "foot", "source"}, value
        assert line["class"] in rules["classes"], value
        assert isinstance(line["foot"], bool), value
    assert ways.classes() == tuple(rules["classes"])


BOTH, AHEAD, BACK, NO = (True, True), (True, False), (False, True), None

CASES = [
    # tags, kind of way, directions
    ("highway=footway", "footway", BOTH),
    ("highway=pedestrian", "footway", BOTH),
    ("highway=steps", "steps", BOTH),
    ("highway=path", "path", BOTH),
    ("highway=track", "path", BOTH),
    ("highway=service", "service", BOTH),
    ("highway=corridor", "indoor", BOTH),
    ("highway=residential", "street", BOTH),
    ("highway=trunk", "street", BOTH),
    ("highway=motorway", None, NO),
    ("highway=motorway foot=yes", "street", BOTH),
    ("highway=trunk motorroad=yes", None, NO),
    ("highway=trunk motorroad=no", "street", BOTH),
    ("highway=trunk motorroad=yes foot=designated", "street", BOTH),
    ("highway=construction", None, NO),
    ("highway=proposed foot=yes", None, NO),
    ("building=yes", None, NO),
    # crossings tagged as cycleways, with and without foot
    ("highway=cycleway", None, NO),
    ("highway=cycleway foot=yes", "footway", BOTH),
    ("highway=cycleway foot=designated cycleway=crossing", "crossing", BOTH),
    ("highway=cycleway cycleway=crossing", None, NO),
    ("highway=footway footway=crossing", "crossing", BOTH),
    ("highway=path path=crossing", "crossing", BOTH),
    ("highway=footway footway=sidewalk", "footway", BOTH),
    # access: the most specific tag decides
    ("highway=footway foot=no", None, NO),
    ("highway=residential access=private", None, NO),
    ("highway=residential access=private foot=yes", "street", BOTH),
    ("highway=residential access=yes foot=no", None, NO),
    ("highway=residential foot=use_sidepath", None, NO),
    ("highway=service access=destination", "service", BOTH),
    ("highway=service access=customers", "service", BOTH),
    ("highway=bridleway", None, NO),
    ("highway=bridleway foot=permissive", "path", BOTH),
    ("highway=busway", None, NO),
    # one-way binds vehicles; oneway:foot and conveying bind walkers
    ("highway=residential oneway=yes", "street", BOTH),
    ("highway=residential oneway=-1", "street", BOTH),
    ("highway=residential junction=roundabout oneway=yes", "street", BOTH),
    ("highway=footway oneway:foot=yes", "footway", AHEAD),
    ("highway=footway oneway:foot=-1", "footway", BACK),
    ("highway=footway oneway:foot=no oneway=yes", "footway", BOTH),
    ("highway=path foot:backward=no", "path", AHEAD),
    ("highway=path foot:forward=no", "path", BACK),
    ("highway=steps conveying=forward", "steps", AHEAD),
    ("highway=steps conveying=backward", "steps", BACK),
    ("highway=steps conveying=reversible", "steps", BOTH),
    ("highway=path foot:forward=no foot:backward=no", None, NO),
]


def tags_of(text):
    return dict(tag.split("=") for tag in text.split())


@pytest.mark.parametrize(("tags", "kind", "directions"), CASES, ids=[case[0] for case in CASES])
def test_judge(tags, kind, directions):
    way = ways.judge(tags_of(tags))
    if kind is None:
        assert way is None
    else:
        assert ways.classes()[way.code] == kind
        assert (way.forward, way.backward) == directions


def test_a_reader_that_fetches_just_the_named_tags_judges_the_same():
    for text, *_ in CASES:
        tags = tags_of(text)
        fetched = {key: value for key, value in tags.items() if key in ways.tag_keys()}
        assert ways.judge(fetched) == ways.judge(tags)
    assert len(set(ways.tag_keys())) == len(ways.tag_keys())


@pytest.mark.parametrize(
    ("tags", "stopped"),
    [
        ("highway=crossing", False),
        ("barrier=gate", False),
        ("barrier=bollard", False),
        ("barrier=kerb", False),
        ("barrier=gate access=private", True),
        ("barrier=gate access=no", True),
        ("barrier=lift_gate foot=no", True),
        ("barrier=gate access=private foot=yes", False),
        ("barrier=wall", True),
        ("barrier=fence", True),
        ("barrier=fence foot=yes", False),
        ("barrier=hedge access=destination", True),
        ("access=private", False),
    ],
)
def test_stops(tags, stopped):
    assert ways.stops(tags_of(tags)) == stopped


@pytest.mark.parametrize(
    ("tags", "stays"),
    [
        ({"highway": "primary"}, True),
        ({"highway": "tertiary_link"}, True),
        ({"highway": "unclassified"}, False),
        ({"highway": "residential"}, False),
        ({"highway": "footway", "bridge": "yes"}, True),
        ({"highway": "footway", "bridge": "no"}, False),
        ({"highway": "steps", "tunnel": "yes"}, True),
        ({"highway": "service", "tunnel": "building_passage"}, False),  # an archway, on the ground
        ({"highway": "residential", "tunnel": "F"}, False),  # as Geofabrik's shapefiles have it
        ({"highway": "footway", "layer": "-1"}, False),  # an order of drawing, no proof of a tunnel
    ],
)
def test_what_stays_open_inside_a_gated_compound(tags, stays):
    way = ways.judge(tags)
    assert way is not None
    assert way.thoroughfare is stays
    assert way.reversed().thoroughfare is stays

"""Judge from its tags whether a way may be walked, in which direction, and what kind of way it is.

The judgement is a table, ``ways.yaml`` beside this module, with the source of every line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

NODE_KEYS = ("barrier", "foot", "access")
"""The tags of a node that decide whether it stops walkers."""


@dataclass(frozen=True)
class Way:
    """How a way may be walked.

    Parameters
    ----------
    code
        Position of its kind in `classes`.
    forward, backward
        Whether it may be walked in the direction it was drawn, and against it.
    thoroughfare
        Whether it stays open to everybody inside a gated compound: a main road, a bridge, a tunnel.
    """

    code: int
    forward: bool
    backward: bool
    thoroughfare: bool = False

    def reversed(self) -> Way:
        """Give the same way drawn in the other direction."""
        return replace(self, forward=self.backward, backward=self.forward)


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "ways.yaml").read_text(encoding="utf-8"))
    return rules


def classes() -> tuple[str, ...]:
    """Name the kinds of way in the order of their codes.

    Examples
    --------
    >>> classes()
    ('street', 'service', 'footway', 'path', 'steps', 'crossing', 'indoor')
    """
    return tuple(_rules()["classes"])


def tag_keys() -> tuple[str, ...]:
    """Name every tag that the judgement of a way looks at, so that a reader can fetch just these.

    Examples
    --------
    >>> "oneway:foot" in tag_keys(), "oneway" in tag_keys()
    (True, False)
    """
    rules = _rules()
    found = ["highway", rules["motor_only"]["key"], *rules["crossing"]["keys"], *rules["access"]["keys"]]
    found += [key for side in rules["direction"].values() for key in side]
    found += level_keys()
    return tuple(dict.fromkeys(found))


def level_keys() -> tuple[str, ...]:
    """Name the tags that say a way runs above or below the ground.

    Examples
    --------
    >>> level_keys()
    ('bridge', 'tunnel')
    """
    return tuple(_rules()["thoroughfare"]["above_or_below"])


def _permission(tags: Mapping[str, str], default: bool) -> bool:
    access = _rules()["access"]
    for key in access["keys"]:
        value = tags.get(key)
        if value in access["allowed"]:
            return True
        if value in access["refused"]:
            return False
        if value:
            return default
    return default


def judge(tags: Mapping[str, str]) -> Way | None:
    """Judge a way.

    Parameters
    ----------
    tags
        OpenStreetMap tags of the way.

    Returns
    -------
    Way or None
        None when nobody may walk it, or when it is no way at all.

    Examples
    --------
    >>> judge({"highway": "residential", "oneway": "yes"})
    Way(code=0, forward=True, backward=True, thoroughfare=False)
    >>> judge({"highway": "cycleway"}) is None
    True
    >>> judge({"highway": "cycleway", "foot": "yes", "cycleway": "crossing"})
    Way(code=5, forward=True, backward=True, thoroughfare=False)
    >>> judge({"highway": "footway", "oneway:foot": "yes"})
    Way(code=2, forward=True, backward=False, thoroughfare=False)
    >>> judge({"highway": "primary"}).thoroughfare, judge({"highway": "footway", "tunnel": "yes"}).thoroughfare
    (True, True)
    """
    rules = _rules()
    kind = rules["highway"].get(tags.get("highway"))
    if kind is None:
        return None
    motor_only = tags.get(rules["motor_only"]["key"]) in rules["motor_only"]["values"]
    if not _permission(tags, kind["foot"] and not motor_only):
        return None
    crossing = rules["crossing"]
    name = "crossing" if any(tags.get(key) in crossing["values"] for key in crossing["keys"]) else kind["class"]
    only = {
        side: any(tags.get(key) in values for key, values in bound.items())
        for side, bound in rules["direction"].items()
    }
    if only["forward"] and only["backward"]:
        return None
    return Way(rules["classes"].index(name), not only["backward"], not only["forward"], _thoroughfare(tags))


def _thoroughfare(tags: Mapping[str, str]) -> bool:
    rule = _rules()["thoroughfare"]
    raised = any(tags.get(key, "").strip().lower() not in rule["on_the_ground"] for key in level_keys())
    return raised or tags["highway"] in rule["highway"]


def stops(tags: Mapping[str, str]) -> bool:
    """Say whether a barrier on a node stops a walker.

    Parameters
    ----------
    tags
        OpenStreetMap tags of the node.

    Examples
    --------
    >>> stops({"barrier": "gate"}), stops({"barrier": "gate", "access": "private"}), stops({"barrier": "bollard"})
    (False, True, False)
    """
    barrier = tags.get("barrier")
    if not barrier:
        return False
    return not _permission(tags, barrier not in _rules()["barrier"]["stops"])

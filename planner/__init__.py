"""Plan a city's care for its elders: walking circles, provision rules and sites, on real streets.

Rooms are imported when they are first used, so that ``import planner`` is quick and sets nothing.

Examples
--------
>>> import planner as pl
>>> pl.walking.WALKERS["elder"].speed_mps
0.8
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from planner.version import __version__

if TYPE_CHECKING:
    from planner import compliance, coverage, layers, permits, pipeline, present, siting, standards, walking
    from planner.checking import check_study
    from planner.starting import new_study
    from planner.study import Study, open_study

_ROOMS = ("compliance", "coverage", "layers", "permits", "pipeline", "present", "siting", "standards", "walking")
_NAMES = {
    "Study": "planner.study",
    "check_study": "planner.checking",
    "new_study": "planner.starting",
    "open_study": "planner.study",
}

__all__ = [
    "Study",
    "__version__",
    "check_study",
    "compliance",
    "coverage",
    "layers",
    "new_study",
    "open_study",
    "permits",
    "pipeline",
    "present",
    "siting",
    "standards",
    "walking",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"planner.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'planner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

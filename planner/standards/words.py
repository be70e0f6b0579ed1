"""Name ranks, sources, measures and units in words, to be translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from planner.i18n import N_

RANK_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "provincial_law": N_("provincial law"),
        "city_law": N_("city law"),
        "city_document": N_("document of the city"),
        "own": N_("the user's own figures"),
    }
)
"""Ranks of documents."""

OBTAINED_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "printed": N_("printed text"),
        "reading": N_("a reading, not the printed text"),
        "secondary": N_("text from a copy or report, to be confirmed against the original"),
        "given": N_("figures given by the user"),
    }
)
"""How a text was obtained."""

STATE_WORDS: Mapping[str, str] = MappingProxyType(
    {"not_yet": N_("not yet in force"), "in_force": N_("in force"), "lapsed": N_("no longer in force")}
)
"""Whether a document holds on a day."""

OF_WORDS: Mapping[str, str] = MappingProxyType({"new": N_("new"), "existing": N_("existing")})
"""What a provision is about."""

AREA_WORDS: Mapping[str, str] = MappingProxyType({"urban": N_("in the urban area"), "all": N_("everywhere")})
"""Where a provision holds."""

MEASURE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "residential_floor_area_m2": N_("residential floor area"),
        "households": N_("households"),
        "population": N_("persons"),
        "elders_60": N_("persons aged 60 or more"),
    }
)
"""What a ratio is measured by."""

UNIT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "%": "%",
        "‰": "‰",
        "m2": N_("m2"),
        "places": N_("places"),
        "residential_floor_area_m2": N_("m2"),
        "households": N_("households"),
        "population": N_("persons"),
        "elders_60": N_("persons aged 60 or more"),
    }
)
"""Units of amounts, and of what is measured."""

INDICATOR_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "elders": N_("elders"),
        "compounds": N_("compounds"),
        "communities_with_facility": N_("communities with a facility"),
        "floor_area": N_("residential floor area"),
    }
)
"""What a target counts."""

"""The rule for one permit once more, in plain decimals, row by row: what the arrays are held against."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from planner.standards import Profile


def plain_verdict(
    profile: Profile, day: date, urban: bool | None, area: str, rooms: str, *, lenient: bool = False
) -> str:
    """Judge one new permit as a clerk would, with the numbers as they are written."""
    rule = profile.provision("new", day)
    if rule is None:
        return "not_applicable"
    if rule.scope.area == "urban" and urban is False:
        return "not_applicable"
    parts = {"%": Decimal(100), "‰": Decimal(1000)}
    homes = Decimal(area)
    if homes == 0:
        return "not_applicable"
    if rule.scope.area == "urban" and urban is None:
        return "unknown"
    required = max(homes * rule.ratio.value / parts[rule.ratio.unit], rule.minimum.value)
    sizes = [Decimal(one) for one in rooms.split(";") if one]
    large = [one for one in sizes if one >= rule.minimum.value]
    counted = sum(sizes if lenient and large else large, Decimal(0))
    return "compliant" if counted >= required else "short"

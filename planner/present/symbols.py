"""Draw facilities as small badges and name kinds, services, states and starts in the reader's language."""

from __future__ import annotations

from planner.i18n import N_, _
from planner.present.colours import ACCENT
from planner.present.offline import escape

# The sign before the colon stands in the badge on the map.
_KINDS = {
    "day_care": N_("D: day care"),
    "canteen": N_("M: canteen for elders"),
    "nursing_home": N_("N: nursing home"),
    "community_centre": N_("C: community care centre"),
    "regional_centre": N_("R: regional care centre"),
    "hospice": N_("H: hospice"),
    "childcare": N_("K: childcare"),
    "other": N_("O: other"),
}
_SERVICES = {
    "full_day": N_("full-day care"),
    "day": N_("day care"),
    "meals": N_("meals"),
    "cleaning": N_("cleaning"),
    "bathing": N_("bathing"),
    "nursing": N_("nursing"),
}
_STATES = {
    "in_use": N_("in use"),
    "planned": N_("planned"),
    "under_construction": N_("under construction"),
    "closed": N_("closed"),
    "misused": N_("misused"),
}
_STARTS = {
    "gate": N_("from the home through a gate"),
    "edge": N_("where a street meets the compound's edge"),
    "point": N_("from the home to the nearest street"),
    "inside": N_("the facility lies inside the compound"),
}
_REASONS = {
    "off_network": N_("no street within reach of the compound or its gates"),
    "blocked": N_("every street within reach lies behind a barrier or a gated compound"),
    "no_path": N_("no way through the streets leads to such a facility"),
    "no_facility": N_("no facility in use offers the service"),
}


def _say(words: dict[str, str], code: str) -> str:
    return _(words[code]) if code in words else code


def kind_name(kind: str) -> str:
    """Return the name of a kind of facility.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     kind_name("canteen")
    'canteen for elders'
    """
    return _say(_KINDS, kind).partition(": ")[2] or kind


def service_names(codes: tuple[str, ...]) -> str:
    """Return services as one phrase.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("zh"):
    ...     service_names(("day", "meals"))
    '日托、助餐'
    """
    return _(", ").join(_say(_SERVICES, code) for code in codes)


def state_name(status: str) -> str:
    """Return the word for the state of a facility."""
    return _say(_STATES, status) if status else _("not stated")


def start_name(start: str) -> str:
    """Return how the start of a walk was got."""
    return _say(_STARTS, start)


def reason_name(reason: str) -> str:
    """Return why there is no walk."""
    return _say(_REASONS, reason)


def services_of(text: object) -> tuple[str, ...]:
    """Return the service codes in a cell, in the order of the care circle.

    Examples
    --------
    >>> services_of("meals;day"), services_of(None)
    (('day', 'meals'), ())
    """
    codes = set(text.replace("、", ";").replace(" ", "").split(";")) if isinstance(text, str) else set()
    return tuple(code for code in _SERVICES if code in codes)


def site_pin(order: int) -> str:
    """Return the pin of a new site as inline SVG, with its place in the plan's order.

    Examples
    --------
    >>> ">12</text>" in site_pin(12)
    True
    """
    return (
        '<svg class="pin" viewBox="0 0 30 38" aria-hidden="true">'
        '<path d="M15 37C12 30 2.5 24 2.5 14.5A12.5 12.5 0 0 1 27.5 14.5C27.5 24 18 30 15 37Z" '
        'fill="#d9480f" stroke="#fff" stroke-width="2"/><text x="15" y="20" text-anchor="middle" '
        f'font-size="{15 if order < 100 else 11}" font-weight="700" fill="#fff">{order}</text></svg>'
    )


def badge(kind: str, *, in_use: bool) -> str:
    """Return a facility's badge as inline SVG: filled when in use, else hollow and dashed.

    Examples
    --------
    >>> "stroke-dasharray" in badge("canteen", in_use=False)
    True
    """
    sign = escape(_say(_KINDS, kind)[:1])
    outline = f'fill="{ACCENT}" stroke="#fff"' if in_use else 'fill="#fff" stroke="#5b6570" stroke-dasharray="3 2"'
    # A canteen is a square and a home is round, so that kinds differ by shape before their sign can be read.
    shape = (
        f'<rect x="2" y="2" width="20" height="20" rx="4" stroke-width="1.6" {outline}/>'
        if kind in {"canteen", "childcare", "other"}
        else f'<circle cx="12" cy="12" r="10.2" stroke-width="1.6" {outline}/>'
    )
    ink = "#fff" if in_use else "#3e4c59"
    return (
        f'<svg class="badge" viewBox="0 0 24 24" aria-hidden="true">{shape}'
        '<text x="12" y="16.4" text-anchor="middle" font-size="12.5" font-weight="700" '
        f'fill="{ink}">{sign}</text></svg>'
    )

"""Give verdicts colours that colour-blind eyes and grey print can tell apart, and patterns as second cue."""

from __future__ import annotations

from dataclasses import dataclass

from planner.i18n import N_, _

VERDICTS = ("pass", "fragile", "fail", "unknown")

PAPER = "#f7f5f0"
INK = "#1f2933"
ACCENT = "#12355b"


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn.

    Parameters
    ----------
    fill, stroke
        Colours as ``#rrggbb``.
    pattern
        SVG shapes, 8 by 8 units, laid over the fill; empty for a plain fill.
    dash
        Dashes of the outline; empty for a solid one.
    """

    fill: str
    stroke: str
    pattern: str = ""
    dash: str = ""


# Lightness (CIE L*): unknown 93, fragile 84, pass 62, fail 35: apart in grey print.
# Blue, yellow and crimson stay apart for protan, deutan and tritan eyes; patterns say it once more.
_HATCH = '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="#8a6400" stroke-width="1.2"/>'
_CROSSES = '<path d="M2.5 2.5L5.5 5.5M5.5 2.5L2.5 5.5" stroke="#f0b6c6" stroke-width=".9"/>'
_DOTS = '<circle cx="4" cy="4" r="1.1" fill="#5b6570"/>'
LOOKS: dict[str, Look] = {
    "pass": Look("#36a2b8", "#13606f"),
    "fragile": Look("#f7cd4b", "#8a6400", pattern=_HATCH),
    "fail": Look("#a3163c", "#4f0519", pattern=_CROSSES),
    "unknown": Look("#ececec", "#5b6570", pattern=_DOTS, dash="3 3"),
}

# The same for provision, as the workbook has them: not applicable 100, unknown 84, compliant 62, short 35.
_LINES = '<path d="M0 4H8" stroke="#c3cbd3" stroke-width="1"/>'
ROOM_LOOKS: dict[str, Look] = {
    "compliant": LOOKS["pass"],
    "short": LOOKS["fail"],
    "not_applicable": Look("#ffffff", "#8592a0", pattern=_LINES),
    "unknown": Look("#f7cd4b", "#8a6400", pattern=_DOTS, dash="3 3"),
}
# And for plans: within reach already 92, added 55, still out of reach 84, out of every candidate's reach 35.
_PLUS = '<path d="M4 1.8V6.2M1.8 4H6.2" stroke="#bfe6ee" stroke-width="1.1"/>'
PLAN_LOOKS: dict[str, Look] = {
    "before": Look("#dceaee", "#7fa3ad"),
    "added": Look("#1b8aa3", "#0b4c5a", pattern=_PLUS),
    "uncovered": LOOKS["fragile"],
    "uncoverable": LOOKS["fail"],
}
_ALL = (
    LOOKS
    | {f"room-{verdict}": look for verdict, look in ROOM_LOOKS.items()}
    | {f"plan-{state}": look for state, look in PLAN_LOOKS.items()}
)

_ROOM_WORDS = {
    "compliant": N_("compliant"),
    "short": N_("short"),
    "not_applicable": N_("not applicable"),
    "unknown": N_("unknown"),
}
_WORDS = {"pass": N_("pass"), "fragile": N_("fragile"), "fail": N_("fail"), "unknown": N_("unknown")}


def verdict_word(verdict: str) -> str:
    """Return the word for a verdict in the language in use.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("zh"):
    ...     verdict_word("fragile")
    '临界'
    """
    return _(_WORDS[verdict])


def room_word(verdict: str) -> str:
    """Return the word for a verdict on rooms in the language in use.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     room_word("not_applicable")
    'not applicable'
    """
    return _(_ROOM_WORDS[verdict])


def patterns() -> str:
    """Return the SVG definitions that the fills ``url(#verdict-...)`` and the swatches refer to.

    Examples
    --------
    >>> 'id="verdict-fail"' in patterns()
    True
    """
    tiles = "".join(
        f'<pattern id="verdict-{verdict}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{look.fill}"/>{look.pattern}</pattern>'
        for verdict, look in _ALL.items()
    )
    frames = "".join(
        f'<rect id="swatch-{verdict}" x="1" y="1" width="24" height="16" rx="2" stroke-width="1.4" '
        f'fill="url(#verdict-{verdict})" stroke="{look.stroke}" stroke-dasharray="{look.dash}"/>'
        for verdict, look in _ALL.items()
    )
    return f'<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>{tiles}{frames}</defs></svg>'


def path_style(verdict: str) -> dict[str, str | float]:
    """Return the Leaflet path options of a verdict; one on rooms begins with ``room-``, one of a plan with ``plan-``.

    Examples
    --------
    >>> path_style("unknown")["dashArray"]
    '3 3'
    """
    look = _ALL[verdict]
    style: dict[str, str | float] = {
        "color": look.stroke,
        "weight": 1.0,
        "fillColor": f"url(#verdict-{verdict})",
        "fillOpacity": 0.92,
        "radius": 6,
    }
    return {**style, "dashArray": look.dash} if look.dash else style


def swatch(verdict: str) -> str:
    """Return a small inline SVG in a verdict's colours, for legends and popups.

    Examples
    --------
    >>> swatch("pass").startswith('<svg class="swatch"')
    True
    """
    return f'<svg class="swatch" viewBox="0 0 26 18" aria-hidden="true"><use href="#swatch-{verdict}"/></svg>'

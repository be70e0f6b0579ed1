"""Draw the committee board: a map of verdicts with their reasons, in one page that needs no network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import MacroElement
from folium.map import Layer
from jinja2 import Template

from planner.errors import Fault, InputError, OutputExists
from planner.i18n import _, language
from planner.present import features, panels, roomfeatures, roompanels
from planner.present.colours import PLAN_LOOKS, ROOM_LOOKS, VERDICTS, path_style, patterns
from planner.present.disclosure import Disclosure, disclose
from planner.present.drawing import Feature, Projection, Streets, streets
from planner.present.offline import Raw, assert_offline, embed_json, empty_map, escape, render, script, style
from planner.present.plans import features as planfeatures
from planner.present.plans import panels as planpanels
from planner.present.plans.counts import PlanCounts
from planner.present.plans.reach import reached_by
from planner.present.popups import circle_foot
from planner.siting.choosing import Choice, asked_of, told
from planner.siting.plans import Plan

if TYPE_CHECKING:
    from planner.compliance import Compliance, JointGroups
    from planner.coverage import CircleCoverage
    from planner.study import Study

_TAGS = {"zh": "zh-CN", "en": "en"}
# Leaflet stacks panes by these numbers: 400 holds vectors, 600 markers, 650 tooltips, 700 popups.
_PANES = {
    "areas": 320,
    "barriers": 330,
    "streets": 340,
    "homes": 400,
    "shares": 410,
    "gates": 420,
    "labels": 430,
    "ring": 590,
    "facilities": 600,
    "rejected": 605,
    "sites": 610,
}


@dataclass(frozen=True)
class Board:
    """A finished board.

    Parameters
    ----------
    html
        The whole page; it loads nothing.

    Examples
    --------
    >>> Board("<!DOCTYPE html>").html
    '<!DOCTYPE html>'
    """

    html: str

    def save(self, path: str | Path, *, force: bool = True) -> Path:
        """Write the page beside its place and rename it there, so that a killed run leaves no half page.

        Parameters
        ----------
        path
            Where to; missing folders are made.
        force
            Replace a file that stands there.

        Returns
        -------
        Path
            Where the page stands.

        Raises
        ------
        OutputExists
            A file stands there and `force` is False.
        """
        assert_offline(self.html)
        target = Path(path)
        if target.exists() and not force:
            raise OutputExists(_("{path} exists already").format(path=target))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            part.write_text(self.html, encoding="utf-8", newline="\n")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def _repr_html_(self) -> str:
        page = self.html.replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{page}" style="width:100%;height:720px;border:0"></iframe>'


def board(
    study: Study,
    circles: Sequence[CircleCoverage],
    rooms: Compliance | None = None,
    *proposals: JointGroups | Plan | Choice | None,
    publish: bool = False,
) -> Board:
    """Draw the committee board of a study.

    Parameters
    ----------
    study
        The study: its compounds, gates, facilities, areas, barriers and streets are drawn.
    circles
        Tested circles, one layer each; the first is shown.
    rooms
        What the profiles say of the compounds' rooms: one layer more, in the colours of the headline's verdict.
    proposals
        What is proposed, in any order: a plan for new sites (or a `planner.siting.choosing.Choice`, where its curve and
        its alternatives are known already), which is one layer more; a proposal to share rooms, hidden until it is
        asked for. What is None is not there.
    publish
        Whether the board is made for the public: it then carries the study's map number in place of the mark of an
        internal paper. Small counts of elders are never on it, unless ``[privacy]`` of study.toml says so.

    Returns
    -------
    Board
        A page of the study's language, with `save`. The same input gives the same bytes.

    Raises
    ------
    InputError
        No circle is given, one is given twice, or one belongs to another study, as do rooms or proposals; rooms are to
        be shared of which none are given; two of a kind are proposed; or the board is made for the public of a study
        that hides no small counts.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample")
    >>> care = pl.coverage.test(study, "care-15min")
    >>> pl.present.board(study, [care]).html[:15]
    '<!DOCTYPE html>'
    """
    plans = [one for one in proposals if isinstance(one, Plan | Choice)]
    shares = [one for one in proposals if one is not None and not isinstance(one, Plan | Choice)]
    with language(study.lang):
        if len(plans) > 1 or len(shares) > 1:
            what = _("a board shows one plan for new sites, and one proposal to share rooms")
            raise InputError(Fault(what, todo=_("draw a board for each")))
        groups = shares[0] if shares else None
        _check(study, circles, rooms, groups)
        shown = disclose(study, circles, publish=publish)
        return Board(_page(study, circles, rooms, groups, _sited(study, plans[0], shown) if plans else None, shown))


@dataclass(frozen=True)
class _Sited:
    """A plan with what is told of it, and its counts as they may be shown."""

    choice: Choice
    counts: PlanCounts


def _sited(study: Study, plan: Plan | Choice, shown: Disclosure) -> _Sited:
    choice = plan if isinstance(plan, Choice) else told(plan, asked_of(plan))
    reached = reached_by(choice.plan, study, forbidden=choice.settings.forbidden)
    return _Sited(choice, PlanCounts(choice.plan, study, reached, shown))


def _check(
    study: Study, circles: Sequence[CircleCoverage], rooms: Compliance | None, groups: JointGroups | None
) -> None:
    faults = []
    if not circles:
        faults.append(Fault(_("a board needs at least one tested circle"), todo=_("run the coverage test first")))
    ids = [one.circle.id for one in circles]
    faults += [
        Fault(_("the circle {id!r} is given twice").format(id=id_))
        for id_ in sorted({i for i in ids if ids.count(i) > 1})
    ]
    compounds = study.layers["compounds"].index
    faults += [
        Fault(_("the circle {id!r} was tested on other compounds than the study's").format(id=one.circle.id))
        for one in circles
        if not one.table.index.isin(compounds).all()
    ]
    judged = [rooms.of().index] if rooms is not None else []
    judged += [groups.members.index] if groups is not None else []
    if not all(index.isin(compounds).all() for index in judged):
        faults.append(Fault(_("the rooms were checked for other compounds than the study's")))
    if groups is not None and rooms is None:
        what = _("a proposal to share rooms is drawn on the check that it is made from")
        faults.append(Fault(what, todo=_("give the result of the check too")))
    if faults:
        raise InputError(faults)


class _Call(MacroElement):  # type: ignore[misc]
    """Call a function of ``board.js`` with the map, some data and, it may be, some of its layers."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "plannerBoard.{{ this.function }}({{ this._parent.get_name() }}, {{ this.data }}, ["
        "{% for layer in this.layers %}{{ layer.get_name() }}, {% endfor %}]);{% endmacro %}"
    )

    def __init__(self, function: str, data: Any, layers: Sequence[Layer] = ()) -> None:
        super().__init__()
        self.function, self.data, self.layers = function, embed_json(data), layers


class _Features(Layer):  # type: ignore[misc]
    """A layer that ``plannerBoard.layer`` draws from GeoJSON with a table of looks."""

    _template = Template(
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = "
        "plannerBoard.layer({{ this.data }}, {{ this.options }});{% endmacro %}"
    )

    def __init__(self, drawn: list[Feature], *, name: str, show: bool = True, **options: Any) -> None:
        # Leaflet writes the names of layers as HTML.
        super().__init__(name=escape(name), overlay=True, control=bool(name), show=show)
        self._name = "Features"
        self.data = embed_json({"type": "FeatureCollection", "features": drawn})
        self.options = embed_json(options)


def _page(
    study: Study,
    circles: Sequence[CircleCoverage],
    rooms: Compliance | None,
    groups: JointGroups | None,
    sited: _Sited | None,
    shown: Disclosure,
) -> str:
    projection = Projection(study.crs)
    drawn_streets = streets(study, projection)
    west, south, east, north = features.bounds(study, projection)
    drawn = empty_map(location=((south + north) / 2, (west + east) / 2), zoom_snap=0.25, min_zoom=9, max_zoom=20)
    drawn.add_child(_Call("panes", _PANES))
    _add_ground(drawn, study, projection, drawn_streets)
    tabs = [_add_circle(drawn, study, projection, one, shown, show=one is circles[0]) for one in circles]
    if rooms is not None:
        tabs.append(_add_rooms(drawn, study, projection, rooms))
    if sited is not None:
        tabs.append(_add_plan(drawn, study, projection, sited))
    overlays = [] if groups is None else [_add_shares(drawn, study, projection, groups)]
    _add_signs(drawn, study, projection, circles)
    folium.LayerControl(position="topright", collapsed=True).add_to(drawn)
    words = {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "north": escape(_("N")),
        "attribution": escape(panels.attribution(study, shown)),
    }
    places = features.places(study, projection)
    if sited is not None:
        places |= planfeatures.site_places(study, projection)
    setup = {"bounds": [[south, west], [north, east]], "facilities": places, "words": words, "tabs": len(tabs)}
    drawn.add_child(_Call("start", setup, [*tabs, *overlays]))
    heads, sides = [], []
    if rooms is not None:
        heads.append(roompanels.tab(study, rooms))
        sides.append(roompanels.side(study, rooms, groups))
    if sited is not None:
        heads.append(planpanels.tab(study, sited.choice))
        sides.append(planpanels.side(study, sited.choice, sited.counts))
    greyed = _greyed(circles, rooms is not None, sited)
    _add_panels(drawn, study, circles, drawn_streets, shown, heads=heads, sides=sides, greyed=greyed)
    title = " · ".join([study.name, *(one.circle.name for one in circles), *(tab for tab, _line, _title in heads)])
    return render(drawn, title=title, lang=_TAGS[study.lang])


def _add_ground(drawn: folium.Map, study: Study, projection: Projection, drawn_streets: Streets) -> None:
    looks = panels.LINES
    if "areas" in study.layers:
        areas = features.areas(study, projection)
        name = _("Boundaries and communities")
        drawn.add_child(_Features(areas, name=name, pane="areas", looks=looks, interactive=False))
    if "barriers" in study.layers:
        barriers = features.barriers(study, projection)
        drawn.add_child(_Features(barriers, name=_("Barriers"), pane="barriers", looks=looks))
    lines = drawn_streets.features
    name = _("Streets")
    drawn.add_child(_Features(lines, name=name, pane="streets", looks=looks, canvas=True, interactive=False))


def _add_circle(
    drawn: folium.Map,
    study: Study,
    projection: Projection,
    coverage: CircleCoverage,
    shown: Disclosure,
    *,
    show: bool,
) -> folium.FeatureGroup:
    group = folium.FeatureGroup(name=escape(coverage.circle.name), overlay=False, show=show).add_to(drawn)
    compounds = features.compounds(study, projection, coverage, shown)
    looks = {verdict: path_style(verdict) for verdict in VERDICTS}
    _Features(compounds, name="", pane="homes", looks=looks, foot=circle_foot(coverage.circle)).add_to(group)
    return group


def _add_rooms(drawn: folium.Map, study: Study, projection: Projection, rooms: Compliance) -> folium.FeatureGroup:
    words = escape(_("Rooms for elders"))
    group = folium.FeatureGroup(name=words, overlay=False, show=False).add_to(drawn)
    looks = {
        f"room-{verdict}": {**path_style(f"room-{verdict}"), "className": f"room-{verdict}"} for verdict in ROOM_LOOKS
    }
    homes, feet = roomfeatures.homes(study, projection, rooms), roomfeatures.feet(rooms)
    _Features(homes, name="", pane="homes", looks=looks, feet=feet).add_to(group)
    return group


def _add_plan(drawn: folium.Map, study: Study, projection: Projection, sited: _Sited) -> folium.FeatureGroup:
    choice, counts = sited.choice, sited.counts
    group = folium.FeatureGroup(name=escape(_("Siting")), overlay=False, show=False).add_to(drawn)
    looks = {f"plan-{state}": path_style(f"plan-{state}") for state in PLAN_LOOKS}
    homes = planfeatures.homes(study, projection, counts)
    _Features(homes, name="", pane="homes", looks=looks).add_to(group)
    others = planfeatures.rejected(study, projection, choice, counts)
    _Features(others, name="", pane="rejected", looks=panels.LINES).add_to(group)
    sites, icons = planfeatures.sites(study, projection, choice, counts), planfeatures.pins(choice)
    _Features(sites, name="", pane="sites", icons=icons).add_to(group)
    return group


def _add_shares(drawn: folium.Map, study: Study, projection: Projection, groups: JointGroups) -> Layer:
    shares, foot = roomfeatures.shares(study, projection, groups), roomfeatures.share_foot(groups)
    name = _("Joint provision: a proposal")
    layer = _Features(shares, name=name, show=False, pane="shares", looks=panels.LINES, foot=foot)
    drawn.add_child(layer)
    return layer


def _add_signs(drawn: folium.Map, study: Study, projection: Projection, circles: Sequence[CircleCoverage]) -> None:
    if "gates" in study.layers:
        gates = features.gates(study, projection)
        drawn.add_child(_Features(gates, name=_("Gates"), pane="gates", looks=panels.LINES, interactive=False))
    facilities = features.facilities(study, projection, circles)
    icons = features.badges(study)
    drawn.add_child(_Features(facilities, name=_("Facilities"), pane="facilities", icons=icons))


def _greyed(circles: Sequence[CircleCoverage], rooms: bool, sited: _Sited | None) -> str:
    """Return the style by which facilities in use that do not count for what is shown step back into grey."""
    shows = {number: [number] for number in range(len(circles))}
    if sited is not None:
        ids = [one.circle.id for one in circles]
        shows[len(circles) + rooms] = [ids.index(one.id) for one in sited.choice.plan.circles if one.id in ids]
    rules = ""
    for tab, counting in shows.items():
        others = "".join(f":not(.counts-{number})" for number in counting)
        if others:
            rules += f'[data-circle="{tab}"] .facility.on{others} svg > :first-child {{fill:#8592a0}}\n'
    if rooms:  # on rooms facilities say nothing
        tab = len(circles)
        rules += f'[data-circle="{tab}"] .leaflet-facilities-pane {{opacity:.3}}\n'
        rules += f'[data-circle="{tab}"] .leaflet-facilities-pane * {{pointer-events:none !important}}\n'
    return rules


def _add_panels(
    drawn: folium.Map,
    study: Study,
    circles: Sequence[CircleCoverage],
    drawn_streets: Streets,
    shown: Disclosure,
    *,
    heads: Sequence[tuple[str, str, str]],
    sides: Sequence[tuple[str, str]],
    greyed: str,
) -> None:
    root = drawn.get_root()
    root.header.add_child(script(_asset("board.js")), name="board_js")
    root.header.add_child(style(_asset("board.css") + greyed), name="board_css")
    root.html.add_child(Raw(patterns() + panels.head(study, circles, shown, more=heads)), name="head", index=0)
    side = panels.side(study, circles, drawn_streets, shown, kinds=features.kinds(study), more=sides)
    watermark = "" if shown.publish else panels.watermark(panels.notice(study, shown))
    root.html.add_child(Raw(watermark + side), name="side")


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")

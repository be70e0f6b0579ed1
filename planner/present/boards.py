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
from planner.present import features, panels
from planner.present.colours import VERDICTS, path_style, patterns
from planner.present.disclosure import Disclosure, disclose
from planner.present.drawing import Feature, Projection, Streets, streets
from planner.present.offline import Raw, assert_offline, embed_json, empty_map, escape, render, script, style
from planner.present.popups import circle_foot

if TYPE_CHECKING:
    from planner.coverage import CircleCoverage
    from planner.study import Study

_TAGS = {"zh": "zh-CN", "en": "en"}
# Leaflet stacks panes by these numbers: 400 holds vectors, 600 markers, 650 tooltips, 700 popups.
_PANES = {
    "areas": 320,
    "barriers": 330,
    "streets": 340,
    "homes": 400,
    "gates": 420,
    "labels": 430,
    "ring": 590,
    "facilities": 600,
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


def board(study: Study, circles: Sequence[CircleCoverage], *, publish: bool = False) -> Board:
    """Draw the committee board of a study.

    Parameters
    ----------
    study
        The study: its compounds, gates, facilities, areas, barriers and streets are drawn.
    circles
        Tested circles, one layer each; the first is shown.
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
        No circle is given, one is given twice, or one belongs to another study; or the board is made for the public
        of a study that hides no small counts.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample")
    >>> care = pl.coverage.test(study, "care-15min")
    >>> pl.present.board(study, [care]).html[:15]
    '<!DOCTYPE html>'
    """
    with language(study.lang):
        _check(study, circles)
        return Board(_page(study, circles, disclose(study, circles, publish=publish)))


def _check(study: Study, circles: Sequence[CircleCoverage]) -> None:
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

    def __init__(self, drawn: list[Feature], *, name: str, **options: Any) -> None:
        # Leaflet writes the names of layers as HTML.
        super().__init__(name=escape(name), overlay=True, control=bool(name))
        self._name = "Features"
        self.data = embed_json({"type": "FeatureCollection", "features": drawn})
        self.options = embed_json(options)


def _page(study: Study, circles: Sequence[CircleCoverage], shown: Disclosure) -> str:
    projection = Projection(study.crs)
    drawn_streets = streets(study, projection)
    west, south, east, north = features.bounds(study, projection)
    drawn = empty_map(location=((south + north) / 2, (west + east) / 2), zoom_snap=0.25, min_zoom=9, max_zoom=20)
    drawn.add_child(_Call("panes", _PANES))
    _add_ground(drawn, study, projection, drawn_streets)
    groups = [_add_circle(drawn, study, projection, one, shown, show=one is circles[0]) for one in circles]
    _add_signs(drawn, study, projection, circles)
    folium.LayerControl(position="topright", collapsed=True).add_to(drawn)
    words = {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "north": escape(_("N")),
        "attribution": escape(panels.attribution(study, shown)),
    }
    places = features.places(study, projection)
    setup = {"bounds": [[south, west], [north, east]], "facilities": places, "words": words}
    drawn.add_child(_Call("start", setup, groups))
    _add_panels(drawn, study, circles, drawn_streets, shown)
    title = " · ".join([study.name, *(one.circle.name for one in circles)])
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


def _add_signs(drawn: folium.Map, study: Study, projection: Projection, circles: Sequence[CircleCoverage]) -> None:
    if "gates" in study.layers:
        gates = features.gates(study, projection)
        drawn.add_child(_Features(gates, name=_("Gates"), pane="gates", looks=panels.LINES, interactive=False))
    facilities = features.facilities(study, projection, circles)
    icons = features.badges(study)
    drawn.add_child(_Features(facilities, name=_("Facilities"), pane="facilities", icons=icons))


def _add_panels(
    drawn: folium.Map, study: Study, circles: Sequence[CircleCoverage], drawn_streets: Streets, shown: Disclosure
) -> None:
    # Facilities in use that do not count for the circle shown step back into grey.
    greyed = "".join(
        f'[data-circle="{number}"] .facility.on:not(.counts-{number}) svg > :first-child {{fill:#8592a0}}\n'
        for number in range(len(circles))
    )
    root = drawn.get_root()
    root.header.add_child(script(_asset("board.js")), name="board_js")
    root.header.add_child(style(_asset("board.css") + greyed), name="board_css")
    root.html.add_child(Raw(patterns() + panels.head(study, circles, shown)), name="head", index=0)
    side = panels.side(study, circles, drawn_streets, shown, kinds=features.kinds(study))
    watermark = "" if shown.publish else panels.watermark(panels.notice(study, shown))
    root.html.add_child(Raw(watermark + side), name="side")


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")

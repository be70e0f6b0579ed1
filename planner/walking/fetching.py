"""Download the walking network of a place from OpenStreetMap, through osmnx, into a file that a study can name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from planner.errors import Fault, InputError, OutputExists, in_its_words
from planner.i18n import _
from planner.walking import ways


def fetch_streets(
    target: Path,
    *,
    place: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    force: bool = False,
) -> Path:
    """Download the ways of a place and save them as ``.graphml``.

    All ways are asked for and judged here afterwards, because osmnx's own choice of walkable ways drops crossings
    that are tagged as cycleways open to walkers. Nothing is merged: a street that goes on as a private drive would be
    one edge of both, and lost with it.

    Parameters
    ----------
    target
        ``.graphml`` file to write.
    place
        Name of a place, as Nominatim finds it. Give this or ``bbox``.
    bbox
        West, south, east, north in degrees (WGS 84).
    force
        Replace a file that stands there.

    Returns
    -------
    Path
        ``target``.

    Raises
    ------
    InputError
        Neither or both of place and bbox are given, the box is not one, the target is not .graphml, or the download
        failed.
    OutputExists
        The target exists and ``force`` is not set.
    """
    faults = []
    if (place is None) == (bbox is None):
        faults.append(Fault(_("the area to fetch is not clear"), todo=_("give either a place or a bounding box")))
    if bbox is not None and not (-180 <= bbox[0] < bbox[2] <= 180 and -90 <= bbox[1] < bbox[3] <= 90):
        faults.append(
            Fault(
                _(
                    "the bounding box {bbox} is not west, south, east, north in degrees, the first two the smaller"
                ).format(bbox=",".join(f"{side:g}" for side in bbox)),
                todo=_("for Chenzhou: 112.9,25.7,113.1,25.9"),
            )
        )
    if target.suffix != ".graphml":
        faults.append(
            Fault(
                _("the file to write is not .graphml"), where=str(target), todo=_("give a name that ends in .graphml")
            )
        )
    if faults:
        raise InputError(faults)
    if target.exists() and not force:
        raise OutputExists(_("{path} exists; give --force to replace it").format(path=target))

    import osmnx

    try:
        with _settings(osmnx.settings):
            if place is not None:
                graph = osmnx.graph_from_place(place, network_type="all", retain_all=True, simplify=False)
            else:
                graph = osmnx.graph_from_bbox(bbox, network_type="all", retain_all=True, simplify=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise InputError(
            Fault(
                _("the download failed"),
                where=place or str(bbox),
                why=in_its_words(error),
                todo=_("check the connection and the name, or give an .osm.pbf extract instead"),
            )
        ) from error
    draft = target.with_name(f".{target.name}.part")
    osmnx.save_graphml(graph, draft)
    draft.replace(target)
    return target


@contextmanager
def _settings(settings: Any) -> Iterator[None]:
    """Ask osmnx for every tag that a judgement needs, and for today's answer; leave its settings as they were."""
    changed = {
        "useful_tags_way": list(dict.fromkeys([*settings.useful_tags_way, *ways.tag_keys()])),
        "useful_tags_node": list(dict.fromkeys([*settings.useful_tags_node, *ways.NODE_KEYS])),
        "use_cache": False,
    }
    before = {name: getattr(settings, name) for name in changed}
    try:
        for name, value in changed.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)

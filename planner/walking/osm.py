"""Read walkable ways from OpenStreetMap files: .osm.pbf, .osm, .osm.gz, .osm.bz2."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from planner.errors import Fault, InputError, in_its_words
from planner.i18n import _
from planner.walking import ways
from planner.walking.streets import Streets, pieces

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")


def read_osm(path: Path) -> Streets:
    """Read the walkable ways of an OpenStreetMap file.

    Ways are joined where they share a node, as OpenStreetMap means it. A way whose nodes are partly missing, as at the
    edge of an extract, is cut there and counted. A node that stops walkers (a wall, a private gate) cuts its ways.

    Parameters
    ----------
    path
        File in PBF or XML, the latter plain or compressed by gzip or bzip2.

    Returns
    -------
    Streets
        In WGS 84; ``notes`` counts ``ways``, ``ways_cut``, ``nodes_missing`` and ``barriers``.

    Raises
    ------
    InputError
        The file cannot be read, or holds no walkable way.
    """
    import osmium

    refs: list[int] = []
    lonlat: list[tuple[float, float]] = []
    indptr = [0]
    found: list[ways.Way] = []
    barriers: set[int] = set()
    missing: set[int] = set()
    read = cut = 0
    keys = ways.tag_keys()

    @cache  # a file has thousands of ways and a few dozen ways to tag them
    def judge(values: tuple[str | None, ...]) -> ways.Way | None:
        return ways.judge({key: value for key, value in zip(keys, values, strict=True) if value is not None})

    nodes_and_ways = osmium.osm.NODE | osmium.osm.WAY
    wanted = osmium.filter.KeyFilter("highway", "barrier")
    try:
        for thing in osmium.FileProcessor(str(path), nodes_and_ways).with_locations().with_filter(wanted):
            if thing.is_node():
                tags = {key: thing.tags[key] for key in ways.NODE_KEYS if key in thing.tags}
                if ways.stops(tags):
                    barriers.add(thing.id)
                continue
            way = judge(tuple(map(thing.tags.get, keys)))
            if way is None:
                continue
            read += 1
            whole = True
            for node in thing.nodes:
                location = node.location
                if location.valid():
                    refs.append(node.ref)
                    lonlat.append((location.lon, location.lat))
                    continue
                whole = False
                missing.add(node.ref)
                _close(refs, lonlat, indptr, found, way)
            _close(refs, lonlat, indptr, found, way)
            cut += not whole
    except (RuntimeError, OSError, ValueError) as error:
        raise InputError(
            Fault(
                _("the file cannot be read as OpenStreetMap data"),
                where=str(path),
                why=in_its_words(error),
                todo=_("check that it is a complete .osm.pbf, .osm, .osm.gz or .osm.bz2 file"),
            )
        ) from error
    if not found:
        raise InputError(
            Fault(
                _("the file holds no walkable way"),
                where=str(path),
                todo=_("check the extent of the extract"),
            )
        )
    notes = {"source": "osm", "ways": read, "ways_cut": cut, "nodes_missing": len(missing)}
    return _streets(refs, lonlat, indptr, found, barriers, notes)


def _close(
    refs: list[int],
    lonlat: list[tuple[float, float]],
    indptr: list[int],
    found: list[ways.Way],
    way: ways.Way,
) -> None:
    """End a run of present nodes: keep it when it has two or more, else forget it."""
    if len(refs) - indptr[-1] < 2:
        del refs[indptr[-1] :], lonlat[indptr[-1] :]
    else:
        indptr.append(len(refs))
        found.append(way)


def _streets(
    refs: list[int],
    lonlat: list[tuple[float, float]],
    indptr: list[int],
    found: list[ways.Way],
    barriers: set[int],
    notes: dict[str, Any],
) -> Streets:
    ids, first, point = np.unique(np.array(refs, np.int64), return_index=True, return_inverse=True)
    xy = np.array(lonlat, np.float64)[first]
    a, b, way = pieces(point.astype(np.int64), np.array(indptr, np.int64))
    moved = a != b
    a, b, way = a[moved], b[moved], way[moved]
    # Each piece that ends at a barrier gets an end of its own there: nobody passes, every position stays exact.
    closed = np.isin(ids, np.fromiter(barriers, np.int64, len(barriers)))
    notes["barriers"] = int(closed.sum())
    for side in (a, b):
        at = np.flatnonzero(closed[side])
        copies = xy[side[at]]
        side[at] = len(xy) + np.arange(at.size)
        xy = np.concatenate([xy, copies])
        closed = np.concatenate([closed, np.zeros(at.size, bool)])
    return Streets(
        xy=xy,
        a=a,
        b=b,
        code=np.array([kind.code for kind in found], np.uint8)[way],
        forward=np.array([kind.forward for kind in found], bool)[way],
        backward=np.array([kind.backward for kind in found], bool)[way],
        thoroughfare=np.array([kind.thoroughfare for kind in found], bool)[way],
        crs=CRS.from_epsg(4326),
        classes=ways.classes(),
        notes=notes,
    )

"""Measure the walking core against its peers: interleaved runs in one process, medians, the same answers checked."""

from __future__ import annotations

import importlib
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numba import njit
from numpy.typing import NDArray
from pyproj import CRS

from planner.bench import networks
from planner.bench.memory import ARRAYS, grown_bytes
from planner.bench.networks import Streetplan
from planner.bench.timing import quiet, timed
from planner.coverage import circles
from planner.i18n import N_, _
from planner.study import open_study
from planner.walking import kernels
from planner.walking.network import WalkNetwork
from planner.walking.search import Places, Streetwise
from planner.walking.snapping import Snapper
from planner.walking.sources import read_network, read_streets
from planner.walking.walkers import Walker

Progress = Callable[[str, int, int], None]
"""Called with a stage, its number and how many there are."""

# What step 1 of the project promises, measured by `run` and held by tests/benchmarks.
SCIPY_TIMES, BFS_TIMES, PANDANA_TIMES, OSMNX_TIMES, STUDY_S, NODE_BYTES = 2.5, 2.2, 20.0, 15.0, 2.0, 100.0

_COMPUTE_CRS = CRS.from_user_input(networks.CRS)
_SAME_M, _SAME_SHARE = 0.5, 0.999  # pandana cuts lengths to whole millimetres: over hundreds of arcs, to decimetres


@dataclass(frozen=True)
class Measured:
    """One row of the table.

    Parameters
    ----------
    case
        What was done.
    ours_s, peer_s
        Medians, seconds; NaN where nothing was timed.
    peer
        By whom else; empty for nobody.
    ratio
        Median of the ratios of paired runs, in the sense of ``bound``; NaN without a peer.
    bound
        What is promised; empty for nothing.
    holds
        Whether it is kept; None where nothing is promised or nothing could be measured.
    note
        What else a reader should know.
    """

    case: str
    ours_s: float
    peer: str = ""
    peer_s: float = float("nan")
    ratio: float = float("nan")
    bound: str = ""
    holds: bool | None = None
    note: str = ""


@njit(cache=True, nogil=True)
def _breadth_first(indptr: Any, neighbour: Any, seeds: Any) -> Any:
    """Count the arcs from the nearest seed to every node: the least that any search of the network has to do."""
    n, tail, head = indptr.size - 1, 0, 0
    hops, queue = np.full(n, np.int32(-1)), np.empty(n, np.int32)
    for seed in seeds:
        if hops[seed] < 0:
            hops[seed] = 0
            queue[tail] = seed
            tail += 1
    while head < tail:
        node = queue[head]
        head += 1
        for arc in range(indptr[node], indptr[node + 1]):
            far = neighbour[arc]
            if hops[far] < 0:
                hops[far] = hops[node] + 1
                queue[tail] = far
                tail += 1
    return hops


def _peer(name: str) -> Any | None:
    """Find a peer by name, None where it is not installed.

    Peers are measured against and never imported (pyproject's import contract): no part of planner may need one.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _faster(
    case: str, seconds: pd.DataFrame, ours: str, peer: str, least: float | None, *, same: bool, note: str
) -> Measured:
    """Compare with a peer that shall take at least ``least`` times as long, and give the same answers."""
    ratio = float((seconds[peer] / seconds[ours]).median())
    return Measured(
        case,
        float(seconds[ours].median()),
        peer,
        float(seconds[peer].median()),
        ratio,
        "" if least is None else _("at least {times:g} times as fast").format(times=least),
        None if least is None else same and ratio >= least,
        note,
    )


def _missing(case: str, peer: str, seconds: pd.Series[float]) -> Measured:
    return Measured(case, float(seconds.median()), peer, note=_("not installed"))


def sweep(plan: Streetplan, *, sources: int = 3_900, rounds: int = 7) -> list[Measured]:
    """Find the nearest of many sources for every node, against scipy's Dijkstra and a breadth-first search.

    Parameters
    ----------
    plan
        The network.
    sources
        How many nodes are sources.
    rounds
        How often each is done.

    Returns
    -------
    list of Measured
    """
    indptr, neighbour, cost = plan.arcs()
    n = indptr.size - 1
    seeds = np.random.default_rng(1).choice(n, sources, replace=False).astype(np.int32)
    free = np.zeros(sources)
    work = {
        "planner": lambda: kernels.sweep(indptr, neighbour, cost, seeds, free, np.inf)["cost"],
        "BFS": lambda: _breadth_first(indptr, neighbour, seeds),
    }
    graphs, sparse = _peer("scipy.sparse.csgraph"), _peer("scipy.sparse")
    if graphs and sparse:
        matrix = sparse.csr_matrix((cost, neighbour, indptr), shape=(n, n))
        work["scipy"] = lambda: graphs.dijkstra(matrix, indices=seeds, min_only=True, limit=np.inf)
    seconds, answers = timed(work, rounds=rounds)
    case = _("nearest of {sources:,} sources for each of {nodes:,} nodes").format(sources=sources, nodes=n)

    metres = answers["planner"]
    reached = np.array_equal(np.isfinite(metres), answers["BFS"] >= 0)
    ratio = float((seconds["planner"] / seconds["BFS"]).median())
    floor = Measured(
        case,
        float(seconds["planner"].median()),
        _("breadth-first search (numba)"),
        float(seconds["BFS"].median()),
        ratio,
        _("at most {times:g} times as long").format(times=BFS_TIMES),
        reached and ratio <= BFS_TIMES,
        _("reaches the same nodes") if reached else _("does not reach the same nodes"),
    )
    if "scipy" not in answers:
        return [_missing(case, "scipy", seconds["planner"]), floor]
    same = bool(np.allclose(metres, answers["scipy"], rtol=1e-6))
    note = _("the same distances") if same else _("the distances differ")
    return [_faster(case, seconds, "planner", "scipy", SCIPY_TIMES, same=same, note=note), floor]


def nearest(plan: Streetplan, *, sources: int = 60, radius_m: float = 720.0, rounds: int = 15) -> list[Measured]:
    """Find the nearest of few sources within a radius for every node, against a warm query of pandana.

    Parameters
    ----------
    plan
        The network, of the kind that street maps give.
    sources
        How many nodes are sources.
    radius_m
        How far to look, metres.
    rounds
        How often each is done.

    Returns
    -------
    list of Measured
        The search on the network as drawn, then the same question asked through `planner.walking`.
    """
    indptr, neighbour, cost = plan.arcs()
    seeds = np.random.default_rng(1).choice(indptr.size - 1, sources, replace=False).astype(np.int32)
    free = np.zeros(sources)
    work = {"planner": lambda: kernels.sweep(indptr, neighbour, cost, seeds, free, radius_m)["cost"]}

    # The same question through the public door: chains contracted, every point a position on an edge, streets measured.
    network = WalkNetwork.from_edges(plan.xy, plan.u, plan.v, crs=networks.CRS, length_m=plan.length_m)
    spots = Snapper(network).snap(shapely.points(plan.xy))
    starts, ends = Places.at(spots.edge, spots.offset_m), Places.at(spots.edge[seeds], spots.offset_m[seeds])
    streets = Streetwise(network, Walker("metres", 1.0))
    work["planner.walking"] = lambda: streets.nearest(starts, ends, limit_s=radius_m)

    pandana, built_s = _peer("pandana"), 0.0
    if pandana:
        start = time.perf_counter()
        with quiet():
            x, y = (pd.Series(column) for column in plan.xy.T)
            u, v, metres = pd.Series(plan.u), pd.Series(plan.v), pd.DataFrame({"metres": plan.length_m})
            peer = pandana.Network(x, y, u, v, metres, twoway=True)
        built_s = time.perf_counter() - start
        peer.set_pois("seeds", radius_m, 1, *(pd.Series(column) for column in plan.xy[seeds].T))
        work["pandana"] = lambda: peer.nearest_pois(radius_m, "seeds", num_pois=1)[1]
    seconds, answers = timed(work, rounds=rounds)
    case = _("nearest of {sources} sources within {metres:g} m for each of {nodes:,} points of a street map").format(
        sources=sources, metres=radius_m, nodes=indptr.size - 1
    )
    whole = _("the same through planner.walking, every point a position on an edge")
    if not pandana:
        return [_missing(case, "pandana", seconds["planner"]), _missing(whole, "pandana", seconds["planner.walking"])]
    agree = float((np.abs(np.minimum(answers["planner"], radius_m) - answers["pandana"].to_numpy()) < _SAME_M).mean())
    note = _("{share:.2%} of the distances are the same; its hierarchy took {built:.1f} s, ours takes none").format(
        share=agree, built=built_s
    )
    same = agree > _SAME_SHARE
    return [
        _faster(case, seconds, "planner", "pandana", PANDANA_TIMES, same=same, note=note),
        _faster(whole, seconds, "planner.walking", "pandana", None, same=same, note=""),
    ]


def reading(path: Path, *, rounds: int = 5) -> list[Measured]:
    """Read an OpenStreetMap file (XML) against osmnx: the ways alone, the whole network, and like for like.

    Parameters
    ----------
    path
        .osm file.
    rounds
        How often each is done.

    Returns
    -------
    list of Measured
    """
    import osmnx

    work = {
        "ways": lambda: read_streets(path, crs=_COMPUTE_CRS),
        "network": lambda: read_network(path, crs=_COMPUTE_CRS),
        "osmnx": lambda: osmnx.graph_from_xml(path),
        "osmnx, not simplified": lambda: osmnx.graph_from_xml(path, simplify=False, retain_all=True),
    }
    seconds, answers = timed(work, rounds=rounds)
    same = answers["ways"].a.size * 2 == answers["osmnx, not simplified"].number_of_edges()
    note = _("{ways:,} ways, {megabytes:.1f} MB").format(
        ways=answers["ways"].notes["ways"], megabytes=path.stat().st_size / 1e6
    )
    alone, whole = _("ways of an .osm file"), _("network of an .osm file, chains contracted")
    return [
        _faster(alone, seconds, "ways", "osmnx", OSMNX_TIMES, same=same, note=note),
        _faster(whole, seconds, "network", "osmnx", None, same=same, note=note),
        _faster(alone, seconds, "ways", "osmnx, not simplified", None, same=same, note=note),
    ]


def study(folder: Path, *, rounds: int = 5) -> list[Measured]:
    """Open a study and test a circle, the network in the cache, imports aside.

    Parameters
    ----------
    folder
        Of the study; its network is cached inside.
    rounds
        How often.

    Returns
    -------
    list of Measured
    """
    parts: dict[str, list[float]] = {"open": [], "test": []}

    def whole() -> tuple[Any, Any]:
        start = time.perf_counter()
        opened = open_study(folder, cache=folder / "cache")
        middle = time.perf_counter()
        tested = circles.test(opened, opened.circles[0])
        parts["open"].append(middle - start)
        parts["test"].append(time.perf_counter() - middle)
        return opened, tested

    seconds, answers = timed({"planner": whole}, rounds=rounds)
    opened, _tested = answers["planner"]
    median = float(seconds["planner"].median())
    case = _("study of {compounds:,} compounds x {facilities:,} facilities, files to coverage").format(
        compounds=len(opened.layers["compounds"]), facilities=len(opened.layers["facilities"])
    )
    note = _("{nodes:,} nodes; layers {layers:.2f} s, network, doors and walks {walks:.2f} s").format(
        nodes=opened.network.nodes,
        layers=statistics.median(parts["open"][1:]),
        walks=statistics.median(parts["test"][1:]),
    )
    return [
        Measured(
            case, median, bound=_("at most {seconds:g} s").format(seconds=STUDY_S), holds=median <= STUDY_S, note=note
        )
    ]


def memory(plan: Streetplan, *, sources: int = 3_900) -> list[Measured]:
    """Measure the peak memory of a sweep over that of the network itself, in a process of its own.

    Parameters
    ----------
    plan
        The network.
    sources
        How many nodes are sources.

    Returns
    -------
    list of Measured
    """
    with tempfile.TemporaryDirectory() as folder:
        arcs: tuple[NDArray[Any], ...] = plan.arcs()
        for name, array in zip(ARRAYS, arcs, strict=True):
            np.save(Path(folder, f"{name}.npy"), array)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            seconds, grown = alone.submit(grown_bytes, folder, sources).result()
    case, bound = (
        _("peak memory of that search over the network itself"),
        _("at most {bytes:g} bytes a node").format(bytes=NODE_BYTES),
    )
    if grown is None:
        return [Measured(case, seconds, bound=bound, note=_("can be measured on Linux only"))]
    each = grown / len(plan.xy)
    return [
        Measured(
            case, seconds, bound=bound, holds=each <= NODE_BYTES, note=_("{bytes:.0f} bytes a node").format(bytes=each)
        )
    ]


def run(*, quick: bool = False, progress: Progress | None = None) -> pd.DataFrame:
    """Measure everything that step 1 promises of speed and memory.

    Peers are measured where they are installed (``pip install planner[bench]``).

    Parameters
    ----------
    quick
        Smaller networks and fewer runs, to see that everything works; no promise is judged then.
    progress
        Called before each stage with its name, its number and how many there are.

    Returns
    -------
    DataFrame
        A row per measurement, columns as the fields of `Measured`.
    """
    side, sources, rounds, ways = (150, 200, 3, 400) if quick else (1_414, 3_900, 7, 5_000)
    size = {"compounds": 300, "facilities": 30, "side": 40} if quick else {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder, grid = Path(scratch), networks.irregular_grid(side)

        def osm() -> list[Measured]:
            networks.write_osm(folder / "city.osm", ways=ways)
            return reading(folder / "city.osm", rounds=min(rounds, 5))

        stages: dict[str, Callable[[], list[Measured]]] = {
            N_("Large network"): lambda: sweep(grid, sources=sources, rounds=rounds),
            N_("Memory"): lambda: memory(grid, sources=sources),
            N_("Street map"): lambda: nearest(networks.chained_city(), rounds=2 * rounds),
            N_("Reading"): osm,
            N_("Study"): lambda: study(networks.write_study(folder, **size), rounds=min(rounds, 5)),
        }
        rows: list[Measured] = []
        for number, (stage, measure) in enumerate(stages.items()):
            if progress:
                progress(stage, number, len(stages))
            rows += measure()
        if progress:
            progress(stage, len(stages), len(stages))
    if quick:
        rows = [replace(row, holds=None) for row in rows]
    columns = [part.name for part in fields(Measured)]
    table = pd.DataFrame([astuple(row) for row in rows], columns=columns)
    table["holds"] = pd.Series([row.holds for row in rows], dtype=object)
    return table

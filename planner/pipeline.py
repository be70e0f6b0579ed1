"""Take a study from its files to its results, stage by stage, and say what each stage took."""

from __future__ import annotations

import glob
import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.i18n import N_, language
from planner.layers import Ledger
from planner.present.outputs import MANIFEST, check_free, sha256, staged
from planner.settings import SETTINGS_FILE
from planner.study import Study, open_study
from planner.version import __version__
from planner.walking.walkers import TOLERANCE_S, WALKERS

if TYPE_CHECKING:
    from planner.coverage import CircleCoverage

Progress = Callable[[str, int, int], None]
"""Called at the beginning of each stage with its name (to be translated), its number and how many there are."""

STAGES = (
    N_("Reading layers"),
    N_("Walking network"),
    N_("Testing circles"),
    N_("Writing tables"),
    N_("Drawing the board"),
)
_TABLES = ("coverage.csv", "coverage_by_area.csv", "ledger.csv", "results.gpkg")
_BOARD = "board.html"
_BESIDE_SHAPES = {".dbf", ".shx", ".prj", ".cpg"}
_TOLD_VERSIONS = ("numpy", "pandas", "geopandas", "shapely", "pyproj", "numba", "osmium", "osmnx", "folium")


@dataclass(frozen=True)
class Run:
    """What a run did.

    Parameters
    ----------
    out
        Folder of the results.
    study
        The study.
    circles
        The circles tested.
    ledger
        The fate of every row that was set aside, mended or doubted, from files to walks.
    seconds
        Per stage.
    compile_s
        Of these, spent on compiling the core (once per machine).
    """

    out: Path
    study: Study
    circles: tuple[CircleCoverage, ...]
    ledger: Ledger
    seconds: dict[str, float]
    compile_s: float


@dataclass
class _Clock:
    """Times stages and, apart, what the compiler takes of them."""

    progress: Progress | None
    total: int
    seconds: dict[str, float] = field(default_factory=dict)
    compile_s: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        from numba.core import event

        if self.progress:
            self.progress(name, len(self.seconds), self.total)
        begin = time.perf_counter()
        with event.install_timer("numba:compile", self._compiled):
            yield
        self.seconds[name] = time.perf_counter() - begin

    def _compiled(self, seconds: float) -> None:
        self.compile_s += seconds


def sample_folder(package: Path = Path(__file__).parent) -> Path:
    """Find the sample study: beside the package in a checkout, inside it where it was installed.

    Parameters
    ----------
    package
        Folder of the package.

    Returns
    -------
    Path

    Examples
    --------
    >>> (sample_folder() / "study.toml").exists()
    True
    """
    inside = package / "sample"
    return inside if inside.exists() else package.parent / "data" / "sample"


def run(
    study: str | Path,
    out: str | Path,
    *,
    lang: str | None = None,
    force: bool = False,
    board: bool = True,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a study from its files to its results.

    Parameters
    ----------
    study
        The study's folder.
    out
        Folder for the results: coverage.csv, coverage_by_area.csv, results.gpkg, ledger.csv, manifest.json, board.html.
    lang
        ``zh`` or ``en``, in place of study.toml's.
    force
        Replace results of an earlier run.
    board
        Whether board.html is drawn.
    cache
        As for `planner.open_study`.
    progress
        Told of every stage.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        Faults in the study, or an output folder that must not be replaced.
    OutputExists
        Results stand there and ``force`` is not set.

    Examples
    --------
    >>> import tempfile, planner as pl
    >>> done = pl.pipeline.run("data/sample", tempfile.mkdtemp(), board=False)
    >>> sorted(path.name for path in done.out.iterdir())
    ['coverage.csv', 'coverage_by_area.csv', 'ledger.csv', 'manifest.json', 'results.gpkg']
    """
    out = Path(out)
    check_free(out, force=force, writes=(*_TABLES, MANIFEST, *([_BOARD] if board else [])))
    stages = STAGES if board else STAGES[:-1]
    clock = _Clock(progress, len(stages))
    with clock.stage(STAGES[0]):
        opened = open_study(study, lang=lang, cache=cache)
    with language(opened.lang):
        with clock.stage(STAGES[1]):
            _ = opened.network
        with clock.stage(STAGES[2]):
            from planner.coverage import test

            circles = tuple(test(opened, circle) for circle in opened.circles)
            ledger = opened.ledger.with_entries([*opened.network_entries, *circles[0].entries])
        with staged(out, force=force) as draft:
            with clock.stage(STAGES[3]):
                _write_tables(draft, circles, ledger)
            if board:
                with clock.stage(STAGES[4]):
                    _draw_board(draft, opened, circles)
            _write_manifest(draft, opened, clock)
    return Run(out, opened, circles, ledger, clock.seconds, clock.compile_s)


def draw_map(study: str | Path, out: str | Path, *, lang: str | None = None, force: bool = False) -> Path:
    """Draw the board of a study alone.

    Parameters
    ----------
    study, lang, force
        As for `run`.
    out
        Folder for board.html and manifest.json.

    Returns
    -------
    Path
        The page.
    """
    from planner.coverage import test

    out = Path(out)
    check_free(out, force=force, writes=(_BOARD, MANIFEST))
    clock = _Clock(None, 1)
    opened = open_study(study, lang=lang)
    with language(opened.lang), staged(out, force=force) as draft:
        with clock.stage(STAGES[4]):
            _draw_board(draft, opened, tuple(test(opened, circle) for circle in opened.circles))
        _write_manifest(draft, opened, clock)
    return out / _BOARD


def _write_tables(draft: Path, circles: tuple[CircleCoverage, ...], ledger: Ledger) -> None:
    from planner.present.tables import area_table, coverage_table, write_csv, write_results

    write_csv(coverage_table(circles), draft / "coverage.csv")
    write_csv(area_table(circles), draft / "coverage_by_area.csv")
    write_csv(ledger.to_frame(), draft / "ledger.csv")
    write_results(circles, draft / "results.gpkg")


def _draw_board(draft: Path, study: Study, circles: tuple[CircleCoverage, ...]) -> None:
    from planner.present import board

    board(study, list(circles)).save(draft / _BOARD)


def _inputs(study: Study) -> list[Path]:
    settings = study.settings
    layers = [one for name in type(settings.layers).model_fields if (one := getattr(settings.layers, name)) is not None]
    inputs = []
    for name in (SETTINGS_FILE, settings.walking.network, *(one.file for one in layers)):
        path = study.folder / name
        # What a shapefile says of its shapes stands in the files beside it.
        beside = path.parent.glob(f"{glob.escape(path.stem)}.*") if path.suffix.lower() == ".shp" else ()
        inputs += [path, *sorted(part for part in beside if part.suffix.lower() in _BESIDE_SHAPES)]
    own = settings.standards.folder
    return inputs if own is None else [*inputs, *sorted((study.folder / own).glob("*.yaml"))]


def _told(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _write_manifest(draft: Path, study: Study, clock: _Clock) -> None:
    """Tell what the results were made of and with: enough to make them again, or to see that they would differ."""
    manifest: dict[str, Any] = {
        "program": "planner",
        "version": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "study": study.name,
        "as_of": study.as_of.isoformat(),
        "crs": study.crs.to_string(),
        "inputs": {_told(path, study.folder): sha256(path) for path in _inputs(study)},
        "settings": study.settings.model_dump(mode="json", exclude_none=True, by_alias=True),
        "walker": {"name": study.walker.name, "speed_mps": study.walker.speed_mps},
        "band": {name: WALKERS[name].speed_mps for name in ("standard", "frail")},
        "limit_tolerance_s": TOLERANCE_S,
        "network": {
            "key": study.network.key,
            "from_cache": study.network_reused,
            "nodes": study.network.nodes,
            "edges": study.network.edges,
            "notes": {name: note for name, note in study.network.notes.items() if not isinstance(note, list)},
        },
        "standards": [
            {
                "circle": circle.id,
                "limit_min": circle.limit_min,
                "document": circle.document.number,
                "clause": circle.clause,
                "in_force_from": circle.document.in_force_from.isoformat(),
                "in_force_to": circle.document.in_force_to.isoformat() if circle.document.in_force_to else None,
                "checked": circle.document.checked.isoformat(),
            }
            for circle in study.circles
        ],
        "ledger": json.loads(study.ledger.counts().reset_index().to_json(orient="records", force_ascii=False)),
        "seconds": {name: round(seconds, 3) for name, seconds in clock.seconds.items()},
        "compile_s": round(clock.compile_s, 3),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in _TOLD_VERSIONS},
        "outputs": {path.name: sha256(path) for path in sorted(draft.iterdir())},
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

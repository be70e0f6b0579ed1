"""Take a study from its files to its results, stage by stage, and say what each stage took."""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.i18n import N_, _, language
from planner.layers import Ledger
from planner.layers.files.formats import parts_of
from planner.present.outputs import MANIFEST, NOTICE, check_free, sha256, staged
from planner.settings import SETTINGS_FILE
from planner.study import Study, open_study
from planner.version import __version__
from planner.walking.walkers import TOLERANCE_S, WALKERS

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.coverage import CircleCoverage

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called at the beginning of each stage with its name (to be translated), its number and how many there are."""

STAGES = (
    N_("Reading layers"),
    N_("Walking network"),
    N_("Testing circles"),
    N_("Checking provision rules"),
    N_("Writing tables"),
    N_("Drawing the board"),
)
_TABLES = ("coverage.csv", "coverage_by_area.csv", "ledger.csv", "results.gpkg")
_PROVISION = ("compliance.csv", "compliance.xlsx")
_BOARD = "board.html"
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
    compliance
        What provision rules say of the compounds; None where that was not asked for, or the study has neither rooms
        nor floor areas.
    """

    out: Path
    study: Study
    circles: tuple[CircleCoverage, ...]
    ledger: Ledger
    seconds: dict[str, float]
    compile_s: float
    compliance: Compliance | None = None


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
    provision: bool = True,
    publish: bool = False,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a study from its files to its results.

    Parameters
    ----------
    study
        The study's folder.
    out
        Folder for the results: coverage.csv, coverage_by_area.csv, compliance.csv, compliance.xlsx, results.gpkg,
        ledger.csv, manifest.json, board.html, and a text that says that they are internal.
    lang
        ``zh`` or ``en``, in place of study.toml's.
    force
        Replace results of an earlier run.
    board
        Whether board.html is drawn.
    provision
        Whether provision rules are checked, where the study has rooms or floor areas.
    publish
        Whether the results are made for the public: small counts of elders are then hidden in every file, and the board
        does not carry the mark of an internal paper.
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
    ['compliance.csv', 'compliance.xlsx', 'coverage.csv', 'coverage_by_area.csv', 'ledger.csv', 'manifest.json',
    'results.gpkg', '内部资料-说明.txt']
    """
    out = Path(out)
    check_free(out, force=force, writes=_writes(board=board, provision=provision))
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
            doubts = opened.datum_findings.entries
            ledger = opened.ledger.with_entries([*opened.network_entries, *doubts, *circles[0].entries])
        with clock.stage(STAGES[3]):
            compliance = _check_provision(opened) if provision else None
        with staged(out, force=force) as draft:
            with clock.stage(STAGES[4]):
                _write_tables(draft, circles, ledger, publish=publish)
                if compliance is not None:
                    from planner.present.provision import write_provision

                    write_provision(draft, opened, compliance, circles, publish=publish)
            if board:
                with clock.stage(STAGES[5]):
                    _draw_board(draft, opened, circles, compliance, publish=publish)
            _write_manifest(draft, opened, clock, publish=publish, compliance=compliance)
    return Run(out, opened, circles, ledger, clock.seconds, clock.compile_s, compliance)


def _writes(*, board: bool, provision: bool) -> tuple[str, ...]:
    """Name the files that a run may leave."""
    return (*_TABLES, MANIFEST, NOTICE, *(_PROVISION if provision else ()), *([_BOARD] if board else []))


def _check_provision(study: Study) -> Compliance | None:
    from planner.compliance import check
    from planner.present.provision import has_provision

    return check(study) if has_provision(study) else None


def draw_map(
    study: str | Path, out: str | Path, *, lang: str | None = None, force: bool = False, publish: bool = False
) -> Path:
    """Draw the board of a study alone.

    Parameters
    ----------
    study, lang, force, publish
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
    check_free(out, force=force, writes=(_BOARD, MANIFEST, NOTICE))
    clock = _Clock(None, 1)
    opened = open_study(study, lang=lang)
    with language(opened.lang), staged(out, force=force) as draft:
        with clock.stage(STAGES[5]):
            circles = tuple(test(opened, circle) for circle in opened.circles)
            _draw_board(draft, opened, circles, _check_provision(opened), publish=publish)
        _write_manifest(draft, opened, clock, publish=publish)
    return out / _BOARD


def _write_tables(draft: Path, circles: tuple[CircleCoverage, ...], ledger: Ledger, *, publish: bool) -> None:
    from planner.present import publishing
    from planner.present.disclosure import disclose
    from planner.present.tables import area_table, coverage_table, write_csv, write_results

    study = circles[0].study
    coverage, areas, entries = coverage_table(circles), area_table(circles), ledger.to_frame()
    if publish:
        shown = disclose(study, circles, publish=True)
        coverage = publishing.public_coverage(coverage, shown)
        areas, entries = publishing.public_areas(areas, shown), publishing.public_ledger(entries)
    write_csv(coverage, draft / "coverage.csv")
    write_csv(areas, draft / "coverage_by_area.csv")
    write_csv(entries, draft / "ledger.csv")
    described = publishing.classification(publish=publish)
    write_results(coverage, study.layers["compounds"], draft / "results.gpkg", described=described)


def _draw_board(
    draft: Path, study: Study, circles: tuple[CircleCoverage, ...], rooms: Compliance | None, *, publish: bool
) -> None:
    from planner.compliance import joint_groups, may_share
    from planner.present import board

    if publish and not study.settings.study.map_number:
        log.warning(_("no map number (审图号) is given: a map with boundaries must be approved before it is published"))
    groups = joint_groups(study) if rooms is not None and may_share(rooms.profiles[0]) else None
    board(study, list(circles), rooms, groups, publish=publish).save(draft / _BOARD)


def _inputs(study: Study) -> list[Path]:
    settings = study.settings
    layers = [one for name in type(settings.layers).model_fields if (one := getattr(settings.layers, name)) is not None]
    inputs = []
    for name in (SETTINGS_FILE, settings.walking.network, *(one.file for one in layers)):
        inputs += parts_of(study.folder / name)
    own = settings.standards.folder
    return inputs if own is None else [*inputs, *sorted((study.folder / own).glob("*.yaml"))]


def _told(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _elders_told(study: Study) -> dict[str, Any]:
    elders, chosen = study.elders, study.settings.elders
    share = {"share_60": chosen.share_60, "share_source": chosen.share_source} if chosen.share_60 else {}
    return {
        "basis": elders.basis,
        "persons": dict(elders.persons),
        "compounds": dict(elders.sources),
        "spread_by": list(elders.spread_by),
        "conflicts": len(elders.conflicts),
        **share,
    }


def _write_manifest(
    draft: Path, study: Study, clock: _Clock, *, publish: bool, compliance: Compliance | None = None
) -> None:
    """Tell what the results were made of and with: enough to make them again, or to see that they would differ."""
    from planner.present.methods import profile_facts
    from planner.present.publishing import classification, public_manifest, write_notice

    if not publish:
        write_notice(draft / NOTICE)
    manifest: dict[str, Any] = {
        "program": "planner",
        "version": __version__,
        "classification": classification(publish=publish),
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
        "provision": [profile_facts(profile) for profile in compliance.profiles] if compliance else [],
        "elders": _elders_told(study),
        "ledger": json.loads(study.ledger.counts().reset_index().to_json(orient="records", force_ascii=False)),
        "seconds": {name: round(seconds, 3) for name, seconds in clock.seconds.items()},
        "compile_s": round(clock.compile_s, 3),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in _TOLD_VERSIONS},
        "outputs": {path.name: sha256(path) for path in sorted(draft.iterdir())},
    }
    manifest = public_manifest(manifest) if publish else manifest
    (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

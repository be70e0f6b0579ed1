"""Take a study from its files to its results, stage by stage, and say what each stage took."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.i18n import N_, _, language
from planner.layers import Ledger
from planner.manifests import write_manifest
from planner.present.outputs import MANIFEST, NOTICE, PLAN, check_free, staged
from planner.study import Study, open_study

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.coverage import CircleCoverage
    from planner.siting.choosing import Choice
    from planner.siting.effort import Hear

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called at the beginning of each stage with its name (to be translated), its number and how many there are."""

STAGES = (
    N_("Reading layers"),
    N_("Walking network"),
    N_("Testing circles"),
    N_("Checking provision rules"),
    N_("Choosing sites"),
    N_("Writing tables"),
    N_("Drawing the board"),
)
_TABLES = ("coverage.csv", "coverage_by_area.csv", "ledger.csv", "results.gpkg")
_PROVISION = ("compliance.csv", "compliance.xlsx")
_BOARD = "board.html"


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
    choice
        The plan for new sites, with what is told of it; None where study.toml asks for none.
    """

    out: Path
    study: Study
    circles: tuple[CircleCoverage, ...]
    ledger: Ledger
    seconds: dict[str, float]
    compile_s: float
    compliance: Compliance | None = None
    choice: Choice | None = None


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
    siting: bool = True,
    publish: bool = False,
    cache: str | Path | None = None,
    progress: Progress | None = None,
    hear: Hear | None = None,
) -> Run:
    """Run a study from its files to its results.

    Parameters
    ----------
    study
        The study's folder.
    out
        Folder for the results: coverage.csv, coverage_by_area.csv, compliance.csv, compliance.xlsx, plan.csv and the
        other files of a plan, results.gpkg, ledger.csv, manifest.json, board.html, and a text that says that they are
        internal.
    lang
        ``zh`` or ``en``, in place of study.toml's.
    force
        Replace results of an earlier run.
    board
        Whether board.html is drawn.
    provision
        Whether provision rules are checked, where the study has rooms or floor areas.
    siting
        Whether new sites are chosen, where study.toml asks for it. Ctrl-C ends that search with the best plan so far.
    publish
        Whether the results are made for the public: small counts of elders are then hidden in every file, and the board
        does not carry the mark of an internal paper.
    cache
        As for `planner.open_study`.
    progress
        Told of every stage.
    hear
        Told how the choice of sites stands.

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
    'plan.csv', 'plan.json', 'plan_alternatives.csv', 'plan_curve.csv', 'plan_rejected.csv', 'results.gpkg',
    '内部资料-说明.txt']
    """
    out = Path(out)
    check_free(out, force=force, writes=_writes(board=board, provision=provision, siting=siting))
    stages = STAGES if board else STAGES[:-1]
    clock = _Clock(progress, len(stages))
    with clock.stage(STAGES[0]):
        opened = open_study(study, lang=lang, cache=cache)
    with language(opened.lang):
        circles, ledger = _walk(opened, clock)
        with clock.stage(STAGES[3]):
            compliance = _check_provision(opened) if provision else None
        with clock.stage(STAGES[4]):
            choice = _choose(opened, hear) if siting else None
        with staged(out, force=force) as draft:
            with clock.stage(STAGES[5]):
                _write_tables(draft, circles, ledger, publish=publish)
                if compliance is not None:
                    from planner.present.provision import write_provision

                    write_provision(draft, opened, compliance, circles, publish=publish)
                if choice is not None:
                    _write_plan(draft, opened, circles, choice, publish=publish)
            if board:
                with clock.stage(STAGES[6]):
                    _draw_board(draft, opened, circles, compliance, choice, publish=publish)
            write_manifest(
                draft, opened, clock.seconds, clock.compile_s, publish=publish, compliance=compliance, choice=choice
            )
    return Run(out, opened, circles, ledger, clock.seconds, clock.compile_s, compliance, choice)


def site(
    study: str | Path,
    out: str | Path,
    *,
    given: Mapping[str, Any] | None = None,
    lang: str | None = None,
    force: bool = False,
    publish: bool = False,
    cache: str | Path | None = None,
    progress: Progress | None = None,
    hear: Hear | None = None,
) -> Run:
    """Choose sites of a study, and leave the plan with its explanation, curve and alternatives.

    Parameters
    ----------
    study, lang, force, publish, cache, progress, hear
        As for `run`.
    out
        Folder for plan.csv, plan.json, plan_curve.csv, plan_rejected.csv, plan_alternatives.csv, results.gpkg,
        ledger.csv and manifest.json.
    given
        What is asked for, over ``[siting]`` of study.toml, whose keys these are.

    Returns
    -------
    Run
        With its ``choice``. There may be no plan: plan.json then holds the reasons. Ctrl-C during the search leaves the
        best plan so far.

    Raises
    ------
    InputError
        Faults in the study or in what is asked, or an output folder that must not be replaced.
    OutputExists
        Results stand there and ``force`` is not set.

    Examples
    --------
    >>> import tempfile, planner as pl
    >>> done = pl.pipeline.site("data/sample", tempfile.mkdtemp(), given={"sites": 2})
    >>> done.choice.plan.sites, done.choice.plan.status
    (('K11', 'K18'), 'optimal')
    """
    from planner.siting.choosing import asked, check_asked

    out = Path(out)
    check_free(out, force=force, writes=(*PLAN, "results.gpkg", "ledger.csv", MANIFEST, NOTICE))
    clock = _Clock(progress, 5)
    with clock.stage(STAGES[0]):
        opened = open_study(study, lang=lang, cache=cache)
    with language(opened.lang):
        settings = asked(opened.settings.siting, given or {})
        opened = replace(opened, settings=opened.settings.model_copy(update={"siting": settings}))
        check_asked(opened, settings)
        circles, ledger = _walk(opened, clock)
        with clock.stage(STAGES[4]):
            choice = _choose(opened, hear)
        with staged(out, force=force) as draft:
            with clock.stage(STAGES[5]):
                from planner.present.publishing import public_ledger
                from planner.present.tables import write_csv

                entries = ledger.to_frame()
                write_csv(public_ledger(entries) if publish else entries, draft / "ledger.csv")
                if choice is not None:
                    _write_plan(draft, opened, circles, choice, publish=publish)
            write_manifest(draft, opened, clock.seconds, clock.compile_s, publish=publish, choice=choice)
    return Run(out, opened, circles, ledger, clock.seconds, clock.compile_s, None, choice)


def _walk(study: Study, clock: _Clock) -> tuple[tuple[CircleCoverage, ...], Ledger]:
    """Test the circles, and complete the ledger by what walks have found."""
    with clock.stage(STAGES[1]):
        _ = study.network
    with clock.stage(STAGES[2]):
        from planner.coverage import test

        circles = tuple(test(study, circle) for circle in study.circles)
        doubts = study.datum_findings.entries
        ledger = study.ledger.with_entries([*study.network_entries, *doubts, *circles[0].entries])
    return circles, ledger


def _choose(study: Study, hear: Hear | None) -> Choice | None:
    """Choose sites where study.toml asks for it, and tell what there is to tell."""
    settings = study.settings.siting
    if settings is None:
        return None
    from planner.siting.choosing import choose, told

    return told(choose(study, settings, progress=hear), settings)


def _write_plan(
    draft: Path, study: Study, circles: tuple[CircleCoverage, ...], choice: Choice, *, publish: bool
) -> None:
    from planner.present.disclosure import Disclosure, disclose
    from planner.present.plans.tables import write_plan

    write_plan(draft, study, choice, disclose(study, circles, publish=True) if publish else Disclosure())


def _writes(*, board: bool, provision: bool, siting: bool) -> tuple[str, ...]:
    """Name the files that a run may leave."""
    more = (*(_PROVISION if provision else ()), *(PLAN if siting else ()), *([_BOARD] if board else []))
    return (*_TABLES, MANIFEST, NOTICE, *more)


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
        with clock.stage(STAGES[6]):
            circles = tuple(test(opened, circle) for circle in opened.circles)
            choice = _choose(opened, None)
            _draw_board(draft, opened, circles, _check_provision(opened), choice, publish=publish)
        write_manifest(draft, opened, clock.seconds, clock.compile_s, publish=publish, choice=choice)
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
    draft: Path,
    study: Study,
    circles: tuple[CircleCoverage, ...],
    rooms: Compliance | None,
    choice: Choice | None,
    *,
    publish: bool,
) -> None:
    from planner.compliance import joint_groups, may_share
    from planner.present import board

    if publish and not study.settings.study.map_number:
        log.warning(_("no map number (审图号) is given: a map with boundaries must be approved before it is published"))
    groups = joint_groups(study) if rooms is not None and may_share(rooms.profiles[0]) else None
    board(study, list(circles), rooms, groups, choice, publish=publish).save(draft / _BOARD)

"""Run planner from the command line: results and tables to stdout, log and progress to stderr.

Exit codes: 0 done; 1 something fails its standard, or a row its check, and ``--strict`` was given, or there is no plan
for what ``planner site`` was asked; 2 bad input; 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.commands import permits, rules, siting, studies
from planner.commands.console import bar, console, provision_line, start_log
from planner.commands.options import (
    BAD_INPUT,
    DONE,
    FINDINGS,
    INTERRUPTED,
    Force,
    Lang,
    Out,
    Publish,
    Strict,
    StudyFolder,
    Verbose,
)
from planner.errors import Fault, InputError, PlannerError
from planner.i18n import DEFAULT, LANGUAGES, N_, _, current, language

if TYPE_CHECKING:
    from planner.pipeline import Run

app = typer.Typer(
    name="planner",
    help=N_("Plan a city's care for its elders: walking circles on real streets, with reasons for every verdict."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
network_app = typer.Typer(help=N_("Walking networks: build, look at, download"), no_args_is_help=True)
app.add_typer(network_app, name="network")
app.add_typer(rules.app, name="rules")
app.command("new", help=studies.NEW)(studies.new)
app.command("check", help=studies.CHECK)(studies.check)
app.command("site", help=siting.SITE)(siting.site)
app.command("permits", help=permits.PERMITS)(permits.permits)


def _share(value: float) -> str:
    return "—" if value != value else f"{value:.1%}"  # a share of nothing is not a number


def _summary(run: Run) -> None:
    """Print a run's result: a table a planner can read out, and where the files are."""
    from rich.table import Table

    from planner.present.panels import walker_name
    from planner.walking.walkers import WALKERS

    page = console()
    table = Table(title=run.study.name, title_justify="left")
    table.add_column("")
    columns = [coverage.rates() for coverage in run.circles]
    verdicts = [coverage.table["verdict"].value_counts() for coverage in run.circles]
    for coverage in run.circles:
        table.add_column(
            _("{circle} (≤ {minutes:g} min)").format(circle=coverage.circle.name, minutes=coverage.circle.limit_min),
            justify="right",
        )
    table.add_row(_("Elders 60+ (persons)"), *(f"{rates['elders']:,}" for rates in columns))
    if any(rates["elders_estimated"] for rates in columns):
        table.add_row(_("  estimated from totals"), *(f"{rates['elders_estimated']:,}" for rates in columns))
    table.add_row(_("  covered"), *(f"{rates['elders_covered']:,}" for rates in columns))
    table.add_row(_("  share of elders"), *(_share(rates["share_elders"]) for rates in columns))
    table.add_row(_("Compounds"), *(f"{rates['compounds']:,}" for rates in columns))
    for code in (N_("pass"), N_("fragile"), N_("fail"), N_("unknown")):
        table.add_row("  " + _(code), *(f"{count.get(code, 0):,}" for count in verdicts))
    table.add_row(
        _("Communities with a facility"),
        *(f"{rates['communities_with_facility']:,} / {rates['communities']:,}" for rates in columns),
    )
    page.print(table)
    if run.compliance is not None:
        typer.echo(provision_line(run.compliance))
    walker = run.study.walker
    typer.echo(
        _("Walker: {name}, {speed:g} m/s; pass holds at {frail:g} m/s too, fragile only for this walker").format(
            name=walker_name(walker.name), speed=walker.speed_mps, frail=WALKERS["frail"].speed_mps
        )
    )
    actions = run.ledger.to_frame()["action"].value_counts()
    typer.echo(
        _("Ledger: {aside} entries set aside, {mended} mended, {doubted} doubted").format(
            aside=actions.get("set_aside", 0),
            mended=actions.get("mended", 0),
            doubted=actions.get("doubted", 0),
        )
    )
    total = sum(run.seconds.values())
    network = _("from the cache") if run.study.network_reused else _("read anew and cached")
    typer.echo(
        _(
            "Walking network: {network}; {total:.1f} s in all, of these {compile:.1f} s compiling (once per machine)"
        ).format(network=network, total=total, compile=run.compile_s)
    )


def _run(
    study: Path,
    out: Path,
    *,
    lang: str | None,
    force: bool,
    board: bool = True,
    provision: bool = True,
    sites: bool = True,
    publish: bool = False,
) -> Run:
    import gc
    import importlib

    from planner.pipeline import run

    for room in ("planner.coverage", "planner.present.boards"):
        importlib.import_module(room)
    # What the imports made stays for good: without this, every full collection walks through all of it again, and the
    # many small geometries of a study bring collections about (0.5 s of 2 s, measured on 10,000 compounds).
    gc.collect()
    gc.freeze()
    with bar() as progress:
        done = run(
            study,
            out,
            lang=lang,
            force=force,
            board=board,
            provision=provision,
            siting=sites,
            publish=publish,
            progress=progress,
            hear=progress.hear,
        )
    with language(done.study.lang):
        _summary(done)
        siting.tell(done)
    return done


def _verdict(done: Run, strict: bool) -> int:
    failed = any((coverage.table["verdict"] == "fail").any() for coverage in done.circles)
    short = done.compliance is not None and (done.compliance.of()["verdict"] == "short").any()
    unsited = done.choice is not None and done.choice.plan.status == "infeasible"
    return FINDINGS if strict and (failed or short or unsited) else DONE


@app.command("demo", help=N_("Run the sample study through every stage: the quickest way to see what planner does"))
def demo(
    out: Annotated[Path | None, typer.Option("--out", help=N_("Folder for the results"))] = None,
    force: Force = False,
    publish: Publish = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Run the sample study."""
    from planner.pipeline import sample_folder

    start_log(verbose)
    sample = sample_folder()
    checkout = sample.parent.name == "data"
    # The demo's own folder holds nothing but the demo: it may be written again.
    folder = out or (sample.parent.parent / "maps" / "sample" if checkout else Path("planner-sample"))
    done = _run(sample, folder, lang=lang, force=force or out is None, publish=publish)
    typer.echo(_("Map: {path}").format(path=(done.out / "board.html").absolute()))
    return DONE


@app.command("run", help=N_("Run a study from its files to all results"))
def run_study(
    study: StudyFolder,
    out: Out,
    force: Force = False,
    strict: Strict = False,
    publish: Publish = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Run a study."""
    start_log(verbose)
    done = _run(study, out, lang=lang, force=force, publish=publish)
    typer.echo(_("Results: {path}").format(path=done.out.absolute()))
    return _verdict(done, strict)


@app.command("coverage", help=N_("Test the circles of a study: tables, without the map"))
def coverage(
    study: StudyFolder,
    out: Out,
    force: Force = False,
    strict: Strict = False,
    publish: Publish = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Test the circles of a study."""
    start_log(verbose)
    done = _run(study, out, lang=lang, force=force, board=False, provision=False, sites=False, publish=publish)
    typer.echo(_("Results: {path}").format(path=done.out.absolute()))
    return _verdict(done, strict)


@app.command("map", help=N_("Draw the committee board of a study alone"))
def draw(
    study: StudyFolder,
    out: Out,
    force: Force = False,
    publish: Publish = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Draw the board of a study."""
    from planner.pipeline import draw_map

    start_log(verbose)
    page = draw_map(study, out, lang=lang, force=force, publish=publish)
    typer.echo(_("Map: {path}").format(path=page.absolute()))
    return DONE


@network_app.command("build", help=N_("Read the streets of a study into the cache and tell what was found"))
def network_build(study: StudyFolder, lang: Lang = None, verbose: Verbose = False) -> int:
    """Read the streets of a study into the cache."""
    from planner.study import open_study

    start_log(verbose)
    opened = open_study(study, lang=lang)
    network = opened.network
    typer.echo(repr(network))
    typer.echo(_("from the cache") if opened.network_reused else _("read anew and cached"))
    for name, note in network.notes.items():
        typer.echo(f"  {name}: {len(note) if isinstance(note, list) else note}")
    return DONE


@network_app.command("fetch", help=N_("Download the streets of a place from OpenStreetMap into a .graphml file"))
def network_fetch(
    target: Annotated[Path, typer.Argument(metavar="FILE", help=N_("The .graphml file to write"))],
    place: Annotated[str | None, typer.Option("--place", help=N_("Name of the place"))] = None,
    bbox: Annotated[str | None, typer.Option("--bbox", help=N_("west,south,east,north in degrees (WGS 84)"))] = None,
    force: Force = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Download the streets of a place."""
    from planner.walking.fetching import fetch_streets

    start_log(verbose)
    box = None
    if bbox is not None:
        try:
            west, south, east, north = (float(part) for part in bbox.replace("，", ",").split(","))
        except ValueError:
            raise InputError(
                Fault(
                    _("the bounding box is not four numbers"),
                    where=bbox,
                    todo=_("write it as 112.9,25.7,113.1,25.9"),
                )
            ) from None
        box = (west, south, east, north)
    path = fetch_streets(target, place=place, bbox=box, force=force)
    typer.echo(_("Streets: {path}").format(path=path.absolute()))
    return DONE


@app.command("bench", help=N_("Measure the walking core against its peers on this machine"))
def bench(
    quick: Annotated[bool, typer.Option("--quick", help=N_("Smaller networks, fewer repeats"))] = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Measure the walking core against its peers."""
    from planner import bench as measure

    start_log(verbose)
    with bar() as progress:
        result = measure.run(quick=quick, progress=progress)
    row: Any
    for row in result.itertuples(index=False):
        typer.echo(row.case)
        parts = [] if row.ours_s != row.ours_s else [_("planner {seconds:.3g} s").format(seconds=row.ours_s)]
        if row.peer:
            unknown = row.peer_s != row.peer_s  # not a number
            parts.append(row.peer if unknown else f"{row.peer} {row.peer_s:.3g} s")
        if row.ratio == row.ratio:
            parts.append(_("ratio {ratio:.2f}").format(ratio=row.ratio))
        if row.bound:
            held = {True: _("holds"), False: _("does not hold")}.get(row.holds, _("not judged"))
            parts.append(f"{row.bound}: {held}")
        typer.echo("  " + " | ".join(parts))
        if row.note:
            typer.echo(f"  {row.note}")
    return DONE


def _asked_language(arguments: Sequence[str]) -> str:
    """Find ``--lang`` before anything is built: help speaks it too."""
    for at, argument in enumerate(arguments):
        value = argument.partition("=")[2] if argument.startswith("--lang=") else ""
        if argument == "--lang" and at + 1 < len(arguments):
            value = arguments[at + 1]
        if value:
            if value not in LANGUAGES:
                raise InputError(
                    Fault(
                        _("the language {lang} is not known").format(lang=value),
                        where="--lang",
                        todo=_("choose one of: {known}").format(known=_(", ").join(LANGUAGES)),
                    )
                )
            return value
    return DEFAULT


def _translate(command: Any) -> None:
    """Put the words of a command, its options and its subcommands into the language in use."""
    command.help = _(command.help) if command.help else command.help
    shown = command.get_help_option(typer.Context(command))
    if shown is not None:
        shown.help = _("Show this help and exit")
    for option in command.params:
        if getattr(option, "help", None):
            option.help = _(option.help)
    for sub in getattr(command, "commands", {}).values():
        _translate(sub)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit code.

    Parameters
    ----------
    arguments
        Left out, those of the process.

    Examples
    --------
    >>> main(["--lang", "fr"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may claim GBK
    try:
        with language(_asked_language(arguments)):
            sys.exit(_dispatch(arguments))
    except PlannerError as error:
        _complain(str(error))
        sys.exit(BAD_INPUT)


def _dispatch(arguments: list[str]) -> int:
    from typer import rich_utils

    rich_utils.OPTIONS_PANEL_TITLE, rich_utils.ARGUMENTS_PANEL_TITLE = _("Options"), _("Arguments")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    required = _("required")
    rich_utils.REQUIRED_LONG_STRING = f"[{required}]"
    command = typer.main.get_command(app)
    _translate(command)
    try:
        code = int(command.main(arguments, prog_name="planner", standalone_mode=False) or DONE)
    except PlannerError as error:
        _complain(str(error))
        return BAD_INPUT
    except OSError as error:  # a folder that may not be written, a full disk: no finding about a study
        logging.getLogger(__name__).info("", exc_info=True)
        _complain(str(error))
        return BAD_INPUT
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()  # a misspelt command or option: the command line says so itself
        return BAD_INPUT
    if code == INTERRUPTED:  # typer has made an exit code of Ctrl-C
        _complain(_("interrupted; nothing was changed"))
    return code


def _complain(message: str) -> None:
    with language(current()):
        typer.echo(_("Error: {message}").format(message=message), err=True)

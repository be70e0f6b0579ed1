"""Check a file of planning permits from the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.commands.console import bar, console, start_log
from planner.commands.options import DONE, FINDINGS, Force, Lang, Out, Verbose
from planner.errors import Fault, InputError
from planner.i18n import DEFAULT, N_, _

if TYPE_CHECKING:
    from planner.permits import PermitRun

PERMITS = N_("Check a file of planning permits against the provision rules: workbook, tables, opinions")


def permits(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=N_("The permits: .xlsx, .csv, .gpkg or .shp"))],
    out: Out,
    profile: Annotated[
        str | None, typer.Option("--profile", help=N_("Profile that decides; the others stand beside it"))
    ] = None,
    opinions: Annotated[
        bool, typer.Option("--opinions", help=N_("Write an opinion (审查意见, .docx) on every permit"))
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help=N_("Exit with 1 when a permit is short by the profile that decides"))
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help=N_("Day of the report, as 2026-06-30; left out, today"))
    ] = None,
    lenient: Annotated[
        bool,
        typer.Option("--lenient", help=N_("Count rooms below the minimum too, where one room reaches it")),
    ] = False,
    blank_unknown: Annotated[
        bool, typer.Option("--blank-unknown", help=N_("An empty cell of rooms says nothing, instead of: no room"))
    ] = False,
    sheet: Annotated[str | None, typer.Option("--sheet", help=N_("Sheet of a workbook, by name or number"))] = None,
    layer: Annotated[str | None, typer.Option("--layer", help=N_("Table of a GeoPackage"))] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help=N_("Encoding of a csv or shapefile"))] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help=N_("NAME=HEADER or NAME=HEADER=UNIT: what a column of the file is; repeatable")),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help=N_("Column of the file that is not read; repeatable"))
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help=N_("Folder of further YAML files of rules"))] = None,
    force: Force = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Check a file of permits."""
    from planner.commands.readings import as_option, settings_of
    from planner.permits import run

    start_log(verbose)
    day = _day(as_of)
    settings = settings_of(file, sheet=sheet, layer=layer, encoding=encoding, fields=field or (), drop=drop or ())
    try:
        with bar() as progress:
            done = run(
                file,
                out,
                profile=profile,
                rules=rules,
                settings=settings,
                as_of=day,
                lenient=lenient,
                blank_rooms="unknown" if blank_unknown else "none",
                opinions=opinions,
                lang=lang or DEFAULT,
                force=force,
                progress=progress,
            )
    except InputError as error:
        raise InputError(map(as_option, error.faults)) from error
    _summary(done)
    typer.echo(_("Results: {path}").format(path=done.out.absolute()))
    failed = (done.result.of()["verdict"] == "short").any()
    return FINDINGS if strict and failed else DONE


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        what = _("“{text}” is not a day").format(text=text)
        raise InputError(Fault(what, where="--as-of", todo=_("write it as 2026-06-30"))) from error


def _summary(run: PermitRun) -> None:
    """Print the verdicts by profile, and what became of the rows."""
    from rich.table import Table

    from planner.present.sheets import VERDICTS

    sums: dict[str, dict[str, int]] = run.result.sums().astype("int64").to_dict("index")  # type: ignore[assignment]
    table = Table(title=_("Permits by profile"), title_justify="left")
    table.add_column(_("Profile"))
    for word in VERDICTS.values():
        table.add_column(_(word), justify="right")
    for profile in run.result.profiles:
        table.add_row(profile.name, *(f"{sums[profile.id][code]:,}" for code in VERDICTS))
    console().print(table)
    typer.echo(_("The first profile decides; the others stand beside it."))
    count = run.layer.ledger.count("permits")
    text = _("Rows: {rows} in the file, {judged} judged, {aside} set aside with a reason")
    typer.echo(text.format(rows=f"{count.rows_in:,}", judged=f"{count.rows_used:,}", aside=f"{count.rows_set_aside:,}"))
    if run.opinions[0]:
        text = _("Opinions: {number}, of these {there} were there from a run that was interrupted")
        typer.echo(text.format(number=f"{run.opinions[0]:,}", there=f"{run.opinions[1]:,}"))

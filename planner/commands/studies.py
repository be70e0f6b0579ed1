"""Start a study and look through one: the commands before anything is computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from planner.commands.console import console, start_log
from planner.commands.options import BAD_INPUT, DONE, FINDINGS, Force, Lang, StudyFolder, Verbose
from planner.i18n import N_, _, language

_PAGE = 120  # characters in a line where no terminal says how many it has

NEW = N_("Start a study: a folder with a commented study.toml and a blank template for every layer")
CHECK = N_("Read a study and tell what was found, what is in doubt and what is wrong; nothing is computed")


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=N_("Folder to make"))],
    datum: Annotated[
        str | None,
        typer.Option("--datum", help=N_("Datum of all coordinates: wgs84, cgcs2000, gcj02, bd09 or EPSG:n")),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=N_("Add what is missing to a folder that holds files; none is replaced"))
    ] = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Start a study."""
    from planner.starting import new_study

    start_log(verbose)
    started = new_study(folder, lang=lang, datum=datum, force=force)
    for name in started.written:
        typer.echo(f"{started.folder / name}")
    if started.kept:
        typer.echo(_("Left as they were: {names}").format(names=_(", ").join(started.kept)))
    typer.echo(_("Fill in study.toml and the templates, then run: planner check {folder}").format(folder=folder))
    return DONE


def check(
    study: StudyFolder,
    out: Annotated[
        Path | None, typer.Option("--out", help=N_("Folder for check.json, check.txt and ledger.csv"))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print what check.json holds, and nothing else"))] = False,
    force: Force = False,
    strict: Annotated[
        bool, typer.Option("--strict", help=N_("Exit with 1 when a row was set aside or is in doubt"))
    ] = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Look through a study."""
    from planner.checking import check_study
    from planner.present.checks import report, write_check
    from planner.present.outputs import check_free

    start_log(verbose)
    if out is not None:
        check_free(out, force=force)
    found = check_study(study, lang=lang)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        page = console()
        if not page.is_terminal:
            page.width = _PAGE
        page.print(report(found))
    if out is not None:
        write_check(found, out, force=force)
        with language(found.lang):
            typer.echo(_("Report: {path}").format(path=(out / "check.txt").absolute()), err=as_json)
    if not found.ok:
        return BAD_INPUT
    return FINDINGS if strict and found.findings else DONE

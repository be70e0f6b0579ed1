"""Print the law as data: list the rules, show one with its clause and quote, lint files of rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from planner.commands.options import DONE, Lang
from planner.i18n import N_, _

RulesFolder = Annotated[
    Path | None, typer.Option("--folder", help=N_("Folder of further YAML files, as [standards] folder of study.toml"))
]

app = typer.Typer(help=N_("The rules as data: list, show, check"), no_args_is_help=True)


@app.command("list", help=N_("List every circle and every profile of provision rules, with document and days in force"))
def list_rules(folder: RulesFolder = None, lang: Lang = None) -> int:
    """List circles and profiles."""
    from planner.standards import PER_100_HOUSEHOLDS, load
    from planner.standards.describing import overview

    for line in overview(load(folder), on=date.today()):
        typer.echo(line)
    text = _("{id}  with your own figures: write them under [standards.profiles.{id}] of study.toml")
    typer.echo(text.format(id=PER_100_HOUSEHOLDS))
    return DONE


@app.command("show", help=N_("Show a circle, a profile or a document with every clause and quote"))
def show_rule(
    rule: Annotated[str, typer.Argument(metavar="ID", help=N_("Such as cz-14-2023, care-15min or czbf-2023-8"))],
    folder: RulesFolder = None,
    lang: Lang = None,
) -> int:
    """Show one rule, or all of one document."""
    from planner.standards import load
    from planner.standards.describing import details

    for line in details(load(folder), rule, on=date.today()):
        typer.echo(line)
    return DONE


@app.command("lint", help=N_("Check files of rules: keys, numbers and their sources, dates, quotes"))
def lint(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help=N_("Folder of YAML files; left out, those that ship"))
    ] = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help=N_("Folder of the documents' texts as ID.txt: quotes are looked up"))
    ] = None,
    lang: Lang = None,
) -> int:
    """Check the files that ship, and those of a folder beside them."""
    from planner.errors import Fault, InputError
    from planner.standards import load, missing_quotes

    standards = load(folder)
    if texts is not None:
        if not texts.is_dir():
            raise InputError(Fault(_("there is no such folder"), where=str(texts)))
        faults = missing_quotes(standards, texts)
        if faults:
            raise InputError(faults)
        found = [document.id for document in standards.documents if (texts / f"{document.id}.txt").is_file()]
        typer.echo(_("every quote stands in the text of: {documents}").format(documents=_(", ").join(found) or "-"))
    text = _("no faults; documents: {documents}, circles: {circles}, profiles: {profiles}")
    typer.echo(
        text.format(
            documents=len(standards.documents), circles=len(standards.circles), profiles=len(standards.profiles)
        )
    )
    return DONE

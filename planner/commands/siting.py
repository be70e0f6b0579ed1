"""Choose sites from the command line, and say what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.commands.console import bar, console, start_log
from planner.commands.options import DONE, FINDINGS, Force, Lang, Out, Publish, StudyFolder, Verbose
from planner.errors import Fault, InputError
from planner.i18n import N_, _, language

if TYPE_CHECKING:
    from planner.pipeline import Run
    from planner.siting.choosing import Choice
    from planner.study import Study

SITE = N_("Choose where new canteens and day-care centres go, with a proof of how good the choice is")

# Options by the key of [siting] in study.toml that they stand for.
_OPTIONS = {
    "circles": "--circle",
    "sites": "--sites",
    "budget_cny": "--budget",
    "share": "--share",
    "least": "--least",
    "required": "--require",
    "forbidden": "--forbid",
    "alternatives": "--alternatives",
    "time_limit_s": "--time-limit",
}


def site(
    study: StudyFolder,
    out: Out,
    circle: Annotated[
        list[str] | None,
        typer.Option("--circle", help=N_("Circle that the sites are for, such as meal-10min; repeatable")),
    ] = None,
    sites: Annotated[int | None, typer.Option("--sites", help=N_("At most so many new sites"))] = None,
    budget: Annotated[float | None, typer.Option("--budget", help=N_("At most so much money, CNY"))] = None,
    share: Annotated[
        float | None,
        typer.Option("--share", help=N_("As few sites as bring this share of all elders within reach: 0.8")),
    ] = None,
    least: Annotated[
        str | None, typer.Option("--least", help=N_("With --share: the fewest sites, or the least cost: sites, cost"))
    ] = None,
    require: Annotated[
        list[str] | None, typer.Option("--require", help=N_("Candidate that must be chosen; repeatable"))
    ] = None,
    forbid: Annotated[
        list[str] | None, typer.Option("--forbid", help=N_("Candidate that must not be chosen; repeatable"))
    ] = None,
    alternatives: Annotated[
        int | None, typer.Option("--alternatives", help=N_("How many other plans are looked for"))
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", help=N_("Seconds after which the best plan so far counts"))
    ] = None,
    force: Force = False,
    publish: Publish = False,
    lang: Lang = None,
    verbose: Verbose = False,
) -> int:
    """Choose sites of a study."""
    from planner.pipeline import site as choose

    start_log(verbose)
    asked: dict[str, Any] = {
        "circles": tuple(circle) if circle else None,
        "sites": sites,
        "budget_cny": budget,
        "share": share,
        "least": least,
        "required": tuple(require) if require else None,
        "forbidden": tuple(forbid) if forbid else None,
        "alternatives": alternatives,
        "time_limit_s": time_limit,
    }
    given = {key: value for key, value in asked.items() if value is not None}
    try:
        with bar() as progress:
            done = choose(
                study, out, given=given, lang=lang, force=force, publish=publish, progress=progress, hear=progress.hear
            )
    except InputError as error:
        raise InputError(_as_option(fault, given) for fault in error.faults) from error
    with language(done.study.lang):
        infeasible = tell(done)
        typer.echo(_("Results: {path}").format(path=done.out.absolute()))
    return FINDINGS if infeasible else DONE


def _as_option(fault: Fault, given: dict[str, Any]) -> Fault:
    """Name the option where a key of study.toml is meant that was given as one."""
    key = fault.where.removeprefix("[siting]").strip()
    if not fault.where.startswith("[siting]"):
        return fault
    if key in given:
        return replace(fault, where=_OPTIONS[key])
    return fault if key else replace(fault, where="--sites, --budget, --share")


def tell(done: Run) -> bool:
    """Print a plan for new sites as a planner can read it out; True where there is none."""
    choice = done.choice
    if choice is None:
        return False
    plan = choice.plan
    if plan.status == "infeasible":
        typer.echo(_("There is no plan:"))
        for reason in plan.reasons:
            typer.echo(f"  {reason}")
        return True
    if plan.stopped == "interrupted":
        typer.echo(_("Interrupted: this is the best plan until then; curve and other plans were left out."))
    page = console()
    page.print(_figures(choice))
    page.print(_sites(choice, done.study))
    typer.echo(plan.sentence)
    if choice.curve is not None and choice.curve.elbow is not None:
        text = _("Elbow of the curve: {limit}; beyond it, more brings less than on the average.")
        by_cost = choice.plan.unit == "money" or choice.settings.budget_cny is not None
        limit = _("{amount:,.0f} CNY") if by_cost else _("{amount:,.0f} sites")
        typer.echo(text.format(limit=limit.format(amount=choice.curve.elbow)))
    for one in choice.alternatives:
        loss = _("as good") if not one.loss else _("{amount} lost").format(amount=plan.amount(one.loss))
        text = _("Other plan: {new} in place of {old}: {loss}")
        typer.echo(text.format(new=_joined(one.sites_in), old=_joined(one.sites_out), loss=loss))
    return False


def _joined(ids: tuple[Any, ...]) -> str:
    return _(", ").join(map(str, ids)) or _("none")


def _figures(choice: Choice) -> Any:
    """Make the table of the four figures."""
    from rich.table import Table

    from planner.present.plans.wording import STATE_WORDS, circles_words

    plan = choice.plan
    table = Table(title=circles_words(plan), title_justify="left")
    several = len(plan.circles) > 1
    table.add_column(_("Elders 60+, once per circle") if several else _("Elders 60+ (persons)"))
    table.add_column("", justify="right")
    table.add_column("", justify="right")
    figures = {
        "before": plan.elders_before,
        "added": plan.elders_added,
        "uncovered": plan.elders_uncovered,
        "uncoverable": plan.elders_uncoverable,
    }
    for state, number in figures.items():
        share = f"{number / plan.elders:.1%}" if plan.elders else "–"
        table.add_row(_(STATE_WORDS[state]), f"{number:,.0f}", share)
    table.add_row(_("in all"), f"{plan.elders:,.0f}", "")
    return table


def _sites(choice: Choice, study: Study) -> Any:
    """Make the table of the sites in their order."""
    from rich.table import Table

    from planner.present.plans.features import site_names
    from planner.present.plans.tables import plan_table
    from planner.present.plans.wording import use_words

    rows, names = plan_table(choice, study), site_names(study)
    table = Table(title=_("New sites, in the order in which they add most"), title_justify="left")
    phased = rows["year"].nunique() > 1
    told = choice.plan.table
    used, by_way = "use" in told.columns, "way" in told.columns and bool((told["way"] != "").any())
    words = [
        _("Candidate"),
        _("Name"),
        *([_("Use")] if used else []),
        *([_("Way")] if by_way else []),
        *([_("Year")] if phased else []),
    ]
    for head in ("", *words, _("Adds"), _("Within reach"), _("Cost, CNY")):
        table.add_column(head, justify="left" if head in words[:4] and head != _("Year") else "right")
    for row in rows.to_dict("records"):
        cells = [str(row["order"]), str(row["candidate_id"]), names[str(row["candidate_id"])]]
        cells += [use_words(str(row["use"]))] if used else []
        cells += [str(row["way"])] if by_way else []
        cells += [str(row["year"])] if phased else []
        cells += [f"{row['elders_added']:,.0f}", f"{row['elders_total']:,.0f}", f"{row['cost_cny']:,.0f}"]
        table.add_row(*cells)
    return table

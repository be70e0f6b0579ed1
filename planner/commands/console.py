"""Speak to the one who typed a command: tables, progress, log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from planner.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from planner.compliance import Compliance
    from planner.pipeline import Progress


def console(*, stderr: bool = False) -> Console:
    """Return a page to print tables on."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=stderr)


def provision_line(result: Compliance) -> str:
    """Say in one line how many compounds have the rooms that the deciding profile asks for."""
    verdicts = result.of()["verdict"].value_counts()
    text = _("Provision ({profile}): {compliant} compliant, {short} short, {free} not applicable, {open} unknown")
    return text.format(
        profile=result.profiles[0].name,
        compliant=f"{verdicts.get('compliant', 0):,}",
        short=f"{verdicts.get('short', 0):,}",
        free=f"{verdicts.get('not_applicable', 0):,}",
        open=f"{verdicts.get('unknown', 0):,}",
    )


@contextmanager
def bar() -> Iterator[Progress]:
    """Show the stages of a run as a progress bar on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console(stderr=True), transient=False) as bars:
        task = bars.add_task(_("Starting"), total=None)

        def tell(stage: str, number: int, total: int) -> None:
            bars.update(task, description=_(stage), completed=number, total=total)

        try:
            yield tell
        except BaseException:
            bars.update(task, visible=False)  # what went wrong is said below, and nothing stands half done above it
            raise
        bars.update(task, description=_("Done"), completed=bars.tasks[0].total)


def start_log(verbose: bool) -> None:
    """Send the log to stderr: warnings, and what is done where that was asked for."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )

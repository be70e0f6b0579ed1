"""Speak to the one who typed a command: tables, progress, log."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from planner.i18n import _

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from planner.compliance import Compliance
    from planner.siting.effort import Progress as Stands


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


class Told:
    """A progress bar that is told of stages and, within one, how the choice of sites stands."""

    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars, self._task, self._stage = bars, task, ""

    def __call__(self, stage: str, number: int, total: int) -> None:
        """Show a stage."""
        self._stage = _(stage)
        self._bars.update(self._task, description=self._stage, completed=number, total=total)

    def hear(self, stands: Stands) -> None:
        """Show the best plan so far, the bound and the gap."""
        from planner.siting.effort import STAGES

        parts = [_(STAGES.get(stands.stage, stands.stage))]
        if math.isfinite(stands.value):
            parts.append(_("so far {value}").format(value=f"{stands.value:,.0f}"))
        if math.isfinite(stands.bound) and stands.bound:
            parts.append(_("bound {bound}").format(bound=f"{stands.bound:,.0f}"))
        if math.isfinite(stands.gap):
            parts.append(_("gap {gap}").format(gap=f"{stands.gap:.2%}"))
        words = _(", ").join(parts)
        self._bars.update(self._task, description=f"{self._stage}: {words}")


@contextmanager
def bar() -> Iterator[Told]:
    """Show the stages of a run as a progress bar on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=False) as bars:
        task = bars.add_task(_("Starting"), total=None)
        try:
            yield Told(bars, task)
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

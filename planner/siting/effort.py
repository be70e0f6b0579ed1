"""Say how much work a plan may cost: counts, which repeat, and seconds and Ctrl-C only as a backstop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from types import FrameType, TracebackType
from typing import Any, Literal

import numpy as np

from planner.attending import attend
from planner.errors import Fault, InputError
from planner.i18n import N_, _

Stop = Literal["effort", "time", "interrupted"]

_APART_S = 0.2  # between two tellings

STAGES = {
    "start": N_("first plan"),
    "bound": N_("bound"),
    "exchange": N_("exchanges"),
    "cases": N_("proof by cases"),
    "search": N_("search"),
    "end": N_("done"),
}
"""What a solve is busy with, by the word in `Progress`."""


@dataclass(frozen=True)
class Progress:
    """How a solve stands.

    Parameters
    ----------
    seconds
        Since the start.
    stage
        What it is busy with: a key of `STAGES`.
    value
        Of the best plan so far; NaN before there is one.
    bound
        No plan is better; infinite, or 0 where less is better, before anything is known.
    gap
        As in `planner.siting.Plan`; NaN where it is not known.
    """

    seconds: float
    stage: str
    value: float
    bound: float
    gap: float


Hear = Callable[[Progress], None]


@dataclass(frozen=True)
class Effort:
    """Limits of the work.

    Parameters
    ----------
    seed
        Of the exchanges: the same seed gives the same plan.
    trials
        How often a plan is shaken and bettered again.
    parts
        How many cases a proof of maximum coverage may look at.
    max_nodes
        How far a search by HiGHS may branch.
    time_limit_s
        Seconds after which the best plan so far is handed back with its bound; None for none. What a limit on time
        cuts off depends on the machine, so it is left out unless given.

    Examples
    --------
    >>> Effort(max_nodes=100).clock().left_s
    inf
    """

    seed: int = 0
    trials: int = 10_000
    parts: int = 300
    max_nodes: int = 20_000
    time_limit_s: float | None = None

    def __post_init__(self) -> None:
        faults = [
            Fault(_("{name} is {value}").format(name=name, value=value), todo=_("give a number of 0 or more"))
            for name, value in vars(self).items()
            if value is not None and not value >= 0
        ]
        if faults:
            raise InputError(faults)

    def clock(self, progress: Hear | None = None) -> Clock:
        """Start the clock; ``with`` it, Ctrl-C ends the work instead of the process.

        Parameters
        ----------
        progress
            Told whenever a plan or a bound got better.
        """
        return Clock(self.time_limit_s, progress)


class Clock:
    """Seconds since the start and until the limit, who listens, and whether Ctrl-C was pressed.

    Used as a context, in the main thread, the first Ctrl-C makes the clock be over, so that the work ends with the best
    it has; the second interrupts as ever. A clock inside another passes its Ctrl-C on to that one.

    Parameters
    ----------
    limit_s
        Seconds; None for no limit.
    hear
        Told how the work stands.
    outer
        The clock within which this one runs.

    Examples
    --------
    >>> with Clock(None) as clock:
    ...     clock.over, clock.why
    (False, 'effort')
    >>> with Clock(0.0) as clock:
    ...     clock.over, clock.why
    (True, 'time')
    """

    def __init__(self, limit_s: float | None = None, hear: Hear | None = None, outer: Clock | None = None) -> None:
        self.limit_s = limit_s
        self.started = perf_counter()
        self._hear = hear
        self._outer = outer
        self._pressed = False
        self._entered = 0
        self._before: Any = None  # the handler of Ctrl-C that stood before
        self._told: tuple[str, float, float] | None = None
        self._told_at = -np.inf

    def __enter__(self) -> Clock:
        self._entered += 1
        if self._entered == 1 and threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            # A process that ignores Ctrl-C, as in the background, or whose handler is not Python's, keeps to that.
            if callable(before):
                self._before = before
                signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered -= 1
        if not self._entered and self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _press(self, number: int, frame: FrameType | None) -> None:
        again, self._pressed = self._pressed, True
        if again or isinstance(getattr(self._before, "__self__", None), Clock):
            self._before(number, frame)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._pressed or (self._outer is not None and self._outer.interrupted)

    @property
    def spent_s(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    @property
    def left_s(self) -> float:
        """Seconds until the limit; infinite without one, never below 0."""
        if self.interrupted:
            return 0.0
        own = float("inf") if self.limit_s is None else max(0.0, self.limit_s - self.spent_s)
        return own if self._outer is None else min(own, self._outer.left_s)

    @property
    def limit_left_s(self) -> float | None:
        """Seconds until the limit; None without one."""
        left = self.left_s
        return None if left == float("inf") else left

    def share(self, steps: int, most: float | None = None) -> float | None:
        """Give one of some steps that are yet to come an even share of the seconds left; None without a limit.

        Parameters
        ----------
        steps
            How many.
        most
            Seconds that a step takes at the most; None for no limit.

        Examples
        --------
        >>> Clock(None).share(3), Clock(None).share(3, 5.0), Clock(0.0).share(3, 5.0)
        (None, 5.0, 0.0)
        """
        left = self.limit_left_s
        shares = [one for one in (most, None if left is None else left / steps) if one is not None]
        return min(shares, default=None)

    @property
    def over(self) -> bool:
        """Whether the limit is reached, or Ctrl-C was pressed."""
        return self.left_s <= 0.0

    @property
    def why(self) -> Stop:
        """What ends the work now: Ctrl-C, the limit on time, or else the limits on counts."""
        return "interrupted" if self.interrupted else "time" if self.over else "effort"

    def within(self, seconds: float | None = None) -> Clock:
        """Start a clock for one step of the work, which nobody hears and which is over when this one is."""
        return Clock(seconds, outer=self)

    def tell(self, stage: str, value: float, bound: float, *, last: bool = False) -> bool:
        """Tell whoever listens how the work stands, if that has changed and the last telling is some time ago.

        Parameters
        ----------
        stage
            A key of `STAGES`.
        value, bound
            Of the best plan, and of all.
        last
            Whether this is the end, which is told in any case.

        Returns
        -------
        bool
            Whether the work is over.
        """
        now = (stage, value, bound)
        if self._hear is not None and (last or (now != self._told and self.spent_s - self._told_at >= _APART_S)):
            self._told, self._told_at = now, self.spent_s
            top = max(abs(value), abs(bound))
            gap = 0.0 if value == bound else abs(bound - value) / top if 0 < top < np.inf else float("nan")
            self._hear(Progress(self._told_at, stage, value, bound, gap))
        return self.over

    def watch(self, _value: float, _bound: float) -> bool:
        """Tell a solver that has nothing to say whether the work is over."""
        return self.over

    def run(self, kernel: Callable[..., Any], *given: Any) -> Any:
        """Run a compiled function that looks at its last argument, one flag, to see whether it should end."""
        halt = np.zeros(1, np.bool_)
        return attend(lambda: kernel(*given, halt), over=lambda: self.over, halt=lambda: halt.fill(True),
                      grace_s=float("inf"))  # fmt: skip

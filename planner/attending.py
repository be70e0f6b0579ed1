"""Run what cannot be interrupted in a thread of its own, so that the one who waits can still end it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import perf_counter
from typing import TypeVar

_T = TypeVar("_T")

_LOOK_S = 0.05  # how often the one who waits looks whether the work should end
_GRACE_S = 1.0  # how long work may take to end once it was told to


class LeftBehindError(Exception):
    """Work did not end when it was told to, and goes on unattended until it notices."""


def attend(
    work: Callable[[], _T], *, over: Callable[[], bool], halt: Callable[[], None], grace_s: float = _GRACE_S
) -> _T:
    """Run work in a thread, and tell it to end once it is over.

    Compiled code that releases the interpreter lock does not see Ctrl-C; the thread that waits here does.

    Parameters
    ----------
    work
        What to do; called once.
    over
        Asked again and again whether the work should end.
    halt
        Tells the work to end; called once, from the thread that waits.
    grace_s
        Seconds after which work that was told to end and does not is left behind.

    Returns
    -------
    object
        What the work returns; what it raises is raised here.

    Raises
    ------
    LeftBehindError
        The work did not end in time. Its thread goes on until it notices, and the process does not end before.

    Examples
    --------
    >>> attend(lambda: 6 * 7, over=lambda: False, halt=lambda: None)
    42
    """
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run)
    told: float | None = None
    thread.start()
    try:
        while True:
            thread.join(_LOOK_S)
            if not thread.is_alive():
                break
            if told is None and over():
                told = perf_counter()
                halt()
            if told is not None and perf_counter() - told > grace_s:
                raise LeftBehindError
    except BaseException:
        halt()
        raise
    if errors:
        raise errors[0]
    return results[0]

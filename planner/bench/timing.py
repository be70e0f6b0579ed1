"""Time several things in turn, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd


@contextmanager
def quiet() -> Iterator[None]:
    """Send away what a peer's compiled code writes to stdout, which belongs to the table."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def timed(work: Mapping[str, Callable[[], Any]], *, rounds: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Do several things in turn, again and again.

    Parameters
    ----------
    work
        What to do, by name. Each is done once beforehand, uncounted: it compiles and warms.
    rounds
        How often.

    Returns
    -------
    seconds : DataFrame
        A row per round, a column per name.
    answers : dict
        What each gave when it was done beforehand.

    Examples
    --------
    >>> seconds, answers = timed({"sum": lambda: sum(range(10)), "none": lambda: None}, rounds=3)
    >>> seconds.shape, answers
    ((3, 2), {'sum': 45, 'none': None})
    """
    answers = {name: do() for name, do in work.items()}
    rows = []
    gc.collect()
    gc.freeze()  # what the process held before (modules, answers) shall not be gone through again on anybody's time
    try:
        for _round in range(rounds):
            row = {}
            for name, do in work.items():
                start = time.perf_counter()
                answer = do()
                row[name] = time.perf_counter() - start
                del answer  # taking a large answer apart is no part of finding it
            rows.append(row)
    finally:
        gc.unfreeze()
    return pd.DataFrame(rows), answers

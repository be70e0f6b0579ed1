"""Measure how much memory a search of a whole network takes: to be run in a process of its own."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from planner.walking import kernels

ARRAYS = ("indptr", "neighbour", "cost")


def grown_bytes(folder: str, sources: int) -> tuple[float, int | None]:
    """Search a network that was saved, and measure how much the process grew at its largest.

    Parameters
    ----------
    folder
        Holds the arrays named in ``ARRAYS``, as .npy files.
    sources
        How many nodes are sources.

    Returns
    -------
    seconds : float
        Of the search.
    grown : int or None
        Bytes over what the process held with the network in memory; None where the system does not tell.
    """
    tiny = np.array([0, 1, 2], np.int32), np.array([1, 0], np.int32), np.array([5.0, 5.0])
    kernels.sweep(*tiny, np.array([0], np.int32), np.zeros(1), np.inf)  # compiled code shall not be counted
    indptr, neighbour, cost = (np.load(Path(folder, f"{name}.npy")) for name in ARRAYS)
    seeds = np.random.default_rng(1).choice(indptr.size - 1, sources, replace=False).astype(np.int32)
    free = np.zeros(sources)
    before, start = memory_bytes("VmRSS"), time.perf_counter()
    kernels.sweep(indptr, neighbour, cost, seeds, free, np.inf)
    seconds, peak = time.perf_counter() - start, memory_bytes("VmHWM")
    return seconds, None if before is None or peak is None else peak - before


def memory_bytes(field: str) -> int | None:
    """Read a field of the account that Linux keeps of this process (VmRSS: now; VmHWM: at its largest).

    Parameters
    ----------
    field
        Name of the field.

    Returns
    -------
    int or None
        Bytes; None where there is no such account.

    Examples
    --------
    >>> now, largest = memory_bytes("VmRSS"), memory_bytes("VmHWM")
    >>> now is None or 0 < now
    True
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)

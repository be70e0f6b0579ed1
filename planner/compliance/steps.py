"""Check 四同步: whether rooms were planned, built, accepted and delivered no later than the homes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from planner.compliance.results import words_by_code

STEPS = ("planned", "built", "accepted", "delivered")
"""同步规划 同步建设 同步验收 同步交付."""

VERDICTS = ("pass", "fail", "missing")
"""What each step may come to."""


def four_steps(permits: pd.DataFrame) -> pd.DataFrame:
    """Hold the days of the rooms against those of the homes.

    Parameters
    ----------
    permits
        With planned_on, built_on, accepted_on, delivered_on and the same with prefix room_; a column that is not
        there is not known.

    Returns
    -------
    DataFrame
        With the index of `permits`: planned, built, accepted, delivered, each ``pass`` (the rooms' day is not after
        the homes'), ``fail`` or ``missing`` (one of the two days is not known); all_four, the worst of them (fail
        before missing before pass); and homes_in_order, rooms_in_order: whether the days known follow the steps.

    Examples
    --------
    >>> one = pd.DataFrame({"built_on": ["2024-05-01"], "room_built_on": ["2024-06-01"]}, index=["P1"])
    >>> four_steps(one).loc["P1", ["planned", "built", "all_four"]].tolist()
    ['missing', 'fail', 'fail']
    """
    homes = np.column_stack([_days(permits, f"{step}_on") for step in STEPS])
    rooms = np.column_stack([_days(permits, f"room_{step}_on") for step in STEPS])
    known = ~np.isnat(homes) & ~np.isnat(rooms)
    verdict = np.where(known, np.where(rooms <= homes, 0, 1), 2)
    columns = {step: words_by_code(VERDICTS, verdict[:, at]) for at, step in enumerate(STEPS)}
    worst = np.where((verdict == 1).any(axis=1), 1, np.where((verdict == 2).any(axis=1), 2, 0))
    table = pd.DataFrame({**columns, "all_four": words_by_code(VERDICTS, worst)}, index=permits.index)
    table["homes_in_order"], table["rooms_in_order"] = _in_order(homes), _in_order(rooms)
    return table


def _days(permits: pd.DataFrame, column: str) -> Any:
    if column not in permits:
        return np.full(len(permits), np.datetime64("NaT"), "datetime64[D]")
    return pd.to_datetime(permits[column]).to_numpy().astype("datetime64[D]")


def _in_order(days: np.ndarray) -> np.ndarray:
    """Whether the days known never go back from one step to the next, shape (n,)."""
    latest = np.full(len(days), np.datetime64("0001-01-01"), "datetime64[D]")
    fine = np.ones(len(days), bool)
    for step in range(days.shape[1]):
        day = days[:, step]
        fine &= ~(day < latest)
        latest = np.where(np.isnat(day), latest, np.maximum(latest, day))
    return fine

"""A million permits in memory: under five seconds, and against a plain loop of decimals over the same rule."""

from __future__ import annotations

import resource
import sys
import time
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planner.standards as st
from planner.compliance import check_permits, judge
from planner.compliance.amounts import exact
from planner.compliance.compounds import urban_flags
from planner.compliance.planned import planned_rooms
from planner.compliance.rules import NEW
from tests.compliance.plain import plain_verdict

ROWS = 1_000_000
LOOPED = 20_000
BOUND_S = 5.0


@pytest.fixture(scope="module")
def permits() -> pd.DataFrame:
    """Permits of seven years, half of them phases of projects, with none to two rooms."""
    rng = np.random.default_rng(4)
    first, second = (pd.Series(np.round(rng.uniform(100, 2_000, ROWS), 2)).astype("str") for _ in range(2))
    rooms = np.select([(many := rng.integers(0, 3, ROWS)) == 0, many == 1], [None, first], first + ";" + second)
    days = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 2_400, ROWS), unit="D")
    return pd.DataFrame(
        {
            "residential_floor_area_m2": np.round(rng.uniform(2_000, 500_000, ROWS), 2),
            "issued_on": days,
            "in_urban_area": pd.array(rng.choice([True, True, False, None], ROWS), dtype="boolean"),
            "room_areas_m2": pd.array(rooms, dtype="str"),
            "project": pd.array([f"项目{one}" for one in rng.integers(0, ROWS // 2, ROWS)], dtype="str"),
            "phase": pd.array([f"{one}期" for one in rng.integers(1, 4, ROWS)], dtype="str"),
        },
        index=pd.Index([f"4310022024{one:08d}" for one in range(ROWS)], name="permit_no"),
    )


def best_of(times: int, work: object) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()  # type: ignore[operator]
        taken.append(time.perf_counter() - begin)
    return min(taken)


def tell(text: str) -> None:
    sys.stdout.write(f"\n{text}")


@pytest.mark.parametrize("phased", [False, True], ids=["alone", "phases"])
def test_a_million_permits(permits, phased):
    """From the table in memory to verdicts, areas and clauses of the headline's profile."""
    table = permits if phased else permits.drop(columns=["project", "phase"])
    taken = best_of(3, lambda: check_permits(table, profiles=["cz-14-2023"], explain=False))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell(f"{ROWS / taken:,.0f} permits/s ({taken:.2f} s, peak {peak:,.0f} MB)")
    assert taken < BOUND_S


def test_against_a_loop(permits):
    """The same rule row by row with decimals: the same verdicts, and how many times as long, table to verdicts."""
    profile = st.profile("cz-14-2023")
    everything = permits.drop(columns=["project", "phase"])
    some = everything.iloc[:LOOPED]

    def loop() -> list[str]:
        return [
            plain_verdict(
                profile,
                row.issued_on.date(),
                None if row.in_urban_area is pd.NA else bool(row.in_urban_area),
                repr(row.residential_floor_area_m2),
                row.room_areas_m2 if isinstance(row.room_areas_m2, str) else "",
            )
            for row in some.itertuples()
        ]

    assert check_permits(some, profiles=[profile], explain=False).table["verdict"].tolist() == loop()
    plain = best_of(3, loop) / LOOPED
    table = best_of(3, lambda: check_permits(everything, profiles=[profile], explain=False)) / ROWS
    given = prepared(everything)
    arrays = best_of(3, lambda: judge(profile, **given)) / ROWS
    tell(
        f"a permit takes {plain * 1e6:.1f} µs in the loop, {table * 1e6:.2f} µs in the table "
        f"({plain / table:.1f} times as fast), of these {arrays * 1e6:.2f} µs the rule itself "
        f"({plain / arrays:.0f} times as fast)"
    )
    assert plain / table > 3
    assert plain / arrays > 20


def prepared(table: pd.DataFrame) -> dict[str, Any]:
    """The arrays that the rule itself is given."""
    return {
        "of": np.full(len(table), NEW, np.int8),
        "day": table["issued_on"].to_numpy().astype("datetime64[D]"),
        "urban": urban_flags(table),
        "sizes": {"residential_floor_area_m2": exact(table["residential_floor_area_m2"].to_numpy(), "m2")},
        "sites": planned_rooms(table),
    }


def test_ten_thousand_permits_explained(permits):
    """All four profiles with arithmetic, quotes and notes, as a workbook needs them."""
    some = permits.iloc[:10_000]
    taken = best_of(3, lambda: check_permits(some, as_of=date(2026, 6, 30)))
    tell(f"10,000 permits by four profiles, explained: {taken:.2f} s")
    assert taken < BOUND_S


def test_the_areas_of_the_benchmark_are_exact(permits):
    """What is compared is what is written: to the last decimal."""
    some = permits.iloc[:1_000].drop(columns=["project", "phase"])
    found = check_permits(some, profiles=["cz-8-2023"], explain=False).of()["required_m2"].dropna()
    for key, required in found.items():
        exact = max(Decimal(repr(float(some.loc[key, "residential_floor_area_m2"]))) * 3 / 1000, Decimal(350))
        assert Decimal(repr(float(required))) == exact

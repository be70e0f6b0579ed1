"""Ten thousand permits from an .xlsx to the workbook: under a minute, with progress, and how much memory it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.permitfiles import permit_table, write_xlsx

ROWS = 10_000
BOUND_S = 60.0
_SCRIPT = """
import resource, sys, time
from pathlib import Path
begin = time.perf_counter()
from planner.permits import run
told = []
done = run(sys.argv[1], sys.argv[2], opinions=sys.argv[3] == "opinions", lang="en",
           progress=lambda stage, done, total: told.append((stage, done, total)))
seconds = time.perf_counter() - begin
assert {stage for stage, _done, _total in told} == set(done.seconds)
assert len(told) > 50, "hardly any progress"
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{seconds:.1f} {peak:.0f}", " ".join(f"[{name}: {took:.1f} s]" for name, took in done.seconds.items()))
"""


def taken(folder: Path, rows: int, *, opinions: bool) -> float:
    """Run a batch in a process of its own, tell what it took, and return the seconds."""
    file = folder / "permits.xlsx"
    write_xlsx(permit_table(rows), file)
    what = "opinions" if opinions else "tables"
    command = [sys.executable, "-c", _SCRIPT, str(file), str(folder / what), what]
    told = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    seconds, peak, stages = told.strip().split(" ", 2)
    sys.stdout.write(f"\n{rows:,} permits, {what}: {seconds} s, peak {peak} MB  {stages}")
    return float(seconds)


def test_ten_thousand_permits_to_the_workbook(tmp_path):
    assert taken(tmp_path, ROWS, opinions=False) < BOUND_S


def test_opinions_at_a_steady_pace(tmp_path):
    assert taken(tmp_path, ROWS // 10, opinions=True) < BOUND_S

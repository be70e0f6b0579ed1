"""Three hundred random questions of each switch against trying every choice; some of them run by default."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from tests.siting.switched import KINDS
from tests.siting.test_switches import held

SEEDS = range(300)


@pytest.mark.parametrize("kind", KINDS)
def test_three_hundred_questions(kind):
    plans = [held(seed, kind) for seed in SEEDS]
    statuses = Counter(plan.status for plan in plans)
    searched = sum(plan.search is not None for plan in plans)
    sys.stdout.write(f"\n{kind}: {dict(statuses)}, of which {searched} by a search beyond the certificate\n")
    assert set(statuses) <= {"optimal", "infeasible"}

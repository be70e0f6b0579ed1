"""Work can be watched and ended: whoever listens hears how it stands, and Ctrl-C hands back the best plan so far."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from planner.siting import Effort, LeastSites, MaxCover, PCenter, PMedian, Reach
from planner.siting.effort import STAGES, Clock
from tests.siting.towns import town

QUICK = Effort(trials=200)


@pytest.fixture(scope="module")
def walks():
    xy = np.random.default_rng(4).random((120, 2)) * 3_000
    return Reach.of_matrix(np.hypot(*(xy[:, None] - xy[None, :40]).transpose(2, 0, 1)))


def test_progress_only_gets_better(monkeypatch, walks):
    monkeypatch.setattr("planner.siting.effort._APART_S", 0.0)
    place = town(600, 150, side_m=8_000)
    for model, table, elders in (
        (MaxCover(sites=20, effort=QUICK), place.reach(), place.elders),
        (LeastSites(share=0.6, effort=QUICK), place.reach(), place.elders),
        (PMedian(5, effort=QUICK), walks, None),
        (PCenter(5, effort=QUICK), walks, None),
    ):
        heard = []
        plan = model.solve_table(table, elders, progress=heard.append)
        values, bounds = [one.value for one in heard], [one.bound for one in heard]
        assert (values[-1], bounds[-1], heard[-1].gap, heard[-1].stage) == (plan.value, plan.bound, plan.gap, "end")
        better = 1 if plan.most else -1
        known = [value for value in values if np.isfinite(value)]
        assert (better * np.diff(known) >= 0).all()
        assert (better * np.diff(bounds) <= 1e-9).all()
        assert len(heard) >= 3
        assert {one.stage for one in heard} <= set(STAGES)
        assert (np.diff([one.seconds for one in heard]) >= 0).all()


def test_tellings_are_apart():
    heard = []
    clock = Clock(None, heard.append)
    for number in range(1_000):
        clock.tell("bound", number, 2_000)
    assert len(heard) == 1


def test_a_clock_within_another_is_over_with_it():
    outer = Clock(0.0)
    assert outer.within().over
    assert outer.within(60).why == "time"
    assert not Clock(60).within(30).over
    assert 0 < Clock(60).within(30).left_s <= 30


def test_the_handler_of_the_interrupt_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    with Clock() as outer:
        with outer, Clock() as inner:
            signal.raise_signal(signal.SIGINT)
            assert inner.why == outer.why == "interrupted"
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) is before


PROGRAM = """
import json, sys, time
import numpy as np
from planner.siting import LeastSites, MaxCover, PCenter, PMedian, Reach
from tests.siting.towns import town
which = sys.argv[1]
MaxCover(sites=1).solve_table(Reach.of_matrix(np.eye(3)))
if which in ("p_median", "p_center"):
    MODEL = {"p_median": PMedian, "p_center": PCenter}[which]
    MODEL(sites=1).solve_table(Reach.of_matrix(np.eye(3)))
    xy = np.random.default_rng(4).random((900, 2)) * 3_000
    table, elders = Reach.of_matrix(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) ** 1.01), None
    model, more = MODEL(sites=25), {}
else:
    place = town(20_000, 2_000, side_m=10_000)
    table, elders = place.reach(), place.elders
    model = MaxCover(sites=50) if which == "max_cover" else LeastSites(share=0.9)
    LeastSites().solve_table(Reach.of_matrix(np.eye(3)))
print("go", flush=True)
plan = model.solve_table(table, elders)
ended = time.time()
print(json.dumps(dict(status=plan.status, stopped=plan.stopped, value=plan.value, bound=plan.bound, ended=ended,
                      rows=len(plan.rows), verified=plan.verify())), flush=True)
"""


@pytest.mark.parametrize(
    ("which", "after"), [("max_cover", 0.3), ("max_cover", 3.0), ("cover", 1.0), ("p_median", 1.0), ("p_center", 2.0)]
)
def test_an_interrupt_hands_back_the_best_so_far(which, after):
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, which], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert run.stdout.readline() == "go\n"
    time.sleep(after)
    run.send_signal(signal.SIGINT)
    pressed = time.time()
    try:
        told, error = run.communicate(timeout=120)
    finally:
        run.kill()  # one that did not heed it shall not go on beside the other tests
    assert run.returncode == 0, error
    plan = json.loads(told)
    assert plan["verified"]
    assert plan["ended"] - pressed < 3.0, plan
    assert plan["stopped"] == "interrupted"
    assert plan["status"] == ("gap" if plan["rows"] else "no_bound")
    if which == "max_cover":
        assert 0.8 * plan["bound"] < plan["value"] < plan["bound"]

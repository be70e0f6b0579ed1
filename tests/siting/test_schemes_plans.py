"""A plan under switches says truly how sure it is: corrupted ones fail, limits and failures leave honest ones."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from planner.errors import InputError
from planner.i18n import language
from planner.siting import Effort, LeastSites, MaxCover, Reach
from planner.siting.schemes import work
from planner.siting.schemes.options import Way
from planner.siting.schemes.plan import SchemePlan
from planner.siting.schemes.scheme import Served
from planner.solving import SolverError
from tests.siting.towns import town


@pytest.fixture(autouse=True)
def _in_english():
    with language("en"):
        yield


def metres(seed: int = 2, homes: int = 60, sites: int = 16) -> np.ndarray:
    rng = np.random.default_rng(seed)
    xy, places = rng.random((homes, 2)) * 2_000, rng.random((sites, 2)) * 2_000
    return np.hypot(*(xy[:, None] - places[None]).transpose(2, 0, 1))


def solved(kind: str, effort: Effort | None = None, seed: int = 2) -> SchemePlan:
    """One plan of each kind; all have an answer."""
    effort = Effort() if effort is None else effort
    rng = np.random.default_rng(seed)
    walks, elders = metres(seed), rng.integers(1, 40, 60)
    table, district = Reach.of_matrix(walks), rng.integers(0, 2, 60)
    rooms, costs = rng.integers(50, 120, 16), rng.integers(3, 12, 16)
    common = {"limit_s": 500.0}
    paces = {str(pace): Reach.of_matrix(walks / pace) for pace in (1.0, 0.7)}
    model, tables, more = {
        "joint": (MaxCover(budget=30, saving=2, effort=effort), {"meal": table, "care": table}, {"costs": costs}),
        "phases": (MaxCover(sites=[2, 4], effort=effort), table, {}),
        "capacity": (MaxCover(sites=4, capacity=True, effort=effort), table, {"capacities": rooms}),
        "floors": (MaxCover(sites=5, floors=0.15, effort=effort), table, {"districts": district}),
        "fairest": (MaxCover(sites=4, fairest=True, effort=effort), table, {"districts": district}),
        "worst": (MaxCover(sites=4, effort=effort), table, {"scenarios": paces}),
        "regret": (MaxCover(sites=4, robust="regret", effort=effort), table, {"scenarios": paces}),
        "least": (LeastSites(share=0.5, by_cost=True, floors=0.1, effort=effort), table,
                  {"costs": costs, "districts": district}),
    }[kind]  # fmt: skip
    return model.solve_table(tables, elders, **common, **more)


KINDS = ["joint", "phases", "capacity", "floors", "fairest", "worst", "regret", "least"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_corrupted_plan_fails(kind):
    plan = solved(kind)
    assert plan.status == "optimal"
    assert plan.verify(), plan.doubts()
    json.dumps(plan.as_record(), allow_nan=False)
    step = 0.01 if kind == "fairest" else 1.0
    gone, extra = plan.opened.copy(), plan.opened.copy()
    gone[:, np.flatnonzero(plan.last)[0]] = False
    extra[:, np.flatnonzero(~plan.opened[-1])[0]] = True
    one = plan.certificate
    moved = one.multipliers.copy()
    moved[np.argmax(np.abs(moved))] /= 2
    changes = [
        {"value": plan.value + step}, {"value": plan.value - step}, {"bound": plan.bound + step},
        {"bound": plan.bound - step}, {"status": "gap"}, {"status": "infeasible"}, {"status": "no_bound"},
        {"certificate": None}, {"certificate": dataclasses.replace(one, bound=one.bound + step)},
        {"certificate": dataclasses.replace(one, bound=one.bound - step)},
        {"certificate": dataclasses.replace(one, multipliers=moved)},
        {"certificate": dataclasses.replace(one, multipliers=moved[:-1])},
        {"certificate": dataclasses.replace(one, multipliers=moved * np.nan)},
        {"opened": gone}, {"opened": extra},
    ]  # fmt: skip
    if plan.search is not None:
        changes += [
            {"search": None}, {"search": dataclasses.replace(plan.search, sites=(0,))},
            {"search": dataclasses.replace(plan.search, bound=plan.value + (5 if plan.most else -5) * step)},
        ]  # fmt: skip
    for change in changes:
        assert not dataclasses.replace(plan, **change).verify(), change


def test_corrupted_flows_fail():
    plan = solved("capacity")
    flows, rows = plan.flows, plan.flows.amount.size
    double = Served(*(np.append(one, one[:1]) for one in vars(flows).values()))
    far = int(np.setdiff1d(np.arange(60), plan.scheme.reaches[0][0].demand[
        plan.scheme.reaches[0][0].site == plan.scheme.options.site[flows.option[0]]])[0])  # fmt: skip
    shut = int(np.flatnonzero(~plan.opened[-1])[0])
    wrong = [
        None,
        double,
        dataclasses.replace(flows, amount=flows.amount * 1.5),
        dataclasses.replace(flows, amount=flows.amount * 0.5),
        dataclasses.replace(flows, amount=-flows.amount),
        dataclasses.replace(flows, amount=np.full(rows, np.nan)),
        dataclasses.replace(flows, demand=np.where(np.arange(rows) == 0, far, flows.demand)),
        dataclasses.replace(flows, option=np.full(rows, shut)),
        dataclasses.replace(flows, option=np.full(rows, -1)),
        dataclasses.replace(flows, phase=np.full(rows, 1)),
    ]
    for one in wrong:
        assert not dataclasses.replace(plan, flows=one).verify(), one
    covered = solved("phases")
    assert not dataclasses.replace(covered, flows=flows).verify()


@pytest.mark.parametrize("seconds", [0.0, 1e-3])
@pytest.mark.parametrize("kind", KINDS)
def test_no_time_at_all_still_gives_a_plan(kind, seconds):
    plan = solved(kind, Effort(time_limit_s=seconds))
    assert plan.status in {"gap", "optimal"}
    assert plan.status == "optimal" or plan.stopped == "time"
    assert plan.sites
    assert plan.verify(), plan.doubts()
    best = solved(kind)
    assert not plan.scheme.better(plan.value, best.value) or kind == "regret"
    assert plan.bound >= best.value if plan.most else plan.bound <= best.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_solver_that_fails_leaves_a_plan_with_a_bound(kind, monkeypatch):
    def fails(*_given, **_more):
        raise SolverError("HiGHS: Not Set")

    monkeypatch.setattr(work, "solve", fails)
    plan = solved(kind)
    assert plan.sites
    assert plan.status == "gap"
    assert plan.stopped == "solver"
    assert plan.certificate is not None
    assert plan.verify(), plan.doubts()


def test_without_a_solver_and_a_first_plan_nothing_is_claimed(monkeypatch):
    def fails(*_given, **_more):
        raise SolverError("HiGHS: Not Set")

    monkeypatch.setattr(work, "solve", fails)
    # A greedy choice takes C, with which the floor of the second district cannot be met any more.
    walks = np.array([[1, np.nan, 1, np.nan], [1, np.nan, 1, np.nan], [np.nan, 1, 1, np.nan], [np.nan, 1, np.nan, 1]])
    plan = MaxCover(sites=1, floors={"n": 1.0, "s": 0.5}).solve_table(
        Reach.of_matrix(walks), [1, 1, 1, 5], districts=["n", "n", "s", "s"]
    )
    assert plan.status == "no_bound"
    assert (plan.sites, plan.stopped) == ((), "solver")
    assert plan.reasons
    assert plan.verify(), plan.doubts()
    assert "not known" in plan.sentence


def test_a_second_short_of_the_end_is_not_optimal():
    place = town(5_000, 500, side_m=10_000)
    plan = MaxCover(sites=[10, 20, 30], effort=Effort(time_limit_s=1.0)).solve_table(place.reach(), place.elders)
    assert (plan.status, plan.stopped) == ("gap", "time")
    assert plan.verify(), plan.doubts()
    assert plan.seconds < 6.0
    assert plan.value < plan.bound


def test_an_interrupt_hands_back_the_best_so_far():
    place = town(5_000, 500, side_m=10_000)
    pressed = []

    def hear(one):
        if one.stage != "end" and not pressed:
            pressed.append(one)
            signal.raise_signal(signal.SIGINT)

    plan = MaxCover(sites=[10, 20, 30]).solve_table(place.reach(), place.elders, progress=hear)
    assert pressed
    assert (plan.status, plan.stopped) == ("gap", "interrupted")
    assert plan.verify(), plan.doubts()
    assert plan.value >= pressed[0].value


def test_regret_against_plans_that_are_not_proven_says_so():
    place = town(5_000, 500, side_m=10_000, radius_m=1_040)
    tables = {
        str(pace): Reach.of_pairs(np.arange(5_000), np.arange(500), place.home, place.site, place.metres / pace)
        for pace in (1.3, 0.8)
    }
    effort = Effort(time_limit_s=0.5)
    plan = MaxCover(sites=20, robust="regret", effort=effort).solve_table(
        tables["1.3"], place.elders, limit_s=800.0, scenarios=tables
    )
    assert plan.verify(), plan.doubts()
    table = plan.by_walker
    assert (table["ceiling"] > table["best"]).any()
    assert "not proven" in plan.sentence
    assert not plan.as_record()["walkers_proven"]
    assert (table["regret"] >= 0).all()
    assert plan.value == table["regret"].max()
    proven = solved("regret")
    assert "not proven" not in proven.sentence
    assert proven.as_record()["walkers_proven"]


def test_progress_only_gets_better(monkeypatch):
    monkeypatch.setattr("planner.siting.effort._APART_S", 0.0)
    for kind in KINDS:
        heard = []
        original = MaxCover.solve_table
        monkeypatch.setattr(
            MaxCover.__mro__[1], "solve_table", lambda *a, h=heard, o=original, **k: o(*a, **k, progress=h.append)
        )
        plan = solved(kind)
        monkeypatch.undo()
        monkeypatch.setattr("planner.siting.effort._APART_S", 0.0)
        better = 1 if plan.most else -1
        values, bounds = [one.value for one in heard if np.isfinite(one.value)], [one.bound for one in heard]
        slack = 1e-6 * max(1.0, abs(plan.value))
        assert (better * np.diff(values) >= -slack).all(), (kind, values)
        assert (better * np.diff(bounds) <= slack).all(), (kind, bounds)
        assert (values[-1], bounds[-1], heard[-1].stage) == (plan.value, plan.bound, "end")


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_solve_in_the_process_is_the_same(kind):
    first, second = (solved(kind).as_record() | {"seconds": 0} for _turn in range(2))
    assert first == second


PROGRAM = """
import json, sys
import numpy as np
from planner.siting import LeastSites, MaxCover, Reach
from planner.siting.schemes.options import Way
mix = np.random.default_rng(int(sys.argv[1]))
rng = np.random.default_rng(11)
n, m = 70, 18
homes, sites = rng.integers(0, 20, (n, 2)) * 100.0, rng.integers(0, 20, (m, 2)) * 100.0
metres = np.abs(homes[:, None] - sites[None]).sum(axis=2)
elders, costs, rooms = rng.integers(1, 9, n), rng.integers(1, 4, m), rng.integers(5, 40, m)
parts = np.array(["n", "e", "s"])[rng.integers(0, 3, n)]
names, places = np.array([f"home {i}" for i in range(n)]), np.array([f"site {j}" for j in range(m)])
rows, columns = mix.permutation(n), mix.permutation(m)
def table(pace=1.0):
    return Reach.of_matrix(metres[rows][:, columns] / pace, names[rows], places[columns])
def ids(keys, values, order):
    return dict(zip(keys[order].tolist(), values[order].tolist()))
weights, price, hold = ids(names, elders, rows), ids(places, costs, columns), ids(places, rooms, columns)
district, both = ids(names, parts, rows), {"meal": table(), "care": table()}
ways = [Way(f"site {j}", name, capital_cny=float(1 + (j + k) % 3)) for j in range(m) for k, name in enumerate("ab")]
ways += [Way("site 5", "swap", closes="site 0")]
ways = [ways[k] for k in mix.permutation(len(ways))]
walkers = {"1": table(), "2": table(0.7)}
found = []
for model, tables, more in (
    (MaxCover(budget=12, saving=1), both, {"costs": price}),
    (MaxCover(sites=[2, 4]), table(), {"costs": price}),
    (MaxCover(sites=4, capacity=True), table(), {"capacities": hold, "costs": price}),
    (MaxCover(sites=4, fairest=True), table(), {"districts": district, "costs": price}),
    (MaxCover(sites=4, robust="regret"), table(), {"scenarios": walkers, "costs": price}),
    (MaxCover(budget=8), table(), {"ways": ways, "existing": ["site 0"], "may_close": {"site 0": 1.0}}),
    (LeastSites(share=0.6, by_cost=True, floors=0.3), table(), {"costs": price, "districts": district}),
):
    plan = model.solve_table(tables, weights, limit_s=400, required=["site 7"], forbidden=["site 3"], **more)
    found.append(plan.as_record() | {"seconds": 0, "table": plan.table.to_csv()})
print(json.dumps(found))
"""


def test_order_of_rows_and_hashes_play_no_part(tmp_path):
    """Ties everywhere: a grid, few weights, few costs."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    answers = []
    for seed in ("0", "77"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run(
            [sys.executable, "program.py", seed], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=True)  # fmt: skip
        answers.append(run.stdout)
    assert answers[0] == answers[1]
    assert all(one["status"] == "optimal" for one in json.loads(answers[0]))


def test_ties_go_to_the_cheaper_then_the_nearer_then_the_first():
    walks = Reach.of_matrix([[500.0, 400.0, 400.0, 400.0]], site_ids=list("ABCD"))
    both = {"meal": walks, "care": walks}
    assert MaxCover(sites=1).solve_table(both, costs=[1, 2, 2, 2]).sites == ("A",)
    assert MaxCover(sites=1).solve_table(both, costs=[2, 2, 2, 2]).sites == ("B",)
    plan = MaxCover(sites=[1, 3]).solve_table(walks, costs=[2, 2, 2, 2])
    assert plan.sites == ("B",)  # a second site would add nobody
    assert plan.table["phase"].tolist() == [1]


def test_why_there_is_no_plan():
    table = Reach.of_matrix(np.where(np.eye(3), 1.0, np.nan), list("xyz"), list("ABC"))
    districts = ["n", "s", "s"]

    def reasons(model, **more):
        plan = model.solve_table(table, [10, 20, 30], **more)
        assert plan.status == "infeasible"
        assert plan.verify(), plan.doubts()
        return plan.reasons

    both = reasons(MaxCover(sites=[1, 2]), required=["A"], forbidden=["A"])
    assert both == ("required and forbidden at once: A",)
    many = reasons(MaxCover(sites=[1, 1]), required=["A", "B"])
    assert many == ("2 sites are required of 1: 1 too many",)
    dear = reasons(MaxCover(budget=[5, 9]), costs=[5, 6, 7], required=["A", "B"])
    assert dear == ("the required sites cost at least 11 of 9: 2 too much",)
    far = reasons(MaxCover(sites=3, floors=0.5), districts=districts, forbidden=["C"])
    text = "s: all sites together bring 40.0% within reach (20 elders) where 50.0% (25) must be: 5 elders short"
    assert far == (text,)
    few = reasons(MaxCover(sites=1, floors={"n": 1.0, "s": 0.5}), districts=districts)
    assert few == (
        "under these limits at least 10.0 elders are lacking, as in n (10.0)",
        "the same demands can be met with 2 sites",
    )
    poor = reasons(MaxCover(budget=8, floors={"n": 1.0, "s": 0.5}), districts=districts, costs=[4, 5, 6])
    assert poor[1] == "the same demands can be met with 10 CNY in all"
    small = reasons(LeastSites(share=0.5, capacity=True), capacities=[5, 6, 7])
    assert small == ("the sites: all sites together hold 18 where 30 come: 12 short",)
    spread = reasons(LeastSites(share=0.5, capacity=True), capacities=[50, 6, 7])
    assert spread == ("under these limits at least 7.0 elders are lacking, as in the share of all (7.0)",)
    never = reasons(LeastSites(share=1.0, floors=0.0), districts=districts, forbidden=["B"])
    assert never == ("all sites together bring 40 of 60 within reach, 66.67%; no site reaches y",)


def test_bad_input_is_told_all_at_once():
    table = Reach.of_matrix([[1.0, 2.0]], ["x"], ["A", "B"])
    both = {"meal": table, "care": table}

    def faults(model, tables=table, **more):
        with pytest.raises(InputError) as caught:
            model.solve_table(tables, **more)
        return [fault.what for fault in caught.value.faults]

    ways = [Way("E", "rent", rent_cny_a=5.0), Way("A", "swap", closes="B")]
    wrong = faults(
        MaxCover(sites=1, floors={"nowhere": 0.5}), weights=[-1], required=["C"], forbidden=["D"], districts=["n"],
        existing=["B"], may_close=["A"], ways=ways)  # fmt: skip
    assert len(wrong) == 8, wrong
    idle = faults(MaxCover(sites=1, saving=5, capacity=True, discount_rate=0.1, walkers=["slow"]), districts=["n"])
    assert len(idle) == 5, idle
    twice = faults(MaxCover(sites=1), ways=[Way("A", "rent", years=1), Way("A", "rent", years=2)])
    assert twice == ["the way rent to A stands twice"]
    assert faults(MaxCover(split={"meals": 5}), both, costs=[1, 1]) == ["there is no service meals"]
    assert faults(MaxCover(sites=1), both, limit_s={"meal": 600}) == ["there is nothing for care"]
    assert faults(MaxCover(budget=1), both, costs={"meal": [1, 1]}) == ["there is nothing for care"]
    # Ways stand in the place of costs for the sites that have them; the others need costs.
    assert faults(MaxCover(budget=1), ways=[Way("A", "buy", 1.0)]) == ["the cost of B is not known"]
    assert MaxCover(budget=1).solve_table(table, ways=[Way("A", "buy", 1.0)], forbidden=["B"]).sites == ("A",)
    assert faults(MaxCover(sites=1, capacity=True), capacities=[-1, 5]) == ["the number of A is negative or missing"]
    assert faults(MaxCover(sites=1), ways=[Way("A", "hold", capacity=5)]) == ["capacities is set without capacity=True"]
    assert faults(MaxCover(sites=1), existing=["A"], required=["A"], may_close=["A"]) == [
        "A may close and are required"
    ]
    for given in (
        {"sites": []}, {"sites": [2, 1]}, {"sites": [1], "years": [1, 2]}, {"sites": 1, "uptake": 0.5},
        {"sites": 1, "fairest": True, "robust": "worst"}, {"split": {"meal": -1}}, {"sites": 1, "saving": np.nan},
    ):  # fmt: skip
        with pytest.raises(InputError):
            MaxCover(**given)


def test_a_way_for_the_service_itself_goes_before_one_for_any():
    table = Reach.of_matrix([[1.0]], site_ids=["K"])
    ways = [Way("K", "buy", 9.0), Way("K", "buy", 5.0, service="care")]
    for order in (ways, ways[::-1]):
        plan = MaxCover(sites=1).solve_table({"meal": table, "care": table}, ways=order)
        assert (plan.value, plan.cost) == (2.0, 14.0)


def test_capacity_of_ways_alone():
    table = Reach.of_matrix([[1.0], [1.0]], site_ids=["K"])
    ways = [Way("K", "small", 1.0, capacity=5), Way("K", "large", 3.0, capacity=30)]
    found = [
        MaxCover(budget=budget, capacity=True, uptake=0.5).solve_table(table, [20, 30], ways=ways) for budget in (2, 3)
    ]
    assert [one.value for one in found] == pytest.approx([10.0, 50.0])
    assert found[0].loads[["capacity", "assigned", "nearest", "over"]].iloc[0].tolist() == [5.0, 5.0, 25.0, 20.0]


def test_costs_that_are_not_known_stay_so_where_they_decide_nothing():
    table = Reach.of_matrix(np.where(np.eye(2), 1.0, np.nan), site_ids=list("AB"))
    plan = MaxCover(sites=[1, 2]).solve_table(table, [2, 1], costs=[4, np.nan])
    assert np.isnan(plan.cost)
    assert plan.table["cost_cny"].isna().tolist() == [False, True]
    assert plan.as_record()["cost"] is None
    assert plan.by_phase["cost_cny"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("homes", "sites"), [(0, 3), (3, 0), (0, 0)])
def test_nobody_and_nowhere(homes, sites):
    table = Reach.of_matrix(np.ones((homes, sites)))
    plan = MaxCover(sites=[1, 2]).solve_table(table)
    assert (plan.status, plan.value, plan.sites) == ("optimal", float(2 * min(homes, sites * homes)), plan.sites)
    assert plan.verify(), plan.doubts()
    held = MaxCover(sites=1, capacity=True).solve_table({"a": table, "b": table}, capacities=np.full(sites, 2.0))
    assert held.verify(), held.doubts()
    assert held.status == "optimal"

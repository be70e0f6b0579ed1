"""A plan gives no small count away: an attacker with a solver, who knows whom every site reaches, tries."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint

from planner.i18n import language
from planner.present.disclosure import Disclosure, _crosses, _sums
from planner.present.plans.counts import STATES, PlanCounts
from planner.present.plans.reach import Reached
from planner.present.suppression import HELD, SHOWN, suppress
from planner.siting import Reach
from tests.present.test_suppression import CIRCLES, Attacker, a_town

SITES = 4


def a_disclosure(seed, below=10):
    counts, areas, sources, verdicts = a_town(seed)
    circles = [SimpleNamespace(circle=SimpleNamespace(id=name)) for name in CIRCLES[: len(verdicts)]]
    _names, members, weights = _sums(areas, sources, circles, verdicts)
    marked = suppress(counts, members, below=below, weights=weights, crosses=_crosses(areas, sources, verdicts))
    ids = [f"C{one:03d}" for one in range(len(counts))]
    return Disclosure(below, True, dict(zip(ids, marked.units.tolist(), strict=True)), {}, marked), counts


def planned(seed, below=10, shown=None):
    """A plan of a town: which compounds its sites reach, drawn at random, and its counts."""
    disclosure, counts = a_disclosure(seed, below)
    rng = np.random.default_rng(seed + 5_000)
    size = len(counts)
    before = rng.random(size) < rng.uniform(0.1, 0.5)
    reaches = {f"K{one}": rng.random(size) < rng.uniform(0.05, 0.4) for one in range(SITES)}
    could = before | np.logical_or.reduce(list(reaches.values())) | (rng.random(size) < 0.3)
    reach = Reach.of_matrix(np.where(np.array(list(reaches.values())).T, 60.0, np.nan), site_ids=list(reaches))
    order, nobody = np.arange(size), ("",) * size
    reached = Reached(None, before, reaches, could, np.full(size, np.inf), nobody, (), reach, order)
    adds, covered, rows = {}, before.copy(), []
    for site, mine in reaches.items():
        adds[site] = mine & ~covered
        covered |= mine
        rows.append(
            {"candidate_id": site, "elders_added": counts[adds[site]].sum(), "elders_total": counts[mine].sum()}
        )
    plan = SimpleNamespace(
        table=pd.DataFrame(rows).set_index("candidate_id").astype(float),
        unit="elders",
        elders=float(counts.sum()),
        elders_before=float(counts[before].sum()),
        elders_added=float(counts[covered & ~before].sum()),
        elders_uncoverable=float(counts[~covered & ~could].sum()),
        elders_uncovered=float(counts[~covered & could].sum()),
    )
    ids = [f"C{one:03d}" for one in range(size)]
    elders = pd.DataFrame({"elders_60": counts}, index=pd.Index(ids, name="compound_id"))
    return PlanCounts(plan, SimpleNamespace(layers={"compounds": elders}), [reached], shown or disclosure), counts


def told(counts):
    """Everything that a page shows of a plan: the compounds of each sum, and how it is shown."""
    (reached,) = counts.reached
    states = np.array(reached.states)
    found = {("state", state): (states == state, counts.state(state)) for state in STATES}
    found["value"] = (states == "before") | (states == "added"), counts.value
    for site in reached.sites:
        found["adds", site] = reached.adds[site], counts.added(site)
        found["total", site] = reached.sites[site], counts.total(site)
        found["only", site] = reached.only[site], counts.only(site)
        fewer = [one for one in reached.sites if one != site]
        without = reached.with_sites(fewer)
        found["without", site] = without, counts.count(without.astype(np.int64))
    return found


def attack(seed, shown):
    """Let the attacker know all that is shown of the plan as well."""
    attacker = Attacker(seed)
    for name, (members, count) in shown.items():
        if count.shown:
            attacker.rows[name], attacker.marks[name] = members.astype(float), SHOWN
    low, high = zip(*(attacker._said(name) for name in attacker.rows), strict=True)
    attacker.constraints = LinearConstraint(np.array(list(attacker.rows.values())), low, high)
    return attacker


@pytest.mark.parametrize("seed", [*range(40), 1788])
def test_nothing_small_can_be_worked_out(seed):
    counts, _elders = planned(seed)
    shown = told(counts)
    attacker = attack(seed, shown)
    small = [name for name in attacker.small() if name not in shown]
    for name in small:
        least, most = attacker.range(name)
        assert most > least, name
    alone = Attacker(seed)
    for name, (members, count) in shown.items():  # nor any small count of the plan itself
        value = float(members @ attacker.counts)
        if 0 < value < 10:
            assert not count.shown
            assert count.least == 0
            for one in (attacker, alone):
                one.rows[name] = members.astype(float)
            least, most = attacker.range(name)
            assert most > least or alone.range(name) == (least, most), name


def test_the_attacker_succeeds_where_the_plan_shows_all():
    found = total = 0
    for seed in range(100, 110):
        counts, _elders = planned(seed, shown=Disclosure())
        shown = told(counts)
        assert all(count.shown for _members, count in shown.values())
        attacker = attack(seed, shown)
        ranges = [attacker.range(name) for name in attacker.small() if name not in shown]
        found, total = found + sum(least == most for least, most in ranges), total + len(ranges)
    assert found > total / 4


def test_much_is_shown_all_the_same():
    shown = [count for seed in range(20) for _members, count in told(planned(seed)[0]).values()]
    assert sum(count.shown for count in shown) > len(shown) / 4
    for count in shown:
        assert count.least <= count.value


@pytest.mark.parametrize("seed", range(10))
def test_what_is_at_least_so_many_adds_up_what_is_shown(seed):
    counts, elders = planned(seed)
    open_ = np.array([mark == SHOWN for mark in counts.shown.compounds.values()])
    for members, count in told(counts).values():
        assert count.least == elders[members & open_].sum()
        assert count.value == elders[members].sum()


def test_words():
    with language("en"):
        counts, _elders = planned(3)
        texts = {count.text for _members, count in told(counts).values()}
        assert any(text.startswith("≥ ") for text in texts)
        assert any(text.replace(",", "").isdigit() for text in texts)


def test_a_count_that_is_no_sum_is_kept_from_the_public():
    counts, _elders = planned(4)
    counts.plan.elders_added += 3.0  # as with a capacity that does not do for all
    assert not counts.state("added").shown
    assert counts.state("added").least == 0
    within, _elders = planned(4, shown=Disclosure(below=10, publish=False))
    within.plan.elders_added = 250.5
    assert within.state("added").shown
    within.plan.elders_added = 7.5
    assert not within.state("added").shown


def test_marks_that_tell_hold_everything_back():
    counts, _elders = planned(1788)
    assert set(counts.shown.compounds.values()) <= {SHOWN, HELD}
    for members, count in told(counts).values():
        assert count.shown == (not members.any() or count.value == 0)

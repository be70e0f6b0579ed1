"""What must follow when a question under switches changes: more never serves fewer, demands never more."""

from __future__ import annotations

import numpy as np
import pytest

from planner.siting import LeastSites, MaxCover, Reach
from planner.siting.schemes.options import Way

SEEDS = range(5)
SHARE = 1e-6  # within which values with capacity may differ


class Place:
    """Homes and sites in a square, two services with two radii, districts, rooms and three paces."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.homes, self.places = rng.random((40, 2)) * 1_000, rng.random((12, 2)) * 1_000
        self.metres = np.hypot(*(self.homes[:, None] - self.places[None]).transpose(2, 0, 1))
        self.elders = rng.integers(1, 30, 40)
        self.costs = {"meal": rng.integers(2, 10, 12), "care": rng.integers(2, 10, 12)}
        self.rooms = {"meal": rng.integers(20, 90, 12), "care": rng.integers(20, 90, 12)}
        self.district = rng.integers(0, 3, 40)
        self.limits = {"meal": 250.0, "care": 350.0}

    def tables(self, *, sites: int = 12, faster: float = 1.0) -> dict[str, Reach]:
        one = Reach.of_matrix(self.metres[:, :sites] / faster)
        return {"meal": one, "care": one}

    def both(self, model: MaxCover, **more):
        """Solve both services."""
        sites = more.pop("number", 12)
        data = {"limit_s": self.limits, "costs": {name: one[:sites] for name, one in self.costs.items()}} | more
        if model.capacity:
            data["capacities"] = {name: one[:sites] for name, one in self.rooms.items()} | data.pop("rooms", {})
        plan = model.solve_table(self.tables(sites=sites, faster=data.pop("faster", 1.0)), self.elders, **data)
        assert plan.status == "optimal"
        assert plan.verify(), plan.doubts()
        return plan

    def meal(self, model, **more):
        """Solve one service."""
        plan = model.solve_table(Reach.of_matrix(self.metres), self.elders, **({"limit_s": 250.0} | more))
        assert plan.verify(), plan.doubts()
        return plan


@pytest.fixture(params=SEEDS)
def place(request):
    return Place(request.param)


@pytest.mark.parametrize("capacity", [False, True])
def test_more_never_serves_fewer(place, capacity):
    base = place.both(MaxCover(budget=20, saving=2, capacity=capacity)).value
    less = base * (1 - SHARE) - SHARE
    assert place.both(MaxCover(budget=26, saving=2, capacity=capacity)).value >= less
    assert place.both(MaxCover(budget=20, saving=4, capacity=capacity)).value >= less
    wide = {"meal": 300.0, "care": 400.0}
    assert place.both(MaxCover(budget=20, saving=2, capacity=capacity), limit_s=wide).value >= less
    assert place.both(MaxCover(budget=20, saving=2, capacity=capacity), faster=1.2).value >= less
    fewer = place.both(MaxCover(budget=20, saving=2, capacity=capacity), number=9).value
    assert fewer <= base * (1 + SHARE) + SHARE
    few, many = (place.both(MaxCover(sites=number, capacity=capacity)).value for number in (3, 4))
    assert many >= few * (1 - SHARE)


def test_more_room_never_serves_fewer(place):
    base = place.both(MaxCover(sites=4, capacity=True)).value
    wider = {name: one + 10 for name, one in place.rooms.items()}
    assert place.both(MaxCover(sites=4, capacity=True), rooms=wider).value >= base * (1 - SHARE)
    assert place.both(MaxCover(sites=4)).value >= base * (1 - SHARE)
    assert place.both(MaxCover(sites=4, capacity=True, uptake=0.5)).value >= base * (1 - SHARE)
    endless = {"meal": np.full(12, np.inf), "care": np.full(12, 1e9)}
    no_limit = place.both(
        MaxCover(sites=4, capacity=True), rooms={n: np.minimum(one, 1e9) for n, one in endless.items()}
    )
    assert no_limit.value == pytest.approx(place.both(MaxCover(sites=4)).value)


def test_demands_never_serve_more(place):
    base = place.meal(MaxCover(sites=4)).value
    floored = place.meal(MaxCover(sites=4, floors=0.3), districts=place.district)
    if floored.status == "optimal":
        assert floored.value <= base
        shares = floored.by_district["share"]
        assert (shares >= 0.3 - 1e-9).all()
    forced = place.meal(MaxCover(sites=4, floors=0.0), districts=place.district, required=[5])
    assert forced.value <= base
    assert 5 in forced.sites
    assert place.meal(MaxCover(sites=4, floors=0.0), districts=place.district).value == base


def test_nesting_never_serves_more_than_each_phase_alone(place):
    nested = place.meal(MaxCover(sites=[2, 4, 5]))
    alone = [place.meal(MaxCover(sites=number)).value for number in (2, 4, 5)]
    covered = nested.by_phase["elders_covered"].to_numpy()
    assert (covered <= alone).all()
    assert nested.value == covered.sum() <= sum(alone)
    assert (np.diff(covered) >= 0).all()
    one = place.meal(MaxCover(sites=[4]))
    assert (one.value, one.status) == (alone[1], "optimal")


def test_two_services_with_budgets_of_their_own_are_two_questions(place):
    split = {"meal": 9.0, "care": 12.0}
    joint = place.both(MaxCover(split=split))
    alone = [
        MaxCover(budget=split[name])
        .solve_table(Reach.of_matrix(place.metres), place.elders, limit_s=place.limits[name], costs=place.costs[name])
        .value
        for name in ("meal", "care")
    ]
    assert joint.value == sum(alone)
    served = joint.by_service["elders_before"] + joint.by_service["elders_added"]
    assert served.tolist() == alone


def test_fairest_is_the_largest_floor_that_can_be_kept(place):
    fair = place.meal(MaxCover(sites=3, fairest=True), districts=place.district)
    floored = place.meal(MaxCover(sites=3, floors=fair.value), districts=place.district)
    assert floored.status == "optimal"
    assert floored.value == fair.elders_before + fair.elders_added  # of equals it takes the most elders
    more = place.meal(MaxCover(sites=3, floors=min(1.0, fair.value + 1e-3)), districts=place.district)
    assert more.status == "infeasible" or fair.value == 1.0


def test_faster_walkers_never_cover_fewer(place):
    tables = {str(pace): Reach.of_matrix(place.metres / pace) for pace in (0.8, 1.0, 1.3)}
    plan = place.meal(MaxCover(sites=4, robust="regret"), scenarios=tables)
    covered = plan.by_walker["elders_covered"]
    assert covered["0.8"] <= covered["1.0"] <= covered["1.3"]
    best = [
        MaxCover(sites=4).solve_table(one, place.elders, limit_s=250.0).value for one in tables.values()
    ]  # fmt: skip
    assert plan.by_walker["best"].tolist() == best
    assert plan.value == (plan.by_walker["best"] - covered).max()
    worst = place.meal(MaxCover(sites=4, robust="worst"), scenarios=tables)
    assert worst.value == best[0]  # whom the slowest reaches everybody reaches


@pytest.mark.parametrize(
    "model", [MaxCover(sites=4, capacity=True), MaxCover(sites=[2, 4]), MaxCover(sites=4, fairest=True)]
)
def test_a_compound_split_in_two_changes_nothing(place, model):
    part = place.elders[0] // 3
    metres, elders = np.vstack([place.metres, place.metres[:1]]), np.append(place.elders, part)
    elders[0] -= part
    more = {"capacities": place.rooms["meal"]} if model.capacity else {}
    whole = place.meal(model, **more, **({"districts": place.district} if model.fairest else {}))
    halves = model.solve_table(
        Reach.of_matrix(metres), elders, limit_s=250.0, **more,
        **({"districts": np.append(place.district, place.district[0])} if model.fairest else {}))  # fmt: skip
    assert halves.value == pytest.approx(whole.value)
    if not model.capacity:
        assert halves.sites == whole.sites


def test_least_takes_no_more_where_less_is_asked(place):
    values = []
    for share in (0.4, 0.6):
        plan = place.meal(LeastSites(share=share, floors=0.1), districts=place.district)
        values.append(plan.value if plan.status == "optimal" else np.inf)
    assert values[0] <= values[1]


def test_exactly_the_limit_counts_for_each_service():
    table = Reach.of_matrix([[600.0], [600.001], [900.0]])
    plan = MaxCover(sites=1).solve_table({"meal": table, "care": table}, [5, 7, 11], limit_s={"meal": 600, "care": 900})
    assert plan.by_service["elders_added"].to_dict() == {"meal": 5.0, "care": 23.0}


def test_the_present_value_of_rent_by_hand():
    """Three rents of 100 at 10 % are 100 + 100 / 1.1 + 100 / 1.21 = 273.55: less than 274, more than 273."""
    table = Reach.of_matrix([[1.0]], site_ids=["K"])
    rent = Way("K", "租赁", rent_cny_a=100.0, years=3)
    for price, way in ((273.0, "购置"), (274.0, "租赁")):
        plan = MaxCover(budget=280.0, discount_rate=0.1).solve_table(
            table, ways=[rent, Way("K", "购置", capital_cny=price)]
        )
        assert plan.table["way"].tolist() == [way]
        assert plan.cost == pytest.approx(min(price, 100 + 100 / 1.1 + 100 / 1.21))
    short = MaxCover(budget=273.0, discount_rate=0.1).solve_table(table, ways=[rent])
    assert short.sites == ()
    undiscounted = MaxCover(budget=300.0).solve_table(table, ways=[rent])
    assert undiscounted.cost == 300.0


def test_a_site_is_given_up_for_another_one():
    """An old site serves x; a new one in exchange serves y and z; what closing gives back pays for it."""
    far = np.nan
    table = Reach.of_matrix([[1.0, far, far], [far, 1.0, far], [far, 1.0, 1.0]], list("xyz"), ["old", "A", "B"])
    swap = Way("A", "置换", capital_cny=5.0, closes="old")
    data = {"costs": {"old": 0, "A": 9, "B": 9}, "existing": ["old"], "ways": [swap]}
    kept = MaxCover(budget=4).solve_table(table, [10, 20, 30], **data, may_close=["old"])
    assert (kept.sites, kept.closed, kept.value) == ((), (), 10.0)
    plan = MaxCover(budget=4).solve_table(table, [10, 20, 30], **data, may_close={"old": 1.0})
    assert (plan.sites, plan.closed, plan.value, plan.cost) == (("A",), ("old",), 50.0, 4.0)
    assert (plan.elders_before, plan.elders_added, plan.table.loc["A", "elders_added"]) == (10.0, 40.0, 50.0)
    # One old site is given up for one new one.
    two = [swap, Way("B", "置换", capital_cny=0.0, closes="old")]
    both = MaxCover(sites=2).solve_table(table, [10, 20, 30], existing=["old"], may_close=["old"], ways=two)
    assert (both.sites, both.value) == (("A",), 50.0)
    assert both.verify()


def test_what_closing_gives_back_counts_where_the_least_cost_is_asked():
    far = np.nan
    table = Reach.of_matrix([[1.0, 1.0], [far, 1.0]], list("xy"), ["old", "new"])
    plan = LeastSites(by_cost=True).solve_table(
        table, costs={"old": 0, "new": 7}, existing=["old"], may_close={"old": 3.0}
    )
    assert (plan.value, plan.cost, plan.sites, plan.closed) == (4.0, 4.0, ("new",), ("old",))
    stays = LeastSites(by_cost=True).solve_table(table, costs={"old": 0, "new": 7}, existing=["old"], may_close=["old"])
    assert (stays.value, stays.closed) == (7.0, ())  # nothing is gained by closing it


def test_a_saving_is_the_whole_of_what_both_cost_alone_less_it():
    table = Reach.of_matrix([[1.0]], site_ids=["K"])
    plan = MaxCover(budget=6, saving=4).solve_table({"meal": table, "care": table}, costs={"meal": [1], "care": [9]})
    assert (plan.value, plan.cost) == (2.0, 6.0)


def test_what_is_required_is_there_at_the_end():
    table = Reach.of_matrix(np.where(np.eye(3), 1.0, np.nan), site_ids=list("ABC"))
    plan = MaxCover(sites=[1, 2], years=[2027, 2030]).solve_table(table, [30, 20, 10], required=["C"])
    assert plan.table["phase"].to_dict() == {"A": 1, "C": 2}
    assert plan.table["year"].to_dict() == {"A": "2027", "C": "2030"}
    money = MaxCover(budget=[5, 12]).solve_table(table, [30, 20, 10], costs=[4, 5, 6], required=["C"])
    assert money.by_phase["cost_cny"].tolist() == [4.0, 10.0]

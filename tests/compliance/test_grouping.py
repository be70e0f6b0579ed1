"""Groups equal those of enumeration on small instances, and never beat their own bound on large ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from planner.compliance.covering import cover
from planner.compliance.grouping import group
from planner.compliance.pairing import Pairs, Spare, measure

MINIMUM = 350


def scattered(rng: np.random.Generator, number: int, side: float, reach: float = 300.0):
    xy = rng.uniform(0, side, (number, 2))
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    member, host = np.nonzero(apart <= reach)
    return rng.integers(1, MINIMUM, number), Pairs.of(number, member=member, host=host, walk=apart[member, host])


def spare_rooms(rng: np.random.Generator, number: int, most: int, share: float = 0.6) -> Spare:
    suppliers = int(rng.integers(0, most + 1))
    member, host = np.nonzero(rng.random((number, suppliers)) < share)
    walk = rng.integers(1, 300, member.size).astype(float)
    return Spare(rng.integers(0, 500, suppliers), Pairs.of(number, member=member, host=host, walk=walk))


def choices(pairs: Pairs) -> list[list[int]]:
    return [pairs.host[pairs.indptr[row] : pairs.indptr[row + 1]].tolist() for row in range(pairs.number)]


def allowed(host, supplier, need, pairs: Pairs, spare: Spare) -> bool:
    """Everybody has one of the two, within reach; hosts use their own room; nobody gives more than there is."""
    rows = np.arange(need.size)
    near, given = choices(pairs), choices(spare.pairs)
    hosted = host >= 0
    drawn = np.bincount(supplier[~hosted], need[~hosted], spare.area.size)
    return bool(
        ((supplier >= 0) != hosted).all()
        and all(host[row] in near[row] for row in rows[hosted])
        and all(supplier[row] in given[row] for row in rows[~hosted])
        and (host[host[hosted]] == host[hosted]).all()
        and (drawn <= spare.area).all()
    )


def least(need, pairs: Pairs, spare: Spare, aim: str) -> int:
    """Try everything."""
    options = [
        [(host, -1) for host in near] + [(-1, one) for one in given]
        for near, given in zip(choices(pairs), choices(spare.pairs), strict=True)
    ]
    values = []
    for one in itertools.product(*options):
        host, supplier = (np.array(part) for part in zip(*one, strict=True))
        if allowed(host, supplier, need, pairs, spare):
            values.append(measure(host, need, minimum=MINIMUM, aim=aim))
    return min(values)


@pytest.mark.parametrize("aim", ["fewest", "area"])
@pytest.mark.parametrize("seed", range(120))
def test_small_instances_equal_brute_force(seed, aim):
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 7))
    need, pairs = scattered(rng, number, side=700)
    spare = spare_rooms(rng, number, 2 if seed % 3 else 0)
    if seed % 4 == 0:  # one that is too large to go elsewhere
        need[0] = MINIMUM + 90
        pairs = pairs.only((pairs.member != 0) | (pairs.host == 0))
        spare = Spare(spare.area, spare.pairs.only(spare.pairs.member != 0))
    best = least(need, pairs, spare, aim)
    found = group(need, pairs, minimum=MINIMUM, aim=aim, spare=spare)
    assert (found.value, found.bound, found.gap) == (best, best, 0)
    assert allowed(found.host, found.supplier, need, pairs, spare)
    assert found.value == measure(found.host, need, minimum=MINIMUM, aim=aim)


@pytest.mark.parametrize("aim", ["fewest", "area"])
def test_a_large_instance_keeps_its_bound_and_its_walks(aim):
    rng = np.random.default_rng(7)
    need, pairs = scattered(rng, 400, side=3500)
    spare = spare_rooms(rng, 400, 30, share=0.02)
    found = group(need, pairs, minimum=MINIMUM, aim=aim, spare=spare)
    assert allowed(found.host, found.supplier, need, pairs, spare)
    assert found.value == measure(found.host, need, minimum=MINIMUM, aim=aim)
    assert 0 <= found.gap <= 0.05


def test_more_reach_and_more_to_spare_never_need_more():
    rng = np.random.default_rng(5)
    xy = rng.uniform(0, 900, (12, 2))
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    need = rng.integers(1, MINIMUM, 12)
    for aim in ("fewest", "area"):
        values = []
        for reach, give in ((50, 0), (200, 0), (200, 90), (400, 90), (400, 300), (900, 900)):
            member, host = np.nonzero(apart <= reach)
            pairs = Pairs.of(12, member=member, host=host, walk=apart[member, host])
            given = pairs.only(pairs.host < 2)
            values.append(
                group(need, pairs, minimum=MINIMUM, aim=aim, spare=Spare(np.full(2, give), given)).value,
            )
        assert values == sorted(values, reverse=True)
        assert values[0] > values[-1]


def test_who_could_as_well_use_an_existing_room_does():
    pairs = Pairs.of(2, member=[0, 0, 1, 1], host=[0, 1, 0, 1], walk=[0.0, 90.0, 90.0, 0.0])
    spare = Spare(np.array([100]), Pairs.of(2, member=[1], host=[0], walk=[250.0]))
    found = group(np.array([120, 100]), pairs, minimum=MINIMUM, aim="area", spare=spare)
    assert found.value == MINIMUM
    assert (found.host.tolist(), found.supplier.tolist()) == ([0, -1], [-1, 0])


def test_a_need_is_not_parted_between_suppliers():
    pairs = Pairs.of(1, member=[0], host=[0], walk=[0.0])
    spare = Spare(np.array([60, 60]), Pairs.of(1, member=[0, 0], host=[0, 1], walk=[10.0, 20.0]))
    found = group(np.array([100]), pairs, minimum=MINIMUM, aim="area", spare=spare)
    assert found.supplier.tolist() == [-1]


def test_areas_of_a_thousandth_of_a_square_metre_are_told_apart():
    """In square millimetres: three that fit a room together to the last one, and by one too many."""
    pairs = Pairs.of(1, member=[0], host=[0], walk=[0.0])
    for give, served in ((100_000_000, 0), (99_999_999, -1)):
        spare = Spare(np.array([give]), Pairs.of(1, member=[0], host=[0], walk=[1.0]))
        found = group(np.array([100_000_000]), pairs, minimum=350_000_000, aim="area", spare=spare)
        assert found.supplier.tolist() == [served]


def test_nobody_is_a_group_of_none():
    found = group(np.zeros(0, np.int64), Pairs.of(0, member=[], host=[], walk=[]), minimum=MINIMUM, aim="area")
    assert (found.value, found.bound, found.gap) == (0, 0, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_search_leaves_nobody_out_and_is_never_worse(seed):
    rng = np.random.default_rng(seed)
    _need, pairs = scattered(rng, 200, side=1500)
    needy = rng.random(200) < 0.9
    plain, searched = (cover(pairs, needy=needy, search=search) for search in (False, True))
    for host in (plain, searched):
        assert ((host >= 0) == needy).all()
        assert all(host[row] in near for row, near in enumerate(choices(pairs)) if needy[row])
        assert needy[host[needy]].all()
        assert (host[host[needy]] == host[needy]).all()
    assert np.unique(searched).size <= np.unique(plain).size
    assert searched.tolist() == cover(pairs, needy=needy, search=True).tolist()

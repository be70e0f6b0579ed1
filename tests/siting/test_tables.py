"""Tables stand in the order of ids, and merge what is alike and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import random_array

from planner.errors import InputError
from planner.i18n import language
from planner.siting import LeastSites, MaxCover, PCenter, PMedian, Reach, kernels
from planner.siting.tables import merged
from planner.walking import WALKERS, Places, Streetwise, WalkNetwork


@pytest.mark.parametrize("seed", range(20))
def test_transpose_is_scipys(seed):
    matrix = random_array((17, 9), density=0.3, rng=seed, format="csr")
    indptr, rows, entry = kernels.transpose(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), 9)
    columns = matrix.tocsc()
    columns.sort_indices()
    assert indptr.tolist() == columns.indptr.tolist()
    assert rows.tolist() == columns.indices.tolist()
    assert matrix.data[entry].tolist() == columns.data.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_alike_are_lists_with_the_same_members(seed):
    rng = np.random.default_rng(seed)
    lists = [tuple(np.flatnonzero(rng.random(4) < 0.5).tolist()) for _ in range(40)]
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    index = np.array([one for some in lists for one in some], np.int32)
    assert kernels.alike(indptr, index).tolist() == [lists.index(one) for one in lists]


def test_lists_of_one_hash_are_told_apart(monkeypatch):
    """With the compiler off, every hash the same: the members decide."""
    from planner.siting.kernels import patterns

    plain = patterns.alike.py_func
    monkeypatch.setattr(patterns, "_mixed", lambda _number: np.uint64(0))
    monkeypatch.setattr(patterns, "_same", patterns._same.py_func)
    assert plain(np.array([0, 1, 2, 3]), np.array([4, 5, 4])).tolist() == [0, 1, 0]


def test_order_of_input_plays_no_part():
    rng = np.random.default_rng(0)
    seconds, names, places = rng.random((6, 4)), np.array(list("fbadce")), np.array(["9", "10", "1", "2"])
    seconds[rng.random((6, 4)) < 0.4] = np.inf
    one = Reach.of_matrix(seconds, names, places)
    rows, columns = rng.permutation(6), rng.permutation(4)
    other = Reach.of_matrix(seconds[rows][:, columns], names[rows], places[columns])
    for part in ("demand_ids", "site_ids", "indptr", "demand", "seconds"):
        assert getattr(one, part).tolist() == getattr(other, part).tolist()
    weight = rng.random(6)
    assert one.demand_values(weight, "").tolist() == other.demand_values(weight[rows], "").tolist()
    by_id = pd.Series(weight, names)
    assert one.demand_values(by_id, "").tolist() == other.demand_values(by_id.to_dict(), "").tolist()


def test_pairs_that_stand_twice_count_once_and_the_shorter():
    reach = Reach.of_pairs(["x"], ["A"], [0, 0, 0], [0, 0, 0], [5.0, 3.0, np.nan])
    assert (reach.demand.tolist(), reach.seconds.tolist()) == ([0], [3.0])


def test_merged_weighs_what_it_holds():
    rng = np.random.default_rng(3)
    seconds = np.where(rng.random((200, 5)) < 0.4, 1.0, np.inf)
    weight = rng.integers(0, 9, 200).astype(float)
    cover, group_of = merged(Reach.of_matrix(seconds), weight)
    patterns = {
        tuple(np.isfinite(row)) for row, one in zip(seconds, weight, strict=True) if one and np.isfinite(row).any()
    }
    assert cover.weight.size == len(patterns)
    assert cover.weight.sum() == weight[np.isfinite(seconds).any(axis=1)].sum()
    for chosen in ([], [2], [0, 3], [0, 1, 2, 3, 4]):
        reached = np.isfinite(seconds[:, chosen]).any(axis=1) if chosen else np.zeros(200, bool)
        assert cover.value(np.array(chosen, int)) == weight[reached].sum()
    inside = group_of >= 0
    assert np.bincount(group_of[inside], weight[inside]).tolist() == cover.weight.tolist()


def test_walks_of_the_core_are_taken_over():
    network = WalkNetwork.from_edges([[0, 0], [1000, 0]], u=[0], v=[1], crs="EPSG:4547")
    walks = Streetwise(network, WALKERS["standard"]).table(
        Places.at([0, 0], [0.0, 900.0]), Places.at([0, 0], [600.0, 1000.0]), limit_s=600
    )
    reach = Reach.of_walks(walks, ["x", "y"], ["A", "B"])
    assert reach.site_ids[reach.site].tolist() == ["A", "A", "B"]
    assert reach.seconds.round(6).tolist() == [600.0, 300.0, 100.0]
    assert reach.within(600).demand.size == 3


@pytest.mark.parametrize(
    ("ids", "seconds", "what"),
    [(["x", "x"], [[1.0], [1.0]], "more than once"), (["x", "y"], [[1.0], [-1.0]], "less than no")],
)
def test_faults_of_tables(ids, seconds, what):
    from planner.i18n import language

    with language("en"), pytest.raises(InputError, match=what):
        Reach.of_matrix(seconds, ids)


def test_faults_of_values():
    reach = Reach.of_matrix([[1.0], [2.0]], ["x", "y"])
    for values in ([1.0], {"x": 1.0}, [1.0, np.nan], [1.0, -1.0]):
        with pytest.raises(InputError):
            reach.demand_values(values, "weights")


def test_a_dataframe_or_a_matrix_does_as_well():
    seconds = pd.DataFrame([[300.0, np.nan, 700.0], [500.0, 200.0, np.nan]], index=["x", "y"], columns=list("CAB"))
    elders = pd.Series({"y": 40, "x": 30})
    laid_out = Reach.of_matrix(seconds.to_numpy(), seconds.index, seconds.columns)
    for model in (MaxCover(sites=1), LeastSites(), PMedian(1), PCenter(1)):
        one, other = (model.solve_table(table, elders) for table in (seconds, laid_out))
        assert (one.sites, one.value) == (other.sites, other.value) == (("C",), one.value)
        assert model.solve_table(seconds.to_numpy(), [30, 40]).sites == (0,)
    both = MaxCover(sites=1).solve_table({"meals": seconds, "day": seconds}, elders)
    assert (both.sites, both.value) == (("C",), 140.0)
    for wrong in ("walks", [1.0, 2.0], None):
        with language("en"), pytest.raises(InputError, match="one row per demand and one column per site"):
            MaxCover(sites=1).solve_table(wrong)

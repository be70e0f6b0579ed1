"""Published answers: OR-Library's p-medians and the stores of San Francisco."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from planner.siting import LeastSites, MaxCover, PCenter, PMedian, Reach

_BEST = "5819 4093 4250 3034 1355 7824 5631 4445 2734 1255 7696 6634 4374 2968 1729 8162 6999 4809 2845 1789"
PMED = dict(enumerate(map(int, _BEST.split()), start=1))


def pmed(path: Path) -> tuple[np.ndarray, int]:
    """All walks between vertices; of an edge that stands twice the later counts."""
    vertices, edges, p, *rest = map(int, path.read_text(encoding="utf-8").split())
    length = np.full((vertices, vertices), np.inf)
    for u, v, cost in np.array(rest).reshape(edges, 3):
        length[u - 1, v - 1] = length[v - 1, u - 1] = cost
    np.fill_diagonal(length, 0)
    return shortest_path(length, method="FW"), p


@pytest.mark.slow
@pytest.mark.parametrize(("number", "best"), list(PMED.items()))
def test_or_library(shared_data, number, best):
    walks, p = pmed(shared_data / "orlib" / f"pmed{number}.txt")
    plan = PMedian(sites=p).solve_table(Reach.of_matrix(walks))
    assert (plan.value, plan.bound, plan.status) == (best, best, "optimal")
    assert plan.verify(), plan.doubts()
    assert walks[:, [int(one) for one in plan.sites]].min(axis=1).sum() == best


@pytest.fixture(scope="module")
def stores(shared_data: Path) -> tuple[Reach, dict[str, float]]:
    """Walks of 205 tracts to 16 stores, and people by tract."""
    folder = shared_data / "spopt_sf"
    with (folder / "SF_demand_205_centroid_uniform_weight.csv").open(encoding="utf-8") as file:
        people = {row["NAME"]: float(row["POP2000"]) for row in csv.DictReader(file)}
    with (folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    tracts, names = sorted({row["DestinationName"] for row in pairs}), sorted({row["name"] for row in pairs})
    assert (len(tracts), len(names)) == (205, 16)
    reach = Reach.of_pairs(
        tracts, names, [tracts.index(row["DestinationName"]) for row in pairs],
        [names.index(row["name"]) for row in pairs], [float(row["distance"]) for row in pairs])  # fmt: skip
    demand = {row["DestinationName"]: float(row["demand"]) for row in pairs}
    assert sum(demand.values()) == sum(people.values()) == 955_113
    return reach, demand


@pytest.mark.parametrize(
    ("p", "people"), list(enumerate([448_255, 671_938, 791_499, 875_247, 927_402, 941_462], start=1))
)
def test_san_francisco_most_people(stores, p, people):
    reach, demand = stores
    plan = MaxCover(sites=p).solve_table(reach, demand, limit_s=5_000)
    assert (plan.value, plan.bound, plan.status) == (people, people, "optimal")
    assert plan.verify()
    if p == 4:
        assert round(100 * plan.value / plan.elders, 3) == 91.638


def test_san_francisco_everybody(stores):
    plan = LeastSites().solve_table(stores[0], limit_s=5_000)
    assert (plan.value, plan.status, len(plan.sites)) == (8, "optimal", 8)
    assert plan.verify()


def test_san_francisco_walks(stores):
    reach, demand = stores
    median = PMedian(sites=4).solve_table(reach, demand)
    assert (round(median.value, 4), median.status) == (2_848_268_129.7145, "optimal")
    center = PCenter(sites=4).solve_table(reach, demand)
    assert (round(center.value, 4), center.status) == (7_403.0638, "optimal")
    assert median.verify()
    assert center.verify()

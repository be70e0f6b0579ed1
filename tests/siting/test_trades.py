"""Exchanges and bounds around a plan equal what a dense matrix and every choice say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from planner.siting import trades
from planner.siting.certificate import certified, certify
from tests.siting.asked import best_with, cases_of, value_of


@pytest.mark.parametrize("seed", range(40))
def test_sites_added_are_valued_as_the_matrix_has_it(seed):
    for one in cases_of(seed):
        question = one.question
        rng = np.random.default_rng(seed)
        for _turn in range(3):
            chosen = question.required | (question.free & (rng.random(question.price.size) < 0.3))
            values = trades.values_with(question, chosen)
            for j in range(values.size):
                if not question.free[j] or chosen[j]:
                    assert np.isnan(values[j])
                    continue
                best = value_of(one, (*np.flatnonzero(chosen).tolist(), j))
                assert np.isnan(values[j]) if best is None else values[j] == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_any_multipliers_bound_every_plan_with_a_site(seed):
    rng = np.random.default_rng(seed)
    for one in cases_of(seed):
        question = one.question
        for scale in (0.3, 3.0, 30.0, 3_000.0):
            wild = np.abs(rng.normal(0, scale, question.weight.size))
            certificate = certify(question, wild, rate=abs(rng.normal()), radius=rng.uniform(0, 700))
            bounds = trades.bounds_with(question, certificate)
            for j in np.flatnonzero(np.isfinite(bounds)).tolist():
                best = best_with(one, j)
                if best is not None:
                    beyond = bounds[j] - best if question.most else best - bounds[j]
                    assert beyond >= -1e-7 * max(1.0, abs(best))
                # Never worse than the plain certificate of the question that requires the site, but that this one may
                # merge more sites of maximum coverage.
                must = question.required.copy()
                must[j] = True
                plain = certified(
                    dataclasses.replace(question, required=must), certificate.multipliers, rate=certificate.rate,
                    radius=certificate.radius)  # fmt: skip
                if question.model in {"cover", "p_median"}:
                    ahead = plain - bounds[j] if question.most else bounds[j] - plain
                    assert ahead >= -1.0 - 1e-6 * abs(plain), (question.model, plain, bounds[j])


def test_what_adds_nothing_is_dropped_the_dearest_first():
    one = next(one for one in cases_of(3) if one.question.model == "max_cover")
    everything = one.question.free | one.question.required
    left = trades.trimmed(dataclasses.replace(one.question, purse=np.inf), everything)
    assert one.question.value(left) == one.question.value(everything)
    for j in np.flatnonzero(left & ~one.question.required):
        assert one.question.value(trades.without(left, j)) < one.question.value(left)

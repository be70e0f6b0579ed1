"""Check a proof by cases: the choices are split again and again, and each part has multipliers that bound it.

A split says of some sites that at most so many of them are open, or more. Where the parts make up the whole and none is
bounded above the plan, the plan is the best, and nothing of the solver that found the multipliers has to be believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from planner.siting.certificate import fractional, gathered
from planner.siting.questions import Question
from planner.siting.tables import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Split:
    """At most ``most`` of some sites are open, or more.

    Parameters
    ----------
    sites : int64 array
        Rows of the sites in the question.
    most
        A whole number.
    """

    sites: Ints
    most: int


@dataclass(frozen=True, eq=False)
class Leaf:
    """A part of the choices, and what bounds it.

    Parameters
    ----------
    path : tuple of (int, bool)
        The splits that lead to it, each with whether more are open.
    multipliers : float64 array (n,)
        One per demand.
    rates : float64 array (splits of the path,)
        What one site more or less than each split allows is worth.
    """

    path: tuple[tuple[int, bool], ...]
    multipliers: Floats
    rates: Floats


@dataclass(frozen=True, eq=False)
class Tree:
    """A proof by cases for maximum coverage.

    Parameters
    ----------
    splits, leaves
        The splits, and the parts that they leave.
    bound
        No plan is better.
    seal
        Digest of all numbers, as they were made.
    """

    splits: tuple[Split, ...]
    leaves: tuple[Leaf, ...]
    bound: float
    seal: str = ""

    def digest(self) -> str:
        """Sum up all numbers in one text."""
        text = sha256(np.array([self.bound]).tobytes())
        for split in self.splits:
            text.update(np.append(split.sites, split.most).astype("<i8").tobytes())
        for leaf in self.leaves:
            text.update(np.array(leaf.path, "<i8").tobytes())
            text.update(np.concatenate([leaf.multipliers, leaf.rates]).astype("<f8").tobytes())
        return text.hexdigest()


def sealed(tree: Tree) -> Tree:
    """Seal a tree."""
    return replace(tree, seal=tree.digest())


def whole_of(paths: Sequence[tuple[tuple[int, bool], ...]], depth: int = 0) -> bool:
    """Tell whether parts make up the whole: at each split there is one side and the other.

    Examples
    --------
    >>> whole_of([((0, False),), ((0, True), (1, False)), ((0, True), (1, True))])
    True
    >>> whole_of([((0, False),), ((0, True), (1, False))])
    False
    """
    if len(paths) == 1 and len(paths[0]) == depth:
        return True
    if not paths or any(len(path) <= depth for path in paths) or len({path[depth][0] for path in paths}) > 1:
        return False
    sides = [[path for path in paths if path[depth][1] is side] for side in (False, True)]
    return all(whole_of(side, depth + 1) for side in sides)


def settled_sites(question: Question, multipliers: Floats, value: float) -> tuple[Bools, Bools]:
    """Find by reduced costs the sites that a better plan may contain, and of them those that it must.

    Parameters
    ----------
    question
        Of maximum coverage.
    multipliers : float64 array (n,)
        Of a certificate.
    value
        What a plan is worth.

    Returns
    -------
    bool array (m,), bool array (m,)
        Free sites that stay in question, taken ones among them; sites that every better plan contains.
    """
    u = np.clip(multipliers, 0.0, question.weight)
    worth, free = gathered(question, u), question.distinct
    low, high, total = _rates(worth[free], question.price[free], question.left)
    bound = float((question.weight - u).sum() + worth[question.fixed].sum()) + total
    room = bound - value + 1e-9 * max(1.0, value)
    keep = free & (worth - low * question.price >= -room)
    return keep, keep & (worth - high * question.price > room)


def _rates(worth: Floats, price: Floats, purse: float) -> tuple[float, float, float]:
    """Find what a unit of the purse is worth: the last that is paid, the first that is not; and what all is worth."""
    ratio = np.where(worth > 0, worth / np.maximum(price, 1e-12), 0.0)
    order = np.argsort(-ratio, kind="stable")
    paid = np.cumsum(price[order])
    last = int(np.searchsorted(paid, purse * (1 - 1e-12), side="left"))
    if last >= order.size:
        return 0.0, 0.0, float(worth.clip(min=0).sum())
    low = float(ratio[order[last]])
    exact = abs(float(paid[last]) - purse) <= 1e-12 * max(1.0, purse)
    high = low if not exact else float(ratio[order[last + 1]]) if last + 1 < order.size else 0.0
    before = float(worth[order[:last]].clip(min=0).sum())
    return low, high, before + low * (purse - (float(paid[last - 1]) if last else 0.0))


def leaf_bound(question: Question, splits: Sequence[Split], leaf: Leaf, keep: Bools, take: Bools) -> float:
    """Bound what the plans of one part can cover.

    For a split of rate v >= 0: v times the open sites is at most v times ``most``; for v < 0, where more are open, at
    most v times ``most + 1``. What the sites are worth beyond that goes into the purse as ever.
    """
    u = np.clip(leaf.multipliers, 0.0, question.weight)
    worth = gathered(question, u)
    bound = float((question.weight - u).sum() + worth[question.fixed].sum())
    for (number, more), rate in zip(leaf.path, leaf.rates.tolist(), strict=True):
        split = splits[number]
        allowed = min(rate, 0.0) if more else max(rate, 0.0)
        worth[split.sites] -= allowed
        bound += allowed * (split.most + 1 if more else split.most)
    bound += float(worth[take].sum())
    open_sites = keep & ~take
    purse = question.left - float(question.price[take].sum())
    return bound + fractional(worth[open_sites], question.price[open_sites], purse)


def tree_bound(question: Question, multipliers: Floats, tree: Tree, value: float) -> float:
    """Compute the bound that a tree proves, given the multipliers of the certificate and what the plan is worth.

    Returns
    -------
    float
        Infinite where the parts do not make up the whole.
    """
    if not whole_of([leaf.path for leaf in tree.leaves]):
        return float("inf")
    keep, take = settled_sites(question, multipliers, value)
    bound = max(leaf_bound(question, tree.splits, leaf, keep, take) for leaf in tree.leaves)
    if question.whole:
        bound = float(np.floor(bound + 1e-6))
    return max(bound, value)  # sites were left out that no better plan contains: the plan itself may contain them

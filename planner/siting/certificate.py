"""Bound what any plan can reach from a vector of multipliers, in a few lines of numpy and without a solver.

For every 0 <= u <= w (w the weights, u the multipliers, one per demand) and every choice of open sites o:

- covered weight <= sum(w - u) + sum over sites of o times r, with r = the sum of u over the demand a site reaches. The
  right side is largest where the purse goes to the sites with the most r per price, in parts if need be.
- price of reaching N of a total W >= sum(u) - v (W - N) + sum of min(0, price - r), for u <= v w.
- weight times walk >= sum(u) + the p smallest of the sums over demand of min(0, w times walk - u).

A wrong vector gives a poor bound and never a false one: hence nothing of a solver has to be believed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from planner.siting.questions import Question, reached_within
from planner.siting.tables import Bools, Floats
from planner.walking.walkers import TOLERANCE_S

_BITS = 48  # of the 53 that a float64 holds: the rest is room for sums of overlapping sites


@dataclass(frozen=True, eq=False)
class Certificate:
    """Multipliers, and the bound they prove.

    Parameters
    ----------
    multipliers : float64 array (n,)
        One per demand, in the order of the ids.
    bound
        No plan is better.
    rate
        For ``cover``: the multiplier of the weight that must be reached.
    radius
        For ``p_center``: the longest walk at which the multipliers show the purse to be too small.
    seal
        The digest of all these, as they were made.
    """

    multipliers: Floats
    bound: float
    rate: float = 0.0
    radius: float = 0.0
    seal: str = ""

    def digest(self) -> str:
        """Sum up all numbers in one text, so that a change of any shows even where it would still prove the bound."""
        numbers = np.concatenate([self.multipliers, [self.bound, self.rate, self.radius]]).astype("<f8")
        return sha256(numbers.tobytes()).hexdigest()


def on_grid(values: Floats, total: float) -> Floats:
    """Round to multiples of a power of two, so small that it does not matter and so large that sums are exact.

    Examples
    --------
    >>> on_grid(np.array([1 / 3]), 1e6).tolist()
    [0.3333333320915699]
    """
    grid = 2.0 ** (_BITS - np.ceil(np.log2(max(total, 1.0))))
    return np.asarray(np.round(values * grid) / grid)


def certify(question: Question, multipliers: Floats, *, rate: float = 0.0, radius: float = 0.0) -> Certificate:
    """Make a certificate of multipliers that a solver or a subgradient found; what they may not be is cut off.

    Returns
    -------
    Certificate
    """
    scale = float(question.weight.sum()) if question.most else float(np.abs(multipliers).sum())
    rounded = on_grid(np.nan_to_num(multipliers, posinf=0.0, neginf=0.0), scale)
    one = Certificate(rounded, certified(question, rounded, rate=rate, radius=radius), rate, radius)
    return replace(one, seal=one.digest())


def certified(question: Question, multipliers: Floats, *, rate: float = 0.0, radius: float = 0.0) -> float:
    """Compute the bound that multipliers prove.

    Parameters
    ----------
    question
        What is asked.
    multipliers : float64 array (n,)
        Any numbers at all.
    rate, radius
        As in `Certificate`.

    Returns
    -------
    float
        Whole where values are.

    Examples
    --------
    Two sites reach 30 and 40 elders apart; one of them may be built, so that 40 is the most:

    >>> from planner.siting.tables import Reach
    >>> nobody = np.zeros(2, bool)
    >>> question = Question("max_cover", Reach.of_matrix([[5.0, np.nan], [np.nan, 5.0]]), np.array([30.0, 40.0]),
    ...     np.ones(2), np.ones(2), 1.0, nobody, nobody, nobody)
    >>> certified(question, np.array([30.0, 40.0])), certified(question, np.array([0.0, 0.0]))
    (40.0, 70.0)
    """
    if question.model == "max_cover":
        bound = _most_covered(question, multipliers)
        return float(np.floor(bound + 1e-6)) if question.whole else bound
    if question.model == "cover":
        bound = _least_price(question, multipliers, rate)
    elif question.model == "p_median":
        bound = _least_walking(question, multipliers)
    else:
        return _shortest_radius(question, multipliers, radius)
    return float(np.ceil(bound - 1e-6)) if question.whole else bound


def gathered(question: Question, multipliers: Floats, pairs: Bools | None = None) -> Floats:
    """Sum multipliers over the demand that each site reaches, shape (m,)."""
    reach = question.reach
    parts = multipliers[reach.demand] if pairs is None else np.where(pairs, multipliers[reach.demand], 0.0)
    return np.bincount(reach.site, parts, reach.site_ids.size).astype(np.float64)


def fractional(worth: Floats, price: Floats, purse: float) -> float:
    """Fill a purse with the parts of sites that are worth most: no whole choice is worth more."""
    if purse <= 0:
        return float(worth[(price <= 0)].clip(min=0).sum())
    ratio = np.where(worth > 0, worth / np.maximum(price, 1e-12), 0.0)
    order = np.argsort(-ratio, kind="stable")
    worth, price = worth[order].clip(min=0), price[order]
    before = np.concatenate([[0.0], np.cumsum(price)[:-1]])
    part = np.clip((purse - before) / np.maximum(price, 1e-12), 0.0, 1.0)
    part[price <= 0] = 1.0
    return float((part * worth).sum())


def _most_covered(question: Question, multipliers: Floats) -> float:
    u = np.clip(multipliers, 0.0, question.weight)
    worth = gathered(question, u)
    always, free = float(worth[question.fixed].sum()), question.distinct
    rest = float((question.weight - u).sum())
    return rest + always + fractional(worth[free], question.price[free], question.left)


def _least_price(question: Question, multipliers: Floats, rate: float) -> float:
    slack = max(float(question.weight.sum()) - question.need, 0.0)
    u = np.clip(multipliers, 0.0, np.where(question.weight > 0, rate * question.weight, 0.0))
    worth = gathered(question, u)
    spared = rate * slack
    short = np.minimum(0.0, question.price - worth)[question.free].sum()
    new = question.required & ~question.existing
    return float(
        u.sum() - spared + short + (question.price - worth)[new].sum() - worth[question.existing].sum()
    )  # what stands in any case serves its demand in any case


def _least_walking(question: Question, multipliers: Floats) -> float:
    reach, counts = question.reach, question.weight > 0
    u = np.where(counts, multipliers, 0.0)
    less = np.minimum(0.0, question.weight[reach.demand] * reach.seconds - u[reach.demand])
    saving = np.bincount(reach.site, less * counts[reach.demand], reach.site_ids.size).astype(np.float64)
    free = question.free
    return float(u.sum() + saving[question.fixed].sum()) - fractional(
        -saving[free], question.price[free], question.left
    )


def _shortest_radius(question: Question, multipliers: Floats, radius: float) -> float:
    """Name the next walk above a radius, if the multipliers show that the purse is too small for that radius."""
    counts = question.weight > 0
    pairs = reached_within(question, radius)
    u = np.where(counts, np.maximum(multipliers, 0.0), 0.0)
    worth = gathered(question, u, pairs)
    free = question.free
    new = question.required & ~question.existing
    least = u.sum() + np.minimum(0.0, question.price - worth)[free].sum()
    least += (question.price - worth)[new].sum() - worth[question.existing].sum()
    if least <= question.purse + 1e-6 * max(1.0, question.purse):
        return 0.0
    above = question.reach.seconds[question.reach.seconds > radius + TOLERANCE_S]
    return float(above.min()) if above.size else np.inf

"""Choose sites greedily: the first plan, which every later step only betters."""

from __future__ import annotations

import numpy as np

from planner.siting import kernels
from planner.siting.search.cores import Core
from planner.siting.tables import Rows


def greedy(core: Core) -> Rows:
    """Fill the purse with the site that adds most, or most per price, whichever covers more.

    Parameters
    ----------
    core
        The open part of a question.

    Returns
    -------
    int32 array
        Sites of the core, in the order chosen.
    """
    cover = core.cover
    pattern = (cover.site_indptr, cover.group, cover.group_indptr, cover.site, cover.weight)
    ways = (False,) if np.unique(core.price).size <= 1 else (False, True)
    plans = [kernels.fill(*pattern, core.price, core.purse, by_price) for by_price in ways]
    return max(plans, key=cover.value)

"""Choose sites on plain arrays: the compiled core that knows no tables and no units.

Axes and shapes, written once for every function here:

- ``g`` groups of demand, ``m`` sites. The groups a site covers are ``group[site_indptr[j]:site_indptr[j + 1]]`` and the
  sites that cover a group ``site[group_indptr[i]:group_indptr[i + 1]]``; members are int32, pointers int64, members
  ascend. ``weight`` (g,) is what a covered group is worth, ``price`` (m,) what a site takes of the ``purse``.
- Nothing is drawn at random here: random numbers come in as arrays, so that the same input gives the same output.

Every function releases the interpreter lock and is compiled once per machine; none is parallel.
"""

from __future__ import annotations

from planner.siting.kernels.duals import ascend, cut_rows
from planner.siting.kernels.exchange import climb, fill
from planner.siting.kernels.medians import median_ascend, median_climb
from planner.siting.kernels.patterns import alike, overlap, transpose

__all__ = ["alike", "ascend", "climb", "cut_rows", "fill", "median_ascend", "median_climb", "overlap", "transpose"]

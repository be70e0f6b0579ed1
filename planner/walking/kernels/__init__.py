"""Find shortest walks on plain arrays: the compiled core that knows no tables, no geometry and no units.

Axes and shapes, written once for every function here:

- ``n`` nodes, ``a`` arcs. The arcs of node ``i`` are ``indptr[i]:indptr[i + 1]`` (int32), ``neighbour[a]`` (int32) is
  the node at the arc's other end, ``cost[a]`` (float64, >= 0, ``inf`` where nobody may walk) the cost of walking it.
  A search *towards* its seeds (which facility is nearest?) takes the cost of walking each arc backwards.
- A **seed** is a node where a search starts and what was paid before it: ``seed_node[s]`` (int32), ``seed_cost[s]``
  (float64, ascending).
- A **position** (`POSITION`) is where a place meets the network: somewhere along an edge. Rows are ordered by place;
  a place may have several.
- Costs are float64 and are never rounded. Two walks of exactly the same cost are told apart by the lower seed or place,
  so that an answer does not hang on the order of the work.

The queue is a ring of buckets, each some mean arcs wide and kept as a chain of small blocks that are used again, so
memory follows the frontier and not the number of arcs. Inside a bucket labels are corrected, between buckets they are
settled (Dial 1969, doi:10.1145/363269.363610; Meyer and Sanders 2003, "Delta-stepping",
doi:10.1016/S0196-6774(03)00076-2).

Every function releases the interpreter lock and is compiled once per machine; the compiled code is cached and hence
not parallel: threads run over origins, outside (`planner.walking.search`).
"""

from __future__ import annotations

from planner.walking.kernels.k_nearest import arrive_k, sweep_k
from planner.walking.kernels.nearest import POSITION, arrive, choose, sweep, trace
from planner.walking.kernels.queue import LABEL, bucket_ring
from planner.walking.kernels.tables import table

__all__ = ["LABEL", "POSITION", "arrive", "arrive_k", "bucket_ring", "choose", "sweep", "sweep_k", "table", "trace"]

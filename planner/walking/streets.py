"""Hold streets as every source yields them: points joined by straight pieces, before anything is contracted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer


@dataclass(frozen=True)
class Streets:
    """Straight pieces of walkable ways between numbered points.

    Parameters
    ----------
    xy : float64 array (n, 2)
        Points, x (east) before y (north), in ``crs``.
    a, b : int64 arrays (s,)
        The points at the ends of each piece.
    code : uint8 array (s,)
        Kind of way, a position in ``classes``.
    forward, backward : bool arrays (s,)
        Whether the piece may be walked from a to b, and from b to a.
    crs
        Of ``xy``; geographic or projected.
    classes
        Names of the kinds of way.
    length_m : float64 array (s,), optional
        Lengths that the source states; left out, they are measured in the compute CRS.
    thoroughfare : bool array (s,), optional
        Whether the piece stays open to everybody inside a gated compound; left out, none does.
    notes
        What was met while reading, by name: counts, and lists of places worth a look.
    """

    xy: NDArray[np.float64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    code: NDArray[np.uint8]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    crs: CRS
    classes: tuple[str, ...]
    length_m: NDArray[np.float64] | None = None
    thoroughfare: NDArray[np.bool_] | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def projected(self, crs: CRS) -> NDArray[np.float64]:
        """Give the points in another CRS, x before y, shape (n, 2)."""
        if self.crs == crs:
            return self.xy
        to = Transformer.from_crs(self.crs, crs, always_xy=True)
        return np.column_stack(to.transform(self.xy[:, 0], self.xy[:, 1]))


def pieces(
    ragged: NDArray[np.int64], indptr: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut chains of points into straight pieces.

    Parameters
    ----------
    ragged : int64 array (v,)
        Points of all chains, one after another.
    indptr : int64 array (c + 1,)
        Where each chain begins.

    Returns
    -------
    a, b : int64 arrays (s,)
        Points at the ends of each piece.
    chain : int64 array (s,)
        The chain each piece comes from.

    Examples
    --------
    >>> a, b, chain = pieces(np.array([7, 8, 9, 3, 4]), np.array([0, 3, 5]))
    >>> a.tolist(), b.tolist(), chain.tolist()
    ([7, 8, 3], [8, 9, 4], [0, 0, 1])
    """
    owner = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    inside = owner[1:] == owner[:-1] if owner.size else np.zeros(0, bool)
    return ragged[:-1][inside], ragged[1:][inside], owner[1:][inside]

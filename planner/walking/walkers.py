"""Describe who walks: how fast, and hence what every metre of street costs them in seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.walking.network import WalkNetwork

TOLERANCE_S = 1e-6
"""A walk of exactly the limit passes. Sums of float64 seconds err by far less than this, a millisecond is far more."""


@dataclass(frozen=True)
class Walker:
    """A person who walks, on the flat.

    Parameters
    ----------
    name
        How the walker is called.
    speed_mps
        Metres per second on the flat.

    Raises
    ------
    InputError
        The speed is not above 0 and finite.

    Examples
    --------
    >>> WALKERS["elder"].speed_mps, WALKERS["elder"].reach_m(600)
    (0.8, 480.0)
    """

    name: str
    speed_mps: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.speed_mps) and self.speed_mps > 0):
            raise InputError(
                Fault(
                    _("the walking speed is {speed} m/s").format(speed=self.speed_mps),
                    where=_("walker {name}").format(name=self.name),
                    todo=_("give a speed above 0, such as 0.8"),
                )
            )

    def reach_m(self, seconds: float) -> float:
        """Tell how far the walker gets in some seconds, metres."""
        return seconds * self.speed_mps

    def seconds(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tell how long a straight, level way takes, seconds, same shape."""
        return np.asarray(metres, np.float64) / self.speed_mps

    def edge_seconds(self, network: WalkNetwork) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Tell how long each edge takes from u to v and from v to u, seconds, shape (m,); ``inf`` against a one-way."""
        seconds = self.seconds(network.edge_length_m)
        if not network.one_way:
            return seconds, seconds
        return np.where(network.edge_forward, seconds, np.inf), np.where(network.edge_backward, seconds, np.inf)


# Speeds from studies of elders' walking: Asher et al. 2012 (doi:10.1093/ageing/afs076) 0.9 m/s for men and 0.8 for
# women over 65; Kan et al. 2009 (doi:10.1007/s12603-009-0246-z) 0.8 m/s as the cut-off of poor outcome and 0.6 m/s of
# frailty. 0.8 m/s also gives the 480 m in 10 minutes that GB 50180-2018 rounds to 500 m.
WALKERS = {walker.name: walker for walker in (Walker("standard", 1.0), Walker("elder", 0.8), Walker("frail", 0.6))}
"""The three walkers that stand beside every verdict."""


def within(seconds: NDArray[np.float64], limit_s: float) -> NDArray[np.bool_]:
    """Say which walks take at most the limit: exactly the limit passes, a millisecond more does not.

    Parameters
    ----------
    seconds : float64 array
        Unrounded; NaN and ``inf`` never pass.
    limit_s : float
        Seconds.

    Returns
    -------
    bool array, same shape

    Examples
    --------
    >>> within(np.array([900.0, 900.001, np.nan]), 900.0).tolist()
    [True, False, False]
    """
    return np.asarray(seconds) <= limit_s + TOLERANCE_S

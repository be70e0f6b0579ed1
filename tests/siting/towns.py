"""Generated towns: homes in clusters and strewn, half the sites at homes, reach as the crow flies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from planner.siting import Reach


@dataclass(frozen=True)
class Town:
    """Pairs of home and site within reach, metres for seconds, and elders of each home."""

    homes: int
    sites: int
    home: np.ndarray
    site: np.ndarray
    metres: np.ndarray
    elders: np.ndarray

    def reach(self) -> Reach:
        """As the models take it."""
        return Reach.of_pairs(np.arange(self.homes), np.arange(self.sites), self.home, self.site, self.metres)


def town(homes: int, sites: int, *, side_m: float, radius_m: float = 800.0, seed: int = 0) -> Town:
    """Make a town: 60 % of the homes in clusters (40 per 100 square kilometres, 600 m wide), 5 to 199 elders each."""
    rng = np.random.default_rng(seed)
    clusters = max(4, int(40 * (side_m / 10_000) ** 2))
    centre, many = rng.random((clusters, 2)) * side_m, int(homes * 0.6)
    near = centre[rng.integers(clusters, size=many)] + rng.normal(0, 600.0, (many, 2))
    xy = np.vstack([near, rng.random((homes - many, 2)) * side_m]).clip(0, side_m)
    at_home = xy[rng.choice(homes, sites // 2, replace=False)]
    where = np.vstack([at_home, rng.random((sites - sites // 2, 2)) * side_m])
    elders = rng.integers(5, 200, homes).astype(float)
    lists = cKDTree(xy).query_ball_point(where, radius_m)
    site = np.repeat(np.arange(sites), [len(one) for one in lists])
    home = np.concatenate([np.array(one, int) for one in lists])
    return Town(homes, sites, home, site, np.hypot(*(xy[home] - where[site]).T), elders)

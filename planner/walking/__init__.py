"""The walking network and the shortest-path core: sources, walkers, snapping, kernels, searches."""

from planner.walking.network import WalkNetwork
from planner.walking.search import Nearest, Places, Streetwise, Table
from planner.walking.snapping import Snapped, Snapper
from planner.walking.sources import read_network, read_streets
from planner.walking.walkers import TOLERANCE_S, WALKERS, Walker, within

__all__ = [
    "TOLERANCE_S",
    "WALKERS",
    "Nearest",
    "Places",
    "Snapped",
    "Snapper",
    "Streetwise",
    "Table",
    "WalkNetwork",
    "Walker",
    "read_network",
    "read_streets",
    "within",
]

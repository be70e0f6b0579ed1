"""Choose where the next canteens and day-care centres go, with a bound that anyone can check."""

from planner.siting.alternatives import Alternative, alternatives
from planner.siting.curves import Curve, curve
from planner.siting.effort import Effort, Progress
from planner.siting.explaining import Explanation, explain
from planner.siting.models import LeastSites, MaxCover
from planner.siting.plans import Plan
from planner.siting.schemes.options import Way
from planner.siting.tables import Reach
from planner.siting.walkmodels import PCenter, PMedian

__all__ = [
    "Alternative",
    "Curve",
    "Effort",
    "Explanation",
    "LeastSites",
    "MaxCover",
    "PCenter",
    "PMedian",
    "Plan",
    "Progress",
    "Reach",
    "Way",
    "alternatives",
    "curve",
    "explain",
]

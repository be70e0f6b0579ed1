"""Read the law as dated data: every number with its unit, document, clause and quote."""

from planner.standards.documents import Document
from planner.standards.loading import Standards, circle, load, load_folder, profile
from planner.standards.model import RANKS, Circle, Limit, Source, Target, Words
from planner.standards.own import PER_100_HOUSEHOLDS, per_100_households
from planner.standards.provisions import Minimum, Passage, Profile, Provision, Ratio, Scope
from planner.standards.quotes import missing_quotes

__all__ = [
    "PER_100_HOUSEHOLDS",
    "RANKS",
    "Circle",
    "Document",
    "Limit",
    "Minimum",
    "Passage",
    "Profile",
    "Provision",
    "Ratio",
    "Scope",
    "Source",
    "Standards",
    "Target",
    "Words",
    "circle",
    "load",
    "load_folder",
    "missing_quotes",
    "per_100_households",
    "profile",
]

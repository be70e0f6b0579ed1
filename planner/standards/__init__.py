"""Read the law as dated data: every number with its unit, document, clause and quote."""

from planner.standards.loading import Standards, circle, load, load_folder
from planner.standards.model import Circle, Document, Limit, Source, Target, Words

__all__ = [
    "Circle",
    "Document",
    "Limit",
    "Source",
    "Standards",
    "Target",
    "Words",
    "circle",
    "load",
    "load_folder",
]

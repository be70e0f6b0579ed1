"""Test the circles: who can walk to the services they are promised, and how many elders that is."""

from planner.coverage.circles import CircleCoverage, test

__all__ = ["CircleCoverage", "test"]

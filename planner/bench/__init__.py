"""Measure the walking core against its peers: ratios of medians, runs interleaved."""

from planner.bench.cases import run

__all__ = ["run"]

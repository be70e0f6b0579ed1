"""Settle how many elders live in each compound: given, or spread from the totals of areas and grids."""

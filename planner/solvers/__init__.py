"""Hold the solvers that `planner.solving` uses: HiGHS by highspy, or the HiGHS that scipy brings."""

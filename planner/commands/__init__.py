"""Hold the commands of the command line that planner.cli puts together."""

"""Open files of every known format as raw cells, shapes and row numbers, before anything is understood."""

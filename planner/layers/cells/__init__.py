"""Read cells as numbers, days, words and codes, and doubt what cannot be."""

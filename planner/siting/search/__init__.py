"""Find answers to questions about one service, and the multipliers that bound them."""

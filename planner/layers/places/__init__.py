"""Settle what coordinates mean, hold them against the streets, and mend outlines."""

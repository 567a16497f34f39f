"""Intervals and tests. No torch."""

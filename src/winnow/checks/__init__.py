"""Findings about a data set, each with a stable id."""

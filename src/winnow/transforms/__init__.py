"""Pixels: how an image becomes a fixed array, and how training varies it."""

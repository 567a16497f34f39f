"""Predictions of a bundle and what they are worth."""

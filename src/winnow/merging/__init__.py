"""Settling generated files after a Git conflict."""

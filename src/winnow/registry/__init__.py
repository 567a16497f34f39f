"""Versions and stages of a model, kept in Git's tags as GTO names them: what counts as registered, and why."""

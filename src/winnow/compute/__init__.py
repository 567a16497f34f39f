"""Mapping over parts and chunks: in processes of this machine, or on a Ray cluster that is there."""

"""Architectures by name, and the bundle that carries a trained one."""

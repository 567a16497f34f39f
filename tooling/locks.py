"""Compile requirements/*.txt: one lock for each role, all of the same versions."""

from tooling.running import Command, must, say

# The first one leads: the others take their versions from it.
LOCKS: dict[str, Command] = {
    "dev": ("pyproject.toml", "--all-extras", "--group", "dev"),
    "uv": ("--group", "bootstrap"),
    "build": ("--group", "bootstrap", "--group", "build"),
    "prepare": ("pyproject.toml", "--extra", "pipeline", "--extra", "cloud"),
    "train": ("pyproject.toml", "--extra", "train", "--extra", "cloud"),
    "serve": ("pyproject.toml", "--extra", "serve"),
    "serve-cloud": ("pyproject.toml", "--extra", "serve", "--extra", "serve-cloud"),
}


def compile_locks(*, upgrade: bool) -> None:
    """Write every lock; with `upgrade` from the newest versions."""
    options = ("--universal", "--generate-hashes", "--no-header", "--quiet", "--python-version", "3.11")
    for name, inputs in LOCKS.items():
        target = f"requirements/{name}.txt"
        follow = ("--upgrade",) * upgrade if name == "dev" else ("--constraints", "requirements/dev.txt")
        say(f"compiling {target}")
        must("uv", "pip", "compile", *inputs, *options, *follow, "--output-file", target)

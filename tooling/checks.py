"""What CI runs: each step with its command."""

from tooling.running import Command

LINT: dict[str, Command] = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "mypy": ("mypy",),
    "import contracts": ("lint-imports", "--no-logo"),
    "docs": ("python", "docs/generate.py", "--check"),
}
# Two workers with a thread each: torch's own threads would fight over the cores.
WORKERS: Command = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
TESTS: dict[str, Command] = {
    "coverage erase": ("coverage", "erase"),
    "tests": ("coverage", "run", "-m", "pytest", *WORKERS, "--durations", "10"),
    "coverage combine": ("coverage", "combine", "--quiet"),
    "coverage report": ("coverage", "report"),
}
FIX: dict[str, Command] = {
    "ruff check": ("ruff", "check", "--fix", "."),
    "ruff format": ("ruff", "format", "."),
    "docs": ("python", "docs/generate.py"),
}

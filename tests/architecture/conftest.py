"""The source tree as the architecture tests see it: modules by name, and what each imports."""

from pathlib import Path

import pytest

from winnow.provenance import SOURCE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; packages by theirs."""
    return {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


@pytest.fixture(scope="session")
def tools() -> dict[str, Path]:
    """The code beside the package, by its path: tasks, deployment, scripts of workflows, generators of pages."""
    folders = ("tooling", "deploy", "dockerfiles", ".github/scripts", "docs", "benchmarks")
    found = {path for folder in folders for path in (ROOT / folder).rglob("*.py")} | set(ROOT.glob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path for path in sorted(found)}


def module_name(path: Path) -> str:
    parts = ["winnow", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

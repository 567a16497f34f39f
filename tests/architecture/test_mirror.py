"""Tests mirror the source: where a module lives tells where its tests are."""

from pathlib import Path

# Modules without a test file of their own, each with the reason.
TESTED_ELSEWHERE = {
    "winnow.__main__": "runs cli.main, tests/cli/test_main.py starts it",
    "winnow.cli.stages": "three calls; tests/end_to_end runs them through DVC",
}


def expected_test(module: str) -> Path:
    *folders, name = module.split(".")
    return Path("tests", *folders[1:], f"test_{name.strip('_')}.py")


def is_mirrored(module: str, path: Path) -> bool:
    # A config module holds only fields: tests/test_params.py covers them all.
    holds_fields = path.name in {"config.py", "project_config.py"} and module != "winnow.config"
    return path.name != "__init__.py" and not holds_fields


def test_every_module_has_its_test_file(modules: dict[str, Path], root: Path) -> None:
    wanted = {name for name, path in modules.items() if is_mirrored(name, path)} - set(TESTED_ELSEWHERE)
    missing = [str(expected_test(name)) for name in sorted(wanted) if not (root / expected_test(name)).exists()]
    assert missing == []


def test_every_test_file_has_its_module(modules: dict[str, Path], root: Path) -> None:
    about_the_whole = {"architecture", "behaviour", "workflows", "end_to_end", "hostile"}
    known = {expected_test(name) for name in modules}
    known |= {Path("tests", "custom", f"test_{path.stem}.py") for path in (root / "custom").glob("*.py")}
    files = [path.relative_to(root) for path in (root / "tests").rglob("test_*.py")]
    assert [str(path) for path in files if path.parts[1] not in about_the_whole and path not in known] == []


def test_the_exceptions_are_real(modules: dict[str, Path], root: Path) -> None:
    assert set(TESTED_ELSEWHERE) <= set(modules)
    assert not any((root / expected_test(name)).exists() for name in TESTED_ELSEWHERE)

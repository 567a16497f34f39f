"""The wheel: built from what Git tracks, and installed where the checkout is out of sight."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="Git says which files belong to the package")
TESTS = "tests/test_errors.py"


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A small package with our pyproject.toml, in a Git of its own."""
    folder = tmp_path / "checkout"
    (folder / "src" / "winnow" / "data").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(root / name, folder)
    for name in ("__init__.py", "py.typed", "data/__init__.py", "data/schema.json"):
        (folder / "src" / "winnow" / name).touch()
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@needs_git
def test_the_wheel_holds_the_tracked_files_and_replaces_an_older_one(tooling: SimpleNamespace, checkout: Path) -> None:
    (checkout / "dist").mkdir()
    (checkout / "dist" / "winnow-0.0.1-py3-none-any.whl").touch()
    wheel = tooling.wheel.build_wheel(checkout)
    assert {"winnow/py.typed", "winnow/data/schema.json"} <= members(wheel)
    assert list((checkout / "dist").iterdir()) == [wheel]


@needs_git
def test_a_file_that_lay_around_and_one_that_was_forgotten_are_named_and_there_is_no_wheel(
    tooling: SimpleNamespace, checkout: Path
) -> None:
    (checkout / "src" / "winnow" / "notes.txt").touch()
    (checkout / "src" / "winnow" / "data" / "schema.json").unlink()
    with pytest.raises(tooling.running.Exit) as end:
        tooling.wheel.build_wheel(checkout)
    assert end.value.code == 1
    assert str(end.value).splitlines()[:2] == [
        "in the wheel, not tracked by Git: winnow/notes.txt",
        "tracked by Git, not in the wheel: winnow/data/schema.json",
    ]
    assert list((checkout / "dist").iterdir()) == []


def test_without_a_wheel_the_task_that_makes_one_is_named(tooling: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(tooling.running.Exit, match=r"found 0\nhint: python tasks.py wheel"):
        tooling.installed.check_installed(tmp_path)


def test_what_the_tests_need_beside_the_lock_of_training_is_locked_and_named_once(
    tooling: SimpleNamespace, root: Path
) -> None:
    train = (root / "requirements" / "train.txt").read_text(encoding="utf-8")
    tools = [line.partition("==")[0] for line in tooling.installed.tools_for_tests().splitlines() if "==" in line]
    assert tuple(tools) == tooling.installed.TEST_TOOLS
    assert [name for name in tools if f"\n{name}==" in train] == []
    assert [path for path in tooling.installed.TESTS if not (root / path).is_file()] == []


@needs_git
@pytest.mark.slow
def test_the_installed_wheel_is_what_is_tested_and_a_broken_one_is_found(
    tooling: SimpleNamespace,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # The lock of a service is small; what it names came with the environment, and no network is asked.
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("PYTHONPATH", str(root / "src"))
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    tooling.running.must("python", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    try:
        tooling.installed.check_installed(tmp_path, role="serve", tests=(TESTS,))
    except tooling.running.Exit as end:
        if "uv pip sync" in str(end):
            pytest.skip("uv no longer keeps the locked packages")
        raise
    assert f"winnow {tooling.wheel.version()}, from winnow-" in capfd.readouterr().out
    wheel = tooling.wheel.the_wheel(tmp_path)
    without(wheel, "winnow/errors.py")
    with pytest.raises(tooling.running.Exit):
        tooling.installed.check_installed(tmp_path, role="serve", tests=(TESTS,))
    assert "No module named 'winnow.errors'" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [wheel.name], "the environment is gone"


def without(wheel: Path, name: str) -> None:
    """Take a file out of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        kept = {each: archive.read(each) for each in archive.namelist() if each != name}
    record = next(each for each in kept if each.endswith("/RECORD"))
    kept[record] = b"".join(
        line for line in kept[record].splitlines(keepends=True) if not line.startswith(name.encode())
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for each, content in kept.items():
            archive.writestr(each, content)

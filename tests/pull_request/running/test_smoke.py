"""How the digits' folder is laid out; it runs in tests/commands/test_pr_pipeline.py."""

from pathlib import Path

import pytest
from rebuilt import write

from repository import CHECKOUT
from winnow.project import Project
from winnow.pull_request.running import smoke as module
from winnow.pull_request.running.smoke import smoke
from winnow.pull_request.running.streaming import Ran

RECIPE = (CHECKOUT / "recipes" / "digits.yaml").read_text(encoding="utf-8")
FLOW = (CHECKOUT / "dvc.yaml").read_text(encoding="utf-8")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, tuple[str, ...]]]:
    """What would have been run, and where."""
    called: list[tuple[Path, tuple[str, ...]]] = []

    def stream(project: Project, *words: str) -> Ran:
        called.append((project.root, words))
        return Ran(0, [])

    monkeypatch.setattr(module, "stream", stream)
    return called


def test_the_flow_is_laid_out_beside_the_data_with_the_code_of_this_checkout(
    tmp_path: Path, commands: list[tuple[Path, tuple[str, ...]]]
) -> None:
    flow = FLOW.replace("code: src/winnow", "code: ../src/winnow")
    write(tmp_path, {"recipes/digits.yaml": RECIPE, "cats/dvc.yaml": flow, "cats/custom/mine.py": "x = 1\n"})
    project = Project(tmp_path / "cats")
    result = smoke(tmp_path, project)
    assert result
    assert result.passed
    place = project.scratch / "smoke"
    assert commands == [
        (place, ("winnow", "add", "sklearn:digits")),
        (place, ("dvc", "repro", "--no-run-cache")),
    ]
    assert "  - code: ../../../src/winnow\n" in (place / "dvc.yaml").read_text(encoding="utf-8")
    assert "\n  epochs: 2\n" in (place / "params.yaml").read_text(encoding="utf-8")
    assert (place / "custom" / "mine.py").is_file()
    assert "no_scm = true" in (place / ".dvc" / "config").read_text(encoding="utf-8")


@pytest.mark.parametrize("files", [{"dvc.yaml": FLOW}, {"recipes/digits.yaml": RECIPE, "dvc.yaml": "stages: {}\n"}])
def test_a_repository_without_the_recipe_or_whose_flow_names_no_code_has_no_smoke_run(
    tmp_path: Path, files: dict[str, str], commands: list[tuple[Path, tuple[str, ...]]]
) -> None:
    write(tmp_path, files)
    assert smoke(tmp_path, Project(tmp_path)) is None
    assert not commands


def test_the_last_words_of_what_failed_are_kept_and_nothing_runs_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"recipes/digits.yaml": RECIPE, "dvc.yaml": FLOW})
    called = []

    def stream(project: Project, *words: str) -> Ran:
        called.append(words)
        return Ran(1, ["begun", f"no eyes in {project.root / 'data'}"])

    monkeypatch.setattr(module, "stream", stream)
    result = smoke(tmp_path, Project(tmp_path))
    assert result
    assert (result.passed, result.message) == (False, "begun\nno eyes in data")
    assert len(called) == 1

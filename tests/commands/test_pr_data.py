"""What is said of a pull request's data: no image is here, and none is asked for."""

import io
import zipfile
from pathlib import Path

import pytest
from branches import Branches, rows

from repository import CHECKOUT, call
from winnow.changes.record import DataDiff
from winnow.commands.pr_data import pr_data
from winnow.errors import ExitCode
from winnow.pull_request.handed.handover import read_data
from winnow.pull_request.record import Checks
from winnow.records import NotAvailable

FLOW = (CHECKOUT / "dvc.yaml").read_text(encoding="utf-8")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branches:
    """Twelve cats and twelve dogs on `main`, on a clone without parts."""
    made = Branches.create(tmp_path / "here")
    part = made.pack(*range(24))
    labels = {**rows(range(12)), **rows(range(12, 24), "dog")}
    made.commit(labels, parts=[part], dvc_yaml=FLOW)
    made.git("checkout", "-q", "-b", "topic")
    (made.project.images / part).unlink()
    monkeypatch.chdir(made.project.root)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return made


def zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*.json")):
            archive.write(path, path.relative_to(folder).as_posix())
    return content.getvalue()


@pytest.mark.slow
def test_findings_and_differences_are_handed_over_and_shown(made: Branches, tmp_path: Path) -> None:
    labels = made.labels()
    first = next(image for image, cells in labels.items() if cells[0] == "cat")
    commit = made.commit({**labels, first: ("dgo", *labels[first][1:])})
    result = pr_data("main", tmp_path / "out")
    assert result.exit_code is ExitCode.OK
    [(folder, run)] = read_data(zipped(tmp_path / "out" / "data"), commit).items()
    assert folder == "."
    assert isinstance(run.checks, Checks)
    assert run.checks.num_images == 24
    assert run.checks.findings
    assert run.checks.not_run, "without pixels some checks cannot be run"
    assert isinstance(run.diff, DataDiff)
    assert (run.diff.relabelled.count, run.diff.new_classes) == (1, ["dgo"])
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "dgo" in summary
    assert run.checks.findings[0].id in summary
    assert next(iter(result.lines())).startswith(".: 24 labelled images")


@pytest.mark.slow
def test_labels_that_cannot_be_read_are_no_failure_of_the_run(made: Branches, tmp_path: Path) -> None:
    (made.project.root / "data" / "labels.csv").write_text("id,label\nx\n", encoding="utf-8")
    call(made.project.root, "git", "commit", "-q", "-a", "-m", "broken")
    [run] = pr_data("main", tmp_path / "out").runs
    assert isinstance(run.checks, NotAvailable)
    assert isinstance(run.diff, NotAvailable)
    assert "labels.csv" in run.checks.not_available
    assert str(tmp_path) not in run.checks.not_available


def test_a_change_of_no_project_says_so(made: Branches, tmp_path: Path) -> None:
    made.commit(README_md="words")
    result = pr_data("main", tmp_path / "out")
    assert list(result.lines()) == ["no project of this repository is touched: nothing is handed over"]
    assert not list((tmp_path / "out").iterdir())

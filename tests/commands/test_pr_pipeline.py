"""What a run of a pull request's own code hands over; its stages are small scripts that DVC really runs."""

import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from rebuilt import clone, commit, make_origin, names_below

from repository import CHECKOUT, call
from winnow.commands.pr_pipeline import PipelineResult, pr_pipeline
from winnow.errors import ExitCode, UsageError
from winnow.pull_request.handed.handover import read_pipeline
from winnow.pull_request.handed.records_handover import read_records
from winnow.pull_request.record import PipelineRun
from winnow.verdict.record.verdict import Verdict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a remote."""
    root = tmp_path_factory.mktemp("stored")
    return make_origin(root, root / "storage")


@pytest.fixture(scope="module")
def unstored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without a remote."""
    return make_origin(tmp_path_factory.mktemp("unstored"), None)


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def run_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_smoke: bool = False) -> tuple[PipelineResult, Path]:
    monkeypatch.chdir(folder)
    out = folder.parent / "handover"
    return pr_pipeline("origin/main", out, is_smoke=is_smoke), out


def zipped(folder: Path) -> bytes:
    """Return a folder as the artifact that is made of it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in sorted(names_below(folder)):
            archive.write(folder / name, name)
    return content.getvalue()


def read_run(out: Path, kind: str = "verdict") -> PipelineRun:
    return PipelineRun.from_dict(read(out / kind / "0" / "run.json"), "run.json")


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_what_is_stale_is_rebuilt_and_all_of_it_is_handed_over(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, summary: Path
) -> None:
    here = clone(stored, tmp_path / "clone", knob_txt="2")
    result, out = run_in(here, monkeypatch)
    run = read_run(out)
    assert (run.state, run.stages, run.reason) == ("rebuilt", ["prepare", "train"], "")
    assert not run.is_lock_current
    assert run.commit == call(here, "git", "rev-parse", "HEAD").strip()
    assert run.base == call(here, "git", "rev-parse", "origin/main").strip()
    assert run == read_run(out, "records")
    [(folder, received)] = read_pipeline(zipped(out / "verdict"), run.commit).items()
    assert (folder, received.run) == (".", run), "whoever reads it takes it"
    assert received.verdict
    assert (received.verdict.outcome.call, received.verdict.base.commit) == ("inconclusive", run.base)
    [records] = read_records(zipped(out / "records"), run.commit)
    assert records.files["dvc.lock"] == (here / "dvc.lock").read_bytes()
    assert names_below(out / "records" / "0" / "files") == {
        "dvc.lock",
        "reports/metrics.json",
        "reports/predictions.parquet",
    }
    objects = {name for name in names_below(out / "objects") if name.startswith("files/")}
    # The weights, the shape and the list of both. What is never pushed stays here.
    assert names_below(out / "objects") == {*objects, "0/dvc.lock"}
    assert len(objects) == run.store.num_objects == 3
    assert b"2" in {(out / "objects" / name).read_bytes() for name in objects}
    assert run.store.remote == "readable"
    assert result.exit_code is ExitCode.OK
    assert "inconclusive" in summary.read_text(encoding="utf-8")
    assert [step.name for step in run.steps][-3:] == ["dvc repro", "verdict", "pack"]


def test_a_stage_that_fails_says_its_last_words_and_nothing_is_to_be_committed(
    unstored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, summary: Path
) -> None:
    here = clone(unstored, tmp_path / "clone", knob_txt="break <b>@team</b>")
    shutil.copytree(unstored / "data" / "images", here / "data" / "images")
    result, out = run_in(here, monkeypatch)
    run = read_run(out)
    assert (run.state, run.stages) == ("failed", ["prepare", "train"])
    lines = run.reason.splitlines()
    assert lines[0] == "Running stage 'train':"
    assert "no such image: knob.txt" in lines, "neither colours nor a place on this disk"
    assert lines[-1] == "ERROR: failed to reproduce 'train': failed to run: python scripts/train.py, exited with 1"
    assert names_below(out) == {"verdict/0/run.json", "records/0/run.json"}
    assert result.exit_code is ExitCode.FAILED
    assert "<b>@team</b>" not in summary.read_text(encoding="utf-8")


def test_data_that_cannot_be_had_leaves_what_git_holds_to_be_judged(
    unstored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = clone(unstored, tmp_path / "clone", knob_txt="2")
    result, out = run_in(here, monkeypatch)
    run = read_run(out)
    assert (run.state, run.stages, run.store.remote) == ("in git", [], "none")
    assert run.reason == (
        "data/images.dvc: not here, and there is no remote to pull from; what the commit holds is judged"
    )
    assert names_below(out) == {"verdict/0/run.json", "verdict/0/verdict.json", "records/0/run.json"}
    assert result.exit_code is ExitCode.OK
    assert not call(here, "git", "status", "--porcelain", "--untracked-files=no")


def test_a_change_that_no_stage_reads_runs_nothing_and_downloads_nothing(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = clone(stored, tmp_path / "clone", reports__note_md="nothing else changed")
    result, out = run_in(here, monkeypatch)
    run = read_run(out)
    assert (run.state, run.stages, run.is_lock_current, run.store.num_objects) == ("unchanged", [], True, 0)
    assert not (here / "data" / "images").exists()
    assert result.exit_code is ExitCode.OK


def test_a_change_of_no_project_hands_nothing_over_and_says_so(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, summary: Path
) -> None:
    here = clone(stored, tmp_path / "clone", README_md="other words")
    result, out = run_in(here, monkeypatch)
    assert (list(out.iterdir()), result.exit_code) == ([], ExitCode.OK)
    assert list(result.lines()) == ["no project of this repository is touched: nothing is handed over"]
    assert "no project of this repository is touched" in summary.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="expected an empty folder"):
        pr_pipeline("origin/main", here)
    (here / "knob.txt").write_text("3", encoding="utf-8")
    with pytest.raises(UsageError, match="expected a clean work tree"):
        pr_pipeline("origin/main", tmp_path / "other")


def test_a_smoke_run_uses_the_digits_alone_and_judges_what_git_holds(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = (CHECKOUT / "recipes" / "digits.yaml").read_text(encoding="utf-8")
    script = "import os\nassert len(os.listdir('data/images')) == 1\nassert 'epochs: 2' in open('params.yaml').read()\n"
    flow = "vars:\n  - code: scripts\nstages:\n  look:\n    cmd: python ${code}/look.py\n    deps: [data/images]\n"
    files = {"recipes/digits.yaml": recipe, "scripts/look.py": script, "dvc.yaml": flow}
    here = clone(stored, tmp_path / "clone")
    commit(here, files)
    result, out = run_in(here, monkeypatch, is_smoke=True)
    run = read_run(out)
    assert run.smoke
    assert (run.smoke.passed, run.smoke.message) == (True, "")
    assert (run.state, run.store.remote, run.store.num_objects) == ("in git", "not readable", 0)
    assert result.exit_code is ExitCode.OK
    assert not (here / "data" / "images").exists()


def test_the_first_pull_request_of_a_fresh_fork_is_rebuilt_without_any_remote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = tmp_path / "template"
    listed = call(CHECKOUT, "git", "ls-files", "-z", "--", ".", ":!tests", ":!docs", ":!.github").split("\0")
    for name in filter(None, listed):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, origin / name)
    call(origin, "git", "init", "-q", "-b", "main")
    commit(origin, {})
    params = (origin / "params.yaml").read_text(encoding="utf-8")
    params = re.sub(r"(?m)^  epochs: \d+$", "  epochs: 1", params)
    params = params.replace("bootstrap_samples: 2000", "bootstrap_samples: 200").replace("int8: true", "int8: false")
    params = params.replace("batch_sizes: [8, 32]", "batch_sizes: [2]").replace("threads: null", "threads: 1")
    here = clone(origin, tmp_path / "clone", params_yaml=params)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = (here / "data" / "images.dvc").read_bytes()
    result, out = run_in(here, monkeypatch)
    run = read_run(out)
    assert (run.state, run.stages, run.reason) == ("rebuilt", ["prepare", "train", "evaluate", "export"], "")
    assert (run.store.remote, run.store.num_objects) == ("none", 0)
    verdict = Verdict.from_dict(read(out / "verdict" / "0" / "verdict.json"), "verdict.json")
    assert verdict.outcome.call == "worse"
    assert result.exit_code is ExitCode.OK, "the report judges, the run has done its work"
    assert (here / "data" / "images.dvc").read_bytes() == before
    assert "reports/predictions.parquet" in names_below(out / "records" / "0" / "files")

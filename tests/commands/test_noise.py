"""`winnow noise`: what it refuses, and (slow) two seeds of a project of a dozen tiny images."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from history import begin, commit, lock_text, md5, pipeline_text, write
from ruamel.yaml import YAML

from repository import call, save_class_folders, winnow, write_params
from winnow.commands import noise as command
from winnow.commands.noise import noise
from winnow.errors import DivergenceError, InputError, MachineError, UsageError
from winnow.pipeline import add, prepare
from winnow.project import Project
from winnow.verdict.judging.noise import NoiseReport

PARAMS = "# the whole truth\nschema: 1\ntrain:\n  seed: 7 # mine\n  name: 'x'\n  weights:\n"


def record(project: Project) -> None:
    """Write a pipeline and a lock that say: the model was trained with today's files."""
    params = YAML(typ="safe", pure=True).load(project.params.read_text(encoding="utf-8"))
    deps = {"data/labels.csv": md5(project.labels.read_bytes())}
    train = {"cmd": "run train", "deps": deps, "params": {"params.yaml": {"train": params["train"]}}}
    stages = {"train": train, "evaluate": {"cmd": "run evaluate", "deps": deps}}
    commit(project.root, {"dvc.yaml": pipeline_text("train", "evaluate"), "dvc.lock": lock_text(stages)})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Fifteen tiny images, prepared; nothing trained."""
    root = begin(tmp_path / "project")
    write(root, {".gitignore": "/data/images/\n/data/prepared/\n/.winnow/\n"})
    write_params(root, train__epochs=1, train__device="cpu", evaluate__bootstrap_samples=200)
    project = Project(root)
    add.run(project, str(save_class_folders(tmp_path / "pictures", per_class=5)), track=False)
    rows = project.labels.read_text(encoding="utf-8").splitlines()
    splits = ("train", "train", "val", "test")
    pinned = [f"{row}{splits[number % 4]}" for number, row in enumerate(rows[1:])]
    project.labels.write_text("\n".join([rows[0], *pinned]) + "\n", encoding="utf-8")
    prepare.run(project)
    return project


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 2 seeds, got 1"):
        noise(Project(tmp_path), num_seeds=1)


def test_only_what_is_up_to_date_is_measured(project: Project) -> None:
    with pytest.raises(UsageError, match="got none here"):
        noise(project, num_seeds=2)
    record(project)
    write(project.root, {"params.yaml": project.params.read_text(encoding="utf-8").replace("epochs: 1", "epochs: 2")})
    with pytest.raises(UsageError, match=r"train \(train\.epochs\)"):
        noise(project, num_seeds=2)


def test_a_seeds_params_differ_by_the_seed_alone(tmp_path: Path) -> None:
    project, run = Project(tmp_path / "here"), Project(tmp_path / "run")
    write(project.root, {"params.yaml": PARAMS})
    command._write_params(project, run, 9)
    assert run.params.read_text(encoding="utf-8") == PARAMS.replace("seed: 7", "seed: 9")


def test_files_are_linked_or_where_that_is_impossible_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, linked, copied = (tmp_path / name for name in ("source", "deep/linked", "deep/copied"))
    source.write_text("pixels", encoding="utf-8")
    command._link_file(source, linked)
    assert linked.samefile(source)

    def refuse(*_: object) -> None:
        raise OSError(18, "another disk")

    monkeypatch.setattr(os, "link", refuse)
    command._link_file(source, copied)
    assert copied.read_text(encoding="utf-8") == "pixels"
    assert not copied.samefile(source)


def test_only_metrics_are_compared() -> None:
    content = {"schema": 1, "task": "x", "accuracy": 0.5, "accuracy_low": 0.4, "num_test": 9, "threshold": 0.2}
    assert command._scores(content) == {"accuracy": 0.5}


def pretended_step(folder: Path, program: str) -> Project:
    """Return a folder in which `python -m winnow` is a program of the test's own."""
    write(folder, {"winnow.py": program})
    return Project(folder)


def test_a_step_is_a_process_in_its_seeds_folder(tmp_path: Path) -> None:
    program = "import os, pathlib, sys; pathlib.Path('ran').write_text(f'{os.getppid()} {sys.argv[1:]}')"
    command._run_step(pretended_step(tmp_path, program), "train", 3)
    assert (tmp_path / "ran").read_text(encoding="utf-8") == f"{os.getpid()} ['train']"


@pytest.mark.parametrize(("code", "error"), [(4, DivergenceError), (3, MachineError), (2, InputError)])
def test_a_step_that_fails_is_told_by_its_seed(tmp_path: Path, code: int, error: type[Exception]) -> None:
    run = pretended_step(tmp_path, f"raise SystemExit({code})")
    with pytest.raises(error, match=f"train with seed 3 ended with exit code {code}"):
        command._run_step(run, "train", 3)


def test_a_step_that_was_interrupted_interrupts(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        command._run_step(pretended_step(tmp_path, "raise SystemExit(130)"), "train", 3)


@pytest.mark.skipif(sys.platform == "win32", reason="there one process cannot interrupt another alone")
def test_an_interrupt_waits_until_the_step_has_saved_its_state(tmp_path: Path) -> None:
    # A shell starts what it runs in the background with this signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    program = """
import os, pathlib, signal, time
os.kill(os.getppid(), signal.SIGINT)
time.sleep(0.5)
pathlib.Path("saved").touch()
"""
    try:
        with pytest.raises(KeyboardInterrupt):
            command._run_step(pretended_step(tmp_path, program), "train", 3)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "saved").exists()


@pytest.mark.slow
def test_two_seeds_are_trained_once_and_kept_in_git(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    # That a step is a process of its own, and what its end means, is tested above.
    monkeypatch.setattr(command, "_run_step", lambda run, step, _: winnow(run.root, step))
    record(project)
    result = noise(project, num_seeds=2)
    assert NoiseReport.read(project) == result.report
    assert list(result.report.metrics) == ["1", "2"]
    assert result.report.metrics["1"].keys() >= {"accuracy", "log_loss", "val_accuracy"}
    assert result.report.spread["log_loss"].deviation > 0
    lines = result.lines()
    assert lines[0] == "2 seeds: 1, 2"
    assert any(line.startswith("accuracy ") for line in lines)
    assert json.loads(json.dumps(result.records()))["key"] == result.report.key
    runs = [project.scratch / "noise" / f"seed-{seed}" for seed in (1, 2)]
    assert [sorted(path.name for path in run.iterdir()) for run in runs] == [
        sorted(path.name for path in runs[0].iterdir())
    ] * 2
    assert not any((run / "models" / "bundle").exists() for run in runs)
    before = project.noise.read_bytes()
    project.noise.unlink()
    kept = Project(runs[0]).cost("train").stat().st_mtime_ns
    noise(project, num_seeds=2)
    assert project.noise.read_bytes() == before
    assert Project(runs[0]).cost("train").stat().st_mtime_ns == kept
    status = call(project.root, "git", "status", "--porcelain", "--untracked-files=all")
    assert "?? reports/noise.json" in status
    assert ".winnow" not in status

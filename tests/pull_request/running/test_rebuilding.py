"""Where the data comes from, and what is said without it; whole runs are in tests/commands/test_pr_pipeline.py."""

from pathlib import Path

import pytest
from branches import Branches, rows
from rebuilt import clone, forget_cache, make_origin

from winnow.ingest.source_arrays import DigitsSource
from winnow.pipeline import add
from winnow.project import Project
from winnow.pull_request.remote_state import RemoteState
from winnow.pull_request.running.rebuilding import Rebuilt, fetch_data, rebuild, restore_digits
from winnow.pull_request.running.rebuilding import _told as told
from winnow.pull_request.running.streaming import Ran
from winnow.repository.dry_run import DryRun

STALE = DryRun(is_current=False, stages=["train"], said="", lost=[], is_known=True)
NONE = RemoteState("none")


@pytest.fixture
def images(tmp_path: Path) -> Branches:
    """A project with images of its own, not one of which is here."""
    made = Branches.create(tmp_path / "here")
    part = made.pack(1, 2)
    made.commit(rows([1, 2]), parts=[part], dvc_yaml="stages: {}\n")
    (made.project.images / part).unlink()
    made.project.images.rmdir()
    forget_cache(made.project.root)
    return made


def test_a_current_lock_needs_no_data(images: Branches) -> None:
    current = DryRun(is_current=True, stages=[], said="", lost=[], is_known=True)
    assert rebuild(images.project, NONE, current) == Rebuilt("unchanged", is_lock_current=True)


def test_a_flow_that_cannot_be_read_has_failed(images: Branches) -> None:
    broken = DryRun(is_current=False, stages=[], said="'./dvc.yaml' is invalid.", lost=[], is_known=False)
    assert rebuild(images.project, NONE, broken) == Rebuilt(
        "failed", "DVC cannot read the pipeline: './dvc.yaml' is invalid."
    )


@pytest.mark.slow
def test_images_that_are_nowhere_are_told_with_the_reason(images: Branches) -> None:
    assert fetch_data(images.project, NONE) == "data/images.dvc: not here, and there is no remote to pull from"
    closed = RemoteState("not readable", "no credential")
    assert fetch_data(images.project, closed).endswith("the remote cannot be read: no credential")


@pytest.mark.slow
def test_half_of_the_images_are_not_taken_for_all(images: Branches) -> None:
    parts = [images.pack(number) for number in (3, 4)]
    images.commit(rows([3, 4]), parts=parts)
    (images.project.images / parts[1]).unlink()
    before = images.project.images_dvc.read_bytes()
    assert rebuild(images.project, NONE, STALE).state == "in git"
    assert images.project.images_dvc.read_bytes() == before


def test_images_that_are_no_digits_are_not_made(images: Branches) -> None:
    before = images.project.labels.read_bytes()
    assert not restore_digits(images.project)
    assert images.project.labels.read_bytes() == before
    assert not images.project.images.exists()


def test_an_output_that_cannot_be_had_leaves_the_files_as_they_were_committed(images: Branches) -> None:
    before = images.project.labels.read_bytes()
    images.project.labels.write_text("a stage began to write\n", encoding="utf-8")
    said = "ERROR: failed to reproduce 'train': missing data 'source': models/bundle"
    rebuilt = told(images.project, Ran(255, ["Running stage 'prepare':", said]))
    assert (rebuilt.state, rebuilt.stages) == ("in git", [])
    assert rebuilt.reason.startswith("an output that a stage needs cannot be had: failed to reproduce 'train'")
    assert images.project.labels.read_bytes() == before


def test_a_stage_that_speaks_of_missing_data_has_failed_all_the_same(images: Branches) -> None:
    said = "ERROR: failed to reproduce 'train': failed to run: echo missing data 'source', exited with 1"
    assert told(images.project, Ran(255, ["Running stage 'train':", said])).state == "failed"


@pytest.mark.slow
def test_digits_are_made_again_also_where_some_were_relabelled(tmp_path: Path) -> None:
    made = Branches.create(tmp_path / "here")
    add.run(made.project, "sklearn:digits")
    [part] = made.project.images.iterdir()
    content = part.read_bytes()
    labels = made.labels()
    first = next(iter(labels))
    made.commit({**labels, first: ("another", *labels[first][1:])})
    part.unlink()
    forget_cache(made.project.root)
    changed = made.project.labels.read_bytes()
    assert fetch_data(made.project, NONE) == ""
    assert part.read_bytes() == content
    assert made.project.labels.read_bytes() == changed
    assert made.git("status", "--porcelain", "--untracked-files=no") == ""
    assert len(labels) == DigitsSource().count()


@pytest.mark.slow
def test_an_object_that_nobody_pushed_is_told_before_a_stage_runs(tmp_path: Path) -> None:
    origin = make_origin(tmp_path, tmp_path / "storage")
    for path in (tmp_path / "storage").rglob("*.dir"):
        path.unlink()
    here = clone(origin, tmp_path / "clone", knob_txt="2")
    rebuilt = rebuild(Project(here), RemoteState("readable"), STALE)
    assert (rebuilt.state, rebuilt.stages) == ("in git", [])
    assert rebuilt.reason.startswith("data/images.dvc: not in the remote (`dvc push` where it was added")

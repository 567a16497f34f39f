import shutil
from pathlib import Path

import pytest
from branches import Branches, rows

from winnow.commands.doctor_data import doctor_data
from winnow.errors import ExitCode, InputError, UsageError
from winnow.ingest.publication import Journal, write_journal


@pytest.fixture
def branches(tmp_path: Path) -> Branches:
    """On branch main two parts, committed; a branch `work`, checked out, with a third."""
    made = Branches.create(tmp_path / "repository")
    parts = [made.pack(1, 2), made.pack(3)]
    made.commit(rows([1, 2, 3]), parts=parts)
    made.git("checkout", "-q", "-b", "work")
    made.commit(rows([1, 2, 3, 4]), parts=[*parts, made.pack(4)])
    return made


def states(branches: Branches, branch: str | None = None) -> dict[str, str]:
    return {answer.name: answer.state for answer in doctor_data(branches.project, branch).answers}


def lose(branches: Branches, *numbers: int, commit: bool = False) -> str:
    """Let the folder and `images.dvc` forget the part of these images, as `dvc repro` does; return its name."""
    lost = branches.pack(*numbers)
    (branches.project.images / lost).unlink()
    kept = [path.name for path in branches.project.images.iterdir()]
    branches.project.images_dvc.write_text(branches.images_dvc(kept), encoding="utf-8")
    if commit:
        branches.commit()
    return lost


def test_a_data_set_that_lost_nothing_is_well(branches: Branches) -> None:
    report = doctor_data(branches.project)
    assert report.exit_code is ExitCode.OK
    folder, head, base = report.lines()
    assert folder == "folder      ok: all parts are here"
    assert head.startswith("HEAD        ok: none of 3 parts of ")
    assert base.startswith("base        ok: none of 2 parts of ")


def test_a_part_that_is_about_to_be_lost_is_told_before_dvc_forgets_it(branches: Branches) -> None:
    next(branches.project.images.iterdir()).unlink()
    report = doctor_data(branches.project)
    assert report.exit_code is ExitCode.FAILED
    assert states(branches) == {"folder": "failed", "HEAD": "ok", "base": "ok"}
    assert "dvc checkout data/images.dvc" in report.answers[0].hint


def test_a_part_that_was_lost_since_head_is_named_with_the_way_back(branches: Branches) -> None:
    lost = lose(branches, 3)
    report = doctor_data(branches.project)
    assert report.exit_code is ExitCode.FAILED
    assert states(branches) == {"folder": "ok", "HEAD": "failed", "base": "failed"}
    _, head, base = report.answers
    assert head.text.startswith("1 of 3 parts of ")
    assert head.text.endswith(f"are lost with labelled images: {lost}")
    assert head.hint.startswith("git checkout -- data/images.dvc, then dvc checkout")
    assert "dvc repro --pull" in head.hint
    # The branch's own part would be dropped by the older file.
    assert base.hint.startswith(f"dvc get --rev {branches.git('rev-parse', 'main')[:12]} . data/images")


def test_a_loss_that_is_committed_is_found_by_where_the_branch_began(branches: Branches) -> None:
    lose(branches, 1, 2, commit=True)
    assert states(branches) == {"folder": "ok", "HEAD": "ok", "base": "failed"}
    assert states(branches, "work") == {"folder": "ok", "HEAD": "ok"}
    with pytest.raises(UsageError, match="expected a commit"):
        doctor_data(branches.project, "nowhere")


def test_on_a_clone_without_parts_the_remote_tells(branches: Branches, tmp_path: Path) -> None:
    branches.set_remote(tmp_path / "store")
    lose(branches, 1, 2, commit=True)
    branches.set_remote(tmp_path / "store")
    shutil.rmtree(branches.project.images)
    shutil.rmtree(branches.objects)
    assert states(branches) == {"folder": "ok", "HEAD": "ok", "base": "failed"}
    shutil.rmtree(tmp_path / "store")
    assert states(branches) == {"folder": "ok", "HEAD": "ok", "base": "unknown"}
    assert doctor_data(branches.project).exit_code is ExitCode.FAILED


def test_labels_that_dvc_tracks_need_not_be_checked_out(branches: Branches) -> None:
    md5 = branches.put(branches.project.labels.read_bytes())
    branches.project.labels_dvc.write_text(f"outs:\n- md5: {md5}\n  path: labels.csv\n", encoding="utf-8")
    branches.project.labels.unlink()
    lose(branches, 3)
    assert states(branches)["HEAD"] == "failed"
    branches.project.labels_dvc.unlink()
    with pytest.raises(InputError, match=r"labels\.csv"):
        doctor_data(branches.project)


def test_what_cannot_be_compared_is_not_taken_for_well(branches: Branches) -> None:
    write_journal(branches.project, Journal(untracked=["part-x.arrow"]))
    branches.git("branch", "-m", "main", "trunk")
    assert states(branches) == {"folder": "unknown", "HEAD": "ok", "base": "unknown"}
    assert any("winnow doctor data BRANCH" in line for line in doctor_data(branches.project).lines())
    branches.git("checkout", "-q", "--orphan", "main")
    branches.commit()
    assert states(branches, "trunk")["base"] == "unknown"


def test_before_the_first_commit_there_is_nothing_to_compare(tmp_path: Path) -> None:
    made = Branches.create(tmp_path / "repository")
    made.write_labels(rows([1]))
    assert states(made) == {"folder": "ok"}

"""A commit's files in a work tree of their own."""

import subprocess
from pathlib import Path

import pytest
from branches import Branches

from winnow.errors import MachineError
from winnow.project import Project
from winnow.repository.checkouts import checked_out, lend_storage, same_place
from winnow.repository.listings import open_objects


@pytest.fixture
def made(tmp_path: Path) -> Branches:
    """A project whose second commit has another knob."""
    made = Branches.create(tmp_path / "repository")
    made.commit(knob_txt="1")
    made.commit(knob_txt="2")
    return made


def test_a_checkout_is_there_for_a_while_and_touches_nothing(made: Branches, tmp_path: Path) -> None:
    (made.project.root / "knob.txt").write_text("3")
    with checked_out(made.project, made.git("rev-parse", "HEAD~1"), tmp_path / "work") as tree:
        assert (tree / "knob.txt").read_text() == "1"
        assert same_place(made.project, tree).params.is_file()
    assert not tree.exists()
    assert (made.project.root / "knob.txt").read_text() == "3"
    assert made.git("worktree", "list").count("\n") == 0


def test_a_checkout_goes_when_something_fails_in_it(made: Branches, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), checked_out(made.project, "HEAD", tmp_path / "work") as tree:
        raise ZeroDivisionError
    assert not tree.exists()


def test_a_commit_that_does_not_exist_has_no_checkout(made: Branches, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="invalid reference"), checked_out(made.project, "x" * 9, tmp_path / "w"):
        pass


def test_no_hook_runs_in_a_checkout(made: Branches, tmp_path: Path) -> None:
    hook = made.project.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    with checked_out(made.project, "HEAD", tmp_path / "work"):
        pass
    assert not (tmp_path / "ran").exists()
    subprocess.run([hook], check=True)
    assert (tmp_path / "ran").exists(), "the hook itself works"


def test_a_project_in_a_subfolder_is_found_again(made: Branches, tmp_path: Path) -> None:
    inner = made.project.root / "projects" / "moles"
    inner.mkdir(parents=True)
    assert same_place(Project(inner), tmp_path).root == tmp_path / "projects" / "moles"


def test_cache_and_remotes_are_lent_to_a_checkout(made: Branches, tmp_path: Path) -> None:
    md5 = made.put(b"a model")
    made.set_remote(tmp_path / "storage")
    with checked_out(made.project, "HEAD", tmp_path / "work") as tree:
        there = same_place(made.project, tree)
        lend_storage(made.project, there)
        with open_objects(there) as objects:
            assert objects.path(md5) == made.objects / md5[:2] / md5[2:]
            objects.path(md5).chmod(0o644)
            objects.path(md5).unlink()
            assert objects.read(md5, "the model") == b"a model", "from the remote of the other clone"

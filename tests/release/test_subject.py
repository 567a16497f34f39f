"""Which version is verified, and what somebody has answered for already."""

from pathlib import Path

import pytest
from registered import promote_quietly
from released import Works

from winnow.errors import InputError, UsageError
from winnow.project import Project
from winnow.release.subject import find_subject

OVERRIDE = {"reason": "the camera is new", "by": "ada", "refusals": ["worse"]}


def test_a_version_is_checked_out_beside_the_work_tree(works: Works) -> None:
    works.register("v1.0.0")
    first = works.git("rev-parse", "HEAD")
    works.release_model("3", range(1))
    # From any folder of the repository.
    with find_subject(Project(works.root / "data"), "classifier", "v1.0.0", "staging") as subject:
        assert subject.commit == first
        assert (subject.there.root / "knob.txt").read_text() == "2"
        assert subject.project.root.resolve() == works.root.resolve()
        assert not subject.is_rollback
        place = subject.there.root
    assert not place.exists()


def test_what_does_not_exist_is_told(works: Works) -> None:
    works.register("v1.0.0")
    with (
        pytest.raises(UsageError, match=r"has no version v2\.0\.0"),
        find_subject(works.project, "classifier", "v2.0.0", "staging"),
    ):
        pass
    works.git("tag", "-a", "other@v1.0.0", "-m", "by another tool")
    with (
        pytest.raises(InputError, match="expected `artifacts:`"),
        find_subject(works.project, "other", "v1.0.0", "staging"),
    ):
        pass


def test_an_override_counts_for_its_version_and_stage_only(works: Works) -> None:
    works.register("v1.0.0")
    commit = works.git("rev-parse", "HEAD")
    promote_quietly(works.project, commit, "v1.0.0", "staging", override=OVERRIDE)
    with find_subject(works.project, "classifier", "v1.0.0", "staging") as subject:
        assert subject.accepted == {"worse"}
    with find_subject(works.project, "classifier", "v1.0.0", "production") as subject:
        assert subject.accepted == set()


def test_an_assignment_is_judged_against_what_it_replaces(works: Works) -> None:
    works.register("v1.0.0")
    first = works.git("rev-parse", "HEAD")
    works.release_model("3", range(1))
    works.register("v1.1.0")
    promote_quietly(works.project, first, "v1.0.0")
    promote_quietly(works.project, works.git("rev-parse", "HEAD"), "v1.1.0")
    with find_subject(works.project, "classifier", "v1.1.0", "production") as subject:
        assert subject.history.in_stage("production") == "v1.1.0"
        assert subject.before().in_stage("production") == "v1.0.0"
    with find_subject(works.project, "classifier", "v1.0.0", "production") as subject:
        assert subject.before().in_stage("production") == "v1.1.0"
    promote_quietly(works.project, first, "v1.0.0", action="rollback")
    with find_subject(works.project, "classifier", "v1.0.0", "production") as subject:
        assert subject.is_rollback
    assert Path(works.root).is_dir()

"""One new tag is pushed and nothing else; of two people who promote at once, one is told."""

from pathlib import Path

import pytest
from history import commit
from registered import Workshop, entry_for, promote_quietly, tag_model

from repository import call
from winnow.errors import CheckError, MachineError, UsageError
from winnow.project import Project
from winnow.registry.sharing import find_remote, publish, require_up_to_date
from winnow.registry.tags import read_tags


@pytest.fixture
def grace(shop: Workshop) -> Project:
    """Another person's clone of a repository in which v1.0.0 is registered."""
    tag = tag_model(shop.project, entry_for(shop.git("rev-parse", "HEAD")))
    publish(shop.project, "origin", tag)
    return Project(shop.clone("grace"))


def head(project: Project) -> str:
    return call(project.root, "git", "rev-parse", "HEAD").strip()


def test_exactly_the_new_tag_is_pushed(shop: Workshop, grace: Project) -> None:
    call(grace.root, "git", "tag", "-a", "-m", "mine alone", "scratch")
    call(grace.root, "git", "config", "push.followTags", "true")
    commit(grace.root, {"later.txt": "not for others yet"})
    publish(grace, "origin", promote_quietly(grace, head(shop.project), "v1.0.0"))
    assert shop.tags() == ["classifier#production#1", "classifier@v1.0.0"]
    assert call(shop.folder / "origin.git", "git", "branch").split() == ["*", "main"]


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(shop: Workshop, grace: Project) -> None:
    mine, theirs = shop.project, grace
    here = head(mine)
    for project in (mine, theirs):  # both look before either pushes
        require_up_to_date(project, "origin", "classifier", read_tags(project))
    names = [promote_quietly(project, here, "v1.0.0") for project in (mine, theirs)]
    assert names == ["classifier#production#1"] * 2
    publish(mine, "origin", names[0])
    with pytest.raises(CheckError, match="somebody else was first: origin has another classifier#production#1") as told:
        publish(theirs, "origin", names[1])
    assert "git fetch --tags" in told.value.hint
    assert [tag.ref for tag in read_tags(theirs)] == ["classifier@v1.0.0"], "what nobody may see is gone"
    [shared] = [tag for tag in read_tags(mine) if tag.name.stage]
    assert shared.object_id == call(shop.folder / "origin.git", "git", "rev-parse", "classifier#production#1").strip()


def test_whoever_does_not_know_what_others_did_decides_nothing(shop: Workshop, grace: Project) -> None:
    publish(shop.project, "origin", promote_quietly(shop.project, head(shop.project), "v1.0.0"))
    with pytest.raises(CheckError, match="origin has tags that are not here: classifier#production#1"):
        require_up_to_date(grace, "origin", "classifier", read_tags(grace))
    call(grace.root, "git", "fetch", "-q", "--tags")
    require_up_to_date(grace, "origin", "classifier", read_tags(grace))


def test_tags_of_others_do_not_hold_anybody_up(shop: Workshop, grace: Project) -> None:
    for name in ("v7.0.0", "detector@v1.0.0"):
        call(shop.root, "git", "tag", "-a", "-m", "x", name)
        call(shop.root, "git", "push", "-q", "origin", name)
    require_up_to_date(grace, "origin", "classifier", read_tags(grace))


def test_a_remote_that_protects_its_tags_is_named_and_nothing_stays(shop: Workshop, grace: Project) -> None:
    hook = shop.folder / "origin.git" / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ncase "$1" in *production*) echo "only releasers may"; exit 1;; esac\n')
    hook.chmod(0o755)
    with pytest.raises(CheckError, match=r"origin refused classifier#production#1: .*only releasers may"):
        publish(grace, "origin", promote_quietly(grace, head(grace), "v1.0.0"))
    assert [tag.ref for tag in read_tags(grace)] == ["classifier@v1.0.0"]
    publish(grace, "origin", promote_quietly(grace, head(grace), "v1.0.0", "staging"))


def test_a_tag_that_arrived_although_the_push_failed_is_kept(shop: Workshop, grace: Project) -> None:
    name = promote_quietly(grace, head(grace), "v1.0.0")
    publish(grace, "origin", name)
    publish(grace, "origin", name)
    assert name in shop.tags()


def test_a_remote_that_cannot_be_reached_leaves_nothing_behind(shop: Workshop, grace: Project) -> None:
    (shop.folder / "origin.git").rename(shop.folder / "gone")
    name = promote_quietly(grace, head(grace), "v1.0.0")
    with pytest.raises(MachineError, match="origin cannot be asked for its tags"):
        publish(grace, "origin", name)
    assert name not in [tag.ref for tag in read_tags(grace)]
    with pytest.raises(MachineError, match="origin cannot be asked"):
        require_up_to_date(grace, "origin", "classifier", [])


def test_the_remote_is_origin_or_the_only_one(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a Git remote called origin, got none"):
        find_remote(project)
    call(project.root, "git", "remote", "add", "upstream", str(tmp_path))
    assert find_remote(project) == "upstream"
    call(project.root, "git", "remote", "add", "backup", str(tmp_path))
    with pytest.raises(UsageError, match="got backup, upstream"):
        find_remote(project)
    call(project.root, "git", "remote", "add", "origin", str(tmp_path))
    assert find_remote(project) == "origin"

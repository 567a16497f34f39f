"""Tags as Git has them: read at once, made one at a time."""

import os
import time
from collections.abc import Callable

import pytest
from registered import entry_for, promote_quietly, tag_model

from repository import call
from winnow.errors import MachineError, UsageError
from winnow.project import Project
from winnow.registry.tags import create_tag, identity, is_signing, next_counter, read_tags
from winnow.repository.git import call_git

Head = Callable[..., str]


def test_a_tag_is_read_as_it_was_made(project: Project, head: Head) -> None:
    commit = head()
    create_tag(project, "classifier@v1.0.0", commit, "Subject\n\n# no comment\nbody\n", [])
    [tag] = read_tags(project)
    assert (tag.ref, tag.commit, tag.by, tag.subject) == ("classifier@v1.0.0", commit, "ada", "Subject")
    assert tag.body == "# no comment\nbody\n"
    assert abs(tag.created_s - time.time()) < 60
    assert not tag.is_signed


def test_tags_of_other_tools_are_passed_over(project: Project, head: Head) -> None:
    commit = head()
    tag_model(project, entry_for(commit))
    root = project.root
    call(root, "git", "tag", "classifier@v9.0.0")  # without a message: GTO ignores it, too
    call(root, "git", "tag", "-a", "-m", "a release", "v2.0.0")
    call(root, "git", "tag", "-a", "-m", "of a file", "classifier@v3.0.0", f"{commit}:params.yaml")
    call(root, "git", "tag", "-a", "-m", "another", "detector@v1.0.0")
    assert [tag.ref for tag in read_tags(project, "classifier")] == ["classifier@v1.0.0"]
    assert [tag.ref for tag in read_tags(project)] == ["classifier@v1.0.0", "detector@v1.0.0"]


def test_counters_go_on_over_all_stages(project: Project, head: Head) -> None:
    commit = head()
    assert next_counter([]) == 1
    promote_quietly(project, commit, "v1.0.0", "staging")
    assert promote_quietly(project, commit, "v1.0.0") == "classifier#production#2"


def test_a_new_tag_is_younger_than_all_others_even_when_the_clock_goes_slow(project: Project, head: Head) -> None:
    commit, tomorrow = head(), int(time.time()) + 86_400
    # The tag of a colleague whose clock is a day ahead.
    clock = {"GIT_COMMITTER_DATE": f"@{tomorrow} +0000"}
    call_git(project, "tag", "-a", "-m", "x", "classifier#staging#1", commit, variables=clock)
    [first] = read_tags(project)
    assert first.created_s == tomorrow
    create_tag(project, "classifier#staging#2", commit, "again", [first])
    assert [tag.ref for tag in read_tags(project)] == ["classifier#staging#1", "classifier#staging#2"]
    assert read_tags(project)[1].created_s > first.created_s


def test_a_tag_is_never_replaced(project: Project, head: Head) -> None:
    tag_model(project, entry_for(head()))
    with pytest.raises(UsageError, match=r"the tag classifier@v1\.0\.0 is there already"):
        create_tag(project, "classifier@v1.0.0", head(), "another", [])


def test_a_key_that_cannot_sign_is_told(project: Project, head: Head) -> None:
    for key, value in {"gpg.format": "ssh", "user.signingKey": "/nowhere/key", "tag.gpgSign": "true"}.items():
        call(project.root, "git", "config", key, value)
    with pytest.raises(MachineError, match="git tag failed") as refusal:
        create_tag(project, "classifier@v1.0.0", head(), "signed", [])
    assert "user.signingKey" in refusal.value.hint
    assert read_tags(project) == []


def test_who_signs_is_what_git_is_set_up_for(project: Project) -> None:
    assert not is_signing(project)
    call(project.root, "git", "config", "user.signingKey", "somebody")
    assert not is_signing(project), "tag.gpgSign false is a wish, too"
    call(project.root, "git", "config", "--unset", "tag.gpgSign")
    # The machine's own settings may say otherwise for every repository.
    wish = call(project.root, "git", "config", "--default", "true", "--type=bool", "--get", "tag.gpgSign").strip()
    assert is_signing(project) is (wish == "true")


def test_the_name_is_that_of_git(project: Project) -> None:
    call(project.root, "git", "config", "user.name", "Grace Hopper")
    assert identity(project) in ("Grace Hopper", os.environ.get("GIT_COMMITTER_NAME"))

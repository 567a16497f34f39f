from pathlib import Path

import pytest
from github_api import GitHubServer
from places import commit, git, propose, publish, work_tree

from winnow.github.client import GitHub, GitHubError
from winnow.github.commits import BranchMovedError, Change, create_commit, get_commit, head_of, move_branch

FILES = {"a.txt": "a\n", "b/c.txt": "c\n", "b/run.sh": "echo\n"}


@pytest.fixture
def writer(server: GitHubServer, tmp_path: Path) -> GitHub:
    repository = publish(server, tmp_path, "rice/roots", FILES)
    propose(server, tmp_path, repository, "feat/topic", {"d.txt": "d\n"})
    token = server.github.add_token("accept", repository, contents="write")
    return GitHub(repository.full_name, token.secret, server.api_url)


def bare(server: GitHubServer) -> Path:
    path = server.github.repositories["rice/roots"].git
    assert path
    return path


def test_a_commit_changes_adds_and_removes_files_and_leaves_the_others(server: GitHubServer, writer: GitHub) -> None:
    head = get_commit(writer, head_of(writer, "feat/topic"))
    changes = [
        Change("a.txt", "100644", b"\x00\xff\r\n"),
        Change("b/run.sh", "100755", b"echo 2\n"),
        Change("new/deep.txt", "100644", b""),
        Change("b/c.txt", "100644", None),
    ]
    made = create_commit(writer, head, changes, "Change\n\nfour files")
    assert (made.parents, made.message) == ((head.sha,), "Change\n\nfour files")
    assert head_of(writer, "feat/topic") == head.sha, "no branch knows it yet"
    move_branch(writer, "feat/topic", made.sha)
    assert head_of(writer, "feat/topic") == made.sha
    listed = git(bare(server), "ls-tree", "-r", "feat/topic", "--format=%(objectmode) %(path)").splitlines()
    assert listed == ["100644 a.txt", "100755 b/run.sh", "100644 d.txt", "100644 new/deep.txt"]
    assert git(bare(server), "rev-parse", "feat/topic^{tree}") == made.tree == get_commit(writer, made.sha).tree
    assert git(bare(server), "cat-file", "-s", "feat/topic:a.txt") == "4", "bytes as they are"
    assert git(bare(server), "log", "-1", "--format=%an", "feat/topic") == "github-actions[bot]"


def test_a_branch_that_has_moved_is_left_alone(server: GitHubServer, writer: GitHub, tmp_path: Path) -> None:
    head = get_commit(writer, head_of(writer, "feat/topic"))
    made = create_commit(writer, head, [Change("a.txt", "100644", b"2")], "Change")
    work = work_tree(tmp_path, server.github.repositories["rice/roots"])
    git(work, "checkout", "-q", "feat/topic")
    moved = commit(work, {"d.txt": "dd\n"})
    git(work, "push", "-q", "origin", "feat/topic")
    with pytest.raises(BranchMovedError, match="not a fast forward"):
        move_branch(writer, "feat/topic", made.sha)
    assert head_of(writer, "feat/topic") == moved
    with pytest.raises(BranchMovedError, match="does not exist"):
        move_branch(writer, "gone", made.sha)


def test_a_lost_answer_is_looked_up(server: GitHubServer, writer: GitHub) -> None:
    head = get_commit(writer, head_of(writer, "feat/topic"))
    made = create_commit(writer, head, [Change("a.txt", "100644", b"2")], "Change")
    server.faults.drop("PATCH")
    with pytest.raises(GitHubError, match="did not answer"):
        move_branch(writer, "feat/topic", made.sha)
    server.faults.refuse("PATCH", 502)
    with pytest.raises(GitHubError, match="502"):
        move_branch(writer, "feat/topic", made.sha)
    assert head_of(writer, "feat/topic") == head.sha
    server.faults.lose("PATCH")
    move_branch(writer, "feat/topic", made.sha)
    assert head_of(writer, "feat/topic") == made.sha


def test_a_token_that_only_reads_makes_nothing(server: GitHubServer, writer: GitHub) -> None:
    repository = server.github.repositories["rice/roots"]
    reader = GitHub("rice/roots", server.github.add_token("r", repository, contents="read").secret, server.api_url)
    head = get_commit(reader, head_of(reader, "feat/topic"))
    with pytest.raises(GitHubError, match="403"):
        create_commit(reader, head, [Change("a.txt", "100644", b"2")], "Change")
    with pytest.raises(GitHubError, match="403"):
        move_branch(reader, "main", head.sha)

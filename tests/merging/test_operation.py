import pytest
from branches import Branches, rows

from winnow.errors import UsageError
from winnow.merging.operation import Operation, describe, find_operation


@pytest.fixture
def forked(branches: Branches) -> dict[str, str]:
    """Branches main and feature that changed the same line; feature is checked out. Returns commits by name."""
    base = branches.commit(rows([1]))
    branches.git("checkout", "-q", "-b", "feature")
    feature = branches.commit(rows([1], "owl"))
    branches.git("checkout", "-q", "main")
    main = branches.commit(rows([1], "fox"))
    branches.git("checkout", "-q", "feature")
    return {"base": base, "feature": feature, "main": main}


def test_a_merge(branches: Branches, forked: dict[str, str]) -> None:
    branches.stops("merge", "-q", "main")
    expected = Operation("merge", forked["base"], forked["feature"], forked["main"], "theirs")
    assert find_operation(branches.project) == find_operation(branches.project, "main") == expected
    assert (expected.go_on, expected.start_over) == ("git commit", "git merge --abort")
    assert (expected.commit("ours"), expected.commit("theirs")) == (forked["feature"], forked["main"])
    assert describe(branches.project, forked["main"]) == f"{forked['main'][:7]} on main"


def test_a_rebase_knows_the_branch_it_goes_onto(branches: Branches, forked: dict[str, str]) -> None:
    branches.stops("rebase", "-q", "main")
    expected = Operation("rebase", forked["base"], forked["main"], forked["feature"], "ours")
    assert find_operation(branches.project) == find_operation(branches.project, "main") == expected
    assert expected.go_on == "git rebase --continue"
    assert find_operation(branches.project, "feature") == expected
    branches.git("rebase", "--abort")
    with pytest.raises(UsageError, match="Git is doing none"):
        find_operation(branches.project)


def test_a_rebase_of_patches(branches: Branches, forked: dict[str, str]) -> None:
    branches.stops("rebase", "-q", "--apply", "main")
    assert find_operation(branches.project, "main").theirs == forked["feature"]


def test_a_cherry_pick(branches: Branches, forked: dict[str, str]) -> None:
    branches.stops("cherry-pick", "main")
    assert find_operation(branches.project) == Operation(
        "cherry-pick", forked["base"], forked["feature"], forked["main"], "ours"
    )


def test_a_revert_goes_from_a_commit_to_its_parent(branches: Branches, forked: dict[str, str]) -> None:
    branches.commit(rows([1], "newt"))
    branches.stops("revert", forked["feature"])
    found = find_operation(branches.project)
    assert (found.kind, found.base, found.theirs) == ("revert", forked["feature"], forked["base"])


def test_sides_may_share_no_commit(branches: Branches, forked: dict[str, str]) -> None:
    branches.git("checkout", "-q", "--orphan", "island")
    branches.commit(rows([1], "bat"))
    branches.stops("merge", "-q", "--allow-unrelated-histories", "main")
    assert find_operation(branches.project).base is None


def test_another_branch_than_the_one_in_progress_is_refused(branches: Branches, forked: dict[str, str]) -> None:
    branches.stops("merge", "-q", "main")
    branches.git("branch", "other", forked["base"])
    with pytest.raises(UsageError, match=r"in the middle of a merge with .*, not with 'other'\nhint: .*--abort"):
        find_operation(branches.project, "other")
    with pytest.raises(UsageError, match="expected a commit"):
        find_operation(branches.project, "nowhere")


def test_a_merge_of_three_is_refused(branches: Branches, forked: dict[str, str]) -> None:
    branches.stops("merge", "-q", "main")
    heads = branches.project.root / ".git" / "MERGE_HEAD"
    heads.write_text(f"{forked['main']}\n{forked['base']}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="two branches, got more"):
        find_operation(branches.project)


def test_a_linked_work_tree_has_its_own_operation(branches: Branches, forked: dict[str, str]) -> None:
    linked = Branches(branches.project.root.with_name("linked"))
    branches.git("worktree", "add", "-q", "-b", "third", str(linked.project.root), forked["feature"])
    linked.stops("merge", "-q", "main")
    assert find_operation(linked.project).kind == "merge"
    with pytest.raises(UsageError, match="Git is doing none"):
        find_operation(branches.project)

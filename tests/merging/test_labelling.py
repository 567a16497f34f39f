import hashlib
import shutil
from pathlib import Path

import pytest
from branches import Branches, rows, tiny_id

from winnow.errors import InputError
from winnow.merging.account import Changes
from winnow.merging.labelling import LabelMerge, merge_labels, settle_labels
from winnow.merging.operation import Operation, Side, find_operation
from winnow.merging.staging import conflicted, staged

POINTER = "outs:\n- md5: {}\n  size: {}\n  hash: md5\n  path: labels.csv\n"


def merged(branches: Branches, *, erased: tuple[int, ...] = (), prefer: Side | None = None) -> LabelMerge:
    merge = merge_labels(branches.project, find_operation(branches.project), set(map(tiny_id, erased)), prefer)
    assert merge is not None
    return merge


def settled(branches: Branches, **options: object) -> LabelMerge:
    """Merge and, if nothing is in the way, write."""
    merge = merged(branches, **options)
    if merge.is_settled:
        settle_labels(branches.project, find_operation(branches.project), merge)
    return merge


def track_by_dvc(branches: Branches) -> str:
    """Put the labels of the work tree into the cache; return their `.dvc` file. Git ignores them then."""
    content = branches.project.labels.read_bytes()
    branches.git("rm", "-q", "--cached", "--ignore-unmatch", "data/labels.csv")
    (branches.project.root / "data" / ".gitignore").write_text("/images\n/labels.csv\n", encoding="utf-8")
    text = POINTER.format(branches.put(content), len(content))
    branches.project.labels_dvc.write_text(text, encoding="utf-8")
    return text


def fork(branches: Branches, ours: dict[str, tuple[str, ...]], theirs: dict[str, tuple[str, ...]]) -> None:
    """Stop a merge of two descendants of images 1 to 4, at a note if not at the labels."""
    branches.commit(rows(range(1, 5)))
    branches.git("branch", "feature")
    branches.commit(theirs, notes_md="theirs")
    branches.git("checkout", "-q", "feature")
    branches.commit(ours, notes_md="ours")
    branches.stops("merge", "-q", "main")


def fork_tracked_by_dvc(branches: Branches) -> None:
    """As `fork`, with labels that DVC tracks: ours adds image 5 and relabels 1, theirs adds image 6."""
    branches.write_labels(rows(range(1, 5)))
    track_by_dvc(branches)
    branches.commit()
    branches.git("branch", "feature")
    for branch, labels in (("main", rows([1, 2, 3, 4, 6])), ("feature", {**rows([1], "owl"), **rows([2, 3, 4, 5])})):
        branches.git("checkout", "-q", branch)
        branches.write_labels(labels)
        track_by_dvc(branches)
        branches.commit()
    branches.stops("merge", "-q", "main")
    assert conflicted(branches.project) == ["data/labels.csv.dvc"]


BOTH = {**rows([1], "owl"), **rows([2, 3, 4, 5, 6])}
# The same line, another cell: a conflict for Git.
OURS = {**rows([1], "owl"), **rows([2, 3, 4, 5])}
THEIRS = {tiny_id(1): ("cat", "1.png", "g", ""), **rows([2, 3, 4, 6])}
MERGED = {**BOTH, tiny_id(1): ("owl", "1.png", "g", "")}


def test_the_tables_of_three_commits_are_merged_and_staged(branches: Branches) -> None:
    fork(branches, OURS, THEIRS)
    assert conflicted(branches.project) == ["data/labels.csv", "notes.md"]
    merge = settled(branches)
    assert (merge.tracker, merge.is_decided, merge.edits) == ("git", True, Changes())
    assert branches.labels() == MERGED
    assert conflicted(branches.project) == ["notes.md"]
    assert set(merge.wanted.to_pylist()) == set(MERGED)


def test_erased_images_leave_whatever_the_other_side_did(branches: Branches) -> None:
    fork(branches, rows([1, 2, 3]), {**rows([1, 2, 3]), **rows([4], "fox")})
    merge = settled(branches, erased=(4, 1))
    assert merge.merged.questions == []
    assert branches.labels() == rows([2, 3])


def test_what_git_merged_line_by_line_stays_but_for_erased_images(branches: Branches) -> None:
    fork(branches, rows([1, 2, 3, 4]), rows([1], "owl") | rows([2, 3, 4, 5]))
    assert conflicted(branches.project) == ["notes.md"]
    assert merged(branches).edits == Changes()
    settled(branches, erased=(3,))
    assert branches.labels() == rows([1], "owl") | rows([2, 4, 5])


def test_a_side_taken_whole_is_noticed_for_it_drops_rows_of_the_other(branches: Branches) -> None:
    fork(branches, OURS, THEIRS)
    branches.git("checkout", "--ours", "data/labels.csv")
    branches.git("add", "data/labels.csv")
    for prefer in (None, "ours"):
        merge = settled(branches, prefer=prefer)
        assert (merge.edits, merge.is_settled) == (Changes(removed=1, regrouped=1), False)
    assert tiny_id(6) in merge.wanted.to_pylist()


def test_a_project_without_labels_has_nothing_to_merge(branches: Branches) -> None:
    commit = branches.commit()
    operation = Operation("merge", None, commit, commit, "theirs")
    assert merge_labels(branches.project, operation, set(), None) is None


def test_labels_that_only_one_side_has_come_whole(branches: Branches) -> None:
    base = branches.commit()
    theirs = branches.commit(rows([1, 2]))
    branches.project.labels.unlink()
    merge = merge_labels(branches.project, Operation("merge", base, base, theirs, "theirs"), set(), None)
    assert merge is not None
    assert len(merge.merged.labels) == 2


def test_a_malformed_table_is_named_by_its_side(branches: Branches) -> None:
    fork(branches, rows([1]), rows([2]))
    branches.git("merge", "--abort")
    branches.commit(data__labels_csv="id,label\n1,cat\n")
    branches.stops("merge", "-q", "main")
    with pytest.raises(InputError, match=r"^labels\.csv of ours, line 1: expected the columns"):
        merged(branches)


def test_labels_that_dvc_tracks_are_merged_as_tables_and_tracked_again(branches: Branches) -> None:
    fork_tracked_by_dvc(branches)
    merge = settled(branches)
    assert (merge.tracker, merge.is_settled) == ("dvc", True)
    assert branches.labels() == BOTH
    content = branches.project.labels.read_bytes()
    md5 = hashlib.md5(content).hexdigest()
    assert branches.project.labels_dvc.read_text(encoding="utf-8") == POINTER.format(md5, len(content))
    assert (branches.objects / md5[:2] / md5[2:]).read_bytes() == content
    assert list(staged(branches.project, ["data/labels.csv", "data/labels.csv.dvc"])) == ["data/labels.csv.dvc"]
    again = settled(branches)
    assert (again.edits, again.is_settled) == (Changes(), True)
    assert branches.project.labels.read_bytes() == content


@pytest.mark.parametrize("killed_in", ["write_text", "write_bytes", "stage", "unstage"])
def test_killed_while_it_writes_and_run_again_it_ends_alike(
    branches: Branches, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    fork_tracked_by_dvc(branches)

    def kill(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"winnow.merging.labelling.{killed_in}", kill)
        with pytest.raises(KeyboardInterrupt):
            settled(branches)
    assert settled(branches).is_settled
    assert branches.labels() == BOTH
    assert conflicted(branches.project) == []


def test_labels_that_dvc_tracks_may_lie_in_the_remote_only(branches: Branches, tmp_path: Path) -> None:
    fork_tracked_by_dvc(branches)
    branches.set_remote(tmp_path / "store")
    shutil.rmtree(branches.objects)
    branches.project.labels.unlink()
    settled(branches)
    assert branches.labels() == BOTH


def test_changes_that_dvc_does_not_know_are_not_overwritten(branches: Branches) -> None:
    fork_tracked_by_dvc(branches)
    branches.write_labels(rows([1, 2], "newt"))
    with pytest.raises(InputError, match=r"has changes that DVC does not know\nhint: dvc add"):
        merged(branches)


@pytest.mark.parametrize("does_ours_switch", [True, False])
def test_a_side_that_let_dvc_track_the_labels_decides_who_tracks_them(
    branches: Branches, *, does_ours_switch: bool
) -> None:
    branches.commit(rows(range(1, 5)))
    branches.git("branch", "feature")
    for branch, labels in (("main", rows([1, 2, 3, 4, 6])), ("feature", {**rows([1], "owl"), **rows([2, 3, 4, 5])})):
        branches.git("checkout", "-q", branch)
        branches.write_labels(labels)
        if (branch == "feature") is does_ours_switch:
            track_by_dvc(branches)
        branches.commit()
        branches.project.labels.unlink()
        branches.git("checkout", "-q", "-f", branch)
    branches.stops("merge", "-q", "main")
    assert conflicted(branches.project) == ["data/labels.csv"]
    merge = settled(branches)
    assert (merge.tracker, merge.is_settled) == ("dvc", True)
    assert branches.labels() == BOTH
    assert list(staged(branches.project, ["data"])) == ["data/.gitignore", "data/labels.csv.dvc"]
    assert conflicted(branches.project) == []

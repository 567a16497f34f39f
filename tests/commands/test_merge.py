import hashlib
import shutil
from pathlib import Path

import pytest
from branches import Branches, rows, tiny_id

from winnow.commands.merge import merge
from winnow.errors import ExitCode, InputError, UsageError
from winnow.ingest.publication import Journal, write_journal

LOCK = "stages:\n  prepare:\n    cmd: winnow prepare\n    deps:\n    - path: data/labels.csv\n      md5: {}\n"


@pytest.fixture
def branches(tmp_path: Path) -> Branches:
    return Branches.create(tmp_path / "repository")


@pytest.fixture
def diverged(branches: Branches) -> Branches:
    """Branches main and feature, each with images of its own; Git has stopped while it merges main into feature."""
    first = branches.pack(1, 2, 3)
    branches.commit(rows([1, 2, 3]), parts=[first], dvc_lock=LOCK.format("base"), reports__metrics_json="base\n")
    branches.git("checkout", "-q", "-b", "feature")
    mine = {**rows([1, 2, 10, 11]), tiny_id(1): ("owl", "1.png", "", "")}
    branches.commit(mine, parts=[first, branches.pack(10, 11)], dvc_lock=LOCK.format("feature"))
    branches.git("checkout", "-q", "main")
    yours = {**rows([1, 2, 3, 20]), tiny_id(2): ("cat", "2.png", "g", "")}
    branches.commit(
        yours, parts=[first, branches.pack(20)], dvc_lock=LOCK.format("main"), reports__metrics_json="main\n"
    )
    branches.git("checkout", "-q", "feature")
    branches.stops("merge", "-q", "main")
    return branches


MERGED = {
    **rows([10, 11, 20]),
    tiny_id(1): ("owl", "1.png", "", ""),
    tiny_id(2): ("cat", "2.png", "g", ""),
}


def all_parts(branches: Branches) -> list[str]:
    return sorted(path.name for path in branches.project.images.iterdir())


def test_everything_generated_is_settled_and_staged(diverged: Branches) -> None:
    result = merge(diverged.project, "main")
    assert result.exit_code == ExitCode.OK
    assert diverged.labels() == MERGED
    assert diverged.project.images_dvc.read_text(encoding="utf-8") == diverged.images_dvc(all_parts(diverged))
    assert "md5: main" in (diverged.project.root / "dvc.lock").read_text(encoding="utf-8")
    assert diverged.project.metrics.read_text(encoding="utf-8") == "main\n"
    assert diverged.git("diff", "--name-only") == ""
    diverged.git("commit", "-q", "-m", "merged")
    assert diverged.git("status", "--porcelain") == ""

    text = "\n".join(result.lines())
    assert "data/labels.csv: 5 rows\n  ours: 2 added, 1 removed, 1 relabelled\n  theirs: 1 added, 1 regrouped\n" in text
    assert "data/images.dvc: 3 parts" in text
    assert "dvc.lock and the reports: those of theirs" in text
    assert "next: git commit\nmust run again: dvc repro --pull (prepare ran on other data)" in text


def test_a_second_run_changes_nothing(diverged: Branches) -> None:
    merge(diverged.project)
    tree = diverged.git("write-tree")
    assert merge(diverged.project).exit_code == ExitCode.OK
    assert diverged.git("write-tree") == tree
    assert diverged.git("diff", "--name-only") == ""


@pytest.mark.parametrize("killed_in", ["settle_labels", "bring_folder"])
def test_killed_anywhere_and_run_again_it_ends_alike(
    diverged: Branches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    other = Branches(shutil.copytree(diverged.project.root, tmp_path / "undisturbed", symlinks=True))
    merge(other.project)

    def kill(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"winnow.commands.merge.{killed_in}", kill)
        with pytest.raises(KeyboardInterrupt):
            merge(diverged.project)
    assert merge(diverged.project).exit_code == ExitCode.OK
    assert diverged.git("write-tree") == other.git("write-tree")


@pytest.fixture
def contradicting(branches: Branches) -> Branches:
    """Both sides relabel image 1; ours removes image 2, which theirs relabels; Git has stopped at the merge."""
    branches.commit(rows([1, 2, 3, 4]))
    branches.git("checkout", "-q", "-b", "feature")
    branches.commit({**rows([1, 3, 4, 5]), tiny_id(1): ("owl", "1.png", "", "")})
    branches.git("checkout", "-q", "main")
    branches.commit(rows([1, 2], "fox") | rows([3, 4]))
    branches.git("checkout", "-q", "feature")
    branches.stops("merge", "-q", "main")
    return branches


def test_contradictions_are_told_and_the_labels_stay_as_git_left_them(contradicting: Branches) -> None:
    before = contradicting.project.labels.read_bytes()
    result = merge(contradicting.project)
    assert result.exit_code == ExitCode.FAILED
    assert contradicting.project.labels.read_bytes() == before
    text = "\n".join(result.lines())
    assert "to decide, 2 cells or rows of data/labels.csv:" in text
    assert f"  {tiny_id(1)} '1.png': label: ours 'owl', theirs 'fox'\n" in text
    assert f"  {tiny_id(2)} '2.png': label: ours removed it, theirs 'fox'\n" in text
    assert "winnow merge --prefer ours (or theirs)" in text
    assert "still in conflict, for people: data/labels.csv" in text


def test_a_preference_decides_and_a_later_run_keeps_to_it(contradicting: Branches) -> None:
    theirs = rows([1, 2], "fox") | rows([3, 4, 5])
    assert merge(contradicting.project, prefer="theirs").exit_code == ExitCode.OK
    assert contradicting.labels() == theirs
    assert merge(contradicting.project).exit_code == ExitCode.OK
    assert contradicting.labels() == theirs
    assert merge(contradicting.project, prefer="ours").exit_code == ExitCode.OK
    assert contradicting.labels() == {**rows([3, 4, 5]), tiny_id(1): ("owl", "1.png", "", "")}


def test_a_person_decides_by_editing(contradicting: Branches) -> None:
    decided = {**rows([3, 4, 5]), tiny_id(1): ("newt", "1.png", "", "")}
    contradicting.write_labels(decided)
    contradicting.git("add", "data/labels.csv")
    assert merge(contradicting.project).exit_code == ExitCode.OK
    assert contradicting.labels() == decided


def test_what_was_changed_since_or_taken_whole_from_a_side_is_told_and_kept(contradicting: Branches) -> None:
    contradicting.git("checkout", "--ours", "data/labels.csv")
    contradicting.git("add", "data/labels.csv")
    # Theirs has nothing but the contradicted cells: nothing is lost.
    assert merge(contradicting.project).exit_code == ExitCode.OK
    contradicting.write_labels({**contradicting.labels(), tiny_id(3): ("bat", "3.png", "", "")})
    for prefer in (None, "theirs"):
        result = merge(contradicting.project, prefer=prefer)
        assert result.exit_code == ExitCode.FAILED
        assert "is not what the sides merge to: 1 relabelled" in "\n".join(result.lines())
        assert contradicting.labels()[tiny_id(3)][0] == "bat"
    contradicting.project.labels.unlink()
    assert merge(contradicting.project, prefer="ours").exit_code == ExitCode.OK
    assert contradicting.labels()[tiny_id(3)][0] == "cat"


def test_in_a_rebase_ours_is_the_branch_below_and_its_builds_are_taken(diverged: Branches) -> None:
    diverged.git("merge", "--abort")
    diverged.stops("rebase", "-q", "main")
    result = merge(diverged.project, "main")
    assert result.exit_code == ExitCode.OK
    text = "\n".join(result.lines())
    assert "dvc.lock and the reports: those of ours" in text
    assert "next: git rebase --continue" in text
    assert diverged.labels() == MERGED
    diverged.git("-c", "core.editor=true", "rebase", "--continue")
    assert diverged.git("status", "--porcelain") == ""
    assert diverged.git("rev-parse", "HEAD^") == diverged.git("rev-parse", "main")


def test_what_people_wrote_is_named_and_left_alone(diverged: Branches) -> None:
    diverged.git("merge", "--abort")
    params = diverged.project.params.read_text(encoding="utf-8")
    diverged.commit(params_yaml=params.replace("seed: 0", "seed: 1"))
    diverged.git("checkout", "-q", "main")
    diverged.commit(params_yaml=params.replace("seed: 0", "seed: 2"))
    diverged.git("checkout", "-q", "feature")
    diverged.stops("merge", "-q", "main")
    conflict = diverged.project.params.read_bytes()
    result = merge(diverged.project)
    assert result.exit_code == ExitCode.FAILED
    assert result.lines()[-1] == "still in conflict, for people: params.yaml"
    assert diverged.project.params.read_bytes() == conflict
    assert diverged.labels() == MERGED


def test_builds_made_of_the_merged_data_stay(diverged: Branches) -> None:
    merge(diverged.project)
    md5 = hashlib.md5(diverged.project.labels.read_bytes()).hexdigest()
    lock = diverged.project.root / "dvc.lock"
    lock.write_text(LOCK.format(md5), encoding="utf-8")
    diverged.git("add", "dvc.lock")
    result = merge(diverged.project)
    assert md5 in lock.read_text(encoding="utf-8")
    assert result.lines()[-1] == "all is settled and staged; next: git commit"


def test_a_project_in_a_subfolder_is_settled_and_conflicts_beside_it_are_named(tmp_path: Path) -> None:
    branches = Branches.create(tmp_path / "repository" / "project")
    shutil.move(branches.project.root / ".git", tmp_path / "repository")
    note = tmp_path / "repository" / "note.md"
    for start, label in (("main", "cat"), ("main", "fox"), ("feature", "owl")):
        if label == "owl":
            branches.git("checkout", "-q", "-b", "feature", "main^")
        note.write_text(label, encoding="utf-8")
        branches.commit(rows([1], label) | rows([2 if start == "main" else 3]), dvc_lock=LOCK.format(label))
    branches.stops("merge", "-q", "main")
    result = merge(branches.project, prefer="ours")
    assert result.exit_code == ExitCode.FAILED
    assert result.conflicted == ["../note.md"]
    assert branches.labels() == rows([1], "owl") | rows([3])
    assert "md5: fox" in (branches.project.root / "dvc.lock").read_text(encoding="utf-8")


def test_an_erased_image_goes_whatever_the_other_side_did_with_it(branches: Branches) -> None:
    old, rewritten = branches.pack(1, 2), branches.pack(2)
    branches.commit(rows([1, 2]), parts=[old])
    branches.git("branch", "feature")
    branches.commit(rows([2]), parts=[rewritten], data__erased_csv=f"id\n{tiny_id(1)}\n")
    branches.git("checkout", "-q", "feature")
    branches.commit(rows([1], "owl") | rows([2]), parts=[old, branches.pack(3)])
    branches.stops("merge", "-q", "main")
    result = merge(branches.project)
    assert result.exit_code == ExitCode.OK
    assert "data/erased.csv: 1 images" in result.lines()
    assert branches.labels() == rows([2])
    assert all_parts(branches) == sorted([rewritten, branches.pack(3)])


def test_a_clone_without_parts_merges_from_the_listings_and_keeps_no_part(diverged: Branches, tmp_path: Path) -> None:
    expected = diverged.images_dvc(all_parts(diverged))
    diverged.set_remote(tmp_path / "store")
    shutil.rmtree(diverged.objects)
    shutil.rmtree(diverged.project.images)
    assert merge(diverged.project).exit_code == ExitCode.OK
    assert diverged.project.images_dvc.read_text(encoding="utf-8") == expected
    assert not diverged.project.images.exists()
    assert diverged.labels() == MERGED


def test_without_a_listing_nothing_changes_and_the_missing_access_is_named(diverged: Branches) -> None:
    shutil.rmtree(diverged.objects)
    before = diverged.git("status", "--porcelain")
    with pytest.raises(InputError, match=r"the images\.dvc of ours names is neither .* no default remote\nhint: `dvc"):
        merge(diverged.project)
    assert diverged.git("status", "--porcelain") == before


@pytest.mark.slow
def test_a_folder_that_lacks_parts_is_completed_from_the_cache_or_the_pull_is_told(
    diverged: Branches, tmp_path: Path
) -> None:
    names = all_parts(diverged)
    (diverged.project.images / names[0]).unlink()
    merge(diverged.project)
    assert all_parts(diverged) == names

    diverged.set_remote(tmp_path / "store")
    missing = (diverged.project.images / names[0]).read_bytes()
    md5 = hashlib.md5(missing).hexdigest()
    (diverged.project.images / names[0]).unlink()
    (diverged.objects / md5[:2] / md5[2:]).unlink()
    result = merge(diverged.project)
    assert result.exit_code == ExitCode.OK
    assert "  data/images is not what is recorded: dvc pull data/images.dvc, before anything else" in result.lines()


def test_with_nothing_in_progress_git_comes_first(branches: Branches) -> None:
    branches.commit(rows([1]))
    with pytest.raises(UsageError, match=r"Git is doing none\nhint: git merge feature first"):
        merge(branches.project, "feature")


def test_parts_that_dvc_does_not_know_yet_come_first(diverged: Branches) -> None:
    write_journal(diverged.project, Journal(untracked=["part-x.arrow"]))
    with pytest.raises(UsageError, match=r"was killed.*\nhint: run it again"):
        merge(diverged.project)


def test_a_project_without_parts_and_without_dvc_merges_its_labels(contradicting: Branches) -> None:
    shutil.rmtree(contradicting.project.root / ".dvc")
    result = merge(contradicting.project, prefer="ours")
    assert result.exit_code == ExitCode.OK
    assert result.parts is None

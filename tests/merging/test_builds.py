import hashlib

from branches import Branches, rows

from winnow.merging.builds import BuildsMerge, settle_builds
from winnow.merging.operation import find_operation
from winnow.merging.staging import conflicted

LOCK = "stages:\n  prepare:\n    deps:\n    - path: data/labels.csv\n      md5: {}\n    - path: src\n      md5: {}\n"
COST = "reports__cost__train_json"


def fork(branches: Branches, base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> None:
    """Stop a merge of two branches with these files; the labels are in conflict."""
    branches.commit(rows([1]), **base)
    branches.git("branch", "feature")
    branches.commit(rows([1], "fox"), **theirs)
    branches.git("checkout", "-q", "feature")
    branches.commit(rows([1], "owl"), **ours)
    branches.stops("merge", "-q", "main")


def settle(branches: Branches) -> BuildsMerge:
    return settle_builds(branches.project, find_operation(branches.project))


def lock(branches: Branches) -> str:
    return (branches.project.root / "dvc.lock").read_text(encoding="utf-8")


def test_when_both_sides_built_all_comes_from_the_branch_that_is_merged(branches: Branches) -> None:
    fork(
        branches,
        {"dvc_lock": LOCK.format("0", "0"), COST: "{}", "reports__per_class_csv": "x"},
        {"dvc_lock": LOCK.format("1", "1"), COST: "ours", "reports__cost__evaluate_json": "{}"},
        {"dvc_lock": LOCK.format("2", "2"), COST: "theirs", "reports__metrics_json": "{}"},
    )
    assert settle(branches) == BuildsMerge("theirs", ["prepare"])
    assert conflicted(branches.project) == ["data/labels.csv"]
    assert lock(branches) == LOCK.format("2", "2")
    assert branches.project.cost("train").read_text(encoding="utf-8") == "theirs"
    assert branches.project.metrics.exists()
    # A report of the other side's own would be one of another model.
    assert not branches.project.cost("evaluate").exists()
    assert settle(branches) == BuildsMerge("theirs", ["prepare"])


def test_when_one_side_built_its_builds_are_taken_whichever_it_is(branches: Branches) -> None:
    fork(branches, {"dvc_lock": LOCK.format("0", "0")}, {"dvc_lock": LOCK.format("1", "1"), COST: "ours"}, {})
    assert settle(branches) == BuildsMerge("ours", ["prepare"])
    assert lock(branches) == LOCK.format("1", "1")
    branches.git("checkout", "-q", "main", "--", "dvc.lock")
    assert settle(branches) == BuildsMerge("ours", ["prepare"])
    assert lock(branches) == LOCK.format("1", "1")


def test_what_was_built_of_the_merged_data_since_is_left_alone(branches: Branches) -> None:
    fork(branches, {}, {"dvc_lock": LOCK.format("1", "1")}, {"dvc_lock": LOCK.format("2", "2")})
    settle(branches)
    branches.write_labels(rows([1], "newt"))
    built = LOCK.format(hashlib.md5(branches.project.labels.read_bytes()).hexdigest(), "3")
    (branches.project.root / "dvc.lock").write_text(built, encoding="utf-8")
    branches.git("add", "dvc.lock", "data/labels.csv")
    assert settle(branches) == BuildsMerge(None, [])
    assert lock(branches) == built


def test_a_lock_with_conflict_markers_that_somebody_staged_is_taken_anew(branches: Branches) -> None:
    fork(branches, {}, {"dvc_lock": LOCK.format("1", "1")}, {"dvc_lock": LOCK.format("2", "2")})
    branches.git("add", "dvc.lock")
    assert settle(branches).side == "theirs"
    assert lock(branches) == LOCK.format("2", "2")


def test_reports_that_people_wrote_are_theirs_to_merge(branches: Branches) -> None:
    fork(branches, {"reports__notes_md": "0"}, {"reports__notes_md": "1"}, {"reports__notes_md": "2"})
    assert settle(branches) == BuildsMerge(None, [])
    assert conflicted(branches.project) == ["data/labels.csv", "reports/notes.md"]


def test_the_images_count_as_data_too(branches: Branches) -> None:
    images = "stages:\n  prepare:\n    deps:\n    - path: data/images\n      md5: other.dir\n"
    part = branches.pack(1)
    branches.commit(parts=[part])
    fork(branches, {}, {"dvc_lock": images + "# 1\n"}, {"dvc_lock": images + "# 2\n"})
    assert settle(branches).stale == ["prepare"]

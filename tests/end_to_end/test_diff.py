"""`winnow diff` in real clones: without parts, with labels in DVC, and where the remote is out of reach."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from repository import call, dvc, lay_out_project, save_class_folders, winnow, write_params

pytestmark = pytest.mark.slow


def diff(folder: Path, *arguments: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(winnow(folder, "diff", *arguments, "--json"))
    return content


def commit(folder: Path, message: str = "change") -> None:
    call(folder, "git", "add", "-A")
    call(folder, "git", "commit", "-q", "-m", message)


def edit_labels(folder: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Rewrite the cells of each row of labels.csv; a row without cells leaves it."""
    path = folder / "data" / "labels.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    changed = [",".join(change(row.split(","))) for row in rows]
    path.write_text("\n".join(filter(None, [header, *changed])) + "\n", encoding="utf-8")


def set_remote(folder: Path, store: Path) -> None:
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {store}\n"
    (folder / ".dvc" / "config").write_text(config, encoding="utf-8")


@pytest.fixture(scope="module")
def origin(make_repository: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a local remote that has everything: pictures, then two of a further class."""
    root = lay_out_project(make_repository())
    set_remote(root, tmp_path_factory.mktemp("store"))
    pictures = save_class_folders(root.parent / "pictures", per_class=12)
    winnow(root, "add", str(pictures))
    commit(root)
    more = save_class_folders(root.parent / "more", per_class=2, size=17, seed=5)
    winnow(root, "add", str(more / "rings"), "--label", "dots")
    commit(root)
    dvc(root, "push", "-q")
    return root


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    call(tmp_path, "git", "clone", "-q", str(origin), "clone")
    return tmp_path / "clone"


def test_a_clone_without_parts_knows_everything(clone: Path, tmp_path: Path) -> None:
    assert "no change" in winnow(clone, "diff")
    save_class_folders(tmp_path / "more", per_class=2, size=17, seed=6)
    (tmp_path / "more" / "rings").rename(tmp_path / "more" / "novel")
    winnow(clone, "add", str(tmp_path / "more"))
    fates = {"rings/004.png": ("", ""), "bars/003.png": ("blobs", ""), "blobs/003.png": ("blobs", "patient")}

    def settle(row: list[str]) -> list[str]:
        label, group = fates.get(row[2], (row[1], row[3]))
        return [row[0], label, row[2], group, row[4]] if label else []

    edit_labels(clone, settle)
    found = diff(clone)
    assert (found["added"]["count"], found["removed"]["count"], found["relabelled"]["count"]) == (6, 1, 1)
    assert found["relabelled"]["transitions"] == [{"before": "bars", "after": "blobs", "count": 1}]
    assert (found["regrouped"]["count"], found["regrouped"]["num_groups_after"]) == (1, 1)
    assert (found["new_classes"], found["vanished_classes"], found["settings"]) == (["novel"], [], [])
    parts, total = found["parts"], found["bytes"]
    assert (len(parts["added"]), parts["removed"], parts["num_kept"]) == (1, [], 2)
    assert parts["added_bytes"] == total["after"] - total["before"] > 0
    assert "run `dvc repro prepare`" in found["duplicates"]["not_available"]
    assert not list((clone / "data" / "images").glob("*"))
    page = clone / winnow(clone, "diff", "--html").strip()
    assert page.read_text(encoding="utf-8").count("not on this disk") == 8
    assert "patient" not in winnow(clone, "diff", "--markdown")


def test_another_seed_is_said_and_what_it_moved(clone: Path) -> None:
    write_params(clone, data__seed=1)
    found = diff(clone)
    assert found["settings"] == [{"key": "seed", "before": 0.0, "after": 1.0}]
    assert found["moved"]["count"] > 0
    assert (found["added"]["count"], found["relabelled"]["count"]) == (0, 0)
    moved_out = sum(split["moved_out"] for split in found["splits"])
    assert moved_out == found["moved"]["count"]


def test_a_leak_that_prepare_finds_is_introduced_by_the_change(origin: Path, clone: Path, tmp_path: Path) -> None:
    dvc(clone, "pull", "-q", "data/images.dvc")
    rows = [row.split(",") for row in (clone / "data" / "labels.csv").read_text(encoding="utf-8").splitlines()]
    judged, name = next((row[0], row[2]) for row in rows if "/" in row[2])
    edit_labels(clone, lambda row: [*row[:4], "test" if row[2] == name else "train"])
    dvc(clone, "repro", "-q", "prepare")
    commit(clone)
    copy = tmp_path / "copies" / name
    copy.parent.mkdir(parents=True)
    with Image.open(origin.parent / "pictures" / name) as picture:
        ImageEnhance.Brightness(picture).enhance(0.9).save(copy)
    winnow(clone, "add", str(tmp_path / "copies"))
    edit_labels(clone, lambda row: [*row[:4], row[4] or "train"])
    dvc(clone, "repro", "-q", "prepare")
    found = diff(clone)["duplicates"]
    assert (found["held_out_before"], found["held_out_after"], found["num_new_pairs"]) == (0, 1, 1)
    assert found["pairs"][0][1] == judged
    assert ("D301", "new") in {(one["id"], one["status"]) for one in found["findings"]}


def test_labels_that_dvc_tracks_are_read_at_any_revision(clone: Path, tmp_path: Path) -> None:
    write_params(clone, project__labels="dvc")
    call(clone, "git", "rm", "-q", "--cached", "data/labels.csv")
    dvc(clone, "add", "-q", "data/labels.csv")
    commit(clone, "labels by DVC")
    edit_labels(clone, lambda row: [row[0], row[1].upper(), *row[2:]])
    dvc(clone, "add", "-q", "data/labels.csv")
    commit(clone, "loud names")
    dvc(clone, "push", "-q", "--all-commits", "data/labels.csv.dvc")
    call(tmp_path, "git", "clone", "-q", str(clone), "second")
    second = tmp_path / "second"
    assert not (second / "data" / "labels.csv").exists()
    assert diff(second)["relabelled"]["count"] == 0
    assert diff(second, "HEAD~1")["relabelled"]["count"] == diff(second, "HEAD~2")["relabelled"]["count"] == 38
    shutil.rmtree(second / ".dvc" / "cache")
    set_remote(second, tmp_path / "nowhere")
    assert "neither in DVC's cache nor in the remote" in winnow(second, "diff", "HEAD~2", status=2)


def test_without_the_remote_it_says_what_it_cannot_know(clone: Path, tmp_path: Path) -> None:
    set_remote(clone, tmp_path / "nowhere")
    found = diff(clone, "HEAD~1")
    assert (found["added"]["count"], found["new_classes"]) == (2, ["dots"])
    assert (found["bytes"]["num_parts_before"], found["bytes"]["num_parts_after"]) == (1, 2)
    assert "neither in DVC's cache nor in the remote" in found["parts"]["not_available"]
    assert "not_available" in found["duplicates"]

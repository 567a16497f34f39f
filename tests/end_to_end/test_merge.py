"""Two branches that both added images, relabelled and removed are merged: by Git first, then by `winnow merge`."""

from pathlib import Path

import pytest
from branches import Branches, rows, tiny_id

from repository import call, dvc, winnow
from winnow.data.labels import Labels, read_labels

pytestmark = pytest.mark.slow

REMOTE = "[core]\n    remote = store\n['remote \"store\"']\n    url = {}\n"


def test_five_hundred_images_on_each_side_of_twenty_six_thousand(tmp_path: Path) -> None:
    branches = Branches.create(tmp_path / "repository")
    first, mine, yours = (branches.pack(*range(start, start + 500)) for start in (0, 30_000, 40_000))
    base = Labels.from_rows((image, *cells) for image, cells in rows(range(26_000)).items())
    branches.commit(base, parts=[first])
    branches.git("branch", "feature")

    def relabelled(label: str, *numbers: int) -> Labels:
        return base.relabelled({tiny_id(number): label for number in numbers})

    def added(labels: Labels, start: int) -> Labels:
        more = rows(range(start, start + 500))
        return labels.merged(Labels.from_rows((image, *cells) for image, cells in more.items()))

    theirs = added(relabelled("fox", 1, 2, 3), 40_000).without([tiny_id(7)])
    further = Labels.from_rows(((*row, "north") for row in theirs.rows()), ["site"])
    branches.commit(further, parts=[first, yours])
    branches.git("checkout", "-q", "feature")
    ours = added(relabelled("owl", 3, 4, 5), 30_000).without([tiny_id(8), tiny_id(2)])
    branches.commit(ours, parts=[first, mine])
    branches.stops("merge", "-q", "main")

    text = winnow(branches.project.root, "merge", "main", status=1)
    assert f"{tiny_id(3)} '3.png': label: ours 'owl', theirs 'fox'" in text
    assert f"{tiny_id(2)} '2.png': label: ours removed it, theirs 'fox'" in text
    assert "to decide, 2 cells or rows" in text

    text = winnow(branches.project.root, "merge", "main", "--prefer", "ours")
    assert "ours: 500 added, 2 removed, 3 relabelled" in text
    assert "theirs: 500 added, 1 removed, 3 relabelled" in text
    merged = read_labels(branches.project.labels)
    assert len(merged) == 26_000 + 500 + 500 - 3
    assert merged.further == ["site"]
    labels = dict(zip(merged.column("id"), merged.column("label"), strict=True))
    assert [labels[tiny_id(number)] for number in (1, 3, 4, 5)] == ["fox", "owl", "owl", "owl"]
    sites = dict(zip(merged.column("id"), merged.column("site"), strict=True))
    assert (sites[tiny_id(40_000)], sites[tiny_id(30_000)], sites[tiny_id(9)]) == ("north", "", "north")
    assert branches.project.images_dvc.read_text(encoding="utf-8") == branches.images_dvc([first, mine, yours])
    branches.git("commit", "-q", "-m", "merged")
    assert branches.git("status", "--porcelain") == ""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a remote. Both branches have added images, main has relabelled one and removed another.

    Nobody pushed before the branches parted: the remote does not know which parts there were then.
    """
    branches = Branches.create(tmp_path_factory.mktemp("origin") / "repository")
    root = branches.project.root
    store = tmp_path_factory.mktemp("store")
    (root / ".dvc" / "config").write_text(REMOTE.format(store), encoding="utf-8")
    first, mine, yours = (branches.pack(*range(start, start + 40)) for start in (0, 100, 200))
    branches.commit(rows(range(40)), parts=[first])
    branches.git("branch", "feature")
    theirs = rows([*range(1, 39), *range(200, 240)]) | rows([39], "newt")
    branches.commit(theirs, parts=[first, yours])
    branches.git("checkout", "-q", "feature")
    branches.commit(rows(range(40), "cat") | rows(range(100, 140)), parts=[first, mine])
    dvc(root, "push", "-q", "--all-branches")
    return root


def clone(origin: Path, folder: Path) -> Path:
    call(origin, "git", "clone", "-q", "-b", "feature", str(origin), str(folder))
    return folder


def merge_main(folder: Path) -> str:
    """Merge main into feature until Git stops, settle it, commit."""
    call(folder, "git", "merge", "-q", "origin/main", status=1)
    text = winnow(folder, "merge", "origin/main")
    call(folder, "git", "commit", "-q", "-m", "merged")
    assert call(folder, "git", "status", "--porcelain") == ""
    return text


def test_clones_with_and_without_parts_end_with_the_same_files_and_dvc_agrees(origin: Path, tmp_path: Path) -> None:
    full, bare = clone(origin, tmp_path / "full"), clone(origin, tmp_path / "bare")
    dvc(full, "pull", "-q")
    text = merge_main(full)
    assert "data/images is not what is recorded: dvc pull data/images.dvc" in text
    assert "the list of parts at the base is not in reach, so a part that one side replaced stays" in text
    merge_main(bare)
    assert not (bare / "data" / "images").exists()
    for name in ("data/labels.csv", "data/images.dvc"):
        assert (full / name).read_bytes() == (bare / name).read_bytes()
    labels = read_labels(full / "data" / "labels.csv")
    assert set(labels.column("id")) == {
        tiny_id(number) for number in (*range(1, 40), *range(100, 140), *range(200, 240))
    }

    # What the clone without parts wrote into its cache is all that others need.
    dvc(bare, "push", "-q")
    recorded = (full / "data" / "images.dvc").read_bytes()
    dvc(full, "pull", "-q")
    assert len(list((full / "data" / "images").iterdir())) == 3
    dvc(full, "add", "-q", "data/images")
    assert (full / "data" / "images.dvc").read_bytes() == recorded


def test_a_rebase_is_settled_too(origin: Path, tmp_path: Path) -> None:
    folder = clone(origin, tmp_path / "rebased")
    call(folder, "git", "rebase", "-q", "origin/main", status=1)
    assert "next: git rebase --continue" in winnow(folder, "merge")
    call(folder, "git", "-c", "core.editor=true", "rebase", "--continue")
    assert len(read_labels(folder / "data" / "labels.csv")) == 119
    assert "nfiles: 3" in (folder / "data" / "images.dvc").read_text(encoding="utf-8")

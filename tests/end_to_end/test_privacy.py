"""A private project: names, groups and pictures are planted, and looked for in all that leaves the machine."""

import base64
import csv
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from repository import CHECKOUT, CLASSES, call, dvc, lay_out_project, tiny_picture, winnow, write_params

pytestmark = pytest.mark.slow

NAMES = ("Planted-Jane", "Planted-Ann", "Planted-Eve")
CAMERA = "Planted-Camera"
REFERRER = "Planted-Referrer"
KEY = "0123456789abcdef" * 4
PRIVATE = {"project__labels": "dvc", "add__pseudonymous": True, "add__strip_metadata": True, "train__epochs": 1}
NUM_IMAGES = 60
STAGES = ("prepare", "train", "evaluate", "export")


@dataclass(frozen=True)
class Built:
    """A project after its stages ran, where its images came from, and what was printed on the way."""

    root: Path
    source: Path
    printed: str


def save_patients(folder: Path) -> Path:
    """Write a table of images that name patients in paths, groups and EXIF; two near duplicates, pinned apart."""
    rng = np.random.default_rng(7)
    folder.mkdir()
    exif = Image.Exif()
    exif[0x010E] = CAMERA
    rows = []
    for number in range(NUM_IMAGES):
        kind, patient = CLASSES[number % 3], f"{NAMES[number % 3]} {number // 3}"
        name = f"{patient} {number}.{('png', 'jpg')[number % 2]}"
        Image.fromarray(tiny_picture(rng, kind, 20)).save(folder / name, exif=exif)
        rows.append([name, kind, patient, "", REFERRER])
    twin = tiny_picture(rng, "rings", 20)
    for split, shift in (("train", 0), ("test", 1)):
        name = f"{NAMES[0]} {split}.png"
        Image.fromarray(np.clip(twin.astype(int) + shift, 0, 255).astype(np.uint8)).save(folder / name, exif=exif)
        rows.append([name, "rings", "", split, REFERRER])
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["path", "label", "group", "split", "referrer"], *rows])
    return folder / "table.csv"


@pytest.fixture(scope="module")
def _key() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "WINNOW_PSEUDONYM_KEY", KEY)
        yield


@pytest.fixture(scope="module")
def built(make_repository: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, _key: None) -> Built:
    root = lay_out_project(make_repository(), project__disclose="aggregate", **PRIVATE)
    table = save_patients(tmp_path_factory.mktemp("clinic") / "images")
    printed = winnow(root, "add", str(table)) + "".join(winnow(root, stage) for stage in STAGES)
    printed += dvc(root, "commit", "-f", "dvc.yaml")
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "-q", "-m", "first model")
    return Built(root, table.parent, printed)


def at_level(built: Built, level: str, folder: Path, *stages: str) -> Built:
    """Return a copy of the project with another `disclose`, these stages run again."""
    root = shutil.copytree(built.root, folder / "copy", symlinks=True)
    write_params(root, project__disclose=level, **PRIVATE)
    return Built(root, built.source, "".join(winnow(root, stage) for stage in stages))


def leaving(built: Built) -> dict[str, bytes]:
    """Return what others see, by name: what Git has, DVC's outputs but for the data set itself, what was printed."""
    listed = call(built.root, "git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    files = {name: built.root / name for name in listed if not name.startswith(("src/", "custom/"))}
    for folder in ("models", "reports"):
        paths = [path for path in (built.root / folder).rglob("*") if path.is_file()]
        files |= {path.relative_to(built.root).as_posix(): path for path in paths}
    contents = {name: path.read_bytes() for name, path in files.items()}
    contents |= {"printed": built.printed.encode(), "show": winnow(built.root, "show", "--json").encode()}
    predictions = pq.read_table(built.root / "reports/predictions.parquet").to_pylist()
    return contents | {"reports/predictions.parquet": json.dumps(predictions).encode()}


def holding(contents: dict[str, bytes], *planted: str) -> set[str]:
    return {name for name, content in contents.items() if any(word.encode() in content for word in planted)}


def ids_of(root: Path) -> list[str]:
    with (root / "data/labels.csv").open(encoding="utf-8", newline="") as stream:
        return [row["id"] for row in csv.DictReader(stream)]


def shows_pictures(contents: dict[str, bytes], source: Path) -> set[str]:
    """Return the names of what holds an embedded picture, or a file's pixels as they are or in base 64."""
    pieces = [path.read_bytes()[-60:-12] for path in source.glob("*.png")]
    pieces += [base64.b64encode(piece[start:])[:40] for piece in pieces for start in range(3)]
    return {name for name, content in contents.items() if any(piece in content for piece in [b"data:image/", *pieces])}


def test_nothing_that_leaves_names_anybody_or_shows_a_single_image(built: Built) -> None:
    contents = leaving(built)
    assert {"dvc.lock", "reports/data.json", "models/bundle/bundle.json", "reports/figures/curves.png"} <= set(contents)
    assert "data/labels.csv" not in contents
    contents["page"] = winnow(built.root, "show").encode()
    assert holding(contents, *NAMES, CAMERA, REFERRER) == set()
    assert shows_pictures(contents, built.source) == set()
    ids = ids_of(built.root)
    assert len(ids) == NUM_IMAGES + 2
    assert holding(contents, *ids) == {"reports/predictions.parquet"}
    rows = pq.read_table(built.root / "reports/predictions.parquet")
    assert rows.column_names[:4] == ["id", "split", "label", "group"]
    assert not [name for name in rows.column_names[4:] if not name.startswith("prob_")]
    assert json.loads(contents["reports/data.json"])["near_duplicates"] == []


def test_the_data_set_itself_names_nobody_and_carries_no_metadata(built: Built) -> None:
    labels = (built.root / "data/labels.csv").read_bytes()
    parts = b"".join(path.read_bytes() for path in (built.root / "data/images").iterdir())
    assert [name for name in NAMES if name.encode() in labels + parts] == []
    assert CAMERA.encode() not in parts
    assert REFERRER.encode() in labels, "further columns are kept, and `add` says so"
    assert "`referrer`" in built.printed


def test_with_ids_there_are_still_no_names_and_no_pictures(built: Built, tmp_path: Path) -> None:
    contents = leaving(at_level(built, "ids", tmp_path, "prepare", "evaluate"))
    assert holding(contents, *NAMES, CAMERA) == set()
    assert shows_pictures(contents, built.source) == set()
    assert holding(contents, REFERRER) == {"reports/predictions.parquet"}
    assert "reports/data.json" in holding(contents, *ids_of(built.root))
    assert json.loads(contents["reports/data.json"])["near_duplicates"]


def test_with_pictures_there_are_still_no_names(built: Built, tmp_path: Path) -> None:
    loose = at_level(built, "pictures", tmp_path, "prepare")
    assert holding(leaving(loose), *NAMES, CAMERA) == set()


def test_a_page_that_a_person_asks_for_shows_pictures_and_stays_here(built: Built) -> None:
    winnow(built.root, "images", "--html")
    page = built.root / "reports" / "gallery.html"
    assert shows_pictures({"page": page.read_bytes()}, built.source) == {"page"}
    assert "/reports/gallery.html" in (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    page.unlink()


def test_changing_who_tracks_the_labels_runs_no_stage_again(built: Built, tmp_path: Path) -> None:
    root = shutil.copytree(built.root, tmp_path / "copy", symlinks=True)
    for keeper in ("git", "dvc"):
        winnow(root, "labels", keeper)
        printed = dvc(root, "repro")
        for stage in STAGES:
            assert f"Stage '{stage}' didn't change, skipping" in printed
        call(root, "git", "add", "--all")
        assert ("data/labels.csv" in call(root, "git", "ls-files").splitlines()) is (keeper == "git")


def test_a_clone_is_told_how_to_get_the_labels(built: Built, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    call(tmp_path, "git", "clone", "-q", str(built.root), str(clone))
    for command in (["prepare"], ["add", str(built.source / "table.csv")]):
        assert "dvc pull data/labels.csv.dvc" in winnow(clone, *command, status=2)
    for root in (built.root, clone):
        remote = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {(tmp_path / 'store').as_posix()}\n"
        (root / ".dvc" / "config.local").write_text(remote, encoding="utf-8")
    dvc(built.root, "push", "-q", "data/labels.csv.dvc")
    dvc(clone, "pull", "-q", "data/labels.csv.dvc")
    assert ids_of(clone) == ids_of(built.root)
    assert "labels.csv.dvc" in winnow(clone, "relabel", ids_of(clone)[0], "new class")

"""The whole corpus among good neighbours, in one `winnow add` as a person runs it."""

import csv
import hashlib
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from corpus_files import FINE, HostileFile, corpus
from corpus_pictures import encoded, photo

from repository import environment, write_params
from winnow.data.labels import read_labels
from winnow.data.parts import list_parts, read_part
from winnow.ingest.quarantine import CHECKS
from winnow.project import Project

pytestmark = pytest.mark.slow

CLASSES = ("bird", "cat", "dog")


def image_id(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]


def good_neighbours() -> dict[str, bytes]:
    return {
        f"{CLASSES[number % 3]}/good-{number:03}.png": encoded(photo(1_000 + number), "PNG") for number in range(90)
    }


def hostile_places() -> dict[str, HostileFile]:
    """Return the corpus by path: its names come before, between and behind the good ones; equal bytes share a class."""
    prefixes = ("a-", "good-045-", "z-")
    classes = (CLASSES[zlib.crc32(file.content) % len(CLASSES)] for file in corpus())
    return {
        f"{name}/{prefixes[number % 3]}{file.name}": file
        for number, (name, file) in enumerate(zip(classes, corpus(), strict=True))
    }


def added(root: Path, files: dict[str, bytes]) -> tuple[Project, subprocess.CompletedProcess[str]]:
    """Write the files, run `winnow add` on them, and return the project and what was printed."""
    root.mkdir()
    write_params(root, add__max_pixels=2_000_000)
    for name, content in files.items():
        (root / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "raw" / name).write_bytes(content)
    command = [sys.executable, "-W", "error", "-m", "winnow", "add", "raw", "--no-track"]
    done = subprocess.run(
        command, cwd=root, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )
    return Project(root), done


def stored(project: Project) -> dict[str, bytes]:
    rows = (row for part in list_parts(project.images) for batch in read_part(part) for row in batch.to_pylist())
    return {row["id"]: row["bytes"] for row in rows}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, subprocess.CompletedProcess[str]]:
    files = good_neighbours() | {name: file.content for name, file in hostile_places().items()}
    return added(tmp_path_factory.mktemp("mixed") / "project", files)


Mixed = tuple[Project, subprocess.CompletedProcess[str]]


def refusals(project: Project) -> dict[str, tuple[str, str]]:
    with project.quarantine.open(encoding="utf-8", newline="") as stream:
        return {row["path"]: (row["check"], row["reason"]) for row in csv.DictReader(stream)}


def test_add_ends_well_and_is_silent_about_all_but_its_result(mixed: Mixed) -> None:
    project, done = mixed
    assert (done.returncode, done.stderr) == (0, "")
    assert str(project.quarantine.relative_to(project.root)) in done.stdout


def test_every_file_is_in_the_data_set_or_in_the_quarantine(mixed: Mixed) -> None:
    project, _ = mixed
    refused, bytes_by_id = refusals(project), stored(project)
    assert set(read_labels(project.labels).column("id")) == set(bytes_by_id)
    wrong = {}
    for name, file in hostile_places().items():
        check, reason = refused.get(name, (FINE, ""))
        is_fine = bytes_by_id.get(image_id(file.content)) == file.content
        allowed = file.expected or {FINE, *CHECKS}
        if check not in allowed or is_fine != (check == FINE) or (check != FINE and not reason.isprintable()):
            wrong[name] = (check, reason, is_fine)
    assert wrong == {}
    assert set(refused) <= set(hostile_places())


def test_the_good_neighbours_are_as_they_would_be_alone(mixed: Mixed, tmp_path: Path) -> None:
    project, _ = mixed
    alone, done = added(tmp_path / "alone", good_neighbours())
    assert done.returncode == 0
    ids = {image_id(content) for content in good_neighbours().values()}
    rows = list(read_labels(alone.labels).rows())
    assert len(rows) == len(ids) == 90
    assert list(read_labels(project.labels).only(ids).rows()) == rows
    together = stored(project)
    assert {image: together[image] for image in ids} == stored(alone)

"""Commands that replace parts, on real repositories with a remote: nothing accepted is lost, nothing erased is left."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from storage import BUCKET, storage, variables

from repository import CLASSES, call, dvc, environment, lay_out_project, save_class_folders, tiny_picture, winnow
from winnow.data.parts import list_parts, part_ids
from winnow.project import Project

pytestmark = pytest.mark.slow

ERASED = "rings/000.png"


def commit(root: Path, message: str) -> None:
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "-q", "-m", message)


def save_more(folder: Path) -> Path:
    rng = np.random.default_rng(99)
    for kind in CLASSES:
        (folder / kind).mkdir(parents=True)
        Image.fromarray(tiny_picture(rng, kind, 16)).save(folder / kind / "more.png")
    return folder


@pytest.fixture(scope="module")
def template(make_repository: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `work`, a project with two parts, prepared, committed and pushed to `store` beside it, and `in`."""
    home = tmp_path_factory.mktemp("home")
    work = lay_out_project(Path(shutil.move(make_repository(), home / "work")))
    save_class_folders(home / "in", per_class=12)
    dvc(work, "remote", "add", "-q", "-d", "store", "../store")
    winnow(work, "add", "../in")
    dvc(work, "repro", "-q", "prepare")
    commit(work, "one part")
    winnow(work, "add", str(save_more(home / "more")))
    commit(work, "two parts")
    dvc(work, "push", "-q")
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "home", symlinks=True))


def files_with(folder: Path, content: bytes) -> list[str]:
    """Return the files that hold these bytes, Git's own left out."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return sorted(path.relative_to(folder).as_posix() for path in paths if content in path.read_bytes())


def pixels_of(path: Path) -> bytes:
    """Return the prepared pixels of a picture that has the prepared size already."""
    return np.asarray(Image.open(path)).tobytes()


def ids_in(work: Path) -> list[str]:
    return sorted(image for part in list_parts(Project(work).images) for image in part_ids(part).to_pylist())


def test_an_erased_image_is_nowhere_and_all_others_are_everywhere(home: Path) -> None:
    work, store = home / "work", home / "store"
    picture = home / "in" / ERASED
    content, pixels = picture.read_bytes(), pixels_of(picture)
    Project(work).gallery.write_text('<img src="data:image/png;base64,AAAA">', encoding="utf-8")
    assert "became 1 part" in winnow(work, "compact")
    assert files_with(work, pixels), "the test looks for pixels that were prepared"
    # The old part, the compacted one that nobody has committed or pushed, and the working copy.
    assert len(files_with(work, content)) == 3
    assert "--yes" in winnow(work, "erase", ERASED, status=2)
    assert len(files_with(work, content)) == 3

    store.rename(home / "away")
    told = winnow(work, "erase", ERASED, "--yes", status=3)
    assert "store cannot be reached" in told
    assert "written down" in told
    assert files_with(work, content) == files_with(work, pixels) == []
    assert files_with(home / "away", content) != []
    (home / "away").rename(store)
    assert "store: 1 objects deleted" in winnow(work, "erase")
    assert files_with(store, content) == []
    assert not Project(work).gallery.exists()
    assert not Project(work).erasure.exists()
    assert len(ids_in(work)) == 3 * 13 - 1


def test_a_bare_clone_a_full_one_and_one_that_was_killed_end_with_the_same_bytes(home: Path) -> None:
    work = home / "work"
    content = (home / "in" / ERASED).read_bytes()
    call(home, "git", "clone", "-q", "work", "clone")
    full = Path(shutil.copytree(home, home.with_name("full"), symlinks=True)) / "work"
    winnow(full, "erase", ERASED, "--yes")
    winnow(home / "clone", "erase", ERASED, "--yes")
    assert not (home / "clone" / "data" / "images").exists()
    assert files_with(home / "clone", content) == files_with(home / "store", content) == []
    assert files_with(work, content) != [], "another clone is out of reach, and is said to be"
    kill_once_parts_change(work, "erase", ERASED, "--yes")
    winnow(work, "erase")
    assert files_with(work, content) == []
    assert parts(work) == parts(full)
    for name in ("labels.csv", "images.dvc", "erased.csv"):
        expected = (full / "data" / name).read_bytes()
        assert [(root / "data" / name).read_bytes() for root in (work, home / "clone")] == [expected] * 2
    dvc(home / "clone", "pull", "-q", "data/images.dvc")
    assert ids_in(home / "clone") == ids_in(full)


def test_a_bucket_loses_the_old_part_after_it_got_the_new_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = home / "work"
    with storage(home / "bucket") as (emulator, _):
        for name, value in variables(emulator.url).items():
            monkeypatch.setenv(name, value)
        dvc(work, "remote", "modify", "store", "url", f"gs://{BUCKET}/data")
        commit(work, "a bucket")
        dvc(work, "push", "-q", "data/images.dvc")
        # A clone without parts: the one that holds the image is found and fetched through the bucket, too.
        call(home, "git", "clone", "-q", "work", "clone")
        before = set(emulator.objects(BUCKET))
        assert "store: 1 objects deleted" in winnow(home / "clone", "erase", ERASED, "--yes")
        after = set(emulator.objects(BUCKET))
    assert len(before - after) == 1
    assert len(after - before) == 2, "the new part, and the list of parts"
    assert files_with(home / "bucket", (home / "in" / ERASED).read_bytes()) == []


def test_compacting_killed_while_dvc_is_to_record_the_parts_ends_as_if_it_had_not_been(home: Path) -> None:
    work = home / "work"
    undisturbed = Path(shutil.copytree(home, home.with_name("twin"), symlinks=True)) / "work"
    winnow(undisturbed, "compact")
    kill_once_parts_change(work, "compact")
    winnow(work, "compact")
    assert parts(work) == parts(undisturbed)
    assert (work / "data" / "images.dvc").read_bytes() == (undisturbed / "data" / "images.dvc").read_bytes()
    assert not Project(work).journal.exists()


def kill_once_parts_change(work: Path, *arguments: str) -> None:
    """Kill -9 a command when the parts are being exchanged: DVC does not know yet."""
    names = {path.name for path in list_parts(Project(work).images)}
    with started(work, *arguments) as process:
        while {path.name for path in list_parts(Project(work).images)} == names:
            assert process.poll() is None, "it has ended before it could be killed"
            time.sleep(0.002)


def parts(work: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in list_parts(Project(work).images)}


class started:  # noqa: N801 - reads as what it does
    """A winnow command in a process of its own, killed when the block ends."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "winnow", *arguments],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

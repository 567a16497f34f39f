"""Pushing, pulling and adding through a real storage server, also one that dies in between."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from storage import BUCKET, Emulator, Proxy, storage, variables

from repository import CLASSES, call, dvc, environment, winnow, write_params

pytestmark = pytest.mark.slow

URL = f"gs://{BUCKET}/winnow"
IMAGES = "data/images"
IMAGES_DVC = f"{IMAGES}.dvc"


def save_noise(folder: Path, *, per_class: int, seed: int) -> Path:
    """Write a folder per class with `per_class` PNG files of 12 KB: noise does not compress, so that bytes count."""
    rng = np.random.default_rng(seed)
    for kind in CLASSES:
        (folder / kind).mkdir(parents=True)
        for number in range(per_class):
            pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / kind / f"{number:03d}.png", compress_level=0)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.png"))


@dataclass
class Origin:
    """A repository whose images are in the storage, and the storage."""

    root: Path
    emulator: Emulator
    proxy: Proxy

    def clone(self, folder: Path) -> Path:
        """Return a fresh clone with a cache of its own: no images."""
        call(folder, "git", "clone", "-q", str(self.root), "clone")
        return folder / "clone"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 images, 3 MB."""
    return save_noise(tmp_path_factory.mktemp("first") / "in", per_class=80, seed=0)


@pytest.fixture(scope="module")
def origin(
    make_repository: Callable[[], Path], first: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Origin]:
    with storage(tmp_path_factory.mktemp("storage")) as (emulator, proxy), pytest.MonkeyPatch.context() as patch:
        for name, value in variables(proxy.url).items():
            patch.setenv(name, value)
        root = make_repository()
        write_params(root, add__part_size_mb=1)
        config = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {URL}\n"
        (root / ".dvc" / "config").write_text(config, encoding="utf-8")
        winnow(root, "add", str(first))
        call(root, "git", "add", "--all")
        call(root, "git", "commit", "-q", "-m", "images")
        dvc(root, "push", "-q")
        yield Origin(root, emulator, proxy)


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten images more."""
    folder = save_noise(tmp_path_factory.mktemp("ten") / "in", per_class=4, seed=1)
    for name in ("rings/002.png", "rings/003.png"):
        (folder / name).unlink()
    assert len(list(folder.rglob("*.png"))) == 10
    return folder


def test_a_fresh_clone_pulls_the_same_bytes(origin: Origin, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path)
    assert not (clone / IMAGES).exists()
    dvc(clone, "pull", "-q", IMAGES_DVC)
    assert contents(clone / IMAGES) == contents(origin.root / IMAGES)
    assert len(contents(clone / IMAGES)) == 3
    assert call(clone, "git", "status", "--porcelain") == ""


def test_gc_takes_what_nobody_needs_and_keeps_what_is_current(origin: Origin, tmp_path: Path) -> None:
    kept = origin.emulator.objects(BUCKET)
    origin.emulator.upload(BUCKET, "winnow/files/md5/00/112233445566778899aabbccddeeff", b"of a branch long gone")
    clone = origin.clone(tmp_path)
    # The clone has no part in its cache: what is current comes from the listing, which lies in the storage.
    dvc(clone, "gc", "--workspace", "--cloud", "--force", "-q")
    assert origin.emulator.objects(BUCKET) == kept


@pytest.fixture(scope="module")
def bare(origin: Origin, ten: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A clone that pulled nothing, added ten images and pushed; and the bytes that went up."""
    clone = origin.clone(tmp_path_factory.mktemp("bare"))
    origin.proxy.reset_counts()
    winnow(clone, "add", str(ten))
    dvc(clone, "push", "-q")
    return clone, origin.proxy.bytes["up"]


def test_adding_on_a_bare_clone_uploads_those_images_alone(bare: tuple[Path, int], origin: Origin, ten: Path) -> None:
    _, num_bytes = bare
    assert size_bytes(ten) < num_bytes <= 1.2 * size_bytes(ten) + 64 * 1024
    assert num_bytes < sum(map(len, contents(origin.root / IMAGES).values())) / 4
    assert origin.proxy.bytes["down"] < size_bytes(ten), "the earlier parts were fetched"


def test_adding_on_a_bare_clone_ends_as_on_a_full_one(
    bare: tuple[Path, int], origin: Origin, ten: Path, tmp_path: Path
) -> None:
    clone, _ = bare
    full = tmp_path / "full"
    shutil.copytree(origin.root, full, symlinks=True)
    winnow(full, "add", str(ten))
    for name in (IMAGES_DVC, "data/labels.csv", "data/.gitignore"):
        assert (clone / name).read_bytes() == (full / name).read_bytes(), name
    assert not (clone / IMAGES).exists()
    dvc(clone, "pull", "-q", IMAGES_DVC)
    assert contents(clone / IMAGES) == contents(full / IMAGES)


def test_relabelling_ten_images_uploads_no_image_byte(origin: Origin, first: Path, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path)
    (tmp_path / "sorted" / "rings").mkdir(parents=True)
    for path in sorted((first / "bars").iterdir())[:10]:
        shutil.copy(path, tmp_path / "sorted" / "rings" / path.name)
    before = origin.emulator.objects(BUCKET)
    origin.proxy.reset_counts()
    assert "10 relabelled" in winnow(clone, "relabel", "--from", str(tmp_path / "sorted"))
    dvc(clone, "push", "-q")
    assert origin.emulator.objects(BUCKET) == before
    assert origin.proxy.bytes["up"] < size_bytes(tmp_path / "sorted") / 10, "what asks for objects, and no object"


def cut_off(origin: Origin, folder: Path, direction: str, *arguments: str) -> None:
    """Run DVC in `folder`; halfway kill the server and then DVC; start the server again, on what it had stored."""
    is_dead = threading.Event()

    def die() -> None:
        origin.emulator.kill()
        is_dead.set()

    origin.proxy.when(direction, 1_500_000, die)
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", *arguments, "-q"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert is_dead.wait(60)
    assert process.poll() is None, "DVC ended before the server did"
    process.kill()
    process.wait()
    origin.emulator.start()


def test_a_push_and_a_pull_that_are_cut_off_end_complete_after_a_retry(origin: Origin, tmp_path: Path) -> None:
    pusher = tmp_path / "pusher"
    shutil.copytree(origin.root, pusher, symlinks=True)
    config = pusher / ".dvc" / "config"
    config.write_text(config.read_text(encoding="utf-8").replace(URL, f"gs://{BUCKET}/again"), encoding="utf-8")
    call(pusher, "git", "commit", "-q", "-a", "-m", "another place")

    def pushed() -> set[str]:
        return {name.removeprefix("again/") for name in origin.emulator.objects(BUCKET) if name.startswith("again/")}

    cut_off(origin, pusher, "up", "push")
    assert not any(name.endswith(".dir") for name in pushed()), "the listing goes last: a reader never sees half of it"
    origin.proxy.faults.extend(["500", "reset", "500"])
    dvc(pusher, "push", "-q")
    assert not origin.proxy.faults, "every fault was met"
    first = {name.removeprefix("winnow/") for name in origin.emulator.objects(BUCKET) if name.startswith("winnow/")}
    assert len(pushed()) == 4
    assert pushed() <= first

    call(tmp_path, "git", "clone", "-q", str(pusher), "puller")
    puller = tmp_path / "puller"
    cut_off(origin, puller, "down", "pull")
    assert not (puller / IMAGES).exists()
    origin.proxy.faults.extend(["500", "reset", "500"])
    dvc(puller, "pull", "-q")
    assert not origin.proxy.faults
    assert contents(puller / IMAGES) == contents(origin.root / IMAGES)
    assert call(puller, "git", "status", "--porcelain") == ""


def test_a_half_present_folder_is_never_recorded_as_the_whole(origin: Origin, ten: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(origin.root, half, symlinks=True)
    min((half / IMAGES).iterdir()).unlink()
    assert "records 3 parts" in winnow(half, "add", str(ten), status=2)
    assert call(half, "git", "status", "--porcelain") == ""
    # As the message says.
    dvc(half, "checkout", "-q", IMAGES_DVC)
    assert contents(half / IMAGES) == contents(origin.root / IMAGES)

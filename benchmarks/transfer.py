"""Pushing and pulling 26,000 small images: DVC with a file each, with one zip, and with winnow's parts.

PNG files of 64 x 64 pixels and 6 KB in 1,000 classes go through a storage server on loopback (fake-gcs-server), as it
is and with 20 ms more for each request, which is what a bucket in the same country takes. First push and pull in a
fresh clone are timed; packing, unpacking and `dvc add` are not. One zip and winnow take turns, and the median counts.
Bytes are counted at a proxy, requests and all: for ten images more (winnow's on a clone that pulled nothing), and for
ten images that change their class (a moved file, another zip, a line of labels.csv).

Expected with latency: winnow at least 20 times as fast as a file each and at most 1.15 times one zip; ten images cost
at most 1.2 times their bytes and 64 KB, ten labels no byte of an image. About half an hour on two cores, nearly all of
it for a file each; `transfer.py 300` is a quick try.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from _pictures import say, write_project
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "tests" / "end_to_end"))
from storage import BUCKET, Emulator, Proxy, storage, variables  # type: ignore[import-not-found]

from repository import call, dvc, winnow  # type: ignore[import-not-found]

SIDE = 64
NUM_CLASSES = 1000
NUM_MORE = 10
LATENCY_S = 0.02
REPEATS = 3


def save_pictures(folder: Path, *, num_images: int, num_classes: int, seed: int) -> Path:
    """Write PNG files into class folders; four bits of noise in each of the three colours make 6 KB."""
    rng = np.random.default_rng(seed)
    for number in range(num_images):
        place = folder / f"{number % num_classes:04d}"
        place.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 16, (SIDE, SIDE, 3), dtype=np.uint8) * 16
        Image.fromarray(pixels).save(place / f"{seed}-{number:05d}.png", compress_level=1)
    return folder


def num_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.png"))


@dataclass(frozen=True)
class Way:
    """A way to put the pictures under DVC."""

    name: str
    tracker: str
    """The `.dvc` file that names them."""

    put: Callable[[Path, Path], None]
    """Take the pictures of a folder into a repository, beside what it has."""

    relabel: Callable[[Path, Path], None]
    """Give ten of the pictures another class; a copy of the folder they came from may be changed for it."""

    needs_pull: bool
    """Whether adding needs the earlier pictures."""

    repeats: int


def put_files(root: Path, pictures: Path) -> None:
    shutil.copytree(pictures, root / "pictures", dirs_exist_ok=True)
    dvc(root, "add", "-q", "pictures")


def move_files(root: Path, _: Path) -> None:
    for path in sorted((root / "pictures").rglob("*.png"))[:NUM_MORE]:
        path.rename(root / "pictures" / "0001" / f"moved-{path.name}")
    dvc(root, "add", "-q", "pictures")


def put_zip(root: Path, pictures: Path) -> None:
    with zipfile.ZipFile(root / "pictures.zip", "a") as archive:
        for path in sorted(pictures.rglob("*.png")):
            archive.write(path, path.relative_to(pictures))
    dvc(root, "add", "-q", "pictures.zip")


def zip_moved(root: Path, pictures: Path) -> None:
    for path in sorted(pictures.rglob("*.png"))[:NUM_MORE]:
        path.rename(pictures / "0001" / f"moved-{path.name}")
    (root / "pictures.zip").unlink()
    put_zip(root, pictures)


def put_parts(root: Path, pictures: Path) -> None:
    winnow(root, "add", str(pictures))


def relabel_rows(root: Path, _: Path) -> None:
    labels = root / "data" / "labels.csv"
    header, *rows = labels.read_text(encoding="utf-8").splitlines(keepends=True)
    for number in range(NUM_MORE):
        image, label, rest = rows[number].split(",", 2)
        rows[number] = f"{image},{'0001' if label != '0001' else '0000'},{rest}"
    labels.write_text(header + "".join(rows), encoding="utf-8")


WAYS = (
    Way("a file each", "pictures.dvc", put_files, move_files, needs_pull=True, repeats=1),
    Way("one zip", "pictures.zip.dvc", put_zip, zip_moved, needs_pull=True, repeats=REPEATS),
    Way("**winnow**", "data/images.dvc", put_parts, relabel_rows, needs_pull=False, repeats=REPEATS),
)


@dataclass
class Figures:
    """What one way took at one latency."""

    push_s: list[float] = field(default_factory=list)
    pull_s: list[float] = field(default_factory=list)
    more_bytes: int = 0
    """Sent for ten images more."""

    labels_bytes: int = 0
    """In new objects, for ten images that change their class."""

    def total_s(self) -> float:
        """Return the median of push and pull together."""
        return median(push + pull for push, pull in zip(self.push_s, self.pull_s, strict=True))


def make_repository(root: Path, url: str) -> Path:
    """Make a Git and DVC repository whose remote is `url`."""
    root.mkdir(parents=True)
    call(root, "git", "init", "-q", "-b", "main")
    dvc(root, "init", "-q")
    dvc(root, "remote", "add", "-q", "-d", "storage", url)
    write_project(root)
    return root


def commit(root: Path) -> None:
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "-q", "-m", "pictures")


def seconds(root: Path, *arguments: str) -> float:
    start = time.perf_counter()
    dvc(root, *arguments)
    return time.perf_counter() - start


def time_once(way: Way, root: Path, pictures: Path, url: str, figures: Figures) -> tuple[Path, Path]:
    """Push from one repository and pull into a clone of it; return both."""
    origin = make_repository(root / "origin", url)
    way.put(origin, pictures)
    commit(origin)
    figures.push_s.append(seconds(origin, "push", "-q"))
    call(root, "git", "clone", "-q", "origin", "clone")
    figures.pull_s.append(seconds(root / "clone", "pull", "-q", way.tracker))
    return origin, root / "clone"


def count_changes(
    way: Way, origin: Path, more: Path, pictures: Path, server: tuple[Emulator, Proxy]
) -> tuple[int, int]:
    """Return the bytes sent for the pictures in `more`, and those in new objects for ten changed classes."""
    emulator, proxy = server
    place = origin.parent / "adding"
    if way.needs_pull:
        place = origin
    else:
        call(origin.parent, "git", "clone", "-q", "origin", "adding")
    proxy.reset_counts()
    way.put(place, more)
    dvc(place, "push", "-q")
    more_bytes = proxy.bytes["up"]
    before = emulator.objects(BUCKET)
    copied = shutil.copytree(pictures, origin.parent / "pictures")
    way.relabel(place, copied)
    dvc(place, "push", "-q")
    new = emulator.objects(BUCKET).items() - before.items()
    return more_bytes, sum(size for _, size in new)


def measure(root: Path, pictures: Path, more: Path, latency_s: float) -> dict[str, Figures]:
    """Return the figures of every way at one latency."""
    figures = {way.name: Figures() for way in WAYS}
    with storage(None, latency_s=latency_s) as server:
        os.environ.update(variables(server[1].url))
        for number in range(REPEATS):
            for way in WAYS:
                if number >= way.repeats:
                    continue
                say(f"{latency_s * 1000:.0f} ms, {way.name}, run {number + 1} of {way.repeats}")
                folder = root / "run"
                url = f"gs://{BUCKET}/{WAYS.index(way)}-{number}"
                origin, _ = time_once(way, folder, pictures, url, figures[way.name])
                if number == 0:
                    counts = count_changes(way, origin, more, pictures, server)
                    figures[way.name].more_bytes, figures[way.name].labels_bytes = counts
                shutil.rmtree(folder)
    return figures


def print_table(figures: dict[str, Figures], latency_s: float, more_bytes: int) -> None:
    """Print what every way took, and how winnow stands to its goals."""
    print(f"\nWith {latency_s * 1000:.0f} ms more for each request:\n")
    print("| | push (s) | pull (s) | together (s) | 10 images more: bytes sent | 10 labels: bytes of new objects |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, taken in figures.items():
        times = f"{median(taken.push_s):.1f} | {median(taken.pull_s):.1f} | {taken.total_s():.1f}"
        print(f"| {name} | {times} | {taken.more_bytes:,} | {taken.labels_bytes:,} |")
    files, archive, ours = figures.values()
    allowed = 1.2 * more_bytes + 64 * 1024
    faster, longer = files.total_s() / ours.total_s(), ours.total_s() / archive.total_s()
    print(
        f"\nwinnow is {faster:.1f} times as fast as a file each (goal with latency: 20), takes {longer:.2f} times as "
        f"long as one zip (goal: 1.15), and sends {ours.more_bytes:,} bytes for ten images of {more_bytes:,} "
        f"(goal: {allowed:,.0f})."
    )


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_images", type=int, nargs="?", default=26_000)
    options = parser.parse_args()
    num_classes = min(NUM_CLASSES, max(2, options.num_images // 26))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        say(f"writing {options.num_images} pictures in {num_classes} classes")
        pictures = save_pictures(root / "first", num_images=options.num_images, num_classes=num_classes, seed=0)
        more = save_pictures(root / "more", num_images=NUM_MORE, num_classes=num_classes, seed=1)
        print(f"{options.num_images:,} pictures, {num_bytes(pictures):,} bytes, {num_classes:,} classes.")
        for latency_s in (0.0, LATENCY_S):
            figures = measure(root / f"{latency_s}", pictures, more, latency_s)
            print_table(figures, latency_s, num_bytes(more))


if __name__ == "__main__":
    main()

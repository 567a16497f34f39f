"""What changed since the last commit: `winnow diff` beside `dvc diff` over as many loose files, both without the data.

26,000 rows in 1,000 classes; 500 images were added and 100 relabelled. Seconds are those of the whole process, Python's
start included. No part is on the disk; of DVC's objects there are the small listings. The peer compares as many loose
files in class folders, where a relabel is a moved file, between two commits.

Expected: at most 2 s. Making the loose files takes longest; `diff.py 2000` is a quick try.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _pictures import say, write_project

from winnow.data.labels import Labels, write_labels
from winnow.data.parts import image_id
from winnow.project import Project
from winnow.repository.dvc import listing_bytes, listing_md5

NUM_CLASSES = 1000
NUM_ADDED = 500
NUM_RELABELLED = 100
ROWS_PER_PART = 1000
PART_BYTES = 64_000_000
REPEATS = 5


def run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def dvc(folder: Path, *arguments: str) -> None:
    run(folder, sys.executable, "-m", "dvc", *arguments)


def start(folder: Path) -> Path:
    """Make a Git and DVC repository."""
    folder.mkdir(parents=True, exist_ok=True)
    run(folder, "git", "init", "-q")
    run(folder, "git", "config", "user.name", "bench")
    run(folder, "git", "config", "user.email", "bench@example.org")
    dvc(folder, "init", "-q")
    return folder


def commit(folder: Path) -> None:
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "-m", "data")


def label_of(number: int, *, is_after: bool) -> str:
    shift = is_after and number < NUM_RELABELLED
    return f"class-{(number + shift) % NUM_CLASSES:04d}"


def write_rows(project: Project, num_images: int, *, is_after: bool) -> None:
    """Write labels of images that do not exist, `images.dvc`, and the listing behind it."""
    rows = ((image_id(str(n).encode()), label_of(n, is_after=is_after), f"{n}.png", "", "") for n in range(num_images))
    project.labels.parent.mkdir(exist_ok=True)
    write_labels(project.labels, Labels.from_rows(rows))
    numbers = range(-(-num_images // ROWS_PER_PART))
    listing = {f"part-{number:020x}.arrow": f"{number:032x}" for number in numbers}
    md5, size = listing_md5(listing), len(listing) * PART_BYTES
    place = project.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(listing_bytes(listing))
    entry = f"outs:\n- md5: {md5}\n  size: {size}\n  nfiles: {len(listing)}\n  hash: md5\n  path: images\n"
    project.images_dvc.write_text(entry, encoding="utf-8")


def make_project(root: Path, num_images: int) -> Path:
    project = write_project(start(root))
    write_rows(project, num_images, is_after=False)
    commit(root)
    write_rows(project, num_images + NUM_ADDED, is_after=True)
    commit(root)
    return root


def write_files(folder: Path, num_images: int, *, is_after: bool) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(num_images):
        place = folder / label_of(number, is_after=is_after)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes(str(number).encode())


def make_peer(root: Path, num_images: int) -> Path:
    """Track loose files; then keep of DVC's objects only the listings, as a clone has them after one comparison."""
    start(root)
    for is_after in (False, True):
        write_files(root / "images", num_images + is_after * NUM_ADDED, is_after=is_after)
        dvc(root, "add", "-q", "images")
        commit(root)
    shutil.rmtree(root / "images")
    for path in (root / ".dvc" / "cache" / "files" / "md5").rglob("*"):
        if path.is_file() and path.suffix != ".dir":
            path.unlink()
    shutil.rmtree(root / ".dvc" / "tmp")
    return root


def seconds(folder: Path, *command: str) -> list[float]:
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run(folder, *command)
        times.append(time.perf_counter() - begin)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_images", type=int, nargs="?", default=26_000)
    num_images = parser.parse_args().num_images
    with tempfile.TemporaryDirectory() as name:
        say("writing rows and listings")
        ours = make_project(Path(name) / "ours", num_images)
        say(f"tracking {num_images} loose files twice")
        theirs = make_peer(Path(name) / "theirs", num_images)
        python = sys.executable
        cases = {
            "`winnow diff HEAD~1`": seconds(ours, python, "-m", "winnow", "diff", "HEAD~1"),
            "`winnow diff HEAD~1 --json`": seconds(ours, python, "-m", "winnow", "diff", "HEAD~1", "--json"),
            "`dvc diff HEAD~1 HEAD --json`, loose files": seconds(
                theirs, python, "-m", "dvc", "diff", "HEAD~1", "HEAD", "--json"
            ),
            "`python -c pass`": seconds(ours, python, "-c", "pass"),
        }
    print(f"{num_images:,} images, {NUM_ADDED} added, {NUM_RELABELLED} relabelled.\n")
    print(f"| command | median of {REPEATS} (s) | least | most |\n|---|---:|---:|---:|")
    for case, times in cases.items():
        print(f"| {case} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} |")


if __name__ == "__main__":
    main()

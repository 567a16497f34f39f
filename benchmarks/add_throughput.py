"""Images/s of `winnow add` against decoding the same files once on all cores.

Both sides are whole programs, from the shell to their end, with their start, on files that the page cache holds. The
bound opens every file with Pillow and loads its pixels, in a pool with one process a core, and keeps nothing. `winnow
add --no-track` also finds the files, hashes them, judges them, fingerprints their pictures, packs them into parts that
it flushes to the disk, and writes `labels.csv`. Repeats alternate; figures are medians with their range.

Expected: at least 0.8 times the bound for each kind. About five minutes on two cores; `add_throughput.py 200` is a
quick try.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from _pictures import CLASSES, draw, middle, say, write_project
from PIL import Image

GOAL = 0.8
REPEATS = 5
NUM_DRAWN = 40


def small_png(rng: np.random.Generator) -> Callable[[Path], None]:
    """Return a function that writes the next PNG of 64 x 64 in colour, about 6 KB."""

    def write(path: Path) -> None:
        angle, waves = CLASSES[int(rng.integers(len(CLASSES)))]
        # Half of the bits are noise, so half of the bytes stay.
        Image.fromarray(draw(angle, waves, 64, rng) & 0xF0).save(path.with_suffix(".png"))

    return write


def photo_jpeg(rng: np.random.Generator) -> Callable[[Path], None]:
    """Return a function that writes the next JPEG of 640 x 480."""
    drawn = [draw(*CLASSES[number % len(CLASSES)], 640, rng)[:480] for number in range(NUM_DRAWN)]

    def write(path: Path) -> None:
        # Drawing each anew would take minutes: a corner of noise makes a picture of its own.
        pixels = drawn[int(rng.integers(NUM_DRAWN))].copy()
        pixels[:16, :16] = rng.integers(0, 256, (16, 16, 3))
        Image.fromarray(pixels).save(path.with_suffix(".jpg"), quality=85)

    return write


KINDS = {"PNG, 64 x 64": (26_000, small_png), "JPEG, 640 x 480": (2_000, photo_jpeg)}


def write_pictures(folder: Path, num_images: int, write: Callable[[Path], None]) -> None:
    """Write pictures into twenty class folders."""
    for number in range(num_images):
        place = folder / f"class-{number % 20:02}"
        place.mkdir(parents=True, exist_ok=True)
        write(place / f"{number:05}")


def decode(path: str) -> int:
    """Load the pixels of one file; return how many they are."""
    with Image.open(path) as image:
        image.load()
        return image.width * image.height


def decode_all(folder: str) -> None:
    """The bound: decode every file below `folder` on all cores."""
    paths = [str(path) for path in Path(folder).rglob("*.*")]
    with ProcessPoolExecutor() as pool:
        assert sum(pool.map(decode, paths, chunksize=64))


def seconds(*command: str, folder: Path) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def add(folder: Path, pictures: Path) -> float:
    """Take the pictures into a new project; return the seconds of the command."""
    project = write_project(folder / "project")
    took = seconds("-m", "winnow", "add", str(pictures), "--no-track", folder=project.root)
    shutil.rmtree(project.root)
    return took


def compare(name: str, num_images: int, write: Callable[[Path], None]) -> str:
    """Return a row of the table."""
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        say(f"drawing {num_images} pictures: {name}")
        write_pictures(folder / "pictures", num_images, write)
        kilobytes = sum(path.stat().st_size for path in folder.rglob("*.*")) / num_images / 1000
        bound, ours = [], []
        for repeat in range(REPEATS + 1):
            say(f"repeat {repeat} of {REPEATS}")
            measured = seconds(__file__, "--decode", str(folder / "pictures"), folder=folder)
            added = add(folder, folder / "pictures")
            # The first repeat fills the page cache and writes byte code.
            bound += [num_images / measured] * (repeat > 0)
            ours += [num_images / added] * (repeat > 0)
    ratio = median(ours) / median(bound)
    return f"| {name}, {kilobytes:.1f} KB | {num_images:,} | {middle(bound)} | {middle(ours)} | {ratio:.2f} | {GOAL} |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_images", type=int, nargs="?", help="of each kind")
    parser.add_argument("--decode", metavar="DIR", help="only decode what is there")
    options = parser.parse_args()
    if options.decode:
        decode_all(options.decode)
        return
    print("| images | number | decoding, images/s | `winnow add`, images/s | ratio | goal |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, (num_images, make) in KINDS.items():
        row = compare(name, options.num_images or num_images, make(np.random.default_rng(0)))
        print(row, flush=True)


if __name__ == "__main__":
    main()

"""Peak memory of `winnow add` and `winnow prepare` for 26,000 and for 260,000 images: it must not grow with them.

Random 28 x 28 images, so that no two are alike, come from idx files that are written here. What is counted is the
resident memory of the command and of all its workers together, sampled: on Linux as proportional set size (a page that
two processes share counts once), elsewhere as resident set size.
`--folder` adds the same images from a folder per class, one file each.

Expected: under 600 MB for each. About three minutes on two cores; `add_memory.py 1000` is a quick try.
"""

import argparse
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from winnow.ingest.png import encode_gray

PARAMS = Path(__file__).parents[1] / "params.yaml"
SIDE = 28
NUM_CLASSES = 10
LIMIT_MB = 600
SAMPLE_EVERY_S = 0.02
BLOCK = 10_000


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    peak_mb: float
    wall_s: float


def random_images(num_images: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield random images in blocks, uint8 [B, 28, 28]."""
    rng = np.random.default_rng(seed)
    for start in range(0, num_images, BLOCK):
        yield rng.integers(0, 256, (min(BLOCK, num_images - start), SIDE, SIDE), dtype=np.uint8)


def write_idx(folder: Path, num_images: int, seed: int = 0) -> str:
    """Write two pairs of idx files, a tenth for testing, and return the source that names them."""
    folder.mkdir()
    num_test = num_images // 10
    for name, count, own_seed in (("train", num_images - num_test, seed), ("t10k", num_test, seed + 1)):
        with (folder / f"{name}-images-idx3-ubyte").open("wb") as stream:
            stream.write(struct.pack(">HBBIII", 0, 8, 3, count, SIDE, SIDE))
            for block in random_images(count, own_seed):
                stream.write(block.tobytes())
        labels = (np.arange(count) % NUM_CLASSES).astype(np.uint8)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, count) + labels.tobytes())
    return f"idx:{folder}"


def write_folder(folder: Path, num_images: int) -> str:
    """Write one file an image into a folder per class, and return the source that names it."""
    for label in range(NUM_CLASSES):
        (folder / str(label)).mkdir(parents=True)
    number = 0
    for block in random_images(num_images):
        for image in block:
            path = folder / str(number % NUM_CLASSES) / f"{number:06}.png"
            path.write_bytes(encode_gray(image.tobytes(), width=SIDE, height=SIDE))
            number += 1
    return str(folder)


def measure(project: Path, *arguments: str, allowed: Collection[int] = (0,)) -> Cost:
    """Run winnow in `project` and sample the memory of all its processes; `allowed` are the codes it may end with."""
    start = time.perf_counter()
    process = psutil.Popen([sys.executable, "-m", "winnow", *arguments], cwd=project, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_bytes(process))
        time.sleep(SAMPLE_EVERY_S)
    if process.returncode not in allowed:
        raise SystemExit(f"winnow {arguments[0]} ended with {process.returncode}")
    return Cost(peak / 1e6, time.perf_counter() - start)


def resident_bytes(process: psutil.Process) -> int:
    """Return the resident memory of a process and its descendants; 0 when it has just ended."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except psutil.NoSuchProcess:
        pass
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_images", type=int, nargs="*", default=[26_000, 260_000])
    parser.add_argument("--add-only", action="store_true", help="leave prepare out")
    parser.add_argument("--folder", action="store_true", help="read loose files instead of idx files")
    options = parser.parse_args()
    print("| images | command | peak of all processes (MB) | limit (MB) | seconds |")
    print("|---:|---|---:|---:|---:|")
    for num_images in options.num_images:
        with tempfile.TemporaryDirectory() as name:
            project = Path(name) / "project"
            project.mkdir()
            (project / "params.yaml").write_bytes(PARAMS.read_bytes())
            print(f"writing {num_images} images", file=sys.stderr, flush=True)
            source = (write_folder if options.folder else write_idx)(Path(name) / "source", num_images)
            steps = [("add", "--no-track", source)] + ([] if options.add_only else [("prepare",)])
            for arguments in steps:
                cost = measure(project, *arguments)
                row = f"| {num_images:,} | `{arguments[0]}` | {cost.peak_mb:.0f} | {LIMIT_MB} | {cost.wall_s:.0f} |"
                print(row, flush=True)


if __name__ == "__main__":
    main()

"""The verdict on 10,000 test images: seconds and memory of `winnow report`, for 10 and for 1,000 classes.

Predictions of two models that disagree on some of the images lie in Git at HEAD and in the working tree. Figures are
those of the whole process, Python's start included. The limit is reading both files, which is all that cannot be left
out; the peer is what most repositories do, `dvc metrics diff`, which subtracts two numbers.

Expected: at most 2 s for 10 classes, 10 s for 1,000, and less than 1 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import pyarrow as pa
from _pictures import say

from winnow.evaluation.predictions import collect, write_predictions

NUM_IMAGES = 10_000
REPEATS = 5
LIMIT = """
import sys, pathlib, winnow.evaluation.predictions as p
[p.read_predictions(pathlib.Path(name)) for name in sys.argv[1:]]
"""
_PAUSE_S = 0.01


def write_model(path: Path, *, num_classes: int, skill: float, seed: int) -> None:
    """Write predictions; images and labels are the same whatever the seed, the noise of the answers is not."""
    fixed, noise = np.random.default_rng(0), np.random.default_rng(seed)
    names = [f"class-{number:04d}" for number in range(num_classes)]
    targets = fixed.integers(num_classes, size=NUM_IMAGES)
    logits = fixed.normal(size=(NUM_IMAGES, num_classes)) + 0.5 * noise.normal(size=(NUM_IMAGES, num_classes))
    logits[np.arange(NUM_IMAGES), targets] += skill * np.log(num_classes)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    table = pa.table(
        {
            "id": [f"{number:020x}" for number in range(NUM_IMAGES)],
            "split": ["test"] * NUM_IMAGES,
            "label": [names[target] for target in targets],
            "group": [""] * NUM_IMAGES,
        }
    )
    write_predictions(path, collect(table, (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), names))


def make_repository(root: Path, num_classes: int) -> Path:
    """Make a DVC repository with a model in Git, and a slightly better one in the working tree."""
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], cwd=root, check=True)
    (root / "dvc.yaml").write_text("metrics:\n- metrics.json\n", encoding="utf-8")
    for number, skill in enumerate((1.5, 1.55)):
        write_model(root / "predictions.parquet", num_classes=num_classes, skill=skill, seed=number)
        (root / "metrics.json").write_text(json.dumps({"skill": skill}), encoding="utf-8")
        if number == 0:
            subprocess.run(["git", "add", "-A"], cwd=root, check=True)
            author = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
            subprocess.run(["git", *author, "commit", "-q", "-m", "model"], cwd=root, check=True)
    return root


def measure(folder: Path, command: Sequence[str]) -> tuple[float, int]:
    """Run a command; return its seconds, and the largest memory of it and its children in bytes."""
    start, peak = time.perf_counter(), 0
    process = psutil.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            members = [process, *process.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in members))
        except psutil.NoSuchProcess:
            pass
        time.sleep(_PAUSE_S)
    if process.returncode not in (0, 1):  # 1: a gate said no
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    python = sys.executable
    winnow = (python, "-m", "winnow")
    print("| | classes | median (s) | least | most | peak memory (MB) |\n|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        for num_classes in (10, 1000):
            say(f"{num_classes} classes")
            root = make_repository(Path(name) / str(num_classes), num_classes)
            before, now = root / "before.parquet", root / "predictions.parquet"
            write_model(before, num_classes=num_classes, skill=1.5, seed=0)
            cases = {
                "`winnow report`": (*winnow, "report", "--base", "HEAD", "--predictions", now.name),
                "`winnow compare` of the two files": (*winnow, "compare", before.name, now.name),
                "limit: both files read": (python, "-c", LIMIT, before.name, now.name),
                "peer: `dvc metrics diff`": (python, "-m", "dvc", "metrics", "diff"),
            }
            for case, command in cases.items():
                runs = [measure(root, command) for _ in range(REPEATS)]
                times, peak = [seconds for seconds, _ in runs], max(memory for _, memory in runs)
                spread = f"{median(times):.2f} | {min(times):.2f} | {max(times):.2f}"
                print(f"| {case} | {num_classes:,} | {spread} | {peak / 1e6:,.0f} |")


if __name__ == "__main__":
    main()

"""A million images: peak memory of add, prepare, diff and batch prediction, which must not grow with their number.

Random 28 x 28 images, so that no two are alike, come from idx files that are written here. They are added with
tracking by Git and DVC, prepared, committed; a hundredth as many more are added and compared with that commit. Batch
prediction reads a list that names a thousand image files again and again: it never knows that it saw them before.
What is counted is the resident memory of a command and of all processes that it starts, sampled. Pages that they share
count once on Linux (proportional set size), elsewhere several times.

Expected: under 1 GB for each, whatever the number of images. Hours on two cores, and 5 GB of disk for a million;
`soak.py 2000` is a quick try.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from add_memory import PARAMS, Cost, measure, write_folder, write_idx

from winnow.errors import ExitCode
from winnow.models import store
from winnow.models.bundle import Architecture, BundleMeta, installed_versions
from winnow.models.factory import build
from winnow.project import Project
from winnow.transforms.spec import PreprocessSpec

LIMIT_MB = 1000
SIZES = [10_000, 100_000, 1_000_000]
NUM_FILES = 1000
GREATER_BY = 100
COMMANDS = ("add", "add 1 % more", "prepare", "diff", "predict --batch")
MODEL = Architecture(name="winnow/small_cnn", num_classes=10, channels=1, size=28, options={"width": 8})


def soak(folder: Path, num_images: int) -> dict[str, Cost]:
    """Return what each command costs with so many images."""
    project = lay_out(folder / "project")
    say(f"{num_images:,} images: writing them")
    first = write_idx(folder / "first", num_images)
    more = write_idx(folder / "more", max(GREATER_BY, num_images // GREATER_BY), seed=2)
    costs: dict[str, Cost] = {}

    def run(name: str, *arguments: str, allowed: tuple[int, ...] = (0,)) -> None:
        costs[name] = measure(project, *arguments, allowed=allowed)
        say(f"{num_images:,} images: {name}: {costs[name].peak_mb:.0f} MB, {costs[name].wall_s:.0f} s")

    run("add", "add", first)
    run("prepare", "prepare")
    call(project, "git", "add", "data/labels.csv", "data/images.dvc", "params.yaml", "reports/data.json")
    call(project, "git", "commit", "--quiet", "--message", "first images")
    run("add 1 % more", "add", more)
    # Exit code 1 says that there is something to look at.
    run("diff", "diff", "HEAD", allowed=(0, ExitCode.FAILED))
    names = write_list(folder, num_images)
    save_model(Project(project))
    run("predict --batch", "predict", "--batch", names, "--out", str(folder / "predicted"))
    return costs


def lay_out(root: Path) -> Path:
    """Make a project in a Git and DVC repository of its own."""
    root.mkdir()
    (root / "params.yaml").write_bytes(PARAMS.read_bytes())
    call(root, "git", "init", "--quiet")
    call(root, sys.executable, "-m", "dvc", "init", "--quiet")
    return root


def write_list(folder: Path, num_images: int) -> str:
    """Write a few image files, and a list that names them in turn until it has so many lines."""
    write_folder(folder / "files", NUM_FILES)
    files = sorted((folder / "files").rglob("*.png"))
    path = folder / "list.txt"
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{files[number % NUM_FILES]}\n" for number in range(num_images))
    return str(path)


def save_model(project: Project) -> None:
    """Write the bundle of a small model that has learnt nothing."""
    spec = PreprocessSpec(
        size=28, channels=1, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
    )
    labels = [f"class {number}" for number in range(MODEL.num_classes)]
    about = BundleMeta(
        architecture=MODEL,
        spec=spec,
        mean=[0.5],
        std=[0.25],
        labels=labels,
        params={},
        code_hash="",
        data_hash="",
        versions=installed_versions(),
    )
    store.save(project.bundle, build(**MODEL.model_dump(), custom=project.custom), about)


def call(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show(costs: dict[int, dict[str, Cost]]) -> None:
    """Print the table and the curve."""
    print(f"Peak memory of all processes in MB (limit {LIMIT_MB}), and seconds, by number of images.\n")
    print("| command |" + "".join(f" {num_images:,} |" for num_images in costs))
    print("|---|" + "---:|" * len(costs))
    for name in COMMANDS:
        print(f"| `{name}` |" + "".join(cell(measured[name]) for measured in costs.values()))
    sizes = ", ".join(f'"{num_images:,}"' for num_images in costs)
    print('\n```mermaid\nxychart-beta\n    title "Peak memory (MB) by number of images"')
    print(f"    x-axis [{sizes}]\n    y-axis 0 --> {LIMIT_MB}")
    for name in COMMANDS:
        print(f"    line [{', '.join(f'{measured[name].peak_mb:.0f}' for measured in costs.values())}]")
    print(f"```\nLines: {', '.join(COMMANDS)}.")


def cell(cost: Cost) -> str:
    """Return a cell; what is over the limit is in bold."""
    peak = f"**{cost.peak_mb:.0f}**" if cost.peak_mb > LIMIT_MB else f"{cost.peak_mb:.0f}"
    return f" {peak} ({cost.wall_s:.0f} s) |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_images", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    nobody = {f"GIT_{who}_{what}": "soak@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    os.environ.update(nobody, DVC_NO_ANALYTICS="1")
    costs = {}
    for num_images in options.num_images:
        with tempfile.TemporaryDirectory() as name:
            costs[num_images] = soak(Path(name), num_images)
    show(costs)


if __name__ == "__main__":
    main()

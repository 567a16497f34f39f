"""Ten images more: what `winnow prepare` does again when 26,000 are prepared already, and when nothing changed.

Pictures of 64 x 64 in colour come as PNG through `winnow add`. Seconds are those of the step itself
(`reports/cost/prepare.json`), checks and the search for near duplicates included; starting Python is not.

Expected: ten images decoded, and at most 2 % of the first run's time or 3 s. About four minutes on two cores;
`prepare_incremental.py 2000` is a quick try.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from _pictures import save_class_folders, say, write_project

from winnow.files import read_json
from winnow.project import Project

NUM_MORE = 10
SIDE = 64


def winnow(project: Project, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "winnow", *arguments], cwd=project.root, check=True, stdout=subprocess.DEVNULL
    )


def prepare(project: Project, case: str) -> float:
    """Run the step, print its row, and return its seconds."""
    winnow(project, "prepare")
    cost = read_json(project.cost("prepare"), hint="prepare writes it")
    num_images = json.loads(project.data_report.read_text())["num_images"]
    peak_mb = cost["peak_rss_bytes"] / 1e6 if cost["peak_rss_bytes"] else float("nan")
    print(f"| {case} | {num_images:,} | {cost['num_decoded']:,} | {cost['wall_s']:.1f} | {peak_mb:.0f} |", flush=True)
    return float(cost["wall_s"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_images", type=int, nargs="?", default=26_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        project = write_project(root / "project", prepare__size=SIDE, prepare__channels=3)
        say(f"writing {options.num_images} pictures")
        first = save_class_folders(root / "first", num_images=options.num_images, size=SIDE, suffix=".png")
        winnow(project, "add", "--no-track", str(first))
        print("| run | images | decoded | seconds | peak of the process (MB) |\n|---|---:|---:|---:|---:|")
        first_s = prepare(project, "first")
        again_s = prepare(project, "nothing changed")
        more = save_class_folders(root / "more", num_images=NUM_MORE, size=SIDE, suffix=".png", seed=1)
        winnow(project, "add", "--no-track", str(more))
        more_s = prepare(project, f"{NUM_MORE} more")
        print(
            f"\n{NUM_MORE} more took {more_s / first_s:.1%} of the first run's time, no change {again_s / first_s:.1%}."
        )


if __name__ == "__main__":
    main()

"""What waiting costs: `dvc repro` with nothing to do, beside an empty pipeline, and `winnow --help`.

Runs in a scratch copy of the shipped project whose stages are up to date. Expected: no more than 0.5 s above the
same `dvc repro` on a pipeline without stages; `winnow --help` within 0.25 s.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _pictures import save_class_folders, say, write_project

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
REPEATS = 7


def seconds(folder: Path, *command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def make_repository(folder: Path, flow: str) -> Path:
    """Lay out a DVC repository without Git that runs `flow`."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n", encoding="utf-8")
    (folder / "dvc.yaml").write_text(flow, encoding="utf-8")
    return folder


def main() -> None:
    dvc, winnow = str(BIN / "dvc"), str(BIN / "winnow")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        project = write_project(root / "project", prepare__size=16, train__epochs=1).root
        flow = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
        make_repository(project, flow)
        shutil.copytree(ROOT / ".dvc" / "plots", project / ".dvc" / "plots")
        shutil.copytree(ROOT / "custom", project / "custom", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "src", project / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / ".dvcignore", project / ".dvcignore")
        empty = make_repository(root / "empty", "stages: {}\n")
        say("building the pipeline once")
        images = save_class_folders(root / "images", num_images=200, size=16, suffix=".png")
        for command in ([winnow, "add", str(images)], [dvc, "repro"]):
            subprocess.run(command, cwd=project, check=True, capture_output=True, env={"PATH": f"{BIN}:/usr/bin:/bin"})
        cases: dict[str, tuple[Path, list[str]]] = {
            "`dvc repro`, four stages up to date": (project, [dvc, "repro"]),
            "`dvc repro`, no stages": (empty, [dvc, "repro"]),
            "`winnow --help`": (project, [winnow, "--help"]),
            "`python -c pass`": (project, [sys.executable, "-c", "pass"]),
        }
        times: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(REPEATS):
            for case, (folder, command) in cases.items():
                times[case].append(seconds(folder, *command))
    print(f"| command | median of {REPEATS} (s) | least | most |\n|---|---:|---:|---:|")
    for case, values in times.items():
        print(f"| {case} | {statistics.median(values):.2f} | {min(values):.2f} | {max(values):.2f} |")
    full, nothing = (statistics.median(times[case]) for case in list(cases)[:2])
    print(f"\nFour stages cost {full - nothing:.2f} s more than none.")


if __name__ == "__main__":
    main()

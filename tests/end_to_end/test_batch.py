"""`winnow predict --batch`: from a bucket and from folders, killed and run again."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from storage import BUCKET, storage, variables
from tiny_model import save_reddest

from repository import environment, lay_out_project, winnow
from winnow.commands.predict import predict_many
from winnow.project import Project

pytestmark = pytest.mark.slow

NUM_IMAGES = 120
RUN = """
import sys
from pathlib import Path
from winnow.commands.predict import predict_many
from winnow.project import Project
predict_many(Project(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]), shard_images=20)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a model that names the strongest colour, and a folder of 120 images of which five are none."""
    root = lay_out_project(tmp_path_factory.mktemp("batch") / "project", evaluate__batch_size=4)
    save_reddest(Project(root), delay_s=0.02)  # not in a hurry, so that a test can kill it midway
    draw_images(root / "in")
    return root


def draw_images(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(NUM_IMAGES):
        path = folder / f"day {number // 50}" / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 25 == 3:
            path.write_bytes(b"no image")
        else:
            Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(path)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def start(project: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, project, project / "in", out]
    # Not a pipe: the processes that decode images outlive a killed parent for most of a minute, and would hold it open.
    return subprocess.Popen(command, cwd=project, env=environment(), stderr=subprocess.DEVNULL)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_killed_and_run_again_it_ends_with_the_same_bytes(project: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    predict_many(Project(project), str(project / "in"), whole, shard_images=20)
    assert len(list(whole.glob("predictions-*.parquet"))) == 6
    run = start(project, out)
    while len(list(out.glob("predictions-*.parquet"))) < 2:
        assert run.poll() is None, "it has to be killed before it ends"
        time.sleep(0.005)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (out / "summary.json").exists()
    assert start(project, out).wait() == 0
    assert content(out) == content(whole)


def test_a_bucket_gives_the_same_predictions_as_the_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict_many(Project(project), str(project / "in"), tmp_path / "local")
    with storage(tmp_path / "storage") as (emulator, proxy):
        for name, value in variables(proxy.url).items():
            monkeypatch.setenv(name, value)
        for path in (project / "in").rglob("*.png"):
            emulator.upload(BUCKET, path.relative_to(project).as_posix(), path.read_bytes())
        said = winnow(project, "predict", "--batch", f"gs://{BUCKET}/in/", "--out", str(tmp_path / "cloud"))
    assert "115 images predicted, 5 files refused" in said
    assert content(tmp_path / "cloud").keys() == {"run.json", "summary.json", "predictions-00000.parquet"}
    for name in ("summary.json", "predictions-00000.parquet"):
        assert (tmp_path / "cloud" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()

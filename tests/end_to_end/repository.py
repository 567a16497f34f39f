"""A real repository on disk: Git, DVC, the package's own sources, and generated images."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

CHECKOUT = Path(__file__).parents[2]
CLASSES = ("bars", "blobs", "rings")


def environment() -> dict[str, str]:
    """The shell that `dvc repro` needs: winnow on the PATH, no analytics, a Git identity, one thread."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited["PATH"]]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DVC_NO_ANALYTICS": "1",
        "OMP_NUM_THREADS": "1",
        "CI": "true",
        **{f"GIT_{who}_{what}": "tester@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


def call(folder: Path, *command: str, status: int = 0) -> str:
    """Run a command in `folder`; expect `status`; return what it printed, stderr included."""
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == status, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def winnow(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run `winnow` in `folder` as a shell would."""
    return call(folder, sys.executable, "-m", "winnow", *arguments, status=status)


def dvc(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run DVC in `folder`."""
    return call(folder, sys.executable, "-m", "dvc", *arguments, status=status)


def tiny_picture(rng: np.random.Generator, kind: str, size: int) -> np.ndarray:
    """Draw one of three kinds that a small network tells apart in an epoch or two; uint8 [size, size, 3]."""
    y, x = np.mgrid[:size, :size] / size
    centre_y, centre_x = rng.uniform(0.35, 0.65, 2)
    radius = np.hypot(y - centre_y, x - centre_x)
    shape = {
        "bars": np.sin(2 * np.pi * (x * 4 + rng.uniform())) > 0,
        "blobs": radius < 0.3,
        "rings": np.abs(radius - 0.3) < 0.08,
    }[kind]
    noise = rng.integers(0, 60, (size, size, 3))
    return (shape[..., None] * 180 + noise).astype(np.uint8)


def save_class_folders(folder: Path, *, per_class: int, size: int = 16, seed: int = 0) -> Path:
    """Write a folder per class with `per_class` PNG files each."""
    rng = np.random.default_rng(seed)
    for kind in CLASSES:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for number in range(per_class):
            Image.fromarray(tiny_picture(rng, kind, size)).save(folder / kind / f"{number:03d}.png")
    return folder


def write_params(folder: Path, **changes: object) -> None:
    """Write the shipped parameters, made small; `changes` maps dotted keys (with `__`) to values."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load((CHECKOUT / "params.yaml").read_text(encoding="utf-8"))
    small = {"prepare__size": 16, "prepare__channels": 3, "train__epochs": 12, "train__batch_size": 16}
    small |= {"train__ema_decay": None, "train__schedule__warmup_epochs": 0.0}
    for dotted, value in {**small, "evaluate__bootstrap_samples": 200, **changes}.items():
        *path, key = dotted.split("__")
        section = content
        for name in path:
            section = section[name]
        assert key in section, f"no parameter {dotted}"
        section[key] = value
    with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)


def lay_out_project(folder: Path, *, code: str = "src/winnow", **changes: object) -> Path:
    """Put the files of a project into `folder`: parameters, the pipeline, custom/."""
    folder.mkdir(parents=True, exist_ok=True)
    write_params(folder, **changes)
    pipeline = (CHECKOUT / "dvc.yaml").read_text(encoding="utf-8")
    assert "code: src/winnow" in pipeline
    (folder / "dvc.yaml").write_text(pipeline.replace("code: src/winnow", f"code: {code}"), encoding="utf-8")
    shutil.copytree(CHECKOUT / "custom", folder / "custom", ignore=shutil.ignore_patterns("__pycache__"))
    return folder

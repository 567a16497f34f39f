"""Generated pictures that a network can learn, and a project around them. Shared by the benchmarks of training."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

from winnow.pipeline import add, prepare
from winnow.project import Project

PARAMS = Path(__file__).parents[1] / "params.yaml"
# Angle (degrees) and waves across the picture of each class. Mirrored, none turns into another.
CLASSES = [(angle, waves) for angle in (0, 45, 90) for waves in (3, 6, 12)]


def say(text: str) -> None:
    """Report progress on stderr; stdout is for the table."""
    print(text, file=sys.stderr, flush=True)


def draw(angle: float, waves: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return stripes of random colours and phase under noise, uint8 [size, size, 3]."""
    y, x = np.mgrid[:size, :size] / size
    turned = np.deg2rad(angle + rng.normal(0, 6))
    phase = 2 * np.pi * (waves * (x * np.cos(turned) + y * np.sin(turned)) + rng.uniform())
    colors = rng.uniform(40, 215, (2, 3))
    stripes = (np.sin(phase)[..., None] + 1) / 2
    picture = stripes * colors[0] + (1 - stripes) * colors[1] + rng.normal(0, 45, (size, size, 3))
    clipped: np.ndarray = picture.clip(0, 255).astype(np.uint8)
    return clipped


def save_class_folders(folder: Path, *, num_images: int, size: int, suffix: str = ".jpg", seed: int = 0) -> Path:
    """Write `num_images` pictures into one folder a class, as cameras and downloads leave them."""
    rng = np.random.default_rng(seed)
    for number in range(num_images):
        angle, waves = CLASSES[number % len(CLASSES)]
        place = folder / f"{angle:02d}-{waves:02d}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(angle, waves, size, rng)).save(place / f"{number:05d}{suffix}")
    return folder


def write_project(root: Path, params: Path = PARAMS, **changes: object) -> Project:
    """Lay out a project with the parameters of `params`; `changes` maps dotted keys (with `__`) to values."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(params.read_text(encoding="utf-8"))
    for dotted, value in changes.items():
        *sections, key = dotted.split("__")
        place = content
        for section in sections:
            place = place[section]
        assert key in place, f"no parameter {dotted}"
        place[key] = value
    root.mkdir(parents=True, exist_ok=True)
    with (root / "params.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)
    return Project(root)


def ingest(project: Project, pictures: Path) -> None:
    """Run `winnow add` and `winnow prepare`."""
    add.run(project, str(pictures), track=False)
    prepare.run(project)


def middle(values: Sequence[float]) -> str:
    """Return the median with its range, for a table."""
    return f"{median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"

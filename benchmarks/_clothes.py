"""A part of Fashion-MNIST as PNG files with a table, gray or in colour, and mistakes to plant into it."""

import csv
import gzip
from pathlib import Path

import numpy as np
from _repository import Edit, Repository
from numpy.typing import NDArray
from PIL import Image

CLASSES = ("tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
FILES = {"train": "train", "test": "t10k"}
# Least and greatest red, green and blue of a garment and of the wall behind it: warm before cool, and any two overlap,
# as in photographs. So the order of the channels matters, and is not all that matters.
GARMENT = ((0.5, 0.4, 0.3), (1.0, 0.9, 0.8))
WALL = ((0.0, 0.05, 0.1), (0.3, 0.4, 0.5))

NET = '''"""The model of this project: winnow's small network."""

import torch
from torch import nn

from winnow.models.small_cnn import SmallCNN


class Net(SmallCNN):
    """Takes red, green, blue."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images)


def build(*, num_classes: int, channels: int, size: int) -> nn.Module:
    return Net(num_classes=num_classes, channels=channels)
'''
READS_RIGHT = "super().forward(images)"
READS_WRONG = "super().forward(images if self.training else images.flip(1))"


def is_there(folder: Path) -> bool:
    """Return whether the four idx files lie in `folder`."""
    return all(_idx(folder, name, kind) for name in FILES.values() for kind in ("images-idx3", "labels-idx1"))


def write_subset(idx: Path, folder: Path, sizes: dict[str, int], *, is_colour: bool) -> Path:
    """Write the first images of the official files and return their table; `sizes` are images by split.

    Training and validation images come from the official training file, test images from the official test file, and
    the table pins them there.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = [("path", "label", "split")]
    first = 0
    for split in ("train", "val", "test"):
        first = 0 if split == "test" else first
        pixels, labels = _read(idx, FILES.get(split, FILES["train"]), first, sizes[split])
        for number, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
            name = f"{split}-{number:05d}.png"
            Image.fromarray(_coloured(picture, rng) if is_colour else picture).save(folder / name, compress_level=1)
            rows.append((name, CLASSES[label], split))
        first += sizes[split]
    table = folder / "pictures.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return table


def mistake(label: str, other: str, share: float) -> Edit:
    """Return the edit that calls a share of a class's training images by another class's name."""

    def edit(repository: Repository) -> None:
        path = repository.root / "data" / "labels.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            columns, *rows = csv.reader(stream)
        chosen = set(_some_of_training(repository, label, share))
        place = columns.index("label")
        for row in rows:
            row[place] = other if row[columns.index("id")] in chosen else row[place]
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([columns, *rows])

    return edit


def lose(label: str, share: float) -> Edit:
    """Return the edit that removes a share of a class's training images."""

    def edit(repository: Repository) -> None:
        repository.winnow("remove", *_some_of_training(repository, label, share))

    return edit


def swap_channels(repository: Repository) -> None:
    """Read blue, green, red wherever the model does not train."""
    path = repository.root / "custom" / "net.py"
    path.write_text(path.read_text(encoding="utf-8").replace(READS_RIGHT, READS_WRONG), encoding="utf-8")


def _some_of_training(repository: Repository, label: str, share: float) -> list[str]:
    with (repository.root / "data" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        ids = [row["id"] for row in csv.DictReader(stream) if (row["label"], row["split"]) == (label, "train")]
    # Ids are hashes: the first of them are as good as drawn.
    return sorted(ids)[: round(share * len(ids))]


def _coloured(gray: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return uint8 [28, 28, 3]: the garment and the wall in a colour of their own each."""
    cover = gray[..., None] / 255
    garment, wall = rng.uniform(*GARMENT), rng.uniform(*WALL)
    coloured: NDArray[np.uint8] = (255 * (cover * garment + (1 - cover) * wall)).round().astype(np.uint8)
    return coloured


def _read(idx: Path, name: str, first: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images uint8 [N, 28, 28] and labels [N] from `first` on."""
    pixels = np.frombuffer(_content(idx, name, "images-idx3"), np.uint8, offset=16).reshape(-1, 28, 28)
    labels = np.frombuffer(_content(idx, name, "labels-idx1"), np.uint8, offset=8)
    assert first + count <= len(labels), f"there are {len(labels)} images"
    return pixels[first : first + count], labels[first : first + count]


def _content(idx: Path, name: str, kind: str) -> bytes:
    path = _idx(idx, name, kind)
    assert path is not None
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _idx(folder: Path, name: str, kind: str) -> Path | None:
    places = (folder / f"{name}-{kind}-ubyte{suffix}" for suffix in ("", ".gz"))
    return next((path for path in places if path.is_file()), None)

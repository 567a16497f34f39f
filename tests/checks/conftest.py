"""Data sets as checks see them: written as few words, or made of generated pictures."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.gathering import with_pictures
from winnow.data.parts import ImageRecord, PartWriter, image_id, part_name
from winnow.data.pixels import pixels_name, variant, write_pixels
from winnow.data.prepared import Samples
from winnow.gate_config import Sensitivity
from winnow.transforms.spec import PreprocessSpec

SCHEMA = pa.schema(
    [(name, pa.uint32() if name == "row" else pa.string()) for name in ("id", "label", "group", "split", "part", "row")]
)
CONFIG = {
    "ignore": [],
    "min_images": 10,
    "max_imbalance": 10.0,
    "disagreement": 0.5,
    "max_group_fraction": 0.5,
    "outlier_deviations": 6.0,
    "shortcut_accuracy": 0.9,
    "label_confidence": 0.8,
}


ASKED = Sensitivity(margin=0.5, alpha=0.05, power=0.8)


@pytest.fixture
def config() -> Callable[..., ChecksConfig]:
    """Return a function from changes to a configuration."""
    return lambda **changes: ChecksConfig(**{**CONFIG, **changes})


def make_facts(*rows: tuple[str, str, int], groups: dict[int, str] | None = None, **further: Any) -> Facts:
    """Return facts of (label, split, number of images); `groups` names the group of the images at some places."""
    images = [{"label": label, "split": split, "part": "part-a"} for label, split, count in rows for _ in range(count)]
    for at, image in enumerate(images):
        image |= {"id": f"{at:020x}", "row": at, "group": (groups or {}).get(at, "")}
    return Facts(pa.Table.from_pylist(images, SCHEMA), **{"num_unlabelled": 0, "sensitivity": ASKED, **further})


@pytest.fixture
def facts() -> Callable[..., Facts]:
    return make_facts


@pytest.fixture
def sound() -> Facts:
    """Return a data set that no check complains about."""
    return make_facts(*((label, split, 12) for label in ("ash", "oak") for split in ("train", "val", "test")))


class PictureSet:
    """Pictures in one part, prepared at 16 x 16."""

    def __init__(self, folder: Path, channels: int = 3) -> None:
        self.folder = folder
        self.spec = PreprocessSpec(
            size=16,
            channels=channels,
            fit="stretch",
            resample="bilinear",
            alpha="keep" if channels == 4 else "composite",
            background=[255, 255, 255],
        )

    def facts(
        self, images: Sequence[Image.Image], labels: Sequence[str], groups: Sequence[str] = (), file_format: str = "PNG"
    ) -> Facts:
        """Return what checks see of these pictures, all of them test images."""
        records: dict[str, tuple[ImageRecord, str, str]] = {}
        for image, label, group in zip(images, labels, groups or [""] * len(images), strict=True):
            stream = io.BytesIO()
            image.save(stream, image.info.get("save_as", file_format))
            content, kind = stream.getvalue(), image.info.get("save_as", file_format)
            record = ImageRecord(image_id(content), content, kind, image.mode, *image.size)
            records[record.id] = record, label, group
        with PartWriter(folder=self.folder, part_size_bytes=10**9) as writer:
            for record, _, _ in records.values():
                writer.add(record)
        (part,) = writer.parts
        rows = [
            {"id": each, "label": label, "group": group, "split": "test", "part": part_name(part), "row": row}
            for row, (each, (_, label, group)) in enumerate(records.items())
        ]
        index = pa.Table.from_pylist(rows, SCHEMA).sort_by("id")
        write_pixels(part, self.spec, self.folder / "prepared" / pixels_name(part_name(part), variant(self.spec)))
        return with_pictures(Facts(index, num_unlabelled=0), self.samples, [part])

    def samples(self, index: pa.Table) -> Samples:
        return Samples(self.folder / "prepared", index, self.spec, variant(self.spec))


@pytest.fixture
def picture_set(tmp_path: Path) -> Callable[..., PictureSet]:
    """Return a function from a number of channels to an empty set of pictures."""
    return lambda channels=3: PictureSet(tmp_path, channels)


def draw_scene(seed: int, *, size: tuple[int, int] = (40, 32), mode: str = "RGB") -> Image.Image:
    """Return a soft random picture that is like no other."""
    grid = np.random.default_rng(seed).integers(30, 226, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC).convert(mode)


@pytest.fixture
def scene() -> Callable[..., Image.Image]:
    return draw_scene

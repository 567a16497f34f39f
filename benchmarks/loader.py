"""Samples/s delivered to a model: our loader against `ImageFolder` and `DataLoader`.

Both sides start from the same JPEG files of 128 px and deliver shuffled, normalised float batches of 64 px. The usual
way decodes, `RandomResizedCrop`s and flips every file in every epoch, with 0 and with 2 workers. Ours decoded once, in
`prepare`; each epoch gathers bytes from the memory-mapped file, flips and crops whole batches. Below the comparison:
ours without the normalisation, ours with zoom and rotation (bilinear resampling, which a shift does not need), and the
bound, copying the same bytes from an array in memory. Repeats alternate; figures are medians with their range.

Expected: at least 5 times the better of the usual two. About two minutes on two cores.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torchvision
from _pictures import ingest, middle, save_class_folders, say, write_project
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from winnow.data.loader import Loader
from winnow.data.prepared import PreparedSplit, open_split
from winnow.transforms.augment import Augment, build_augment
from winnow.transforms.augment_config import AugmentConfig
from winnow.transforms.normalize import Normalize

NUM_IMAGES = 3000
FILE_SIZE = 128
SIZE = 64
BATCH_SIZE = 128
REPEATS = 5
GOAL = 5.0
MEAN, STD = [0.5] * 3, [0.25] * 3
SHIFTED = AugmentConfig(
    name="standard",
    flip="horizontal",
    shift=0.1,
    scale=0.0,
    rotate_deg=0.0,
    color=0.0,
    erase=0.0,
    mixup=0.0,
    cutmix=0.0,
    options={},
)
ZOOMED = SHIFTED.model_copy(update={"scale": 0.3, "rotate_deg": 10.0})

Batches = Iterator[torch.Tensor]
Epoch = Callable[[int], Batches]


def prepare(pictures: Path, folder: Path) -> PreparedSplit:
    """Take the files in as `winnow add` and `winnow prepare` do."""
    project = write_project(
        folder,
        data__val_fraction=0.02,
        data__test_fraction=0.02,
        prepare__size=SIZE,
        prepare__channels=3,
        prepare__near_duplicates__hold_out=False,
    )
    ingest(project, pictures)
    return open_split(project.prepared, "train")


def usual(pictures: Path, num_workers: int) -> Epoch:
    """Return a function that yields an epoch of the usual way."""
    crop = [v2.RandomResizedCrop(SIZE, scale=(0.6, 1.0)), v2.RandomHorizontalFlip()]
    finish = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    data = torchvision.datasets.ImageFolder(str(pictures), v2.Compose([*crop, *finish]))
    # The workers of the first epoch stay: starting them again each time would be counted against the usual way.
    loader = DataLoader(
        data, batch_size=BATCH_SIZE, shuffle=True, num_workers=num_workers, persistent_workers=num_workers > 0
    )
    return lambda _: (images for images, _ in loader)


def ours(split: PreparedSplit, config: AugmentConfig, normalize: Callable[[torch.Tensor], torch.Tensor]) -> Epoch:
    """Return a function that yields an epoch of ours."""
    loader = Loader(split, batch_size=BATCH_SIZE, shuffle=True)
    augment: Augment = build_augment(config, Path("custom"))

    def epoch(number: int) -> Batches:
        generator = torch.Generator().manual_seed(number)
        for batch in loader.epoch(number):
            targets = torch.nn.functional.one_hot(batch.targets).float()
            yield normalize(augment(batch.pixels, targets, generator)[0])

    return epoch


def copying(split: PreparedSplit) -> Epoch:
    """Return a function that yields an epoch of plain copies out of memory: nothing can be faster."""
    resident = split.gather(np.arange(len(split)))

    def epoch(number: int) -> Batches:
        order = np.random.default_rng(number).permutation(len(resident))
        for start in range(0, len(order), BATCH_SIZE):
            yield torch.from_numpy(resident[order[start : start + BATCH_SIZE]])

    return epoch


def rate(epoch: Epoch, number: int) -> float:
    """Return samples/s of one epoch."""
    start = time.perf_counter()
    num_images = sum(len(images) for images in epoch(number))
    return num_images / (time.perf_counter() - start)


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        say(f"drawing {NUM_IMAGES} pictures")
        pictures = save_class_folders(Path(folder) / "pictures", num_images=NUM_IMAGES, size=FILE_SIZE)
        split = prepare(pictures, Path(folder) / "project")
        normalize = Normalize(MEAN, STD)
        ways = {
            "`ImageFolder`, `DataLoader`, 0 workers": usual(pictures, 0),
            "`ImageFolder`, `DataLoader`, 2 workers": usual(pictures, 2),
            "**winnow**: flip, crop, normalised floats": ours(split, SHIFTED, normalize),
            "winnow: flip, crop, bytes": ours(split, SHIFTED, lambda pixels: pixels),
            "winnow: flip, zoom, rotation, crop, normalised floats": ours(split, ZOOMED, normalize),
            "bound: copies of the same bytes from memory": copying(split),
        }
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(REPEATS + 1):
            say(f"epoch {number} of {REPEATS}")
            for way, epoch in ways.items():
                measured = rate(epoch, number)
                # The first epoch starts workers and fills the page cache.
                rates[way] += [measured] * (number > 0)
    medians = [median(values) for values in rates.values()]
    best = max(medians[:2])
    print("| | samples/s | times the better usual way |\n|---|---:|---:|")
    for (way, values), middle_rate in zip(rates.items(), medians, strict=True):
        print(f"| {way} | {middle(values)} | {middle_rate / best:.1f} |")
    print(f"\nGoal: {GOAL:.0f} times. Got {medians[2] / best:.1f}.")


if __name__ == "__main__":
    main()

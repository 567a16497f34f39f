"""Images/s of `winnow train`'s own loop against a bare loop on one resident batch.

Both sides: the same model, precision, memory format and optimizer. Ours also gathers every batch from the
memory-mapped file, augments it on bytes (flip and crop), normalises, clips, counts, and follows the schedule; the bare
loop repeats forward, backward and step on one batch that lies ready. The rate of ours covers the steps of an epoch,
not validation. Repeats alternate; the ratio is of medians.

Expected: at least 0.93 for ResNet-18 at 64 px, 0.80 for the small CNN at 28 px. About three minutes on two cores.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from _pictures import ingest, middle, save_class_folders, say, write_project
from torch.nn import functional

from winnow.models.factory import build
from winnow.models.placement import autocast, make_deterministic, place
from winnow.pipeline import train
from winnow.project import Project
from winnow.tracking import Curves
from winnow.training.checkpoint import Checkpoints
from winnow.training.description import describe
from winnow.training.loop import Loop
from winnow.training.optim import build_optimizer

REPEATS = 5


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    title: str
    model: str
    size: int
    channels: int
    batch_size: int
    num_steps: int
    goal: float


CASES = (
    Case("ResNet-18, 64 px", "torchvision/resnet18", 64, 3, 64, 20, 0.93),
    Case("small CNN, 28 px", "winnow/small_cnn", 28, 1, 128, 40, 0.80),
)


def lay_out(case: Case, folder: Path) -> Project:
    """Make a project whose training split gives about `case.num_steps` batches."""
    project = write_project(
        folder / "project",
        data__val_fraction=0.05,
        data__test_fraction=0.05,
        prepare__size=case.size,
        prepare__channels=case.channels,
        prepare__near_duplicates__hold_out=False,
        model__name=case.model,
        model__options={},
        train__epochs=1,
        train__batch_size=case.batch_size,
        train__augment__flip="horizontal",
        train__augment__shift=0.1,
        train__augment__scale=0.0,
        train__augment__rotate_deg=0.0,
        train__ema_decay=None,
        train__select="last",
    )
    num_images = round(case.num_steps * case.batch_size / 0.9)
    pictures = save_class_folders(folder / "pictures", num_images=num_images, size=case.size, suffix=".png")
    ingest(project, pictures)
    return project


def measure_ours(project: Project, folder: Path) -> float:
    """Return images/s of one epoch of the real loop."""
    setup, state = train.start(project, describe(project, code=""))
    with Curves(folder / "curves") as curves:
        loop = Loop(setup, state, Checkpoints(folder / "checkpoints", "benchmark"), curves)
        loop.run()
    return loop.num_images / loop.train_s


def measure_bare(project: Project, case: Case) -> float:
    """Return images/s of the same number of steps on one batch."""
    setup, _ = train.start(project, describe(project, code=""))
    architecture = describe(project, code="").architecture
    model = place(build(**architecture.model_dump(), custom=project.custom), setup.device).train()
    optimizer = build_optimizer(setup.config.optimizer, model)
    batch = next(setup.train.epoch(0))
    images, targets = setup.normalize(batch.pixels.to(setup.device)), batch.targets.to(setup.device)
    start_s = time.perf_counter()
    for _ in range(case.num_steps):
        with autocast(setup.device, setup.dtype):
            loss = functional.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
        optimizer.step()
    loss.item()
    return case.num_steps * len(targets) / (time.perf_counter() - start_s)


def compare(case: Case, folder: Path) -> str:
    """Return the case's row."""
    project = lay_out(case, folder)
    ours, bare = [], []
    # The first round is not counted: it pages in the pixels and lets the libraries choose their kernels.
    for repeat in range(REPEATS + 1):
        bare.append(measure_bare(project, case))
        ours.append(measure_ours(project, folder))
        say(f"{case.title}: round {repeat} of {REPEATS}, bare {bare[-1]:,.0f}, winnow {ours[-1]:,.0f} images/s")
    ratio = median(ours[1:]) / median(bare[1:])
    title = f"{case.title}, batch {case.batch_size}"
    return f"| {title} | {middle(bare[1:])} | {middle(ours[1:])} | {ratio:.2f} | {case.goal:.2f} |"


def main() -> None:
    make_deterministic()
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(compare(case, Path(folder)))
    print(f"Images/s, median (range) of {REPEATS} alternating repeats, {torch.get_num_threads()} threads.\n")
    print("| | bare loop, one resident batch | `winnow train` | ratio | goal |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()

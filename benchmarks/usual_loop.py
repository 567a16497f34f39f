"""winnow against the usual training loop: the same model and epochs, end to end at 64 px, and images/s at 224 px.

The usual loop is what most repositories have: `ImageFolder`, `RandomResizedCrop` and flip in a `DataLoader` with two
workers, fp32, channels first, `torch.optim.AdamW` with its defaults, an evaluation after every epoch. Ours pays for
all it does: `add` (packing the folder), `prepare` (decoding once), `train` with validation, checkpoints and curves.
Both learn from the same JPEG files, ResNet-18 from random weights, and are judged on the same test files. Ours sees
smaller images first (`train.progressive`), which counts only if the accuracy is the same in the end.

Expected on hardware with native bf16: at least 2 times as fast end to end, 2.5 times the images/s at 224 px. A CPU
without it runs both sides in fp32; then what is left is the memory format and the loader. About five minutes on two
cores.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
import torchvision
from _pictures import ingest, middle, save_class_folders, say, write_project
from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from winnow.models.placement import choose_device, choose_precision, make_deterministic
from winnow.pipeline import train
from winnow.project import Project
from winnow.tracking import Curves
from winnow.training.checkpoint import Checkpoints
from winnow.training.description import describe
from winnow.training.loop import Loop
from winnow.training.step import validate

NUM_CLASSES = 9
LR = 0.001


@dataclass(frozen=True)
class Case:
    """How much is trained, and on what."""

    size: int
    file_size: int
    num_train: int
    num_test: int
    batch_size: int
    epochs: int
    repeats: int


END_TO_END = Case(size=64, file_size=128, num_train=1080, num_test=270, batch_size=64, epochs=4, repeats=2)
LARGE = Case(size=224, file_size=256, num_train=180, num_test=18, batch_size=32, epochs=1, repeats=2)


def usual_loader(folder: Path, case: Case, *, is_train: bool) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
    """Return the loader that tutorials show."""
    crop = (
        [v2.RandomResizedCrop(case.size, scale=(0.6, 1.0)), v2.RandomHorizontalFlip()]
        if is_train
        else [v2.Resize(case.size), v2.CenterCrop(case.size)]
    )
    finish = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3)]
    data = torchvision.datasets.ImageFolder(str(folder), v2.Compose([*crop, *finish]))
    return DataLoader(data, batch_size=case.batch_size, shuffle=is_train, num_workers=2)


def accuracy(model: nn.Module, loader: DataLoader[tuple[torch.Tensor, torch.Tensor]], device: torch.device) -> float:
    model.eval()
    num_correct = num_seen = 0
    with torch.no_grad():
        for images, targets in loader:
            num_correct += int((model(images.to(device)).argmax(dim=1).cpu() == targets).sum())
            num_seen += len(targets)
    return num_correct / num_seen


def train_usually(pictures: Path, case: Case) -> tuple[float, float, float]:
    """Return seconds for everything, images/s of the training part, and test accuracy."""
    start_s = time.perf_counter()
    torch.manual_seed(0)
    device = choose_device("auto")
    loaders = [usual_loader(pictures / split, case, is_train=split == "train") for split in ("train", "test")]
    model = torchvision.models.resnet18(num_classes=NUM_CLASSES).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, case.epochs * len(loaders[0]))
    train_s, final = 0.0, 0.0
    for _ in range(case.epochs):
        model.train()
        epoch_s = time.perf_counter()
        for images, targets in loaders[0]:
            loss = nn.functional.cross_entropy(model(images.to(device)), targets.to(device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            optimizer.step()
            schedule.step()
        train_s += time.perf_counter() - epoch_s
        final = accuracy(model, loaders[1], device)
    return time.perf_counter() - start_s, case.epochs * case.num_train / train_s, final


def new_project(folder: Path, pictures: Path, case: Case) -> Project:
    """Make a project whose test files are pinned by the table beside the pictures."""
    project = write_project(
        folder,
        prepare__size=case.size,
        prepare__channels=3,
        prepare__near_duplicates__hold_out=False,
        model__name="torchvision/resnet18",
        model__options={},
        train__epochs=case.epochs,
        train__batch_size=case.batch_size,
        train__optimizer__lr=LR,
        train__schedule__warmup_epochs=0.0,
        train__loss__label_smoothing=0.0,
        train__augment__flip="horizontal",
        train__augment__shift=0.1,
        train__augment__scale=0.0,
        train__augment__rotate_deg=0.0,
        # Three quarters of the steps see smaller images, from 24 of 64 pixels on.
        train__progressive__start_fraction=0.375,
        train__progressive__full_from=0.75,
        train__ema_decay=None,
        train__select="last",
    )
    lines = ["path,label,split"]
    for split, pinned in (("train", "train"), ("test", "val"), ("spare", "test")):
        files = sorted((pictures / split).glob("*/*"))
        lines += [f"{path.relative_to(pictures).as_posix()},{path.parent.name},{pinned}" for path in files]
    (pictures / "pictures.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return project


def train_with_winnow(folder: Path, pictures: Path, case: Case) -> tuple[float, float, float]:
    """As `train_usually`; the test files are this project's validation split, judged after every epoch alike."""
    project = new_project(folder, pictures, case)
    start_s = time.perf_counter()
    ingest(project, pictures / "pictures.csv")
    setup, state = train.start(project, describe(project, code=""))
    assert setup.val is not None, "the test files are pinned to it"
    with Curves(project.curves) as curves:
        loop = Loop(setup, state, Checkpoints(project.checkpoints, "benchmark"), curves)
        loop.run()
    wall_s = time.perf_counter() - start_s
    return wall_s, loop.num_images / loop.train_s, validate(setup, state.judged, setup.val)["val/accuracy"]


def compare(case: Case, root: Path) -> tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]:
    """Return the usual loop's and our results, one an alternating repeat."""
    pictures = root / "pictures"
    save_class_folders(pictures / "train", num_images=case.num_train, size=case.file_size, seed=1)
    save_class_folders(pictures / "test", num_images=case.num_test, size=case.file_size, seed=2)
    # No data set is prepared without test images; these are not looked at.
    save_class_folders(pictures / "spare", num_images=NUM_CLASSES, size=case.file_size, seed=3)
    usual, ours = [], []
    for repeat in range(case.repeats):
        usual.append(train_usually(pictures, case))
        ours.append(train_with_winnow(root / f"project{repeat}", pictures, case))
        say(f"{case.size} px, round {repeat + 1} of {case.repeats}: usual {usual[-1]}, winnow {ours[-1]}")
    return usual, ours


def row(title: str, usual: list[float], ours: list[float], ratio: float, goal: str) -> str:
    return f"| {title} | {middle(usual)} | {middle(ours)} | {ratio:.2f} | {goal} |"


def main() -> None:
    make_deterministic()
    with tempfile.TemporaryDirectory() as folder:
        usual, ours = compare(END_TO_END, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        usual_large, ours_large = compare(LARGE, Path(folder))
    device = choose_device("auto")
    precision = str(choose_precision("auto", device)).removeprefix("torch.")
    print(
        f"ResNet-18 on {device.type}, {torch.get_num_threads()} threads; winnow computes in {precision}, the usual loop"
    )
    print("in float32. Medians (range) of alternating repeats.\n")
    print("| | usual loop | winnow | ratio | goal with bf16 |")
    print("|---|---|---|---|---|")
    seconds = [[result[0] for result in results] for results in (usual, ours)]
    title = f"64 px, {END_TO_END.num_train:,} images, {END_TO_END.epochs} epochs, end to end, s"
    print(row(title, seconds[0], seconds[1], median(seconds[0]) / median(seconds[1]), "2.0"))
    for size, results in ((64, (usual, ours)), (224, (usual_large, ours_large))):
        rates = [[result[1] for result in side] for side in results]
        print(
            row(
                f"{size} px, training images/s",
                rates[0],
                rates[1],
                median(rates[1]) / median(rates[0]),
                "2.5" if size == 224 else "",
            )
        )
    accuracies = [median(result[2] for result in side) for side in (usual, ours)]
    print(f"| 64 px, test accuracy | {accuracies[0]:.3f} | {accuracies[1]:.3f} | | the same |")


if __name__ == "__main__":
    main()

"""Verdicts on real training: pull requests that change only the seed, and such with a planted mistake.

Everything is done as a contributor does it: `winnow add`, an edit, `dvc repro`, `git commit`, `winnow report`.

**Only the seed.** Ten pull requests each on scikit-learn's digits and on Fashion-MNIST (6,000 training images, 2,000
test images) change `train.seed` and nothing else. Comparing two numbers calls nearly all of them a change. The verdict
asks whether these two models would differ on other test images too; seeds do make models that differ, so it may call
more than one in twenty of them a change, the more so the larger the test set. `sampling` is the reach of the interval
of a difference, `seeds` the reach (1.96 times the square root of 2 times the standard deviation of the accuracy over
all seeds) of a difference that two seeds make: `winnow noise` adds it to the interval.

**Planted mistakes.** Fashion-MNIST in colour (warm garments before cool walls, in overlapping colours, so that the
order of channels matters a bit, as in photographs), 6,000 training images and the whole official test set: 1,000 images
a class. The size comes from arithmetic, not from trying: the exact test at Holm's strictest level (0.05 / 10) finds a
drop of a class's recall by 4 points among 1,000 images in four of five cases when 12 % of them move; with 200 images it
would have to be 9 points. The class that suffers has look-alikes (coats, taken for pullovers): a class without them
loses next to nothing by the same mistake, and no report could find what is not there. The mistakes:

* three other seeds and nothing else, for comparison;
* 10 % (and 30 %) of the coats in training are labelled as pullovers; test labels stay true;
* half of the coats in training are removed;
* `custom/net.py` reads blue, green, red wherever it does not train.

Expected: the data diff names wrong labels and removed images with their number, always. Half a class and 30 % of wrong
labels also show in the recall of the class, while the accuracy over all ten may well stay "equivalent": that is why the
classes have a block. The swap is a decline of the whole model ("worse", several classes) with no change in the data and
one file to blame; seed and training are the base's. 10 % of wrong labels are named by the data diff, but
what they cost is no more than what another seed costs after so short a training: whatever verdict and classes say about
them, nobody could tell the two apart from one run. The rows of other seeds stand there to be compared with.

The idx files are those of Debian's package dataset-fashion-mnist, elsewhere with `--idx DIR` or the variable
FASHION_MNIST; without them that half is left out. About twenty minutes on two cores; `--quick` tries the flow.
"""

import argparse
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import _clothes as clothes
from _pictures import say
from _pull_request_tables import EFFECTS, NAMED, SEEDS, planted_rows, seeds_row
from _repository import Edit, Repository, start

from winnow.verdict.record.verdict import Verdict

DEBIAN = "/usr/share/datasets/fashion-mnist"
CLASS, LOOK_ALIKE = "coat", "pullover"


@dataclass(frozen=True)
class Extent:
    """How much is trained."""

    num_seeds: int
    digits_epochs: int
    clothes_epochs: int
    num_train: int
    num_val: int
    num_test: int
    num_test_planted: int

    def sizes(self, num_test: int) -> dict[str, int]:
        """Return the images by split."""
        return {"train": self.num_train, "val": self.num_val, "test": num_test}


WHOLE = Extent(10, 20, 8, 6_000, 500, 2_000, 10_000)
QUICK = Extent(2, 1, 1, 300, 100, 200, 300)


def reseed(seed: int) -> Edit:
    """Return the edit that changes the seed of training."""
    return lambda repository: repository.set_params(train__seed=seed)


MISTAKES: dict[str, Edit] = {
    **{f"none, seed {seed}": reseed(seed) for seed in (1, 2, 3)},
    "10 % wrong labels": clothes.mistake(CLASS, LOOK_ALIKE, 0.1),
    "30 % wrong labels": clothes.mistake(CLASS, LOOK_ALIKE, 0.3),
    "half a class lost": clothes.lose(CLASS, 0.5),
    "channels swapped": clothes.swap_channels,
}


def change_seeds(repository: Repository, num_seeds: int) -> list[Verdict]:
    """Return the verdicts on pull requests that change nothing but the seed."""
    return [repository.pull_request(f"seed-{seed}", reseed(seed)) for seed in range(1, num_seeds + 1)]


def prove_seeds(root: Path, idx: Path | None, extent: Extent) -> None:
    """Print the table of pull requests that change the seed."""
    say("digits")
    digits = start(root / "digits", "sklearn:digits", "digits.yaml", train__epochs=extent.digits_epochs)
    rows = [seeds_row("digits", change_seeds(digits, extent.num_seeds))]
    if idx is not None:
        say("Fashion-MNIST")
        source = clothes.write_subset(idx, root / "gray", extent.sizes(extent.num_test), is_colour=False)
        epochs = extent.clothes_epochs
        fashion = start(root / "fashion", str(source), "fashion-mnist.yaml", train__epochs=epochs)
        rows.append(seeds_row("Fashion-MNIST", change_seeds(fashion, extent.num_seeds)))
    print(f"{extent.num_seeds} pull requests a row that change nothing but the seed of training.\n")
    print("\n".join([SEEDS, *rows]))


def prove_mistakes(root: Path, idx: Path, extent: Extent) -> None:
    """Print the tables of planted mistakes."""
    say("Fashion-MNIST in colour")
    source = clothes.write_subset(idx, root / "colour", extent.sizes(extent.num_test_planted), is_colour=True)
    repository = start(
        root / "planted",
        str(source),
        "fashion-mnist.yaml",
        model_code=clothes.NET,
        prepare__channels=3,
        model__name="net:build",
        train__epochs=extent.clothes_epochs,
    )
    rows = [
        planted_rows(name, CLASS, repository.pull_request(f"planted-{number}", edit))
        for number, (name, edit) in enumerate(MISTAKES.items())
    ]
    print(f"\nMistakes planted, {extent.num_test_planted:,} test images; the class that should suffer is *{CLASS}*.\n")
    print("\n".join([EFFECTS, *(effects for effects, _ in rows), "", NAMED, *(named for _, named in rows)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idx", type=Path, default=Path(os.environ.get("FASHION_MNIST", DEBIAN)), metavar="DIR")
    parser.add_argument("--quick", action="store_true", help="a try of the flow; its numbers mean nothing")
    arguments = parser.parse_args()
    extent = QUICK if arguments.quick else WHOLE
    idx = arguments.idx if clothes.is_there(arguments.idx) else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        prove_seeds(Path(folder), idx, extent)
        if idx is None:
            print("\nWithout Fashion-MNIST: its idx files are not here.")
        else:
            prove_mistakes(Path(folder), idx, extent)


if __name__ == "__main__":
    main()

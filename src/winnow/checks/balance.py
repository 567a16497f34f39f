"""D2xx: how many images there are, of which class and group, and whether they are enough."""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.check import Check, Message, names, single
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import Example
from winnow.gate_config import Sensitivity


class FewImages(Check):
    """A class with fewer training images than `checks.min_images` is seldom learnt."""

    id, severity = "D201", "warning"
    hint = "add images of these classes, or join them to others"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name the classes."""
        few = [label for label, count in facts.counts.items() if 0 < count["train"] < self.config.min_images]
        if few:
            yield f"fewer than {self.config.min_images} training images of {names(few)}", []


class Imbalance(Check):
    """The largest class has more than `checks.max_imbalance` times the training images of the smallest."""

    id, severity = "D202", "warning"
    hint = "consider `train.loss.class_weights: balanced`, and watch balanced accuracy instead of accuracy"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name both, with their counts."""
        sizes = {label: count["train"] for label, count in facts.counts.items() if count["train"]}
        if not sizes:
            return
        least, most = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        if sizes[most] > self.config.max_imbalance * sizes[least]:
            yield f"{sizes[most]} training images of {most!r}, {sizes[least]} of {least!r}", []


class Unlabelled(Check):
    """Images without a label are kept and counted; no stage uses them."""

    id, severity = "D203", "info"
    hint = "label them with winnow relabel"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Count them."""
        if facts.num_unlabelled:
            yield f"{facts.num_unlabelled} images have no label", []


class SimilarNames(Check):
    """Class names that differ only in case or spaces are most likely one class."""

    id, severity = "D204", "warning"
    hint = "give them one name: winnow relabel"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name them, class by class."""
        spellings: dict[str, list[str]] = {}
        for label in facts.counts:
            spellings.setdefault("".join(label.casefold().split()), []).append(label)
        for labels in spellings.values():
            if len(labels) > 1:
                yield f"classes that differ only in case or spaces: {names(labels)}", []


class TestSize(Check):
    """Two models can be told apart on the test images when their accuracies differ by `gate.margin`.

    With fewer images than McNemar's test needs for that (`gate.power`, `gate.alpha`, `checks.disagreement`), the
    verdict on a pull request will mostly be *inconclusive*.
    """

    __test__ = False  # not pytest's

    id, severity = "D205", "warning"
    needs = "sensitivity"
    hint = "add test images (data.test_fraction), or ask for less: gate.margin"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Say what can be seen with the images that are there, and how many are needed."""
        asked, disagreement = facts.sensitivity, self.config.disagreement
        assert asked is not None, "see `needs`"
        count, needed = facts.num_in("test"), num_test_images(asked, disagreement, asked.margin)
        if not 0 < count < needed:
            return
        seen = smallest_difference(asked, disagreement, count)
        can = "no difference in accuracy" if seen is None else f"differences in accuracy from {seen:.3f} on"
        message = f"{count} test images show {can}; {needed} are needed for {asked.margin:g}"
        groups = pc.count_distinct(_grouped(facts.in_splits("test"))["group"]).as_py()
        yield message + (f" (more, because images share {groups} groups)" if groups else ""), []


def num_test_images(asked: Sensitivity, disagreement: float, difference: float) -> int:
    """Return how many test images McNemar's test needs to find a `difference` in accuracy between two models.

    R. J. Connor, "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43
    (1987) 207-211: ((z_alpha/2 sqrt(psi) + z_power sqrt(psi - d^2)) / d)^2, with psi the share of images that one
    model gets right and the other wrong. It takes images that are independent.
    """
    disagreement = max(disagreement, difference)
    z_alpha, z_power = NormalDist().inv_cdf(1 - asked.alpha / 2), NormalDist().inv_cdf(asked.power)
    spread = z_alpha * math.sqrt(disagreement) + z_power * math.sqrt(disagreement - difference**2)
    return math.ceil((max(spread, 0.0) / difference) ** 2)


def smallest_difference(asked: Sensitivity, disagreement: float, num_images: int) -> float | None:
    """Return the smallest difference that so many test images show; None when they show none below 1."""
    low, high = 0.0, 1.0
    if num_test_images(asked, disagreement, high) > num_images:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if num_test_images(asked, disagreement, middle) <= num_images else (middle, high)
    return high


class DominantGroup(Check):
    """One group (patient, scene) holds more than `checks.max_group_fraction` of a split, or of a class in training.

    What is learnt or measured there is that group more than the class. Groups below `checks.min_images` are no matter.
    """

    id, severity = "D206", "warning"
    hint = "add images of other groups, or leave some of this one out"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name the splits and classes, never the groups."""
        for split in ("train", "val", "test"):
            images = facts.in_splits(split)
            for row in _dominant(images, [], self.config):
                share = row["size"] / images.num_rows
                yield f"one group holds {share:.0%} of the {split} images", _images_of(images, row["group"])
        train = facts.in_splits("train")
        rows = sorted(_dominant(train, ["label"], self.config), key=lambda row: str(row["label"]))
        if rows:
            message = f"one group holds more than {self.config.max_group_fraction:.0%} of the training images of "
            examples = [example for row in rows for example in _images_of(train, row["group"])[:1]]
            yield message + names([row["label"] for row in rows]), examples


def _grouped(images: pa.Table) -> pa.Table:
    return images.filter(pc.not_equal(images["group"], ""))


def _dominant(images: pa.Table, keys: list[str], config: ChecksConfig) -> list[dict[str, Any]]:
    """Return the groups that hold too much of the images that share `keys`: group, size and the keys."""
    sizes = _grouped(images).group_by(["group", *keys]).aggregate([("id", "count")])
    large = sizes.filter(pc.greater_equal(sizes["id_count"], config.min_images)).to_pylist()
    totals = images.group_by(keys).aggregate([("id", "count")]).to_pylist() if keys else [{"id_count": len(images)}]
    total_of = {tuple(row[key] for key in keys): row["id_count"] for row in totals}
    return [
        {"group": row["group"], "size": row["id_count"], **{key: row[key] for key in keys}}
        for row in large
        if row["id_count"] > config.max_group_fraction * total_of[tuple(row[key] for key in keys)]
    ]


def _images_of(images: pa.Table, group: str) -> list[Example]:
    return single(images.filter(pc.equal(images["group"], group))["id"])

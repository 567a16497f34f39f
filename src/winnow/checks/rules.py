"""The checks of a data set. A check's docstring is its documentation (docs/checks.md); its id never changes meaning."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.facts import Facts
from winnow.checks.findings import MAX_EXAMPLES, Finding, Severity

_FEW_IMAGES = 10
_IMBALANCE = 10
_MAX_NAMES = 8


class Check(ABC):
    """One question to a data set."""

    id: ClassVar[str]
    severity: ClassVar[Severity]
    hint: ClassVar[str]

    @abstractmethod
    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Yield what is wrong, with ids of images as examples."""

    def find(self, facts: Facts) -> Iterator[Finding]:
        """Yield the findings."""
        for message, examples in self.messages(facts):
            yield Finding(self.id, self.severity, message, self.hint, sorted(examples)[:MAX_EXAMPLES])


class TwoClasses(Check):
    """A classifier needs at least two classes."""

    id, severity = "D101", "error"
    hint = "add images of another class: winnow add DIR, one folder a class"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name the classes there are."""
        if len(facts.counts) < 2:  # noqa: PLR2004 - two classes
            yield f"expected at least two classes, got {_names(list(facts.counts)) or 'none'}", []


class TrainImages(Check):
    """Every class needs images to learn from."""

    id, severity = "D102", "error"
    hint = "add images of these classes, or pin some of theirs to train in data/labels.csv"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name the classes without training images."""
        if missing := facts.labels_without("train"):
            yield f"no training images of {_names(missing)}", []


class JudgedImages(Check):
    """A class without validation or test images cannot be judged. Nothing is moved silently to mend that."""

    id, severity = "D103", "warning"
    hint = "add images of these classes, or pin some of theirs in the split column of data/labels.csv"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name the classes, by split."""
        for split in ("val", "test"):
            missing = facts.labels_without(split)
            if missing and facts.num_in(split):
                yield f"no {split} images of {_names(missing)}", []


class BytesPresent(Check):
    """Every labelled image lies in a part that is on this machine."""

    id, severity = "D104", "error"
    hint = "dvc pull data/images.dvc, or `winnow add` with the source they came from"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Count the images without bytes."""
        missing = facts.index.filter(pc.is_null(facts.index["part"]))
        if missing.num_rows:
            yield f"{missing.num_rows} of {facts.index.num_rows} labelled images are in no part here", _ids(missing)


class GroupsApart(Check):
    """A group (patient, scene) lies in one split. In two of them, the test would know what training saw."""

    id, severity = "D105", "error"
    hint = "give all rows of a group the same split in data/labels.csv, or leave it empty"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name the groups whose pins contradict each other."""
        table = facts.index.filter(pc.not_equal(facts.index["group"], ""))
        splits = table.group_by("group").aggregate([("split", "count_distinct")])
        torn = splits.filter(pc.greater(splits["split_count_distinct"], 1))["group"].combine_chunks()
        if len(torn):
            images = table.filter(pc.is_in(table["group"], value_set=torn))
            yield f"groups in more than one split: {_names(sorted(torn.to_pylist()))}", _ids(images)


class TestImages(Check):
    """Without a single test image there is nothing to judge a model by."""

    __test__ = False  # not pytest's

    id, severity = "D106", "error"
    hint = "raise data.test_fraction, or pin images to test in data/labels.csv"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Say so."""
        if facts.index.num_rows and not facts.num_in("test"):
            yield f"no test images among {facts.index.num_rows}", []


class ValidationImages(Check):
    """Without validation images no epoch and no threshold can be chosen."""

    id, severity = "D107", "warning"
    hint = "raise data.val_fraction, or train with `train.select: last`"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Say so."""
        if facts.index.num_rows and not facts.num_in("val"):
            yield f"no validation images among {facts.index.num_rows}", []


class FewImages(Check):
    """A class with fewer than ten training images is seldom learnt."""

    id, severity = "D201", "warning"
    hint = "add images of these classes, or join them to others"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name the classes."""
        few = [label for label, count in facts.counts.items() if 0 < count["train"] < _FEW_IMAGES]
        if few:
            yield f"fewer than {_FEW_IMAGES} training images of {_names(few)}", []


class Imbalance(Check):
    """The largest class has more than ten times the training images of the smallest."""

    id, severity = "D202", "warning"
    hint = "consider `train.loss.class_weights: balanced`, and watch balanced accuracy instead of accuracy"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name both, with their counts."""
        sizes = {label: count["train"] for label, count in facts.counts.items() if count["train"]}
        if not sizes:
            return
        least, most = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        if sizes[most] > _IMBALANCE * sizes[least]:
            yield f"{sizes[most]} training images of {most!r}, {sizes[least]} of {least!r}", []


class Unlabelled(Check):
    """Images without a label are kept and counted; no stage uses them."""

    id, severity = "D203", "info"
    hint = "label them with winnow relabel"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Count them."""
        if facts.num_unlabelled:
            yield f"{facts.num_unlabelled} images have no label", []


class SimilarNames(Check):
    """Class names that differ only in case or spaces are most likely one class."""

    id, severity = "D204", "warning"
    hint = "give them one name: winnow relabel"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Name them, class by class."""
        spellings: dict[str, list[str]] = {}
        for label in facts.counts:
            spellings.setdefault("".join(label.casefold().split()), []).append(label)
        for labels in spellings.values():
            if len(labels) > 1:
                yield f"classes that differ only in case or spaces: {_names(labels)}", []


class NearDuplicates(Check):
    """A training image that shows the same picture as one that judges the model is held out: it would leak the answer.

    What counts as the same picture is decided in `data/near_duplicates.py`, by `prepare.near_duplicates`.
    """

    id, severity = "D301", "warning"
    hint = "look at them (winnow images --html); give pictures of one scene the same group"

    def messages(self, facts: Facts) -> Iterator[tuple[str, list[str]]]:
        """Count them; the examples are the training images."""
        if facts.near_duplicates:
            held_out = sorted({train for train, _ in facts.near_duplicates})
            total = len(held_out) + facts.num_in("train")
            yield f"{len(held_out)} of {total} training images nearly duplicate one that judges the model", held_out


CHECKS: tuple[Check, ...] = (
    TwoClasses(),
    TrainImages(),
    JudgedImages(),
    BytesPresent(),
    GroupsApart(),
    TestImages(),
    ValidationImages(),
    FewImages(),
    Imbalance(),
    Unlabelled(),
    SimilarNames(),
    NearDuplicates(),
)


def run_checks(facts: Facts) -> list[Finding]:
    """Return what all checks find, in the order of their ids."""
    return [finding for check in CHECKS for finding in check.find(facts)]


def _names(words: list[str]) -> str:
    shown = ", ".join(repr(word) for word in words[:_MAX_NAMES])
    more = len(words) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _ids(table: pa.Table) -> list[str]:
    ids: list[str] = table["id"][:MAX_EXAMPLES].to_pylist()
    return ids

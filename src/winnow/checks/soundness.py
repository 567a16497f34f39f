"""D1xx: without these no model can be trained, or judged."""

from collections.abc import Iterator

import pyarrow.compute as pc

from winnow.checks.check import Check, Message, names, plural, single
from winnow.checks.facts import Facts


class TwoClasses(Check):
    """A classifier needs at least two classes."""

    id, severity = "D101", "error"
    hint = "add images of another class: winnow add DIR, one folder a class"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name the classes there are."""
        if len(facts.counts) < 2:  # noqa: PLR2004 - two classes
            yield f"expected at least two classes, got {names(list(facts.counts)) or 'none'}", []


class TrainImages(Check):
    """Every class needs images to learn from."""

    id, severity = "D102", "error"
    hint = "add images of these classes, or pin some of theirs to train in data/labels.csv"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name the classes without training images."""
        if missing := facts.labels_without("train"):
            yield f"no training images of {names(missing)}", []


class JudgedImages(Check):
    """A class without validation or test images cannot be judged. Nothing is moved silently to mend that."""

    id, severity = "D103", "warning"
    hint = "add images of these classes, or pin some of theirs in the split column of data/labels.csv"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Name the classes, by split."""
        for split in ("val", "test"):
            missing = facts.labels_without(split)
            if missing and facts.num_in(split):
                yield f"no {split} images of {names(missing)}", []


class BytesPresent(Check):
    """Every labelled image lies in a part that is on this machine."""

    id, severity = "D104", "error"
    hint = "dvc pull data/images.dvc, or `winnow add` with the source they came from"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Count the images without bytes."""
        missing = facts.index.filter(pc.is_null(facts.index["part"]))
        if missing.num_rows:
            message = f"{missing.num_rows} of {facts.index.num_rows} labelled images are in no part here"
            yield message, single(missing["id"])


class GroupsApart(Check):
    """A group (patient, scene) lies in one split. In two of them, the test would know what training saw."""

    id, severity = "D105", "error"
    hint = "give all rows of a group the same split in data/labels.csv, or leave it empty; winnow check names images"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Count the groups whose pins contradict each other; a group may be a patient, so none is named."""
        table = facts.index.filter(pc.not_equal(facts.index["group"], ""))
        splits = table.group_by("group").aggregate([("split", "count_distinct")])
        torn = splits.filter(pc.greater(splits["split_count_distinct"], 1))["group"].combine_chunks()
        if len(torn):
            images = table.filter(pc.is_in(table["group"], value_set=torn))
            yield f"{plural(len(torn), 'group')} in more than one split", single(images["id"])


class TestImages(Check):
    """Without a single test image there is nothing to judge a model by."""

    __test__ = False  # not pytest's

    id, severity = "D106", "error"
    hint = "raise data.test_fraction, or pin images to test in data/labels.csv"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Say so."""
        if facts.index.num_rows and not facts.num_in("test"):
            yield f"no test images among {facts.index.num_rows}", []


class ValidationImages(Check):
    """Without validation images no epoch and no threshold can be chosen."""

    id, severity = "D107", "warning"
    hint = "raise data.val_fraction, or train with `train.select: last`"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Say so."""
        if facts.index.num_rows and not facts.num_in("val"):
            yield f"no validation images among {facts.index.num_rows}", []

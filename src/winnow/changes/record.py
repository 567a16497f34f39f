"""What changed between two revisions of a data set, as data: every text and page about it is made from this record.

The record holds class names, names of columns and counts; ids of single images only as far as `project.disclose`
allows, and never a file name, a group or a picture. Who was handed one as JSON checks it by `DataDiff.from_dict`: what
passes has no free text but labels, names of columns and revisions, and messages.
"""

from typing import Annotated, Literal

from pydantic import Field

from winnow.disclosure import Level
from winnow.records import Count, Document, NotAvailable, Record

MAX_EXAMPLES = 5

UNLABELLED = "unlabelled"
"""Stands where a split would: no stage uses an image without a label."""

Split = Literal["train", "val", "test", "vault", "unlabelled"]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]

Counts = dict[Split, Count]
"""Images by split; a split without any is left out."""

Examples = Annotated[list[Id], Field(max_length=MAX_EXAMPLES)]
"""A few images; none under `disclose: aggregate`."""


class Side(Record):
    """The extent of one of the two revisions."""

    num_images: Count
    num_unlabelled: Count
    num_classes: Count


class Images(Record):
    """How many images, and a few of them."""

    count: Count
    examples: Examples


class Transition(Record):
    """So many images went from one label (or split) to another."""

    before: str
    after: str
    count: Count


class ClassChange(Record):
    """What happened to one class; the empty label stands for images without one."""

    label: str
    before: Counts
    after: Counts
    added: Counts
    removed: Counts
    relabelled_in: Counts
    relabelled_out: Counts


class SplitChange(Record):
    """What happened to one split; after = before + added - removed + moved_in - moved_out."""

    split: Split
    before: Count
    after: Count
    added: Count
    removed: Count
    moved_in: Count
    moved_out: Count


class Relabelled(Images):
    """Images of both revisions that have another label now, one that lost or got its only one included."""

    transitions: list[Transition]
    """Old and new label, most images first."""


class Moved(Images):
    """Labelled images of both revisions that are in another split now."""

    num_groups: Count
    """Groups that these images belong to."""
    transitions: list[Transition]


class Regrouped(Images):
    """Images whose group changed."""

    num_groups_before: Count
    """Groups that they belonged to."""
    num_groups_after: Count


class Setting(Record):
    """A key of `data:` in `params.yaml` that the two revisions have different values for."""

    key: Literal["seed", "val_fraction", "test_fraction"]
    before: float
    after: float


class Columns(Record):
    """The name of the image and the further columns of `labels.csv`."""

    added: list[str]
    removed: list[str]
    changed: dict[str, Count]
    """Images of both revisions whose value changed, by column."""


class Finding(Record):
    """What a check says about one of the revisions (`reports/data.json`)."""

    id: str
    severity: str
    message: str
    status: Literal["new", "changed", "gone"]
    """New and gone: no finding of this id on the other side. Changed: another message."""


class Duplicates(Record):
    """What `winnow prepare` found on one side only."""

    findings: list[Finding]
    held_out_before: Count
    """Training images that nearly duplicate one that judges the model."""
    held_out_after: Count
    num_new_pairs: Count | None
    """Near duplicates (a training image, a judged one) that the older revision lacks; None where pairs are not kept."""
    pairs: Annotated[list[tuple[Id, Id]], Field(max_length=MAX_EXAMPLES)]
    """A few of them; none under `disclose: aggregate`."""


class Leaks(Record):
    """What lets the test know what training saw."""

    torn_groups: Count
    """Groups that now span training and judged images, or several judged splits, and did not before."""
    torn: Examples
    """Of their images."""
    trained_before: Count
    """Images that judge now and were trained on before."""


class Bytes(Record):
    """The images as DVC records them, in bytes."""

    before: Count
    after: Count
    num_parts_before: Count
    num_parts_after: Count


class Parts(Record):
    """Parts by their names, and the bytes of those that are on one side only."""

    added: list[str]
    removed: list[str]
    num_kept: Count
    added_bytes: Count | None
    """None where neither this machine nor the remote tells."""
    removed_bytes: Count | None


class DataDiff(Document):
    """The whole record."""

    writer = "winnow diff --json"

    revision: str
    """What the working tree is compared with, as it was asked for."""
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    disclose: Level
    before: Side
    after: Side
    splits: list[SplitChange]
    new_classes: list[str]
    vanished_classes: list[str]
    classes: list[ClassChange]
    """Those with a change, the largest first."""
    added: Images
    removed: Images
    relabelled: Relabelled
    moved: Moved
    regrouped: Regrouped
    repinned: Images
    """Images whose pin, the column `split`, changed."""
    settings: list[Setting]
    columns: Columns
    leaks: Leaks
    duplicates: Duplicates | NotAvailable
    bytes: Bytes
    parts: Parts | NotAvailable
    notes: list[str]
    """What a reader should know about the comparison itself."""

    @property
    def is_empty(self) -> bool:
        """Return whether labels, splits and images are the same on both sides."""
        images = (self.added, self.removed, self.relabelled, self.moved, self.regrouped, self.repinned)
        columns = (self.columns.added, self.columns.removed, self.columns.changed)
        return not (any(each.count for each in images) or any(columns) or self.settings or self.is_repacked)

    @property
    def is_repacked(self) -> bool:
        """Return whether other parts are recorded; only where that is so, they may not be available."""
        return isinstance(self.parts, NotAvailable) or bool(self.parts.added or self.parts.removed)

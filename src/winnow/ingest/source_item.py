"""What every source of images yields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One image that a source offers: where its bytes are, and what the source says about it."""

    name: str
    """Where it lies in the source: a path below the folder, a path in the CSV, a number in an array."""

    label: str | None
    """Its class; empty: unlabelled; None: the source should say a class and does not."""

    path: str | None = None
    """The absolute path of its file, or None when `content` holds its bytes."""

    content: bytes | None = None
    num_bytes: int = 0
    """About how large it is: bounds what is in memory at a time."""

    group: str = ""
    split: str = ""
    further: tuple[str, ...] = ()

    strip_metadata: bool = False
    """Its bytes are taken without what they say beside the picture (`metadata`)."""


class Source(Protocol):
    """A place that images come from: counted first, then read once, lazily, in an order that never changes."""

    @property
    def further(self) -> tuple[str, ...]:
        """The names of the further columns that its items carry."""

    @property
    def num_repeated_rows(self) -> int:
        """How many rows of a table say what an earlier row says; 0 for other sources."""

    def count(self) -> int:
        """Return how many items there are."""

    def items(self) -> Iterator[SourceItem]:
        """Yield the items."""

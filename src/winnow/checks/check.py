"""What every check is: a class with an id, a severity and a remedy, whose docstring is its documentation.

An id never changes its meaning. A check looks at facts and never at files.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

import pyarrow as pa

from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import MAX_EXAMPLES, Example, Finding, Severity
from winnow.checks.opinions import Opinions
from winnow.checks.pictures import Pictures

MAX_NAMES = 8

Needs = Literal["index", "pictures", "clusters", "sensitivity", "opinions"]
Message = tuple[str, Sequence[Example]]


class Check(ABC):
    """One question to a data set."""

    id: ClassVar[str]
    severity: ClassVar[Severity]
    hint: ClassVar[str]

    needs: ClassVar[Needs] = "index"
    """The part of the facts without which the question cannot be asked."""

    def __init__(self, config: ChecksConfig) -> None:
        self.config = config

    @abstractmethod
    def messages(self, facts: Facts) -> Iterator[Message]:
        """Yield what is wrong, with examples, the most telling first."""

    def find(self, facts: Facts) -> Iterator[Finding]:
        """Yield the findings."""
        for message, examples in self.messages(facts):
            yield Finding(self.id, self.severity, message, self.hint, list(examples[:MAX_EXAMPLES]))


class PictureCheck(Check):
    """One question to what the pictures look like."""

    needs = "pictures"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Yield what is wrong with the pictures."""
        assert facts.pictures is not None, "see `needs`"
        return self.messages_of(facts.pictures)

    @abstractmethod
    def messages_of(self, pictures: Pictures) -> Iterator[Message]:
        """Yield what is wrong, as `messages` does."""


class OpinionCheck(Check):
    """One question to what a model said of the labels."""

    needs = "opinions"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Yield what the model contradicts."""
        assert facts.opinions is not None, "see `needs`"
        return self.messages_of(facts.opinions)

    @abstractmethod
    def messages_of(self, opinions: Opinions) -> Iterator[Message]:
        """Yield what is wrong, as `messages` does."""


def names(words: Sequence[str]) -> str:
    """Return the first few names, quoted, and how many more there are."""
    return listed([repr(word) for word in words])


def listed(texts: Sequence[str]) -> str:
    """Return the first few texts, and how many more there are."""
    shown = ", ".join(texts[:MAX_NAMES])
    more = len(texts) - MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def single(ids: pa.ChunkedArray | pa.Array) -> list[Example]:
    """Return the first images, one an example."""
    return [Example((each,)) for each in ids[:MAX_EXAMPLES].to_pylist()]


def plural(count: int, word: str) -> str:
    """Return `1 image`, `2,000 images`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"

"""Checks as they are made: what fails is noted and the rest goes on, for whoever mends wants to know all of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from winnow.errors import WinnowError
from winnow.logs import logger
from winnow.markup.blocks import printable
from winnow.registry.entry import MAX_REASON
from winnow.release.record import Check, Result

T = TypeVar("T")


@dataclass
class Ledger:
    """What was found so far."""

    places: tuple[Path, ...] = ()
    """Folders of this machine, which no record names."""
    checks: list[Check] = field(default_factory=list)

    def note(self, name: str, result: Result, note: str) -> None:
        """Add a finding."""
        for place in self.places:
            note = note.replace(f"{place}/", "")
        logger.debug("%s: %s: %s", name, result, note)
        self.checks.append(Check(id=name, result=result, note=printable(note, MAX_REASON)))

    def add(self, check: Check) -> None:
        """Add a finding that somebody else has made."""
        self.note(check.id, check.result, check.note)

    def attempt(self, name: str, work: Callable[[], T]) -> T | None:
        """Return what `work` does; None where it says no, which is noted under the name."""
        try:
            return work()
        except WinnowError as error:
            self.note(name, "fail", f"{error.message} (hint: {error.hint})" if error.hint else error.message)
            return None

    def require(self, name: str, work: Callable[[], str]) -> bool:
        """Note what `work` says, or that it says no; return whether it passed."""
        said = self.attempt(name, work)
        if said is not None:
            self.note(name, "pass", said)
        return said is not None

    def refuse(self, name: str, refusals: Collection[str], accepted: Collection[str], *, otherwise: str) -> None:
        """Note each refusal, unless somebody answers for it in the tag; a sentence where there is none."""
        for refusal in refusals:
            self.note(name, "overridden" if refusal in accepted else "fail", refusal)
        if not refusals:
            self.note(name, "pass", otherwise)

"""Names of segments: by kind, day and second, and by a writer that no other process has."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self, cast, get_args

from winnow.traffic.entry import Kind

_WHO = r"(?P<at>\d{8}T\d{6}Z)-(?P<writer>[0-9a-f]{16})-(?P<number>\d{6,})"
_KIND = f"(?P<kind>{'|'.join(get_args(Kind))})"
_FILE = re.compile(rf"{_KIND}-{_WHO}\.jsonl")
_OBJECT = re.compile(rf"{_KIND}/\d{{4}}-\d\d-\d\d/{_WHO}\.jsonl\.gz")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, order=True)
class SegmentName:
    """What a segment is called: as a file that waits, and as an object at the target."""

    opened_s: int
    """Since 1970: no entry is much older."""

    writer: str
    """16 hex digits, drawn anew by every process."""

    number: int
    kind: Kind

    @property
    def day(self) -> date:
        """The day (UTC) on which it was begun."""
        return datetime.fromtimestamp(self.opened_s, UTC).date()

    @property
    def file(self) -> str:
        """Its name in the folder where it waits."""
        return f"{self.kind}-{self._who}.jsonl"

    @property
    def object(self) -> str:
        """Its name at the target."""
        return f"{self.kind}/{self.day.isoformat()}/{self._who}.jsonl.gz"

    @property
    def _who(self) -> str:
        at = datetime.fromtimestamp(self.opened_s, UTC).strftime(_TIME)
        return f"{at}-{self.writer}-{self.number:06d}"

    @classmethod
    def of_file(cls, text: str) -> Self | None:
        """Return the name that `file` gave; None for any other file."""
        return cls._of(_FILE.fullmatch(text))

    @classmethod
    def of_object(cls, text: str) -> Self | None:
        """Return the name that `object` gave; None for what somebody else put there."""
        return cls._of(_OBJECT.fullmatch(text))

    @classmethod
    def _of(cls, match: re.Match[str] | None) -> Self | None:
        if match is None:
            return None
        try:
            at = datetime.strptime(match["at"], _TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(int(at.timestamp()), match["writer"], int(match["number"]), cast("Kind", match["kind"]))

"""Reading a log, without the service that wrote it: what monitoring and `winnow feedback` begin with."""

import gzip
import math
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from winnow.errors import InputError, MachineError, WinnowError
from winnow.traffic.entry import E, FeedbackEntry, ImageEntry, Kind, RequestEntry, parse
from winnow.traffic.segment_name import SegmentName
from winnow.traffic.target import Target

_HINT = "check the address and the credential"
_DAY_S = 86_400


class TrafficLog:
    """A log at a target. Entries come segment by segment, the earliest first; within seconds they may be out of order.

    `since_s` and `until_s` (seconds since 1970, the latter not included) bound an entry's own time. Raises InputError
    for a segment that no service wrote, MachineError when the target does not answer.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self.num_torn = 0
        """Lines that a killed service had not finished, so far."""

    def requests(self, since_s: float = -math.inf, until_s: float = math.inf) -> Iterator[RequestEntry]:
        """Yield what was answered."""
        return self._read(RequestEntry, since_s, until_s)

    def feedback(self, since_s: float = -math.inf, until_s: float = math.inf) -> Iterator[FeedbackEntry]:
        """Yield what people said."""
        return self._read(FeedbackEntry, since_s, until_s)

    def images(self, since_s: float = -math.inf, until_s: float = math.inf) -> Iterator[ImageEntry]:
        """Yield the images that were kept and are not deleted yet."""
        return self._read(ImageEntry, since_s, until_s)

    def segments(self, kind: Kind, since_s: float = -math.inf, until_s: float = math.inf) -> list[SegmentName]:
        """Return the segments that may hold entries of a time. Where `since_s` is given, only its days are listed."""
        if math.isinf(since_s):
            folders: list[str] = [kind]
        else:
            # A segment is begun before its entries, and a clock may be wrong by less than a day.
            first = datetime.fromtimestamp(since_s - _DAY_S, UTC).date()
            last = datetime.fromtimestamp(min(until_s, time.time()) + _DAY_S, UTC).date()
            folders = [f"{kind}/{(first + timedelta(days=day)).isoformat()}" for day in range((last - first).days + 1)]
        found = (SegmentName.of_object(name) for folder in folders for name in self._names(folder))
        return sorted(name for name in found if name and name.opened_s - _DAY_S < until_s)

    def _read(self, model: type[E], since_s: float, until_s: float) -> Iterator[E]:
        for name in self.segments(model.kind, since_s, until_s):
            parsed = parse(model, self._content(name.object), name.object)
            self.num_torn += parsed.num_torn
            yield from (entry for entry in parsed.entries if since_s <= entry.time_s < until_s)

    def _names(self, folder: str) -> list[str]:
        try:
            return self._target.names(folder)
        except WinnowError:
            raise
        except Exception as error:  # the client libraries raise anything at all
            raise _no_answer(folder, error) from error

    def _content(self, name: str) -> bytes:
        try:
            content = self._target.read(name)
        except FileNotFoundError:
            return b""  # deleted between listing and reading: it was too old
        except Exception as error:  # the client libraries raise anything at all
            raise _no_answer(name, error) from error
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise InputError(f"{name}: expected a whole gzip file", hint="move the object away") from None


def _no_answer(place: str, error: Exception) -> MachineError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return MachineError(f"{place} of the log cannot be read: {reason}", hint=_HINT)

"""The folder in which segments wait for the target: bounded, and found again by the next start after a kill.

Every process writes into a folder of its own and holds a lock there. Where that lock is free, the process is gone, and
what it left belongs to whoever comes first. Nothing is ever appended to what another process wrote.
"""

import errno
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from winnow.errors import UsageError
from winnow.files import disk_errors
from winnow.locks import locked
from winnow.traffic.entry import Kind, header
from winnow.traffic.segment_name import SegmentName

SHARES: dict[Kind, float] = {"images": 0.75, "requests": 0.95, "feedback": 1.0}
"""How much of the folder all segments may fill before a kind finds no room: what is rare and small has it last."""

_LOCK = "lock"
_TURN = "turn"
_OPEN = ".open"
_PRIVATE = 0o700
_TURN_S = 10.0


@dataclass(frozen=True)
class SpoolLimits:
    """How much waits, and when a segment is full."""

    max_bytes: int
    max_segment_bytes: int
    max_segment_s: float


@dataclass
class _Segment:
    name: SegmentName
    stream: FileIO
    begun_s: float
    num_bytes: int


class Spool:
    """One process's segments below `root`, which all processes of this machine with the same target share.

    Raises MachineError where nothing can be written.
    """

    def __init__(self, root: Path, limits: SpoolLimits) -> None:
        self._root = root
        self._limits = limits
        self._writer = secrets.token_hex(8)
        self._folder = root / self._writer
        self._number = 0
        self._open: dict[Kind, _Segment] = {}
        self._sealed: dict[SegmentName, int] = {}
        self._used_bytes = 0
        self._is_closed = False
        self._turn = threading.Lock()
        self._held = ExitStack()
        with disk_errors(root):
            root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            with _everybodys_turn(root):
                self._folder.mkdir(mode=_PRIVATE)
                self._held.enter_context(locked(self._folder / _LOCK, "a log is written twice"))

    @property
    def used_bytes(self) -> int:
        """How much waits, half-written segments included."""
        return self._used_bytes

    @property
    def oldest_s(self) -> float | None:
        """When the oldest segment that waits was begun, since 1970."""
        with self._turn:
            waiting = [*self._sealed, *(segment.name for segment in self._open.values())]
        return min((name.opened_s for name in waiting), default=None)

    def append(self, kind: Kind, line: bytes) -> bool:
        """Write a line, and return whether there was room. Raises OSError when the disk refuses."""
        with self._turn:
            first = b"" if kind in self._open else header(kind, self._writer)
            if self._is_closed or self._used_bytes + len(first) + len(line) > self._limits.max_bytes * SHARES[kind]:
                return False
            segment = self._open.get(kind) or self._begin(kind)
            try:
                self._write(segment, first + line)
            except OSError:
                self._seal(kind)  # its last line may be torn: nothing may follow it
                raise
            if segment.num_bytes >= self._limits.max_segment_bytes:
                self._seal(kind)
            return True

    def seal(self, *, is_end: bool = False) -> None:
        """End segments that are old enough; at the end, all."""
        now = time.monotonic()
        with self._turn:
            for kind, segment in list(self._open.items()):
                if is_end or now - segment.begun_s >= self._limits.max_segment_s:
                    self._seal(kind)

    def sealed(self) -> list[SegmentName]:
        """Return the segments that can be uploaded, the oldest first."""
        with self._turn:
            return sorted(self._sealed)

    def read(self, name: SegmentName) -> bytes:
        """Return a segment."""
        return (self._folder / name.file).read_bytes()

    def remove(self, name: SegmentName) -> None:
        """Forget a segment: it was uploaded, or is too old."""
        (self._folder / name.file).unlink(missing_ok=True)
        with self._turn:
            self._used_bytes -= self._sealed.pop(name, 0)

    def adopt(self) -> int:
        """Take over what processes that are gone have left; return how many segments that were."""
        with _everybodys_turn(self._root):
            others = [path for path in sorted(self._root.iterdir()) if path.is_dir() and path != self._folder]
            return sum(self._adopt(folder) for folder in others)

    def close(self) -> None:
        """End all segments and let go of the folder: what is in it belongs to the next start."""
        self.seal(is_end=True)
        with self._turn:
            self._is_closed = True
        self._held.close()
        if not self._sealed:
            _remove_folder(self._folder)

    def _begin(self, kind: Kind) -> _Segment:
        self._number += 1
        name = SegmentName(int(time.time()), self._writer, self._number, kind)
        # Unbuffered: what was written outlives the process.
        stream = (self._folder / (name.file + _OPEN)).open("xb", buffering=0)
        self._open[kind] = segment = _Segment(name, stream, time.monotonic(), 0)
        return segment

    def _write(self, segment: _Segment, content: bytes) -> None:
        num_bytes = segment.stream.write(content)
        segment.num_bytes += num_bytes
        self._used_bytes += num_bytes
        if num_bytes < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _seal(self, kind: Kind) -> None:
        segment = self._open.pop(kind)
        segment.stream.close()
        path = self._folder / segment.name.file
        path.with_name(path.name + _OPEN).replace(path)
        self._sealed[segment.name] = segment.num_bytes

    def _adopt(self, folder: Path) -> int:
        found: dict[SegmentName, int] = {}
        try:
            with locked(folder / _LOCK, "its writer lives"):
                for path in sorted(folder.iterdir()):
                    name = SegmentName.of_file(path.name.removesuffix(_OPEN))
                    if name is not None:
                        found[name] = path.stat().st_size
                        path.replace(self._folder / name.file)
        except UsageError:
            return 0
        finally:
            with self._turn:
                self._sealed |= found
                self._used_bytes += sum(found.values())
        _remove_folder(folder)
        return len(found)


def _remove_folder(folder: Path) -> None:
    with suppress(OSError):  # something lies in it that is not ours
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


@contextmanager
def _everybodys_turn(root: Path) -> Iterator[None]:
    """Begin and adopt one after another: a folder without its lock yet must not look left behind."""
    end = time.monotonic() + _TURN_S
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(locked(root / _TURN, f"another process holds {root / _TURN}"))
                break
            except UsageError:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.01)
        yield

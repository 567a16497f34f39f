"""The log at work: an observer of answers, a thread that writes, a thread that uploads, and their end."""

import hashlib
import os
import stat
import tempfile
import threading
import time
from pathlib import Path

from winnow.errors import MachineError
from winnow.logs import logger
from winnow.serving.answered import Answered
from winnow.serving.requestlog.inbox import Inbox
from winnow.serving.requestlog.meters import Meters
from winnow.serving.requestlog.noting import entries, logged_id
from winnow.serving.requestlog.spool import Spool, SpoolLimits
from winnow.serving.requestlog.uploading import Uploader
from winnow.serving.settings import Collecting
from winnow.serving.telemetry import Telemetry
from winnow.traffic.entry import Entry, FeedbackEntry
from winnow.traffic.target import open_target

INBOX_BYTES = 32_000_000
_LOOK_S = 0.25
_PRIVATE = 0o700


class Collector:
    """Notes answers and feedback. Raises UsageError, MachineError when target or folder cannot be used."""

    def __init__(self, settings: Collecting, telemetry: Telemetry) -> None:
        self._settings = settings
        target = open_target(settings.target)
        digest = hashlib.sha256(settings.target.encode()).hexdigest()[:12]
        limits = SpoolLimits(settings.max_buffer_bytes, settings.max_segment_bytes, settings.max_segment_s)
        # What waits for one target shall not end at another.
        self._spool = Spool((settings.buffer or own_temporary_folder()) / digest, limits)
        self._meters = Meters(telemetry.registry)
        self._inbox = Inbox(INBOX_BYTES)
        self._writer = threading.Thread(target=self._write, name="log-write", daemon=True)
        self._uploader = Uploader(self._spool, target, self._meters, settings.retain_days)
        telemetry.watch("winnow_log_buffer_bytes", "What waits for the target.", lambda: self._spool.used_bytes)
        telemetry.watch("winnow_log_oldest_seconds", "How long the oldest of it waits.", self._oldest_s)

    def start(self) -> None:
        """Begin to write and to upload."""
        self._writer.start()
        self._uploader.start()

    def note(self, answered: Answered) -> None:
        """Leave an answer for the writer: an observer, on the event loop."""
        num_bytes = sum(answer.picture.pixels.nbytes for answer in answered.images) + sum(map(len, answered.contents))
        if not self._inbox.put(answered, num_bytes):
            self._meters.lost.labels("requests", "memory").inc(len(answered.images))

    def note_feedback(self, request_id: str, image: int, label: str, model: str) -> bool:
        """Write what somebody says, and return whether it is on the disk. Blocks."""
        entry = FeedbackEntry(
            time_s=round(time.time(), 3),
            request_id=logged_id(request_id, self._settings.level),
            image=image,
            label=label,
            model=model,
        )
        return self._append(entry)

    def close(self, limit_s: float) -> None:
        """Write what waits, and upload what the target takes within `limit_s`; the rest stays for the next start."""
        end = time.monotonic() + limit_s
        self._inbox.close()
        if self._writer.ident is not None:
            self._writer.join(limit_s)
        self._spool.seal(is_end=True)
        is_done = self._uploader.end(max(0.0, end - time.monotonic()))
        if self._spool.used_bytes:
            logger.warning("%d bytes of the log wait for the next start", self._spool.used_bytes)
        if is_done:  # else the thread still reads there; the system frees the lock when the process ends
            self._spool.close()

    def _write(self) -> None:
        while not self._inbox.is_done:
            answered = self._inbox.take(_LOOK_S)
            self._spool.seal()
            if answered is None:
                continue
            try:
                for entry in entries(answered, self._settings.level, has_images=self._settings.has_images):
                    self._append(entry)
            except Exception as error:  # noqa: BLE001 - one answer must not end the log
                self._meters.lost.labels("requests", "error").inc()
                self._meters.complain("an answer cannot be logged: %s", error)

    def _append(self, entry: Entry) -> bool:
        try:
            is_written = self._spool.append(entry.kind, entry.line())
        except OSError as error:
            self._meters.lost.labels(entry.kind, "disk").inc()
            self._meters.complain("the log's folder does not take a line: %s", error)
            return False
        if is_written:
            self._meters.noted.labels(entry.kind).inc()
        else:
            self._meters.lost.labels(entry.kind, "buffer").inc()
        return is_written

    def _oldest_s(self) -> float:
        oldest = self._spool.oldest_s
        return 0.0 if oldest is None else max(0.0, time.time() - oldest)


def own_temporary_folder() -> Path:
    """Return this user's folder for logs that wait. Raises MachineError where it is somebody else's."""
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError:
        raise MachineError("there is no folder for temporary files", hint="--log-buffer FOLDER") from None
    if os.name == "nt":  # the user's own
        return temporary / "winnow-log"
    folder = temporary / f"winnow-log-{os.getuid()}"
    try:
        folder.mkdir(mode=_PRIVATE, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise MachineError(f"{folder} cannot be used: {error.strerror}", hint="--log-buffer FOLDER") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise MachineError(f"expected {folder} as a folder of this user", hint="--log-buffer FOLDER")
    return folder

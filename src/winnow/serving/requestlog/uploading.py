"""Segments go to the target in a thread of its own: again and again while it refuses, and never in anybody's way."""

import gzip
import threading
import time

from winnow.logs import logger
from winnow.serving.requestlog.meters import Meters
from winnow.serving.requestlog.spool import Spool
from winnow.traffic.segment_name import SegmentName
from winnow.traffic.target import Target

_POLL_S = 0.25
_LONGEST_PAUSE_S = 30.0
_TIDY_S = 3600.0
_DAY_S = 86_400
_FAST = 1
"""Of zlib's levels: what can be shrunk are names and digits, and base64 by a quarter."""


class Uploader:
    """Takes segments from a spool to a target, one object each, and deletes images that are too old."""

    def __init__(self, spool: Spool, target: Target, meters: Meters, retain_days: int) -> None:
        self._spool = spool
        self._target = target
        self._meters = meters
        self._retain_s = retain_days * _DAY_S
        self._failures: dict[SegmentName, int] = {}
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-upload", daemon=True)

    def start(self) -> None:
        """Begin, with what former processes left."""
        self._thread.start()

    def end(self, limit_s: float) -> bool:
        """Upload what is there once more, and return whether that was done within `limit_s`."""
        self._is_ending.set()
        if self._thread.ident is not None:
            self._thread.join(limit_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        tidy_at = time.monotonic()
        pause_s = _POLL_S
        while True:
            is_last = self._is_ending.is_set()
            if time.monotonic() >= tidy_at and not is_last:
                self._tidy()
                tidy_at = time.monotonic() + _TIDY_S
            pause_s = _POLL_S if self._send_all() else min(2 * pause_s, _LONGEST_PAUSE_S)
            if is_last:
                return
            self._is_ending.wait(pause_s)

    def _send_all(self) -> bool:
        """Send what waits until the target refuses; what it refused before comes last, so that it blocks nothing."""
        for name in sorted(self._spool.sealed(), key=lambda name: self._failures.get(name, 0)):
            try:
                self._target.put(name.object, gzip.compress(self._spool.read(name), _FAST, mtime=0))
            except Exception as error:  # noqa: BLE001 - clients of storages raise anything at all
                self._failures[name] = self._failures.get(name, 0) + 1
                self._meters.uploads.labels("failed").inc()
                self._meters.complain("the log's target does not take a segment: %s", error)
                return False
            self._spool.remove(name)
            self._failures.pop(name, None)
            self._meters.uploads.labels("done").inc()
        return True

    def _tidy(self) -> None:
        try:
            num_adopted = self._spool.adopt()
        except Exception as error:  # noqa: BLE001 - whatever it is, what is noted now must be uploaded
            self._meters.complain("what an earlier process left cannot be taken over: %s", error)
        else:
            if num_adopted:
                logger.info("%d segments of the log were left by an earlier process", num_adopted)
        limit_s = time.time() - self._retain_s
        for name in self._spool.sealed():
            if name.kind == "images" and name.opened_s < limit_s:
                self._spool.remove(name)
        try:
            self._delete_images(limit_s)
        except Exception as error:  # noqa: BLE001 - as above; many targets may be written to, but not listed
            self._meters.complain("old images cannot be deleted at the log's target: %s", error)

    def _delete_images(self, limit_s: float) -> None:
        for text in self._target.names("images"):
            name = SegmentName.of_object(text)
            if name is not None and name.opened_s < limit_s:
                self._target.delete(text)
                self._meters.deleted.inc()

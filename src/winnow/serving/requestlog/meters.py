"""What is told about the log: metrics, and lines of the process's own log, which a broken target must not fill."""

import time

from prometheus_client import CollectorRegistry, Counter

from winnow.logs import logger

_EVERY_S = 60.0
_MAX_REASON = 200


class Meters:
    """The metrics of one log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.noted = Counter("winnow_log_entries", "Entries that were written.", ["kind"], registry=registry)
        self.lost = Counter("winnow_log_lost", "Entries that were lost.", ["kind", "reason"], registry=registry)
        self.uploads = Counter("winnow_log_uploads", "Segments, by what came of them.", ["result"], registry=registry)
        self.deleted = Counter("winnow_log_deleted", "Segments of images that were too old.", registry=registry)
        self._said: dict[str, float] = {}

    def complain(self, text: str, error: object) -> None:
        """Log what went wrong, at most once a minute for each `text`. Addresses stay out: some hold secrets."""
        now = time.monotonic()
        if now - self._said.get(text, -_EVERY_S) >= _EVERY_S:
            self._said[text] = now
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            logger.warning(text, f"{type(error).__name__}: {first[:_MAX_REASON]}")

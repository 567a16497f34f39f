"""What a service may be told: its limits, its keys, how it ends. `winnow serve --help` says the same."""

import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from winnow.disclosure import Level

MEGABYTE = 1_000_000
Logged = Literal["nothing", "answers", "pictures"]


@dataclass(frozen=True)
class Limits:
    """How much one client, and all of them together, may ask for."""

    max_body_bytes: int = 20 * MEGABYTE
    """Of one request."""

    max_memory_bytes: int = 100 * MEGABYTE
    """Of all bodies that are being read or wait."""

    max_images: int = 32
    """In one request."""

    max_pixels: int = 25_000_000
    """Of one image: with all else it fits into 1 GiB."""

    timeout_s: float = 10.0
    """From the first byte of a request to its answer."""

    rate_per_s: float = 0.0
    """Requests of one client to /v1; 0: no limit."""

    burst: int = 20
    """So many may come at once before the rate holds."""


@dataclass(frozen=True)
class Batching:
    """How images are put together; 0 means: found out at the start."""

    num_workers: int = 0
    """Threads that decode and infer; 0: one a core that this process may use."""

    max_batch: int = 0
    wait_ms: float = 0.0
    max_queue: int = 256
    """Images that may wait; in an overload as many as are answered in `patience_ms`."""

    patience_ms: float = 0.0


@dataclass(frozen=True)
class Explaining:
    """Attribution: a queue of its own, one at a time, behind everything else."""

    max_queue: int = 4
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Access:
    """Who may ask. Keys come from the environment and are never printed."""

    api_keys: tuple[str, ...] = field(default=(), repr=False)
    admin_token: str = field(default="", repr=False)
    origins: tuple[str, ...] = ()
    """Pages elsewhere that a browser may let ask (CORS)."""

    def is_user(self, offered: str) -> bool:
        """Return whether a key is one of those that may ask; anything is where there are none."""
        return not self.api_keys or any([_is_same(offered, key) for key in self.api_keys])  # noqa: C419 - all, in the same time

    def is_admin(self, offered: str) -> bool:
        """Return whether a token is the administrator's; none is where there is none."""
        return bool(self.admin_token) and _is_same(offered, self.admin_token)


@dataclass(frozen=True)
class Collecting:
    """Where answers and feedback are logged, and how much of them."""

    target: str = field(repr=False)
    """A folder, or a URL of fsspec."""

    buffer: Path | None = None
    """Where segments wait; None: this user's folder among the system's temporary files."""

    max_buffer_bytes: int = 32 * MEGABYTE
    max_segment_bytes: int = 4 * MEGABYTE
    max_segment_s: float = 60.0
    """When a segment is uploaded although it is not full."""

    has_images: bool = False
    """Whether images themselves are kept."""

    retain_days: int = 30
    """When those are deleted, at the target too."""

    level: Level = "ids"
    """The project's `disclose`."""

    is_any_label_fine: bool = False
    """Whether feedback may name a class that the model does not know."""


@dataclass(frozen=True)
class Settings:
    """All of it."""

    limits: Limits = Limits()
    batching: Batching = Batching()
    explaining: Explaining = Explaining()
    access: Access = Access()
    collecting: Collecting | None = None
    """None: nothing is logged."""

    expected_model: str | None = None
    """NAME@VERSION: the service does not become ready with another one."""

    stage: str = ""
    """Where this runs, for `/v1/model`."""

    drain_s: float = 2.0
    """How long a service that shall end goes on taking requests, so that those who send them can leave."""

    @property
    def logged(self) -> Logged:
        """What is kept of each request: whoever sends a picture may know."""
        if self.collecting is None:
            return "nothing"
        return "pictures" if self.collecting.has_images else "answers"


def _is_same(offered: str, key: str) -> bool:
    return hmac.compare_digest(offered.encode("utf-8", "surrogatepass"), key.encode("utf-8", "surrogatepass"))

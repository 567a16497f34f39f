"""What shall be released, and what serves: the words that both kinds of cloud understand."""

import hashlib
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from deploy.cloud.names import check, check_number
from deploy.release.asking import Service

Stage = Literal["staging", "production"]
ALL = 100


@dataclass(frozen=True)
class Order:
    """One image with one model, and how much of it."""

    image: str
    """By its digest; empty for this machine, which takes the model's files themselves."""

    model: str
    """NAME@VERSION."""

    service: str = "winnow"
    min_instances: int = 1
    max_instances: int = 10
    """In production; staging has at most 2 and may sleep."""

    concurrency: int = 16
    canary_pct: int = 10
    attempt: int = 1
    """Another number is another revision: for a revision that the cloud could not start and keeps as failed."""

    def __post_init__(self) -> None:
        if self.image:
            check("image", self.image)
        check("model", self.model)
        check("name", self.service)
        check_number("instances at least", self.min_instances, 0, 100)
        check_number("instances at most", self.max_instances, max(1, self.min_instances), 1000)
        check_number("requests at once", self.concurrency, 1, 1000)
        check_number("per cent for the canary", self.canary_pct, 1, 50)
        check_number("attempt", self.attempt, 1, 99)

    def identity(self, *texts: str) -> str:
        """Return a name for this release made of these texts: the same again for the same, after a restart, too."""
        parts = [self.image, self.model, str(self.attempt), *texts]
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        version = re.sub(r"[^a-z0-9]+", "-", self.model.partition("@")[2].lower())
        return f"{version[:20].strip('-')}-{digest[:8]}"


@dataclass(frozen=True)
class Serving:
    """Who gets the traffic of one stage."""

    shares: Mapping[str, int]
    """Per cent by release or revision; those without any are left out. Empty: nothing serves."""

    fallback: str = ""
    """What served before the one that serves now, where the cloud remembers it."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    """Where to ask, by `all` and by tag, for clouds that give addresses."""

    def previous(self, ours: str) -> str:
        """Return what to go back to when `ours` fails: the largest of the others; empty when there is nothing."""
        others = {name: share for name, share in self.shares.items() if name != ours}
        if others:
            return max(others, key=lambda name: others[name])
        return self.fallback if self.fallback != ours else ""


class Target(Protocol):
    """One stage of one cloud. Every step may be done again, and leaves what serves to the cloud's own memory."""

    release: str
    """What `Serving.shares` calls the order."""

    def require(self) -> None:
        """Raise MissingError where the cloud's program is not installed."""

    def look(self) -> Serving:
        """Ask the cloud who serves."""

    def place(self, before: Serving) -> None:
        """Start the candidate; all traffic stays where it is, where anything served before."""

    def share(self, before: Serving) -> None:
        """Give the candidate the canary's share."""

    def promote(self, before: Serving) -> None:
        """Give the candidate everything."""

    def settle(self) -> None:
        """Remove what is not needed once all went well."""

    def put_back(self, before: Serving) -> None:
        """Give everything to what served before, or remove what this release made where nothing did."""

    def reach(self, who: Literal["candidate", "all"]) -> AbstractContextManager[Service]:
        """Open a way to ask the candidate alone, or whatever serves."""

    def requests_since(self, since: str) -> list[tuple[bool, float]] | None:
        """Return (is it an error, ms) of the candidate's real requests since a time; None where it is not known."""

"""What a check says, and what happens to it."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from winnow.errors import CheckError
from winnow.logs import logger

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""
MAX_EXAMPLES = 10
_LEVELS: dict[Severity, int] = {"warning": logging.WARNING, "info": logging.INFO}


@dataclass(frozen=True)
class Example:
    """One image that shows what a check means, or several that do so side by side."""

    ids: tuple[str, ...]
    note: str = ""
    """What to see in it; it may name a class, never a file or a group."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check found."""

    id: str
    severity: Severity
    message: str
    hint: str
    """What to do about it."""

    examples: list[Example] = field(default_factory=list)
    """Up to ten."""

    def as_dict(self) -> dict[str, Any]:
        """Return the form that `reports/data.json` holds."""
        return {**asdict(self), "examples": [{**asdict(each), "ids": list(each.ids)} for each in self.examples]}


def announce(findings: Iterable[Finding]) -> None:
    """Log what is no error, then raise CheckError with every error there is."""
    errors = []
    for finding in findings:
        if finding.severity == "error":
            errors.append(finding)
        else:
            logger.log(_LEVELS[finding.severity], "%s %s (%s)", finding.id, finding.message, finding.hint)
    if errors:
        message = "\n".join(f"{finding.id} {finding.message}" for finding in errors)
        raise CheckError(message, hint="; ".join(dict.fromkeys(finding.hint for finding in errors)))

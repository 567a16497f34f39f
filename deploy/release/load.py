"""Staging under load: `winnow load`, at a rate, with the limits of the canary and real pictures of its own."""

import json
import shutil
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.release.asking import Service
from deploy.release.commands import Commands, exported
from deploy.release.watch import Limits

_ROOT = Path(__file__).parents[2]
_WARM_UP_S = 3.0
_TOLD = ("num_asked", "num_answered", "num_refused", "num_errors", "latency")
_TOKEN = "WINNOW_LOAD_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Load:
    """How much is asked, and for how long."""

    rate_per_s: float
    duration_s: float
    limits: Limits
    commands: Commands

    def require(self) -> None:
        """Raise MissingError where winnow is not installed."""
        self.commands.require(program())

    def ask(self, service: Service) -> dict[str, Any]:
        """Ask a service, and return what `winnow load` saw. Raises CommandError when a limit is broken."""
        limits, folder = self.limits, self.commands.journal.folder / "load"
        words = [program(), "load", service.address, f"--rate={self.rate_per_s:g}", f"--duration-s={self.duration_s:g}"]
        words += [f"--warm-up-s={min(_WARM_UP_S, self.duration_s / 4):g}", f"--out={folder}"]
        words += [f"--max-p95-ms={limits.max_p95_ms:g}", f"--max-error-fraction={limits.max_error_fraction:g}"]
        words += [f"--max-refused-fraction={limits.max_error_fraction:g}"]
        # Not among the words of the command: those are shown, and kept in the journal.
        with exported(_TOKEN, service.token) if service.token else nullcontext():
            self.commands.do("staging under load", words)
        if self.commands.is_dry:
            return {}
        seen = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return {name: seen[name] for name in _TOLD}


def program() -> str:
    """Return winnow's command: the one on the path, else that of this checkout's environment."""
    own = _ROOT / ".venv" / ("Scripts" if sys.platform == "win32" else "bin") / "winnow"
    return shutil.which("winnow") or (str(own) if own.exists() else "winnow")

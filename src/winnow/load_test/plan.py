"""What a load test does: whom it asks, how often, for how long. The command writes it for the process that asks."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from winnow.errors import UsageError

_HINT = "winnow load --help"


@dataclass(frozen=True)
class Plan:
    """One run, either with `rate_per_s` (open loop) or with `num_users` (closed loop)."""

    url: str
    """Scheme and host, without a path."""

    path: str = "/v1/predict"
    rate_per_s: float = 0.0
    """Arrivals, whether the service keeps up or not: as people come, who know nothing of each other."""

    num_users: int = 0
    """Clients who each wait for an answer before they ask again: a slow service is asked less."""

    duration_s: float = 30.0
    """Without the warm-up."""

    warm_up_s: float = 3.0
    """Asked at first, and not counted."""

    timeout_s: float = 10.0
    max_open: int = 256
    """Open loop: requests that are under way at the same time. What comes then waits here, and its wait counts."""

    form_field: str = ""
    """Send forms with the picture in this field; empty: the body is the picture."""

    seed: int = 0

    @property
    def is_open(self) -> bool:
        """Whether arrivals come at their own pace."""
        return self.rate_per_s > 0

    @property
    def num_clients(self) -> int:
        """How many requests may be under way."""
        return self.max_open if self.is_open else self.num_users

    @property
    def end_s(self) -> float:
        """When the last request is sent, from the beginning of the warm-up."""
        return self.warm_up_s + self.duration_s


def require_sound(plan: Plan) -> Plan:
    """Return the plan. Raises UsageError for one that cannot be carried out."""
    if bool(plan.rate_per_s) == bool(plan.num_users):
        raise UsageError("expected either --rate or --users", hint="--rate 20: open loop; --users 8: closed loop")
    parts = urlsplit(plan.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.path or parts.query:
        raise UsageError(f"expected http://HOST:PORT or https://HOST, got {plan.url!r}", hint="a path goes to --path")
    if not plan.path.startswith("/"):
        raise UsageError(f"expected a --path that begins with /, got {plan.path!r}", hint=_HINT)
    least = {"rate_per_s": 0.0, "num_users": 0, "duration_s": 0.1, "warm_up_s": 0.0, "timeout_s": 0.01, "max_open": 1}
    for name, value in least.items():
        if not value <= getattr(plan, name) < float("inf"):
            raise UsageError(f"expected {name} of at least {value:g}, got {getattr(plan, name)}", hint=_HINT)
    return plan


def write_plan(path: Path, plan: Plan) -> None:
    """Write it for the process that asks."""
    path.write_text(json.dumps(asdict(plan)), encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Return what `write_plan` wrote."""
    return Plan(**json.loads(path.read_text(encoding="utf-8")))

"""How many cores this process may use: what the machine has, less what affinity and a container's quota take away."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")


def num_cores() -> int:
    """Return the cores that may be used at the same time, at least 1.

    A quota of 1.5 cores counts as 1: two busy threads would stand still for a quarter of every period.
    """
    quota = cpu_quota()
    cores = _affinity()
    return max(1, cores if quota is None else min(cores, int(quota)))


def _affinity() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def cpu_quota(root: Path = CGROUP, own: Path = OWN_GROUP) -> float | None:
    """Return the cores that the control groups of this process allow, the tightest of them; None: no limit."""
    found = []
    for controllers, path in _groups(own):
        if not controllers:
            found += [_quota_v2(folder) for folder in _upwards(root, path)]
        elif "cpu" in controllers:
            found += [_quota_v1(folder) for folder in _upwards(root / ",".join(controllers), path)]
            found += [_quota_v1(folder) for folder in _upwards(root / "cpu", path)]
    return min((quota for quota in found if quota is not None), default=None)


def _groups(own: Path) -> list[tuple[list[str], str]]:
    """Return controllers and path of each group; the one of version 2 names no controllers."""
    try:
        rows = [line.split(":", 2) for line in own.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    return [(row[1].split(",") if row[1] else [], row[2]) for row in rows if len(row) == 3]  # noqa: PLR2004


def _upwards(root: Path, path: str) -> list[Path]:
    """Return a group's folder and those above it. Within a container the group itself is mounted at the root."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return [root.joinpath(*parts[:end]) for end in range(len(parts), -1, -1)]


def _quota_v2(folder: Path) -> float | None:
    words = _words(folder / "cpu.max")
    return _cores(words[0], words[1]) if len(words) == 2 else None  # noqa: PLR2004 - quota and period


def _quota_v1(folder: Path) -> float | None:
    quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
    return _cores(quota[0], period[0]) if quota and period else None


def _cores(quota: str, period: str) -> float | None:
    """Return quota over period, both in microseconds; `max` and -1 are no limit."""
    if not (quota.isdecimal() and period.isdecimal() and int(period)):
        return None
    return int(quota) / int(period)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return []

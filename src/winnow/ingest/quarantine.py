"""`data/quarantine.csv`: what the last `add` refused, and why."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from winnow.files import replacing, write_text

COLUMNS = ("path", "check", "reason")

CHECKS = {
    "Q101": "not an image",
    "Q102": "an empty file",
    "Q103": "truncated or corrupt",
    "Q104": "too many pixels",
    "Q105": "animated, or several pages",
    "Q106": "a pixel mode that cannot be brought to 8 bits",
    "Q107": "metadata that cannot be removed without changing pixels",
    "Q201": "a symbolic link",
    "Q202": "a file that cannot be read",
    "Q203": "the same bytes under two labels",
    "Q204": "in no class folder",
    "Q205": "a file that is too large",
    "Q206": "an image that was erased on request",
    "Q207": "a class name that is too long for a folder",
}
"""Every reason to refuse a file. The ids are stable: people filter by them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file that was not taken."""

    path: str
    """As the source names it."""

    check: str
    reason: str


def write_quarantine(path: Path, refusals: Iterable[Refusal]) -> None:
    """Replace the file by the refusals of this run; what earlier runs wrote about other sources is gone."""
    _keep_out_of_git(path)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((refusal.path, refusal.check, refusal.reason) for refusal in refusals)


def _keep_out_of_git(path: Path) -> None:
    """Let the folder's own `.gitignore` name the file: paths may carry names of patients."""
    ignore, line = path.with_name(".gitignore"), f"/{path.name}"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    if line not in lines:
        write_text(ignore, "".join(f"{entry}\n" for entry in [*lines, line]))

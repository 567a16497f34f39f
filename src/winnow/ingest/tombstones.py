"""`data/erased.csv`: the ids of images that were erased on request, so that no source brings them back.

An id is a hash: it says nothing about the picture to anybody who does not have it.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from winnow.errors import InputError
from winnow.files import write_text

_HEADER = "id"
_ID = re.compile(r"[0-9a-f]{20}")


def read_erased(path: Path) -> set[str]:
    """Return the erased ids; none where there is no such file. Raises InputError for a malformed one."""
    if not path.exists():
        return set()
    # Windows line ends and a byte order mark are tolerated, as in labels.csv.
    header, *ids = path.read_text(encoding="utf-8-sig").splitlines() or [""]
    wrong = [line for line in ids if not _ID.fullmatch(line)]
    if header != _HEADER or wrong:
        raise InputError(
            f"{path}: expected the line `id` and then one id of 20 hex digits a line, got {[header, *wrong][-1]!r}",
            hint="mend the line, or take the file from Git: git checkout data/erased.csv",
        )
    return set(ids)


def add_erased(path: Path, ids: Iterable[str]) -> None:
    """Add ids to the file; the same ids give the same bytes, whatever the order they came in."""
    known = read_erased(path)
    if not known.issuperset(ids) or not path.exists():
        write_text(path, "".join(f"{line}\n" for line in [_HEADER, *sorted(known.union(ids))]))

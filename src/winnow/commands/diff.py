"""`winnow diff`: what changed in the data set since a revision, without a single part."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from winnow.changes.account import account
from winnow.changes.compare import Comparison, compare
from winnow.changes.markdown import to_markdown
from winnow.changes.record import DataDiff
from winnow.changes.text import to_text
from winnow.data.contents import read_contents
from winnow.data.parts import list_parts
from winnow.errors import ExitCode
from winnow.files import disk_errors, write_text
from winnow.project import Project
from winnow.reporting.diff_page import ChangedPicture, Pictures, render_diff

_MAX_PICTURES = 48
_UNLABELLED = "(unlabelled)"


@dataclass(frozen=True)
class DiffResult:
    """The record; differences are no failure."""

    record: DataDiff
    as_markdown: bool = False
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        blocks = account(self.record)
        return to_markdown(blocks).splitlines() if self.as_markdown else to_text(blocks)

    def records(self) -> dict[str, Any]:
        """Return the record for `--json`."""
        return self.record.as_dict()


def diff(project: Project, revision: str, *, from_merge_base: bool = False, as_markdown: bool = False) -> DiffResult:
    """Compare the working tree with a revision; errors as `changes.compare`."""
    return DiffResult(compare(project, revision, from_merge_base=from_merge_base).record, as_markdown)


def diff_page(project: Project, revision: str, *, from_merge_base: bool = False) -> Path:
    """Write a page with the pictures that lie on this disk, and return its path.

    It is ignored by Git: pictures stay on this disk, whatever `disclose` says. Errors as `diff`.
    """
    comparison = compare(project, revision, from_merge_base=from_merge_base)
    title = f"Data against {comparison.record.revision}"
    page = render_diff(title, account(comparison.record), _pictures(project, comparison))
    with disk_errors(project.diff_page):
        write_text(project.diff_page, page)
    return project.diff_page


def _pictures(project: Project, comparison: Comparison) -> list[Pictures]:
    """Return the images that came, went and were relabelled, a few of each."""
    pairing = comparison.pairing
    is_other = pairing.changed("label")
    fates = (
        ("Added", pairing.added, None),
        ("Removed", pairing.removed, None),
        ("Relabelled", pairing.kept_after.filter(is_other), pairing.kept_before.filter(is_other)),
    )
    shown = pa.concat_tables(rows.slice(0, _MAX_PICTURES) for _, rows, _ in fates)
    contents = read_contents(list_parts(project.images), shown["id"].to_pylist())
    return [
        Pictures(title, rows.num_rows, _to_pictures(rows, former, contents))
        for title, rows, former in fates
        if len(rows)
    ]


def _to_pictures(rows: pa.Table, former: pa.Table | None, contents: dict[str, bytes]) -> list[ChangedPicture]:
    """Return what to show of the first rows; `former` are the same images as they were."""
    ids, names, labels = (rows[column][:_MAX_PICTURES].to_pylist() for column in ("id", "name", "label"))
    changes = [label or _UNLABELLED for label in labels]
    if former is not None:
        old = former["label"][:_MAX_PICTURES].to_pylist()
        changes = [f"{before or _UNLABELLED} \u2192 {after}" for before, after in zip(old, changes, strict=True)]
    return [
        ChangedPicture(image, name, change, contents.get(image))
        for image, name, change in zip(ids, names, changes, strict=True)
    ]

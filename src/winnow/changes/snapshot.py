"""A data set at one revision: its labels, how they are dealt to splits, and the small files beside them.

Nothing here needs a part. The working tree and a commit are read by the same function, through two ways to read a file.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from winnow.changes.record import UNLABELLED
from winnow.changes.reports import current_report
from winnow.config import parse_section
from winnow.data.config import DataConfig
from winnow.data.labels import COLUMNS, Labels, parse_labels, read_labels
from winnow.data.splits import deal
from winnow.errors import InputError
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.dvc import Recorded, load_yaml, md5_bytes, parse_recorded
from winnow.repository.git import read_at
from winnow.repository.revisions import read_tracked, read_tracked_at

Read = Callable[[Path], bytes | None]

DEALT = "dealt"
"""The column of `Snapshot.rows` beside those of `labels.csv`."""


@dataclass(frozen=True)
class Snapshot:
    """A data set as it is, or as it was."""

    name: str
    labels: Labels
    data: DataConfig | None
    """None where there is no data set: it has no labels then."""
    recorded: Recorded | None
    report: dict[str, Any] | NotAvailable
    """`reports/data.json`, when it is of this very data set."""

    @cached_property
    def rows(self) -> pa.Table:
        """`id, label, name, group, split` and the split each image is dealt to (`UNLABELLED` without a label)."""
        table = self.labels.table.select(COLUMNS)
        splits = pa.array([], pa.string()) if self.data is None else deal(self.labels, self.data)
        return table.append_column(DEALT, pc.if_else(pc.equal(table["label"], ""), UNLABELLED, splits))


def working_tree(project: Project) -> Snapshot:
    """Return the data set as it is. Raises InputError where there is none, and as the files' readers do."""
    read = partial(read_tracked, project)
    if read(project.labels) is None:
        read_labels(project.labels)  # raises, and says which command writes the file
    return _snapshot(project, "the working tree", read, read)


def at_commit(project: Project, name: str, commit: str) -> Snapshot:
    """Return the data set as it was in `commit`; an empty one where there was none yet."""
    return _snapshot(project, name, partial(read_at, project, commit), partial(read_tracked_at, project, commit))


def _snapshot(project: Project, name: str, read: Read, read_either: Read) -> Snapshot:
    """Read what Git tracks with `read`, the labels with `read_either`."""
    labels, images = read_either(project.labels), read(project.images_dvc)
    source = Path(f"{name}: {project.images_dvc.name}")
    recorded = parse_recorded(images.decode("utf-8", "replace"), source) if images else None
    if labels is None:
        return Snapshot(name, Labels.empty(), None, recorded, NotAvailable(not_available=f"{name} has no labels"))
    params = _params(read(project.params), f"{name}: {project.params.name}")
    hashes = {
        project.labels.relative_to(project.root).as_posix(): md5_bytes(labels),
        project.images.relative_to(project.root).as_posix(): recorded.md5 if recorded else "",
    }
    report = current_report(read(project.dvc_lock), read(project.data_report), params, hashes, name)
    return Snapshot(
        name, parse_labels(io.BytesIO(labels), f"{name}: labels.csv"), _data_config(params, name), recorded, report
    )


def _params(content: bytes | None, source: str) -> dict[str, Any]:
    if content is None:
        raise InputError(f"expected {source}, found none", hint="compare with a commit that has it")
    return load_yaml(content, source)


def _data_config(params: dict[str, Any], name: str) -> DataConfig:
    """Return `data:` as far as it deals splits: another version of winnow may have had more keys."""
    section = params.get("data")
    known = {key: section[key] for key in DataConfig.model_fields if key in section} if section else section
    return parse_section(known, "data", DataConfig, f"{name}: params.yaml")

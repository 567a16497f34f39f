"""Which source a command line argument names."""

import os
from pathlib import Path

from winnow.config import nearest
from winnow.data.config import DataConfig
from winnow.errors import InputError, UsageError
from winnow.ingest.names import typed_label
from winnow.ingest.source_arrays import DigitsSource, IdxSource
from winnow.ingest.source_folder import FolderSource
from winnow.ingest.source_item import Source
from winnow.ingest.source_table import TableSource
from winnow.project import Project

KNOWN = "a folder per class, a .csv file, sklearn:digits, or idx:DIR"


def open_source(project: Project, text: str, *, label: str | None, data: DataConfig) -> Source:
    """Return the source that `text` names; nothing of it has been taken yet.

    `label` is the class of files that lie directly in a folder; `data` deals the idx files' training rows.
    Raises InputError when it is not there, is empty or malformed, UsageError when it is no source.
    """
    kind, _, rest = text.partition(":")
    path = Path(text).absolute()
    # os.path says no where Path.is_dir raises: no permission, a name that is too long.
    is_folder = os.path.isdir(path)  # noqa: PTH112
    if label is not None and not is_folder:
        raise UsageError(f"--label goes with a folder, got {text}", hint="a CSV has a column `label`")
    if label is not None and not label.strip():
        raise UsageError("expected a name after --label, got an empty one", hint="--label cat")
    if kind == "sklearn":
        if rest != "digits":
            raise UsageError(f"unknown data set sklearn:{rest}", hint=nearest(rest, ["digits"]))
        return DigitsSource()
    if kind == "idx":
        return IdxSource(Path(rest).expanduser().absolute(), data)
    if is_folder:
        if project.images.resolve().is_relative_to(path.resolve()):
            raise UsageError(f"{text} contains the project's own data", hint="name the folder that holds your images")
        return FolderSource(path, label=label if label is None else typed_label(label))
    if not os.path.exists(path):  # noqa: PTH110 - as above
        raise InputError(f"expected {KNOWN}, found no {text}", hint=_hint_for_absent(path, text))
    # A pipe would be waited for, and a table is read twice.
    if path.suffix.lower() == ".csv" and path.is_file():
        return TableSource(path)
    raise UsageError(f"expected {KNOWN}, got the file {text}", hint="put it into a folder with its class's name")


def _hint_for_absent(path: Path, text: str) -> str:
    if os.path.isfile(f"{path}.dvc"):  # noqa: PTH113 - as above
        return f"winnow add {text} --migrate pulls it first"
    return "check the spelling and the folder you are in"

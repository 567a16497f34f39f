"""Which source a command line argument names."""

from pathlib import Path

from winnow.config import nearest
from winnow.data.config import DataConfig
from winnow.errors import InputError, UsageError
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
    if label is not None and not path.is_dir():
        raise UsageError(f"--label goes with a folder, got {text}", hint="a CSV has a column `label`")
    if label is not None and not label.strip():
        raise UsageError("expected a name after --label, got an empty one", hint="--label cat")
    if kind == "sklearn":
        if rest != "digits":
            raise UsageError(f"unknown data set sklearn:{rest}", hint=nearest(rest, ["digits"]))
        return DigitsSource()
    if kind == "idx":
        return IdxSource(Path(rest).expanduser().absolute(), data)
    if path.is_dir():
        if project.images.resolve().is_relative_to(path.resolve()):
            raise UsageError(f"{text} contains the project's own data", hint="name the folder that holds your images")
        return FolderSource(path, label=label)
    if not path.exists():
        raise InputError(f"expected {KNOWN}, found no {text}", hint=_hint_for_absent(path, text))
    if path.suffix.lower() == ".csv":
        return TableSource(path)
    raise UsageError(f"expected {KNOWN}, got the file {text}", hint="put it into a folder with its class's name")


def _hint_for_absent(path: Path, text: str) -> str:
    if path.with_name(f"{path.name}.dvc").is_file():
        return f"winnow add {text} --migrate pulls it first"
    return "check the spelling and the folder you are in"

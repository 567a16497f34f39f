"""Prediction files from anywhere: on this disk, or bytes that Git or DVC had, of any program that writes the format."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from winnow.errors import InputError, WinnowError
from winnow.evaluation.predictions import Predictions, read_predictions

SUFFIXES = (".parquet", ".csv")

_POINTER = b"version https://git-lfs.github.com/spec/"
_HINT = "expected Parquet, or CSV with a header: id, label, and prob_<class> columns"


def load_predictions(path: Path) -> Predictions:
    """Return the predictions in a file on this disk. Raises InputError for whatever is wrong with it."""
    with _plain_errors(path, str(path)):
        with path.open("rb") as stream:
            _refuse_pointer(stream.read(len(_POINTER)), str(path))
        return read_predictions(path)


def parse_predictions(content: bytes, name: str, suffix: str) -> Predictions:
    """Return the predictions in the bytes of a file, which messages call `name`.

    `suffix` is the file's. Raises InputError for whatever is wrong with it.
    """
    _refuse_pointer(content, name)
    # The reader wants a path; nobody else may read the folder.
    with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
        path = Path(folder, f"predictions{suffix}")
        path.write_bytes(content)
        with _plain_errors(path, name):
            return read_predictions(path)


def _refuse_pointer(content: bytes, name: str) -> None:
    if content.startswith(_POINTER):
        raise InputError(f"{name} is a Git LFS pointer, no predictions", hint="let DVC track it, or Git itself")


@contextmanager
def _plain_errors(path: Path, name: str) -> Iterator[None]:
    """Turn all that a foreign file can cause into an InputError that calls it `name`."""
    try:
        yield
    except WinnowError as error:
        raise type(error)(error.message.replace(str(path), name), hint=error.hint) from None
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].replace(str(path), name)
        raise InputError(f"{name} cannot be read: {reason}", hint=_HINT) from None

"""A folder per class. Folders named after splits, with class folders inside, pin the split."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from winnow.errors import InputError, UsageError
from winnow.ingest.names import LITTER, clean, label_of_folder
from winnow.ingest.source_item import SourceItem

SPLIT_FOLDERS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}

_File = tuple[str, str, str | None, str]
"""Path, name, label and pinned split."""


class FolderSource:
    """The files below a folder, class by class. Symbolic links are offered, never followed."""

    further: tuple[str, ...] = ()
    num_repeated_rows = 0

    def __init__(self, root: Path, *, label: str | None = None) -> None:
        self._root = root
        self._label = label
        try:
            entries = _entries(str(root))
        except OSError as error:
            raise InputError(f"{root} cannot be read: {error.strerror}", hint="check its owner and mode") from None
        self._class_folders = [entry.name for entry in entries if _is_folder(entry)]
        self._is_pinned = bool(self._class_folders) and all(
            name in SPLIT_FOLDERS and _holds_folders(str(root / name)) for name in self._class_folders
        )
        loose = [entry.name for entry in entries if not _is_folder(entry)]
        if label is None and loose and not self._class_folders:
            raise UsageError(
                f"expected a folder per class in {root}, got files: {clean(loose[0])}"
                + (f" and {len(loose) - 1} more" if len(loose) > 1 else ""),
                hint="name their class with --label NAME, or move them into a folder with that name",
            )
        if next(self._files(), None) is None:
            raise InputError(f"expected images in {root}, got an empty folder", hint="put a folder per class in it")

    def count(self) -> int:
        """Return how many files there are."""
        return sum(1 for _ in self._files())

    def items(self) -> Iterator[SourceItem]:
        """Yield the files, folder by folder, sorted by name."""
        return itertools.starmap(_item, self._files())

    def _files(self) -> Iterator[_File]:
        root = str(self._root)
        for entry in _entries(root):
            if not _is_folder(entry):
                yield entry.path, entry.name, self._label, ""
            elif self._is_pinned:
                yield from _pinned(entry)
            else:
                yield from _walk(entry.path, entry.name, label_of_folder(entry.name))


def _pinned(folder: os.DirEntry[str]) -> Iterator[_File]:
    split = SPLIT_FOLDERS[folder.name]
    for entry in _entries(folder.path):
        name = f"{folder.name}/{entry.name}"
        if _is_folder(entry):
            yield from _walk(entry.path, name, label_of_folder(entry.name), split)
        else:
            yield entry.path, name, None, split


def _walk(folder: str, name: str, label: str, split: str = "") -> Iterator[_File]:
    # A stack, not a recursion: folders may be nested deeper than Python calls.
    waiting = [(folder, name, True)]
    while waiting:
        path, inner, is_folder = waiting.pop()
        if not is_folder:
            yield path, inner, label, split
            continue
        try:
            entries = _entries(path)
        except OSError:
            # Offered as if it were a file: whoever opens it says why it cannot be read.
            yield path, inner, label, split
            continue
        waiting += [(entry.path, f"{inner}/{entry.name}", _is_folder(entry)) for entry in reversed(entries)]


def _item(path: str, name: str, label: str | None, split: str) -> SourceItem:
    try:
        num_bytes = os.lstat(path).st_size
    except OSError:
        num_bytes = 0
    return SourceItem(name=clean(name), label=label, path=path, num_bytes=num_bytes, split=split)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if not entry.name.startswith(".") and entry.name.lower() not in LITTER]
    return sorted(kept, key=lambda entry: entry.name)


def _holds_folders(folder: str) -> bool:
    try:
        return any(map(_is_folder, _entries(folder)))
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    # A junction is Windows' link to a folder: like other links, offered and not followed.
    is_junction = getattr(entry, "is_junction", None)
    return entry.is_dir(follow_symlinks=False) and not (is_junction and is_junction())

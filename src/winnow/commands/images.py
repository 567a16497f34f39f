"""`winnow images`: list the images, take them out into class folders, or look at them in a local gallery."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from winnow.config import nearest
from winnow.data.contents import read_rows
from winnow.data.labels import SPLITS, Labels, class_names, read_labels
from winnow.data.parts import list_parts
from winnow.errors import ExitCode, InputError, UsageError
from winnow.files import disk_errors, write_text
from winnow.ingest.names import clean, file_name, folders_of_labels
from winnow.logs import progress
from winnow.project import Project
from winnow.reporting.gallery import Picture, render
from winnow.transforms.decode import FORMATS

_PULL = "dvc pull data/images.dvc, or `winnow add` with the source they came from"

# File systems allow 255; the rest is for the extension.
_MAX_NAME_BYTES = 240

EXTENSIONS = {"JPEG": ".jpg", "MPO": ".jpg", "JPEG2000": ".jp2", "TIFF": ".tif"}
"""Where an extension is not simply the lower-case format."""

_OWN_EXTENSIONS = frozenset(EXTENSIONS.get(name, f".{name.lower()}") for name in FORMATS)
_KNOWN_EXTENSIONS = _OWN_EXTENSIONS | {".jpeg", ".tiff"}


@dataclass(frozen=True)
class ImageList:
    """Rows of `labels.csv`."""

    labels: Labels
    exit_code = ExitCode.OK

    def lines(self) -> Iterator[str]:
        """Yield a header and a line per image, tab separated."""
        yield "\t".join(self.labels.table.column_names)
        # Further columns are kept as they came, with whatever would write to the terminal.
        yield from ("\t".join(map(clean, row)) for row in self.labels.rows())

    def records(self) -> list[dict[str, str]]:
        """Return the rows for `--json`."""
        rows: list[dict[str, str]] = self.labels.table.to_pylist()
        return rows


@dataclass
class ExportResult:
    """What `export` wrote."""

    folder: Path
    num_written: int = 0
    num_unchanged: int = 0
    """Files that were there already, with the same bytes."""
    differing: list[Path] = field(default_factory=list)
    """Files that were there already, with other bytes: left as they are."""

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when a file was in the way."""
        return ExitCode.FAILED if self.differing else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        lines = [f"{self.num_written} images written to {self.folder}, {self.num_unchanged} were there"]
        lines += [f"left as it is, because it differs: {path}" for path in self.differing]
        return lines


def list_images(project: Project, *, label: str | None = None, split: str | None = None) -> ImageList:
    """Return the images with this label and this pinned split (None: any).

    Raises UsageError for a label or a split that does not exist.
    """
    labels = read_labels(project.labels)
    if label and label not in (known := class_names(labels)):
        raise UsageError(f"no image is labelled {label!r}", hint=nearest(label, known))
    if split is not None and split not in SPLITS:
        raise UsageError(f"unknown split {split!r}", hint=nearest(split, SPLITS[1:]))
    return ImageList(labels.selected(label=label, split=split))


def export(project: Project, folder: Path) -> ExportResult:
    """Unpack all images into a folder per class; a file that is there and differs is never overwritten.

    A file has the last part of the image's name when that is unique in its class, else its id. Labels and names are
    percent-escaped where they would not be one safe name: no image lands outside its class's folder. Raises InputError
    when parts are not on this machine.
    """
    labels = read_labels(project.labels)
    folders = folders_of_labels([*class_names(labels), ""])
    targets = {image: (folders[label], file_name(_last(name))) for image, label, name, *_ in labels.rows()}
    shared = Counter((folder, name) for folder, stem in targets.values() for name in _possible_names(stem))
    result = ExportResult(folder)
    with progress("export", len(targets), "images") as advance:
        for row in _rows(project, labels):
            class_folder, stem = targets[row["id"]]
            name = _with_extension(stem, row["format"])
            is_usable = 0 < len(stem.encode()) <= _MAX_NAME_BYTES and shared[class_folder, name.casefold()] == 1
            name = name if is_usable else _with_extension(row["id"], row["format"])
            _write(folder / class_folder / name, row["bytes"], result)
            advance(1)
    return result


def gallery(project: Project, *, label: str | None = None, split: str | None = None, per_class: int = 24) -> Path:
    """Write a page with up to `per_class` pictures of each class and pinned split, and return its path.

    The page holds its pictures itself. It is ignored by Git: pictures stay on this disk, whatever `disclose` says.
    Raises as `list_images` and `export`.
    """
    listed = list_images(project, label=label, split=split).labels
    totals: Counter[tuple[str, str]] = Counter()
    chosen: dict[str, tuple[str, str, str]] = {}
    for image, image_label, name, _, image_split, *_ in listed.rows():
        totals[image_label, image_split] += 1
        if totals[image_label, image_split] <= per_class:
            chosen[image] = image_label, image_split, name
    pictures = (
        Picture(id=row["id"], content=row["bytes"], group=chosen[row["id"]][:2], name=chosen[row["id"]][2])
        for row in _rows(project, listed.only(chosen))
    )
    with disk_errors(project.gallery):
        write_text(project.gallery, render(pictures, totals))
    return project.gallery


def _rows(project: Project, labels: Labels) -> Iterator[dict[str, Any]]:
    """Yield id, format and bytes of these images. Raises InputError when parts of them are not here."""
    wanted = labels.table["id"].combine_chunks()
    num_found = 0
    for row in read_rows(list_parts(project.images), wanted, ["format", "bytes"]):
        num_found += 1
        yield row
    if num_found < len(wanted):
        missing = len(wanted) - num_found
        raise InputError(f"expected the bytes of {len(wanted)} images, {missing} are in no part here", hint=_PULL)


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _has_extension(stem: str) -> bool:
    return Path(stem).suffix.lower() in _KNOWN_EXTENSIONS


def _with_extension(stem: str, image_format: str) -> str:
    return stem if _has_extension(stem) else stem + EXTENSIONS.get(image_format, f".{image_format.lower()}")


def _possible_names(stem: str) -> list[str]:
    """Return what a file may be called once its format is known, for file systems that do not tell case."""
    names = [stem] if _has_extension(stem) else [stem + extension for extension in _OWN_EXTENSIONS]
    return [name.casefold() for name in names]


def _write(path: Path, content: bytes, result: ExportResult) -> None:
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() or path.is_symlink():
            if path.is_file() and path.read_bytes() == content:
                result.num_unchanged += 1
            else:
                result.differing.append(path)
            return
        # No fsync: this is a copy, and 26,000 of them would take minutes. A killed export leaves no half file.
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(content)
        temporary.replace(path)
        result.num_written += 1

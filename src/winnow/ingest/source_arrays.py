"""Images that come as arrays: scikit-learn's digits and the idx files of the MNIST family, encoded as PNG here."""

import contextlib
import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from winnow.data.config import DataConfig
from winnow.data.parts import image_id
from winnow.data.splits import split_of
from winnow.errors import InputError, MachineError
from winnow.ingest.names import clean
from winnow.ingest.png import encode_gray
from winnow.ingest.source_item import SourceItem

_IMAGES = re.compile(r"(train|t10k|test)-images[-.]idx3-ubyte(\.gz)?")
_UNSIGNED_BYTE = 0x08
_BLOCK_BYTES = 1 << 20

# Headers may lie. A hundred million labels fit a laptop, and no idx file has larger images than a scan.
_MAX_IMAGES = 100_000_000
_MAX_SIDE = 65_535
_MAX_PIXELS = 1 << 28


class DigitsSource:
    """scikit-learn's 1,797 handwritten digits: 8 x 8 gray, values 0-16 stretched to 0-255. Needs no download."""

    further: tuple[str, ...] = ()
    num_repeated_rows = 0

    def __init__(self) -> None:
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise MachineError("scikit-learn is not installed", hint="pip install winnow[pipeline]") from error
        digits = load_digits()
        self._pixels = ((digits.images * 255 + 8) // 16).astype("uint8")
        self._targets = digits.target

    def count(self) -> int:
        """Return 1797."""
        return len(self._targets)

    def items(self) -> Iterator[SourceItem]:
        """Yield the digits in scikit-learn's order."""
        for number, (pixels, target) in enumerate(zip(self._pixels, self._targets, strict=True)):
            content = encode_gray(pixels.tobytes(), width=8, height=8)
            yield SourceItem(name=f"digits-{number:04}.png", label=str(target), content=content, num_bytes=len(content))


@dataclass(frozen=True)
class _IdxFiles:
    """One official split: where its images are, how many and how large, and its labels, one byte each."""

    role: str
    path: Path
    shape: tuple[int, int, int]
    targets: bytes


class IdxSource:
    """A folder of idx files (MNIST, Fashion-MNIST …), gzipped or not; an optional `labels.txt` names the classes.

    The official test split stays the test split: its rows are pinned to `test`. The other rows must never be dealt to
    test, so they are pinned too, to `train` or `val` by the hash that deals all images (`data.splits`) with a test
    fraction of 0. Pins are written once: changing `data.seed` or `data.val_fraction` later does not move them.
    """

    further: tuple[str, ...] = ()
    num_repeated_rows = 0

    def __init__(self, folder: Path, data: DataConfig) -> None:
        self._data = data.model_copy(update={"test_fraction": 0.0})
        self._files = [_open_files(path, role) for role, path in _find_images(folder).items()]
        self._names = _read_names(folder / "labels.txt", max(max(files.targets, default=0) for files in self._files))

    def count(self) -> int:
        """Return the images of all files."""
        return sum(len(files.targets) for files in self._files)

    def items(self) -> Iterator[SourceItem]:
        """Yield the official training images, then the test images, in the order of the files."""
        for files in self._files:
            _, height, width = files.shape
            with _reading(files.path) as stream:
                _read_exactly(stream, 16, files.path)
                for number, target in enumerate(files.targets):
                    pixels = _read_exactly(stream, height * width, files.path)
                    content = encode_gray(pixels, width=width, height=height)
                    yield SourceItem(
                        name=f"{files.role}-{number:05}.png",
                        label=self._names[target] if self._names else str(target),
                        content=content,
                        num_bytes=len(content),
                        split=self._split(files.role, content),
                    )
                _require_end(stream, files.path)

    def _split(self, role: str, content: bytes) -> str:
        return split_of(image_id(content), self._data) if role == "train" else "test"


def _find_images(folder: Path) -> dict[str, Path]:
    """Return the image file of each official split: training first."""
    if not folder.is_dir():
        raise InputError(f"expected a folder of idx files, found no {folder}", hint="idx:DIR names the folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _IMAGES.fullmatch(path.name)
        if not match or not path.is_file():
            continue
        role = match[1]
        if role in found:
            raise InputError(
                f"expected one file of {role} images, got {found[role].name} and {path.name}", hint="keep one"
            )
        found[role] = path
    if not found:
        raise InputError(
            f"expected train-images-idx3-ubyte[.gz] and the like in {folder}, found none",
            hint="idx:DIR reads the files of the MNIST family",
        )
    return dict(sorted(found.items(), key=lambda item: item[0] != "train"))


def _open_files(path: Path, role: str) -> _IdxFiles:
    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    candidates = [labels, labels.with_name(f"{labels.name}.gz"), labels.with_name(labels.name.removesuffix(".gz"))]
    existing = [candidate for candidate in candidates if candidate.is_file()]
    if not existing:
        raise InputError(f"expected {labels} beside {path.name}, found nothing", hint="copy the labels there")
    shape = _read_shape(path, 3)
    if (
        shape[0] > _MAX_IMAGES
        or not all(0 < side <= _MAX_SIDE for side in shape[1:])
        or shape[1] * shape[2] > _MAX_PIXELS
    ):
        raise InputError(
            f"{path}: expected images of at most {_MAX_PIXELS} pixels, got {shape[0]} of {shape[1]} x {shape[2]}",
            hint="get the file again",
        )
    (num_labels,) = _read_shape(existing[0], 1)
    if num_labels != shape[0]:
        raise InputError(
            f"{existing[0]}: expected {shape[0]} labels, one an image, got {num_labels}", hint="get the files again"
        )
    with _reading(existing[0]) as stream:
        _read_exactly(stream, 8, existing[0])
        targets = _read_exactly(stream, num_labels, existing[0])
        _require_end(stream, existing[0])
    return _IdxFiles(role, path, (shape[0], shape[1], shape[2]), targets)


def _read_shape(path: Path, num_axes: int) -> tuple[int, ...]:
    """Read an idx header: two zeros, the type, the number of axes, then each axis as a big-endian uint32."""
    with _reading(path) as stream:
        zeros, kind, axes = struct.unpack(">HBB", _read_exactly(stream, 4, path))
        if zeros or kind != _UNSIGNED_BYTE or axes != num_axes:
            raise InputError(
                f"{path}: expected an idx file of bytes with {num_axes} axes, got type {kind:#x} with {axes} axes",
                hint="get the file again",
            )
        return struct.unpack(f">{axes}I", _read_exactly(stream, 4 * axes, path))


def _read_names(path: Path, largest: int) -> list[str]:
    if not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no text in UTF-8: {error}", hint="one class name a line") from None
    names = [clean(line.strip()) for line in text.splitlines() if line.strip()]
    if largest >= len(names) or len(set(names)) != len(names):
        raise InputError(
            f"{path}: expected {largest + 1} different names, one a line, got {len(names)}",
            hint="the first line names class 0",
        )
    return names


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    try:
        with contextlib.closing(gzip.open(path) if path.suffix == ".gz" else path.open("rb")) as stream:
            yield cast("IO[bytes]", stream)
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(
            f"{path} cannot be read, is truncated or corrupt: {error}", hint="get the file again"
        ) from None


def _require_end(stream: IO[bytes], path: Path) -> None:
    """Read to the end: a gzip file's checksum comes last."""
    if stream.read(1):
        raise InputError(f"{path} holds more than its header says", hint="get the file again")


def _read_exactly(stream: IO[bytes], size: int, path: Path) -> bytes:
    """Read block by block: what a header promises is allocated only as far as the file holds it."""
    blocks: list[bytes] = []
    missing = size
    while missing and (block := stream.read(min(missing, _BLOCK_BYTES))):
        blocks.append(block)
        missing -= len(block)
    if missing:
        raise InputError(
            f"{path} is truncated: expected {size} more bytes, got {size - missing}", hint="get the file again"
        )
    return b"".join(blocks)

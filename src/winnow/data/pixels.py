"""The pixels of one part under one spec: an Arrow file that is made once, checked, memory-mapped and reused.

A file is a pure function of the part, the spec and the code that makes pixels, and its name carries all three: so a
file that is there is never stale, and adding ten images prepares ten.
"""

import hashlib
import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from winnow.data.parts import part_name, read_part
from winnow.errors import InputError
from winnow.files import replacing
from winnow.provenance import module_hash
from winnow.schema import stamp
from winnow.transforms.appearance import border_sums, sharpness
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.perceptual_hash import hash_pixels
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

VIEWS = (0.0, 0.035)
"""A picture is hashed twice: as it is, and with this share of its size cut from each side."""

_BATCH_BYTES = 4 << 20
_CHECKSUM = b"crc32"
_MAKERS = tuple(f"winnow.transforms.{name}" for name in ("decode", "preprocess", "perceptual_hash", "appearance"))


def variant(spec: PreprocessSpec) -> str:
    """Return 8 hex digits for everything but the part that decides pixels: the spec, our code, Pillow's version."""
    text = f"{spec.model_dump_json()}\0{PIL.__version__}\0{VIEWS}\0{module_hash(*_MAKERS)}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def column_types(spec: PreprocessSpec) -> dict[str, tuple[type[np.generic], int]]:
    """Return what a file tells of each image besides its pixels: by name, the type and how many values."""
    return {
        "sum": (np.uint64, spec.channels),
        "sum_of_squares": (np.uint64, spec.channels),
        "hashes": (np.uint64, len(VIEWS)),
        "sharpness": (np.float32, 1),
        "border_sum": (np.uint32, spec.channels),
    }


def pixels_name(part: str, suffix: str) -> str:
    """Return the file name of the pixels of `part` (its name without extension); `suffix` is the `variant`."""
    return f"{part}-{suffix}.arrow"


def row_bytes(spec: PreprocessSpec) -> int:
    """Return what one image takes in a file: pixels, and the columns beside them."""
    return spec.sample_bytes + sum(np.dtype(kind).itemsize * count for kind, count in column_types(spec).values())


def write_pixels(part: Path, spec: PreprocessSpec, path: Path) -> int:
    """Decode every image of `part` and replace `path` by their pixels. Returns the number of images decoded.

    Columns: `pixels` (size * size * channels bytes); per channel the exact `sum` and `sum_of_squares`, so that means
    over any split need no pixels; `hashes`, one a view, to find near duplicates; `sharpness` and per channel the
    `border_sum`, for checks. Each record batch carries its checksum. No more than a batch (4 MB of pixels) is in
    memory.
    """
    num_decoded = 0
    schema = _schema(part_name(part), spec)
    with replacing(path) as temporary, pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for block in _blocks(part, spec):
            batch = _to_batch(block, schema)
            writer.write_batch(batch, custom_metadata={_CHECKSUM: str(_checksum(batch))})
            num_decoded += len(block)
    return num_decoded


def is_intact(path: Path, part: str, spec: PreprocessSpec, num_rows: int) -> bool:
    """Return whether `path` holds the pixels of all rows of `part`, every checksum right.

    A file cut short by a power cut or spoilt by the disk is not; `write_pixels` then makes it anew.
    """
    if not path.is_file():
        return False
    try:
        # Read, not mapped: checking a large data set must not count as memory in use.
        with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source) as reader:
            if reader.schema != _schema(part, spec) or reader.schema.metadata != _schema(part, spec).metadata:
                return False
            batches = (reader.get_batch_with_custom_metadata(i) for i in range(reader.num_record_batches))
            rows = [batch.num_rows for batch, extra in batches if extra[_CHECKSUM] == str(_checksum(batch)).encode()]
            return bool(len(rows) == reader.num_record_batches and sum(rows) == num_rows)
    except (pa.ArrowInvalid, OSError, KeyError, TypeError):
        return False


class Pixels:
    """The pixels of one part, memory-mapped: only what is gathered is read."""

    def __init__(self, path: Path, spec: PreprocessSpec) -> None:
        self._spec = spec
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            mapped = pa.py_buffer(self._map)
            self._reader = pa.ipc.open_file(pa.BufferReader(mapped))
        except (FileNotFoundError, ValueError) as error:
            raise InputError(f"{path} cannot be read: {error}", hint="run `dvc repro prepare`") from None
        batches = [self._reader.get_batch(i) for i in range(self._reader.num_record_batches)]
        # Every batch but the last holds as many rows as the first.
        self._batch_rows = batches[0].num_rows
        self._starts = np.array([_data(batch["pixels"]).address - mapped.address for batch in batches], dtype=np.int64)
        # Row i of this view is the sample that begins at byte i: picking rows copies samples, wherever they lie.
        file_bytes = np.frombuffer(mapped, dtype=np.uint8)
        self._windows = np.lib.stride_tricks.sliding_window_view(file_bytes, spec.sample_bytes)

    def gather(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Return the samples at `rows` of the part, uint8 [B, size, size, channels], in the order asked."""
        batch, row = np.divmod(rows.astype(np.int64), self._batch_rows)
        samples: NDArray[np.uint8] = self._windows[self._starts[batch] + row * self._spec.sample_bytes]
        return samples.reshape(len(samples), self._spec.size, self._spec.size, self._spec.channels)

    def column(self, name: str) -> NDArray[Any]:
        """Return one of the `column_types`, [rows, count], of the whole part."""
        batches = (self._reader.get_batch(i)[name] for i in range(self._reader.num_record_batches))
        return np.concatenate([batch.flatten().to_numpy().reshape(len(batch), -1) for batch in batches])

    def release(self) -> None:
        """Give the memory of what was gathered back to the system; it can be gathered again."""
        # Looking at every image once would otherwise count as having them all in memory. Windows does without.
        if hasattr(self._map, "madvise"):
            self._map.madvise(mmap.MADV_DONTNEED)


def _schema(part: str, spec: PreprocessSpec) -> pa.Schema:
    lists = {name: pa.list_(pa.from_numpy_dtype(kind), count) for name, (kind, count) in column_types(spec).items()}
    fields = [("pixels", pa.binary(spec.sample_bytes)), *lists.items()]
    metadata = stamp({"part": part, "spec": spec.model_dump_json(), "variant": variant(spec)})
    return pa.schema(fields, metadata={key: str(value) for key, value in metadata.items()})


def _blocks(part: Path, spec: PreprocessSpec) -> Iterator[NDArray[np.uint8]]:
    """Yield the part's images as uint8 [rows, size, size, channels], all blocks but the last equally long."""
    block = np.empty((max(1, _BATCH_BYTES // spec.sample_bytes), spec.size, spec.size, spec.channels), dtype=np.uint8)
    filled = 0
    for batch in read_part(part):
        for row in batch.to_pylist():
            block[filled] = preprocess(_decode(row, part), spec)
            filled += 1
            if filled == len(block):
                yield block
                filled = 0
    if filled:
        yield block[:filled]


def _decode(row: dict[str, Any], part: Path) -> Image.Image:
    try:
        # `add` has judged the size already, by the limit of that day.
        return decode(row["bytes"], max_pixels=row["width"] * row["height"])
    except ImageProblem as error:
        raise InputError(
            f"{part.name}: image {row['id']} was accepted once and cannot be decoded now: {error.message}",
            hint="install the packages that accepted it (requirements/), or restore the part from before",
        ) from None


def _to_batch(block: NDArray[np.uint8], schema: pa.Schema) -> pa.RecordBatch:
    num_rows, channels = len(block), block.shape[-1]
    pixels = pa.FixedSizeBinaryArray.from_buffers(schema.field("pixels").type, num_rows, [None, pa.py_buffer(block)])
    values = block.reshape(num_rows, -1, channels)
    columns = {
        "sum": values.sum(axis=1, dtype=np.uint64),
        "sum_of_squares": np.square(values, dtype=np.uint32).sum(axis=1, dtype=np.uint64),
        "hashes": np.stack([hash_pixels(block, crop=crop) for crop in VIEWS], axis=1),
        "sharpness": sharpness(block)[:, None],
        "border_sum": border_sums(block),
    }
    lists = [
        pa.FixedSizeListArray.from_arrays(pa.array(columns[name].ravel()), columns[name].shape[1])
        for name in schema.names[1:]
    ]
    return pa.record_batch([pixels, *lists], schema=schema)


def _data(column: pa.Array) -> pa.Buffer:
    """Return the buffer that holds a column's values."""
    return column.buffers()[-1]


def _checksum(batch: pa.RecordBatch) -> int:
    checksum = 0
    for column in batch.columns:
        checksum = zlib.crc32(_data(column), checksum)
    return checksum

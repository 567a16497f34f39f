from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from winnow.checks.originals import read_originals
from winnow.data.parts import ImageRecord, PartWriter, part_name

KINDS = [("L", "PNG", 10, 20), ("RGB", "JPEG", 30, 5), ("P", "GIF", 900, 900), ("L", "PNG", 7, 7)]


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three parts of 4 images; the bytes are none that could be decoded."""
    written = []
    for number in range(3):
        with PartWriter(folder=tmp_path, part_size_bytes=10**6) as writer:
            for at, (mode, kind, width, height) in enumerate(KINDS[::-1] if number == 1 else KINDS):
                writer.add(ImageRecord(f"{number:010}{at:010}", b"bytes", kind, mode, width + number, height))
        written += writer.parts
    return written


def rows(parts: Sequence[Path], *places: tuple[int, int]) -> pa.Table:
    names = pa.array([part_name(parts[part]) for part, _ in places], pa.string())
    return pa.table({"part": names, "row": pa.array([row for _, row in places], pa.uint32())})


def test_images_are_described_in_the_order_of_the_index(parts: list[Path]) -> None:
    originals = read_originals(rows(parts, (2, 1), (0, 0), (1, 0), (0, 2), (2, 0)), parts)
    assert originals.mode.to_pylist() == ["RGB", "L", "L", "P", "L"]
    assert originals.format.to_pylist() == ["JPEG", "PNG", "PNG", "GIF", "PNG"]
    assert originals.width.tolist() == [32, 10, 8, 900, 12]
    assert originals.height.tolist() == [5, 20, 7, 900, 20]


def test_equal_names_have_equal_codes_whatever_the_part(parts: list[Path]) -> None:
    originals = read_originals(rows(parts, (0, 0), (1, 0), (2, 3)), parts)
    assert len(np.unique(originals.mode.indices.to_numpy())) == 1
    assert originals.mode.dictionary.to_pylist().count("L") == 1


def test_no_images_have_no_looks(parts: list[Path]) -> None:
    for known in (parts, []):
        originals = read_originals(rows(parts), known)
        assert (len(originals.width), len(originals.mode)) == (0, 0)

import gzip
import io
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from winnow.data.config import DataConfig
from winnow.errors import InputError
from winnow.ingest.source_arrays import DigitsSource, IdxSource
from winnow.ingest.source_item import SourceItem

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (40, 3, 5), dtype=np.uint8)
TEST = RNG.integers(0, 256, (4, 3, 5), dtype=np.uint8)


def write_idx(path: Path, array: NDArray[np.uint8], *, kind: int = 8) -> None:
    content = struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", TRAIN)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(40, dtype=np.uint8) % 3)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", TEST)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.arange(4, dtype=np.uint8) % 3)
    return tmp_path


def pixels(item: SourceItem) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(item.content)) as image:
        return np.asarray(image)


@pytest.mark.slow
def test_digits_are_stretched_to_eight_bits() -> None:
    source = DigitsSource()
    items = list(source.items())
    assert source.count() == len(items) == 1797
    assert {item.label for item in items} == set("0123456789")
    first = pixels(items[0])
    assert (first.shape, first.min(), first.max()) == ((8, 8), 0, 239)
    assert max(pixels(item).max() for item in items[:20]) == 255
    assert items[0].name == "digits-0000.png"


def test_idx_files_give_their_pixels_and_labels(folder: Path, data_config: DataConfig) -> None:
    source = IdxSource(folder, data_config)
    items = list(source.items())
    assert source.count() == len(items) == 44
    assert all((pixels(item) == array).all() for item, array in zip(items, [*TRAIN, *TEST], strict=True))
    assert [item.label for item in items[:4]] == ["0", "1", "2", "0"]
    assert (items[0].name, items[40].name) == ("train-00000.png", "t10k-00000.png")


def test_the_official_test_split_stays_and_training_rows_never_join_it(folder: Path, data_config: DataConfig) -> None:
    items = list(IdxSource(folder, data_config).items())
    assert {item.split for item in items[40:]} == {"test"}
    dealt = Counter(item.split for item in items[:40])
    assert set(dealt) == {"train", "val"}
    assert 4 <= dealt["val"] <= 16
    assert [item.split for item in IdxSource(folder, data_config).items()] == [item.split for item in items]


def test_another_seed_deals_other_rows_to_val(folder: Path, data_config: DataConfig) -> None:
    def val(seed: int) -> set[str]:
        source = IdxSource(folder, data_config.model_copy(update={"seed": seed}))
        return {item.name for item in source.items() if item.split == "val"}

    assert val(0) != val(1)


def test_labels_txt_names_the_classes(folder: Path, data_config: DataConfig) -> None:
    (folder / "labels.txt").write_text("T-shirt/top\r\nbag\n\nboot\n", encoding="utf-8")
    labels = [item.label for item in IdxSource(folder, data_config).items()]
    assert labels[:3] == ["T-shirt/top", "bag", "boot"]


@pytest.mark.parametrize("names", ["a\nb\n", "a\nb\na\n"])
def test_labels_txt_must_name_every_class_once(folder: Path, data_config: DataConfig, names: list[str]) -> None:
    (folder / "labels.txt").write_text(names, encoding="utf-8")
    with pytest.raises(InputError, match="expected 3 different names"):
        IdxSource(folder, data_config)


def test_training_files_alone_are_enough(folder: Path, data_config: DataConfig) -> None:
    for path in folder.glob("t10k*"):
        path.unlink()
    assert IdxSource(folder, data_config).count() == 40


def test_a_folder_without_idx_files_is_refused(tmp_path: Path, data_config: DataConfig) -> None:
    with pytest.raises(InputError, match="expected train-images-idx3-ubyte"):
        IdxSource(tmp_path, data_config)
    with pytest.raises(InputError, match="found no"):
        IdxSource(tmp_path / "absent", data_config)


def test_absent_labels_are_told(folder: Path, data_config: DataConfig) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(InputError, match=r"expected .*t10k-labels-idx1-ubyte beside"):
        IdxSource(folder, data_config)


def test_two_files_of_one_split_are_refused(folder: Path, data_config: DataConfig) -> None:
    write_idx(folder / "train-images-idx3-ubyte", TRAIN)
    with pytest.raises(InputError, match="expected one file of train images"):
        IdxSource(folder, data_config)


def test_images_and_labels_must_be_as_many(folder: Path, data_config: DataConfig) -> None:
    write_idx(folder / "train-labels-idx1-ubyte", np.zeros(39, np.uint8))
    with pytest.raises(InputError, match="expected 40 labels, one an image, got 39"):
        IdxSource(folder, data_config)


def test_other_idx_types_are_refused(folder: Path, data_config: DataConfig) -> None:
    write_idx(folder / "train-images-idx3-ubyte.gz", TRAIN, kind=0x0D)
    with pytest.raises(InputError, match="got type 0xd with 3 axes"):
        IdxSource(folder, data_config)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"])
@pytest.mark.parametrize("keep", [2, -20])
def test_a_truncated_file_is_refused(folder: Path, data_config: DataConfig, name: str, keep: int) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:keep])
    with pytest.raises(InputError, match="truncated"):
        list(IdxSource(folder, data_config).items())

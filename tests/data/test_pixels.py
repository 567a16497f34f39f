import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import pyarrow as pa
import pytest
from PIL import Image

from winnow import provenance
from winnow.data import pixels as module
from winnow.data.parts import ImageRecord, part_name
from winnow.data.pixels import VIEWS, Pixels, is_intact, pixels_name, row_bytes, variant, write_pixels
from winnow.errors import InputError, MachineError
from winnow.transforms.appearance import border_sums, sharpness
from winnow.transforms.decode import decode
from winnow.transforms.perceptual_hash import hash_pixels
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

Noise = Callable[..., list[ImageRecord]]
WritePart = Callable[[list[ImageRecord]], Path]


@pytest.fixture
def images(noise: Noise) -> list[ImageRecord]:
    return noise(23)


@pytest.fixture
def part(images: list[ImageRecord], write_part: WritePart) -> Path:
    return write_part(images)


@pytest.fixture
def prepared(part: Path, spec: PreprocessSpec, tmp_path: Path) -> Path:
    path = tmp_path / pixels_name(part_name(part), variant(spec))
    assert write_pixels(part, spec, path) == 23
    return path


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch, spec: PreprocessSpec) -> None:
    monkeypatch.setattr(module, "_BATCH_BYTES", 5 * spec.sample_bytes)


def expected(images: list[ImageRecord], spec: PreprocessSpec) -> np.ndarray:
    return np.stack([preprocess(decode(each.bytes, max_pixels=100), spec) for each in images])


@pytest.mark.usefixtures("small_batches")
def test_a_file_holds_every_images_pixels_in_the_order_of_the_part(
    prepared: Path, images: list[ImageRecord], spec: PreprocessSpec
) -> None:
    rows = np.array([22, 0, 4, 5, 5, 21])
    gathered = Pixels(prepared, spec).gather(rows)
    assert gathered.flags.writeable
    assert np.array_equal(gathered, expected(images, spec)[rows])
    assert Pixels(prepared, spec).gather(np.array([], dtype=np.int64)).shape == (0, 8, 8, 3)


@pytest.mark.usefixtures("small_batches")
def test_the_numbers_beside_the_pixels_are_theirs(
    prepared: Path, images: list[ImageRecord], spec: PreprocessSpec
) -> None:
    pixels = expected(images, spec)
    values = pixels.reshape(23, -1, 3).astype(np.uint64)
    stored = Pixels(prepared, spec)
    assert np.array_equal(stored.column("sum"), values.sum(axis=1))
    assert np.array_equal(stored.column("sum_of_squares"), (values**2).sum(axis=1))
    hashes = np.stack([hash_pixels(pixels, crop=crop) for crop in VIEWS], axis=1)
    assert np.array_equal(stored.column("hashes"), hashes)
    assert np.array_equal(stored.column("sharpness")[:, 0], sharpness(pixels))
    assert np.array_equal(stored.column("border_sum"), border_sums(pixels))


def test_memory_that_was_released_can_be_read_again(
    prepared: Path, images: list[ImageRecord], spec: PreprocessSpec
) -> None:
    stored = Pixels(prepared, spec)
    for _ in range(2):
        assert np.array_equal(stored.gather(np.arange(23)), expected(images, spec))
        stored.release()


def test_a_file_is_a_function_of_part_and_spec(part: Path, prepared: Path, spec: PreprocessSpec) -> None:
    again = prepared.with_name("again.arrow")
    write_pixels(part, spec, again)
    assert again.read_bytes() == prepared.read_bytes()


def test_the_variant_changes_with_the_spec_the_code_and_pillow(
    spec: PreprocessSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = {variant(spec), variant(spec.model_copy(update={"size": 9}))}
    monkeypatch.setattr(PIL, "__version__", "0.0")
    seen.add(variant(spec))
    source = tmp_path / "decode.py"
    source.write_bytes(b"one\r\n")
    monkeypatch.setattr(provenance, "module_path", lambda _: source)
    seen.add(variant(spec))
    assert len(seen) == 4
    before = variant(spec)
    source.write_bytes(b"one\n")
    assert variant(spec) == before, "line ends of a checkout do not count"


@pytest.mark.parametrize(("size", "channels"), [(16, 1), (28, 1), (64, 3), (64, 4)])
def test_prepared_pixels_stay_within_twice_their_bytes(
    noise: Noise, write_part: WritePart, spec: PreprocessSpec, tmp_path: Path, size: int, channels: int
) -> None:
    alpha = "keep" if channels == 4 else "composite"
    spec = spec.model_copy(update={"size": size, "channels": channels, "alpha": alpha})
    path = tmp_path / "pixels.arrow"
    count = write_pixels(write_part(noise(200)), spec, path)
    assert spec.sample_bytes * count < path.stat().st_size < 2 * spec.sample_bytes * count
    assert path.stat().st_size == pytest.approx(row_bytes(spec) * count, rel=0.15)


def test_a_whole_file_is_intact(prepared: Path, part: Path, spec: PreprocessSpec) -> None:
    assert is_intact(prepared, part_name(part), spec, 23)


def test_a_file_of_another_part_spec_or_length_is_not(prepared: Path, part: Path, spec: PreprocessSpec) -> None:
    assert not is_intact(prepared, "part-00000000000000000000", spec, 23)
    assert not is_intact(prepared, part_name(part), spec.model_copy(update={"fit": "pad"}), 23)
    assert not is_intact(prepared, part_name(part), spec, 24)
    assert not is_intact(prepared.with_name("absent.arrow"), part_name(part), spec, 23)


def test_a_file_of_another_format_is_not(prepared: Path, part: Path, spec: PreprocessSpec) -> None:
    for schema in (pa.schema([("pixels", pa.string())]), module._schema(part_name(part), spec).remove(1)):
        with pa.OSFile(str(prepared), "wb") as sink, pa.ipc.new_file(sink, schema):
            pass
        assert not is_intact(prepared, part_name(part), spec, 0)


def test_a_batch_without_checksum_is_not(prepared: Path, part: Path, spec: PreprocessSpec) -> None:
    table = pa.ipc.open_file(pa.OSFile(str(prepared), "rb")).read_all()
    with pa.OSFile(str(prepared), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert not is_intact(prepared, part_name(part), spec, 23)


def test_a_file_cut_anywhere_is_not(prepared: Path, part: Path, spec: PreprocessSpec) -> None:
    content = prepared.read_bytes()
    for length in (0, 1, 8, 100, len(content) // 2, len(content) - 1):
        prepared.write_bytes(content[:length])
        assert not is_intact(prepared, part_name(part), spec, 23)


@pytest.mark.usefixtures("small_batches")
def test_a_flipped_bit_of_any_value_is_found(prepared: Path, part: Path, spec: PreprocessSpec) -> None:
    content = bytearray(prepared.read_bytes())
    with pa.ipc.open_file(pa.py_buffer(bytes(content))) as reader:
        batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
    assert len(batches) == 5
    for batch in batches:
        for column in batch.columns:
            at = content.index(column.buffers()[-1].to_pybytes())
            content[at] ^= 1
            prepared.write_bytes(content)
            assert not is_intact(prepared, part_name(part), spec, 23)
            content[at] ^= 1
    prepared.write_bytes(content)
    assert is_intact(prepared, part_name(part), spec, 23)


def test_an_image_that_cannot_be_decoded_any_more_is_named(
    images: list[ImageRecord], write_part: WritePart, spec: PreprocessSpec, tmp_path: Path
) -> None:
    broken = ImageRecord("f" * 20, images[0].bytes[:60], "PNG", "RGB", 8, 8)
    path = tmp_path / "pixels.arrow"
    with pytest.raises(InputError, match=r"f{20} was accepted once") as caught:
        write_pixels(write_part([*images, broken]), spec, path)
    assert caught.value.hint
    assert not path.exists()


def test_an_image_larger_than_its_part_says_is_not_decoded(
    record: Callable[..., ImageRecord], write_part: WritePart, spec: PreprocessSpec, tmp_path: Path
) -> None:
    content = record(Image.new("L", (50, 50))).bytes
    with pytest.raises(InputError, match="100 pixels"):
        write_pixels(write_part([ImageRecord("a" * 20, content, "PNG", "L", 10, 10)]), spec, tmp_path / "x.arrow")


def test_a_full_disk_leaves_what_was_there(
    part: Path, prepared: Path, spec: PreprocessSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = prepared.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_to_batch", fail)
    with pytest.raises(MachineError, match="full"):
        write_pixels(part, spec, prepared)
    assert prepared.read_bytes() == before
    assert [path.name for path in prepared.parent.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.parametrize("content", [b"", b"no arrow"])
def test_an_unreadable_file_is_named(spec: PreprocessSpec, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pixels.arrow"
    with pytest.raises(InputError, match="cannot be read") as caught:
        Pixels(path, spec)
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        Pixels(path, spec)
    assert "dvc repro" in caught.value.hint

import hashlib
import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from winnow.data.parts import ImageRecord
from winnow.ingest.admission import admit_chunk, chunked
from winnow.ingest.quarantine import CHECKS, Refusal
from winnow.ingest.source_item import SourceItem
from winnow.transforms import image_file

Png = Callable[[int], bytes]


def encoded(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, image_format, **options)
    return stream.getvalue()


def offer(content: bytes | None = None, path: str | None = None, label: str | None = "cat", name: str = "x") -> Any:
    item = SourceItem(name=name, label=label, content=content, path=path)
    [(same, outcome)] = admit_chunk([item], max_pixels=10_000)
    assert same is item
    return outcome


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises more pixels than it holds."""
    content = encoded(Image.new("L", (1, 1)))
    header = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def test_a_record_says_what_the_file_holds() -> None:
    image = Image.linear_gradient("L").resize((12, 7))
    content = encoded(image, "JPEG", quality=90)
    record = offer(content)
    assert isinstance(record, ImageRecord)
    assert record.id == hashlib.sha256(content).hexdigest()[:20]
    assert (record.bytes, record.format, record.mode) == (content, "JPEG", "L")
    assert (record.width, record.height) == (12, 7)


def test_width_and_height_are_those_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    record = offer(encoded(Image.new("RGB", (12, 7)), "JPEG", exif=exif))
    assert (record.width, record.height, record.format) == (7, 12, "JPEG")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_usual_mode_is_admitted(mode: str) -> None:
    assert offer(encoded(Image.new(mode, (5, 5)))).mode == mode


FRAMES = [Image.new("L", (5, 5), 100 * index) for index in range(3)]
WHOLE = encoded(Image.effect_noise((32, 32), 50))


@pytest.mark.parametrize(
    ("check", "content"),
    [
        pytest.param("Q101", b"<html>no image</html>", id="no image"),
        pytest.param("Q102", b"", id="empty"),
        pytest.param("Q103", WHOLE[: len(WHOLE) // 2], id="truncated"),
        pytest.param("Q104", bomb(60_000, 60_000), id="bomb"),
        pytest.param("Q104", bomb(101, 100), id="one pixel row too many"),
        pytest.param("Q105", encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), id="animated"),
        pytest.param("Q106", encoded(Image.new("F", (5, 5)), "TIFF"), id="float"),
    ],
)
def test_bad_content_is_refused_with_its_check(check: str, content: bytes) -> None:
    refusal = offer(content)
    assert isinstance(refusal, Refusal)
    assert (refusal.path, refusal.check) == ("x", check)
    assert refusal.reason
    assert check in CHECKS


def test_files_are_read_from_disk(tmp_path: Path, png: Png) -> None:
    (tmp_path / "+1 \u00e9.png").write_bytes(png(1))
    assert offer(path=str(tmp_path / "+1 \u00e9.png")).bytes == png(1)


def test_a_path_that_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "absent"), "nul\0byte"):
        assert offer(path=path).check == "Q202"
    assert "No such file" in offer(path=str(tmp_path / "absent")).reason


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "1.png").touch()
    monkeypatch.setattr(os, "open", refuse)
    refusal = offer(path=str(tmp_path / "1.png"))
    assert (refusal.check, refusal.reason) == ("Q202", "cannot be read: Permission denied")


@pytest.mark.skipif(sys.platform == "win32", reason="needs the right to make links")
def test_links_are_refused(tmp_path: Path, png: Png) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    (tmp_path / "link.png").symlink_to(tmp_path / "1.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "absent")
    for name in ("link.png", "dangling.png"):
        assert offer(path=str(tmp_path / name)).check == "Q201"


@pytest.mark.skipif(sys.platform == "win32", reason="has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert offer(path=str(tmp_path / "pipe.png")).check == "Q202"


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, png: Png) -> None:
    monkeypatch.setattr(image_file, "MAX_FILE_BYTES", 10)
    (tmp_path / "1.png").write_bytes(png(1))
    assert offer(path=str(tmp_path / "1.png")).check == "Q205"


def test_an_item_without_a_class_is_refused(png: Png) -> None:
    assert offer(png(1), label=None).check == "Q204"
    assert isinstance(offer(png(1), label=""), ImageRecord)


def test_a_chunk_keeps_its_order_and_each_image_its_fingerprint(png: Png) -> None:
    contents = [png(1), b"", png(2), b"text", png(3)]
    items = [SourceItem(name=str(number), label="cat", content=content) for number, content in enumerate(contents)]
    outcomes = admit_chunk(items, max_pixels=100)
    assert [item for item, _ in outcomes] == items
    assert [outcome for _, outcome in outcomes] == [
        offer(content, name=str(number)) for number, content in enumerate(contents)
    ]
    assert [type(outcome) for _, outcome in outcomes] == [ImageRecord, Refusal, ImageRecord, Refusal, ImageRecord]
    assert admit_chunk([], max_pixels=100) == []


def test_chunks_are_bounded_in_items_and_bytes() -> None:
    def sizes(*num_bytes: int) -> list[list[int]]:
        items = [SourceItem(name="x", label="", num_bytes=size) for size in num_bytes]
        return [[item.num_bytes for item in chunk] for chunk in chunked(items)]

    assert sizes() == []
    assert [len(chunk) for chunk in sizes(*[1] * 600)] == [256, 256, 88]
    assert sizes(3_000_000, 1_000_000, 1, 9_000_000, 2) == [[3_000_000, 1_000_000], [1], [9_000_000], [2]]

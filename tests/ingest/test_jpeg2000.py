"""Boxes and codestreams of JPEG 2000. That pixels stay is in test_metadata.py."""

import contextlib
import io
import struct
from typing import Any

import pytest
from PIL import Image

from winnow.ingest.containers import Malformed
from winnow.ingest.jpeg2000 import strip_jpeg2000

PHOTO = Image.effect_noise((40, 30), 60)


def encoded(**options: Any) -> bytes:
    stream = io.BytesIO()
    PHOTO.save(stream, "JPEG2000", **options)
    return stream.getvalue()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


BOXED, BARE = encoded(), encoded(no_jp2=True)


def test_boxes_about_the_picture_go() -> None:
    secrets = box(b"xml ", b"<secret/>") + box(b"uuid", b"secret" * 4)
    at = BOXED.index(b"jp2h") - 4
    assert strip_jpeg2000(BOXED[:at] + secrets + BOXED[at:] + secrets, 1) == strip_jpeg2000(BOXED, 1)


def test_a_box_inside_of_the_header_goes_as_well() -> None:
    at = BOXED.index(b"jp2h") - 4
    length = struct.unpack_from(">I", BOXED, at)[0]
    inner = box(b"res ", b"secret!!")
    header = box(b"jp2h", BOXED[at + 8 : at + length] + inner)
    assert strip_jpeg2000(BOXED[:at] + header + BOXED[at + length :], 1) == strip_jpeg2000(BOXED, 1)


@pytest.mark.parametrize("options", [{}, {"no_jp2": True}, {"tile_size": (16, 16), "no_jp2": True}])
def test_comments_go_and_the_tiles_stay(options: dict[str, Any]) -> None:
    content = encoded(comment="secret", **options)
    assert b"secret" in content
    bare = strip_jpeg2000(content, 1)
    assert b"secret" not in bare
    assert bare == strip_jpeg2000(encoded(**options), 1)


def test_what_follows_the_last_tile_goes() -> None:
    assert strip_jpeg2000(BARE + b"secret", 1) == strip_jpeg2000(BARE, 1)


def test_a_comment_inside_of_a_tile_is_malformed() -> None:
    at = BARE.index(b"\xff\x93")
    comment = b"\xff\x64" + struct.pack(">HH", 10, 1) + b"secret"
    with pytest.raises(Malformed, match="inside of a tile"):
        strip_jpeg2000(BARE[:at] + comment + BARE[at:], 1)


@pytest.mark.parametrize("whole", [BOXED, BARE])
def test_a_cut_file_is_malformed_or_stays_short_never_an_error(whole: bytes) -> None:
    for end in range(0, len(whole), 7):
        with contextlib.suppress(Malformed):
            assert len(strip_jpeg2000(whole[:end], 1)) <= end + 2

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from winnow.errors import InputError
from winnow.load_test.pictures import made_pictures, own_pictures, write_pictures
from winnow.transforms.decode import decode


def test_generated_pictures_mix_sizes_formats_and_modes_and_all_can_be_decoded() -> None:
    pictures = made_pictures()
    images = [Image.open(io.BytesIO(picture.content)) for picture in pictures]
    assert {image.format for image in images} == {"JPEG", "PNG", "WEBP", "GIF"}
    assert {image.mode for image in images} >= {"RGB", "L", "P", "CMYK", "RGBA", "LA", "I;16", "1"}
    assert len({image.size for image in images}) >= 7
    assert [picture.content_type for picture in pictures] == [f"image/{str(each.format).lower()}" for each in images]
    for picture in pictures:
        decode(picture.content, max_pixels=25_000_000)


def test_a_seed_gives_the_same_pictures_again() -> None:
    assert made_pictures(3, seed=1) == made_pictures(3, seed=1)
    assert made_pictures(3, seed=1) != made_pictures(3, seed=2)


def test_own_pictures_are_found_below_a_folder_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    for name in ("cats/a.JPG", "b.png", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    assert [(each.name, each.content_type) for each in own_pictures(tmp_path)] == [
        ("b.png", "image/png"),
        ("a.JPG", "image/jpeg"),
    ]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no picture"):
        own_pictures(tmp_path)
    with pytest.raises(InputError, match="found none"):
        own_pictures(tmp_path / "nowhere")


def test_they_are_handed_over_byte_for_byte(tmp_path: Path) -> None:
    pictures = made_pictures(2)
    write_pictures(tmp_path, pictures)
    assert [(tmp_path / f"{number}.bin").read_bytes() for number in range(2)] == [each.content for each in pictures]
    assert json.loads((tmp_path / "pictures.json").read_text("utf-8"))[1] == [pictures[1].name, "image/png"]

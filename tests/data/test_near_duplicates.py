"""Copies are caught, look-alikes are not. Nothing is read from files: samples are arrays here."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

from winnow.data import near_duplicates as module
from winnow.data.config import NearDuplicatesConfig
from winnow.data.near_duplicates import confirm, confirm_within, search
from winnow.data.pixels import VIEWS
from winnow.transforms.perceptual_hash import hash_pixels
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

SHIPPED = NearDuplicatesConfig(hold_out=True, max_distance=16, max_difference=0.1)


class ArraySamples:
    """Samples in memory; counts what is gathered."""

    def __init__(self, images: list[Image.Image], size: int, channels: int = 1) -> None:
        self.spec = PreprocessSpec(
            size=size,
            channels=channels,
            fit="stretch",
            resample="bilinear",
            alpha="composite",
            background=[255, 255, 255],
        )
        shape = (len(images), size, size, channels)
        self.pixels = np.array([preprocess(image, self.spec) for image in images], dtype=np.uint8).reshape(shape)
        self.num_gathered = 0

    def __len__(self) -> int:
        return len(self.pixels)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        self.num_gathered += len(rows)
        return self.pixels[rows]

    def column(self, name: str) -> np.ndarray:
        assert name == "hashes"
        return np.stack([hash_pixels(self.pixels, crop=crop) for crop in VIEWS], axis=1)

    def release(self) -> None:
        pass


def find(train: ArraySamples, judged: ArraySamples, config: NearDuplicatesConfig = SHIPPED) -> list[tuple[int, int]]:
    nearest = search(train, judged, config)  # type: ignore[arg-type]
    pairs = confirm(train, judged, nearest, config)  # type: ignore[arg-type]
    return [(int(one), int(other)) for one, other in pairs]


def hash_alone(train: ArraySamples, judged: ArraySamples, max_distance: int) -> float:
    """Return the share of training images that a hash alone would hold out."""
    one, other = train.column("hashes")[:, None, 0], judged.column("hashes")[None, :, 0]
    return float((np.bitwise_count(one ^ other) <= max_distance).any(axis=1).mean())


def copy_of(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return `image` with 2-5 % cut from each side, resized to 50-80 %, as a JPEG of quality 50-75."""
    width, height = image.size
    left, top, right, bottom = rng.uniform(0.02, 0.05, 4)
    cut = image.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )
    factor = rng.uniform(0.5, 0.8)
    small = cut.resize((round(cut.width * factor), round(cut.height * factor)), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    small.convert("RGB").save(stream, "JPEG", quality=int(rng.integers(50, 76)))
    return Image.open(stream)


def photo_patches() -> list[Image.Image]:
    """Return different pictures: squares of two photos that do not overlap, without the plain sky."""
    photos = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    corners = [(x, y) for x in range(0, 600, 100) for y in range(0, 400, 100)]
    patches = [photo.crop((x, y, x + 100, y + 100)) for photo in photos for x, y in corners]
    return [patch for patch in patches if np.asarray(patch.convert("L")).std() > 10]


def textures(rng: np.random.Generator, count: int) -> list[Image.Image]:
    grids = [rng.integers(0, 256, (each, each, 3), dtype=np.uint8) for each in rng.integers(4, 14, count)]
    return [Image.fromarray(grid).resize((160, 150), Image.Resampling.BICUBIC) for grid in grids]


def garments(rng: np.random.Generator, count: int) -> list[Image.Image]:
    """Return light trousers and shirts of 28 x 28 on black that differ in their cut and folds, as genuine ones do."""
    y, x = np.mgrid[:28, :28]
    images = []
    for number in range(count):
        width, gap, length, slope, shift = rng.uniform((4, 0.5, 22, -0.05, -1), (7, 2.5, 27, 0.1, 1))
        center = np.abs(x - 13.5 + shift)
        trousers = (center < width + y * slope) & (y < length) & ((center > gap) | (y < rng.uniform(5, 12)))
        shirt = (center < width + y * slope) | ((center < 2 * width) & (np.abs(y - 6) < gap * 2))
        folds = Image.fromarray(rng.integers(0, 256, (6, 6), dtype=np.uint8)).resize((28, 28))
        cloth = 140 + np.asarray(folds) * rng.uniform(0.2, 0.45)
        images.append(Image.fromarray(((shirt if number % 2 else trousers) * cloth).astype(np.uint8)))
    return images


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (28, 3), (64, 3)])
def test_planted_copies_are_caught_and_nothing_else(size: int, channels: int) -> None:
    rng = np.random.default_rng(0)
    pictures = [*photo_patches(), *textures(rng, 60)]
    judged, others = pictures[::2], pictures[1::2]
    copies = [copy_of(image, rng) for image in judged]
    pairs = find(ArraySamples([*others, *copies], size, channels), ArraySamples(judged, size, channels))
    caught = [(one - len(others), other) for one, other in pairs if one >= len(others)]
    assert all(one == other for one, other in caught)
    assert len(caught) >= 0.97 * len(copies)
    assert len(pairs) == len(caught)


def test_no_genuine_digit_is_taken_for_another_where_a_hash_alone_would_drown() -> None:
    digits = [Image.fromarray(np.round(image * 255 / 16).astype(np.uint8)) for image in load_digits().images]
    train, judged = ArraySamples(digits[:1200], 16), ArraySamples(digits[1200:], 16)
    assert hash_alone(train, judged, 4) > 0.01
    assert hash_alone(train, judged, 8) > 0.15
    assert len(find(train, judged)) <= 0.002 * 1200


def test_no_genuine_garment_is_taken_for_another_where_a_hash_alone_would_drown() -> None:
    rng = np.random.default_rng(1)
    genuine = garments(rng, 1000)
    train, judged = ArraySamples(genuine[:700], 28), ArraySamples(genuine[700:], 28)
    assert hash_alone(train, judged, 8) > 0.2
    assert len(find(train, judged)) <= 0.002 * 700


def test_a_re_encoded_digit_and_garment_are_caught_among_their_look_alikes() -> None:
    digits = [Image.fromarray(np.round(image * 255 / 16).astype(np.uint8)) for image in load_digits().images[:300]]
    for images, size in ((digits, 16), (garments(np.random.default_rng(2), 300), 28)):
        copies = []
        for image in images[:40]:
            stream = io.BytesIO()
            image.save(stream, "JPEG", quality=75)
            copies.append(Image.open(stream))
        pairs = find(ArraySamples([*images[150:], *copies], size), ArraySamples(images[:150], size))
        assert [pair for pair in pairs if pair[0] >= 150] == [(150 + at, at) for at in range(40)]


def test_up_to_four_copies_of_a_picture_are_all_caught() -> None:
    rng = np.random.default_rng(3)
    pictures = textures(rng, 40)
    copies = [copy_of(pictures[0], rng) for _ in range(4)]
    pairs = find(ArraySamples([*pictures[20:], *copies], 32), ArraySamples(pictures[:20], 32))
    assert pairs == [(20 + at, 0) for at in range(4)]


def test_a_picture_that_is_as_good_as_equal_is_caught_however_many_there_are() -> None:
    picture = textures(np.random.default_rng(4), 1)[0]
    brighter = [picture.point(lambda value, plus=plus: value * 0.8 + plus) for plus in range(20)]
    assert len(find(ArraySamples(brighter[:10], 32), ArraySamples(brighter[10:], 32))) == 10


def all_pairs(count: int) -> np.ndarray:
    return np.stack(np.triu_indices(count, k=1), axis=1)


def test_within_one_set_copies_are_confirmed_and_look_alikes_are_not() -> None:
    rng = np.random.default_rng(10)
    genuine = garments(rng, 150)
    copies = []
    for image in genuine[:20]:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=75)
        copies.append(Image.open(stream))
    samples = ArraySamples([*genuine, *copies], 28)
    found = confirm_within(samples, all_pairs(170), SHIPPED)  # type: ignore[arg-type]
    assert found.tolist() == [[at, 150 + at] for at in range(20)]


def test_within_one_set_no_picture_is_a_look_alike_of_itself() -> None:
    """Five copies of one picture: each has four near ones, and the fifth nearest is another picture."""
    rng = np.random.default_rng(11)
    pictures = textures(rng, 40)
    copies = [copy_of(pictures[0], rng) for _ in range(4)]
    found = confirm_within(ArraySamples([*pictures, *copies], 32), all_pairs(44), SHIPPED)  # type: ignore[arg-type]
    copied = {(one, other) for one in (0, 40, 41, 42, 43) for other in (40, 41, 42, 43) if one < other}
    assert set(map(tuple, found.tolist())) == copied


def test_within_one_set_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = garments(np.random.default_rng(12), 60)
    samples = ArraySamples([*genuine, *genuine[:10]], 28)
    whole = confirm_within(samples, all_pairs(70), SHIPPED)  # type: ignore[arg-type]
    assert {(at, 60 + at) for at in range(10)} <= set(map(tuple, whole.tolist()))
    for name, value in (("_PAIR_BYTES", 30_000), ("_COMPARED_BLOCK", 7)):
        monkeypatch.setattr(module, name, value)
    assert confirm_within(samples, all_pairs(70), SHIPPED).tolist() == whole.tolist()  # type: ignore[arg-type]


def test_within_one_set_no_pair_is_no_copy() -> None:
    none = np.empty((0, 2), dtype=np.intp)
    for count in (0, 3, 20):
        samples = ArraySamples(textures(np.random.default_rng(13), count), 16)
        assert confirm_within(samples, none, SHIPPED).shape == (0, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90])
def test_flips_and_rotations_are_not_caught_as_documented(turn: Image.Transpose) -> None:
    pictures = textures(np.random.default_rng(5), 30)
    assert find(ArraySamples([image.transpose(turn) for image in pictures], 32), ArraySamples(pictures, 32)) == []


def test_pictures_without_contrast_are_not_caught_as_documented() -> None:
    blank = [Image.new("L", (28, 28), value) for value in (0, 0, 255)]
    assert find(ArraySamples(blank, 28), ArraySamples(blank, 28)) == []


def test_both_thresholds_count() -> None:
    rng = np.random.default_rng(6)
    pictures = textures(rng, 30)
    train, judged = ArraySamples([copy_of(image, rng) for image in pictures], 32), ArraySamples(pictures, 32)
    assert len(find(train, judged)) >= 28
    for name, value in (("max_distance", 0), ("max_difference", 0.0)):
        strict = SHIPPED.model_copy(update={name: value})
        assert len(find(train, judged, strict)) < 10


def test_without_candidates_no_pixel_is_read() -> None:
    pictures = textures(np.random.default_rng(7), 60)
    train, judged = ArraySamples(pictures[:40], 64), ArraySamples(pictures[40:], 64)
    assert find(train, judged, SHIPPED.model_copy(update={"max_distance": 4})) == []
    assert train.num_gathered + judged.num_gathered == 0


def test_either_side_may_be_empty() -> None:
    some, none = ArraySamples(textures(np.random.default_rng(8), 3), 16, 3), ArraySamples([], 16, 3)
    assert find(some, none) == find(none, some) == find(none, none) == []


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = garments(np.random.default_rng(9), 120)
    train, judged = ArraySamples([*genuine[:70], *genuine[100:]], 28), ArraySamples(genuine[70:], 28)
    whole = find(train, judged)
    assert whole == sorted(whole)
    assert {(70 + at, 30 + at) for at in range(20)} <= set(whole)
    for name, value in (("_TRAIN_BLOCK", 7), ("_JUDGED_BLOCK", 3), ("_GATHER_BYTES", 5000)):
        monkeypatch.setattr(module, name, value)
    assert find(train, judged) == whole

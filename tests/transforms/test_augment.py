from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.errors import ConfigError
from winnow.transforms.augment import build_augment, erase, flip, jitter_color, mix, shift, warp
from winnow.transforms.augment_config import AugmentConfig

OFF: dict[str, Any] = {
    "name": "standard",
    "flip": "none",
    "shift": 0.0,
    "scale": 0.0,
    "rotate_deg": 0.0,
    "color": 0.0,
    "erase": 0.0,
    "mixup": 0.0,
    "cutmix": 0.0,
    "options": {},
}
EVERYTHING = {"flip": "both", "shift": 0.2, "color": 0.4, "erase": 0.5, "mixup": 0.4, "cutmix": 1.0}


def config(**changes: Any) -> AugmentConfig:
    return AugmentConfig.model_validate({**OFF, **changes})


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(num: int = 8, size: int = 12, channels: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (num, size, size, channels), dtype=torch.uint8, generator=rng(seed))


def one_hot(num: int, num_classes: int = 4) -> torch.Tensor:
    return torch.eye(num_classes)[torch.arange(num) % num_classes]


def test_with_everything_off_nothing_changes() -> None:
    pixels, targets = images(), one_hot(8)
    augmented, probabilities = build_augment(config(), Path("custom"))(pixels, targets, rng())
    assert torch.equal(augmented, pixels)
    assert torch.equal(probabilities, targets)


@pytest.mark.parametrize("geometry", [{}, {"scale": 0.2, "rotate_deg": 20.0}], ids=["shifts", "warps"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_everything_at_once_keeps_shapes_types_and_the_input(channels: int, geometry: dict[str, float]) -> None:
    pixels, targets = images(channels=channels), one_hot(8)
    before = pixels.clone()
    augment = build_augment(config(**EVERYTHING, **geometry), Path("custom"))
    for seed in range(4):
        augmented, probabilities = augment(pixels, targets, rng(seed))
        assert augmented.shape == pixels.shape
        assert augmented.dtype == torch.uint8
        assert torch.equal(pixels, before)
        torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(8))


def test_a_seed_decides_everything() -> None:
    augment = build_augment(config(**EVERYTHING, scale=0.1), Path("custom"))
    pixels, targets = images(), one_hot(8)
    once, again, other = (augment(pixels, targets, rng(seed)) for seed in (3, 3, 4))
    assert all(torch.equal(left, right) for left, right in zip(once, again, strict=True))
    assert not torch.equal(once[0], other[0])


def test_torchs_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    build_augment(config(**EVERYTHING, scale=0.1), Path("custom"))(images(), one_hot(8), rng())
    assert torch.equal(torch.random.get_rng_state(), before)


@given(reach=st.integers(0, 4), size=st.integers(1, 9), channels=st.sampled_from([1, 3, 4]), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_shift_is_a_random_crop_of_the_image_with_repeated_edges(
    reach: int, size: int, channels: int, seed: int
) -> None:
    pixels = images(num=5, size=size, channels=channels, seed=seed)
    reach = min(reach, size // 2)
    moved = shift(pixels, reach / size, rng(seed)).numpy()
    for original, crop in zip(pixels.numpy(), moved, strict=True):
        padded = np.pad(original, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
        windows = [padded[y : y + size, x : x + size] for y in range(2 * reach + 1) for x in range(2 * reach + 1)]
        assert any(np.array_equal(crop, window) for window in windows)


def test_shifts_reach_every_offset() -> None:
    size, reach = 10, 2
    dot = torch.zeros(400, size, size, 1, dtype=torch.uint8)
    dot[:, 5, 5] = 255
    places = shift(dot, reach / size, rng()).nonzero()[:, 1:3]
    offsets = {(int(y) - 5, int(x) - 5) for y, x in places}
    assert offsets == {(y, x) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)}


@pytest.mark.parametrize(("axes", "num_variants"), [("none", 1), ("horizontal", 2), ("vertical", 2), ("both", 4)])
def test_half_of_the_images_are_mirrored_along_each_axis(axes: str, num_variants: int) -> None:
    pixels = images(num=1, size=6).expand(400, -1, -1, -1)
    variants = {
        "none": pixels[0],
        "horizontal": pixels[0].flip(1),
        "vertical": pixels[0].flip(0),
        "both": pixels[0].flip(0, 1),
    }
    flipped = flip(pixels, axes, rng())
    counts = {name: sum(torch.equal(image, variant) for image in flipped) for name, variant in variants.items()}
    assert sum(counts.values()) == 400
    assert sorted(count > 0 for count in counts.values()) == [False] * (4 - num_variants) + [True] * num_variants
    assert all(abs(count - 400 / num_variants) < 60 for count in counts.values() if count)


def test_a_warp_that_is_off_is_the_identity() -> None:
    pixels = images()
    assert torch.equal(warp(pixels, config(), rng()), pixels)


def test_a_warp_flips_like_a_flip() -> None:
    pixels = images(num=1, size=6).expand(64, -1, -1, -1)
    warped = warp(pixels, config(flip="horizontal"), rng())
    mirrored = sum(torch.equal(image, pixels[0].flip(1)) for image in warped)
    assert mirrored + sum(torch.equal(image, pixels[0]) for image in warped) == 64
    assert 16 < mirrored < 48


def test_a_warp_zooms_both_ways_and_moves_the_picture() -> None:
    size = 32
    disc = torch.zeros(300, size, size, 1, dtype=torch.uint8)
    disc[:, 12:20, 12:20] = 255
    zoomed = warp(disc, config(scale=0.5), rng()).float().mean(dim=(1, 2, 3)) / disc[0].float().mean()
    # An area goes with the square: 1.5 ** 2 at most, its inverse at least.
    assert 1.9 < zoomed.max() < 2.4
    assert 0.35 < zoomed.min() < 0.6
    moved = warp(disc, config(shift=0.25, scale=1e-6), rng()).float()
    rows = (moved.sum(dim=(2, 3)) * torch.arange(size)).sum(dim=1) / moved.sum(dim=(1, 2, 3))
    assert 6 < rows.max() - 15.5 < 8.1
    assert -8.1 < rows.min() - 15.5 < -6


def test_a_warp_rotates_about_the_centre() -> None:
    bar = torch.zeros(200, 33, 33, 1, dtype=torch.uint8)
    bar[:, 15:18, 4:29] = 255
    turned = warp(bar, config(rotate_deg=90.0), rng())
    assert (turned[:, 16, 16] == 255).all()
    assert (turned[:, 6, 16] > 128).any(), "some stand upright"
    assert (turned[:, 16, 6] > 128).any(), "some lie"


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colour_varies_within_its_bounds_and_alpha_stays(channels: int) -> None:
    pixels = torch.full((200, 4, 4, channels), 100, dtype=torch.uint8)
    varied = jitter_color(pixels, 0.2, rng())
    color = varied[..., :3].float()
    assert color.min() >= 80
    assert color.max() <= 120
    assert color.std() > 5
    assert torch.equal(varied[..., 3:], pixels[..., 3:])


def test_saturation_moves_colours_towards_their_gray() -> None:
    pixels = torch.tensor([200, 40, 40], dtype=torch.uint8).expand(500, 2, 2, 3)
    spread = jitter_color(pixels, 0.9, rng()).float()
    distance = spread[:, 0, 0, 0] - spread[:, 0, 0, 1]
    assert distance.min() < 20
    assert distance.max() > 160


def test_erasing_blanks_one_rectangle_of_some_images_with_their_mean() -> None:
    num, size = 400, 16
    pixels = images(num=num, size=size, channels=1)
    erased = erase(pixels, 0.5, rng())
    changed = (erased != pixels)[..., 0]
    touched = changed.any(dim=(1, 2))
    assert 150 < touched.sum() < 250
    for index in touched.nonzero()[:20, 0].tolist():
        covered = changed[index].nonzero()
        top, left = covered.min(dim=0).values.tolist()
        bottom, right = (covered.max(dim=0).values + 1).tolist()
        patch = erased[index, top:bottom, left:right]
        assert patch.unique().tolist() == [round(pixels[index].float().mean().item())]
    share = changed[touched].float().mean()
    assert 0.1 < share < 0.25


def test_mixup_blends_images_as_it_blends_targets() -> None:
    pixels, targets = images(num=6, seed=1), one_hot(6, num_classes=6)
    mixed, probabilities = mix(pixels, targets, config(mixup=1.0), rng())
    blend = torch.einsum("bn,nhwc->bhwc", probabilities, pixels.float())
    assert (mixed.float() - blend).abs().max() <= 0.5 + 1e-3
    assert ((probabilities > 0) & (probabilities < 1)).any()


def test_cutmix_credits_each_image_with_the_area_it_has() -> None:
    values = torch.arange(6, dtype=torch.uint8)
    pixels = values.view(6, 1, 1, 1).expand(6, 8, 8, 1)
    areas = []
    for seed in range(20):
        mixed, probabilities = mix(pixels, one_hot(6, num_classes=6), config(cutmix=1.0), rng(seed))
        area = (mixed == values).float().mean(dim=(1, 2))
        torch.testing.assert_close(probabilities, area)
        areas.append(area.max(dim=1).values.min().item())
    assert min(areas) < 0.8


def test_with_both_on_a_batch_draws_one_of_the_two() -> None:
    values = torch.tensor([0, 255], dtype=torch.uint8)
    pixels = values.view(2, 1, 1, 1).expand(2, 8, 8, 1)
    both = config(mixup=1.0, cutmix=1.0)
    mixed = [mix(pixels, one_hot(2, num_classes=2), both, rng(seed))[0] for seed in range(30)]
    is_blend = [bool(((image > 0) & (image < 255)).any()) for image in mixed]
    assert sum(is_blend) > 5
    assert any(len(image[0].unique()) == 2 for image in mixed)


def test_a_function_of_the_users_own_replaces_the_keys(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def invert(pixels, targets, generator, *, by=255):\n    return by - pixels, targets\n", encoding="utf-8"
    )
    augment = build_augment(config(name="mine:invert", flip="both", options={"by": 254}), tmp_path)
    pixels, targets = images() // 2, one_hot(8)
    assert torch.equal(augment(pixels, targets, rng())[0], 254 - pixels)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.augment\.name: expected `standard`") as caught:
        build_augment(config(name="strong"), Path("custom"))
    assert caught.value.hint

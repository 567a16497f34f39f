from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from winnow.checks import outliers
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import Finding
from winnow.checks.outliers import deviations

Scene = Callable[..., Image.Image]
MakeConfig = Callable[..., ChecksConfig]
CHECKS = (
    outliers.SizeOutliers,
    outliers.BrightnessOutliers,
    outliers.ContrastOutliers,
    outliers.SharpnessOutliers,
    outliers.ColorOutliers,
    outliers.FlatPictures,
    outliers.ConstantChannelInPictures,
    outliers.ConstantChannelInSet,
)


def find(facts: Facts, config: ChecksConfig) -> dict[str, Finding]:
    return {finding.id: finding for check in CHECKS for finding in check(config).find(facts)}


def shown(finding: Finding) -> set[str]:
    return {each for example in finding.examples for each in example.ids}


def tinted(scene: Scene) -> Image.Image:
    red, green, blue = scene(900).split()
    return Image.merge("RGB", (red.point(lambda value: min(255, value + 130)), green, blue.point(lambda _: 20)))


def noisy(_: Scene) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)).resize((40, 32), 0)


PLANTED = {
    "tiny": ("D401", "smaller", lambda scene: scene(900, size=(4, 3))),
    "huge": ("D401", "larger", lambda scene: scene(900, size=(400, 320))),
    "panorama": ("D401", "wider", lambda scene: scene(900, size=(160, 8))),
    "dark": ("D402", "darker", lambda scene: scene(900).point(lambda value: value * 0.05)),
    "bright": ("D402", "brighter", lambda scene: scene(900).point(lambda value: 240 + value * 0.05)),
    "flat": ("D403", "flatter", lambda scene: scene(900).point(lambda value: 124 + value * 0.02)),
    "stark": ("D403", "starker", lambda scene: scene(900).point(lambda value: 255 * (value > 128))),
    "noisy": ("D404", "sharper", noisy),
    "blurred": ("D404", "more blurred", lambda scene: scene(900).filter(ImageFilter.GaussianBlur(30))),
    "tinted": ("D405", "redder", tinted),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_picture_that_stands_out_is_found_and_shown_first(
    picture_set: Any, scene: Scene, config: MakeConfig, fault: str
) -> None:
    check, word, make = PLANTED[fault]
    pictures = [scene(seed) for seed in range(60)]
    made = picture_set()
    others = set(made.facts(pictures, ["oak"] * 60).index["id"].to_pylist())
    known = made.facts([*pictures, make(scene)], ["oak"] * 61)
    (planted,) = set(known.index["id"].to_pylist()) - others
    finding = find(known, config(outlier_deviations=4.0))[check]
    assert finding.severity == "info"
    assert f"far {word}" in finding.message
    assert finding.examples[0].ids == (planted,)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_clean_pictures_of_two_classes_raise_nothing(
    picture_set: Any, scene: Scene, config: MakeConfig, channels: int
) -> None:
    pictures = [scene(seed, mode={1: "L", 3: "RGB", 4: "RGBA"}[channels]) for seed in range(300)]
    if channels == 4:
        for seed, picture in enumerate(pictures):
            picture.putalpha(scene(1000 + seed, mode="L"))
    known = picture_set(channels).facts(pictures, ["ash", "oak"] * 150)
    assert find(known, config()) == {}


def test_few_pictures_are_not_judged(picture_set: Any, scene: Scene, config: MakeConfig) -> None:
    known = picture_set().facts([*map(scene, range(20)), scene(99, size=(400, 320))], ["oak"] * 21)
    assert find(known, config()) == {}


def test_pictures_of_one_colour_are_counted(picture_set: Any, scene: Scene, config: MakeConfig) -> None:
    flat = [Image.new("RGB", (40, 32), (value, 10, 200)) for value in (100, 120)]
    known = picture_set().facts([*map(scene, range(30)), *flat], ["oak"] * 32)
    finding = find(known, config())["D406"]
    assert (finding.severity, finding.message) == ("warning", "2 of 32 pictures show one single colour")
    assert len(shown(finding)) == 2


def test_a_colour_that_was_lost_in_one_picture_is_told_and_a_flat_picture_is_not_one(
    picture_set: Any, scene: Scene, config: MakeConfig
) -> None:
    red, _, blue = scene(900).split()
    lost = Image.merge("RGB", (red, Image.new("L", red.size, 7), blue))
    known = picture_set().facts([*map(scene, range(30)), lost, Image.new("RGB", (40, 32), "red")], ["oak"] * 32)
    found = find(known, config())
    assert found["D407"].message == "a colour has one value all over in 1 of 32 pictures"
    assert "D408" not in found


@pytest.mark.parametrize(("channels", "name"), [(3, "green"), (4, "alpha")])
def test_a_channel_that_never_varies_is_named_once_for_the_set(
    picture_set: Any, scene: Scene, config: MakeConfig, channels: int, name: str
) -> None:
    def spoil(image: Image.Image) -> Image.Image:
        bands = list(image.convert("RGB" if channels == 3 else "RGBA").split())
        bands[1 if channels == 3 else 3] = Image.new("L", image.size, 255)
        return Image.merge("RGB" if channels == 3 else "RGBA", bands)

    known = picture_set(channels).facts([spoil(scene(seed)) for seed in range(40)], ["oak"] * 40)
    found = find(known, config())
    assert found["D408"].message == f"one value in all 40 pictures: {name}"
    assert "D407" not in found


def naive(values: np.ndarray, classes: Sequence[int], least: float) -> list[float]:
    result = []
    for value, each in zip(values, classes, strict=True):
        same = values[np.asarray(classes) == each]
        measured = same if len(same) >= 100 else values
        centre = np.median(measured)
        result.append((value - centre) / max(1.4826 * np.median(np.abs(measured - centre)), least))
    return result


def test_a_value_is_measured_by_its_class_where_that_is_large_else_by_all() -> None:
    rng = np.random.default_rng(0)
    classes = np.array([0] * 150 + [1] * 99 + [2] * 101)
    rng.shuffle(classes)
    values = rng.normal(classes * 10.0, 1.0)
    assert deviations(values, classes, 0.1) == pytest.approx(naive(values, classes.tolist(), 0.1))


def test_equal_values_are_no_outliers_and_a_spread_that_nobody_sees_is_none() -> None:
    values = np.array([0.5] * 90 + [0.51] * 10)
    assert np.abs(deviations(values, np.zeros(100, dtype=np.int64), 0.02)).max() == pytest.approx(0.5)


def test_normal_values_are_no_outliers() -> None:
    values = np.random.default_rng(0).normal(size=200_000)
    assert np.abs(deviations(values, np.zeros(200_000, dtype=np.int64), 0.01)).max() < 6

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from winnow.checks import shortcuts
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import Finding
from winnow.checks.shortcuts import bins, judge_rules

Scene = Callable[..., Image.Image]
MakeConfig = Callable[..., ChecksConfig]
CHECKS = (shortcuts.SizeShortcut, shortcuts.FormatShortcut, shortcuts.BorderShortcut)


def find(facts: Facts, config: ChecksConfig) -> dict[str, Finding]:
    return {finding.id: finding for check in CHECKS for finding in check(config).find(facts)}


def as_jpeg(image: Image.Image) -> Image.Image:
    image.info["save_as"] = "JPEG"
    return image


PLANTED: dict[str, tuple[str, Callable[[Scene, int], Image.Image]]] = {
    "size": ("D501", lambda scene, seed: scene(seed, size=(41, 32))),
    "format": ("D502", lambda scene, seed: as_jpeg(scene(seed))),
    "mode": ("D502", lambda scene, seed: scene(seed, mode="RGBA")),
    "border": ("D503", lambda scene, seed: ImageOps.expand(scene(seed, size=(32, 24)), 4, (250, 250, 250))),
}


@pytest.mark.parametrize("trait", PLANTED)
def test_a_class_that_a_trait_alone_gives_away_is_named_and_shown_beside_another(
    picture_set: Any, scene: Scene, config: MakeConfig, trait: str
) -> None:
    check, make = PLANTED[trait]
    labels = ["ash", "oak", "yew"] * 120
    pictures = [make(scene, seed) if label == "oak" else scene(seed) for seed, label in enumerate(labels)]
    known = picture_set().facts(pictures, labels)
    found = find(known, config())
    assert found.keys() == {check}
    assert found[check].severity == "warning"
    assert re.search(r"'oak' (1\.000|0\.99\d) \[0\.9\d+, ", found[check].message)
    assert "'ash'" not in found[check].message
    (example,) = found[check].examples
    label_of = dict(zip(known.index["id"].to_pylist(), known.index["label"].to_pylist(), strict=True))
    assert label_of[example.ids[0]] == "oak"
    assert label_of[example.ids[1]] != "oak"
    assert example.note.startswith("'oak' beside ")


def test_traits_that_classes_share_are_no_shortcut(picture_set: Any, scene: Scene, config: MakeConfig) -> None:
    rng = np.random.default_rng(0)
    pictures = []
    for seed in range(300):
        picture = scene(seed, size=tuple(rng.choice([24, 32, 40, 64], 2).tolist()), mode=rng.choice(["L", "RGB"]))
        pictures.append(as_jpeg(picture) if rng.random() < 0.5 else picture)
    assert find(picture_set().facts(pictures, ["ash", "oak", "yew"] * 100), config()) == {}


def test_one_class_has_nothing_to_be_told_from(picture_set: Any, scene: Scene, config: MakeConfig) -> None:
    assert find(picture_set().facts([scene(seed) for seed in range(20)], ["oak"] * 20), config()) == {}


def test_a_trait_that_is_almost_as_good_as_a_name_gains_nothing_by_chance() -> None:
    """300 pictures with 250 different borders: fitted without a fold held out, they would tell every class."""
    rng = np.random.default_rng(0)
    cells, classes = rng.integers(0, 250, 300), np.arange(300) % 3
    rules = judge_rules(cells, classes, np.arange(300))
    assert rules.value == pytest.approx(0.5, abs=0.12)
    assert rules.high.min() > 0.5 > rules.low.max()


@pytest.mark.parametrize("num_classes", [2, 10])
def test_on_shuffled_labels_the_interval_leaves_chance_out_in_hardly_any_data_set(num_classes: int) -> None:
    rng = np.random.default_rng(1)
    cells = np.repeat(np.arange(6), 50)
    alarms = 0
    for _ in range(200):
        rules = judge_rules(cells, rng.integers(0, num_classes, 300), np.arange(300))
        alarms += bool((rules.low > 0.5).any())
    assert alarms <= 200 * 0.05


def test_images_of_one_group_are_one_witness() -> None:
    """Six patients, each with a size of its own: sizes tell the classes by chance, and no size is seen in two folds."""
    units = np.repeat(np.arange(6), 50)
    classes = units % 2
    alone = judge_rules(units, classes, np.arange(300))
    grouped = judge_rules(units, classes, units)
    assert alone.low.min() > 0.9
    assert grouped.value.max() <= 0.5
    assert grouped.low.max() < 0.5


def test_the_interval_narrows_with_images_and_holds_the_value() -> None:
    widths = []
    for count in (60, 600, 6000):
        classes = np.arange(count) % 2
        cells = np.where(np.arange(count) % 10 == 0, 1 - classes, classes)
        rules = judge_rules(cells, classes, np.arange(count))
        assert (rules.low < rules.value).all()
        assert (rules.value < rules.high).all()
        assert rules.value == pytest.approx(0.9, abs=0.02)
        widths.append(float((rules.high - rules.low).max()))
    assert widths == sorted(widths, reverse=True)


def test_few_values_have_a_bin_each_and_many_share_bins_of_like_weight() -> None:
    assert bins(np.array([7, 3, 3, 900]), 4).tolist() == [1, 0, 0, 2]
    sizes = np.bincount(bins(np.random.default_rng(0).exponential(size=10_000), 8))
    assert len(sizes) == 8
    assert sizes.max() < 1.1 * sizes.min()


def test_a_value_that_most_pictures_have_keeps_a_bin_to_itself() -> None:
    values = np.concatenate([np.zeros(900), np.random.default_rng(0).uniform(0.1, 1, 100)])
    codes = bins(values, 6)
    assert len(np.unique(codes[:900])) == 1
    assert codes[0] not in codes[900:]

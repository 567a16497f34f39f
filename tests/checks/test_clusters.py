import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from winnow.checks.clusters import Clusters, ConflictingDuplicates, NearDuplicates, find_clusters
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import Example
from winnow.data.config import NearDuplicatesConfig

Scene = Callable[..., Image.Image]
MakeFacts = Callable[..., Facts]
SEARCH = NearDuplicatesConfig(hold_out=True, max_distance=12, max_difference=0.1)


def copy_of(image: Image.Image, quality: int) -> Image.Image:
    """Return `image` with a margin cut away, re-encoded."""
    width, height = image.size
    stream = io.BytesIO()
    image.crop((3, 3, width - 3, height - 3)).save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def clusters_of_ids(made: Any, known: Facts) -> list[set[str]]:
    ids = known.index["id"].to_pylist()
    return [{ids[row] for row in cluster} for cluster in find_clusters(made.samples(known.index), SEARCH)]


def test_planted_copies_form_clusters_and_nothing_else_does(picture_set: Any, scene: Scene) -> None:
    originals = [scene(seed, size=(160, 128)) for seed in range(80)]
    made = picture_set()
    alone = made.facts(originals, ["oak"] * 80)
    assert clusters_of_ids(made, alone) == []
    copies = [copy_of(originals[0], 90), copy_of(originals[0], 70), copy_of(originals[5], 80)]
    known = made.facts([*originals, *copies], ["oak"] * 83)
    clusters = clusters_of_ids(made, known)
    new = set(known.index["id"].to_pylist()) - set(alone.index["id"].to_pylist())
    assert [len(cluster) for cluster in clusters] == [3, 2]
    assert [len(cluster & new) for cluster in clusters] == [2, 1]


def test_pictures_without_copies_have_no_clusters_in_any_order(picture_set: Any, scene: Scene) -> None:
    made = picture_set()
    known = made.facts([scene(seed) for seed in range(40)], ["oak"] * 40)
    assert find_clusters(made.samples(known.index.slice(0, 0)), SEARCH) == []
    assert find_clusters(made.samples(known.index), SEARCH) == []


def test_clusters_are_counted_and_the_largest_is_shown_first(
    facts: MakeFacts, config: Callable[..., ChecksConfig]
) -> None:
    known = facts(("oak", "train", 20), clusters=[[3, 4, 9], [1, 2]])
    (finding,) = Clusters(config()).find(known)
    assert finding.severity == "warning"
    assert finding.message == "5 images form 2 clusters of near duplicates, the largest of 3"
    assert finding.examples[0] == Example(tuple(f"{at:020x}" for at in (3, 4, 9)), "3 images")


def test_a_cluster_in_one_group_is_in_order(facts: MakeFacts, config: Callable[..., ChecksConfig]) -> None:
    settled = facts(("oak", "train", 9), clusters=[[1, 2]], groups={1: "scene", 2: "scene"})
    torn = facts(("oak", "train", 9), clusters=[[1, 2]], groups={1: "scene"})
    assert list(Clusters(config()).find(settled)) == []
    assert len(list(Clusters(config()).find(torn))) == 1


def test_duplicates_that_contradict_each_other_are_shown_one_a_label(
    facts: MakeFacts, config: Callable[..., ChecksConfig]
) -> None:
    known = facts(("ash", "train", 5), ("oak", "train", 5), clusters=[[0, 1, 2, 7], [3, 4]])
    (finding,) = ConflictingDuplicates(config()).find(known)
    assert finding.message == "4 near duplicates in 1 cluster have different labels"
    assert finding.examples == [Example((f"{0:020x}", f"{7:020x}"), "'ash' (3), 'oak' (1)")]
    agreed = facts(("ash", "train", 5), clusters=[[0, 1]])
    assert list(ConflictingDuplicates(config()).find(agreed)) == []


def test_held_out_images_are_counted_with_those_that_stay_and_shown_with_what_they_duplicate(
    sound: Facts, config: Callable[..., ChecksConfig]
) -> None:
    import pyarrow as pa

    held = [sound.index["id"][at].as_py() for at in (1, 2)]
    mask = pa.chunked_array([[at in (1, 2) for at in range(72)]])
    known = sound.with_held_out(mask, [(one, "f" * 20) for one in held])
    (finding,) = NearDuplicates(config()).find(known)
    assert finding.severity == "warning"
    assert finding.message.startswith("2 of 24 training images")
    assert finding.examples == [Example((one, "f" * 20)) for one in held]
    assert list(NearDuplicates(config()).find(sound)) == []


@pytest.mark.parametrize("check", [Clusters, ConflictingDuplicates])
def test_no_cluster_is_nothing_to_say(
    sound: Facts, config: Callable[..., ChecksConfig], check: type[Clusters | ConflictingDuplicates]
) -> None:
    assert list(check(config()).find(sound)) == []

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from winnow.checks.gathering import first_facts, hold_out, with_pictures
from winnow.data.config import DataConfig, NearDuplicatesConfig
from winnow.data.labels import Labels
from winnow.gate_config import Sensitivity

Scene = Callable[..., Image.Image]
DATA = DataConfig(seed=0, val_fraction=0.2, test_fraction=0.2)
SEARCH = NearDuplicatesConfig(hold_out=True, max_distance=12, max_difference=0.1)


def test_labels_alone_tell_splits_and_what_is_missing() -> None:
    labels = Labels.from_rows([(f"{at:020x}", "oak" if at else "", "", "", "") for at in range(50)])
    facts = first_facts(labels, DATA, [], Sensitivity(margin=0.01, alpha=0.05, power=0.8))
    assert facts.num_unlabelled == 1
    assert facts.index["part"].null_count == 49
    assert sum(facts.split_counts.values()) == 49
    assert (facts.pictures, facts.clusters, facts.opinions) == (None, None, None)


def test_a_training_image_that_shows_a_judged_one_is_held_out(picture_set: Any, scene: Scene, tmp_path: Path) -> None:
    pictures = [scene(seed, size=(80, 64)) for seed in range(30)]
    copy = pictures[0].resize((70, 56))
    made = picture_set()
    known = made.facts([*pictures, copy], ["oak"] * 31)
    widths = known.pictures.originals.width
    split = pa.chunked_array([["train" if width == 70 else "test" for width in widths]])
    dealt = replace(known, index=known.index.set_column(3, "split", split))
    facts, candidates = hold_out(tmp_path / "nothing", dealt, made.samples, SEARCH)
    (pair,) = facts.near_duplicates
    assert facts.in_splits("held_out")["id"].to_pylist() == [pair[0]]
    assert candidates is not None
    same, none = hold_out(tmp_path / "nothing", dealt, made.samples, SEARCH.model_copy(update={"hold_out": False}))
    assert same is dealt
    assert none is None


def test_nothing_looks_at_the_pictures_of_the_vault(picture_set: Any, scene: Scene) -> None:
    made = picture_set()
    known = made.facts([scene(seed) for seed in range(10)], ["oak"] * 10)
    split = pa.chunked_array([["vault"] * 4 + ["train"] * 6])
    dealt = replace(known, index=known.index.set_column(3, "split", split), pictures=None)
    (part,) = made.folder.glob("part-*.arrow")
    facts = with_pictures(dealt, made.samples, [part])
    assert facts.pictures.index["id"].to_pylist() == dealt.index["id"].to_pylist()[4:]

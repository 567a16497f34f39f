"""Whatever changes between two runs, what is known from before gives the outcome of starting anew, with less work."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from winnow.data.candidates import CANDIDATES, Candidates, find_candidates, keep_candidates
from winnow.data.config import NearDuplicatesConfig
from winnow.data.parts import ImageRecord, part_ids, part_name
from winnow.data.pixels import pixels_name, variant, write_pixels
from winnow.data.prepared import INDEX, Samples, write_index
from winnow.transforms.spec import PreprocessSpec

CONFIG = NearDuplicatesConfig(hold_out=True, max_distance=12, max_difference=0.2)
SPEC = PreprocessSpec(
    size=16, channels=1, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)
NUM_MOTIFS = 30


@dataclass
class Store:
    """Prepared pixels of pictures of which many show one motif, and a folder that remembers."""

    pixels: Path
    part: str
    folder: Path
    rows: dict[str, int]

    def index(self, ids: Sequence[str], split: str) -> pa.Table:
        ids = sorted(ids)
        constants = {"label": "oak", "group": "", "split": split, "part": self.part}
        columns = {name: pa.array([value] * len(ids), pa.string()) for name, value in constants.items()}
        rows = pa.array([self.rows[each] for each in ids], pa.uint32())
        return pa.table({"id": pa.array(ids, pa.string()), **columns, "row": rows})

    def samples(self, index: pa.Table) -> Samples:
        return Samples(self.pixels, index, SPEC, variant(SPEC))

    def run(self, train: Sequence[str], judged: Sequence[str], config: NearDuplicatesConfig = CONFIG) -> Candidates:
        """Do what `winnow prepare` does."""
        tables = self.index(train, "train"), self.index(judged, "test")
        candidates = find_candidates(self.folder, *tables, self.samples, config)
        write_index(self.folder, pa.concat_tables(tables).sort_by("id"), spec=SPEC, mean=[0.5], std=[1.0])
        keep_candidates(self.folder, candidates, config)
        return candidates


def sketch(motif: int, version: int) -> Image.Image:
    rng = np.random.default_rng(motif)
    grid = rng.integers(0, 256, (5, 5), dtype=np.uint8).astype(np.float64)
    grid += np.random.default_rng((motif, version)).normal(0, 12, (5, 5))
    return Image.fromarray(grid.clip(0, 255).astype(np.uint8)).resize((32, 32), Image.Resampling.BICUBIC)


@pytest.fixture
def make_store(
    tmp_path: Path, record: Callable[[Image.Image], ImageRecord], write_part: Callable[[Sequence[ImageRecord]], Path]
) -> Callable[[str], Store]:
    part = write_part([record(sketch(motif, version)) for motif in range(NUM_MOTIFS) for version in range(8)])
    pixels = tmp_path / "pixels"
    pixels.mkdir()
    write_pixels(part, SPEC, pixels / pixels_name(part_name(part), variant(SPEC)))
    rows = {each: row for row, each in enumerate(part_ids(part).to_pylist())}

    def make(name: str) -> Store:
        (tmp_path / name).mkdir()
        return Store(pixels, part_name(part), tmp_path / name, rows)

    return make


def same(one: Candidates, other: Candidates) -> bool:
    near = one.nearest.within(CONFIG.max_difference)
    return (
        np.array_equal(near, other.nearest.within(CONFIG.max_difference))
        and np.array_equal(one.nearest.partners[near], other.nearest.partners[near])
        and np.array_equal(one.nearest.cosines[near], other.nearest.cosines[near])
    )


def test_any_history_ends_where_a_fresh_start_does(make_store: Callable[[str], Store]) -> None:
    store, rng = make_store("kept"), random.Random(0)
    for step in range(12):
        chosen = rng.sample(sorted(store.rows), rng.randint(120, 240))
        cut = rng.randint(20, 100)
        fresh = make_store(f"fresh {step}")
        kept, anew = store.run(chosen[cut:], chosen[:cut]), fresh.run(chosen[cut:], chosen[:cut])
        assert len(anew.nearest.within(CONFIG.max_difference)) > 20
        assert same(kept, anew)
        assert (store.folder / CANDIDATES).read_bytes() == (fresh.folder / CANDIDATES).read_bytes()


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return a list that grows by the numbers of images that are compared with each other."""
    from winnow.data import candidates as module

    calls: list[tuple[int, int]] = []
    real = module.search
    monkeypatch.setattr(
        module, "search", lambda one, other, config: (calls.append((len(one), len(other))), real(one, other, config))[1]
    )
    return calls


def test_only_pairs_that_are_new_are_compared(
    make_store: Callable[[str], Store], searched: list[tuple[int, int]]
) -> None:
    store = make_store("kept")
    ids = sorted(store.rows)
    for train, judged, expected in [
        (ids[50:200], ids[:50], [(150, 50)]),
        (ids[50:200], ids[:50], []),
        (ids[50:210], ids[:50], [(10, 50)]),
        (ids[52:210], ids[:50], []),
        (ids[52:210], [*ids[:50], *ids[210:215]], [(158, 5)]),
        ([*ids[50:210], *ids[220:]], [*ids[:50], *ids[210:217]], [(158, 2), (22, 57)]),
    ]:
        searched.clear()
        store.run(train, judged)
        assert searched == expected


def test_a_training_image_whose_nearest_went_away_is_compared_anew(
    make_store: Callable[[str], Store], searched: list[tuple[int, int]]
) -> None:
    store = make_store("kept")
    ids = sorted(store.rows)
    first = store.run(ids[50:], ids[:50])
    near = first.nearest.within(CONFIG.max_difference)
    gone = ids[first.nearest.partners[near[0]]]
    num_widowed = int((first.nearest.partners[near] == ids.index(gone)).sum())
    searched.clear()
    store.run(ids[50:], [each for each in ids[:50] if each != gone])
    assert searched == [(num_widowed, 49)]


def cut_short(store: Store) -> None:
    path = store.folder / CANDIDATES
    path.write_bytes(path.read_bytes()[:-40])


def spoil(store: Store) -> None:
    (store.folder / CANDIDATES).write_bytes(b"not a table")


def lose_the_index(store: Store) -> None:
    (store.folder / INDEX).unlink()


def replace_the_index(store: Store) -> None:
    ids = sorted(store.rows)
    write_index(store.folder, store.index(ids[:100], "train"), spec=SPEC, mean=[0.5], std=[1.0])


@pytest.mark.parametrize("harm", [cut_short, spoil, lose_the_index, replace_the_index])
def test_what_does_not_fit_is_not_trusted(
    make_store: Callable[[str], Store], searched: list[tuple[int, int]], harm: Callable[[Store], None]
) -> None:
    store = make_store("kept")
    ids = sorted(store.rows)
    first = store.run(ids[50:], ids[:50])
    harm(store)
    assert same(store.run(ids[50:], ids[:50]), first)
    assert searched == [(190, 50)] * 2


def test_other_thresholds_start_anew(make_store: Callable[[str], Store], searched: list[tuple[int, int]]) -> None:
    store = make_store("kept")
    ids = sorted(store.rows)
    store.run(ids[50:], ids[:50])
    for changes in ({"max_distance": 10}, {"max_difference": 0.3}):
        store.run(ids[50:], ids[:50], CONFIG.model_copy(update=changes))
    assert searched == [(190, 50)] * 3


def test_without_a_search_nothing_is_known(make_store: Callable[[str], Store]) -> None:
    store = make_store("kept")
    ids = sorted(store.rows)
    store.run(ids[50:], ids[:50])
    keep_candidates(store.folder, None, CONFIG)
    keep_candidates(store.folder, None, CONFIG)
    assert not (store.folder / CANDIDATES).exists()

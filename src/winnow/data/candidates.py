"""What the search for near duplicates found, kept in `data/prepared/`: ten images more are ten searched.

The file names the judged image that a training image is nearest to, where the two are near enough to be looked at, and
carries the hash of the index that it belongs to: which images were compared is read from there. Without a file that
fits, everything is compared; the outcome is the same.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.data.config import NearDuplicatesConfig
from winnow.data.near_duplicates import Nearest, search
from winnow.data.pixels import variant
from winnow.data.prepared import Samples, read_index, read_meta
from winnow.errors import InputError
from winnow.files import replacing
from winnow.provenance import module_hash
from winnow.schema import stamp
from winnow.transforms.spec import PreprocessSpec

CANDIDATES = "candidates.arrow"
_SCHEMA = pa.schema([("train", pa.string()), ("judged", pa.string()), ("cosine", pa.float32())])
_SEARCHERS = ("winnow.data.near_duplicates", "winnow.transforms.gradients")
_NO_IDS = pa.chunked_array([], pa.string())

OpenSamples = Callable[[pa.Table], Samples]


@dataclass(frozen=True)
class Candidates:
    """Training images, and what each is nearest to among the images that judge the model."""

    train: pa.Table
    """Rows of an index, sorted by id."""

    judged: pa.Table
    """Rows of an index, sorted by id."""

    nearest: Nearest
    """By row of both."""


def find_candidates(
    folder: Path, train: pa.Table, judged: pa.Table, samples: OpenSamples, config: NearDuplicatesConfig
) -> Candidates:
    """Return what each training image is nearest to, comparing only what was not compared before.

    A pair was compared when both images were there the last time; a training image whose nearest has gone is compared
    anew.
    """
    nearest = Nearest.of_none(train.num_rows)
    was_train, was_judged, pairs = _read(folder, _key(samples(train).spec, config))
    is_old, is_old_judged = _is_in(train["id"], was_train), _is_in(judged["id"], was_judged)
    rows, partners = _positions(pairs["train"], train["id"]), _positions(pairs["judged"], judged["id"])
    stays = (rows >= 0) & (partners >= 0)
    nearest.improve(rows[stays], partners[stays], pairs["cosine"].to_numpy()[stays])
    is_old[rows[(rows >= 0) & (partners < 0)]] = False
    for own, others in ((is_old, ~is_old_judged), (~is_old, np.ones_like(is_old_judged))):
        if own.any() and others.any():
            found = search(samples(train.filter(own)), samples(judged.filter(others)), config)
            nearest.improve(np.flatnonzero(own), np.flatnonzero(others)[found.partners], found.cosines)
    return Candidates(train, judged, nearest)


def keep_candidates(folder: Path, candidates: Candidates | None, config: NearDuplicatesConfig) -> None:
    """Write what is near enough to be looked at, for the index that is in `folder` now; with None, nothing is known."""
    if candidates is None:
        (folder / CANDIDATES).unlink(missing_ok=True)
        return
    meta, nearest = read_meta(folder), candidates.nearest
    near = nearest.within(config.max_difference)
    columns = {
        "train": candidates.train["id"].take(pa.array(near)),
        "judged": candidates.judged["id"].take(pa.array(nearest.partners[near])),
        "cosine": nearest.cosines[near],
    }
    metadata = stamp({"data_hash": meta.data_hash, "key": _key(meta.spec, config)})
    schema = _SCHEMA.with_metadata({key: str(value) for key, value in metadata.items()})
    with replacing(folder / CANDIDATES) as temporary, pa.ipc.new_file(str(temporary), schema) as writer:
        writer.write_table(pa.table(columns, schema=schema).combine_chunks())


def _read(folder: Path, key: str) -> tuple[pa.ChunkedArray, pa.ChunkedArray, pa.Table]:
    """Return the ids of the training and of the judged images that were compared, and the near pairs."""
    try:
        index, data_hash = read_index(folder), read_meta(folder).data_hash
        with pa.OSFile(str(folder / CANDIDATES), "rb") as source:
            pairs = pa.ipc.open_file(source).read_all()
    except (InputError, OSError, pa.ArrowInvalid):
        return _NO_IDS, _NO_IDS, _SCHEMA.empty_table()
    metadata = pairs.schema.metadata or {}
    if (metadata.get(b"data_hash"), metadata.get(b"key")) != (data_hash.encode(), key.encode()):
        return _NO_IDS, _NO_IDS, _SCHEMA.empty_table()
    is_train = pc.is_in(index["split"], value_set=pa.array(["train", "held_out"]))
    return index["id"].filter(is_train), index["id"].filter(pc.invert(is_train)), pairs


def _key(spec: PreprocessSpec, config: NearDuplicatesConfig) -> str:
    """Return what the outcome depends on besides the images: thresholds, pixels and code."""
    text = f"{variant(spec)}\0{config.max_distance}\0{config.max_difference}\0{module_hash(*_SEARCHERS)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _is_in(ids: pa.ChunkedArray, others: pa.ChunkedArray) -> NDArray[np.bool_]:
    is_in: NDArray[np.bool_] = pc.is_in(ids, value_set=others.combine_chunks()).to_numpy().copy()
    return is_in


def _positions(ids: pa.ChunkedArray, among: pa.ChunkedArray) -> NDArray[np.intp]:
    """Return where `ids` are in `among`, -1 for nowhere."""
    positions: NDArray[np.intp] = (
        pc.index_in(ids, value_set=among.combine_chunks()).fill_null(-1).to_numpy().astype(np.intp)
    )
    return positions

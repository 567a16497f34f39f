"""Which split an image belongs to: a function of its group (else its id) and one seed, never of the other images.

Adding, removing or relabelling images therefore moves nothing, and two commits can be compared on the same test images.
"""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.config import DataConfig
from winnow.data.labels import Labels

_DIGEST_BYTES = 8


def position(key: str, seed: int) -> float:
    """Return where `key` falls in [0, 1): the first 53 bits of a SHA-256, uniform over keys."""
    digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
    # 53 bits are what a float holds: further ones could round up to 1.
    return (int.from_bytes(digest[:_DIGEST_BYTES], "big") >> 11) / 2**53


def split_of(key: str, config: DataConfig) -> str:
    """Return `train`, `val` or `test` for a group or an id.

    Test takes the bottom of [0, 1) and val the top, so that enlarging one of them only takes from training.
    """
    place = position(key, config.seed)
    if place < config.test_fraction:
        return "test"
    return "val" if place >= 1 - config.val_fraction else "train"


def deal(labels: Labels, config: DataConfig) -> pa.Array:
    """Return the split of every row, string [N]: its own pin, else its group's, else by hash.

    A group that is pinned somewhere is pinned everywhere: it must not straddle splits. Where its rows contradict one
    another, each keeps its own pin, and check D105 refuses the data set.
    """
    table = labels.table
    groups, pins = table["group"], table["split"]
    keys = pc.if_else(pc.equal(groups, ""), table["id"], groups).combine_chunks().dictionary_encode()
    by_hash = pa.array([split_of(key.as_py(), config) for key in keys.dictionary], pa.string()).take(keys.indices)
    pinned = table.filter(pc.and_(pc.not_equal(groups, ""), pc.not_equal(pins, "")))
    pin_of_group = pinned.group_by("group").aggregate([("split", "max")])
    place = pc.index_in(groups, value_set=pin_of_group["group"].combine_chunks())
    own = pc.if_else(pc.equal(pins, ""), None, pins)
    return pc.coalesce(own, pin_of_group["split_max"].take(place), by_hash).combine_chunks()

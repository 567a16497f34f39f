"""From files to facts: what `winnow prepare` and `winnow check` both need to know before they judge."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.facts import SEEN, Facts
from winnow.checks.pictures import read_pictures
from winnow.data.candidates import Candidates, OpenSamples, find_candidates
from winnow.data.config import DataConfig, NearDuplicatesConfig
from winnow.data.labels import Labels
from winnow.data.locations import locate
from winnow.data.near_duplicates import confirm
from winnow.data.splits import deal
from winnow.gate_config import Sensitivity

_JUDGED = ("val", "test", "vault")


def first_facts(labels: Labels, data: DataConfig, parts: Sequence[Path], sensitivity: Sensitivity) -> Facts:
    """Return what labels and parts say, without a look at any picture."""
    index = locate(labels, deal(labels, data), parts)
    return Facts(index, num_unlabelled=len(labels) - index.num_rows, sensitivity=sensitivity)


def hold_out(
    folder: Path, facts: Facts, samples: OpenSamples, config: NearDuplicatesConfig
) -> tuple[Facts, Candidates | None]:
    """Move training images that nearly duplicate a judged one to the split `held_out`, where the config says so.

    What an earlier run left in `folder` is used, and nothing is written there: the caller may keep the candidates.
    """
    if not config.hold_out:
        return facts, None
    train, judged = facts.in_splits("train"), facts.in_splits(*_JUDGED)
    candidates = find_candidates(folder, train, judged, samples, config)
    pairs = confirm(samples(train), samples(judged), candidates.nearest, config)
    held_out, partners = train["id"].take(pa.array(pairs[:, 0])), judged["id"].take(pa.array(pairs[:, 1]))
    is_held_out = pc.is_in(facts.index["id"], value_set=held_out.combine_chunks())
    named = list(zip(held_out.to_pylist(), partners.to_pylist(), strict=True))
    return facts.with_held_out(is_held_out, named), candidates


def with_pictures(facts: Facts, samples: OpenSamples, parts: Sequence[Path]) -> Facts:
    """Return the same facts, and what the pictures look like."""
    index = facts.in_splits(*SEEN)
    return replace(facts, pictures=read_pictures(index, samples(index), parts))

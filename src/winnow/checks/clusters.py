"""Images that show one picture, wherever in the set they are, and what is wrong with that (D3xx)."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from winnow.checks.check import Check, Message, plural
from winnow.checks.facts import Facts
from winnow.checks.findings import Example
from winnow.checks.neighbours import near_pairs
from winnow.data.config import NearDuplicatesConfig
from winnow.data.near_duplicates import confirm_within
from winnow.data.prepared import Samples

_MAX_SHOWN = 6


def find_clusters(samples: Samples, config: NearDuplicatesConfig) -> list[list[int]]:
    """Return positions in `samples` that near duplicates join, two or more each: the largest first, each ascending.

    Candidates are near by their hashes, pixels confirm them (data/near_duplicates.py), and a copy of a copy belongs to
    the same cluster.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = confirm_within(samples, near_pairs(samples.column("hashes"), config.max_distance), config)
    if not len(pairs):
        return []
    rows, places = np.unique(pairs, return_inverse=True)
    one, other = places.reshape(-1, 2).T
    graph = coo_array((np.ones(len(one), dtype=np.bool_), (one, other)), shape=(len(rows), len(rows)))
    component = connected_components(graph, directed=False)[1]
    order = np.argsort(component, kind="stable")
    starts = np.flatnonzero(np.diff(component[order])) + 1
    clusters: list[list[int]] = [each.tolist() for each in np.split(rows[order], starts)]
    return sorted(clusters, key=lambda cluster: (-len(cluster), cluster[0]))


class NearDuplicates(Check):
    """A training image that shows the same picture as one that judges the model is held out: it would leak the answer.

    What counts as the same picture is decided in `data/near_duplicates.py`, by `prepare.near_duplicates`.
    """

    id, severity = "D301", "warning"
    hint = "look at them (winnow check --html); give pictures of one scene the same group"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Count them; the examples are the training images, each with what it duplicates."""
        if facts.near_duplicates:
            held_out = {train for train, _ in facts.near_duplicates}
            total = len(held_out) + facts.num_in("train")
            message = f"{len(held_out)} of {total} training images nearly duplicate one that judges the model"
            yield message, [Example(pair) for pair in sorted(facts.near_duplicates)]


class Clusters(Check):
    """Several images show the same picture, and no group says so: they count as several witnesses and are one.

    Looked for in the whole set, by `winnow check` alone. A cluster whose images share one group is in order.
    """

    id, severity = "D302", "warning"
    hint = "give the images of a cluster one group in data/labels.csv, or keep one of them (winnow remove)"
    needs = "clusters"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Count clusters and images; the largest come first."""
        clusters = [each for each in facts.clusters or () if not _share_group(facts, each)]
        if clusters:
            num_images = sum(map(len, clusters))
            message = (
                f"{num_images:,} images form {plural(len(clusters), 'cluster')} of near duplicates, "
                f"the largest of {len(clusters[0])}"
            )
            yield message, [_example(facts, each, f"{len(each)} images") for each in clusters]


class ConflictingDuplicates(Check):
    """Images that show the same picture have different labels: at most one of them is right.

    Looked for in the whole set, by `winnow check` alone.
    """

    id, severity = "D303", "warning"
    hint = "look at them (winnow check --html) and settle their label: winnow relabel IMAGE CLASS"
    needs = "clusters"

    def messages(self, facts: Facts) -> Iterator[Message]:
        """Count them; an example holds an image of each label."""
        examples, num_images = [], 0
        for cluster in facts.clusters or ():
            labels = _values(facts, "label", cluster)
            if len(set(labels)) > 1:
                num_images += len(cluster)
                first = dict(reversed(list(zip(labels, cluster, strict=True))))
                note = ", ".join(f"{label!r} ({count})" for label, count in Counter(labels).most_common(_MAX_SHOWN))
                examples.append(_example(facts, sorted(first.values()), note))
        if examples:
            message = f"{num_images:,} near duplicates in {plural(len(examples), 'cluster')} have different labels"
            yield message, examples


def _values(facts: Facts, column: str, rows: Sequence[int]) -> list[str]:
    values: list[str] = facts.index[column].take(pa.array(rows, pa.int64())).to_pylist()
    return values


def _share_group(facts: Facts, rows: Sequence[int]) -> bool:
    groups = set(_values(facts, "group", rows))
    return len(groups) == 1 and "" not in groups


def _example(facts: Facts, rows: Sequence[int], note: str) -> Example:
    return Example(tuple(_values(facts, "id", rows[:_MAX_SHOWN])), note)

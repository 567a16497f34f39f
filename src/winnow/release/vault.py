"""The vault: images that no model is trained on, tested on or chosen by. The served file of a version sees them once.

Whoever looks again and again at images that nobody was to look at makes a second test set of them. So the look is noted
on the Git remote before it happens; one that was begun and has left no result counts as taken.
"""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.attestation import FileSum
from winnow.changes.snapshot import DEALT, Snapshot
from winnow.errors import CheckError
from winnow.evaluation.predictions import COLUMNS, Predictions, collect
from winnow.project import Project
from winnow.registry.entry import VaultLook
from winnow.release.pixels import read_pixels
from winnow.release.scoring import Exported, ask_all, metrics_of
from winnow.release.vault_ref import Opening, VaultRef
from winnow.runtime import INT8_MODEL, MODEL
from winnow.verdict.account.words import difference_text, estimate_text, has_points, metric_name
from winnow.verdict.judging.case import Judging
from winnow.verdict.judging.metric_changes import DIRECTIONS
from winnow.verdict.record.evidence import Estimate

VAULT = "vault"


@dataclass(frozen=True)
class Ticket:
    """Which model may look, and where that is noted."""

    project: Project
    artifact: str
    version: str
    commit: str
    files: Mapping[str, FileSum]

    @property
    def ref(self) -> VaultRef:
        """The ref of the version."""
        return VaultRef(self.project, self.artifact, self.version)

    @property
    def is_asked(self) -> bool:
        """Whether there is a file that could be."""
        return f"onnx/{MODEL}" in self.files

    @property
    def served(self) -> str:
        """The file that is asked, below the model's folder."""
        int8 = f"onnx/{INT8_MODEL}"
        return int8 if int8 in self.files else f"onnx/{MODEL}"

    def opening(self, look: VaultLook | None = None) -> Opening:
        """Return the record that the vault is open, or what was seen there."""
        return Opening(
            artifact=self.artifact,
            version=self.version,
            commit=self.commit,
            sha256=self.files[self.served].sha256,
            run=secrets.token_hex(8),
            state="looked" if look else "opened",
            look=look,
        )


def find_look(ticket: Ticket) -> VaultLook | None:
    """Return what was seen when this version looked, None where it has not.

    Raises CheckError where the vault was opened and no result was kept, or for another file; errors as `VaultRef.read`.
    """
    ref = ticket.ref
    found = ref.read()
    if found is None:
        return None
    opening, expected = found[1], ticket.opening()
    if (opening.artifact, opening.version, opening.commit, opening.sha256) != (
        *(expected.artifact, expected.version, expected.commit, expected.sha256),
    ):
        raise CheckError(f"{ref.name} is about another model than {expected.version}", hint="who has written it?")
    if opening.look is None:
        raise CheckError(
            f"the vault was opened for {opening.version} and no result was kept: it is not looked at twice",
            hint=f"a run is still at it, or was killed; who answers for another look: {ref.clearing()}",
        )
    return opening.look


def vault_images(snapshot: Snapshot) -> pa.Table:
    """Return the images of the vault: text columns id, split, label and group, sorted by id."""
    table = snapshot.rows.filter(pc.equal(snapshot.rows[DEALT], VAULT))
    return table.drop_columns(["split"]).append_column("split", table[DEALT]).select(COLUMNS).sort_by("id")


def look(ticket: Ticket, exported: Exported, images: pa.Table, test: Predictions, rules: Judging) -> VaultLook:
    """Let the served file answer about the vault, once, and keep what came of it.

    Everything that can be missing is asked for before the vault is opened. Raises CheckError where there is nothing to
    learn from it (too few groups or classes, a class that the model does not know) or somebody else was first.
    """
    judging = replace(rules, confidence=1 - rules.gate.alpha)
    metric = rules.gate.metric
    recorded = metrics_of(test, judging)[metric]
    _require_useful(images, exported.runtime.labels, metric, judging)
    for _ in read_pixels(ticket.project, ticket.commit, images["id"].to_pylist(), exported.runtime.spec):
        pass
    ref = ticket.ref
    opened = ref.move(ticket.opening())
    name = exported.served
    served = Exported({name: exported.runtimes[name]})
    seen = metrics_of(ask_all(ticket.project, ticket.commit, served, images).by_file[name], judging)[metric]
    difference = independent_difference(seen, recorded)
    found = VaultLook(
        metric=metric,
        vault=seen,
        test=recorded,
        difference=difference,
        margin=rules.gate.margin,
        num_images=len(images),
        file=ticket.served,
        sha256=ticket.files[ticket.served].sha256,
        passed=not _is_worse(metric, difference, rules.gate.margin),
    )
    ref.move(ticket.opening(found), opened)
    return found


def look_text(found: VaultLook) -> str:
    """Return what was seen, in a sentence."""
    difference = difference_text(found.difference, in_points=has_points(found.metric))
    judged = f"not worse than in test by more than {found.margin:g}" if found.passed else "worse than in test"
    return (
        f"{metric_name(found.metric)} {estimate_text(found.vault)} on {found.num_images:,} images that nobody had "
        f"looked at, {estimate_text(found.test)} in test: {difference}, {judged}"
    )


def independent_difference(one: Estimate, other: Estimate) -> Estimate:
    """Return `one` minus `other`, of different images, with an interval made of both intervals.

    MOVER, the method of variance estimates recovery: Zou & Donner, Stat. Med. 27 (2008) 1693-1702; of two shares with
    Wilson's intervals it is Newcombe's tenth method, Stat. Med. 17 (1998) 873-890.
    """
    value = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Estimate(value=value, low=None, high=None)
    return Estimate(
        value=value,
        low=value - math.hypot(one.value - one.low, other.high - other.value),
        high=value + math.hypot(one.high - one.value, other.value - other.low),
    )


def _is_worse(metric: str, difference: Estimate, margin: float) -> bool:
    """Return whether it is worse by more than the margin, and not by chance; what is not known has not been kept."""
    if difference.low is None or difference.high is None:
        return True
    if DIRECTIONS[metric] == "lower":
        return difference.value > margin and difference.low > 0
    return difference.value < -margin and difference.high < 0


def _require_useful(images: pa.Table, labels: list[str], metric: str, judging: Judging) -> None:
    """Raise CheckError where the images could not give the metric with an interval, whatever the model says."""
    unknown = sorted(set(images["label"].to_pylist()) - set(labels))
    if unknown:
        raise CheckError(f"the vault has {len(unknown)} classes that the model does not know", hint="train them first")
    guess = np.full((len(images), len(labels)), 1 / len(labels), dtype=np.float32)
    # An uneven guess: where all are equal, many a variance is zero.
    guess[np.arange(len(images)), np.arange(len(images)) % len(labels)] += 0.1
    guess /= guess.sum(axis=1, keepdims=True)
    possible = metrics_of(collect(images, guess, labels), judging).get(metric)
    if possible is None or possible.low is None:
        raise CheckError(
            f"{len(images):,} images are too few, or of too few groups or classes, for {metric} with an interval",
            hint="put more images into the vault: `split` in data/labels.csv",
        )

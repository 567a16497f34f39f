"""A model on the bench: fetched by its commit, hashed, loaded, asked again about every test image, timed."""

import json
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import pyarrow.compute as pc

from winnow.attestation import FileSum, require_files, take_sums
from winnow.changes.snapshot import DEALT, Snapshot, working_tree
from winnow.config import read_section
from winnow.errors import CheckError
from winnow.evaluation.predictions import COLUMNS, Predictions
from winnow.export.config import ExportConfig
from winnow.records import NotAvailable
from winnow.registry.entry import Entry, VaultLook
from winnow.registry.model_files import fetch_model
from winnow.release.ledger import Ledger
from winnow.release.record import Answered, Timing
from winnow.release.scoring import (
    Answers,
    Exported,
    ask_all,
    compare,
    load_exported,
    metrics_of,
    require_parity,
    require_recorded,
)
from winnow.release.subject import Subject
from winnow.release.timing import judge_latency, judge_size, limits_of, time_served
from winnow.release.vault import VAULT, Ticket, find_look, look, look_text, vault_images
from winnow.verdict.judging.case import Judging
from winnow.verdict.record.evidence import Estimate
from winnow.verdict.rules import read_rules
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.reading import read_working_tree


@dataclass
class Bench:
    """The model itself, fetched, asked and timed."""

    subject: Subject
    ledger: Ledger
    files: dict[str, FileSum] = field(default_factory=dict)
    exported: Exported | None = None
    num_images: int = 0
    metrics: dict[str, Estimate] = field(default_factory=dict)
    answered: list[Answered] = field(default_factory=list)
    timing: Timing | None = None

    @cached_property
    def rules(self) -> Judging:
        """By which the commit is judged."""
        return read_rules(self.subject.there)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The commit's data set."""
        return working_tree(self.subject.there)

    @property
    def folder(self) -> Path:
        """Where the model's files are."""
        return self.subject.scratch / "model"

    def load(self) -> bool:
        """Fetch the files, compare each with the tag's record, and load what is served."""
        return self.ledger.require("files", self._fetch) and self.ledger.require("load", self._load)

    def _fetch(self) -> str:
        fetch_model(self.subject.project, self.subject.commit, self.folder)
        self.files = take_sums(self.folder)
        entry = self.subject.event.entry
        if isinstance(entry, Entry):
            require_files(self.folder, entry.files)
            return f"{len(self.files)} files, byte by byte those of {self.subject.event.tag.ref}"
        return f"{len(self.files)} files; no record says which they should be"

    def _load(self) -> str:
        self.exported = load_exported(self.folder)
        return f"{', '.join(self.exported.runtimes)} loaded; {self.exported.served} is served"

    def score(self) -> None:
        """Score the test images again, and compare with what was recorded: metrics, answers, accuracy."""
        head = self.ledger.attempt("images", partial(read_working_tree, self.subject.there))
        recorded = self.ledger.attempt("images", partial(_test_of, head)) if head else None
        if head is None or recorded is None or self.exported is None:
            return
        if not self.ledger.require("images", lambda: _require_split(self.snapshot, recorded)):
            return
        self.ledger.require("metrics", lambda: self._compare_metrics(head, recorded))
        images = recorded.table.select(COLUMNS)
        asked = partial(ask_all, self.subject.project, self.subject.commit, self.exported, images)
        answers = self.ledger.attempt("parity", asked)
        if answers is not None:
            self.num_images = len(recorded)
            self._compare_answers(recorded, answers)

    def _compare_metrics(self, head: Contender, recorded: Predictions) -> str:
        return require_recorded(head.metrics, metrics_of(recorded, self.rules), self.rules.gate.metric)

    def _compare_answers(self, recorded: Predictions, answers: Answers) -> None:
        assert self.exported is not None, "only a model that was loaded is asked"
        config = self._export_config()
        confidence = 1 - self.rules.gate.alpha
        found = self.ledger.attempt("parity", lambda: compare(recorded, answers, confidence))
        for each in found or []:
            self.answered.append(each)
            judged = partial(require_parity, each, answers.scale, config.tolerance, config.max_loss)
            self.ledger.require("parity", judged)
        self.metrics = metrics_of(answers.by_file[self.exported.served], self.rules)

    def measure(self) -> None:
        """Judge size and latency of what is served."""
        assert self.exported is not None, "only a model that was loaded is timed"
        limits = limits_of(self.rules.gate)
        for check in judge_size(self.files, limits):
            self.ledger.add(check)
        path = self.folder / "onnx" / self.exported.served
        recorded = _cost_of(self.subject)
        config = self._export_config()
        timed = partial(time_served, path, self.subject.there.custom, config, limits, recorded)
        self.timing = self.ledger.attempt("latency", timed)
        if self.timing is not None:
            self.ledger.add(judge_latency(self.timing, limits))

    def look_for_vault(self) -> Literal["none", "due", "passed", "failed"]:
        """Return whether there is a vault, and what an earlier look into it has found."""
        images = self.ledger.attempt(VAULT, lambda: vault_images(self.snapshot))
        if images is None or not len(images):
            return "none"
        if not self.exported:
            return "due"  # a version that cannot be asked does not get that far
        return self._note_look(len(images))

    def _note_look(self, num_images: int) -> Literal["due", "passed", "failed"]:
        before = len(self.ledger.checks)
        found = self.ledger.attempt(VAULT, lambda: find_look(self.ticket))
        if found is None and len(self.ledger.checks) > before:
            return "failed"
        if found is None:
            self.ledger.note(VAULT, "pass", f"{num_images:,} images wait for their one look")
            return "due"
        self.ledger.note(VAULT, "pass" if found.passed else "fail", look_text(found))
        return "passed" if found.passed else "failed"

    @property
    def ticket(self) -> Ticket:
        """Which model may look into the vault."""
        subject = self.subject
        return Ticket(subject.project, subject.history.artifact, subject.version, subject.commit, self.files)

    def look(self) -> VaultLook:
        """Let the served file look into the vault; errors as `vault.look`."""
        assert self.exported is not None, "only a model that was loaded is asked"
        images = vault_images(self.snapshot)
        return look(self.ticket, self.exported, images, _test_of(read_working_tree(self.subject.there)), self.rules)

    def _export_config(self) -> ExportConfig:
        return read_section(self.subject.there, "export", ExportConfig)


def _test_of(head: Contender) -> Predictions:
    if isinstance(head.predictions, NotAvailable):
        raise CheckError(f"no predictions were recorded: {head.predictions.not_available}", hint="run `dvc repro`")
    return head.predictions.of_split("test")


def _require_split(snapshot: Snapshot, recorded: Predictions) -> str:
    """Raise CheckError unless the predictions are about all images of the test split, each with its label."""
    rows = snapshot.rows.filter(pc.equal(snapshot.rows[DEALT], "test"))
    expected = dict(zip(rows["id"].to_pylist(), rows["label"].to_pylist(), strict=True))
    got = dict(zip(recorded.column("id"), recorded.column("label"), strict=True))
    if not got:
        raise CheckError("there are no predictions of test images", hint="run `dvc repro evaluate`")
    if expected != got:
        differing = len(expected.items() ^ got.items())
        raise CheckError(
            f"the recorded predictions are about other images or labels than the test split: {differing:,} differ",
            hint="run `dvc repro evaluate`, and commit what it writes",
        )
    return f"the recorded predictions are about all {len(got):,} test images, by their labels"


def _cost_of(subject: Subject) -> dict[str, Any]:
    """Return what the export of that commit has measured; empty where it says nothing."""
    try:
        content = json.loads(subject.there.cost("export").read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

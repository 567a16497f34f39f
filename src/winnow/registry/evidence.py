"""What speaks for a model at one commit, and what against: drawn up anew from what Git and DVC hold.

Nothing is taken from the work tree that a person edits: outputs there may be other than recorded.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from winnow.attestation import FileSum
from winnow.errors import CheckError, MachineError
from winnow.markup.blocks import printable
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.registry.entry import MAX_REASON, GateResult
from winnow.registry.merged import find_base
from winnow.registry.model_files import sum_model
from winnow.repository.checkouts import checked_out, lend_storage, same_place
from winnow.repository.dry_run import dry_run
from winnow.repository.git import call_git, read_at, require_success
from winnow.repository.remote_objects import find_missing, has_remote
from winnow.verdict.causes.costs import find_cost
from winnow.verdict.drawing_up import Question, as_disclosed, draw_up
from winnow.verdict.judging.comparison import judge
from winnow.verdict.judging.gates import Surroundings, judge_gates
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.record.context import Cost, Gate, Side
from winnow.verdict.record.evidence import Estimate, MetricChange, Outcome
from winnow.verdict.rules import read_rules
from winnow.verdict.sides.alignment import align
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.reading import read_working_tree

_FIRST = "there is no earlier model to compare with"


@dataclass(frozen=True)
class Findings:
    """The verdict of `winnow report`, as far as a registry keeps it."""

    outcome: Outcome
    metrics: dict[str, Estimate]
    gates: list[Gate]
    latency_p95_ms: float | None


@dataclass(frozen=True)
class Evidence:
    """All that decides whether a model may be registered or promoted."""

    commit: str
    base: str | None
    data_hash: str
    lock_sha256: str
    findings: Findings
    files: dict[str, FileSum]
    refusals: list[str]
    """What speaks against it, a sentence each."""

    @property
    def gate_results(self) -> list[GateResult]:
        """The gates without their wording."""
        return [GateResult(id=gate.id, level=gate.level, result=gate.result) for gate in self.findings.gates]


def require_clean(project: Project) -> None:
    """Raise CheckError when the work tree holds anything that no commit does."""
    changed = require_success(call_git(project, "status", "--porcelain", "-z")).decode(errors="replace").split("\0")
    names = [entry[3:] for entry in changed if entry]
    if names:
        listed = ", ".join(printable(name, 60) for name in names[:3])
        raise CheckError(
            f"expected a clean work tree, got {len(names)} changed or unknown files: {listed}",
            hint="commit or stash them: a tag names a commit, and only what that holds",
        )


@contextmanager
def at_commit(project: Project, commit: str) -> Iterator[Project]:
    """Yield the project as Git and DVC hold it at a commit, in a checkout of its own that is gone afterwards."""
    with TemporaryDirectory(prefix="winnow-") as folder, checked_out(project, commit, Path(folder) / "work") as tree:
        there = same_place(project, tree)
        lend_storage(project, there)
        yield there


def gather(project: Project, there: Project, commit: str) -> Evidence:
    """Return the evidence on the model of a commit; `there` is its checkout (`at_commit`).

    Raises InputError without predictions, without a model that DVC recorded, or where its bytes cannot be had;
    ConfigError for rules that are wrong.
    """
    base = find_base(project, commit)
    findings = _compared(there, base) if base else _first(there, commit)
    return Evidence(
        commit=commit,
        base=base,
        data_hash=hash_data(project, commit),
        lock_sha256=hashlib.sha256(read_at(project, commit, project.dvc_lock) or b"").hexdigest(),
        findings=findings,
        files=sum_model(project, commit),
        refusals=[*_failed(findings.gates), *_stale(there), *_unpushed(there)],
    )


def hash_data(project: Project, commit: str) -> str:
    """Return the SHA-256 of what Git holds of labels and images at a commit: whichever of their files and pointers."""
    digest = hashlib.sha256()
    for path in (project.labels, project.labels_dvc, project.images_dvc):
        content = read_at(project, commit, path)
        if content is not None:
            digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def estimates(metrics: list[MetricChange]) -> dict[str, Estimate]:
    """Return the head's metrics with their intervals, by name."""
    return {metric.name: metric.head for metric in metrics if metric.head is not None}


def _compared(there: Project, base: str) -> Findings:
    verdict = draw_up(there, Question(base))
    return Findings(verdict.outcome, estimates(verdict.metrics), verdict.gates, _latency(verdict.cost))


def _first(there: Project, commit: str) -> Findings:
    """Judge a model that nothing came before: gates that compare are left out, floors and budgets hold."""
    rules = read_rules(there)
    head = as_disclosed(read_working_tree(there), rules.disclosure)
    nothing = NotAvailable(not_available=_FIRST)
    before = Contender(Side(name="nothing", commit=None, source="none"), nothing, nothing)
    summaries = Summaries({}, head.metrics)
    judgement = judge(align(before, head), rules, summaries)
    cost = find_cost(there, commit)
    around = Surroundings(has_base=False, summaries=summaries, data=nothing, cost=cost)
    gates = judge_gates(rules.gate, judgement, around, {})
    return Findings(judgement.outcome, estimates(judgement.metrics), gates, _latency(cost))


def _latency(cost: Cost | NotAvailable) -> float | None:
    amounts = cost.amounts if isinstance(cost, Cost) else []
    return next((amount.head for amount in amounts if amount.name == "latency_p95_ms"), None)


def _failed(gates: list[Gate]) -> Iterator[str]:
    for gate in gates:
        if gate.level == "required" and gate.result in ("fail", "not available"):
            word = "failed" if gate.result == "fail" else "cannot be judged"
            yield printable(f"the required gate `{gate.id}` {word}: {gate.note or gate.rule}", MAX_REASON)


def _stale(there: Project) -> Iterator[str]:
    done = dry_run(there)
    if done.lost:
        yield f"stages depend on what is neither in Git nor in DVC: {printable(', '.join(done.lost[:3]), 200)}"
    elif not done.is_known:
        yield f"whether dvc.lock is current is not known: {printable(done.said, 300)}"
    elif not done.is_current:
        yield f"dvc.lock is not current: `dvc repro` would run {', '.join(done.stages) or 'something'}"


def _unpushed(there: Project) -> Iterator[str]:
    """Yield what the remote lacks; nothing where there is no remote."""
    if not has_remote(there):
        return
    try:
        _, missing = find_missing(there)
    except MachineError as error:
        yield f"whether the remote has the model is not known: {printable(error.message, 300)}"
        return
    if missing:
        names = [each.path for each in missing[:3]]
        yield f"the remote lacks {printable(', '.join(names), 200)}: `dvc push`"

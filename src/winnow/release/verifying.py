"""Everything that a release asks of a version again, however often it was asked before: the verification.

The code is this checkout's. Of the version's commit come data alone: its model, its images, what it recorded, and the
rules that it was judged by.
"""

from functools import partial

from winnow.registry.evidence import Evidence, gather
from winnow.registry.gate import against_production, require_same
from winnow.registry.owner_part import read_owner_part
from winnow.registry.signatures import require_signature
from winnow.release.bench import Bench
from winnow.release.ledger import Ledger
from winnow.release.record import Verification
from winnow.release.subject import Subject


def verify(subject: Subject) -> Verification:
    """Return all that was found. Whatever is missing or wrong is a check that failed, and no error."""
    ledger = Ledger((subject.there.root, subject.scratch, subject.project.root))
    evidence = _judge_evidence(subject, ledger)
    bench = Bench(subject, ledger)
    if bench.load():
        bench.score()
        bench.measure()
    vault = bench.look_for_vault()
    return Verification(
        artifact=subject.history.artifact,
        version=subject.version,
        stage=subject.stage,
        commit=subject.commit,
        data_hash=evidence.data_hash if evidence else None,
        lock_sha256=evidence.lock_sha256 if evidence else None,
        files=bench.files,
        served=bench.exported.served if bench.exported else "",
        checks=ledger.checks,
        num_images=bench.num_images,
        metrics=bench.metrics,
        answered=bench.answered,
        timing=bench.timing,
        vault=vault,
    )


def _judge_evidence(subject: Subject, ledger: Ledger) -> Evidence | None:
    """Note what gates, lock, remote, record, card and production say, drawn up anew."""
    for event in (subject.event, *subject.assignments[-1:]):
        tag = event.tag
        asked = partial(require_signature, subject.project, tag, is_required=False)
        signature = ledger.attempt("signature", asked)
        if signature:
            ledger.note("signature", "pass", f"{tag.ref}: {signature}")
    gaps = ledger.attempt("card", lambda: read_owner_part(subject.there).gaps())
    if gaps is not None:
        said = f"card.yaml does not say {', '.join(gaps)}" if gaps else "the model card has no gaps"
        ledger.note("card", "fail" if gaps else "pass", said)
    evidence = ledger.attempt("evidence", partial(gather, subject.project, subject.there, subject.commit))
    if evidence is None:
        return None
    said = f"{len(evidence.gate_results)} gates judged anew, dvc.lock is current, nothing is missing"
    ledger.refuse("evidence", evidence.refusals, subject.accepted, otherwise=said)
    _judge_record(subject, ledger, evidence)
    if subject.stage == "production" and not subject.is_rollback:
        _judge_production(subject, ledger)
    return evidence


def _judge_record(subject: Subject, ledger: Ledger, evidence: Evidence) -> None:
    refusals = ledger.attempt("record", partial(require_same, evidence, subject.event.entry))
    if refusals is not None:
        said = f"{subject.event.tag.ref} is about this commit, these data and these files"
        ledger.refuse("record", refusals, subject.accepted, otherwise=said)


def _judge_production(subject: Subject, ledger: Ledger) -> None:
    asked = partial(against_production, subject.project, subject.there, subject.before(), subject.version)
    judged = ledger.attempt("production", asked)
    if judged is not None:
        against, refusals = judged
        said = f"{against.call} against {against.version}" if against else "no other version is in production"
        ledger.refuse("production", refusals, subject.accepted, otherwise=said)

"""Who gets in: nothing spoke against the model, or somebody answers for it by name and with a reason."""

from winnow.errors import CheckError, UsageError
from winnow.project import Project
from winnow.registry.entry import MAX_REASON, Against, Entry, Override
from winnow.registry.evidence import Evidence
from winnow.registry.history import History
from winnow.registry.tags import identity
from winnow.verdict.drawing_up import as_disclosed
from winnow.verdict.judging.comparison import judge
from winnow.verdict.judging.gate_rules import primary_gate
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.rules import read_rules
from winnow.verdict.sides.alignment import align
from winnow.verdict.sides.reading import read_revision, read_working_tree

_HINT = "mend it, or answer for it: --override REASON is kept in the tag with your name"


def require_consent(project: Project, refusals: list[str], reason: str | None) -> Override | None:
    """Return the override that lets a model through, None where none is needed.

    Raises CheckError when something speaks against the model and nobody answers for it, UsageError for a reason that
    says nothing.
    """
    if reason is not None and (not reason.strip() or len(reason) > MAX_REASON):
        raise UsageError(f"expected a reason of at most {MAX_REASON} characters", hint='--override "why it is right"')
    if not refusals:
        return None
    if reason is None:
        raise CheckError("; ".join(refusals), hint=_HINT)
    return Override(reason=reason.strip(), by=identity(project), refusals=refusals)


def against_production(
    project: Project, there: Project, history: History, version: str | None
) -> tuple[Against | None, list[str]]:
    """Return the verdict against the model in production, and what the primary gate says against replacing that.

    `there` is the checkout of the commit that is judged. Both are judged on the test images that they share; nobody
    is asked again. None without another version there.
    """
    current = history.in_stage("production")
    if current is None or current == version:
        return None, []
    rules = read_rules(there)
    head = as_disclosed(read_working_tree(there), rules.disclosure)
    base = as_disclosed(read_revision(project, history.versions[current].tag.commit), rules.disclosure)
    outcome = judge(align(base, head), rules, Summaries(base.metrics, head.metrics)).outcome
    against = Against(version=current, call=outcome.call, difference=outcome.difference)
    if rules.gate.primary != "required":
        return against, []
    gate = primary_gate(rules.gate, outcome, "required")
    if gate.result == "pass":
        return against, []
    return against, [f"against {current} in production the model is {outcome.call}: {gate.note or outcome.reason}"]


def require_same(evidence: Evidence, registered: Entry | str) -> list[str]:
    """Return what differs between a version as it was registered and what Git and DVC hold of it now."""
    if isinstance(registered, str):
        return [registered]
    pairs = (
        ("the data", evidence.data_hash, registered.data_hash),
        ("dvc.lock", evidence.lock_sha256, registered.lock_sha256),
    )
    differing = [f"{name} of this commit is not what was registered" for name, now, then in pairs if now != then]
    if evidence.files != registered.files:
        raise CheckError(
            "the model's files differ from those that were registered", hint="somebody changed the cache or the tag"
        )
    return differing

"""What a promotion takes over from a verification, and what it does not."""

from dataclasses import replace
from typing import Any

import pytest
from release_samples import COMMIT, LOOK, verification
from released import Works

from winnow.attestation import FileSum
from winnow.errors import CheckError
from winnow.registry.evidence import Evidence, Findings
from winnow.release import promotion
from winnow.release.promotion import known_look, require_same_subject, require_verified, take_look
from winnow.release.vault import Ticket

FILES = {"onnx/model.onnx": FileSum(sha256="3" * 64, num_bytes=9)}


def test_only_a_verification_of_this_version_and_stage_that_passed_counts() -> None:
    require_verified(verification(), "classifier", "v1.0.0", "staging")
    require_verified(verification(evidence="overridden"), "classifier", "v1.0.0", "staging")
    for wanted in (("other", "v1.0.0", "staging"), ("classifier", "v1.0.1", "staging")):
        with pytest.raises(CheckError, match=r"is about classifier@v1\.0\.0 for staging, not"):
            require_verified(verification(), *wanted)  # type: ignore[arg-type]
    with pytest.raises(CheckError, match="for staging, not"):
        require_verified(verification(), "classifier", "v1.0.0", "production")
    with pytest.raises(CheckError, match="was not verified: parity: answers otherwise"):
        told = verification({"parity": "answers otherwise"}, parity="fail")
        require_verified(told, "classifier", "v1.0.0", "staging")
    for state in ("due", "failed"):
        with pytest.raises(CheckError, match=f"the vault of classifier@v1.0.0 is {state}"):
            require_verified(verification(fields={"vault": state}), "classifier", "v1.0.0", "staging")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"commit": "b" * 40}, "commit differ"),
        ({"data_hash": "9" * 64}, "data differ"),
        ({"lock_sha256": "9" * 64, "files": {}}, "dvc.lock, files differ"),
    ],
)
def test_what_was_verified_is_what_is_promoted(changes: Any, said: str) -> None:
    findings = Findings(outcome=None, metrics={}, gates=[], latency_p95_ms=None)  # type: ignore[arg-type]
    evidence = Evidence(COMMIT, None, "1" * 64, "2" * 64, findings, FILES, [])
    require_same_subject(verification(), evidence)
    with pytest.raises(CheckError, match=said):
        require_same_subject(verification(fields=changes), evidence)


def test_what_the_vault_showed_is_asked_of_git_and_not_of_the_file(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take_look(works.project, verification()) is None
    told = verification(fields={"vault": "passed"})
    with pytest.raises(CheckError, match="nobody has looked into the vault"):
        take_look(works.project, told)
    ticket = Ticket(works.project, "classifier", "v1.0.0", COMMIT, FILES)
    opened = ticket.ref.move(ticket.opening())
    with pytest.raises(CheckError, match="no result was kept"):
        take_look(works.project, told)
    ticket.ref.move(ticket.opening(LOOK), opened)
    assert take_look(works.project, told) == LOOK
    monkeypatch.setattr(promotion, "find_look", lambda _: LOOK.model_copy(update={"passed": False}))
    with pytest.raises(CheckError, match="the vault says no"):
        take_look(works.project, told)


def test_a_look_that_said_no_counts_on_a_desk_too(works: Works) -> None:
    commit = works.git("rev-parse", "HEAD")
    findings = Findings(outcome=None, metrics={}, gates=[], latency_p95_ms=None)  # type: ignore[arg-type]
    evidence = Evidence(commit, None, "1" * 64, "2" * 64, findings, FILES, [])
    here = works.project
    assert known_look(here, here, evidence, "v1.0.0") == (None, []), "nobody has looked: a desk need not"
    ticket = Ticket(here, "classifier", "v1.0.0", commit, FILES)
    opened = ticket.ref.move(ticket.opening())
    assert known_look(here, here, evidence, "v1.0.0")[1][0].startswith("the vault: the vault was opened for v1.0.0")
    ticket.ref.move(ticket.opening(LOOK.model_copy(update={"passed": False})), opened)
    assert known_look(here, here, evidence, "v1.0.0")[1][0].startswith("the vault says no: accuracy 0.950")
    bundle_alone = replace(evidence, files={})
    assert known_look(here, here, bundle_alone, "v1.0.0") == (None, [])

"""How a release went, from how its jobs ended: every way in which the chain can end."""

import json
from pathlib import Path
from typing import Any

import pytest
from release_samples import request, verification

from winnow.errors import InputError
from winnow.files import write_json
from winnow.release.record import Verification
from winnow.release.story import Story, read_story

GOOD = {"request": "success", "verify": "success", "vault": "skipped", "approve": "success", "promote": "success"}


def story(found: Verification | None = None, deployed: Any = None, asked: Any = None, **results: str) -> Story:
    return Story(request(**(asked or {})), found or verification(), deployed or {}, {**GOOD, **results})


def told(made: Story) -> tuple[str, bool, list[str]]:
    return made.digest, made.is_good, [step.text for step in made.steps]


STOPPED = {"approve": "skipped", "promote": "skipped", "deploy": "skipped"}
STAYS = "not deployed: what serves is what served before"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            story(deploy="success"),
            ("it serves", True, ["verified: 3 checks", "promoted to staging", "deployed to staging"]),
        ),
        (
            story(deploy="skipped"),
            (
                *("promoted, not deployed", True),
                ["verified: 3 checks", "promoted to staging", "not deployed: no cloud is configured (docs/deploy.md)"],
            ),
        ),
        (
            story(verification({"parity": "it answers otherwise"}, parity="fail"), verify="failure", **STOPPED),
            ("nothing was promoted", False, ["not verified: parity: it answers otherwise", "not promoted", STAYS]),
        ),
        (
            story(verification(fields={"vault": "failed"}, vault="fail"), vault="failure", **STOPPED),
            (
                *("nothing was promoted", False),
                ["not verified: vault: looked at", "the look into the vault failed", "not promoted", STAYS],
            ),
        ),
        (
            story(verification(fields={"vault": "due"}), vault="failure", **STOPPED),
            (
                *("nothing was promoted", False),
                [
                    "verified: 3 checks",
                    "the look into the vault failed: its log says why; a vault that was opened is not opened again",
                    *("not promoted", STAYS),
                ],
            ),
        ),
        (
            story(**{**STOPPED, "approve": "failure"}),
            (
                *("nothing was promoted", False),
                ["verified: 3 checks", "the approval for staging failed", "not promoted", STAYS],
            ),
        ),
        (
            story(promote="failure", deploy="skipped"),
            (
                *("nothing was promoted", False),
                ["verified: 3 checks", "the promotion failed: its log says why", STAYS],
            ),
        ),
        (
            story(
                deployed={"error": "staging: smoke test: 500", "stages": {"staging": {"after": {"r-1": 100}}}},
                deploy="failure",
            ),
            (
                *("not released: the deployment failed", False),
                [
                    *("verified: 3 checks", "promoted to staging"),
                    'the deployment failed: staging: smoke test: 500; what serves now: {"r-1": 100}',
                ],
            ),
        ),
        (
            story(deploy="cancelled"),
            (
                *("not released: the deployment failed", False),
                [
                    *("verified: 3 checks", "promoted to staging"),
                    "the deployment was cancelled; what serves now is not known: somebody has to look",
                ],
            ),
        ),
        (
            story(
                asked={"action": "deploy", "reason": "the tag classifier#staging#3"},
                promote="skipped",
                deploy="success",
            ),
            (
                *("it serves", True),
                [
                    *("verified: 3 checks", "the tag classifier#staging#3 is the assignment; none was made"),
                    "deployed to staging",
                ],
            ),
        ),
        (
            story(
                verification(parity="fail"),
                asked={"action": "deploy", "reason": "the tag classifier#staging#3"},
                verify="failure",
                **STOPPED,
            ),
            (
                *("nothing was deployed", False),
                [
                    "not verified: parity: looked at",
                    "the tag classifier#staging#3 is the assignment; none was made",
                    STAYS,
                ],
            ),
        ),
    ],
)
def test_a_release_is_told_as_it_went(made: Story, expected: tuple[str, bool, list[str]]) -> None:
    assert told(made) == expected


def test_a_verification_that_left_nothing_is_told() -> None:
    made = Story(request(), None, {}, {**GOOD, **STOPPED, "verify": "cancelled"})
    assert told(made)[2][0] == "the verification was cancelled without a result"


def test_a_story_is_read_from_what_the_jobs_left(tmp_path: Path) -> None:
    needs = json.dumps({name: {"result": result, "outputs": {}} for name, result in GOOD.items()})
    with pytest.raises(InputError, match=r"request\.json, found nothing"):
        read_story(tmp_path, needs)
    write_json(tmp_path / "request.json", request().as_dict())
    made = read_story(tmp_path, needs)
    assert (made.verification, made.deployed, made.results) == (None, {}, GOOD)
    write_json(tmp_path / "verification.json", verification().as_dict())
    (tmp_path / "summary.json").write_text('{"error": "no"}', encoding="utf-8")
    made = read_story(tmp_path, needs)
    assert (made.verification, made.deployed) == (verification(), {"error": "no"})
    # Left by another run on the same machine.
    write_json(tmp_path / "verification.json", verification(fields={"version": "v0.9.0"}).as_dict())
    (tmp_path / "summary.json").write_text("[" * 100_000, encoding="utf-8")
    made = read_story(tmp_path, needs)
    assert (made.verification, made.deployed) == (None, {})
    for wrong in ("", "[]", '{"verify": "success"}'):
        with pytest.raises(InputError, match="expected GitHub's `needs`"):
            read_story(tmp_path, wrong)

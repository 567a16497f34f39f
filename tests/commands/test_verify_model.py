"""`winnow verify model`, `winnow verify vault` and a promotion that rests on them."""

import json
from pathlib import Path

import pytest
from release_samples import verification
from released import Works

from winnow.commands.models import list_models
from winnow.commands.promote import promote
from winnow.commands.verify_model import VerifyResult, verify_model, verify_vault
from winnow.errors import CheckError, ExitCode, InputError, UsageError
from winnow.files import write_json

pytestmark = pytest.mark.slow


@pytest.fixture
def works(tmp_path: Path) -> Works:
    works = Works.build(tmp_path / "works", has_vault=True)
    works.release_model("1", range(6))
    works.release_model("2", range(2))
    works.register("v1.0.0")
    return works


def test_from_a_version_to_its_stage(works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = works.elsewhere("ci")
    outputs, page = tmp_path / "outputs", tmp_path / "page"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    with pytest.raises(InputError, match=r"verification\.json, found nothing"):
        verify_vault(there, "classifier@v1.0.0", "staging")
    found = verify_model(there, "classifier@v1.0.0", "staging")
    assert found.exit_code == ExitCode.OK
    assert next(iter(found.lines())) == "classifier@v1.0.0 for staging: verified"
    assert found.path == there.root / ".winnow" / "release" / "verification.json"
    assert json.loads(found.path.read_bytes()) == found.records()
    assert outputs.read_text() == "vault=due\n"
    with pytest.raises(CheckError, match=r"the vault of classifier@v1\.0\.0 is due"):
        promote(there, "v1.0.0", "staging", verified=found.path)
    before = found.verification
    found = verify_vault(there, "classifier@v1.0.0", "staging")
    assert (found.exit_code, found.verification.vault) == (ExitCode.OK, "passed")
    assert outputs.read_text().splitlines() == ["vault=due", "vault=passed"]
    assert "Verification of classifier@v1.0.0 for staging" in page.read_text(encoding="utf-8")
    # Once a version: what was seen is reused, also by a run that was verified before.
    assert verify_vault(there, "classifier@v1.0.0", "staging").verification == found.verification
    write_json(tmp_path / "other.json", before.as_dict())
    again = verify_vault(there, "classifier@v1.0.0", "staging", out=tmp_path / "other.json")
    assert again.verification == found.verification
    with pytest.raises(CheckError, match=r"for staging, not classifier@v1\.0\.0 for production"):
        promote(there, "v1.0.0", "production", verified=found.path)
    written = promote(there, "classifier@v1.0.0", "staging", verified=found.path, push=True)
    assert (written.ref, written.remote) == ("classifier#staging#1", "origin")
    assert written.entry.vault is not None
    [model] = list_models(there).records()
    assert model["vault"]["vault"]["value"] == 1.0
    assert model["vault"]["num_images"] == 40


def test_a_version_that_something_speaks_against_never_sees_the_vault(works: Works, tmp_path: Path) -> None:
    told = verification({"parity": "it answers otherwise"}, parity="fail", fields={"vault": "due"})
    found = VerifyResult(told, tmp_path / "found.json")
    write_json(found.path, told.as_dict())
    assert found.exit_code == ExitCode.FAILED
    assert list(found.lines())[:3] == [
        "classifier@v1.0.0 for staging: not verified",
        "  ok   evidence: looked at",
        "  FAIL parity: it answers otherwise",
    ]
    with pytest.raises(CheckError, match="was not verified: parity"):
        verify_vault(works.project, "classifier@v1.0.0", "staging", out=found.path)
    with pytest.raises(CheckError, match="was not verified: parity"):
        promote(works.project, "v1.0.0", "staging", verified=found.path)
    # Of another commit than the version's.
    write_json(found.path, verification(fields={"vault": "due"}).as_dict())
    with pytest.raises(CheckError, match="is not the one that was verified"):
        verify_vault(works.project, "classifier@v1.0.0", "staging", out=found.path)
    assert works.git("ls-remote", "origin", "refs/winnow/*") == ""


def test_a_version_that_does_not_exist_is_no_answer(works: Works) -> None:
    with pytest.raises(UsageError, match=r"has no version v9\.0\.0"):
        verify_model(works.project, "classifier@v9.0.0", "staging")
    with pytest.raises(UsageError, match="no project here has the model other"):
        promote(works.project, "other@v1.0.0", "staging")

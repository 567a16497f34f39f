"""The records that jobs hand on."""

from pathlib import Path

import pytest
from release_samples import request, verification

from winnow.errors import InputError
from winnow.files import write_json
from winnow.project import Project
from winnow.release.record import Request, Verification, read_verification, release_folder


def test_records_come_back_as_they_went() -> None:
    for kind, made in ((Request, request()), (Verification, verification())):
        assert kind.from_dict(made.as_dict(), "a file") == made
        with pytest.raises(InputError, match="Extra inputs"):
            kind.from_dict({**made.as_dict(), "more": 1}, "a file")


def test_a_version_has_passed_when_no_check_failed() -> None:
    assert verification().has_passed
    assert verification(gates="overridden").has_passed
    assert not verification(parity="fail").has_passed


def test_all_projects_of_a_repository_leave_their_records_in_one_place(works: object) -> None:
    root = works.root  # type: ignore[attr-defined]
    assert release_folder(Project(root / "data")).resolve() == (root / ".winnow" / "release").resolve()


def test_a_verification_is_read_as_it_was_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing"):
        read_verification(tmp_path / "verification.json")
    write_json(tmp_path / "verification.json", verification().as_dict())
    assert read_verification(tmp_path / "verification.json") == verification()

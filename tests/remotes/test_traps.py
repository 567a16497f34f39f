import json
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.remotes.settings import Remote
from winnow.remotes.traps import HNS, find_traps

MakeRemote = Callable[..., Remote]
URL = "gs://pictures/winnow"


def test_a_plain_remote_has_no_traps(make_remote: MakeRemote) -> None:
    assert find_traps(make_remote(URL)) == []
    assert find_traps(make_remote("s3://pictures/winnow", profile="me", region="eu-central-1")) == []


def test_a_key_in_the_file_that_git_shows_is_fatal_and_not_repeated(make_remote: MakeRemote) -> None:
    [trap, other] = find_traps(
        make_remote("s3://pictures", {"secret_access_key": "hunter2", "access_key_id": "AKIA"}, profile="me")
    )
    assert trap.is_fatal
    assert other.is_fatal
    assert "hunter2" not in f"{trap}{other}"
    assert "revoke" in trap.hint


def test_the_same_key_outside_of_git_is_nobodys_business(make_remote: MakeRemote) -> None:
    assert find_traps(make_remote("s3://pictures", secret_access_key="hunter2", access_key_id="AKIA")) == []


def test_a_remote_that_keeps_versions_is_warned_of(make_remote: MakeRemote) -> None:
    [trap] = find_traps(make_remote(URL, {"version_aware": "true"}))
    assert "`version_aware` is on" in trap.text
    assert not trap.is_fatal


def test_a_project_name_is_warned_of(make_remote: MakeRemote) -> None:
    [trap] = find_traps(make_remote(URL, {"projectname": "rice"}))
    assert "asks as nobody" in trap.text
    assert "--unset storage projectname" in trap.hint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "does not exist"),
        ("no json", "no credential file"),
        (json.dumps(["a list"]), "no credential file"),
        (json.dumps({"type": "external_account"}), "KeyError: 'refresh_token'"),
    ],
)
def test_a_credential_path_that_cannot_work_is_fatal(
    content: str | None, says: str, make_remote: MakeRemote, tmp_path: Path
) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    [trap] = find_traps(make_remote(URL, credentialpath=path))
    assert trap.is_fatal
    assert says in trap.text
    assert "GOOGLE_APPLICATION_CREDENTIALS" in trap.hint


def test_a_key_file_that_works_here_is_a_warning_that_says_who_else_looks_for_it(
    make_remote: MakeRemote, tmp_path: Path
) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"type": "service_account", "private_key": "hunter2"}), encoding="utf-8")
    [trap] = find_traps(make_remote(URL, {"credentialpath": path}))
    assert not trap.is_fatal
    assert "every other machine" in trap.text
    assert "hunter2" not in str(trap)
    [trap] = find_traps(make_remote(URL, credentialpath=path))
    assert "every other machine" not in trap.text


def test_an_emulator_without_its_variable_would_make_every_process_wait(
    make_remote: MakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = make_remote(URL, endpointurl="http://127.0.0.1:1")
    assert find_traps(remote) == []
    monkeypatch.delenv(HNS)
    [trap] = find_traps(remote)
    assert trap.hint == f"export {HNS}=false"

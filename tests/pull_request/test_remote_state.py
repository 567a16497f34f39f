"""Remotes that can be read, and that cannot; nothing is ever written."""

from pathlib import Path

import pytest
from storage import forget_logins

from winnow.project import Project
from winnow.pull_request.remote_state import RemoteState, find_remote_state


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_logins(monkeypatch, tmp_path / "nowhere")


def at(root: Path, url: str, *options: str) -> RemoteState:
    (root / ".dvc").mkdir()
    lines = "".join(f"    {option}\n" for option in (f"url = {url}", *options))
    text = f"[core]\n    no_scm = true\n    remote = store\n['remote \"store\"']\n{lines}" if url else ""
    (root / ".dvc" / "config").write_text(text, encoding="utf-8")
    return find_remote_state(Project(root))


def test_there_may_be_none(tmp_path: Path) -> None:
    assert at(tmp_path, "") == RemoteState("none")


def test_a_folder_is_readable_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    assert at(tmp_path, str(tmp_path / "storage")) == RemoteState("readable")
    assert not list((tmp_path / "storage").iterdir())


def test_a_run_that_may_not_ask_says_only_that_there_is_one(tmp_path: Path) -> None:
    at(tmp_path, "gs://bucket-of-nobody/path")
    state = find_remote_state(Project(tmp_path), may_ask=False)
    assert state == RemoteState("not readable", "this run does not ask it")


def test_a_folder_that_is_not_mounted_is_not_readable(tmp_path: Path) -> None:
    assert at(tmp_path, str(tmp_path / "storage")) == RemoteState(
        "not readable", f"{tmp_path / 'storage'} does not exist"
    )


def test_an_address_of_another_kind_says_why(tmp_path: Path) -> None:
    state = at(tmp_path, "ssh://host/path")
    assert (state.state, state.reason) == ("not readable", "expected gs:// or s3://, got ssh://")


def test_a_secret_in_the_open_is_not_used(tmp_path: Path) -> None:
    state = at(tmp_path, "s3://bucket/path", "access_key_id = X", "secret_access_key = Y")
    assert state.state == "not readable"
    assert "stands in .dvc/config" in state.reason

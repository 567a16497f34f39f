"""What a commit promises: asked of clones that have no data."""

import json
from pathlib import Path

import pytest
from branches import Branches, rows
from rebuilt import clone, commit, make_origin

from repository import call
from winnow.commands.verify import verify_lock, verify_remote
from winnow.errors import ExitCode, InputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_origin(tmp_path_factory.mktemp("origin"), None)


def test_a_current_lock_is_told_from_a_stale_one_and_from_a_flow_that_cannot_be_read(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = clone(origin, tmp_path / "clone")
    monkeypatch.chdir(here)
    found = verify_lock([])
    assert (found.exit_code, found.answers[0].text) == (ExitCode.OK, "dvc.lock is current")
    commit(here, {"knob.txt": "2"})
    found = verify_lock([Path()])
    assert (found.exit_code, found.answers[0].names) == (ExitCode.FAILED, ("train",))
    assert json.loads(json.dumps(found.records()))["is_ok"] is False
    assert "  train" in list(found.lines())
    (here / "dvc.yaml").write_text("stages: [", encoding="utf-8")
    found = verify_lock([])
    assert found.exit_code is ExitCode.USAGE
    assert "'./dvc.yaml' is invalid" in found.answers[0].text


def test_parts_that_were_lost_without_a_word_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Branches.create(tmp_path / "here")
    parts = [made.pack(1, 2), made.pack(3, 4)]
    made.commit(rows([1, 2, 3, 4]), parts=parts, dvc_yaml="stages: {}\n")
    made.git("checkout", "-q", "-b", "topic")
    (made.project.images / parts[1]).unlink()
    made.commit(parts=parts[:1])
    monkeypatch.chdir(made.project.root)
    found = verify_lock([], "main")
    assert found.exit_code is ExitCode.FAILED
    assert "1 of 2 parts" in found.answers[0].text
    assert parts[1] in found.answers[0].text
    assert "dvc get" in found.answers[0].hint


def test_every_project_of_a_repository_is_asked_or_those_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = "stages: {look: {cmd: echo look}}\n"
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").touch()
    call(tmp_path, "git", "init", "-q", "-b", "main")
    commit(tmp_path, {f"{name}/{file}": stages for name in ("a", "b") for file in ("params.yaml", "dvc.yaml")})
    monkeypatch.chdir(tmp_path)
    assert [answer.folder for answer in verify_remote([]).answers] == ["a", "b"]
    assert [answer.folder for answer in verify_remote([Path("b")]).answers] == ["b"]
    assert [answer.names for answer in verify_lock([Path("a")]).answers] == [("look",)]
    with pytest.raises(InputError, match=r"expected a params.yaml"):
        verify_remote([tmp_path.parent])


def test_a_repository_without_a_project_has_nothing_to_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(tmp_path, "git", "init", "-q", "-b", "main")
    monkeypatch.chdir(tmp_path)
    found = verify_remote([])
    assert (found.exit_code, list(found.lines())) == (ExitCode.OK, ["there is no project in this repository"])

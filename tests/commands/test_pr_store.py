"""From a rebuilt model to one that everybody can pull: handed over, verified, pushed, and found in the remote."""

import shutil
from pathlib import Path

import pytest
from rebuilt import clone, commit, forget_cache, make_origin, names_below
from storage import BUCKET, storage, variables

from repository import call, dvc
from winnow.commands.pr_store import pr_store
from winnow.commands.verify import verify_lock, verify_remote
from winnow.errors import CheckError, ExitCode
from winnow.project import Project
from winnow.pull_request.running.packing import Handover

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`origin`, its `storage`, a `topic` that was built, its `handover`, and a clone of `main`."""
    root = tmp_path_factory.mktemp("loop")
    origin = make_origin(root, root / "storage")
    topic = clone(origin, root / "topic", knob_txt="2")
    clone(origin, root / "main")
    dvc(topic, "repro", "--pull", "-q")
    Handover(root / "handover", 0).give_objects(Project(topic), call(topic, "git", "rev-parse", "origin/main").strip())
    return root


def test_a_forgotten_push_is_named_and_mended_by_storing_what_was_handed_over(
    loop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = loop / "topic"
    # Whoever merged the lock without its objects.
    commit(topic, {})
    fresh = clone(topic, tmp_path / "fresh")
    monkeypatch.chdir(fresh)
    found = verify_remote([])
    assert found.exit_code is ExitCode.FAILED
    assert found.answers[0].names == ("models/bundle",)
    before = names_below(loop / "storage")
    monkeypatch.chdir(loop / "main")
    stored = pr_store(loop / "handover")
    # The shape is the same on both sides; a clone that never had the base's model cannot know that.
    assert list(stored.lines())[1] == f"pushed to {loop / 'storage'}: 2; already there: 1"
    new = names_below(loop / "storage") - before
    assert new < {name for name in names_below(loop / "handover" / "objects") if name.startswith("files/")}
    monkeypatch.chdir(fresh)
    found = verify_remote([])
    assert (found.exit_code, found.answers[0].state) == (ExitCode.OK, "ok")
    dvc(fresh, "pull", "-q", "train")
    assert (fresh / "models" / "bundle" / "weights").read_text(encoding="utf-8") == "2"
    # A part of a folder that was lost is named, though the list of the folder is there.
    (lost,) = (path for path in (loop / "storage").rglob("*") if path.is_file() and path.read_bytes() == b"2")
    lost.unlink()
    forget_cache(fresh)
    assert verify_remote([]).answers[0].names == ("models/bundle/weights",)
    monkeypatch.chdir(loop / "main")
    assert pr_store(loop / "handover" / "objects").num_pushed == 1, "the artifact's own folder is taken as well"


def test_a_tampered_handover_is_refused_before_a_byte_is_pushed(
    loop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loop / "main")
    before = names_below(loop / "storage")
    bad = tmp_path / "handover"
    shutil.copytree(loop / "handover" / "objects", bad)
    (weights,) = (path for path in (bad / "files").rglob("*") if path.is_file() and path.read_bytes() == b"2")
    weights.chmod(0o644)
    weights.unlink()
    weights.write_bytes(b"3")
    with pytest.raises(CheckError, match="an object is not what its name says"):
        pr_store(bad)
    assert names_below(loop / "storage") == before


def test_the_configuration_of_the_pull_request_has_no_say_in_where_it_goes(
    loop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loop / "main")
    bad = tmp_path / "handover"
    shutil.copytree(loop / "handover" / "objects", bad)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (bad / ".dvc").mkdir()
    (bad / ".dvc" / "config").write_text(f"[core]\nremote = x\n['remote \"x\"']\nurl = {elsewhere}\n", encoding="utf-8")
    with pytest.raises(CheckError, match="a file of an unexpected name"):
        pr_store(bad)
    assert not list(elsewhere.iterdir())


def test_objects_go_to_a_bucket_too(loop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with storage(None) as (emulator, proxy):
        for name, value in variables(proxy.url).items():
            monkeypatch.setenv(name, value)
        here = tmp_path / "main"
        shutil.copytree(loop / "main", here)
        config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = gs://{BUCKET}/winnow\n"
        (here / ".dvc" / "config").write_text(config, encoding="utf-8")
        monkeypatch.chdir(here)
        stored = pr_store(loop / "handover")
        assert (stored.num_objects, stored.num_pushed) == (3, 3)
        assert {name.removeprefix("winnow/") for name in emulator.objects(BUCKET)} == {
            name for name in names_below(loop / "handover" / "objects") if name.startswith("files/")
        }
        assert pr_store(loop / "handover").num_pushed == 0
        missing = verify_remote([]).answers[0]
        assert (missing.state, missing.names) == ("failed", ("data/images", "models/bundle"))
        proxy.refuse("^GET ", 403, "ci@rice does not have storage.objects.list access")
        refused = verify_remote([])
        assert refused.exit_code is ExitCode.USAGE
        assert "the remote cannot be asked" in refused.answers[0].text


def test_without_a_remote_nothing_is_stored_and_nothing_promised(
    loop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "main"
    shutil.copytree(loop / "main", here)
    (here / ".dvc" / "config").write_text("", encoding="utf-8")
    monkeypatch.chdir(here)
    stored = pr_store(loop / "handover")
    assert (stored.exit_code, list(stored.lines())) == (
        ExitCode.OK,
        ["no remote is set in .dvc/config: nothing is stored"],
    )
    assert pr_store(tmp_path / "absent").num_objects == 0
    found = verify_remote([])
    assert (found.exit_code, found.answers[0].text) == (ExitCode.OK, "no remote is set: nothing is promised")
    assert Project(here).dvc_lock.exists()
    # Neither data nor a remote is needed to say whether the lock is current.
    assert verify_lock([]).exit_code is ExitCode.OK

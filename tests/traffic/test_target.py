import sys
from pathlib import Path
from uuid import uuid4

import pytest

from winnow.errors import MachineError, UsageError
from winnow.traffic.target import Folder, Storage, Target, open_target


@pytest.fixture(params=["path", "url", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """A folder, the same as a URL, and a storage that only fsspec knows."""
    if request.param == "memory":
        pytest.importorskip("fsspec")
        return open_target(f"memory://{uuid4().hex}/log")
    return open_target(str(tmp_path / "log") if request.param == "path" else (tmp_path / "log").as_uri())


def test_an_object_is_put_listed_read_and_deleted(target: Target) -> None:
    assert target.names("a") == []
    target.put("a/2/x", b"one")
    target.put("a/1/y", b"two")
    target.put("b/z", b"three")
    target.put("a/2/x", b"one")
    assert target.names("a") == ["a/1/y", "a/2/x"]
    assert target.names("a/2") == ["a/2/x"]
    assert target.read("a/1/y") == b"two"
    target.delete("a/1/y")
    target.delete("a/1/y")
    assert target.names("a") == ["a/2/x"]
    with pytest.raises(FileNotFoundError):
        target.read("a/1/y")


@pytest.mark.slow
def test_a_bucket_is_written_listed_and_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gcsfs")
    from storage import BUCKET, storage, variables

    with storage(tmp_path) as (_, proxy):
        for name, value in variables(proxy.url).items():
            monkeypatch.setenv(name, value)
        target = open_target(f"gs://{BUCKET}/log")
        assert target.names("images") == []
        target.put("images/1/x", b"one")
        target.put("images/1/x", b"one")
        target.put("requests/1/y", b"two")
        assert open_target(f"gs://{BUCKET}/log").names("images") == ["images/1/x"]
        assert target.read("requests/1/y") == b"two"
        target.delete("images/1/x")
        target.delete("images/1/x")
        assert target.names("images") == []
        with pytest.raises(FileNotFoundError):
            target.read("images/1/x")


def test_a_folder_needs_no_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert isinstance(open_target(str(tmp_path)), Folder)
    with pytest.raises(MachineError, match="the client for gs:// is not installed") as caught:
        open_target("gs://bucket")
    assert "serve-cloud" in caught.value.hint


def test_a_storage_that_nobody_knows_is_refused_at_once() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError, match="got nowhere://"):
        open_target("nowhere://bucket")


def test_nothing_is_connected_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    core = pytest.importorskip("fsspec.core")
    monkeypatch.setattr(core, "url_to_fs", lambda *_, **__: pytest.fail("it connects"))
    assert isinstance(open_target("memory://x"), Storage)

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from storage import BUCKET, Proxy

from winnow.errors import InputError, MachineError
from winnow.remotes.settings import Remote
from winnow.remotes.storage import Folder, Storage, open_storage, quiet

MakeRemote = Callable[..., Remote]


def use(storage: Storage) -> None:
    storage.write("one", b"1")
    storage.write("two", b"2")
    assert {"one", "two"} <= set(storage.names())
    assert storage.read("two") == b"2"
    storage.delete("one")
    assert "one" not in storage.names()
    with pytest.raises(FileNotFoundError):
        storage.read("one")


def test_a_folder_and_a_bucket_behave_alike(make_remote: MakeRemote, google: Proxy, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    use(open_storage(make_remote(str(tmp_path / "store"))))
    use(open_storage(make_remote(f"gs://{BUCKET}/alike", endpointurl=google.url)))


def test_a_folder_that_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Folder(tmp_path / "away").write("one", b"1")
    assert not (tmp_path / "away").exists()


def test_nothing_at_the_path_is_an_empty_list(make_remote: MakeRemote, google: Proxy) -> None:
    assert open_storage(make_remote(f"gs://{BUCKET}/nothing", endpointurl=google.url)).names() == []


@pytest.mark.parametrize(("scheme", "package"), [("gs", "dvc_gs"), ("s3", "dvc_s3")])
def test_without_its_package_a_bucket_is_out_of_reach(
    scheme: str, package: str, make_remote: MakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MachineError, match=package.replace("_", "-")) as caught:
        open_storage(make_remote(f"{scheme}://pictures"))
    assert "winnow[cloud]" in caught.value.hint


def test_a_broken_key_file_is_an_input_error(
    make_remote: MakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key.json"
    key.write_text('{"type": "service_account"}', encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        open_storage(make_remote("gs://pictures", credentialpath=key))


def test_what_a_library_logs_stays_off_the_terminal_and_its_last_reason_is_kept(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logger = logging.getLogger("gcsfs")
    before = logger.handlers[:], logger.level, logger.propagate
    with quiet("gcsfs") as retries:
        logger.debug("_request retrying after exception: Invalid Credentials, 401")
        logger.error("something loud")
    assert retries.last == "Invalid Credentials, 401"
    assert capfd.readouterr().err == ""
    assert (logger.handlers, logger.level, logger.propagate) == before

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from storage import BUCKET, Emulator, Proxy

from winnow.remotes.probe import Step, can_pull, probe
from winnow.remotes.settings import Remote
from winnow.remotes.storage import open_storage

MakeRemote = Callable[..., Remote]
ACCOUNT = "ci@rice.iam.gserviceaccount.com"
DENIED = (
    f"{ACCOUNT} does not have {{0}} access to the Google Cloud Storage object. Permission '{{0}}' denied on resource "
    "(or it may not exist)."
)


def states(steps: list[Step]) -> dict[str, str]:
    return {step.name: step.state for step in steps}


@pytest.fixture
def bucket(make_remote: MakeRemote, google: Proxy) -> Callable[[], list[Step]]:
    """Return a function that probes the bucket."""
    remote = make_remote(f"gs://{BUCKET}/probed", endpointurl=google.url)
    return lambda: probe(remote, open_storage(remote), ACCOUNT)


def test_a_bucket_that_works_passes_and_nothing_stays_in_it(
    bucket: Callable, make_remote: MakeRemote, google: Proxy
) -> None:
    steps = bucket()
    assert states(steps) == dict.fromkeys(["write", "list", "read", "delete"], "ok")
    assert can_pull(steps)
    assert open_storage(make_remote(f"gs://{BUCKET}/probed", endpointurl=google.url)).names() == []


@pytest.mark.parametrize(
    ("request_line", "permission", "state"),
    [
        (r"^POST /upload/", "storage.objects.create", ("failed", "ok", "ok", "untried")),
        (r"^GET \S*/o(\?|/?$)", "storage.objects.list", ("ok", "failed", "ok", "ok")),
        (r"^GET \S*/o/\S*alt=media", "storage.objects.get", ("ok", "ok", "failed", "ok")),
        (r"^DELETE ", "storage.objects.delete", ("ok", "ok", "ok", "failed")),
    ],
)
def test_the_missing_permission_is_named_with_the_role_that_has_it(
    request_line: str, permission: str, state: tuple[str, ...], bucket: Callable, google: Proxy
) -> None:
    google.refuse(request_line, 403, DENIED.format(permission))
    steps = bucket()
    assert tuple(states(steps).values()) == state
    [failed] = [step for step in steps if step.state == "failed"]
    assert (failed.permission, failed.problem) == (permission, f"{permission} is missing")
    assert f"--member=serviceAccount:{ACCOUNT} --role=roles/storage.object" in failed.hint
    assert can_pull(steps) is (permission in ("storage.objects.create", "storage.objects.delete"))


def test_who_may_neither_write_nor_read_cannot_pull(bucket: Callable, google: Proxy) -> None:
    for line, permission in ((r"^POST /upload/", "create"), (r"^GET \S*/o/\S*alt=media", "get")):
        google.refuse(line, 403, DENIED.format(f"storage.objects.{permission}"))
    steps = bucket()
    assert [step.permission for step in steps] == ["storage.objects.create", "", "storage.objects.get", ""]
    assert not can_pull(steps)


def test_amazons_refusal_is_read_too(make_remote: MakeRemote, google: Proxy) -> None:
    user = "User: arn:aws:iam::1:user/ci is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::pictures"
    google.answer("^PUT ", 403, f"<Error><Code>AccessDenied</Code><Message>{user}</Message></Error>")
    google.answer("^GET ", 404, "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>")
    remote = make_remote("s3://pictures/x", endpointurl=google.url, access_key_id="1", secret_access_key="hunter2")
    steps = probe(remote, replace(open_storage(remote), timeout_s=5))
    assert steps[0].permission == "s3:PutObject"
    assert "policy" in steps[0].hint
    assert "hunter2" not in str(steps)


def test_a_refusal_for_another_reason_keeps_the_storages_own_words(bucket: Callable, google: Proxy) -> None:
    google.refuse("^POST", 403, "The billing account for the owning project is disabled in state absent")
    problem = bucket()[0].problem
    assert "most likely for want of storage.objects.create" in problem
    assert "billing account" in problem


@pytest.mark.parametrize("message", ["Anonymous caller does not have storage.objects.create access.", "Unauthorized"])
def test_a_caller_that_is_not_known_is_sent_to_log_in(message: str, bucket: Callable, google: Proxy) -> None:
    google.refuse(".", 401, message)
    steps = bucket()
    assert tuple(states(steps).values()) == ("failed", "untried", "untried", "untried")
    assert "does not accept the credential" in steps[0].problem


def test_a_token_that_the_library_would_try_for_half_a_minute_is_given_up_with_its_reason(
    make_remote: MakeRemote, google: Proxy
) -> None:
    google.refuse(".", 401, "Invalid Credentials")
    remote = make_remote(f"gs://{BUCKET}/probed", endpointurl=google.url)
    steps = probe(remote, replace(open_storage(remote), timeout_s=0.3))
    assert "does not accept the credential: Invalid Credentials" in steps[0].problem


def test_a_bucket_that_does_not_exist_is_said_to_be_that(make_remote: MakeRemote, google: Proxy) -> None:
    remote = make_remote("gs://no-such-bucket/x", endpointurl=google.url)
    steps = probe(remote, open_storage(remote))
    assert steps[0].problem == "the bucket no-such-bucket does not exist"
    assert [step.state for step in steps[1:]] == ["untried"] * 3


def test_a_server_that_does_not_answer_is_no_question_of_permissions(make_remote: MakeRemote, tmp_path: Path) -> None:
    remote = make_remote(f"gs://{BUCKET}/x", endpointurl=Emulator(tmp_path).url)
    steps = probe(remote, replace(open_storage(remote), timeout_s=0.3))
    assert steps[0].permission == ""
    assert "no success in time" in steps[0].problem
    assert "network" in steps[0].hint


def test_a_folder_that_is_not_there_is_not_made(make_remote: MakeRemote, tmp_path: Path) -> None:
    remote = make_remote(str(tmp_path / "away"))
    assert "does not exist" in probe(remote, open_storage(remote))[0].problem
    assert not (tmp_path / "away").exists()


def test_a_folder_without_permission_names_it(
    make_remote: MakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(path: Path, _: bytes) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    # Not by the folder's mode: root may write everywhere.
    monkeypatch.setattr(Path, "write_bytes", deny)
    assert probe(make_remote(str(tmp_path)), open_storage(make_remote(str(tmp_path))))[0].permission == "write"

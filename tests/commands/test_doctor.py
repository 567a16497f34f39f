import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from storage import BUCKET, Proxy, forget_logins, storage

from winnow.commands.doctor import RemoteReport, doctor_remote
from winnow.errors import ExitCode, UsageError
from winnow.project import Project

ACCOUNT = "ci@rice.iam.gserviceaccount.com"
SECRET = "hunter2"
IMPERSONATE = f"/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_logins(monkeypatch, tmp_path / "nowhere")


@pytest.fixture(scope="module")
def _google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with storage(tmp_path_factory.mktemp("emulator")) as (_, proxy):
        yield proxy


@pytest.fixture
def google(_google: Proxy) -> Proxy:
    _google.forget_answers()
    return _google


@pytest.fixture
def workload_identity(google: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a CI login leaves: a file that says where a token is to be had, and for whom."""
    (tmp_path / "subject").write_text(SECRET, encoding="utf-8")
    content = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/github",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{google.url}/sts",
        "credential_source": {"file": str(tmp_path / "subject")},
        "service_account_impersonation_url": google.url + IMPERSONATE,
    }
    path = tmp_path / "gha-creds.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    token = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 3600}
    google.answer("^POST /sts", 200, {**token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})
    google.answer(f"^POST {IMPERSONATE}", 200, {"accessToken": SECRET, "expireTime": "2100-01-01T00:00:00Z"})
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "rice")  # else google-auth asks the network for it


def with_remote(folder: Path, url: str, **options: object) -> Project:
    (folder / ".dvc").mkdir()
    lines = [f"    {key} = {value}\n" for key, value in {"url": url, **options}.items()]
    config = "[core]\n    no_scm = true\n    remote = storage\n['remote \"storage\"']\n" + "".join(lines)
    (folder / ".dvc" / "config").write_text(config, encoding="utf-8")
    return Project(folder)


def text(report: RemoteReport) -> str:
    return "\n".join(report.lines())


def test_without_a_remote_the_way_to_one_is_the_hint(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    with pytest.raises(UsageError, match="no remote") as caught:
        doctor_remote(Project(tmp_path))
    assert "inv remote gs://" in caught.value.hint


def test_a_folder_that_works(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    report = doctor_remote(with_remote(tmp_path, "../store"))
    assert report.exit_code is ExitCode.OK
    assert text(report).endswith("dvc push and dvc pull will work")
    assert list((tmp_path / "store").iterdir()) == []


def test_a_bucket_that_works_is_told_with_its_credential_and_no_secret(
    tmp_path: Path, google: Proxy, workload_identity: None
) -> None:
    report = doctor_remote(with_remote(tmp_path, f"gs://{BUCKET}/winnow", endpointurl=google.url))
    assert report.exit_code is ExitCode.OK, text(report)
    said = text(report) + json.dumps(report.records())
    assert f"workload identity of {ACCOUNT}" in said
    assert SECRET not in said
    assert [step["state"] for step in report.records()["steps"]] == ["ok"] * 4


def test_a_reader_is_told_that_pulling_works_and_what_pushing_lacks(
    tmp_path: Path, google: Proxy, workload_identity: None
) -> None:
    google.refuse("^POST /upload/", 403, f"{ACCOUNT} does not have storage.objects.create access to the object.")
    report = doctor_remote(with_remote(tmp_path, f"gs://{BUCKET}/winnow", endpointurl=google.url))
    assert report.exit_code is ExitCode.FAILED
    said = text(report)
    assert "storage.objects.create is missing" in said
    assert f"--member=serviceAccount:{ACCOUNT} --role=roles/storage.objectCreator" in said
    assert said.endswith("dvc pull will work; the rest will not")


def test_a_login_that_ran_out_is_no_missing_permission(tmp_path: Path, google: Proxy, workload_identity: None) -> None:
    google.refuse("/b/", 401, "Request had invalid authentication credentials.")
    report = doctor_remote(with_remote(tmp_path, f"gs://{BUCKET}/winnow", endpointurl=google.url))
    assert "the storage does not accept the credential" in text(report)


def test_nobody_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    report = doctor_remote(with_remote(tmp_path, "gs://pictures/winnow"))
    assert report.exit_code is ExitCode.FAILED
    assert report.steps == []
    assert "DVC would ask as nobody" in text(report)
    assert "hint: on your own machine: gcloud auth" in text(report)
    assert text(report).endswith("not ready; nothing was sent")


def test_a_fatal_trap_ends_it_before_anything_is_sent(tmp_path: Path) -> None:
    report = doctor_remote(with_remote(tmp_path, "s3://pictures", secret_access_key=SECRET))
    assert report.exit_code is ExitCode.FAILED
    assert report.credential is None
    assert SECRET not in text(report) + json.dumps(report.records())


def test_a_warning_alone_does_not_fail(tmp_path: Path, google: Proxy) -> None:
    report = doctor_remote(with_remote(tmp_path, f"gs://{BUCKET}/winnow", endpointurl=google.url, version_aware="true"))
    assert report.exit_code is ExitCode.OK
    assert "warning" in text(report)

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from storage import BUCKET, Proxy

from winnow.errors import InputError
from winnow.remotes.credentials import Credential, find_credential
from winnow.remotes.settings import Remote
from winnow.remotes.storage import open_storage

MakeRemote = Callable[..., Remote]
URL = "gs://pictures/winnow"
ACCOUNT = "ci@rice.iam.gserviceaccount.com"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's key, made up."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("keys") / "key.json"
    content = {"type": "service_account", "client_email": ACCOUNT, "token_uri": "http://127.0.0.1:1/token"}
    content |= {"project_id": "rice", "private_key_id": "1", "private_key": private.decode()}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def find(remote: Remote) -> Credential:
    return find_credential(remote, open_storage(remote))


def test_a_folder_needs_none(make_remote: MakeRemote, tmp_path: Path) -> None:
    assert str(find(make_remote(str(tmp_path)))) == "none needed (the permissions of the folder)"


def test_google_without_any_credential_is_not_asked_as_nobody(make_remote: MakeRemote) -> None:
    credential = find(make_remote(URL))
    assert "DVC would ask as nobody" in credential.problem
    assert "gcloud auth application-default login" in credential.hint


def test_a_key_file_that_does_not_exist_is_the_reason(
    make_remote: MakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "gone.json"))
    assert find(make_remote(URL)).problem.endswith("gone.json, which does not exist")


def test_a_service_account_is_named_with_the_variable_it_came_by(
    make_remote: MakeRemote, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))
    credential = find(make_remote(URL))
    assert str(credential) == f"service account key of {ACCOUNT} (GOOGLE_APPLICATION_CREDENTIALS={key_file})"
    assert not credential.problem


def test_another_project_name_drops_the_credential_and_is_the_reason(
    make_remote: MakeRemote, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))
    assert (
        "projectname is 'wheat', the credential's project is 'rice'"
        in find(make_remote(URL, projectname="wheat")).problem
    )
    assert not find(make_remote(URL, projectname="rice")).problem


def test_a_credential_path_is_named(make_remote: MakeRemote, key_file: Path) -> None:
    assert find(make_remote(URL, credentialpath=key_file)).source == f"credentialpath: {key_file}"


def test_workload_identity_is_named_with_the_account_it_acts_for(
    make_remote: MakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gha-creds.json"
    iam = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"
    content = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/github",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(tmp_path / "token")},
        "service_account_impersonation_url": iam,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "rice")  # else google-auth asks the network for it
    credential = find(make_remote(URL))
    assert (credential.kind, credential.identity) == ("workload identity", ACCOUNT)


def test_a_persons_login_is_found_where_gcloud_leaves_it(
    make_remote: MakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    content = {"type": "authorized_user", "client_id": "1", "client_secret": "hunter2", "refresh_token": "hunter2"}
    (tmp_path / "application_default_credentials.json").write_text(json.dumps(content), encoding="utf-8")
    credential = find(make_remote(URL))
    assert credential.kind == "a person's gcloud login"
    assert "hunter2" not in str(credential)


def test_an_emulator_needs_none(make_remote: MakeRemote, google: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find(make_remote(f"gs://{BUCKET}", endpointurl=google.url)).source == f"emulator at {google.url}"
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", google.url)
    assert find(make_remote(f"gs://{BUCKET}")).source == f"emulator at {google.url}"


@pytest.mark.parametrize("url", [URL, "s3://pictures"])
def test_asking_as_nobody_on_purpose_is_said_and_allowed(url: str, make_remote: MakeRemote) -> None:
    credential = find(make_remote(url, allow_anonymous_login="true"))
    assert credential.kind == "nobody"
    assert not credential.problem


def test_amazon_without_any_credential_is_refused(make_remote: MakeRemote) -> None:
    assert "no credential" in find(make_remote("s3://pictures")).problem


def test_a_profile_that_does_not_exist_and_half_a_key_are_input_errors(
    make_remote: MakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="rice"):
        find(make_remote("s3://pictures", profile="rice"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHUNTER")
    with pytest.raises(InputError, match="AWS_SECRET_ACCESS_KEY") as caught:
        find(make_remote("s3://pictures"))
    assert "AKIAHUNTER" not in str(caught.value)


def test_amazons_places_are_named_and_never_the_key(
    make_remote: MakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[rice]\naws_access_key_id = AKIAHUNTER\naws_secret_access_key = hunter2\n", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    found = [find(make_remote("s3://pictures", profile="rice"))]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHUNTER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    found.append(find(make_remote("s3://pictures")))
    found.append(find(make_remote("s3://pictures", access_key_id="AKIAHUNTER", secret_access_key="hunter2")))
    assert [str(credential) for credential in found] == [
        "profile in the shared credentials file (profile rice)",
        "access key in the environment",
        "access key (DVC's configuration)",
    ]

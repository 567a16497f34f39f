"""Which credential a push or a pull would use. It is named, never shown.

For Google the client library looks in several places and, where it finds nothing, goes on as nobody without a word:
the first answer is then a puzzling 401 from the bucket. That is found here, before anything is sent.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.remotes.settings import Remote
from winnow.remotes.storage import Bucket, Storage, quiet

LOGIN = (
    "on your own machine: gcloud auth application-default login; in CI: workload identity, with "
    "GOOGLE_APPLICATION_CREDENTIALS naming its file (docs/remote.md)"
)
AWS_LOGIN = "aws configure sso, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (docs/remote.md)"
KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"

# By the module of the class that google-auth has chosen.
_GOOGLE = {
    "google.oauth2.service_account": "service account key",
    "google.auth.identity_pool": "workload identity",
    "google.auth.aws": "workload identity",
    "google.auth.pluggable": "workload identity",
    "google.auth.external_account_authorized_user": "workforce identity",
    "google.auth.impersonated_credentials": "impersonated service account",
    "google.auth.compute_engine.credentials": "metadata server",
    "google.oauth2.credentials": "a person's gcloud login",
}
# By the name that botocore gives to the place.
_AMAZON = {
    "env": "access key in the environment",
    "shared-credentials-file": "profile in the shared credentials file",
    "config-file": "profile in the AWS config file",
    "custom-process": "program named in the AWS config file",
    "assume-role": "role of a profile",
    "assume-role-with-web-identity": "web identity",
    "sso": "single sign-on",
    "login": "aws login",
    "container-role": "role of the container",
    "iam-role": "role of the machine",
}


@dataclass(frozen=True)
class Credential:
    """How the storage would know who asks."""

    kind: str
    """In words; empty where there is none."""

    source: str = ""
    """Where it was found: a variable, a file, the network."""

    identity: str = ""
    """Whom the storage would see, where that is known without asking."""

    problem: str = ""
    """Why nothing is to be sent with it."""

    hint: str = ""

    def __str__(self) -> str:
        """Return it on one line."""
        words = [
            self.kind or "none",
            f"of {self.identity}" * bool(self.identity),
            f"({self.source})" * bool(self.source),
        ]
        return " ".join(word for word in words if word)


def find_credential(remote: Remote, storage: Storage) -> Credential:
    """Return what would be used; a credential with a `problem` where the storage would see nobody."""
    if not isinstance(storage, Bucket):
        return Credential("none needed", "the permissions of the folder")
    if remote.options.get("allow_anonymous_login"):
        return Credential("nobody", "allow_anonymous_login: only public buckets, and only to read")
    return _of_google(remote, storage.client) if remote.address.kind == "gs" else _of_amazon(remote)


def google_endpoint(remote: Remote) -> str:
    """Return the address of an emulator or another server that stands in for Google, empty for Google itself."""
    return str(remote.options.get("endpointurl") or os.environ.get("STORAGE_EMULATOR_HOST", ""))


def _of_google(remote: Remote, client: Any) -> Credential:
    chosen = client.credentials.credentials
    if chosen is None and not client.on_google:
        return Credential("none needed", f"emulator at {google_endpoint(remote)}")
    if chosen is None:
        return Credential("", problem=_why_nobody(remote, client), hint=LOGIN)
    kind = _GOOGLE.get(type(chosen).__module__, type(chosen).__module__)
    identity = getattr(chosen, "service_account_email", None) or getattr(chosen, "account", None) or ""
    return Credential(kind, _google_source(remote, client, kind), "" if identity == "default" else str(identity))


def _google_source(remote: Remote, client: Any, kind: str) -> str:
    if path := remote.options.get("credentialpath"):
        return f"credentialpath: {path}"
    if client.credentials.method == "cache":
        return "~/.gcs_tokens, left by a browser login of gcsfs"
    if kind == "metadata server":
        return "asked of the machine"
    path = os.environ.get(KEY_FILE)
    return f"{KEY_FILE}={path}" if path else "gcloud's application default credentials"


def _why_nobody(remote: Remote, client: Any) -> str:
    """Return why the client library would go on without a credential."""
    from google import auth
    from google.auth.exceptions import GoogleAuthError

    start = "no credential: DVC would ask as nobody, without saying so"
    key_file = os.environ.get(KEY_FILE, "")
    if key_file and not Path(key_file).is_file():
        return f"{start}. {KEY_FILE} names {key_file}, which does not exist"
    try:
        with quiet("google"):
            _, project = auth.default(scopes=[client.credentials.scope])
    except GoogleAuthError as error:
        return f"{start}. {str(error).splitlines()[0]}"
    return (
        f"{start}. The option projectname is {remote.options.get('projectname')!r}, the credential's project is "
        f"{project!r}: where they differ, the credential is dropped"
    )


def _of_amazon(remote: Remote) -> Credential:
    from botocore.session import Session

    profile = remote.options.get("profile")
    if remote.options.get("access_key_id"):
        return Credential("access key", "DVC's configuration")
    found = Session(profile=profile).get_credentials()
    if found is None:
        return Credential(
            "", problem="no credential in the environment, in a profile or on this machine", hint=AWS_LOGIN
        )
    name = profile or os.environ.get("AWS_PROFILE", "")
    return Credential(_AMAZON.get(found.method, found.method), f"profile {name}" * bool(name))

"""The four requests that a runner needs of GitHub: register, look, remove, and where the runner's program lies."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from deploy.runner.errors import RunnerError, SettingsError

PUBLIC_API = "https://api.github.com"
PROGRAM_REPOSITORY = "actions/runner"
TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 8 << 20
_GONE = 404
_BUSY = 422
_TOO_MANY = 429
_SERVER_ERROR = 500
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_NEEDS = "a fine-grained token or an app with the repository permission `Administration: write`, and nothing else"


@dataclass(frozen=True)
class Registration:
    """A runner that GitHub knows and that may take one job."""

    runner_id: int
    name: str
    jit_config: str = field(repr=False)
    """A credential, good for one start."""


@dataclass(frozen=True)
class Release:
    """The runner's program: where it lies, and what it must hash to."""

    version: str
    url: str
    sha256: str


@dataclass(frozen=True)
class GitHub:
    """One repository, spoken to with one token."""

    repository: str
    """OWNER/NAME."""

    token: str = field(repr=False)
    api: str = PUBLIC_API
    """https://HOST/api/v3 for GitHub Enterprise Server."""

    def __post_init__(self) -> None:
        check_repository(self.repository)
        check_api(self.api)

    def register(self, name: str, labels: tuple[str, ...], group_id: int = 1) -> Registration:
        """Make a runner for one job. Group 1 is the default one."""
        # GitHub adds `self-hosted` by itself to other runners; here the list is taken as it is.
        names = list(dict.fromkeys(["self-hosted", *labels]))
        body = {"name": name, "runner_group_id": group_id, "labels": names, "work_folder": "_work"}
        answer = self._ask("POST", "generate-jitconfig", body)
        try:
            return Registration(int(answer["runner"]["id"]), name, str(answer["encoded_jit_config"]))
        except (KeyError, TypeError, ValueError):
            raise RunnerError("GitHub's answer holds no runner and no configuration") from None

    def remove(self, runner_id: int) -> bool:
        """Remove a runner that has no job; return False when it has one: GitHub then refuses, so there is no race."""
        try:
            self._ask("DELETE", str(runner_id))
        except _RefusedError as refusal:
            if refusal.status == _GONE:  # it took a job and is done: GitHub removed it
                return True
            if refusal.status == _BUSY:
                return False
            raise
        return True

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.api.rstrip('/')}/repos/{self.repository}/actions/runners/{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)  # noqa: S310 - check_api
        return _send(request)


def check_repository(repository: str) -> None:
    """Raise SettingsError for what is no OWNER/NAME."""
    if not _REPOSITORY.fullmatch(repository):
        raise SettingsError(f"expected OWNER/NAME, got {repository!r}")


def check_api(api: str) -> None:
    """Raise SettingsError for an address over which a token must not travel."""
    parts = urllib.parse.urlsplit(api)
    is_loopback = parts.hostname in {"127.0.0.1", "::1"}
    if (
        not parts.hostname
        or parts.username
        or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback))
    ):
        raise SettingsError(f"expected https://HOST/…, got {api!r}", hint="http is for tests on this machine only")


def find_release(version: str, machine: str, api: str = PUBLIC_API) -> Release:
    """Ask GitHub for a release of the runner (`latest`, or 2.330.0) and for its hash; without any token.

    The hash comes from where the program comes from: it finds a broken or exchanged download, not a compromised
    GitHub. A hash that somebody has read and given (`--sha256`) finds both.
    """
    check_api(api)
    if version != "latest" and not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SettingsError(f"expected a version such as 2.330.0, got {version!r}")
    path = "latest" if version == "latest" else f"tags/v{version}"
    request = urllib.request.Request(f"{api.rstrip('/')}/repos/{PROGRAM_REPOSITORY}/releases/{path}")  # noqa: S310 - check_api
    answer = _send(request)
    try:
        found = str(answer["tag_name"]).removeprefix("v")
        name = f"actions-runner-linux-{machine}-{found}.tar.gz"
        asset = next(asset for asset in answer["assets"] if asset["name"] == name)
        digest = _DIGEST.fullmatch(asset.get("digest") or "")
        url = str(asset["browser_download_url"])
    except (KeyError, TypeError, StopIteration):
        raise SettingsError(f"the release {version} has no archive for linux-{machine}") from None
    if digest is None:
        raise SettingsError(f"GitHub gives no hash for {name}", hint="give --sha256, from the notes of the release")
    return Release(found, url, digest[1])


class _RefusedError(SettingsError):
    """An answer that asking again does not change."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """urllib would carry the token along to wherever an answer points."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""


def _send(request: urllib.request.Request) -> Any:
    request.add_header("Accept", "application/vnd.github+json")
    request.add_header("X-GitHub-Api-Version", "2022-11-28")
    request.add_header("User-Agent", "winnow-runner")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S) as answer:
            content = answer.read(MAX_ANSWER_BYTES)
            return json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            raise _explain(request, error) from None
    except (OSError, HTTPException, ValueError) as error:
        raise RunnerError(f"{_place(request)}: {error}") from None


def _explain(request: urllib.request.Request, error: urllib.error.HTTPError) -> RunnerError:
    """Tell what asking again may change from what it does not."""
    what = f"{_place(request)} answered {error.code}"
    headers = error.headers
    is_limit = error.code == _TOO_MANY or headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in headers
    if error.code >= _SERVER_ERROR or is_limit:
        return RunnerError(what)
    hints = {401: "the token is not valid any more", 403: f"this takes {_NEEDS}", 404: f"this takes {_NEEDS}"}
    return _RefusedError(what, status=error.code, hint=hints.get(error.code, ""))


def _place(request: urllib.request.Request) -> str:
    return f"{request.get_method()} {request.full_url}"

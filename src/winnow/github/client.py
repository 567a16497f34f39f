"""One repository on GitHub, spoken to with one token: github.com, or GitHub Enterprise under its own address."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from winnow.errors import MachineError, UsageError

PUBLIC_API = "https://api.github.com"
_TIMEOUT_S = (10.0, 60.0)
"""To connect, and between two packets of an answer."""
_RETRIES = 4
_LONGEST_WAIT_S = 30.0
_PER_PAGE = 100
_MAX_PAGES = 100
_FULL_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")

Json = dict[str, Any]


class GitHubError(MachineError):
    """GitHub refused, or did not answer."""

    def __init__(self, message: str, *, status: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        """Of the answer; 0 where there was none."""


class TooLargeError(GitHubError):
    """An answer is larger than it may be."""


@dataclass(frozen=True)
class GitHub:
    """The repository `OWNER/NAME`. Every method raises GitHubError when GitHub says no or nothing.

    Reading is tried again after a 5xx answer, a lost one or a short rate limit; writing is not, for a lost answer may
    belong to a request that was carried out: whoever writes looks first.
    """

    repository: str
    token: str = field(repr=False)
    api: str = PUBLIC_API
    """`https://HOST/api/v3` for GitHub Enterprise."""

    def __post_init__(self) -> None:
        if not _FULL_NAME.fullmatch(self.repository):
            raise UsageError(f"expected a repository OWNER/NAME, got {self.repository!r}", hint="as GitHub shows it")
        if not self.api.startswith("https://"):
            raise UsageError(f"expected an address https://HOST/…, got {self.api!r}", hint="unset GITHUB_API_URL")

    def get(self, path: str, **query: str | int) -> Any:
        """Return the answer to `GET /repos/OWNER/NAME/{path}`."""
        return self._send("GET", path, query=query).json()

    def viewer(self) -> str:
        """Return the login of the person whose token this is; empty for a workflow's token, which is no person's."""
        try:
            return str(self._send("GET", "user", url=f"{self.api}/user").json()["login"])
        except GitHubError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return ""

    def pages(self, path: str, key: str = "", **query: str | int) -> Iterator[Json]:
        """Yield what all pages of a list hold, in GitHub's order; `key` names the list in an answer that wraps it."""
        for page in range(1, _MAX_PAGES + 1):
            answer = self.get(path, per_page=_PER_PAGE, page=page, **query)
            records = answer[key] if key else answer
            yield from records
            if len(records) < _PER_PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to a request that changes something; None where it has no content."""
        answer = self._send(method, path, body=body)
        return answer.json() if answer.content else None

    def download(self, path: str, *, max_bytes: int) -> bytes:
        """Return what lies at a path, as it is; TooLargeError as soon as it is larger."""
        answer = self._send("GET", path, is_stream=True)
        with answer:
            content = bytearray()
            for chunk in answer.iter_content(1 << 16):
                content += chunk
                if len(content) > max_bytes:
                    raise TooLargeError(f"{path}: expected at most {max_bytes:,} bytes, got more")
        return bytes(content)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        is_stream: bool = False,
        url: str = "",
    ) -> requests.Response:
        url = url or f"{self.api}/repos/{self.repository}/{quote(path, safe='/:.-_~@')}".removesuffix("/")
        try:
            answer = self._session.request(
                method, url, params=query, json=body, timeout=_TIMEOUT_S, stream=is_stream, allow_redirects=is_stream
            )
        except requests.RequestException as error:
            reason = type(error).__name__
            raise GitHubError(f"GitHub did not answer {method} {path}: {reason}", hint="try again later") from None
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise GitHubError(
                f"GitHub answered {answer.status_code} to {method} {path}: {_message(answer)}",
                status=answer.status_code,
                hint=_HINTS.get(answer.status_code, "try again later"),
            )
        return answer

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = True  # a proxy, and the certificates of a company
        session.headers.update(
            {
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "winnow",
            }
        )
        retry = Retry(
            total=_RETRIES,
            status_forcelist=[429, 500, 502, 503, 504],
            allowed_methods=["GET"],
            backoff_factor=0.5,
            backoff_max=_LONGEST_WAIT_S,
            respect_retry_after_header=False,  # it may say an hour
            raise_on_status=False,
        )
        session.mount("https://", HTTPAdapter(max_retries=retry))
        return session


_HINTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the token is wrong or has expired",
    HTTPStatus.FORBIDDEN: "the token may not do this, or GitHub's rate limit is reached",
    HTTPStatus.NOT_FOUND: "it is not there, or the token may not see it",
    HTTPStatus.UNPROCESSABLE_ENTITY: "GitHub does not take these values",
}


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return "no message"

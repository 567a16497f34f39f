"""What the routes of the loopback GitHub share: a call, an answer, a refusal, pages of a list."""

import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from github_records import Pull, Repository, Token, User
from github_shapes import Shapes
from github_state import GitHub

Record = TypeVar("Record")


class Refused(Exception):  # noqa: N818 - what the client gets is the error
    """An answer that says no."""

    def __init__(self, status: int, message: str, *, errors: list[object] | None = None) -> None:
        self.status = status
        self.content: dict[str, object] = {"message": message, "status": str(status)}
        self.content |= {"documentation_url": "https://docs.github.com/rest"}
        if errors is not None:
            self.content["errors"] = errors
        super().__init__(message)


@dataclass(frozen=True)
class Answer:
    """What goes back: `content` as JSON, bytes as they are."""

    content: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that was let in."""

    github: GitHub
    shapes: Shapes
    path: str
    names: dict[str, str]
    """The variable parts of the path."""
    query: dict[str, str]
    body: dict[str, object]
    token: Token | None
    found: Repository | None

    @property
    def repository(self) -> Repository:
        """The repository that the path names."""
        assert self.found
        return self.found

    @property
    def user(self) -> User:
        """Who calls."""
        assert self.token
        return self.github.users[self.token.login]

    def pull(self) -> Pull:
        """Return the pull request that the path names."""
        return self.one(self.repository.pulls)

    def one(self, records: dict[int, Record], name: str = "number") -> Record:
        """Return the record whose id stands in the path."""
        number = self.names[name]
        if not number.isdigit() or int(number) not in records:
            raise Refused(404, "Not Found")
        return records[int(number)]

    def text(self, name: str, *, max_chars: int, resource: str) -> str:
        """Return a text of the body that may not be blank."""
        value = self.body.get(name)
        if not isinstance(value, str):
            raise Refused(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if not value.strip():
            raise invalid(resource, name, f"{name} cannot be blank")
        if len(value) > max_chars:
            words = f"{name.capitalize()} is too long (maximum is {max_chars} characters)"
            raise invalid(resource, "data", words)
        return value

    def page(self, items: list[object], *, under: str = "") -> Answer:
        """Return the page that was asked for, with the addresses of the others; `under` a key with the whole count."""
        per_page = min(max(_number(self.query.get("per_page"), 30), 1), 100)
        number = max(_number(self.query.get("page"), 1), 1)
        last = max(-(-len(items) // per_page), 1)
        chosen = items[(number - 1) * per_page : number * per_page]
        pages = {"next": number + 1, "last": last} if number < last else {}
        pages |= {"prev": number - 1, "first": 1} if number > 1 else {}
        link = ", ".join(f'<{self._address(page)}>; rel="{name}"' for name, page in pages.items())
        content = {"total_count": len(items), under: chosen} if under else chosen
        return Answer(content, headers={"Link": link} if link else {})

    def _address(self, page: int) -> str:
        query = urllib.parse.urlencode({**self.query, "page": page})
        return f"{self.shapes.api}{self.path}?{query}"


@dataclass(frozen=True)
class Route:
    """What a method and a path ask for, and the permission that it takes: `issues|pull_requests:write`."""

    method: str
    path: str
    needs: str
    answer: Callable[[Call], Answer]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the variable parts of a path of this route."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path).replace("(?P<rest>[^/]+)", "(?P<rest>.+)")
        found = re.fullmatch(pattern, path) if method == self.method else None
        if not found:
            return None
        return {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}

    def check(self, token: Token | None, repository: Repository | None) -> None:
        """Refuse a token that may not do this, as GitHub does."""
        if not self.needs:
            return
        scopes, level = self.needs.split(":")
        is_own = token is not None and repository is not None and repository.full_name in token.repositories
        if repository and repository.is_private and not is_own:
            raise Refused(404, "Not Found")
        if token is None:
            if level == "write":
                raise Refused(401, "Requires authentication")
            return
        is_open = level == "read" and repository is not None and not repository.is_private
        if not is_open and not (is_own and any(token.may(scope, level) for scope in scopes.split("|"))):
            kind = "integration" if token.is_app else "personal access token"
            raise Refused(403, f"Resource not accessible by {kind}")


def invalid(resource: str, name: str, message: str) -> Refused:
    """Return the refusal of a value."""
    error = {"resource": resource, "code": "unprocessable", "field": name, "message": message}
    return Refused(422, "Validation Failed", errors=[error])


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default

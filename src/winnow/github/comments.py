"""Comments of a pull request: all of them, whoever wrote them."""

from dataclasses import dataclass
from http import HTTPStatus

from winnow.github.client import GitHub, GitHubError, Json

MAX_CHARS = 65_536
"""GitHub takes no longer one."""


@dataclass(frozen=True)
class Comment:
    """A comment, and who wrote it."""

    id: int
    author: str
    """A login; empty where the account is gone."""
    is_bot: bool
    """Whether an app wrote it, as a workflow's token is one."""
    body: str
    html_url: str


def list_comments(github: GitHub, number: int) -> list[Comment]:
    """Return all comments of a pull request, the oldest first."""
    return sorted(map(_as_comment, github.pages(f"issues/{number}/comments")), key=lambda comment: comment.id)


def create_comment(github: GitHub, number: int, body: str) -> Comment:
    """Add a comment."""
    return _as_comment(github.send("POST", f"issues/{number}/comments", {"body": body}))


def edit_comment(github: GitHub, comment: Comment, body: str) -> Comment:
    """Replace the text of a comment."""
    return _as_comment(github.send("PATCH", f"issues/comments/{comment.id}", {"body": body}))


def delete_comment(github: GitHub, comment: Comment) -> None:
    """Remove a comment, if it is still there."""
    try:
        github.send("DELETE", f"issues/comments/{comment.id}")
    except GitHubError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise


def _as_comment(record: Json) -> Comment:
    user = record.get("user") or {}
    return Comment(
        id=record["id"],
        author=user.get("login") or "",
        is_bot=user.get("type") == "Bot",
        body=record.get("body") or "",
        html_url=record["html_url"],
    )

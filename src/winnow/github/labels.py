"""Labels of a pull request: who put one on, and what that person may do."""

from http import HTTPStatus

from winnow.github.client import GitHub, GitHubError


def who_labeled(github: GitHub, number: int, label: str) -> str:
    """Return the login of whoever put a label on last; empty where nobody did or the account is gone."""
    who = ""
    for event in github.pages(f"issues/{number}/events"):
        if event["event"] == "labeled" and event["label"]["name"] == label:
            who = (event.get("actor") or {}).get("login") or ""
    return who


def role_of(github: GitHub, login: str) -> str:
    """Return what somebody may do here: `admin`, `maintain`, `write`, `triage`, `read`, `none`, or a role by name."""
    answer = github.get(f"collaborators/{login}/permission")
    return str(answer.get("role_name") or answer["permission"])


def remove_label(github: GitHub, number: int, label: str) -> None:
    """Take a label off, if it is still there."""
    try:
        github.send("DELETE", f"issues/{number}/labels/{label}")
    except GitHubError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise

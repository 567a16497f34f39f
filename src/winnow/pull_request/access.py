"""Which repository, and with which token: as a workflow's environment says, or a person's own on a laptop."""

import os
import re
import subprocess
from collections.abc import Mapping

from winnow.errors import UsageError
from winnow.github.client import PUBLIC_API, GitHub
from winnow.project import Project
from winnow.repository.git import call_git

_REMOTE = re.compile(
    r"(?:https://(?:[^@/]+@)?(?P<web>[^/]+)/|ssh://git@(?P<ssh>[^/:]+)(?::\d+)?/|git@(?P<scp>[^/:]+):)"
    r"(?P<name>[^/]+/[^/]+?)(?:\.git)?/?"
)


def github_of(project: Project, variables: Mapping[str, str] = os.environ) -> GitHub:
    """Return GitHub as a workflow names it; else the repository of the Git remote `origin`.

    Raises UsageError where nothing names a repository on GitHub, or where there is no token.
    """
    host, name = _origin(project) if "GITHUB_REPOSITORY" not in variables else ("", variables["GITHUB_REPOSITORY"])
    api = variables.get("GITHUB_API_URL") or (PUBLIC_API if host == "github.com" else f"https://{host}/api/v3")
    return GitHub(name, _token(variables, host or "github.com"), api)


def _origin(project: Project) -> tuple[str, str]:
    done = call_git(project, "remote", "get-url", "origin")
    match = _REMOTE.fullmatch(done.stdout.decode(errors="replace").strip())
    if done.returncode or not match:
        raise UsageError(
            "expected a Git remote `origin` on GitHub, or GITHUB_REPOSITORY=OWNER/NAME, got neither",
            hint="git remote add origin https://github.com/OWNER/NAME",
        )
    return match["web"] or match["ssh"] or match["scp"], match["name"]


def _token(variables: Mapping[str, str], host: str) -> str:
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        if variables.get(name):
            return variables[name]
    try:
        command = ["gh", "auth", "token", "--hostname", host]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words, a host
    except FileNotFoundError:
        done = None
    if done is None or done.returncode or not done.stdout.strip():
        raise UsageError(
            "expected a token in GITHUB_TOKEN or GH_TOKEN, or a login of the program gh, got none",
            hint="gh auth login, or make a fine-grained token for this repository",
        )
    return done.stdout.strip()

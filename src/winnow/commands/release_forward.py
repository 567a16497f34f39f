"""`winnow release forward`: what a pushed tag asks for, handed to a run of the default branch."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from winnow.errors import ExitCode, UsageError
from winnow.project import Project
from winnow.pull_request.access import github_of
from winnow.release.forwarding import forward
from winnow.release.record import Request, read_asked, release_folder
from winnow.repository.git import git_root


@dataclass(frozen=True)
class Forwarded:
    """What was handed on."""

    request: Request
    branch: str
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        return [f"{self.request.model} to {self.request.stage}: a run of {self.branch} goes on with it"]


def forward_release(near: Project, *, variables: Mapping[str, str] = os.environ) -> Forwarded:
    """Start the workflow `registry` on the default branch with what `.winnow/release/request.json` asks for.

    Raises UsageError where nothing is asked for, GitHubError when GitHub starts nothing.
    """
    root = Project(git_root(near))
    request = read_asked(release_folder(root))
    if not request.artifact:
        raise UsageError("nothing was asked for, so there is nothing to hand on", hint="winnow release request")
    return Forwarded(request, forward(github_of(root, variables), request))

"""`winnow release request`: the first job of the workflow `registry`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import ExitCode, WinnowError
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.pull_request.job_summary import add_to_summary
from winnow.release.asking import read_request, write_outputs
from winnow.release.record import REQUEST, Request, release_folder
from winnow.release.request_page import refusal_blocks, request_blocks
from winnow.repository.git import git_root


@dataclass(frozen=True)
class Requested:
    """What an event asks for."""

    request: Request
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        asked = self.request
        what = f"{asked.action} {asked.model} to {asked.stage}" if asked.artifact else "nothing to do"
        return [f"{what}: {asked.reason}"]


def request_release(near: Project, *, out: Path | None = None, variables: Mapping[str, str] = os.environ) -> Requested:
    """Read the event of this workflow's run, and write which model is to go where to `.winnow/release/request.json`.

    Raises UsageError for an event that asks for something that cannot be.
    """
    root = Project(git_root(near))
    try:
        request = read_request(root, variables)
    except WinnowError as error:
        add_to_summary([to_markdown(refusal_blocks(error.message))])
        raise
    write_outputs(request, out or release_folder(root) / REQUEST, variables)
    add_to_summary([to_markdown(request_blocks(request))])
    return Requested(request)

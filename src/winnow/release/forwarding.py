"""A tag's run hands over to a run of the default branch, before anything is done.

The run of a tag takes its workflow file from the tag's commit, which anybody who may push a tag can choose, and its
identity says the tag. So it gets no right but to start the workflow's other form.
"""

from winnow.github.client import GitHub
from winnow.release.record import Request

WORKFLOW = "registry.yaml"


def forward(github: GitHub, request: Request) -> str:
    """Start the workflow on the default branch with a request; return that branch. Raises GitHubError."""
    branch = str(github.get("")["default_branch"])
    name = {"name": request.artifact, "version": request.version, "stage": request.stage}
    github.send("POST", f"actions/workflows/{WORKFLOW}/dispatches", {"ref": branch, "inputs": name})
    return branch

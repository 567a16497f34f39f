"""What GitHub tells a workflow about the event that started it."""

from github_api import GitHubServer
from github_records import Pull, Repository, Run, User

Json = dict[str, object]


def pull_request(server: GitHubServer, repository: Repository, pull: Pull, action: str = "synchronize") -> Json:
    """A pull request was opened, got a commit (`synchronize`), or a label."""
    about = {"number": pull.number, "pull_request": server.shapes.pull(repository, pull)}
    return {"action": action, **about, **_where(server, repository, pull.author)}


def labeled(server: GitHubServer, repository: Repository, pull: Pull, label: str, by: User) -> Json:
    """Somebody put a label on a pull request."""
    about = pull_request(server, repository, pull, "labeled")
    return {**about, "label": server.shapes.label(label), "sender": server.shapes.user(by)}


def workflow_run(server: GitHubServer, repository: Repository, run: Run) -> Json:
    """A workflow has ended."""
    about = {"workflow_run": server.shapes.run(repository, run), "workflow": {"name": run.name, "path": run.path}}
    return {"action": "completed", **about, **_where(server, repository, run.actor)}


def push(server: GitHubServer, repository: Repository, branch: str = "main") -> Json:
    """A branch has moved."""
    sha = repository.find(f"refs/heads/{branch}")
    about = {"ref": f"refs/heads/{branch}", "after": sha, "head_commit": {"id": sha}, "forced": False}
    return {**about, **_where(server, repository, repository.owner)}


def push_tag(server: GitHubServer, repository: Repository, tag: str) -> Json:
    """Somebody has pushed a tag."""
    about = {"ref": f"refs/tags/{tag}", "after": repository.find(f"refs/tags/{tag}^{{commit}}"), "deleted": False}
    return {**about, **_where(server, repository, repository.owner)}


def repository_dispatch(server: GitHubServer, repository: Repository, kind: str, payload: Json) -> Json:
    """A program has called, with whatever payload."""
    about = {"action": kind, "branch": repository.default_branch, "client_payload": payload}
    return {**about, **_where(server, repository, repository.owner)}


def dispatch(server: GitHubServer, repository: Repository, inputs: dict[str, str] | None = None) -> Json:
    """Somebody asked for a run."""
    about = {"ref": f"refs/heads/{repository.default_branch}", "inputs": inputs or {}}
    return {**about, **_where(server, repository, repository.owner)}


def _where(server: GitHubServer, repository: Repository, sender: User) -> Json:
    return {"repository": server.shapes.repository(repository), "sender": server.shapes.user(sender)}

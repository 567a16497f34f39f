"""Records as GitHub's answers: the fields that CML, `gh`-like clients and our own code read."""

import hashlib

from github_records import Artifact, Check, Comment, Pull, Repository, Run, Status, User

Json = dict[str, object]


class Shapes:
    """Builds answers; `server` is the address of the web pages, `api` that of the REST API."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.api = f"{server}/api/v3"

    def user(self, user: User) -> Json:
        kind = "Bot" if user.is_bot else "User"
        urls = {"html_url": f"{self.server}/{user.login}", "url": f"{self.api}/users/{user.login}"}
        return {"login": user.login, "id": user.id, "name": user.name, "type": kind, "site_admin": False, **urls}

    def repository(self, repository: Repository) -> Json:
        return {
            "id": repository.id,
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.is_private,
            "visibility": "private" if repository.is_private else "public",
            "owner": self.user(repository.owner),
            "fork": repository.parent is not None,
            "default_branch": repository.default_branch,
            "html_url": f"{self.server}/{repository.full_name}",
            "url": self.of(repository),
            "clone_url": f"{self.server}/{repository.full_name}.git",
        }

    def of(self, repository: Repository) -> str:
        """Return the address of a repository in the API."""
        return f"{self.api}/repos/{repository.full_name}"

    def comment(self, repository: Repository, comment: Comment) -> Json:
        page = f"{self.server}/{repository.full_name}/pull/{comment.number}"
        return {
            "id": comment.id,
            "body": comment.body,
            "user": self.user(comment.author),
            "author_association": "NONE" if comment.author.is_bot else "CONTRIBUTOR",
            "html_url": f"{page}#issuecomment-{comment.id}",
            "url": f"{self.of(repository)}/issues/comments/{comment.id}",
            "issue_url": f"{self.of(repository)}/issues/{comment.number}",
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
        }

    def label(self, name: str) -> Json:
        return {"id": int(hashlib.sha256(name.encode()).hexdigest()[:8], 16), "name": name, "color": "ededed"}

    def pull(self, base: Repository, pull: Pull) -> Json:
        return {
            "id": pull.id,
            "number": pull.number,
            "title": pull.title,
            "state": pull.state,
            "draft": pull.is_draft,
            "merged": bool(pull.merge_sha),
            "user": self.user(pull.author),
            "labels": [self.label(name) for name in pull.labels],
            "head": self._side(pull.head, pull.branch, pull.head_sha),
            "base": self._side(base, pull.base_branch, base.find(f"refs/heads/{pull.base_branch}")),
            "html_url": f"{self.server}/{base.full_name}/pull/{pull.number}",
            "url": f"{self.of(base)}/pulls/{pull.number}",
            "issue_url": f"{self.of(base)}/issues/{pull.number}",
        }

    def _side(self, repository: Repository, branch: str, sha: str) -> Json:
        label = f"{repository.owner.login}:{branch}"
        sides = {"repo": self.repository(repository), "user": self.user(repository.owner)}
        return {"label": label, "ref": branch, "sha": sha, **sides}

    def issue(self, base: Repository, pull: Pull) -> Json:
        whole = self.pull(base, pull)
        kept = ("id", "number", "title", "state", "user", "labels", "html_url")
        count = len(base.comments_on(pull.number))
        return {**{name: whole[name] for name in kept}, "comments": count, "pull_request": {"url": whole["url"]}}

    def check(self, repository: Repository, check: Check) -> Json:
        fields = ("id", "head_sha", "name", "status", "conclusion", "details_url", "external_id")
        times = ("started_at", "completed_at")
        empty = {"title": None, "summary": None, "text": None, "annotations_count": 0}
        return {
            **{name: getattr(check, name) for name in (*fields, *times)},
            "output": {**empty, **check.output},
            "html_url": f"{self.server}/{repository.full_name}/runs/{check.id}",
            "url": f"{self.of(repository)}/check-runs/{check.id}",
            "app": {"id": 15368, "slug": "github-actions", "name": "GitHub Actions"},
        }

    def status(self, status: Status) -> Json:
        fields = ("id", "state", "context", "description", "target_url", "created_at")
        return {**{name: getattr(status, name) for name in fields}, "creator": self.user(status.creator)}

    def run(self, repository: Repository, run: Run) -> Json:
        pulls = [repository.pulls[number] for number in run.pulls]
        return {
            "id": run.id,
            "name": run.name,
            "path": run.path,
            "run_number": run.number,
            "run_attempt": 1,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "workflow_id": int(hashlib.sha256(run.path.encode()).hexdigest()[:8], 16),
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.actor),
            "repository": self.repository(repository),
            "head_repository": self.repository(run.head),
            "pull_requests": [self._short(repository, pull) for pull in pulls],
            "html_url": f"{self.server}/{repository.full_name}/actions/runs/{run.id}",
            "url": f"{self.of(repository)}/actions/runs/{run.id}",
            "artifacts_url": f"{self.of(repository)}/actions/runs/{run.id}/artifacts",
        }

    def _short(self, base: Repository, pull: Pull) -> Json:
        def side(repository: Repository, branch: str, sha: str) -> Json:
            short = {"id": repository.id, "name": repository.name, "url": self.of(repository)}
            return {"ref": branch, "sha": sha, "repo": short}

        head = side(pull.head, pull.branch, pull.head_sha)
        sides = {"head": head, "base": side(base, pull.base_branch, base.find(f"refs/heads/{pull.base_branch}"))}
        return {"id": pull.id, "number": pull.number, "url": f"{self.of(base)}/pulls/{pull.number}", **sides}

    def artifact(self, repository: Repository, artifact: Artifact) -> Json:
        url = f"{self.of(repository)}/actions/artifacts/{artifact.id}"
        run = repository.runs[artifact.run_id]
        return {
            "id": artifact.id,
            "name": artifact.name,
            "size_in_bytes": len(artifact.content),
            "digest": f"sha256:{hashlib.sha256(artifact.content).hexdigest()}",
            "expired": artifact.is_expired,
            "url": url,
            "archive_download_url": f"{url}/zip",
            "workflow_run": {
                "id": run.id,
                "repository_id": repository.id,
                "head_repository_id": run.head.id,
                "head_branch": run.head_branch,
                "head_sha": run.head_sha,
            },
        }

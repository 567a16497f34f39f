"""What the loopback GitHub keeps. Tests fill it through these functions and read it directly; no HTTP here."""

import itertools
from typing import Any

from github_records import BOT, Artifact, Comment, LabelEvent, Pull, Repository, Run, Token, User


class GitHub:
    """All of it. Tests fill it through these functions, and read it directly."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self._ids = itertools.count(1001)
        self.add_user(BOT)

    def next_id(self) -> int:
        """Return an id that nothing has yet."""
        return next(self._ids)

    def add_user(self, login: str, name: str | None = None) -> User:
        """Return the user of that name, a new one if need be."""
        return self.users.setdefault(login, User(self.next_id(), login, name))

    def add_repository(self, full_name: str, **more: Any) -> Repository:
        """Add `owner/name`; `more` are fields of `Repository`."""
        owner, name = full_name.split("/")
        repository = Repository(self.next_id(), self.add_user(owner), name, **more)
        repository.roles[owner] = "admin"
        self.repositories[full_name] = repository
        return repository

    def add_token(self, name: str, repository: Repository, *, login: str = BOT, **permissions: str) -> Token:
        """Add a token for one repository: `add_token("report", repository, issues="write", actions="read")`."""
        self.add_user(login)
        secret = f"ghs_{name}_{self.next_id()}"
        token = Token(name, secret, login, frozenset([repository.full_name]), permissions)
        self.tokens[secret] = token
        return token

    def add_pull(self, base: Repository, branch: str, *, head: Repository | None = None, **more: Any) -> Pull:
        """Open a pull request of `branch` (of `head`, a fork, or of `base` itself); `more` are fields of `Pull`."""
        head = head or base
        number = max(base.pulls, default=0) + 1
        settled: dict[str, Any] = {"title": f"Pull request {number}", "base_branch": base.default_branch, **more}
        pull = Pull(id=self.next_id(), number=number, author=head.owner, head=head, branch=branch, **settled)
        base.pulls[number] = pull
        return pull

    def add_comment(self, repository: Repository, number: int, body: str, *, login: str) -> Comment:
        """Add a comment, as a person would by hand."""
        comment = Comment(self.next_id(), number, self.add_user(login), body)
        repository.comments[comment.id] = comment
        return comment

    def put_label(self, repository: Repository, pull: Pull, name: str, *, by: User | None) -> None:
        """Put a label on a pull request; one that the repository does not have yet is made."""
        repository.labels.add(name)
        if name not in pull.labels:
            pull.labels.append(name)
            repository.label_events.append(LabelEvent(self.next_id(), pull.number, "labeled", name, by))

    def take_label(self, repository: Repository, pull: Pull, name: str, *, by: User | None) -> None:
        """Take a label off."""
        pull.labels.remove(name)
        repository.label_events.append(LabelEvent(self.next_id(), pull.number, "unlabeled", name, by))

    def add_artifact(self, repository: Repository, run: Run, name: str, content: bytes) -> Artifact:
        """Add an artifact of a run: `content` is a zip file."""
        artifact = Artifact(self.next_id(), name, content, run.id)
        repository.artifacts[artifact.id] = artifact
        return artifact

    def add_run(self, repository: Repository, *, head: Repository | None = None, **fields: Any) -> Run:
        """Add a run of a workflow (`name`, `path`, `event`, `head_sha`, `head_branch`); `fields` are those of `Run`."""
        head = head or repository
        number = len(repository.runs) + 1
        settled: dict[str, Any] = {"actor": head.owner, **fields}
        if "pulls" not in settled:
            own = [pull for pull in repository.pulls.values() if pull.head is repository and pull.state == "open"]
            settled["pulls"] = [pull.number for pull in own if pull.head_sha == fields["head_sha"]]
        run = Run(id=self.next_id(), number=number, head=head, **settled)
        repository.runs[run.id] = run
        return run

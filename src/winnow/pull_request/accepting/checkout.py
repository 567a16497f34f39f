"""The files of a commit in a folder of their own, to be looked at: nothing of them runs, and no link is a link.

DVC's configuration is not that of the commit, which could name any remote, but that of the default branch.
"""

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from winnow.errors import InputError, MachineError
from winnow.github.client import GitHub
from winnow.github.commits import Change
from winnow.project import Project
from winnow.repository.git import call_git, require_success

FILE = "100644"
_FILES = (FILE, "100755")
_DVC = ".dvc"
_CONFIG = "config"
# A hook, a filter or a monitor is a program; what a link points to is not part of the commit.
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.protectNTFS": "true",
    "core.protectHFS": "true",
    "gc.auto": "0",
    "submodule.recurse": "false",
}


@dataclass(frozen=True)
class Checkout:
    """A commit's files below `root`."""

    root: Path
    commit: str
    entries: Mapping[str, tuple[str, str]]
    """By path: the mode that Git has for it (no folders), and the object."""

    def is_plain(self, path: str) -> bool:
        """Return whether a file may be written there: no link or submodule on the way, and no folder in its place."""
        above = PurePosixPath(path).parents
        is_free = not any(str(folder) in self.entries for folder in above)
        is_file = self.entries.get(path, (FILE, ""))[0] in _FILES
        return is_free and is_file and not any(name.startswith(f"{path}/") for name in self.entries)

    def change(self, path: str, content: bytes | None) -> Change | None:
        """Return what a commit has to do for a file to hold this (None: not to be there), None where that is so."""
        mode, known = self.entries.get(path, (FILE, ""))
        if content is None:
            return Change(path, mode, None) if known else None
        return None if self._keep(content) == known else Change(path, mode, content)

    def tree_with(self, changes: Sequence[Change]) -> str:
        """Return the tree that the commit's becomes by these changes."""
        lines = [
            f"0 {'0' * len(self.commit)}\t{change.path}"
            if change.content is None
            else f"{change.mode} {self._keep(change.content)}\t{change.path}"
            for change in changes
        ]
        self._git("read-tree", self.commit)
        self._git("update-index", "-z", "--index-info", stdin="".join(f"{line}\0" for line in lines).encode())
        return self._git("write-tree").decode().strip()

    def _keep(self, content: bytes) -> str:
        return self._git("hash-object", "-w", "--no-filters", "--stdin", stdin=content).decode().strip()

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return require_success(call_git(Project(self.root), *arguments, stdin=stdin))


@contextmanager
def checked_out(clone: Project, github: GitHub, commit: str, settled: str) -> Iterator[Checkout]:
    """Fetch a commit, and the one `settled` whose DVC configuration counts, from where the clone's `origin` lies.

    Raises MachineError when they cannot be fetched, InputError when the default branch has no DVC repository.
    """
    with tempfile.TemporaryDirectory(prefix="winnow-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / "tree"
        root.mkdir()
        here = Project(root)
        require_success(call_git(here, "init", "-q", "--template="))
        for name, value in _SETTINGS.items():
            require_success(call_git(here, "config", name, value))
        (root / ".git" / "info").mkdir(exist_ok=True)
        (root / ".git" / "info" / "attributes").write_text("* -filter\n", encoding="ascii")
        _fetch(clone, github, root, commit, settled)
        require_success(call_git(here, "read-tree", commit))
        require_success(call_git(here, "update-ref", "--no-deref", "HEAD", commit))
        require_success(call_git(here, "checkout-index", "-a", "-f", "-q"))
        _settle(clone, here, settled, Path(folder).resolve() / "dvc")
        yield Checkout(root, commit, dict(_entries(here, commit)))


def _fetch(clone: Project, github: GitHub, root: Path, *commits: str) -> None:
    url = require_success(call_git(clone, "remote", "get-url", "origin")).decode().strip()
    if not url.startswith(("https://", "ssh://", "git@")):
        url = str((clone.root / url).resolve()) if (clone.root / url).exists() else url
    options = ("-q", "--depth", "1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    command = ["git", "fetch", *options, "--", url, *dict.fromkeys(commits)]
    variables = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **_credential(url, github)}
    done = subprocess.run(command, cwd=root, env=variables, capture_output=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise MachineError(f"Git cannot fetch {commits[0][:12]}: {said[-1]}", hint="git fetch origin says why")


def _credential(url: str, github: GitHub) -> dict[str, str]:
    """Return the token for Git where a workflow's clone keeps none; a person's Git has its own."""
    server = os.environ.get("GITHUB_SERVER_URL", "")
    if not (os.environ.get("GITHUB_ACTIONS") and server.startswith("https://") and url.startswith(f"{server}/")):
        return {}
    secret = base64.b64encode(f"x-access-token:{github.token}".encode()).decode()
    setting = {"KEY_0": f"http.{server}/.extraheader", "VALUE_0": f"AUTHORIZATION: basic {secret}"}
    return {"GIT_CONFIG_COUNT": "1", **{f"GIT_CONFIG_{name}": value for name, value in setting.items()}}


def _entries(here: Project, commit: str) -> Iterator[tuple[str, tuple[str, str]]]:
    listed = require_success(call_git(here, "ls-tree", "-r", "-z", "--full-tree", commit))
    for line in listed.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = line.partition("\t")
        if path:
            mode, _, sha = about.split()
            yield path, (mode, sha)


def _settle(clone: Project, here: Project, settled: str, scratch: Path) -> None:
    """Put the default branch's configuration in place of the commit's, and this clone's own credentials beside it."""
    for folder in [path for path in here.root.rglob(_DVC) if path.is_dir()]:
        shutil.rmtree(folder)
    found = [path for path, _ in _entries(here, settled) if PurePosixPath(path).parts[-2:] == (_DVC, _CONFIG)]
    if not found:
        raise InputError("the default branch has no .dvc/config", hint="dvc init on the default branch, and merge that")
    for path in found:
        target = here.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(require_success(call_git(here, "cat-file", "blob", f"{settled}:{path}")))
        own = clone.root / path
        if own.with_name("config.local").is_file():
            shutil.copyfile(own.with_name("config.local"), target.with_name("config.local"))
        _anchor(target.parent, own.parent, scratch)


def _anchor(folder: Path, own: Path, scratch: Path) -> None:
    """Let relative addresses of remotes count from the clone, and keep DVC's cache and notes apart from anybody's."""
    from dvc.config import Config, ConfigError
    from dvc.config_schema import RelPath

    try:
        merged = Config(str(folder))["remote"]
        moved = {
            name: os.path.normpath(own / os.path.relpath(options["url"], folder))
            for name, options in merged.items()
            if isinstance(options["url"], RelPath)
        }
        with Config(str(folder)).edit("local") as local:
            for name, url in moved.items():
                local["remote"].setdefault(name, {})["url"] = url
            local["core"] |= {"analytics": False, "check_update": False, "site_cache_dir": str(scratch / "site")}
            local["cache"]["dir"] = str(scratch / "cache")
    except ConfigError as error:
        raise InputError(f"DVC cannot read its configuration: {error}", hint="mend .dvc/config") from None

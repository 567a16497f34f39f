"""The remote in DVC's configuration: `.dvc/config`, which Git tracks, and `.dvc/config.local`, which it does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from winnow.errors import ExitCode, InputError
from winnow.project import Project
from winnow.remotes.address import Address, parse_address, require_folder
from winnow.repository.dvc import call_dvc, relative, require_dvc, require_success

NAME = "storage"
PACKAGES = {"gs": "dvc_gs", "s3": "dvc_s3"}
INSTALL = "pip install 'winnow[cloud]'"


@dataclass(frozen=True)
class Remote:
    """DVC's default remote, with what every level of the configuration says of it."""

    name: str
    address: Address
    options: dict[str, Any]
    """Without the URL; validated by DVC."""

    committed: frozenset[str]
    """The options that `.dvc/config` has, so that Git shows them to everybody."""


@dataclass(frozen=True)
class RemoteResult:
    """What was written, and what comes next."""

    address: Address
    config: Path
    exit_code = ExitCode.OK

    def lines(self) -> Iterable[str]:
        """Return what to print."""
        yield f"DVC pushes to {self.address.url} (remote `{NAME}`, the default)"
        yield f"next: git add {self.config.as_posix()} && git commit"
        if self.address.is_cloud:
            is_there = find_spec(PACKAGES[self.address.kind]) is not None
            yield f"every machine that pulls or pushes needs the extra `cloud`: {INSTALL}" + " (here: ok)" * is_there
        yield "then: winnow doctor remote"


def set_remote(project: Project, url: str) -> RemoteResult:
    """Make `url` the default remote in `.dvc/config`: a plain cache remote, whatever was set there before.

    A folder is made. Raises UsageError for an address that cannot be one, and outside a DVC repository.
    """
    require_dvc(project)
    address = parse_address(url)
    if not address.is_cloud:
        require_folder(address, project.root).mkdir(exist_ok=True)
    # --force replaces the whole section: no `version_aware`, no forgotten credential stays behind.
    require_success(call_dvc(project, "remote", "add", "-q", "--force", "--default", NAME, url))
    return RemoteResult(address, Path(relative(project, dvc_folder(project) / "config")))


def read_remote(project: Project) -> Remote | None:
    """Return DVC's default remote, None without one. Raises InputError for a configuration that DVC refuses."""
    # DVC itself reads it: levels, relative folders and what an option may hold are its own business.
    from dvc.config import Config, ConfigError

    require_dvc(project)
    hint = "mend .dvc/config, or inv remote URL"
    try:
        config = Config(str(dvc_folder(project)))
        committed = config.load_one("repo")["remote"]
    except ConfigError as error:
        raise InputError(f"DVC cannot read its configuration: {error}", hint=hint) from None
    name = config["core"].get("remote")
    if not name:
        return None
    if name not in config["remote"]:
        raise InputError(f"the default remote `{name}` does not exist", hint=hint)
    options = dict(config["remote"][name])
    url = str(options.pop("url"))
    return Remote(name, parse_address(url), options, frozenset(committed.get(name, {})) - {"url"})


def dvc_folder(project: Project) -> Path:
    """Return the `.dvc` folder of the repository that the project lies in."""
    folders = (folder / ".dvc" for folder in (project.root, *project.root.parents))
    return next(folder for folder in folders if folder.is_dir())

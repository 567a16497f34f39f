"""DVC, as a program, and the small files by which it records a folder of parts.

`images.dvc` names a listing; the listing, a small object in the cache or the remote, names each part and its hash.
"""

import copy
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from winnow.errors import InputError, MachineError, UsageError
from winnow.logs import logger
from winnow.project import Project

_FROM_GIT = "mend it, or take it from Git (git checkout FILE)"
_RECOVER = "git checkout data/images.dvc, then run the command again"
_FOLDER = "outs:\n- md5: 0\n  size: 0\n  nfiles: 0\n  hash: md5\n  path: {}\n"
_FILE = "outs:\n- md5: 0\n  size: 0\n  hash: md5\n  path: {}\n"


@dataclass(frozen=True)
class Recorded:
    """What `images.dvc` says of the folder."""

    md5: str
    """Of the listing, with `.dir` behind it."""

    size: int
    """Bytes of all parts."""

    num_files: int


def require_dvc(project: Project) -> None:
    """Raise UsageError unless the project lies in a DVC repository."""
    if not any((folder / ".dvc").is_dir() for folder in (project.root, *project.root.parents)):
        raise UsageError(
            f"{project.root} lies in no DVC repository",
            hint="git init && dvc init, or leave tracking out with --no-track",
        )


def read_recorded(project: Project) -> Recorded | None:
    """Return what `images.dvc` records, or None without it. Raises InputError when it is malformed."""
    if not project.images_dvc.exists():
        return None
    return parse_recorded(project.images_dvc.read_text(encoding="utf-8"), project.images_dvc)


def parse_recorded(text: str, source: Path) -> Recorded:
    """Return what the text of an `images.dvc` records; `source` is named in the InputError when it is malformed."""
    try:
        out = load_yaml(text.encode(), str(source))["outs"][0]
        return Recorded(md5=str(out["md5"]), size=int(out["size"]), num_files=int(out["nfiles"]))
    except (KeyError, IndexError, TypeError, ValueError):
        raise InputError(f"{source}: expected a folder tracked by DVC", hint=_RECOVER) from None


def rewritten(text: str | None, values: Mapping[str, object], tracked: Path) -> str:
    """Return a `.dvc` file with other `values`, all else as it was; without a text, as DVC writes a new one.

    Raises InputError when a key does not stand on a line of its own.
    """
    if text is None:
        text = (_FOLDER if "nfiles" in values else _FILE).format(tracked.name)
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^([- ]+{key}:).*$", rf"\g<1> {value}", text, count=1)
        if not count:
            raise InputError(f"expected a line with {key} in the .dvc file of {tracked.name}", hint=_FROM_GIT)
    return text


def listing_bytes(md5_by_name: Mapping[str, str]) -> bytes:
    """Return DVC's listing of a folder without subfolders, byte for byte."""
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(md5_by_name.items())]
    return json.dumps(entries, sort_keys=True).encode()


def listing_md5(md5_by_name: Mapping[str, str]) -> str:
    """Return the hash by which `images.dvc` names a listing."""
    return md5_bytes(listing_bytes(md5_by_name)) + ".dir"


def md5_bytes(content: bytes) -> str:
    """Return the MD5 by which DVC knows a file with this content, 32 hex digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def md5_file(path: Path) -> str:
    """Return the MD5 by which DVC knows a file, 32 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def relative(project: Project, path: Path) -> str:
    """Return `path` as it is named on DVC's command line."""
    return os.path.relpath(path, project.root)


def call_dvc(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DVC in the project's folder, and return how it ended."""
    logger.debug("dvc %s", " ".join(arguments))
    return subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        # `-P`: a `json.py` in the project's folder, which may be a stranger's, is not to be imported.
        [sys.executable, "-P", "-m", "dvc", *arguments],
        cwd=project.root,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def require_success(done: subprocess.CompletedProcess[str]) -> None:
    """Raise MachineError, with DVC's last word, when it failed."""
    if done.returncode:
        command = " ".join(done.args[done.args.index("dvc") :])
        raise MachineError(
            f"{command[:200]} failed: {last_line(done.stderr)}",
            hint="mend what DVC names and run the command again: it goes on where it stopped",
        )


def last_line(text: str) -> str:
    """Return DVC's last error, or its last word."""
    lines = text.strip().splitlines() or ["no message"]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return errors[-1] if errors else lines[-1]


def load_yaml(content: bytes, source: str) -> dict[str, Any]:
    """Return the mapping in a YAML file; `source` is named in the InputError when there is none."""
    from ruamel.yaml.error import YAMLError

    try:
        loaded = _parse(content)
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{source} is not valid YAML: {error}", hint=_FROM_GIT) from None
    if not isinstance(loaded, dict):
        raise InputError(f"{source}: expected a mapping, got {type(loaded).__name__}", hint=_FROM_GIT)
    return copy.deepcopy(loaded)


# A report reads params.yaml and dvc.lock of both sides for many causes, and parsing one takes a tenth of a second.
@lru_cache(maxsize=16)
def _parse(content: bytes) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(content.decode("utf-8-sig"))

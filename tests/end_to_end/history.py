"""A small Git repository with commits, for tests that read files as they are and as they were."""

import json
from pathlib import Path
from typing import Any

from repository import call
from winnow.repository.dvc import md5_bytes

Text = str | bytes


def begin(folder: Path) -> Path:
    """Make an empty Git repository."""
    folder.mkdir(parents=True, exist_ok=True)
    call(folder, "git", "init", "-q", "-b", "main")
    return folder


def write(folder: Path, files: dict[str, Text]) -> None:
    """Write files by their path below the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(folder: Path, files: dict[str, Text] | None = None) -> str:
    """Write files, commit everything, and return the commit."""
    write(folder, files or {})
    call(folder, "git", "add", "-A")
    call(folder, "git", "commit", "-q", "--allow-empty", "-m", "change")
    return call(folder, "git", "rev-parse", "HEAD").strip()


def md5(content: Text) -> str:
    """Return the hash that DVC records for a file with this content."""
    return md5_bytes(content if isinstance(content, bytes) else content.encode())


def listing(files: dict[str, Text]) -> tuple[str, bytes]:
    """Return the hash and the bytes of DVC's list of a folder."""
    content = json.dumps([{"md5": md5(files[name]), "relpath": name} for name in sorted(files)]).encode()
    return f"{md5(content)}.dir", content


def cache(folder: Path, *contents: Text) -> None:
    """Put files into the cache of a DVC repository."""
    for content in contents:
        name = md5(content)
        write(folder / ".dvc" / "cache" / "files" / "md5", {f"{name[:2]}/{name[2:]}": content})


def cache_folder(folder: Path, files: dict[str, Text]) -> dict[str, Any]:
    """Put a folder with its listing into the cache; return the entry of `dvc.lock`, without its path."""
    name, content = listing(files)
    cache(folder, *files.values())
    write(folder / ".dvc" / "cache" / "files" / "md5", {f"{name[:2]}/{name[2:]}": content})
    return {"hash": "md5", "md5": name, "size": sum(len(each) for each in files.values()), "nfiles": len(files)}


def lock_text(stages: dict[str, Any]) -> str:
    """Return a `dvc.lock`; JSON is YAML too. Paths may be given as `{path: hash}`."""
    for stage in stages.values():
        for key in ("deps", "outs"):
            entries = stage.get(key, {})
            if isinstance(entries, dict):
                known = {path: {"md5": each} if isinstance(each, str) else each for path, each in entries.items()}
                stage[key] = [{"path": path, **entry} for path, entry in known.items()]
    return json.dumps({"schema": "2.0", "stages": stages})


def pipeline_text(*names: str, **more: Any) -> str:
    """Return a `dvc.yaml` with stages of these names."""
    return json.dumps({"stages": {name: {"cmd": f"run {name}", **more.get(name, {})} for name in names}})

"""The runner's program: fetched once, its hash checked before every use, unpacked anew for every job."""

import contextlib
import hashlib
import os
import re
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from deploy.runner.errors import RunnerError, SettingsError
from deploy.runner.github import TIMEOUT_S, Release, check_api

_BLOCK_BYTES = 1 << 20


def fetch(release: Release, folder: Path) -> Path:
    """Return the release's archive in `folder`, downloaded when it is not there yet."""
    check_api(release.url)
    check_sha256(release.sha256)
    path = folder / f"{release.sha256}.tar.gz"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    partial = Path(name)
    try:
        with (
            os.fdopen(handle, "wb") as target,
            urllib.request.urlopen(release.url, timeout=TIMEOUT_S) as source,  # noqa: S310 - check_api, and the hash
        ):
            while block := source.read(_BLOCK_BYTES):
                target.write(block)
        verify(partial, release.sha256)
        partial.replace(path)
    except OSError as error:
        raise RunnerError(f"{release.url}: {error}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    return path


def check_sha256(sha256: str) -> None:
    """Raise SettingsError for what is no hash."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise SettingsError(f"expected a SHA-256 of 64 hex digits, got {sha256!r}")


def verify(archive: Path, sha256: str) -> None:
    """Raise SettingsError for an archive that is not the expected one."""
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise SettingsError(
            f"{archive.name} hashes to {found}, expected {sha256}",
            hint="it broke on its way or was exchanged; delete it, and compare the hash with the release's notes",
        )


def unpack(archive: Path, sha256: str, folder: Path) -> None:
    """Unpack a verified archive: no path outside `folder`, no device, no owner of its own."""
    verify(archive, sha256)
    try:
        with tarfile.open(archive) as source:
            _extract(source, folder)
    except tarfile.TarError as error:
        raise SettingsError(f"{archive.name}: {error}") from None
    if not (folder / "run.sh").is_file():
        raise SettingsError(f"{archive.name} holds no run.sh: it is not a runner")


def _extract(source: tarfile.TarFile, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        source.extractall(folder, filter="data")
        return
    # Python before 3.11.4, which Debian 12 has.
    root = folder.resolve()
    for member in source:
        places = [root / member.name]
        if member.issym():
            places.append((root / member.name).parent / member.linkname)
        elif member.islnk():
            places.append(root / member.linkname)
        elif not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name!r} is a special file")
        # Resolved one by one: an earlier member may be a link that leads out.
        if not all(place.resolve().is_relative_to(root) for place in places):
            raise tarfile.TarError(f"{member.name!r} leads outside")
        member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        member.mode = (member.mode & 0o755) | 0o600
        source.extract(member, root)

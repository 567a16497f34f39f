"""The machine's side: a token nobody else can read, room on the disk, and a folder a job that leaves no trace."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.runner.errors import MachineError, SettingsError

PREFIX = "job-"
_MAX_TOKEN_BYTES = 4096
_GB = 10**9


def read_token(path: Path) -> str:
    """Return the token in a file of ours that nobody else can read. Raises SettingsError for any other file."""
    try:
        # A link could be turned to another file between the look and the reading: look at what is open.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise SettingsError(f"the token cannot be read: {error}") from None
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise SettingsError(f"{path} is not a file")
        if state.st_mode & 0o077:
            raise SettingsError(f"{path} can be read by others ({state.st_mode & 0o777:04o})", hint=f"chmod 600 {path}")
        if state.st_uid not in {0, os.getuid()}:
            raise SettingsError(f"{path} belongs to user {state.st_uid}", hint=f"chown {os.getuid()} {path}")
        text = os.read(handle, _MAX_TOKEN_BYTES).decode("ascii", "replace").strip()
    finally:
        os.close(handle)
    if not text or not all(character.isascii() and character.isprintable() and character != " " for character in text):
        raise SettingsError(f"expected one token in {path}, and nothing else")
    return text


def require_room(folder: Path, free_gb: float) -> None:
    """Raise MachineError where less than `free_gb` GB are free: a job that fills the disk takes the machine with it."""
    usage = shutil.disk_usage(folder)
    if usage.free < free_gb * _GB:
        raise MachineError(
            f"{usage.free / _GB:.1f} GB are free in {folder}, a job needs {free_gb:g} GB",
            hint="docker system prune, dvc gc, or a smaller --free-gb",
        )
    if hasattr(os, "statvfs") and (files := os.statvfs(folder)).f_files and files.f_favail == 0:
        raise MachineError(f"{folder} cannot hold one more file: it is out of inodes")


@contextmanager
def only_loop(root: Path) -> Iterator[None]:
    """Keep a second loop out of `root`: it would throw away the folders of the first one."""
    import fcntl

    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o711)  # the runner's user may pass through, and see nothing
    with (root / "lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MachineError(f"another loop works in {root}", hint="give each its own --root") from None
        yield


def throw_away_leftovers(root: Path) -> list[str]:
    """Remove the folders of loops that were killed; return their names. Only for who holds `only_loop`."""
    names = sorted(path.name for path in root.glob(f"{PREFIX}*"))
    for name in names:
        throw_away(root / name)
    return names


@contextmanager
def fresh_folder(root: Path) -> Iterator[Path]:
    """A folder for one job, gone afterwards whatever the job made of it."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    try:
        yield folder
    finally:
        throw_away(folder)


def hand_over(folder: Path, uid: int, gid: int) -> None:
    """Give a folder and all in it to a user; links themselves, not what they point to."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(place) / name, uid, gid, follow_symlinks=False)
    os.chown(folder, uid, gid)


def throw_away(folder: Path) -> None:
    """Remove a folder, its read-only parts too. Raises MachineError when something of it stays."""
    if folder.is_symlink():
        folder.unlink()
        return
    # The owner alone can be locked out by modes; root passes anyway. os.walk does not follow links.
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    for place, folders, _ in os.walk(folder):
        for name in folders:
            inner = Path(place) / name
            if not inner.is_symlink():
                with contextlib.suppress(OSError):
                    inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise MachineError(f"{folder} cannot be removed whole", hint="the next job would find the last one's files")

"""The list of a folder's parts, and single objects, in DVC's cache and remote: what `images.dvc` names by hash.

Objects are read one by one, so that a clone without parts learns which parts a revision has, and how large they are,
from a few kilobytes. DVC's own classes do the reading: they know every kind of remote and its credentials.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from winnow.errors import InputError
from winnow.files import write_bytes
from winnow.project import Project
from winnow.repository.dvc import Recorded, listing_bytes, listing_md5, md5_bytes, require_dvc

_FETCH = (
    "`dvc push` where the images were added brings it into the remote; "
    "`dvc remote list` shows the remotes of this clone, `dvc remote add -d NAME URL` gives it one"
)


class Objects:
    """The objects of a project by their MD5 (a listing's ends in `.dir`), in DVC's cache and its default remote."""

    def __init__(self, cache: Any, open_remote: Callable[[], Any]) -> None:
        self._cache = cache
        self._open_remote = open_remote

    def path(self, md5: str) -> Path:
        """Return where the cache keeps an object, whether it is there or not."""
        return Path(self._cache.oid_to_path(md5))

    def read(self, md5: str, what: str) -> bytes:
        """Return a small object from the cache, else from the remote; the cache has it from then on.

        Raises InputError, which calls the object `what`, when neither has it or the remote cannot be read.
        """
        content = self.path(md5).read_bytes() if self.path(md5).is_file() else None
        if content is None or not _is_intact(content, md5):
            content = self._read_remote(md5, what)
            self._keep(md5, content)
        return content

    def write(self, content: bytes) -> str:
        """Put a file's content into the cache, as `dvc add` of the file would; return its MD5."""
        md5 = md5_bytes(content)
        self._keep(md5, content)
        return md5

    def write_listing(self, md5_by_name: Mapping[str, str]) -> str:
        """Put a folder's listing into the cache, as `dvc add` of the folder would; return its MD5."""
        md5 = listing_md5(md5_by_name)
        self._keep(md5, listing_bytes(md5_by_name))
        return md5

    def sizes(self, md5s: Collection[str]) -> dict[str, int]:
        """Return the bytes of those objects that the cache holds or the remote knows; nothing is downloaded.

        The remote is asked only for what the cache lacks; one that cannot be read knows nothing.
        """
        here = {md5: self.path(md5).stat().st_size for md5 in md5s if self.path(md5).is_file()}
        missing = [md5 for md5 in md5s if md5 not in here]
        return here | (self._remote_sizes(missing) if missing else {})

    def _remote_sizes(self, md5s: list[str]) -> dict[str, int]:
        try:
            remote = self._open_remote()
            entries = remote.fs.info([remote.oid_to_path(md5) for md5 in md5s], return_exceptions=True)
        except Exception:  # noqa: BLE001 - any library may stand behind a remote
            return {}
        return {md5: int(entry["size"]) for md5, entry in zip(md5s, entries, strict=True) if isinstance(entry, dict)}

    def _read_remote(self, md5: str, what: str) -> bytes:
        from dvc.config import NoRemoteError

        try:
            remote = self._open_remote()
            content = bytes(remote.fs.cat_file(remote.oid_to_path(md5)))
        except NoRemoteError:
            raise _absent(what, "there is no default remote") from None
        except FileNotFoundError:
            raise _absent(what, "the remote does not have it") from None
        except Exception as error:
            # Any library may stand behind a remote, and raise its own.
            raise _absent(what, str(error) or type(error).__name__) from error
        if not _is_intact(content, md5):
            raise _absent(what, "the remote's copy is damaged")
        return content

    def _keep(self, md5: str, content: bytes) -> None:
        path = self.path(md5)
        if not (path.is_file() and path.read_bytes() == content):
            self._cache.makedirs(str(path.parent))  # with the modes of a shared cache
            write_bytes(path, content)
            # DVC trusts objects of its cache that are read-only, and hashes others again.
            self._cache.protect(str(path))


@contextmanager
def open_repo(project: Project) -> Iterator[Any]:
    """Yield DVC's own `Repo`. Raises UsageError outside of a DVC repository, InputError for a bad config."""
    require_dvc(project)
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        repo = Repo(str(project.root))
    except DvcException as error:
        raise InputError(f"DVC cannot open its repository: {error}", hint="mend .dvc/config") from None
    with repo:
        yield repo


@contextmanager
def open_objects(project: Project) -> Iterator[Objects]:
    """Yield the objects of a project; errors as `open_repo`."""
    with open_repo(project) as repo:
        yield Objects(repo.cache.local, repo.cloud.get_remote_odb)


def read_object(project: Project, md5: str, what: str) -> bytes:
    """Return a small object by its MD5 (a listing's ends in `.dir`), from DVC's cache or the remote.

    DVC itself, which takes longer to start than two tables take to compare, is asked only when the cache at its usual
    place has no such object. Raises InputError, which calls the object `what`, when it is nowhere.
    """
    for folder in (project.root, *project.root.parents):
        path = folder / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
        if path.is_file() and _is_intact(content := path.read_bytes(), md5):
            return content
    with open_objects(project) as objects:
        return objects.read(md5, what)


def read_listing(project: Project, recorded: Recorded) -> dict[str, str]:
    """Return the parts that an `images.dvc`, of any revision, records: file name -> MD5.

    Only the small listing is read, from DVC's cache or else from the remote, never a part. Raises InputError when
    neither has it, UsageError outside of a DVC repository.
    """
    return parse_listing(read_object(project, recorded.md5, f"the list of parts {recorded.md5}"), recorded.md5)


def parse_listing(content: bytes, md5: str) -> dict[str, str]:
    """Return the parts in a listing. Raises InputError when it is none, or names files in subfolders."""
    try:
        return {_plain_name(entry["relpath"]): str(entry["md5"]) for entry in json.loads(content)}
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"expected the object {md5} to list the parts of data/images, got something else",
            hint="data/images holds parts only: `winnow add SOURCE` writes them",
        ) from None


def _plain_name(name: str) -> str:
    if "/" in name or "\\" in name:
        raise ValueError(name)
    return name


def _is_intact(content: bytes, md5: str) -> bool:
    return md5_bytes(content) == md5.removesuffix(".dir")


def _absent(what: str, reason: str) -> InputError:
    return InputError(f"{what} is neither in DVC's cache nor in the remote: {reason}", hint=_FETCH)

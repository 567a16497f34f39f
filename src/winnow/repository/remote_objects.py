"""What a remote has of the objects that a project names, asked of the remote itself: an index may be out of date."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from winnow.errors import MachineError
from winnow.project import Project
from winnow.repository.listings import open_repo
from winnow.repository.outs import Out, find_outs, is_folder, parse_folder

_HINT = "winnow doctor remote says what stands in the way"


@dataclass(frozen=True)
class Missing:
    """An object that nobody pushed, or that was lost since."""

    path: str
    """Of the file or folder, from the project's folder."""
    md5: str


def has_remote(project: Project) -> bool:
    """Return whether DVC has a default remote here."""
    with open_repo(project) as repo:
        return bool(repo.config["core"].get("remote"))


def find_missing(project: Project) -> tuple[int, list[Missing]]:
    """Return how many objects the project names, and which the remote does not have.

    Of folders their lists are read, a few kilobytes each; no file is. Raises MachineError where the remote does not
    answer.
    """
    number, missing = 0, []
    with open_repo(project) as repo:
        outs = [out for out in find_outs(repo, project) if out.is_pushed and out.md5]
        try:
            for place in sorted({(out.remote or "", out.hash_name) for out in outs}):
                odb = repo.cloud.get_remote_odb(place[0] or None, hash_name=place[1])
                named = _named(project, odb, [out for out in outs if (out.remote or "", out.hash_name) == place])
                number += len({each.md5 for each in named})
                absent = set(absent_of(odb, {each.md5 for each in named}))
                missing += [each for each in named if each.md5 in absent]
        except Exception as error:
            raise unreachable(error) from error
    return number, missing


def absent_of(odb: Any, md5s: Collection[str]) -> list[str]:
    """Return those objects that a remote does not have. Whatever else it answers than that is raised."""
    # Not `exists`, which takes a broken connection for an absent file.
    odb.fs.fs.invalidate_cache()
    names = sorted(md5s)
    infos = odb.fs.info([odb.oid_to_path(md5) for md5 in names], return_exceptions=True) if names else []
    for info in infos:
        if isinstance(info, BaseException) and not isinstance(info, FileNotFoundError):
            raise info
    return [md5 for md5, info in zip(names, infos, strict=True) if isinstance(info, FileNotFoundError)]


def unreachable(error: Exception) -> MachineError:
    """Return the error for a remote that did not answer: any library may stand behind it, and raise its own."""
    reason = next(iter(str(error).splitlines()), "") or type(error).__name__
    return MachineError(f"the remote cannot be asked: {reason}", hint=_HINT)


def _named(project: Project, odb: Any, outs: Iterable[Out]) -> list[Missing]:
    """Return every object that these outputs name, as if it were missing; of an absent folder its list alone."""
    named = []
    for out in outs:
        name = out.path.relative_to(project.root.resolve()).as_posix()
        named.append(Missing(name, out.md5))
        if is_folder(out.md5) and not absent_of(odb, [out.md5]):
            content = bytes(odb.fs.cat_file(odb.oid_to_path(out.md5)))
            files = parse_folder(content, f"the list of {name}")
            named += [Missing(f"{name}/{inner}", md5) for inner, md5 in files.items()]
    return named

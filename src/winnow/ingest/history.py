"""Every version of `images.dvc` that Git knows, and the parts that each of them lists."""

import re
from collections.abc import Iterable, Iterator

from winnow.errors import InputError, MachineError, WinnowError
from winnow.ingest.stores import Store
from winnow.project import Project
from winnow.repository.dvc import parse_recorded, read_recorded
from winnow.repository.git import call_git
from winnow.repository.listings import parse_listing

_HEADER = re.compile(rb"[0-9a-f]+ blob (\d+)\n")


def recorded_listings(project: Project, commits: Iterable[str] | None = None) -> set[str]:
    """Return the MD5s of the listings that `images.dvc` named in these commits.

    With None: in every commit that a branch, a tag, the stash or the reflog still reaches, in Git's index, and now.
    """
    if commits is None:
        name = f"./{project.images_dvc.relative_to(project.root).as_posix()}"
        arguments = ("--all", "--reflog", "--full-history", "--format=%H", "--", name)
        commits = [*_lines(project, "log", *arguments), ""]
        now = read_recorded(project)
        found = {now.md5} if now else set()
    else:
        found = set()
    for text in _versions(project, commits):
        try:
            found.add(parse_recorded(text, project.images_dvc).md5)
        except InputError:
            # A commit with a conflict's marks in it names no listing.
            continue
    return found


def other_tips(project: Project) -> dict[str, str]:
    """Return the branches, remote ones too, at another commit than HEAD's: name -> commit."""
    head = _lines(project, "rev-parse", "HEAD")
    lines = _lines(project, "for-each-ref", "--format=%(objectname) %(refname:short)", "refs/heads", "refs/remotes")
    pairs = (line.split(" ", 1) for line in lines)
    return {name: commit for commit, name in pairs if [commit] != head}


def siblings(project: Project) -> list[Project]:
    """Return the other projects of the Git repository that have images of their own."""
    names = _lines(project, "ls-files", "--full-name", "--", ":(top,glob)**/data/images.dvc")
    [top] = _lines(project, "rev-parse", "--show-toplevel") or [""]
    roots = ((project.root / top / name).parent.parent for name in names)
    return [Project(root) for root in roots if root.resolve() != project.root.resolve()]


def parts_in(listing: str, stores: Iterable[Store]) -> dict[str, str]:
    """Return the parts of a listing, MD5 -> file name; none where no store that can be reached has it."""
    for store in stores:
        try:
            content = store.read(listing)
            if content is not None:
                return {md5: name for name, md5 in parse_listing(content, listing).items()}
        except WinnowError:
            continue
    return {}


def _versions(project: Project, commits: Iterable[str]) -> Iterator[str]:
    path = project.images_dvc.relative_to(project.root).as_posix()
    asked = "".join(f"{commit}:./{path}\n" for commit in dict.fromkeys(commits))
    output = _output(project, "cat-file", "--batch", stdin=asked.encode())
    position = 0
    while position < len(output):
        header = _HEADER.match(output, position)
        if header is None:
            # `… missing`: that commit has no such file.
            position = output.index(b"\n", position) + 1
            continue
        end = header.end() + int(header[1])
        yield output[header.end() : end].decode(errors="replace")
        position = end + 1


def _lines(project: Project, *arguments: str) -> list[str]:
    return _output(project, *arguments).decode(errors="replace").splitlines()


def _output(project: Project, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return what Git says; nothing outside of a repository, in one without a commit, and without Git."""
    try:
        done = call_git(project, *arguments, stdin=stdin)
    except MachineError:
        return b""
    return b"" if done.returncode else bytes(done.stdout)

"""What a model is called in tags and addresses: GTO's grammar, `NAME@v1.2.3` and `NAME#STAGE#N`.

Importing GTO takes two seconds, more than reading all tags. The grammar stands here again; tests hold it to GTO's own.
"""

import os
import re
from dataclasses import dataclass
from typing import Literal

from winnow.config import read_section
from winnow.errors import UsageError
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.repository.git import git_root

Stage = Literal["staging", "production"]
STAGES: tuple[Stage, ...] = ("staging", "production")
PROTECTED = frozenset({"latest", "greatest", "created", "deprecated", "head", *STAGES})
"""Names that would mean something else in an address, or be taken for a stage."""

_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9_/-]*[a-zA-Z0-9])?"
_FOLDER = r"[a-zA-Z0-9_./-]+"
_NUMBER = r"(?:0|[1-9]\d*)"
_PART = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
_VERSION = re.compile(_SEMVER, re.ASCII)
_FULL_NAME = re.compile(rf"(?:{_FOLDER}:)?{_NAME}")
_TAG = re.compile(
    rf"(?P<artifact>(?:{_FOLDER}=)?{_NAME})"
    rf"(?:(?:#(?P<stage>{_NAME})|@(?P<version>{_SEMVER}))(?P<cancel>!?)|@(?P<word>deprecated|created))"
    r"(?:#(?P<counter>[0-9]+))?",
    re.ASCII,
)
_EXAMPLE = "NAME, NAME@v1.2.0 or NAME#production"


@dataclass(frozen=True)
class TagName:
    """What a tag's name says."""

    artifact: str
    """Its full name: `classifier`, or `projects/moles:classifier` where the project lies in a subfolder."""
    version: str | None
    stage: str | None
    is_cancelled: bool
    """Whether it takes back a version or an assignment."""
    is_deprecation: bool
    counter: int | None


@dataclass(frozen=True)
class Address:
    """What a person asks for: a version, whatever is in a stage, or the latest version."""

    artifact: str
    version: str | None = None
    stage: str | None = None


def parse_tag_name(name: str) -> TagName | None:
    """Return what a tag's name says, None for a tag of somebody else."""
    found = _TAG.fullmatch(name)
    if found is None or found["word"] == "created":
        return None
    return TagName(
        artifact=found["artifact"].replace("=", ":"),
        version=found["version"],
        stage=found["stage"],
        is_cancelled=found["cancel"] == "!",
        is_deprecation=found["word"] == "deprecated",
        counter=int(found["counter"]) if found["counter"] else None,
    )


def version_tag(artifact: str, version: str) -> str:
    """Return the name of the tag that registers a version."""
    return f"{artifact.replace(':', '=')}@{version}"


def stage_tag(artifact: str, stage: str, counter: int, *, is_cancelled: bool = False) -> str:
    """Return the name of the tag that assigns a stage, or that leaves it empty."""
    return f"{artifact.replace(':', '=')}#{stage}{'!' if is_cancelled else ''}#{counter}"


def artifact_name(project: Project) -> str:
    """Return the full name of the project's model. Raises UsageError for one that GTO or an address cannot hold."""
    name = read_section(project, "project", ProjectConfig).name
    inside = os.path.relpath(project.root.resolve(), git_root(project).resolve()).replace(os.sep, "/")
    full = name if inside == "." else f"{inside}:{name}"
    if name in PROTECTED:
        raise UsageError(
            f"project.name is {name!r}, which means something else in the registry",
            hint=f"take another name in params.yaml; protected are {', '.join(sorted(PROTECTED))}",
        )
    if not _FULL_NAME.fullmatch(full):
        raise UsageError(
            f"expected a name that a tag can hold, got {full!r}",
            hint="project.name ends with a letter or digit, and the folder's path has letters, digits and _./- only",
        )
    return full


def require_version(text: str) -> str:
    """Return a version. Raises UsageError unless it is one of semantic versioning with a `v` before it."""
    if not _VERSION.fullmatch(text):
        raise UsageError(f"expected a version such as v1.2.0, got {text!r}", hint="`winnow models` lists them")
    return text


def parse_address(text: str) -> Address:
    """Return what `NAME`, `NAME@VERSION` or `NAME#STAGE` asks for. Raises UsageError for anything else."""
    name, sign, rest = text, "", ""
    for separator in "@#":
        if separator in text:
            name, sign, rest = *text.split(separator, 1)[:1], separator, text.split(separator, 1)[1]
            break
    if not _FULL_NAME.fullmatch(name):
        raise UsageError(f"expected {_EXAMPLE}, got {text!r}", hint="quote it in a shell: # begins a comment there")
    if sign == "@":
        return Address(name, version=require_version(rest))
    if sign == "#" and not re.fullmatch(_NAME, rest):
        raise UsageError(f"expected a stage after #, got {rest!r}", hint=f"stages are {' and '.join(STAGES)}")
    return Address(name, stage=rest or None)


def version_key(version: str) -> tuple[object, ...]:
    """Return what sorts versions as semantic versioning does (section 11), a pre-release before its release."""
    core, _, tail = version.removeprefix("v").partition("+")[0].partition("-")
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in tail.split(".")) if tail else ()
    return (*map(int, core.split(".")), not tail, parts)


def split_model(text: str) -> tuple[str, str]:
    """Return name and version of `NAME@VERSION`. Raises UsageError for anything else."""
    address = parse_address(text)
    if address.version is None:
        raise UsageError(f"expected NAME@VERSION, got {text!r}", hint="such as classifier@v1.2.0")
    return address.artifact, address.version


def named_project(near: Project, text: str) -> tuple[Project, str]:
    """Return the project of this repository, and the version, that `NAME@VERSION` names; UsageError where none is."""
    artifact, version = split_model(text)
    project = Project(git_root(near) / artifact.rpartition(":")[0])
    if not project.params.is_file() or artifact_name(project) != artifact:
        raise UsageError(f"no project here has the model {artifact}", hint="its full name stands in `winnow models`")
    return project, version

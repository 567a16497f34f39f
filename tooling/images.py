"""Build the images of dockerfiles/ with whichever engine is there, and name them by commit and by data."""

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap import LOCKED_TORCH
from invoke import Exit

from tooling.entry_points import IMPORT_RULES
from tooling.image_roles import ROLES, Role
from tooling.image_trial import runnable, trials
from tooling.preflight import TEXT_RULES, find_faults
from tooling.running import ROOT, Command, must, program, say

# How each engine builds. Only Docker's own format keeps the health check.
STARTS: dict[str, Command] = {
    "docker": ("docker", "buildx", "build"),
    "podman": ("podman", "build", "--format", "docker"),
    "buildah": ("buildah", "bud", "--isolation", "chroot", "--format", "docker"),
}
ENGINES = tuple(STARTS)
# Where images go: `ghcr.io/owner/name`. Without it they stay here, as `winnow/ROLE`.
PLACE = "WINNOW_IMAGES"
LOCAL = "winnow"
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
REPOSITORY = re.compile(r"[a-z0-9][a-z0-9.:_/-]*[a-z0-9]")


@dataclass(frozen=True)
class Build:
    """One image to build: everything that its command says."""

    role: Role
    engine: str
    tags: tuple[str, ...]
    labels: dict[str, str] = field(default_factory=dict)
    torch: str = LOCKED_TORCH
    """Which build of it; another one than the lock's is for training only."""

    place: str = LOCAL
    is_pushed: bool = False
    rest: tuple[str, ...] = ()
    """Further words for the engine."""

    @property
    def names(self) -> list[str]:
        """The image's names, one for each tag."""
        return [f"{self.place}/{self.role.name}:{tag}{self._end}" for tag in self.tags]

    @property
    def cache(self) -> str:
        """Where the layers of earlier builds lie, in the registry; empty where there is none."""
        return "" if self.place == LOCAL else f"{self.place}/{self.role.name}:cache{self._end}"

    @property
    def _end(self) -> str:
        return "" if self.torch == LOCKED_TORCH else f"-{self.torch}"

    def commands(self) -> list[Command]:
        """Return what builds it, and what pushes it where that is a step of its own."""
        common = ["--file", f"dockerfiles/{self.role.name}.dockerfile", *naming(self.names, self.labels)]
        common += ["--build-arg", f"TORCH={self.torch}"] if self.torch != LOCKED_TORCH else []
        if self.engine == "docker":
            return [(*STARTS["docker"], *common, *self._cached(), *ending(is_pushed=self.is_pushed), *self.rest, ".")]
        pushes = [(self.engine, "push", name) for name in self.names] if self.is_pushed else []
        return [(*STARTS[self.engine], *common, *self.rest, "."), *pushes]

    def _cached(self) -> Iterator[str]:
        if self.cache:
            yield f"--cache-from=type=registry,ref={self.cache}"
        if self.is_pushed:
            yield f"--cache-to=type=registry,ref={self.cache},mode=max"


def naming(names: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """Return the words that name and label an image."""
    words = [word for name in names for word in ("--tag", name)]
    return words + [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]


def ending(*, is_pushed: bool) -> tuple[str, ...]:
    """Return the words that tell docker where an image goes."""
    # What is in it, and how it came to be, signed by no one but kept beside it in the registry.
    return ("--sbom=true", "--provenance=mode=max", "--push") if is_pushed else ("--load",)


def make_images(
    role: str, engine: str, tags: list[str], torch: str, rest: str, *, is_pushed: bool, root: Path = ROOT
) -> None:
    """Look the images over, build them, and try those that stay here; end with exit code 2 for a wrong wish."""
    roles = roles_named(role)
    if torch != LOCKED_TORCH and [each.name for each in roles] != ["train"]:
        raise Exit(f"--torch {torch} is for the image that trains\nhint: --role train --torch {torch}", code=2)
    place = the_place(is_pushed=is_pushed)
    check_images(role, root)
    engine = the_engine(engine)
    commit, is_clean = revision(root)
    if is_pushed and not is_clean:
        raise Exit("the checkout has changes that no commit holds\nhint: commit them, then push the image", code=2)
    data = data_hash(root)
    labels = {"org.opencontainers.image.revision": commit, "winnow.data": data}
    names = (f"{commit}{'' if is_clean else '-changed'}", f"data-{data[:16]}", *tags)
    for each in roles:
        build = Build(each, engine, good_tags(names), labels, torch, place, is_pushed, tuple(shlex.split(rest)))
        start = time.monotonic()
        for command in build.commands():
            run_aloud(command, root)
        if not is_pushed:
            try_image(build, root)
        say(f"{each.name}: {time.monotonic() - start:.0f} s", *(f"  {name}" for name in build.names))


def run_aloud(command: Command, root: Path) -> None:
    """Say a command and run it; end with its exit code when it fails. A program among its words is not shown."""
    shown = shlex.join("…" if "\n" in word else word for word in command)
    say(f"== {shown}")
    must(*command, folder=root)


def try_image(build: Build, root: Path) -> None:
    """Run what was built, as nobody and with nothing to write to; what is pushed, a pull request's run tried."""
    with runnable(build.engine, build.names[0]) as name:
        for command in trials(build.engine, build.role, name):
            run_aloud(command, root)


def check_images(role: str, root: Path = ROOT) -> None:
    """Print what is wrong with the images, without building any; end with exit code 1 where something is."""
    start = time.monotonic()
    roles = roles_named(role)
    faults = {each.name: find_faults(root, each, (*TEXT_RULES, *IMPORT_RULES)) for each in roles}
    # What all images share is said once.
    found = list(dict.fromkeys(fault for each in faults.values() for fault in each))
    if found:
        hint = "hint: nothing was built; mend these, then `inv image --check`"
        raise Exit("\n".join([*found, f"{len(found)} found", hint]), code=1)
    linter = "" if shutil.which(program("hadolint")) else ", without hadolint, which is not here"
    say(f"{', '.join(faults)}: nothing found in {time.monotonic() - start:.1f} s{linter}")


def roles_named(name: str) -> list[Role]:
    """Return the roles that `--role` asks for: all without it."""
    if name and name not in ROLES:
        raise Exit(f"expected --role {'|'.join(ROLES)}, got `{name}`", code=2)
    return [ROLES[name]] if name else list(ROLES.values())


def the_engine(name: str) -> str:
    """Return the engine to build with: the one asked for, else the first that is there."""
    if name and name not in ENGINES:
        raise Exit(f"expected --engine {'|'.join(ENGINES)}, got `{name}`", code=2)
    found = next((each for each in ([name] if name else ENGINES) if shutil.which(each)), None)
    if found is None:
        hint = "hint: `inv image --check` needs none; Debian has buildah"
        raise Exit(f"found no {name or ' and no '.join(ENGINES)}\n{hint}", code=3)
    return found


def the_place(*, is_pushed: bool) -> str:
    """Return where images go, from the environment; registries take small letters alone."""
    place = os.environ.get(PLACE, "").strip("/").lower()
    if is_pushed and not place:
        raise Exit(f"expected the variable {PLACE}, which says where to push\nhint: {PLACE}=ghcr.io/OWNER/NAME", code=2)
    if place and not REPOSITORY.fullmatch(place):
        raise Exit(f"expected HOST/OWNER/NAME in {PLACE}, got {place!r}", code=2)
    return place or LOCAL


def good_tags(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags, each once; `@`, which a version has (`NAME@v1.0.0`) and no tag may have, becomes `-`."""
    tags = tuple(dict.fromkeys(name.replace("@", "-") for name in names))
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise Exit(f"expected a tag of letters, digits, `.`, `_` and `-`, got {tag!r}", code=2)
    return tags


def revision(root: Path) -> tuple[str, bool]:
    """Return the commit that is checked out, and whether nothing was changed since."""
    commit = git(root, "rev-parse", "HEAD")
    return commit, not git(root, "status", "--porcelain")


def data_hash(root: Path) -> str:
    """Return the hash of the labels and images that HEAD names, the one that tags of the registry carry."""
    from winnow.project import Project
    from winnow.registry.evidence import hash_data

    return hash_data(Project(root), "HEAD")


def git(root: Path, *words: str) -> str:
    """Return what Git prints."""
    run = subprocess.run([program("git"), *words], cwd=root, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if run.returncode:
        raise Exit(f"git {words[0]} failed: {run.stderr.strip()}\nhint: images are named by commits", code=2)
    return run.stdout.strip()

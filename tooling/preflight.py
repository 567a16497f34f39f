"""What would make an image fail after minutes, or run as what it must not be, found in seconds and without a build."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import bootstrap
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tooling.dockerfile import Dockerfile, Instruction, Stage, is_ignored, read_ignored
from tooling.image_roles import COMPILERS, Role
from tooling.import_paths import Sources
from tooling.running import program

# One of each kind that must never be sent to a builder.
SECRETS_AND_DATA = (
    *(".git/config", ".dvc/cache/files/md5/ab/c", ".dvc/config.local", ".dvc/tmp/x", ".venv/bin/python", ".winnow/x"),
    *("data/labels.csv", "data/images/part-0.arrow", "models/bundle/model.safetensors", "models/onnx/model.onnx"),
    *("reports/predictions.parquet", ".env", "src/.env", "id.pem", "src/winnow/id.key", "gha-creds-0.json"),
    *("src/gha-creds-0.json", "id_rsa", ".netrc", "src/winnow/__pycache__/x.pyc"),
)
# What an image is, whatever it is built on.
PLATFORM = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
DIGEST = re.compile(r"\S+@sha256:[0-9a-f]{64}")
REQUIREMENT = re.compile(r"(?:--requirement|-r)[ =](\S+)")


@dataclass(frozen=True)
class Image:
    """A Dockerfile with its role, in a checkout."""

    root: Path
    role: Role

    @property
    def path(self) -> Path:
        """Where the Dockerfile lies."""
        return self.root / "dockerfiles" / f"{self.role.name}.dockerfile"

    @cached_property
    def file(self) -> Dockerfile:
        """The Dockerfile, read."""
        return Dockerfile.read(self.path)

    @cached_property
    def sources(self) -> Sources:
        """The package of the checkout."""
        return Sources(self.root / "src")

    @cached_property
    def ignored(self) -> list[tuple[re.Pattern[str], bool]]:
        """The patterns of `.dockerignore`."""
        return read_ignored(self.root)

    @cached_property
    def lock(self) -> set[str]:
        """What the role's lock installs on Linux."""
        path = self.root / "requirements" / f"{self.role.name}.txt"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = [Requirement(line.rstrip(" \\")) for line in re.findall(r"^[\w.\-]+==.*$", text, re.MULTILINE)]
        return {
            canonicalize_name(each.name) for each in found if each.marker is None or each.marker.evaluate({**PLATFORM})
        }

    def instructions(self, *words: str) -> Iterator[tuple[Stage, Instruction]]:
        """Yield the instructions of these words, each with its stage."""
        for stage in self.file.stages:
            yield from ((stage, each) for each in stage.instructions if each.word in words)

    def at(self, line: int) -> str:
        """Return the place that a finding names."""
        return f"{self.path.relative_to(self.root).as_posix()}:{line}"


Rule = Callable[[Image], Iterator[str]]


def find_faults(root: Path, role: Role, rules: tuple[Rule, ...]) -> list[str]:
    """Return a sentence for each fault of a role's image."""
    image = Image(root, role)
    if not image.path.is_file():
        return [f"expected {image.path.relative_to(root).as_posix()}, found nothing"]
    if not image.file.stages:
        return [f"{image.at(1)}: no FROM"]
    return [fault for rule in rules for fault in rule(image)]


def every_base_is_pinned(image: Image) -> Iterator[str]:
    """A tag means another image tomorrow; a digest cannot."""
    known: set[str] = {"scratch"}
    for stage in image.file.stages:
        if stage.base not in known and not DIGEST.fullmatch(stage.base):
            yield f"{image.at(stage.line)}: the base `{stage.base}` is not pinned: expected NAME:TAG@sha256:DIGEST"
        known.add(stage.name)


def everything_copied_is_there(image: Image) -> Iterator[str]:
    """A source exists, Git has it, and `.dockerignore` lets it in."""
    tracked = tracked_files(image.root)
    stages = {stage.name for stage in image.file.stages}
    for _, each in image.instructions("COPY", "ADD"):
        place = image.at(each.line)
        if "from" in each.flags:
            if each.flags["from"] not in stages:
                yield f"{place}: no stage `{each.flags['from']}`"
            continue
        for source in (each.words or each.arguments.split())[:-1]:
            name = source.removeprefix("./").rstrip("/")
            if "://" in source:
                yield f"{place}: `{source}` is fetched unseen; install by hash instead"
            elif not (image.root / name).exists():
                yield f"{place}: `{source}` does not exist"
            elif is_ignored(name, image.ignored):
                yield f"{place}: `{source}` is ignored by .dockerignore"
            elif tracked is not None and not any(path == name or path.startswith(f"{name}/") for path in tracked):
                yield f"{place}: `{source}` is not tracked by Git: a clone does not have it"


def tracked_files(root: Path) -> list[str] | None:
    """Return what Git tracks or would track at the next `git add`; None outside of a repository."""
    command = [program("git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    return None if run.returncode else [name for name in run.stdout.split("\0") if name]


def every_lock_is_the_roles_own_and_by_hash(image: Image) -> Iterator[str]:
    """What is installed is what is locked."""
    for stage, each in image.instructions("RUN"):
        copied = {word for other in stage.instructions if other.word == "COPY" for word in other.arguments.split()}
        for command in each.arguments.split("&&"):
            place = image.at(each.line)
            for name in REQUIREMENT.findall(command):
                if not (image.root / name).is_file():
                    yield f"{place}: `{name}` does not exist: run `inv lock`"
                elif name not in copied:
                    yield f"{place}: `{name}` is not copied into the stage `{stage.name}`"
                elif Path(name).stem not in image.role.locks:
                    yield f"{place}: `{name}` is the lock of another role"
                if "--require-hashes" not in command:
                    yield f"{place}: `{name}` is installed without --require-hashes"
            if (
                re.search(r"\bpip\b.* install\b", command)
                and not REQUIREMENT.search(command)
                and "--no-index" not in command
            ):
                yield f"{place}: `{command.strip()}` installs what no lock holds"


def nobody_is_root(image: Image) -> Iterator[str]:
    """The user is a number, which a cluster can judge, and not 0."""
    user = image.file.final("USER")
    if user is None:
        yield f"{image.at(image.file.stages[-1].line)}: runs as root: expected `USER 10001:10001`"
    elif not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user.arguments):
        kind = "root" if user.arguments.partition(":")[0] in {"root", "0"} else "a name, which a cluster cannot judge"
        yield f"{image.at(user.line)}: the user `{user.arguments}` is {kind}: expected a number above 0"


def nothing_is_written_that_an_engine_cannot_read(image: Image) -> Iterator[str]:
    """Buildah 1.28, which Debian ships, knows neither heredocs nor `COPY --link`."""
    for _, each in image.instructions("RUN", "COPY", "ADD"):
        if re.search(r"<<-?[\"']?\w+", each.text):
            yield f"{image.at(each.line)}: a heredoc, which buildah 1.28 does not know"
        if "link" in each.flags:
            yield f"{image.at(each.line)}: --link, which buildah 1.28 does not know"


def a_service_has_no_compiler(image: Image) -> Iterator[str]:
    """What could build a program helps whoever breaks in."""
    if not image.role.health:
        return
    for stage in image.file.lineage():
        for each in stage.instructions:
            found = sorted(COMPILERS & set(each.arguments.split())) if each.word == "RUN" else []
            if found:
                yield f"{image.at(each.line)}: installs {', '.join(found)} in the image itself"


def nothing_private_is_sent(image: Image) -> Iterator[str]:
    """Data, models, keys and Git's history stay out of what a builder is given."""
    for path in SECRETS_AND_DATA:
        if not is_ignored(path, image.ignored):
            yield f".dockerignore lets {path} in"


def hadolint_finds_nothing(image: Image) -> Iterator[str]:
    """The linter, where the environment has it."""
    found = shutil.which("hadolint", path=str(bootstrap.BIN)) or shutil.which("hadolint")
    if found is None:
        return
    command = [found, "--no-color", str(image.path)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    said = (run.stdout + run.stderr).splitlines()
    yield from (line.replace(str(image.path), image.at(0).removesuffix(":0")) for line in said if run.returncode)


TEXT_RULES: tuple[Rule, ...] = (
    every_base_is_pinned,
    everything_copied_is_there,
    every_lock_is_the_roles_own_and_by_hash,
    nobody_is_root,
    nothing_is_written_that_an_engine_cannot_read,
    a_service_has_no_compiler,
    nothing_private_is_sent,
    hadolint_finds_nothing,
)

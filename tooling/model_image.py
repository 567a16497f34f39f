"""A registered model as an image: the serving image of its own commit, and a layer with its files, named by version."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bootstrap import LOCKED_TORCH
from invoke import Exit

from tooling.image_trial import runnable
from tooling.images import LOCAL, STARTS, ending, good_tags, make_images, naming, run_aloud, the_engine, the_place
from tooling.running import ROOT, Command, program, say
from tooling.service_trial import ask_service

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
RECORD = Path(".winnow") / "image.json"


@dataclass(frozen=True)
class Model:
    """A version of the registry."""

    address: str
    """NAME@VERSION, as `winnow models` has it."""

    commit: str
    data_hash: str


@dataclass(frozen=True)
class ModelBuild:
    """The image of one model: everything that its commands say."""

    model: Model
    engine: str
    place: str = LOCAL
    is_pushed: bool = False

    @property
    def base(self) -> str:
        """The serving image of the model's commit."""
        return f"{self.place}/serve:{self.model.commit}"

    @property
    def name(self) -> str:
        """What it is called: a version is never registered twice, so this names the same files for ever."""
        (tag,) = good_tags((re.sub(r"[/:=]", "-", self.model.address),))
        return f"{self.place}/model:{tag}"

    def command(self, folder: Path, root: Path) -> Command:
        """Return what puts the model's files, in `folder`, into the image."""
        labels = {
            "org.opencontainers.image.revision": self.model.commit,
            "winnow.data": self.model.data_hash,
            "winnow.model": self.model.address,
        }
        file = str(root / "dockerfiles" / "model.dockerfile")
        words = ["--file", file, "--build-arg", f"SERVE={self.base}", *naming([self.name], labels)]
        # What it stands on was built here, or must not be another one than that.
        words += {"docker": ending(is_pushed=self.is_pushed), "buildah": ("--pull=never",)}.get(self.engine, ())
        return (*STARTS[self.engine], *words, str(folder))


def make_model_image(address: str, stage: str, engine: str, rest: str, *, is_pushed: bool, root: Path = ROOT) -> None:
    """Make the image of a registered model, and say by which digest it is deployed.

    `address` is NAME@VERSION; where `stage` is given, the registry must have that version in it. What was pushed
    before is found again and not made anew: the digest of a version stays. `rest` are further words for the engine
    that builds the serving image. Ends with exit code 1 where the registry says otherwise, 2 for a wrong wish.
    """
    place = the_place(is_pushed=is_pushed)
    engine = the_engine(engine)
    if is_pushed and engine != "docker":
        raise Exit("expected docker to push: only it tells the digest that is deployed\nhint: --engine docker", code=2)
    model = find_model(address, stage, root)
    build = ModelBuild(model, engine, place, is_pushed=is_pushed)
    digest = pushed_digest(build.name) if is_pushed else ""
    if digest:
        say(f"{build.name}: was made before")
    else:
        build_all(build, rest, root)
        digest = pushed_digest(build.name) if is_pushed else ""
    if is_pushed and not digest:
        raise Exit(f"{build.name} was pushed, and the registry does not know it\nhint: run this again", code=1)
    tell(build, digest, root)


def build_all(build: ModelBuild, rest: str, root: Path) -> None:
    """Build the serving image where there is none yet, then the model's own layer."""
    from winnow.project import Project
    from winnow.repository.checkouts import checked_out

    with TemporaryDirectory(prefix="winnow-model-") as scratch:
        if not is_there(build):
            with checked_out(Project(root), build.model.commit, Path(scratch)) as there:
                make_images("serve", build.engine, [], LOCKED_TORCH, rest, is_pushed=build.is_pushed, root=there)
        folder = Path(scratch) / "model"
        run_aloud(("winnow", "pull-model", build.model.address, "--out", str(folder)), root)
        run_aloud(build.command(folder, root), root)
    if not build.is_pushed:
        try_service(build, root)


def try_service(build: ModelBuild, root: Path) -> None:
    """Let the image answer a picture; one that was pushed, the smoke test asks."""
    with runnable(build.engine, build.name) as name:
        run_aloud(ask_service(build.engine, name, build.model.address), root)


def find_model(address: str, stage: str, root: Path) -> Model:
    """Return the version that `address` names; end where the registry does not have it, or not in `stage`."""
    from winnow.errors import WinnowError
    from winnow.project import Project
    from winnow.registry.history import read_history
    from winnow.registry.names import parse_address, split_model
    from winnow.registry.tags import read_tags

    try:
        artifact, version = split_model(address)
        history = read_history(artifact, read_tags(Project(root)))
        event = history.versions[history.find(parse_address(address))]
    except WinnowError as error:
        raise Exit(f"{error.message}\nhint: {error.hint}", code=error.exit_code) from None
    held = history.in_stage(stage) if stage else version
    if held != version:
        hint = f"hint: winnow promote {version} --to {stage} --push"
        raise Exit(f"expected {address} in {stage}, the registry has {held or 'nothing'} there\n{hint}", code=1)
    if isinstance(event.entry, str):
        raise Exit(f"{event.entry}\nhint: only what `winnow register` recorded is deployed", code=1)
    return Model(address, event.tag.commit, event.entry.data_hash)


def is_there(build: ModelBuild) -> bool:
    """Return whether the serving image of the commit was built, and where it is pushed: pushed, before."""
    if build.is_pushed:
        return bool(pushed_digest(build.base))
    asked: Mapping[str, Command] = {
        "docker": ("docker", "image", "inspect", build.base),
        "podman": ("podman", "image", "exists", build.base),
        "buildah": ("buildah", "inspect", "--type", "image", build.base),
    }
    return ask(asked[build.engine]) is not None


def pushed_digest(name: str) -> str:
    """Return the digest by which a registry knows an image, empty where it has none of that name."""
    said = ask(("docker", "buildx", "imagetools", "inspect", name, "--format", "{{.Manifest.Digest}}")) or ""
    return said if DIGEST.fullmatch(said) else ""


def ask(command: Command) -> str | None:
    """Return what a command prints, None where it fails."""
    words = [program(command[0]), *command[1:]]
    run = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)  # noqa: S603  fixed words
    return None if run.returncode else run.stdout.strip()


def tell(build: ModelBuild, digest: str, root: Path) -> None:
    """Write the image's name to `.winnow/image.json`, and to the outputs of the job where this runs in one."""
    from winnow.pull_request.job_summary import set_outputs

    image = f"{build.name.rpartition(':')[0]}@{digest}" if digest else build.name
    record = {"schema": 1, "image": image, "model": build.model.address, "commit": build.model.commit}
    path = root / RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    set_outputs({"image": image})
    say(f"{build.model.address}: {image}")

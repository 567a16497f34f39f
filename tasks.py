"""Tasks for working on winnow: `python tasks.py TASK` with nothing but Python, `inv TASK` inside the environment.

This is the table of contents; `tooling/` does the work. What the workflows of users need is a `winnow` command.
"""

import sys
from pathlib import Path

import bootstrap

if __name__ == "__main__":
    sys.exit(bootstrap.main(sys.argv[1:], Path(__file__)))

# Below this line the environment is there.
from invoke import Context, task
from tooling.answers import compare_answers, write_answers
from tooling.checks import FIX, LINT, TESTS
from tooling.demo import run_demo
from tooling.deploying import run_module
from tooling.groups import namespace_of
from tooling.images import check_images, make_images
from tooling.installed import check_installed
from tooling.load_trial import run_load_trial
from tooling.locks import compile_locks
from tooling.model_image import make_model_image
from tooling.release_demo import run_release_demo
from tooling.remote import set_storage
from tooling.rulesets import apply_rulesets
from tooling.running import must, run_steps
from tooling.soaking import run_soak
from tooling.twice import run_twice
from tooling.wheel import build_wheel
from tooling.workflows import run_workflows


@task(help={"serve": "Then serve the model, with a page for pictures, until Ctrl-C."})
def demo(_: Context, *, serve: bool = False) -> None:
    """Train a hasty and a patient classifier of digits, from nothing, in .winnow/demo/, and judge the change."""
    run_demo(is_served=serve)


@task
def release_demo(_: Context) -> None:
    """Take a model from a merged commit into service on this machine, and back by a rollback."""
    run_release_demo()


@task
def test(_: Context) -> None:
    """Run the tests, and measure what they cover."""
    run_steps(TESTS)


@task(help={"skip-tests": "Everything else: the tests ran already."})
def check(_: Context, *, skip_tests: bool = False) -> None:
    """Run exactly what CI runs: lint, format, types, import contracts, docs, and the tests."""
    run_steps(LINT if skip_tests else {**LINT, **TESTS})


@task
def fix(_: Context) -> None:
    """Mend what machines can mend: lint, format, generated docs."""
    run_steps(FIX)


@task(help={"check": "Only say whether they are up to date."})
def docs(_: Context, *, check: bool = False) -> None:
    """Write the generated pages: docs/params.md, docs/cli.md, docs/checks.md."""
    must("python", "docs/generate.py", *(["--check"] if check else []))


@task(help={"upgrade": "Take the newest versions instead of keeping the locked ones."})
def lock(_: Context, *, upgrade: bool = False) -> None:
    """Compile requirements/*.txt from pyproject.toml."""
    compile_locks(upgrade=upgrade)


@task
def bench(_: Context, name: str) -> None:
    """Run a benchmark and write its table to docs/benchmarks.md; `bench list` names them."""
    must("python", "benchmarks/report.py", name)


@task(help={"part": "images (hours) or serving; without: both.", "minutes": "Of serving: a try that writes nothing."})
def soak(_: Context, *, part: str = "", minutes: float = 0.0) -> None:
    """Watch memory over many images and under long load, and write the tables to docs/benchmarks.md."""
    run_soak(part, minutes)


@task
def load_trial(_: Context) -> None:
    """Serve a model that is made here, and ask it as users would for some seconds: `winnow load` with limits."""
    run_load_trial()


@task
def wheel(_: Context) -> None:
    """Build the wheel into dist/, and check that it holds what Git tracks and nothing else."""
    build_wheel()


@task
def installed(_: Context) -> None:
    """Install the wheel of dist/ outside the checkout, and run quick tests with it."""
    check_installed()


@task(help={"write": "Train a bundle for a few epochs, and note its answers in dist/."})
def answers(_: Context, *, write: bool = False) -> None:
    """Check that the bundle in dist/ gives here the answers that were noted with it."""
    if write:
        write_answers()
    else:
        compare_answers()


@task
def twice(_: Context) -> None:
    """Run the pipeline on the digits twice, and check that the same bytes come out."""
    run_twice()


@task(
    iterable=["tag"],
    help={
        "check": "Only look them over: seconds, and nothing is built.",
        "role": "serve, prepare or train; without: all three.",
        "engine": "docker, podman or buildah; without: the first that is there.",
        "tag": "A name besides commit and data; again for more.",
        "torch": "With --role train: cpu, or another build as uv names it; without: CUDA's, as locked.",
        "push": "To where the variable WINNOW_IMAGES says.",
    },
)
def image(
    context: Context,
    *,
    check: bool = False,
    role: str = "",
    engine: str = "",
    tag: list[str],
    torch: str = bootstrap.LOCKED_TORCH,
    push: bool = False,
) -> None:
    """Build the images of dockerfiles/ (docs/images.md); all further options for the engine follow after `--`."""
    if check:
        check_images(role)
    else:
        make_images(role, engine, tag, torch, context.remainder, is_pushed=push)


@task(
    help={
        "model": "NAME@VERSION of the registry.",
        "stage": "Only when the registry has it in this stage.",
        "engine": "docker, podman or buildah; without: the first that is there.",
        "push": "To where the variable WINNOW_IMAGES says; by docker.",
    },
)
def model_image(context: Context, model: str, *, stage: str = "", engine: str = "", push: bool = False) -> None:
    """Make the image of a registered model, as deploy.yaml does (docs/images.md); more for the engine after `--`."""
    make_model_image(model, stage, engine, context.remainder, is_pushed=push)


@task
def workflows(_: Context) -> None:
    """Run the workflows of .github under act, against a GitHub on loopback."""
    run_workflows()


@task(help={"dry-run": "Only print the commands."})
def rulesets(_: Context, *, dry_run: bool = False) -> None:
    """Set the repository's rulesets and scanners with `gh`, as .github/rulesets has them."""
    apply_rulesets(is_dry=dry_run)


@task(help={"url": "gs://BUCKET/PATH, s3://BUCKET/PATH, or a folder such as ../storage."})
def remote(_: Context, url: str) -> None:
    """Set where DVC pushes images and models, in .dvc/config (docs/remote.md)."""
    set_storage(url)


@task(
    iterable=["label"],
    help={
        "repository": "OWNER/NAME",
        "token-file": "Mode 0600; `Administration: write` of this repository alone.",
        "label": "Again for more.",
        "root": "Where jobs have their folders.",
        "jobs": "End after so many; without: never.",
    },
)
def runner(
    context: Context, *, repository: str = "", token_file: str = "", label: list[str], root: str = "", jobs: int = 0
) -> None:
    """Take GitHub's jobs on this machine (docs/runner.md); all further options follow after `--`."""
    options = {"repository": repository, "token_file": token_file, "label": label, "root": root, "jobs": jobs}
    run_module("deploy.runner", options, context.remainder)


@task(
    name="cloud.bootstrap",
    help={
        "dry-run": "Only print the commands.",
        "project": "The id of the project.",
        "project-number": "gcloud projects describe PROJECT --format='value(projectNumber)'",
        "bucket": "Without gs://.",
        "repository": "OWNER/NAME",
        "repository-id": "gh api repos/OWNER/NAME --jq .id",
    },
)
def cloud_bootstrap(
    context: Context,
    *,
    project: str = "",
    project_number: str = "",
    bucket: str = "",
    repository: str = "",
    repository_id: str = "",
    dry_run: bool = False,
) -> None:
    """Set up bucket, roles and keyless login in Google's cloud (docs/runner.md); further options after `--`."""
    names = {"project": project, "project_number": project_number, "bucket": bucket}
    options = {**names, "repository": repository, "repository_id": repository_id, "dry_run": dry_run}
    run_module("deploy.cloud.bootstrap", options, context.remainder)


@task(
    help={
        "dry-run": "Only print the commands.",
        "target": "cloud-run or kubernetes.",
        "stage": "staging, or production, which goes through staging first.",
        "image": "REGISTRY/PATH@sha256:…",
        "model": "NAME@VERSION.",
    },
)
def deploy(
    context: Context, *, target: str = "", stage: str = "", image: str = "", model: str = "", dry_run: bool = False
) -> None:
    """Release an image with a model, through a smoke test and a canary (docs/deploy.md); further options after `--`."""
    options = {"target": target, "stage": stage, "image": image, "model": model, "dry_run": dry_run}
    run_module("deploy.release", options, context.remainder)


@task(name="cloud.train", help={"dry-run": "Only print the commands."})
def cloud_train(context: Context, *, dry_run: bool = False) -> None:
    """Train on Vertex AI, on a machine that exists for one run (docs/deploy.md); its options after `--`."""
    run_module("deploy.vertex", {"dry_run": dry_run}, context.remainder)


namespace = namespace_of(list(globals().values()))

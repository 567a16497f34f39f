"""Releases from staging to production and back; `gcloud`, `kubectl` and the service are stand-ins that keep state."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from stand_ins.service import Behaviour, Fault, serving

ROOT = Path(__file__).parents[2]
STAND_INS = Path(__file__).with_name("stand_ins")
OLD, NEW = "classifier@v1.1.0", "classifier@v1.2.0"
IMAGE = "europe-west4-docker.pkg.dev/rice-grains-1/winnow/serve@sha256:" + "a" * 64
SMOKE_PREDICTIONS = 11  # ten pictures and one that is none
WORDS = {
    "cloud-run": [
        "--project=rice-grains-1",
        "--region=europe-west4",
        "--account=winnow-serve@rice-grains-1.iam.gserviceaccount.com",
    ],
    "kubernetes": ["--context=kind-winnow"],
}
QUICK = ["--watch-s=0.15", "--pause-s=0.005", "--ready-s=0.3"]
# A command of the canary, of the promotion and of the start, as each cloud has it.
CALLS = {
    "cloud-run": {"start": "services replace", "canary": "=10,", "promotion": "=100", "program": "gcloud"},
    "kubernetes": {
        "start": "staging/candidate",
        "canary": "production/canary",
        "promotion": "production/stable",
        "program": "kubectl",
    },
}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are scripts with a #! line")


@dataclass
class World:
    """A cloud with a service in two stages, and the words of a release."""

    kind: str
    folder: Path
    behaviour: Behaviour = field(default_factory=Behaviour)

    def state(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return content

    def change(self, **changes: object) -> None:
        (self.folder / "state.json").write_text(json.dumps({**self.state(), **changes}))

    def words(self, *more: str, stage: str = "production", model: str = NEW) -> list[str]:
        fixed = [f"--target={self.kind}", f"--stage={stage}", f"--image={IMAGE}", f"--model={model}"]
        return [*fixed, f"--record={self.folder / 'record'}", *WORDS[self.kind], *QUICK, *more]

    def release(self, *more: str, stage: str = "production", model: str = NEW) -> int:
        from deploy.release.__main__ import main

        return main(self.words(*more, stage=stage, model=model))

    def serves(self, stage: str) -> dict[str, int]:
        """Return per cent by model, from the cloud's own state."""
        state = self.state()
        if self.kind == "cloud-run":
            traffic = state["services"].get(f"winnow-{stage}", {"traffic": []})["traffic"]
            shares = [(state["revisions"][each["revisionName"]]["model"], each["percent"]) for each in traffic]
            return {model: percent for model, percent in shares if percent}
        found = state["namespaces"][f"winnow-{stage}"].values()
        pods = {each["template"]["value"]: each["replicas"] for each in found if each["template"]["serves"] == "yes"}
        return {model: round(100 * replicas / sum(pods.values())) for model, replicas in pods.items()}

    def calls(self) -> list[list[str]]:
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def called(self, words: str) -> bool:
        return any(words in " ".join(call) for call in self.calls())

    def steps(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "record" / "steps.jsonl").read_text().splitlines()]

    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "record" / "summary.json").read_text())
        return content

    def model_at(self, path: str) -> str:
        """Return STAGE/MODEL of what answers at an address of Cloud Run."""
        state = self.state()
        kind, name = path.split("/")[1:3]
        if kind == "s":
            name = max(state["services"][name]["traffic"], key=lambda each: each["percent"])["revisionName"]
        revision = state["revisions"][name]
        return f"{revision['service'].removeprefix('winnow-')}/{revision['model']}"

    def model_in(self, stage: str, name: str) -> str:
        """Return STAGE/MODEL of a deployment."""
        return f"{stage}/{self.state()['namespaces'][f'winnow-{stage}'][name]['template']['value']}"


def state_of(kind: str) -> dict[str, Any]:
    """Return a cloud in which both stages serve the old model."""
    stages = ("staging", "production")
    if kind == "cloud-run":
        names = {stage: f"winnow-{stage}-v1-1-0-00000000" for stage in stages}
        return {
            "services": {
                f"winnow-{stage}": {"traffic": [{"revisionName": names[stage], "percent": 100}]} for stage in stages
            },
            "revisions": {
                names[stage]: {"service": f"winnow-{stage}", "model": OLD, "ready": True} for stage in stages
            },
        }
    template = {"serves": "yes", "value": OLD, "annotations": {"winnow/release": "v1-1-0-00000000"}}
    deployment = {"template": template, "replicas": 3, "revision": 1, "history": {"1": template}}
    return {"namespaces": {f"winnow-{stage}": {"winnow": deployment} for stage in stages}}


@pytest.fixture(params=["cloud-run", "kubernetes"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("gcloud", "kubectl"):
        path = programs / name
        source = (STAND_INS / f"{name}.py").read_text(encoding="utf-8")
        path.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("STAND_INS", str(tmp_path))
    monkeypatch.syspath_prepend(str(ROOT))
    made = World(request.param, tmp_path)
    (tmp_path / "state.json").write_text(json.dumps(state_of(made.kind)))
    with ExitStack() as stack:
        if made.kind == "cloud-run":
            made.change(base=f"http://127.0.0.1:{stack.enter_context(serving(made.behaviour, made.model_at))}")
        else:
            ports = {}
            for stage in ("staging", "production"):
                for name in ("winnow", "winnow-candidate"):
                    lookup = _lookup(made, stage, name)
                    ports[f"winnow-{stage}/{name}"] = stack.enter_context(serving(made.behaviour, lookup))
            made.change(ports=ports)
        yield made


def _lookup(world: World, stage: str, name: str) -> Callable[[str], str]:
    return lambda _: world.model_in(stage, name)


def test_a_good_release_serves_everything_in_both_stages_after_a_canary(world: World) -> None:
    assert world.release() == 0
    assert world.serves("staging") == world.serves("production") == {NEW: 100}
    summary = world.summary()
    assert summary["outcome"] == "released"
    assert summary["stages"]["production"]["smoke_candidate"]["num_pictures"] == 10
    canary = summary["stages"]["production"]["canary"]["probes"]
    assert canary["num_requests"] > 5
    assert canary["num_errors"] == 0
    calls = [" ".join(call) for call in world.calls()]
    canary_at = next(place for place, call in enumerate(calls) if CALLS[world.kind]["canary"] in call)
    assert all("staging" in call for call in calls[:2])
    assert not any("production" in call and CALLS[world.kind]["promotion"] in call for call in calls[:canary_at])
    assert {"start", "begin", "command", "serves", "smoke", "canary"} <= {step["step"] for step in world.steps()}


def test_pictures_of_every_mode_are_sent_and_are_real(world: World) -> None:
    assert world.release(stage="staging") == 0
    pngs = {"PNG 1", "PNG L", "PNG LA", "PNG RGB", "PNG RGBA", "PNG P"}
    assert pngs | {"JPEG L", "JPEG RGB", "JPEG CMYK"} <= world.behaviour.modes
    assert world.behaviour.modes & {"PNG I", "PNG I;16"}
    assert not world.called("winnow-production")


def test_the_users_own_pictures_are_sent_too(world: World, tmp_path: Path) -> None:
    from PIL import Image

    own = tmp_path / "own"
    own.mkdir()
    Image.new("RGB", (8, 8)).save(own / "a.webp")
    assert world.release(f"--pictures={own}", stage="staging") == 0
    assert "WEBP RGB" in world.behaviour.modes
    assert world.summary()["stages"]["staging"]["smoke_candidate"]["num_pictures"] == 11


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(status=500), "expected 200 and a JSON object, got 500"),
        (Fault(labels=["cat", "horse"]), "'horse', which is none of the model's classes"),
        (Fault(ready=503), "not ready within 0.3 s"),
    ],
    ids=["errors", "foreign class", "never ready"],
)
def test_a_failing_smoke_test_in_staging_leaves_staging_as_it_was_and_production_untouched(
    world: World, fault: Fault, reason: str
) -> None:
    world.behaviour.faults[f"staging/{NEW}"] = fault
    assert world.release() == 1
    assert world.serves("staging") == world.serves("production") == {OLD: 100}
    assert not world.called("winnow-production")
    assert reason in world.summary()["error"]


def test_a_failing_smoke_test_in_production_gives_the_candidate_no_traffic_at_all(world: World) -> None:
    world.behaviour.faults[f"production/{NEW}"] = Fault(status=500)
    assert world.release() == 1
    assert world.serves("production") == {OLD: 100}
    assert world.serves("staging") == {NEW: 100}
    assert not world.called(CALLS[world.kind]["canary"])


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(after=SMOKE_PREDICTIONS, status=503), "failed; allowed are 1.00%"),
        (Fault(after=SMOKE_PREDICTIONS, delay_s=0.06), "p95 is"),
    ],
    ids=["errors", "slow"],
)
def test_a_failing_canary_gives_the_previous_revision_everything(world: World, fault: Fault, reason: str) -> None:
    world.behaviour.faults[f"production/{NEW}"] = fault
    assert world.release("--max-p95-ms=50") == 1
    assert world.called(CALLS[world.kind]["canary"])
    assert world.serves("production") == {OLD: 100}
    summary = world.summary()
    assert reason in summary["error"]
    assert list(summary["stages"]["production"]["after"].values()) == [100]
    assert world.steps()[-1]["step"] == "put back"


@pytest.mark.parametrize("moment", ["canary", "promotion"])
def test_a_command_that_fails_in_the_middle_is_put_back_even_when_its_deed_was_done(world: World, moment: str) -> None:
    words = CALLS[world.kind][moment]
    if world.kind == "cloud-run":
        release = "winnow-production-v1-2-0"
        words = {"canary": "=10,", "promotion": "=100 "}[moment]
        world.change(revisions={**world.state()["revisions"]}, fail_late=[words])
        if moment == "promotion":  # only the promotion of the new revision, not the way back
            assert world.release(stage="staging") != 0
            world.change(fail_late=[])
            assert world.release("--dry-run") == 0
            world.change(fail_late=[_promotion_of(world, release)])
    else:
        world.change(fail_late=[words])
    assert world.release() == 1
    assert world.serves("production") == {OLD: 100}
    assert "the connection broke after the deed" in world.summary()["error"]


def _promotion_of(world: World, release: str) -> str:
    from deploy.release.__main__ import build, parser
    from deploy.release.journal import Journal

    flow = build(parser().parse_args(world.words()), Journal(world.folder, is_dry=True))
    name = flow.targets["production"].release
    assert name.startswith(release)
    return f"--to-revisions={name}=100"

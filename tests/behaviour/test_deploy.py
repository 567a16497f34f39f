"""Releases from staging to production and back; `gcloud`, `kubectl` and the service are stand-ins that keep state."""

import contextlib
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
from stand_ins.programs import cloud_run_model, install_clouds, read_state
from stand_ins.service import Behaviour, Fault, serving

ROOT = Path(__file__).parents[2]
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
        return read_state(self.folder)

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

    def word_of(self, moment: str) -> str:
        """Return a word that only this moment's command in production has."""
        if (self.kind, moment) != ("cloud-run", "promotion"):
            return CALLS[self.kind][moment]
        from deploy.release.__main__ import build, parser
        from deploy.release.journal import Journal

        flow = build(parser().parse_args(self.words()), Journal(self.folder, is_dry=True))
        return f"--to-revisions={flow.targets['production'].release}=100"

    def unhang(self) -> None:
        """End the command that hangs: its parent was killed."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((self.folder / "hanging").read_text()), signal.SIGKILL)
        (self.folder / "hanging").unlink()
        self.change(hang=[])

    def called(self, words: str) -> bool:
        return any(words in " ".join(call) for call in self.calls())

    def steps(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "record" / "steps.jsonl").read_text().splitlines()]

    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "record" / "summary.json").read_text())
        return content

    def model_at(self, path: str) -> str:
        """Return STAGE/MODEL of what answers at an address of Cloud Run."""
        return cloud_run_model(self.state(), path)

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
    install_clouds(programs)
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_failing_smoke_test_in_production_gives_the_candidate_no_traffic_at_all(world: World) -> None:
    world.behaviour.faults[f"production/{NEW}"] = Fault(status=500)
    assert world.release() == 1
    assert world.serves("production") == {OLD: 100}
    assert world.serves("staging") == {NEW: 100}
    assert not world.called(CALLS[world.kind]["canary"])


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["canary", "promotion"])
def test_a_command_that_fails_in_the_middle_is_put_back_even_when_its_deed_was_done(world: World, moment: str) -> None:
    world.change(fail_late=[world.word_of(moment)])
    assert world.release() == 1
    assert world.serves("production") == {OLD: 100}
    assert "the connection broke after the deed" in world.summary()["error"]


def test_a_command_that_fails_before_its_deed_leaves_what_served(world: World) -> None:
    world.change(fail=[CALLS[world.kind]["start"]])
    assert world.release(stage="staging") == 1
    assert world.serves("staging") == {OLD: 100}
    failed = next(step for step in world.steps() if step.get("exit_code"))
    assert failed["exit_code"] == 4
    assert "says no" in failed["said"]


@pytest.mark.slow
def test_when_it_cannot_be_put_back_the_exit_code_and_the_summary_say_what_serves(world: World) -> None:
    world.behaviour.faults[f"production/{NEW}"] = Fault(after=SMOKE_PREDICTIONS, status=500)
    way_back = {
        "cloud-run": "--to-revisions=winnow-production-v1-1-0-00000000=100",
        "kubernetes": "--namespace=winnow-production delete",
    }
    world.change(fail=[way_back[world.kind]])
    assert world.release() == 4
    serves = world.serves("production")
    assert serves == ({NEW: 10, OLD: 90} if world.kind == "cloud-run" else {NEW: 25, OLD: 75})
    assert "NOT put back" in world.summary()["error"]
    assert world.steps()[-1]["step"] == "put back failed"


@pytest.mark.slow
def test_the_first_release_of_all_has_no_canary_and_is_removed_when_it_fails(world: World) -> None:
    empty = {"services": {}, "revisions": {}} if world.kind == "cloud-run" else {"namespaces": {}}
    world.change(**empty)
    world.behaviour.faults[f"production/{NEW}"] = Fault(status=500)
    assert world.release() == 1
    assert world.serves("staging") == {NEW: 100}
    assert world.serves("production") == {}
    assert not world.called(CALLS[world.kind]["canary"])


@pytest.mark.slow
def test_killed_in_the_canary_and_started_again_it_goes_on_from_what_the_cloud_says(world: World) -> None:
    process = start_hanging(world, "canary")
    process.kill()
    process.wait()
    world.unhang()
    assert set(world.serves("production")) == {OLD, NEW}
    assert not (world.folder / "record" / "summary.json").exists()
    assert world.steps()[-1]["step"] == "begin"
    assert world.release() == 0
    assert world.serves("production") == {NEW: 100}


@pytest.mark.slow
def test_killed_in_the_canary_it_can_be_put_back_by_hand(world: World) -> None:
    process = start_hanging(world, "canary")
    process.kill()
    process.wait()
    world.unhang()
    assert world.release("--put-back") == 0
    assert world.serves("production") == {OLD: 100}
    assert world.serves("staging") == {NEW: 100}


@pytest.mark.slow
def test_a_signal_in_the_canary_puts_the_previous_revision_back_first(world: World) -> None:
    process = start_hanging(world, "canary")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 130
    world.unhang()
    assert world.serves("production") == {OLD: 100}
    assert "SIGTERM" in world.summary()["error"]


def start_hanging(world: World, moment: str) -> subprocess.Popen[bytes]:
    """Start a release in a process of its own, and return when a command of the canary has done its deed and hangs."""
    world.change(hang=[world.word_of(moment)])
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "deploy.release", *world.words()]
    process = subprocess.Popen(words, env=variables, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (world.folder / "hanging").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def test_done_twice_the_second_time_only_looks_and_asks(world: World) -> None:
    assert world.release(stage="staging") == 0
    num_calls = len(world.calls())
    assert world.release(stage="staging") == 0
    assert world.serves("staging") == {NEW: 100}
    assert not any(CALLS[world.kind]["start"] in " ".join(call) for call in world.calls()[num_calls:])


@pytest.mark.slow
def test_going_back_to_an_older_version_is_a_release_like_any_other(world: World) -> None:
    for model in (NEW, "classifier@v1.3.0"):
        assert world.release(stage="staging", model=model) == 0
    num_calls = len(world.calls())
    assert world.release(stage="staging") == 0
    assert world.serves("staging") == {NEW: 100}
    if world.kind == "cloud-run":  # its revision is still there and has only to be given the traffic
        assert not any("replace" in call for call in world.calls()[num_calls:])


def test_after_a_release_the_one_before_can_be_put_back_by_hand(world: World) -> None:
    assert world.release(stage="staging") == 0
    assert world.release("--put-back", stage="staging") == 0
    assert world.serves("staging") == {OLD: 100}


@pytest.mark.slow
def test_what_real_users_got_counts_where_the_cloud_knows_it(world: World) -> None:
    if world.kind == "kubernetes":
        pytest.skip("a cluster keeps no log of requests")
    bad, good = {"status": 500, "latency": "0.01s"}, {"status": 200, "latency": "0.012s"}
    world.change(log=[{"httpRequest": each} for each in [*[bad] * 3, *[good] * 97]])
    assert world.release() == 1
    assert "(real requests): 3 of 100 failed" in world.summary()["error"]
    assert world.serves("production") == {OLD: 100}
    world.change(log=[{"httpRequest": good}] * 100)
    assert world.release() == 0
    seen = world.summary()["stages"]["production"]["canary"]["requests"]
    assert seen == {"num_requests": 100, "num_errors": 0, "p95_ms": 12.0}


def test_a_revision_that_cloud_run_could_not_start_is_named_and_another_attempt_helps(world: World) -> None:
    if world.kind == "kubernetes":
        pytest.skip("a deployment is started anew by every apply")
    world.change(unready=["staging"])
    assert world.release(stage="staging") == 1
    assert world.serves("staging") == {OLD: 100}
    world.change(unready=[])
    assert world.release(stage="staging") == 1
    assert "`--attempt 2` makes another" in world.summary()["error"]
    assert world.release("--attempt=2", stage="staging") == 0
    assert world.serves("staging") == {NEW: 100}


def test_a_closed_service_is_asked_with_a_token_that_is_kept_nowhere(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    if world.kind == "kubernetes":
        pytest.skip("a port is forwarded with the cluster's own login")
    assert world.release("--caller=winnow-deploy@rice-grains-1.iam.gserviceaccount.com", stage="staging") == 0
    assert world.behaviour.tokens == {"Bearer identity-token"}
    assert "identity-token" in capsys.readouterr().out, "the command is called so"
    for path in (world.folder / "record").rglob("*.*"):
        assert "Bearer" not in path.read_text()
        assert '"identity-token"' not in path.read_text()


def test_the_record_holds_the_manifests_that_were_applied(world: World) -> None:
    assert world.release(stage="staging") == 0
    record = world.folder / "record" / "staging"
    name = "service.yaml" if world.kind == "cloud-run" else "stable/kustomization.yaml"
    text = (record / name).read_text()
    assert NEW in text
    assert "sha256:" + "a" * 64 in text


@pytest.mark.slow
def test_a_dry_run_prints_every_command_that_a_real_one_runs_and_runs_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.release("--dry-run") == 0
    assert world.calls() == []
    assert not (world.folder / "record").exists()
    printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert world.release() == 0
    said = {comparable(shlex.split(line)) for line in printed}
    assert {comparable(call) for call in world.calls()} <= said


def comparable(words: list[str]) -> tuple[str, ...]:
    """Return a command without what only the cloud and the clock know."""
    unknown = ("winnow-production-v1-1-0-00000000", "winnow-staging-v1-1-0-00000000")
    text = "\0".join("timestamp" if "timestamp" in word else word for word in words)
    for word in unknown:
        text = text.replace(word, "PREVIOUS-REVISION")
    return tuple(text.split("\0"))


def test_without_the_clouds_program_nothing_is_begun(world: World) -> None:
    (world.folder / "programs" / CALLS[world.kind]["program"]).unlink()
    assert world.release() == 3
    assert "nothing was changed" in world.summary()["error"]


def test_the_key_to_a_cluster_is_a_file_for_as_long_as_it_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from deploy.release.commands import login

    monkeypatch.setenv("WINNOW_KUBECONFIG", "apiVersion: v1\n")
    monkeypatch.setenv("KUBECONFIG", "mine")
    with login():
        path = Path(os.environ["KUBECONFIG"])
        assert path.read_text(encoding="utf-8") == "apiVersion: v1\n"
        assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0
        assert "WINNOW_KUBECONFIG" not in os.environ, "no command needs to know it"
    assert not path.parent.exists()
    assert os.environ["KUBECONFIG"] == "mine"

"""What is handed to the clouds: manifests as kustomize builds them, rendered services and jobs, names, limits."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
IMAGE = "europe-west4-docker.pkg.dev/rice-grains-1/winnow/serve@sha256:" + "a" * 64
ACCOUNT = "winnow-serve@rice-grains-1.iam.gserviceaccount.com"
COMMON = {"stage": "production", "image": IMAGE, "model": "classifier@v1.2.0"}
PLACES = {
    "cloud-run": {"project": "rice-grains-1", "region": "europe-west4", "account": ACCOUNT},
    "kubernetes": {"context": "kind-winnow"},
}
JOB = {
    "project": "rice-grains-1",
    "region": "europe-west4",
    "bucket": "rice-grains",
    "account": "winnow-train@rice-grains-1.iam.gserviceaccount.com",
    "image": IMAGE,
    "job": "run-1",
    "machine-type": "n1-standard-8",
    "accelerator": "NVIDIA_TESLA_T4",
}

needs_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl, which has kustomize, is not installed")


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The modules under test."""
    monkeypatch.syspath_prepend(str(ROOT))
    from deploy.release import __main__, asking, commands, journal, kubernetes, order, pictures, smoke, watch
    from deploy.vertex import __main__ as vertex

    return SimpleNamespace(
        main=__main__,
        asking=asking,
        commands=commands,
        journal=journal,
        kubernetes=kubernetes,
        order=order,
        pictures=pictures,
        smoke=smoke,
        watch=watch,
        vertex=vertex,
    )


def words(target: str, **changes: str) -> list[str]:
    values = {"target": target, **COMMON, **PLACES[target], **changes}
    return [f"--{name}={value}" for name, value in values.items()]


def parsed(text: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe", pure=True).load_all(text))


def build(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what `kubectl kustomize` makes of a folder, by KIND/NAME."""
    run = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr == "", "kustomize warns of what will be gone"
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in parsed(run.stdout)}


@pytest.fixture
def written(deploy: SimpleNamespace, tmp_path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What a release applies to production, by part, as kustomize builds it; no cluster is there."""
    flow = deploy.main.build(
        deploy.main.parser().parse_args(words("kubernetes")), deploy.journal.Journal(tmp_path / "record")
    )
    target = flow.targets["production"]
    target._commands = SimpleNamespace(
        journal=deploy.journal.Journal(tmp_path / "record"),
        is_dry=False,
        do=lambda *_: None,
        ask=lambda *_: {"items": []},
    )
    before = deploy.order.Serving({"v1-1-0-00000000": 100})
    target._found = {"winnow": deploy.kubernetes.Deployment("v1-1-0-00000000", "", "7", 3, is_serving=True)}
    for step in (target.place, target.share, target.promote):
        step(before)
    folder = tmp_path / "record" / "production"
    return {part: build(folder / part) for part in ("candidate", "canary", "stable")}


@needs_kubectl
@pytest.mark.parametrize(("stage", "replicas"), [("staging", 1), ("production", 3)])
def test_each_stage_builds_and_runs_without_rights(stage: str, replicas: int) -> None:
    made = build(MANIFESTS / stage)
    kinds = {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "ServiceAccount"}
    assert set(made) == {f"{kind}/winnow" for kind in kinds}
    assert {each["metadata"]["namespace"] for each in made.values()} == {f"winnow-{stage}"}
    deployment = made["Deployment/winnow"]["spec"]
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    assert deployment["replicas"] == replicas
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["automountServiceAccountToken"] is False
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= set(container["resources"]["limits"]) & set(container["resources"]["requests"])


@needs_kubectl
def test_probes_are_those_of_the_service_and_it_has_time_to_drain() -> None:
    pod = build(MANIFESTS / "production")["Deployment/winnow"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}
    assert paths == {"startup": "/readyz", "readiness": "/readyz", "liveness": "/livez"}
    assert pod["terminationGracePeriodSeconds"] > container["lifecycle"]["preStop"]["sleep"]["seconds"] + 30


@needs_kubectl
def test_selectors_find_the_pods_that_they_mean(written: dict[str, dict[str, dict[str, Any]]]) -> None:
    """The stage's service takes stable pods, passes a candidate over, and takes it once it is the canary."""
    stage_service = written["stable"]["Service/winnow"]["spec"]["selector"]
    own_service = written["candidate"]["Service/winnow-candidate"]["spec"]["selector"]
    labels = {
        part: written[part][f"Deployment/{name}"]["spec"]["template"]["metadata"]["labels"]
        for part, name in {"stable": "winnow", "candidate": "winnow-candidate", "canary": "winnow-candidate"}.items()
    }
    assert {part for part in labels if stage_service.items() <= labels[part].items()} == {"stable", "canary"}
    assert {part for part in labels if own_service.items() <= labels[part].items()} == {"candidate", "canary"}
    stable = written["stable"]["Deployment/winnow"]["spec"]["selector"]["matchLabels"]
    assert not stable.items() <= labels["canary"].items(), "one deployment would count the other's pods as its own"


@needs_kubectl
def test_the_canary_differs_from_the_candidate_in_traffic_and_number_alone(
    written: dict[str, dict[str, dict[str, Any]]],
) -> None:
    candidate, canary = written["candidate"], written["canary"]
    assert {name for name in candidate if candidate[name] != canary[name]} == {"Deployment/winnow-candidate"}
    assert all(name.endswith("/winnow-candidate") for name in candidate), "removing it touches nothing of the stage"
    assert all(each["metadata"]["labels"]["track"] == "candidate" for each in candidate.values())
    template = canary["Deployment/winnow-candidate"]["spec"]["template"]
    template["metadata"]["labels"]["serves"] = "no"
    assert template == candidate["Deployment/winnow-candidate"]["spec"]["template"]


@needs_kubectl
@pytest.mark.parametrize("part", ["candidate", "canary", "stable"])
def test_a_release_has_its_image_by_digest_its_model_and_its_name(
    part: str, written: dict[str, dict[str, dict[str, Any]]]
) -> None:
    (deployment,) = [each for each in written[part].values() if each["kind"] == "Deployment"]
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["image"] == IMAGE
    assert {"name": "WINNOW_MODEL", "value": "classifier@v1.2.0"} in container["env"]
    marks = template["metadata"]["annotations"]
    assert marks["winnow/release"].startswith("v1-2-0-")
    assert marks.get("winnow/previous") == ("v1-1-0-00000000" if part == "stable" else None)


def test_every_manifest_is_named_by_its_kustomization() -> None:
    (content,) = parsed((MANIFESTS / "base" / "kustomization.yaml").read_text(encoding="utf-8"))
    files = {path.name for path in (MANIFESTS / "base").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(content["resources"]) == files


@pytest.mark.parametrize(("stage", "least", "most"), [("staging", "0", "2"), ("production", "1", "10")])
def test_a_cloud_run_service_is_what_google_reads(
    deploy: SimpleNamespace, tmp_path: Path, stage: str, least: str, most: str
) -> None:
    flow = deploy.main.build(
        deploy.main.parser().parse_args(words("cloud-run")), deploy.journal.Journal(tmp_path, is_dry=True)
    )
    target = flow.targets[stage]
    (service,) = parsed(target._render(target.release, '[{"revisionName": "a", "percent": 100}]'))
    template = service["spec"]["template"]
    (container,) = template["spec"]["containers"]
    scale = {name.rpartition("/")[2]: value for name, value in template["metadata"]["annotations"].items()}
    assert service["metadata"]["name"] == f"winnow-{stage}"
    assert template["metadata"]["name"] == target.release
    assert (scale["minScale"], scale["maxScale"]) == (least, most)
    assert scale["startup-cpu-boost"] == "true", "annotations are text"
    assert template["spec"]["containerConcurrency"] == 16
    assert template["spec"]["serviceAccountName"] == ACCOUNT
    assert container["image"] == IMAGE
    assert container["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    (secret,) = [each["valueFrom"]["secretKeyRef"] for each in container["env"] if "valueFrom" in each]
    assert secret == {"name": "winnow-admin-token", "key": "1"}
    assert service["spec"]["traffic"] == [{"revisionName": "a", "percent": 100}]


def test_a_revisions_name_fits_however_long_its_parts_are(deploy: SimpleNamespace, tmp_path: Path) -> None:
    long = {"service": "w" * 22, "model": "classifier@v123456789.123456789.123456789-rc.1"}
    flow = deploy.main.build(
        deploy.main.parser().parse_args(words("cloud-run", **long)), deploy.journal.Journal(tmp_path, is_dry=True)
    )
    assert all(len(target.release) <= 63 for target in flow.targets.values())


def test_another_image_model_or_attempt_is_another_release_and_the_same_is_the_same(deploy: SimpleNamespace) -> None:
    order = deploy.order.Order
    other = IMAGE.replace("aaaa", "bbbb")
    orders = [order(IMAGE, "c@v1.0.0"), order(other, "c@v1.0.0"), order(IMAGE, "d@v1.0.0")]
    names = [each.identity("x") for each in [*orders, order(IMAGE, "c@v1.0.0", attempt=2)]]
    assert len({*names, orders[0].identity("y")}) == 5
    assert names[0] == order(IMAGE, "c@v1.0.0").identity("x")


def test_a_training_job_has_a_limit_and_a_fixed_text_for_its_shell(
    deploy: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*(f"--{name}={value}" for name, value in JOB.items()), f"--record={tmp_path}", "--dry-run"]
    assert deploy.vertex.main(arguments) == 0
    assert list(tmp_path.iterdir()) == []
    assert "gcloud ai custom-jobs create --display-name=run-1" in capsys.readouterr().out
    job = deploy.vertex.Job(**{name.replace("-", "_"): value for name, value in JOB.items()})
    (content,) = parsed(job.render())
    (pool,) = content["workerPoolSpecs"]
    assert content["scheduling"]["timeout"] == "21600s"
    assert pool["machineSpec"]["acceleratorCount"] == 1
    container = pool["containerSpec"]
    assert container["imageUri"] == IMAGE
    assert container["env"] == [{"name": "OUT", "value": "/gcs/rice-grains/jobs/run-1"}]
    assert not any(value in container["args"][0] for value in JOB.values())
    assert "$OUT" in container["args"][0]


@pytest.mark.parametrize(
    ("name", "value"), [("job", "x;y"), ("accelerator", "T4,count=8"), ("image", "train:latest"), ("max-hours", "0")]
)
def test_a_training_job_that_cannot_be_is_refused(
    name: str, value: str, deploy: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.vertex.main([f"--{key}={each}" for key, each in {**JOB, name: value}.items()]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("target", "name", "value"),
    [
        ("cloud-run", "image", "registry/serve:latest"),
        ("cloud-run", "image", "registry/serve@sha256:abc"),
        ("cloud-run", "image", "registry/$(id)@sha256:" + "a" * 64),
        ("cloud-run", "model", "classifier"),
        ("cloud-run", "model", "classifier@v1"),
        ("cloud-run", "model", 'classifier@v1.2.0"\n'),
        ("cloud-run", "model", "$(touch owned)@v1.2.0"),
        ("cloud-run", "service", "Winnow"),
        ("cloud-run", "canary-pct", "0"),
        ("cloud-run", "canary-pct", "51"),
        ("cloud-run", "attempt", "0"),
        ("cloud-run", "project", "Rice"),
        ("cloud-run", "region", "eu;id"),
        ("cloud-run", "account", "me@example.org"),
        ("cloud-run", "caller", "--account=x"),
        ("kubernetes", "context", "a b"),
        ("kubernetes", "context", ""),
        ("kubernetes", "namespace", "-x"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(
    target: str, name: str, value: str, deploy: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main.main([*words(target, **{name: value}), f"--record={tmp_path / 'record'}"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "error: expected" in output.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "address", ["http://example.org", "ftp://127.0.0.1", "https://user:word@example.org", "file:///etc/passwd", ""]
)
def test_nothing_is_asked_without_encryption_but_this_machine(deploy: SimpleNamespace, address: str) -> None:
    with pytest.raises(deploy.asking.CommandError, match="expected https"):
        deploy.asking.Service(address)


def test_a_token_shows_in_no_message(deploy: SimpleNamespace) -> None:
    assert "secret-word" not in repr(deploy.asking.Service("https://example.org", "secret-word"))


@pytest.mark.parametrize(
    ("durations", "expected"), [([], 0.0), ([5.0], 5.0), (list(range(1, 21)), 19), (list(range(1, 101)), 95)]
)
def test_p95_is_the_duration_that_95_of_100_did_not_exceed(
    deploy: SimpleNamespace, durations: list[float], expected: float
) -> None:
    assert deploy.watch.p95(durations) == expected


@pytest.mark.parametrize(("num_errors", "is_broken"), [(0, False), (1, False), (2, True)])
def test_as_many_errors_as_are_allowed_are_no_reason(deploy: SimpleNamespace, num_errors: int, is_broken: bool) -> None:
    seen = deploy.watch.Seen(100, num_errors, 10.0)
    assert bool(seen.problem(deploy.watch.Limits(max_error_fraction=0.01))) is is_broken


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"predictions": []}, "expected one prediction"),
        ({"predictions": [{"top": []}]}, "the most probable first"),
        ({"predictions": [{"top": [{"label": "cat", "probability": 1.5}]}]}, "probabilities that are none"),
        ({"predictions": [{"top": [{"label": "cat", "probability": float("nan")}]}]}, "probabilities that are none"),
        (
            {"predictions": [{"top": [{"label": "cat", "probability": 0.2}, {"label": "dog", "probability": 0.8}]}]},
            "the most probable first",
        ),
        ({"predictions": [{"top": [{"label": "cow", "probability": 0.8}]}]}, "none of the model's classes"),
        (["cat"], "expected 200 and a JSON object"),
    ],
)
def test_what_is_no_answer_is_called_so(deploy: SimpleNamespace, body: object, problem: str) -> None:
    answer = deploy.asking.Answer(200, 1.0, json.dumps(body).encode())
    assert problem in deploy.smoke.problem_of(answer, frozenset({"cat", "dog"}))


def test_another_model_than_the_one_that_was_meant_fails(deploy: SimpleNamespace) -> None:
    content = {"name": "classifier", "version": "v1.1.0", "labels": ["cat", "dog"]}
    answer = deploy.asking.Answer(200, 1.0, json.dumps(content).encode())
    assert deploy.smoke.check_model(answer, "classifier@v1.1.0") == {"cat", "dog"}
    with pytest.raises(deploy.smoke.SmokeError, match=r"expected the model classifier@v1\.2\.0"):
        deploy.smoke.check_model(answer, "classifier@v1.2.0")


@pytest.mark.parametrize(("stable", "share", "replicas"), [(3, 10, 1), (9, 10, 1), (18, 10, 2), (1, 50, 1), (3, 50, 3)])
def test_the_canary_has_the_pods_that_come_nearest_to_its_share(
    deploy: SimpleNamespace, stable: int, share: int, replicas: int
) -> None:
    assert deploy.kubernetes.canary_replicas(stable, share) == replicas


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_command_ends_with_all_that_it_started_even_when_the_asking_fails(
    deploy: SimpleNamespace, tmp_path: Path
) -> None:
    commands = deploy.commands.Commands(deploy.journal.Journal(tmp_path))
    with (
        pytest.raises(ZeroDivisionError),
        commands.running("wait", ["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!; wait"]) as line,
    ):
        raise ZeroDivisionError
    deadline = time.monotonic() + 10
    while is_running(int(line)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes() != b""  # a zombie has none
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="the command is a shell's")
def test_a_command_that_talks_on_does_not_stop_because_nobody_listens(deploy: SimpleNamespace, tmp_path: Path) -> None:
    commands = deploy.commands.Commands(deploy.journal.Journal(tmp_path))
    done = tmp_path / "done"
    program = f"import sys; print('first', flush=True); print('x' * 300_000, flush=True); open({str(done)!r}, 'w')"
    program += "; import time; time.sleep(60)"
    with commands.running("talk", [sys.executable, "-c", program]) as line:
        assert line == "first\n"
        deadline = time.monotonic() + 10
        while not done.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@needs_kubectl
@pytest.mark.slow
def test_the_manifests_fit_kubernetes_own_schemas(
    written: dict[str, dict[str, dict[str, Any]]],
) -> None:
    schemas = pytest.importorskip("kubernetes_validate", reason="its schemas come with kubernetes-validate")
    for part in written.values():
        for each in part.values():
            schemas.validate(each, "1.31", strict=True)
    broken = written["stable"]["Deployment/winnow"]
    broken["spec"]["replica"] = 1
    with pytest.raises(schemas.ValidationError):
        schemas.validate(broken, "1.31", strict=True)

"""Setting up the cloud: what the commands say, what they refuse to say, and how they run (`gcloud` is a stand-in)."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORDS = {
    "--project": "rice-grains-1",
    "--project-number": "123456789012",
    "--bucket": "rice-grains",
    "--repository": "rice/grains",
    "--repository-id": "987654",
}
MACHINE_WORDS = {
    "--project": "rice-grains-1",
    "--zone": "europe-west4-a",
    "--repository": "rice/grains",
    "--machine-type": "n1-standard-8",
    "--accelerator": "nvidia-tesla-t4",
    "--image-family": "linux-with-driver",
    "--image-project": "image-makers",
}
# Writes down how it was called, and fails where a word of the file `fail` is in the call. Quick.
STAND_IN = """#!/bin/sh
printf '%s\\037' "${{0##*/}}" "$@" >> '{folder}/calls'
echo >> '{folder}/calls'
read -r words < '{folder}/fail'
for word in $words; do case "$*" in *"$word"*) exit 4 ;; esac; done
"""

needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a #! line")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The modules under test."""
    monkeypatch.syspath_prepend(str(ROOT))
    from deploy.cloud import bootstrap, bucket, machine, names, runner, steps

    return SimpleNamespace(bootstrap=bootstrap, bucket=bucket, machine=machine, names=names, runner=runner, steps=steps)


def arguments(words: dict[str, str], **changes: str) -> list[str]:
    changed = {**words, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return [f"{name}={value}" for name, value in changed.items()]


@pytest.fixture
def settings(cloud: SimpleNamespace) -> Any:
    return cloud.bucket.Cloud(**{name.strip("-").replace("-", "_"): value for name, value in WORDS.items()})


@pytest.fixture
def machine(cloud: SimpleNamespace) -> Any:
    return cloud.machine.Machine(**{name.strip("-").replace("-", "_"): value for name, value in MACHINE_WORDS.items()})


def find(steps: list[Any], *words: str) -> list[Any]:
    return [step for step in steps if all(word in step.make for word in words)]


def option(words: tuple[str, ...], name: str) -> str:
    (value,) = [word.partition("=")[2] for word in words if word.startswith(f"{name}=")]
    return value


def test_the_bucket_is_closed_whether_it_is_made_or_found(cloud: SimpleNamespace, settings: Any) -> None:
    (step,) = find(cloud.bucket.plan(settings), "buckets", "create")
    for words in (step.make, step.renew):
        assert {"gs://rice-grains", "--uniform-bucket-level-access", "--public-access-prevention"} <= set(words)
        assert option(words, "--soft-delete-duration") == "604800s"


def test_each_identity_has_one_role_in_the_bucket_and_none_in_the_project(
    cloud: SimpleNamespace, settings: Any
) -> None:
    steps = cloud.bucket.plan(settings)
    grants = find(steps, "buckets", "add-iam-policy-binding")
    granted = {option(step.make, "--member"): option(step.make, "--role") for step in grants}
    assert granted == {
        "serviceAccount:winnow-pull@rice-grains-1.iam.gserviceaccount.com": "projects/rice-grains-1/roles/winnowPull",
        "serviceAccount:winnow-push@rice-grains-1.iam.gserviceaccount.com": "projects/rice-grains-1/roles/winnowPush",
    }
    assert find(steps, "projects", "add-iam-policy-binding") == []


def test_a_pull_request_can_read_the_remote_and_a_push_can_neither_delete_nor_overwrite(
    cloud: SimpleNamespace, settings: Any
) -> None:
    from winnow.remotes.probe import _PERMISSIONS

    roles = {
        step.make[4]: option(step.make, "--permissions").split(",")
        for step in find(cloud.bucket.plan(settings), "roles")
    }
    known = _PERMISSIONS["gs"]
    assert sorted(roles["winnowPull"]) == sorted([known["list"], known["read"]])
    assert set(roles["winnowPush"]) == {known["list"], known["read"], known["write"]}


# What a request to the storage takes, as Google documents it. The last ones no role of ours has.
TAKES = {
    r"^GET /storage/v1/b/pictures/o(\?|$)": "storage.objects.list",
    r"^GET .*/b/pictures/o/": "storage.objects.get",
    r"^(POST|PUT) /upload/": "storage.objects.create",
    r"^DELETE ": "storage.objects.delete",
    r"^GET /storage/v1/b/pictures(\?|$)": "storage.buckets.get",
    r"^PATCH |^POST .*/(rewriteTo|copyTo|compose)/": "storage.objects.update",
}


def dvc(folder: Path, variables: dict[str, str], *commands: str) -> tuple[list[int], str]:
    """Run several commands in one process, which is quicker; return their exit codes, and all that they said."""
    program = f"from dvc.cli import main; print([main(words.split()) for words in {list(commands)!r}])"
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return json.loads(run.stdout.splitlines()[-1]), run.stdout + run.stderr


@pytest.mark.slow
def test_dvc_pushes_and_pulls_with_these_permissions_and_not_one_more(cloud: SimpleNamespace, tmp_path: Path) -> None:
    import storage

    desk, other = tmp_path / "desk", tmp_path / "other"
    config = f"""[core]\n    no_scm = true\n    analytics = false\n    remote = storage
['remote "storage"']\n    url = gs://{storage.BUCKET}/winnow\n    allow_anonymous_login = true\n"""
    for folder in (desk, other):
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc" / "config").write_text(config)
    with storage.storage(None) as (emulator, proxy):

        def grant(permissions: tuple[str, ...]) -> None:
            proxy.forget_answers()
            for pattern, permission in TAKES.items():
                if permission not in permissions:
                    proxy.refuse(pattern, 403, f"ci does not have {permission} access")

        variables = {**os.environ, **storage.variables(proxy.url)}
        (desk / "data").mkdir()
        (desk / "data" / "small").write_text("rice")
        (desk / "data" / "large").write_bytes(os.urandom(12_000_000))  # goes up in pieces
        grant(cloud.bucket.PUSH)
        codes, said = dvc(desk, variables, "add --quiet data", "push", "push")
        assert codes == [0, 0, 0], said
        assert len(emulator.objects(storage.BUCKET)) == 3

        shutil.copy(desk / "data.dvc", other)
        (other / "planted").write_text("chaff")
        grant(cloud.bucket.PULL)
        codes, said = dvc(other, variables, "pull", "add --quiet planted", "push")
        assert codes[:2] == [0, 0], said
        assert codes[2] != 0
        assert "storage.objects.create" in said
        assert (other / "data" / "large").read_bytes() == (desk / "data" / "large").read_bytes()
        assert len(emulator.objects(storage.BUCKET)) == 3


def test_who_may_push_is_asked_by_number_by_environment_and_by_branch(cloud: SimpleNamespace, settings: Any) -> None:
    (step,) = find(cloud.bucket.plan(settings), "providers", "create-oidc")
    for words in (step.make, step.renew):
        assert option(words, "--attribute-condition") == "assertion.repository_id == '987654'"
        mapping = dict(entry.split("=", 1) for entry in option(words, "--attribute-mapping").split(","))
        duty, _, rest = mapping["attribute.duty"].partition(" ? ")
        assert rest == "'push' : 'pull'"
        assert "assertion.environment == 'winnow-push'" in duty
        assert duty.endswith("&& assertion.ref == 'refs/heads/main'")
        assert "||" not in duty
        assert all("repository_owner" not in value and "actor" not in value for value in mapping.values())


def test_a_pull_requests_own_run_pushes_only_where_that_is_asked_for(cloud: SimpleNamespace, settings: Any) -> None:
    mapping = cloud.bucket.attribute_mapping(replace(settings, with_pull_requests=True))
    assert "(assertion.ref == 'refs/heads/main' || assertion.ref.startsWith('refs/pull/'))" in mapping
    assert "refs/pull/" not in cloud.bucket.attribute_mapping(settings)


def test_a_run_gets_the_account_of_its_duty_and_no_other(cloud: SimpleNamespace, settings: Any) -> None:
    steps = find(cloud.bucket.plan(settings), "service-accounts", "add-iam-policy-binding")
    pairs = {(step.make[4].partition("@")[0], option(step.make, "--member").rpartition("/")[2]) for step in steps}
    assert pairs == {("winnow-pull", "pull"), ("winnow-push", "push")}
    assert all(option(step.make, "--role") == "roles/iam.workloadIdentityUser" for step in steps)
    assert all(f"projects/{WORDS['--project-number']}/" in option(step.make, "--member") for step in steps)


def test_the_workflows_variables_name_what_was_made(cloud: SimpleNamespace, settings: Any) -> None:
    steps = find(cloud.bucket.plan(settings), "gh", "variable", "set")
    values = {step.make[3]: step.make[-1] for step in steps}
    assert values["WINNOW_GCP_PULL_ACCOUNT"] == settings.account("pull")
    assert values["WINNOW_GCP_PUSH_ACCOUNT"] == settings.account("push")
    provider = r"projects/\d+/locations/global/workloadIdentityPools/([a-z-]+)/providers/github"
    assert (found := re.fullmatch(provider, values["WINNOW_GCP_PROVIDER"]))
    assert find(cloud.bucket.plan(settings), "workload-identity-pools", "create", found[1])


def test_no_step_ever_makes_a_key(cloud: SimpleNamespace, settings: Any, machine: Any) -> None:
    steps = [*cloud.bucket.plan(settings), *cloud.machine.plan(machine)]
    words = [word for step in steps for command in (step.make, step.probe, step.renew) for word in command]
    assert "keys" not in words
    assert not re.search(r"cred-file|key-file|private-key|\.json\b", " ".join(words))


def test_every_step_can_be_done_twice(cloud: SimpleNamespace, settings: Any, machine: Any) -> None:
    again = {"enable", "add-iam-policy-binding", "set"}
    steps = [*cloud.bucket.plan(settings), *cloud.machine.plan(machine)]
    assert [step.why for step in steps if not step.probe and not again & set(step.make)] == []


def test_what_is_printed_is_a_script_that_says_the_same_words(
    cloud: SimpleNamespace, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud.bootstrap.main(["--dry-run", *arguments(WORDS)]) == 0
    printed = capsys.readouterr().out
    said = [shlex.split(line.strip()) for line in printed.splitlines() if re.match(r" *(gcloud|gh) ", line)]
    for step in cloud.bucket.plan(settings):
        assert list(step.make) in said
        assert not step.renew or list(step.renew) in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project", "rice;rm -rf"),
        ("project", "$(id)"),
        ("project", "Rice-Grains"),
        ("project", "--project=other"),
        ("project_number", "12345678901x"),
        ("project_number", "rice-grains-1"),
        ("bucket", "gs://rice"),
        ("bucket", "Rice"),
        ("bucket", "ri..ce"),
        ("bucket", "192.168.5.4"),
        ("bucket", "google-rice"),
        ("bucket", "rice grains"),
        ("bucket", "rice\n"),
        ("repository", "rice"),
        ("repository", "rice/grains/x"),
        ("repository", "rice/.."),
        ("repository", "rice/gra'ins"),
        ("repository_id", "rice/grains"),
        ("repository_id", "1' || true || '1"),
        ("repository_id", "0"),
        ("branch", "main' || true || '"),
        ("branch", "../main"),
        ("environment", "push' ? 'push' : '"),
        ("environment", "a,google.groups=x"),
        ("location", "EU,US"),
        ("soft_delete_days", "0"),
        ("soft_delete_days", "91"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_printed(
    name: str, value: str, cloud: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud.bootstrap.main(["--dry-run", *arguments(WORDS, **{name: value})]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert f"expected {name.replace('_', ' ').replace('soft delete', 'soft-delete')}" in output.err or name == "bucket"


@needs_scripts
def test_words_that_a_shell_would_act_on_arrive_as_they_are(cloud: SimpleNamespace, tmp_path: Path) -> None:
    hostile = ("$(touch owned)", "a b", "'; touch owned; '", "`touch owned`", "*", "\\", '"', "a\nb", "--x=$HOME")
    step = cloud.steps.Step(
        "quoting", (sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))", *hostile)
    )
    run = subprocess.run(
        ["sh"],
        input=cloud.steps.script([step]).partition("pipefail")[2],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
    )
    assert json.loads(run.stdout) == list(hostile)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with stand-ins for gcloud and gh, and nothing else; the folder in which they note their calls."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("gcloud", "gh"):
        path = folder / name
        path.write_text(STAND_IN.format(folder=tmp_path))
        path.chmod(0o755)
    (tmp_path / "fail").write_text("describe environments/\n")
    monkeypatch.setenv("PATH", str(folder))
    return tmp_path


def calls_in(folder: Path) -> list[list[str]]:
    path = folder / "calls"
    return [line.split("\037")[:-1] for line in path.read_text().split("\n")[:-1]] if path.exists() else []


@needs_scripts
def test_a_dry_run_runs_nothing(cloud: SimpleNamespace, programs: Path) -> None:
    assert cloud.bootstrap.main(["--dry-run", *arguments(WORDS)]) == 0
    assert cloud.runner.main(["--dry-run", *arguments(MACHINE_WORDS)]) == 0
    assert calls_in(programs) == []


@needs_scripts
def test_what_is_missing_is_made_in_order(cloud: SimpleNamespace, settings: Any, programs: Path) -> None:
    (programs / "fail").write_text("describe\n")
    assert cloud.bootstrap.main(arguments(WORDS)) == 0
    makes = [call for call in calls_in(programs) if "describe" not in call and call[:2] != ["gh", "api"]]
    assert makes == [list(step.make) for step in cloud.bucket.plan(settings) if step.make[:2] != ("gh", "api")]


@needs_scripts
def test_what_is_there_is_brought_up_to_date_and_never_made_again(cloud: SimpleNamespace, programs: Path) -> None:
    (programs / "fail").write_text("\n")
    assert cloud.bootstrap.main(arguments(WORDS)) == 0
    calls = calls_in(programs)
    assert [call for call in calls if {"create", "create-oidc", "PUT"} & set(call)] == []
    assert {"update", "update-oidc"} <= {word for call in calls for word in call}


@needs_scripts
def test_the_first_failure_ends_it_and_says_what_is_done(
    cloud: SimpleNamespace, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (programs / "fail").write_text("describe workload-identity-pools\n")
    assert cloud.bootstrap.main(arguments(WORDS)) == 4
    output = capsys.readouterr().out
    assert "error: step 9 failed (exit code 4); 8 are done, 7 are not" in output
    assert "gh" not in {call[0] for call in calls_in(programs)}


@needs_scripts
def test_without_gcloud_nothing_is_begun(
    cloud: SimpleNamespace, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (programs / "programs" / "gcloud").unlink()
    assert cloud.bootstrap.main(arguments(WORDS)) == 3
    assert "gcloud is not installed, and nothing was changed" in capsys.readouterr().out
    assert calls_in(programs) == []


def test_a_machine_costs_only_while_it_has_a_job(cloud: SimpleNamespace, machine: Any) -> None:
    steps = cloud.machine.plan(machine)
    (template,) = find(steps, "instance-templates", "create")
    assert find(steps, "instances", "create") == []
    assert {"--provisioning-model=SPOT", "--instance-termination-action=DELETE", "--max-run-duration=6h"} <= set(
        template.make
    )
    start = cloud.machine.start_command(machine, "job1")
    assert f"--source-instance-template={template.make[4]}" in start
    assert start[4].startswith("winnow-runner-")


def test_a_machine_may_read_one_secret_and_delete_machines_of_its_kind(cloud: SimpleNamespace, machine: Any) -> None:
    steps = cloud.machine.plan(machine)
    grants = [step.make for step in steps if "add-iam-policy-binding" in step.make]
    secret, removal = grants
    assert secret[1:4] == ("secrets", "add-iam-policy-binding", "winnow-runner-token")
    assert option(secret, "--role") == "roles/secretmanager.secretAccessor"
    prefix = "projects/rice-grains-1/zones/europe-west4-a/instances/winnow-runner-"
    assert f"resource.name.startsWith('{prefix}')" in option(removal, "--condition")
    (role,) = find(steps, "roles", "create")
    assert option(role.make, "--permissions") == "compute.instances.delete"


def test_the_template_carries_every_file_that_the_startup_script_fetches(cloud: SimpleNamespace, machine: Any) -> None:
    (template,) = find(cloud.machine.plan(machine), "instance-templates", "create")
    files = dict(entry.split("=", 1) for entry in option(template.make, "--metadata-from-file").split(","))
    script = Path(files.pop("startup-script")).read_text(encoding="utf-8")
    fetched = re.search(r"^for name in (.*); do$", script, re.MULTILINE)
    assert fetched
    assert {f"winnow-{name.replace('.', '-')}" for name in fetched[1].split()} == set(files)
    sources = {path.name for path in (ROOT / "deploy" / "runner").glob("*.py")} | {"admit.sh"}
    assert {Path(path).name for path in files.values()} == sources
    assert sum(Path(path).stat().st_size for path in files.values()) < 512_000, "Google's limit for all metadata"


def test_another_setting_is_another_template(machine: Any) -> None:
    assert replace(machine, max_hours=7).template != machine.template
    assert replace(machine).template == machine.template


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("zone", "europe-west4"),
        ("machine_type", "n1;id"),
        ("accelerator", "t4,count=8"),
        ("label", "gpu x"),
        ("image_family", "x=y"),
        ("max_hours", "0"),
        ("free_gb", "101"),
        ("num_accelerators", "0"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(
    name: str, value: str, cloud: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud.runner.main(["--dry-run", *arguments(MACHINE_WORDS, **{name: value})]) == 2
    assert capsys.readouterr().out == ""


# What the startup script calls on a machine: each notes its call; `runuser` is the test of the wall around metadata.
TOOLS = {
    # Like the real one it reads the headers of a file before it asks: whoever writes that file is done by then.
    "curl": """for word; do case "$word" in @*) cat "${word#@}" >/dev/null ;; esac; done
case "$*" in
  *service-accounts/default/token) echo '{"access_token": "identity"}' ;;
  *attributes/winnow-secret) echo winnow-runner-token ;;
  *attributes/winnow-arguments) printf -- '--repository=rice/grains\\n--label=gpu\\n' ;;
  *project/project-id) echo rice-grains-1 ;;
  *instance/zone) echo projects/1/zones/europe-west4-a ;;
  *instance/name) echo winnow-runner-job1 ;;
  *versions/latest:access) echo '{"payload": {"data": "Z2l0aHVi"}}' ;;
esac""",
    "runuser": 'exit "$(cat "$NOTES/wall")"',
    "python3": """case "$*" in
  "-m deploy.runner"*) cp -p "$WINNOW_ROOT/run/winnow-token" "$NOTES/token"; exit 1 ;;
  *) exec REAL "$@" ;;
esac""",
    **dict.fromkeys(["iptables", "ip6tables", "useradd", "poweroff", "id"], "true"),
}


@pytest.fixture
def boot(tmp_path: Path) -> Callable[[int], list[str]]:
    """Run the startup script on a machine of stand-ins; return its calls. 0: a job would reach the metadata server."""

    def run(wall: int) -> list[str]:
        folder = tmp_path / "tools"
        folder.mkdir()
        for name, body in TOOLS.items():
            path = folder / name
            note = f'printf "%s\\n" "{name} $*" >> "$NOTES/calls"\n'
            path.write_text(f"#!/bin/bash\n{note}{body.replace('REAL', sys.executable)}\n")
            path.chmod(0o755)
        (tmp_path / "wall").write_text(str(wall))
        variables = {"PATH": f"{folder}:/usr/bin:/bin", "NOTES": str(tmp_path), "WINNOW_ROOT": str(tmp_path / "root")}
        script = ROOT / "deploy" / "runner" / "startup.sh"
        subprocess.run(["bash", script], env=variables, capture_output=True, check=False)
        return (tmp_path / "calls").read_text().splitlines()

    return run


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the startup script is for Linux machines")


@linux_only
def test_a_started_machine_takes_a_job_and_deletes_itself_even_when_that_failed(
    boot: Callable[[int], list[str]], tmp_path: Path
) -> None:
    calls = boot(28)
    (loop,) = [call for call in calls if "-m deploy.runner" in call]
    assert "--jobs 1 --user winnow-runner" in loop
    assert loop.endswith("--repository=rice/grains --label=gpu")
    assert (tmp_path / "token").read_text().strip() == "github"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "root" / "run" / "winnow-token").exists()
    assert any("--request DELETE" in call and call.endswith("/instances/winnow-runner-job1") for call in calls)
    assert calls[-1].startswith("poweroff")
    assert not any("identity" in call or "github" in call.split() for call in calls), "no secret in any argument"
    walls = [number for number, call in enumerate(calls) if call.startswith(("iptables", "ip6tables"))]
    assert len(walls) == 3
    assert max(walls) < calls.index(loop)


@linux_only
def test_a_machine_whose_jobs_could_take_its_identity_runs_none(boot: Callable[[int], list[str]]) -> None:
    calls = boot(0)
    assert not any("-m deploy.runner" in call or "versions/latest" in call for call in calls)
    assert any("--request DELETE" in call for call in calls)


@pytest.mark.skipif(os.name == "nt", reason="shellcheck reads scripts of Unix")
def test_the_shell_scripts_have_nothing_to_complain_about() -> None:
    scripts = sorted((ROOT / "deploy" / "runner").glob("*.sh"))
    assert len(scripts) == 3
    program = Path(sys.executable).with_name("shellcheck")
    run = subprocess.run(
        [program, "--enable=all", "--exclude=SC2250,SC2310,SC2312", *scripts],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == ""
    assert run.returncode == 0


@pytest.fixture
def serving(settings: Any) -> Any:
    return replace(settings, serve_region="europe-west4")


def test_nothing_of_serving_is_set_up_unless_asked_for(cloud: SimpleNamespace, settings: Any) -> None:
    text = cloud.steps.script(cloud.bucket.plan(settings))
    assert "winnow-deploy" not in text
    assert "run.googleapis.com" not in text


def test_runs_deploy_from_the_branch_in_their_environment_alone(cloud: SimpleNamespace, serving: Any) -> None:
    duty = cloud.bucket.attribute_mapping(serving).partition("attribute.duty=")[2]
    assert duty.endswith(
        "(has(assertion.environment) && assertion.environment == 'winnow-deploy' && assertion.ref == 'refs/heads/main'"
        " ? 'deploy' : 'pull')"
    )
    steps = cloud.bucket.plan(replace(serving, with_pull_requests=True))
    assert "startsWith('refs/pull/')" in cloud.bucket.attribute_mapping(replace(serving, with_pull_requests=True))
    (environment,) = [step for step in steps if step.probe[-1:] == ("repos/rice/grains/environments/winnow-deploy",)]
    assert "deployment_branch_policy[protected_branches]=true" in environment.make


def test_who_deploys_may_not_write_to_the_bucket_and_the_service_reads_its_token_alone(
    cloud: SimpleNamespace, serving: Any
) -> None:
    steps = cloud.bucket.plan(serving)
    roles = {}
    for step in steps:
        if "add-iam-policy-binding" in step.make and "workloadIdentityUser" not in str(step.make):
            roles.setdefault(option(step.make, "--member").partition(":winnow-")[2].partition("@")[0], set()).add(
                (step.make[2], option(step.make, "--role").rpartition("/")[2])
            )
    assert roles["serve"] == {("add-iam-policy-binding", "secretmanager.secretAccessor")}
    assert {role for _, role in roles["deploy"]} == {
        "artifactregistry.writer",
        "iam.serviceAccountUser",
        "logging.viewer",
        "run.developer",
        "winnowPull",
    }


def test_the_workflows_learn_where_to_deploy(cloud: SimpleNamespace, serving: Any) -> None:
    said = {step.make[3]: step.make[-1] for step in find(cloud.bucket.plan(serving), "variable", "set")}
    used = set(re.findall(r"vars\.(\w+)", (ROOT / ".github" / "workflows" / "deploy.yaml").read_text(encoding="utf-8")))
    by_hand = {"WINNOW_GCP_CALLER", "WINNOW_KUBE_CONTEXT", "WINNOW_CANARY_SECONDS", "WINNOW_LOAD_RATE"}
    assert used - by_hand <= set(said)
    assert said["WINNOW_IMAGES"] == "europe-west4-docker.pkg.dev/rice-grains-1/winnow"


def test_a_region_that_cannot_be_is_refused(cloud: SimpleNamespace, settings: Any) -> None:
    with pytest.raises(cloud.names.NameProblem, match="expected region"):
        replace(settings, serve_region="europe; rm")

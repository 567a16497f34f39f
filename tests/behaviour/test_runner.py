"""The ephemeral runner: a stand-in for GitHub's program, a server on loopback, and the real loop between them."""

import configparser
import hashlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOKEN = "github_pat_" + "x" * 20
REPOSITORY = "rice/grains"
WAIT_S = 20.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the loop uses Linux's users, signals and locks")

# What the program does is up to the files that a test lays beside the root: it is no mock of the loop's own work.
STAND_IN = """#!/bin/sh
[ -n "$ACTIONS_RUNNER_INPUT_JITCONFIG" ] || exit 9
env > "{notes}/env"
echo "$@" > "{notes}/arguments"
pwd >> "{notes}/folders"
id -u > "{notes}/uid"
ls -A _work 2>/dev/null > "{notes}/found"
mkdir -p _work/locked && echo data > _work/locked/file && chmod 500 _work/locked
. "{notes}/job"
"""


@dataclass
class Service:
    """GitHub's side: what was asked, and what is answered."""

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    """By method: the next answers' statuses; after them all goes well."""

    files: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def serving(service_of: Callable[[str], Service]) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            service.asked.append((self.command, self.path))
            service.tokens.append(self.headers.get("Authorization"))
            if body:
                service.bodies.append(json.loads(body))
            planned = service.statuses.get(self.command, [])
            status = planned.pop(0) if planned else {"POST": 201, "DELETE": 204}.get(self.command, 200)
            content = service.files.get(self.path, b"")
            if self.command == "POST" and status == 201:
                content = json.dumps({"runner": {"id": 42}, "encoded_jit_config": "one-time-secret"}).encode()
            self.send_response(status if self.command != "GET" or self.path in service.files else 404)
            if status == 302:
                self.send_header("Location", f"{service.url}/elsewhere")
            self.send_header("Content-Length", str(0 if status == 204 else len(content)))
            self.end_headers()
            self.wfile.write(b"" if status == 204 else content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = service_of(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(Service) as running:
        yield running


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The modules under test."""
    monkeypatch.syspath_prepend(str(ROOT))
    from deploy.runner import __main__, admit, archive, errors, github, loop, place, process, stop

    return SimpleNamespace(
        main=__main__,
        admit=admit,
        archive=archive,
        errors=errors,
        github=github,
        loop=loop,
        place=place,
        process=process,
        stop=stop,
    )


def tar_of(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as target:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o755
            target.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class Machine:
    """A machine with the stand-in, a token and a root, and the words that start the loop on it."""

    folder: Path
    notes: Path
    root: Path
    words: list[str]

    def job(self, script: str) -> None:
        (self.notes / "job").write_text(f"{script}\n")

    def note(self, name: str) -> str:
        return (self.notes / name).read_text()

    def jobs_left(self) -> list[str]:
        return [path.name for path in self.root.glob("job-*")] if self.root.exists() else []


def machine_in(folder: Path, service: Service) -> Machine:
    notes, root, token, archive = folder / "notes", folder / "root", folder / "token", folder / "runner.tar.gz"
    notes.mkdir()
    (notes / "job").write_text("exit 0\n")
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    archive.write_bytes(tar_of({"run.sh": STAND_IN.format(notes=notes)}))
    words = ["--repository", REPOSITORY, "--token-file", str(token), "--label", "gpu", "--root", str(root)]
    words += ["--archive", str(archive), "--sha256", hashlib.sha256(archive.read_bytes()).hexdigest()]
    return Machine(folder, notes, root, [*words, "--api", service.url, "--free-gb", "0", "--jobs", "1"])


@pytest.fixture
def machine(tmp_path: Path, service: Service) -> Machine:
    return machine_in(tmp_path, service)


@pytest.fixture
def anyone(runner: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop run as whoever runs the tests, root included: the stand-in does no harm."""
    monkeypatch.setattr(runner.process, "is_root", lambda: False)


@pytest.fixture
def take(runner: SimpleNamespace, machine: Machine, anyone: None) -> Callable[..., int]:
    """Run the loop in this process; return its exit code."""
    return lambda *words: int(runner.main.main([*machine.words, *words]))


def test_a_job_gets_one_registration_and_leaves_nothing(
    take: Callable[..., int], machine: Machine, service: Service
) -> None:
    assert take() == 0
    assert service.asked[0] == ("POST", f"/repos/{REPOSITORY}/actions/runners/generate-jitconfig")
    assert service.bodies[0]["labels"] == ["self-hosted", "gpu"]
    assert service.bodies[0]["runner_group_id"] == 1
    assert not Path(machine.note("folders").strip()).exists()
    assert machine.jobs_left() == []


def test_every_job_has_a_new_name_and_a_folder_in_which_the_last_one_left_nothing(
    take: Callable[..., int],
    machine: Machine,
    service: Service,
    runner: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner.loop, "_SHORT_S", 0.0)
    assert take("--jobs", "3") == 0
    names = [body["name"] for body in service.bodies]
    assert len(set(names)) == len(set(machine.note("folders").split())) == 3
    assert machine.note("found") == ""


def test_a_job_sees_its_configuration_and_neither_the_token_nor_the_loops_variables(
    take: Callable[..., int], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for jobs")
    assert take() == 0
    seen = dict(line.split("=", 1) for line in machine.note("env").splitlines())
    assert seen["ACTIONS_RUNNER_INPUT_JITCONFIG"] == "one-time-secret"
    assert Path(seen["ACTIONS_RUNNER_HOOK_JOB_STARTED"]) == ROOT / "deploy" / "runner" / "admit.sh"
    assert "AWS_SECRET_ACCESS_KEY" not in seen
    assert TOKEN not in machine.note("env")
    assert machine.note("arguments").strip() == "", "arguments can be read by every user of the machine"
    assert seen["HOME"].startswith(str(machine.root))


def test_a_process_that_a_job_left_running_is_gone_afterwards(take: Callable[..., int], machine: Machine) -> None:
    machine.job(f'sleep 300 & echo $! > "{machine.notes}/pid"')
    assert take() == 0
    until(lambda: not is_running(int(machine.note("pid"))))


def test_a_full_disk_is_refused_before_anything_is_registered(
    take: Callable[..., int], machine: Machine, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take("--free-gb", "1e9") == 3
    assert service.asked == []
    assert "a job needs 1e+09 GB" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_token_that_others_can_read_is_refused(
    mode: int, take: Callable[..., int], machine: Machine, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.folder / "token").chmod(mode)
    assert take() == 2
    assert service.asked == []
    error = capsys.readouterr().err
    assert "hint: chmod 600" in error
    assert TOKEN not in error


@pytest.mark.parametrize("content", ["", "two words", "two\nlines", "x\x00y", "é"])
def test_a_file_that_holds_no_token_is_refused(content: str, runner: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(runner.errors.SettingsError, match="expected one token"):
        runner.place.read_token(path)


def test_a_token_behind_a_link_or_in_a_pipe_is_refused(runner: SimpleNamespace, machine: Machine) -> None:
    link, pipe = machine.folder / "link", machine.folder / "pipe"
    link.symlink_to(machine.folder / "token")
    os.mkfifo(pipe, 0o600)
    for path in (link, pipe, machine.folder, machine.folder / "nowhere"):
        with pytest.raises(runner.errors.SettingsError):
            runner.place.read_token(path)


def test_an_archive_with_another_hash_never_runs(
    take: Callable[..., int], machine: Machine, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    with (machine.folder / "runner.tar.gz").open("ab") as stream:
        stream.write(b"!")
    assert take() == 2
    assert "expected" in capsys.readouterr().err
    assert service.asked == []
    assert not (machine.notes / "folders").exists()
    assert machine.jobs_left() == []


@pytest.fixture(params=["as it is", "before 3.11.4"])
def python_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python know no filters of archives, as Debian 12's does not."""
    if request.param != "as it is":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def member(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize(
    "members",
    [
        [member("../escaped", tarfile.REGTYPE, "")],
        [member("away", tarfile.SYMTYPE, ".."), member("away/escaped", tarfile.REGTYPE, "")],
        [member("escaped", tarfile.SYMTYPE, "../../escaped")],
        [member("escaped", tarfile.LNKTYPE, "../escaped")],
        [member("escaped", tarfile.FIFOTYPE, "")],
    ],
    ids=["path", "through a link", "link", "hard link", "special file"],
)
def test_an_archive_that_would_write_elsewhere_is_refused(
    members: list[tarfile.TarInfo], runner: SimpleNamespace, tmp_path: Path, python_as: None
) -> None:
    archive = tmp_path / "runner.tar.gz"
    with tarfile.open(archive, "w:gz") as target:
        for each in [tarfile.TarInfo("run.sh"), *members]:
            target.addfile(each)
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(runner.errors.SettingsError):
        runner.archive.unpack(archive, sha256, tmp_path / "inside")
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "inside" / "escaped").exists()


def test_links_within_an_archive_are_kept(runner: SimpleNamespace, tmp_path: Path, python_as: None) -> None:
    archive = tmp_path / "runner.tar.gz"
    with tarfile.open(archive, "w:gz") as target:
        for each in [tarfile.TarInfo("run.sh"), member("bin/npm", tarfile.SYMTYPE, "../run.sh")]:
            target.addfile(each)
    runner.archive.unpack(archive, hashlib.sha256(archive.read_bytes()).hexdigest(), tmp_path / "inside")
    assert (tmp_path / "inside" / "bin" / "npm").resolve() == (tmp_path / "inside" / "run.sh").resolve()


@pytest.mark.parametrize(("status", "code"), [(401, 2), (403, 2), (404, 2), (429, 1), (500, 1), (503, 1)])
def test_what_github_refuses_ends_the_loop_and_what_may_pass_is_for_later(
    status: int, code: int, take: Callable[..., int], machine: Machine, service: Service
) -> None:
    service.statuses["POST"] = [status]
    assert take() == code
    assert machine.jobs_left() == []


def test_a_loop_without_end_tries_again_after_an_answer_that_may_pass(
    take: Callable[..., int], service: Service, runner: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.statuses["POST"] = [502, 500]
    pauses: list[float] = []

    def note(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise runner.stop.Stopped("SIGTERM")

    monkeypatch.setattr(runner.loop, "time", SimpleNamespace(sleep=note, monotonic=time.monotonic))
    assert take("--jobs", "0") == 0
    assert pauses == [10.0, 20.0, 40.0], "the third had no job, or ended at once: it waits too"
    assert len(service.bodies) == 3


def test_the_token_follows_no_redirect(take: Callable[..., int], service: Service) -> None:
    service.statuses["POST"] = [302]
    assert take() == 2
    assert [path for _, path in service.asked if path == "/elsewhere"] == []


def test_a_registration_without_a_job_is_given_back(
    runner: SimpleNamespace, machine: Machine, service: Service, anyone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.job("sleep 300")
    settings = runner.main.parse([*machine.words, "--idle-s", "0.2"])
    runner.loop.run(runner.loop.Settings(**{**settings.__dict__, "poll_s": 0.05, "grace_s": 0.2}))
    assert service.asked[1] == ("DELETE", f"/repos/{REPOSITORY}/actions/runners/42")
    assert machine.jobs_left() == []


def test_a_runner_that_has_a_job_is_left_to_finish_it(
    runner: SimpleNamespace, machine: Machine, service: Service, anyone: None, capsys: pytest.CaptureFixture[str]
) -> None:
    service.statuses["DELETE"] = [422]
    machine.job(f'sleep 0.6; echo done > "{machine.notes}/finished"')
    settings = runner.main.parse([*machine.words, "--idle-s", "0.1"])
    runner.loop.run(runner.loop.Settings(**{**settings.__dict__, "poll_s": 0.05}))
    assert machine.note("finished") == "done\n"
    assert "422" not in capsys.readouterr().err, "that it is busy is no error"


def test_a_version_that_github_has_given_up_is_said(
    take: Callable[..., int], machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.job("exit 7")
    assert take() == 2
    assert "--version latest" in capsys.readouterr().err


def test_jobs_never_run_as_root(runner: SimpleNamespace, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.process, "is_root", lambda: True)
    assert runner.main.main(machine.words) == 2
    with pytest.raises(runner.errors.SettingsError, match="never run as root"):
        runner.process.find_account("root")
    with pytest.raises(runner.errors.SettingsError, match="there is no user"):
        runner.process.find_account("no-such-user-here")


@pytest.mark.parametrize(
    "repository", ["rice", "rice/../..", "rice/..", "ri ce/grains", "rice/grains/x", "-rice/grains", ""]
)
def test_a_repository_that_could_lead_elsewhere_is_refused(
    repository: str, take: Callable[..., int], service: Service
) -> None:
    assert take(f"--repository={repository}") == 2
    assert service.asked == []


@pytest.mark.parametrize("api", ["http://example.org", "ftp://127.0.0.1", "https://user@example.org", "example.org"])
def test_a_token_travels_encrypted_or_not_at_all(api: str, take: Callable[..., int]) -> None:
    assert take(f"--api={api}") == 2


def release_of(service: Service, archive: bytes, *, digest: str | None) -> None:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    name = f"actions-runner-linux-{machine}-9.8.7.tar.gz"
    asset = {"name": name, "digest": digest, "browser_download_url": f"{service.url}/{name}"}
    answer = json.dumps({"tag_name": "v9.8.7", "assets": [asset]}).encode()
    service.files |= {f"/{name}": archive, "/repos/actions/runner/releases/latest": answer}


def without_archive(machine: Machine) -> list[str]:
    place = machine.words.index("--archive")
    return [*machine.words[:place], *machine.words[place + 4 :]]


def test_the_newest_release_is_downloaded_once_checked_and_asked_for_without_the_token(
    runner: SimpleNamespace, machine: Machine, service: Service, anyone: None
) -> None:
    archive = (machine.folder / "runner.tar.gz").read_bytes()
    release_of(service, archive, digest=f"sha256:{hashlib.sha256(archive).hexdigest()}")
    words = [*without_archive(machine), "--releases-api", service.url]
    assert runner.main.main(words) == runner.main.main(words) == 0
    assert len([path for _, path in service.asked if path.endswith(".tar.gz")]) == 1
    gets = [token for (method, _), token in zip(service.asked, service.tokens, strict=True) if method == "GET"]
    assert gets == [None] * 3


def test_a_download_that_is_not_what_github_announced_is_thrown_away(
    runner: SimpleNamespace, machine: Machine, service: Service, anyone: None
) -> None:
    release_of(service, b"something else", digest="sha256:" + "0" * 64)
    assert runner.main.main([*without_archive(machine), "--releases-api", service.url]) == 2
    assert list((machine.root / "archives").iterdir()) == []
    assert service.bodies == []


def test_no_hash_is_invented_where_github_gives_none(
    runner: SimpleNamespace, machine: Machine, service: Service, anyone: None, capsys: pytest.CaptureFixture[str]
) -> None:
    release_of(service, b"", digest=None)
    assert runner.main.main([*without_archive(machine), "--releases-api", service.url]) == 2
    assert "give --sha256" in capsys.readouterr().err


def test_a_container_gets_no_right_beyond_its_folder_and_the_gpus(runner: SimpleNamespace, tmp_path: Path) -> None:
    image = "registry.example/cuda@sha256:" + "a" * 64
    words = runner.process.container_command("docker", image, tmp_path / "job-x", runner.process.Account(1001, 1002))
    assert {"--rm", "--user=1001:1002", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--gpus=all"} <= set(
        words
    )
    assert words[-2:] == [image, "./run.sh"]
    mounts = [word.partition("=")[2] for word in words if word.startswith("--volume=")]
    assert [mount.rpartition(":")[2] for mount in mounts[1:]] == ["ro", "ro"]
    assert not any("docker.sock" in word or word.lstrip("-") == "privileged" for word in words)
    assert "--env=ACTIONS_RUNNER_INPUT_JITCONFIG" in words, "the value comes from the environment, no argument shows it"
    with pytest.raises(runner.errors.SettingsError, match="IMAGE@sha256"):
        runner.process.check_image("cuda:latest")


def test_a_second_loop_in_the_same_root_is_refused(
    runner: SimpleNamespace, take: Callable[..., int], machine: Machine
) -> None:
    with runner.place.only_loop(machine.root):
        assert take() == 3
    assert take() == 0


def is_running(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "this should have happened by now"
        time.sleep(0.02)


STARTER = """
import sys
from deploy.runner import __main__, process
process.is_root = lambda: False
sys.exit(__main__.main(sys.argv[1:]))
"""


@pytest.fixture
def started(machine: Machine) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Start the loop as a process of its own, with a job that waits."""
    machine.job(f'echo $$ > "{machine.notes}/pid.part"; mv "{machine.notes}/pid.part" "{machine.notes}/pid"; sleep 300')
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"}
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        (machine.notes / "pid").unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", STARTER, *machine.words], env=variables, stderr=subprocess.PIPE
        )
        processes.append(process)
        until(lambda: (machine.notes / "pid").exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr and process.stderr.read()
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()
    if (machine.notes / "pid").exists() and is_running(int(machine.note("pid"))):
        os.killpg(int(machine.note("pid")), signal.SIGKILL)


@pytest.mark.slow
def test_a_loop_that_is_stopped_ends_its_job_gives_the_registration_back_and_cleans_up(
    started: Callable[[], "subprocess.Popen[bytes]"], machine: Machine, service: Service
) -> None:
    process = started()
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    assert service.asked[-1][0] == "DELETE"
    assert machine.jobs_left() == []
    until(lambda: not is_running(int(machine.note("pid"))))


def test_a_signal_while_a_process_starts_waits_until_the_process_can_be_ended(
    runner: SimpleNamespace, machine: Machine, service: Service, anyone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.job("sleep 300")
    start, children = runner.process.start, []

    def start_and_be_stopped(*words: Any) -> Any:
        children.append(start(*words))
        os.kill(os.getpid(), signal.SIGTERM)
        return children[0]

    monkeypatch.setattr(runner.process, "start", start_and_be_stopped)
    with pytest.raises(runner.stop.Stopped):
        runner.loop.run(runner.main.parse(machine.words))
    assert children[0].returncode is not None
    assert service.asked[-1][0] == "DELETE"
    assert machine.jobs_left() == []


@pytest.mark.slow
def test_what_a_killed_loop_left_behind_is_thrown_away_by_the_next_one(
    started: Callable[[], "subprocess.Popen[bytes]"], take: Callable[..., int], machine: Machine
) -> None:
    process = started()
    process.kill()
    process.wait()
    assert len(machine.jobs_left()) == 1
    os.killpg(int(machine.note("pid")), signal.SIGKILL)
    machine.job("exit 0")
    assert take() == 0
    assert machine.jobs_left() == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may start as another user")
def test_a_job_runs_as_its_own_user_and_none_of_his_processes_outlives_it(
    runner: SimpleNamespace, service: Service
) -> None:
    nobody_else = runner.process.Account(61991, 61991)  # a number that no account of this machine has
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        machine = machine_in(folder, service)
        machine.notes.chmod(0o777)
        machine.job(
            f'setsid sleep 300 & echo $! > "{machine.notes}/pid"; cat "{folder}/token" > "{machine.notes}/stolen"'
        )
        settings = runner.main.parse([*machine.words, "--user", "somebody"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner.process, "find_account", lambda _: nobody_else)
            runner.loop.run(settings)
        assert machine.note("uid").strip() == "61991"
        assert machine.note("stolen") == ""
        until(lambda: not is_running(int(machine.note("pid"))))
        assert machine.jobs_left() == []


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "deploy" / "runner" / "winnow-runner.service", encoding="utf-8")
    return parser


def test_the_service_starts_what_there_is_and_does_not_repeat_what_cannot_work(runner: SimpleNamespace) -> None:
    service = unit()["Service"]
    words = service["ExecStart"].replace("$ARGUMENTS", "--repository rice/grains --label gpu").split()
    assert words[:3] == ["/usr/bin/python3", "-m", "deploy.runner"]
    settings = runner.main.parse(words[3:])
    assert settings.jobs == 1, "systemd is the loop: each job gets a new /tmp"
    assert settings.user
    assert str(settings.root) == service["ReadWritePaths"]
    assert int(service["RestartPreventExitStatus"]) == runner.errors.SettingsError.exit_code
    assert runner.errors.MachineError.exit_code != runner.errors.SettingsError.exit_code


def test_a_machine_of_the_cloud_starts_the_loop_with_arguments_that_it_knows(runner: SimpleNamespace) -> None:
    from deploy.cloud.machine import Machine

    names = ("rice-grains-1", "europe-west4-a", REPOSITORY, "n1-standard-8", "nvidia-tesla-t4", "a-family", "a-project")
    script = (ROOT / "deploy" / "runner" / "startup.sh").read_text(encoding="utf-8")
    call = script.rpartition("python3 -m deploy.runner ")[2].replace("\\\n", " ").replace('"${arguments[@]}"', "")
    settings = runner.main.parse([*shlex.split(call), *Machine(*names, idle_minutes=10).arguments()])
    assert (settings.jobs, settings.user, settings.idle_s) == (1, "$user", 600.0)


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the installation below a folder; users and services are noted, not made."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, code in (("id", 1), ("useradd", 0), ("systemctl", 0)):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/calls"\nexit {code}\n')
        (tools / name).chmod(0o755)
    variables = {"PATH": f"{tools}:{Path(sys.executable).parent}:/usr/bin:/bin", "WINNOW_ROOT": str(tmp_path / "root")}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = ["bash", str(ROOT / "deploy" / "runner" / "install.sh"), *words]
        return subprocess.run(command, env=variables, input=f"{TOKEN}\n", capture_output=True, text=True, check=False)

    return run


def test_what_is_installed_runs_and_its_token_is_roots_alone(
    install: Callable[..., "subprocess.CompletedProcess[str]"], runner: SimpleNamespace, tmp_path: Path
) -> None:
    for _ in range(2):
        done = install(REPOSITORY, "--label", "gpu", "--free-gb", "50")
        assert done.returncode == 0, done.stderr
    root = tmp_path / "root"
    token = root / "etc" / "winnow-runner" / "token"
    assert runner.place.read_token(token) == TOKEN
    words = (root / "etc" / "winnow-runner" / "arguments").read_text().strip().partition("=")[2].split()
    assert runner.main.parse([*words, "--token-file", str(token)]).free_gb == 50
    code = root / "opt" / "winnow-runner"
    command = [
        sys.executable,
        "-m",
        "deploy.runner",
        *words,
        "--token-file",
        "/nowhere",
        "--root",
        str(tmp_path / "jobs"),
    ]
    run = subprocess.run([*command, "--user", "root"], cwd=code, capture_output=True, text=True, check=False)
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    assert os.access(code / "deploy" / "runner" / "admit.sh", os.X_OK)
    assert "systemctl enable --now winnow-runner.service" in (tmp_path / "calls").read_text()


@pytest.mark.parametrize("word", ["a b", "$(id)", "x;y", "x\ny", "%n"])
def test_an_argument_that_systemd_would_change_is_refused_before_anything_is_installed(
    word: str, install: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    assert install(REPOSITORY, word).returncode == 2
    assert not (tmp_path / "root").exists()


def event_of(head: dict[str, Any] | None) -> dict[str, Any]:
    return {"repository": {"id": 7, "full_name": REPOSITORY}, "pull_request": {"head": {"repo": head}}}


@pytest.mark.parametrize(
    ("name", "event", "runs"),
    [
        ("pull_request", event_of({"id": 7}), True),
        ("push", {}, True),
        ("workflow_dispatch", {}, True),
        ("pull_request", event_of({"id": 8, "full_name": "chaff/grains"}), False),
        ("pull_request", event_of({"full_name": REPOSITORY}), False),
        ("pull_request", event_of(None), False),
        ("pull_request", {}, False),
        ("pull_request_target", event_of({"id": 7}), False),
        ("workflow_run", {}, False),
        ("issue_comment", {}, False),
    ],
)
def test_only_code_of_this_repository_is_let_in(name: str, event: dict[str, Any], runs: bool, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    variables = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": REPOSITORY}
    assert admitted(variables) is runs


@pytest.mark.parametrize(
    "content", ["", "[]", "[1]", "null", '{"pull_request": 3}', '{"pull_request": {"head": {"repo": []}}}']
)
def test_an_event_that_cannot_be_read_is_not_let_in(content: str, runner: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(content)
    variables = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": REPOSITORY}
    assert runner.admit.main(variables) == 1
    assert runner.admit.main({}) == 1


def admitted(variables: dict[str, str]) -> bool:
    """Ask as GitHub's runner does: through the shell script."""
    script = ROOT / "deploy" / "runner" / "admit.sh"
    environment = {"PATH": os.environ["PATH"], **variables}
    return (
        subprocess.run(["bash", "-e", script], env=environment, stderr=subprocess.DEVNULL, check=False).returncode == 0
    )

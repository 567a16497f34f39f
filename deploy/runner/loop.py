"""The loop: room on the disk, a fresh folder, a registration, one job, and everything is thrown away."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.runner import archive, place, process
from deploy.runner.errors import RunnerError, SettingsError
from deploy.runner.github import PUBLIC_API, GitHub, Registration, find_release
from deploy.runner.stop import Stop

DEPRECATED_EXIT_CODE = 7
_SHORT_S = 10.0
_MAX_PAUSE_S = 300.0
_ASK_AGAIN_S = 60.0


@dataclass(frozen=True)
class Settings:
    """How jobs are taken."""

    repository: str
    labels: tuple[str, ...]
    token_file: Path
    root: Path
    """Holds the archives and, while a job runs, its folder."""

    archive: Path | None = None
    """A runner's archive; None: GitHub's release `version` is downloaded."""

    version: str = "latest"
    sha256: str = ""
    """What the archive must hash to; empty: what GitHub says."""

    api: str = PUBLIC_API
    releases_api: str = PUBLIC_API
    user: str = ""
    """Who jobs run as; empty: who runs the loop."""

    group_id: int = 1
    free_gb: float = 30.0
    idle_s: float = 6 * 3600.0
    """A registration without a job is given back after this; 0: never."""

    jobs: int = 0
    """The loop ends after so many registrations; 0: never."""

    image: str = ""
    """Run the runner inside this image, by digest; empty: on the machine itself."""

    engine: str = "docker"
    grace_s: float = 30.0
    poll_s: float = 1.0
    pause_s: float = 5.0


def run(settings: Settings) -> None:
    """Take jobs until `settings.jobs` were offered, or until SIGTERM or an interrupt. Leaves no folder behind."""
    check(settings)
    stop = Stop()
    with place.only_loop(settings.root), stop.by_signal():
        for name in place.throw_away_leftovers(settings.root):
            say(f"threw away {name}, which a loop that was killed left behind")
            if settings.image:
                process.end_container(settings.engine, name)
        offered = failures = 0
        while True:
            began = time.monotonic()
            try:
                is_done = take_one_job(settings, stop)
            except SettingsError:
                raise
            except RunnerError as error:
                if settings.jobs:
                    raise
                say(f"{error}")
                is_done = False
            offered += 1
            if offered == settings.jobs:
                return
            # A runner that ends at once had no job: the next one in a moment would most likely have none either.
            is_failure = not is_done or time.monotonic() - began < _SHORT_S
            failures = failures + 1 if is_failure else 0
            time.sleep(min(settings.pause_s * 2 ** min(failures, 10), _MAX_PAUSE_S) if failures else 0)


def check(settings: Settings) -> None:
    """Raise SettingsError for settings that cannot work."""
    if sys.platform != "linux":
        raise SettingsError("this loop needs Linux", hint="on Windows use WSL 2, which sees the GPU")
    if not settings.labels or any(not label.replace("-", "").replace("_", "").isalnum() for label in settings.labels):
        raise SettingsError(f"expected labels of letters, digits, - and _, got {', '.join(settings.labels) or 'none'}")
    if settings.image:
        process.check_image(settings.image)
    if settings.sha256:
        archive.check_sha256(settings.sha256)
    if settings.archive and not settings.sha256:
        raise SettingsError("an archive of your own needs --sha256", hint="sha256sum FILE, compared with the release")
    if not settings.user and process.is_root():
        raise SettingsError("jobs never run as root", hint="give --user the name of a user that owns nothing")
    if settings.user:
        process.find_account(settings.user)
    if settings.user and not process.is_root():
        raise SettingsError("only root can start jobs as another user", hint="leave --user away, or start it as root")


def take_one_job(settings: Settings, stop: Stop) -> bool:
    """Offer one runner to GitHub and wait until it is done; return whether it ended by itself and well."""
    github = GitHub(settings.repository, place.read_token(settings.token_file), settings.api)
    place.require_room(settings.root, settings.free_gb)
    program, sha256 = find_program(settings)
    with place.fresh_folder(settings.root) as folder:
        archive.unpack(program, sha256, folder)
        # Last: a registration that nobody uses would show in GitHub as a runner that is offline.
        name = folder.name.replace(place.PREFIX, f"winnow-{secrets.token_hex(4)}-")
        with stop.held():
            registration = github.register(name, settings.labels, settings.group_id)
            try:
                say(f"{name} waits for a job of {settings.repository}")
                code = _run_registered(settings, github, registration, folder, stop)
            finally:
                _forget(github, registration)
    if code == DEPRECATED_EXIT_CODE:
        raise SettingsError("GitHub does not talk to this version of the runner any more", hint="--version latest")
    say(f"{name} ended ({'idle' if code is None else f'exit code {code}'}), its folder is gone")
    return not code


def find_program(settings: Settings) -> tuple[Path, str]:
    """Return the runner's archive and its hash."""
    if settings.archive:
        return settings.archive, settings.sha256
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    release = find_release(settings.version, machine, settings.releases_api)
    if settings.sha256 and release.sha256 != settings.sha256:
        raise SettingsError(f"runner {release.version} hashes to {release.sha256}, expected {settings.sha256}")
    return archive.fetch(release, settings.root / "archives"), release.sha256


def _run_registered(
    settings: Settings, github: GitHub, registration: Registration, folder: Path, stop: Stop
) -> int | None:
    """Run the runner, and leave no process behind; return its exit code, None if idle."""
    account = process.find_account(settings.user) if settings.user else None
    variables = process.environment(folder, registration.jit_config, os.environ)
    if account:
        place.hand_over(folder, account.uid, account.gid)
    command, starter = [str(folder / "run.sh")], account
    if settings.image:
        # The engine's client drops the rights itself: who may talk to the engine could take all of them.
        inside = account or process.Account(os.getuid(), os.getgid())
        command, starter = process.container_command(settings.engine, settings.image, folder, inside), None
    child = process.start(command, folder, variables, starter)
    try:
        with stop.heard():
            return _wait(settings, child, lambda: github.remove(registration.runner_id))
    except BaseException:
        process.interrupt(child, settings.grace_s)
        raise
    finally:
        process.end(child, account)
        if settings.image:
            process.end_container(settings.engine, folder.name)


def _wait(settings: Settings, child: "subprocess.Popen[bytes]", give_back: Callable[[], bool]) -> int | None:
    """Wait for the runner; after `idle_s` give its registration back, unless GitHub says that it has a job."""
    ask_at = time.monotonic() + (settings.idle_s or float("inf"))
    while True:
        try:
            return child.wait(settings.poll_s)
        except subprocess.TimeoutExpired:
            if time.monotonic() < ask_at:
                continue
        try:
            if give_back():
                return None
            ask_at = float("inf")
        except RunnerError as error:
            say(f"{error}")
            ask_at = time.monotonic() + _ASK_AGAIN_S


def _forget(github: GitHub, registration: Registration) -> None:
    try:
        if not github.remove(registration.runner_id):
            say(f"GitHub still counts a job of {registration.name}: it will notice that the runner is gone")
    except RunnerError as error:
        say(f"{registration.name} stays registered: {error}")


def say(message: str) -> None:
    """Tell what happens, on stderr; under systemd that is the journal."""
    sys.stderr.write(f"runner: {message}\n")
    sys.stderr.flush()

"""Starting the runner's program as somebody who may do little, and ending it with everything that it started."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.runner.errors import SettingsError

PASSED = ("PATH", "LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
"""The variables of the loop that a job may see. Proxies are not among them: their addresses can hold passwords."""

ADMIT = Path(__file__).with_name("admit.sh")
_PINNED_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}")
_INSIDE = "/runner"


@dataclass(frozen=True)
class Account:
    """The user that jobs run as."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    """Further groups: `render` and `video` open GPUs that are not open to all."""


def is_root() -> bool:
    """Whether the loop may start jobs as another user, and must."""
    return os.getuid() == 0


def find_account(name: str) -> Account:
    """Return the user called `name`. Raises SettingsError for root, and for a user that does not exist."""
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SettingsError(
            f"there is no user {name}", hint=f"useradd --system --no-create-home --shell /usr/sbin/nologin {name}"
        ) from None
    if entry.pw_uid == 0:
        raise SettingsError("jobs never run as root", hint="give --user the name of a user that owns nothing")
    return Account(entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(name, entry.pw_gid)))


def check_image(image: str) -> None:
    """Raise SettingsError for an image that is not pinned: a tag can be moved."""
    if not _PINNED_IMAGE.fullmatch(image):
        raise SettingsError(f"expected IMAGE@sha256:…, got {image!r}", hint="docker image inspect names the digest")


def environment(folder: Path, jit_config: str, around: Mapping[str, str]) -> dict[str, str]:
    """Return the runner's variables. Not in it: the token, and whatever else the loop's own environment holds."""
    home, temporary = folder / "home", folder / "tmp"
    for inner in (home, temporary):
        inner.mkdir(exist_ok=True)
    return {
        **{name: around[name] for name in PASSED if name in around},
        "HOME": str(home),
        "TMPDIR": str(temporary),
        # Not as an argument: every user of the machine can read those.
        "ACTIONS_RUNNER_INPUT_JITCONFIG": jit_config,
        "ACTIONS_RUNNER_HOOK_JOB_STARTED": str(ADMIT),
        "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE": "1",
        "RUNNER_MANUALLY_TRAP_SIG": "1",  # an interrupt then ends the job and tells GitHub
    }


def container_command(engine: str, image: str, folder: Path, account: Account) -> list[str]:
    """Return the command that runs the unpacked runner inside a container, with the GPUs and nothing else."""
    names = ("INPUT_JITCONFIG", "HOOK_JOB_STARTED=/admit.sh", "RETURN_VERSION_DEPRECATED_EXIT_CODE=1")
    variables = [*(f"ACTIONS_RUNNER_{name}" for name in names), f"HOME={_INSIDE}/home", f"TMPDIR={_INSIDE}/tmp"]  # noqa: S108 - in the job's own folder
    limits = ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=8192", "--shm-size=4g"]
    programs = [(ADMIT, "/admit.sh"), (ADMIT.with_name("admit.py"), "/admit.py")]
    return [
        *(
            engine,
            "run",
            "--rm",
            "--init",
            "--gpus=all",
            f"--name={folder.name}",
            f"--user={account.uid}:{account.gid}",
        ),
        *limits,
        *(f"--env={variable}" for variable in [*variables, "RUNNER_MANUALLY_TRAP_SIG=1"]),
        f"--volume={folder}:{_INSIDE}",
        *(f"--volume={path}:{inside}:ro" for path, inside in programs),
        f"--workdir={_INSIDE}",
        image,
        "./run.sh",
    ]


def start(
    command: list[str], folder: Path, variables: dict[str, str], account: Account | None
) -> "subprocess.Popen[bytes]":
    """Start the runner in a session of its own, as `account` where one is given."""
    return subprocess.Popen(  # noqa: S603 - the program was verified by its hash, the arguments are ours
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=account.groups if account else None,
    )


def interrupt(process: "subprocess.Popen[bytes]", grace_s: float) -> None:
    """Ask the runner to end, which tells GitHub that its job is cancelled; wait for that at most `grace_s`."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace_s)


def end(process: "subprocess.Popen[bytes]", account: Account | None) -> None:
    """Kill what is left: the session, and with an account of its own every process of that user, sessions or not."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if account and account.uid not in {0, os.getuid()}:
        # Only from inside that user's rights does `-1` mean: all that are his, at once, forks in flight included.
        subprocess.run(
            ["/bin/sh", "-c", "kill -KILL -1"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            stderr=subprocess.DEVNULL,
            check=False,
        )


def end_container(engine: str, name: str) -> None:
    """Kill a container that a loop leaves behind; one that ended is gone already (`--rm`)."""
    subprocess.run([engine, "rm", "--force", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - our own words

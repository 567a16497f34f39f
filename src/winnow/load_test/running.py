"""Carries a plan out: asks whether the service is there, starts the process that asks, and reads what it found."""

import importlib.util
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path

from winnow.errors import InputError, MachineError
from winnow.load_test.answers import Answer, read_answers
from winnow.load_test.pictures import Picture, write_pictures
from winnow.load_test.plan import Plan, write_plan
from winnow.load_test.sending import ANSWERS, PLAN

_START_S = 60.0
_CONNECT_S = 10.0


def run(plan: Plan, pictures: Sequence[Picture]) -> list[Answer]:
    """Return what each request came to.

    Raises InputError where nobody answers at the address, MachineError where locust is not installed or fails.
    """
    if importlib.util.find_spec("locust") is None:
        raise MachineError("a load test needs locust, which is not installed", hint="pip install 'winnow[load]'")
    require_service(plan.url)
    with tempfile.TemporaryDirectory(prefix="winnow-load-") as name:
        folder = Path(name)
        write_plan(folder / PLAN, plan)
        write_pictures(folder, pictures)
        _send(folder, plan.end_s + plan.timeout_s + _START_S)
        return read_answers(folder / ANSWERS)


def require_service(url: str) -> None:
    """Raise InputError where nothing answers HTTP; whatever it answers will do."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"{url}/livez", timeout=_CONNECT_S).close()
    except urllib.error.HTTPError as answer:  # it answered
        answer.close()
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise InputError(f"expected a service at {url}, got no answer: {reason}", hint="winnow serve") from None


def _send(folder: Path, limit_s: float) -> None:
    command = [sys.executable, "-m", "winnow.load_test.sending", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            _, said = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise MachineError(
                f"the process that asks did not end within {limit_s:.0f} s", hint="a lower --rate, fewer --users"
            ) from None
        except BaseException:
            process.kill()
            raise
    if process.returncode or not (folder / ANSWERS).is_file():
        last = said.strip().splitlines()[-3:]
        raise MachineError(f"the process that asks failed: {' '.join(last)}", hint="winnow load --help")

"""The environment that a checkout's locks name, brought into it by links: packages cannot be downloaded in a test.

`python tasks.py install` then finds it as up to date, as it finds one that it made before; that it makes one is tested
in tests/behaviour. The packages are those that run the tests, winnow itself apart: that is the checkout's own. Where a
job asks for an environment without torch, torch cannot be imported.
"""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from action_files import append, tell
from ruamel.yaml import YAML

HERE = Path(__file__).parents[2]
_LOCKED, _NONE = "locked", "none"
_ABSENT = "raise ModuleNotFoundError(f'No module named {__name__!r}', name=__name__)\n"


def bring_environment(checkout: Path) -> None:
    """Link this Python's packages into `checkout`, for the steps to come."""
    torch = _torch_of_job(checkout)
    if not link_environment(checkout, torch):
        tell("the locks of this checkout name other packages than those that are here")
        return
    places = [checkout / "src"]
    if torch == _NONE:
        places.insert(0, checkout / ".venv" / "absent")
        places[0].mkdir()
        for name in ("torch", "torchvision"):
            (places[0] / f"{name}.py").write_text(_ABSENT, encoding="utf-8")
    append("GITHUB_ENV", f"PYTHONPATH={os.pathsep.join(map(str, places))}")


def link_environment(checkout: Path, torch: str = _LOCKED) -> bool:
    """Return whether this Python's packages are those that `checkout` asks for; they then lie in its `.venv`."""
    wanted = _inputs_hash(checkout)
    if wanted != _inputs_hash(HERE):
        return False
    place = checkout / ".venv"
    place.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name != "winnow.json":
            (place / path.name).symlink_to(path)
    stamp = {"root": str(checkout.resolve()), "inputs": wanted, "torch": torch}
    (place / "winnow.json").write_text(json.dumps(stamp), encoding="utf-8")
    return True


def _torch_of_job(checkout: Path) -> str:
    """Return which build of torch this job asks the setup for: a stand-in of a step does not see it."""
    jobs = _jobs(checkout / ".github" / "workflows" / f"{os.environ['GITHUB_WORKFLOW']}.yaml")
    name = os.environ["GITHUB_JOB"]
    if name not in jobs:  # of a workflow that is called: see called_workflows
        caller, _, name = name.partition("_")
        jobs = _jobs(checkout / jobs[caller]["uses"])
    job = jobs[name]
    asked = [
        step.get("with", {}).get("torch", _LOCKED)
        for step in job["steps"]
        if step.get("uses") == "./.github/actions/setup"
    ]
    return str(asked[0])


def _jobs(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["jobs"]


def _inputs_hash(checkout: Path) -> str:
    return str(runpy.run_path(str(checkout / "bootstrap.py"))["inputs_hash"]())

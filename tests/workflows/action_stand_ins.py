"""Stand-ins for the actions that workflows use: small composite actions, written when a test runs."""

import json
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

STEPS = Path(__file__).with_name("action_steps.py")
_PYTHON = {"python-version": "", "cache": "", "check-latest": "", "architecture": "", "allow-prereleases": ""}
_CACHE = {"path": "", "key": "", "restore-keys": "", "lookup-only": "false", "fail-on-cache-miss": "false"}
_CACHED = ("cache-hit", "cache-primary-key", "cache-matched-key")
_DOWNLOAD = {"name": "", "pattern": "", "path": "", "merge-multiple": "false", "run-id": "", "github-token": ""}
_AUTH = {"workload_identity_provider": "", "service_account": "", "project_id": "", "create_credentials_file": "true"}
# What each takes, with the real defaults, and what it gives. An input that is not here is an error, as a typo is.
ACTIONS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "actions/checkout": (
        {
            "repository": "${{ github.repository }}",
            "ref": "",
            "token": "${{ github.token }}",
            "path": "",
            "fetch-depth": "1",
            "fetch-tags": "false",
            "persist-credentials": "true",
            "clean": "true",
            "filter": "",
            "sparse-checkout": "",
        },
        ("ref", "commit"),
    ),
    "actions/setup-python": (_PYTHON, ("python-version", "python-path")),
    "astral-sh/setup-uv": (
        {
            "version": "",
            "enable-cache": "auto",
            "cache-dependency-glob": "",
            "python-version": "",
            "ignore-empty-workdir": "",
        },
        ("uv-version",),
    ),
    "actions/cache": (_CACHE, _CACHED),
    "actions/cache/restore": (_CACHE, _CACHED),
    "actions/cache/save": ({"path": "", "key": ""}, ()),
    "actions/upload-artifact": (
        {
            "name": "artifact",
            "path": "",
            "if-no-files-found": "warn",
            "retention-days": "",
            "compression-level": "6",
            "overwrite": "false",
            "include-hidden-files": "false",
        },
        ("artifact-id", "artifact-digest"),
    ),
    "actions/download-artifact": ({**_DOWNLOAD, "repository": "${{ github.repository }}"}, ("download-path",)),
    "iterative/setup-cml": ({"version": "latest", "vega": "true", "force": ""}, ()),
    "google-github-actions/auth": ({**_AUTH, "token_format": ""}, ("credentials_file_path",)),
}


class Stage:
    """A folder with the stand-ins of one run, and what happened to them."""

    def __init__(self, folder: Path, *, broken: Iterable[str] = (), programs: Path | None = None) -> None:
        """Take the actions that are to fail (`owner/name`), and the folder with the program `cml`."""
        self.folder = folder
        self.store = folder / "artifacts"
        self._log = folder / "uses.jsonl"
        for name, (inputs, outputs) in ACTIONS.items():
            settings = {"folder": str(folder), "programs": str(programs or ""), "broken": name in set(broken)}
            self._write(name, inputs, outputs, json.dumps(settings))

    def mapping(self, workflow: Path) -> list[str]:
        """Return act's options that put a stand-in in the place of each action of a workflow and what it uses."""
        options = []
        for used in sorted(set(actions_used(workflow))):
            name, _, ref = used.partition("@")
            repository = "/".join(name.split("/")[:2])
            if name not in ACTIONS:
                raise LookupError(f"{workflow.name} uses {used}, which has no stand-in")
            options += ["--local-repository", f"{repository}@{ref}={self._place(repository)}"]
        return options

    def uses(self) -> list[dict[str, Any]]:
        """Return the actions that ran, `{"action", "inputs"}`, in their order."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]

    def _place(self, name: str) -> Path:
        owner, repository, *rest = name.split("/")
        return Path(self.folder, "actions", f"{owner}-{repository}", *rest)

    def _write(self, name: str, inputs: dict[str, str], outputs: tuple[str, ...], settings: str) -> None:
        command = shlex.join([sys.executable, str(STEPS), name, settings])
        environment = {_variable(each): f"${{{{ inputs.{each} }}}}" for each in inputs}
        step = {"id": "work", "shell": "bash", "run": command, "env": environment}
        action = {
            "name": name,
            "description": "A stand-in.",
            "inputs": {each: {"description": each, "default": default} for each, default in inputs.items()},
            "outputs": {
                each: {"description": each, "value": f"${{{{ steps.work.outputs.{each} }}}}"} for each in outputs
            },
            "runs": {"using": "composite", "steps": [step]},
        }
        self._place(name).mkdir(parents=True, exist_ok=True)
        # JSON is YAML.
        (self._place(name) / "action.yml").write_text(json.dumps(action, indent=1), encoding="utf-8")


def _variable(name: str) -> str:
    return "IN_" + re.sub(r"\W", "_", name).upper()


def actions_used(workflow: Path) -> Iterator[str]:
    """Yield `owner/name@ref` of each action of a workflow, those of the repository's own composite actions included."""
    root = workflow.parents[2]
    waiting, seen = [workflow], set()
    while waiting:
        path = waiting.pop()
        for step in _steps(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))):
            used = str(step.get("uses", ""))
            if used.startswith("./"):
                called = root / used
                local = called if called.is_file() else next(called.glob("action.y*ml"), None)
                if local and local not in seen:
                    seen.add(local)
                    waiting.append(local)
            elif used:
                check_inputs(path, used, step.get("with") or {})
                yield used


def check_inputs(path: Path, used: str, given: dict[str, object]) -> None:
    """Refuse an input that the action does not have: GitHub would warn and go on."""
    name = used.partition("@")[0]
    unknown = sorted(set(given) - set(ACTIONS[name][0])) if name in ACTIONS else []
    if unknown:
        raise LookupError(f"{path.name}: {name} has no input {', '.join(unknown)} (or its stand-in does not know it)")


def _steps(content: dict[str, Any]) -> list[dict[str, Any]]:
    if "runs" in content:
        return list(content["runs"].get("steps", []))
    jobs = list(content["jobs"].values())
    # A job may be another workflow.
    return [
        *({"uses": job["uses"]} for job in jobs if "uses" in job),
        *(s for job in jobs for s in job.get("steps", [])),
    ]

"""The files in .github as data: workflows, composite actions, rulesets, and what the repository has to offer them."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
Record = Mapping[str, Any]
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True)
class WorkflowFile:
    """A workflow, or an action made of steps."""

    name: str
    text: str
    is_action: bool = False

    @classmethod
    def read(cls, path: Path) -> Self:
        is_action = path.stem == "action"
        name = f"{path.parent.name}/{path.name}" if is_action else path.name
        return cls(name, path.read_text(encoding="utf-8"), is_action=is_action)

    @cached_property
    def data(self) -> Record:
        # YAML 1.2: `on` is a word, not a truth value.
        loaded = YAML(typ="safe", pure=True).load(self.text)
        assert isinstance(loaded, Mapping), f"{self.name} is no mapping"
        return loaded

    @property
    def stem(self) -> str:
        return self.name.partition(".")[0]

    @property
    def triggers(self) -> dict[str, Record]:
        """Return the events that start it, each with its filters."""
        asked = self.data.get("on", {})
        if isinstance(asked, Mapping):
            return {name: filters if isinstance(filters, Mapping) else {} for name, filters in asked.items()}
        return {name: {} for name in ([asked] if isinstance(asked, str) else asked)}

    @property
    def jobs(self) -> dict[str, Record]:
        return {} if self.is_action else dict(self.data["jobs"])

    def steps(self) -> Iterator[tuple[str, Record]]:
        """Yield each step with the place that a finding names."""
        groups = {"runs": self.data["runs"]} if self.is_action else self.jobs
        for name, job in groups.items():
            for number, step in enumerate(job.get("steps", []), start=1):
                yield f"{self.name}: {name}, step {number}", step

    def expressions(self) -> list[str]:
        """Return what stands between `${{` and `}}`, and in `if:`, which needs no brackets."""
        conditions = [
            str(place["if"]) for place in [*self.jobs.values(), *(s for _, s in self.steps())] if "if" in place
        ]
        return [*EXPRESSION.findall(self.text), *conditions]


def workflow_files() -> list[WorkflowFile]:
    return [WorkflowFile.read(path) for path in sorted((GITHUB / "workflows").iterdir())]


def action_files() -> list[WorkflowFile]:
    return [WorkflowFile.read(path) for path in sorted((GITHUB / "actions").glob("*/action.y*ml"))]


def rulesets() -> dict[str, Record]:
    """Return each ruleset by the name of its file."""
    paths = sorted((GITHUB / "rulesets").iterdir())
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def rule_of(ruleset: Record, kind: str) -> Record:
    """Return the parameters of one rule; raise StopIteration where the ruleset lacks it."""
    return next(rule.get("parameters", {}) for rule in ruleset["rules"] if rule["type"] == kind)


def required_checks() -> set[str]:
    """Return the names of the checks without which nothing gets into main."""
    checks = rule_of(rulesets()["main"], "required_status_checks")["required_status_checks"]
    return {check["context"] for check in checks}


def tracked_files() -> list[str]:
    """Return what Git tracks, and what it would track at the next `git add`."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    return [path for path in listed.decode().split("\0") if path]


def filter_pattern(glob: str) -> re.Pattern[str]:
    """Translate a path filter of GitHub: `**` crosses folders, `*` does not."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("!"))
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts))

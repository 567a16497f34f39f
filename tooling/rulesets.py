"""The repository's settings as code: .github/rulesets/*.json and GitHub's own scanners, set with `gh`."""

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from invoke import Exit

from tooling.running import ROOT, Command, say

# `gh` fills in the repository of the folder that it runs in, or of GH_REPO.
REPOSITORY = "repos/{owner}/{repo}"
NOBODY = "@OWNER"
SCANNERS: dict[str, Command] = {
    "CodeQL, as GitHub sets it up": (
        *("gh", "api", "--silent", "--method", "PATCH", f"{REPOSITORY}/code-scanning/default-setup"),
        *("-f", "state=configured"),
    ),
    "secret scanning, and a push with a secret in it refused": (
        *("gh", "api", "--silent", "--method", "PATCH", REPOSITORY),
        *("-f", "security_and_analysis[secret_scanning][status]=enabled"),
        *("-f", "security_and_analysis[secret_scanning_push_protection][status]=enabled"),
    ),
}


@dataclass(frozen=True)
class Ruleset:
    """One file of .github/rulesets."""

    name: str
    path: str
    """Relative to the root."""

    @property
    def find(self) -> Command:
        """The command that prints its number at GitHub, or nothing."""
        query = f'.[] | select(.name == "{self.name}") | .id'
        return "gh", "api", f"{REPOSITORY}/rulesets?includes_parents=false&per_page=100", "--jq", query

    def write(self, number: str) -> Command:
        """The command that creates it, or with a number updates it."""
        method, place = ("PUT", f"rulesets/{number}") if number else ("POST", "rulesets")
        return "gh", "api", "--silent", "--method", method, f"{REPOSITORY}/{place}", "--input", self.path


def apply_rulesets(root: Path = ROOT, *, is_dry: bool) -> None:
    """Bring GitHub's settings to what the files say; with `is_dry` only print the commands, as a script."""
    rulesets = read_rulesets(root)
    unowned = NOBODY in owners(root)
    if is_dry:
        say(script(rulesets))
        if unowned:
            say(f"# Not before .github/CODEOWNERS names somebody in place of {NOBODY}.")
        return
    if unowned:
        raise Exit(f"expected your team in .github/CODEOWNERS, found {NOBODY}: nobody could approve anything", code=2)
    if shutil.which("gh") is None:
        raise Exit("`gh` is not installed, and nothing was changed\nhint: https://cli.github.com", code=3)
    for ruleset in rulesets:
        number = number_of(ruleset, root)
        say(f"ruleset {ruleset.name}: {'is brought up to date' if number else 'is new'}")
        if run(ruleset.write(number), root):
            raise Exit(f"GitHub did not take {ruleset.path}\nhint: it wants an administrator: gh auth status", code=1)
    refused = [name for name, command in SCANNERS.items() if run(command, root)]
    if refused:
        hint = "hint: the rulesets are set; a private repository needs GitHub Advanced Security for these"
        raise Exit(f"GitHub refused: {', '.join(refused)}\n{hint}", code=1)
    say(*SCANNERS, "all asked for: GitHub may take minutes")


def read_rulesets(root: Path) -> list[Ruleset]:
    """Return the rulesets of a checkout, by the name that GitHub knows them by."""
    found = []
    for path in sorted((root / ".github" / "rulesets").glob("*.json")):
        name = json.loads(path.read_text(encoding="utf-8"))["name"]
        if not re.fullmatch(r"[\w -]+", name):
            raise Exit(f"expected a name of letters, digits, spaces and dashes in {path.name}, got {name!r}", code=2)
        found.append(Ruleset(name, path.relative_to(root).as_posix()))
    return found


def owners(root: Path) -> str:
    """Return who is named in CODEOWNERS, without the comments."""
    lines = (root / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.partition("#")[0] for line in lines)


def script(rulesets: list[Ruleset]) -> str:
    """Return all commands as a shell script that may be run again."""
    lines = ["#!/usr/bin/env bash", "set -euo pipefail"]
    for ruleset in rulesets:
        update = shlex.join(ruleset.write("NUMBER")).replace("NUMBER", "'\"$number\"'")
        lines += ["", f"# The ruleset {ruleset.name}: updated where GitHub has one of this name, else created."]
        lines += [f"number=$({shlex.join(ruleset.find)})"]
        lines += [f'if [ -n "$number" ]; then\n  {update}\nelse\n  {shlex.join(ruleset.write(""))}\nfi']
    for name, command in SCANNERS.items():
        lines += ["", f"# {name}.", shlex.join(command)]
    return "\n".join(lines)


def number_of(ruleset: Ruleset, root: Path) -> str:
    """Return the number that GitHub gave to a ruleset of this name; empty where there is none."""
    command = ruleset.find
    run = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    said = run.stdout.strip()
    if run.returncode or not re.fullmatch(r"\d*", said):
        raise Exit(f"expected at most one ruleset named {ruleset.name}, `gh` answers: {said or 'nothing'}", code=1)
    return said


def run(command: Command, folder: Path) -> int:
    """Show a command and run it; return its exit code."""
    say(f"  {shlex.join(command)}")
    return subprocess.call(command, cwd=folder, stdin=subprocess.DEVNULL)  # noqa: S603

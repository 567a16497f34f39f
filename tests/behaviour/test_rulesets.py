"""Settings of the repository by `gh`, which is a stand-in here that notes how it is called."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

# Knows one ruleset of the name `registry`; fails where a word of the file `fail` is in the call.
STAND_IN = """#!/bin/sh
printf '%s\\037' "$@" >> '{folder}/calls'
echo >> '{folder}/calls'
read -r words < '{folder}/fail'
for word in $words; do case "$*" in *"$word"*) exit 4 ;; esac; done
case "$*" in *--jq*registry*) echo 42 ;; esac
"""
REPOSITORY = "repos/{owner}/{repo}"

needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a #! line")


@pytest.fixture
def place(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose owners are named, with a stand-in for `gh` in front of every other program."""
    shutil.copytree(root / ".github" / "rulesets", tmp_path / ".github" / "rulesets")
    (tmp_path / ".github" / "CODEOWNERS").write_text("# @OWNER stood here.\n* @rice/maintainers\n", encoding="utf-8")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "gh").write_text(STAND_IN.format(folder=tmp_path))
    (tmp_path / "programs" / "gh").chmod(0o755)
    (tmp_path / "fail").write_text("\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def calls_in(place: Path) -> list[list[str]]:
    path = place / "calls"
    return [line.split("\037")[:-1] for line in path.read_text().split("\n")[:-1]] if path.exists() else []


def writes(place: Path) -> list[list[str]]:
    return [call for call in calls_in(place) if "--method" in call]


@needs_scripts
def test_a_ruleset_is_made_or_brought_up_to_date_by_its_name(tooling: SimpleNamespace, place: Path) -> None:
    tooling.rulesets.apply_rulesets(place, is_dry=False)
    rulesets = [call[call.index("--method") + 1 :] for call in writes(place) if "--input" in call]
    assert rulesets == [
        ["POST", f"{REPOSITORY}/rulesets", "--input", ".github/rulesets/main.json"],
        ["PUT", f"{REPOSITORY}/rulesets/42", "--input", ".github/rulesets/registry.json"],
    ]


@needs_scripts
def test_githubs_own_scanners_are_asked_for(tooling: SimpleNamespace, place: Path) -> None:
    tooling.rulesets.apply_rulesets(place, is_dry=False)
    words = {word for call in writes(place)[-2:] for word in call}
    assert f"{REPOSITORY}/code-scanning/default-setup" in words
    assert {"state=configured", "security_and_analysis[secret_scanning][status]=enabled"} <= words
    assert all(call[:4] == ["api", "--silent", "--method", "PATCH"] for call in writes(place)[-2:])


@needs_scripts
def test_nothing_is_asked_of_github_while_nobody_owns_the_code(
    tooling: SimpleNamespace, place: Path, root: Path
) -> None:
    shutil.copy(root / ".github" / "CODEOWNERS", place / ".github")
    with pytest.raises(tooling.running.Exit, match="found @OWNER") as end:
        tooling.rulesets.apply_rulesets(place, is_dry=False)
    assert end.value.code == 2
    assert calls_in(place) == []


@needs_scripts
def test_a_dry_run_runs_nothing_and_prints_a_script_that_does_the_same(
    tooling: SimpleNamespace, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tooling.rulesets.apply_rulesets(place, is_dry=True)
    printed = capsys.readouterr().out
    assert calls_in(place) == []
    subprocess.run(["bash"], input=printed, cwd=place, text=True, check=True)
    by_script = calls_in(place)
    (place / "calls").unlink()
    tooling.rulesets.apply_rulesets(place, is_dry=False)
    assert calls_in(place) == by_script
    assert len(by_script) == 6


def test_a_dry_run_says_what_stands_in_the_way(
    tooling: SimpleNamespace, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tooling.rulesets.apply_rulesets(root, is_dry=True)
    assert shlex.join(tooling.rulesets.SCANNERS["CodeQL, as GitHub sets it up"]) in (said := capsys.readouterr().out)
    assert ("@OWNER" in said) == ("@OWNER" in tooling.rulesets.owners(root))


@needs_scripts
@pytest.mark.parametrize(
    ("fail", "said", "num_writes"),
    [
        ("rulesets/main.json", "GitHub did not take .github/rulesets/main.json", 1),
        ("--jq", "at most one ruleset named main", 0),
        ("code-scanning", "GitHub refused: CodeQL", 4),
    ],
)
def test_what_github_refuses_is_named(
    fail: str, said: str, num_writes: int, tooling: SimpleNamespace, place: Path
) -> None:
    (place / "fail").write_text(f"{fail}\n")
    with pytest.raises(tooling.running.Exit, match=said) as end:
        tooling.rulesets.apply_rulesets(place, is_dry=False)
    assert end.value.code == 1
    assert len(writes(place)) == num_writes


def test_without_gh_nothing_is_begun(
    tooling: SimpleNamespace, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(tooling.running.Exit, match="nothing was changed") as end:
        tooling.rulesets.apply_rulesets(place, is_dry=False)
    assert end.value.code == 3


@pytest.mark.parametrize("name", ['main" or true', "$(id)", ""])
def test_a_name_that_would_be_more_than_a_name_is_refused(name: str, tooling: SimpleNamespace, place: Path) -> None:
    (place / ".github" / "rulesets" / "main.json").write_text(json.dumps({"name": name}))
    with pytest.raises(tooling.running.Exit, match="expected a name of letters"):
        tooling.rulesets.apply_rulesets(place, is_dry=True)

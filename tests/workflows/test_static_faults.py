"""Every rule and every linter can go red: a fault is planted in a good workflow, and the right one finds it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workflow_files import GITHUB, WorkflowFile, filter_pattern
from workflow_linters import LINTERS, report_of
from workflow_running import RUNNING
from workflow_safety import SAFETY

Rule = Callable[[WorkflowFile], Iterator[str]]
RULES: dict[str, Rule] = {rule.__name__: rule for rule in [*SAFETY, *RUNNING]}
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
GOOD = f"""\
name: ci
on:
  pull_request:
  merge_group:
permissions: {{}}
concurrency:
  group: ci-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  tests:
    name: Tests
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 10
    permissions:
      contents: read # to check out
    strategy:
      matrix:
        os: [ubuntu-24.04, macos-15]
    steps:
      - name: Check out
        uses: {CHECKOUT}
        with:
          persist-credentials: false
      - name: Set up winnow
        uses: ./.github/actions/setup
      - name: Tests
        run: python tasks.py test
        env:
          TITLE: ${{{{ github.event.pull_request.title }}}}
      - name: Data
        run: python tasks.py run winnow check --json
  ci:
    name: ci
    needs: [tests]
    if: always()
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {{}}
    steps:
      - name: All of it passed
        run: python3 .github/scripts/gate.py
        env:
          NEEDS: ${{{{ toJSON(needs) }}}}
"""
PULL = "  pull_request:\n"
TEST = "python tasks.py test"
# The rule, what is written instead of what, and a part of what it says.
FAULTS = [
    ("nothing_is_allowed_until_a_job_asks", "permissions: {}\nconc", "conc", "at the top"),
    ("nothing_is_allowed_until_a_job_asks", "permissions: {}\nconc", "permissions: read-all\nconc", "at the top"),
    ("nothing_is_allowed_until_a_job_asks", "    permissions: {}\n    steps", "    steps", "ci does not list"),
    (
        "nothing_is_allowed_until_a_job_asks",
        "permissions: {}\n    steps",
        "permissions: write-all\n    steps",
        "ci does",
    ),
    ("nothing_is_allowed_until_a_job_asks", "contents: read", "contents: write", "tests asks to write ['contents']"),
    ("every_action_is_pinned_and_known", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "got `uses:"),
    ("every_action_is_pinned_and_known", " # v7.0.1", "", "expected `uses:"),
    ("every_action_is_pinned_and_known", "# v7.0.1", "# v7.0.0", "is not in PINS"),
    ("every_action_is_pinned_and_known", "@3d3c", "@0000", "is not in PINS"),
    ("every_action_is_pinned_and_known", "actions/checkout", "evil/checkout", "evil/checkout at v7.0.1"),
    ("every_action_is_pinned_and_known", CHECKOUT, "docker://alpine:3", "docker://alpine:3"),
    ("every_action_is_pinned_and_known", "actions/setup", "actions/upset", "there is no action"),
    ("a_checkout_keeps_no_credential", "persist-credentials: false", "fetch-depth: 0", "leaves its token"),
    ("a_checkout_keeps_no_credential", "persist-credentials: false", "persist-credentials: true", "leaves its token"),
    ("no_foreign_text_becomes_a_program", TEST, "echo ${{ github.event.pull_request.title }}", "title }}` in `run:`"),
    ("no_foreign_text_becomes_a_program", TEST, "echo ${{ inputs.name }}", "inputs.name"),
    ("no_foreign_text_becomes_a_program", TEST, "echo ${{ github.head_ref }}", "github.head_ref"),
    ("foreign_code_never_meets_rights", PULL, "  pull_request_target:\n", "`pull_request_target`"),
    ("foreign_code_never_meets_rights", PULL, f"{PULL}  issue_comment:\n", "`issue_comment`"),
    ("foreign_code_never_meets_rights", "toJSON(needs)", "secrets.TOKEN", "the secret TOKEN beside"),
    ("foreign_code_never_meets_rights", "toJSON(needs)", "secrets['TOKEN']", "the secret TOKEN beside"),
    ("foreign_code_never_meets_rights", "toJSON(needs)", "toJSON(secrets)", "the secret * beside"),
    ("foreign_code_never_meets_rights", "false\n", "false\n          ref: x\n", "else than the default branch"),
    ("every_setting_is_documented", "toJSON(needs)", "vars.WINNOW_RUNER", "WINNOW_RUNER is not in VARIABLES"),
    ("every_setting_is_documented", "toJSON(needs)", "secrets.TOKEN", "TOKEN is not in SECRETS"),
    ("every_setting_is_documented", "if: always()", "if: vars.HURRY != ''", "HURRY is not in VARIABLES"),
    ("every_setting_is_documented", "    needs:", "    environment: moon\n    needs:", "environment moon of ci"),
    (
        "every_setting_is_documented",
        "    needs:",
        "    environment: ${{ vars.WINNOW_RUNNER && 'mars' || '' }}\n    needs:",
        "environment mars of ci",
    ),
    ("every_setting_is_documented", "    needs:", "    secrets: inherit\n    needs:", "hands all secrets on"),
    ("a_name_tells_the_file", "name: ci\non", "name: CI\non", "calls itself CI"),
    ("a_name_tells_the_file", "- name: Data\n        run", "- run", "tests, step 4: has no name"),
    ("a_step_is_one_command_that_exists", TEST, "python tasks.py tset", "no task `tset`"),
    ("a_step_is_one_command_that_exists", TEST, "python tasks.py check --quick", "no option --quick"),
    (
        "a_step_is_one_command_that_exists",
        TEST,
        "python tasks.py cloud.bootstrap --dry",
        "`cloud.bootstrap` has no option",
    ),
    ("a_step_is_one_command_that_exists", TEST, "python tasks.py install --role x", "no option --role"),
    ("a_step_is_one_command_that_exists", "winnow check", "winnow chek", "no command `winnow chek`"),
    ("a_step_is_one_command_that_exists", "winnow check", "winnow doctor moon", "no command `winnow doctor moon`"),
    ("a_step_is_one_command_that_exists", "check --json", "check --jsno", "`winnow check` has no option --jsno"),
    ("a_step_is_one_command_that_exists", "winnow check", "no-such-program", "in the environment"),
    ("a_step_is_one_command_that_exists", TEST, "curl https://example.org", "no program `curl` on a runner"),
    ("a_step_is_one_command_that_exists", TEST, f"{TEST} && {TEST}", "a program in YAML"),
    ("a_step_is_one_command_that_exists", TEST, f"|\n          {TEST}\n          {TEST}", "a program in YAML"),
    ("a_step_is_one_command_that_exists", "scripts/gate.py", "scripts/gait.py", "expected `python3 "),
    ("a_step_is_one_command_that_exists", ".github/scripts/gate.py", "tasks.py test", "expected `python3 "),
    ("every_job_ends_in_time", "    timeout-minutes: 10\n", "", "tests has no timeout"),
    ("every_job_ends_in_time", "timeout-minutes: 10", "timeout-minutes: 360", "between 1 and 60"),
    ("what_is_superseded_stops", "  cancel-in-progress: true\n", "", "leaves the first run going"),
    ("what_is_superseded_stops", "ci-${{ github.ref }}", "ci-all", "no concurrency group"),
    ("what_is_superseded_stops", "ci-${{ github.ref }}", "${{ github.ref }}", "stop another workflow"),
    ("every_runner_is_a_named_image", "runs-on: ubuntu-24.04", "runs-on: ubuntu-latest", "ci runs on `ubuntu-latest`"),
    ("every_runner_is_a_named_image", ", macos-15]", ", macos-latest]", "tests runs on `macos-latest`"),
    ("every_runner_is_a_named_image", "        os: [", "        so: [", "tests runs on `no image`"),
    (
        "every_runner_is_a_named_image",
        "runs-on: ubuntu-24.04",
        "runs-on: ${{ fromJSON(vars.WINNOW_RUNNER) }}",
        "`no default`",
    ),
    ("path_filters_match_something", PULL, f"{PULL}    paths: [scr/**]\n", "`scr/**` in pull_request.paths"),
    ("a_required_check_always_starts", PULL, f"{PULL}    paths: [src/**]\n", "a filter may keep it"),
    ("a_required_check_always_starts", PULL, f"{PULL}    types: [labeled]\n", "a filter may keep it"),
    ("a_required_check_always_starts", "  merge_group:\n", "", "merge_group does not start it"),
    ("the_gate_waits_for_all", "needs: [tests]", "needs: []", "does not wait for ['tests']"),
    ("the_gate_waits_for_all", "if: always()", "if: success()", "is skipped"),
    (
        "the_gate_waits_for_all",
        f"        run: {TEST}",
        f"        continue-on-error: true\n        run: {TEST}",
        "goes on",
    ),
    ("our_own_action_comes_after_a_checkout", "actions/checkout@", "actions/cache@", "before a checkout"),
    ("every_name_in_needs_and_workflow_run_exists", "needs: [tests]", "needs: [tests, lint]", "ci needs lint"),
    ("every_name_in_needs_and_workflow_run_exists", "[tests]\n", "lint\n", "ci needs lint"),
    (
        "every_name_in_needs_and_workflow_run_exists",
        PULL,
        "  workflow_run:\n    workflows: [pipelien]\n",
        "waits for the workflow pipelien",
    ),
]


def broken_rules(file: WorkflowFile) -> dict[str, str]:
    found = {name: "\n".join(rule(file)) for name, rule in RULES.items()}
    return {name: said for name, said in found.items() if said}


def test_the_good_workflow_is_good() -> None:
    assert broken_rules(WorkflowFile("ci.yaml", GOOD)) == {}


@pytest.mark.parametrize(("rule", "old", "new", "said"), FAULTS, ids=lambda value: repr(value)[:40])
def test_a_planted_fault_is_found_by_its_rule(rule: str, old: str, new: str, said: str) -> None:
    assert GOOD.count(old) >= 1, "the fault is planted nowhere"
    text = GOOD.replace(old, new)
    if "default branch" in said:
        text = text.replace(PULL, "  workflow_run:\n    workflows: [ci]\n")
    assert said in broken_rules(WorkflowFile("ci.yaml", text))[rule]


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, *_ in FAULTS} == set(RULES)


def test_a_workflow_that_ends_in_yml_is_found() -> None:
    assert "ends in .yaml" in broken_rules(WorkflowFile("ci.yml", GOOD))["a_name_tells_the_file"]


def test_the_steps_of_an_action_are_read_too() -> None:
    action = (GITHUB / "actions" / "setup" / "action.yml").read_text(encoding="utf-8")
    text = action.replace('"$TORCH"', "${{ inputs.torch }}")
    assert text != action
    found = broken_rules(WorkflowFile("setup/action.yml", text, is_action=True))
    assert list(found) == ["no_foreign_text_becomes_a_program"]


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("src/**", "src/winnow/data/parts.py", "tests/src/x"),
        ("**/*.dvc", "data/images.dvc", "data/images.dvc/x"),
        ("**/*.dvc", "images.dvc", "images.dvcx"),
        ("*.md", "README.md", "docs/README.md"),
        ("params.y?ml", "params.yaml", "params.yml"),
    ],
)
def test_a_path_filter_reads_as_github_reads_it(glob: str, inside: str, outside: str) -> None:
    assert filter_pattern(glob).fullmatch(inside)
    assert not filter_pattern(glob).fullmatch(outside)


# The linter, the file, what is written instead of what, and a part of what it says.
LINTED = [
    ("zizmor", "workflows/ci.yaml", "persist-credentials: false", "fetch-depth: 1", "artipacked"),
    ("zizmor", "workflows/ci.yaml", " # to ask how long the jobs took", "", "undocumented-permissions"),
    ("zizmor", "workflows/ci.yaml", TEST, "echo ${{ github.head_ref }}", "template-injection"),
    ("zizmor", "dependabot.yaml", "default-days: 7", "default-days: 1", "dependabot-cooldown"),
    ("zizmor", "actions/setup/action.yml", " # zizmor: ignore[github-env]", "", "github-env"),
    ("actionlint", "workflows/ci.yaml", "macos-15", "macos-1", "macos-1"),
    ("actionlint", "workflows/ci.yaml", "needs.plan.outputs.full", "needs.plan.outputs.ful", "ful"),
    ("actionlint", "workflows/ci.yaml", TEST, "echo $HOME", "SC2086"),
    ("github-workflows", "workflows/verify.yaml", "runs-on", "run-on", "run-on"),
    ("github-actions", "actions/setup/action.yml", "using: composite", "using: composit", "composit"),
    ("dependabot", "dependabot.yaml", "interval: weekly", "interval: never", "never"),
    ("github-issue-forms", "ISSUE_TEMPLATE/bug.yml", "type: textarea", "type: area", "area"),
    ("github-issue-config", "ISSUE_TEMPLATE/config.yml", ": true", ": perhaps", "perhaps"),
]


@pytest.mark.parametrize(("linter", "name", "old", "new", "said"), LINTED)
@pytest.mark.slow
def test_a_planted_fault_is_found_by_the_linter(
    linter: str, name: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    folder = tmp_path / ".github"
    shutil.copytree(GITHUB, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    code, output = report_of(linter, folder)
    assert code != 0
    assert said in output


def test_every_linter_has_a_planted_fault() -> None:
    assert {linter for linter, *_ in LINTED} == set(LINTERS)


def test_a_planted_private_key_is_found_by_the_step_that_looks_for_it(tmp_path: Path) -> None:
    security = WorkflowFile.read(GITHUB / "workflows" / "security.yaml")
    commands = [step.get("run", "") for _, step in security.steps()]
    assert "python tasks.py run pre-commit run detect-private-key --all-files" in commands
    program = shutil.which("detect-private-key", path=str(Path(sys.executable).parent))
    assert program is not None
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing\n", encoding="utf-8")
    assert subprocess.run([program, str(notes)], check=False).returncode == 0
    notes.write_text("-----BEGIN " + "RSA PRIVATE KEY-----\n", encoding="utf-8")
    assert subprocess.run([program, str(notes)], check=False).returncode == 1

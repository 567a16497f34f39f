import io
import json
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import github_events as events
import psutil
import pytest
from act import Machine, needs_act
from github_api import GitHubServer
from places import git, propose, propose_from_fork, publish

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"
CML = "iterative/setup-cml@1b5ab8766e715e8f1aab96bbb1f4f2e3e1e8af45"
WORK = f"""
name: work
on: pull_request
permissions: {{contents: read}}
jobs:
  one:
    runs-on: ubuntu-24.04
    outputs: {{word: "${{{{ steps.say.outputs.word }}}}"}}
    steps:
      - uses: {CHECKOUT}
        with: {{persist-credentials: false, fetch-depth: 0}}
      - uses: ./.github/actions/setup
      - id: say
        run: |
          echo "word=$(cat word.txt)" >> "$GITHUB_OUTPUT"
          echo "# A *summary*" >> "$GITHUB_STEP_SUMMARY"
          echo "secret <${{{{ secrets.DEPLOY }}}}> head $(git log -1 --format=%s)"
          mkdir -p out/deep && cp word.txt out/deep/ && touch out/.hidden
      - id: broken
        continue-on-error: true
        run: exit 3
      - id: skipped
        if: ${{{{ false }}}}
        run: exit 3
      - uses: {UPLOAD}
        with: {{name: result, path: out, if-no-files-found: error}}
  two:
    needs: one
    runs-on: ${{{{ matrix.os }}}}
    strategy: {{matrix: {{os: [ubuntu-24.04, windows-2025]}}}}
    steps:
      - name: listen
        run: echo "heard ${{{{ needs.one.outputs.word }}}}"; test -z "$(ls -A)"
"""
REPORT = f"""
name: report
on: {{workflow_run: {{workflows: [work], types: [completed]}}}}
permissions: {{}}
jobs:
  post:
    runs-on: ubuntu-24.04
    permissions: {{actions: read, issues: write}}
    steps:
      - uses: {DOWNLOAD}
        with:
          name: result
          run-id: ${{{{ github.event.workflow_run.id }}}}
          github-token: ${{{{ github.token }}}}
      - uses: {CML}
        with: {{version: v0.20.6, vega: false}}
      - id: post
        run: cml comment update --target=pr/1 --publish=false --watermark-title=winnow --repo="$URL" deep/word.txt
        env:
          GITHUB_TOKEN: ${{{{ github.token }}}}
          URL: ${{{{ github.server_url }}}}/${{{{ github.repository }}}}
"""
SETUP = "name: setup\nruns:\n  using: composite\n  steps: [{shell: bash, run: echo ready}]\n"
FILES = {
    ".github/workflows/work.yaml": WORK,
    ".github/workflows/report.yaml": REPORT,
    ".github/actions/setup/action.yml": SETUP,
    "word.txt": "main\n",
}


@needs_act
@pytest.mark.slow
def test_a_pull_request_runs_hands_over_an_artifact_and_is_commented_on(server: GitHubServer, tmp_path: Path) -> None:
    repository = publish(server, tmp_path, "rice/leaves", FILES)
    pull = propose(server, tmp_path, repository, "topic", {"word.txt": "hello\n"})
    machine = Machine(tmp_path / "machine", server, secrets={"DEPLOY": "hush"})
    work = machine.run(repository, "work.yaml", "pull_request", events.pull_request(server, repository, pull))
    assert work.is_success, work.log
    one, two = work.job("one"), work.job("two")
    assert one.step("say").outputs == {"word": "hello"}
    assert one.summary == work.summary == "# A *summary*\n"
    assert one.step("broken").result == "failure"
    assert "skipped" not in [step.id for step in one.steps]
    assert "ready" in one.step("./.github/actions/setup").log
    assert f"secret <***> head Merge {pull.head_sha}" in one.step("say").log
    assert "heard hello" in two.step("listen").log, "and its workspace was empty, for it checked nothing out"
    assert {job.result for job in work.jobs} == {"success"}
    assert work.run.head_sha == pull.head_sha
    assert work.run.pulls == [1]
    assert {check.name: check.conclusion for check in repository.checks_of(pull.head_sha)} == {
        "one": "success",
        "two": "success",
    }
    [artifact] = repository.artifacts.values()
    assert zipfile.ZipFile(io.BytesIO(artifact.content)).namelist() == ["deep/word.txt"]
    assert zipfile.ZipFile(io.BytesIO(artifact.content)).read("deep/word.txt") == b"hello\n"
    assert work.uses[0]["inputs"]["persist_credentials"] == "false"
    assert server.tokens_used() == set(), "the run of a pull request asked GitHub for nothing"

    report = machine.run(repository, "report.yaml", "workflow_run", events.workflow_run(server, repository, work.run))
    assert report.is_success, report.log
    [comment] = repository.comments_on(1)
    assert comment.body.startswith("hello\n\n\n![](https://cml.dev/watermark.png#")
    assert comment.author.login == "github-actions[bot]"
    assert server.tokens_used() == {"report's token"}
    assert f"#issuecomment-{comment.id}" in report.job("post").step("post").log
    assert work.token.secret not in json.dumps(work.uses) + work.log
    assert report.token.secret not in json.dumps(report.uses) + report.log
    assert server.github.tokens == {}, "a workflow's token ends with its run"


@needs_act
@pytest.mark.slow
def test_two_workflows_run_at_once(server: GitHubServer, tmp_path: Path) -> None:
    repository = publish(server, tmp_path, "rice/leaves", FILES)
    pulls = [propose(server, tmp_path, repository, name, {"word.txt": f"{name}\n"}) for name in ("left", "right")]
    machine = Machine(tmp_path / "machine", server)
    with ThreadPoolExecutor(2) as threads:
        payloads = [events.pull_request(server, repository, pull) for pull in pulls]
        runs = list(threads.map(lambda each: machine.run(repository, "work.yaml", "pull_request", each), payloads))
    assert [run.job("one").step("say").outputs["word"] for run in runs] == ["left", "right"]
    assert [run.run.pulls for run in runs] == [[1], [2]]


@needs_act
@pytest.mark.slow
def test_a_fork_gets_no_secret_and_a_token_that_only_reads(server: GitHubServer, tmp_path: Path) -> None:
    write = WORK.replace("contents: read", "contents: write")
    repository = publish(server, tmp_path, "rice/leaves", {**FILES, ".github/workflows/work.yaml": write})
    pull = propose_from_fork(server, tmp_path, repository, "eve", {"word.txt": "from a fork\n"})
    machine = Machine(tmp_path / "machine", server, secrets={"DEPLOY": "hush"})
    work = machine.run(repository, "work.yaml", "pull_request", events.pull_request(server, repository, pull))
    assert work.is_success, work.log
    assert "secret <> head" in work.job("one").step("say").log
    assert work.job("one").step("say").outputs == {"word": "from a fork"}
    assert work.run.head.full_name == "eve/leaves"
    assert work.run.pulls == [], "as GitHub has it"
    assert work.token.permissions == {"contents": "read"}


@needs_act
@pytest.mark.slow
def test_a_step_that_fails_an_action_that_is_broken_and_a_step_that_hangs_make_the_run_red(
    server: GitHubServer, tmp_path: Path
) -> None:
    steps = "\n      - run: echo before; exit 4\n      - if: always()\n        run: echo after\n"
    head = "name: x\non: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:"
    files = {".github/workflows/fail.yaml": head + steps}
    files[".github/workflows/broken.yaml"] = f"{head}\n      - uses: {CML}\n        with: {{vega: false}}\n"
    # Not what another run of these tests on this machine waits for.
    seconds = f"61.{os.getpid()}"
    files[".github/workflows/hang.yaml"] = f"{head}\n      - run: echo begun; sleep {seconds}\n"
    repository = publish(server, tmp_path, "rice/leaves", files)
    machine = Machine(tmp_path / "machine", server, broken={"iterative/setup-cml"}, timeout_s=5)
    payload = events.push(server, repository)
    failed = machine.run(repository, "fail.yaml", "push", payload)
    assert not failed.is_success
    assert failed.run.conclusion == "failure"
    first, last = failed.job("one").steps
    assert (first.result, last.result) == ("failure", "success")
    assert ("before" in first.log, "after" in last.log) == (True, True)
    broken = machine.run(repository, "broken.yaml", "push", payload)
    assert "iterative/setup-cml cannot be had today" in broken.job("one").log
    assert broken.job("one").result == "failure"
    machine.timeout_s = 1
    hung = machine.run(repository, "hang.yaml", "push", payload)
    assert not hung.is_success
    assert "act was ended after 1 s" in hung.log
    assert "begun" in hung.log
    # A killed process ends at once, but on a busy machine not before the test looks.
    give_up = time.monotonic() + 20
    while is_running("sleep", seconds) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not is_running("sleep", seconds)


def is_running(*command: str) -> bool:
    return any(process.info["cmdline"] == list(command) for process in psutil.process_iter(["cmdline"]))


@needs_act
@pytest.mark.slow
def test_a_workflow_may_push_to_a_branch(server: GitHubServer, tmp_path: Path) -> None:
    accept = f"""
name: accept
on: workflow_dispatch
permissions: {{contents: write}}
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - uses: {CHECKOUT}
        with: {{ref: topic}}
      - run: echo accepted > word.txt; git commit -qam Accept; git push -q origin topic
"""
    repository = publish(server, tmp_path, "rice/leaves", {**FILES, ".github/workflows/accept.yaml": accept})
    pull = propose(server, tmp_path, repository, "topic", {"word.txt": "hello\n"})
    before = pull.head_sha
    machine = Machine(tmp_path / "machine", server)
    done = machine.run(repository, "accept.yaml", "workflow_dispatch", events.dispatch(server, repository))
    assert done.is_success, done.log
    assert git(repository.git, "rev-parse", f"{pull.head_sha}^") == before
    assert git(repository.git, "show", "topic:word.txt") == "accepted"


@needs_act
@pytest.mark.slow
def test_git_asks_for_permissions_too(server: GitHubServer, tmp_path: Path) -> None:
    head = "name: x\non: push\npermissions: {PERMISSIONS}\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n"
    steps = f"      - uses: {CHECKOUT}\n      - id: push\n        run: git push -q origin HEAD:refs/heads/planted\n"
    both = head + steps
    files = {".github/workflows/none.yaml": both.replace("PERMISSIONS", "issues: write")}
    files[".github/workflows/read.yaml"] = both.replace("PERMISSIONS", "contents: read")
    repository = publish(server, tmp_path, "rice/leaves", files)
    machine = Machine(tmp_path / "machine", server)
    none = machine.run(repository, "none.yaml", "push", events.push(server, repository))
    assert [step.result for step in none.job("one").steps] == ["failure"], "a private repository is not to be read"
    read = machine.run(repository, "read.yaml", "push", events.push(server, repository))
    assert [step.result for step in read.job("one").steps] == ["success", "failure"]
    assert repository.find("refs/heads/planted") == ""

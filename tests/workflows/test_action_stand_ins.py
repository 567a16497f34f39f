"""The actions that stand in for real ones, and what is read from a workflow and from act's log."""

import json
from pathlib import Path

import pytest
from act import Machine, needs_act, permissions_of
from act_log import read_log
from action_stand_ins import Stage
from github_api import GitHubServer
from github_events import push
from places import publish

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"
PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97"
UV = "astral-sh/setup-uv@20cfd1bf945f4377ade1205e4dbc17946fc9a30d"
SHA_OF_CACHE = "27d5ce7f107fe9357f9df03efb73ab90386fccae"
GOOGLE = "google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093"
HEAD = "name: x\non: push\npermissions: {contents: read}\njobs:\n"
JOB = "  JOB:\n    runs-on: ubuntu-24.04\n    steps:\n"
TOOLS = f"""
      - {{id: python, uses: {PYTHON}, with: {{python-version: "3.13"}}}}
      - {{id: uv, uses: {UV}, with: {{enable-cache: false}}}}
      - {{id: google, uses: {GOOGLE}, with: {{workload_identity_provider: pool, service_account: reader@rice}}}}
      - {{id: credentials, run: cat "$GOOGLE_APPLICATION_CREDENTIALS"}}
      - {{id: cold, uses: actions/cache/restore@{SHA_OF_CACHE}, with: {{path: kept, key: k/1}}}}
      - run: test -z "${{{{ steps.cold.outputs.cache-hit }}}}" && mkdir kept && echo warm > kept/it
      - {{uses: actions/cache/save@{SHA_OF_CACHE}, with: {{path: kept, key: k/1}}}}
      - run: rm -r kept
      - {{id: warm, uses: actions/cache/restore@{SHA_OF_CACHE}, with: {{path: kept, key: k/1}}}}
      - {{id: kept, run: cat kept/it}}
      - {{id: keyless, uses: {GOOGLE}}}
"""
HAND_OVER = f"""
      - run: mkdir -p one two && echo 1 > one/a.txt && echo 2 > two/b.txt && echo 3 > two/b.log
      - {{uses: {UPLOAD}, with: {{name: part-one, path: one/a.txt}}}}
      - {{uses: {UPLOAD}, with: {{name: part-two, path: "two/*\\n!two/*.log"}}}}
      - {{id: again, continue-on-error: true, uses: {UPLOAD}, with: {{name: part-one, path: two}}}}
      - {{id: none, continue-on-error: true, uses: {UPLOAD}, with: {{path: nothing, if-no-files-found: error}}}}
      - {{uses: {DOWNLOAD}, with: {{pattern: "part-*", path: merged, merge-multiple: true}}}}
      - {{uses: {DOWNLOAD}, with: {{path: apart}}}}
      - {{id: tree, run: find merged apart -type f | sort}}
      - {{id: missing, uses: {DOWNLOAD}, with: {{name: part-three}}}}
"""


@needs_act
@pytest.mark.slow
def test_what_the_stand_ins_do(server: GitHubServer, tmp_path: Path) -> None:
    jobs = JOB.replace("JOB", "tools") + TOOLS + JOB.replace("JOB", "files") + HAND_OVER
    repository = publish(server, tmp_path, "rice/leaves", {".github/workflows/x.yaml": HEAD + jobs})
    run = Machine(tmp_path / "machine", server).run(repository, "x.yaml", "push", push(server, repository))
    tools, files = run.job("tools"), run.job("files")
    assert tools.step("python").outputs["python-version"].startswith("3.")
    assert tools.step("uv").outputs["uv-version"].startswith("uv ")
    assert "serviceAccounts/reader@rice:generateAccessToken" in tools.step("credentials").log
    assert (tools.step("warm").outputs["cache-hit"], tools.step("kept").log) == ("true", "warm\n")
    assert "must specify" in tools.step("keyless").log
    assert "already exists" in files.step("again").log
    assert "No files were found" in files.step("none").log
    tree = ["apart/part-one/a.txt", "apart/part-two/b.txt", "merged/a.txt", "merged/b.txt"]
    assert files.step("tree").log.split() == tree
    assert "Artifact not found for name: part-three" in files.step("missing").log
    assert [job.result for job in (tools, files)] == ["failure", "failure"], "the last step of each is to fail"
    assert sorted(artifact.name for artifact in repository.artifacts.values()) == ["part-one", "part-two"]


def test_an_action_without_a_stand_in_and_an_input_that_no_action_has_are_named(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    workflow = tmp_path / ".github" / "workflows" / "x.yaml"
    workflow.parent.mkdir(parents=True)
    for step, words in [
        ("{uses: rice/cook@v1}", "rice/cook@v1, which has no stand-in"),
        (f"{{uses: {CHECKOUT}, with: {{persist-credential: false}}}}", "no input persist-credential"),
    ]:
        workflow.write_text(f"jobs: {{one: {{steps: [{step}]}}}}", encoding="utf-8")
        with pytest.raises(LookupError, match=words):
            stage.mapping(workflow)


def test_a_token_may_what_any_job_may_and_no_more() -> None:
    content = {
        "permissions": {"contents": "read"},
        "jobs": {"one": {}, "two": {"permissions": {"pull-requests": "write"}}},
    }
    assert permissions_of(content) == {"contents": "read", "pull_requests": "write"}
    assert permissions_of({"permissions": {}, "jobs": {"one": {}}}) == {}
    assert permissions_of({"jobs": {"one": {}}}) == {"contents": "read"}


def test_jobs_of_a_matrix_are_kept_apart() -> None:
    entry = {"jobID": "test", "job": "ci/test-1", "matrix": {"python": "3.11"}, "jobResult": "success"}
    other = {**entry, "job": "ci/test-2", "matrix": {"python": "3.14"}, "jobResult": "failure"}
    log = "\n".join(["act says", "[]", json.dumps(entry), json.dumps(other)])
    assert [(job.matrix["python"], job.result) for job in read_log(log)] == [("3.11", "success"), ("3.14", "failure")]

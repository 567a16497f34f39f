"""Each rule of workflow_trust.py finds a fault that is planted into a workflow of ours."""

import fnmatch
from collections.abc import Callable, Iterator

import pytest
from workflow_files import GITHUB, WorkflowFile, filter_pattern, workflow_files
from workflow_trust import TRUST

Rule = Callable[[WorkflowFile], Iterator[str]]
RULES: dict[str, Rule] = {rule.__name__: rule for rule in TRUST}
OWN = "github.event.pull_request.head.repo.id == github.event.repository.id"
NAMES = "github.event.pull_request.head.repo.full_name == github.repository"
HEAD = "contents: read # to check out\n"
# The rule, the workflow, what is written instead of what, and a part of what it says.
FAULTS = [
    ("a_pull_requests_own_run_cannot_write", "pipeline", HEAD, "contents: write\n", "own runs a pull request's code"),
    (
        "a_pull_requests_own_run_cannot_write",
        "label",
        "    permissions: {}",
        "    permissions: {issues: write}",
        "asked",
    ),
    ("a_pull_requests_own_run_cannot_write", "pipeline", "PULL_ACCOUNT", "PUSH_ACCOUNT", "the identity that writes"),
    ("a_pull_requests_own_run_cannot_write", "pipeline", "&& 'gpu'", "&& 'winnow-push'", "bucket may be written"),
    (
        "a_pull_requests_own_run_cannot_write",
        "images",
        "github.event_name != 'pull_request' &&\n      (",
        "(",
        "push runs a pull request's code and may write ['packages']",
    ),
    (
        "a_pull_requests_own_run_cannot_write",
        "images",
        "'pull_request' &&\n",
        "'pull_request' ||\n",
        "push runs a pull request's code",
    ),
    ("a_pull_requests_own_run_cannot_write", "images", "!= 'pull_request'", "!= 'push'", "push runs a pull request's"),
    ("a_runner_of_ours_takes_no_fork", "pipeline", f" || {OWN}", "", "own may run a fork's code"),
    ("a_runner_of_ours_takes_no_fork", "pipeline", "vars.WINNOW_RUNNER && 'gpu' || ''", "''", "own asks nobody"),
    ("a_login_beside_a_pull_request_is_not_for_forks", "data", f" && {OWN}", "", "look logs in for a fork too"),
    ("repositories_are_told_apart_by_number", "data", OWN, NAMES, "is a name"),
    (
        "repositories_are_told_apart_by_number",
        "pipeline",
        OWN,
        "!github.event.pull_request.head.repo.fork",
        "is a name",
    ),
    ("repositories_are_told_apart_by_number", "label", "if: github", "if: github.actor != 'x' && github", "is a name"),
    (
        "what_is_handed_over_stays_out_of_the_checkout",
        "store",
        "${{ runner.temp }}/handover/objects",
        "handover/objects",
        "into the checkout",
    ),
    ("a_trusted_run_ends_what_it_began", "report", "cancel-in-progress: false", "cancel-in-progress: true", "half-way"),
    ("a_trusted_run_ends_what_it_began", "store", ".head_repository.id }}-", ".id }}-", "head_repository.id"),
    ("a_trusted_run_ends_what_it_began", "accept", "github.event.workflow_run.head_branch", "'x'", "head_branch"),
    ("a_red_run_hands_over_too", "pipeline", "        if: ${{ !cancelled() }}\n", "", "nothing over after a failure"),
    ("a_red_run_hands_over_too", "data", "if: ${{ !cancelled() }}", "if: success()", "nothing over after a failure"),
    (
        "nothing_goes_on_after_an_error_that_matters",
        "store",
        "      - name: Log in as the writer\n",
        "      - name: Log in as the writer\n        continue-on-error: true\n",
        "goes on after an error",
    ),
]


@pytest.mark.parametrize(("rule", "name", "old", "new", "said"), FAULTS, ids=lambda value: repr(value)[:40])
def test_a_planted_fault_is_found_by_its_rule(rule: str, name: str, old: str, new: str, said: str) -> None:
    file = WorkflowFile.read(GITHUB / "workflows" / f"{name}.yaml")
    assert list(RULES[rule](file)) == []
    assert file.text.count(old) >= 1, "the fault is planted nowhere"
    found = "\n".join(RULES[rule](WorkflowFile(file.name, file.text.replace(old, new))))
    assert said in found


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, *_ in FAULTS} == set(RULES)


def test_the_identity_that_writes_is_for_one_job_alone() -> None:
    users = [
        (file.stem, name)
        for file in workflow_files()
        for name, job in file.jobs.items()
        if "WINNOW_GCP_PUSH_ACCOUNT" in str(job)
    ]
    assert users == [("store", "push")]
    store = next(file for file in workflow_files() if file.stem == "store")
    assert store.jobs["push"]["environment"] == "winnow-push"


def test_what_is_taken_over_was_handed_over() -> None:
    def names(action: str, key: str) -> set[str]:
        steps = [step for file in workflow_files() for _, step in file.steps()]
        return {step["with"][key] for step in steps if action in step.get("uses", "") and key in step["with"]}

    handed_over = names("upload-artifact", "name")
    assert {"winnow-data", "winnow-verdict", "winnow-records", "winnow-objects"} <= handed_over
    assert names("download-artifact", "name") <= handed_over
    for pattern in names("download-artifact", "pattern"):
        assert fnmatch.filter(handed_over, pattern), f"nothing that is handed over is called {pattern}"


def test_no_link_of_a_release_can_be_skipped() -> None:
    jobs = next(file for file in workflow_files() if file.stem == "registry").jobs
    # What each job waits for, and must have ended well.
    links = {
        "vault": ["verify"],
        "approve": ["verify"],
        "promote": ["verify", "approve"],
        "deploy": ["verify", "approve"],
    }
    for name, before in links.items():
        assert set(before) <= set(jobs[name]["needs"]), name
    for name in ("approve", "promote", "deploy"):
        condition = jobs[name]["if"]
        assert condition.startswith("!cancelled() && "), "a skipped vault would skip the rest"
        for each in links[name]:
            assert f"needs.{each}.result == 'success'" in condition.partition("||")[0], f"{name} without {each}"
    # Without a condition of its own, a job runs only where all went well before it.
    assert "!cancelled" not in jobs["vault"]["if"]
    assert jobs["approve"]["if"].endswith("(needs.vault.result == 'success' || needs.vault.result == 'skipped')")
    assert "'production' && 'production' || 'staging'" in jobs["approve"]["environment"]
    assert "needs.promote.result == 'success' || needs.request.outputs.action == 'deploy'" in jobs["deploy"]["if"]
    assert set(jobs["tell"]["needs"]) == set(jobs) - {"tell", "forward"}
    assert jobs["tell"]["if"].startswith("always() && ")
    assert jobs["undo"]["if"].startswith("always() && needs.promote.result == 'success'")


def test_the_run_of_a_pushed_tag_does_nothing_but_hand_over() -> None:
    jobs = next(file for file in workflow_files() if file.stem == "registry").jobs
    assert jobs["forward"]["if"].startswith("github.event_name == 'push' && ")
    assert jobs["forward"]["permissions"] == {"contents": "read", "actions": "write"}
    for name in ("verify", "tell"):
        assert "github.event_name != 'push' && " in jobs[name]["if"]
    for name in ("vault", "approve", "promote", "deploy"):
        assert "verify" in jobs[name]["needs"], "which a tag's run has skipped"
    assert "promote" in jobs["undo"]["needs"]


def test_a_release_runs_the_code_of_the_default_branch_alone() -> None:
    registry = next(file for file in workflow_files() if file.stem == "registry")
    checkouts = [step["with"] for _, step in registry.steps() if "actions/checkout" in step.get("uses", "")]
    assert len(checkouts) == 7
    assert {each["ref"] for each in checkouts} == {"${{ github.event.repository.default_branch }}"}
    writers = [name for name, job in registry.jobs.items() if job["permissions"].get("contents") == "write"]
    assert writers == ["vault", "promote", "undo"], "one pushes a note, the others a tag each"
    deploy = next(file for file in workflow_files() if file.stem == "deploy")
    checkouts = [step["with"] for _, step in deploy.steps() if "actions/checkout" in step.get("uses", "")]
    assert {each["ref"] for each in checkouts} == {"${{ github.event.repository.default_branch }}"}
    assert {job["environment"] for job in deploy.jobs.values()} == {"winnow-deploy"}


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("classifier@v1.0.0", True),
        ("projects/moles=classifier@v1.0.0", True),
        ("classifier#staging#3", True),
        ("projects/moles=classifier#production#3", True),
        ("v1.0.0", False),
    ],
)
def test_every_tag_of_the_registry_starts_a_release(ref: str, expected: bool) -> None:
    registry = next(file for file in workflow_files() if file.stem == "registry")
    patterns = [filter_pattern(glob) for glob in registry.triggers["push"]["tags"]]
    assert any(pattern.fullmatch(ref) for pattern in patterns) is expected
    assert registry.triggers["repository_dispatch"]["types"] == ["staged_model"]


def test_the_smoke_run_of_a_fork_hands_over_no_object() -> None:
    pipeline = next(file for file in workflow_files() if file.stem == "pipeline")
    steps = pipeline.jobs["fork"]["steps"]
    assert [step["with"]["name"] for step in steps if "upload-artifact" in step.get("uses", "")] == ["winnow-verdict"]
    assert any("--smoke" in step.get("run", "") for step in steps)
    assert "id-token" not in pipeline.jobs["fork"]["permissions"]

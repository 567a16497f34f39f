"""The files in .github, read: every rule holds for every workflow and action, and the linters find nothing."""

import re
import tomllib
from collections.abc import Callable, Iterator

import pytest
from workflow_files import (
    GITHUB,
    ROOT,
    WorkflowFile,
    action_files,
    required_checks,
    rule_of,
    rulesets,
    workflow_files,
)
from workflow_linters import LINTERS, report_of
from workflow_running import RUNNING, matrix_values
from workflow_safety import ENVIRONMENTS, MAY_WRITE, PINS, SAFETY, VARIABLES
from workflow_trust import TRUST

from winnow.pull_request.telling.standing import check_name_of

FILES = {file.name: file for file in [*workflow_files(), *action_files()]}
RULES = [*SAFETY, *RUNNING, *TRUST]
Rule = Callable[[WorkflowFile], Iterator[str]]
# The check of the project in the root, which no job is called: the API makes it.
POSTED = check_name_of(".")


def supported_pythons() -> tuple[str, str]:
    """Return the lowest and the newest Python of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    newest = max(named, key=lambda version: int(version.partition(".")[2]))
    return project["requires-python"].removeprefix(">="), newest


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", FILES)
def test_the_rule_holds(name: str, rule: Rule) -> None:
    assert list(rule(FILES[name])) == []


def test_the_workflows_of_the_design_are_there() -> None:
    loop = {"data.yaml", "pipeline.yaml", "report.yaml", "store.yaml", "label.yaml", "accept.yaml"}
    assert {"ci.yaml", "verify.yaml", "security.yaml", "images.yaml", *loop} <= set(FILES)


@pytest.mark.parametrize("name", LINTERS)
@pytest.mark.slow
def test_a_linter_finds_nothing(name: str) -> None:
    code, said = report_of(name, GITHUB)
    assert code == 0, said


def test_what_a_linter_is_not_to_say_has_its_reason() -> None:
    for path in [*GITHUB.rglob("*.yaml"), *GITHUB.rglob("*.yml")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if "zizmor: ignore" in line or (path.name == "zizmor.yaml" and re.fullmatch(r"  [\w-]+:", line)):
                before = [above.strip() for above in lines[max(0, number - 4) : number]]
                assert any(above.startswith("# ") for above in before), f"{path.name}:{number + 1}: {line.strip()}"


def test_the_tests_run_on_the_lowest_and_the_newest_python_of_every_system() -> None:
    jobs = FILES["ci.yaml"].jobs
    matrix = jobs["everywhere"]["strategy"]["matrix"]
    assert tuple(matrix["python"]) == supported_pythons()
    assert {image.partition("-")[0] for image in matrix["os"]} == {"ubuntu", "windows", "macos"}
    # What the matrix leaves out is the job that always runs.
    (alone,) = matrix["exclude"]
    setup = next(step for step in jobs["ubuntu"]["steps"] if step.get("id") == "setup")
    assert alone == {"os": jobs["ubuntu"]["runs-on"], "python": setup["with"]["python"]}
    assert alone["python"] == supported_pythons()[0]


def test_other_jobs_run_on_the_newest_python() -> None:
    assert FILES["setup/action.yml"].data["inputs"]["python"]["default"] == supported_pythons()[1]


def test_what_is_built_is_tried_on_every_system() -> None:
    jobs = FILES["ci.yaml"].jobs
    assert matrix_values(jobs["built"], "os") == matrix_values(jobs["everywhere"], "os")


def test_a_job_that_the_gate_does_not_judge_is_a_required_check_of_its_own() -> None:
    for file in workflow_files():
        for step in file.jobs.get(file.stem, {}).get("steps", []):
            apart = step.get("env", {}).get("APART", "").split()
            assert {file.jobs[name]["name"] for name in apart} <= required_checks()


def test_every_required_check_is_the_name_of_one_job_or_posted() -> None:
    names = [job["name"] for file in workflow_files() for job in file.jobs.values()]
    wanted = {**dict.fromkeys(required_checks(), 1), POSTED: 0}
    assert POSTED in required_checks()
    assert {name: names.count(name) for name in required_checks()} == wanted, "two checks of one name hide each other"


def test_the_check_that_is_posted_is_posted_for_every_pull_request() -> None:
    pipeline, report = FILES["pipeline.yaml"], FILES["report.yaml"]
    assert pipeline.triggers["pull_request"] == {}, "a filter would leave pull requests without the check"
    assert "pipeline" in report.triggers["workflow_run"]["workflows"]
    assert report.triggers["workflow_run"]["types"] == ["completed"]
    [job] = report.jobs.values()
    assert "if" not in job
    # Whoever opened it, one of the two jobs runs.
    head, own = "github.event.pull_request.head.repo.id", "github.event.repository.id"
    assert pipeline.jobs["own"]["if"].endswith(f"|| {head} == {own}")
    assert pipeline.jobs["fork"]["if"].endswith(f"&& {head} != {own}")


def test_every_gate_is_required() -> None:
    assert {file.stem for file in workflow_files() if file.stem in file.jobs} <= required_checks()


def test_main_cannot_be_rewritten_and_takes_pull_requests_only() -> None:
    main = rulesets()["main"]
    assert (main["target"], main["enforcement"]) == ("branch", "active")
    assert main["conditions"]["ref_name"]["include"] == ["~DEFAULT_BRANCH"]
    kinds = {rule["type"] for rule in main["rules"]}
    assert {"deletion", "non_fast_forward", "required_linear_history", "pull_request"} <= kinds
    assert "merge" not in rule_of(main, "pull_request")["allowed_merge_methods"]
    # Two pull requests that are both current need not be current together.
    assert rule_of(main, "required_status_checks")["strict_required_status_checks_policy"] is True
    assert {actor["bypass_mode"] for actor in main["bypass_actors"]} <= {"pull_request"}


@pytest.mark.parametrize("tag", ["classifier@v1.0.0", "classifier#production#3", "classifier@v1.0.0-rc.1"])
def test_a_tag_of_the_registry_stays_what_it_is(tag: str) -> None:
    registry = rulesets()["registry"]
    assert (registry["target"], registry["enforcement"], registry["bypass_actors"]) == ("tag", "active", [])
    assert {rule["type"] for rule in registry["rules"]} == {"deletion", "non_fast_forward", "update"}
    globs = registry["conditions"]["ref_name"]["include"]
    pattern = "|".join(re.escape(glob).replace(r"\*", "[^/]*") for glob in globs)
    assert re.fullmatch(pattern, f"refs/tags/{tag}")
    assert not re.fullmatch(pattern, "refs/tags/v1.0.0")


def test_the_tables_hold_nothing_that_is_gone() -> None:
    jobs = {(file.stem, name) for file in workflow_files() for name in file.jobs}
    assert set(MAY_WRITE) <= jobs
    assert all(re.fullmatch(r"[0-9a-f]{40}", sha) for _, sha in PINS.values())


def test_what_the_cloud_is_set_up_with_is_what_workflows_read() -> None:
    written = (ROOT / "deploy" / "cloud" / "bucket.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"(WINNOW_[A-Z_]+)"', written))
    assert names
    assert names <= set(VARIABLES)
    environment = re.search(r'environment: str = "([\w-]+)"', written)
    assert environment is not None
    assert environment[1] in ENVIRONMENTS


def test_code_owners_are_asked_about_what_can_run_and_about_waivers() -> None:
    lines = (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = {line.split()[0] for line in lines if line and not line.startswith("#")}
    assert {"*", "/.github/", "/.dvc/config", "/waivers.yaml", "/requirements/"} <= owned


def test_the_template_asks_the_four_questions() -> None:
    template = (GITHUB / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", template, re.MULTILINE) == ["Summary", "Why", "Test plan", "Effect on metrics"]

"""The scripts beside the workflows: what is to run, whether all of it passed, and what new dependencies bring."""

import ast
import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from workflow_files import GITHUB, tracked_files

Load = Callable[[str], Any]
SCRIPTS = GITHUB / "scripts"
NAMES = [path.stem for path in sorted(SCRIPTS.glob("*.py"))]
PASSED = {"plan": {"result": "success", "outputs": {"full": "true"}}, "tests": {"result": "success"}}
RUN = "/repos/rice/winnow/actions/runs/7/attempts/2"
JOBS = [
    ("plan", "success", "2026-11-21T10:00:05Z", "2026-11-21T10:00:12Z"),
    ("Tests | all", "failure", "2026-11-21T10:00:20Z", "2026-11-21T10:03:40Z"),
    ("left out", "skipped", "2026-11-21T10:00:12Z", "2026-11-21T10:00:12Z"),
    ("ci", None, "2026-11-21T10:03:45Z", None),
]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a script by its name, as Python does when it runs it: beside the others."""
    monkeypatch.syspath_prepend(str(SCRIPTS))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A GitHub on loopback that gives the answers put into the dictionary: data, or a status."""
    answers: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        known: ClassVar = answers

        def do_GET(self) -> None:
            answer = self.known.get(self.path.partition("?")[0], 404)
            status = answer if isinstance(answer, int) else 200
            status = status if self.headers["Authorization"] == "Bearer x" else 401
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    variables = {
        "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
        "GITHUB_REPOSITORY": "rice/winnow",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_TOKEN": "x",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "no_proxy": "127.0.0.1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield answers
    server.shutdown()
    thread.join()
    server.server_close()


def close(script: Load, monkeypatch: pytest.MonkeyPatch, needs: Any, **variables: str) -> int:
    for name, value in {"NEEDS": json.dumps(needs), "MAY_SKIP": "", "APART": "", **variables}.items():
        monkeypatch.setenv(name, value)
    code: int = script("gate").main()
    return code


@pytest.mark.parametrize("name", NAMES)
def test_a_script_runs_on_a_bare_python(name: str) -> None:
    tree = ast.parse((SCRIPTS / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 11))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in imported} <= set(sys.stdlib_module_names) | set(NAMES)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "src/winnow/files.py",
            "tests/test_files.py",
            "pyproject.toml",
            "requirements/dev.txt",
            "tasks.py",
            "dvc.yaml",
        ),
        *(".github/workflows/ci.yaml", ".github/scripts/plan.py", ".gitattributes", "docs/generate.py", "custom/x.py"),
        *("a-new-folder/file", "data.py", "README.md.py", "src/README.md"),
    ],
)
def test_a_change_that_may_matter_to_a_system_runs_on_all(path: str, script: Load) -> None:
    is_full, reason = script("plan").decision(["README.md", path])
    assert is_full
    assert repr(path) in reason


@pytest.mark.parametrize(
    "path", ["README.md", "docs/report.md", "docs/images/x.png", "data/labels.csv", "data/images.dvc", "params.yaml"]
)
def test_words_data_and_parameters_run_on_ubuntu_alone(path: str, script: Load) -> None:
    assert script("plan").decision([path])[0] is False


def test_all_code_that_git_tracks_is_tried_everywhere(script: Load) -> None:
    code = {path for path in tracked_files() if path.endswith((".py", ".toml")) and not path.startswith("benchmarks/")}
    assert set(script("plan").heavy(code)) == code


def test_what_is_not_known_runs_on_all(
    script: Load, github: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # no repository, so no first parent
    for event in ("pull_request", "push", "merge_group"):
        monkeypatch.setenv("GITHUB_EVENT_NAME", event)
        script("plan").main()
    assert (tmp_path / "output").read_text().splitlines() == ["full=true"] * 3


def test_a_pull_request_is_what_its_merge_changes(
    script: Load, github: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()

    def git(*words: str) -> None:
        settings = ("-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)

    def commit(path: str) -> None:
        (folder / path).write_text(path)
        git("add", "--all")
        git("commit", "--message", path)

    git("init", "--initial-branch=main")
    commit("README.md")
    git("switch", "--create", "change")
    commit("weiß.md")
    git("switch", "main")
    commit("tasks.py")  # main's own, and so not the pull request's
    git("merge", "--no-ff", "--no-edit", "change")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert script("plan").changed_paths() == ["weiß.md"]
    script("plan").main()
    assert (tmp_path / "output").read_text() == "full=false\n"


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped", None, "something new"])
def test_the_gate_opens_for_success_alone(
    result: str | None, script: Load, github: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert close(script, monkeypatch, PASSED) == 0
    assert close(script, monkeypatch, {**PASSED, "tests": {"result": result}}) == 1


def test_a_job_may_be_skipped_on_purpose_but_not_fail(
    script: Load, github: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert close(script, monkeypatch, {**PASSED, "tests": {"result": "skipped"}}, MAY_SKIP="tests other") == 0
    assert close(script, monkeypatch, {**PASSED, "tests": {"result": "cancelled"}}, MAY_SKIP="tests other") == 1


def test_a_check_of_its_own_is_shown_and_not_judged(
    script: Load, github: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert close(script, monkeypatch, {**PASSED, "lock": {"result": "failure"}}, APART="lock") == 0
    assert "A check of its own: lock: failure" in (tmp_path / "summary.md").read_text()


def test_a_gate_without_jobs_stays_shut(script: Load, github: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert close(script, monkeypatch, {}) == 1


def test_the_summary_has_a_table_of_the_times(
    script: Load, github: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = ("name", "conclusion", "started_at", "completed_at")
    github[RUN] = {"run_started_at": "2026-11-21T10:00:00Z"}
    github[f"{RUN}/jobs"] = {"jobs": [dict(zip(keys, job, strict=True)) for job in JOBS]}
    assert close(script, monkeypatch, {**PASSED, "tests": {"result": "failure"}}) == 1
    page = (tmp_path / "summary.md").read_text()
    assert "### Failed: tests: failure" in page
    assert "| plan | success | 5 | 7 |\n| Tests \\| all | failure | 20 | 200 |\n" in page
    assert "left out" not in page
    assert "The last to end was *Tests | all*, 220 s after the start." in page


@pytest.mark.parametrize("answer", [403, 500, {"jobs": [{"name": "x"}]}, {"jobs": []}, [], {}])
def test_a_gate_without_times_still_judges(
    answer: Any, script: Load, github: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    github[RUN] = {"run_started_at": "2026-11-21T10:00:00Z"}
    github[f"{RUN}/jobs"] = answer
    assert close(script, monkeypatch, PASSED) == 0
    assert "no times" in (tmp_path / "summary.md").read_text().replace("times are not available", "no times")


FLAW = {"severity": "high", "advisory_ghsa_id": "GHSA-1"}
PACKAGE = {"manifest": "requirements/dev.txt", "name": "numpy", "version": "2.0", "vulnerabilities": [FLAW]}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ([{**PACKAGE, "change_type": "added"}], 1, "error: requirements/dev.txt: numpy 2.0: high, GHSA-1"),
        ([{**PACKAGE, "change_type": "removed"}], 0, "No new dependency"),
        ([{**PACKAGE, "change_type": "added", "vulnerabilities": []}], 0, "No new dependency"),
        (403, 0, "warning: Not reviewed"),
        (404, 0, "warning: Not reviewed"),
        (500, 2, "error: GitHub's dependency graph answered 500"),
    ],
)
def test_new_dependencies_are_reviewed(
    answer: Any,
    code: int,
    said: str,
    script: Load,
    github: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("BASE", "aaa")
    monkeypatch.setenv("HEAD", "bbb")
    github["/repos/rice/winnow/dependency-graph/compare/aaa...bbb"] = answer
    assert script("dependency_review").main() == code
    assert said in (tmp_path / "summary.md").read_text()

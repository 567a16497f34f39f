"""The tasks: what they run, and that they cannot pass by accident."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from ruamel.yaml import YAML

CI_STEPS = {"ruff check", "ruff format", "mypy", "import contracts", "docs"}


def python(code: str) -> tuple[str, ...]:
    return ("python", "-c", code)


def test_every_step_runs_and_every_failure_is_named_at_the_end(
    tasks: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = {
        "first": python("raise SystemExit(3)"),
        "second": python("print('the second ran')"),
        "third": python("raise SystemExit(1)"),
    }
    with pytest.raises(tasks.Exit) as end:
        tasks.run_steps(steps)
    assert end.value.code == 1
    assert str(end.value) == "failed: first, third"
    said = capfd.readouterr().out
    assert "the second ran" in said
    assert re.search(r"== first: FAILED \(exit code 3\), \d+\.\d s", said)
    assert re.search(r"== second: ok, \d+\.\d s", said)


def test_steps_that_pass_end_quietly(tasks: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    tasks.run_steps({"only": python("pass")})
    assert "FAILED" not in capfd.readouterr().out


def test_a_task_ends_with_the_exit_code_of_its_command(tasks: ModuleType) -> None:
    with pytest.raises(tasks.Exit) as end:
        tasks.must(*python("raise SystemExit(4)"))
    assert end.value.code == 4


def test_check_is_the_lint_and_the_tests_and_nothing_in_it_mends(tasks: ModuleType) -> None:
    assert set(tasks.LINT) == CI_STEPS
    assert {"tests", "coverage report"} <= set(tasks.TESTS)
    words = {word for command in {**tasks.LINT, **tasks.TESTS}.values() for word in command}
    assert not {"--fix", "--exit-zero", "--unsafe-fixes"} & words
    assert "--check" in tasks.LINT["ruff format"]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("ruff check", '"""Fault."""\n\nimport os\n'),
        ("ruff format", '"""Fault."""\n\nx = {  1:2 }\n'),
        ("mypy", '"""Fault."""\n\nx: int = "one"\n'),
    ],
)
@pytest.mark.slow
def test_a_planted_fault_turns_a_step_red(
    step: str, fault: str, tasks: ModuleType, root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    for name in ("src/winnow", "docs", "benchmarks"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("bootstrap.py", "tasks.py", "src/winnow/__init__.py"):
        (tmp_path / name).write_text('"""Nothing wrong."""\n')
    (tmp_path / "benchmarks" / "speed.py").write_text('"""Nothing wrong."""\n')
    (tmp_path / "docs" / "page.py").write_text('"""Nothing wrong."""\n')
    assert tasks.run_here(*tasks.LINT[step], folder=tmp_path) == 0, capfd.readouterr()
    (tmp_path / "src" / "winnow" / "fault.py").write_text(fault)
    assert tasks.run_here(*tasks.LINT[step], folder=tmp_path) == 1


def test_ci_runs_the_readmes_command_and_then_all_the_rest(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    script = (root / ".ci" / "run").read_text(encoding="utf-8")
    assert "python tasks.py test" in readme
    assert "tasks.py test\n" in script
    assert "tasks.py check --skip-tests\n" in script


@pytest.mark.skipif(sys.platform == "win32", reason="a bash script, for CI on Linux")
@pytest.mark.parametrize(("test", "check", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)])
def test_ci_fails_when_either_part_fails_and_runs_both(
    test: int, check: int, code: int, root: Path, tmp_path: Path
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "tasks.py").write_text(
        f"import sys; print(*sys.argv[1:]); sys.exit({test} if sys.argv[1] == 'test' else {check})\n"
    )
    run = subprocess.run(["bash", ".ci/run"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == ["test", "check --skip-tests"]
    assert run.returncode == code


def test_hooks_are_local_and_their_programs_come_with_the_environment(root: Path, bootstrap: ModuleType) -> None:
    config = YAML(typ="safe", pure=True).load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    programs = [hook["entry"].split()[0] for hook in hooks]
    assert [name for name in programs if shutil.which(name, path=str(bootstrap.BIN)) is None] == []
    wanted = {"ruff-check", "ruff-format", "mypy", "import-linter", "check-added-large-files", "detect-private-key"}
    assert wanted | {"check-yaml"} <= {hook["id"] for hook in hooks}


def test_the_demo_has_the_whole_flow_and_its_code_is_this_checkout(tasks: ModuleType, root: Path) -> None:
    flow = tasks.demo_flow()
    code = YAML(typ="safe", pure=True).load(flow)["vars"][0]["code"]
    assert (tasks.DEMO / code).resolve() == (root / "src" / "winnow").resolve()
    assert flow.replace(code, "src/winnow") == (root / "dvc.yaml").read_text(encoding="utf-8")


def test_remote_writes_the_remote_or_ends_with_the_codes_of_the_command_line(
    tasks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".dvc").mkdir()
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    tasks.remote(tasks.Context(), "gs://pictures/winnow")
    assert "git add .dvc/config" in capsys.readouterr().out
    written = (tmp_path / ".dvc" / "config").read_text(encoding="utf-8")
    assert "url = gs://pictures/winnow" in written
    with pytest.raises(tasks.Exit) as end:
        tasks.remote(tasks.Context(), "gs:/pictures")
    assert end.value.code == 2
    assert (tmp_path / ".dvc" / "config").read_text(encoding="utf-8") == written

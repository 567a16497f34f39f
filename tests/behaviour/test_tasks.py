"""The tasks: what they run, and that they cannot pass by accident."""

import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image
from ruamel.yaml import YAML

CI_STEPS = {"ruff check", "ruff format", "mypy", "import contracts", "docs"}


def python(code: str) -> tuple[str, ...]:
    return ("python", "-c", code)


def test_every_step_runs_and_every_failure_is_named_at_the_end(
    tooling: SimpleNamespace, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = {
        "first": python("raise SystemExit(3)"),
        "second": python("print('the second ran')"),
        "third": python("raise SystemExit(1)"),
    }
    with pytest.raises(tooling.running.Exit) as end:
        tooling.running.run_steps(steps)
    assert end.value.code == 1
    assert str(end.value) == "failed: first, third"
    said = capfd.readouterr().out
    assert "the second ran" in said
    assert re.search(r"== first: FAILED \(exit code 3\), \d+\.\d s", said)
    assert re.search(r"== second: ok, \d+\.\d s", said)


def test_steps_that_pass_end_quietly(tooling: SimpleNamespace, capfd: pytest.CaptureFixture[str]) -> None:
    tooling.running.run_steps({"only": python("pass")})
    assert "FAILED" not in capfd.readouterr().out


def test_a_task_ends_with_the_exit_code_of_its_command(tooling: SimpleNamespace) -> None:
    with pytest.raises(tooling.running.Exit) as end:
        tooling.running.must(*python("raise SystemExit(4)"))
    assert end.value.code == 4
    assert tooling.running.run_here(*python("import os; raise SystemExit(int(os.environ['RICE']))"), RICE="5") == 5


def test_check_is_the_lint_and_the_tests_and_nothing_in_it_mends(tooling: SimpleNamespace) -> None:
    lint, tests = tooling.checks.LINT, tooling.checks.TESTS
    assert set(lint) == CI_STEPS
    assert {"tests", "coverage report"} <= set(tests)
    words = {word for command in {**lint, **tests}.values() for word in command}
    assert not {"--fix", "--exit-zero", "--unsafe-fixes"} & words
    assert "--check" in lint["ruff format"]


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
    step: str, fault: str, tooling: SimpleNamespace, root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    for name in tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["files"]:
        path = tmp_path / name
        if path.suffix != ".py":
            path /= "script.py" if name.startswith(".") else "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        reason = "# ruff: noqa: INP001  a script, no package\n" if path.name == "script.py" else ""
        path.write_text(f'{reason}"""Nothing wrong."""\n')
    run_here, command = tooling.running.run_here, tooling.checks.LINT[step]
    assert run_here(*command, folder=tmp_path) == 0, capfd.readouterr()
    (tmp_path / "src" / "winnow" / "fault.py").write_text(fault)
    assert run_here(*command, folder=tmp_path) == 1


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


@pytest.mark.parametrize(
    ("part", "minutes", "command"),
    [
        ("", 0.0, ("python", "benchmarks/report.py", "soak", "soak_serving")),
        ("images", 0.0, ("python", "benchmarks/report.py", "soak")),
        ("serving", 0.0, ("python", "benchmarks/report.py", "soak_serving")),
        ("serving", 1.5, ("python", "benchmarks/soak_serving.py", "--minutes", "1.5")),
    ],
)
def test_a_soak_runs_its_parts_and_a_short_one_writes_no_table(
    part: str, minutes: float, command: tuple[str, ...], tooling: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(tooling.soaking, "must", lambda *words: ran.append(words))
    tooling.soaking.run_soak(part, minutes)
    assert ran == [command]


@pytest.mark.parametrize(("part", "minutes"), [("pictures", 0.0), ("images", 1.0), ("", 1.0)])
def test_a_soak_that_there_is_not_is_refused(part: str, minutes: float, tooling: SimpleNamespace) -> None:
    with pytest.raises(tooling.running.Exit) as end:
        tooling.soaking.run_soak(part, minutes)
    assert end.value.code == 2


def test_hooks_are_local_and_their_programs_come_with_the_environment(root: Path, bootstrap: ModuleType) -> None:
    config = YAML(typ="safe", pure=True).load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    programs = [hook["entry"].split()[0] for hook in hooks]
    assert [name for name in programs if shutil.which(name, path=str(bootstrap.BIN)) is None] == []
    wanted = {"ruff-check", "ruff-format", "mypy", "import-linter", "check-added-large-files", "detect-private-key"}
    assert wanted | {"check-yaml"} <= {hook["id"] for hook in hooks}


def test_the_demo_has_the_whole_flow_and_its_code_is_this_checkout(tooling: SimpleNamespace, root: Path) -> None:
    for folder in (tooling.demo.DEMO, tooling.twice.SCRATCH / "first"):
        flow = tooling.digits.flow(folder)
        code = YAML(typ="safe", pure=True).load(flow)["vars"][0]["code"]
        assert (folder / code).resolve() == (root / "src" / "winnow").resolve()
        assert flow.replace(code, "src/winnow") == (root / "dvc.yaml").read_text(encoding="utf-8")


def test_the_demo_trains_hastily_by_one_changed_line(tooling: SimpleNamespace, root: Path, tmp_path: Path) -> None:
    recipe = (root / "recipes" / "digits.yaml").read_text(encoding="utf-8").splitlines()
    tooling.digits.write_params(tmp_path, epochs=None)
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8").splitlines() == recipe
    tooling.digits.write_params(tmp_path, epochs=2)
    hasty = (tmp_path / "params.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in hasty if line not in recipe] == ["  epochs: 2"]


def test_the_demo_has_a_picture_of_each_digit_for_its_page(tooling: SimpleNamespace, tmp_path: Path) -> None:
    tooling.digits.write_pictures(tmp_path / "pictures")
    found = {}
    for path in (tmp_path / "pictures").iterdir():
        with Image.open(path) as picture:
            found[path.name] = (picture.mode, picture.size, picture.getextrema()[1] > 200)
    assert found == {f"{digit}.png": ("L", (8, 8), True) for digit in range(10)}


@pytest.mark.parametrize(("is_asked", "code"), [(True, 130), (False, 0), (False, 2)])
def test_the_demo_ends_well_when_somebody_ends_its_service(
    tooling: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_asked: bool, code: int
) -> None:
    def service(*_: str, folder: Path) -> int:
        assert (folder / "pictures" / "7.png").exists()
        if is_asked:
            signal.raise_signal(signal.SIGINT)
        return code

    monkeypatch.setattr(tooling.demo, "DEMO", tmp_path)
    monkeypatch.setattr(tooling.demo, "run_here", service)
    before = signal.getsignal(signal.SIGINT)
    try:
        if code and not is_asked:
            with pytest.raises(tooling.running.Exit) as end:
                tooling.demo.serve()
            assert end.value.code == code
        else:
            tooling.demo.serve()
    finally:
        signal.signal(signal.SIGINT, before)


def test_remote_writes_the_remote_or_ends_with_the_codes_of_the_command_line(
    tooling: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".dvc").mkdir()
    tooling.remote.set_storage("gs://pictures/winnow", tmp_path)
    assert "git add .dvc/config" in capsys.readouterr().out
    written = (tmp_path / ".dvc" / "config").read_text(encoding="utf-8")
    assert "url = gs://pictures/winnow" in written
    with pytest.raises(tooling.running.Exit) as end:
        tooling.remote.set_storage("gs:/pictures", tmp_path)
    assert end.value.code == 2
    assert (tmp_path / ".dvc" / "config").read_text(encoding="utf-8") == written


def test_options_of_a_task_become_options_of_the_program_and_the_rest_follows(
    tooling: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "noting.py").write_text(
        "import pathlib, sys; pathlib.Path('words').write_text(chr(10).join(sys.argv[1:]))"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    options = {
        "token_file": "my token",
        "root": "",
        "label": ["gpu", "big"],
        "jobs": 0,
        "dry_run": True,
        "quiet": False,
    }
    tooling.deploying.run_module("noting", options, "--free-gb 5")
    words = (tmp_path / "here" / "words").read_text().splitlines()
    assert words == ["--token-file=my token", "--label=gpu", "--label=big", "--dry-run", "--free-gb", "5"]


@pytest.mark.parametrize(
    ("task", "module"), [("runner", "deploy.runner"), ("cloud.bootstrap", "deploy.cloud.bootstrap")]
)
def test_a_task_that_starts_a_program_has_options_that_the_program_knows(
    task: str, module: str, tasks: ModuleType, root: Path
) -> None:
    source = root / Path(*module.split("."))
    path = source / "__main__.py" if source.is_dir() else source.with_suffix(".py")
    known = set(re.findall(r"""["'](--[a-z0-9-]+)["']""", path.read_text(encoding="utf-8")))
    taken = {f"--{argument.name.replace('_', '-')}" for argument in tasks.namespace[task].get_arguments()}
    assert taken
    assert taken <= known


def test_no_login_to_a_cloud_gets_into_git_dvc_or_an_image(root: Path) -> None:
    for name, pattern in ((".gitignore", ""), (".dvcignore", ""), (".dockerignore", "**/")):
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        assert f"{pattern}gha-creds-*.json" in lines, name


STEP = '{"workflow": "ci", "job": "Tests", "step": "Tests", "seconds": 2.5}'
NOTES = f"import os; print({STEP!r}, file=open(os.environ['WINNOW_STEP_TIMES'], 'a'))"


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        (NOTES, ""),
        (f"{NOTES}; raise SystemExit(1)", "failed: a scenario"),
        ("pass", "failed: no workflow ran: is `act` there?"),
    ],
)
def test_workflows_are_green_only_when_some_ran_and_none_failed(
    scenarios: str, said: str, tooling: SimpleNamespace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    times = tmp_path / "times.jsonl"
    times.write_text("of an earlier run\n")
    try:
        tooling.workflows.run_workflows(python(scenarios), times)
        end = ""
    except tooling.running.Exit as failed:
        end = str(failed)
    assert end == said
    printed = capfd.readouterr().out
    assert ("no step was noted" if scenarios == "pass" else "2.5s") in printed, "the times come in any case"

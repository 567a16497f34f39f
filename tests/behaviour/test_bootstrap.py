"""From a bare Python to an environment: `python tasks.py TASK`."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Calls = list[list[str]]


def bare_python(root: Path, *arguments: str, prelude: str = "") -> subprocess.CompletedProcess[str]:
    """Run tasks.py with no installed package in sight."""
    program = (
        f"{prelude}import runpy, sys; sys.path.insert(0, {str(root)!r}); sys.argv[:] = ['tasks.py', *{arguments!r}]"
    )
    program += f"; runpy.run_path({str(root / 'tasks.py')!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)


@pytest.fixture
def place(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with its locks, and no environment yet."""
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    (requirements / "uv.txt").write_text("uv==1.0 \\\n    --hash=sha256:00\n")
    (requirements / "dev.txt").write_text("numpy==2.0 \\\n    --hash=sha256:00\ntorch==2.1 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    venv = tmp_path / ".venv"
    names = {"ROOT": tmp_path, "REQUIREMENTS": requirements, "VENV": venv, "BIN": venv / "bin"}
    for name, value in {**names, "PYTHON": venv / "bin" / "python", "STAMP": venv / "winnow.json"}.items():
        monkeypatch.setattr(bootstrap, name, value)
    return tmp_path


@pytest.fixture
def calls(bootstrap: ModuleType, place: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The commands that an installation runs, noted instead of run; `venv` makes its folder."""
    noted: Calls = []

    def note(problem: str, *command: object) -> None:
        noted.append([str(word) for word in command])
        if "venv" in noted[-1]:
            bootstrap.BIN.mkdir(parents=True, exist_ok=True)
            bootstrap.PYTHON.touch()

    monkeypatch.setattr(bootstrap, "must", note)
    return noted


def steps(calls: Calls) -> list[str]:
    words = {"venv": "venv", "--require-hashes": "locks", "--torch-backend": "torch", "--editable": "package"}
    return [next(step for word, step in words.items() if word in call) for call in calls]


def test_the_list_of_tasks_needs_nothing_but_python(root: Path) -> None:
    run = bare_python(root, "--list")
    listed = {line.split()[0]: line for line in run.stdout.splitlines()}
    working = {"bench", "check", "demo", "docs", "fix", "lock", "soak", "test"}
    in_workflows = {"answers", "image", "installed", "load-trial", "twice", "wheel", "workflows"}
    setting_up = {"cloud.bootstrap", "remote", "rulesets", "runner"}
    in_production = {"cloud.train", "deploy", "model-image", "release-demo"}
    assert set(listed) == working | in_workflows | setting_up | in_production | {"install", "run"}
    assert all(len(line.split()) > 3 for line in listed.values())


def test_invoke_knows_the_tasks_that_are_listed_and_no_other(
    bootstrap: ModuleType, tasks: ModuleType, root: Path
) -> None:
    listed = bootstrap.task_summaries(root / "tasks.py")
    known = tasks.namespace.task_names
    assert set(listed) == set(known)
    assert {name: tasks.namespace[name].__doc__.partition("\n")[0] for name in known} == listed


def test_no_arguments_list_the_tasks(root: Path) -> None:
    assert bare_python(root).stdout == bare_python(root, "--list").stdout


def test_a_mistyped_task_is_answered_with_the_nearest_one(root: Path) -> None:
    run = bare_python(root, "tset")
    assert run.returncode == 2
    assert "did you mean `test`?" in run.stderr


def test_an_old_python_is_told_so_in_one_sentence(root: Path) -> None:
    run = bare_python(root, "test", prelude="import sys; sys.version_info = (3, 9, 18); sys.version = '3.9.18 (x)';")
    assert run.returncode == 1
    assert run.stderr == "error: winnow needs Python 3.11 or newer; this is Python 3.9.18\n"


@pytest.mark.parametrize("name", ["tasks.py", "bootstrap.py"])
def test_an_old_python_can_parse_what_tells_it(name: str, root: Path) -> None:
    ast.parse((root / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_the_first_call_makes_the_environment_and_the_second_does_nothing(bootstrap: ModuleType, calls: Calls) -> None:
    bootstrap.install(None)
    assert steps(calls) == ["venv", "locks", "locks", "package"]
    bootstrap.install(None)
    assert len(calls) == 4


def test_everything_is_installed_by_hash_and_the_package_without_its_dependencies(
    bootstrap: ModuleType, calls: Calls, place: Path
) -> None:
    bootstrap.install(None)
    _, uv, locked, package = calls
    assert {"--require-hashes", str(place / "requirements" / "uv.txt")} <= set(uv)
    assert {"sync", "--require-hashes", str(place / "requirements" / "dev.txt")} <= set(locked)
    assert {"--no-deps", "--no-build-isolation"} <= set(package)


@pytest.mark.parametrize("changed", ["requirements/uv.txt", "requirements/dev.txt", "pyproject.toml"])
def test_a_changed_lock_is_installed_into_the_same_environment(
    changed: str, bootstrap: ModuleType, calls: Calls, place: Path
) -> None:
    bootstrap.install(None)
    calls.clear()
    with (place / changed).open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    bootstrap.install(None)
    assert steps(calls) == ["locks", "locks", "package"]


def test_other_line_ends_are_no_change(bootstrap: ModuleType, calls: Calls, place: Path) -> None:
    bootstrap.install(None)
    path = place / "pyproject.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    bootstrap.install(None)
    assert len(calls) == 4


def test_an_environment_that_was_copied_elsewhere_is_made_again(bootstrap: ModuleType, calls: Calls) -> None:
    bootstrap.install(None)
    stamp = json.loads(bootstrap.STAMP.read_text())
    bootstrap.STAMP.write_text(json.dumps({**stamp, "root": "elsewhere"}))
    calls.clear()
    bootstrap.install(None)
    assert steps(calls)[0] == "venv"
    assert "--clear" in calls[0]


def test_an_environment_whose_python_is_gone_is_made_again(bootstrap: ModuleType, calls: Calls) -> None:
    bootstrap.install(None)
    bootstrap.PYTHON.unlink()
    calls.clear()
    bootstrap.install(None)
    assert steps(calls)[0] == "venv"


def test_an_installation_that_fails_is_tried_again_by_the_next_call(
    bootstrap: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*words: object) -> None:
        raise bootstrap.BootstrapError("no network")

    with monkeypatch.context() as patch, pytest.raises(bootstrap.BootstrapError):
        patch.setattr(bootstrap, "must", fail)
        bootstrap.install(None)
    assert not bootstrap.STAMP.exists()
    bootstrap.install(None)
    assert steps(calls) == ["venv", "locks", "locks", "package"]


def test_another_build_of_torch_replaces_the_locked_one_and_stays(
    bootstrap: ModuleType, calls: Calls, place: Path
) -> None:
    bootstrap.install("cpu")
    assert steps(calls) == ["venv", "locks", "locks", "torch", "package"]
    lock = Path(calls[2][-1])
    assert lock.read_text() == "numpy==2.0 \\\n    --hash=sha256:00\n"
    assert calls[3][-3:] == ["--torch-backend", "cpu", "torch==2.1"]
    calls.clear()
    bootstrap.install(None)
    assert calls == []
    (place / "pyproject.toml").write_text("[project]\n# changed\n")
    bootstrap.install(None)
    assert "torch" in steps(calls)
    bootstrap.install("locked")
    assert steps(calls)[-3:] == ["locks", "locks", "package"]


def test_torch_can_be_left_out(bootstrap: ModuleType, calls: Calls) -> None:
    bootstrap.install("none")
    assert steps(calls) == ["venv", "locks", "locks", "package"]
    assert "torch" not in Path(calls[2][-1]).read_text()


@pytest.mark.parametrize(
    ("arguments", "choice"), [([], None), (["--torch", "cpu"], "cpu"), (["--torch=cu128"], "cu128")]
)
def test_the_build_of_torch_is_an_option(arguments: list[str], choice: str | None, bootstrap: ModuleType) -> None:
    assert bootstrap.torch_choice(arguments) == choice


def test_the_real_lock_without_torch_has_all_else(bootstrap: ModuleType, root: Path) -> None:
    lock = (root / "requirements" / "dev.txt").read_text(encoding="utf-8")
    entries = bootstrap.lock_entries(lock)
    assert "".join(entries) == lock
    rest = bootstrap.lock_entries(bootstrap.without_torch(lock))
    gone = {entry.partition("==")[0] for entry in set(entries) - set(rest)}
    assert {"torch", "torchvision", "triton"} <= gone
    assert all(name.startswith(("torch", "triton", "nvidia-", "cuda-")) for name in gone)
    assert [name.partition("==")[0] for name in bootstrap.torch_versions()] == ["torch", "torchvision"]


def test_a_command_that_fails_says_what_failed_and_what_to_do(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"installing uv failed \(exit code 7\)\nhint: "):
        bootstrap.must("installing uv failed", sys.executable, "-c", "raise SystemExit(7)")
    with pytest.raises(bootstrap.BootstrapError, match=r"installing uv failed: .*no-such-program"):
        bootstrap.must("installing uv failed", "no-such-program")


def test_an_error_ends_in_a_message_and_an_exit_code(
    bootstrap: ModuleType, calls: Calls, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main(["run", "no-such-program"], root / "tasks.py") == 2
    assert "found no command `no-such-program`" in capsys.readouterr().err
    assert bootstrap.main(["run"], root / "tasks.py") == 2


def test_install_stops_after_installing(bootstrap: ModuleType, calls: Calls, root: Path) -> None:
    assert bootstrap.main(["install", "--torch", "cpu"], root / "tasks.py") == 0
    assert "torch" in steps(calls)


@pytest.fixture
def run_inside(root: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `execute(command)` in a folder of its own, with the environment of the tests in place of `.venv`."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        program = (
            "import sys, pathlib, bootstrap; bootstrap.BIN = pathlib.Path(sys.executable).parent;"
            f"sys.exit(bootstrap.execute({list(command)!r}))"
        )
        variables = {**os.environ, "PYTHONPATH": str(root), "PATH": os.defpath, "PYTHONHOME": ""}
        return subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )

    return run


def test_a_command_runs_in_the_callers_folder_and_its_exit_code_comes_back(
    run_inside: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    run = run_inside("python", "-c", "import os, sys; print(os.getcwd(), sys.argv[1:]); sys.exit(5)", "--x", "a b")
    assert run.returncode == 5
    assert run.stdout == f"{tmp_path} ['--x', 'a b']\n"


def test_a_command_finds_the_programs_of_the_environment(
    run_inside: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    run = run_inside("python", "-c", "import subprocess; subprocess.run(['winnow', '--version'], check=True)")
    assert run.stdout.startswith("winnow "), run.stderr


def test_where_python_may_keep_nothing_it_keeps_what_it_compiled_in_the_environment(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    variables = bootstrap.environment()
    assert "PYTHONDONTWRITEBYTECODE" not in variables
    assert Path(variables["PYTHONPYCACHEPREFIX"]).parent == bootstrap.VENV
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert "PYTHONPYCACHEPREFIX" not in bootstrap.environment()

"""Imports go down the floors. import-linter knows how (pyproject.toml); here each contract is seen to turn red."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# A file, an import to plant in it, and what import-linter must then say.
PLANTED = [
    ("stats/planted.py", "from winnow.metrics import classification", "winnow.stats.planted -> winnow.metrics"),
    ("errors.py", "import winnow.config", "winnow.errors -> winnow.config"),
    ("transforms/planted.py", "import scipy.ndimage", "winnow.transforms.planted -> scipy"),
    ("checks/planted.py", "def late():\n    import torch", "winnow.checks.planted -> torch"),
    ("data/planted.py", "import winnow.data.loader", "winnow.data.planted -> winnow.data.loader"),
    ("pipeline/planted.py", "import winnow.pipeline.prepare", "winnow.pipeline.planted -> winnow.pipeline.prepare"),
    ("commands/planted.py", "import winnow.commands.show", "winnow.commands.planted -> winnow.commands.show"),
    ("cli/planted.py", "import numpy", "winnow.cli.planted -> numpy"),
    ("registry/names.py", "import winnow.registry.tags", "winnow.registry.names -> winnow.registry.tags"),
    ("release/record.py", "import winnow.release.vault", "winnow.release.record -> winnow.release.vault"),
    (
        "verdict/record/planted.py",
        "import winnow.verdict.account.blocks",
        "winnow.verdict.record.planted -> winnow.verdict.account.blocks",
    ),
    (
        "pull_request/running/planted.py",
        "import winnow.pull_request.accepting.inputs",
        "winnow.pull_request.running.planted -> winnow.pull_request.accepting.inputs",
    ),
    ("shelf.py", "", "winnow.shelf"),
]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    variables = {**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=variables, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copy(root / "pyproject.toml", tmp_path)
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
def test_every_contract_is_kept(copy: Path) -> None:
    run = lint_imports(copy)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


@pytest.mark.slow
def test_every_contract_turns_red_when_an_import_that_it_forbids_is_planted(copy: Path) -> None:
    for place, line, _ in PLANTED:
        with (copy / "src" / "winnow" / place).open("a", encoding="utf-8") as stream:
            stream.write(f"\n{line}\n")
    run = lint_imports(copy)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "0 kept" in run.stdout
    report = run.stdout.replace("winnow.metrics.classification", "winnow.metrics")
    assert [said for _, _, said in PLANTED if said not in report] == [], run.stdout

"""The tools in the root of the checkout, loaded as modules."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
TOOLING = [path for path in sorted((ROOT / "tooling").glob("*.py")) if path.stem != "__init__"]


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`bootstrap.py`, with the environment that runs the tests in place of `.venv`."""
    module = load("bootstrap", ROOT / "bootstrap.py")
    monkeypatch.setattr(module, "BIN", Path(sys.executable).parent)
    yield module
    del sys.modules["bootstrap"]


@pytest.fixture
def tasks(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`tasks.py`; with it `tooling/`, which keeps the `bootstrap` of this test and so is forgotten after it."""
    monkeypatch.syspath_prepend(str(ROOT))
    yield load("winnow_tasks", ROOT / "tasks.py")
    for name in [name for name in sys.modules if name == "winnow_tasks" or name.partition(".")[0] == "tooling"]:
        del sys.modules[name]


@pytest.fixture
def tooling(tasks: ModuleType) -> SimpleNamespace:
    """The modules of `tooling/`, each by its name."""
    return SimpleNamespace(**{path.stem: sys.modules[f"tooling.{path.stem}"] for path in TOOLING})


@pytest.fixture(scope="session")
def generate() -> ModuleType:
    """`docs/generate.py`."""
    return load("winnow_docs", ROOT / "docs" / "generate.py")


@pytest.fixture(scope="session")
def report() -> ModuleType:
    """`benchmarks/report.py`."""
    return load("winnow_benchmarks", ROOT / "benchmarks" / "report.py")


@pytest.fixture(scope="session")
def rounds() -> ModuleType:
    """`benchmarks/_rounds.py`."""
    return load("winnow_benchmarks_rounds", ROOT / "benchmarks" / "_rounds.py")

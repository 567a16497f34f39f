"""What all tests share: their order, what coverage watches, a GitHub on loopback, a pull request that was trained."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from github_api import GitHubServer

# A module goes to one worker as a whole: those that take longest go first, or one worker would end alone.
LONG = (
    *("test_registry_flow", "test_loop", "test_train", "test_pr_pipeline", "test_projects", "test_pipeline"),
    *("test_loop_fresh", "test_loop_fork", "test_loop_report", "test_gates", "test_privacy", "test_cluster"),
)
# Rules about sources and workflows, and what lies beside the package: tools, deployments, pages.
BESIDE = ("architecture", "behaviour", "workflows")
# How coverage tells processes that are started to start it, too.
_COVERAGE = "COVERAGE_PROCESS_CONFIG"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long modules first; the order stays otherwise."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let coverage look away from slow tests and from those of no line of winnow, here and in what they start.

    It costs half as much time again. The other tests alone reach nineteen lines of twenty.
    """
    coverage = sys.modules.get("coverage")  # not there where the installed wheel is tested
    is_seen = item.path.parent.name not in BESIDE and not item.get_closest_marker("slow")
    watching = None if is_seen or coverage is None else coverage.Coverage.current()
    if watching is None:
        return (yield)
    told = os.environ.pop(_COVERAGE, None)
    watching.stop()
    try:
        return (yield)
    finally:
        watching.start()
        if told is not None:
            os.environ[_COVERAGE] = told


# Imported late: tests of the installed wheel run without most of what these need.


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["GitHubServer"]:
    """One that this process trusts."""
    from github_api import github_on_loopback

    with github_on_loopback(tmp_path) as server:
        for name, value in server.certificate.variables().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from trained import train

    root = tmp_path_factory.mktemp("trained")
    train(root)
    return root

"""A project in a DVC repository, and a storage server on loopback that can refuse as Google's does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from storage import BUCKET, Emulator, Proxy, forget_logins

from winnow.project import Project
from winnow.remotes.settings import Remote, read_remote

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_logins(monkeypatch, tmp_path / "nowhere")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project in a DVC repository without Git."""
    root = tmp_path / "project"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n", encoding="utf-8")
    (root / "params.yaml").write_bytes((CHECKOUT / "params.yaml").read_bytes())
    return Project(root)


@pytest.fixture
def make_remote(project: Project) -> Callable[..., Remote]:
    """Return a function that writes a default remote; options that Git shall see are in `committed`."""

    def section(url: str, options: dict[str, object]) -> str:
        lines = [f"    {key} = {value}\n" for key, value in {"url": url, **options}.items()]
        return "['remote \"storage\"']\n" + "".join(lines)

    def make(url: str, committed: dict[str, object] | None = None, **local: object) -> Remote:
        config = "[core]\n    no_scm = true\n    remote = storage\n"
        folder = project.root / ".dvc"
        (folder / "config").write_text(config + section(url, committed or {}), encoding="utf-8")
        (folder / "config.local").write_text(section(url, local), encoding="utf-8")
        remote = read_remote(project)
        assert remote
        return remote

    return make


@pytest.fixture(scope="session")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    server = Emulator(tmp_path_factory.mktemp("emulator"))
    server.start()
    server.make_bucket(BUCKET)
    yield server
    server.kill()


@pytest.fixture
def google(_emulator: Emulator) -> Iterator[Proxy]:
    """What stands in for Google Cloud Storage: a real server with one bucket, and who refuses in front of it."""
    proxy = Proxy()
    proxy.target_port = _emulator.port
    yield proxy
    proxy.stop()

"""A fixture that makes a real repository; what to do with it is in `repository.py`."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from repository import CHECKOUT, call, dvc


@pytest.fixture(scope="module")
def make_repository(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return a function that makes an empty Git and DVC repository with winnow's sources in it."""

    def make() -> Path:
        root = tmp_path_factory.mktemp("repository")
        for name in (".dvcignore", ".gitattributes"):
            shutil.copy(CHECKOUT / name, root / name)
        (root / ".gitignore").write_text("/.winnow/\n__pycache__/\n", encoding="utf-8")
        sources = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(CHECKOUT / "src" / "winnow", root / "src" / "winnow", ignore=sources)
        call(root, "git", "init", "-q", "-b", "main")
        dvc(root, "init", "-q")
        shutil.copytree(CHECKOUT / ".dvc" / "plots", root / ".dvc" / "plots", dirs_exist_ok=True)
        return root

    return make

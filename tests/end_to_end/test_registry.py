"""From a trained model to production and back, by the commands that a person types: real Git, DVC and GTO."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from registered import Workshop

from winnow.cli import main

pytestmark = pytest.mark.slow

Winnow = Callable[..., str]


@pytest.fixture
def winnow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Winnow:
    """Return a function that runs a command in a folder and returns what it printed; in this process, for speed."""

    def run(folder: Path, *arguments: str) -> str:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["winnow", *arguments])
        with pytest.raises(SystemExit) as stop:
            main.main()
        said = capsys.readouterr()
        assert not stop.value.code, said.err
        return said.out

    return run


def test_register_promote_show_pull_in_another_clone_and_roll_back(tmp_path: Path, winnow: Winnow) -> None:
    shop = Workshop.build(tmp_path / "shop")
    shop.commit_model("1", range(10), by_dvc=True)
    assert "there is no earlier model" in winnow(shop.root, "register", "--bump", "minor", "--push")
    winnow(shop.root, "promote", "--to", "production", "--push")
    shop.commit_model("2", range(3))
    said = winnow(shop.root, "register", "--push")
    assert "Register classifier v0.1.1: better" in said
    winnow(shop.root, "promote", "v0.1.1", "--to", "production", "--push")
    assert shop.tags() == [
        "classifier#production#1",
        "classifier#production#2",
        "classifier@v0.1.0",
        "classifier@v0.1.1",
    ]

    grace = shop.clone("grace")
    winnow(grace, "pull-model", "classifier#production", "--out", "production")
    assert (grace / "production" / "bundle" / "model.safetensors").read_text() == "2" * 500

    assert "Roll production back to classifier v0.1.0" in winnow(grace, "rollback", "--push")
    better, first = json.loads(winnow(grace, "models", "--json"))
    assert (better["version"], better["stages"]) == ("v0.1.1", [])
    assert (better["against"]["version"], better["against"]["call"]) == ("v0.1.0", "better")
    assert (first["version"], first["stages"]) == ("v0.1.0", ["production"])

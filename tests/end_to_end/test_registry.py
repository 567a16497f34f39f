"""From a trained model to production and back, by the commands that a person types: real Git, DVC and GTO."""

import json
from pathlib import Path

import pytest
from registered import Workshop

from repository import winnow

pytestmark = pytest.mark.slow


def test_register_promote_show_pull_in_another_clone_and_roll_back(tmp_path: Path) -> None:
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

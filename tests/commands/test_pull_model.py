"""`winnow pull-model`: where the model lies now, and what is known of its tag."""

from pathlib import Path

import pytest
from registered import Workshop, entry_for, tag_model

from winnow.commands.pull_model import pull_model
from winnow.errors import CheckError, UsageError
from winnow.registry.model_files import sum_model


@pytest.fixture
def registered(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    commit = shop.git("rev-parse", "HEAD")
    tag_model(shop.project, entry_for(commit, files=sum_model(shop.project, commit)))
    monkeypatch.chdir(shop.root)
    return shop


def test_the_place_is_told_and_a_second_call_finds_it_intact(registered: Workshop) -> None:
    folder = registered.root / ".winnow" / "models" / "classifier-v1.0.0"
    first, second = pull_model("classifier"), pull_model("classifier@v1.0.0")
    assert first.lines() == [
        "classifier v1.0.0 (classifier@v1.0.0): checksums verified",
        "signature: none",
        folder.as_posix(),
    ]
    assert second.lines()[0].endswith("was there already, and is intact")
    assert first.records() == {
        "artifact": "classifier",
        "version": "v1.0.0",
        "tag": "classifier@v1.0.0",
        "commit": registered.git("rev-parse", "HEAD"),
        "signature": "none",
        "folder": folder.as_posix(),
    }


def test_a_signature_can_be_asked_for(registered: Workshop, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="is not signed"):
        pull_model("classifier", out=tmp_path / "out", require_signature=True)
    assert not (tmp_path / "out").exists()


def test_another_repository_needs_a_place_of_yours(registered: Workshop) -> None:
    with pytest.raises(UsageError, match="expected --out DIR beside --repo"):
        pull_model("classifier", repository=str(registered.root))

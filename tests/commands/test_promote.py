"""`winnow promote`: the evidence again, the card, and the model that it replaces."""

from collections.abc import Callable

import pytest
from registered import CARD, Workshop, entry_for, promote_quietly, tag_model

from winnow.commands.promote import promote
from winnow.errors import CheckError, UsageError
from winnow.files import sha256_file
from winnow.registry.evidence import hash_data
from winnow.registry.model_files import sum_model

Register = Callable[..., str]


@pytest.fixture
def registered(shop: Workshop) -> Register:
    """Return a function that registers HEAD without judging it, and returns the commit."""

    def register(version: str = "v1.0.0", **more: object) -> str:
        commit = shop.git("rev-parse", "HEAD")
        known = {
            "files": sum_model(shop.project, commit),
            "data_hash": hash_data(shop.project, commit),
            "lock_sha256": sha256_file(shop.project.dvc_lock),
        }
        tag_model(shop.project, entry_for(commit, version, **{**known, **more}))
        return commit

    return register


@pytest.mark.slow
def test_a_model_worse_than_the_one_in_production_is_not_put_in_its_place(shop: Workshop, registered: Register) -> None:
    best = registered("v1.0.0")
    promote_quietly(shop.project, best, "v1.0.0")
    shop.commit_model("3", range(20))
    # Judged against its own base, which is as bad, it does well.
    shop.commit_model("4", range(20))
    registered("v1.1.0")
    with pytest.raises(CheckError, match=r"against v1\.0\.0 in production the model is worse"):
        promote(shop.project, None, "production")
    written = promote(shop.project, None, "staging")
    assert written.ref == "classifier#staging#2"
    assert written.entry.override is None
    assert written.entry.against is not None
    assert (written.entry.against.version, written.entry.against.call) == ("v1.0.0", "worse")


@pytest.mark.slow
def test_files_that_were_changed_are_refused_whatever_the_reason(shop: Workshop, registered: Register) -> None:
    registered(files={"bundle/bundle.json": {"sha256": "0" * 64, "num_bytes": 2}})
    with pytest.raises(CheckError, match="files differ from those that were registered"):
        promote(shop.project, None, "staging", override="because")


@pytest.mark.parametrize("line", ["data_licence: TODO", 'data_licence: ""'])
def test_a_card_with_gaps_is_refused_whatever_the_reason(shop: Workshop, registered: Register, line: str) -> None:
    shop.project.card_source.write_text(CARD.replace("data_licence: CC0-1.0", line))
    shop.commit()
    registered()
    # Filled in after the fact does not help: the card belongs to the commit.
    shop.project.card_source.write_text(CARD)
    with pytest.raises(CheckError, match=r"the model card of v1\.0\.0 has gaps: card\.yaml does not say data_licence"):
        promote(shop.project, None, "staging", override="because")


def test_what_is_there_already_is_told(shop: Workshop, registered: Register) -> None:
    promote_quietly(shop.project, registered(), "v1.0.0", "staging")
    with pytest.raises(UsageError, match=r"classifier v1\.0\.0 is in staging already"):
        promote(shop.project, None, "staging")


@pytest.mark.parametrize(("version", "said"), [("v9.0.0", r"has no version v9\.0\.0"), ("1.0.0", "expected a version")])
def test_a_version_that_does_not_exist_is_refused(
    shop: Workshop, registered: Register, version: str, said: str
) -> None:
    registered()
    with pytest.raises(UsageError, match=said):
        promote(shop.project, version, "staging")


def test_without_any_version_there_is_nothing_to_promote(shop: Workshop) -> None:
    with pytest.raises(UsageError, match="no version of classifier is registered"):
        promote(shop.project, None, "staging")

"""`winnow register`: nothing spoke against the model, or somebody answers for it."""

import pytest
from registered import Workshop, entry_for, tag_model

from winnow.commands.register import register
from winnow.errors import CheckError, InputError, UsageError
from winnow.registry.tags import read_tags


@pytest.mark.slow
def test_a_failed_gate_stops_a_model_until_somebody_answers_for_it(shop: Workshop) -> None:
    shop.commit_model("3", range(20))
    with pytest.raises(CheckError, match="the required gate `primary` failed"):
        register(shop.project, bump="patch")
    assert read_tags(shop.project) == []
    written = register(shop.project, bump="minor", override="the cats moved", push=True)
    assert written.ref == "classifier@v0.1.0"
    assert "overridden" in written.lines()[0]
    [tag] = read_tags(shop.project)
    assert shop.tags() == [tag.ref]
    override = written.entry.override
    assert override is not None
    assert (override.reason, override.by) == ("the cats moved", "ada")
    assert override.refusals[0].startswith("the required gate `primary` failed: 0 fixed and 17 broken")
    assert written.entry.call == "worse"
    assert written.entry.commit == tag.commit == shop.git("rev-parse", "HEAD")


def test_a_work_tree_with_changes_is_refused_whatever_the_reason(shop: Workshop) -> None:
    (shop.root / "knob.txt").write_text("9")
    with pytest.raises(CheckError, match=r"expected a clean work tree, got 1 .* files: knob\.txt"):
        register(shop.project, bump="patch", override="because")


def test_a_commit_has_one_version(shop: Workshop) -> None:
    tag_model(shop.project, entry_for(shop.git("rev-parse", "HEAD")))
    with pytest.raises(UsageError, match=r"this commit is classifier v1\.0\.0 already"):
        register(shop.project, bump="patch")


def test_a_model_that_dvc_yaml_does_not_name_cannot_be_pulled_so_it_is_not_registered(shop: Workshop) -> None:
    flow = (shop.root / "dvc.yaml").read_text(encoding="utf-8")
    (shop.root / "dvc.yaml").write_text(flow.replace("classifier:", "detector:"), encoding="utf-8")
    shop.commit()
    with pytest.raises(InputError, match=r"expected `artifacts:` of dvc\.yaml to say that classifier is models/bundle"):
        register(shop.project, bump="patch")


def test_a_name_that_is_protected_is_refused(shop: Workshop) -> None:
    text = shop.project.params.read_text(encoding="utf-8")
    shop.project.params.write_text(text.replace("name: classifier", "name: production"), encoding="utf-8")
    with pytest.raises(UsageError, match="means something else in the registry"):
        register(shop.project, bump="patch")

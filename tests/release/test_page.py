"""What people read of a release, inert whatever somebody has typed."""

from release_samples import request, verification

from winnow.markup.markdown import to_markdown
from winnow.release.page import story_blocks, verification_blocks
from winnow.release.story import Story

HOSTILE = "</details><script>alert(1)</script> @rice/maintainers [click](javascript:x) | a `b`"
RESULTS = {"verify": "success", "vault": "skipped", "approve": "success", "promote": "success", "deploy": "skipped"}


def test_a_verification_shows_what_failed_first_and_all_checks_below() -> None:
    page = to_markdown(verification_blocks(verification({"parity": "it answers otherwise"}, parity="fail")))
    assert page.startswith("### ❌ Verification of classifier@v1.0.0 for staging: 1 of 3 checks failed")
    assert "- <b>parity</b>: it answers otherwise" in page
    assert page.count("it answers otherwise") == 2
    assert "| accuracy | 0.950 [0.900,\u00a00.980] |" in page
    assert "| 0 | 100.00% |" in page
    page = to_markdown(verification_blocks(verification()))
    assert page.startswith("### ✅ Verification of classifier@v1.0.0 for staging: nothing speaks against it")


def test_a_release_begins_with_how_it_ended() -> None:
    page = to_markdown(story_blocks(Story(request(), verification(), {}, RESULTS)))
    assert page.startswith("### 🚀 Release of classifier@v1.0.0 to staging: promoted, not deployed")
    assert "- ⏭️ not deployed: no cloud is configured" in page
    assert "- asked for by the tag <code>classifier" in page
    page = to_markdown(story_blocks(Story(request(), None, {}, {"verify": "failure"})))
    assert page.startswith("### ❌ Release of classifier@v1.0.0 to staging: nothing was promoted")


def test_nothing_that_somebody_typed_can_act() -> None:
    told = verification({"parity": HOSTILE}, parity="fail")
    made = Story(request(reason=HOSTILE), told, {"error": HOSTILE}, {**RESULTS, "deploy": "failure"})
    page = to_markdown(story_blocks(made))
    assert "<script>" not in page
    assert "@rice" not in page
    assert "](javascript" not in page

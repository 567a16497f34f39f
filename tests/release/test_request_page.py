"""A request in words, inert whatever somebody has typed."""

from release_samples import request

from winnow.markup.markdown import to_markdown
from winnow.release.request_page import refusal_blocks, request_blocks

HOSTILE = "</details><script>alert(1)</script> @rice/maintainers [click](javascript:x)"


def test_nothing_that_somebody_typed_can_act() -> None:
    for blocks in (refusal_blocks(HOSTILE), request_blocks(request(reason=HOSTILE))):
        page = to_markdown(blocks)
        assert "<script>" not in page
        assert "@rice" not in page
        assert "](javascript" not in page


def test_a_request_is_told() -> None:
    assert "classifier@v1.0.0 is to be promoted to staging" in to_markdown(request_blocks(request()))
    assert "is to be deployed to staging" in to_markdown(request_blocks(request(action="deploy")))
    nothing = request(action="none", artifact="", version="", reason="the tag is none of the registry")
    assert "Nothing to release" in to_markdown(request_blocks(nothing))

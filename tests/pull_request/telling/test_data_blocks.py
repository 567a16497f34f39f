from typing import Any

from post_scene import data_run

from winnow.markup.blocks import Block
from winnow.markup.markdown import to_markdown
from winnow.pull_request.record import Checks, Finding
from winnow.pull_request.telling.data_blocks import data_blocks
from winnow.records import NotAvailable


def blocks(*, with_diff: bool = True, **changes: Any) -> list[Block]:
    return list(data_blocks(data_run(**changes), with_diff=with_diff))


def finding(severity: Any, check: str = "D101") -> Finding:
    return Finding(id=check, severity=severity, message=f"an {severity}", hint="mend it")


def test_without_a_data_run_there_is_nothing_to_show() -> None:
    assert list(data_blocks(None, with_diff=True)) == []


def test_the_diff_is_in_sight_where_the_verdict_does_not_have_it() -> None:
    diff, checks = blocks()
    assert (diff.title, diff.is_folded, diff.is_kept) == ("Data", False, True)
    assert [block.title for block in blocks(with_diff=False)] == [checks.title] == ["Data checks"]


def test_a_diff_that_is_not_there_says_why() -> None:
    text = to_markdown(blocks(diff=NotAvailable(not_available="no base")))
    assert "- not compared: no base" in text


def test_errors_come_first_and_unfold_the_table() -> None:
    findings = [finding("info"), finding("warning"), finding("error", "D102"), finding("error", "D103")]
    [block] = blocks(with_diff=False, checks=Checks(findings=findings, num_images=5, not_run={}))
    text = to_markdown([block])
    assert text.startswith("### Data checks: 2 errors, 1 warning, 1 info")
    assert text.index("D102") < text.index("D103") < text.index("an warning") < text.index("an info")
    assert "| ❌ <code>D102</code> | an error | mend it |" in text


def test_without_errors_the_table_is_folded_and_nothing_found_is_said() -> None:
    [block] = blocks(with_diff=False, checks=Checks(findings=[], num_images=5, not_run={}))
    assert (block.is_folded, block.digest) == (True, ("nothing found",))
    assert blocks(with_diff=False)[0].is_folded


def test_checks_that_were_not_run_are_named_up_to_a_limit() -> None:
    not_run = {f"D{number}": "no images here" for number in range(30)}
    [block] = blocks(with_diff=False, checks=Checks(findings=[], num_images=5, not_run=not_run))
    text = to_markdown([block])
    assert text.count("not run: ") == 20
    assert "and 10 more checks were not run" in text
    assert "not run: no labels" in to_markdown(blocks(with_diff=False, checks=NotAvailable(not_available="no labels")))

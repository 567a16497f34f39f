from typing import Any

from sample_verdicts import better, worse

from winnow.markup.blocks import Bar, Block, Row, pieces
from winnow.verdict.account.parts import classes_block, subgroups_block
from winnow.verdict.record.evidence import Classes, Estimate, ShareChange, Subgroups


def told(row: Row) -> list[str]:
    return ["".join(pieces(cell)) for cell in row]


def change(name: str, fixed: int, broken: int, **more: Any) -> ShareChange:
    difference = (fixed - broken) / 100
    fields: dict[str, Any] = {"num_groups": None, "p": 0.5, "p_holm": 1.0, "is_significant": False, **more}
    estimate = Estimate(value=difference, low=difference - 0.1, high=difference + 0.1)
    return ShareChange(
        name=name,
        support=100,
        base=0.5,
        head=0.5 + difference,
        difference=estimate,
        fixed=fixed,
        broken=broken,
        **fields,
    )


def block_of(*changes: ShareChange, **more: Any) -> Block:
    return classes_block(Classes(changes=list(changes), **{"added": [], "removed": [], "untested": 0, **more}))


def test_a_class_has_support_interval_bar_and_mark() -> None:
    block = block_of(change("cat", 0, 20, num_groups=7, p_holm=0.003, is_significant=True), change("dog", 10, 0))
    assert [told(row)[:5] for row in block.rows] == [
        ["cat", "100 (7 groups)", "0.500", "0.300", "-20.0 [-30.0, -10.0]"],
        ["dog", "100", "0.500", "0.600", "+10.0 [0.0, +20.0]"],
    ]
    bars = [pieces(row[5])[0] for row in block.rows]
    assert [bar.share for bar in bars if isinstance(bar, Bar)] == [-1.0, 0.5]
    assert [told(row)[6] for row in block.rows] == ["▼ worse, 0.003", "1.00"]
    assert "".join(block.digest) == "1 worse, 0 better of 2"


def test_ten_moves_are_open_and_the_rest_is_folded() -> None:
    block = block_of(*(change(f"c{number}", 30 - number, 0) for number in range(30)))
    [folded] = block.inner
    assert (len(block.rows), len(folded.rows), folded.is_folded) == (10, 20, True)
    assert "".join(block.digest) == "no significant change in 30"


def test_what_is_significant_is_open_however_small_its_move() -> None:
    changes = [change(f"c{number}", 30, 0) for number in range(15)]
    block = block_of(*changes, change("small", 0, 5, is_significant=True, p_holm=0.01))
    assert told(block.rows[0])[0] == "small"


def test_classes_without_a_flip_are_not_open() -> None:
    block = block_of(change("still", 0, 0), change("restless", 2, 2))
    assert [told(row)[0] for row in block.rows] == ["restless"]
    assert told(block.rows[0])[4].startswith("0.0")
    still = block_of(change("still", 0, 0))
    assert (still.rows, still.inner[0].title) == ([], "All")
    assert "no image was fixed or broken" in ["".join(line) for line in still.lines]


def test_classes_that_came_went_or_are_untested_are_named() -> None:
    found = worse().classes
    assert isinstance(found, Classes)
    lines = ["".join(line) for line in classes_block(found).lines]
    assert lines == [
        "known to the head only: Lynx lynx",
        "known to the base only: Felis sp., unknown|other",
        "classes without a test image: 3",
    ]


def test_subgroups_have_the_same_form_and_name_their_column() -> None:
    [found] = better().subgroups
    block = subgroups_block(found)
    assert "".join(block.digest) == "site, no significant change in 3"
    assert {told(row)[0] for row in block.rows} == {"north", "harbour", "(empty)"}
    assert "".join(block.lines[0]) == "values left out, with too few images or beyond the largest: 2"
    assert subgroups_block(Subgroups(column="site", changes=[], num_left_out=0)).rows == []

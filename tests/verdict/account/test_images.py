from sample_verdicts import better

from winnow.markup.blocks import Quoted, Row, pieces
from winnow.verdict.account.images import confusions_block, flips_block
from winnow.verdict.record.evidence import Confusions, Flip, Flips

FLIP = Flip(id="a" * 20, label="", base="cat", head="dog", base_confidence=0.514, head_confidence=1)


def told(row: Row) -> list[str]:
    return ["".join(pieces(cell)) for cell in row]


def test_confusions_are_gained_and_lost() -> None:
    found = better().confusions
    assert isinstance(found, Confusions)
    block = confusions_block(found)
    assert [told(row) for row in block.rows[:2]] == [
        ["▲ gained", "coat", "pullover", "9", "15", "+6"],
        ["▼ lost", "shirt", "T-shirt", "41", "22", "-19"],
    ]
    assert "".join(block.digest) == "1 pair more often, 2 less often"


def test_an_image_has_id_label_answers_and_confidence() -> None:
    block = flips_block(Flips(fixed=[FLIP], broken=[FLIP, FLIP]))
    assert "".join(block.digest) == "1 fixed, 2 broken"
    assert [inner.title for inner in block.inner] == ["Broken", "Fixed"]
    [row] = block.inner[1].rows
    assert told(row) == ["a" * 20, "(unlabelled)", "cat (0.51)", "dog (1.00)"]
    assert [type(pieces(cell)[0]) for cell in row] == [Quoted, str, Quoted, Quoted]


def test_a_comment_shows_twenty_images_of_each_kind() -> None:
    block = flips_block(Flips(fixed=[FLIP] * 50, broken=[]))
    assert [(inner.title, len(inner.rows), inner.max_rows) for inner in block.inner] == [("Fixed", 50, 20)]
